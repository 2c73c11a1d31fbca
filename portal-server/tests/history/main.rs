//! Many clients at several nodes, some of which are killed (SIGKILL) under them, and whose connections are cut: they activate,
//! give up, send the same again, suspend, raise and lower limits, and look. Afterwards every answer must be explained by some order
//! of the operations (`countersign_model::linear`), license by license.
//!
//! One node over SQLite, or three over a PostgreSQL server of the run's own: its connections are cut in the middle of commits and
//! ended by the server, and the server itself is restarted or killed.
//!
//! `cargo nextest run -p countersign-portal --test history` runs some thousand operations on both; `scripts/check-history` a million
//! on one of them. `COUNTERSIGN_OPERATIONS` says how many, `COUNTERSIGN_NODE_COUNT` on how many nodes over PostgreSQL,
//! `COUNTERSIGN_SEED` repeats the choices of a run, though not the pace of the machine.
//!
//! Other nodes than its own: `COUNTERSIGN_NODES` (their addresses, with commas between), `COUNTERSIGN_TOKEN` (of a program that may
//! read keys, and create and change licenses), `COUNTERSIGN_PRODUCT`, and as shell commands with the node's number in `$NODE`
//! `COUNTERSIGN_NODE_KILL` and `COUNTERSIGN_NODE_START`; nodes without them are not killed.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)] // a test program: a failed unwrap is a failed test

#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod process;

mod client;
mod harm;
mod license;
mod nodes;
mod own;
mod round;
mod told;

use std::time::Instant;

use countersign_testing::Engine;
use nodes::Nodes;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use round::{Figures, Round};

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_under_kills_and_cut_connections_is_explained_by_some_order_of_the_operations()
{
    play(Engine::Sqlite, 1, 6_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_three_nodes_whose_postgresql_is_cut_off_and_killed_is_explained_by_some_order_of_the_operations()
 {
    let count = number("COUNTERSIGN_NODE_COUNT").map_or(3, |count| usize::try_from(count).unwrap());
    play(Engine::Postgres, count, 4_000).await;
}

async fn play(engine: Engine, count: usize, operations: u64) {
    let wanted = number("COUNTERSIGN_OPERATIONS").unwrap_or(operations);
    let seed = number("COUNTERSIGN_SEED").unwrap_or_else(|| played::rng().next_u64());
    println!("COUNTERSIGN_SEED={seed}");
    let (began, mut figures) = (Instant::now(), Figures::default());
    let nodes = Nodes::found(engine, count).await;
    for number in 0.. {
        if figures.operations >= wanted {
            break;
        }
        let dice = Dice(ChaCha8Rng::seed_from_u64(seed.wrapping_add(number)));
        let round = Round::begin(&nodes, number, dice).await;
        figures.add(round.play(&nodes).await);
        if number % 20 == 19 {
            println!("{} operations, {:.0?}", figures.operations, began.elapsed());
        }
    }
    nodes.check().await;
    let rate = figures.operations as f64 / began.elapsed().as_secs_f64();
    println!("{figures:#?}\n{rate:.0} a second, {:.0?}", began.elapsed());
    figures.assert_that_something_happened();
    if let Some(database) = nodes.own_database() {
        figures.assert_that_the_database_suffered(database.cutter.cuts());
    }
}

/// What a client chooses.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    pub(crate) fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap()
    }

    pub(crate) fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    /// Dice of their own for a part of a run.
    pub(crate) fn part(&mut self) -> Self {
        Self(ChaCha8Rng::seed_from_u64(self.0.next_u64()))
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}
