//! The running portal over real HTTP, with machines played by the format's own functions.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use countersign_core::license_key::LicenseKey;
use countersign_core::request::{Ask, LicenseProof};
use countersign_core::{Expect, Id};
use countersign_portal::setup_link;
use countersign_store::{License, LicenseStatus};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_DISPOSITION, LOCATION};
use serde_json::Value;

mod played;
mod world;

use played::{Machine, NOW, rng};
use world::TestPortal;

/// A portal, and a program that talks to its API.
struct World {
    portal: TestPortal,
    http: reqwest::Client,
}

impl World {
    async fn new() -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .cookie_store(true);
        Self { portal: TestPortal::new().await, http: http.build().unwrap() }
    }

    async fn post(&self, path: &str, body: &str) -> (StatusCode, Value) {
        let answer =
            self.http.post(format!("{}{path}", self.url)).header("content-type", "text/plain");
        let answer = answer.body(body.to_owned()).send().await.unwrap();
        (answer.status(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    /// The code of the problem that comes back.
    async fn refused(&self, path: &str, body: &str) -> String {
        let (status, problem) = self.post(path, body).await;
        assert!(status.is_client_error(), "{status} {problem}");
        assert_eq!(problem["status"], status.as_u16());
        assert!(!problem["advice"].as_str().unwrap().is_empty());
        problem["code"].as_str().unwrap().to_owned()
    }
}

impl std::ops::Deref for World {
    type Target = TestPortal;

    fn deref(&self) -> &TestPortal {
        &self.portal
    }
}

const ACTIVATIONS: &str = "/api/v1/activations";
const DEACTIVATIONS: &str = "/api/v1/deactivations";
const TRIALS: &str = "/api/v1/trials";

#[tokio::test]
async fn a_seat_is_taken_given_back_and_used_again() {
    let world = World::new().await;
    let key = world.license(1, None).await;
    let (a, b) = (Machine::new("lab-7", &world.product), Machine::new("lab-8", &world.product));
    let (status, answer) = world.post(ACTIVATIONS, &a.activation(&key)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["file_name"], "lab-7.response");
    let token = answer["token"].as_str().unwrap();
    let verified = world.roots().verify_response(token, Expect::Response).unwrap();
    assert!(verified.delegation().is_some(), "the portal signs with a delegated key");
    assert_eq!(world.refused(ACTIVATIONS, &b.activation(&key)).await, "seats-used-up");
    let proof = a.deactivation(answer["id"].as_str().unwrap());
    let (status, receipt) = world.post(DEACTIVATIONS, &proof).await;
    assert_eq!(
        (status, receipt["type"].as_str().unwrap()),
        (StatusCode::OK, "deactivation-response+jwt")
    );
    assert_eq!(world.post(DEACTIVATIONS, &proof).await.1, receipt);
    assert_eq!(world.post(ACTIVATIONS, &b.activation(&key)).await.0, StatusCode::OK);
    assert!(world.app.store().integrity_check().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_same_request_gets_the_same_bytes_through_every_door() {
    let world = World::new().await;
    let key = world.license(5, None).await;
    let request = Machine::new("lab-7", &world.product).activation(&key);
    let first = world.post(ACTIVATIONS, &request).await.1;
    assert_eq!(world.post(ACTIVATIONS, &request).await.1, first);
    let json = serde_json::json!({"request": request}).to_string();
    let by_json = world
        .http
        .post(format!("{}{ACTIVATIONS}", world.url))
        .header("content-type", "application/json");
    let by_json: Value =
        serde_json::from_str(&by_json.body(json).send().await.unwrap().text().await.unwrap())
            .unwrap();
    assert_eq!(by_json, first);
    let page =
        world.http.post(format!("{}/activate/confirm", world.url)).form(&[("request", &request)]);
    let page = page.send().await.unwrap().text().await.unwrap();
    let start = page.find("/responses/").unwrap();
    let path = &page[start..start + "/responses/".len() + 43];
    let file = world.http.get(format!("{}{path}", world.url)).send().await.unwrap();
    assert!(file.headers()[CONTENT_DISPOSITION].to_str().unwrap().contains("lab-7.response"));
    assert_eq!(file.text().await.unwrap(), first["file"].as_str().unwrap());
    assert_eq!(world.stored(&key).await.live_activations, 1);
}

#[tokio::test]
async fn a_renewal_and_a_reinstallation_take_no_further_seat() {
    let world = World::new().await;
    let key = world.license(1, None).await;
    let machine = Machine::new("lab-7", &world.product);
    let first = world.post(ACTIVATIONS, &machine.activation(&key)).await.1;
    let renewed = world.post(ACTIVATIONS, &machine.activation(&key)).await.1;
    assert_eq!(renewed["id"], first["id"]);
    let reinstalled = machine.reinstalled();
    let (status, third) = world.post(ACTIVATIONS, &reinstalled.activation(&key)).await;
    assert_eq!(status, StatusCode::OK, "{third}");
    assert_eq!(world.stored(&key).await.live_activations, 1);
    let late = machine.deactivation(first["id"].as_str().unwrap());
    assert_eq!(world.refused(DEACTIVATIONS, &late).await, "superseded");
}

#[tokio::test]
async fn every_refusal_has_its_own_code() {
    let world = World::new().await;
    let key = world.license(1, Some(0)).await;
    let a = Machine::new("a", &world.product);
    let strange = LicenseKey::generate(&mut rng());
    assert_eq!(world.refused(ACTIVATIONS, &a.activation(&strange)).await, "unknown-license");
    let stolen = a.request(|_, device| Ask::Activation {
        device,
        license: Some(LicenseProof {
            id: key.id(),
            proof: strange.proof(&a.key.public_key().thumbprint(), &Id::from([0; 16])),
        }),
    });
    assert_eq!(world.refused(ACTIVATIONS, &stolen).await, "wrong-proof");
    let bare = a.request(|_, device| Ask::Activation { device, license: None });
    assert_eq!(world.refused(ACTIVATIONS, &bare).await, "license-needed");
    let other = Machine { product: "other".parse().unwrap(), ..Machine::new("b", &world.product) };
    assert_eq!(world.refused(ACTIVATIONS, &other.activation(&key)).await, "product-mismatch");
    assert_eq!(world.refused(TRIALS, &other.trial()).await, "unknown-product");
    assert_eq!(world.refused(TRIALS, &a.activation(&key)).await, "wrong-type");
    assert_eq!(world.refused(ACTIVATIONS, "no request at all!").await, "damaged-file");
    let unknown = a.deactivation(&Id::from([7; 16]).to_string());
    assert_eq!(world.refused(DEACTIVATIONS, &unknown).await, "unknown-activation");
    let granted = world.post(ACTIVATIONS, &a.activation(&key)).await.1;
    let id = granted["id"].as_str().unwrap();
    assert_eq!(
        world.refused(DEACTIVATIONS, &Machine::new("thief", &world.product).deactivation(id)).await,
        "wrong-device"
    );
    assert_eq!(world.refused(ACTIVATIONS, granted["token"].as_str().unwrap()).await, "wrong-type");
    assert_eq!(world.refused(DEACTIVATIONS, &a.deactivation(id)).await, "deactivations-used-up");
    assert_eq!(
        world.post(ACTIVATIONS, &a.activation(&key)).await.0,
        StatusCode::OK,
        "the seat stayed with it"
    );
    for (status, code) in [
        (LicenseStatus::Suspended, "license-suspended"),
        (LicenseStatus::Revoked, "license-revoked"),
    ] {
        let changed = License { status, ..world.stored(&key).await };
        world.app.store().change_license(changed, "test", NOW).await.unwrap();
        assert_eq!(world.refused(ACTIVATIONS, &a.activation(&key)).await, code);
    }
    let ended = License {
        status: LicenseStatus::Active,
        expires_at: Some(NOW),
        ..world.stored(&key).await
    };
    world.app.store().change_license(ended, "test", NOW).await.unwrap();
    assert_eq!(world.refused(ACTIVATIONS, &a.activation(&key)).await, "license-expired");
}

#[tokio::test]
async fn one_trial_a_machine_from_allowed_origins() {
    let world = World::new().await;
    let machine = Machine::new("lab-7", &world.product);
    let request = machine.trial();
    let from = |origin: &'static str| {
        world
            .http
            .post(format!("{}{TRIALS}", world.url))
            .header("origin", origin)
            .body(request.clone())
    };
    let answer = from("https://acme.github.io").send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://acme.github.io");
    let first: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(first["type"], "trial-response+jwt");
    assert!(
        from("https://evil.example")
            .send()
            .await
            .unwrap()
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
    assert_eq!(world.post(TRIALS, &request).await.1, first);
    assert_eq!(world.refused(TRIALS, &machine.trial()).await, "trial-already-used");
    assert_eq!(world.refused(TRIALS, &machine.reinstalled().trial()).await, "trial-already-used");
}

#[tokio::test]
async fn the_review_uses_nothing_up() {
    let world = World::new().await;
    let key = world.license(3, None).await;
    let request = Machine::new("<b>lab</b>", &world.product).activation(&key);
    let form = reqwest::multipart::Form::new()
        .part("file", reqwest::multipart::Part::text(request).file_name("a.request"))
        .part("file", reqwest::multipart::Part::text("rubbish !").file_name("b.request"));
    let page = world
        .http
        .post(format!("{}/activate/review", world.url))
        .multipart(form)
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.unwrap();
    assert!(page.contains("1 of 3 seats in use after this, 2 left"), "{page}");
    assert!(page.contains("is in the way in line 1"), "{page}");
    assert!(!page.contains("<b>lab</b>"), "a name is text, not markup");
    assert_eq!(world.stored(&key).await.live_activations, 0);
}

#[tokio::test]
async fn strangers_see_no_page_that_needs_a_login() {
    let world = World::new().await;
    for path in [
        "/licenses",
        "/licenses/abc",
        "/admin",
        "/admin/products",
        "/admin/licenses",
        "/admin/customers",
    ] {
        let answer = world.http.get(format!("{}{path}", world.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert!(answer.headers()[LOCATION].to_str().unwrap().starts_with("/login"), "{path}");
    }
    for path in [
        "/admin/products",
        "/admin/licenses",
        "/admin/customers/users",
        "/admin/customers/organizations",
    ] {
        let answer = world
            .http
            .post(format!("{}{path}", world.url))
            .form(&[("name", "x")])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let ready = world.http.get(format!("{}/readyz", world.url)).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_first_admin_sets_up_by_a_link_that_works_once() {
    let world = World::new().await;
    let link = format!("{}{}", world.url, setup_link(&world.app).await.unwrap().unwrap());
    let admin =
        [("email", "Ada@Acme.example"), ("name", "Ada"), ("password", "correct horse battery")];
    let created = world.http.post(&link).form(&admin).send().await.unwrap();
    assert_eq!(created.headers()[LOCATION], "/admin");
    let cookie = created.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let again = world.http.post(&link).header("sec-fetch-site", "same-origin").form(&admin);
    assert_eq!(again.send().await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(setup_link(&world.app).await.unwrap().is_none());
    let overview = world.http.get(format!("{}/admin", world.url)).send().await.unwrap();
    assert!(overview.text().await.unwrap().contains("The root key is still here"));
    let product = [("id", "acme-cam"), ("name", "Acme CAM"), ("trial_days", "30")];
    let create = |site: Option<&'static str>| {
        let post = world.http.post(format!("{}/admin/products", world.url)).form(&product);
        site.into_iter().fold(post, |post, site| post.header("sec-fetch-site", site))
    };
    assert_eq!(create(Some("cross-site")).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(create(None).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(
        create(Some("same-origin")).send().await.unwrap().headers()[LOCATION],
        "/admin/products/acme-cam"
    );
}

#[tokio::test]
async fn a_guesser_is_slowed_down_and_learns_nothing() {
    let world = World::new().await;
    let guess = |email: &'static str| {
        world
            .http
            .post(format!("{}/login", world.url))
            .form(&[("email", email), ("password", "wrong password")])
    };
    let unknown = guess("nobody@acme.example").send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::FORBIDDEN);
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(guess("nobody@acme.example").send().await.unwrap().status());
    }
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
}

/// The race that sells a seat twice where a program counts first and inserts later.
#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_machines_race_for_five_seats_forty_times() {
    let world = std::sync::Arc::new(World::new().await);
    for round in 0..40 {
        let key = world.license(5, None).await;
        let racers = (0..32).map(|n| {
            let (world, key) = (std::sync::Arc::clone(&world), key.clone());
            tokio::spawn(async move {
                let machine = Machine::new(&format!("m-{round}-{n}"), &world.product);
                world.post(ACTIVATIONS, &machine.activation(&key)).await
            })
        });
        let mut ids = std::collections::BTreeSet::new();
        for racer in racers.collect::<Vec<_>>() {
            match racer.await.unwrap() {
                (StatusCode::OK, answer) => assert!(ids.insert(answer["id"].to_string())),
                (_, problem) => assert_eq!(problem["code"], "seats-used-up", "{problem}"),
            }
        }
        assert_eq!(ids.len(), 5, "none oversold, none lost");
        let stored = world.app.store().activations(&key.id(), 100).await.unwrap();
        assert!(stored.iter().all(|a| ids.contains(&format!("\"{}\"", a.id))) && stored.len() == 5);
    }
    assert!(world.app.store().integrity_check().await.unwrap().is_empty());
}
