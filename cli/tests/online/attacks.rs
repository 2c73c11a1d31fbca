//! Portals that lie, lead elsewhere, say too much or nothing; tokens that others could have.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use countersign_store::TokenScope;
use serde_json::json;

use crate::lab::{Lab, err, out};
use crate::liar::{Liar, answer};
use crate::portal::Portal;

/// `sign` of one request against this address.
fn sign(lab: &Lab, url: &str, more: &[&str]) -> (Option<i32>, String) {
    let words = ["sign", "requests/lab-1.request", "--portal", url, "--root", "portal.pub"];
    let done = lab.run(&[&words[..], more].concat());
    (done.status.code(), format!("{} {}", out(&done), err(&done)))
}

#[test]
fn attack_a_portal_that_gives_another_machines_response_is_found_out() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    lab.ask(2);
    let words = ["sign", "requests/lab-2.request", "--json"];
    lab.done(&[&words[..], &portal.options()[..]].concat());
    let other = fs::read(lab.path("lab-2.response")).unwrap();
    let other = countersign_core::file::read(&other).unwrap();
    // Signed by a root that nobody here knows.
    lab.done(&["keys", "root", "--out", "evil.pem"]);
    let evil = [
        "sign",
        "requests/lab-1.request",
        "--key",
        "evil.pem",
        "--days",
        "9",
        "--out",
        "e.response",
    ];
    lab.done(&evil);
    let own = countersign_core::file::read(&fs::read(lab.path("e.response")).unwrap()).unwrap();
    for (token, why) in
        [(other, "answers another request"), (own, "does not verify"), ("x.y.z".into(), "verify")]
    {
        let body =
            json!({"token": token, "file": token, "id": "x", "type": "trial+jwt"}).to_string();
        let liar = Liar::new(move |_, _| answer("200 OK", "", &body));
        let (code, said) = sign(&lab, &liar.url, &["--token-file", "token"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(why) && said.contains("not handed out"), "{why}: {said}");
        assert!(!lab.path("lab-1.response").exists());
    }
}

#[test]
fn attack_a_redirect_to_another_host_does_not_get_the_token() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    let thief = Liar::new(|_, _| answer("200 OK", "", "{}"));
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let to = format!("location: {}/api/v1/requests\r\n", thief.url);
        let liar = Liar::new(move |_, _| answer(status, &to, ""));
        let (code, said) = sign(&lab, &liar.url, &["--token-file", "token"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("it sends elsewhere") && said.contains(&thief.url), "{said}");
        assert_eq!(liar.heard().len(), 1);
    }
    assert_eq!(thief.heard(), Vec::<String>::new());
    drop(portal);
}

#[test]
fn attack_an_answer_without_an_end_is_not_read_to_its_end() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    let huge = Liar::new(|_, _| answer("200 OK", "", &"x".repeat(5 * 1024 * 1024)));
    let (code, said) = sign(&lab, &huge.url, &["--token-file", "token"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("more than 4194304 bytes"), "{said}");
    drop(portal);
}

#[test]
fn attack_a_portal_that_never_answers_is_not_waited_for_without_end() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    // It takes the connection, and says nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (code, said) = sign(&lab, &url, &["--token-file", "token", "--timeout", "1"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("does not answer") && said.contains("Nothing was signed here"), "{said}");
    drop((portal, listener));
}

#[test]
fn attack_what_is_no_portal_gets_nothing_done() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    for (status, body) in [
        ("200 OK", "<!doctype html><title>Log in to the hotel's network</title>"),
        ("200 OK", "{}"),
        ("404 Not Found", "<html>"),
        ("500 Internal Server Error", ""),
        ("502 Bad Gateway", "{}"),
    ] {
        let other = Liar::new(move |_, _| answer(status, "content-type: text/html\r\n", body));
        let (code, said) = sign(&lab, &other.url, &["--token-file", "token"]);
        assert_eq!(code, Some(1), "{status}: {said}");
        assert!(!lab.path("lab-1.response").exists(), "{status} {body}");
    }
    drop(portal);
}

#[test]
fn attack_a_token_file_that_others_can_read_is_refused_before_anything_is_sent() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    let heard = Liar::new(|_, _| String::new());
    for mode in [0o644, 0o640, 0o660, 0o604] {
        fs::set_permissions(lab.path("token"), fs::Permissions::from_mode(mode)).unwrap();
        let (code, said) = sign(&lab, &heard.url, &["--token-file", "token"]);
        assert_eq!(code, Some(1), "{mode:o}");
        assert!(
            said.contains("others on this machine can read") && said.contains("chmod 600"),
            "{said}"
        );
    }
    assert_eq!(heard.heard(), Vec::<String>::new());
    fs::set_permissions(lab.path("token"), fs::Permissions::from_mode(0o600)).unwrap();
    lab.done(&[&["sign", "requests/lab-1.request"], &portal.options()[..]].concat());
}

#[test]
fn attack_another_secret_in_the_place_of_the_token_is_neither_sent_nor_shown() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    let heard = Liar::new(|_, _| String::new());
    crate::portal::write_secret(&lab, "wrong", "correct horse battery staple");
    let (code, said) = sign(&lab, &heard.url, &["--token-file", "wrong"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("there is no token in wrong") && !said.contains("horse"), "{said}");
    let (code, said) = sign(&lab, &heard.url, &[]);
    assert!(code == Some(1) && said.contains("there is no token for the portal"), "{said}");
    // Nor over a network that everybody reads.
    let far = "http://portal.acme.example";
    let (code, said) = sign(&lab, far, &["--token-file", "token"]);
    assert!(code == Some(2) && said.contains("would read the token"), "{code:?} {said}");
    assert_eq!(heard.heard(), Vec::<String>::new());
    drop(portal);
}

#[test]
fn attack_a_token_that_is_revoked_or_for_something_else_ends_the_run() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    portal.token(&lab, "narrow", &[TokenScope::ReadPolicy]);
    let (code, said) = sign(&lab, &portal.url, &["--token-file", "narrow"]);
    assert!(code == Some(1) && said.contains("does not have the scope requests:answer"), "{said}");
    let (_, id) = portal.token(&lab, "old", &[TokenScope::AnswerRequests]);
    portal.revoke(id);
    let words = ["sign", "requests", "--yes", "--portal", &portal.url, "--token-file", "old"];
    let done = lab.run(&words);
    assert_eq!(done.status.code(), Some(1));
    assert!(err(&done).contains("the token was revoked"), "{}", err(&done));
    assert!(!lab.path("requests/lab-1.response").exists());
}

#[test]
fn attack_a_certificate_that_nobody_here_trusts_gets_no_token() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "tls.key", "-out", "tls.pem"])
        .current_dir(lab.path(""))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let server = TlsServer::start(&lab);
    let url = format!("https://localhost:{}", server.port);
    let (code, said) = sign(&lab, &url, &["--token-file", "token"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("does not answer") && said.contains("certificate"), "{said}");
    // Once the system trusts it, it is spoken to: what comes back is the server's own page, which is no portal's.
    let words = ["sign", "requests/lab-1.request", "--portal", &url, "--token-file", "token"];
    let mut command = lab.command(&words);
    let done = command.env("SSL_CERT_FILE", lab.path("tls.pem")).output().unwrap();
    assert!(err(&done).contains("is no portal"), "{}", err(&done));
    drop(portal);
}

/// Answers every request over TLS, and is no portal.
struct TlsServer {
    child: std::process::Child,
    port: u16,
}

const SERVER: &str = "
import http.server, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('tls.pem', 'tls.key')
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200)
        self.send_header('content-length', '2')
        self.end_headers()
        self.wfile.write(b'hi')
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
";

impl TlsServer {
    fn start(lab: &Lab) -> Self {
        use std::io::BufRead as _;
        let mut child = std::process::Command::new("python3")
            .args(["-c", SERVER])
            .current_dir(lab.path(""))
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().expect("it says where it listens") }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
