//! Plans, licenses by them, and taking their values again, by programs.

use countersign_store::{Plan, Role, TokenScope};
use serde_json::{Value, json};

use crate::played::{Machine, NOW};
use crate::stand::{Program, Stand};
use crate::world::{DAY, TestPortal};

const PLANS: &str = "/api/v1/plans";

fn team() -> Value {
    json!({
        "product": "acme-cad", "name": "Team", "allowed_activations": 10, "allowed_deactivations": 3,
        "days": 365, "days_from": "first-activation", "import_days": 7, "strategy": "exact",
        "entitlements": {"cad": true, "parts": 500}, "metadata": {"tier": {"value": "t2", "visible_to": ["user"]}},
        "maintenance_days": 400, "highest_version": "4.x",
    })
}

async fn made(robot: &Program, body: Value) -> (String, Value) {
    let made = robot.post(PLANS, body).await.is(201);
    (made.header("location").to_owned(), made.json())
}

fn ids(made: &Value) -> Vec<String> {
    let all = made["licenses"].as_array().unwrap();
    all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

async fn count(portal: &TestPortal, action: &str) -> usize {
    portal.audit().await.iter().filter(|entry| entry.action == action).count()
}

/// All of them, however many.
fn licenses(portal: &TestPortal) -> i64 {
    let data = portal.app.config().data.join("countersign.db");
    let database = rusqlite::Connection::open(data).unwrap();
    database.query_row("SELECT COUNT(*) FROM license", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_plan_is_made_read_changed_archived_and_comes_back() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let (path, plan) = made(&robot, team()).await;
    for (name, value) in team().as_object().unwrap() {
        assert_eq!(&plan[name], value, "{name}");
    }
    assert_eq!((&plan["revision"], &plan["archived"]), (&json!(1), &json!(false)));
    let shown = robot.get(&path).await.is(200);
    assert_eq!((shown.json(), shown.header("etag")), (plan.clone(), "\"1\""));

    let change = json!({"name": "Team 2", "allowed_activations": null, "days": null, "maintenance_days": null, "highest_version": null, "archived": true});
    let changed = robot.patch(&path, change).await.is(200).json();
    for emptied in
        ["allowed_activations", "days", "days_from", "maintenance_days", "highest_version"]
    {
        assert_eq!(changed[emptied], Value::Null, "{emptied}");
    }
    for stays in ["product", "allowed_deactivations", "entitlements", "metadata", "import_days"] {
        assert_eq!(changed[stays], plan[stays], "{stays}");
    }
    assert_eq!((&changed["name"], &changed["archived"]), (&json!("Team 2"), &json!(true)));
    let list = async |query: &str| {
        let page = robot.get(&format!("{PLANS}{query}")).await.is(200).json();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!((list("?archived=true").await, list("?archived=false").await), (1, 0));
    assert_eq!((list("?product=acme-cad").await, list("?product=other").await), (1, 0));
    let back = robot.patch(&path, json!({"archived": false, "days": 30})).await.is(200).json();
    assert_eq!((&back["days"], &back["days_from"]), (&json!(30), &json!("creation")));
    let actions = ["plan.create", "plan.archive", "plan.change"];
    let log = portal.audit().await;
    for action in actions {
        let own = format!("token:{}", robot.id);
        assert!(log.iter().any(|e| e.action == action && e.actor == own), "{action}");
    }
}

#[tokio::test]
async fn what_no_plan_can_be_is_refused_with_its_reason() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let (path, _) = made(&robot, team()).await;
    let with = |more: Value| {
        let mut body = team();
        body["name"] = json!("Other");
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let before = portal.audit().await.len();
    for more in [
        json!({"product": "nothing"}),
        json!({"name": " "}),
        json!({"name": "x".repeat(101)}),
        json!({"days": null}),
        json!({"import_days": 366}),
        json!({"highest_version": "x"}),
        json!({"entitlements": {"": true}}),
        json!({"metadata": {"m": {"value": "x".repeat(501)}}}),
    ] {
        robot.post(PLANS, with(more)).await.refuses_as(422, "unfit-value");
    }
    robot.post(PLANS, with(json!({"name": "TEAM"}))).await.refuses_as(409, "conflict");
    robot.patch(&path, json!({"product": "acme-cam"})).await.refuses_as(400, "bad-json");
    robot
        .patch(&path, json!({"days": null, "days_from": "creation"}))
        .await
        .refuses_as(422, "unfit-value");
    assert_eq!(portal.audit().await.len(), before);
}

#[tokio::test]
async fn attack_a_change_of_another_revision_of_a_plan_is_refused() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let (path, _) = made(&robot, team()).await;
    let send = async |tag: &str, seats: u64| {
        let patch = robot.request("PATCH", &path).header("if-match", tag);
        robot.send(patch.json(&json!({"allowed_activations": seats}))).await
    };
    assert_eq!(send("\"1\"", 11).await.is(200).header("etag"), "\"2\"");
    send("\"1\"", 99).await.refuses_as(412, "changed-meanwhile");
    send("W/\"2\"", 99).await.refuses_as(400, "bad-if-match");
    assert_eq!(robot.get(&path).await.json()["allowed_activations"], 11);
    // Eight at once: each is made or refused, and none is lost.
    let patch = |n: u64| robot.patch(&path, json!({"allowed_activations": 20 + n}));
    let answers = futures_util::future::join_all((0..8).map(patch)).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    for refused in answers.into_iter().filter(|answer| answer.status != 200) {
        refused.refuses_as(412, "changed-meanwhile");
    }
    let revision = robot.get(&path).await.json()["revision"].as_u64().unwrap();
    assert_eq!(revision, 2 + done as u64);
}

#[tokio::test]
async fn licenses_by_a_plan_are_what_it_says_and_what_is_given_over_it() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let (path, plan) = made(&robot, team()).await;
    let here = format!("{path}/licenses");
    let one = robot.post(&here, json!({"holder": "Jane"})).await.is(201);
    assert!(!one.text.contains("key\":"), "{}", one.text);
    let license = robot.get(one.header("location")).await.is(200).json();
    assert_eq!(license["id"], one.json()["licenses"][0]["id"]);
    assert_eq!(license["key_end"], one.json()["licenses"][0]["key_end"]);
    for name in [
        "allowed_activations",
        "entitlements",
        "metadata",
        "import_days",
        "strategy",
        "highest_version",
    ] {
        assert_eq!(license[name], plan[name], "{name}");
    }
    assert_eq!((&license["plan"], &license["plan_id"]), (&json!("Team"), &plan["id"]));
    assert_eq!(license["validity"], "from-first-activation");
    assert_eq!(license["maintenance_until"], NOW + 400 * DAY);

    let over = json!({
        "count": 2, "owner": stand.user.to_string(), "organization": stand.organization.to_string(),
        "allowed_activations": null, "expires_at": NOW + 9 * DAY, "import_days": 3, "strategy": "loose",
        "entitlements": {"edition": "gold"}, "metadata": {"order": {"value": "4711", "visible_to": []}},
        "maintenance_until": null, "highest_version": "5.x",
    });
    let two = robot.post(&here, over.clone()).await.is(201);
    assert_eq!(two.header("location"), here);
    for id in ids(&two.json()) {
        let license = robot.get(&format!("/api/v1/licenses/{id}")).await.is(200).json();
        for (name, value) in over.as_object().unwrap() {
            if !matches!(name.as_str(), "count" | "metadata") {
                assert_eq!(&license[name], value, "{name}");
            }
        }
        assert_eq!(license["metadata"]["order"]["value"], "4711");
        assert_eq!(license["metadata"]["tier"]["value"], "t2");
    }
    let listed = robot.get(&here).await.is(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
    // A machine gets what the license says.
    let key = robot.get(&format!("{}/key", one.header("location"))).await.is(200).json();
    let key = key["key"].as_str().unwrap().parse().unwrap();
    let machine = Machine::new("lab-9", &portal.product).activation(&key);
    let anybody = portal.visitor();
    let answer = anybody.send(anybody.request("POST", "/api/v1/activations").body(machine)).await;
    assert_eq!(answer.is(200).json()["expires_at"], NOW + 365 * DAY);
}

#[tokio::test]
async fn a_thousand_licenses_are_made_together_and_one_more_makes_none() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let here = stand.path("/api/v1/plans/{id}/licenses");
    let before = licenses(portal);
    for wrong in [0, 1001, u64::MAX] {
        robot.post(&here, json!({"count": wrong})).await.refuses_as(422, "unfit-value");
    }
    let all = robot.post(&here, json!({"count": 1000})).await.is(201).json();
    let mut found = ids(&all);
    assert_eq!(found.len(), 1000);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 1000);
    assert_eq!(licenses(portal), before + 1000);
}

#[tokio::test]
async fn attack_the_same_key_for_many_licenses_makes_them_once_and_another_body_makes_none() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let here = stand.path("/api/v1/plans/{id}/licenses");
    let before = count(portal, "license.create").await;
    let first = robot.keyed("POST", &here, "order-1", json!({"count": 20})).await.is(201);
    let again = robot.keyed("POST", &here, "order-1", json!({"count": 20})).await.is(201);
    assert_eq!((&again.text, again.header("location")), (&first.text, first.header("location")));
    let other = robot.keyed("POST", &here, "order-1", json!({"count": 21})).await;
    other.refuses_as(422, "idempotency-key-reused");
    let send = || robot.keyed("POST", &here, "at-once", json!({"count": 3}));
    let answers = futures_util::future::join_all((0..12).map(|_| send())).await;
    assert!(answers.iter().any(|answer| answer.status == 201));
    assert_eq!(count(portal, "license.create").await - before, 23);
    // What was refused has used nothing up.
    robot.keyed("POST", &here, "order-2", json!({"count": 0})).await.refuses_as(422, "unfit-value");
    robot.keyed("POST", &here, "order-2", json!({"count": 1})).await.is(201);
}

#[tokio::test]
async fn attack_an_archived_plan_an_old_revision_and_strangers_make_nothing() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let here = stand.path("/api/v1/plans/{id}");
    let licenses = format!("{here}/licenses");
    let before = count(portal, "license.create").await;
    for unknown in ["owner", "organization"] {
        let body = json!({unknown: "AAAAAAAAAAAAAAAAAAAAAA"});
        robot.post(&licenses, body).await.refuses_as(422, "unfit-value");
    }
    let stale = robot.post(&licenses, json!({"plan_revision": 7})).await;
    stale.refuses_as(412, "changed-meanwhile");
    robot.patch(&here, json!({"archived": true})).await.is(200);
    robot.post(&licenses, json!({})).await.refuses_as(409, "conflict");
    let take = stand.path("/api/v1/licenses/{id}/plan");
    robot.post(&take, json!({})).await.refuses_as(409, "conflict");
    robot.patch(&here, json!({"archived": false})).await.is(200);
    robot.patch("/api/v1/products/acme-cad", json!({"archived": true})).await.is(200);
    robot.post(&licenses, json!({})).await.refuses_as(409, "conflict");
    assert_eq!(count(portal, "license.create").await, before);
}

#[tokio::test]
async fn attack_a_program_is_no_second_person_for_perpetual_licenses_of_a_plan() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let eve = portal.vendor("eve@acme.example").await;
    let (path, _) = made(&robot, json!({"product": "acme-cad", "name": "For ever"})).await;
    portal.app.store().begin_two_people(eve.id, NOW).await.unwrap();
    let before = portal.audit().await.len();
    let here = format!("{path}/licenses");
    robot.post(&here, json!({"count": 2})).await.refuses_as(403, "second-person-needed");
    let line =
        json!({"lines": [{"product": "acme-cad", "activations": 1, "validity": "perpetual"}]});
    let table = robot.post("/api/v1/licenses/import", line).await.refuses_as(422, "bad-lines");
    table.says("second admin");
    assert_eq!(portal.audit().await.len(), before);
    assert!(portal.app.store().proposals_waiting(NOW).await.unwrap().is_empty());
    robot.post(&here, json!({"count": 2, "days": 30})).await.is(201);
}

#[tokio::test]
async fn a_license_is_compared_with_its_plan_and_takes_its_values_again() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let (path, plan) = made(&robot, team()).await;
    let own = json!({"metadata": {"own": {"value": "1"}}});
    let one = robot.post(&format!("{path}/licenses"), own).await.is(201);
    let license = one.header("location").to_owned();
    let here = format!("{license}/plan");
    let same = robot.get(&here).await.is(200).json();
    assert_eq!((&same["plan"], &same["differs"]), (&plan["id"], &json!([])));
    robot.patch(&license, json!({"allowed_activations": 3, "entitlements": {}})).await.is(200);
    robot.patch(&path, json!({"name": "Team 5", "highest_version": "5.x"})).await.is(200);
    let differs = robot.get(&here).await.is(200).json();
    let expected = json!([
        {"value": "name", "here": "Team", "by_plan": "Team 5"},
        {"value": "activations", "here": 3, "by_plan": 10},
        {"value": "features", "here": {}, "by_plan": {"cad": true, "parts": 500}},
        {"value": "highest-version", "here": "4.x", "by_plan": "5.x"},
    ]);
    assert_eq!((&differs["differs"], &differs["plan_revision"]), (&expected, &json!(2)));
    // One value, then all of them. What the license has beside the plan is its own.
    let one = robot.post(&here, json!({"values": ["activations"], "plan_revision": 2})).await;
    let one = one.is(200).json();
    assert_eq!((&one["allowed_activations"], &one["entitlements"]), (&json!(10), &json!({})));
    let revision = one["revision"].as_i64().unwrap();
    let stale = robot.request("POST", &here).header("if-match", format!("\"{}\"", revision - 1));
    robot.send(stale.json(&json!({}))).await.refuses_as(412, "changed-meanwhile");
    robot.post(&here, json!({"plan_revision": 1})).await.refuses_as(412, "changed-meanwhile");
    let fresh = robot.request("POST", &here).header("if-match", format!("\"{revision}\""));
    let all = robot.send(fresh.json(&json!({}))).await.is(200).json();
    assert_eq!((&all["plan"], &all["entitlements"]), (&json!("Team 5"), &plan["entitlements"]));
    assert_eq!(all["metadata"]["own"]["value"], "1");
    assert_eq!(robot.get(&here).await.json()["differs"], json!([]));
    // Another plan of the product becomes its plan; one of another product does not.
    let stands = stand.plan.to_string();
    let given = robot.post(&here, json!({"plan": stands})).await.is(200).json();
    assert_eq!((&given["plan_id"], &given["plan"]), (&json!(stands), &json!("Stand")));
    robot.post("/api/v1/products", json!({"id": "acme-cam"})).await.is(201);
    let (cam, _) = made(&robot, json!({"product": "acme-cam", "name": "Cam"})).await;
    let cam = cam.rsplit('/').next().unwrap();
    robot.get(&format!("{here}?plan={cam}")).await.refuses_as(422, "unfit-value");
    robot.post(&here, json!({"plan": cam})).await.refuses_as(422, "unfit-value");
    let without = portal.license_with(|_| ()).await.id();
    let without = format!("/api/v1/licenses/{without}/plan");
    robot.get(&without).await.refuses_as(409, "conflict");
    robot.post(&without, json!({"values": []})).await.refuses_as(409, "conflict");
    robot.post(&here, json!({"values": []})).await.refuses_as(422, "unfit-value");
    robot.post(&here, json!({"values": ["key"]})).await.refuses_as(400, "bad-json");
}

#[tokio::test]
async fn a_plans_values_are_taken_for_all_licenses_part_by_part() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let (path, plan) = made(&robot, team()).await;
    let made = robot.post(&format!("{path}/licenses"), json!({"count": 205})).await.is(201).json();
    let first = format!("/api/v1/licenses/{}", ids(&made)[0]);
    let key = robot.get(&format!("{first}/key")).await.json()["key"].as_str().unwrap().to_owned();
    let anybody = portal.visitor();
    for machine in ["lab-1", "lab-2", "lab-3"] {
        let asked = Machine::new(machine, &portal.product).activation(&key.parse().unwrap());
        anybody.send(anybody.request("POST", "/api/v1/activations").body(asked)).await.is(200);
    }
    robot.patch(&path, json!({"allowed_activations": 2, "import_days": 9})).await.is(200);
    let values = json!({"values": ["activations", "activations"]});
    let before = portal.audit().await.len();
    let would = robot.post(&format!("{path}/preview"), values.clone()).await.is(200).json();
    assert_eq!((&would["looked_at"], &would["changed"]), (&json!(205), &json!(204)));
    assert_eq!((&would["below_use"], &would["unchanged"]), (&json!(1), &json!([ids(&made)[0]])));
    assert_eq!(portal.audit().await.len(), before, "it was shown and not done");
    let apply = format!("{path}/apply");
    let old = json!({"values": ["activations"], "plan_revision": plan["revision"]});
    robot.post(&apply, old).await.refuses_as(412, "changed-meanwhile");
    let (mut changed, mut looked, mut body) = (0, 0, values);
    body["plan_revision"] = would["plan_revision"].clone();
    for part in ["part-1", "part-2"] {
        let done = robot.keyed("POST", &apply, part, body.clone()).await.is(200);
        let again = robot.keyed("POST", &apply, part, body.clone()).await.is(200);
        assert_eq!(again.text, done.text);
        let done = done.json();
        changed += done["changed"].as_u64().unwrap();
        looked += done["looked_at"].as_u64().unwrap();
        assert_eq!(done["next"].is_string(), part == "part-1", "{done}");
        body["after"] = done["next"].clone();
    }
    assert_eq!((changed, looked), (204, 205));
    let used = robot.get(&first).await.is(200).json();
    assert_eq!(used["allowed_activations"], 10, "three machines run: it stays");
    let other = robot.get(&format!("/api/v1/licenses/{}", ids(&made)[204])).await.json();
    assert_eq!((&other["allowed_activations"], &other["import_days"]), (&json!(2), &json!(7)));
}

#[tokio::test]
async fn attack_tokens_that_only_read_or_of_people_who_may_not_change_no_plan_and_no_license() {
    let stand = Stand::new().await;
    let (portal, ada) = (&stand.portal, stand.portal.ada().await);
    let readers: Vec<TokenScope> =
        TokenScope::ALL.into_iter().filter(|scope| scope.as_str().ends_with(":read")).collect();
    let reader = portal.program(&ada, &readers).await;
    let of = async |email: &str, role: Role| {
        let user = portal.user(|user| {
            user.email = email.into();
            user.role = role;
        });
        portal.program(&user.await, &TokenScope::ALL).await
    };
    let support = of("sam@acme.example", Role::Support).await;
    let auditor = of("olga@acme.example", Role::ReadOnly).await;
    let plan = stand.path("/api/v1/plans/{id}");
    let license = stand.path("/api/v1/licenses/{id}");
    let writes = [
        ("POST", PLANS.to_owned(), team()),
        ("PATCH", plan.clone(), json!({"archived": true})),
        ("POST", format!("{plan}/licenses"), json!({})),
        ("POST", format!("{plan}/preview"), json!({"values": ["features"]})),
        ("POST", format!("{plan}/apply"), json!({"values": ["features"]})),
        ("POST", format!("{license}/plan"), json!({})),
        ("PATCH", license.clone(), json!({"status": "revoked"})),
        ("POST", "/api/v1/licenses/import".into(), json!({"lines": []})),
    ];
    let before = portal.audit().await.len();
    for program in [&reader, &support, &auditor] {
        for (method, path, body) in &writes {
            let answer = program.send(program.request(method, path).json(body)).await;
            answer.refuses_as(403, "insufficient-scope");
        }
        program.get(&plan).await.is(200);
        program.get(&format!("{license}/plan")).await.is(200);
    }
    assert_eq!(portal.audit().await.len(), before);
}

#[tokio::test]
async fn attack_a_reseller_reaches_no_license_by_a_token_neither_of_another_one_nor_their_own() {
    let stand = Stand::new().await;
    let portal = &stand.portal;
    portal.ada().await;
    let (first, second) = (portal.reseller("First").await, portal.reseller("Second").await);
    portal.sold_by(stand.organization, Some(first)).await;
    let before = portal.stored(&stand.license).await;
    for (email, reseller) in [("rita@first.example", first), ("ralf@second.example", second)] {
        let user = portal.user(|user| {
            user.email = email.into();
            user.role = Role::ResellerAdmin;
            user.organization = Some(reseller);
        });
        let program = portal.program(&user.await, &TokenScope::ALL).await;
        let here = stand.path("/api/v1/licenses/{id}");
        let plan = stand.path("/api/v1/plans/{id}");
        for path in [&here, &format!("{here}/plan"), &format!("{here}/key"), &plan] {
            let answer = program.get(path).await.refuses_as(403, "insufficient-scope");
            assert!(!answer.text.contains("Jane"), "{}", answer.text);
        }
        program
            .post(&format!("{here}/plan"), json!({}))
            .await
            .refuses_as(403, "insufficient-scope");
        let owner = json!({"owner": user_id(portal, email).await});
        program.patch(&here, owner).await.refuses_as(403, "insufficient-scope");
    }
    assert_eq!(portal.stored(&stand.license).await, before);
}

async fn user_id(portal: &TestPortal, email: &str) -> String {
    portal.stored_user(email).await.id.to_string()
}

#[tokio::test]
async fn who_had_a_license_and_who_gets_it_hear_of_it_by_mail_as_by_the_page() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let joe = portal.user(|user| user.email = "joe@lab.example".into()).await;
    let path = stand.path("/api/v1/licenses/{id}");
    let told = async |from: usize| {
        let mails = portal.mails().await;
        assert!(mails.iter().all(|mail| !mail.raw.contains(&stand.license.grouped())));
        let mut told: Vec<String> = mails[from..].iter().map(|mail| mail.to.clone()).collect();
        told.sort();
        told
    };
    let before = portal.mails().await.len();
    robot.patch(&path, json!({"owner": stand.user.to_string()})).await.is(200);
    assert_eq!(told(before).await, ["jane@lab.example"]);
    for _ in 0..2 {
        let to_joe = json!({"owner": joe.id.to_string()});
        robot.keyed("PATCH", &path, "hand-over", to_joe).await.is(200);
    }
    robot.patch(&path, json!({"holder": "Joe"})).await.is(200);
    let both = ["jane@lab.example", "joe@lab.example"];
    assert_eq!(told(before + 1).await, both, "who had it, who gets it, once each");
}

#[tokio::test]
async fn plans_of_the_page_and_of_programs_are_the_same() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let robot = portal.robot_again().await;
    let stored: Plan = portal.plan("By hand", |_| ()).await;
    let shown = robot.get(&format!("{PLANS}/{}", stored.id)).await.is(200).json();
    assert_eq!((&shown["name"], &shown["days"]), (&json!("By hand"), &json!(365)));
    let (path, _) = made(&robot, team()).await;
    let id = path.rsplit('/').next().unwrap();
    admin.get(&format!("/admin/plans/{id}")).await.is(200).says("Team").says("4.x");
}
