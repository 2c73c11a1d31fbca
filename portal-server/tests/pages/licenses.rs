//! `/licenses`: mine, those of my organization, and nobody else's.

mod former;
mod list;
mod machine;
mod people;
mod show;

use countersign_core::Expect;
use countersign_core::request::Ask;
use countersign_store::{
    ActivationState, LicenseStatus, Metadata, MetadataEntry, Validity, Viewer,
};

use crate::played::{Machine, NOW};
use crate::world::browser::file;
use crate::world::{CookieUser, DAY, TestPortal};

const JANE: &str = "jane@lab.example";
const JOE: &str = "joe@firm.example";

/// A request that carries no license: whoever brings it chooses one.
fn bare(machine: &Machine) -> String {
    machine.request(|_, device| Ask::Activation { device, license: None })
}

async fn confirm(browser: &CookieUser, path: &str, request: &str) -> crate::world::browser::Answer {
    browser.post(path, &[("request", request)]).await
}

#[tokio::test]
async fn list_and_page_show_what_is_used_and_allowed() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let key = portal.license_of(JANE, 5).await;
    portal.change_license(&key, |license| license.allowed_deactivations = Some(3)).await;
    let page = format!("/licenses/{}", key.id());
    let (a, b) = (Machine::new("lab-7", &portal.product), Machine::new("lab-8", &portal.product));
    for machine in [&a, &b] {
        let confirmed = format!("{page}/confirm");
        confirm(&jane, &confirmed, &machine.activation(&key)).await.is(200).says("Ready: runs");
    }
    let activations = portal.app.store().activations(&key.id(), 10).await.unwrap();
    let of_b = activations.iter().find(|a| a.device_name.as_deref() == Some("lab-8")).unwrap();
    let given_back = b.deactivation(&of_b.id.to_string());
    confirm(&jane, &format!("{page}/confirm"), &given_back).await.is(200).says("The seat is free");
    for answer in [jane.get("/licenses").await, jane.get(&page).await] {
        let answer = answer.is(200).says("Acme CAD").says("Pro").says("perpetual");
        answer.says("1 of 5").says("1 of 3").says(r#"<span class="status active">active"#);
    }
    let answer = jane.get(&page).await.says(&key.grouped()).says("Jane");
    answer.says("lab-7").says("lab-8").says("deactivated");
}

#[tokio::test]
async fn a_page_shows_only_the_strings_that_are_for_people() {
    let portal = TestPortal::new().await;
    let (jane, admin) = (portal.customer(JANE).await, portal.admin().await);
    let owner = portal.stored_user(JANE).await.id;
    let entry = |value: &str, viewers: &[Viewer]| MetadataEntry {
        value: value.into(),
        visible_to: viewers.to_vec(),
    };
    let key = portal
        .license_with(|new| {
            new.owner = Some(owner);
            new.metadata = Metadata::from([
                ("site".into(), entry("seen-by-the-app", &[Viewer::Device])),
                ("cost".into(), entry("seen-by-jane", &[Viewer::User])),
                ("margin".into(), entry("seen-by-the-reseller", &[Viewer::Reseller])),
            ]);
        })
        .await;
    let page = jane.get(&format!("/licenses/{}", key.id())).await.is(200).says("seen-by-jane");
    page.hides("seen-by-the-app").hides("seen-by-the-reseller");
    let page = admin.get(&format!("/admin/licenses/{}", key.id())).await.is(200);
    page.says("cost=seen-by-jane [user]").says("margin=seen-by-the-reseller [reseller]");
    let machine = Machine::new("lab-7", &portal.product);
    let api = jane.request("POST", "/api/v1/activations").body(machine.activation(&key));
    let token = jane.send(api).await.is(200).json()["token"].as_str().unwrap().to_owned();
    let verified = portal.roots().verify_response(&token, Expect::Response).unwrap();
    let carried = &verified.claims().granted().unwrap().grant.metadata;
    assert_eq!(carried.keys().collect::<Vec<_>>(), ["site"], "the app gets its own and no other");
}

#[tokio::test]
async fn a_license_without_limits_says_so() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let owner = portal.stored_user(JANE).await.id;
    portal.license_with(|new| new.owner = Some(owner)).await;
    jane.get("/licenses").await.is(200).says("0 of any number");
}

#[tokio::test]
async fn list_and_page_show_validity_and_status() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let owner = portal.stored_user(JANE).await.id;
    let key = portal
        .license_with(|new| {
            new.owner = Some(owner);
            new.validity = Validity::FromFirstActivation(30 * DAY);
        })
        .await;
    let page = format!("/licenses/{}", key.id());
    let says = async |words: &str| {
        jane.get("/licenses").await.is(200).says(words);
        jane.get(&page).await.is(200).says(words);
    };
    says("30 days from the first activation").await;
    let machine = Machine::new("lab-7", &portal.product);
    confirm(&jane, &format!("{page}/confirm"), &machine.activation(&key)).await.is(200);
    // 1,790,000,000 is the 21st of September 2026, 14:13 UTC.
    says("until 21 Oct 2026, 14:13 UTC").await;
    for (status, words) in [
        (LicenseStatus::Suspended, "suspended by the vendor"),
        (LicenseStatus::Revoked, "revoked by the vendor"),
        (LicenseStatus::Active, r#"<span class="status ending">ends in 30 days"#),
    ] {
        portal.change_license(&key, |license| license.status = status).await;
        says(words).await;
    }
    portal.change_license(&key, |license| license.expires_at = Some(NOW)).await;
    says("ended 21 Sep 2026, 14:13 UTC").await;
}

#[tokio::test]
async fn a_license_of_somebody_else_does_not_exist() {
    let portal = TestPortal::new().await;
    let (lab, firm) = (portal.organization("Lab").await, portal.organization("Firm").await);
    let jane = portal.customer_of(JANE, Some(lab)).await;
    portal.customer_of(JOE, Some(firm)).await;
    let owner = portal.stored_user(JOE).await.id;
    let of_joe = portal.license_with(|new| new.owner = Some(owner)).await;
    let of_firm = portal.license_with(|new| new.organization = Some(firm)).await;
    let of_nobody = portal.license_with(|_| ()).await;
    let request = bare(&Machine::new("lab-7", &portal.product));
    let unknown = countersign_core::LicenseId::from([7; 16]);
    for id in [of_joe.id(), of_firm.id(), of_nobody.id(), unknown] {
        jane.get("/licenses").await.is(200).hides(&id.to_string());
        jane.get(&format!("/licenses/{id}")).await.is(404).says("There is no such page");
        let review = format!("/licenses/{id}/review");
        jane.upload(&review, file("a.request", &request)).await.is(404);
        confirm(&jane, &format!("/licenses/{id}/confirm"), &request).await.is(404);
    }
    for key in [&of_joe, &of_firm, &of_nobody] {
        assert_eq!(portal.stored(key).await.total_activations, 0);
    }
}

#[tokio::test]
async fn a_license_of_the_organization_that_i_run_is_mine_and_not_of_its_other_members() {
    let portal = TestPortal::new().await;
    let lab = portal.organization("Lab").await;
    let jane = portal.runner(JANE, lab).await;
    let joe = portal.customer_of("joe@lab.example", Some(lab)).await;
    let key = portal.license_with(|new| new.organization = Some(lab)).await;
    let page = format!("/licenses/{}", key.id());
    joe.get("/licenses").await.is(200).hides(&page);
    joe.get(&page).await.is(404);
    jane.get("/licenses").await.is(200).says(&page);
    jane.get(&page).await.is(200).says(&key.grouped());
    let request = bare(&Machine::new("lab-7", &portal.product));
    jane.upload(&format!("{page}/review"), file("a.request", &request)).await.is(200);
    confirm(&jane, &format!("{page}/confirm"), &request).await.is(200).says("Ready: runs");
    assert_eq!(portal.stored(&key).await.live_activations, 1);
}

#[tokio::test]
async fn who_leaves_an_organization_loses_its_licenses() {
    let portal = TestPortal::new().await;
    let lab = portal.organization("Lab").await;
    let jane = portal.customer_of(JANE, Some(lab)).await;
    let key = portal.license_with(|new| new.organization = Some(lab)).await;
    let left = countersign_store::User { organization: None, ..portal.stored_user(JANE).await };
    portal.app.store().change_user(left, "test", NOW).await.unwrap();
    jane.get("/licenses").await.is(200).hides(&key.id().to_string());
    jane.get(&format!("/licenses/{}", key.id())).await.is(404);
}

#[tokio::test]
async fn a_request_without_a_license_activates_on_the_license_whose_page_it_is_brought_to() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let (other, key) = (portal.license_of(JANE, 1).await, portal.license_of(JANE, 2).await);
    let page = format!("/licenses/{}", key.id());
    let request = bare(&Machine::new("lab-7", &portal.product));
    let review = jane.upload(&format!("{page}/review"), file("lab-7.request", &request)).await;
    let review = review.is(200).says("lab-7").says("1 of 2 seats in use after this, 1 left");
    review.says(&format!(r#"action="{page}/confirm""#)).says("Activate this machine");
    assert_eq!(portal.stored(&key).await.live_activations, 0, "a review uses nothing up");
    confirm(&jane, &format!("{page}/confirm"), &request).await.is(200).says("lab-7.response");
    assert_eq!(portal.stored(&key).await.live_activations, 1);
    assert_eq!(portal.stored(&other).await.live_activations, 0);
    let activation = &portal.app.store().activations(&key.id(), 10).await.unwrap()[0];
    assert_eq!(activation.state, ActivationState::Active);
    jane.get(&page).await.is(200).says("lab-7").says("1 of 2");
}

#[tokio::test]
async fn a_page_activates_no_machine_on_a_license_of_another_product() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let key = portal.license_of(JANE, 2).await;
    let request = bare(&Machine::new("lab-7", &"acme-cam".parse().unwrap()));
    let page = format!("/licenses/{}", key.id());
    let review = jane.upload(&format!("{page}/review"), file("a.request", &request)).await.is(200);
    review.says("code: product-mismatch").hides("id=\"confirm\"");
    confirm(&jane, &format!("{page}/confirm"), &request).await.is(200).says("product-mismatch");
    assert_eq!(portal.stored(&key).await.live_activations, 0);
}

/// All seats of a license of Jane's are taken; the machine of another comes.
async fn used_up() -> (TestPortal, CookieUser, countersign_core::license_key::LicenseKey) {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let key = portal.license_of(JANE, 1).await;
    let holder = Machine::new("secret-lab", &portal.product);
    confirm(&jane, "/activate/confirm", &holder.activation(&key)).await.is(200).says("Ready");
    (portal, jane, key)
}

#[tokio::test]
async fn the_owner_sees_who_holds_the_seats() {
    let (portal, jane, key) = used_up().await;
    let page = format!("/licenses/{}", key.id());
    let machine = Machine::new("lab-8", &portal.product);
    for (path, request) in [
        ("/activate/confirm", machine.activation(&key)),
        (&*format!("{page}/confirm"), machine.activation(&key)),
        (&*format!("{page}/confirm"), bare(&machine)),
    ] {
        let review = path.replace("/confirm", "/review");
        let review = jane.upload(&review, file("a.request", &request)).await;
        for answer in [review, confirm(&jane, path, &request).await] {
            let answer = answer.is(200).says("code: seats-used-up");
            answer.says("In use by:").says("<li>secret-lab</li>");
        }
    }
}

#[tokio::test]
async fn a_stranger_with_the_key_does_not_see_who_holds_the_seats() {
    let (portal, _, key) = used_up().await;
    let (stranger, joe) = (portal.visitor(), portal.customer(JOE).await);
    let machine = Machine::new("lab-8", &portal.product);
    for browser in [&stranger, &joe] {
        let request = machine.activation(&key);
        let review = browser.upload("/activate/review", file("a.request", &request)).await;
        review.is(200).says("code: seats-used-up").hides("secret-lab");
        let answer = confirm(browser, "/activate/confirm", &request).await.is(200);
        answer.says("code: seats-used-up").hides("secret-lab");
        let typed = key.grouped();
        let form = [("request", bare(&machine)), ("license_key", typed)];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = browser.post("/activate/confirm", &form).await.is(200);
        answer.says("code: seats-used-up").hides("secret-lab");
        // Not even with a cookie: programs have none.
        let api = browser.request("POST", "/api/v1/activations").body(request);
        let answer = browser.send(api).await.refuses_as(409, "seats-used-up");
        answer.hides("secret-lab").hides("holders");
    }
}

#[tokio::test]
async fn who_had_a_license_once_does_not_see_who_holds_its_seats_now() {
    let (portal, jane, key) = used_up().await;
    let joe = portal.customer(JOE).await;
    let request = Machine::new("lab-8", &portal.product).activation(&key);
    // The portal keeps licenses at hand: this is when it reads it.
    confirm(&jane, "/activate/confirm", &request).await.is(200).says("<li>secret-lab</li>");
    let owner = portal.stored_user(JOE).await.id;
    portal.change_license(&key, |license| license.owner = Some(owner)).await;
    let answer = confirm(&jane, "/activate/confirm", &request).await.is(200);
    answer.says("code: seats-used-up").hides("secret-lab");
    confirm(&joe, "/activate/confirm", &request).await.is(200).says("<li>secret-lab</li>");
}

#[tokio::test]
async fn a_stranger_with_the_id_of_an_activation_does_not_learn_the_machines_name() {
    let (portal, _, key) = used_up().await;
    let id = portal.app.store().activations(&key.id(), 10).await.unwrap()[0].id;
    let thief = Machine::new("thief", &portal.product);
    let request = thief.request(|_, _| Ask::Deactivation { activation: id, device_name: None });
    let stranger = portal.visitor();
    let review = stranger.upload("/activate/review", file("a.request", &request)).await.is(200);
    review.says("code: wrong-device").hides("secret-lab");
    let answer = confirm(&stranger, "/activate/confirm", &request).await.is(200);
    answer.says("code: wrong-device").hides("secret-lab");
}
