//! Providers that are away, that lead elsewhere or that send too much; and what the door tells whom.

use serde_json::json;

use crate::{Lab, is_out};

/// The browser is not even sent away.
async fn is_not_sent(lab: &Lab, status: u16, words: &str) {
    let browser = lab.portal.visitor();
    let path = format!("/login/sso/{}/start", lab.id);
    let answer = browser.post(&path, &[("next", "/")]).await.is(status);
    assert_eq!(answer.header("refresh"), "");
    answer.says(words).says("Log in with e-mail address and password");
}

#[tokio::test]
async fn where_the_provider_is_away_passwords_still_work_and_the_words_say_so() {
    let lab = Lab::with_jane().await;
    lab.provider.dies().await;
    is_not_sent(&lab, 503, "cannot be reached from the portal").await;
    lab.portal.visitor().get("/login").await.is(200).says("Log in with your company account");
    lab.portal.logged_in("jane@lab.example").await;
}

#[tokio::test]
async fn a_provider_that_is_away_in_between_lets_nobody_in() {
    let lab = Lab::with_jane().await;
    let (browser, sent) = lab.sent().await;
    let path = lab.provider.answers(&sent, "jane");
    lab.provider.dies().await;
    browser.get(&path).await.is(503).says("Try again in some minutes");
    is_out(&browser).await;
}

#[tokio::test]
async fn attack_a_description_that_leads_elsewhere_is_not_followed() {
    let lab = Lab::with_jane().await;
    let elsewhere = crate::hostile::Provider::start(lab.portal.clock.clone()).await;
    lab.provider.evil().moved_to =
        Some(format!("{}/.well-known/openid-configuration", elsewhere.url));
    is_not_sent(&lab, 502, "cannot be trusted").await;
    assert_eq!(elsewhere.asked("description"), 0);
}

#[tokio::test]
async fn attack_a_description_of_another_issuer() {
    for issuer in ["https://idp.evil.example".to_owned(), String::new()] {
        let lab = Lab::with_jane().await;
        lab.provider.evil().description = Box::new(move |said| said["issuer"] = json!(issuer));
        is_not_sent(&lab, 502, "cannot be trusted").await;
    }
}

#[tokio::test]
async fn attack_keys_without_end_do_not_fill_the_memory() {
    let lab = Lab::with_jane().await;
    lab.provider.evil().keys = Box::new(|said| said["padding"] = json!("x".repeat(20_000_000)));
    is_not_sent(&lab, 503, "cannot be reached").await;
}

#[tokio::test]
async fn attack_addresses_of_the_provider_inside_the_portals_own_network() {
    for name in ["jwks_uri", "token_endpoint", "authorization_endpoint"] {
        for inner in [
            "https://169.254.169.254/latest",
            "https://[::1]:1/",
            "http://10.0.0.1/",
            "file:///etc/passwd",
        ] {
            // Where people log in is the browser's to visit, by HTTPS.
            if name == "authorization_endpoint" && inner.starts_with("https://") {
                continue;
            }
            let lab = Lab::with_jane().await;
            lab.provider.evil().description = Box::new(move |said| said[name] = json!(inner));
            let browser = lab.portal.visitor();
            let path = format!("/login/sso/{}/start", lab.id);
            let answer = browser.post(&path, &[("next", "/")]).await;
            if answer.status == 200 {
                // The browser goes where it likes; the portal itself does not go there with the code.
                let sent = crate::sent(&answer);
                browser.get(&lab.provider.answers(&sent, "jane")).await.is(503);
            }
            is_out(&browser).await;
        }
    }
}

#[tokio::test]
async fn attack_a_provider_on_this_machine_is_not_asked_unless_the_operator_allows_it() {
    let portal = crate::TestPortal::new().await;
    let provider = crate::hostile::Provider::start(portal.clock.clone()).await;
    let lab = portal.organization("Lab").await;
    let id = portal.trusts(Some(lab), &provider.url, |_| ()).await;
    let path = format!("/login/sso/{id}/start");
    portal.visitor().post(&path, &[("next", "/")]).await.is(503);
    assert_eq!(provider.asked("description"), 0);
    // Nor can one be set up.
    let otto = portal.runner("otto@lab.example", lab).await;
    let form = [("name", "Lab"), ("issuer", provider.url.as_str()), ("client_id", "x")];
    otto.post("/organization/sign-on", &form).await.is(422).says("begins with https://");
}

#[tokio::test]
async fn attack_who_is_unknown_is_sent_the_same_way_as_who_is_known() {
    let lab = Lab::with_jane().await;
    let ask = async |email: &str| {
        let form = [("email", email), ("next", "/")];
        let answer = lab.portal.visitor().post("/login/sso", &form).await.is(200);
        let mut url = crate::sent(&answer).url;
        url.set_query(None);
        (url, answer.text.len())
    };
    let (jane, nora) = (ask("jane@lab.example").await, ask("nora@lab.example").await);
    assert_eq!(jane, nora);
    // Where nothing is set up for the domain, that is said, whoever has an account there.
    lab.portal.user(|user| user.email = "solo@home.example".into()).await;
    for email in ["solo@home.example", "nobody@home.example"] {
        let form = [("email", email), ("next", "/")];
        let answer = lab.portal.visitor().post("/login/sso", &form).await.is(200);
        assert_eq!(answer.header("refresh"), "");
        answer.says("No company account is set up for addresses of home.example");
    }
}

#[tokio::test]
async fn a_provider_that_is_off_or_nobodys_is_not_found() {
    let lab = Lab::with_jane().await;
    let visitor = lab.portal.visitor();
    visitor.get("/login").await.says("Log in with your company account");
    let (browser, sent) = lab.sent().await;
    lab.change(|provider| provider.status = countersign_store::ProviderStatus::Off).await;
    browser.get(&lab.provider.answers(&sent, "jane")).await.is(404).says("turned off");
    is_out(&browser).await;
    for id in [lab.id.to_string(), countersign_core::Id::from([1; 16]).to_string(), "x".into()] {
        visitor.get(&format!("/login/sso/{id}")).await.is(404);
        visitor.post(&format!("/login/sso/{id}/start"), &[("next", "/")]).await.is(404);
    }
    visitor.get("/login").await.hides("Log in with your company account");
}
