//! `/admin/staff`: who the vendor's people are, inviting them, what becomes of them.

use countersign_store::{Role, UserStatus};

use crate::played::NOW;
use crate::world::{PASSWORD, TestPortal};

#[tokio::test]
async fn one_of_the_vendors_own_is_invited_by_mail_and_comes_in_as_what_they_are() {
    let portal = TestPortal::new().await;
    let (_, owner) = portal.logged_in_as("olga", Role::Owner).await;
    let form = [("email", "Sue@Acme.example"), ("name", "Sue"), ("role", "support")];
    owner.post("/admin/staff", &form).await.leads_to("/admin/staff");
    let mail = portal.last_mail().await;
    assert_eq!((&*mail.to, &*mail.subject), ("sue@acme.example", "Invitation to Acme at Acme"));
    let link = mail.link(&portal, "/invite/");
    owner
        .get("/admin/staff")
        .await
        .is(200)
        .says("sue@acme.example")
        .says("invited")
        .says("support");
    owner.post("/admin/staff", &form).await.is(422).says("with this e-mail address already");
    let sue = portal.visitor();
    sue.get(&link).await.is(200).says("Acme");
    let accept = [("first_name", "Sue"), ("last_name", "Berg"), ("password", PASSWORD)];
    sue.post(&link, &accept).await.leads_to("/");
    sue.get("/").await.leads_to("/admin");
    sue.get("/admin/keys").await.is(403);
    let stored = portal.stored_user("sue@acme.example").await;
    assert_eq!((stored.role, stored.status), (Role::Support, UserStatus::Active));
    // Used once.
    portal.visitor().get(&link).await.is(422);
}

#[tokio::test]
async fn people_are_listed_with_role_second_factor_and_when_they_were_seen() {
    let portal = TestPortal::new().await;
    let (_, owner) = portal.logged_in_as("olga", Role::Owner).await;
    portal.person("sue", Role::Support).await;
    portal.customer("jane@lab.example").await;
    let page = owner.get("/admin/staff").await.is(200).hides("jane@lab.example");
    let page = page.says("owner").says("support").says("sue@acme.example").says("never");
    // Olga is here.
    assert_eq!(page.text.matches("never</td>").count(), 1, "{}", page.text);
    owner.get("/admin/customers").await.is(200).says("jane@lab.example").hides("sue@acme.example");
}

#[tokio::test]
async fn a_role_is_changed_somebody_is_suspended_and_let_in_again_and_it_is_written_down() {
    let portal = TestPortal::new().await;
    let (olga, owner) = portal.logged_in_as("olga", Role::Owner).await;
    let (sue, browser) = portal.logged_in_as("sue", Role::Support).await;
    let path = format!("/admin/staff/{}", sue.id);
    owner.post(&format!("{path}/role"), &[("role", "admin")]).await.leads_to("/admin/staff");
    browser.get("/admin/staff").await.is(200);
    owner.post(&path, &[("do", "suspend")]).await.leads_to(&path);
    browser.get("/admin").await.leads_to("/login?next=/admin");
    owner.post(&path, &[("do", "let-in")]).await.leads_to(&path);
    assert!(portal.stored_user(&sue.email).await.may_log_in());
    owner.post(&path, &[("do", "link")]).await.is(200).says("/password/");
    let own = format!("/admin/staff/{}", olga.id);
    owner.post(&own, &[("do", "suspend")]).await.is(422).says("You cannot suspend yourself.");
    let last = owner.post(&format!("{own}/role"), &[("role", "admin")]).await.is(422);
    last.says("Make somebody else an owner first.");
    let log = portal.audit().await;
    let entry = log.iter().find(|entry| entry.action == "user.role").unwrap();
    assert_eq!((&*entry.subject, &*entry.detail), (&*sue.id.to_string(), "admin"));
    assert_eq!(entry.actor, format!("user:{}", olga.id));
    for wrong in ["", "root", "ADMIN"] {
        owner.post(&format!("{path}/role"), &[("role", wrong)]).await.is(422);
    }
    owner.post(&format!("{path}/role"), &[("role", "reseller-admin")]).await.is(422);
    owner.get("/admin/staff/nobody").await.is(404);
}

#[tokio::test]
async fn where_the_vendor_wants_it_people_set_a_second_factor_up_before_anything_else() {
    let portal = TestPortal::new().await;
    let (_, owner) = portal.logged_in_as("olga", Role::Owner).await;
    let (sue, support) = portal.logged_in_as("sue", Role::Support).await;
    let customer = portal.user(|_| ()).await;
    let jane = portal.session(&customer).await;
    for wrong in ["", "yes"] {
        let form = [("cap_days", "365"), ("staff_second_factor", wrong)];
        owner.post("/admin/settings", &form).await.is(422);
    }
    let form = [("cap_days", "365"), ("staff_second_factor", "on")];
    owner.post("/admin/settings", &form).await.is(303);
    for browser in [&owner, &support] {
        for path in ["/admin", "/licenses", "/licenses.csv", "/downloads", "/admin/tokens"] {
            browser.get(path).await.leads_to("/profile/two-factor");
        }
        browser.get("/profile/two-factor").await.is(200).says("before you go on");
        browser.get("/profile").await.is(200);
    }
    // Nor by a form, without looking.
    let off = [("cap_days", "365"), ("staff_second_factor", "off")];
    owner.post("/admin/settings", &off).await.is(403).says("before you go on");
    assert!(portal.app.settings().await.unwrap().staff_second_factor);
    // Customers are as free as they were.
    jane.get("/licenses").await.is(200);
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    portal.offer_totp(sue.id, secret).await;
    let code = portal.code(secret, 0);
    support.post("/profile/two-factor/on", &[("code", &code)]).await.is(200);
    support.get("/admin").await.is(200);
    support.get("/profile/two-factor").await.is(200).hides("before you go on");
}

#[tokio::test]
async fn the_first_admin_of_a_portal_owns_it() {
    let portal = TestPortal::new().await;
    let link = countersign_portal::setup_link(&portal.app).await.unwrap().unwrap();
    let form = [("email", "olga@acme.example"), ("name", "Olga"), ("password", PASSWORD)];
    portal.visitor().post(&link, &form).await.is(303);
    assert_eq!(portal.stored_user("olga@acme.example").await.role, Role::Owner);
    let staff = portal.app.store().staff().await.unwrap();
    assert_eq!(staff.iter().map(|member| member.last_seen_at).collect::<Vec<_>>(), [Some(NOW)]);
}
