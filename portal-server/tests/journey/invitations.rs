//! Customers whom the vendor invites by mail.

use countersign_store::{Role, UserStatus};

use crate::world::{CookieUser, PASSWORD, TestPortal};

const USERS: &str = "/admin/customers/users";
const JANE: &str = "jane@lab.example";

async fn invite(by: &CookieUser, form: &[(&str, &str)]) -> crate::world::browser::Answer {
    by.post(USERS, &[form, &[("invite", "mail")]].concat()).await
}

async fn accept(browser: &CookieUser, link: &str) -> crate::world::browser::Answer {
    browser
        .post(link, &[("first_name", "Jane"), ("last_name", "Doe"), ("password", PASSWORD)])
        .await
}

#[tokio::test]
async fn somebody_without_an_organization_comes_in_by_mail_and_finds_what_was_theirs_before() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let page = invite(&admin, &[("email", " Jane@Lab.Example "), ("name", "Jane")]).await.is(303);
    let page = admin.get(page.header("location")).await.is(200);
    page.says("id=\"invited\"").says("No mail server is set").says("owner=jane%40lab.example");
    // A license is theirs by the address that was typed, before the mailbox has confirmed it.
    let form = [
        ("product", "acme-cad"),
        ("owner", JANE),
        ("allowed_activations", "1"),
        ("strategy", "fuzzy"),
    ];
    admin.post("/admin/licenses", &form).await.is(303);
    let letter = portal.last_mail().await;
    assert_eq!(letter.to, JANE);
    assert!(letter.text.contains("Acme"), "{}", letter.text);
    let jane = portal.visitor();
    let link = letter.link(&portal, "/invite/");
    jane.get(&link).await.is(200).says("Welcome to Acme").says(JANE);
    accept(&jane, &link).await.leads_to("/");
    let user = portal.stored_user(JANE).await;
    assert_eq!(
        (user.role, user.status, user.organization),
        (Role::Customer, UserStatus::Active, None)
    );
    jane.get("/licenses").await.is(200).says("/licenses/").says("Acme CAD");
    accept(&portal.visitor(), &link).await.is(422);
}

#[tokio::test]
async fn the_first_person_of_an_organization_comes_in_by_mail_and_runs_it() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal.organization("Lab").await;
    let form = [("email", JANE), ("organization", "Lab"), ("organization_role", "admin")];
    invite(&admin, &form).await.is(303);
    let jane = portal.visitor();
    accept(&jane, &portal.last_mail().await.link(&portal, "/invite/")).await.leads_to("/");
    jane.get("/organization").await.is(200);
}

#[tokio::test]
async fn an_invitation_is_sent_again_while_it_waits_and_not_afterwards() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let page = invite(&admin, &[("email", JANE)]).await.is(303).header("location").to_owned();
    let first = portal.last_mail().await.link(&portal, "/invite/");
    portal.clock.advance(1);
    admin.post(&page, &[("invite", "mail")]).await.leads_to(&page);
    let again = portal.last_mail().await.link(&portal, "/invite/");
    assert_ne!(first, again);
    accept(&portal.visitor(), &again).await.leads_to("/");
    admin.post(&page, &[("invite", "mail")]).await.is(422).says("no invitation that waits");
    assert_eq!(portal.mails().await.len(), 2);
}

#[tokio::test]
async fn whoever_is_there_is_not_invited_again_and_hears_nothing() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal.user(|_| ()).await;
    invite(&admin, &[("email", JANE)]).await.is(422).says("somebody with this e-mail address");
    invite(&admin, &[("email", "joe@lab.example")]).await.is(303);
    invite(&admin, &[("email", "joe@lab.example")]).await.is(422);
    let to: Vec<_> = portal.mails().await.into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["joe@lab.example"]);
}

#[tokio::test]
async fn attack_an_invitation_of_a_customer_makes_nobody_staff() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    for role in ["owner", "admin", "support", "read-only"] {
        invite(&admin, &[("email", "eve@evil.example"), ("role", role)]).await.is(422);
    }
    // An admin of a reseller belongs to one.
    invite(&admin, &[("email", "eve@evil.example"), ("role", "reseller-admin")]).await.is(422);
    assert!(portal.mails().await.is_empty());
    let support = portal
        .user(|user| {
            user.email = "sue@acme.example".into();
            user.role = Role::ReadOnly;
        })
        .await;
    let sue = portal.logged_in(&support.email).await;
    invite(&sue, &[("email", "eve@evil.example")]).await.is(403);
    portal
        .customer("joe@lab.example")
        .await
        .post(USERS, &[("email", JANE), ("invite", "mail")])
        .await
        .is(403);
    assert!(portal.mails().await.is_empty());
}

#[tokio::test]
async fn attack_a_license_by_an_address_that_another_organization_invited_is_not_given_to_it() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let evil = portal.organization("Evil").await;
    portal.invited(JANE, evil).await;
    let form = [("product", "acme-cad"), ("owner", JANE), ("strategy", "fuzzy")];
    admin.post("/admin/licenses", &form).await.is(422).says("There is no such user");
    // Invited by the vendor it is that one, whatever others have invited.
    invite(&admin, &[("email", JANE)]).await.is(303);
    admin.post("/admin/licenses", &form).await.is(303);
    let alone = portal.app.store().invited_alone(JANE).await.unwrap().unwrap();
    assert_eq!(alone.organization, None);
}

#[tokio::test]
async fn attack_a_flood_of_invitations_is_slowed_down() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let mut refused = None;
    for n in 0..40 {
        let email = format!("p{n}@lab.example");
        let answer = invite(&admin, &[("email", &email)]).await;
        if answer.status == 429 {
            refused = Some(n);
            break;
        }
        answer.is(303);
    }
    assert!(refused.is_some_and(|n| n >= 20), "{refused:?}");
}
