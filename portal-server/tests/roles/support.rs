//! What support does for customers, and where its limits are.

use countersign_core::request::Ask;
use countersign_store::Role;

use crate::played::Machine;
use crate::world::TestPortal;
use crate::world::browser::file;

#[tokio::test]
async fn support_answers_a_request_for_anybodys_license_on_its_page() {
    let portal = TestPortal::new().await;
    let (_, support) = portal.logged_in_as("sue", Role::Support).await;
    let (_, reader) = portal.logged_in_as("ron", Role::ReadOnly).await;
    let key = portal.license(3, None).await;
    let page = format!("/licenses/{}", key.id());
    let request = Machine::new("lab-7", &portal.product)
        .request(|_, device| Ask::Activation { device, license: None });
    reader.upload(&format!("{page}/review"), file("a.request", &request)).await.is(403);
    reader.post(&format!("{page}/confirm"), &[("request", &request)]).await.is(403);
    assert_eq!(portal.stored(&key).await.live_activations, 0);
    support
        .upload(&format!("{page}/review"), file("a.request", &request))
        .await
        .is(200)
        .says("lab-7");
    support.post(&format!("{page}/confirm"), &[("request", &request)]).await.is(200);
    assert_eq!(portal.stored(&key).await.live_activations, 1);
}

#[tokio::test]
async fn attack_who_only_reads_brings_a_request_through_the_public_door() {
    let portal = TestPortal::new().await;
    let (_, reader) = portal.logged_in_as("ron", Role::ReadOnly).await;
    let key = portal.license(3, None).await;
    // The request says no license, and the license is named by a form of their own making.
    let request = Machine::new("lab-7", &portal.product)
        .request(|_, device| Ask::Activation { device, license: None });
    let id = key.id().to_string();
    reader.post("/activate/confirm", &[("request", &request), ("license", &id)]).await;
    assert_eq!(portal.stored(&key).await.live_activations, 0);
    // With the key it is anybody's to use.
    let request = Machine::new("lab-8", &portal.product).activation(&key);
    reader.post("/activate/confirm", &[("request", &request)]).await.is(200);
    assert_eq!(portal.stored(&key).await.live_activations, 1);
}

#[tokio::test]
async fn support_releases_seats_within_the_vendors_limits_and_is_told_where_they_are() {
    let portal = TestPortal::new().await;
    let (_, owner) = portal.logged_in_as("olga", Role::Owner).await;
    let (_, support) = portal.logged_in_as("sue", Role::Support).await;
    let form = [("cap_days", "365"), ("support_per_year", "1"), ("support_per_day", "2")];
    owner.post("/admin/settings", &form).await.is(303);
    owner
        .get("/admin/settings")
        .await
        .is(200)
        .says(r#"name="support_per_day" inputmode="numeric" required value="2""#);
    let (one, two) = (portal.license(3, None).await, portal.license(3, None).await);
    let first = portal.machine_of(&one, "lab-1").await;
    let second = portal.machine_of(&one, "lab-2").await;
    let third = portal.machine_of(&two, "lab-3").await;
    let fourth = portal.machine_of(&portal.license(3, None).await, "lab-4").await;
    let release = async |machine: &str| {
        support.post(&format!("{machine}/release"), &[("reason", "lost")]).await
    };
    let told = support.get(&format!("{first}/release")).await.is(200);
    told.says("fewer than 1 seats of the license").says("up to 2 seats");
    release(&first).await.leads_to(&first);
    release(&second).await.is(409).says("code: releases-used-up");
    release(&third).await.leads_to(&third);
    let refused = release(&fourth).await.is(409);
    refused.says("code: releases-of-day-used-up").says("ask an admin");
    // An admin does what cannot wait.
    owner.post(&format!("{second}/release"), &[("reason", "lost")]).await.leads_to(&second);
    for (field, wrong) in [("support_per_year", "1001"), ("support_per_day", "-1")] {
        owner.post("/admin/settings", &[("cap_days", "365"), (field, wrong)]).await.is(422);
    }
    for (path, form) in [
        ("/admin/settings", &form[..]),
        ("/admin/products", &[("id", "x")]),
        ("/admin/licenses", &[("product", "acme-cad")]),
        ("/admin/settings/texts", &[("public_en", "x")]),
    ] {
        support.post(path, form).await.is(403);
    }
}
