//! A domain from its use to its end.

use countersign_store::{DomainState, Finding};

use crate::mails::Letter;
use crate::world::{DAY, TestPortal};
use crate::zone::{Zone, cname, txt};
use crate::{DOMAIN, OPERATOR, PAGE, portal_in, portal_with};

const USE: &str = "/admin/settings/domain/use";
const HOUR: u64 = 3600;

impl TestPortal {
    pub(crate) fn clock_now(&self) -> u64 {
        countersign_portal::clock::Clock::now(&*self.clock)
    }

    /// A mail with a link, to somebody new each time.
    async fn mail_with_a_link(&self, email: &str) -> Letter {
        self.user(|user| user.email = email.into()).await;
        self.visitor().post("/forgot", &[("email", email)]).await.is(200);
        let mails = self.mails().await;
        mails.into_iter().find(|mail| mail.to == email).unwrap()
    }

    /// Both records as they have to be.
    async fn right_records(&self) -> [String; 2] {
        let text = format!("countersign={}", self.domain().await.unwrap().token);
        [cname(DOMAIN, OPERATOR), txt(&format!("_countersign.{DOMAIN}"), &text)]
    }
}

/// A domain in use, by real records.
async fn in_use(zone: &mut Zone) -> TestPortal {
    let portal = portal_in(zone).await;
    let admin = portal.admin().await;
    admin.post(PAGE, &[("name", DOMAIN)]).await.leads_to(PAGE);
    portal.until("the first look", |domain| domain.checked_at.is_some()).await;
    zone.has(&portal.right_records().await);
    let due = portal.domain().await.unwrap().check_at.unwrap();
    portal.clock.advance(due - portal.clock_now());
    portal.until("the verification", |domain| domain.state == DomainState::Verified).await;
    admin.post(USE, &[("name", DOMAIN), ("used", "on")]).await.leads_to(PAGE);
    portal
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_a_record_that_disappears_takes_no_mail_along() {
    let mut zone = Zone::new();
    let portal = in_use(&mut zone).await;
    let mail = portal.mail_with_a_link("a@lab.example").await;
    assert!(mail.text.contains(&format!("https://{DOMAIN}/reset/")), "{}", mail.text);
    let records = portal.right_records().await;
    // Somebody else has the name now.
    zone.has(&[cname(DOMAIN, "evil.example")]);
    portal.clock.advance(DAY);
    portal.until("the look of the day", |domain| domain.failing_since.is_some()).await;
    let mail = portal.mail_with_a_link("b@lab.example").await;
    assert!(mail.text.contains(&format!("https://{DOMAIN}/")), "one answer alone ends nothing");
    portal.clock.advance(HOUR);
    portal.until("the warning", |domain| domain.warned_at.is_some()).await;
    // The admin hears of it, and links lead to the operator's host; the domain still works.
    portal.until_nothing_waits().await;
    let told = portal.mails().await;
    let told = told.iter().find(|mail| mail.to == "ada@acme.example").unwrap();
    assert!(told.text.contains(DOMAIN) && told.subject.contains("DNS"), "{}", told.text);
    assert!(told.text.contains(&format!("https://{OPERATOR}{PAGE}")), "{}", told.text);
    let admin = portal.logged_in("ada@acme.example").await;
    admin.get(PAGE).await.is(200).says("Records are gone").says("evil.example");
    let mail = portal.mail_with_a_link("c@lab.example").await;
    assert!(mail.text.contains(&format!("https://{OPERATOR}/reset/")), "{}", mail.text);
    portal.at(DOMAIN).get("/activate").await.is(200);
    // It comes back.
    zone.has(&records);
    portal.clock.advance(HOUR);
    portal.until("the records", |domain| domain.failing_since.is_none()).await;
    let mail = portal.mail_with_a_link("d@lab.example").await;
    assert!(mail.text.contains(&format!("https://{DOMAIN}/reset/")), "{}", mail.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_a_takeover_of_a_name_that_was_given_up() {
    let mut zone = Zone::new();
    let portal = in_use(&mut zone).await;
    let old = portal.right_records().await;
    zone.has(&[]);
    portal.clock.advance(DAY);
    let failing = portal.until("the look", |domain| domain.failing_since.is_some()).await;
    portal.clock.advance(7 * DAY);
    let ended = portal.until("the end", |domain| domain.state == DomainState::Asked).await;
    assert_ne!(ended.token, failing.token);
    portal.at(DOMAIN).get("/activate").await.is(421);
    // Who gets the name next finds the old records in the archives of DNS, and makes them again.
    zone.has(&old);
    let due = ended.check_at.unwrap();
    portal.clock.advance(due - portal.clock_now());
    let looked = portal.until("the next look", |domain| domain.checked_at == Some(due)).await;
    assert_eq!(looked.check.pointer.finding, Finding::Right);
    assert_eq!(
        (looked.check.proof.finding, looked.state),
        (Finding::Elsewhere, DomainState::Asked)
    );
    portal.at(DOMAIN).get("/activate").await.is(421);
    let mail = portal.mail_with_a_link("a@lab.example").await;
    assert!(mail.text.contains(&format!("https://{OPERATOR}/reset/")), "{}", mail.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_a_takeover_after_removal() {
    let mut zone = Zone::new();
    let portal = in_use(&mut zone).await;
    let token = portal.domain().await.unwrap().token;
    let admin = portal.logged_in("ada@acme.example").await;
    admin.post("/admin/settings/domain/remove", &[]).await.leads_to(PAGE);
    portal.at(DOMAIN).get("/activate").await.is(421);
    let mail = portal.mail_with_a_link("a@lab.example").await;
    assert!(mail.text.contains(&format!("https://{OPERATOR}/reset/")), "{}", mail.text);
    // The records stand in DNS still. Set again, they are not enough.
    admin.post(PAGE, &[("name", DOMAIN)]).await.leads_to(PAGE);
    let again = portal.until("the look", |domain| domain.checked_at.is_some()).await;
    assert_ne!(again.token, token);
    assert_eq!(again.state, DomainState::Asked);
    portal.at(DOMAIN).get("/activate").await.is(421);
}

#[tokio::test]
async fn both_hosts_work_and_each_has_its_own_login() {
    let portal = portal_with(|_| ()).await;
    portal.has_domain(DomainState::Used).await;
    let (ours, theirs) = (portal.at(OPERATOR), portal.at(DOMAIN));
    for browser in [&ours, &theirs] {
        browser.get("/activate").await.is(200);
        browser.log_in("ada@acme.example", crate::world::PASSWORD).await.is(303);
        browser.get("/admin").await.is(200);
    }
    assert_ne!(ours.cookie(), theirs.cookie());
    assert!(theirs.cookie().unwrap().starts_with("__Host-"));
    // A form of one host is not one of the other's.
    let foreign = theirs.request("POST", "/logout").header("origin", format!("https://{OPERATOR}"));
    theirs.send(foreign).await.is(403);
    let own = theirs.request("POST", "/logout").header("origin", format!("https://{DOMAIN}"));
    theirs.send(own).await.is(303);
}

#[tokio::test]
async fn single_sign_on_begins_at_the_host_that_the_provider_sends_people_back_to() {
    let portal = portal_with(|_| ()).await;
    let path = "/login/sso?next=/licenses";
    portal.at(OPERATOR).get(path).await.is(200);
    portal.has_domain(DomainState::Verified).await;
    portal.at(OPERATOR).get(path).await.is(200);
    portal.at(DOMAIN).get(path).await.leads_to(&format!("https://{OPERATOR}{path}"));
    assert!(portal.app.store().use_domain(DOMAIN, true, "test", crate::played::NOW).await.unwrap());
    portal.logged_in("ada@acme.example").await.get(PAGE).await.is(200);
    portal.at(DOMAIN).get(path).await.is(200);
    portal.at(OPERATOR).get(path).await.leads_to(&format!("https://{DOMAIN}{path}"));
}

#[tokio::test]
async fn files_carry_the_domain_once_it_is_in_use() {
    for (state, host) in [(DomainState::Verified, OPERATOR), (DomainState::Used, DOMAIN)] {
        let portal = portal_with(|_| ()).await;
        portal.has_domain(state).await;
        portal.user(|user| user.email = "jane@lab.example".into()).await;
        let owner = portal.stored_user("jane@lab.example").await.id;
        portal
            .license_with(|new| {
                new.owner = Some(owner);
                new.validity = countersign_store::Validity::Fixed(crate::played::NOW + 90 * DAY);
            })
            .await;
        let jane = portal.logged_in("jane@lab.example").await;
        let calendar = jane.get("/licenses.ics").await.is(200).text.replace("\r\n ", "");
        assert!(calendar.contains(&format!("https://{host}/licenses/")), "{calendar}");
        let admin = portal.logged_in("ada@acme.example").await;
        let form = [("email", "bob@lab.example")];
        let made = admin.post("/admin/customers/users", &form).await.is(200);
        made.says(&format!("https://{host}/password/"));
    }
}

#[tokio::test]
async fn a_domain_is_put_to_use_only_once_it_is_verified() {
    let portal = portal_with(|_| ()).await;
    portal.has_domain(DomainState::Asked).await;
    let admin = portal.logged_in("ada@acme.example").await;
    admin.post(USE, &[("name", DOMAIN), ("used", "on")]).await.is(422);
    portal.at(DOMAIN).get("/activate").await.is(421);
    portal.app.store().remove_domain("test", crate::played::NOW).await.unwrap();
    portal.store_domain(DomainState::Verified).await;
    // A form that was open before somebody else set another domain.
    admin.post(USE, &[("name", "old.acme.example"), ("used", "on")]).await.is(422);
    admin.post(USE, &[("name", DOMAIN), ("used", "on")]).await.leads_to(PAGE);
    admin.get(PAGE).await.says("In use").says(&format!("<dd id=\"links\">https://{DOMAIN}</dd>"));
    admin.post(USE, &[("name", DOMAIN), ("used", "off")]).await.leads_to(PAGE);
    admin.post(USE, &[("name", DOMAIN), ("used", "off")]).await.is(422);
    admin.get(PAGE).await.says(&format!("<dd id=\"links\">https://{OPERATOR}</dd>"));
    portal.at(DOMAIN).get("/activate").await.is(200);
}

#[tokio::test]
async fn two_checks_within_seconds_are_one() {
    let portal = portal_with(|_| ()).await;
    portal.has_domain(DomainState::Verified).await;
    let admin = portal.logged_in("ada@acme.example").await;
    let (one, two) = tokio::join!(
        admin.post("/admin/settings/domain/check", &[]),
        admin.post("/admin/settings/domain/check", &[])
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 429]);
}
