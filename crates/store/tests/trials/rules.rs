//! Each policy by itself.

use countersign_core::Hash;
use countersign_store::{NextTrial, TrialAgain, TrialEnd, TrialPolicy};

use super::world::{DAY, Got, Machine, NOW, World, per_version, policy};

#[test]
fn the_end_of_a_trial_is_its_days_or_the_fixed_day_whichever_is_first() {
    let trial = |days, end| TrialPolicy { days, end, ..TrialPolicy::none() };
    for (days, end, now, expected) in [
        (None, None, 5, TrialEnd::NoTrials),
        (Some(1), None, 5, TrialEnd::At(5 + DAY)),
        (None, Some(100), 5, TrialEnd::At(100)),
        (None, Some(100), 99, TrialEnd::At(100)),
        (None, Some(100), 100, TrialEnd::Over(100)),
        (Some(1), Some(100), 5, TrialEnd::At(100)),
        (Some(1), Some(5 + DAY), 5, TrialEnd::At(5 + DAY)),
        (Some(1), Some(6 + DAY), 5, TrialEnd::At(5 + DAY)),
        (Some(1), Some(4), 5, TrialEnd::Over(4)),
        (Some(u64::MAX), None, 5, TrialEnd::At(u64::MAX)),
    ] {
        assert_eq!(trial(days, end).end_from(now), expected, "{days:?} {end:?} {now}");
    }
    assert_eq!(trial(Some(14), None).days_from(NOW), Some(14));
    assert_eq!(trial(Some(14), Some(NOW + DAY + 1)).days_from(NOW), Some(2));
    assert_eq!(trial(None, Some(NOW)).days_from(NOW), None);
}

#[tokio::test]
async fn never_means_never_until_the_policy_says_otherwise() {
    let world = World::new(policy(TrialAgain::Never)).await;
    let machine = Machine::new("a");
    assert!(world.ask(&machine, NOW).await.is_trial());
    let years_later = NOW + 3650 * DAY;
    assert_eq!(world.ask(&machine, years_later).await, Got::Used(NextTrial::Never));
    world.save(policy(TrialAgain::AfterDays(30)), years_later).await;
    assert!(world.ask(&machine, years_later).await.is_trial(), "from the next request on");
    world.save(policy(TrialAgain::Never), years_later).await;
    assert_eq!(world.ask(&machine, years_later + 999 * DAY).await, Got::Used(NextTrial::Never));
}

#[tokio::test]
async fn again_after_days_counts_from_the_end_of_the_last_one_to_the_second() {
    let world = World::new(policy(TrialAgain::AfterDays(30))).await;
    let machine = Machine::new("a");
    let first = world.ask(&machine, NOW).await;
    let from = NOW + 14 * DAY + 30 * DAY;
    for early in [NOW, NOW + 14 * DAY, from - 1] {
        assert_eq!(world.ask(&machine, early).await, Got::Used(NextTrial::From(from)), "{early}");
        let other = machine.reinstalled();
        assert_eq!(world.ask(&other, early).await, Got::Used(NextTrial::From(from)), "{early}");
    }
    let second = world.ask(&machine.reinstalled(), from).await;
    assert!(second.is_trial());
    assert_eq!(world.trial(second.id()).await.after, Some(first.id()));
    let next = from + 14 * DAY + 30 * DAY;
    assert_eq!(world.ask(&machine, next - 1).await, Got::Used(NextTrial::From(next)));
    assert!(world.ask(&machine, next).await.is_trial());
}

#[tokio::test]
async fn an_extension_moves_the_day_of_the_next_trial() {
    let world = World::new(policy(TrialAgain::AfterDays(30))).await;
    let machine = Machine::new("a");
    let first = world.ask(&machine, NOW).await.id();
    world.extend(&world.trial(first).await, 7, NOW + DAY).await;
    let from = NOW + 51 * DAY;
    assert_eq!(world.ask(&machine, from - 1).await, Got::Used(NextTrial::From(from)));
    assert!(world.ask(&machine, from).await.is_trial());
}

#[tokio::test]
async fn once_per_major_version_and_no_more() {
    let world = World::new(policy(per_version(1))).await;
    let machine = Machine::new("a");
    let ask = async |version, now| world.ask(&machine.version(version), now).await;
    assert!(ask(Some("1.2.3"), NOW).await.is_trial());
    for same in [Some("1.9"), Some("2.0"), Some("1"), Some("0.9"), None] {
        assert_eq!(ask(same, NOW + 1).await, Got::Used(NextTrial::After(1)), "{same:?}");
    }
    world.save(policy(per_version(2)), NOW + 100).await;
    for old in [Some("1.99"), None, Some("nightly")] {
        assert_eq!(ask(old, NOW + 200).await, Got::Used(NextTrial::After(1)), "{old:?}");
    }
    assert!(ask(Some("2.0.0-rc"), NOW + 200).await.is_trial(), "a pre-release is of its version");
    for same in [Some("2.0.0"), Some("2.1"), Some("3.0"), None] {
        assert_eq!(ask(same, NOW + 300).await, Got::Used(NextTrial::After(2)), "{same:?}");
    }
}

#[tokio::test]
async fn a_trial_without_a_version_counts_for_the_newest_one_that_there_was() {
    let world = World::new(policy(per_version(1))).await;
    let (early, late) = (Machine::new("a"), Machine::new("b"));
    assert!(world.ask(&early, NOW).await.is_trial());
    world.save(policy(per_version(2)), NOW + 100).await;
    assert!(world.ask(&late, NOW + 100).await.is_trial());
    let two = |machine: &Machine| machine.version(Some("2.0"));
    assert!(world.ask(&two(&early), NOW + 200).await.is_trial());
    assert_eq!(world.ask(&two(&late), NOW + 200).await, Got::Used(NextTrial::After(2)));
    // Saving it again without a change forgets nothing.
    let (more, again) = (Machine::new("c"), Machine::new("d"));
    world.ask(&more, NOW + 150).await;
    world.save(policy(per_version(2)), NOW + 300).await;
    assert_eq!(world.ask(&two(&more), NOW + 400).await, Got::Used(NextTrial::After(2)));
    // What was tried before the rule was set was the newest, as far as anybody knows.
    world.save(policy(TrialAgain::Never), NOW + 500).await;
    world.ask(&again, NOW + 500).await;
    world.save(policy(per_version(2)), NOW + 600).await;
    assert_eq!(world.ask(&two(&again), NOW + 700).await, Got::Used(NextTrial::After(2)));
    world.save(policy(per_version(3)), NOW + 800).await;
    assert!(world.ask(&again.version(Some("3")), NOW + 900).await.is_trial());
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_under_any_policy() {
    let world = World::new(policy(TrialAgain::AfterDays(1))).await;
    let (machine, request) = (Machine::new("a"), Hash::of("the request"));
    let first = world.ask_with(&machine, request, NOW).await;
    for again in [TrialAgain::Never, per_version(9), TrialAgain::AfterDays(1)] {
        world.save(policy(again), NOW + 1).await;
        let later = NOW + 400 * DAY;
        assert_eq!(world.ask_with(&machine, request, later).await, first);
    }
    world.save(TrialPolicy::none(), NOW + 2).await;
    assert_eq!(world.ask(&machine, NOW + 3).await, Got::NoTrials);
}

#[tokio::test]
async fn what_was_signed_against_another_policy_is_signed_again() {
    let world = World::new(policy(TrialAgain::Never)).await;
    let machine = Machine::new("a");
    let terms = world.product().await;
    let mut shorter = policy(TrialAgain::Never);
    shorter.days = Some(7);
    world.save(shorter, NOW + 1).await;
    let (id, request) = (super::world::random_id(), Hash::of("r"));
    let start = world.start(terms, &machine, id, NOW + 14 * DAY, request, NOW + 2);
    let stale = world.store.start_trial(start).await.unwrap();
    assert_eq!(stale, countersign_store::TrialStarted::Stale);
    assert_eq!(world.store.trial(&id).await.unwrap(), None);
    assert_eq!(world.ask(&machine, NOW + 2).await.id(), {
        let page = world.store.trial_page(&super::lists::all(NOW + 2)).await.unwrap();
        let trial = &page.items[0];
        assert_eq!((page.items.len(), trial.expires_at), (1, NOW + 2 + 7 * DAY));
        trial.id
    });
}
