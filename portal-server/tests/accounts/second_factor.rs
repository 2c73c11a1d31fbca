//! The second factor: set up in the profile, asked for at the login.

use crate::world::{CookieUser, PASSWORD, TestPortal};

pub(crate) const JANE: &str = "jane@lab.example";

/// Jane with two-factor login on: her browser, the app's secret and her recovery codes.
pub(crate) struct Jane {
    browser: CookieUser,
    pub(crate) secret: String,
    pub(crate) codes: Vec<String>,
}

pub(crate) async fn jane(portal: &TestPortal) -> Jane {
    let browser = portal.customer(JANE).await;
    browser
        .post("/profile/two-factor/offer", &[("password", PASSWORD)])
        .await
        .leads_to("/profile/two-factor");
    let page =
        browser.get("/profile/two-factor").await.is(200).says("<svg").says("otpauth://totp/");
    let secret = between(&page.text, "id=\"totp-secret\">", "<").replace(' ', "");
    let page = browser
        .post("/profile/two-factor/on", &[("code", &portal.code(&secret, 0))])
        .await
        .is(200)
        .says("they are shown this once");
    let list = between(&page.text, "id=\"recovery-codes\">", "</ul>");
    let codes = list.split("<code>").skip(1).map(|code| between(code, "", "<").to_owned());
    let codes: Vec<String> = codes.collect();
    assert_eq!(codes.len(), 10);
    portal.clock.advance(60);
    Jane { browser, secret, codes }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap() + start.len();
    let to = text[from..].find(end).unwrap();
    &text[from..from + to]
}

/// A browser that has given the password.
pub(crate) async fn half_way(portal: &TestPortal) -> CookieUser {
    let browser = portal.visitor();
    browser.log_in(JANE, PASSWORD).await.leads_to("/login/code?next=/");
    browser
}

pub(crate) async fn give(browser: &CookieUser, code: &str) -> u16 {
    browser.post("/login/code", &[("code", code)]).await.status.as_u16()
}

#[tokio::test]
async fn a_login_takes_a_code_of_the_app() {
    let portal = TestPortal::new().await;
    let jane = jane(&portal).await;
    jane.browser.get("/profile/two-factor").await.is(200).says("10 recovery codes left");
    let browser = half_way(&portal).await;
    browser.get("/licenses").await.leads_to("/login?next=/licenses");
    assert_eq!(browser.cookie(), None, "the password alone gives no session");
    browser.get("/login/code").await.is(200).says("Six digits");
    assert_eq!(give(&browser, "000000").await, 403);
    browser
        .post("/login/code", &[("code", &portal.code(&jane.secret, 0)), ("next", "/profile")])
        .await
        .leads_to("/profile");
    browser.get("/licenses").await.is(200);
    assert_eq!(portal.mails().await[0].subject, "Two-factor login at Acme is on");
}

#[tokio::test]
async fn the_password_page_looks_the_same_with_a_wrong_password() {
    let portal = TestPortal::new().await;
    jane(&portal).await;
    let known = portal.visitor().log_in(JANE, "wrong password").await.is(403);
    let unknown = portal.visitor().log_in("nobody@lab.example", "wrong password").await.is(403);
    assert_eq!(known.text.replace(JANE, "x"), unknown.text.replace("nobody@lab.example", "x"));
}

#[tokio::test]
async fn totp_replay_is_refused() {
    let portal = TestPortal::new().await;
    let jane = jane(&portal).await;
    let code = portal.code(&jane.secret, 0);
    let (first, second) = (half_way(&portal).await, half_way(&portal).await);
    assert_eq!(give(&first, &code).await, 303);
    assert_eq!(give(&second, &code).await, 403, "who looked over her shoulder");
    assert_eq!(give(&second, &portal.code(&jane.secret, -1)).await, 403, "an older code");
    portal.clock.advance(30);
    assert_eq!(give(&second, &portal.code(&jane.secret, 0)).await, 303);
}

#[tokio::test]
async fn recovery_code_reuse_is_refused_and_the_owner_hears_of_the_use() {
    let portal = TestPortal::new().await;
    let jane = jane(&portal).await;
    let typed = jane.codes[0].to_uppercase().replace('-', " ");
    assert_eq!(give(&half_way(&portal).await, &typed).await, 303);
    let second = half_way(&portal).await;
    assert_eq!(give(&second, &jane.codes[0]).await, 403);
    assert_eq!(give(&second, &jane.codes[1]).await, 303);
    let mail = portal.last_mail().await;
    assert_eq!(mail.subject, "A recovery code was used at Acme");
    jane.browser.get("/profile/two-factor").await.says("8 recovery codes left");
}

#[tokio::test]
async fn a_step_that_was_passed_or_is_too_old_is_worth_nothing() {
    let portal = TestPortal::new().await;
    let jane = jane(&portal).await;
    let step = half_way(&portal).await;
    let secret = step.cookie_named("countersign-step").unwrap();
    assert_eq!(give(&step, &portal.code(&jane.secret, 0)).await, 303);
    let thief = portal.visitor();
    thief.plant(&format!("countersign-step={secret}"));
    assert_eq!(give(&thief, &jane.codes[0]).await, 422, "the step was passed");
    let late = half_way(&portal).await;
    portal.clock.advance(301);
    let answer = late.post("/login/code", &[("code", &portal.code(&jane.secret, 0))]).await;
    answer.is(422).says("That took too long.");
    assert_eq!(give(&half_way(&portal).await, &jane.codes[0]).await, 303, "codes were not used up");
}

#[tokio::test]
async fn guesses_of_codes_are_slowed_down_however_many_logins_are_begun() {
    let portal = TestPortal::new().await;
    jane(&portal).await;
    let mut statuses = Vec::new();
    for n in 0..12 {
        let browser = portal.visitor();
        if browser.log_in(JANE, PASSWORD).await.status == 303 {
            statuses.push(give(&browser, &format!("{n:06}")).await);
        }
    }
    assert_eq!(statuses.iter().filter(|status| **status == 403).count(), 6, "{statuses:?}");
    assert!(statuses[6..].iter().all(|status| *status == 429), "{statuses:?}");
}

#[tokio::test]
async fn a_session_alone_neither_turns_it_on_nor_off() {
    let portal = TestPortal::new().await;
    let thief = portal.customer(JANE).await.thief();
    thief.post("/profile/two-factor/offer", &[("password", "guessed")]).await.is(403);
    thief.get("/profile/two-factor").await.is(200).hides("otpauth:");
    thief.post("/profile/two-factor/on", &[("code", "123456")]).await.is(404);
    let portal = TestPortal::new().await;
    let jane = jane(&portal).await;
    let thief = jane.browser.thief();
    let code = portal.code(&jane.secret, 0);
    for path in ["/profile/two-factor/off", "/profile/two-factor/codes"] {
        thief.post(path, &[("password", "guessed"), ("code", &code)]).await.is(403);
        thief.post(path, &[("password", PASSWORD), ("code", "000000")]).await.is(403);
    }
    jane.browser.get("/profile/two-factor").await.says("10 recovery codes left");
}

#[tokio::test]
async fn it_is_turned_off_by_password_and_code() {
    let portal = TestPortal::new().await;
    let jane = jane(&portal).await;
    let form = [("password", PASSWORD), ("code", jane.codes[3].as_str())];
    jane.browser.post("/profile/two-factor/off", &form).await.leads_to("/profile/two-factor");
    portal.visitor().log_in(JANE, PASSWORD).await.leads_to("/");
    assert_eq!(portal.last_mail().await.subject, "Two-factor login at Acme is off");
}

#[tokio::test]
async fn new_recovery_codes_make_the_old_ones_worthless() {
    let portal = TestPortal::new().await;
    let jane = jane(&portal).await;
    let form = [("password", PASSWORD), ("code", jane.codes[0].as_str())];
    let page = jane.browser.post("/profile/two-factor/codes", &form).await.is(200);
    assert!(!page.text.contains(&jane.codes[1]));
    assert_eq!(give(&half_way(&portal).await, &jane.codes[1]).await, 403);
}

#[tokio::test]
async fn a_reset_password_does_not_go_round_the_second_factor() {
    let portal = TestPortal::new().await;
    let jane = jane(&portal).await;
    portal.visitor().post("/forgot", &[("email", JANE)]).await.is(200);
    let link = portal.last_mail().await.link(&portal, "/reset/");
    let thief_of_mail = portal.visitor();
    thief_of_mail.post(&link, &[("password", "the thief's own")]).await.is(303);
    thief_of_mail.log_in(JANE, "the thief's own").await.leads_to("/login/code?next=/");
    assert_eq!(thief_of_mail.cookie(), None);
    assert_eq!(give(&thief_of_mail, &portal.code(&jane.secret, 0)).await, 303, "she can");
}

#[tokio::test]
async fn turning_it_on_ends_the_other_sessions() {
    let portal = TestPortal::new().await;
    let thief = portal.customer(JANE).await;
    let owner = portal.logged_in(JANE).await;
    owner.post("/profile/two-factor/offer", &[("password", PASSWORD)]).await.is(303);
    let page = owner.get("/profile/two-factor").await.is(200);
    let secret = between(&page.text, "id=\"totp-secret\">", "<").replace(' ', "");
    let code = portal.code(&secret, 0);
    owner.post("/profile/two-factor/on", &[("code", &code)]).await.is(200);
    owner.get("/licenses").await.is(200);
    thief.get("/licenses").await.leads_to("/login?next=/licenses");
}
