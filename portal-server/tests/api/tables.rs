//! Licenses from a table, by programs: CSV, or lines in JSON.

use serde_json::{Value, json};

use crate::stand::{Program, Stand};
use crate::world::TestPortal;
use crate::world::browser::Answer;

const HERE: &str = "/api/v1/licenses/import";
const DRY: &str = "/api/v1/licenses/import?dry_run=true";

async fn csv(robot: &Program, path: &str, text: &str) -> Answer {
    let post = robot.request("POST", path).header("content-type", "text/csv; charset=utf-8");
    robot.send(post.body(text.to_owned())).await
}

async fn licenses(portal: &TestPortal) -> usize {
    portal.audit().await.iter().filter(|entry| entry.action == "license.create").count()
}

fn lines_of(problem: &Value) -> Vec<(u64, String)> {
    let all = problem["faults"].as_array().unwrap().iter();
    let column = |fault: &Value| fault["column"].as_str().unwrap_or("-").to_owned();
    all.map(|fault| (fault["line"].as_u64().unwrap(), column(fault))).collect()
}

#[tokio::test]
async fn a_table_and_the_same_lines_in_json_make_the_same_licenses() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let before = licenses(portal).await;
    let text = "product,plan,holder,owner_email,activations,validity,features,count\n\
        acme-cad,stand,\"Example, Ltd\",new@lab.example,,,,2\n\
        acme-cad,,Jane,,5,365 days,cad|parts=500,\n";
    let lines = json!([
        {"product": "acme-cad", "plan": "Stand", "holder": "Example, Ltd", "owner_email": "new@lab.example", "count": 2},
        {"product": "acme-cad", "holder": "Jane", "activations": 5, "validity": "365 days", "features": "cad\nparts=500"},
    ]);
    let dry = csv(&robot, DRY, text).await.is(200).json();
    let same = robot.post(DRY, json!({"lines": lines})).await.is(200).json();
    assert_eq!(dry, same);
    assert_eq!((&dry["lines"], &dry["licenses"], &dry["users"]), (&json!(2), &json!(3), &json!(1)));
    assert_eq!((&dry["made"], &dry["fault_count"]), (&json!([]), &json!(0)));
    assert_eq!(licenses(portal).await, before, "it was looked at alone");

    for (sent, numbers) in [
        (csv(&robot, HERE, text).await.is(200).json(), [2, 2, 3]),
        (robot.post(HERE, json!({"lines": lines})).await.is(200).json(), [1, 1, 2]),
        (robot.post(HERE, json!({"csv": text})).await.is(200).json(), [2, 2, 3]),
    ] {
        let made = sent["made"].as_array().unwrap();
        let line: Vec<u64> = made.iter().map(|one| one["line"].as_u64().unwrap()).collect();
        assert_eq!(line, numbers);
        let license = &made[2];
        let path = format!("/api/v1/licenses/{}", license["id"].as_str().unwrap());
        let shown = robot.get(&path).await.is(200).json();
        assert_eq!((&shown["holder"], &shown["allowed_activations"]), (&json!("Jane"), &json!(5)));
        assert_eq!(shown["entitlements"], json!({"cad": true, "parts": 500}));
        assert_eq!(shown["key_end"], license["key_end"]);
        let first = format!("/api/v1/licenses/{}", made[0]["id"].as_str().unwrap());
        let first = robot.get(&first).await.is(200).json();
        assert_eq!(first["plan_id"], stand.plan.to_string());
        assert!(first["owner"].is_string(), "{first}");
    }
    assert_eq!(licenses(portal).await - before, 9);
    let own = format!("token:{}", robot.id);
    let log = portal.audit().await;
    assert!(
        log.iter()
            .filter(|e| e.action == "license.create")
            .all(|e| e.actor == own || e.actor == "test")
    );
}

#[tokio::test]
async fn every_bad_line_is_named_and_nothing_is_imported_while_one_is() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let before = portal.audit().await.len();
    let good = json!({"product": "acme-cad", "activations": 1, "validity": "30 days", "metadata": "a=1\nb=2"});
    let lines = json!([
        good,
        {"product": "nothing", "activations": "many", "validity": "30 days"},
        {"product": ""},
        good,
        {"product": "acme-cad", "activations": 1, "validity": "30 days", "key": "AAAAA", "count": 2},
        {"product": "acme-cad"},
    ]);
    let expected = [
        (2, "product"),
        (2, "activations"),
        (3, "product"),
        (5, "key"),
        (6, "activations"),
        (6, "validity"),
    ];
    let refused = robot.post(HERE, json!({"lines": lines})).await.refuses_as(422, "bad-lines");
    let dry = robot.post(DRY, json!({"lines": lines})).await.is(200).json();
    for answer in [refused.json(), dry.clone()] {
        let mut found = lines_of(&answer);
        found.sort();
        let mut all: Vec<(u64, String)> =
            expected.iter().map(|(line, column)| (*line, (*column).to_owned())).collect();
        all.sort();
        assert_eq!(found, all);
        assert_eq!(answer["fault_count"], 6);
        for fault in answer["faults"].as_array().unwrap() {
            assert!(!fault["detail"].as_str().unwrap().is_empty(), "{fault}");
        }
    }
    assert_eq!(dry["lines"], 6);
    let text = "product;activations;validity\nacme-cad;1;30 days\nacme-cad;x;30 days\n";
    let refused = csv(&robot, HERE, text).await.refuses_as(422, "bad-lines").json();
    assert_eq!(lines_of(&refused), [(3, "activations".to_owned())]);
    let header = csv(&robot, HERE, "product,licence\nacme-cad,x\n").await;
    assert_eq!(lines_of(&header.refuses_as(422, "bad-lines").json()), [(1, "-".to_owned())]);
    assert_eq!(portal.audit().await.len(), before);
}

#[tokio::test]
async fn attack_the_same_table_with_the_same_key_is_imported_once_and_another_one_not_at_all() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let before = licenses(portal).await;
    let send = async |key: &str, text: &str| {
        let post = robot.request("POST", HERE).header("content-type", "text/csv");
        robot.send(post.header("idempotency-key", key).body(text.to_owned())).await
    };
    let text = "product,plan\nacme-cad,Stand\n";
    let first = send("table-1", text).await.is(200);
    assert_eq!(send("table-1", text).await.is(200).text, first.text);
    let other = send("table-1", "product,plan,count\nacme-cad,Stand,9\n").await;
    other.refuses_as(422, "idempotency-key-reused");
    let many = (0..8).map(|_| send("table-2", text));
    let answers = futures_util::future::join_all(many).await;
    assert!(answers.iter().any(|answer| answer.status == 200));
    assert_eq!(licenses(portal).await - before, 2);
    // A table that was refused has used no key up.
    send("table-3", "product,plan\nacme-cad,None\n").await.refuses_as(422, "bad-lines");
    send("table-3", text).await.is(200);
}

#[tokio::test]
async fn attack_what_is_no_table_or_two_of_them_or_too_much() {
    let stand = Stand::new().await;
    let (portal, robot) = (&stand.portal, stand.portal.robot().await);
    let ada = portal.stored_user("ada@acme.example").await;
    let hog = portal.program(&ada, &countersign_store::TokenScope::ALL).await;
    let before = portal.audit().await.len();
    for body in [
        json!({}),
        json!({"lines": []}),
        json!({"csv": "product\nx\n", "lines": [{"product": "x"}]}),
    ] {
        robot.post(HERE, body).await.refuses_as(422, "unfit-value");
    }
    for body in [
        json!({"lines": [{"holder": "no product"}]}),
        json!({"lines": [{"product": "acme-cad", "role": "admin"}]}),
        json!({"lines": [{"product": ["acme-cad"]}]}),
        json!({"lines": [{"product": "acme-cad", "activations": 1.5}]}),
    ] {
        robot.post(HERE, body).await.refuses_as(400, "bad-json");
    }
    csv(&robot, HERE, "").await.refuses_as(422, "unfit-value");
    csv(&robot, HERE, "\n").await.refuses_as(422, "bad-lines");
    csv(&robot, HERE, "product\n\"endless").await.refuses_as(422, "bad-lines");
    csv(&robot, HERE, "a\0b\nx\n").await.refuses_as(422, "bad-lines");
    let post = robot.request("POST", HERE).header("content-type", "text/csv");
    robot.send(post.body(vec![b'p', 0xff, b'\n'])).await.refuses_as(400, "bad-json");
    csv(&robot, "/api/v1/licenses", "product\nacme-cad\n")
        .await
        .refuses_as(415, "unsupported-media-type");
    csv(&robot, &format!("{HERE}?dry_run=perhaps"), "x").await.refuses_as(400, "bad-query");
    let rows = "acme-cad,1,30 days\n".repeat(5001);
    let much = csv(&robot, HERE, &format!("product,activations,validity\n{rows}")).await;
    much.refuses_as(422, "bad-lines").says("5000");
    let counts = "acme-cad,1,30 days,1000\n".repeat(6);
    let many = csv(&robot, HERE, &format!("product,activations,validity,count\n{counts}")).await;
    many.refuses_as(422, "bad-lines").says("5000");
    // Two mebibytes, and a byte; with a client of its own, since its connection ends in the middle.
    let post = hog.request("POST", HERE).header("content-type", "text/csv");
    if let Ok(answer) = post.body("x".repeat(2 * 1024 * 1024 + 1)).send().await {
        assert_eq!(answer.status(), 413);
    }
    assert_eq!(portal.audit().await.len(), before);
}

#[tokio::test]
async fn attack_cells_that_are_formulas_or_markup_stay_what_they_are() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let strange = "=HYPERLINK(\"//x\") <script>";
    let lines =
        json!([{"product": "acme-cad", "holder": strange, "activations": 1, "validity": "9 days"}]);
    let made = robot.post(HERE, json!({"lines": lines})).await.is(200).json();
    let path = format!("/api/v1/licenses/{}", made["made"][0]["id"].as_str().unwrap());
    assert_eq!(robot.get(&path).await.is(200).json()["holder"], strange);
}
