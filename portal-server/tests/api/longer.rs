//! Trials that are searched, extended and told to their machines, by programs.

use countersign_core::{Expect, file};
use countersign_portal::settings::Settings;
use countersign_store::{Role, TokenScope};
use serde_json::{Value, json};

use crate::played::{Machine, NOW};
use crate::stand::{Program, Stand};
use crate::world::{DAY, TestPortal};

async fn trial(portal: &TestPortal, machine: &Machine) -> (String, Value) {
    let anybody = portal.visitor();
    let post = anybody.request("POST", "/api/v1/trials").body(machine.trial());
    let answer = anybody.send(post).await.is(200).json();
    (format!("/api/v1/trials/started/{}", answer["id"].as_str().unwrap()), answer)
}

async fn of(portal: &TestPortal, role: Role) -> Program {
    let user = portal.user(|user| {
        user.email = format!("{}@acme.example", role.as_str());
        user.role = role;
    });
    portal.program(&user.await, &TokenScope::ALL).await
}

#[tokio::test]
async fn a_longer_trial_reaches_its_machine_by_a_fresh_response() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let (here, first) = trial(&portal, &Machine::new("lab-7", &portal.product)).await;
    let end = first["expires_at"].as_u64().unwrap();
    let response = format!("{here}/response");
    assert_eq!(robot.get(&response).await.is(200).json()["token"], first["token"]);
    let body = json!({"days": 10, "seen_end": end});
    let longer = robot.keyed("POST", &format!("{here}/extend"), "k", body.clone()).await.is(200);
    let again = robot.keyed("POST", &format!("{here}/extend"), "k", body).await.is(200);
    assert_eq!(again.text, longer.text, "ten days, not twenty");
    let longer = longer.json();
    assert_eq!(
        (&longer["expires_at"], &longer["extended_days"]),
        (&json!(end + 10 * DAY), &json!(10))
    );
    assert_eq!((&longer["extensions"], &longer["running"]), (&json!(1), &json!(true)));
    assert_eq!(robot.get(&here).await.is(200).json(), longer);
    let fresh = robot.get(&response).await.is(200).json();
    assert_ne!(fresh["token"], first["token"]);
    let token = file::read(fresh["file"].as_str().unwrap().as_bytes()).unwrap();
    let verified = portal.roots().verify_response(&token, Expect::Response).unwrap();
    let granted = verified.claims().granted().unwrap().grant.expires_at;
    assert_eq!(granted, Some(end + 10 * DAY));
    assert_eq!(verified.claims().request.id.to_string(), first["request_id"].as_str().unwrap());
    // Nothing new: the same bytes.
    let renewed = robot.post(&format!("{here}/renew"), json!({})).await.is(200).json();
    assert_eq!(renewed["token"], fresh["token"]);
    // What can no longer be installed is signed anew.
    portal.clock.advance(15 * DAY);
    let late = robot.keyed("POST", &format!("{here}/renew"), "late", json!({})).await.is(200);
    assert_ne!(late.json()["token"], fresh["token"]);
    assert_eq!(late.json()["expires_at"], end + 10 * DAY);
    let once = robot.keyed("POST", &format!("{here}/renew"), "late", json!({})).await.is(200);
    assert_eq!(once.text, late.text);
    let own = format!("token:{}", robot.id);
    let log = portal.audit().await;
    for action in ["trial.extend", "trial.renew"] {
        assert!(log.iter().any(|e| e.action == action && e.actor == own), "{action}");
    }
}

#[tokio::test]
async fn attack_support_extends_within_the_limits_and_no_further_whatever_its_token_says() {
    let portal = TestPortal::new().await;
    let mut settings = Settings::clone(&*portal.app.settings().await.unwrap());
    (settings.trial_extensions, settings.trial_extension_days) = (2, 10);
    portal.app.save_settings(&settings, "test").await.unwrap();
    portal.ada().await;
    let support = of(&portal, Role::Support).await;
    let (here, first) = trial(&portal, &Machine::new("lab-7", &portal.product)).await;
    let extend = format!("{here}/extend");
    let beyond = json!({"days": 11, "beyond_limits": true});
    for body in [json!({"days": 11}), beyond.clone()] {
        let refused = support.post(&extend, body).await.refuses_as(403, "extension-limit");
        assert_eq!(refused.json()["days_left"], 10);
    }
    support.post(&extend, json!({"days": 6})).await.is(200);
    let stale = json!({"days": 1, "seen_end": first["expires_at"]});
    support.post(&extend, stale).await.refuses_as(409, "trial-changed");
    let refused =
        support.post(&extend, json!({"days": 5})).await.refuses_as(403, "extension-limit");
    assert_eq!(refused.json()["days_left"], 4);
    support.post(&extend, json!({"days": 4})).await.is(200);
    support.post(&extend, json!({"days": 1})).await.refuses_as(403, "extension-limit");
    for days in [json!(0), json!(3651), json!(1_000_000_000_000_u64)] {
        support.post(&extend, json!({"days": days})).await.refuses_as(422, "unfit-value");
    }
    // An admin who means it goes beyond, and not by accident.
    let robot = portal.robot_again().await;
    robot.post(&extend, json!({"days": 11})).await.refuses_as(403, "extension-limit");
    let far = robot.post(&extend, beyond).await.is(200).json();
    assert_eq!((&far["extensions"], &far["extended_days"]), (&json!(3), &json!(21)));
}

#[tokio::test]
async fn attack_who_only_reads_extends_and_signs_nothing() {
    let stand = Stand::new().await;
    let portal = &stand.portal;
    let ada = portal.ada().await;
    let reader = portal.program(&ada, &[TokenScope::ReadTrials]).await;
    let auditor = of(portal, Role::ReadOnly).await;
    let blind = portal.program(&ada, &[TokenScope::ExtendTrials]).await;
    let here = format!("/api/v1/trials/started/{}", stand.trial);
    let before = portal.audit().await.len();
    for program in [&reader, &auditor] {
        for (act, body) in [("extend", json!({"days": 1})), ("renew", json!({}))] {
            let answer = program.post(&format!("{here}/{act}"), body).await;
            answer.refuses_as(403, "insufficient-scope");
        }
        program.get(&here).await.is(200);
        program.get(&format!("{here}/response")).await.is(200);
    }
    blind.get(&format!("{here}/response")).await.refuses_as(403, "insufficient-scope");
    assert_eq!(portal.audit().await.len(), before);
}

#[tokio::test]
async fn attack_a_trial_that_has_ended_gives_no_response_and_an_extension_key_is_good_for_one_body()
{
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let here = format!("/api/v1/trials/started/{}", stand.trial);
    let extend = format!("{here}/extend");
    robot.keyed("POST", &extend, "k", json!({"days": 1})).await.is(200);
    let other = robot.keyed("POST", &extend, "k", json!({"days": 2})).await;
    other.refuses_as(422, "idempotency-key-reused");
    assert_eq!(robot.get(&here).await.json()["extended_days"], 1);
    portal.clock.advance(400 * DAY);
    // A token ends in between: another program.
    let robot = portal.robot_again().await;
    robot.post(&format!("{here}/renew"), json!({})).await.refuses_as(409, "trial-ended");
    let more = json!({"days": 3, "beyond_limits": true});
    let longer = robot.post(&extend, more).await.is(200).json();
    assert_eq!(longer["expires_at"], NOW + 403 * DAY, "from now on");
}

#[tokio::test]
async fn trials_are_found_by_product_state_machine_and_key() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let (_, second) = trial(portal, &Machine::new("Lab-77", &portal.product)).await;
    let ids = async |query: &str| {
        let page = robot.get(&format!("/api/v1/trials?{query}")).await.is(200).json();
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let second = second["id"].as_str().unwrap();
    let shown = robot.get(&format!("/api/v1/trials/started/{second}")).await.is(200).json();
    let key = shown["device_key"].as_str().unwrap();
    for query in ["search=LAB-7", &format!("search={second}"), &format!("search={key}")] {
        assert_eq!(ids(query).await, [second], "{query}");
    }
    assert_eq!(ids("search=lab").await.len(), 2);
    assert_eq!(ids("product=acme-cad").await.len(), 2);
    assert_eq!(ids("product=other").await.len(), 0);
    assert_eq!(ids("state=running").await.len(), 2);
    let extend = format!("/api/v1/trials/started/{second}/extend");
    robot.post(&extend, json!({"days": 14})).await.is(200);
    assert_eq!(ids("state=extended").await, [second]);
    portal.clock.advance(20 * DAY);
    assert_eq!(ids("state=running").await, [second]);
    assert_eq!(ids("state=ended").await, [stand.trial.as_str()]);
    robot.get("/api/v1/trials?state=lost").await.refuses_as(400, "bad-query");
    let long = "x".repeat(201);
    robot.get(&format!("/api/v1/trials?search={long}")).await.refuses_as(400, "bad-query");
    // Pages of one, and the cursor of one question is none of another.
    let first = robot.get("/api/v1/trials?product=acme-cad&limit=1").await.is(200).json();
    let cursor = first["next"].as_str().unwrap();
    let next = format!("/api/v1/trials?product=acme-cad&limit=1&cursor={cursor}");
    let next = robot.get(&next).await.is(200).json();
    assert_ne!(first["items"][0]["id"], next["items"][0]["id"]);
    assert_eq!(next["next"], Value::Null);
    robot.get(&format!("/api/v1/trials?cursor={cursor}")).await.refuses_as(400, "bad-cursor");
}

impl TestPortal {
    /// A program of Ada's whose token was made now.
    pub(crate) async fn robot_again(&self) -> Program {
        let ada = self.stored_user("ada@acme.example").await;
        self.program(&ada, &TokenScope::ALL).await
    }
}
