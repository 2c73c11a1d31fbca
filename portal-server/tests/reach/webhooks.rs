//! Webhooks, by programs.

use countersign_store::{Delivery, DeliveryQuery, DeliveryStatus, TokenScope};
use serde_json::{Value, json};

use crate::receiver::{How, Receiver};
use crate::stand::{Program, Stand};
use crate::until;
use crate::world::{DAY, TestPortal};

const PATH: &str = "/api/v1/webhooks";

/// A portal whose operator lets webhooks reach this machine.
async fn portal() -> TestPortal {
    TestPortal::with(|config| config.webhooks_may_reach = vec!["127.0.0.0/8".parse().unwrap()])
        .await
}

/// Makes one: its path and its secret.
async fn made(robot: &Program, url: &str, events: &[&str]) -> (String, String) {
    let made = robot.post(PATH, json!({"url": url, "events": events})).await.is(201);
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"), "{}", made.text);
    (made.header("location").to_owned(), secret)
}

async fn stored(portal: &TestPortal, path: &str) -> Vec<Delivery> {
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    let query = DeliveryQuery { most: 100, ..DeliveryQuery::default() };
    portal.app.store().deliveries(id, &query).await.unwrap().items
}

#[tokio::test]
async fn a_webhook_is_made_tested_changed_paused_disabled_and_deleted() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let robot = portal.robot().await;
    let (path, secret) = made(&robot, &receiver.url(), &["license.created"]).await;
    let shown = robot.get(&path).await.is(200).json();
    assert_eq!((&shown["url"], &shown["status"]), (&json!(receiver.url()), &json!("active")));
    assert_eq!(robot.get(PATH).await.is(200).json()["items"], json!([shown]));
    robot.post(&format!("{path}/test"), json!({})).await.is(200);
    portal.license(1, None).await;
    let got = receiver.has_got(2).await;
    assert!(got.iter().all(|one| one.is_signed_by(&secret)));
    assert_eq!(receiver.kinds(), ["license.created", "webhook.test"]);

    // Another secret; for a day both sign.
    let rotated = robot.post(&format!("{path}/secret"), json!({})).await.is(200).json();
    let other = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(other, secret);
    assert!(rotated["old_secret_until"].as_u64().unwrap() > portal.app.now());
    portal.license(1, None).await;
    let third = receiver.has_got(3).await.remove(2);
    assert!(third.is_signed_by(&secret) && third.is_signed_by(&other));

    // Paused it keeps what happens, disabled it does not.
    robot.post(&format!("{path}/resume"), json!({})).await.refuses_as(409, "conflict");
    robot.post(&format!("{path}/pause"), json!({})).await.is(200).says("\"paused\"");
    robot.post(&format!("{path}/pause"), json!({})).await.refuses_as(409, "conflict");
    portal.license(1, None).await;
    assert_eq!(stored(&portal, &path).await[0].status, DeliveryStatus::Waiting);
    robot.post(&format!("{path}/disable"), json!({})).await.is(200).says("\"disabled\"");
    let given_up = robot.get(&format!("{path}/deliveries?status=failed")).await.is(200).json();
    assert_eq!(given_up["items"].as_array().unwrap().len(), 1);
    portal.license(1, None).await;
    assert_eq!(stored(&portal, &path).await.len(), 4);
    robot.post(&format!("{path}/resume"), json!({})).await.is(200).says("\"active\"");
    let resent = robot.post(&format!("{path}/resend"), json!({})).await.is(200).json();
    assert_eq!(resent, json!({"count": 1}));
    receiver.has_got(4).await;

    let change = json!({"events": ["trial.started"], "url": format!("{}2", receiver.url())});
    let changed = robot.patch(&path, change).await.is(200).json();
    assert_eq!(changed["events"], json!(["trial.started"]));
    robot.post(&format!("{path}/delete"), json!({})).await.is(200);
    robot.get(&path).await.refuses_as(404, "not-found");
    robot.post(&format!("{path}/delete"), json!({})).await.refuses_as(404, "not-found");
    robot.get(&format!("{path}/deliveries")).await.refuses_as(404, "not-found");
}

#[tokio::test]
async fn deliveries_come_in_pages_and_are_read_and_sent_again() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let robot = portal.robot().await;
    let (path, _) = made(&robot, &receiver.url(), &["license.created"]).await;
    for _ in 0..5 {
        portal.license(1, None).await;
    }
    receiver.has_got(5).await;
    let all_there = async || {
        let all = stored(&portal, &path).await;
        all.iter().all(|delivery| delivery.status == DeliveryStatus::Delivered)
    };
    until("all arrived", all_there).await;
    let mut next = format!("{path}/deliveries?limit=2&status=delivered");
    let mut seen: Vec<i64> = Vec::new();
    loop {
        let page = robot.get(&next).await.is(200).json();
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["id"].as_i64().unwrap()));
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("{path}/deliveries?limit=2&status=delivered&cursor={cursor}");
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "the newest first: {seen:?}");
    // A cursor is of this question alone.
    let foreign = next.replace("status=delivered", "status=failed");
    robot.get(&foreign).await.refuses_as(400, "bad-cursor");

    let one = format!("{path}/deliveries/{}", seen[0]);
    let shown = robot.get(&one).await.is(200).json();
    let payload: Value = serde_json::from_str(shown["payload"].as_str().unwrap()).unwrap();
    assert_eq!((&payload["type"], &payload["id"]), (&json!("license.created"), &shown["event"]));
    assert_eq!((&shown["last_code"], &shown["next_at"]), (&json!(204), &Value::Null));
    robot.post(&format!("{one}/resend"), json!({})).await.is(200);
    let again = receiver.has_got(6).await.remove(5);
    assert_eq!(again.id(), shown["event"]);

    // Of another webhook it is not there.
    let (other, _) = made(&robot, &receiver.url(), &["trial.started"]).await;
    let foreign = format!("{other}/deliveries/{}", seen[0]);
    robot.get(&foreign).await.refuses_as(404, "not-found");
    robot.post(&format!("{foreign}/resend"), json!({})).await.refuses_as(404, "not-found");
    // One that waits is not sent twice.
    receiver.always(How::Status(500));
    portal.license(1, None).await;
    until("it failed", async || stored(&portal, &path).await[0].last_code == Some(500)).await;
    let waits = stored(&portal, &path).await[0].seq;
    let waits = format!("{path}/deliveries/{waits}/resend");
    robot.post(&waits, json!({})).await.refuses_as(409, "conflict");
}

#[tokio::test]
async fn a_receiver_that_asks_for_more_time_gets_it_within_bounds_and_never_less() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let robot = portal.robot().await;
    let (path, _) = made(&robot, &receiver.url(), &["license.created"]).await;
    let asks = |after: &str| {
        let head = "HTTP/1.1 503 X\r\ncontent-length: 0\r\nretry-after:";
        How::Bytes(format!("{head} {after}\r\n\r\n").into_bytes())
    };
    receiver.next([asks("3600"), asks("1"), asks("99999999999"), asks("soon")]);
    portal.license(1, None).await;
    for (tries, least, most) in [(1, 3600, 3600), (2, 54, 66), (3, 21_600, 21_600), (4, 1620, 1980)]
    {
        let tried = async || {
            let all = stored(&portal, &path).await;
            all[0].tries == tries && all[0].last_at == Some(portal.app.now())
        };
        until("it was tried", tried).await;
        let wait = stored(&portal, &path).await[0].next_at - portal.app.now();
        assert!((least..=most).contains(&wait), "{tries}: {wait}");
        portal.clock.advance(wait);
    }
    receiver.has_got(5).await;
    assert!(portal.app.now() < crate::played::NOW + DAY);
}

#[tokio::test]
async fn attack_a_webhook_to_an_internal_address_by_the_api() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let before = stand.portal.audit().await.len();
    let path = stand.path("/api/v1/webhooks/{id}");
    for url in [
        "https://127.0.0.1/",
        "https://0x7f.1:8443/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "http://hooks.example/",
        "https://jane:secret@hooks.example/",
        "https://hooks.example:25/",
        "javascript:alert(1)",
        "hooks.example",
    ] {
        let body = json!({"url": url, "events": ["license.created"]});
        robot.post(PATH, body).await.refuses_as(422, "unfit-value").hides("whsec_");
        robot.patch(&path, json!({"url": url})).await.refuses_as(422, "unfit-value");
    }
    for body in [
        json!({"url": "https://hooks.example/", "events": []}),
        json!({"url": format!("https://hooks.example/{}", "a".repeat(600)), "events": ["license.created"]}),
    ] {
        robot.post(PATH, body).await.refuses_as(422, "unfit-value");
    }
    for event in ["everything", "webhook.test", ""] {
        let body = json!({"url": "https://hooks.example/", "events": [event]});
        robot.post(PATH, body).await.refuses_as(400, "bad-json");
    }
    assert_eq!(stand.portal.audit().await.len(), before);
}

#[tokio::test]
async fn attack_more_webhooks_than_there_may_be_and_a_flood_of_tests() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let body = json!({"url": "https://hooks.acme.invalid/", "events": ["license.created"]});
    for _ in 1..20 {
        robot.post(PATH, body.clone()).await.is(201);
    }
    robot.post(PATH, body).await.refuses_as(409, "conflict");
    let test = stand.path("/api/v1/webhooks/{id}/test");
    let mut sent = 0;
    let waits = loop {
        let answer = robot.post(&test, json!({})).await;
        if answer.status == 429 {
            break answer.refuses_as(429, "rate-limited");
        }
        answer.is(200);
        sent += 1;
        assert!(sent <= 60, "nobody stops it");
    };
    assert!(waits.header("retry-after").parse::<u64>().unwrap() > 0);
    assert!(sent >= 30);
}

#[tokio::test]
async fn attack_a_reader_sees_no_more_of_an_address_than_its_host_and_sends_nothing() {
    let stand = Stand::new().await;
    let portal = &stand.portal;
    let reader = portal
        .user(|user| {
            user.email = "rita@acme.example".into();
            user.role = countersign_store::Role::ReadOnly;
        })
        .await;
    let ada = portal.ada().await;
    // By the role, whatever the scopes say; and by the scopes, whatever the role says.
    let by_role = portal.program(&reader, &TokenScope::ALL).await;
    let by_scope = portal.program(&ada, &[TokenScope::ReadWebhooks]).await;
    let path = stand.path("/api/v1/webhooks/{id}");
    let before = portal.audit().await.len();
    for program in [&by_role, &by_scope] {
        for address in [PATH, &path] {
            let answer = program.get(address).await.is(200);
            answer.says("https://hooks.acme.invalid").hides("hidden");
        }
        program.get(&format!("{path}/deliveries")).await.is(200);
        for what in ["secret", "pause", "disable", "test", "resend", "delete"] {
            let answer = program.post(&format!("{path}/{what}"), json!({})).await;
            answer.refuses_as(403, "insufficient-scope");
        }
        program.patch(&path, json!({})).await.refuses_as(403, "insufficient-scope");
    }
    assert_eq!(portal.audit().await.len(), before);
    let full = portal.program(&ada, &[TokenScope::ReadWebhooks, TokenScope::WriteWebhooks]).await;
    full.get(&path).await.is(200).says("in?key=hidden");
}
