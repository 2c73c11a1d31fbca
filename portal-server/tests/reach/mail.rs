//! Mail, by programs.

use serde_json::{Value, json};

use crate::world::TestPortal;

#[tokio::test]
async fn a_test_mail_goes_to_the_owner_of_the_token_and_not_without_end() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let state = robot.get("/api/v1/mail").await.is(200).json();
    assert_eq!((&state["server"], &state["waiting"]), (&Value::Null, &json!(0)));
    assert_eq!(state["failures"], json!([]));
    let outbox = portal.app.config().data.join("outbox");
    let mails = || std::fs::read_dir(&outbox).map_or(0, Iterator::count);
    let sent = robot.post("/api/v1/mail/test", json!({})).await.is(200).json();
    assert_eq!(sent, json!({"to": "ada@acme.example", "taken": true, "refusal": null}));
    assert_eq!(mails(), 1);
    let mut count = 1;
    let waits = loop {
        // Each is a file of its own second.
        portal.clock.advance(1);
        let answer = robot.post("/api/v1/mail/test", json!({})).await;
        if answer.status == 429 {
            break answer.refuses_as(429, "rate-limited");
        }
        answer.is(200);
        count += 1;
        assert!(count < 20, "nobody stops it");
    };
    assert!(waits.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(mails(), count);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_said_and_no_login_of_it() {
    let smtp = "smtp://jane:hidden-password@127.0.0.1:1?tls=none";
    let portal = TestPortal::with(|config| {
        let url = smtp.to_owned();
        config.smtp = Some(countersign_portal::Smtp { url, user: None, password: None });
        config.mail_from = Some("Acme <portal@acme.example>".into());
    })
    .await;
    let robot = portal.robot().await;
    let state = robot.get("/api/v1/mail").await.is(200).hides("hidden").hides("jane").json();
    assert!(state["server"].as_str().unwrap().starts_with("127.0.0.1"), "{state}");
    let answer = robot.post("/api/v1/mail/test", json!({})).await.is(200).hides("hidden").json();
    assert_eq!(answer["taken"], false);
    assert!(!answer["refusal"].as_str().unwrap().is_empty());
}
