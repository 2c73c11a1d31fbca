//! Many licenses that say the same.

use std::collections::BTreeSet;

use countersign_core::license_key::LicenseKey;
use countersign_store::Role;

use super::ADA;
use crate::world::{PASSWORD, TestPortal};

#[tokio::test]
async fn many_licenses_are_made_together_and_their_keys_are_a_table() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let form = [("product", "acme-cad"), ("holder", "=cmd|' /C calc'!A0"), ("count", "120")];
    let made = admin.post("/admin/licenses", &form).await.is(303);
    let path = made.header("location").to_owned();
    assert!(path.starts_with("/admin/licenses/made/"), "{path}");
    let licenses = portal.all().await;
    assert_eq!(licenses.len(), 120);
    let page = admin.get(&path).await.is(200).says("120 licenses were created, all of them.");
    page.says("The table has all 120 keys.");
    let table = admin.get(&format!("{path}/keys.csv")).await.is(200);
    assert!(table.header("content-disposition").contains("license-keys.csv"));
    let text = table.text.strip_prefix('\u{FEFF}').unwrap();
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect();
    let keys: BTreeSet<String> = rows.iter().map(|row| row[0].to_owned()).collect();
    let known: BTreeSet<String> = licenses.iter().map(|license| license.key.grouped()).collect();
    assert_eq!(keys, known);
    // A spreadsheet runs no cell of it.
    assert!(rows.iter().all(|row| row[4].starts_with("'=cmd")), "{}", &rows[0][4]);
    let key: LicenseKey = rows[7][0].parse().unwrap();
    portal.activate("lab-7", &key).await;
}

#[tokio::test]
async fn attack_a_count_that_is_none_or_too_many() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal
        .nothing_changes(async {
            for (count, words) in [
                ("0", "One to 1000 licenses"),
                ("1001", "One to 1000 licenses"),
                ("-1", "is not a whole number"),
                ("1e3", "is not a whole number"),
                ("18446744073709551617", "is not a whole number"),
            ] {
                let form = [("product", "acme-cad"), ("count", count)];
                admin.post("/admin/licenses", &form).await.is(422).says(words);
            }
        })
        .await;
}

#[tokio::test]
async fn attack_another_admin_looks_for_the_keys_that_were_just_made() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let form = [("product", "acme-cad"), ("count", "2")];
    let path = admin.post("/admin/licenses", &form).await.is(303).header("location").to_owned();
    portal.user(|user| (user.email, user.role) = ("bob@acme.example".into(), Role::Admin)).await;
    let bob = portal.logged_in("bob@acme.example").await;
    for path in [path.clone(), format!("{path}/keys.csv"), "/admin/licenses/made/x".into()] {
        bob.get(&path).await.is(404);
    }
    admin.get(&path).await.is(200);
    portal.clock.advance(2 * 3600);
    let ada = portal.logged_in(ADA).await;
    ada.get(&path).await.is(404).says("are kept for an hour");
}

#[tokio::test]
async fn many_licenses_without_an_end_are_one_proposal_under_the_two_person_rule() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal.user(|user| (user.email, user.role) = ("bob@acme.example".into(), Role::Admin)).await;
    admin.post("/admin/approvals/rule", &[("rule", "on")]).await.is(303);
    let plan = portal.plan("Ever", |_| ()).await;
    let id = plan.id.to_string();
    let form = [("plan_id", &*id), ("validity", "perpetual"), ("count", "12"), ("holder", "Lab")];
    admin.post("/admin/licenses", &form).await.leads_to("/admin/approvals");
    assert_eq!(portal.all().await, []);
    let bob = portal.logged_in("bob@acme.example").await;
    assert!(!PASSWORD.is_empty());
    let page = bob.get("/admin/approvals").await.is(200).says("<dt>Licenses</dt><dd>12</dd>");
    let path =
        page.text.split("action=\"/admin/approvals/").find(|part| part.contains("/approve\""));
    let path = path.unwrap().split('"').next().unwrap().to_owned();
    bob.post(&format!("/admin/approvals/{path}"), &[]).await.leads_to("/admin/approvals");
    let made = portal.all().await;
    assert_eq!(made.len(), 12);
    assert!(made.iter().all(|license| license.plan_id == Some(plan.id)));
    // What ends soon needs nobody else.
    let near = [("plan_id", &*id), ("validity", "from-creation"), ("validity_days", "9")];
    admin.post("/admin/licenses", &near).await.is(303);
    assert_eq!(portal.all().await.len(), 13);
}
