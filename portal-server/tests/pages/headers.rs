//! Headers that keep what a page shows to itself, on every kind of answer.

use crate::played::Machine;
use crate::world::browser::{Answer, file};
use crate::world::{CookieUser, TestPortal};

fn is_guarded(what: &str, answer: &Answer) {
    let csp = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(csp.split(';').any(|p| p.trim() == part), "{what}: {part} is missing in {csp:?}");
    }
    assert!(!csp.contains("unsafe"), "{csp}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{what}");
    assert_eq!(answer.header("referrer-policy"), "same-origin", "{what}");
}

async fn look(browser: &CookieUser, what: &str, path: &str, status: u16) -> Answer {
    let answer = browser.get(path).await.is(status);
    is_guarded(what, &answer);
    answer
}

#[tokio::test]
async fn pages_are_guarded_and_not_stored() {
    let portal = TestPortal::new().await;
    let (visitor, admin) = (portal.visitor(), portal.admin().await);
    for (browser, path, status) in [
        (&visitor, "/activate", 200),
        (&visitor, "/login", 200),
        (&visitor, "/", 303),
        (&visitor, "/licenses", 303),
        (&visitor, "/password/x", 422),
        (&visitor, "/nowhere", 404),
        (&visitor, "/responses/x", 404),
        (&visitor, "/assets/none.js", 404),
        (&visitor, "/activate/review", 405),
        (&admin, "/admin", 200),
        (&admin, "/admin/licenses/none", 404),
    ] {
        let answer = look(browser, path, path, status).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    let foreign = admin.request("POST", "/admin/products").header("sec-fetch-site", "cross-site");
    is_guarded("a form from another site", &admin.send(foreign).await.is(403));
}

#[tokio::test]
async fn answers_of_the_api_are_guarded_and_not_stored() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(1, None).await);
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    let post = |body: &str| visitor.request("POST", "/api/v1/activations").body(body.to_owned());
    for (what, request, status) in [
        ("an answer", post(&request), 200),
        ("a file", post(&request).header("accept", "text/plain"), 200),
        ("a problem", post("rubbish !"), 422),
        ("a method that is not allowed", visitor.request("PUT", "/api/v1/activations"), 405),
        ("health", visitor.request("GET", "/healthz"), 200),
        ("readiness", visitor.request("GET", "/readyz"), 200),
    ] {
        let answer = visitor.send(request).await.is(status);
        is_guarded(what, &answer);
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    }
}

#[tokio::test]
async fn only_what_is_the_same_for_everybody_may_be_kept() {
    let portal = TestPortal::new().await;
    for (name, kind) in [
        ("portal.css", "text/css; charset=utf-8"),
        ("portal.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let answer = look(&portal.visitor(), name, &format!("/assets/{name}"), 200).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=3600");
        assert_eq!(answer.header("content-type"), kind);
    }
    for way_out in ["/assets/..%2fCargo.toml", "/assets/%2e%2e%2fsrc%2fmain.rs"] {
        portal.visitor().get(way_out).await.is(404);
    }
}

#[tokio::test]
async fn a_response_is_saved_as_a_file_whatever_the_machine_is_called() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(9, None).await);
    for (name, saved_as) in [
        ("lab-7", "filename=\"lab-7.response\""),
        ("../../etc/passwd", "filename=\"etc-passwd.response\""),
        ("a\"; filename=\"b.exe", "filename=\"a---filename--b.exe.response\""),
        ("Büro", "filename*=UTF-8''B%C3%BCro.response"),
    ] {
        let request = Machine::new(name, &portal.product).activation(&key);
        let hash = countersign_core::Hash::of(&request);
        let page = visitor.post("/activate/confirm", &[("request", &request)]).await.is(200);
        page.says(&format!("/responses/{hash}"));
        let answer = look(&visitor, name, &format!("/responses/{hash}"), 200).await;
        let disposition = answer.header("content-disposition");
        assert!(disposition.starts_with("attachment; "), "{disposition}");
        assert!(disposition.contains(saved_as), "{disposition}");
        let picture = look(&visitor, name, &format!("/responses/{hash}/qr.svg"), 200).await;
        assert_eq!(picture.header("content-type"), "image/svg+xml");
    }
    // A page that echoes a file's name echoes it as text.
    let review = visitor.upload("/activate/review", file("<i>a</i>.request", "rubbish !")).await;
    review.is(200).hides("<i>a</i>");
}
