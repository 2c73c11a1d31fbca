//! What is too large, too much or not readable is refused with words, and uses nothing up.

use countersign_core::license_key::LicenseKey;
use reqwest::multipart::{Form, Part};

use crate::played::Machine;
use crate::world::browser::Answer;
use crate::world::{CookieUser, TestPortal};

const ACTIVATIONS: &str = "/api/v1/activations";
const KIB: usize = 1024;

async fn api(browser: &CookieUser, content_type: &str, body: String) -> Answer {
    let post = browser.request("POST", ACTIVATIONS).header("content-type", content_type);
    browser.send(post.body(body)).await
}

async fn nothing_is_used_up(portal: &TestPortal, key: &LicenseKey) {
    assert_eq!(portal.stored(key).await.total_activations, 0);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_a_problem_with_a_code() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(1, None).await);
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    let padded = |size: usize| format!("{request}{}", " ".repeat(size - request.len()));
    let json = |size: usize| serde_json::json!({"request": padded(size)}).to_string();
    for size in [128 * KIB + 1, 1024 * KIB] {
        let text = api(&visitor, "text/plain", padded(size)).await;
        text.refuses_as(413, "too-long").says("at most 64 KiB");
        api(&visitor, "application/json", json(size)).await.refuses_as(413, "too-long");
    }
    // What fits into a body and is too large for a file is for the reader of files to refuse.
    for size in [64 * KIB + 1, 128 * KIB - 20] {
        let text = api(&visitor, "text/plain", padded(size)).await;
        text.refuses_as(422, "damaged-file").says("more than the 65536");
        let text = api(&visitor, "application/json", json(size)).await;
        text.refuses_as(422, "damaged-file").says("more than the 65536");
    }
    let token = format!("{}.e.e", "e".repeat(16_384));
    api(&visitor, "text/plain", token).await.refuses_as(413, "too-long");
    nothing_is_used_up(&portal, &key).await;
    api(&visitor, "text/plain", padded(64 * KIB)).await.is(200);
}

#[tokio::test]
async fn a_body_that_is_not_the_json_that_is_asked_for_says_what_is() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    for body in [
        "[]",
        r#"["request"]"#,
        "{}",
        r#"{"Request": "x"}"#,
        r#"{"request": null}"#,
        r#"{"request": 7}"#,
        r#"{"request": ["x"]}"#,
        r#"{"request": "x""#,
        r#"{"request": "x"} {"request": "y"}"#,
        "\"request\"",
        "null",
        "",
        &"[".repeat(60_000),
    ] {
        let problem = api(&visitor, "application/json", body.to_owned()).await;
        problem.refuses_as(400, "bad-json").says("POST {");
    }
}

#[tokio::test]
async fn json_is_known_by_its_type_however_that_is_written() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(1, None).await);
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    let json = serde_json::json!({"request": request, "note": "more is let be"}).to_string();
    let first = api(&visitor, "text/plain", request).await.is(200).text;
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(api(&visitor, kind, json.clone()).await.is(200).text, first);
    }
}

#[tokio::test]
async fn a_text_that_is_no_request_is_a_problem_that_says_what_is_wrong() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    for body in ["", " \r\n ", "rubbish !", "\u{0}", "\u{fffd}"] {
        let answer = api(&visitor, "text/plain", body.to_owned()).await;
        assert!(answer.status.is_client_error(), "{body:?}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let request = visitor.request("POST", ACTIVATIONS).body(vec![0xff, 0xfe, 0x00]);
    let answer = visitor.send(request).await;
    assert!(answer.status.is_client_error(), "{}", answer.text);
}

#[tokio::test]
async fn a_thousand_files_are_taken_and_one_more_is_not() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(9_999, None).await);
    let requests: Vec<_> = (0..1_001)
        .map(|n| Machine::new(&format!("lab-{n}"), &portal.product).activation(&key))
        .collect();
    let form = |count: usize| {
        requests[..count].iter().enumerate().fold(Form::new(), |form, (n, request)| {
            form.part("file", Part::text(request.clone()).file_name(format!("{n}.request")))
        })
    };
    let review = visitor.upload("/activate/review", form(1_001)).await.is(413);
    review.says("at most 1000 are taken at once").says("Nothing was used up.");
    let review = visitor.upload("/activate/review", form(1_000)).await.is(200);
    review.says("Activate 1000 machines");
    let fields: Vec<_> = requests.iter().map(|request| ("request", request.as_str())).collect();
    visitor.post("/activate/confirm", &fields).await.is(413).says("too many");
    visitor.post("/activate/confirm", &[]).await.is(413).says("No request came with the form");
    nothing_is_used_up(&portal, &key).await;
    let result = visitor.post("/activate/confirm", &fields[..1_000]).await.is(200);
    result.says("1000 requests are answered.").says("lab-99.response").says("rel=\"next\"");
    assert_eq!(portal.stored(&key).await.live_activations, 1_000);
}

#[tokio::test]
async fn an_upload_that_is_too_large_is_not_taken() {
    let portal = TestPortal::new().await;
    let jane = portal.customer("jane@lab.example").await;
    let key = portal.license_of("jane@lab.example", 1).await;
    let large = "x".repeat(18 * KIB * KIB + 1);
    for page in ["/activate", &format!("/licenses/{}", key.id())] {
        let form = Form::new().part("file", Part::text(large.clone()).file_name("a.request"));
        let answer = jane.upload(&format!("{page}/review"), form).await.is(413);
        answer.says("The upload was not taken").says("Nothing was used up.");
        jane.post(&format!("{page}/confirm"), &[("request", &large)]).await.is(413);
    }
    // One file among others that is too large spoils only itself.
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    let form = Form::new()
        .part("file", Part::text("x".repeat(64 * KIB + 1)).file_name("large.request"))
        .part("file", Part::text(request).file_name("lab-7.request"));
    let review = jane.upload("/activate/review", form).await.is(200);
    review.says("large.request").says("more than the 65536").says("Activate this machine");
    nothing_is_used_up(&portal, &key).await;
}

#[tokio::test]
async fn an_upload_that_is_broken_is_refused() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    let part = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc";
    let whole = format!("{part}\r\n--x--\r\n");
    for (kind, body) in [
        ("multipart/form-data; boundary=x", part),
        ("multipart/form-data; boundary=x", "rubbish"),
        ("multipart/form-data; boundary=x", "--x\r\nrubbish\r\n"),
        ("multipart/form-data; boundary=y", &whole),
        ("multipart/form-data", &whole),
        ("text/plain", &whole),
    ] {
        let post = visitor.request("POST", "/activate/review").header("content-type", kind);
        let answer = visitor.send(post.body(body.to_owned())).await;
        assert!(answer.status.is_client_error(), "{kind} {body:?}: {answer:?}");
    }
    let post = visitor.request("POST", "/activate/review");
    let post = post.header("content-type", "multipart/form-data; boundary=x").body(whole);
    visitor.send(post).await.is(200);
}

#[tokio::test]
async fn an_upload_of_nothing_asks_for_a_file() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    let empty = Form::new()
        .part("file", Part::text("").file_name(""))
        .text("pasted", " \r\n ")
        .text("license_key", "");
    visitor.upload("/activate/review", empty).await.says("Choose a request file first.");
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_refused() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    for (method, path, allowed) in [
        ("GET", "/api/v1/deactivations", "POST"),
        ("PUT", "/api/v1/trials", "GET,HEAD,POST"),
        ("POST", "/healthz", "GET,HEAD"),
        ("PUT", "/login", "GET,HEAD,POST"),
        ("DELETE", "/activate", "GET,HEAD"),
        ("PATCH", "/activate/confirm", "POST"),
    ] {
        let answer = visitor.send(visitor.request(method, path)).await.is(405);
        let mut methods: Vec<_> = answer.header("allow").split(',').collect();
        methods.sort_unstable();
        assert_eq!(methods.join(","), allowed, "{method} {path}");
    }
}

#[tokio::test]
async fn a_path_that_is_not_there_is_a_page_that_says_so() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    for path in ["/nowhere", "/admin/nowhere", "/apis", "/licenses/", "//activate", "/%2e%2e/etc"] {
        let answer = visitor.get(path).await.is(404).says("There is no such page");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    }
    visitor.post("/nowhere", &[("a", "b")]).await.is(404);
}

#[tokio::test]
async fn programs_that_ask_for_what_is_not_there_are_told_so_as_programs() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    for path in ["/api", "/api/", "/api/v1", "/api/v1/activations/", "/api/v2/x?y=1", "/api//x"] {
        for method in ["GET", "POST", "DELETE"] {
            let answer = visitor.send(visitor.request(method, path)).await;
            answer.refuses_as(404, "not-found");
        }
    }
}

#[tokio::test]
async fn programs_that_ask_otherwise_than_by_post_are_told_so_as_programs() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    for (path, allowed) in [
        (ACTIVATIONS, "GET,HEAD,POST"),
        ("/api/v1/deactivations", "POST"),
        ("/api/v1/trials", "GET,HEAD,POST"),
    ] {
        for method in ["GET", "PUT", "PATCH", "DELETE", "PROPFIND"] {
            let answer = visitor.send(visitor.request(method, path)).await;
            if method == "GET" && allowed.contains("GET") {
                // A list, for whoever has a token.
                answer.refuses_as(401, "token-needed");
                continue;
            }
            let answer = answer.refuses_as(405, "method-not-allowed");
            let mut methods: Vec<_> = answer.header("allow").split(',').collect();
            methods.sort_unstable();
            assert_eq!(methods.join(","), allowed, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_refused_before_it_is_read_as_a_request() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(1, None).await);
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    for kind in [
        "application/xml",
        "multipart/form-data; boundary=x",
        "image/png",
        "application/jsonx",
        "x",
    ] {
        let answer = api(&visitor, kind, request.clone()).await;
        answer.refuses_as(415, "unsupported-media-type").says("text/plain");
    }
    nothing_is_used_up(&portal, &key).await;
    for kind in [
        "Text/Plain; charset=utf-8",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    ] {
        api(&visitor, kind, request.clone()).await.is(200);
    }
}
