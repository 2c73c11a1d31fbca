//! Identity providers, by programs of owners.

use countersign_store::{Role, TokenScope, UserChange};
use serde_json::{Value, json};

use crate::stand::{Stand, operations, scope};

const PATH: &str = "/api/v1/sign-on/providers";

fn acme() -> Value {
    json!({"name": "Acme", "issuer": "https://login.acme.example", "client_id": "portal",
        "client_secret": "s3cret of Acme"})
}

#[tokio::test]
async fn a_provider_is_set_up_ruled_given_domains_turned_off_and_deleted() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let made = robot.post(PATH, acme()).await.is(201);
    let path = made.header("location").to_owned();
    let shown = made.json();
    for (member, value) in [
        ("organization", Value::Null),
        ("provisioning", json!("known")),
        ("passwords", json!("allowed")),
        ("second_factor", json!("provider")),
        ("status", json!("active")),
        ("proven_at", Value::Null),
        ("domains", json!([])),
    ] {
        assert_eq!(shown[member], value, "{member}");
    }
    assert!(shown["redirect_uri"].as_str().unwrap().ends_with("/login/sso/callback"));
    // Nobody came through yet; and nobody becomes staff by a provider's word.
    let refused = robot.patch(&path, json!({"passwords": "refused"})).await;
    refused.refuses_as(409, "conflict");
    let change =
        json!({"provisioning": "members", "second_factor": "portal", "name": "Acme Staff"});
    let changed = robot.patch(&path, change).await.is(200).json();
    assert_eq!(
        (&changed["provisioning"], &changed["name"]),
        (&json!("known"), &json!("Acme Staff"))
    );
    assert_eq!(
        (&changed["second_factor"], &changed["has_client_secret"]),
        (&json!("portal"), &json!(true))
    );

    let domain = json!({"domain": "@Acme.Example"});
    let with = robot.post(&format!("{path}/domains"), domain.clone()).await.is(200).json();
    assert_eq!(with["domains"], json!([{"domain": "acme.example", "state": "approved"}]));
    // One domain, one provider.
    let taken = robot.post(&format!("{path}/domains"), json!({"domain": "lab.example"})).await;
    taken.refuses_as(409, "conflict");
    let remove = format!("{path}/domains/remove");
    let without = robot.post(&remove, domain.clone()).await.is(200).json();
    assert_eq!(without["domains"], json!([]));
    robot.post(&remove, domain).await.refuses_as(404, "not-found");
    robot.patch(&path, json!({"status": "off"})).await.is(200).says("\"status\":\"off\"");
    let all = robot.get(PATH).await.is(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    let first = robot.get(&format!("{PATH}?limit=1")).await.is(200).json();
    let cursor = first["next"].as_str().unwrap();
    let second = robot.get(&format!("{PATH}?limit=1&cursor={cursor}")).await.is(200).json();
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    assert_eq!(second["next"], Value::Null);
    robot.post(&format!("{path}/delete"), json!({})).await.is(200);
    robot.get(&path).await.refuses_as(404, "not-found");
    robot.post(&format!("{path}/delete"), json!({})).await.refuses_as(404, "not-found");
    let organization = json!({"organization": stand.organization.to_string()});
    let mut of_lab = acme();
    of_lab["organization"] = organization["organization"].clone();
    robot.post(PATH, of_lab.clone()).await.is(201).says(&stand.organization.to_string());
    of_lab["organization"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    robot.post(PATH, of_lab).await.refuses_as(422, "unfit-value");
}

#[tokio::test]
async fn attack_an_admin_who_is_no_owner_sets_a_provider_up_by_the_api() {
    let stand = Stand::new().await;
    let portal = &stand.portal;
    portal.ada().await;
    let eve = portal.vendor("eve@acme.example").await;
    let program = portal.program(&eve, &TokenScope::ALL).await;
    let before = portal.audit().await.len();
    let mut asked = 0;
    for (method, path, operation) in operations(portal).await {
        let needed = scope(&operation);
        if !matches!(needed, Some(TokenScope::ReadSignOn | TokenScope::WriteSignOn)) {
            continue;
        }
        let request = program.request(&method, &stand.path(&path));
        let request = if method == "GET" { request } else { request.json(&acme()) };
        program.send(request).await.refuses_as(403, "insufficient-scope").hides("login.lab");
        asked += 1;
    }
    assert!(asked >= 7, "{asked}");
    assert_eq!(portal.audit().await.len(), before);
    // Who was an owner when the token was made, and is one no longer.
    let zoe = portal
        .user(|user| {
            user.email = "zoe@acme.example".into();
            user.role = Role::Owner;
        })
        .await;
    let program = portal.program(&zoe, &[TokenScope::ReadSignOn, TokenScope::WriteSignOn]).await;
    program.get(PATH).await.is(200);
    let now = portal.app.now();
    let demoted = portal.app.store().change_role(zoe.id, Role::Admin, "test", now).await.unwrap();
    assert_eq!(demoted, UserChange::Done);
    program.get(PATH).await.refuses_as(403, "insufficient-scope");
    program.post(PATH, acme()).await.refuses_as(403, "insufficient-scope");
}

#[tokio::test]
async fn attack_a_secret_is_sent_to_another_issuer_than_it_was_given_for() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let path = stand.path("/api/v1/sign-on/providers/{id}");
    let evil = json!({"issuer": "https://login.evil.example"});
    robot.patch(&path, evil).await.refuses_as(422, "unfit-value");
    robot.get(&path).await.is(200).says("https://login.lab.example").hides("evil");
    for issuer in [
        "http://login.acme.example",
        "http://169.254.169.254/",
        "https://jane@login.acme.example",
        "https://login.acme.example/?x=1",
        "javascript:alert(1)",
        "",
    ] {
        let mut body = acme();
        body["issuer"] = json!(issuer);
        robot.post(PATH, body).await.refuses_as(422, "unfit-value");
    }
    for (member, value) in
        [("name", "".to_owned()), ("client_id", "a\nb".into()), ("client_secret", "x".repeat(501))]
    {
        let mut body = acme();
        body[member] = json!(value);
        robot.post(PATH, body).await.refuses_as(422, "unfit-value");
    }
    for domain in ["lab", "*.example", "%.example", "10.0.0.1", ""] {
        let answer = robot.post(&format!("{path}/domains"), json!({"domain": domain})).await;
        answer.refuses_as(422, "unfit-value");
    }
}

#[tokio::test]
async fn a_token_that_reads_providers_changes_none() {
    let stand = Stand::new().await;
    let ada = stand.portal.ada().await;
    let reader = stand.portal.program(&ada, &[TokenScope::ReadSignOn]).await;
    let path = stand.path("/api/v1/sign-on/providers/{id}");
    reader.get(&path).await.is(200).hides("hidden");
    let before = stand.portal.audit().await.len();
    reader.post(PATH, acme()).await.refuses_as(403, "insufficient-scope");
    reader.patch(&path, json!({"status": "off"})).await.refuses_as(403, "insufficient-scope");
    reader.post(&format!("{path}/delete"), json!({})).await.refuses_as(403, "insufficient-scope");
    assert_eq!(stand.portal.audit().await.len(), before);
}
