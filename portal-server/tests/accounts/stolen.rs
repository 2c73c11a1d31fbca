//! The thief has a copy of the database. docs/threat-model.md names this.

use countersign_core::Hash;

use crate::world::{PASSWORD, TestPortal};

const JANE: &str = "jane@lab.example";

#[tokio::test]
async fn a_stolen_copy_of_the_database_logs_nobody_in() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let cookie = jane.cookie().unwrap();
    let (name, session) = cookie.split_once('=').unwrap();
    let hash = Hash::of(session).to_string();
    let mut database = Vec::new();
    for entry in std::fs::read_dir(&portal.app.config().data).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            database.extend(std::fs::read(path).unwrap());
        }
    }
    let holds = |text: &str| database.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(JANE) && holds(&hash), "it is the database that was read");
    assert!(!holds(session) && !holds(PASSWORD));
    // What is in it instead of the session opens nothing.
    let thief = portal.visitor();
    thief.plant(&format!("{name}={hash}"));
    thief.get("/profile").await.leads_to("/login?next=/profile");
    jane.get("/profile").await.is(200);
}
