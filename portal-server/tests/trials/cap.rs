//! So many trials a day, and so many requests of one machine.

use countersign_store::Role;

use crate::played::{Machine, NOW};
use crate::world::{DAY, TestPortal};

#[tokio::test]
async fn the_trials_of_a_day_are_capped_and_the_admins_hear_of_it_once() {
    let portal = TestPortal::new().await;
    for (email, role) in [
        ("ada@acme.example", Role::Admin),
        ("bob@acme.example", Role::Admin),
        ("jane@lab.example", Role::Customer),
    ] {
        portal
            .user(|user| {
                user.email = email.into();
                user.role = role;
                user.language = (email == "bob@acme.example").then(|| "de".to_owned());
            })
            .await;
    }
    portal.set(|settings| settings.trials_per_day = Some(2)).await;
    let requests: Vec<String> =
        (0..5).map(|n| Machine::new(&format!("machine-{n}"), &portal.product).trial()).collect();
    let first = portal.ask("", &requests[0]).await.is(200);
    portal.ask("", &requests[1]).await.is(200);
    for request in &requests[2..] {
        let refused = portal.ask("", request).await.refuses_as(429, "trial-cap-reached");
        assert_eq!(refused.header("retry-after"), (DAY - NOW % DAY).to_string());
    }
    let again = portal.ask("", &requests[0]).await.is(200);
    assert_eq!(again.text, first.text, "a known request is answered as before");

    let mails = portal.mails().await;
    let mut to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["ada@acme.example", "bob@acme.example"]);
    let ada = mails.iter().find(|mail| mail.to == "ada@acme.example").unwrap();
    assert_eq!(ada.subject, "No more trials today at Acme");
    assert!(ada.text.contains("2 trials were started today"), "{}", ada.text);
    ada.link(&portal, "/admin/settings");
    let bob = mails.iter().find(|mail| mail.to == "bob@acme.example").unwrap();
    assert!(bob.text.contains("Heute haben 2 Testzeiten begonnen"), "{}", bob.text);
    let capped: Vec<_> =
        portal.audit().await.into_iter().filter(|e| e.action == "trial.cap").collect();
    assert_eq!(capped.len(), 1, "{capped:?}");

    portal.clock.advance(DAY - NOW % DAY);
    portal.ask("", &requests[2]).await.is(200);
    portal.ask("", &requests[3]).await.is(200);
    portal.ask("", &requests[4]).await.refuses_as(429, "trial-cap-reached");
    assert_eq!(portal.mails().await.len(), 4, "again on the next day");
}

#[tokio::test]
async fn a_page_of_the_portal_says_when_there_are_trials_again() {
    let portal = TestPortal::new().await;
    portal.set(|settings| settings.trials_per_day = Some(1)).await;
    portal.ask("", &Machine::new("a", &portal.product).trial()).await.is(200);
    let request = Machine::new("b", &portal.product).trial();
    let page = portal.visitor().post("/activate/confirm", &[("request", &request)]).await;
    page.says("No more trials today").says("Send the same file again in");
}

#[tokio::test]
async fn attack_one_machine_that_asks_again_and_again_is_sent_away_until_later() {
    let portal = TestPortal::new().await;
    let machine = Machine::new("lab-7", &portal.product);
    let first = machine.trial();
    portal.ask("", &first).await.is(200);
    let mut statuses = Vec::new();
    for _ in 0..12 {
        // With a new device key each time, as a reinstallation has.
        statuses.push(portal.ask("", &machine.reinstalled().trial()).await.status.as_u16());
    }
    assert_eq!((statuses[0], statuses[8]), (409, 409), "{statuses:?}");
    assert_eq!(statuses[11], 429, "{statuses:?}");
    let refused = portal.ask("", &machine.trial()).await.refuses_as(429, "trial-too-often");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=600).contains(&wait), "{wait}");
    portal.ask("", &first).await.is(200);
    portal.ask("", &Machine::new("lab-8", &portal.product).trial()).await.is(200);
    portal.clock.advance(wait);
    portal.ask("", &machine.trial()).await.refuses_as(409, "trial-already-used");
}
