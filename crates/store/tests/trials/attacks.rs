//! What machines and people try to get more trials than they may have.

use countersign_core::Hash;
use countersign_store::{NextTrial, TrialAgain, TrialStarted};

use super::world::{DAY, Got, Machine, NOW, World, per_version, policy, random_id};

const MACHINES: usize = 32;
const ROUNDS: u64 = 20;

/// Thirty-two requests of one machine at the same moment, each under a device key of its own or all under one, round by round
/// when it may have the next one: each round gives one trial.
async fn race(again: TrialAgain, own_keys: bool) {
    let world = World::new(policy(again)).await;
    let machine = Machine::new("a");
    for round in 0..ROUNDS {
        let now = NOW + round * 100 * DAY;
        if let TrialAgain::PerMajorVersion { .. } = again {
            world.save(policy(per_version(round + 1)), now).await;
        }
        let version = format!("{}.0", round + 1);
        let terms = world.product().await;
        let mut running = Vec::new();
        for _ in 0..MACHINES {
            let machine = if own_keys { machine.reinstalled() } else { machine.clone() };
            let machine = machine.version(Some(&version));
            let (id, request) = (random_id(), Hash::of(random_id().to_string()));
            let end = now + 14 * DAY;
            let start = world.start(terms.clone(), &machine, id, end, request, now);
            let store = world.store.clone();
            running.push(tokio::spawn(async move { store.start_trial(start).await.unwrap() }));
        }
        let mut given = 0;
        for one in running {
            match one.await.unwrap() {
                TrialStarted::Done => given += 1,
                TrialStarted::AlreadyUsed(_) => {}
                other => panic!("round {round}: {other:?}"),
            }
        }
        assert_eq!(given, 1, "round {round} of {again:?}");
    }
    let chain = world.store.trial_page(&super::lists::all(NOW)).await.unwrap().items;
    assert_eq!(chain.len(), usize::try_from(ROUNDS).unwrap());
    assert_eq!(world.actions("trial.start").await, chain.len());
    for pair in chain.windows(2) {
        assert_eq!(pair[0].after, Some(pair[1].id), "one line, without a fork");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_thirty_two_requests_race_for_each_trial_after_days() {
    race(TrialAgain::AfterDays(30), false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_thirty_two_device_keys_race_for_each_trial_after_days() {
    race(TrialAgain::AfterDays(30), true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_thirty_two_device_keys_race_for_the_trial_of_each_major_version() {
    race(per_version(1), true).await;
}

#[tokio::test]
async fn attack_a_machine_with_a_few_new_parts_and_a_new_key_is_recognised_again_and_again() {
    let world = World::new(policy(TrialAgain::AfterDays(30))).await;
    let machine = Machine::new("a");
    assert!(world.ask(&machine, NOW).await.is_trial());
    let changed = machine.with_new_parts(2, " new").reinstalled();
    let from = NOW + 44 * DAY;
    assert_eq!(world.ask(&changed, from - 1).await, Got::Used(NextTrial::From(from)));
    // It has its second trial with other parts; whoever has the first parts back is still the same machine.
    assert!(world.ask(&changed, from).await.is_trial());
    let next = from + 44 * DAY;
    for disguise in [machine.reinstalled(), changed.reinstalled(), machine.clone()] {
        assert_eq!(world.ask(&disguise, next - 1).await, Got::Used(NextTrial::From(next)));
    }
    let drifted = changed.with_new_parts(3, " newer").reinstalled();
    world.ask(&drifted, next - 1).await;
}

#[tokio::test]
async fn attack_one_device_key_on_many_machines_is_one_machine() {
    let world = World::new(policy(TrialAgain::Never)).await;
    let first = Machine::new("a");
    assert!(world.ask(&first, NOW).await.is_trial());
    for name in ["b", "c"] {
        let copy = Machine { key: first.key, ..Machine::new(name) };
        assert_eq!(world.ask(&copy, NOW).await, Got::Used(NextTrial::Never));
    }
}

#[tokio::test]
async fn attack_two_machines_that_become_one_have_no_trial_twice() {
    let world = World::new(policy(TrialAgain::AfterDays(30))).await;
    let (a, b) = (Machine::new("a"), Machine::new("b"));
    assert!(world.ask(&a, NOW).await.is_trial());
    assert!(world.ask(&b, NOW + 20 * DAY).await.is_trial());
    // The key of one on the parts of the other: it is both.
    let both = Machine { key: a.key, device: b.device.clone() };
    let from = NOW + 64 * DAY;
    assert_eq!(world.ask(&both, from - 1).await, Got::Used(NextTrial::From(from)));
    assert!(world.ask(&both, from).await.is_trial());
    let next = from + 44 * DAY;
    for one in [&a, &b, &both] {
        assert_eq!(world.ask(one, next - 1).await, Got::Used(NextTrial::From(next)));
    }
    assert!(world.ask(&b, next).await.is_trial());
    assert!(!world.ask(&a, next).await.is_trial());
}

#[tokio::test]
async fn attack_a_version_that_does_not_exist_gives_nothing_and_costs_the_next_one() {
    let world = World::new(policy(per_version(2))).await;
    let (liar, honest) = (Machine::new("a"), Machine::new("b"));
    let ask = async |machine: &Machine, version: &str, now| {
        world.ask(&machine.version(Some(version)), now).await
    };
    assert!(ask(&liar, "99.0", NOW).await.is_trial(), "everybody has a first one");
    assert!(ask(&honest, "2.0", NOW).await.is_trial());
    for lie in [
        "3",
        "100.0",
        "0003",
        "999999999.9",
        "99999999999999999999.1",
        "18446744073709551619",
        "\u{ff13}.0",
        "\u{0663}",
        "3.0.0-rc",
        "v3",
        " 3",
        "+3",
        "-1",
        "2147483648",
        "9223372036854775808",
        "",
    ] {
        for machine in [&liar, &honest] {
            let got = ask(machine, lie, NOW + 1).await;
            assert_eq!(got, Got::Used(NextTrial::After(2)), "{lie:?}");
        }
    }
    world.save(policy(per_version(3)), NOW + 100).await;
    assert_eq!(ask(&liar, "3.0", NOW + 200).await, Got::Used(NextTrial::After(3)));
    assert!(ask(&honest, "3.0", NOW + 200).await.is_trial());
    // The vendor typed one version too high, and corrects it.
    world.save(policy(per_version(30)), NOW + 300).await;
    world.save(policy(per_version(3)), NOW + 310).await;
    assert_eq!(ask(&honest, "3.1", NOW + 320).await, Got::Used(NextTrial::After(3)));
}

#[tokio::test]
async fn attack_the_clock_of_the_machine_is_not_asked() {
    // The store has no time of the machine at all: a portal whose own clock was set back gives nothing early.
    let world = World::new(policy(TrialAgain::AfterDays(30))).await;
    let machine = Machine::new("a");
    world.ask(&machine, NOW).await;
    for now in [1, NOW - 1000 * DAY, NOW] {
        assert!(!world.ask(&machine, now).await.is_trial(), "{now}");
    }
}

#[tokio::test]
async fn attack_another_trials_id_is_not_taken_over() {
    let world = World::new(policy(TrialAgain::Never)).await;
    let (a, b) = (Machine::new("a"), Machine::new("b"));
    let of_a = world.ask(&a, NOW).await.id();
    let terms = world.product().await;
    let start = world.start(terms, &b, of_a, NOW + 900 * DAY, Hash::of("b"), NOW);
    assert_eq!(world.store.start_trial(start).await.unwrap(), TrialStarted::Stale);
    assert_eq!(world.trial(of_a).await.expires_at, NOW + 14 * DAY);
    assert!(world.ask(&b, NOW).await.is_trial(), "and it costs nothing");
}
