//! What is pushed by those who should not, or is not what it says.

use countersign_core::Hash;
use countersign_portal::journals::NotTaken;
use countersign_store::{ActivationState, ReleasePolicy, Role, Verdict};

use crate::desk::{Desk, push, root};
use crate::played::{Machine, NOW};
use crate::world::TestPortal;

async fn verdicts(portal: &TestPortal, desk: &Desk) -> Vec<(Verdict, String)> {
    let taken = desk.push(portal).await;
    taken.entries.into_iter().map(|entry| (entry.verdict, entry.why)).collect()
}

#[tokio::test]
async fn attack_an_entry_that_no_key_of_the_vendor_signed_takes_no_seat_and_is_kept() {
    let portal = TestPortal::new().await;
    let license = portal.license(5, None).await;
    let mut thief = Desk::stranger();
    let request = Machine::new("a", &portal.product).activation(&license);
    thief.activate(&request, &license, NOW);
    let found = verdicts(&portal, &thief).await;
    assert_eq!(found[0].0, Verdict::NotVerified);
    assert!(found[0].1.contains("none of the trusted root keys"), "{found:?}");
    assert_eq!(portal.stored(&license).await.total_activations, 0);
    // It has not become the answer of its request either.
    let own = portal.answer(&request).await.unwrap();
    assert_eq!(portal.stored(&license).await.live_activations, 1);
    assert_eq!(own.response.granted().unwrap().grant.expires_at, None);
}

#[tokio::test]
async fn attack_an_entry_of_another_key_or_about_another_request_is_not_believed() {
    let portal = TestPortal::new().await;
    let license = portal.license(5, None).await;
    let (mut alice, mut bob) = (Desk::of(&portal, "alice"), Desk::of(&portal, "bob"));
    let request = Machine::new("a", &portal.product).activation(&license);
    let response = alice.activate(&request, &license, NOW);
    let text = String::from_utf8(alice.lines()).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
    let token = line["response"].as_str().unwrap();
    bob.write(response.request.hash, token, &response);
    bob.write(Hash::of("another"), token, &response);
    for (verdict, why) in verdicts(&portal, &bob).await {
        assert_eq!(verdict, Verdict::NotVerified);
        assert!(why.starts_with("the response "), "{why}");
    }
    assert_eq!(portal.stored(&license).await.total_activations, 0);
}

#[tokio::test]
async fn attack_lines_that_were_changed_left_out_or_put_in_another_order_are_refused_whole() {
    let portal = TestPortal::new().await;
    let license = portal.license(5, None).await;
    let mut alice = Desk::of(&portal, "alice");
    for name in ["a", "b", "c"] {
        alice.activate(&Machine::new(name, &portal.product).activation(&license), &license, NOW);
    }
    for order in [&[1, 3][..], &[2, 1], &[1, 1], &[3, 2, 1]] {
        let refused = push(&portal, alice.part(order.iter().copied())).await;
        assert!(matches!(refused, Err(NotTaken::Unreadable(_))), "{order:?}: {refused:?}");
    }
    // From the middle on, before what comes before it.
    let refused = push(&portal, alice.part([2, 3])).await;
    assert!(matches!(refused, Err(NotTaken::DoesNotFollow)), "{refused:?}");
    let changed = String::from_utf8(alice.lines()).unwrap().replacen("\"n\":2", "\"n\":9", 1);
    assert!(push(&portal, changed.into_bytes()).await.is_err());
    assert_eq!(portal.stored(&license).await.total_activations, 0, "nothing of it was stored");
    push(&portal, alice.part([1])).await.unwrap();
    let taken = push(&portal, alice.part([2, 3])).await.unwrap();
    assert_eq!(taken.entries.iter().filter(|entry| entry.is_new).count(), 2);
}

#[tokio::test]
async fn attack_a_line_of_ten_megabytes_and_more_entries_than_may_be_are_refused() {
    let portal = TestPortal::new().await;
    let alice = Desk::of(&portal, "alice");
    let mut long = alice.lines();
    long.extend(std::iter::repeat_n(b'x', 10 * 1024 * 1024));
    long.push(b'\n');
    let refused = push(&portal, long).await;
    assert!(
        matches!(&refused, Err(NotTaken::Unreadable(why)) if why.contains("bytes")),
        "{refused:?}"
    );
    let mut line = alice.lines();
    line.extend(std::iter::repeat_n(b'[', 40_000));
    line.push(b'\n');
    let refused = push(&portal, line).await;
    assert!(matches!(&refused, Err(NotTaken::Unreadable(why)) if why.starts_with("line 2")));
    for rubbish in [&b""[..], b"\n", b"{}\n", b"\xff\n", b"{\"journal\":1}\n"] {
        assert!(matches!(push(&portal, rubbish.to_vec()).await, Err(NotTaken::Unreadable(_))));
    }
    assert!(portal.app.store().journals(None, 10).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn attack_a_journal_that_was_rewritten_is_shown_and_what_is_new_in_it_counts() {
    let portal = TestPortal::new().await;
    let license = portal.license(5, None).await;
    let mut alice = Desk::of(&portal, "alice");
    alice.activate(&Machine::new("a", &portal.product).activation(&license), &license, NOW);
    let kept = alice.part([1]);
    alice.activate(&Machine::new("b", &portal.product).activation(&license), &license, NOW + 1);
    alice.push(&portal).await;
    // The old file is put back, and signed on.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alice.journal");
    std::fs::write(&path, &kept).unwrap();
    let mut other = Desk::with(&root(&portal), "alice", None);
    let third = Machine::new("c", &portal.product).activation(&license);
    let response = other.activate(&third, &license, NOW + 2);
    let line = String::from_utf8(other.lines()).unwrap();
    let line: serde_json::Value = serde_json::from_str(line.lines().nth(1).unwrap()).unwrap();
    let kid = alice.key.public_key().thumbprint();
    let (mut rewritten, _) =
        countersign_journal::Journal::open(&path, &kid, NOW, &mut crate::played::rng()).unwrap();
    let new = countersign_journal::New {
        at: response.issued_at,
        request: response.request.hash,
        response: line["response"].as_str().unwrap().to_owned(),
        under: line["under"].as_str().map(|hash| hash.parse().unwrap()),
    };
    rewritten.lock().unwrap().append(&[new]).unwrap();
    let taken = push(&portal, std::fs::read(&path).unwrap()).await.unwrap();
    assert_eq!(taken.entries.iter().map(|e| e.is_new).collect::<Vec<_>>(), [false, true]);
    let journal = portal.app.store().journal(&alice.id()).await.unwrap().unwrap();
    assert!(journal.forked_at.is_some());
    assert_eq!((journal.entries, journal.head_n), (3, 2));
    let shown = portal.admin().await.get(&format!("/admin/journals/{}", alice.id())).await.is(200);
    assert!(shown.text.contains("two versions of this journal"));
}

#[tokio::test]
async fn attack_a_copied_key_uses_numbers_twice_and_a_forgotten_grant_leaves_a_gap() {
    let portal = TestPortal::new().await;
    let license = portal.license(50, None).await;
    let mut alice = Desk::with(&root(&portal), "alice", Some(500));
    let machine = |name: &str| Machine::new(name, &portal.product).activation(&license);
    alice.activate(&machine("a"), &license, NOW);
    alice.activate(&machine("b"), &license, NOW);
    let mut thief = alice.copied();
    alice.activate(&machine("c"), &license, NOW);
    alice.forgets_one();
    alice.forgets_one();
    alice.activate(&machine("d"), &license, NOW);
    alice.push(&portal).await;
    let numbers = async || portal.app.store().journal_numbers(&alice.id()).await.unwrap().remove(0);
    assert_eq!((numbers().await.gaps, numbers().await.twice), (vec![(4, 5)], vec![]));
    thief.activate(&machine("e"), &license, NOW);
    thief.activate(&machine("f"), &license, NOW);
    thief.push(&portal).await;
    assert_eq!((numbers().await.gaps, numbers().await.twice), (vec![(5, 5)], vec![(3, 2)]));
    let shown = portal.admin().await.get(&format!("/admin/journals/{}", thief.id())).await.is(200);
    assert!(shown.text.contains("somebody has a copy of the key"));
}

#[tokio::test]
async fn attack_a_stolen_support_key_floods_a_license_and_its_machines_are_taken_back() {
    let portal = TestPortal::new().await;
    let license = portal.license(2, None).await;
    let own = Machine::new("own", &portal.product);
    let id = portal.answer(&own.activation(&license)).await.unwrap().response.id;
    let mut thief = Desk::of(&portal, "support: alice");
    for n in 0..250 {
        let machine = Machine::new(&format!("thief-{n}"), &portal.product);
        thief.activate(&machine.activation(&license), &license, NOW + n);
    }
    thief.push(&portal).await;
    let read = portal.stored(&license).await;
    assert_eq!((read.live_activations, read.over_activations), (2, 249));
    // The customer is not locked out of what they have.
    portal.clock.advance(60);
    let renewed = portal.answer(&own.activation(&license)).await.unwrap();
    assert_eq!(renewed.response.id, id);
    let ada =
        portal.user(|user| (user.email, user.role) = ("a@acme.example".into(), Role::Admin)).await;
    let (store, policy) = (portal.app.store(), ReleasePolicy { per_year: 0, cool_down: 0 });
    let mut after = Some(0);
    while let Some(from) = after {
        let part = store.take_back_journal(thief.id(), from, ada.id, "stolen".into(), policy, NOW);
        after = part.await.unwrap();
    }
    let read = portal.stored(&license).await;
    assert_eq!((read.live_activations, read.over_activations, read.total_releases), (1, 0, 250));
    assert_eq!(portal.state(&id).await, ActivationState::Active);
    portal.answer(&Machine::new("new", &portal.product).activation(&license)).await.unwrap();
    assert!(store.integrity_check().await.unwrap().is_empty());
}

#[tokio::test]
async fn attack_a_receipt_for_somebody_elses_activation_frees_no_seat() {
    let portal = TestPortal::new().await;
    let license = portal.license(2, None).await;
    let (own, other) =
        (Machine::new("own", &portal.product), Machine::new("other", &portal.product));
    let id = portal.answer(&own.activation(&license)).await.unwrap().response.id;
    let mut alice = Desk::of(&portal, "alice");
    alice.receipt(&other.deactivation(&id.to_string()), NOW + 5);
    assert_eq!(verdicts(&portal, &alice).await[0].0, Verdict::OtherDevice);
    assert_eq!(portal.state(&id).await, ActivationState::Active);
}
