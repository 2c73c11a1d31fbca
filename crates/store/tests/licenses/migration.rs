//! A database of the first releases keeps its licenses and machines, and finds them.

use countersign_core::license_key::LicenseKey;
use countersign_store::{
    ActivationState, LicenseQuery, LicenseScope, MachineQuery, Options, Role, Seat, Store, User,
    UserStatus,
};
use rusqlite::{Connection, params};

use super::world::{Machine, NOW, random_id, rng};

const INSERT_LICENSE: &str = "INSERT INTO license (id, license_key, product_id, holder, plan, status, \
    organization_id, live_activations, total_activations, total_deactivations, validity, response_validity, strategy, \
    entitlements, metadata, created_at) \
    VALUES (?1, ?2, 'acme-cad', 'Institute (Cold-Lab), Ltd', 'Gold', 'active', ?3, 2, 3, 1, 'perpetual', 1000, \
    'fuzzy', '{}', '{}', 5)";
const INSERT_ACTIVATION: &str = "INSERT INTO activation (id, license_id, seat, device_key, fingerprint, device_name, state, \
    created_at, import_by, ended_at, door, by_user) VALUES (?1, ?2, ?1, ?3, ?4, ?5, ?6, 7, 8, ?7, 'api', ?8)";

#[tokio::test]
async fn licenses_and_machines_of_earlier_releases_go_on_and_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../src/engine/migrations/0001_start.sql")).unwrap();
    old.execute_batch(include_str!("../../src/engine/migrations/0002_accounts.sql")).unwrap();
    old.execute_batch(
        "CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT; \
        INSERT INTO schema_migration VALUES (1, 'start', 0), (2, 'accounts', 0); \
        INSERT INTO product VALUES ('acme-cad', 'Acme CAD', NULL, 'fuzzy', '{}', 3, 'active', 1);",
    )
    .unwrap();
    let (key, lab) = (LicenseKey::generate(&mut rng()), random_id());
    old.execute(
        "INSERT INTO organization VALUES (?1, 'Lab', 'active', 1, NULL)",
        [lab.to_string()],
    )
    .unwrap();
    let license = key.id();
    let values = params![license.to_string(), key.normal(), lab.to_string()];
    old.execute(INSERT_LICENSE, values).unwrap();
    let (machine, by) = (Machine::new("Lab-7"), random_id());
    let states = [("active", None), ("returned", Some(9)), ("deactivated", Some(9))];
    let names = [Some("Lab-7"), None, Some("OFFICE")];
    let ids = [random_id(), random_id(), random_id()];
    for ((id, (state, ended)), name) in ids.iter().zip(states).zip(names) {
        let device_key = if state == "active" { machine.key } else { Machine::new("x").key };
        let print = machine.device.fingerprint.to_json().to_string();
        let (id, license) = (id.to_string(), license.to_string());
        let values =
            params![id, license, device_key.to_string(), print, name, state, ended, by.to_string()];
        old.execute(INSERT_ACTIVATION, values).unwrap();
    }
    for (_, hash) in machine.device.fingerprint.components() {
        let values = params![license.to_string(), hash.to_string(), ids[0].to_string()];
        old.execute("INSERT INTO fingerprint_component VALUES (?1, ?2, ?3, 5)", values).unwrap();
    }
    drop(old);

    let store = Store::open(&path, Options::default(), NOW).unwrap();
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    let kept = store.activation(&ids[0]).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.door.as_str()), (ActivationState::Active, "api"));
    assert_eq!((kept.by_user, kept.by_name, kept.request), (Some(by), None, None));
    assert_eq!((kept.created_at, kept.import_by, kept.ended_at), (7, 8, None));
    let listed = store.activations(&license, 10).await.unwrap();
    assert_eq!(listed.len(), 3);
    let (new_key, print) = (Machine::new("Lab-7").key, &machine.device.fingerprint);
    let seat = store.activation_plan(&license, &new_key, print, &[], NOW).await.unwrap();
    assert!(matches!(seat, Ok(Seat::Reinstall(of)) if of.id == ids[0]), "it is recognised");
    let query = MachineQuery { search: "office".into(), after: None, most: 5 };
    assert_eq!(store.machine_page(&query).await.unwrap().items[0].id, ids[2]);
    let ada = User {
        status: UserStatus::Active,
        ..User::invited(random_id(), "ada@acme.example", Role::Admin, NOW)
    };
    let boss = User {
        organization: Some(lab),
        organization_role: countersign_store::OrganizationRole::Admin,
        role: Role::Customer,
        ..ada.clone()
    };
    for scope in [LicenseScope::vendor(&ada).unwrap(), LicenseScope::organization(&boss).unwrap()] {
        for search in ["institute", "cold", "lab", "ltd", "gold", &key.normal()[20..], "office"] {
            let search = Some(search.to_owned());
            let query = LicenseQuery { search, ..LicenseQuery::of(scope, NOW) };
            let found = store.license_page(&query).await.unwrap().page.items;
            assert_eq!(found.iter().map(|l| l.id).collect::<Vec<_>>(), [license], "{query:?}");
        }
    }
}
