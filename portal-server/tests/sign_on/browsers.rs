//! Browsers that are led astray: by a state of somebody else, a code of somebody else, an address to go on at.

use crate::hostile::Provider;
use crate::{Lab, is_in, is_out, sent, start};

#[tokio::test]
async fn attack_the_same_answer_again() {
    let lab = Lab::with_jane().await;
    let (browser, sent) = lab.sent().await;
    let cookie = browser.cookie_named("countersign-sso").unwrap();
    let path = lab.provider.answers(&sent, "jane");
    browser.get(&path).await.leads_to("/licenses");
    let thief = lab.portal.visitor();
    thief.plant(&format!("countersign-sso={cookie}"));
    thief.get(&path).await.is(422).says("was used already");
    is_out(&thief).await;
}

#[tokio::test]
async fn attack_the_state_of_another_browser() {
    let lab = Lab::with_jane().await;
    let (victim, of_victim) = lab.sent().await;
    let (mallory, of_mallory) = lab.sent().await;
    // Mallory's own login, brought to the victim, who would be logged in as Mallory; and the other way round.
    let mallorys = lab.provider.answers(&of_mallory, "mallory");
    let victims = lab.provider.answers(&of_victim, "jane");
    for (browser, path) in [(&victim, &mallorys), (&mallory, &victims)] {
        browser.get(path).await.is(422).says("begun in another browser");
        is_out(browser).await;
    }
    let stranger = lab.portal.visitor();
    stranger.get(&victims).await.is(422);
    is_out(&stranger).await;
    // What was tried elsewhere does not stop the one who began.
    victim.get(&victims).await.leads_to("/licenses");
    is_in(&lab.portal, &victim, "jane@lab.example").await;
}

#[tokio::test]
async fn attack_a_code_of_another_login_put_into_ones_own() {
    let lab = Lab::with_jane().await;
    let (_, of_jane) = lab.sent().await;
    let stolen = lab.provider.code(&of_jane, "jane");
    let (mallory, of_mallory) = lab.sent().await;
    let path = lab.provider.with(&stolen, &of_mallory.value("state"), Some(&lab.provider.url));
    mallory.get(&path).await.is(502);
    is_out(&mallory).await;
    assert_eq!(of_mallory.value("code_challenge_method"), "S256");
}

#[tokio::test]
async fn attack_the_answer_of_another_provider() {
    let lab = Lab::with_jane().await;
    for iss in [Some("https://idp.evil.example"), None] {
        let (browser, sent) = lab.sent().await;
        let code = lab.provider.code(&sent, "jane");
        browser.get(&lab.provider.with(&code, &sent.value("state"), iss)).await.is(502);
        is_out(&browser).await;
    }
    // The code did not go anywhere.
    assert_eq!(lab.provider.asked("token"), 0);
}

#[tokio::test]
async fn attack_a_code_of_one_provider_is_not_brought_to_another() {
    let lab = Lab::with_jane().await;
    let evil = Provider::start(lab.portal.clock.clone()).await;
    let other = lab.portal.organization("Other").await;
    lab.portal.trusts(Some(other), &evil.url, |_| ()).await;
    let (browser, sent) = lab.sent().await;
    let code = lab.provider.code(&sent, "jane");
    browser.get(&lab.provider.with(&code, &sent.value("state"), Some(&evil.url))).await.is(502);
    is_out(&browser).await;
    assert_eq!((lab.provider.asked("token"), evil.asked("token")), (0, 0));
}

#[tokio::test]
async fn attack_an_answer_that_comes_late() {
    let lab = Lab::with_jane().await;
    let (browser, sent) = lab.sent().await;
    let path = lab.provider.answers(&sent, "jane");
    lab.portal.clock.advance(601);
    browser.get(&path).await.is(422).says("longer than ten minutes");
    is_out(&browser).await;
}

#[tokio::test]
async fn attack_another_site_sends_a_visitor_to_be_logged_in() {
    let lab = Lab::with_jane().await;
    let visitor = lab.portal.visitor();
    for path in [format!("/login/sso/{}/start", lab.id), "/login/sso".to_owned()] {
        for elsewhere in
            [&[("sec-fetch-site", "cross-site")][..], &[("origin", "https://evil.example")], &[]]
        {
            let form = [("email", "jane@lab.example"), ("next", "/")];
            let request = visitor.request("POST", &path).form(&form);
            let request =
                elsewhere.iter().fold(request, |r, (name, value)| r.header(*name, *value));
            visitor.send(request).await.is(403);
            assert_eq!(visitor.cookie_named("countersign-sso"), None);
        }
    }
    assert_eq!(lab.provider.asked("description"), 0);
}

#[tokio::test]
async fn attack_an_address_to_go_on_at_that_leads_elsewhere() {
    let lab = Lab::with_jane().await;
    for evil in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
    {
        let browser = lab.portal.visitor();
        let sent = start(&browser, lab.id, evil).await;
        browser.get(&lab.provider.answers(&sent, "jane")).await.leads_to("/");
    }
}

#[tokio::test]
async fn the_browser_is_sent_with_what_it_takes_and_no_more() {
    let lab = Lab::with_jane().await;
    let browser = lab.portal.visitor();
    let form = [("email", "jane@lab.example"), ("next", "/licenses")];
    let answer = browser.post("/login/sso", &form).await.is(200).says("on your way to Lab account");
    let cookie = answer.set_cookie("countersign-sso");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let sent = sent(&answer);
    assert!(sent.url.as_str().starts_with(&format!("{}/login?", lab.provider.url)));
    let expected = [
        ("response_type", "code"),
        ("client_id", "countersign"),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
        ("login_hint", "jane@lab.example"),
        ("redirect_uri", &format!("{}/login/sso/callback", lab.portal.url)),
    ];
    for (name, value) in expected {
        assert_eq!(sent.value(name), value);
    }
    for secret in ["state", "nonce", "code_challenge"] {
        assert_eq!(sent.value(secret).len(), 43, "{secret}");
    }
    // Neither the cookie's secret nor the state's lies in the database.
    let database = rusqlite::Connection::open(lab.portal.app.config().data.join("countersign.db"));
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (state, known): (String, String) = database
        .unwrap()
        .query_row("SELECT state_hash, browser_hash FROM sso_attempt", [], row)
        .unwrap();
    assert!(state != sent.value("state") && !cookie.contains(&known));
}

#[tokio::test]
async fn under_https_the_cookie_is_this_hosts_alone() {
    let portal = crate::TestPortal::with(|config| {
        config.public_url = Some("https://portal.acme.example".into());
        config.sso_may_reach = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let provider = Provider::start(portal.clock.clone()).await;
    let lab = portal.organization("Lab").await;
    let id = portal.trusts(Some(lab), &provider.url, |_| ()).await;
    let answer = portal.visitor().post(&format!("/login/sso/{id}/start"), &[("next", "/")]).await;
    let cookie = answer.set_cookie("__Host-countersign-sso");
    assert!(cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    // By what the operator set, whatever a request says of itself.
    assert_eq!(
        sent(&answer).value("redirect_uri"),
        "https://portal.acme.example/login/sso/callback"
    );
}

#[tokio::test]
async fn somebody_who_stops_at_the_provider_is_told_what_to_do() {
    let lab = Lab::with_jane().await;
    let (browser, sent) = lab.sent().await;
    let path = format!(
        "/login/sso/callback?error=access_denied&error_description=%3Cscript%3E&state={}&iss={}",
        sent.value("state"),
        lab.provider.url
    );
    browser.get(&path).await.is(403).says("Lab account did not let you in").hides("<script>");
    is_out(&browser).await;
}

#[tokio::test]
async fn attack_a_flood_of_beginnings_pushes_out_itself() {
    let lab = Lab::with_jane().await;
    let store = lab.portal.app.store();
    let attempt = |network: &str| countersign_store::SsoAttempt {
        provider: lab.id,
        nonce: "n".into(),
        verifier: "v".into(),
        next: "/".into(),
        tried_by: None,
        network: network.into(),
    };
    let hash = |n: u32| countersign_core::Hash::of(n.to_string());
    let now = crate::NOW;
    store.begin_sso(hash(0), hash(0), attempt("192.0.2.1"), now + 600, now).await.unwrap();
    for n in 1..=600 {
        store
            .begin_sso(hash(n), hash(n), attempt("192.0.2.2"), now + 600, now + u64::from(n) / 2)
            .await
            .unwrap();
    }
    let kept =
        rusqlite::Connection::open(lab.portal.app.config().data.join("countersign.db")).unwrap();
    let count = "SELECT COUNT(*) FROM sso_attempt WHERE network = '192.0.2.2'";
    assert_eq!(kept.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 500);
    assert!(
        store.take_sso(hash(0), hash(0), now).await.unwrap().is_some(),
        "others are left alone"
    );
    assert!(store.take_sso(hash(600), hash(600), now).await.unwrap().is_some());
    assert!(store.take_sso(hash(1), hash(1), now).await.unwrap().is_none());
}
