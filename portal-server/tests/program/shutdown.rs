//! Ending: what is under way is answered, what was answered is kept.

use std::time::Duration;

use countersign_core::license_key::LicenseKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::played::Machine;
use crate::process::Portal;
use crate::world::Installation;

/// An activation whose head is sent and whose body is not: the server says that it waits for it.
async fn half_sent(server: &Portal, body: &str) -> TcpStream {
    let address = server.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /api/v1/activations HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut waits = [0; 25];
    stream.read_exact(&mut waits).await.unwrap();
    assert_eq!(waits, *b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

async fn is_closed(server: &Portal) {
    let address = server.url().strip_prefix("http://").unwrap();
    for _ in 0..200 {
        if TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the server still takes connections ten seconds after SIGTERM");
}

fn a_license(here: &Installation) -> LicenseKey {
    here.admin(&["product", "create", "--id", "acme-cad"]).works();
    let made = here.admin(&["license", "create", "--product", "acme-cad", "--json"]).json();
    made["key"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_request_under_way_is_answered_after_sigterm() {
    let here = Installation::new();
    let mut server = here.serve("warn");
    let key = a_license(&here);
    let request = Machine::new("lab-7", &"acme-cad".parse().unwrap()).activation(&key);
    let mut stream = half_sent(&server, &request).await;
    server.terminate();
    is_closed(&server).await;
    assert!(!server.has_ended(), "it waits for what is under way");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(server.end_of_its_own().code(), Some(0), "{}", server.log());
    // The answer was on disk before it left: the same request gets it again.
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let visitor_of_next = here.serve("warn");
    let visitor = visitor_of_next.visitor();
    let again = visitor.request("POST", "/api/v1/activations").body(request);
    assert_eq!(visitor.send(again).await.is(200).text, body);
}

#[tokio::test]
async fn a_server_without_work_ends_at_once() {
    let here = Installation::new();
    let mut server = here.serve("warn");
    let idle = server.visitor();
    idle.get("/healthz").await.is(200);
    server.terminate();
    assert_eq!(server.end_of_its_own().code(), Some(0), "{}", server.log());
    drop(idle);
}

#[tokio::test]
async fn a_server_that_is_killed_has_kept_what_it_answered() {
    let here = Installation::new();
    let server = here.serve("warn");
    let key = a_license(&here);
    let request = Machine::new("lab-7", &"acme-cad".parse().unwrap()).activation(&key);
    let visitor = server.visitor();
    let post = visitor.request("POST", "/api/v1/activations").body(request.clone());
    let first = visitor.send(post).await.is(200).text;
    server.kill();
    let server = here.serve("warn");
    let visitor = server.visitor();
    let post = visitor.request("POST", "/api/v1/activations").body(request);
    assert_eq!(visitor.send(post).await.is(200).text, first);
}

#[tokio::test]
async fn a_second_server_on_the_same_port_says_what_to_do() {
    let here = Installation::new();
    let server = here.serve("warn");
    let address = server.url().strip_prefix("http://").unwrap();
    let other = Installation::new();
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_countersign-portal"))
        .args(["serve", "--listen", address, "--data"])
        .arg(other.data())
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let complaint = String::from_utf8(second.stderr).unwrap();
    assert!(complaint.contains("choose another address with --listen"), "{complaint}");
    assert!(!other.data().exists(), "it made nothing");
}

/// A client that says only half of what it wants must not hold its connection, nor the end of the process, for ever.
#[tokio::test]
async fn a_client_that_never_finishes_its_headers_is_cut_off() {
    let here = Installation::new();
    let server = here.serve("warn");
    let address = server.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let mut rest = Vec::new();
    let waited = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await;
    waited.expect("the server closes the connection").unwrap();
    server.visitor().get("/healthz").await.is(200);
}
