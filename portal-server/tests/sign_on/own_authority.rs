//! A provider by HTTPS under a company's own authority: the portal's process trusts whom its system trusts, and nobody else.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::certified::{Certified, folder};
use crate::process::Portal;
use crate::{CookieUser, PASSWORD, sent};

const OLGA: &str = "olga@acme.example";

fn openssl(folder: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    let done = command.args(arguments.split(' ')).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// An authority, and a certificate of it for this machine's address.
fn authority(folder: &Path) {
    let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(
        folder,
        &format!("req -x509 {curve} -keyout ca.key -out ca.pem -days 2 -subj /CN=Acme-CA"),
    );
    openssl(folder, &format!("req -new {curve} -keyout key.pem -out cert.csr -subj /CN=idp"));
    std::fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    openssl(
        folder,
        "x509 -req -in cert.csr -CA ca.pem -CAkey ca.key -days 2 -extfile names -out cert.pem",
    );
}

fn portal(data: &Path, trusted: &Path) -> Portal {
    let portal = Portal::start_with(data, |command| {
        command.args(["--rate-limit", "0", "--sso-may-reach", "127.0.0.1"]);
        command.env("SSL_CERT_FILE", trusted);
    });
    let mut admin = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    admin.args(["admin", "user", "create", "--email", OLGA, "--role", "owner"]);
    admin.args(["--password-file", "-", "--data"]).arg(data);
    let mut made = admin.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    made.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    assert!(made.wait().unwrap().success());
    portal
}

/// Sets the staff's provider up; the path of its page.
async fn set_up(owner: &CookieUser, issuer: &str) -> String {
    let form = [
        ("name", "Acme account"),
        ("issuer", issuer),
        ("client_id", "countersign"),
        ("client_secret", crate::SECRET),
    ];
    let page = owner.post("/admin/sign-on", &form).await.is(303).header("location").to_owned();
    owner.post(&format!("{page}/domains"), &[("domain", "acme.example")]).await.is(303);
    page
}

/// Goes through the provider's pages in a browser that trusts everybody.
fn through(url: &str, portal: &str) -> String {
    let mut person = Command::new("node");
    person.args(["person.mjs", url, OLGA, portal]).current_dir(folder());
    let done = person.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn people_log_in_by_a_provider_under_the_companys_own_authority() {
    let place = tempfile::tempdir().unwrap();
    authority(place.path());
    let portal = portal(&place.path().join("data"), &place.path().join("ca.pem"));
    let tls = format!("tls={}", place.path().display());
    let uri = format!("{}/login/sso/callback", portal.url());
    let provider = Certified::start(&uri, &["claims", "alg=ES256", &tls]);
    assert!(provider.url.starts_with("https://"));
    let owner = CookieUser::new(portal.url());
    owner.log_in(OLGA, PASSWORD).await.is(303);
    let page = set_up(&owner, &provider.url).await;
    let id = page.rsplit('/').next().unwrap();
    let browser = CookieUser::new(portal.url());
    let start = format!("/login/sso/{id}/start");
    let away = sent(&browser.post(&start, &[("next", "/admin")]).await.is(200));
    let back = through(away.url.as_str(), portal.url());
    browser.get(&back).await.leads_to("/admin");
    browser.get("/profile").await.is(200).says(OLGA);
}

#[tokio::test]
async fn attack_a_provider_whose_certificate_nobody_here_trusts_is_not_asked() {
    let (place, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    authority(place.path());
    authority(other.path());
    let portal = portal(&place.path().join("data"), &other.path().join("ca.pem"));
    let tls = format!("tls={}", place.path().display());
    let uri = format!("{}/login/sso/callback", portal.url());
    let provider = Certified::start(&uri, &["claims", &tls]);
    let owner = CookieUser::new(portal.url());
    owner.log_in(OLGA, PASSWORD).await.is(303);
    let page = set_up(&owner, &provider.url).await;
    let tried = owner.post(&format!("{page}/try"), &[("x", "1")]).await.is(200);
    tried.says("cannot be reached").says("certificate");
    let id = page.rsplit('/').next().unwrap();
    let visitor = CookieUser::new(portal.url());
    visitor.post(&format!("/login/sso/{id}/start"), &[("next", "/")]).await.is(503);
}
