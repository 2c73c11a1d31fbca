//! The table of docs/format.md, section 7: five clocks, four times of a delegation, honest and dated back.

use countersign_client::core::delegation::ScopeType;
use countersign_client::core::{UnixSeconds, file};
use countersign_client::{Client, Error, Installed};
use serde_json::json;

use crate::thief;
use crate::world::{DAY, NOW, World, key};

const HOUR: u64 = 3_600;
const YEAR: u64 = 365 * DAY;
/// How long a file lies about before it is installed, or before somebody dates one back.
const SLOW: u64 = 10 * DAY;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Clock {
    Right,
    Fast(u64),
    Slow(u64),
    /// The battery is dead: it stands at a time, whatever the time is.
    Stands(UnixSeconds),
}

impl Clock {
    const ALL: [(&str, &[Self]); 5] = [
        ("right", &[Self::Right]),
        ("an hour off", &[Self::Fast(HOUR), Self::Slow(HOUR)]),
        ("year behind", &[Self::Slow(YEAR)]),
        ("year ahead", &[Self::Fast(YEAR)]),
        ("1970 / 2000", &[Self::Stands(60), Self::Stands(946_684_800)]),
    ];

    fn shows(self, time: UnixSeconds) -> UnixSeconds {
        match self {
            Self::Right => time,
            Self::Fast(by) => time + by,
            Self::Slow(by) => time - by,
            Self::Stands(at) => at,
        }
    }
}

/// When the delegation's time is, seen from the signing, and who tells the truth about that.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Case {
    CurrentHonest,
    CurrentDatedBack,
    EndedLaterHonest,
    EndedLaterDatedBack,
    EndedBeforeSignedHonest,
    EndedBeforeSignedDatedBack,
    NotBegunHonest,
    NotBegunDatedBack,
}

/// `ok`, `ok WARNING` or the code.
const TABLE: [(Case, [&str; 5]); 8] = [
    (Case::CurrentHonest, ["ok", "ok", "ok clock-behind", "back-dated", "ok clock-behind"]),
    (
        Case::CurrentDatedBack,
        [
            "ok signed-before-request",
            "ok signed-before-request",
            "ok clock-behind",
            "back-dated",
            "ok clock-behind",
        ],
    ),
    (Case::EndedLaterHonest, ["ok", "ok", "ok clock-behind", "back-dated", "ok clock-behind"]),
    (
        Case::EndedLaterDatedBack,
        ["back-dated", "back-dated", "ok clock-behind", "back-dated", "ok clock-behind"],
    ),
    (Case::EndedBeforeSignedHonest, ["ended-key"; 5]),
    (Case::EndedBeforeSignedDatedBack, ["ended-key"; 5]),
    (Case::NotBegunHonest, ["out-of-scope"; 5]),
    (Case::NotBegunDatedBack, ["out-of-scope"; 5]),
];

#[test]
fn five_clocks_four_times_of_a_delegation_honest_and_dated_back() {
    let mut cells = 0;
    for (case, row) in TABLE {
        for ((name, clocks), expected) in Clock::ALL.into_iter().zip(row) {
            for clock in clocks {
                assert_eq!(play(case, *clock), expected, "{case:?}, clock {name}: {clock:?}");
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 8 * 7);
}

#[test]
fn the_table_of_the_specification_is_the_one_that_is_tested() {
    let format = include_str!("../../../../docs/format.md");
    let rows: Vec<Vec<&str>> = format
        .lines()
        .skip_while(|line| !line.starts_with("| the delegation | file |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    // "both" stands for an honest and a dated-back file; "the same" for the cell before.
    let rows: Vec<Vec<&str>> = rows
        .iter()
        .flat_map(|row| vec![row.clone(); if row[1] == "both" { 2 } else { 1 }])
        .collect();
    assert_eq!(rows.len(), TABLE.len());
    for (row, (case, expected)) in rows.iter().zip(TABLE) {
        let mut before = String::new();
        for (cell, expected) in row[2..].iter().zip(expected) {
            let said = match *cell {
                "the same" => before.clone(),
                cell => cell
                    .replace("installed", "ok")
                    .replace(", ", " ")
                    .replace(" (*)", "")
                    .replace('`', ""),
            };
            assert_eq!(said, expected, "{case:?}");
            before = said;
        }
    }
}

/// Plays a case on a fresh machine whose app was built some time ago.
fn play(case: Case, clock: Clock) -> String {
    let mut world = World::new();
    let client = Client::open(world.config().built_at(NOW - 100 * DAY));
    let (begins, ends) = match case {
        Case::CurrentHonest | Case::CurrentDatedBack => (NOW - 30 * DAY, NOW + 60 * DAY),
        Case::NotBegunHonest | Case::NotBegunDatedBack => (NOW + DAY, NOW + 60 * DAY),
        _ => (NOW - 30 * DAY, NOW + 5 * DAY),
    };
    world.vendor.delegate(&key(2), begins, ends);
    let late = NOW + SLOW;
    let (asked, signed, installed) = match case {
        Case::CurrentHonest | Case::NotBegunHonest => (NOW, NOW + 60, NOW + 120),
        Case::CurrentDatedBack => (NOW, NOW - 10 * DAY, NOW + 120),
        Case::NotBegunDatedBack => (NOW, NOW - 5 * DAY, NOW + 120),
        Case::EndedLaterHonest | Case::EndedBeforeSignedHonest => (NOW, NOW + 60, late),
        Case::EndedLaterDatedBack | Case::EndedBeforeSignedDatedBack => (late, NOW, late + 120),
    };
    world.set_clock(clock.shows(asked));
    let request = client.request_activation(None).unwrap().file;
    if matches!(case, Case::EndedBeforeSignedHonest | Case::EndedBeforeSignedDatedBack) {
        // Something newer from the root came first.
        client.install(world.vendor.list(1, ends, &[]).as_bytes()).unwrap();
    }
    let response = dated(&world, &request, signed);
    world.set_clock(clock.shows(installed));
    verdict(&client.install(response.as_bytes()))
}

/// Signed with the delegated key, whatever its delegation says about that time.
fn dated(world: &World, request: &str, time: UnixSeconds) -> String {
    let mut vendor = world.vendor.clone();
    let chain = vendor.chain.clone();
    vendor.delegate(&key(2), 0, UnixSeconds::MAX >> 12);
    vendor.now = time;
    let token = file::read(&vendor.answer(request)).unwrap();
    thief::change(&key(2), &token, |header, _| header["chain"] = json!(chain))
}

fn verdict(installed: &Result<Installed, Error>) -> String {
    match installed {
        Ok(installed) => {
            let warnings = installed.warnings.iter().map(|warning| warning.code());
            ["ok"].into_iter().chain(warnings).collect::<Vec<_>>().join(" ")
        }
        Err(error) => error.code().to_owned(),
    }
}

/// A machine whose clock was a year ahead while the app ran, and is right now.
fn ran_ahead() -> (World, Client) {
    let world = World::new();
    let client = world.activated();
    world.set_clock(NOW + 400 * DAY);
    client.check();
    world.set_clock(NOW + DAY);
    assert_eq!(client.check().standing().as_str(), "clock-set-back");
    (world, client)
}

fn reset(world: &World, client: &Client) -> String {
    let request = client.request_activation(None).unwrap();
    world.vendor.reset_time(&request.file)
}

#[test]
fn a_clock_set_forward_by_mistake_is_put_right_by_a_time_reset() {
    for by_root in [false, true] {
        let (mut world, client) = ran_ahead();
        world.vendor.now = NOW + DAY;
        if by_root {
            world.vendor.sign_as_root();
        }
        let reset = reset(&world, &client);
        let installed = client.install(reset.as_bytes()).unwrap();
        assert!(installed.warnings.is_empty(), "{:?}", installed.warnings);
        assert_eq!(client.check().standing().as_str(), "active");
        assert_eq!(Client::open(world.config()).check().standing().as_str(), "active");
        assert_eq!(client.status().unwrap().seen, Some(NOW + DAY));
    }
}

#[test]
fn a_time_reset_needs_the_type_in_the_scope() {
    let (mut world, client) = ran_ahead();
    let reset = reset(&world, &client);
    world.vendor.delegate_with(&key(2), NOW - DAY, NOW + 1000 * DAY, |delegation| {
        delegation.scope.types.retain(|kind| *kind != ScopeType::TimeReset);
    });
    let chain = world.vendor.chain.clone();
    let forged = thief::change(&key(2), &reset, |header, _| header["chain"] = json!(chain));
    assert_eq!(verdict(&client.install(forged.as_bytes())), "out-of-scope");
    assert_eq!(client.check().standing().as_str(), "clock-set-back");
}

#[test]
fn attack_a_time_reset_is_installed_once_and_closes_all_requests_made_before() {
    let (mut world, client) = ran_ahead();
    world.vendor.now = NOW + DAY;
    let (first, kept) = (reset(&world, &client), reset(&world, &client));
    client.install(first.as_bytes()).unwrap();
    world.set_clock(NOW + 300 * DAY);
    client.check();
    for again in [&first, &kept] {
        assert_eq!(verdict(&client.install(again.as_bytes())), "superseded");
    }
    assert_eq!(client.status().unwrap().seen, Some(NOW + 300 * DAY));
    // A restored backup of one copy of the state does not open them again.
    for copy in ["state", "mirror"] {
        let (mut world, client) = ran_ahead();
        world.vendor.now = NOW + DAY;
        let first = reset(&world, &client);
        world.copy(copy, "backup");
        client.install(first.as_bytes()).unwrap();
        world.copy("backup", copy);
        assert_eq!(verdict(&client.install(first.as_bytes())), "superseded", "{copy} restored");
    }
}

#[test]
fn attack_a_time_reset_of_another_machine_is_refused() {
    let (mut world, client) = ran_ahead();
    world.vendor.now = NOW + DAY;
    let other = World::new();
    let elsewhere = other.client().request_activation(None).unwrap();
    let reset = world.vendor.reset_time(&elsewhere.file);
    assert_eq!(verdict(&client.install(reset.as_bytes())), "wrong-device");
}

#[test]
fn attack_a_stolen_reset_key_does_not_bring_another_key_back_that_has_ended() {
    let mut world = World::new();
    let client = world.client();
    let (portal, support) = (key(2), key(5));
    // The portal's key ended on day 20, and the machine has a list of day 30.
    world.vendor.delegate(&portal, NOW, NOW + 20 * DAY);
    let stolen = world.vendor.clone();
    client.install(world.vendor.list(1, NOW + 30 * DAY, &[]).as_bytes()).unwrap();
    // The thief has both keys and sets the time back.
    world.vendor.delegate(&support, NOW, NOW + 90 * DAY);
    world.vendor.now = NOW + DAY;
    client.install(reset(&world, &client).as_bytes()).unwrap();
    let request = client.request_activation(None).unwrap();
    assert_eq!(verdict(&client.install(&stolen.answer(&request.file))), "ended-key");
    // A root takes back a future that a vendor's wrong clock has told of.
    world.vendor.sign_as_root();
    client.install(reset(&world, &client).as_bytes()).unwrap();
    assert_eq!(verdict(&client.install(&stolen.answer(&request.file))), "ok");
}

#[test]
fn attack_a_time_reset_by_a_key_that_has_ended_is_refused() {
    let (mut world, client) = ran_ahead();
    world.vendor.delegate(&key(5), NOW, NOW + 20 * DAY);
    client.install(world.vendor.list(1, NOW + 30 * DAY, &[]).as_bytes()).unwrap();
    assert_eq!(verdict(&client.install(reset(&world, &client).as_bytes())), "ended-key");
}

#[test]
fn a_reset_goes_no_further_back_than_the_build_of_the_app() {
    let (mut world, client) = ran_ahead();
    drop(client);
    let client = Client::open(world.config().built_at(NOW + 10 * DAY));
    world.vendor.now = NOW + DAY;
    world.vendor.sign_as_root();
    client.install(reset(&world, &client).as_bytes()).unwrap();
    assert_eq!(client.status().unwrap().seen, Some(NOW + 10 * DAY));
}

#[test]
fn a_new_build_of_the_app_ends_keys_that_had_ended_by_then() {
    let mut world = World::new();
    world.vendor.delegate(&key(2), NOW - 30 * DAY, NOW - DAY);
    world.vendor.now = NOW - 2 * DAY;
    world.set_clock(NOW - 3 * DAY);
    let request = world.client().request_activation(None).unwrap();
    let response = world.vendor.answer(&request.file);
    let build = |at| Client::open(world.config().built_at(at));
    assert_eq!(verdict(&build(NOW - DAY).install(&response)), "ended-key");
    assert_eq!(verdict(&build(NOW - DAY - 1).install(&response)), "ok");
}

#[test]
fn attack_a_signing_time_in_the_past_takes_no_time_back_that_the_vendor_signed() {
    // The clock was ahead, and what the vendor signed meanwhile has come all the same.
    let (mut world, client) = ran_ahead();
    client.install(world.vendor.list(1, NOW + 20 * DAY, &[]).as_bytes()).unwrap();
    let request = client.request_activation(None).unwrap();
    world.vendor.now = NOW + DAY;
    client.install(&world.vendor.answer(&request.file)).unwrap();
    assert_eq!(client.status().unwrap().seen, Some(NOW + 20 * DAY));
}

#[test]
fn what_the_vendor_signed_is_kept_in_both_copies() {
    for lost in ["state", "mirror"] {
        let mut world = World::new();
        let client = world.client();
        world.vendor.delegate(&key(2), NOW, NOW + 20 * DAY);
        let request = client.request_activation(None).unwrap();
        world.copy(lost, "backup");
        client.install(world.vendor.list(1, NOW + 30 * DAY, &[]).as_bytes()).unwrap();
        world.copy("backup", lost);
        let answer = world.vendor.answer(&request.file);
        assert_eq!(verdict(&client.install(&answer)), "ended-key", "{lost} restored");
    }
}
