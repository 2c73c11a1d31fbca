//! Rows in every table, also in those that a migration makes tomorrow: what the portal did not write is made up by what the schema
//! says of itself.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

/// What the schema does not say.
const GIVEN: [(&str, &str); 9] = [
    // Counts of rows that are not made up.
    ("live_activations", "0"),
    ("pointer", "'unknown'"),
    ("proof", "'unknown'"),
    ("proven_at", "1"),
    ("published_at", "1"),
    ("received", "0"),
    ("reseller_id", "NULL"),
    ("one", "1"),
    ("place", "'portal'"),
];

/// All rows of all tables but the migrations', as SQLite writes values that are not to be mistaken for others.
pub(crate) type Dump = BTreeMap<String, Vec<String>>;

pub(crate) fn tables(c: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
    let mut statement = c.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

pub(crate) fn dump(file: &Path) -> Dump {
    let c = Connection::open(file).unwrap();
    let of_table = |table: String| {
        let mut columns = columns(&c, &table);
        columns.sort();
        let values: Vec<String> =
            columns.iter().map(|column| format!("quote({})", column.name)).collect();
        let sql = format!("SELECT {} FROM {table} ORDER BY 1, 2", values.join(" || ',' || "));
        let sql = sql.replace("ORDER BY 1, 2", "ORDER BY 1");
        let mut statement = c.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        (table, rows)
    };
    tables(&c).into_iter().filter(|table| table != "schema_migration").map(of_table).collect()
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    name: String,
    kind: String,
    is_needed: bool,
    has_default: bool,
    refers_to: Option<(String, String)>,
}

fn columns(c: &Connection, table: &str) -> Vec<Column> {
    let mut references =
        c.prepare("SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1)").unwrap();
    let references: Vec<(String, String, String)> = references
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut columns = c
        .prepare("SELECT name, type, \"notnull\" OR pk > 0, dflt_value FROM pragma_table_info(?1)")
        .unwrap();
    let column = |row: &rusqlite::Row<'_>| {
        let name: String = row.get(0)?;
        let refers_to = references.iter().find(|(from, ..)| *from == name);
        Ok(Column {
            kind: row.get(1)?,
            is_needed: row.get(2)?,
            has_default: row.get::<_, Option<String>>(3)?.is_some(),
            refers_to: refers_to.map(|(_, table, column)| (table.clone(), column.clone())),
            name,
        })
    };
    columns.query_map([table], column).unwrap().map(Result::unwrap).collect()
}

/// Puts a row into each table that has none.
pub(crate) fn fill(file: &Path) {
    let c = Connection::open(file).unwrap();
    let count = |table: &str| {
        c.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    // Once for each table at most: a table waits for those that it refers to.
    for _ in tables(&c) {
        for table in tables(&c).iter().filter(|table| count(table) == 0) {
            let columns = columns(&c, table);
            let waits = columns.iter().filter(|column| column.is_needed).any(|column| {
                column
                    .refers_to
                    .as_ref()
                    .is_some_and(|(other, _)| other != table && count(other) == 0)
            });
            if !waits {
                insert(&c, table, &columns);
            }
        }
    }
    let empty: Vec<String> = tables(&c).into_iter().filter(|table| count(table) == 0).collect();
    assert!(empty.is_empty(), "tables without rows: {empty:?}");
}

fn insert(c: &Connection, table: &str, columns: &[Column]) {
    let made: String = c
        .query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0))
        .unwrap();
    let used: Vec<&Column> =
        columns.iter().filter(|column| column.is_needed && !column.has_default).collect();
    let values = used.iter().map(|column| value(c, table, &made, column)).collect::<Vec<_>>();
    let names = used.iter().map(|column| column.name.as_str()).collect::<Vec<_>>();
    let mut names = names.join(", ");
    let mut values = values.join(", ");
    for (optional, needed_by) in [("published_at", "release"), ("proven_at", "identity_provider")] {
        if table == needed_by {
            names.push_str(&format!(", {optional}"));
            values.push_str(", 1");
        }
    }
    let sql = format!("INSERT INTO {table} ({names}) VALUES ({values})");
    c.execute(&sql, []).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn value(c: &Connection, table: &str, made: &str, column: &Column) -> String {
    if let Some((other, key)) = &column.refers_to {
        let sql = format!("SELECT quote({key}) FROM {other} LIMIT 1");
        return c.query_row(&sql, [], |row| row.get(0)).unwrap();
    }
    // `name … CHECK (name IN ('first', …`
    if let Some((_, allowed)) = made.split_once(&format!("({} IN (", column.name)) {
        return allowed.split([',', ')']).next().unwrap().to_owned();
    }
    let given = GIVEN
        .iter()
        .find(|(name, _)| *name == column.name && !(*name == "place" && table != "domain"));
    if let Some((_, value)) = given {
        return (*value).to_owned();
    }
    match column.kind.as_str() {
        "INTEGER" => "1".to_owned(),
        "BLOB" => "x'00ff0a27'".to_owned(),
        _ => format!("'Größe ''{}'' \u{1F511} \\N \t x'", column.name),
    }
}

/// A value that PostgreSQL does not take as it is, and what lies at the edges of types.
pub(crate) fn add_edges(file: &Path) {
    let c = Connection::open(file).unwrap();
    let put = |name: &str, value: Value| {
        c.execute("INSERT INTO setting (name, value) VALUES (?1, ?2)", (name, value)).unwrap();
    };
    put("test-empty", Value::Text(String::new()));
    put("test-long", Value::Text("ß\n".repeat(200_000)));
    put("test-backslashes", Value::Text("\\x41 \\N $1 ?1 {} ' \" ;".to_owned()));
    for (n, number) in [i64::MIN, i64::MAX, 0, -1].into_iter().enumerate() {
        let sql = "INSERT INTO throttle (subject, failures, since, blocked_until) VALUES (?1, ?2, ?2, ?2)";
        c.execute(sql, (format!("test-{n}"), number)).unwrap();
    }
    // More than one part, and keys that a language would sort otherwise than bytes.
    for n in 0..2_000 {
        let name = ["a", "B", "_", "é", "Z-", "\u{10FFFF}"][n % 6];
        put(&format!("test-{name}-{n}"), Value::Text("x".repeat(n)));
    }
}
