//! Whoever has no token, another one, or a stolen one.

use countersign_store::TokenScope;
use serde_json::json;

use super::Program;
use crate::played::Machine;
use crate::world::{DAY, PASSWORD, TestPortal};

const REQUESTS: &str = "/api/v1/requests";

#[tokio::test]
async fn attack_a_token_in_the_address_a_cookie_or_another_header_is_not_looked_at() {
    let portal = TestPortal::new().await;
    let support = portal.support().await;
    let trial = json!({"request": Machine::new("lab-7", &portal.product).trial()});
    let anybody = portal.visitor();
    let token = &support.token;
    for query in ["token", "access_token", "bearer"] {
        let path = format!("{REQUESTS}?{query}={token}");
        let answer = anybody.send(anybody.request("POST", &path).json(&trial)).await;
        let answer = answer.refuses_as(401, "token-needed");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"countersign\"");
    }
    for (name, value) in [
        ("cookie", format!("countersign={token}")),
        ("x-api-key", token.clone()),
        ("authorization", token.clone()),
        ("authorization", format!("Basic {token}")),
    ] {
        let post = anybody.request("POST", REQUESTS).json(&trial).header(name, value);
        anybody.send(post).await.refuses_as(401, "token-needed");
    }
    // Two at once: which of them counts would be for each proxy to decide.
    let two = support.post(REQUESTS, &trial).header("authorization", "Bearer cst_other");
    anybody.send(two).await.refuses_as(401, "token-needed");
    assert!(portal.audit().await.iter().all(|entry| entry.action != "trial.start"));
    anybody.send(support.post(REQUESTS, &trial)).await.is(200);
}

#[tokio::test]
async fn attack_an_admins_session_is_no_token_and_a_token_is_no_session() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let trial = json!({"request": Machine::new("lab-7", &portal.product).trial()});
    let post = admin.request("POST", REQUESTS).header("sec-fetch-site", "same-origin");
    admin.send(post.json(&trial)).await.refuses_as(401, "token-needed");
    let ada = portal.stored_user("ada@acme.example").await;
    let program = portal.program(&ada, &TokenScope::ALL).await;
    for path in ["/admin", "/admin/tokens", "/licenses", "/profile"] {
        let get = program.browser.request("GET", path).bearer_auth(&program.token);
        program.browser.send(get).await.leads_to(&format!("/login?next={path}"));
        program.browser.plant(&format!("countersign={}", program.token));
        program.browser.get(path).await.leads_to(&format!("/login?next={path}"));
        program.browser.plant("countersign=");
    }
    let form =
        [("name", "another"), ("scope", "journal:push"), ("days", "9"), ("password", PASSWORD)];
    let post = program.browser.request("POST", "/admin/tokens").bearer_auth(&program.token);
    program.browser.send(post.form(&form)).await.is(403);
    assert_eq!(portal.tokens_of(&ada).await.len(), 1);
}

#[tokio::test]
async fn attack_a_page_of_another_site_has_no_token_to_send() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let options = admin.request("OPTIONS", REQUESTS).header("origin", "https://acme.github.io");
    let options = options
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization");
    let answer = admin.send(options).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"), "{answer:?}");
    assert!(!answer.headers.contains_key("access-control-allow-headers"), "{answer:?}");
}

#[tokio::test]
async fn attack_a_token_that_is_guessed_and_guessed_again_waits_and_keeps_nobody_else_out() {
    let portal = TestPortal::new().await;
    let support = portal.support().await;
    let trial = Machine::new("lab-7", &portal.product).trial();
    let guesser = Program { browser: portal.visitor(), token: String::new(), id: support.id };
    let guess = async |n: u32| {
        let token = format!("cst_{n:043}");
        Program { browser: portal.visitor(), token, id: guesser.id }.answer(&trial).await
    };
    for n in 0..21 {
        let answer = guess(n).await.refuses_as(401, "token-unknown");
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, "Bearer realm=\"countersign\", error=\"invalid_token\"");
    }
    let waits = guess(21).await.refuses_as(429, "rate-limited");
    assert!(waits.header("retry-after").parse::<u64>().unwrap() > 0);
    // From the same address, with a token that there is.
    support.answer(&trial).await.is(200);
    // The hash of a token is none.
    portal.clock.advance(2 * DAY);
    let hash = countersign_core::Hash::of(&support.token).to_string();
    let thief = Program { browser: portal.visitor(), token: hash, id: support.id };
    thief.answer(&trial).await.refuses_as(401, "token-unknown");
}

#[tokio::test]
async fn attack_a_token_for_something_else_is_refused_and_told_what_is_missing() {
    let portal = TestPortal::new().await;
    let ada = portal.ada().await;
    let scopes = [TokenScope::ReadPolicy, TokenScope::ReadLicenseKeys, TokenScope::PushJournal];
    let program = portal.program(&ada, &scopes).await;
    let trial = Machine::new("lab-7", &portal.product).trial();
    for answer in [program.answer(&trial).await, program.preview(&trial).await] {
        let answer = answer.refuses_as(403, "insufficient-scope");
        assert_eq!(answer.json()["scope"], "requests:answer");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains("scope=\"requests:answer\""), "{challenge}");
    }
    assert!(portal.audit().await.iter().all(|entry| entry.action != "trial.start"));
}

#[tokio::test]
async fn attack_a_customers_token_if_there_were_one_opens_nothing() {
    let portal = TestPortal::new().await;
    let jane = portal.user(|_| ()).await;
    // The store does not ask what somebody is: the rule does, each time a token is used.
    let program = portal.program(&jane, &TokenScope::ALL).await;
    let trial = Machine::new("lab-7", &portal.product).trial();
    program.answer(&trial).await.refuses_as(403, "insufficient-scope");
    let customer = portal.logged_in("jane@lab.example").await;
    customer.get("/admin/tokens").await.is(403);
    let form = [("name", "x"), ("scope", "requests:answer"), ("days", "9"), ("password", PASSWORD)];
    customer.post("/admin/tokens", &form).await.is(403);
    assert_eq!(portal.tokens_of(&jane).await.len(), 1);
}

#[tokio::test]
async fn attack_somebody_elses_tokens_are_neither_listed_nor_revoked() {
    let portal = TestPortal::new().await;
    let support = portal.support().await;
    portal
        .user(|user| {
            user.email = "eve@acme.example".into();
            user.role = countersign_store::Role::Admin;
        })
        .await;
    let eve = portal.logged_in("eve@acme.example").await;
    eve.get("/admin/tokens").await.is(200).hides("adas-own").hides(&support.id.to_string());
    let revoke = format!("/admin/tokens/{}/revoke", support.id);
    eve.post(&revoke, &[]).await.is(404);
    let trial = Machine::new("lab-7", &portal.product).trial();
    support.answer(&trial).await.is(200);
}

#[tokio::test]
async fn attack_a_copy_of_the_data_has_no_token_in_it_that_works() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let form =
        [("name", "laptop"), ("scope", "requests:answer"), ("days", "90"), ("password", PASSWORD)];
    let made = admin.post("/admin/tokens", &form).await.is(200);
    let token = made.text.split("<code id=\"token\">").nth(1).unwrap();
    let token = token.split('<').next().unwrap().to_owned();
    let program = Program { browser: portal.visitor(), token, id: [0; 16].into() };
    let trial = Machine::new("lab-7", &portal.product).trial();
    program.answer(&trial).await.is(200);
    let secret = program.token.strip_prefix("cst_").unwrap();
    assert_eq!(secret.len(), 43);
    portal.mails().await;
    let mut looked_at = 0;
    for file in files(&portal.app.config().data) {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{} has the token in it", file.display());
        looked_at += 1;
    }
    assert!(looked_at > 3, "{looked_at}");
    for entry in portal.audit().await {
        assert!(!format!("{entry:?}").contains(secret));
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: std::path::PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(below).collect()
}
