//! Names that are typed into the page: what is none is refused, and nothing is stored.

use crate::world::TestPortal;
use crate::zone::Zone;
use crate::{DOMAIN, OPERATOR, PAGE, portal_in, portal_with};

#[tokio::test]
async fn attack_names_that_are_no_domain_for_a_portal() {
    let portal = portal_with(|_| ()).await;
    let admin = portal.admin().await;
    let (long, label) = ("a.".repeat(150), "a".repeat(64));
    for (typed, words) in [
        (OPERATOR, "own address already"),
        ("PORTAL.operator.example.", "own address already"),
        ("localhost", "no name that others could reach"),
        ("licenses.localhost", "no name that others could reach"),
        ("127.0.0.1", "an address, not a name"),
        ("[::1]", "an address, not a name"),
        ("169.254.169.254", "an address, not a name"),
        ("2130706433", "an address, not a name"),
        ("*.acme.example", "leave the * out"),
        (&format!("{long}example"), "too long"),
        (&format!("{label}.example"), "too long"),
        ("licenses.acme.example\nevil.example", "no name of a domain"),
        ("licenses.acme.example\r\nSet-Cookie: a=b", "no name of a domain"),
        ("licenses.acme.example:8443", "no name of a domain"),
        ("licenses.acme.example/x", "no name of a domain"),
        ("<script>alert(1)</script>.example", "no name of a domain"),
        ("", "Type a domain"),
    ] {
        let refused = admin.post(PAGE, &[("name", typed)]).await.is(422);
        refused.says(words).hides("<script>alert");
        assert_eq!(portal.domain().await, None, "{typed}");
    }
    let actions: Vec<_> = portal.audit().await.into_iter().map(|entry| entry.action).collect();
    assert!(actions.iter().all(|action| !action.starts_with("domain")), "{actions:?}");
}

#[tokio::test]
async fn attack_letters_that_look_like_others_are_shown_in_punycode() {
    let portal = portal_with(|_| ()).await;
    let admin = portal.admin().await;
    // The a of acme is Cyrillic.
    admin.post(PAGE, &[("name", "licenses.\u{430}cme.example")]).await.leads_to(PAGE);
    let page = admin.get(PAGE).await.is(200);
    page.says("licenses.xn--").hides("licenses.acme.example").hides("\u{430}cme");
    admin.post(PAGE, &[("name", "M\u{fc}ller.example")]).await.leads_to(PAGE);
    admin.get(PAGE).await.is(200).says("xn--mller-kva.example");
}

#[tokio::test]
async fn without_an_address_of_the_operator_there_is_nothing_to_lead_to() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    admin.get(PAGE).await.is(200).says("--public-url").hides("<input id=\"name\"");
    admin.post(PAGE, &[("name", DOMAIN)]).await.is(422).says("--public-url");
    // Not even one that was verified before is answered, or asked about.
    portal.store_domain(countersign_store::DomainState::Used).await;
    admin.get(PAGE).await.is(200);
    portal.at(DOMAIN).get("/activate").await.is(421);
    portal.visitor().get(&format!("/caddy/ask?domain={DOMAIN}")).await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_domain_ends_the_one_before_at_once() {
    let zone = Zone::new();
    let portal = portal_in(&zone).await;
    portal.has_domain(countersign_store::DomainState::Used).await;
    portal.at(DOMAIN).get("/activate").await.is(200);
    let admin = portal.logged_in("ada@acme.example").await;
    // The same one again is no other one.
    admin.post(PAGE, &[("name", DOMAIN)]).await.leads_to(PAGE);
    assert_eq!(portal.domain().await.unwrap().state, countersign_store::DomainState::Used);
    admin.post(PAGE, &[("name", "other.acme.example")]).await.leads_to(PAGE);
    for host in [DOMAIN, "other.acme.example"] {
        portal.at(host).get("/activate").await.is(421);
    }
}

#[tokio::test]
async fn nobody_but_an_admin_sees_or_sets_it() {
    let portal = portal_with(|_| ()).await;
    portal.has_domain(countersign_store::DomainState::Asked).await;
    let jane = portal.customer("jane@lab.example").await;
    jane.get(PAGE).await.is(403).hides(DOMAIN);
    for path in [PAGE, "/admin/settings/domain/remove", "/admin/settings/domain/check"] {
        jane.post(path, &[("name", "evil.example")]).await.is(403);
    }
    assert_eq!(portal.domain().await.unwrap().name, DOMAIN);
}
