//! Whoever asks too often waits; nobody is locked out for ever, whatever somebody else does.

use crate::world::{DAY, PASSWORD, TestPortal};

const JANE: &str = "jane@lab.example";

#[tokio::test]
async fn a_guesser_who_never_stops_does_not_keep_the_owners_browser_out() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    jane.post("/logout", &[]).await.is(303);
    let mut refused = 0;
    for _ in 0..30 {
        let guess = portal.visitor().log_in(JANE, "wrong password").await;
        refused += usize::from(guess.status == 429);
        portal.clock.advance(60);
    }
    assert!(refused > 10, "the guesser waits most of the time: {refused}");
    assert_eq!(portal.visitor().log_in(JANE, PASSWORD).await.status, 429, "as a stranger would");
    jane.log_in(JANE, PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn a_guesser_with_the_owners_own_browser_is_slowed_down_too() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(jane.log_in(JANE, "wrong password").await.status.as_u16());
    }
    assert_eq!(statuses[7], 429, "{statuses:?}");
}

#[tokio::test]
async fn a_browser_that_is_known_for_one_account_is_not_for_another() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let mallory = portal.customer("mallory@evil.example").await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(portal.visitor().log_in(JANE, "wrong password").await.status.as_u16());
    }
    assert_eq!(statuses[7], 429);
    assert_eq!(mallory.log_in(JANE, "wrong password").await.status, 429);
}

#[tokio::test]
async fn a_locked_out_owner_gets_in_by_mail_at_once() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    for _ in 0..8 {
        portal.visitor().log_in(JANE, "wrong password").await;
    }
    let jane = portal.visitor();
    assert_eq!(jane.log_in(JANE, PASSWORD).await.status, 429);
    jane.post("/forgot", &[("email", JANE)]).await.is(200);
    let link = portal.last_mail().await.link(&portal, "/reset/");
    jane.post(&link, &[("password", "a new one of mine")]).await.is(303);
    jane.log_in(JANE, "a new one of mine").await.leads_to("/");
}

#[tokio::test]
async fn mail_bombing_a_mailbox_is_bounded_and_leaves_the_owner_a_link_that_works() {
    let portal = TestPortal::with(|config| config.behind_proxy = true).await;
    portal.user(|_| ()).await;
    let mut asked = 0_u32;
    for n in 0..400 {
        // Every request from another address.
        let visitor = portal.visitor();
        let post = visitor
            .request("POST", "/forgot")
            .header("x-forwarded-for", format!("192.0.2.{}", n % 250))
            .form(&[("email", JANE)]);
        asked += u32::from(visitor.send(post).await.status == 200);
        portal.until_nothing_waits().await;
        portal.clock.advance(DAY / 400);
    }
    let mails = portal.mails().await;
    assert!(asked > 300 && mails.len() < 40, "{asked} asked, {} mails", mails.len());
    let link = mails.last().unwrap().link(&portal, "/reset/");
    portal.visitor().get(&link).await.is(200);
}

#[tokio::test]
async fn one_address_asks_for_a_bounded_number_of_mails() {
    let portal = TestPortal::new().await;
    let mut statuses = Vec::new();
    for n in 0..25 {
        let email = format!("user{n}@lab.example");
        let answer = portal.visitor().post("/forgot", &[("email", &email)]).await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!((statuses[0], statuses[24]), (200, 429));
}

#[tokio::test]
async fn a_session_that_was_left_open_does_not_guess_the_password() {
    let portal = TestPortal::new().await;
    let thief = portal.customer(JANE).await.thief();
    let mut statuses = Vec::new();
    for n in 0..8 {
        let guess = format!("guess number {n}");
        let form = [("password", guess.as_str()), ("new_password", "the thief's own")];
        statuses.push(thief.post("/profile/password", &form).await.status.as_u16());
    }
    assert_eq!((statuses[0], statuses[7]), (403, 429), "{statuses:?}");
    portal.visitor().log_in(JANE, PASSWORD).await.leads_to("/");
}
