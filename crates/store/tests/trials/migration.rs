//! A database from before trials had rules keeps its trials, and recognises their machines.

use countersign_core::Hash;
use countersign_store::{
    NextTrial, Options, Store, TrialAgain, TrialExtended, TrialPlan, TrialPolicy,
};
use rusqlite::{Connection, params};

use super::world::{DAY, Machine, NOW, random_id};

#[tokio::test]
async fn trials_of_earlier_releases_go_on_and_their_machines_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../src/engine/migrations/0001_start.sql")).unwrap();
    old.execute_batch(
        "CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT; \
        INSERT INTO schema_migration VALUES (1, 'start', 0); \
        INSERT INTO product VALUES ('acme-cad', 'Acme CAD', 14, 'fuzzy', '{}', 3, 'active', 1);",
    )
    .unwrap();
    let (machine, id) = (Machine::new("Lab-7"), random_id());
    let print = machine.device.fingerprint.to_json().to_string();
    let (began, ends) = (i64::try_from(NOW).unwrap(), i64::try_from(NOW + 14 * DAY).unwrap());
    let values = params![id.to_string(), machine.key.to_string(), print, began, ends];
    let insert = "INSERT INTO trial (id, product_id, device_key, fingerprint, device_name, created_at, expires_at) \
        VALUES (?1, 'acme-cad', ?2, ?3, 'Lab-7', ?4, ?5)";
    old.execute(insert, values).unwrap();
    for (_, hash) in machine.device.fingerprint.components() {
        let values = params!["trial:acme-cad", hash.to_string(), id.to_string()];
        old.execute("INSERT INTO fingerprint_component VALUES (?1, ?2, ?3, 5)", values).unwrap();
    }
    drop(old);

    let store = Store::open(&path, Options::default(), NOW).unwrap();
    let product = store.product(&super::world::product_id()).await.unwrap().unwrap();
    let wanted = TrialPolicy { days: Some(14), again: TrialAgain::Never, ..TrialPolicy::none() };
    assert_eq!(product.trial, wanted, "today's rule stays");
    let trial = store.trial(&id).await.unwrap().unwrap();
    assert_eq!((trial.expires_at, trial.request, trial.after), (NOW + 14 * DAY, None, None));
    for asks in [&machine, &machine.reinstalled()] {
        let plan = store.trial_plan(&product, &asks.key, &asks.device, NOW + DAY).await.unwrap();
        let TrialPlan::Used(used) = plan else { panic!("{plan:?}") };
        assert_eq!((used.trial.id, used.next), (id, NextTrial::Never));
    }
    let search =
        countersign_store::TrialQuery { search: Some("lab".into()), ..super::lists::all(NOW) };
    let found = store.trial_page(&search).await.unwrap().items;
    assert_eq!(found.iter().collect::<Vec<_>>(), [&trial]);
    assert_eq!(store.latest_trial_response(&trial).await.unwrap(), None);
    let admin = random_id();
    let user = countersign_store::User {
        status: countersign_store::UserStatus::Active,
        ..countersign_store::User::invited(
            admin,
            "ada@acme.example",
            countersign_store::Role::Admin,
            NOW,
        )
    };
    store.create_user(user, "test", NOW).await.unwrap();
    let extend = countersign_store::ExtendTrial {
        trial: id,
        seen_end: trial.expires_at,
        days: 7,
        limits: countersign_store::ExtensionLimits { times: 1, days: 14 },
        beyond: countersign_store::BeyondLimits::NotMeant,
        by: admin,
        actor: format!("user:{admin}"),
        now: NOW,
    };
    let extended = store.extend_trial(extend).await.unwrap();
    assert!(matches!(extended, TrialExtended::Done(_)), "{extended:?}");
    let plan = store.trial_plan(&product, &machine.key, &machine.device, NOW + DAY).await.unwrap();
    assert!(matches!(plan, TrialPlan::Again(again) if again.id == id), "it asks once more");
    assert_eq!(store.answer(&Hash::of("x")).await.unwrap(), None);
}
