//! What a session is worth, and when it ends.

use crate::world::{CookieUser, PASSWORD, TestPortal};

const JANE: &str = "jane@lab.example";
/// Seconds that a session lasts.
const SESSION: u64 = 12 * 3600;

/// Whether the portal takes this browser for somebody.
async fn is_known(browser: &CookieUser) -> bool {
    let answer = browser.get("/licenses").await;
    if answer.status == 200 {
        return true;
    }
    answer.leads_to("/login?next=/licenses");
    browser.post("/logout", &[]).await.is(403).says("You are not allowed to do that.");
    false
}

#[tokio::test]
async fn a_session_counts_no_more_when_its_user_is_suspended() {
    let portal = TestPortal::new().await;
    let (jane, other) = (portal.customer(JANE).await, portal.customer("joe@lab.example").await);
    portal.suspend_user(JANE).await;
    assert!(!is_known(&jane).await);
    assert!(is_known(&other).await);
}

#[tokio::test]
async fn a_session_counts_no_more_when_its_organization_is_suspended() {
    let portal = TestPortal::new().await;
    let (lab, firm) = (portal.organization("Lab").await, portal.organization("Firm").await);
    let jane = portal.customer_of(JANE, Some(lab)).await;
    let other = portal.customer_of("joe@firm.example", Some(firm)).await;
    portal.suspend_organization(lab, true).await;
    assert!(!is_known(&jane).await);
    assert!(is_known(&other).await);
}

#[tokio::test]
async fn a_cookie_that_was_copied_is_dead_after_the_logout() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let (thief, elsewhere) = (jane.thief(), portal.logged_in(JANE).await);
    assert!(is_known(&thief).await);
    jane.post("/logout", &[]).await.leads_to("/login");
    assert_eq!(jane.cookie(), None, "the browser forgets it");
    assert!(!is_known(&thief).await);
    assert!(is_known(&elsewhere).await, "another session of the same person goes on");
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    portal.clock.advance(SESSION - 1);
    assert!(is_known(&jane).await);
    portal.clock.advance(1);
    assert!(!is_known(&jane).await);
}

#[tokio::test]
async fn a_cookie_planted_before_the_login_is_worth_nothing() {
    let portal = TestPortal::new().await;
    portal.user(|user| user.email = JANE.into()).await;
    let (jane, attacker) = (portal.visitor(), portal.visitor());
    jane.plant("countersign=planted");
    attacker.plant("countersign=planted");
    jane.log_in(JANE, PASSWORD).await.leads_to("/");
    assert_ne!(jane.cookie().as_deref(), Some("countersign=planted"));
    assert!(is_known(&jane).await);
    assert!(!is_known(&attacker).await);
}

#[tokio::test]
async fn an_attackers_own_session_planted_before_the_login_ends_and_opens_nothing() {
    let portal = TestPortal::new().await;
    let attacker = portal.customer("mallory@evil.example").await;
    let key = portal.license_of("mallory@evil.example", 1).await;
    portal.user(|user| user.email = JANE.into()).await;
    let jane = attacker.thief();
    jane.log_in(JANE, PASSWORD).await.leads_to("/");
    jane.get("/licenses").await.is(200).hides(&key.id().to_string());
    assert!(!is_known(&attacker).await);
}

#[tokio::test]
async fn a_login_ends_the_session_that_the_browser_had_whoevers_it_was() {
    let portal = TestPortal::new().await;
    let joe = portal.customer("joe@lab.example").await;
    portal.user(|user| user.email = JANE.into()).await;
    let copy = joe.thief();
    joe.log_in("joe@lab.example", "a wrong password").await.is(403);
    assert!(is_known(&copy).await, "who does not get in ends nothing");
    joe.log_in(JANE, PASSWORD).await.leads_to("/");
    assert!(!is_known(&copy).await, "nobody could end it from this browser any more");
    assert!(is_known(&joe).await);
    let (before, elsewhere) = (joe.thief(), portal.logged_in(JANE).await);
    joe.log_in(JANE, PASSWORD).await.leads_to("/");
    assert!(!is_known(&before).await);
    assert!(is_known(&elsewhere).await);
}

#[tokio::test]
async fn a_copied_database_logs_nobody_in() {
    let portal = TestPortal::new().await;
    let cookie = portal.customer(JANE).await.cookie().unwrap();
    let secret = cookie.split_once('=').unwrap().1.as_bytes();
    let hash = countersign_core::Hash::of(secret).to_string();
    let holds = |needle: &[u8]| {
        let data = std::fs::read_dir(&portal.app.config().data).unwrap();
        let files = data.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        files.map(|path| std::fs::read(path).unwrap()).any(|bytes| find(&bytes, needle))
    };
    assert!(holds(hash.as_bytes()), "the hash is there, so this looks at the right files");
    assert!(!holds(secret));
}

fn find(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
