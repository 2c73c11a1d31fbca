//! The portal is killed (SIGKILL) at random moments under load and started again on the same data. Whatever was answered
//! is still the answer, seats are counted as the answers say, and no file is damaged.
//!
//! `cargo test -p countersign-portal --test kill -- --nocapture` prints what was done. `COUNTERSIGN_KILLS=200` is the long
//! run; `COUNTERSIGN_SEED` repeats the choices of an earlier one, though not the pace of the machine.
//!
//! A killed process loses what it had in memory, not what the system had taken over for the disk. That this is on the disk
//! as well before an answer leaves is `synchronous = FULL` (crates/store/src/engine/dialect.rs), and takes a power cut to show.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)] // a test program: a failed unwrap is a failed test

use std::time::Instant;

use countersign_core::pem;
use rand_core::Rng as _;

mod killed;
mod played;
mod process;
mod vendor;

use killed::{Dice, World};
use process::Portal;

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_killed_at_any_moment_keeps_every_answer_and_sells_no_seat_twice() {
    let kills = number("COUNTERSIGN_KILLS").unwrap_or(12);
    let (began, folder) = (Instant::now(), tempfile::tempdir().unwrap());
    let data = folder.path().join("data");
    vendor::found(&data).await;
    let mut dice = dice();
    let mut world = World::new(&dice);
    let mut portal = Portal::start(&data);
    for _ in 0..kills {
        world.open_round(&data).await;
        let before = world.answers();
        world.play_until_killed(portal, dice.milliseconds(200)).await;
        if dice.one_in(4) {
            Portal::kill_while_starting(&data, dice.milliseconds(25));
            world.figures.kills_while_starting += 1;
        }
        portal = Portal::start(&data);
        world.check_round(&portal, &data, &before).await;
    }
    world.repeat_everything(&portal).await;
    world.report(kills, began);
}

/// The first start makes keys: a root private key that did not fit the root that apps are built with would be found out when
/// it is needed, which is too late.
#[test]
fn a_first_start_killed_at_any_moment_is_begun_anew_with_keys_that_fit() {
    let mut dice = dice();
    for _ in 0..number("COUNTERSIGN_KILLS").unwrap_or(12).div_ceil(4) {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        for _ in 0..4 {
            Portal::kill_while_starting(&data, dice.milliseconds(15));
        }
        Portal::start(&data).kill();
        let read = |path: &str| std::fs::read_to_string(data.join(path)).unwrap();
        let root = pem::read_private(&read("root-key-carry-away/root.pem"), None).unwrap();
        assert_eq!(root.public_key(), pem::read_public(&read("keys/root.pub")).unwrap());
    }
}

/// Other dice each time, unless they are asked for.
fn dice() -> Dice {
    let seed = number("COUNTERSIGN_SEED").unwrap_or_else(|| played::rng().next_u64());
    println!("COUNTERSIGN_SEED={seed}");
    Dice::new(seed)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}
