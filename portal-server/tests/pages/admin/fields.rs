//! What a vendor types: how long it may be, and what is refused because it would do nothing or harm.

use std::collections::BTreeMap;

use countersign_core::fingerprint::Fingerprint;
use countersign_core::request::{Ask, Device, LicenseProof};
use countersign_store::Validity;

use super::licenses::{activate, path, save};
use super::{changes_nothing, entries_of};
use crate::played::{Machine, NOW};
use crate::world::{DAY, TestPortal};

#[tokio::test]
async fn the_limits_in_releases_are_set_with_the_license_and_shown_to_its_owner() {
    let portal = TestPortal::new().await;
    let (admin, jane) = (portal.admin().await, portal.customer("jane@lab.example").await);
    let owner = portal.stored_user("jane@lab.example").await.id.to_string();
    let form = [
        ("product", "acme-cad"),
        ("owner", &*owner),
        ("maintenance_until", "2027-12-31"),
        ("highest_version", "2.x"),
    ];
    admin.post("/admin/licenses", &form).await.is(303);
    let key = portal.app.store().licenses(1).await.unwrap().remove(0).key;
    let limits = async || {
        let terms = portal.app.store().release_terms_of(&key.id()).await.unwrap().unwrap();
        let version = terms.limits.highest_version.map(|version| version.to_string());
        (terms.limits.maintenance_until, version)
    };
    let end_of_2027 = 1_830_297_599;
    assert_eq!(limits().await, (Some(end_of_2027), Some("2.x".into())));
    let page = admin.get(&path(&key)).await.is(200);
    page.says(r#"type="date" value="2027-12-31""#).says(r#"value="2.x""#);
    let page = jane.get(&format!("/licenses/{}", key.id())).await.is(200);
    page.says("until 31 Dec 2027").says("<dd>2.x</dd>");

    let changes =
        [("owner", &*owner), ("maintenance_until", "2028-02-29"), ("highest_version", "")];
    let entries = entries_of(&portal, async {
        save(&admin, &key, &changes).await.leads_to(&path(&key));
    })
    .await;
    let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["license.change", "license.release-limits"]);
    assert_eq!(limits().await, (Some(1_835_481_599), None));
    // A form without the fields, or with the same day, leaves them.
    save(&admin, &key, &[]).await.is(303);
    save(&admin, &key, &[("maintenance_until", "2028-02-29")]).await.is(303);
    assert_eq!(limits().await, (Some(1_835_481_599), None));
    assert_eq!(portal.audit().await[0].action, "license.change");
    save(&admin, &key, &[("maintenance_until", "")]).await.is(303);
    assert_eq!(limits().await, (None, None));
}

#[tokio::test]
async fn limits_in_releases_that_mean_nothing_are_refused() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(1, None).await);
    for change in [
        ("maintenance_until", "2027-02-30"),
        ("maintenance_until", "31.12.2027"),
        ("maintenance_until", "1969-12-31"),
        ("maintenance_until", "<b>"),
        ("highest_version", "stable"),
        ("highest_version", "2 x"),
        ("highest_version", "<b>"),
    ] {
        changes_nothing(&portal, async {
            let words = if change.0 == "highest_version" { "highest version" } else { "is no day" };
            save(&admin, &key, &[change]).await.is(422).says(words).hides("<b>");
        })
        .await;
    }
}

#[tokio::test]
async fn a_license_without_an_end_cannot_be_extended_and_is_not_offered_to_be() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    for (validity, words) in [
        (Validity::Perpetual, "The license is perpetual"),
        (Validity::FromFirstActivation(30 * DAY), "has not begun"),
    ] {
        let key = portal.license_with(|new| new.validity = validity).await;
        admin.get(&path(&key)).await.is(200).hides("/extend\"");
        changes_nothing(&portal, async {
            save(&admin, &key, &[("extend_days", "30")]).await.is(422).says(words);
        })
        .await;
        save(&admin, &key, &[("extend_days", "0")]).await.is(303);
    }
    let key = portal.license_with(|new| new.validity = Validity::Fixed(NOW + DAY)).await;
    admin.get(&path(&key)).await.is(200).says("/extend\"");
    save(&admin, &key, &[("extend_days", "999999999")]).await.is(303);
    changes_nothing(&portal, async {
        let answer = save(&admin, &key, &[("extend_days", "999999999")]).await.is(422);
        answer.says("An end so far away cannot be told.");
    })
    .await;
}

#[tokio::test]
async fn an_archived_product_gets_no_license_and_those_that_it_has_go_on() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(2, None).await);
    let before = Machine::new("lab-6", &portal.product);
    activate(&portal, &before, &key).await.is(200);
    admin.get("/admin/products/acme-cad").await.says("Archived: no new licenses and no trials.");
    let form = [("name", "Acme CAD"), ("archived", "1")];
    admin.post("/admin/products/acme-cad", &form).await.is(303);
    changes_nothing(&portal, async {
        let refused = admin.post("/admin/licenses", &[("product", "acme-cad")]).await.is(422);
        refused.says("The product is archived: it gets no new licenses.");
    })
    .await;
    admin.get("/admin/licenses").await.is(200).hides(r#"<option value="acme-cad">"#);
    activate(&portal, &Machine::new("lab-7", &portal.product), &key).await.is(200);
    let again = activate(&portal, &before, &key).await.is(200);
    let id = again.json()["id"].as_str().unwrap().to_owned();
    let renewed = admin.post(&format!("/licenses/{}/machines/{id}/renew", key.id()), &[]).await;
    renewed.is(200);
    let give_back = before.deactivation(&id);
    admin.send(admin.request("POST", "/api/v1/deactivations").body(give_back)).await.is(200);
}

#[tokio::test]
async fn text_that_is_too_long_is_refused_with_the_limit_where_it_is_typed() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(1, None).await);
    let x = |count: usize| "ü".repeat(count);
    let license = path(&key);
    for (field, fits, too_long, limit) in [
        ("plan", x(100), x(101), "at most 100 characters fit, and these are 101"),
        ("holder", x(200), x(201), "at most 200"),
        ("entitlements", x(64), x(65), "at most 64"),
        ("entitlements", format!("a={}", x(200)), format!("a={}", x(201)), "at most 200"),
        ("metadata", format!("{}=b", x(64)), format!("{}=b", x(65)), "at most 64"),
        ("metadata", format!("a={} [user]", x(500)), format!("a={} [user]", x(501)), "at most 500"),
    ] {
        save(&admin, &key, &[(field, &fits)]).await.leads_to(&license);
        changes_nothing(&portal, async {
            save(&admin, &key, &[(field, &too_long)]).await.is(422).says(limit);
            let new = [("product", "acme-cad"), (field, &*too_long)];
            admin.post("/admin/licenses", &new).await.is(422).says(limit);
        })
        .await;
    }
    let lines: String = (0..51).map(|n| format!("n{n}=x [user]\n")).collect();
    save(&admin, &key, &[("metadata", &lines)]).await.is(422).says("At most 50");
    save(&admin, &key, &[("plan", "two\nlines")]).await.is(422).says("it is one line");
    for (page, form) in [
        ("/admin/products/acme-cad", vec![("name", x(101))]),
        ("/admin/products", vec![("id", "acme-cam".into()), ("name", x(101))]),
        ("/admin/customers/organizations", vec![("name", x(101))]),
        ("/admin/customers/users", vec![("email", "a@b.example".into()), ("name", x(101))]),
    ] {
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        changes_nothing(&portal, async {
            admin.post(page, &form).await.is(422).says("at most 100 characters");
        })
        .await;
    }
    let origin = format!("https://{}.example", "x".repeat(255));
    let settings = [("cap_days", "5"), ("origins", &*origin)];
    admin.post("/admin/settings", &settings).await.is(422).says("at most 255");
    let german = admin.request("POST", "/admin/products").header("sec-fetch-site", "same-origin");
    let form = [("id", "acme-cam"), ("name", &*x(101))];
    let answer = admin.send(german.header("accept-language", "de").form(&form)).await.is(422);
    answer.says("Name des Produkts: Höchstens 100 Zeichen passen, und das sind 101.");
}

/// A machine that says as much as a request may.
fn talkative(machine: &Machine, key: &countersign_core::license_key::LicenseKey) -> String {
    let components = (0..16).map(|n| (format!("{n:032}"), [7; 16].into())).collect();
    let jkt = machine.key.public_key().thumbprint();
    machine.request(|id, _| Ask::Activation {
        device: Device {
            name: Some("ü".repeat(64)),
            platform: Some("ü".repeat(64)),
            app_version: Some("ü".repeat(64)),
            fingerprint: Fingerprint::new(components).unwrap(),
        },
        license: Some(LicenseProof { id: key.id(), proof: key.proof(&jkt, &id) }),
    })
}

#[tokio::test]
async fn what_is_saved_can_be_signed_for_every_machine_and_what_could_not_is_refused() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(100, None).await);
    let holder = "ü".repeat(200);
    let lines = |count: usize| -> String {
        (0..count).map(|n| format!("string-{n:02}={}\n", "x".repeat(450))).collect()
    };
    let save_lines = async |count: usize| {
        let changes = [("holder", &*holder), ("metadata", &*lines(count))];
        save(&admin, &key, &changes).await
    };
    let most = {
        let mut count = 5;
        while save_lines(count + 1).await.status == 303 {
            count += 1;
        }
        count
    };
    assert!((12..20).contains(&most), "some seven kilobytes fit, not {most} lines");
    changes_nothing(&portal, async {
        let refused = save_lines(most + 1).await.is(422).says("fit into a response");
        refused.says("no machine could be activated").says("Nothing was changed.");
    })
    .await;
    let request = talkative(&Machine::new("lab-7", &portal.product), &key);
    let visitor = portal.visitor();
    let post = visitor.request("POST", "/api/v1/activations").body(request);
    let token = visitor.send(post).await.is(200).json()["token"].as_str().unwrap().to_owned();
    assert!(token.len() > 12_000, "the limit wastes no more than it must: {}", token.len());
    // What travels in no response has room of its own.
    let for_people = lines(40).replace('\n', " [user]\n");
    save(&admin, &key, &[("metadata", &for_people)]).await.is(303);
    // A trial is signed, too.
    let features: BTreeMap<String, String> =
        (0..100).map(|n| (format!("feature-{n}"), "x".repeat(150))).collect();
    let features: String = features.iter().map(|(name, word)| format!("{name}={word}\n")).collect();
    changes_nothing(&portal, async {
        let form = [("name", "Acme CAD"), ("trial_entitlements", &*features)];
        let refused = admin.post("/admin/products/acme-cad", &form).await.is(422);
        refused.says("fit into a response");
    })
    .await;
}
