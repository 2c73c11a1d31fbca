//! The whole way with oidc-provider, which the OpenID Foundation has certified, in a process of its own: its login form, its
//! consent, its keys, its clock.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use countersign_portal::clock::SystemClock;
use countersign_store::{Provisioning, UserStatus};
use reqwest::Url;

use crate::world::TestPortal;
use crate::{CookieUser, is_in, is_out, start};

/// The running provider; it ends with its input.
pub(crate) struct Certified {
    pub(crate) url: String,
    _process: Child,
}

impl Drop for Certified {
    fn drop(&mut self) {
        let _ = self._process.kill();
        let _ = self._process.wait();
    }
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/oidc")
}

impl Certified {
    pub(crate) fn start(redirect_uri: &str, more: &[&str]) -> Self {
        let installed = folder().join("node_modules/oidc-provider");
        assert!(installed.exists(), "run `npm ci` in tests/oidc first, as scripts/test does");
        let mut process = Command::new("node")
            .arg("provider.mjs")
            .arg(redirect_uri)
            .args(more)
            .current_dir(folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let says = |line: std::io::Result<String>| {
            line.unwrap().strip_prefix("listening on ").map(str::to_owned)
        };
        let url = lines.find_map(says).unwrap();
        // It goes on to say things; where nobody reads them, it ends.
        std::thread::spawn(move || lines.for_each(drop));
        Self { url, _process: process }
    }
}

/// A portal in the provider's own time.
async fn at_its_time() -> TestPortal {
    TestPortal::with(|config| {
        config.clock = Arc::new(SystemClock);
        config.sso_may_reach = vec!["127.0.0.1".parse().unwrap()];
    })
    .await
}

/// Goes through the provider's pages as a person does, with cookies, and comes back with the path at the portal.
async fn through(sent: Url, login: &str, portal: &str) -> String {
    let browser = reqwest::Client::builder()
        .cookie_store(true)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let mut url = sent;
    let mut answer = browser.get(url.clone()).send().await.unwrap();
    for _ in 0..20 {
        if let Some(location) = answer.headers().get("location") {
            url = url.join(location.to_str().unwrap()).unwrap();
            if let Some(path) = url.as_str().strip_prefix(portal) {
                return path.to_owned();
            }
            answer = browser.get(url.clone()).send().await.unwrap();
            continue;
        }
        // A form of the provider: of its login, or of its consent.
        let page = answer.text().await.unwrap();
        let action = page
            .split("action=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_else(|| panic!("{page}"));
        let prompt = if page.contains("name=\"login\"") { "login" } else { "consent" };
        url = url.join(action).unwrap();
        let form = [("prompt", prompt), ("login", login), ("password", "anything")];
        answer = browser.post(url.clone()).form(&form).send().await.unwrap();
    }
    panic!("the provider sends the browser round and round");
}

async fn logs_in(
    portal: &TestPortal,
    provider: countersign_core::Id,
    login: &str,
) -> (CookieUser, crate::Answer) {
    let browser = portal.visitor();
    let sent = start(&browser, provider, "/licenses").await;
    let path = through(sent.url, login, &portal.url).await;
    let answer = browser.get(&path).await;
    (browser, answer)
}

#[tokio::test]
async fn people_log_in_through_a_certified_provider() {
    for more in [&[][..], &["claims"]] {
        let portal = at_its_time().await;
        let provider = Certified::start(&format!("{}/login/sso/callback", portal.url), more);
        let lab = portal.organization("Lab").await;
        let id = portal.trusts(Some(lab), &provider.url, |_| ()).await;
        portal.approve(id, "lab.example").await;
        portal.user(|user| user.organization = Some(lab)).await;
        portal.invited("inga@lab.example", lab).await;

        for (login, email) in [
            ("jane@lab.example", "jane@lab.example"),
            ("inga@lab.example", "inga@lab.example"),
            ("jane@lab.example", "jane@lab.example"),
        ] {
            let (browser, answer) = logs_in(&portal, id, login).await;
            answer.leads_to("/licenses");
            is_in(&portal, &browser, email).await;
        }
        assert_eq!(portal.stored_user("inga@lab.example").await.status, UserStatus::Active);
        assert_eq!(portal.stored_user("inga@lab.example").await.first_name, "Inga");
        let (browser, answer) = logs_in(&portal, id, "nora@lab.example").await;
        answer.is(403).says("You have no account here yet");
        is_out(&browser).await;
        let (browser, answer) = logs_in(&portal, id, "unverified@lab.example").await;
        answer.is(403).says("has verified");
        is_out(&browser).await;
    }
}

#[tokio::test]
async fn tokens_that_are_signed_on_a_curve_or_with_a_salt_let_people_in() {
    for alg in ["alg=ES256", "alg=PS256"] {
        let portal = at_its_time().await;
        let uri = format!("{}/login/sso/callback", portal.url);
        let provider = Certified::start(&uri, &["claims", alg]);
        let lab = portal.organization("Lab").await;
        let id = portal.trusts(Some(lab), &provider.url, |_| ()).await;
        portal.approve(id, "lab.example").await;
        portal.user(|user| user.organization = Some(lab)).await;
        let (browser, answer) = logs_in(&portal, id, "jane@lab.example").await;
        answer.leads_to("/licenses");
        is_in(&portal, &browser, "jane@lab.example").await;
    }
}

#[tokio::test]
async fn a_certified_provider_vouches_for_somebody_new() {
    let portal = at_its_time().await;
    let provider = Certified::start(&format!("{}/login/sso/callback", portal.url), &[]);
    let lab = portal.organization("Lab").await;
    let members =
        |p: &mut countersign_store::IdentityProvider| p.provisioning = Provisioning::Members;
    let id = portal.trusts(Some(lab), &provider.url, members).await;
    portal.approve(id, "lab.example").await;
    let (browser, answer) = logs_in(&portal, id, "nora@lab.example").await;
    answer.leads_to("/licenses");
    is_in(&portal, &browser, "nora@lab.example").await;
    assert_eq!(portal.stored_user("nora@lab.example").await.name, "Nora of the Directory");
}

#[tokio::test]
async fn a_certified_provider_refuses_a_secret_that_is_wrong_and_an_admin_sees_that() {
    let portal = at_its_time().await;
    let provider = Certified::start(&format!("{}/login/sso/callback", portal.url), &[]);
    let lab = portal.organization("Lab").await;
    let otto = portal.runner("otto@lab.example", lab).await;
    let form = [
        ("name", "Lab"),
        ("issuer", provider.url.as_str()),
        ("client_id", "countersign"),
        ("client_secret", "wrong"),
    ];
    let made = otto.post("/organization/sign-on", &form).await.is(303);
    let page = made.header("location").to_owned();
    let tries = async || {
        let answer = otto.post(&format!("{page}/try"), &[("x", "1")]).await.is(200);
        let path = through(crate::sent(&answer).url, "jane@lab.example", &portal.url).await;
        otto.get(&path).await.is(200)
    };
    tries().await.says("did not take the code").says("invalid_client");
    let mut right = form;
    right[3].1 = crate::SECRET;
    let right = [&right[..], &[("active", "1")]].concat();
    otto.post(&page, &right).await.leads_to(&page);
    tries().await.says("may not speak for the domain").says("jane@lab.example");
}
