//! Journals of signers that know nothing of each other are merged: the totals are exact, and the order does not matter.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod history;
mod world;

use countersign_core::license_key::LicenseKey;
use countersign_testing::Engine;
use history::History;
use world::{Book, Dice, World};

fn key() -> LicenseKey {
    LicenseKey::generate(&mut getrandom::rand_core::UnwrapErr(getrandom::SysRng))
}

/// Pushes all of both journals, in pieces, in an order of the dice, some of it more than once.
async fn push_all(world: &World, books: &[Book; 2], dice: &mut Dice) {
    let mut at = [0, 0];
    while at[0] < books[0].entries.len() || at[1] < books[1].entries.len() {
        let who = usize::try_from(dice.below(2)).unwrap();
        let left = books[who].entries.len() - at[who];
        if left == 0 {
            continue;
        }
        let piece = usize::try_from(1 + dice.below(left as u64)).unwrap();
        // A piece that came already changes nothing.
        let from = if dice.chance(3) { at[who] / 2 } else { at[who] };
        let done = world.push(&books[who], from, at[who] + piece).await;
        let known = done.iter().filter(|entry| !entry.is_new).count();
        assert_eq!(known, at[who] - from);
        at[who] += piece;
    }
}

async fn check(world: &World, history: &History, context: &str) {
    let license = world.read().await;
    assert_eq!(license.seats_in_use(), history.holding(), "{context}: seats");
    assert_eq!(license.given_up(), history.given_up.len() as u64, "{context}: given up");
    let allowed = license.allowed_activations.unwrap_or(u64::MAX);
    assert_eq!(license.live_activations, history.holding().min(allowed), "{context}");
    let overruns = world.store.overruns(&world.license).await.unwrap();
    assert_eq!(overruns.len() as u64, license.over_activations, "{context}");
    assert!(world.store.integrity_check().await.unwrap().is_empty(), "{context}");
}

/// Fewer on a server: most of the time there goes into making databases.
fn seeds(embedded: u64) -> u64 {
    match Engine::of_program(env!("CARGO_CRATE_NAME")) {
        Engine::Sqlite => embedded,
        Engine::Postgres => embedded / 5,
    }
}

/// Two signers and the portal answer overlapping requests of one license for a while; then the journals are merged, in both
/// orders and in pieces, into the same portal.
#[tokio::test]
async fn two_offline_signers_and_the_portal_merge_to_exact_totals_and_the_same_tables_in_any_order()
{
    let (key, mut overrun) = (key(), 0);
    for seed in 0..seeds(40) {
        let mut first: Option<(_, Vec<_>)> = None;
        for order in 0..4 {
            let context = format!("seed {seed}, order {order}");
            let limits = Dice::of(seed).below(4);
            let world =
                World::new(&key, Some(2 + limits % 2), [None, Some(limits)][seed as usize % 2])
                    .await;
            let mut history = History::of(seed);
            for _ in 0..30 {
                history.step(&world).await;
            }
            match order {
                0 | 1 => {
                    let orders = [[0, 1], [1, 0]];
                    for who in orders[order] {
                        let book = &history.books[who];
                        world.push(book, 0, book.entries.len()).await;
                    }
                }
                _ => {
                    push_all(&world, &history.books, &mut Dice::of(seed * 100 + order as u64))
                        .await;
                }
            }
            check(&world, &history, &context).await;
            let overruns = world.store.overruns(&world.license).await.unwrap();
            let overruns: Vec<_> =
                overruns.iter().map(|o| (o.machine.id, o.since, o.signed.clone())).collect();
            overrun += overruns.len();
            let tables = world.tables();
            match &first {
                None => first = Some((tables, overruns)),
                Some((expected, listed)) => {
                    for (name, rows) in expected {
                        let now = &tables[name];
                        let missing: Vec<_> = rows.difference(now).collect();
                        let further: Vec<_> = now.difference(rows).collect();
                        assert!(now == rows, "{context}: {name}\n- {missing:#?}\n+ {further:#?}");
                    }
                    assert_eq!(*listed, overruns, "{context}");
                }
            }
        }
    }
    assert!(overrun as u64 * 40 > 100 * seeds(40), "the histories go over the limit: {overrun}");
}

/// The journals come in pieces while the portal goes on working on what it knows by then.
#[tokio::test]
async fn pushes_between_the_portals_own_work_leave_the_totals_exact() {
    let key = key();
    for seed in 1_000..1_000 + seeds(60) {
        let world = World::new(&key, Some(3), [None, Some(4)][seed as usize % 2]).await;
        let (mut history, mut dice) = (History::of(seed), Dice::of(seed + 7));
        let mut at = [0, 0];
        for _ in 0..40 {
            history.step(&world).await;
            let who = usize::try_from(dice.below(2)).unwrap();
            let end = history.books[who].entries.len();
            if dice.chance(3) && at[who] < end {
                world.push(&history.books[who], at[who], end).await;
                at[who] = end;
            }
        }
        for (book, from) in history.books.iter().zip(at) {
            if from < book.entries.len() {
                world.push(book, from, book.entries.len()).await;
            }
        }
        check(&world, &history, &format!("seed {seed}")).await;
    }
}
