//! Requests for hosts of the portal and for others.

use countersign_portal::access::Access;
use countersign_portal::routes;
use countersign_store::DomainState;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::TestPortal;
use crate::{DOMAIN, OPERATOR, portal_with};

/// What machines next door ask under any address.
const BY_ANY_NAME: [&str; 3] = ["/healthz", "/readyz", "/caddy/ask"];

/// Sends a head as it is; the whole answer.
async fn raw(portal: &TestPortal, head: &str) -> String {
    let address = portal.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn attack_an_unknown_host_gets_nothing_on_any_route() {
    let portal = portal_with(|_| ()).await;
    portal.has_domain(DomainState::Asked).await;
    let mut refused = 0;
    for host in ["evil.example", DOMAIN, "127.0.0.1", "localhost"] {
        let visitor = portal.at(host);
        for route in routes(&portal.app) {
            let path = route.path.replace(['{', '}', '*'], "");
            for method in ["GET", "POST"] {
                let request =
                    visitor.request(method, &path).header("sec-fetch-site", "same-origin");
                let answer = visitor.send(request).await;
                if BY_ANY_NAME.contains(&path.as_str()) {
                    assert_eq!(route.access, Access::Api);
                    assert_ne!(answer.status, 421, "{path}");
                    continue;
                }
                assert_eq!(answer.status, 421, "{method} {path} of {host}: {}", answer.text);
                assert!(answer.headers.get("set-cookie").is_none());
                assert!(
                    !answer.text.contains("Acme") && !answer.text.contains("evil"),
                    "{}",
                    answer.text
                );
                refused += 1;
            }
        }
        visitor.get("/no-such-page").await.is(421);
    }
    assert!(refused > 400, "the routes were not found: {refused}");
    portal.at("evil.example").get("/healthz").await.is(200);
    let api = portal.at("evil.example").get("/api/v1/policy").await;
    api.refuses_as(421, "unknown-host").hides(OPERATOR);
}

#[tokio::test]
async fn the_refusal_is_in_the_visitors_language() {
    let portal = portal_with(|_| ()).await;
    let visitor = portal.at("evil.example");
    let request = visitor.request("GET", "/activate").header("accept-language", "de");
    visitor.send(request).await.is(421).says("Unter diesem Namen nicht erreichbar");
    visitor.get("/activate").await.is(421).says("Not reached by this name");
}

#[tokio::test]
async fn hosts_are_read_strictly_and_in_one_way() {
    let portal = portal_with(|_| ()).await;
    portal.has_domain(DomainState::Verified).await;
    for (first, headers, expected) in [
        ("GET /activate HTTP/1.1", "host: portal.operator.example", 200),
        ("GET /activate HTTP/1.1", "host: PORTAL.Operator.EXAMPLE", 200),
        ("GET /activate HTTP/1.1", "host: portal.operator.example:443", 200),
        ("GET /activate HTTP/1.1", "host: licenses.acme.example", 200),
        ("GET http://licenses.acme.example/activate HTTP/1.1", "host: licenses.acme.example", 200),
        // Said twice, or not at all.
        (
            "GET /activate HTTP/1.1",
            "host: licenses.acme.example\r\nhost: licenses.acme.example",
            400,
        ),
        ("GET /activate HTTP/1.1", "host: licenses.acme.example\r\nhost: evil.example", 400),
        ("GET /activate HTTP/1.1", "host: evil.example\r\nhost: licenses.acme.example", 400),
        ("GET /activate HTTP/1.1", "x: y", 400),
        ("GET /activate HTTP/1.0", "x: y", 400),
        ("GET /activate HTTP/1.1", "host:", 400),
        ("GET http://evil.example/activate HTTP/1.1", "host: licenses.acme.example", 400),
        ("GET http://licenses.acme.example/activate HTTP/1.1", "host: evil.example", 400),
        ("GET http://licenses.acme.example/activate HTTP/1.1", "x: y", 400),
        // Almost one of them.
        ("GET /activate HTTP/1.1", "host: licenses.acme.example.", 400),
        ("GET /activate HTTP/1.1", "host: licenses.acme.example.evil.example", 421),
        ("GET /activate HTTP/1.1", "host: evil.example/licenses.acme.example", 400),
        ("GET /activate HTTP/1.1", "host: licenses.acme.example@evil.example", 400),
        ("GET /activate HTTP/1.1", "host: evil@licenses.acme.example", 400),
        ("GET /activate HTTP/1.1", "host: licenses.acme.example:", 400),
        ("GET /activate HTTP/1.1", "host: licenses.acme.example:99999", 400),
        ("GET /activate HTTP/1.1", "host: licenses.acme.example:80:80", 400),
        ("GET /activate HTTP/1.1", "host: licenses.acme.example, evil.example", 400),
        ("GET /activate HTTP/1.1", "host: xn--licenses-.acme.example", 421),
        ("GET /activate HTTP/1.1", "host: l\u{456}censes.acme.example", 400),
        ("GET /activate HTTP/1.1", "host: acme.example", 421),
        ("GET /activate HTTP/1.1", "host: operator.example", 421),
        ("GET /activate HTTP/1.1", "host: 127.0.0.1", 421),
        ("GET /activate HTTP/1.1", "host: [::1]:8080", 421),
        ("GET /activate HTTP/1.1", "host: [::1", 400),
        ("GET /activate HTTP/1.1", "host: 2130706433", 400),
    ] {
        let answer = raw(&portal, &format!("{first}\r\n{headers}")).await;
        assert_eq!(status(&answer), expected, "{first} {headers}: {answer}");
    }
}

#[tokio::test]
async fn attack_cache_poisoning_by_headers_about_hosts_changes_no_byte_of_a_page() {
    let portal = portal_with(|_| ()).await;
    portal.has_domain(DomainState::Used).await;
    let visitor = portal.at(DOMAIN);
    let page = visitor.get("/activate").await.is(200);
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-server", "evil.example"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-port", "666"),
        ("x-forwarded-prefix", "/evil"),
        ("x-original-url", "/evil"),
        ("x-rewrite-url", "/evil"),
        ("x-host", "evil.example"),
        ("x-http-host-override", "evil.example"),
        ("forwarded", "host=evil.example;proto=http"),
        ("origin", "https://evil.example"),
        ("referer", "https://evil.example/"),
    ] {
        let other = visitor.send(visitor.request("GET", "/activate").header(name, value)).await;
        assert_eq!((other.status, &other.text), (page.status, &page.text), "{name}");
        let redirect = visitor.send(visitor.request("GET", "/").header(name, value)).await;
        assert_eq!(redirect.header("location"), "/activate", "{name}");
    }
    // The page is the same under both hosts, and no shared cache keeps it.
    assert_eq!(portal.at(OPERATOR).get("/activate").await.text, page.text);
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn attack_dns_rebinding_reaches_no_portal_that_is_being_tried_out() {
    let portal = TestPortal::new().await;
    let port = portal.url.rsplit(':').next().unwrap();
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        portal.at(&format!("{host}:{port}")).get("/activate").await.is(200);
        portal.at(host).get("/activate").await.is(200);
    }
    for host in ["evil.example", "localhost.evil.example", "portal", "192.0.2.7"] {
        portal.at(&format!("{host}:{port}")).get("/activate").await.is(421);
    }
}

#[tokio::test]
async fn an_address_that_no_portal_can_have_is_refused_at_the_start() {
    for wrong in
        ["portal.acme.example", "https://acme.example/portal", "ftp://acme.example", "https://"]
    {
        let folder = tempfile::tempdir().unwrap();
        let mut config = countersign_portal::Config::new(folder.path().join("data"));
        config.public_url = Some(wrong.into());
        let refused = countersign_portal::App::open(config).await.unwrap_err();
        let words = format!("{refused:#}");
        assert!(words.contains("https://host") && words.contains(wrong), "{words}");
        assert!(!folder.path().join("data").exists(), "nothing was made");
    }
}
