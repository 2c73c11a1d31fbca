//! Batches that are too large for a page: kept for a while, shown part by part, for nobody else.

use countersign_core::license_key::LicenseKey;
use countersign_core::request::Ask;
use reqwest::multipart::{Form, Part};

use crate::played::Machine;
use crate::world::browser::Answer;
use crate::world::{CookieUser, TestPortal};

/// The most that a page may weigh as it is transferred, in bytes.
const GOAL: usize = 60 * 1024;
const HOUR: u64 = 3600;

fn requests(portal: &TestPortal, key: Option<&LicenseKey>, count: usize) -> Vec<String> {
    let machine = |n: usize| Machine::new(&format!("laboratory-bench-{n}"), &portal.product);
    let request = |machine: Machine| match key {
        Some(key) => machine.activation(key),
        None => machine.request(|_, device| Ask::Activation { device, license: None }),
    };
    (0..count).map(|n| request(machine(n))).collect()
}

fn form(requests: &[String]) -> Form {
    requests.iter().enumerate().fold(Form::new(), |form, (n, request)| {
        let name = format!("laboratory-bench-{n}.request");
        form.part("file", Part::text(request.clone()).file_name(name))
    })
}

/// The id by which a page names its batch.
fn batch(page: &Answer) -> String {
    let field = page.text.split(r#"name="batch" value=""#).nth(1).expect("a large batch");
    field.split('"').next().unwrap().to_owned()
}

fn path(id: &str) -> String {
    format!("/activate/batches/{id}")
}

/// How many bytes a page has as browsers get it.
async fn transferred(portal: &TestPortal, path: &str) -> usize {
    let visitor = portal.visitor();
    let answer = visitor.request("GET", path).header("accept-encoding", "gzip").send().await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-encoding"]),
        (200, &"gzip".parse().unwrap())
    );
    answer.bytes().await.unwrap().len()
}

#[tokio::test]
async fn a_thousand_machines_are_reviewed_and_answered_on_pages_that_weigh_little() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(9_999, None).await);
    let requests = requests(&portal, Some(&key), 1_000);
    let review = visitor.upload("/activate/review", form(&requests)).await.is(200);
    let review = review.says("Activate 1000 machines").says("Files 1 to 100 of 1000.");
    let id = batch(&review);
    let review = review.says("laboratory-bench-99.request").hides("laboratory-bench-100.request");
    assert!(requests.iter().all(|request| !review.text.contains(request.as_str())));
    assert_eq!(visitor.get(&path(&id)).await.is(200).text, review.text);
    let second = visitor.get(&format!("{}?page=2", path(&id))).await.is(200);
    second.says("laboratory-bench-100.request").says("Activate 1000 machines");
    let last = visitor.get(&format!("{}?page=10", path(&id))).await.is(200);
    let last = last.says("laboratory-bench-999.request").hides("rel=\"next\"");
    last.says(&format!("rel=\"prev\" href=\"{}?page=9\"", path(&id)));
    for page in ["0", "-1", "11", "99999999999999999999", "x"] {
        let page = visitor.get(&format!("{}?page={page}", path(&id))).await.is(200);
        page.says("of 1000.");
    }
    for n in [1, 5, 10] {
        let weight = transferred(&portal, &format!("{}?page={n}", path(&id))).await;
        assert!(weight < GOAL, "page {n} of the review has {weight} bytes");
    }
    assert_eq!(portal.stored(&key).await.total_activations, 0);

    let result = visitor.post("/activate/confirm", &[("batch", &id)]).await.is(200);
    let result = result.says("1000 requests are answered.").says("laboratory-bench-99.response");
    assert_eq!(batch(&result), id);
    let again = visitor.post("/activate/confirm", &[("batch", &id)]).await.is(200);
    assert_eq!(again.text, result.text, "confirmed twice, the same comes of it");
    assert_eq!(portal.stored(&key).await.live_activations, 1_000);
    assert_eq!(visitor.get(&path(&id)).await.is(200).text, result.text);
    for n in [1, 5, 10] {
        let weight = transferred(&portal, &format!("{}?page={n}", path(&id))).await;
        assert!(weight < GOAL, "page {n} of the result has {weight} bytes");
    }
    let csv = visitor.post("/activate/table.csv", &[("batch", &id)]).await.is(200).text;
    assert_eq!(csv.matches("\"done\"").count(), 1_000);
}

#[tokio::test]
async fn a_few_files_travel_in_the_page_and_need_nothing_that_is_kept() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(9, None).await);
    let requests = requests(&portal, Some(&key), 5);
    let review = visitor.upload("/activate/review", form(&requests)).await.is(200);
    let review = review.hides("name=\"batch\"").says(&requests[4]);
    assert!(review.text.len() < GOAL);
    // Few files, but long ones: as the format lets them be.
    let long = (0..3).map(|n| {
        let components = (0..16).map(|c| (format!("{c:032}"), [n; 16].into())).collect();
        let fingerprint = countersign_core::fingerprint::Fingerprint::new(components).unwrap();
        let name = format!("{n}{}", "<".repeat(63));
        let (platform, app_version) = (Some("&".repeat(64)), Some("\"".repeat(64)));
        Machine::new("long", &portal.product).request(|_, _| Ask::Activation {
            device: countersign_core::request::Device {
                name: Some(name),
                platform,
                app_version,
                fingerprint,
            },
            license: None,
        })
    });
    let page = visitor.upload("/activate/review", form(&long.collect::<Vec<_>>())).await.is(200);
    assert!(page.text.len() < GOAL, "{}", page.text.len());
}

#[tokio::test]
async fn a_batch_is_kept_for_an_hour_after_it_was_last_looked_at() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(99, None).await);
    let requests = requests(&portal, Some(&key), 6);
    let id = batch(&visitor.upload("/activate/review", form(&requests)).await.is(200));
    for _ in 0..3 {
        portal.clock.advance(HOUR - 1);
        visitor.get(&path(&id)).await.is(200).says("Activate 6 machines");
    }
    portal.clock.advance(HOUR);
    for answer in [
        visitor.get(&path(&id)).await,
        visitor.post("/activate/confirm", &[("batch", &id)]).await,
        visitor.post("/activate/responses.zip", &[("batch", &id)]).await,
        visitor.post("/activate/table.csv", &[("batch", &id)]).await,
        visitor.upload("/activate/review", Form::new().text("batch", id.clone())).await,
    ] {
        answer.is(404).says("These are gone.").says("nothing is used up twice");
    }
    assert_eq!(portal.stored(&key).await.total_activations, 0);
}

#[tokio::test]
async fn requests_without_a_license_are_looked_at_again_with_one() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(99, None).await);
    let requests = requests(&portal, None, 150);
    let review = visitor.upload("/activate/review", form(&requests)).await.is(200);
    let id = batch(&review.says("Which license?"));
    let typed = Form::new().text("batch", id).text("license_key", key.grouped());
    let review = visitor.upload("/activate/review", typed).await.is(200);
    let review = review.says("Activate 150 machines").says("51 will get none");
    let id = batch(&review);
    let result = visitor.post("/activate/confirm", &[("batch", &id)]).await.is(200);
    result.says("99 requests are answered. 51 were refused.");
    let second = visitor.get(&format!("{}?page=2", path(&id))).await.is(200);
    assert_eq!(second.text.matches("class=\"code\"").count(), 50);
    let csv = visitor.post("/activate/table.csv", &[("batch", &id)]).await.is(200).text;
    assert_eq!(csv.matches("\"seats-used-up\"").count(), 51);
}

async fn upload_on(browser: &CookieUser, key: &LicenseKey, requests: &[String]) -> Answer {
    browser.upload(&format!("/licenses/{}/review", key.id()), form(requests)).await.is(200)
}

#[tokio::test]
async fn attack_a_batch_of_somebody_else() {
    let portal = TestPortal::new().await;
    let jane = portal.customer("jane@lab.example").await;
    let eve = portal.customer("eve@evil.example").await;
    let key = portal.license_of("jane@lab.example", 99).await;
    let (of_eve, stranger) = (portal.license_of("eve@evil.example", 9).await, portal.visitor());
    let requests = requests(&portal, None, 6);
    let id = batch(&upload_on(&jane, &key, &requests).await.says("Activate 6 machines"));
    let confirm = |key: &LicenseKey| format!("/licenses/{}/confirm", key.id());
    let batch_field = [("batch", id.as_str())];
    for mallory in [&eve, &stranger] {
        mallory.get(&path(&id)).await.is(404).hides("laboratory-bench");
        mallory.post("/activate/confirm", &batch_field).await.is(404);
        mallory.post("/activate/responses.zip", &batch_field).await.is(404);
        mallory.post("/activate/table.csv", &batch_field).await.is(404);
        let form = Form::new().text("batch", id.clone()).text("license_key", of_eve.grouped());
        mallory.upload("/activate/review", form).await.is(404);
    }
    eve.post(&confirm(&of_eve), &batch_field).await.is(404);
    eve.post(&confirm(&key), &batch_field).await.is(404);
    for guess in ["", "x", "../x", &"A".repeat(43), "%00"] {
        assert_ne!(stranger.get(&path(guess)).await.status, 200, "{guess}");
    }
    // Not through another door than that of the license on whose page it was brought.
    jane.post("/activate/confirm", &batch_field).await.is(404);
    assert_eq!(portal.stored(&key).await.total_activations, 0);
    assert_eq!(portal.stored(&of_eve).await.total_activations, 0);
    let result = jane.post(&confirm(&key), &batch_field).await.is(200);
    result.says("6 requests are answered.");
    eve.get(&path(&id)).await.is(404).hides("laboratory-bench");
    // Jane loses the license: what came of it is no longer hers to see.
    let nobody = |license: &mut countersign_store::License| license.owner = None;
    portal.change_license(&key, nobody).await;
    jane.get(&path(&id)).await.is(404).hides("laboratory-bench");
}

#[tokio::test]
async fn attack_a_flood_of_batches_does_not_push_out_those_of_others() {
    let portal = TestPortal::with(|config| config.behind_proxy = true).await;
    let key = portal.license(9, None).await;
    let visitor = portal.visitor();
    let send = async |address: &str, requests: &[String]| {
        let post = visitor.request("POST", "/activate/review").multipart(form(requests));
        let post = post.header("sec-fetch-site", "same-origin").header("x-forwarded-for", address);
        visitor.send(post).await.is(200)
    };
    let own = batch(&send("192.0.2.1", &requests(&portal, Some(&key), 6)).await);
    // Four megabytes each time, at least, whatever it is.
    let rubbish = (1..1_000).map(|n| format!("rubbish {n}"));
    let rubbish: Vec<String> =
        requests(&portal, Some(&key), 1).into_iter().chain(rubbish).collect();
    let first = batch(&send("203.0.113.9", &rubbish).await);
    for _ in 0..30 {
        send("203.0.113.9", &rubbish).await;
    }
    visitor.get(&path(&own)).await.is(200).says("Activate 6 machines");
    visitor.get(&path(&first)).await.is(404);
}
