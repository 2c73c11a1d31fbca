//! Changing the e-mail address.

use crate::world::{CookieUser, DAY, PASSWORD, TestPortal};

const JANE: &str = "jane@lab.example";
const NEW: &str = "jane@new.example";

async fn ask(browser: &CookieUser, email: &str) {
    let form = [("email", email), ("password", PASSWORD)];
    browser.post("/profile/email", &form).await.leads_to("/profile?done=email");
}

/// The change, asked for and confirmed; the way back from the old mailbox.
async fn moved(portal: &TestPortal, browser: &CookieUser, email: &str) -> String {
    ask(browser, email).await;
    let link = portal.last_mail().await.link(portal, "/confirm/");
    portal.visitor().post(&link, &[]).await.is(200);
    portal.last_mail().await.link(portal, "/revert/")
}

#[tokio::test]
async fn a_new_address_counts_when_its_mailbox_says_so_and_the_old_one_hears_of_it() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    ask(&jane, "Jane@New.example").await;
    jane.get("/profile").await.says("jane@new.example waits for its confirmation");
    let mail = portal.last_mail().await;
    assert_eq!(mail.to, NEW);
    let link = mail.link(&portal, "/confirm/");
    portal.visitor().get(&link).await.is(200).says(NEW);
    portal.visitor().log_in(NEW, PASSWORD).await.is(403);
    portal.visitor().post(&link, &[]).await.is(200).says("The new address counts");
    portal.visitor().post(&link, &[]).await.is(422);
    portal.visitor().log_in(NEW, PASSWORD).await.leads_to("/");
    portal.visitor().log_in(JANE, PASSWORD).await.is(403);
    let notice = portal.last_mail().await;
    assert_eq!(notice.to, JANE);
    assert!(notice.text.contains("j***@new.example"), "{}", notice.text);
    notice.link(&portal, "/revert/");
}

#[tokio::test]
async fn email_takeover_by_an_unconfirmed_change_takes_nothing() {
    let portal = TestPortal::new().await;
    let eve = portal.customer("eve@evil.example").await;
    ask(&eve, "victim@acme.example").await;
    portal.until_nothing_waits().await;
    let victim = portal.customer("victim@acme.example").await;
    victim.get("/licenses").await.is(200);
    portal.visitor().post("/forgot", &[("email", "victim@acme.example")]).await.is(200);
    let mails = portal.mails().await;
    let confirm = mails[0].link(&portal, "/confirm/");
    portal.visitor().post(&confirm, &[]).await.is(422).says("already");
    let reset = mails[1].link(&portal, "/reset/");
    portal.visitor().post(&reset, &[("password", "the victim's new one")]).await.is(303);
    portal.visitor().log_in("victim@acme.example", "the victim's new one").await.leads_to("/");
    portal.visitor().log_in("eve@evil.example", PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn enumeration_by_wanting_an_address_tells_nothing_outside_of_its_mailbox() {
    let portal = TestPortal::new().await;
    portal.user(|user| user.email = "known@other.example".into()).await;
    let eve = portal.customer("eve@evil.example").await;
    let mut pages = Vec::new();
    for email in ["known@other.example", "nobody@other.example"] {
        ask(&eve, email).await;
        pages.push(eve.get("/profile?done=email").await.text.replace(email, "x"));
        portal.until_nothing_waits().await;
    }
    assert_eq!(pages[0], pages[1]);
    let mails = portal.mails().await;
    assert_eq!(mails[0].to, "known@other.example");
    assert!(mails[0].text.contains("There is an account with it already"), "{}", mails[0].text);
    mails[1].link(&portal, "/confirm/");
}

#[tokio::test]
async fn it_takes_the_password_and_another_address() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    for (email, password, status) in [
        (NEW, "wrong password", 403),
        (JANE, PASSWORD, 422),
        ("jane@new.example\r\nBcc: eve@evil.example", PASSWORD, 422),
        ("x@invited.invalid", PASSWORD, 422),
    ] {
        let form = [("email", email), ("password", password)];
        jane.post("/profile/email", &form).await.is(status);
    }
    assert!(portal.mails().await.is_empty());
}

#[tokio::test]
async fn the_old_mailbox_undoes_a_change_that_a_thief_made_twice() {
    let portal = TestPortal::new().await;
    let thief = portal.customer(JANE).await;
    let owners = moved(&portal, &thief, "thief@evil.example").await;
    let thiefs = moved(&portal, &thief, "thief@worse.example").await;
    let jane = portal.visitor();
    jane.get(&owners).await.is(200).says(JANE);
    let answer = jane.post(&owners, &[]).await.is(303);
    let reset = answer.header("location").to_owned();
    assert!(reset.starts_with("/reset/"), "{reset}");
    thief.get("/licenses").await.leads_to("/login?next=/licenses");
    portal.visitor().log_in(JANE, PASSWORD).await.is(403);
    portal.visitor().post(&thiefs, &[]).await.is(422);
    jane.post(&reset, &[("password", "jane's new password")]).await.is(303);
    jane.log_in(JANE, "jane's new password").await.leads_to("/");
}

#[tokio::test]
async fn a_change_is_undone_within_a_week() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let back = moved(&portal, &jane, NEW).await;
    portal.clock.advance(7 * DAY);
    portal.visitor().get(&back).await.is(422);
    portal.visitor().post(&back, &[]).await.is(422);
    portal.visitor().log_in(NEW, PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn a_thiefs_pending_change_ends_with_a_new_password() {
    let portal = TestPortal::new().await;
    let thief = portal.customer(JANE).await;
    ask(&thief, "thief@evil.example").await;
    let confirm = portal.last_mail().await.link(&portal, "/confirm/");
    portal.visitor().post("/forgot", &[("email", JANE)]).await.is(200);
    let reset = portal.last_mail().await.link(&portal, "/reset/");
    portal.visitor().post(&reset, &[("password", "jane's new password")]).await.is(303);
    portal.visitor().post(&confirm, &[]).await.is(422);
    portal.visitor().log_in(JANE, "jane's new password").await.leads_to("/");
}

#[tokio::test]
async fn a_reset_link_in_the_old_mailbox_is_dead_after_the_change() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    portal.visitor().post("/forgot", &[("email", JANE)]).await.is(200);
    let reset = portal.last_mail().await.link(&portal, "/reset/");
    moved(&portal, &jane, NEW).await;
    portal.visitor().post(&reset, &[("password", "whoever reads it")]).await.is(422);
}
