//! What the page says of the records, as DNS has them.

use countersign_store::{DomainState, Finding};

use crate::world::TestPortal;
use crate::zone::{Zone, address, cname, server_that_says, txt};
use crate::{DOMAIN, OPERATOR, PAGE, portal_in, portal_with};

/// The name of the record with the token.
fn proof() -> String {
    format!("_countersign.{DOMAIN}")
}

impl TestPortal {
    /// What the TXT record has to say.
    async fn wanted(&self) -> String {
        format!("countersign={}", self.domain().await.unwrap().token)
    }

    /// What is found when DNS is asked now.
    async fn found(&self) -> [(Finding, String); 2] {
        self.clock.advance(6);
        let admin = self.logged_in("ada@acme.example").await;
        admin.post("/admin/settings/domain/check", &[]).await.leads_to(PAGE);
        let check = self.domain().await.unwrap().check;
        [check.pointer, check.proof].map(|record| (record.finding, record.seen))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_missing_then_wrong_then_right_then_gone() {
    let mut zone = Zone::new();
    let portal = portal_in(&zone).await;
    let admin = portal.admin().await;
    admin.post(PAGE, &[("name", "Licenses.ACME.example")]).await.leads_to(PAGE);
    let wanted = portal.wanted().await;
    let page = admin.get(PAGE).await.is(200);
    page.says(&format!(">{DOMAIN}<"))
        .says(">CNAME<")
        .says(&format!(">{OPERATOR}<"))
        .says(&format!(">{}<", proof()))
        .says(">TXT<")
        .says(&format!(">{wanted}<"));
    // Missing. The portal looks by itself.
    let domain = portal.until("the first look", |domain| domain.checked_at.is_some()).await;
    assert_eq!(domain.check.pointer.finding, Finding::NoName);
    admin.get(PAGE).await.is(200).says("NXDOMAIN").says("Waiting for its records");
    portal.at(DOMAIN).get("/activate").await.is(421);
    // Wrong.
    zone.has(&[cname(DOMAIN, "portal.other.example"), txt(&proof(), "something else")]);
    let elsewhere = |seen: &str| (Finding::Elsewhere, seen.to_owned());
    assert_eq!(
        portal.found().await,
        [elsewhere("portal.other.example"), elsewhere("something else")]
    );
    admin.get(PAGE).await.is(200).says("It leads elsewhere: portal.other.example");
    portal.at(DOMAIN).get("/activate").await.is(421);
    // Right.
    zone.has(&[cname(DOMAIN, OPERATOR), txt(&proof(), &wanted)]);
    let right = || (Finding::Right, String::new());
    assert_eq!(portal.found().await, [right(), right()]);
    admin.get(PAGE).await.is(200).says("Verified").says(&format!("https://{DOMAIN}/activate"));
    portal.at(DOMAIN).get("/activate").await.is(200);
    // Gone: it is said, and nothing ends by one answer.
    zone.has(&[]);
    assert_eq!(portal.found().await[0].0, Finding::NoName);
    admin.get(PAGE).await.is(200).says("Records are gone");
    portal.at(DOMAIN).get("/activate").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_verified_and_looked_at_again_without_anybody_asking() {
    let mut zone = Zone::new();
    let portal = portal_in(&zone).await;
    let admin = portal.admin().await;
    admin.post(PAGE, &[("name", DOMAIN)]).await.leads_to(PAGE);
    portal.until("the first look", |domain| domain.checked_at.is_some()).await;
    zone.has(&[cname(DOMAIN, OPERATOR), txt(&proof(), &portal.wanted().await)]);
    let due = portal.domain().await.unwrap().check_at.unwrap();
    portal.clock.advance(due - portal.clock_now());
    portal.until("the second look", |domain| domain.state == DomainState::Verified).await;
    let actions: Vec<_> = portal.audit().await.into_iter().map(|entry| entry.action).collect();
    assert!(actions.contains(&"domain.set".into()) && actions.contains(&"domain.verified".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_top_of_a_domain_is_verified_by_the_portals_addresses() {
    let mut zone = Zone::new();
    let portal = portal_in(&zone).await;
    portal.admin().await.post(PAGE, &[("name", DOMAIN)]).await.leads_to(PAGE);
    let wanted = portal.wanted().await;
    portal.until("the first look", |domain| domain.checked_at.is_some()).await;
    zone.has(&[address(DOMAIN, "192.0.2.10"), txt(&proof(), &wanted)]);
    assert_eq!(portal.found().await[0].0, Finding::Right);
    // One address more that is not the portal's: half of the visitors would get there.
    zone.has(&[
        address(DOMAIN, "192.0.2.10"),
        address(DOMAIN, "192.0.2.66"),
        txt(&proof(), &wanted),
    ]);
    assert_eq!(portal.found().await[0].0, Finding::Elsewhere);
    // By a name between.
    let between = [cname(DOMAIN, "cdn.acme.example"), cname("cdn.acme.example", OPERATOR)];
    zone.has(&[between.as_slice(), &[txt(&proof(), &wanted)]].concat());
    assert_eq!(portal.found().await[0].0, Finding::Right);
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_names_that_lead_in_a_circle() {
    let mut zone = Zone::new();
    let portal = portal_in(&zone).await;
    portal.admin().await.post(PAGE, &[("name", DOMAIN)]).await.leads_to(PAGE);
    portal.until("the first look", |domain| domain.checked_at.is_some()).await;
    zone.has(&[cname(DOMAIN, "a.acme.example"), cname("a.acme.example", DOMAIN)]);
    assert_eq!(portal.found().await[0].0, Finding::Loop);
    zone.has(&[cname(DOMAIN, DOMAIN)]);
    assert_eq!(portal.found().await[0].0, Finding::Loop);
    let hops = (0..40).map(|n| cname(&format!("a{n}.example"), &format!("a{}.example", n + 1)));
    let chain: Vec<String> = [cname(DOMAIN, "a0.example")].into_iter().chain(hops).collect();
    zone.has(&chain);
    assert_eq!(portal.found().await[0].0, Finding::Loop);
    let admin = portal.logged_in("ada@acme.example").await;
    admin.get(PAGE).await.is(200).says("in a circle, or on and on");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_fail_and_servers_that_do_not_answer_are_told_apart() {
    for (code, finding, words) in [
        (Some(2), Finding::Failed, "The DNS servers of the domain fail"),
        (Some(5), Finding::Failed, "The DNS servers of the domain fail"),
        (None, Finding::Silent, "No DNS server answered"),
    ] {
        let server = server_that_says(code);
        let portal = portal_with(|config| config.dns_server = Some(server)).await;
        let admin = portal.admin().await;
        admin.post(PAGE, &[("name", DOMAIN)]).await.leads_to(PAGE);
        let domain = portal.until("the first look", |domain| domain.checked_at.is_some()).await;
        assert_eq!(domain.check.pointer.finding, finding, "{code:?} {:?}", domain.check);
        assert_eq!(domain.check.proof.finding, finding, "{code:?} {:?}", domain.check);
        admin.get(PAGE).await.is(200).says(words);
        portal.at(DOMAIN).get("/activate").await.is(421);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_a_name_that_only_points_here_is_not_taken() {
    let mut zone = Zone::new();
    // What somebody left in DNS, or made for the portal of somebody else.
    zone.has(&[cname(DOMAIN, OPERATOR)]);
    let portal = portal_in(&zone).await;
    portal.admin().await.post(PAGE, &[("name", DOMAIN)]).await.leads_to(PAGE);
    let domain = portal.until("the first look", |domain| domain.checked_at.is_some()).await;
    assert_eq!(domain.check.pointer.finding, Finding::Right);
    assert_ne!(domain.check.proof.finding, Finding::Right);
    assert_eq!(domain.state, DomainState::Asked);
    portal.at(DOMAIN).get("/activate").await.is(421);
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_somebody_elses_domain_that_is_in_use_at_another_portal_of_the_operator() {
    let mut zone = Zone::new();
    let (theirs, ours) = (portal_in(&zone).await, portal_in(&zone).await);
    for portal in [&theirs, &ours] {
        portal.admin().await.post(PAGE, &[("name", DOMAIN)]).await.leads_to(PAGE);
        portal.until("the first look", |domain| domain.checked_at.is_some()).await;
    }
    zone.has(&[cname(DOMAIN, OPERATOR), txt(&proof(), &theirs.wanted().await)]);
    assert_eq!(theirs.found().await.map(|(finding, _)| finding), [Finding::Right; 2]);
    assert_eq!(ours.found().await.map(|f| f.0), [Finding::Right, Finding::Elsewhere]);
    theirs.at(DOMAIN).get("/activate").await.is(200);
    ours.at(DOMAIN).get("/activate").await.is(421);
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_an_answer_with_an_internal_address_is_compared_and_not_connected_to() {
    // Whoever connected to the domain would come here.
    let inside = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    inside.set_nonblocking(true).unwrap();
    let port = inside.local_addr().unwrap().port();
    let mut zone = Zone::new();
    zone.has(&[address(DOMAIN, "127.0.0.1")]);
    let portal = portal_with(|config| {
        config.public_url = Some(format!("http://127.0.0.1:{port}"));
        config.dns_server = Some(zone.address());
    })
    .await;
    let admin = portal.admin().await;
    admin.post(PAGE, &[("name", DOMAIN)]).await.leads_to(PAGE);
    admin.get(PAGE).await.is(200).says(">A<").says(">127.0.0.1<");
    portal.until("the first look", |domain| domain.checked_at.is_some()).await;
    let token = portal.wanted().await;
    zone.has(&[address(DOMAIN, "127.0.0.1"), txt(&proof(), &token)]);
    assert_eq!(portal.found().await.map(|(finding, _)| finding), [Finding::Right; 2]);
    // And with an answer that is another one each time.
    for rebound in ["169.254.169.254", "10.0.0.1", "127.0.0.1"] {
        zone.has(&[address(DOMAIN, rebound), txt(&proof(), &token)]);
        portal.found().await;
    }
    let came = inside.accept();
    assert_eq!(came.unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody connects");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_write_into_dns_is_text_on_the_page() {
    let mut zone = Zone::new();
    let portal = portal_in(&zone).await;
    let admin = portal.admin().await;
    admin.post(PAGE, &[("name", DOMAIN)]).await.leads_to(PAGE);
    portal.until("the first look", |domain| domain.checked_at.is_some()).await;
    let evil = format!("<script>alert(1)</script>{}", "x".repeat(200));
    zone.has(&[cname(DOMAIN, "evil.example"), txt(&proof(), &evil)]);
    let [_, (finding, seen)] = portal.found().await;
    assert_eq!(finding, Finding::Elsewhere);
    assert!(seen.starts_with("<script>") && seen.chars().count() <= 100, "{seen}");
    admin.get(PAGE).await.is(200).hides("<script>alert");
}
