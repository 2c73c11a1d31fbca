//! One request is found again in everything that was written about it.

use serde_json::Value;

use crate::installation::Installation;
use crate::process::Portal;
use crate::world::TestPortal;

fn lines(server: &Portal) -> Vec<Value> {
    server.log().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// The lines that were written while this request was answered.
fn of<'a>(lines: &'a [Value], id: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["span"]["id"] == id || line["spans"][0]["id"] == id).collect()
}

#[tokio::test]
async fn every_answer_has_an_id_and_problems_and_error_pages_say_it() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    let page = visitor.get("/login").await.is(200);
    let other = visitor.get("/login").await.is(200);
    let id = page.header("x-request-id");
    assert!(id.len() >= 16 && id != other.header("x-request-id"), "{id}");
    let missing = visitor.get("/no-such-page").await.is(404);
    let id = missing.header("x-request-id").to_owned();
    missing.says(&id);
    let post = visitor.request("POST", "/api/v1/activations").body("rubbish");
    let problem = visitor.send(post).await.is(422);
    assert_eq!(problem.json()["request_id"], problem.header("x-request-id"));
    let wrong = visitor.get("/api/v1/activations").await.refuses_as(401, "token-needed");
    assert_eq!(wrong.json()["request_id"], wrong.header("x-request-id"));
}

#[tokio::test]
async fn attack_a_stranger_who_names_their_own_request() {
    for (behind_proxy, taken) in [(false, false), (true, true)] {
        let portal = TestPortal::with(|config| config.behind_proxy = behind_proxy).await;
        let visitor = portal.visitor();
        let named = visitor.request("GET", "/login").header("x-request-id", "from-the-proxy.1");
        let answer = visitor.send(named).await.is(200);
        assert_eq!(answer.header("x-request-id") == "from-the-proxy.1", taken);
        // Not even a proxy writes whatever it likes.
        for bad in ["<script>", "a b", "", &"a".repeat(65), "x\" id=\"y"] {
            let named = visitor.request("GET", "/no-such-page").header("x-request-id", bad);
            let answer = visitor.send(named).await.is(404);
            assert_ne!(answer.header("x-request-id"), bad);
            answer.hides("<script>");
        }
    }
}

#[tokio::test]
async fn the_lines_of_a_request_say_its_id_and_route_and_never_its_address() {
    let here = Installation::new();
    let log = "warn,countersign_portal=info,countersign_portal::access=debug";
    let server = here.serve_with(log, &["--json-logs", "--behind-proxy"]);
    let visitor = server.visitor();
    let named = |path: &str, id: &str| visitor.request("GET", path).header("x-request-id", id);
    visitor.send(named("/password/a-secret-in-an-address", "well-1")).await;
    visitor.send(named("/login?next=a-secret-in-a-query", "well-2")).await.is(200);
    // A table is gone: nobody can be answered, and whoever runs the portal finds out why by the number that people say.
    here.database().execute_batch("ALTER TABLE app_user RENAME TO gone").unwrap();
    let form = [("email", "jane@lab.example"), ("password", "correct horse battery")];
    let post = visitor.request("POST", "/login").header("sec-fetch-site", "same-origin");
    let failed = visitor.send(post.header("x-request-id", "failed-1").form(&form)).await.is(503);
    failed.says("failed-1").hides("gone");
    let lines = lines(&server);
    let why = of(&lines, "failed-1");
    assert!(why.iter().any(|line| line["level"] == "ERROR"), "{lines:#?}");
    let access: Vec<_> = of(&lines, "well-1");
    assert_eq!(access.len(), 1, "{lines:#?}");
    assert_eq!(access[0]["span"]["route"], "/password/{token}");
    assert_eq!(access[0]["span"]["method"], "GET");
    let well = of(&lines, "well-2");
    assert_eq!(well[0]["fields"]["status"], 200);
    assert_eq!(well[0]["target"], "countersign_portal::access");
    for secret in ["a-secret-in", "correct horse", "jane@lab.example"] {
        assert!(!server.log().contains(secret), "{secret}: {}", server.log());
    }
}

#[tokio::test]
async fn without_json_a_line_is_for_people_and_says_the_id_too() {
    let here = Installation::new();
    let server = here.serve("warn,countersign_portal::access=debug");
    let id = server.visitor().get("/login").await.is(200).header("x-request-id").to_owned();
    let log = server.log();
    let line = log.lines().find(|line| line.contains("answered")).expect(&log);
    assert!(line.contains(&id) && line.contains("/login"), "{line}");
}
