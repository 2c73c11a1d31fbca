//! Setting providers up.

use countersign_store::{Passwords, ProviderStatus, ProvidersOf, Provisioning};

use crate::hostile::SECRET;
use crate::{CookieUser, Lab, portal};

fn form<'a>(issuer: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("name", "Lab account"), ("issuer", issuer), ("client_id", "countersign")];
    all.extend_from_slice(more);
    all
}

async fn made(browser: &CookieUser, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = browser.post(path, fields).await.is(303);
    answer.header("location").rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_organization_sets_up_its_provider_and_the_vendor_approves_the_domain() {
    let portal = portal().await;
    let lab = portal.organization("Lab").await;
    let (otto, ada) = (portal.runner("otto@lab.example", lab).await, portal.owner().await);
    let redirect = format!("{}/login/sso/callback", portal.url);
    otto.get("/organization/sign-on").await.is(200).says(&redirect);
    let fields = form("https://idp.lab.example", &[("client_secret", SECRET)]);
    let id = made(&otto, "/organization/sign-on", &fields).await;
    let path = format!("/organization/sign-on/{id}");
    otto.post(&format!("{path}/domains"), &[("domain", "@Lab.example")]).await.leads_to(&path);
    let page = otto.get(&path).await.is(200).says("lab.example").says("waits for the vendor");
    page.says("There is one; leave this empty").hides(SECRET).hides("Approve");
    // Saying it again does not approve it.
    otto.post(&format!("{path}/domains"), &[("domain", "lab.example")]).await.leads_to(&path);
    let domains = portal.app.store().identity_domains(id.parse().unwrap()).await.unwrap();
    assert_eq!(domains.len(), 1);
    let admin = format!("/admin/sign-on/{id}");
    ada.get("/admin/sign-on").await.is(200).says("Lab account").says("Lab");
    ada.get(&admin).await.is(200).says("Approve");
    ada.post(&format!("{admin}/domains"), &[("domain", "lab.example")]).await.leads_to(&admin);
    otto.get(&path).await.says("approved");
    otto.get("/organization/activity").await.says("was approved for single sign-on");
    for wrong in ["lab", "%", "a@b.example", ""] {
        otto.post(&format!("{path}/domains"), &[("domain", wrong)]).await.is(422);
    }
    otto.post(&format!("{path}/delete"), &[("x", "1")]).await.leads_to("/organization/sign-on");
    otto.get(&path).await.is(404);
}

#[tokio::test]
async fn attack_a_domain_speaks_through_one_provider() {
    let lab = Lab::new().await;
    let other = lab.portal.organization("Other").await;
    let eve = lab.portal.runner("eve@other.example", other).await;
    let fields = form("https://idp.other.example", &[]);
    let id = made(&eve, "/organization/sign-on", &fields).await;
    let path = format!("/organization/sign-on/{id}");
    // Who asks does not learn that somebody has it.
    eve.post(&format!("{path}/domains"), &[("domain", "lab.example")]).await.leads_to(&path);
    let ada = lab.portal.owner().await;
    let admin = format!("/admin/sign-on/{id}");
    let answer = ada.post(&format!("{admin}/domains"), &[("domain", "lab.example")]).await;
    answer.is(422).says("Another provider speaks for this domain");
}

#[tokio::test]
async fn attack_an_organization_does_not_touch_anothers_provider() {
    let lab = Lab::new().await;
    let other = lab.portal.organization("Other").await;
    let eve = lab.portal.runner("eve@other.example", other).await;
    let path = format!("/organization/sign-on/{}", lab.id);
    eve.get(&path).await.is(404);
    for (end, field) in
        [("", "name"), ("/domains", "domain"), ("/try", "x"), ("/unlink", "user"), ("/delete", "x")]
    {
        let mut fields = form("https://evil.example", &[]);
        fields.push((field, "evil.example"));
        let request = eve.post(&format!("{path}{end}"), &fields).await;
        assert!(matches!(request.status.as_u16(), 404 | 422), "{end}: {}", request.text);
    }
    eve.get("/organization/sign-on").await.is(200).hides(&lab.id.to_string());
    let kept = lab.portal.app.store().identity_provider(ProvidersOf::Everybody, lab.id).await;
    assert_eq!(kept.unwrap().unwrap().issuer, lab.provider.url);
}

#[tokio::test]
async fn attack_the_secret_is_not_sent_to_an_issuer_of_ones_own() {
    let lab = Lab::with_jane().await;
    lab.comes("jane").await.1.leads_to("/licenses");
    let otto = lab.portal.runner("otto@lab.example", lab.lab).await;
    let path = format!("/organization/sign-on/{}", lab.id);
    let evil = form("https://evil.example", &[("active", "1")]);
    otto.post(&path, &evil).await.is(422).says("typed again");
    // With a secret typed anew it is another place: nobody is linked there.
    let fields = form("https://evil.example", &[("client_secret", "new"), ("active", "1")]);
    otto.post(&path, &fields).await.leads_to(&path);
    assert!(lab.portal.app.store().identities(lab.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn attack_a_stolen_database_holds_no_secret_of_a_provider() {
    let lab = Lab::new().await;
    let data = &lab.portal.app.config().data;
    for file in std::fs::read_dir(data).unwrap().map(|file| file.unwrap().path()) {
        if file.is_file() {
            let bytes = std::fs::read(&file).unwrap();
            let found = bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
            assert!(!found, "{}", file.display());
        }
    }
}

#[tokio::test]
async fn rules_are_set_by_ticks_and_those_of_the_staff_create_nobody() {
    let lab = Lab::with_jane().await;
    lab.comes("jane").await.1.leads_to("/licenses");
    let otto = lab.portal.runner("otto@lab.example", lab.lab).await;
    let path = format!("/organization/sign-on/{}", lab.id);
    let url = lab.provider.url.clone();
    otto.post(&path, &form(&url, &[("members", "1"), ("only", "1")])).await.leads_to(&path);
    let all = ProvidersOf::Everybody;
    let now = lab.portal.app.store().identity_provider(all, lab.id).await.unwrap().unwrap();
    assert_eq!((now.provisioning, now.passwords), (Provisioning::Members, Passwords::Refused));
    assert_eq!(now.status, ProviderStatus::Off);
    let ada = lab.portal.owner().await;
    let id = made(&ada, "/admin/sign-on", &form("https://idp.acme.example", &[])).await;
    let staff = format!("/admin/sign-on/{id}");
    let fields = form("https://idp.acme.example", &[("members", "1"), ("active", "1")]);
    ada.post(&staff, &fields).await.leads_to(&staff);
    let now = lab.portal.app.store().identity_provider(all, id.parse().unwrap()).await;
    let now = now.unwrap().unwrap();
    assert_eq!((now.provisioning, now.organization), (Provisioning::Known, None));
    let only = form("https://idp.acme.example", &[("only", "1"), ("active", "1")]);
    ada.post(&staff, &only).await.is(422).says("try it out first");
    for n in 0..4 {
        let issuer = format!("https://idp{n}.acme.example");
        made(&ada, "/admin/sign-on", &form(&issuer, &[])).await;
    }
    ada.post("/admin/sign-on", &form("https://x.example", &[]))
        .await
        .is(422)
        .says("as many as may be");
}

#[tokio::test]
async fn attack_issuers_that_are_none() {
    let portal = portal().await;
    let ada = portal.owner().await;
    let long = format!("https://{}.example", "x".repeat(500));
    for wrong in [
        "http://idp.example",
        "https://",
        "https://user@idp.example",
        "https://idp.example?x",
        "https://idp.example#x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://idp.example/\"><script>",
        "",
        &long,
    ] {
        let answer = ada.post("/admin/sign-on", &form(wrong, &[])).await;
        answer.is(422).hides("<script>");
    }
}
