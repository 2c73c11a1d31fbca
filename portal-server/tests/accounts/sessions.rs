//! `/profile/sessions`.

use crate::world::{CookieUser, PASSWORD, TestPortal};

const JANE: &str = "jane@lab.example";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0";

async fn log_in_with(portal: &TestPortal, agent: &str) -> CookieUser {
    let browser = portal.visitor();
    let form = [("email", JANE), ("password", PASSWORD)];
    let post = browser.request("POST", "/login").header("user-agent", agent).form(&form);
    browser.send(post).await.is(303);
    browser
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let phone = log_in_with(&portal, FIREFOX).await;
    let third = log_in_with(&portal, "<script>alert(1)</script>").await;
    jane.get("/profile/sessions").await.is(200).says("Firefox, Linux").hides("<script>alert");
    let id = portal.session_of(&phone).await;
    jane.post(&format!("/profile/sessions/{id}/end"), &[]).await.leads_to("/profile/sessions");
    phone.get("/profile").await.leads_to("/login?next=/profile");
    jane.post("/profile/sessions/end-others", &[]).await.leads_to("/profile/sessions");
    third.get("/profile").await.leads_to("/login?next=/profile");
    jane.get("/profile/sessions").await.is(200);
}

#[tokio::test]
async fn somebody_elses_session_is_neither_shown_nor_ended() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let eve = portal.customer("eve@evil.example").await;
    let id = portal.session_of(&jane).await;
    eve.get("/profile/sessions").await.is(200).hides(&id.to_string());
    eve.post(&format!("/profile/sessions/{id}/end"), &[]).await.is(404);
    eve.post("/profile/sessions/end-others", &[]).await.is(303);
    jane.get("/profile").await.is(200);
}

#[tokio::test]
async fn the_page_gives_nobody_a_session() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let other = portal.logged_in(JANE).await;
    let token = other.cookie().unwrap();
    let token = token.split_once('=').unwrap().1.to_owned();
    let hash = countersign_core::Hash::of(&token).to_string();
    jane.get("/profile/sessions").await.is(200).hides(&token).hides(&hash);
    let public = portal.session_of(&other).await;
    let thief = portal.visitor();
    thief.plant(&format!("countersign={public}"));
    thief.get("/profile").await.leads_to("/login?next=/profile");
}

#[tokio::test]
async fn it_is_noted_every_few_minutes_that_a_session_is_in_use() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let user = portal.stored_user(JANE).await;
    let last_seen =
        async || portal.app.store().sessions_of(user.id, 0).await.unwrap()[0].last_seen_at;
    let first = last_seen().await;
    portal.clock.advance(299);
    jane.get("/licenses").await.is(200);
    assert_eq!(last_seen().await, first);
    portal.clock.advance(1);
    jane.get("/licenses").await.is(200);
    assert_eq!(last_seen().await, first + 300);
}

#[tokio::test]
async fn session_fixation_by_the_cookie_of_the_second_step_is_refused() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let victim = portal.visitor();
    victim.plant("countersign-step=planted");
    victim.plant("countersign-device=planted");
    victim.plant("countersign=planted");
    victim.log_in(JANE, PASSWORD).await.leads_to("/");
    for name in ["countersign", "countersign-device"] {
        assert_ne!(victim.cookie_named(name).as_deref(), Some("planted"), "{name}");
    }
    let attacker = portal.visitor();
    attacker.plant("countersign=planted");
    attacker.get("/profile").await.leads_to("/login?next=/profile");
}
