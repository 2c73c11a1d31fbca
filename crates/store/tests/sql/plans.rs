//! How each engine finds what lists and searches ask for, in its own words: through indexes, and in the order of one of them.

use countersign_store::Options;
use countersign_testing::{Engine, Raw, TestDatabase};
use rusqlite::Connection;

use crate::{Statement, migrated, statements};

/// Lists and searches of which a person may ask as many as they like. A name is a file, and a constant in it.
const THROUGH_INDEXES: &[&str] = &[
    "access.rs ",
    "audit_chain.rs LATE",
    "audit_chain.rs NEW",
    "audit_chain.rs STRAY",
    "license_list.rs ",
    "license_narrow.rs ",
    "license_search.rs ",
    "license_term.rs ",
    "activation_list.rs ",
    "activation.rs ",
    "customer.rs ",
    "plan_license.rs ",
    "release.rs ",
    "release_terms.rs ",
    "renewal.rs ",
    "journal.rs ",
    "merge.rs ",
    "merge/",
    "clue.rs ",
    "directory.rs ",
    "machine_before.rs ",
    "outlook.rs ",
    "trial_search.rs ",
    "reseller.rs ",
    "staff.rs ",
    "trial.rs ",
    "trial_extension.rs ",
    "trial_list.rs ",
];

fn lists_and_searches() -> Vec<Statement> {
    let listed = |s: &Statement| THROUGH_INDEXES.iter().any(|file| s.name.starts_with(file));
    let statements: Vec<_> = statements().into_iter().filter(listed).collect();
    assert!(statements.len() > 30, "{}", statements.len());
    statements
}

impl Statement {
    /// Whether it is one page in an order. What is one person's, or one reseller's customers', is put into order after it was
    /// found.
    fn is_ordered(&self) -> bool {
        let is_own = self.name.contains("OF_USER") || self.name.contains("OF_RESELLER");
        self.name.contains("_BY_") && !is_own && !self.name.contains(" END")
    }

    /// Whether it lists the licenses that a user or a reseller has.
    fn is_own(&self) -> bool {
        let lists = ["license_list.rs OF_USER_", "license_list.rs OF_RESELLER_"];
        lists.iter().any(|own| self.name.starts_with(own))
    }
}

#[test]
fn no_list_and_no_search_reads_a_whole_table() {
    let (_folder, database) = migrated();
    let mut scans = Vec::new();
    let statements = lists_and_searches();
    for statement in &statements {
        let Statement { name, sql } = statement;
        let plan = plan(&database, sql);
        assert!(!plan.is_empty() || sql.starts_with("INSERT"), "{name}");
        scans.extend(
            plan.iter().filter(|step| reads_all(step)).map(|step| format!("{name}: {step}")),
        );
        let sorts =
            |step: &&String| statement.is_ordered() && step.contains("TEMP B-TREE FOR ORDER");
        scans.extend(plan.iter().filter(sorts).map(|step| format!("{name}: {step}")));
    }
    assert!(scans.is_empty(), "{scans:#?}");
    // A user's own licenses are read one by one, however many their organization has.
    for Statement { name, sql } in statements.iter().filter(|s| s.is_own()) {
        let by_id = |step: &String| {
            step.starts_with("SEARCH l USING")
                && step.ends_with("sqlite_autoindex_license_1 (id=?)")
        };
        assert!(plan(&database, sql).iter().any(by_id), "{name}");
    }
    // The check sees what it looks for.
    for bad in
        ["SELECT id FROM license WHERE plan = 'x'", "SELECT id FROM license ORDER BY created_at"]
    {
        assert!(plan(&database, bad).iter().any(|step| reads_all(step)), "{bad}");
    }
}

/// The steps of SQLite's plan, in its words.
fn plan(database: &Connection, sql: &str) -> Vec<String> {
    let mut statement = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}

/// A table from its beginning to its end. What a statement itself has put together is read so, and is no table; and the gaps of the
/// audit log, which are a day's.
fn reads_all(step: &str) -> bool {
    step.starts_with("SCAN")
        && step != "SCAN own"
        && step != "SCAN gap"
        && !step.starts_with("SCAN CONSTANT")
}

/// A server plans by how much there is. Something of everything that grows: an organization and a reseller with many licenses.
const MUCH: &str = "\
    INSERT INTO product (id, name, trial_strategy, trial_entitlements, reinstall_allowance, status, created_at) \
    SELECT 'product-' || i, 'Product', 'fuzzy', '{}', 3, 'active', 1 FROM generate_series(0, 4) i; \
    INSERT INTO organization (id, name, name_folded, status, created_at, kind, reseller_id) \
    SELECT md5('o' || i), 'Org ' || i, 'org ' || i, 'active', i, CASE WHEN i < 10 THEN 'reseller' ELSE 'customer' END, \
    CASE WHEN i >= 10 AND i % 3 = 0 THEN md5('o' || i % 10) END FROM generate_series(0, 999) i; \
    INSERT INTO app_user (id, email, name, role, status, created_at, organization_id) \
    SELECT md5('u' || i), 'u' || i || '@customer.example', 'User', 'customer', 'active', i, md5('o' || i % 1000) \
    FROM generate_series(0, 9999) i; \
    INSERT INTO license (id, license_key, product_id, status, owner_user_id, organization_id, validity, expires_at, \
    response_validity, strategy, entitlements, metadata, created_at) SELECT md5('l' || i), 'KEY-' || i, 'product-' || i % 5, \
    CASE WHEN i % 50 = 0 THEN 'suspended' ELSE 'active' END, CASE WHEN i % 3 = 0 THEN md5('u' || i % 10000) END, \
    CASE i % 3 WHEN 1 THEN md5('o' || i % 1000) WHEN 2 THEN md5('o' || 77) END, 'perpetual', \
    CASE WHEN i % 2 = 0 THEN 1790000000 + i END, 86400, 'fuzzy', '{}', '{}', i FROM generate_series(0, 19999) i; \
    INSERT INTO license_term (scope, term, license_id) SELECT '', 'word-' || i % 500, md5('l' || i) FROM generate_series(0, 19999) i; \
    INSERT INTO activation (id, license_id, seat, device_key, fingerprint, device_name, device_name_folded, state, created_at, \
    import_by, door, request_id, request_hash, granted_at, ended_at) SELECT md5('a' || i), md5('l' || i % 20000), md5('s' || i), \
    md5('d' || i), 'parts', 'Machine', 'machine ' || i, CASE WHEN i % 7 = 0 THEN 'deactivated' ELSE 'active' END, i, 1, 'portal', \
    md5('r' || i), md5('h' || i), i, CASE WHEN i % 7 = 0 THEN i END FROM generate_series(0, 39999) i; \
    INSERT INTO trial (id, product_id, device_key, fingerprint, device_name, device_name_folded, created_at, expires_at, \
    request_id, request_hash) SELECT md5('t' || i), 'product-' || i % 5, md5('td' || i), 'parts', 'Machine', 'machine ' || i, i, \
    i + 1, md5('tr' || i), md5('th' || i) FROM generate_series(0, 19999) i; \
    INSERT INTO user_group (id, organization_id, name, created_at) SELECT md5('g' || i), md5('o' || i % 1000), 'Group ' || i, 1 \
    FROM generate_series(0, 1999) i; \
    INSERT INTO group_member (group_id, user_id) SELECT md5('g' || i % 2000), md5('u' || i) FROM generate_series(0, 9999) i; \
    INSERT INTO group_license (group_id, license_id, linked_at) SELECT md5('g' || i % 2000), md5('l' || i), 1 \
    FROM generate_series(0, 9999) i; \
    INSERT INTO audit (at, actor, action, subject, detail) SELECT i, 'cli', 'x', 'x', '{}' FROM generate_series(1, 20000) i; \
    INSERT INTO audit_chain (n, seq, hash) SELECT i, i, md5('c' || i) FROM generate_series(1, 19000) i; \
    INSERT INTO audit_gap (first_seq, last_seq, noted_at) SELECT 20 * i, 20 * i, i FROM generate_series(1, 100) i; \
    ANALYZE";
/// What has so many rows by now that nobody may read all of them for one page.
const LARGE: [&str; 11] = [
    "activation",
    "app_user",
    "audit",
    "audit_chain",
    "group_license",
    "group_member",
    "license",
    "license_term",
    "organization",
    "trial",
    "user_group",
];

#[test]
fn a_server_with_much_in_it_reads_no_whole_table_for_a_list_or_a_search_either() {
    let server = TestDatabase::new(Engine::Postgres);
    server.open(Options::default(), 0).close();
    let raw = server.raw();
    raw.execute(MUCH).unwrap();
    let setup = statements().into_iter().find(|s| s.name == "engine/dialect.rs CONNECTION_SETUP");
    let setup = setup.unwrap().sql;
    let partial = raw.column(
        "SELECT CAST(c.relname AS TEXT) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indpred IS NOT NULL",
    );
    let mut bad = Vec::new();
    let mut own = 0;
    for statement in &lists_and_searches() {
        let Statement { name, sql } = statement;
        let plan = plan_of_server(&raw, &setup, sql);
        bad.extend(reads_all_of_server(&plan, &partial).map(|step| format!("{name}: {step}")));
        let sorts = |step: &&String| statement.is_ordered() && step.contains("Sort  (");
        bad.extend(plan.iter().filter(sorts).map(|step| format!("{name}: {step}")));
        if statement.is_own() {
            own += 1;
            let by_id = |two: &[String]| {
                two[0].contains("using license_pkey on license l ")
                    && two[1].trim().starts_with("Index Cond: (id = ")
            };
            assert!(plan.windows(2).any(by_id), "{name}: {plan:#?}");
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(own, 8);
    // The check sees what it looks for.
    for bad in [
        "SELECT id FROM license WHERE plan = 'x'",
        "SELECT id FROM license ORDER BY created_at",
        "SELECT id FROM license WHERE product_id = 'product-1' ORDER BY created_at LIMIT 1",
    ] {
        let plan = plan_of_server(&raw, &setup, bad);
        assert!(reads_all_of_server(&plan, &partial).next().is_some(), "{bad}: {plan:#?}");
    }
}

/// The lines of the plan that the server keeps for a connection of the store's, whatever the values are.
fn plan_of_server(raw: &Raw, setup: &str, sql: &str) -> Vec<String> {
    let values = (1..).take_while(|n| sql.contains(&format!("?{n}"))).map(|_| "NULL");
    let values = values.collect::<Vec<_>>().join(", ");
    let values = if values.is_empty() { values } else { format!("({values})") };
    let sql = sql.replace('?', "$");
    let said =
        raw.column(&format!("{setup}; PREPARE planned AS {sql}; EXPLAIN EXECUTE planned{values}"));
    // The connection's name comes first.
    said[1..].to_vec()
}

/// A large table, or an index that all its rows are in, from one end to the other: all of it, or until enough rows are found that
/// pass a filter. The first rows of an order are few.
fn reads_all_of_server<'a>(
    plan: &'a [String],
    partial: &'a [String],
) -> impl Iterator<Item = &'a String> {
    let bad = |at: &usize| {
        let (step, next) = (plan[*at].as_str(), plan.get(at + 1).map_or("", |next| next.trim()));
        let Some((how, table)) = step.split_once(" on ") else { return false };
        let table = table.split(' ').next().unwrap();
        let index = how.split_once(" using ").map(|(_, index)| index.to_owned());
        let is_whole = match index {
            Some(index) => {
                let is_first = *at == 1 && plan[0].starts_with("Limit");
                let is_some = next.starts_with("Index Cond: ");
                !is_some && !partial.contains(&index) && (!is_first || next.starts_with("Filter: "))
            }
            None => how.contains("Seq Scan"),
        };
        is_whole && LARGE.contains(&table)
    };
    (0..plan.len()).filter(bad).map(|at| &plan[at])
}
