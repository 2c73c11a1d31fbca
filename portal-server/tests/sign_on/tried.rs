//! Trying a provider out.

use countersign_core::Id;
use serde_json::json;

use crate::{CookieUser, Lab, sent};

async fn tries(browser: &CookieUser, lab: &Lab, area: &str, subject: &str) -> (String, CookieUser) {
    let answer = browser.post(&format!("/{area}/sign-on/{}/try", lab.id), &[("x", "1")]).await;
    let path = lab.provider.answers(&sent(&answer.is(200)), subject);
    // Who has the browser's cookie of the attempt, but is not logged in.
    let thief = lab.portal.visitor();
    thief.plant(&format!("countersign-sso={}", browser.cookie_named("countersign-sso").unwrap()));
    (path, thief)
}

#[tokio::test]
async fn trying_it_shows_what_came_and_logs_in_links_and_creates_nobody() {
    let lab = Lab::with_jane().await;
    let otto = lab.portal.runner("otto@lab.example", lab.lab).await;
    let before = otto.cookie();
    let (path, _) = tries(&otto, &lab, "organization", "jane").await;
    otto.get(&path)
        .await
        .is(200)
        .says("this would be linked to jane@lab.example")
        .says(&lab.provider.url)
        .says("jane@lab.example");
    assert_eq!(otto.cookie(), before);
    otto.get("/profile").await.says("otto@lab.example");
    assert!(lab.portal.app.store().identities(lab.id).await.unwrap().is_empty());
    let ada = lab.portal.owner().await;
    let (path, _) = tries(&ada, &lab, "admin", "nora").await;
    ada.get(&path).await.is(200).says("You have no account here yet");
    assert!(lab.portal.app.store().user_by_email("nora@lab.example").await.unwrap().is_none());
    assert!(lab.portal.audit().await.iter().all(|entry| entry.action != "login.sso"));
}

#[tokio::test]
async fn an_admin_sees_why_it_does_not_work() {
    let lab = Lab::with_jane().await;
    let otto = lab.portal.runner("otto@lab.example", lab.lab).await;
    lab.provider.claims(|claims| claims["aud"] = json!("another"));
    let (path, _) = tries(&otto, &lab, "organization", "jane").await;
    otto.get(&path).await.is(200).says("cannot be trusted").says("audience");
    lab.provider.claims(|claims| claims["sub"] = json!("<script>alert(1)</script>"));
    let (path, _) = tries(&otto, &lab, "organization", "jane").await;
    otto.get(&path).await.is(200).hides("<script>alert");
    lab.provider.dies().await;
    let answer = otto.post(&format!("/organization/sign-on/{}/try", lab.id), &[("x", "1")]).await;
    answer.is(200).says("cannot be reached").says("127.0.0.1");
}

#[tokio::test]
async fn attack_somebody_else_does_not_see_what_came_of_a_try() {
    let lab = Lab::with_jane().await;
    let otto = lab.portal.runner("otto@lab.example", lab.lab).await;
    let (path, thief) = tries(&otto, &lab, "organization", "jane").await;
    thief.get(&path).await.is(403).hides("jane@lab.example");
    assert_eq!(thief.cookie(), None);
    // Nor once they run the organization no more.
    let (path, _) = tries(&otto, &lab, "organization", "jane").await;
    let mut user = lab.portal.stored_user("otto@lab.example").await;
    user.organization = None::<Id>;
    lab.portal.app.store().change_user(user, "test", crate::NOW).await.unwrap();
    otto.get(&path).await.is(403).hides("jane@lab.example");
}
