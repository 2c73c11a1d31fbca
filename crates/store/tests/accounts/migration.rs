//! A database of the first release keeps what it has.

use countersign_core::Hash;
use countersign_store::{
    CustomerQuery, LinkPurpose, Options, OrganizationRole, Store, TwoFactor, UserStatus,
};
use rusqlite::Connection;

use super::world::{NOW, random_id};

#[tokio::test]
async fn users_sessions_and_links_of_the_first_release_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../src/engine/migrations/0001_start.sql")).unwrap();
    let table = "CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, \
        applied_at INTEGER NOT NULL) STRICT; INSERT INTO schema_migration VALUES (1, 'start', 0)";
    old.execute_batch(table).unwrap();
    let (user, session, link) = (random_id(), Hash::of("session"), Hash::of("link"));
    let insert = "INSERT INTO app_user VALUES (?1, 'jane@acme.example', 'Jane Doe', 'hash', 'customer', 'active', NULL, 1)";
    old.execute(insert, [user.to_string()]).unwrap();
    for (text, hash) in [
        ("INSERT INTO session VALUES (?1, ?2, 5, 9999999999)", session),
        ("INSERT INTO one_time_link VALUES (?1, 'set-password', ?2, 9999999999, NULL)", link),
    ] {
        old.execute(text, [hash.to_string(), user.to_string()]).unwrap();
    }
    let lab = random_id();
    let insert = "INSERT INTO organization VALUES (?1, 'Über-Lab', 'active', 1)";
    old.execute(insert, [lab.to_string()]).unwrap();
    drop(old);
    let store = Store::open(&path, Options::default(), NOW).unwrap();
    let (jane, here) = store.session_user(&session, NOW).await.unwrap().unwrap();
    assert_eq!((jane.name.as_str(), jane.status), ("Jane Doe", UserStatus::Active));
    assert_eq!(
        (jane.organization_role, jane.two_factor),
        (OrganizationRole::Member, TwoFactor::Off)
    );
    assert_eq!((here.created_at, here.last_seen_at), (5, 5));
    assert!(store.end_session(user, here.id, NOW).await.unwrap(), "its public id works");
    assert!(store.link_works(&link, LinkPurpose::SetPassword, NOW).await.unwrap());
    assert!(store.integrity_check().await.unwrap().is_empty());
    // They are found by what is looked for now.
    let search = Some("doe jane@acme".to_owned());
    let query = CustomerQuery { search, organization: None, after: None, most: 9 };
    assert_eq!(store.customer_page(&query).await.unwrap().page.items, [jane]);
    let found = store.organizations_named("ÜBER-LAB").await.unwrap();
    assert_eq!(found.iter().map(|found| found.id).collect::<Vec<_>>(), [lab]);
}
