//! Work before a trial.

use countersign_core::{Hash, trial};

use crate::played::Machine;
use crate::world::{TestPortal, browser};

const BITS: u32 = 10;

async fn portal() -> TestPortal {
    let portal = TestPortal::new().await;
    portal.set(|settings| settings.trial_work_bits = BITS).await;
    portal
}

fn nonce(request: &str) -> String {
    trial::do_work(&Hash::of(request), BITS)
}

#[tokio::test]
async fn a_trial_starts_when_the_work_is_done_and_the_same_request_needs_none_again() {
    let portal = portal().await;
    let request = Machine::new("lab-7", &portal.product).trial();
    let refused = portal.ask("", &request).await.refuses_as(428, "work-required");
    assert_eq!(refused.json()["bits"], BITS);
    let query = format!("?work={}", nonce(&request));
    let first = portal.ask(&query, &request).await.is(200);
    for query in ["", "?work=rubbish", &query] {
        let again = portal.ask(query, &request).await.is(200);
        assert_eq!(again.text, first.text, "{query}");
    }
}

#[tokio::test]
async fn attack_work_that_is_wrong_too_little_or_done_for_another_request_starts_nothing() {
    let portal = portal().await;
    let request = Machine::new("lab-7", &portal.product).trial();
    let other = nonce(&Machine::new("lab-8", &portal.product).trial());
    let other = (0..).map(|n| format!("{other}x{n}"));
    let other = other.into_iter().find(|n| !trial::is_work(&Hash::of(&request), n, BITS)).unwrap();
    let little = (0..).map(|n| n.to_string()).find(|n| {
        trial::is_work(&Hash::of(&request), n, BITS - 3)
            && !trial::is_work(&Hash::of(&request), n, BITS)
    });
    let long = "a".repeat(10_000);
    for wrong in [other, little.unwrap(), String::new(), "%00".into(), "a b".into(), long] {
        let query = format!("?work={wrong}");
        let answer = portal.ask(&query, &request).await;
        answer.refuses_as(428, "work-required");
    }
    portal.ask(&format!("?WORK={}", nonce(&request)), &request).await.is(428);
    let started = portal.audit().await.iter().filter(|e| e.action == "trial.start").count();
    assert_eq!(started, 0);
}

#[tokio::test]
async fn attack_the_portals_own_page_is_no_way_around_the_work() {
    let portal = portal().await;
    let request = Machine::new("lab-7", &portal.product).trial();
    let visitor = portal.visitor();
    let form = browser::file("lab-7.request", &request);
    visitor.upload("/activate/review", form).await.says("A little work comes first");
    let form = [("request", request.as_str())];
    visitor.post("/activate/confirm", &form).await.says("A little work comes first");
    let started = portal.audit().await.iter().filter(|e| e.action == "trial.start").count();
    assert_eq!(started, 0);

    // Whoever is logged in is known, and does none.
    let jane = portal.customer("jane@lab.example").await;
    jane.post("/activate/confirm", &form).await.hides("A little work comes first");
    portal.ask("", &request).await.is(200);
}

#[tokio::test]
async fn who_sets_a_trial_page_up_learns_what_a_trial_is_and_starts_none() {
    let portal = portal().await;
    let visitor = portal.visitor();
    let terms = visitor.get("/api/v1/trials/acme-cad").await.is(200).json();
    assert_eq!((&terms["days"], &terms["work_bits"]), (&14.into(), &BITS.into()));
    let root = portal.app.keys().roots[0].thumbprint().to_string();
    assert_eq!(terms["roots"], serde_json::json!([root]));
    visitor.get("/api/v1/trials/acme-cam").await.refuses_as(404, "unknown-product");
    visitor.get("/api/v1/trials/Acme CAD").await.refuses_as(404, "not-found");
    let mut product = portal.app.store().product(&portal.product).await.unwrap().unwrap();
    product.trial.days = None;
    portal.app.store().save_product(product, "test", crate::played::NOW).await.unwrap();
    visitor.get("/api/v1/trials/acme-cad").await.refuses_as(404, "no-trial");
}

#[tokio::test]
async fn a_product_without_trials_asks_for_no_work() {
    let portal = portal().await;
    let request = Machine::new("lab-7", &"acme-cam".parse().unwrap()).trial();
    portal.ask("", &request).await.refuses_as(404, "unknown-product");
}

#[tokio::test]
async fn a_page_elsewhere_reads_how_much_work_is_asked_for() {
    let portal = portal().await;
    let visitor = portal.visitor();
    let request = Machine::new("lab-7", &portal.product).trial();
    let json = serde_json::json!({ "request": request }).to_string();
    let post = visitor.request("POST", super::TRIALS).header("origin", "https://acme.github.io");
    let answer = visitor.send(post.header("content-type", "application/json").body(json)).await;
    let answer = answer.refuses_as(428, "work-required");
    assert_eq!(answer.header("access-control-allow-origin"), "https://acme.github.io");
}
