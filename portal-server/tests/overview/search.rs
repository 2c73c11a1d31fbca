//! The field that takes anything: each thing leads to what it is of, and nobody else's field does.

use countersign_core::Expect;
use countersign_core::Id;
use countersign_core::license_key::LicenseKey;
use countersign_core::request::VerifiedRequest;

use crate::played::Machine;
use crate::world::{CookieUser, TestPortal};
use crate::{search, type_in};

/// A license with a machine, and others beside it.
struct Known {
    portal: TestPortal,
    staff: CookieUser,
    key: LicenseKey,
    machine: Machine,
    request: String,
    activation: Id,
    user: Id,
    organization: Id,
}

async fn known() -> Known {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let organization = portal.organization("Österreichische Werkstatt").await;
    let owner = portal.user(|user| {
        user.email = "olga@werk.example".into();
        user.name = "Olga Nordin".into();
        user.organization = Some(organization);
    });
    let user = owner.await.id;
    let key = portal
        .license_with(|new| {
            new.owner = Some(user);
            new.organization = Some(organization);
            new.holder = Some("Halle Sieben".into());
            new.allowed_activations = Some(9);
        })
        .await;
    let machine = Machine::new("drehbank-7", &portal.product);
    let request = machine.activation(&key);
    let activation = portal.answered("/api/v1/activations", &request).await;
    let second = Machine::new("presse-2", &portal.product);
    portal.activated(&second, &key).await;
    let other = portal.license(3, None).await;
    portal.activated(&Machine::new("fremd-1", &portal.product), &other).await;
    Known { portal, staff, key, machine, request, activation, user, organization }
}

impl Known {
    fn license_page(&self) -> String {
        format!("/admin/licenses/{}", self.key.id())
    }

    fn machine_page(&self) -> String {
        format!("/licenses/{}/machines/{}", self.key.id(), self.activation)
    }

    fn request_id(&self) -> String {
        VerifiedRequest::verify(&self.request, Expect::Request).unwrap().claims().id.to_string()
    }

    fn request_hash(&self) -> String {
        VerifiedRequest::verify(&self.request, Expect::Request).unwrap().hash().to_string()
    }

    fn device_key(&self) -> String {
        self.machine.key.public_key().thumbprint().to_string()
    }
}

#[tokio::test]
async fn what_is_one_thing_leads_right_there() {
    let known = known().await;
    let (license, machine) = (known.license_page(), known.machine_page());
    let grouped = known.key.grouped();
    let id = known.key.id().to_string();
    let activation = known.activation.to_string();
    for (text, page) in [
        (grouped.as_str(), &license),
        (&grouped.to_lowercase(), &license),
        (&id, &license),
        ("halle", &license),
        ("Sieben Halle", &license),
        (&activation, &machine),
        ("drehb", &machine),
        (&known.request_id(), &machine),
        (&known.device_key(), &machine),
    ] {
        search(&known.staff, text).await.leads_to(page);
        search(&known.staff, &format!("  {text} ")).await.leads_to(page);
    }
    // A person with nothing of theirs is a page, too.
    let nobody = known.portal.user(|user| user.email = "niels@lab.example".into()).await;
    let page = format!("/admin/customers/users/{}", nobody.id);
    search(&known.staff, "niels@lab").await.leads_to(&page);
    search(&known.staff, &nobody.id.to_string()).await.leads_to(&page);
}

#[tokio::test]
async fn what_is_found_through_something_else_is_listed_with_it() {
    let known = known().await;
    let (license, machine) = (known.license_page(), known.machine_page());
    let end = known.key.grouped().rsplit('-').next().unwrap().to_owned();
    for (text, understood) in [
        ("olga@werk.example", "e-mail address"),
        ("olga@", "e-mail address"),
        (&known.user.to_string(), "an id"),
        (&known.organization.to_string(), "an id"),
        ("Österreichische", "words"),
        ("österreichische werk", "words"),
        ("Olga Nor", "words"),
        ("olga nordin", "words"),
    ] {
        let page = search(&known.staff, text).await.is(200);
        let page = page.says(understood).says(&format!("href=\"{license}\""));
        page.says(&format!("href=\"{machine}\"")).says("presse-2").hides("fremd-1");
    }
    // The end of a key is one license here: no other one has the same, or it is listed.
    let found = search(&known.staff, &format!("•••••-•••••-•••••-{end}")).await;
    match found.status.as_u16() {
        303 => drop(found.leads_to(&license)),
        _ => drop(found.is(200).says(&format!("href=\"{license}\""))),
    }
}

#[tokio::test]
async fn the_hash_of_a_request_hands_its_answer_out_again() {
    let known = known().await;
    let page = search(&known.staff, &known.request_hash()).await.is(200);
    let page =
        page.says("It was answered on").says(&format!("/responses/{}", known.request_hash()));
    page.says(&format!("href=\"{}\"", known.machine_page()));
}

#[tokio::test]
async fn ids_of_a_trial_and_of_its_device_lead_to_the_trial() {
    let known = known().await;
    let machine = Machine::new("probe-3", &known.portal.product);
    let request = machine.trial();
    let trial = known.portal.answered("/api/v1/trials", &request).await;
    let key = machine.key.public_key().thumbprint().to_string();
    let hash = VerifiedRequest::verify(&request, Expect::Request).unwrap().hash().to_string();
    for text in [trial.to_string(), key, hash] {
        search(&known.staff, &text)
            .await
            .is(200)
            .says("probe-3")
            .says("href=\"/admin/products/acme-cad\"");
    }
}

#[tokio::test]
async fn an_earlier_request_of_a_machine_leads_to_it_also_when_it_was_counted_long_ago() {
    let known = known().await;
    known.portal.counted().await;
    let renewed = known.machine.activation(&known.key);
    known.portal.answered("/api/v1/activations", &renewed).await;
    // More than is looked through of what is not counted yet.
    let other = known.portal.license(400, None).await;
    for n in 0..260 {
        known
            .portal
            .activated(&Machine::new(&format!("n-{n}"), &known.portal.product), &other)
            .await;
    }
    known.portal.counted().await;
    let page = known.machine_page();
    let newer = VerifiedRequest::verify(&renewed, Expect::Request).unwrap().claims().id.to_string();
    for text in [known.request_id(), newer, known.device_key()] {
        search(&known.staff, &text).await.leads_to(&page);
    }
}

#[tokio::test]
async fn the_machines_of_licenses_come_in_pages_the_newest_first() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let keys = [portal.license(60, None).await, portal.license(60, None).await];
    for n in 0..60 {
        portal.clock.advance(1);
        portal.activated(&Machine::new(&format!("pc-{n:02}"), &portal.product), &keys[n % 2]).await;
    }
    let (mut path, mut seen) = ("/admin/activations?q=Jane".to_owned(), Vec::new());
    loop {
        let page = staff.get(&path).await.is(200);
        let names = page.text.split("\">pc-").skip(1).map(|rest| rest[..2].to_owned());
        seen.extend(names);
        let Some(next) = page.text.split("<a rel=\"next\" href=\"").nth(1) else { break };
        path = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    }
    let all: Vec<String> = (0..60).rev().map(|n| format!("{n:02}")).collect();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn the_field_takes_what_is_typed_to_the_address_of_a_search() {
    let known = known().await;
    type_in(&known.staff, " Jane & Co ").await.leads_to("/admin/activations?q=Jane+%26+Co");
    type_in(&known.staff, "").await.leads_to("/admin/activations?q=");
    known.staff.get("/admin/activations?q=").await.is(200).hides("Nothing was found");
    let page = search(&known.staff, "no such thing at all").await.is(200);
    page.says("Nothing was found").says("Understood as words");
    let mut typed = known.key.grouped();
    let last = typed.pop().unwrap();
    typed.push(if last == 'A' { 'B' } else { 'A' });
    search(&known.staff, &typed).await.is(200).says("typing mistake");
}

#[tokio::test]
async fn attack_what_is_typed_or_named_stays_text_on_the_page() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let evil = "<script>alert(1)</script>\"'";
    let key = portal.license_with(|new| new.holder = Some(format!("evil {evil}"))).await;
    for n in 0..2 {
        portal.activated(&Machine::new(&format!("{evil} {n}"), &portal.product), &key).await;
    }
    portal.organization(&format!("evil {evil}")).await;
    for text in [evil, "evil", "\u{202E}evil", "%00", "a\u{0}b", "' OR 1=1 --", &"x".repeat(5_000)]
    {
        let page = search(&staff, text).await;
        assert!(matches!(page.status.as_u16(), 200 | 303), "{text}: {}", page.status);
        page.hides("<script>alert");
    }
    search(&staff, "evil").await.is(200).says("&#60;script&#62;");
}

#[tokio::test]
async fn attack_somebody_elses_field_finds_nothing() {
    let known = known().await;
    let outsider = known.portal.customer("mallory@evil.example").await;
    let runner = known.portal.runner("otto@werk.example", known.organization).await;
    for text in [known.key.grouped(), known.activation.to_string(), "olga@werk.example".into()] {
        search(&outsider, &text).await.is(403).hides("drehbank-7");
        search(&runner, &text).await.is(403).hides("drehbank-7");
        type_in(&outsider, &text).await.is(403).hides("drehbank-7");
        let stranger = search(&known.portal.visitor(), &text).await;
        stranger.leads_to("/login?next=/admin/activations");
    }
}
