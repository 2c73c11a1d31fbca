//! What goes in, or is said once, never comes out again.

use serde_json::{Value, json};

use crate::stand::{Program, Stand, operations, scope};

/// Everything that a program with every scope can read here.
async fn all_that_is_read(stand: &Stand, robot: &Program) -> String {
    let mut all = String::new();
    for (method, path, operation) in operations(&stand.portal).await {
        if method == "GET" && scope(&operation).is_some() {
            let answer = robot.get(&stand.path(&path)).await;
            all.push_str(&answer.text);
            all.push_str(&format!("{:?}", answer.headers));
        }
    }
    assert!(all.len() > 5000, "{all}");
    all
}

/// The tables in which something could lie that nobody should find, as text.
fn stored(stand: &Stand) -> String {
    let path = stand.portal.app.config().data.join("countersign.db");
    let database = rusqlite::Connection::open(path).unwrap();
    let mut all = String::new();
    for sql in [
        "SELECT url || secret || COALESCE(old_secret, '') FROM webhook",
        "SELECT subject || COALESCE(answer, '') FROM api_once",
        "SELECT actor || action || subject || detail FROM audit",
        "SELECT issuer || COALESCE(client_secret, '') FROM identity_provider",
    ] {
        let mut rows = database.prepare(sql).unwrap();
        let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.for_each(|row| all.push_str(&row.unwrap()));
    }
    all
}

#[tokio::test]
async fn attack_secrets_are_never_read_back_by_the_api() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let secret_of = |answer: &Value| answer["secret"].as_str().unwrap().to_owned();
    let body = json!({"url": "https://hooks.acme.invalid/", "events": ["license.created"]});
    let webhooks = "/api/v1/webhooks";
    let made = robot.keyed("POST", webhooks, "k", body.clone()).await.is(201);
    let rotate = format!("{}/secret", made.header("location"));
    let rotated = robot.keyed("POST", &rotate, "r", json!({})).await.is(200);
    let secrets = [secret_of(&made.json()), secret_of(&rotated.json())];
    let provider = json!({"name": "Acme", "issuer": "https://login.acme.example", "client_id": "portal",
        "client_secret": "a client secret of Acme's"});
    let providers = "/api/v1/sign-on/providers";
    let set_up = robot.keyed("POST", providers, "p", provider).await.is(201);
    assert_eq!(set_up.json()["has_client_secret"], true);
    set_up.hides("a client secret");
    let path = stand.path("/api/v1/sign-on/providers/{id}");
    let other = json!({"client_secret": "another client secret"});
    robot.patch(&path, other).await.is(200).hides("another client secret");

    // Nor who asks again with the key under which it was said.
    let again = robot.keyed("POST", webhooks, "k", body).await.refuses_as(409, "done-before");
    again.says(made.header("location")).hides("whsec_");
    robot.keyed("POST", &rotate, "r", json!({})).await.refuses_as(409, "done-before");
    let read = all_that_is_read(&stand, &robot).await;
    let kept = stored(&stand);
    assert!(kept.contains("webhook.rotate-secret"), "the log was read");
    for hidden in
        [&secrets[0][6..], &secrets[1][6..], "client secret of", "another client", "hidden secret"]
    {
        assert!(!read.contains(hidden), "{hidden} is read back");
        assert!(!kept.contains(hidden), "{hidden} lies in the database");
    }
    assert!(!read.contains("whsec_"));
}
