//! Journals that are pushed: real keys, delegations and files; and those who push what they should not.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod attacks;
mod desk;
#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;

use countersign_core::Id;
use countersign_portal::desk::{self as front, Door, Refusal};
use countersign_store::{ActivationState, LicenseChange, Validity, Verdict};

use desk::Desk;
use played::{Machine, NOW};
use world::{DAY, TestPortal};

impl TestPortal {
    async fn answer(&self, request: &str) -> Result<front::Answered, Refusal> {
        let (_, request) = front::understand(request.as_bytes()).unwrap();
        front::answer(&self.app, &request, &Door::anonymous("api")).await
    }

    async fn state(&self, id: &Id) -> ActivationState {
        self.app.store().activation(id).await.unwrap().unwrap().state
    }
}

#[tokio::test]
async fn a_machine_of_a_journal_counts_is_renewed_named_and_deactivated_like_any_other() {
    let portal = TestPortal::new().await;
    let license = portal.license(2, None).await;
    let mut alice = Desk::of(&portal, "support: alice");
    let machine = Machine::new("Lab-7", &portal.product);
    let request = machine.activation(&license);
    let answered = alice.activate(&request, &license, NOW + 5);
    let taken = alice.push(&portal).await;
    assert_eq!(taken.entries[0].verdict, Verdict::Counted);
    let again = alice.push(&portal).await;
    assert!(!again.entries[0].is_new, "pushing again changes nothing");
    assert_eq!(portal.stored(&license).await.live_activations, 1);
    let stored = portal.app.store().activation(&answered.id).await.unwrap().unwrap();
    assert_eq!((stored.device_name.as_deref(), stored.door.as_str()), (None, "journal"));
    // The same request at the portal gets what alice answered.
    assert_eq!(portal.answer(&request).await.unwrap().response, answered);
    // A new one renews it, and says the machine's name.
    portal.clock.advance(DAY);
    let renewed = portal.answer(&machine.activation(&license)).await.unwrap();
    assert_eq!(renewed.response.id, answered.id);
    let stored = portal.app.store().activation(&answered.id).await.unwrap().unwrap();
    assert_eq!(stored.device_name.as_deref(), Some("Lab-7"));
    let proof = machine.deactivation(&answered.id.to_string());
    portal.answer(&proof).await.unwrap();
    assert_eq!(portal.stored(&license).await.live_activations, 0);
    assert!(portal.app.store().integrity_check().await.unwrap().is_empty());
}

#[tokio::test]
async fn overruns_are_listed_no_seat_is_given_and_a_higher_limit_takes_them_in() {
    let portal = TestPortal::new().await;
    let license = portal.license(1, Some(0)).await;
    let (mut alice, mut bob) = (Desk::of(&portal, "alice"), Desk::of(&portal, "bob"));
    let machines = ["a", "b", "c"].map(|name| Machine::new(name, &portal.product));
    let at_portal = portal.answer(&machines[0].activation(&license)).await.unwrap().response.id;
    let late = alice.activate(&machines[1].activation(&license), &license, NOW + 9).id;
    let early = bob.activate(&machines[2].activation(&license), &license, NOW + 4).id;
    let taken = alice.push(&portal).await;
    assert_eq!(taken.over.iter().map(|l| l.over_activations).collect::<Vec<_>>(), [1]);
    bob.push(&portal).await;
    let store = portal.app.store();
    let listed = store.overruns(&license.id()).await.unwrap();
    assert_eq!(listed.iter().map(|o| o.machine.id).collect::<Vec<_>>(), [late, early]);
    assert_eq!(listed[0].signed.as_ref().unwrap().holder.as_deref(), Some("alice"));
    assert_eq!(store.licenses_over().await.unwrap().len(), 1);
    let refused = portal.answer(&Machine::new("d", &portal.product).activation(&license)).await;
    assert!(matches!(refused, Err(Refusal::SeatsUsedUp { allowed: 1, .. })));
    // Who has a seat keeps it, beyond the limit, too.
    portal.answer(&machines[1].activation(&license)).await.unwrap();
    // A receipt of a desk beyond the deactivations counts beyond them.
    bob.receipt(&machines[2].deactivation(&early.to_string()), NOW + 20);
    bob.push(&portal).await;
    let read = portal.stored(&license).await;
    assert_eq!((read.live_activations, read.over_activations), (1, 1));
    assert_eq!((read.total_deactivations, read.over_deactivations), (0, 1));
    for (seats, expected) in [(Some(2), (2, 0)), (Some(1), (2, 0)), (None, (2, 0))] {
        let mut changed = portal.stored(&license).await;
        changed.allowed_activations = seats;
        let done = store.change_license(changed, "test", NOW).await.unwrap();
        assert_eq!(done == LicenseChange::Done, seats != Some(1), "{seats:?}");
        let read = portal.stored(&license).await;
        assert_eq!((read.live_activations, read.over_activations), expected);
    }
    assert_eq!(portal.state(&at_portal).await, ActivationState::Active);
    assert!(store.integrity_check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_seat_that_comes_back_is_taken_from_what_is_over() {
    let portal = TestPortal::new().await;
    let license = portal.license(1, None).await;
    let mut alice = Desk::of(&portal, "alice");
    let machines = ["a", "b", "c"].map(|name| Machine::new(name, &portal.product));
    let ids =
        machines.each_ref().map(|m| alice.activate(&m.activation(&license), &license, NOW).id);
    alice.push(&portal).await;
    for (left, n) in [((1, 1), 0), ((1, 0), 1)] {
        portal.answer(&machines[n].deactivation(&ids[n].to_string())).await.unwrap();
        let read = portal.stored(&license).await;
        assert_eq!((read.live_activations, read.over_activations), left);
    }
    let new = Machine::new("d", &portal.product);
    assert!(portal.answer(&new.activation(&license)).await.is_err(), "one of one is in use");
    portal.answer(&machines[2].deactivation(&ids[2].to_string())).await.unwrap();
    portal.answer(&new.activation(&license)).await.unwrap();
}

#[tokio::test]
async fn a_validity_begins_with_the_first_signature_whoever_made_it() {
    let mut ends = Vec::new();
    for portal_first in [true, false] {
        let portal = TestPortal::new().await;
        let license =
            portal.license_with(|new| new.validity = Validity::FromFirstActivation(10 * DAY)).await;
        let mut alice = Desk::of(&portal, "alice");
        let machine = Machine::new("a", &portal.product);
        alice.activate(&machine.activation(&license), &license, NOW - 3 * DAY);
        let own = Machine::new("b", &portal.product).activation(&license);
        if portal_first {
            portal.answer(&own).await.unwrap();
            alice.push(&portal).await;
        } else {
            alice.push(&portal).await;
            portal.answer(&own).await.unwrap();
        }
        let read = portal.stored(&license).await;
        ends.push((read.first_activated_at, read.expires_at));
    }
    assert_eq!(ends[0], (Some(NOW - 3 * DAY), Some(NOW + 7 * DAY)));
    assert_eq!(ends[0], ends[1]);
}

#[tokio::test]
async fn trials_of_a_desk_are_the_trials_of_their_machines() {
    let portal = TestPortal::new().await;
    let mut alice = Desk::of(&portal, "alice");
    let machine = Machine::new("a", &portal.product);
    alice.trial(&machine.trial(), NOW);
    alice.trial(&machine.reinstalled().trial(), NOW + 5);
    let taken = alice.push(&portal).await;
    let verdicts: Vec<_> = taken.entries.iter().map(|entry| entry.verdict).collect();
    assert_eq!(verdicts, [Verdict::Trial, Verdict::TrialAgain]);
    assert!(matches!(portal.answer(&machine.trial()).await, Err(Refusal::TrialAlreadyUsed { .. })));
}

#[tokio::test]
async fn the_pages_say_what_came_of_a_journal() {
    let portal = TestPortal::new().await;
    let license = portal.license(1, None).await;
    let mut alice = Desk::of(&portal, "<b>alice</b> & co");
    for name in ["a", "b", "c"] {
        let machine = Machine::new(name, &portal.product);
        alice.activate(&machine.activation(&license), &license, NOW);
    }
    alice.push(&portal).await;
    let admin = portal.admin().await;
    let list = admin.get("/admin/journals").await.is(200).text;
    assert!(list.contains("&#60;b&#62;alice") && !list.contains("<b>alice"), "{list}");
    let path = format!("/admin/journals/{}", alice.id());
    let shown = admin.get(&path).await.is(200).text;
    assert!(shown.contains("counted, active") && !shown.contains("id=\"alarms\""), "{shown}");
    let page = admin.get(&format!("/admin/licenses/{}", license.id())).await.is(200).text;
    assert!(page.contains("id=\"overruns\"") && page.contains("2 over"), "{page}");
    assert_eq!(page.matches("&#60;b&#62;alice").count(), 2, "who signed them");
    let taken_back = admin.post(&format!("{path}/take-back"), &[]).await;
    taken_back.is(303);
    assert_eq!(portal.stored(&license).await.seats_in_use(), 0);
    assert_eq!(portal.stored(&license).await.total_releases, 3);
    admin.get("/admin/journals/nothing").await.is(404);
    admin.get(&format!("/admin/journals/{}", countersign_core::Hash::of("x"))).await.is(404);
}
