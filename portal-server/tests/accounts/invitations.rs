//! Inviting into an organization, and coming in.

use countersign_core::Id;

use crate::world::{CookieUser, DAY, PASSWORD, TestPortal};

const OTTO: &str = "otto@lab.example";
const INGA: &str = "inga@lab.example";

async fn lab(portal: &TestPortal) -> (Id, CookieUser) {
    let lab = portal.organization("Lab").await;
    let otto = portal.runner(OTTO, lab).await;
    (lab, otto)
}

async fn invite(portal: &TestPortal, otto: &CookieUser, email: &str) -> String {
    let form = [("email", email), ("first_name", "Inga"), ("organization_role", "member")];
    otto.post("/organization/users", &form).await.leads_to("/organization/users");
    portal.last_mail().await.link(portal, "/invite/")
}

const ACCEPT: [(&str, &str); 3] =
    [("first_name", "Inga"), ("last_name", "Berg"), ("password", "inga's password")];

#[tokio::test]
async fn somebody_invited_comes_in_with_an_account_of_their_own() {
    let portal = TestPortal::new().await;
    let (lab, otto) = lab(&portal).await;
    let students = portal.group("Students", lab).await.to_string();
    let form = [("email", "Inga@Lab.example"), ("group", students.as_str())];
    otto.post("/organization/users", &form).await.leads_to("/organization/users");
    otto.get("/organization/users").await.is(200).says(INGA).says("invited");
    let mail = portal.last_mail().await;
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), (INGA, "Invitation to Lab at Acme"));
    let link = mail.link(&portal, "/invite/");
    let inga = portal.visitor();
    inga.get(&link).await.is(200).says("Welcome to Lab").says(INGA);
    inga.post(&link, &[("password", "short")]).await.is(422).says("10 to 256 characters");
    inga.post(&link, &ACCEPT).await.leads_to("/");
    inga.get("/profile").await.is(200).says("Inga Berg").says("Students");
    let again = portal.visitor();
    again.get(&link).await.is(422);
    again.post(&link, &ACCEPT).await.is(422);
    portal.visitor().log_in(INGA, "inga's password").await.leads_to("/");
    otto.get("/organization/activity").await.is(200).says("Inga Berg accepted the invitation.");
}

#[tokio::test]
async fn enumeration_by_inviting_tells_nothing() {
    let portal = TestPortal::new().await;
    let (_, otto) = lab(&portal).await;
    let other = portal.organization("Other").await;
    portal.customer_of("known@other.example", Some(other)).await;
    let mut answers = Vec::new();
    for email in ["known@other.example", "nobody@other.example"] {
        let answer = otto.post("/organization/users", &[("email", email)]).await;
        answers.push((answer.status, answer.header("location").to_owned(), answer.text));
    }
    assert_eq!(answers[0], answers[1]);
    let page = otto.get("/organization/users").await.is(200);
    let user_row = |email: &str| {
        let row = row_of(&page.text, email);
        row.replace(email, "x").replace(&id_in(row), "id")
    };
    assert_eq!(user_row("known@other.example"), user_row("nobody@other.example"));
    let mails = portal.mails().await;
    let texts: Vec<String> = mails
        .iter()
        .map(|mail| {
            let link = mail.link(&portal, "/invite/");
            mail.text.replace(&link, "link")
        })
        .collect();
    assert_eq!(texts[0], texts[1]);
    // In the mailbox itself it is said.
    portal.visitor().get(&mails[0].link(&portal, "/invite/")).await.says("There is an account");
    portal.visitor().get(&mails[1].link(&portal, "/invite/")).await.says("Choose a password");
}

fn row_of<'a>(page: &'a str, email: &str) -> &'a str {
    page.split("<tr>").find(|row| row.contains(email)).unwrap().split("</tr>").next().unwrap()
}

/// The id of the user in a row.
fn id_in(row: &str) -> String {
    let start = row.find("/organization/users/").unwrap() + "/organization/users/".len();
    row[start..start + 22].to_owned()
}

#[tokio::test]
async fn an_invited_address_stays_free_for_its_owner() {
    let portal = TestPortal::new().await;
    let (_, otto) = lab(&portal).await;
    invite(&portal, &otto, "victim@acme.example").await;
    let victim = portal.customer("victim@acme.example").await;
    victim.get("/licenses").await.is(200);
}

#[tokio::test]
async fn an_account_without_an_organization_joins_and_another_cannot() {
    let portal = TestPortal::new().await;
    let (lab, otto) = lab(&portal).await;
    portal.user(|user| user.email = INGA.into()).await;
    let link = invite(&portal, &otto, INGA).await;
    let page = portal.visitor().get(&link).await.is(200);
    page.says("There is an account").says(&format!("/login?next={link}"));
    portal.visitor().post(&link, &ACCEPT).await.is(422).says("There is an account");
    let eve = portal.customer("eve@evil.example").await;
    eve.post(&format!("{link}/join"), &[]).await.is(422).says("for another address");
    let inga = portal.logged_in(INGA).await;
    inga.get(&link).await.is(200).says("joins the organization");
    inga.post(&format!("{link}/join"), &[]).await.leads_to("/");
    assert_eq!(portal.stored_user(INGA).await.organization, Some(lab));
    inga.log_in(INGA, PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn an_account_of_another_organization_is_not_taken_over() {
    let portal = TestPortal::new().await;
    let (_, otto) = lab(&portal).await;
    let other = portal.organization("Other").await;
    let inga = portal.customer_of(INGA, Some(other)).await;
    let link = invite(&portal, &otto, INGA).await;
    inga.post(&format!("{link}/join"), &[]).await.is(422).says("belongs to another organization");
    assert_eq!(portal.stored_user(INGA).await.organization, Some(other));
    inga.log_in(INGA, PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn an_invitation_is_sent_again_and_taken_back() {
    let portal = TestPortal::new().await;
    let (_, otto) = lab(&portal).await;
    let first = invite(&portal, &otto, INGA).await;
    let page = otto.get("/organization/users").await;
    let path = format!("/organization/users/{}", id_in(row_of(&page.text, INGA)));
    portal.clock.advance(7 * DAY);
    portal.visitor().get(&first).await.is(422);
    let otto = portal.logged_in(OTTO).await;
    otto.post(&format!("{path}/invitation"), &[]).await.is(200).says("on its way");
    let second = portal.last_mail().await.link(&portal, "/invite/");
    portal.visitor().get(&second).await.is(200);
    otto.post(&format!("{path}/withdraw"), &[]).await.leads_to("/organization/users");
    portal.visitor().get(&second).await.is(422);
    portal.visitor().post(&second, &ACCEPT).await.is(422);
    otto.get("/organization/users").await.hides(INGA);
    otto.get("/organization/activity").await.says(&format!("The invitation of {INGA} was taken"));
}

#[tokio::test]
async fn a_mail_of_ours_carries_no_link_of_the_inviter() {
    let portal = TestPortal::new().await;
    let lab = portal.organization("Lab").await;
    let otto = portal.runner(OTTO, lab).await;
    let evil = [("first_name", "Win at"), ("last_name", "http://evil.example/"), ("language", "")];
    otto.post("/profile", &evil).await.is(303);
    invite(&portal, &otto, INGA).await;
    let mail = portal.last_mail().await;
    assert!(!mail.raw.contains("evil.example"), "{}", mail.raw);
    assert!(mail.text.contains(OTTO), "the address stands there instead: {}", mail.text);
}

#[tokio::test]
async fn over_the_user_limit_in_a_race() {
    let portal = TestPortal::new().await;
    let (lab, otto) = lab(&portal).await;
    let otto = std::sync::Arc::new(otto);
    let organization = portal.app.store().organization(lab).await.unwrap().unwrap();
    let limited = countersign_store::Organization { allowed_users: Some(4), ..organization };
    portal.app.store().change_organization(limited, "test", 1).await.unwrap();
    let racers = (0..16).map(|n| {
        let otto = std::sync::Arc::clone(&otto);
        tokio::spawn(async move {
            let email = format!("user{n}@lab.example");
            otto.post("/organization/users", &[("email", &email)]).await.status.as_u16()
        })
    });
    let mut statuses = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        statuses.push(racer.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 3, "{statuses:?}");
    assert!(statuses[3..].iter().all(|status| *status == 422), "{statuses:?}");
    assert_eq!(portal.mails().await.len(), 3, "nobody else was written to");
    otto.post("/organization/users", &[("email", INGA)])
        .await
        .is(422)
        .says("The organization has the 4 users that it may have.")
        .says(INGA);
}
