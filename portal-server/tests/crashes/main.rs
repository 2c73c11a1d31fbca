//! The portal ends at every point where it writes (`countersign_crash::Point`), and is killed at random times (SIGKILL), on both
//! engines, under load. Whatever was answered is still the answer, seats add up, the audit log's chain is whole, and no file is half.
//!
//! `cargo nextest run -p countersign-portal --features failpoints --test crashes` passes each point once and kills a few times;
//! `scripts/crash-points` ten thousand times. `COUNTERSIGN_KILLS` says how often, `COUNTERSIGN_PASSAGES` how many passages of each point
//! of serving, `COUNTERSIGN_SEED` repeats the choices of a run, though not the pace of the machine.
#![cfg(unix)] // how a process ended is told by its signal
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)] // a test program: a failed unwrap is a failed test

#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod process;

mod client;
mod commands;
mod serving;
mod site;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use countersign_crash::Point;
use countersign_testing::Engine;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_ends_at_any_point_of_its_writing_loses_nothing_over_sqlite() {
    points(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_ends_at_any_point_of_its_writing_loses_nothing_over_postgresql() {
    points(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_killed_again_and_again_loses_nothing_over_sqlite() {
    kills(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_killed_again_and_again_loses_nothing_over_postgresql() {
    kills(Engine::Postgres).await;
}

/// Points that only the embedded engine has.
const SQLITES: [Point; 4] =
    [Point::LogCopying, Point::LogCopied, Point::LogSynced, Point::LogBegunAnew];
/// A log of so many pages is copied and begun anew many times in each moment of load.
const FEW_PAGES: u32 = 64;

/// Every point, each in its way.
async fn points(engine: Engine) {
    let began = Instant::now();
    let mut done = BTreeSet::new();
    let mut site = Site::new(engine, dice()).await;
    for point in Point::ALL {
        let is_sqlites = SQLITES.contains(&point);
        if is_sqlites && engine == Engine::Postgres {
            continue;
        }
        site.log_pages = is_sqlites.then_some(FEW_PAGES);
        let times = match point {
            Point::Begun
            | Point::Written
            | Point::Committing
            | Point::Committed
            | Point::Told
            | Point::LogCopying
            | Point::LogCopied
            | Point::LogSynced
            | Point::LogBegunAnew => serving::under_load(&mut site, point).await,
            Point::Sealing | Point::Sealed => serving::while_sealing(&mut site, point).await,
            Point::CheckpointFileMade | Point::CheckpointFileWritten => {
                serving::while_keeping_a_checkpoint(&mut site, point).await
            }
            Point::Migrated
            | Point::MigrationsCommitting
            | Point::MigrationsCommitted
            | Point::FirstKeysWritten
            | Point::FirstKeysMoved
            | Point::KeyFileWritten
            | Point::KeyFileMoved => commands::first_start(engine, point).await,
            Point::KeyChangeWritten | Point::KeyChangeDecided | Point::KeyChangeMoving => {
                commands::next_key(engine, point).await
            }
            Point::ReleaseFileWritten | Point::ReleaseFileMoved => {
                commands::release_file(&mut site, point).await
            }
        };
        println!("{point:?}: {times} times, {:.0?}", began.elapsed());
        done.insert(point.name());
    }
    let others = if engine == Engine::Postgres { SQLITES.len() } else { 0 };
    assert_eq!(done.len() + others, Point::ALL.len());
    site.report(began);
}

async fn kills(engine: Engine) {
    let (kills, began) = (number("COUNTERSIGN_KILLS").unwrap_or(6), Instant::now());
    let mut site = Site::new(engine, dice()).await;
    for kill in 0..kills {
        site.log_pages = site.dice.one_in(2).then_some(FEW_PAGES);
        let portal = site.portal(None).unwrap();
        site.verify(&portal).await;
        // Mostly early: what is open between a commit and its answer is the same in each moment, and an early end is cheap.
        let longest = if site.dice.one_in(4) { 400 } else { 100 };
        let after = Duration::from_millis(site.dice.below(longest));
        site.play_until_killed(portal, after).await;
        if site.dice.one_in(4) {
            site.kill_while_starting();
        }
        // It reads everything there is: where much has come together, less often.
        let each = if kill < 1_000 { 20 } else { 200 };
        if (kill + 1).is_multiple_of(each) {
            site.check();
            println!("{} kills, {:.0?}", kill + 1, began.elapsed());
        }
    }
    let portal = site.portal(None).unwrap();
    site.verify(&portal).await;
    site.verify_everything(&portal).await;
    site.check();
    println!("{kills} kills under load");
    site.report(began);
}

/// What is chosen.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    pub(crate) fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    pub(crate) fn part(&mut self) -> Self {
        Self(ChaCha8Rng::seed_from_u64(self.0.next_u64()))
    }
}

fn dice() -> Dice {
    let seed = number("COUNTERSIGN_SEED").unwrap_or_else(|| played::rng().next_u64());
    println!("COUNTERSIGN_SEED={seed}");
    Dice(ChaCha8Rng::seed_from_u64(seed))
}

pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}
