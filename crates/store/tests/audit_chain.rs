//! Rows become a chain: once each, whoever chains them, and whenever they are committed.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use countersign_core::{Hash, Id};
use countersign_store::{AuditQuery, ChainHead, Options, Store};
use countersign_testing::{Raw, TestDatabase};

const NOW: u64 = 1_790_000_000;
const DAY: u64 = 86_400;

struct World {
    store: Store,
    /// As another node that writes rows of its own.
    beside: Raw,
    _database: TestDatabase,
}

impl World {
    fn new() -> Self {
        let database = countersign_testing::test_database!();
        let store = database.open(Options::default(), NOW);
        Self { store, beside: database.raw(), _database: database }
    }

    fn row(&self, seq: i64) {
        self.rows(seq..=seq);
    }

    fn rows(&self, seqs: std::ops::RangeInclusive<i64>) {
        let row = |seq| format!("({seq}, {}, 'a', 'b.c', 'd', 'e')", 1_790_000_000 + seq);
        let rows: Vec<String> = seqs.map(row).collect();
        let insert = "INSERT INTO audit (seq, at, actor, action, subject, detail) VALUES";
        self.beside.execute(&format!("{insert} {}", rows.join(", "))).unwrap();
    }

    /// Chains what waits, at most so many; the rows that were chained.
    async fn seal(&self, most: u32, now: u64) -> Vec<i64> {
        let before = self.store.audit_head().await.unwrap();
        let found = self.store.unchained_audit(most).await.unwrap();
        let seqs: Vec<i64> = found.entries.iter().map(|entry| entry.seq).collect();
        if !seqs.is_empty() {
            let links = links(&seqs);
            assert!(self.store.chain_audit(before, links, found.gaps, now).await.unwrap());
        }
        seqs
    }

    async fn chain(&self) -> Vec<(u64, i64)> {
        let links = self.store.chained_audit(0, 1_000).await.unwrap();
        links.iter().map(|link| (link.head.n, link.seq)).collect()
    }
}

fn links(seqs: &[i64]) -> Vec<(i64, Hash)> {
    seqs.iter().map(|seq| (*seq, Hash::of(seq.to_le_bytes()))).collect()
}

#[tokio::test]
async fn rows_that_are_committed_out_of_their_order_are_all_chained() {
    let world = World::new();
    for seq in [1, 2, 5] {
        world.row(seq);
    }
    assert_eq!(world.seal(10, NOW).await, [1, 2, 5]);
    world.row(6);
    // Another node commits late what it began before.
    world.row(4);
    assert_eq!(world.seal(10, NOW + 3).await, [4, 6], "the late one first");
    world.row(3);
    assert_eq!(world.seal(10, NOW + DAY - 1).await, [3]);
    assert_eq!(world.chain().await, [(1, 1), (2, 2), (3, 5), (4, 4), (5, 6), (6, 3)]);
    assert!(world.seal(10, NOW).await.is_empty());
    assert!(world.store.stray_audit(i64::MIN, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_row_that_comes_after_a_day_or_where_none_was_passed_over_is_a_stray() {
    let world = World::new();
    world.rows(1..=3);
    world.row(8);
    world.seal(10, NOW).await;
    world.row(9);
    world.seal(10, NOW + 2 * DAY).await;
    world.row(6);
    world.row(-1);
    assert!(world.seal(10, NOW + 2 * DAY).await.is_empty());
    assert_eq!(world.store.stray_audit(i64::MIN, 10).await.unwrap(), [-1, 6]);
    assert_eq!(world.store.stray_audit(-1, 10).await.unwrap(), [6]);
}

#[tokio::test]
async fn a_batch_is_bounded_and_the_next_one_goes_on() {
    let world = World::new();
    world.rows(1..=7);
    assert_eq!(world.store.count_unchained_audit().await.unwrap(), 7);
    assert_eq!(world.seal(3, NOW).await, [1, 2, 3]);
    assert_eq!(world.seal(3, NOW).await, [4, 5, 6]);
    assert_eq!(world.seal(3, NOW).await, [7]);
    assert_eq!(world.store.count_unchained_audit().await.unwrap(), 0);
}

#[tokio::test]
async fn of_two_who_chain_the_same_rows_one_does() {
    let world = World::new();
    world.rows(1..=5);
    let before = world.store.audit_head().await.unwrap();
    let chain = |seqs: &[i64]| world.store.chain_audit(before, links(seqs), vec![], NOW);
    assert!(chain(&[1, 2, 3]).await.unwrap());
    // The other read the same end of the chain before.
    assert!(!chain(&[1, 2, 3, 4]).await.unwrap());
    let head = Some(ChainHead { n: 3, hash: Hash::of(3_i64.to_le_bytes()) });
    assert_eq!(world.store.audit_head().await.unwrap(), head);
    // And the same row is never chained twice, nor one that is not there.
    for wrong in [3, 99] {
        let twice = world.store.chain_audit(head, links(&[4, wrong]), vec![], NOW).await;
        assert!(twice.unwrap_err().is_constraint());
        assert_eq!(world.chain().await.len(), 3, "nothing of it was kept");
    }
}

#[tokio::test]
async fn many_who_chain_at_once_make_one_chain() {
    let world = World::new();
    world.rows(1..=200);
    let mut sealers = Vec::new();
    for _ in 0..8 {
        let store = world.store.clone();
        sealers.push(tokio::spawn(async move {
            loop {
                let before = store.audit_head().await.unwrap();
                let found = store.unchained_audit(7).await.unwrap();
                let seqs: Vec<i64> = found.entries.iter().map(|entry| entry.seq).collect();
                if seqs.is_empty() {
                    return;
                }
                match store.chain_audit(before, links(&seqs), found.gaps, NOW).await {
                    Ok(_) => {}
                    Err(error) => assert!(error.is_constraint(), "{error}"),
                }
                tokio::task::yield_now().await;
            }
        }));
    }
    for sealer in sealers {
        sealer.await.unwrap();
    }
    let wanted: Vec<(u64, i64)> = (1..=200).map(|n: i64| (n.unsigned_abs(), n)).collect();
    assert_eq!(world.chain().await, wanted);
}

#[tokio::test]
async fn a_log_has_one_id_for_ever() {
    let world = World::new();
    let (one, other) = (Id::from([1; 16]), Id::from([2; 16]));
    let made = world.store.audit_log(one, NOW).await.unwrap();
    assert_eq!((made.id, made.made_at), (one, NOW));
    assert_eq!(world.store.audit_log(other, NOW + 1).await.unwrap(), made);
}

#[tokio::test]
async fn a_search_that_finds_nothing_looks_through_a_bounded_part_and_says_where_to_go_on() {
    let world = World::new();
    world.rows(1..=1);
    world.beside.execute("UPDATE audit SET action = 'rare' WHERE seq = 1").unwrap();
    world.row(120_000);
    let rare = AuditQuery { action: Some("rare".into()), most: 5, ..AuditQuery::default() };
    let (mut looks, mut before) = (0, None);
    loop {
        let page = world.store.audit_page(&AuditQuery { before, ..rare.clone() }).await.unwrap();
        looks += 1;
        if !page.items.is_empty() {
            assert_eq!((page.items[0].seq, page.next), (1, None));
            break;
        }
        assert!(page.next < before.or(Some(i64::MAX)), "it goes back");
        before = page.next;
    }
    assert_eq!(looks, 3);
}
