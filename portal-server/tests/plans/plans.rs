//! `/admin/plans`: templates whose values a license may override.

use countersign_core::Id;
use countersign_core::response::Entitlement;
use countersign_store::{MetadataEntry, PlanChange, Validity};

use super::{ADA, confirm};
use crate::played::NOW;
use crate::world::{DAY, TestPortal};

const FORM: [(&str, &str); 9] = [
    ("product", "acme-cad"),
    ("name", "Team"),
    ("allowed_activations", "5"),
    ("validity", "from-creation"),
    ("validity_days", "365"),
    ("import_days", "30"),
    ("strategy", "exact"),
    ("entitlements", "cad\ncores=8"),
    ("maintenance_days", "100"),
];

#[tokio::test]
async fn a_plan_is_created_fills_the_form_in_and_its_license_has_its_values() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let made = admin.post("/admin/plans", &FORM).await.is(303);
    let path = made.header("location").to_owned();
    let plan = &portal.app.store().plans().await.unwrap()[0];
    assert_eq!(path, format!("/admin/plans/{}", plan.id));
    assert_eq!((plan.allowed_activations, plan.maintenance_days), (Some(5), Some(100)));
    admin.get("/admin/plans").await.is(200).says("Team").says("Acme CAD");
    admin.get(&path).await.is(200).says("cores=8");
    let id = plan.id.to_string();
    let form = admin.get(&format!("/admin/licenses/new?plan={id}")).await.is(200);
    let form = form.says(r#"name="allowed_activations" inputmode="numeric" value="5""#);
    form.says("cores=8").says(r#"value="from-creation" selected"#).says(&format!("value=\"{id}\""));
    let fields = [
        ("plan_id", id.as_str()),
        ("plan", "Team"),
        ("allowed_activations", "7"),
        ("validity", "from-creation"),
        ("validity_days", "365"),
        ("import_days", "30"),
        ("strategy", "exact"),
        ("entitlements", "cad\ncores=8"),
    ];
    admin.post("/admin/licenses", &fields).await.is(303);
    let license = &portal.all().await[0];
    assert_eq!((license.plan_id, license.allowed_activations), (Some(plan.id), Some(7)));
    assert_eq!(license.validity, Validity::FromCreation(365 * DAY));
    let page = admin.get(&format!("/admin/licenses/{}", license.id)).await.is(200);
    let page = page.says("Activations at a time</th><td data-label=\"This license\">7</td>");
    page.says("data-label=\"The plan\">5</td>")
        .says("Maintenance")
        .hides("<th scope=\"row\">Features");
}

#[tokio::test]
async fn a_plan_that_cannot_be_is_refused() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal.plan("Solo", |_| ()).await;
    for (field, value, words) in [
        ("name", "sOLO", "has a plan of this name already"),
        ("name", " ", "A plan has a name"),
        ("product", "nothing", "no such product"),
        ("validity", "fixed", "not understood here"),
        ("validity_days", "0", "needs a number of days"),
        ("allowed_activations", "-1", "is not a whole number"),
        ("allowed_activations", "18446744073709551616", "is not a whole number"),
        ("maintenance_days", "9999999999", "is not a whole number"),
        ("entitlements", "=x", "NAME=7"),
        ("highest_version", "new", "version"),
    ] {
        let form = FORM.map(|known| if known.0 == field { (field, value) } else { known });
        let mut form = form.to_vec();
        if field == "highest_version" {
            form.push((field, value));
        }
        admin.post("/admin/plans", &form).await.is(422).says(words);
    }
    assert_eq!(portal.app.store().plans().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_changed_plan_changes_no_license_until_its_values_are_taken() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let plan = portal.plan("Solo", |_| ()).await;
    let id = plan.id.to_string();
    admin.post("/admin/licenses", &[("plan_id", &*id), ("allowed_activations", "2")]).await.is(303);
    let before = portal.all().await;
    let path = format!("/admin/plans/{id}");
    let changed = [
        ("revision", "1"),
        ("name", "Solo"),
        ("allowed_activations", "3"),
        ("validity", "perpetual"),
        ("strategy", "loose"),
        ("entitlements", "cad"),
        ("metadata", "tier=gold [user]"),
    ];
    admin.post(&path, &changed).await.leads_to(&path);
    admin.post(&path, &changed).await.is(422).says("The plan was changed meanwhile");
    assert_eq!(portal.all().await, before);
    let license = &before[0];
    let take = format!("/admin/licenses/{}/plan", license.id);
    let revision = license.revision.to_string();
    let asked = admin.post(&take, &[("revision", &*revision), ("plan", &*id)]).await.is(200);
    let asked = asked.says("Activations at a time: 2 becomes 3").says("Features");
    assert_eq!(portal.all().await, before, "nothing is done before it is confirmed");
    confirm(&admin, &take, &asked).await.leads_to(&format!("/admin/licenses/{}", license.id));
    let after = &portal.all().await[0];
    assert_eq!((after.allowed_activations, after.strategy.as_str()), (Some(3), "loose"));
    assert_eq!(after.entitlements["cad"], Entitlement::On);
    assert_eq!((after.validity, after.expires_at), (license.validity, license.expires_at));
    let page = admin.get(&format!("/admin/licenses/{}", license.id)).await.is(200);
    page.says("All values are those of the plan.");
}

#[tokio::test]
async fn values_are_taken_for_all_licenses_after_a_preview_and_those_that_use_more_stay() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let plan = portal.plan("Team", |plan| plan.allowed_activations = Some(1)).await;
    let mut keys = Vec::new();
    for _ in 0..3 {
        let key = portal.license(4, None).await;
        portal
            .change_license(&key, |license| {
                license.plan_id = Some(plan.id);
                license.metadata.insert("order".into(), MetadataEntry::for_device("4711"));
            })
            .await;
        keys.push(key);
    }
    let other = portal.license(4, None).await;
    portal.activate("a", &keys[0]).await;
    portal.activate("b", &keys[0]).await;
    let path = format!("/admin/plans/{}/apply", plan.id);
    let chosen = [("value", "activations"), ("value", "strategy")];
    let mut asked = None;
    portal
        .nothing_changes(async {
            admin.post(&path, &[]).await.is(422).says("at least one value");
            admin.post(&path, &[("value", "license_key")]).await.is(422);
            asked = Some(admin.post(&path, &chosen).await.is(200));
        })
        .await;
    let asked = asked.unwrap().says("2 licenses would change.").says("The plan has 3 licenses.");
    let asked = asked.says("One license uses more than the plan allows");
    let asked = asked.says(&format!("/admin/licenses/{}", keys[0].id()));
    let done = confirm(&admin, &path, &asked).await.is(200);
    done.says("2 licenses were changed.").says("All licenses of the plan were looked at.");
    assert_eq!(portal.stored(&keys[0]).await.allowed_activations, Some(4));
    assert_eq!(portal.stored(&keys[0]).await.strategy.as_str(), "fuzzy", "it stays whole");
    for key in &keys[1..] {
        let license = portal.stored(key).await;
        assert_eq!((license.allowed_activations, license.strategy.as_str()), (Some(1), "exact"));
        assert_eq!(license.plan.as_deref(), Some("Pro"), "the name was not chosen");
        assert_eq!(license.metadata["order"].value, "4711");
    }
    assert_eq!(portal.stored(&other).await.allowed_activations, Some(4), "it has no plan");
    // Once more changes nothing more.
    let again = confirm(&admin, &path, &asked).await.is(200);
    again.says("0 licenses were changed.");
}

#[tokio::test]
async fn more_licenses_than_one_step_takes_are_changed_step_by_step() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let plan = portal.plan("Team", |_| ()).await;
    let id = plan.id.to_string();
    for _ in 0..3 {
        let form = [("plan_id", &*id), ("allowed_activations", "9"), ("count", "700")];
        admin.post("/admin/licenses", &form).await.is(303);
    }
    let path = format!("/admin/plans/{id}/apply");
    let asked = admin.post(&path, &[("value", "activations")]).await.is(200);
    let asked = asked.says("2100 licenses would change.");
    let first = confirm(&admin, &path, &asked).await.is(200).says("2000 licenses were changed.");
    let last = confirm(&admin, &path, &first).await.is(200).says("2100 licenses were changed.");
    last.says("All licenses of the plan were looked at.");
}

#[tokio::test]
async fn attack_a_plan_that_changed_between_preview_and_confirmation() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let plan = portal.plan("Team", |_| ()).await;
    let key = portal.license(9, None).await;
    portal.change_license(&key, |license| license.plan_id = Some(plan.id)).await;
    let all = format!("/admin/plans/{}/apply", plan.id);
    let one = format!("/admin/licenses/{}/plan", key.id());
    let asked_all = admin.post(&all, &[("value", "activations")]).await.is(200);
    let (id, revision) = (plan.id.to_string(), portal.revision(&key.id()).await);
    let asked_one = admin.post(&one, &[("revision", &*revision), ("plan", &*id)]).await.is(200);
    let other = countersign_store::Plan { allowed_activations: Some(1), ..plan.clone() };
    let changed = portal.app.store().change_plan(other, "test", NOW).await.unwrap();
    assert_eq!(changed, PlanChange::Done);
    portal
        .nothing_changes(async {
            for (path, asked) in [(&all, &asked_all), (&one, &asked_one)] {
                let late = confirm(&admin, path, asked).await.is(422);
                late.says("The plan was changed meanwhile");
            }
        })
        .await;
}

#[tokio::test]
async fn attack_a_plan_of_another_product_or_one_that_is_archived() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    admin.post("/admin/products", &[("id", "acme-cam"), ("name", "Acme CAM")]).await.is(303);
    let cam = portal.plan("CAM", |plan| plan.product = "acme-cam".parse().unwrap()).await;
    let old = portal.plan("Old", |plan| plan.archived = true).await;
    let key = portal.license(1, None).await;
    let (cam, old, nobody) =
        (cam.id.to_string(), old.id.to_string(), Id::from([7; 16]).to_string());
    let take = format!("/admin/licenses/{}/plan", key.id());
    let revision = portal.revision(&key.id()).await;
    portal
        .nothing_changes(async {
            for (plan, words) in [
                (cam.as_str(), "no such plan for this product"),
                (&nobody, "no such plan for this product"),
                ("x", "no such plan for this product"),
                (&old, "The plan is archived"),
            ] {
                let form = [("revision", &*revision), ("plan", plan), ("confirmed", "1")];
                admin.post(&take, &form).await.is(422).says(words);
            }
            let form = [("plan_id", &*old), ("product", "acme-cad")];
            admin.post("/admin/licenses", &form).await.is(422).says("The plan is archived");
        })
        .await;
    // The product is the plan's, whatever the form says.
    let form = [("plan_id", &*cam), ("product", "acme-cad")];
    admin.post("/admin/licenses", &form).await.is(303);
    let made = portal.all().await.into_iter().find(|license| license.id != key.id()).unwrap();
    assert_eq!(made.product.as_str(), "acme-cam");
    let form = admin.get("/admin/licenses/new").await.is(200).hides(">Old");
    form.says("CAM · Acme CAM");
    assert!(portal.stored_user(ADA).await.may_log_in());
}
