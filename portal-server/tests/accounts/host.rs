//! What a request says of the host that it was sent to changes no mail: not a link, not a word, not the sender.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{CookieUser, PASSWORD, TestPortal};

/// The first line and the headers about the host, as somebody writes them who wants to be taken for the portal. `{here}` is
/// where it listens.
const HEADS: [(&str, &str); 16] = [
    ("POST /forgot HTTP/1.1", "host: evil.example"),
    ("POST /forgot HTTP/1.1", "host: evil.example:443"),
    ("POST /forgot HTTP/1.1", "host: {here}\r\nhost: evil.example"),
    ("POST /forgot HTTP/1.1", "host: evil.example\r\nhost: {here}"),
    ("POST /forgot HTTP/1.1", "host: {here}@evil.example"),
    ("POST /forgot HTTP/1.1", "host: {here}.evil.example"),
    ("POST /forgot HTTP/1.1", "host: {here}\r\n x: evil.example"),
    ("POST /forgot HTTP/1.1", "host: {here}\r\nx-forwarded-host: evil.example"),
    (
        "POST /forgot HTTP/1.1",
        "host: {here}\r\nx-forwarded-server: evil.example\r\nx-host: evil.example",
    ),
    ("POST /forgot HTTP/1.1", "host: {here}\r\nforwarded: host=evil.example;proto=https"),
    (
        "POST /forgot HTTP/1.1",
        "host: {here}\r\nx-original-host: evil.example\r\nx-http-host-override: evil.example",
    ),
    (
        "POST /forgot HTTP/1.1",
        "host: {here}\r\norigin: http://{here}\r\nreferer: http://evil.example/",
    ),
    ("POST http://evil.example/forgot HTTP/1.1", "host: {here}"),
    ("POST http://evil.example/forgot HTTP/1.1", "host: evil.example"),
    ("POST /forgot HTTP/1.1", "host:"),
    ("POST /forgot HTTP/1.0", "x-forwarded-host: evil.example"),
];

/// Sends it as it is; the status of the answer.
async fn ask(portal: &TestPortal, line: &str, headers: &str, body: &str) -> u16 {
    let here = portal.app_address();
    let mut stream = TcpStream::connect(&here).await.unwrap();
    let length = body.len();
    let request = format!(
        "{line}\r\n{}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}",
        headers.replace("{here}", &here)
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Who is refused may find the connection closed before all was read.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

impl TestPortal {
    fn app_address(&self) -> String {
        self.url.strip_prefix("http://").unwrap().to_owned()
    }
}

async fn asked_with_every_head(portal: &TestPortal) -> usize {
    let mut taken = 0;
    for (n, (line, headers)) in HEADS.into_iter().enumerate() {
        let email = format!("jane{n}@lab.example");
        portal.user(|user| user.email.clone_from(&email)).await;
        let body = format!("email={}", email.replace('@', "%40"));
        let status = ask(portal, line, headers, &body).await;
        assert!([200, 400, 403].contains(&status), "{line} {headers}: {status}");
        taken += usize::from(status == 200);
    }
    taken
}

#[tokio::test]
async fn attack_no_variant_of_the_host_changes_a_link_in_a_mail() {
    let portal = TestPortal::new().await;
    let taken = asked_with_every_head(&portal).await;
    let mails = portal.mails().await;
    assert_eq!(mails.len(), taken);
    assert!(taken > 8, "most of them are taken, as they are from a browser: {taken}");
    let first = mails[0].text.replace(&mails[0].link(&portal, "/reset/"), "");
    for mail in mails {
        assert!(!mail.raw.to_lowercase().contains("evil"), "{}", mail.raw);
        assert_eq!(mail.text.replace(&mail.link(&portal, "/reset/"), ""), first);
    }
}

#[tokio::test]
async fn where_the_operator_gave_the_address_every_mail_has_that_one() {
    let public = "https://portal.acme.example";
    let portal = TestPortal::with(|config| config.public_url = Some(format!("{public}/"))).await;
    let taken = asked_with_every_head(&portal).await;
    let mails = portal.mails().await;
    assert_eq!(mails.len(), taken);
    for mail in mails {
        assert!(mail.text.contains(&format!("\n{public}/reset/")), "{}", mail.text);
        assert!(!mail.text.contains(&portal.url) && !mail.raw.contains("evil"), "{}", mail.raw);
    }
}

#[tokio::test]
async fn attack_mails_that_others_cause_are_not_changed_by_their_host_either() {
    let portal = TestPortal::new().await;
    let lab = portal.organization("Lab").await;
    let otto = portal.runner("otto@lab.example", lab).await;
    let post = async |browser: &CookieUser, path: &str, form: &[(&str, &str)]| {
        let request = browser
            .request("POST", path)
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("sec-fetch-site", "same-origin")
            .form(form);
        let answer = browser.send(request).await;
        assert!([200, 303].contains(&answer.status.as_u16()), "{}", answer.text);
    };
    let invited = [
        ("email", "inga@lab.example"),
        ("first_name", "I"),
        ("last_name", "H"),
        ("organization_role", "member"),
    ];
    post(&otto, "/organization/users", &invited).await;
    portal.last_mail().await.link(&portal, "/invite/");
    let wanted = [("email", "otto@other.example"), ("password", PASSWORD)];
    post(&otto, "/profile/email", &wanted).await;
    portal.last_mail().await.link(&portal, "/confirm/");
    let changed = [("password", PASSWORD), ("new_password", "another horse battery")];
    post(&otto, "/profile/password", &changed).await;
    portal.last_mail().await.link(&portal, "/forgot");
    for mail in portal.mails().await {
        assert!(!mail.raw.contains("evil"), "{}", mail.raw);
    }
}
