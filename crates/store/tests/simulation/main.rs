//! The rules of seats, deactivations, releases, groups, trials and merging, played from seeds against a plain model
//! (`crates/model`): every answer is compared with the model's, and all that is stored afterwards.
//!
//! `cargo nextest run -p countersign-store --test simulation` plays some hundred seeds; `scripts/simulate` plays 100,000.
//! `COUNTERSIGN_SEED=n` plays one and prints what is done. A seed that fails is shortened before it is printed: what is left is what
//! it takes. `COUNTERSIGN_SEEDS`, `COUNTERSIGN_FROM`: how many, from which on, on either engine.
//!
//! Everything goes through the verbs of `Store`. How a store is opened stands in `Database::open` alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)] // a test program: a failed unwrap is a failed test

mod check;
mod database;
mod desk;
mod found;
mod names;
mod op;
mod play;
mod portal;
mod seen;
mod shorten;
mod trials;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use countersign_testing::Engine;
use database::Database;
use op::Script;
use play::Play;
use seen::Seen;

/// So many seeds share a database: making one takes as long as playing several.
const SHARE: u64 = 100;
/// At once, each in a database of its own: most of the time is spent waiting for a store's thread.
const WORKERS: usize = 4;
/// Of an ordinary run.
const SEEDS: u64 = 600;
/// Of those, on the server, where each step is asked through a socket.
const SEEDS_ON_SERVER: u64 = 100;

#[test]
fn what_the_store_answers_and_holds_is_what_the_rules_say_whatever_happens_in_whatever_order() {
    play(Engine::Sqlite, SEEDS);
}

#[test]
fn the_same_on_postgresql() {
    play(Engine::Postgres, SEEDS_ON_SERVER);
}

fn play(engine: Engine, ordinary: u64) {
    if let Some(seed) = number("COUNTERSIGN_SEED") {
        let script = Script::of(seed);
        script.ops.iter().enumerate().for_each(|(n, op)| println!("{n:3} {op:?}"));
        return wait(settle(&script, engine));
    }
    let seeds = number("COUNTERSIGN_SEEDS").unwrap_or(ordinary);
    let from = number("COUNTERSIGN_FROM").unwrap_or(0);
    let (began, next) = (Instant::now(), AtomicU64::new(from));
    let mut seen = Seen::default();
    std::thread::scope(|scope| {
        let played: Vec<_> =
            (0..WORKERS).map(|_| scope.spawn(|| wait(work(engine, &next, from + seeds)))).collect();
        for worker in played {
            match worker.join() {
                Ok(part) => seen.add(&part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    let rate = seeds as f64 / began.elapsed().as_secs_f64();
    println!("{engine:?}: {seeds} seeds from {from}, {rate:.0} a second: {seen:#?}");
    if seeds >= SEEDS {
        seen.assert_that_everything_came_up();
    }
}

/// Plays what the others have not begun, a database after the other.
async fn work(engine: Engine, next: &AtomicU64, end: u64) -> Seen {
    let mut seen = Seen::default();
    loop {
        let first = next.fetch_add(SHARE, Ordering::Relaxed);
        if first >= end {
            return seen;
        }
        let database = Database::open(engine).await;
        for seed in first..(first + SHARE).min(end) {
            let script = Script::of(seed);
            match Play::of(&script, &database, seed - first).await {
                Ok(play) => seen.add(&play.seen),
                Err(_) => settle(&script, engine).await,
            }
        }
        let damaged = database.store.integrity_check().await.unwrap();
        assert!(damaged.is_empty(), "after seeds {first} and following: {damaged:#?}");
        if first.is_multiple_of(10_000) {
            println!("seeds up to {first}");
        }
    }
}

/// Plays a script by itself; where it fails, as few of its steps as it takes to fail are printed.
async fn settle(script: &Script, engine: Engine) {
    let Err(first) = shorten::alone(script, engine).await else { return };
    let (short, last) = shorten::shortened(script, engine, first.clone()).await;
    panic!("seed {}: {first}\nshortened: {last}\n{short}", script.seed);
}

fn wait<T>(play: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(play)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}
