//! A database with very many licenses and machines, filled without the portal: rows in the shape that it writes, the
//! indexes built afterwards.
#![allow(dead_code, clippy::unwrap_used)] // each benchmark uses its part of this

use std::path::Path;

use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id, LicenseId, ProductId};
use countersign_store::{
    LicenseQuery, LicenseScope, Options, OrganizationRole, Product, Role, Store, User, UserStatus,
};
use rusqlite::{Connection, params};

pub(crate) const NOW: u64 = 1_790_000_000;
const DAY: u64 = 86_400;
/// Licenses of the user who has some, half of them through a group.
const MINE: usize = 50;
/// Suspended licenses, and licenses of the rare product, however many there are in all.
const RARE: usize = 20;

pub(crate) fn rng() -> impl getrandom::rand_core::CryptoRng {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

pub(crate) struct Filled {
    pub(crate) store: Store,
    pub(crate) database: std::path::PathBuf,
    /// The ids of some licenses, spread over all.
    pub(crate) ids: Vec<LicenseId>,
    pub(crate) keys: Vec<LicenseKey>,
    /// The vendor's admin.
    pub(crate) vendor: User,
    /// The admin of the organization that has nine of ten licenses.
    pub(crate) boss: User,
    /// A user of that organization.
    pub(crate) member: User,
}

impl Filled {
    pub(crate) fn query(&self, scope: LicenseScope) -> LicenseQuery {
        LicenseQuery::of(scope, NOW)
    }
}

/// `count` licenses with a machine each.
pub(crate) async fn fill(database: &Path, count: usize) -> Filled {
    let store = Store::open(database, Options::default(), NOW).unwrap();
    for (id, name) in [("acme-cad", "Acme CAD"), ("acme-sim", "Acme Sim"), ("acme-rare", "Rarely")]
    {
        let product = Product {
            id: id.parse().unwrap(),
            name: name.into(),
            trial: countersign_store::TrialPolicy {
                days: None,
                strategy: countersign_core::fingerprint::Strategy::Fuzzy,
                entitlements: Default::default(),
                ..countersign_store::TrialPolicy::none()
            },
            reinstall_allowance: 3,
            archived: false,
            created_at: NOW,
        };
        store.save_product(product, "bench", NOW).await.unwrap();
    }
    let (large, small) = (Id::random(&mut rng()), Id::random(&mut rng()));
    store.create_organization(large, "Large", "bench", NOW).await.unwrap();
    store.create_organization(small, "Small", "bench", NOW).await.unwrap();
    let mut people = Vec::new();
    for (name, role, of, organization_role) in [
        ("vendor", Role::Admin, None, OrganizationRole::Member),
        ("boss", Role::Customer, Some(large), OrganizationRole::Admin),
        ("member", Role::Customer, Some(large), OrganizationRole::Member),
    ] {
        let user = User {
            status: UserStatus::Active,
            name: name.into(),
            organization: of,
            organization_role,
            ..User::invited(Id::random(&mut rng()), format!("{name}@bench.example"), role, NOW)
        };
        store.create_user(user.clone(), "bench", NOW).await.unwrap();
        people.push(user);
    }
    let [vendor, boss, member]: [User; 3] = people.try_into().unwrap();
    let group = Id::random(&mut rng());
    store.create_group(group, large, "Group", "bench", NOW).await.unwrap();
    store.add_to_group(large, group, member.id, "bench", NOW).await.unwrap();

    let (ids, keys) = insert(database, count, [large, small], member.id);
    for id in ids.iter().take(MINE / 2) {
        store.link_license(large, group, *id, None, "bench", NOW).await.unwrap();
    }
    Filled { store, database: database.to_owned(), ids, keys, vendor, boss, member }
}

const LICENSE: &str = "INSERT INTO license (id, license_key, product_id, plan, holder, status, owner_user_id, \
    organization_id, allowed_activations, live_activations, total_activations, validity, expires_at, response_validity, \
    strategy, entitlements, metadata, created_at) \
    VALUES (?1, ?2, ?3, 'Pro', ?4, ?5, ?6, ?7, 5, ?8, ?8, 'fixed', ?9, 86400, 'fuzzy', '{\"export\":true}', '{}', ?10)";
const ACTIVATION: &str = "INSERT INTO activation (id, license_id, seat, device_key, fingerprint, device_name, \
    device_name_folded, platform, app_version, state, created_at, import_by, door, request_id, request_hash) \
    VALUES (?1, ?2, ?1, ?3, ?4, ?5, ?6, 'linux', '1.0', 'active', ?7, ?7, 'api', ?1, ?8)";
const TERM: &str = "INSERT INTO word (scope, term, license_id) VALUES (?1, ?2, ?3)";

fn insert(
    database: &Path,
    count: usize,
    [large, small]: [Id; 2],
    owner: Id,
) -> (Vec<LicenseId>, Vec<LicenseKey>) {
    let c = Connection::open(database).unwrap();
    c.execute_batch(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; \
         CREATE TEMP TABLE word (scope TEXT NOT NULL, term TEXT NOT NULL, license_id TEXT NOT NULL);",
    )
    .unwrap();
    let indexes: Vec<(String, String)> = c
        .prepare(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL \
             AND tbl_name IN ('license', 'activation')",
        )
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (name, _) in &indexes {
        c.execute_batch(&format!("DROP INDEX {name}")).unwrap();
    }
    let (mut ids, mut keys) = (Vec::new(), Vec::new());
    c.execute_batch("BEGIN").unwrap();
    {
        let [mut license, mut activation, mut term] =
            [LICENSE, ACTIVATION, TERM].map(|sql| c.prepare(sql).unwrap());
        for n in 0..count {
            let key = LicenseKey::generate(&mut rng());
            let (id, text) = (key.id(), key.id().to_string());
            // A part of them at even distances.
            let is_rare = n % (count / RARE) == 7;
            let of: ProductId = match n % 10 {
                _ if is_rare => "acme-rare",
                0..=6 => "acme-cad",
                _ => "acme-sim",
            }
            .parse()
            .unwrap();
            let is_mine = n % (count / MINE) == 1 && n % 10 != 0;
            let status = match n {
                _ if n % (count / RARE) == 9 => "suspended",
                _ if n % 100 == 33 => "revoked",
                _ => "active",
            };
            let organization = if n % 10 == 0 { small } else { large };
            // The oldest have ended, the newest have years to go.
            let created = NOW - 2000 * DAY + 2000 * DAY * n as u64 / count as u64;
            let end = created + 1000 * DAY;
            let holder = format!("Lab {}", n % 5_000);
            license
                .execute(params![
                    text,
                    key.normal(),
                    of.as_str(),
                    holder,
                    status,
                    is_mine.then(|| owner.to_string()),
                    organization.to_string(),
                    (n * 7 % 5) as i64,
                    end as i64,
                    created as i64,
                ])
                .unwrap();
            let last = &key.normal()[key.normal().len() - 5..];
            let number = (n % 5_000).to_string();
            for scope in [String::new(), organization.to_string()] {
                for word in ["lab", "pro", &number, &last.to_lowercase()] {
                    term.execute([&scope, word, &text]).unwrap();
                }
            }
            let machine = Id::random(&mut rng()).to_string();
            // Half of the machines have names that nobody chose.
            let name = if n % 2 == 0 {
                format!("DESKTOP-{:06}", n * 7919 % count)
            } else {
                format!("lab-{}-pc-{}", n % 1000, n)
            };
            let hash = |of: &str| Hash::of(format!("{of}{machine}")).to_string();
            let print: Vec<String> = ["board", "cpu", "disk", "mac", "machine-id"]
                .map(|part| format!("\"{part}\":\"{}\"", &Id::random(&mut rng())))
                .to_vec();
            activation
                .execute(params![
                    machine,
                    text,
                    hash("key"),
                    format!("{{{}}}", print.join(",")),
                    name,
                    name.to_lowercase(),
                    created as i64,
                    hash("request"),
                ])
                .unwrap();
            if is_mine || n % (count / 500).max(1) == 3 {
                ids.push(id);
                keys.push(key);
            }
        }
    }
    c.execute_batch(
        "INSERT INTO license_term (scope, term, license_id) SELECT DISTINCT scope, term, license_id FROM word ORDER BY 1, 2, 3; \
         COMMIT; DROP TABLE word",
    )
    .unwrap();
    for (_, sql) in &indexes {
        c.execute_batch(sql).unwrap();
    }
    c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    (ids, keys)
}
