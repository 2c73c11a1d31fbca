//! Each state that the check can find, with its reason and its way out.

use countersign_client::core::revocations::{Revocations, RevokedKey};
use countersign_client::core::trust::Signer;
use countersign_client::core::{Id, SigningKey};
use countersign_client::{Client, Config, Mirror, Standing};

use crate::world::{DAY, NOW, World};

fn standing(client: &Client) -> Standing {
    let check = client.check();
    let may_run = matches!(check.standing(), Standing::Active | Standing::ExpiresSoon { .. });
    assert_eq!(check.right().is_some(), may_run);
    assert!(!check.fact().is_empty() && !check.fact().ends_with('.'), "{}", check.fact());
    let needs_nothing = *check.standing() == Standing::Active;
    assert_eq!(check.advice().is_empty(), needs_nothing, "{}", check.advice());
    check.standing().clone()
}

#[test]
fn through_the_life_of_a_right() {
    let world = World::new();
    assert_eq!(standing(&world.client()), Standing::NotActivated { open_requests: 0 });
    let client = world.activated();
    assert_eq!(standing(&client), Standing::Active);
    world.set_clock(NOW + 352 * DAY);
    assert_eq!(standing(&client), Standing::ExpiresSoon { at: Some(NOW + 365 * DAY), days: 13 });
    assert!(client.check().fact().contains("ends in 13 days"));
    world.set_clock(NOW + 365 * DAY);
    assert_eq!(standing(&client), Standing::Expired { at: NOW + 365 * DAY });
}

#[test]
fn a_short_trial_is_not_about_to_end_on_its_first_day() {
    let mut world = World::new();
    world.vendor.grant.expires_at = Some(NOW + 14 * DAY);
    let client = world.activated();
    assert_eq!(standing(&client), Standing::Active);
    world.set_clock(NOW + 11 * DAY);
    assert_eq!(standing(&client), Standing::ExpiresSoon { at: Some(NOW + 14 * DAY), days: 3 });
}

#[test]
fn a_clock_that_was_set_back_is_its_own_state() {
    let world = World::new();
    let client = world.activated();
    world.set_clock(NOW + 300 * DAY);
    assert_eq!(standing(&client), Standing::Active);
    world.set_clock(NOW + 300 * DAY - DAY);
    assert_eq!(standing(&client), Standing::Active, "a day is tolerated");
    world.set_clock(NOW + 290 * DAY);
    assert_eq!(standing(&client), Standing::ClockSetBack { by: 10 * DAY });
    assert!(client.check().fact().contains("10 days behind"));
    world.set_clock(NOW + 301 * DAY);
    assert_eq!(standing(&client), Standing::Active, "set right, nothing else is needed");
}

#[test]
fn a_clock_that_is_less_than_two_hours_behind_is_not_zero_hours_behind() {
    let world = World::new();
    world.activated();
    let client = Client::open(world.config().clock_tolerance(60));
    world.set_clock(NOW - 30 * 60);
    assert!(client.check().fact().contains("is 30 minutes behind"), "{}", client.check().fact());
}

#[test]
fn before_anything_is_installed_no_time_is_known_not_the_year_1970() {
    let world = World::new();
    world.client().request_trial().unwrap();
    assert_eq!(world.client().status().unwrap().seen, None);
}

#[test]
fn a_state_that_may_not_be_read_is_named_by_its_path_as_it_is() {
    let world = World::new();
    std::fs::create_dir_all(world.path("state/state.json")).unwrap();
    let fact = world.client().check().fact();
    assert!(fact.starts_with("the license state in /"), "{fact}");
}

/// Runs the app once with a clock that is years ahead, and puts the clock right.
fn run_with_a_clock_ahead(world: &World, client: &Client) {
    world.set_clock(NOW + 3650 * DAY);
    assert!(matches!(standing(client), Standing::Expired { .. }));
    world.set_clock(NOW);
    assert!(matches!(standing(client), Standing::ClockSetBack { .. }));
}

#[test]
fn a_clock_that_was_ahead_once_is_put_right_by_a_fresh_response() {
    let world = World::new();
    let client = world.activated();
    run_with_a_clock_ahead(&world, &client);
    world.copy("mirror", "before");
    let request = client.request_activation(None).unwrap();
    client.install(&world.vendor.answer(&request.file)).unwrap();
    assert_eq!(standing(&client), Standing::Active);
    world.copy("before", "mirror");
    assert_eq!(standing(&client), Standing::Active, "an old copy does not bring that time back");
    world.copy("before", "mirror");
    std::fs::remove_file(world.path("state/state.json")).unwrap();
    assert!(matches!(standing(&client), Standing::ClockSetBack { .. }), "alone it says so");
}

#[test]
fn attack_a_response_kept_from_then_does_not_set_the_time_back_again() {
    let mut world = World::new();
    let client = world.activated();
    run_with_a_clock_ahead(&world, &client);
    let requests: Vec<_> = (0..3).map(|_| client.request_activation(None).unwrap()).collect();
    let kept: Vec<_> = requests.iter().map(|r| world.vendor.answer(&r.file)).collect();
    client.install(&kept[0]).unwrap();
    assert_eq!(standing(&client), Standing::Active);
    world.set_clock(NOW + 366 * DAY);
    assert!(matches!(standing(&client), Standing::Expired { .. }));
    world.vendor.now = NOW + 366 * DAY;
    world.set_clock(NOW + DAY);
    for response in &kept {
        let _ = client.install(response);
        assert!(matches!(standing(&client), Standing::ClockSetBack { .. }));
    }
}

#[test]
fn attack_an_old_response_does_not_set_the_time_back() {
    let world = World::new();
    let client = world.client();
    let requests: Vec<_> = (0..2).map(|_| client.request_activation(None).unwrap()).collect();
    let kept: Vec<_> = requests.iter().map(|r| world.vendor.answer(&r.file)).collect();
    client.install(&kept[0]).unwrap();
    world.set_clock(NOW + 366 * DAY);
    assert!(matches!(standing(&client), Standing::Expired { .. }));
    world.set_clock(NOW + DAY);
    for response in &kept {
        let _ = client.install(response);
        assert!(matches!(standing(&client), Standing::ClockSetBack { .. }));
    }
}

#[test]
fn attack_setting_the_clock_back_does_not_bring_the_time_to_install_back() {
    let mut world = World::new();
    world.vendor.grant.expires_at = None;
    let client = world.activated();
    let kept = world.vendor.answer(&client.request_activation(None).unwrap().file);
    world.set_clock(NOW + 31 * DAY);
    client.check();
    world.set_clock(NOW + DAY);
    let refused = client.install(&kept).unwrap_err();
    assert_eq!(refused.code(), "import-expired", "{refused}");
    assert!(refused.advice().contains("make a new request"), "the same one has the same answer");
    let request = client.request_activation(None).unwrap();
    world.vendor.now = NOW + 31 * DAY;
    client.install(&world.vendor.answer(&request.file)).unwrap();
}

#[test]
fn setting_the_clock_back_within_the_tolerance_wins_no_day() {
    let world = World::new();
    let client = world.activated();
    world.set_clock(NOW + 365 * DAY + 10);
    assert!(matches!(standing(&client), Standing::Expired { .. }));
    world.set_clock(NOW + 365 * DAY - 10);
    assert!(matches!(standing(&client), Standing::Expired { .. }));
}

#[test]
fn a_dead_clock_battery_does_not_stop_a_perpetual_right() {
    let mut world = World::new();
    world.vendor.grant.expires_at = None;
    let client = world.activated();
    world.set_clock(0);
    assert_eq!(standing(&client), Standing::Active);
}

#[test]
fn a_due_renewal_is_said_and_does_not_stop() {
    let mut world = World::new();
    world.vendor.grant.renew_by = Some(NOW + 100 * DAY);
    let client = world.activated();
    assert_eq!(standing(&client), Standing::Active);
    world.set_clock(NOW + 100 * DAY);
    assert_eq!(standing(&client), Standing::ExpiresSoon { at: None, days: 0 });
}

#[test]
fn a_trial_is_not_told_to_renew_and_a_license_is_told_what_makes_a_response_fresh() {
    for (trial, expected) in [(true, "get a license"), (false, "make a new request")] {
        let world = World::new();
        let client = world.client();
        let request = if trial { client.request_trial() } else { client.request_activation(None) };
        client.install(&world.vendor.answer(&request.unwrap().file)).unwrap();
        let end = client.check().right().unwrap().expires_at().unwrap();
        for now in [end - DAY, end] {
            world.set_clock(now);
            let check = client.check();
            assert!(check.advice().contains(expected), "{}: {}", check.fact(), check.advice());
            assert_eq!(check.advice().contains("enew the license"), !trial, "{}", check.advice());
        }
    }
}

#[test]
fn a_changed_machine_names_what_changed() {
    let world = World::new();
    let client = world.activated();
    world.machine("lab-7", "2");
    let changed = vec!["board".to_owned(), "cpu".to_owned()];
    assert_eq!(standing(&client), Standing::MachineChanged { changed });
    assert!(client.check().fact().contains("board, cpu changed"));
    world.machine("lab-7", "1");
    std::fs::remove_file(world.path("machines/lab-7/proc/cpuinfo")).unwrap();
    assert_eq!(standing(&client), Standing::Active, "two of three are enough");
}

#[test]
fn the_grants_of_a_compromised_key_end_those_of_a_retired_key_do_not() {
    for compromised in [false, true] {
        let mut world = World::new();
        let client = world.activated();
        let kid = *world.vendor.signer.kid();
        let list = Revocations {
            id: Id::from([5; 16]),
            issued_at: NOW,
            issuer: "Acme".to_owned(),
            seq: 1,
            revoked: vec![RevokedKey { kid, compromised, below: None }],
        };
        // The list rides in a trial that another key signed.
        world.vendor.signer = Signer::root(world.vendor.root.clone())
            .with_revocations(Some(list.sign(&world.vendor.root)));
        world.vendor.grant.expires_at = Some(NOW + 10 * DAY);
        let trial = client.request_trial().unwrap();
        client.install(&world.vendor.answer(&trial.file)).unwrap();
        let right = client.check();
        assert_eq!(
            right.right().unwrap().is_trial(),
            compromised,
            "the license runs unless its key is stolen"
        );
    }
}

#[test]
fn roots_that_do_not_know_the_signer_refuse_what_is_installed() {
    let world = World::new();
    world.activated();
    let other = Config::new(
        "acme-cad".parse().unwrap(),
        [SigningKey::from_seed(&[7; 32]).public_key()],
        world.path("state"),
    );
    let client = Client::open(other.mirror(Mirror::None).clock(|| NOW));
    assert!(matches!(standing(&client), Standing::Refused(_)));
}
