//! Webhooks in the database: what is told of merged journals, and deliveries that many workers take.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

#[allow(dead_code)] // the tests of merging use the rest of it
#[path = "merge/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id};
use countersign_store::{
    Delivery, DeliveryEnd, DeliveryQuery, DeliveryStatus, DeliveryTaken, DeliveryTry, NewJob,
    NewWebhook, Store, Topic, Tried, WebhookCreated,
};

use world::{Ask, Book, Dice, NOW, World, fingerprint, grant, receipt};

async fn world(seats: u64) -> World {
    let key = LicenseKey::generate(&mut getrandom::rand_core::UnwrapErr(getrandom::SysRng));
    World::new(&key, Some(seats), None).await
}

async fn webhook(store: &Store, id: u8, topics: &[Topic]) -> Id {
    let id = Id::from([id; 16]);
    let new = NewWebhook {
        id,
        url: "https://hooks.example/".into(),
        topics: topics.iter().copied().collect(),
        secret: "sealed".into(),
    };
    assert_eq!(store.create_webhook(new, "test", NOW).await.unwrap(), WebhookCreated::Done);
    id
}

async fn deliveries(store: &Store, webhook: Id) -> Vec<Delivery> {
    let query = DeliveryQuery { most: 100, ..DeliveryQuery::default() };
    store.deliveries(webhook, &query).await.unwrap().items
}

async fn told(store: &Store, webhook: Id) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    for delivery in deliveries(store, webhook).await {
        *told.entry(delivery.topic).or_default() += 1;
    }
    told
}

fn no_mail(_: Id, _: Id, _: u64) -> NewJob {
    NewJob { kind: "none", payload: String::new(), once: None, run_at: NOW }
}

#[tokio::test]
async fn machines_of_journals_are_told_once_and_so_is_a_license_that_is_beyond_its_seats() {
    let (world, mut dice) = (world(1).await, Dice::of(7));
    let hook = webhook(&world.store, 1, &Topic::ALL).await;
    let mut book = Book::new("support", &mut dice);
    let mut grants = Vec::new();
    for n in 0..3 {
        let ask = Ask {
            request: dice.hash(),
            device: dice.key(),
            fingerprint: fingerprint(&format!("lab-{n}")),
            at: NOW + n,
        };
        let id = dice.id();
        book.write(grant(world.license, &ask, id));
        grants.push((id, ask));
    }
    let (id, ask) = &grants[0];
    book.write(receipt(*id, ask.device, NOW + 9, Hash::of("proof"), dice.id()));
    for _ in 0..2 {
        world.push(&book, 0, 4).await;
    }
    let expected = [("activation.created", 3), ("deactivation.created", 1), ("overrun.found", 1)];
    let expected = expected.map(|(topic, count)| (topic.to_owned(), count));
    assert_eq!(told(&world.store, hook).await, expected.into());
    let last = deliveries(&world.store, hook).await.remove(0);
    let (_, payload) = world.store.delivery(hook, last.seq).await.unwrap().unwrap();
    let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
    assert_eq!(
        (&payload["type"], &payload["data"]["seat_freed"]),
        (&"deactivation.created".into(), &true.into())
    );
    assert_eq!(payload["id"], last.event);
}

#[tokio::test]
async fn attack_many_workers_take_each_delivery_once() {
    let world = world(1).await;
    let hook = webhook(&world.store, 1, &[Topic::TrialStarted]).await;
    for n in 0..60 {
        assert!(world.store.test_webhook(hook, Id::from([n; 16]), "test", NOW).await.unwrap());
    }
    assert_eq!(world.store.webhooks_due(NOW).await.unwrap(), [hook]);
    // Two stores on one file: as two processes.
    let other = world.database.open(countersign_store::Options::default(), NOW);
    let workers = (0..8).map(|n| {
        let store = if n % 2 == 0 { world.store.clone() } else { other.clone() };
        tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let some = store.take_deliveries(hook, 3, 60, NOW).await.unwrap();
                if some.is_empty() {
                    return taken;
                }
                taken.extend(some);
            }
        })
    });
    let mut all = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), 60);
    let distinct: BTreeSet<i64> = all.iter().map(|taken: &DeliveryTaken| taken.seq).collect();
    assert_eq!(distinct.len(), 60);
    assert_eq!(world.store.webhooks_due(NOW).await.unwrap(), []);
    other.close();
}

#[tokio::test]
async fn what_a_worker_died_with_is_taken_again_and_a_late_word_counts_for_nothing() {
    let world = world(1).await;
    let hook = webhook(&world.store, 1, &[Topic::TrialStarted]).await;
    world.store.test_webhook(hook, Id::from([7; 16]), "test", NOW).await.unwrap();
    let take = async |now: u64| world.store.take_deliveries(hook, 4, 60, now).await.unwrap();
    let first = take(NOW).await.remove(0);
    assert_eq!(take(NOW + 59).await, []);
    let second = take(NOW + 60).await.remove(0);
    assert_eq!((first.seq, first.tries, second.tries), (second.seq, 1, 2));
    assert_eq!((&first.event, &first.payload), (&second.event, &second.payload));
    let note = async |taken: &DeliveryTaken, end| {
        let tried = DeliveryTry { code: Some(500), ..DeliveryTry::default() };
        world.store.note_delivery(taken, tried, end, 0, no_mail, NOW + 61).await.unwrap()
    };
    assert_eq!(note(&first, DeliveryEnd::Failed).await, Tried::Late);
    assert_eq!(deliveries(&world.store, hook).await[0].status, DeliveryStatus::Waiting);
    assert_eq!(note(&second, DeliveryEnd::Delivered).await, Tried::Noted);
    assert_eq!(note(&second, DeliveryEnd::Failed).await, Tried::Late);
    assert_eq!(deliveries(&world.store, hook).await[0].status, DeliveryStatus::Delivered);
}

#[tokio::test]
async fn each_webhook_gets_its_own_delivery_of_one_event() {
    let world = world(5).await;
    let (one, two) = (
        webhook(&world.store, 1, &[Topic::ActivationCreated]).await,
        webhook(&world.store, 2, &[Topic::ActivationCreated, Topic::LicenseLimitReached]).await,
    );
    let three = webhook(&world.store, 3, &[Topic::TrialStarted]).await;
    let mut dice = Dice::of(1);
    for n in 0..5 {
        let (request, device) = (dice.hash(), dice.key());
        let ask = Ask { request, device, fingerprint: fingerprint(&n.to_string()), at: NOW + n };
        world.activate(&ask, dice.id()).await.unwrap();
    }
    assert_eq!(told(&world.store, one).await, [("activation.created".to_owned(), 5)].into());
    let both = [("activation.created".to_owned(), 5), ("license.limit_reached".to_owned(), 1)];
    assert_eq!(told(&world.store, two).await, both.into());
    assert_eq!(told(&world.store, three).await, BTreeMap::new());
    let events = async |webhook| -> BTreeSet<String> {
        let all = deliveries(&world.store, webhook).await.into_iter();
        all.filter(|d| d.topic == "activation.created").map(|d| d.event).collect()
    };
    assert_eq!(events(one).await, events(two).await);
}
