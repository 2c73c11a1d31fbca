//! `/admin/licenses`

use countersign_core::license_key::LicenseKey;
use countersign_core::{Expect, LicenseId};
use countersign_store::{LicenseStatus, Validity};

use super::{ADA, changes_nothing, is_written_down};
use crate::played::{Machine, NOW};
use crate::world::browser::Answer;
use crate::world::{CookieUser, DAY, TestPortal};

const ACTIVATIONS: &str = "/api/v1/activations";
/// A well-formed id that nobody has.
const NOBODY: &str = "BwcHBwcHBwcHBwcHBwcHBw";

pub(super) fn path(key: &LicenseKey) -> String {
    format!("/admin/licenses/{}", key.id())
}

/// The form as the page has it, with some of its fields filled in otherwise.
pub(super) async fn save(admin: &CookieUser, key: &LicenseKey, changes: &[(&str, &str)]) -> Answer {
    save_with(admin, key, &revision_on_page(admin, key).await, changes).await
}

async fn revision_on_page(admin: &CookieUser, key: &LicenseKey) -> String {
    let page = admin.get(&path(key)).await.is(200).text;
    let field = page.split(r#"name="revision" value=""#).nth(1).unwrap();
    field.split('"').next().unwrap().to_owned()
}

async fn save_with(
    admin: &CookieUser,
    key: &LicenseKey,
    revision: &str,
    changes: &[(&str, &str)],
) -> Answer {
    let mut form = vec![
        ("revision", revision),
        ("status", "active"),
        ("plan", "Pro"),
        ("holder", "Jane"),
        ("owner", ""),
        ("organization", ""),
        ("allowed_activations", ""),
        ("allowed_deactivations", ""),
        ("extend_days", ""),
        ("import_days", "1"),
        ("strategy", "fuzzy"),
        ("entitlements", ""),
    ];
    for change in changes {
        match form.iter_mut().find(|(name, _)| *name == change.0) {
            Some(field) => *field = *change,
            None => form.push(*change),
        }
    }
    admin.post(&path(key), &form).await
}

pub(super) async fn activate(portal: &TestPortal, machine: &Machine, key: &LicenseKey) -> Answer {
    let visitor = portal.visitor();
    visitor.send(visitor.request("POST", ACTIVATIONS).body(machine.activation(key))).await
}

#[tokio::test]
async fn a_license_is_created_and_activates_machines() {
    let portal = TestPortal::new().await;
    let (admin, lab) = (portal.admin().await, portal.organization("Lab").await);
    let jane = portal.user(|_| ()).await.id;
    let (owner, organization) = (jane.to_string(), lab.to_string());
    let form = [
        ("product", "acme-cad"),
        ("plan", "Pro"),
        ("holder", " Jane's <lab> "),
        ("owner", &owner),
        ("organization", &organization),
        ("allowed_activations", "2"),
        ("allowed_deactivations", "3"),
        ("validity", "from-creation"),
        ("validity_days", "365"),
        ("import_days", "5"),
        ("strategy", "exact"),
        ("entitlements", "cad\nparts=500"),
    ];
    is_written_down(&portal, "license.create", "", async {
        let answer = admin.post("/admin/licenses", &form).await.is(303);
        assert!(answer.header("location").starts_with("/admin/licenses/"));
    })
    .await;
    let license = portal.app.store().licenses(1).await.unwrap().remove(0);
    assert_eq!((license.owner, license.organization), (Some(jane), Some(lab)));
    assert_eq!((license.allowed_activations, license.allowed_deactivations), (Some(2), Some(3)));
    assert_eq!(license.validity, Validity::FromCreation(365 * DAY));
    assert_eq!((license.expires_at, license.response_validity), (Some(NOW + 365 * DAY), 5 * DAY));
    assert_eq!(
        (license.strategy.as_str(), license.holder.as_deref()),
        ("exact", Some("Jane's <lab>"))
    );
    let key = license.key;
    let page = admin.get(&path(&key)).await.is(200).says(&key.grouped()).says("0 of 2");
    page.says("cad\nparts=500").hides("<lab>");
    admin.get("/admin/licenses").await.is(200).says(&path(&key)).hides(&key.grouped());
    let answer = activate(&portal, &Machine::new("lab-7", &portal.product), &key).await.is(200);
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    let verified = portal.roots().verify_response(&token, Expect::Response).unwrap();
    let granted = verified.claims().granted().unwrap();
    assert_eq!(granted.import_by, NOW + 5 * DAY);
    assert_eq!(granted.grant.entitlements.len(), 2);
    admin.get(&path(&key)).await.is(200).says("lab-7").says("1 of 2");
}

#[tokio::test]
async fn a_license_that_is_not_well_described_is_not_created() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    for (form, words) in [
        ([("product", ""), ("plan", "")], "There is no such product."),
        ([("product", "acme-cam"), ("plan", "")], "There is no such product."),
        ([("product", "acme-cad"), ("allowed_activations", "two")], "is not a whole number"),
        ([("product", "acme-cad"), ("allowed_deactivations", "-1")], "is not a whole number"),
        ([("product", "acme-cad"), ("validity", "from-creation")], "needs a number of days"),
        ([("product", "acme-cad"), ("import_days", "soon")], "is not a whole number"),
        ([("product", "acme-cad"), ("entitlements", "=x")], "NAME=7"),
        ([("product", "acme-cad"), ("owner", NOBODY)], "no such user"),
        ([("product", "acme-cad"), ("owner", "jane@lab.example")], "no such user"),
        ([("product", "acme-cad"), ("organization", NOBODY)], "no such organization"),
        ([("product", "acme-cad"), ("validity", "from-now")], "not understood here"),
    ] {
        changes_nothing(&portal, async {
            admin.post("/admin/licenses", &form).await.is(422).says(words).says("Nothing was");
        })
        .await;
    }
    assert_eq!(portal.app.store().licenses(1).await.unwrap(), []);
}

#[tokio::test]
async fn a_license_is_edited() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let lab = portal.organization("Lab").await;
    let jane = portal.user(|user| user.organization = Some(lab)).await.id;
    let key = portal.license(1, None).await;
    is_written_down(&portal, "license.change", &key.id().to_string(), async {
        let (owner, organization) = (jane.to_string(), lab.to_string());
        let changes = [
            ("plan", "Team"),
            ("holder", ""),
            ("owner", &*owner),
            ("organization", &*organization),
            ("allowed_activations", "7"),
            ("allowed_deactivations", "0"),
            ("import_days", "30"),
            ("strategy", "loose"),
            ("entitlements", "cad"),
        ];
        save(&admin, &key, &changes).await.leads_to(&path(&key));
    })
    .await;
    let license = portal.stored(&key).await;
    assert_eq!((license.plan.as_deref(), license.holder), (Some("Team"), None));
    assert_eq!((license.owner, license.organization), (Some(jane), Some(lab)));
    assert_eq!((license.allowed_activations, license.allowed_deactivations), (Some(7), Some(0)));
    assert_eq!((license.response_validity, license.strategy.as_str()), (30 * DAY, "loose"));
    portal.logged_in("jane@lab.example").await.get("/licenses").await.says(&key.id().to_string());
}

#[tokio::test]
async fn a_license_that_says_more_than_a_token_may_uses_no_seat_up() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(1, None).await);
    // As an older release let it be saved.
    portal.change_license(&key, |license| license.plan = Some("x".repeat(20_000))).await;
    let machine = Machine::new("lab-7", &portal.product);
    let request = machine.activation(&key);
    let send = async || admin.send(admin.request("POST", ACTIVATIONS).body(request.clone())).await;
    send().await.refuses_as(500, "signing-failed").says("16384");
    assert_eq!(portal.stored(&key).await.live_activations, 0);
    save(&admin, &key, &[("allowed_activations", "1")]).await.is(303);
    let token = send().await.is(200).json()["token"].as_str().unwrap().to_owned();
    portal.roots().verify_response(&token, Expect::Response).unwrap();
}

#[tokio::test]
async fn a_limit_below_what_is_used_is_refused() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let key = portal.license(3, Some(3)).await;
    let machines = ["a", "b", "c"].map(|name| Machine::new(name, &portal.product));
    let mut ids = Vec::new();
    for machine in &machines {
        let answer = activate(&portal, machine, &key).await.is(200);
        ids.push(answer.json()["id"].as_str().unwrap().to_owned());
    }
    let given_back = machines[0].deactivation(&ids[0]);
    admin.send(admin.request("POST", "/api/v1/deactivations").body(given_back)).await.is(200);
    let (seats, deactivations) = ("allowed_activations", "allowed_deactivations");
    for changes in [[(seats, "1"), (deactivations, "3")], [(seats, "3"), (deactivations, "0")]] {
        changes_nothing(&portal, async {
            let answer = save(&admin, &key, &changes).await.is(422).says("Nothing was changed.");
            answer.says("2 machines are active and 1 deactivations were made");
        })
        .await;
    }
    save(&admin, &key, &[(seats, "2"), (deactivations, "1")]).await.is(303);
    let (_, license) = (activate(&portal, &machines[0], &key).await, portal.stored(&key).await);
    assert_eq!((license.live_activations, license.allowed_activations), (2, Some(2)));
}

#[tokio::test]
async fn a_form_that_is_out_of_date_overwrites_nothing() {
    let portal = TestPortal::new().await;
    let (ada, key) = (portal.admin().await, portal.license(3, None).await);
    let opened_by_both = revision_on_page(&ada, &key).await;
    save_with(&ada, &key, &opened_by_both, &[("plan", "Team")]).await.is(303);
    changes_nothing(&portal, async {
        let late = save_with(&ada, &key, &opened_by_both, &[("plan", "Solo")]).await;
        late.is(422).says("The license was changed meanwhile").says("Open it again.");
    })
    .await;
    for revision in ["", "x", "-1", "99999999999999999999"] {
        save_with(&ada, &key, revision, &[("plan", "Solo")]).await.is(422);
    }
    assert_eq!(portal.stored(&key).await.plan.as_deref(), Some("Team"));
}

#[tokio::test]
async fn a_machine_that_activates_meanwhile_does_not_spoil_the_form() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(3, None).await);
    let opened = revision_on_page(&admin, &key).await;
    activate(&portal, &Machine::new("lab-7", &portal.product), &key).await.is(200);
    save_with(&admin, &key, &opened, &[("plan", "Team")]).await.is(303);
    assert_eq!(portal.stored(&key).await.live_activations, 1);
}

#[tokio::test]
async fn a_suspended_license_activates_nothing_until_it_is_active_again() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(3, None).await);
    let (a, b) = (Machine::new("a", &portal.product), Machine::new("b", &portal.product));
    activate(&portal, &a, &key).await.is(200);
    let id = key.id().to_string();
    is_written_down(&portal, "license.change", &id, async {
        save(&admin, &key, &[("status", "suspended")]).await.is(303);
    })
    .await;
    assert_eq!(portal.audit().await[0].detail, "suspended");
    for machine in [&a, &b] {
        activate(&portal, machine, &key).await.refuses_as(403, "license-suspended");
    }
    save(&admin, &key, &[("status", "active")]).await.is(303);
    activate(&portal, &b, &key).await.is(200);
}

#[tokio::test]
async fn a_revoked_license_activates_nothing() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(3, None).await);
    let machine = Machine::new("lab-7", &portal.product);
    is_written_down(&portal, "license.change", &key.id().to_string(), async {
        save(&admin, &key, &[("status", "revoked")]).await.is(303);
    })
    .await;
    activate(&portal, &machine, &key).await.refuses_as(403, "license-revoked");
    admin.get("/admin/licenses").await.is(200).says("revoked by the vendor");
}

#[tokio::test]
async fn a_license_is_extended_from_its_end_or_when_that_is_past_from_now() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let key = portal.license_with(|new| new.validity = Validity::FromCreation(10 * DAY)).await;
    save(&admin, &key, &[("extend_days", "5")]).await.is(303);
    assert_eq!(portal.stored(&key).await.expires_at, Some(NOW + 15 * DAY));
    portal.clock.advance(20 * DAY);
    let machine = Machine::new("lab-7", &portal.product);
    activate(&portal, &machine, &key).await.refuses_as(403, "license-expired");
    let admin = portal.logged_in(ADA).await;
    is_written_down(&portal, "license.change", &key.id().to_string(), async {
        save(&admin, &key, &[("extend_days", "30")]).await.is(303);
    })
    .await;
    assert_eq!(portal.stored(&key).await.expires_at, Some(NOW + 50 * DAY));
    activate(&portal, &machine, &key).await.is(200);
}

#[tokio::test]
async fn a_change_that_is_not_well_described_changes_nothing() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(3, None).await);
    for (change, words) in [
        (("status", "unknown"), "not understood here"),
        (("strategy", "unknown"), "not understood here"),
        (("extend_days", "a week"), "is not a whole number"),
        (("allowed_activations", "1e3"), "is not a whole number"),
        (("entitlements", " = "), "NAME=7"),
        (("owner", NOBODY), "no such user"),
        (("organization", NOBODY), "no such organization"),
    ] {
        changes_nothing(&portal, async {
            save(&admin, &key, &[change]).await.is(422).says(words);
        })
        .await;
    }
    assert_eq!(portal.stored(&key).await.status, LicenseStatus::Active);
}

#[tokio::test]
async fn a_license_that_is_not_there_is_not_found() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    for id in [LicenseId::from([7; 16]).to_string(), "no-license".to_owned()] {
        admin.get(&format!("/admin/licenses/{id}")).await.is(404);
        changes_nothing(&portal, async {
            admin.post(&format!("/admin/licenses/{id}"), &[("revision", "1")]).await.is(404);
        })
        .await;
    }
}
