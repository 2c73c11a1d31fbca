//! Licenses through their life, by programs.

use countersign_store::{Role, TokenScope};
use serde_json::{Value, json};

use crate::played::{Machine, NOW};
use crate::stand::{Program, Stand};
use crate::world::{DAY, TestPortal};

async fn license(robot: &Program, body: Value) -> (String, Value) {
    let made = robot.post("/api/v1/licenses", body).await.is(201);
    (made.header("location").to_owned(), made.json())
}

#[tokio::test]
async fn a_license_is_made_extended_suspended_handed_over_and_used_as_it_says() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let body = json!({
        "product": "acme-cad", "plan": "Pro", "holder": "Jane", "owner": stand.user.to_string(),
        "organization": stand.organization.to_string(), "allowed_activations": 1, "allowed_deactivations": 3,
        "days": 10, "import_days": 7, "strategy": "exact", "entitlements": {"cad": true, "parts": 500, "edition": "gold"},
        "metadata": {"cost center": {"value": "47", "visible_to": ["user", "organization"]}},
        "maintenance_until": NOW + 5 * DAY, "highest_version": "2.x",
    });
    let (path, made) = license(&robot, body.clone()).await;
    for (name, value) in body.as_object().unwrap() {
        if name != "days" {
            assert_eq!(&made[name], value, "{name}");
        }
    }
    assert_eq!((&made["expires_at"], &made["revision"]), (&json!(NOW + 10 * DAY), &json!(1)));
    assert!(made.get("key").is_none() && made["key_end"].as_str().unwrap().len() >= 4, "{made}");
    let shown = robot.get(&path).await.is(200);
    assert_eq!(shown.json(), made);
    assert_eq!(shown.header("etag"), "\"1\"");

    let key =
        robot.get(&format!("{path}/key")).await.is(200).json()["key"].as_str().unwrap().to_owned();
    let key: countersign_core::license_key::LicenseKey = key.parse().unwrap();
    let machine = Machine::new("lab-9", &portal.product).activation(&key);
    let anybody = portal.visitor();
    anybody.send(anybody.request("POST", "/api/v1/activations").body(machine)).await.is(200);
    let used = robot.get(&path).await.is(200).json();
    assert_eq!((&used["live_activations"], &used["total_activations"]), (&json!(1), &json!(1)));

    let change = json!({"extend_days": 30, "status": "suspended", "organization": null, "plan": null, "allowed_activations": null, "highest_version": null});
    let changed = robot.patch(&path, change).await.is(200);
    let after = changed.json();
    assert_eq!(after["expires_at"], NOW + 40 * DAY);
    assert_eq!(after["status"], "suspended");
    for emptied in ["organization", "plan", "allowed_activations", "highest_version"] {
        assert_eq!(after[emptied], Value::Null, "{emptied}");
    }
    for stays in ["holder", "owner", "entitlements", "metadata", "maintenance_until", "import_days"]
    {
        assert_eq!(after[stays], made[stays], "{stays}");
    }
    let second = Machine::new("lab-10", &portal.product).activation(&key);
    let answer = anybody.send(anybody.request("POST", "/api/v1/activations").body(second)).await;
    answer.refuses_as(403, "license-suspended");
    let log = portal.audit().await;
    let own = format!("token:{}", robot.id);
    for action in ["license.create", "license.read-key", "license.change", "license.move"] {
        assert!(log.iter().any(|e| e.action == action && e.actor == own), "{action}");
    }
}

#[tokio::test]
async fn attack_a_change_of_another_revision_is_refused() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let path = format!("/api/v1/licenses/{}", stand.license.id());
    let send = async |tag: &str, holder: &str| {
        let patch = robot.request("PATCH", &path).header("if-match", tag);
        robot.send(patch.json(&json!({"holder": holder}))).await
    };
    let tag = robot.get(&path).await.is(200).header("etag").to_owned();
    let changed = send(&tag, "Joe").await.is(200);
    assert_ne!(changed.header("etag"), tag);
    for stale in [tag.as_str(), "\"999\""] {
        send(stale, "Mallory").await.refuses_as(412, "changed-meanwhile");
    }
    for none in
        ["\"x\"", "7", "W/\"2\"", "\"1\", \"2\"", "", "\"\"", "\"+2\"", "\"99999999999999999999\""]
    {
        send(none, "Mallory").await.refuses_as(400, "bad-if-match");
    }
    assert_eq!(robot.get(&path).await.json()["holder"], "Joe");
    send("*", "Jim").await.is(200);
}

#[tokio::test]
async fn changes_at_once_are_all_made_or_refused_and_none_is_lost() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let path = format!("/api/v1/licenses/{}", stand.license.id());
    let first = robot.get(&path).await.json()["revision"].as_i64().unwrap();
    let patch = |n: u64| robot.patch(&path, json!({"allowed_activations": 10 + n}));
    let answers = futures_util::future::join_all((0..8).map(patch)).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    for refused in answers.into_iter().filter(|answer| answer.status != 200) {
        refused.refuses_as(412, "changed-meanwhile");
    }
    let last = robot.get(&path).await.json()["revision"].as_i64().unwrap();
    assert_eq!(usize::try_from(last - first).unwrap(), done);
}

#[tokio::test]
async fn attack_reading_keys_without_the_scope_and_every_key_that_is_read_is_written_down() {
    let stand = Stand::new().await;
    let portal = &stand.portal;
    let ada = portal.ada().await;
    let scopes: Vec<TokenScope> =
        TokenScope::ALL.into_iter().filter(|scope| *scope != TokenScope::ReadLicenseKeys).collect();
    let blind = portal.program(&ada, &scopes).await;
    let (path, key) = (format!("/api/v1/licenses/{}", stand.license.id()), stand.license.grouped());
    blind.get(&format!("{path}/key")).await.refuses_as(403, "insufficient-scope");
    for path in [path.as_str(), "/api/v1/licenses", "/api/v1/licenses?search=jane", "/api/v1/audit"]
    {
        let answer = blind.get(path).await.is(200);
        assert!(!answer.text.contains(&key) && !answer.text.contains(stand.license.normal()));
    }
    let made =
        blind.keyed("POST", "/api/v1/licenses", "k", json!({"product": "acme-cad"})).await.is(201);
    let stored: countersign_core::LicenseId = made.json()["id"].as_str().unwrap().parse().unwrap();
    let stored = portal.app.store().license(&stored).await.unwrap().unwrap();
    assert!(!made.text.contains(&stored.key.grouped()));
    blind.get("/api/v1/policy?licenses=true").await.refuses_as(403, "insufficient-scope");

    let reads = async || {
        portal.audit().await.into_iter().filter(|e| e.action == "license.read-key").count()
    };
    assert_eq!(reads().await, 0);
    let reader = portal.program(&ada, &[TokenScope::ReadLicenseKeys]).await;
    let shown = reader.get(&format!("{path}/key")).await.is(200).json();
    assert_eq!(shown, json!({"id": stand.license.id().to_string(), "key": key}));
    let entry = &portal.audit().await[0];
    assert_eq!(
        (&*entry.action, &entry.subject),
        ("license.read-key", &stand.license.id().to_string())
    );
    assert_eq!(entry.actor, format!("token:{}", reader.id));
    reader.get("/api/v1/licenses/AAAAAAAAAAAAAAAAAAAAAA/key").await.refuses_as(404, "not-found");
    assert_eq!(reads().await, 1);
}

#[tokio::test]
async fn what_no_license_can_be_is_refused_with_its_reason() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let with = |more: Value| {
        let mut body = json!({"product": "acme-cad"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let before = stand.portal.audit().await.len();
    for (more, says) in [
        (json!({"product": "nothing"}), "product"),
        (json!({"plan": "x".repeat(101)}), "100 characters"),
        (json!({"holder": "a\nb"}), "Holder"),
        (json!({"owner": "AAAAAAAAAAAAAAAAAAAAAA"}), "user"),
        (json!({"organization": "AAAAAAAAAAAAAAAAAAAAAA"}), "organization"),
        (json!({"days": 5, "expires_at": NOW + DAY}), "Only one"),
        (json!({"days_from": "first-activation"}), "days"),
        (json!({"expires_at": 9_007_199_254_740_991_u64}), "far"),
        (json!({"import_days": 0}), "365 days"),
        (json!({"highest_version": "x"}), "x"),
        (json!({"entitlements": {"f": "x".repeat(201)}}), "200 characters"),
        (json!({"entitlements": {"": true}}), ""),
        (json!({"metadata": {"m": {"value": "x".repeat(501)}}}), "500 characters"),
    ] {
        let answer = robot.post("/api/v1/licenses", with(more.clone())).await;
        let detail = answer.refuses_as(422, "unfit-value").json()["detail"].to_string();
        assert!(detail.to_lowercase().contains(&says.to_lowercase()), "{more}: {detail}");
    }
    let path = format!("/api/v1/licenses/{}", stand.license.id());
    robot.patch(&path, json!({"extend_days": 5})).await.refuses_as(409, "conflict");
    robot.patch(&path, json!({"allowed_activations": 0})).await.refuses_as(409, "conflict");
    robot
        .patch(&path, json!({"expires_at": 5, "extend_days": 5}))
        .await
        .refuses_as(409, "conflict");
    robot.patch("/api/v1/products/acme-cad", json!({"archived": true})).await.is(200);
    robot.post("/api/v1/licenses", with(json!({}))).await.refuses_as(409, "conflict");
    assert_eq!(stand.portal.audit().await.len(), before + 1);
}

#[tokio::test]
async fn attack_a_program_is_no_second_person() {
    let stand = Stand::new().await;
    let portal = &stand.portal;
    let robot = portal.robot().await;
    let eve = portal.user(|user| {
        user.email = "eve@acme.example".into();
        user.role = Role::Admin;
    });
    let eve = eve.await;
    portal.app.store().begin_two_people(eve.id, NOW).await.unwrap();
    assert!(portal.app.store().needs_two_people().await.unwrap());
    let before = portal.audit().await.len();
    let perpetual = robot.post("/api/v1/licenses", json!({"product": "acme-cad"})).await;
    perpetual.refuses_as(403, "second-person-needed");
    let release = format!("/api/v1/activations/{}/release", stand.activation);
    robot.post(&release, json!({})).await.refuses_as(403, "second-person-needed");
    assert_eq!(portal.audit().await.len(), before);
    let (path, _) = license(&robot, json!({"product": "acme-cad", "days": 5})).await;
    let far = robot.patch(&path, json!({"expires_at": NOW + 20_000 * DAY})).await;
    far.refuses_as(403, "second-person-needed");
}

#[tokio::test]
async fn a_token_that_read_license_keys_before_still_does() {
    let portal = TestPortal::new().await;
    let ada = portal.ada().await;
    let program = portal.program(&ada, &[TokenScope::ReadPolicy]).await;
    let data = portal.app.config().data.clone();
    let database = rusqlite::Connection::open(data.join("countersign.db")).unwrap();
    let old = "UPDATE api_token SET scopes = 'policy:read licenses:read'";
    assert_eq!(database.execute(old, []).unwrap(), 1);
    program.get("/api/v1/policy?licenses=true").await.refuses_as(403, "insufficient-scope");
    // What the migration does to tokens from before it.
    let migration = include_str!("../../../crates/store/src/engine/migrations/0020_api.sql");
    let update = migration.split("UPDATE api_token").nth(1).unwrap();
    let update = format!("UPDATE api_token{}", update.split(';').next().unwrap());
    assert_eq!(database.execute(&update, []).unwrap(), 1);
    program.get("/api/v1/policy?licenses=true").await.is(200);
    program.get("/api/v1/licenses").await.is(200);
}
