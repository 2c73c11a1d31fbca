//! What a request says of the host that it was sent to changes no mail: not a link, not a word, not the sender. Most of what is tried
//! here is not even answered.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use countersign_store::{DomainCheck, Finding, SeenRecord};

use crate::played::NOW;
use crate::world::{CookieUser, PASSWORD, TestPortal};

/// The first line and the headers about the host, as somebody writes them who wants to be taken for the portal. `{here}` is a
/// host of the portal.
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
async fn ask(portal: &TestPortal, here: &str, line: &str, headers: &str, body: &str) -> u16 {
    let mut stream = TcpStream::connect(portal.app_address()).await.unwrap();
    let length = body.len();
    let request = format!(
        "{line}\r\n{}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}",
        headers.replace("{here}", here)
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

/// How many of them were answered.
async fn asked_with_every_head(portal: &TestPortal, here: &str) -> usize {
    let mut taken = 0;
    for (n, (line, headers)) in HEADS.into_iter().enumerate() {
        let email = format!("jane{n}@{}.example", here.replace([':', '[', ']', '.'], "-"));
        portal.user(|user| user.email.clone_from(&email)).await;
        let body = format!("email={}", email.replace('@', "%40"));
        let status = ask(portal, here, line, headers, &body).await;
        assert!([200, 400, 403, 421].contains(&status), "{line} {headers}: {status}");
        taken += usize::from(status == 200);
    }
    taken
}

#[tokio::test]
async fn attack_no_variant_of_the_host_changes_a_link_in_a_mail() {
    let portal = TestPortal::new().await;
    let taken = asked_with_every_head(&portal, &portal.app_address()).await;
    let mails = portal.mails().await;
    assert_eq!(mails.len(), taken);
    assert!(taken >= 4, "those with the portal's own host are answered: {taken}");
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
    let taken = asked_with_every_head(&portal, "portal.acme.example").await;
    let mails = portal.mails().await;
    assert!(mails.len() == taken && taken >= 4, "{taken}");
    for mail in mails {
        assert!(mail.text.contains(&format!("\n{public}/reset/")), "{}", mail.text);
        assert!(!mail.text.contains(&portal.url) && !mail.raw.contains("evil"), "{}", mail.raw);
    }
}

/// The vendor's own domain, as far as `is_used` says, without asking DNS.
async fn has_domain(portal: &TestPortal, name: &str, is_used: bool) {
    let (store, right) = (portal.app.store(), SeenRecord::plain(Finding::Right));
    store.set_domain(name, "token", "test", NOW).await.unwrap();
    let domain = store.domain().await.unwrap().unwrap();
    let check = DomainCheck { pointer: right.clone(), proof: right };
    let mail = |_, _: &_, _| unreachable!("nothing is gone");
    store.note_domain_check(&domain, check, "fresh".into(), mail, NOW).await.unwrap().unwrap();
    if is_used {
        assert!(store.use_domain(name, true, "test", NOW).await.unwrap());
    }
    let admin = portal.admin().await;
    admin.get("/admin/settings/domain").await.is(200).says(name);
}

#[tokio::test]
async fn attack_no_variant_of_the_host_changes_a_mail_under_the_vendors_own_domain() {
    let public = "https://portal.operator.example";
    let portal = TestPortal::with(|config| config.public_url = Some(public.into())).await;
    let name = "licenses.acme.example";
    has_domain(&portal, name, true).await;
    // Whichever of the two hosts is asked, and whatever else is said.
    let mut taken = 0;
    for here in [name, "portal.operator.example", "licenses.acme.example:443"] {
        taken += asked_with_every_head(&portal, here).await;
    }
    let mails = portal.mails().await;
    assert!(mails.len() == taken && taken >= 12, "{taken}");
    for mail in mails {
        assert!(mail.text.contains(&format!("\nhttps://{name}/reset/")), "{}", mail.text);
        let others = mail.raw.contains("evil") || mail.text.contains("operator");
        assert!(!others && !mail.text.contains(&portal.url), "{}", mail.raw);
    }
}

#[tokio::test]
async fn a_domain_that_is_verified_but_not_in_use_is_in_no_mail() {
    let public = "https://portal.operator.example";
    let portal = TestPortal::with(|config| config.public_url = Some(public.into())).await;
    has_domain(&portal, "licenses.acme.example", false).await;
    let taken = asked_with_every_head(&portal, "licenses.acme.example").await;
    let mails = portal.mails().await;
    assert!(mails.len() == taken && taken >= 4, "{taken}");
    assert!(mails.iter().all(|mail| mail.text.contains(&format!("\n{public}/reset/"))));
}

#[tokio::test]
async fn attack_mails_that_others_cause_are_not_changed_by_their_host_either() {
    let portal = TestPortal::new().await;
    let lab = portal.organization("Lab").await;
    let otto = portal.runner("otto@lab.example", lab).await;
    let post = async |browser: &CookieUser, path: &str, form: &[(&str, &str)]| {
        let request = browser
            .request("POST", path)
            .header("x-forwarded-host", "evil.example")
            .header("sec-fetch-site", "same-origin")
            .form(form);
        let refused = request.try_clone().unwrap().header("host", "evil.example");
        browser.send(refused).await.is(421).hides("evil");
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
