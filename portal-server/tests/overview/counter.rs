//! Counting in the background: once each, whoever counts, however often, and from the beginning on a portal that is older.

use std::time::Duration;

use countersign_portal::{audit, tally};
use countersign_store::{CountKind, DailyCount};
use rusqlite::Connection;

use crate::TestPortal;
use crate::played::{Machine, NOW};
use crate::world::DAY;

const DAY_OF_NOW: u64 = NOW / DAY;

async fn count(portal: &TestPortal, kind: CountKind) -> u64 {
    let all = portal.app.store().daily_counts(0, u64::from(u32::MAX)).await.unwrap();
    all.iter().filter(|count| count.kind == kind).map(|count| count.count).sum()
}

async fn with_machines(machines: usize) -> TestPortal {
    let portal = TestPortal::new().await;
    let key = portal.license(1_000, None).await;
    for n in 0..machines {
        portal.activated(&Machine::new(&format!("pc-{n}"), &portal.product), &key).await;
    }
    portal
}

#[tokio::test]
async fn many_that_count_at_once_count_each_thing_once() {
    let portal = with_machines(40).await;
    audit::seal_all(&portal.app).await.unwrap();
    let counting = (0..8).map(|n| {
        let store = portal.app.store().clone();
        tokio::spawn(async move {
            while store.tally_some(3 + n).await.unwrap() == countersign_store::Tallied::More {}
        })
    });
    for counter in counting.collect::<Vec<_>>() {
        counter.await.unwrap();
    }
    portal.counted().await;
    assert_eq!(count(&portal, CountKind::Activation).await, 40);
    assert_eq!(count(&portal, CountKind::License).await, 1);
}

#[tokio::test]
async fn what_happened_before_the_upgrade_is_counted_once_and_found() {
    let portal = with_machines(30).await;
    audit::seal_all(&portal.app).await.unwrap();
    // As the migration leaves it on a portal that has been running for long.
    let database = Connection::open(portal.app.config().data.join("countersign.db")).unwrap();
    let counted: i64 = database.query_row("SELECT n FROM tally", [], |row| row.get(0)).unwrap();
    assert_eq!(counted, 0);
    assert!(portal.app.store().uncounted().await.unwrap() >= 31);
    portal.counted().await;
    portal.counted().await;
    assert_eq!(count(&portal, CountKind::Activation).await, 30);
    let clues: i64 =
        database.query_row("SELECT COUNT(*) FROM activation_clue", [], |row| row.get(0)).unwrap();
    assert_eq!(clues, 60);
}

#[tokio::test]
async fn a_running_portal_counts_by_itself_and_keeps_refusals_over_a_restart() {
    let mut portal = TestPortal::with(|config| config.seal_every = Duration::from_millis(50)).await;
    let key = portal.license(1, None).await;
    portal.activated(&Machine::new("pc-1", &portal.product), &key).await;
    let refused = Machine::new("pc-2", &portal.product).activation(&key);
    for _ in 0..5 {
        portal.asked("/api/v1/activations", &refused).await.is(409);
    }
    // As long as a loaded machine needs.
    for _ in 0..600 {
        let done = count(&portal, CountKind::Activation).await == 1
            && count(&portal, CountKind::Refused).await == 1;
        if done {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let expected = DailyCount {
        day: DAY_OF_NOW,
        kind: CountKind::Refused,
        detail: "seats-used-up".into(),
        count: 1,
    };
    let counts = portal.app.store().daily_counts(DAY_OF_NOW, DAY_OF_NOW + 1).await.unwrap();
    assert!(counts.contains(&expected), "{counts:?}");
    portal.start_again().await;
    assert_eq!(count(&portal, CountKind::Refused).await, 1);
}

#[tokio::test]
async fn attack_a_flood_of_refused_requests_writes_one_row() {
    let portal = TestPortal::new().await;
    let database = Connection::open(portal.app.config().data.join("countersign.db")).unwrap();
    let version =
        || database.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0)).unwrap();
    let before = version();
    for n in 0..200 {
        portal.asked("/api/v1/activations", &format!("# nothing {n}")).await.is(422);
    }
    let nobodys = countersign_core::license_key::LicenseKey::generate(&mut crate::played::rng());
    for n in 0..40 {
        let machine = Machine::new(&format!("pc-{n}"), &portal.product);
        portal.asked("/api/v1/activations", &machine.activation(&nobodys)).await.is(404);
    }
    assert_eq!(version(), before, "nothing was written while it went on");
    tally::catch_up(&portal.app).await.unwrap();
    let counts = portal.app.store().daily_counts(0, u64::from(u32::MAX)).await.unwrap();
    let refused: Vec<_> = counts.iter().filter(|c| c.kind == CountKind::Refused).collect();
    let counted: Vec<(&str, u64)> = refused.iter().map(|c| (c.detail.as_str(), c.count)).collect();
    assert_eq!(counted, [("damaged-file", 200), ("unknown-license", 40)]);
}

#[tokio::test]
async fn a_request_that_was_looked_at_and_then_sent_is_one_refusal() {
    let portal = TestPortal::new().await;
    let key = portal.license(1, None).await;
    portal.activated(&Machine::new("pc-1", &portal.product), &key).await;
    let request = Machine::new("pc-2", &portal.product).activation(&key);
    let visitor = portal.visitor();
    for _ in 0..2 {
        let file = crate::world::browser::file("pc-2.request", &request);
        visitor.upload("/activate/review", file).await.is(200).says("seats-used-up");
        visitor.post("/activate/confirm", &[("request", &request)]).await.is(200);
        portal.asked("/api/v1/activations", &request).await.is(409);
    }
    // Who is asked which license it is for was not refused.
    let open = Machine::new("pc-3", &portal.product);
    let open = open
        .request(|_, device| countersign_core::request::Ask::Activation { device, license: None });
    let file = crate::world::browser::file("pc-3.request", &open);
    visitor.upload("/activate/review", file).await.is(200).says("license-needed");
    portal.counted().await;
    assert_eq!(count(&portal, CountKind::Refused).await, 1);
}
