//! `/admin/approvals`: two admins, the rule, and who would go round it.

use countersign_store::{Activation, LicenseStatus, Role, Validity};

use super::ADA;
use crate::played::{Machine, NOW};
use crate::world::{CookieUser, DAY, TestPortal};

const BOB: &str = "bob@acme.example";
const LICENSES: &str = "/admin/licenses";
const APPROVALS: &str = "/admin/approvals";

/// Two admins, the rule on.
async fn two(portal: &TestPortal) -> (CookieUser, CookieUser) {
    let ada = portal.admin().await;
    let alone = ada.post("/admin/approvals/rule", &[("rule", "on")]).await.is(422);
    alone.says("create another admin first");
    assert!(!portal.app.store().needs_two_people().await.unwrap());
    portal
        .user(|user| {
            user.email = BOB.into();
            user.role = Role::Admin;
        })
        .await;
    let bob = portal.logged_in(BOB).await;
    ada.post("/admin/approvals/rule", &[("rule", "on")]).await.leads_to(APPROVALS);
    (ada, bob)
}

/// The id of the first proposal on the page.
async fn waiting(admin: &CookieUser) -> String {
    let page = admin.get(APPROVALS).await.is(200);
    let id = page.text.split("action=\"/admin/approvals/").find(|rest| !rest.starts_with("rule"));
    let ids = page.text.split("/refuse\"").next().unwrap();
    assert!(id.is_some() && ids.contains("/admin/approvals/"), "nothing waits");
    ids.rsplit('/').next().unwrap().to_owned()
}

async fn decide(admin: &CookieUser, id: &str, how: &str) -> crate::world::browser::Answer {
    admin.post(&format!("/admin/approvals/{id}/{how}"), &[]).await
}

async fn activated(portal: &TestPortal) -> Activation {
    let key = portal.license_with(|new| new.validity = Validity::Fixed(NOW + DAY)).await;
    let api = portal.visitor();
    let machine = Machine::new("lab-7", &portal.product);
    api.send(api.request("POST", "/api/v1/activations").body(machine.activation(&key)))
        .await
        .is(200);
    portal.app.store().activations(&key.id(), 1).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_license_without_an_end_waits_for_another_admin_who_sees_what_it_is() {
    let portal = TestPortal::new().await;
    let (ada, bob) = two(&portal).await;
    let form = [
        ("product", "acme-cad"),
        ("plan", "Site <b>"),
        ("holder", "Jane"),
        ("validity", "perpetual"),
        ("entitlements", "parts=7"),
        ("allowed_activations", "12"),
    ];
    ada.post(LICENSES, &form).await.leads_to(APPROVALS);
    assert!(portal.app.store().licenses(10).await.unwrap().is_empty());
    let page = bob.get(APPROVALS).await.is(200);
    let page = page.says("New license").says("Site &#60;b&#62;").says("perpetual").says("parts=7");
    page.says("Acme CAD").says(ADA).says(">12<");
    let id = waiting(&bob).await;
    ada.get(APPROVALS).await.is(200).says("somebody else has to approve it");
    decide(&ada, &id, "approve").await.is(422).says("Nobody approves what they have proposed");
    assert!(portal.app.store().licenses(10).await.unwrap().is_empty());
    decide(&bob, &id, "approve").await.leads_to(APPROVALS);
    let made = portal.app.store().licenses(10).await.unwrap().remove(0);
    assert_eq!((made.validity, made.allowed_activations), (Validity::Perpetual, Some(12)));
    assert_eq!(made.status, LicenseStatus::Active);
    decide(&bob, &id, "approve").await.is(422).says("does not wait any more");
    assert_eq!(portal.app.store().licenses(10).await.unwrap().len(), 1);
    // One with an end needs nobody.
    let form = [("product", "acme-cad"), ("validity", "from-creation"), ("validity_days", "365")];
    ada.post(LICENSES, &form).await.is(303);
    assert_eq!(portal.app.store().licenses(10).await.unwrap().len(), 2);
    ada.get("/admin/audit?action=proposal.").await.is(200).says("A proposal was approved");
}

#[tokio::test]
async fn attack_an_end_in_a_thousand_years_needs_a_second_person_and_the_rest_is_saved() {
    let portal = TestPortal::new().await;
    let (ada, bob) = two(&portal).await;
    let key = portal.license_with(|new| new.validity = Validity::Fixed(NOW + 10 * DAY)).await;
    let (path, before) = (format!("{LICENSES}/{}", key.id()), portal.stored(&key).await);
    let revision = before.revision.to_string();
    let form = [
        ("revision", revision.as_str()),
        ("status", "active"),
        ("strategy", "exact"),
        ("holder", "John"),
        ("extend_days", "365000"),
    ];
    ada.post(&path, &form).await.leads_to(APPROVALS);
    let now = portal.stored(&key).await;
    assert_eq!((now.holder.as_deref(), now.expires_at), (Some("John"), before.expires_at));
    // Somebody changes it before the other one looks.
    portal.change_license(&key, |license| license.holder = Some("Mallory".into())).await;
    let id = waiting(&bob).await;
    decide(&bob, &id, "approve").await.is(422).says("has changed since");
    assert_eq!(portal.stored(&key).await.expires_at, before.expires_at);
    let revision = portal.stored(&key).await.revision.to_string();
    let form = [
        ("revision", &*revision),
        ("status", "active"),
        ("strategy", "exact"),
        ("extend_days", "365000"),
    ];
    ada.post(&path, &form).await.leads_to(APPROVALS);
    decide(&bob, &waiting(&bob).await, "approve").await.leads_to(APPROVALS);
    assert_eq!(
        portal.stored(&key).await.expires_at,
        before.expires_at.map(|end| end + 365_000 * DAY)
    );
}

#[tokio::test]
async fn a_seat_that_staff_releases_without_proof_is_free_when_another_admin_has_approved_it() {
    let portal = TestPortal::new().await;
    let (ada, bob) = two(&portal).await;
    let seat = activated(&portal).await;
    let path = format!("/licenses/{}/machines/{}/release", seat.license, seat.id);
    ada.get(&path).await.is(200).says("Another admin has to approve it");
    ada.post(&path, &[("reason", "stolen")]).await.leads_to(APPROVALS);
    let state = async || portal.app.store().activation(&seat.id).await.unwrap().unwrap().state;
    assert!(state().await.holds_seat());
    bob.get(APPROVALS).await.is(200).says("lab-7").says("stolen");
    decide(&bob, &waiting(&bob).await, "refuse").await.leads_to(APPROVALS);
    assert!(state().await.holds_seat());
    ada.post(&path, &[("reason", "stolen")]).await.leads_to(APPROVALS);
    decide(&bob, &waiting(&bob).await, "approve").await.leads_to(APPROVALS);
    assert!(!state().await.holds_seat());
}

#[tokio::test]
async fn attack_the_rule_is_not_turned_off_by_one_nor_by_the_settings_form() {
    let portal = TestPortal::new().await;
    let (ada, bob) = two(&portal).await;
    let is_on = async || portal.app.store().needs_two_people().await.unwrap();
    ada.post("/admin/settings", &[("cap_days", "5"), ("two_people", "off")]).await.is(303);
    ada.post("/admin/approvals/rule", &[("rule", "off")]).await.leads_to(APPROVALS);
    assert!(is_on().await);
    let id = waiting(&ada).await;
    decide(&ada, &id, "approve").await.is(422);
    assert!(is_on().await);
    // An admin who was suspended in between.
    portal.suspend_user(BOB).await;
    decide(&bob, &id, "approve").await.is(403);
    assert!(is_on().await);
    decide(&ada, "nobodys", "approve").await.is(404);
}
