//! Longer trials: who may, how far, and what the machine is told.

use countersign_core::Hash;
use countersign_store::{
    BeyondLimits, ExtendTrial, RenewTrial, Role, Trial, TrialAgain, TrialExtended, TrialRenewed,
    User, UserStatus,
};

use super::world::{DAY, Got, Machine, NOW, World, policy, random_id};

async fn one() -> (World, Machine, Trial) {
    let world = World::new(policy(TrialAgain::Never)).await;
    let machine = Machine::new("a");
    let id = world.ask(&machine, NOW).await.id();
    let trial = world.trial(id).await;
    (world, machine, trial)
}

#[tokio::test]
async fn an_extended_trial_is_said_to_its_machine_once_more() {
    let (world, machine, trial) = one().await;
    assert!(!matches!(world.ask(&machine, NOW + 1).await, Got::Again(..)), "not without a reason");
    let extended = world.extend(&trial, 7, NOW + DAY).await;
    let TrialExtended::Done(after) = extended else { panic!("{extended:?}") };
    assert_eq!((after.extensions, after.extended_days), (1, 7));
    assert_eq!(after.expires_at, NOW + 21 * DAY);
    let got = world.ask(&machine, NOW + 2 * DAY).await;
    assert_eq!(got, Got::Again(trial.id, NOW + 21 * DAY));
    let requests = world.store.trial_requests(&trial.id).await.unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(world.trial(trial.id).await.request.unwrap().1, requests[0].hash);
    // One that has ended is extended from now.
    let ended = world.trial(trial.id).await;
    let late = NOW + 100 * DAY;
    assert!(matches!(world.ask(&machine, late).await, Got::Used(_)));
    world.extend(&ended, 3, late).await;
    assert_eq!(world.ask(&machine, late).await, Got::Again(trial.id, late + 3 * DAY));
    assert_eq!(world.actions("trial.extend").await, 2);
    assert_eq!(world.actions("trial.renew").await, 2);
    assert_eq!(world.actions("trial.start").await, 1);
}

#[tokio::test]
async fn attack_an_extended_trial_runs_on_its_own_machine_alone() {
    let (world, machine, trial) = one().await;
    world.extend(&trial, 7, NOW).await;
    let key_elsewhere = Machine { key: machine.key, ..Machine::new("b") };
    let key_anew = machine.reinstalled();
    for other in [key_elsewhere, key_anew] {
        assert!(matches!(world.ask(&other, NOW + 1).await, Got::Used(_)));
    }
    assert_eq!(world.ask(&machine, NOW + 1).await.id(), trial.id);
}

#[tokio::test]
async fn attack_beyond_the_limits_only_who_means_it_and_is_an_admin() {
    let (world, _, trial) = one().await;
    let within = |trial: &Trial, days| ExtendTrial {
        beyond: BeyondLimits::NotMeant,
        ..world.extension(trial, days, NOW)
    };
    let extend = async |extend| world.store.extend_trial(extend).await.unwrap();
    assert_eq!(extend(within(&trial, 15)).await, TrialExtended::Beyond { days_left: 14 });
    assert_eq!(extend(within(&trial, 0)).await, TrialExtended::Beyond { days_left: 14 });
    assert!(matches!(extend(within(&trial, 5)).await, TrialExtended::Done(_)));
    let trial = world.trial(trial.id).await;
    let once = TrialExtended::Beyond { days_left: 0 };
    assert_eq!(
        extend(within(&trial, 1)).await,
        once,
        "once is the limit, whatever is left of days"
    );
    let far = world.extension(&trial, u64::MAX, NOW);
    assert_eq!(extend(far).await, TrialExtended::Beyond { days_left: 3650 });
    for (role, status) in [
        (Role::Customer, UserStatus::Active),
        (Role::ReadOnly, UserStatus::Active),
        (Role::ResellerAdmin, UserStatus::Active),
        (Role::Admin, UserStatus::Suspended),
        (Role::Admin, UserStatus::Invited),
    ] {
        let by = random_id();
        let user = User { status, ..User::invited(by, format!("{by}@x.example"), role, NOW) };
        world.store.create_user(user, "test", NOW).await.unwrap();
        let theirs = ExtendTrial { by, ..world.extension(&trial, 1, NOW) };
        assert_eq!(extend(theirs).await, TrialExtended::Unknown, "{role:?} {status:?}");
    }
    let by = random_id();
    let user = User {
        status: UserStatus::Active,
        ..User::invited(by, "sam@acme.example", Role::Support, NOW)
    };
    world.store.create_user(user, "test", NOW).await.unwrap();
    let support = ExtendTrial { by, ..world.extension(&trial, 1, NOW) };
    assert_eq!(extend(support).await, once, "support does not go beyond, whatever it says");
    let nobody = ExtendTrial { by: random_id(), ..world.extension(&trial, 1, NOW) };
    assert_eq!(extend(nobody).await, TrialExtended::Unknown);
    let nothing = ExtendTrial { trial: random_id(), ..world.extension(&trial, 1, NOW) };
    assert_eq!(extend(nothing).await, TrialExtended::Unknown);
    assert_eq!(world.trial(trial.id).await, trial);
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_a_race_of_extensions_prolongs_a_trial_once() {
    let (world, _, first) = one().await;
    for round in 0..20 {
        let trial = world.trial(first.id).await;
        let mut running = Vec::new();
        for _ in 0..16 {
            let (store, extend) = (world.store.clone(), world.extension(&trial, 7, NOW));
            running.push(tokio::spawn(async move { store.extend_trial(extend).await.unwrap() }));
        }
        let mut done = 0;
        for one in running {
            match one.await.unwrap() {
                TrialExtended::Done(_) => done += 1,
                TrialExtended::Changed(now) => {
                    assert_eq!(now.expires_at, trial.expires_at + 7 * DAY);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(done, 1, "round {round}");
    }
    let after = world.trial(first.id).await;
    assert_eq!((after.extensions, after.extended_days), (20, 140));
    assert_eq!(after.expires_at, first.expires_at + 140 * DAY);
}

#[tokio::test]
async fn only_the_latest_trial_of_a_machine_is_extended() {
    let world = World::new(policy(TrialAgain::AfterDays(1))).await;
    let machine = Machine::new("a");
    let first = world.ask(&machine, NOW).await.id();
    let later = NOW + 20 * DAY;
    let second = world.ask(&machine, later).await.id();
    let superseded = world.extend(&world.trial(first).await, 7, later).await;
    assert_eq!(superseded, TrialExtended::Superseded);
    assert!(matches!(
        world.extend(&world.trial(second).await, 7, later).await,
        TrialExtended::Done(_)
    ));
}

#[tokio::test]
async fn a_fresh_response_is_stored_for_what_the_trial_is_now() {
    let (world, machine, before) = one().await;
    world.extend(&before, 7, NOW).await;
    let trial = world.trial(before.id).await;
    let terms = world.product().await;
    let renewal = |trial: &Trial, issued_at| RenewTrial {
        terms: terms.clone(),
        trial: trial.clone(),
        request_hash: trial.request.unwrap().1,
        response: format!("renewed at {issued_at}"),
        issued_at,
        by: world.admin,
        actor: format!("user:{}", world.admin),
        now: NOW + 5,
    };
    let renew = async |renew| world.store.renew_trial(renew).await.unwrap();
    assert_eq!(renew(renewal(&before, NOW + 5)).await, TrialRenewed::Stale, "another end");
    assert_eq!(renew(renewal(&trial, NOW + 5)).await, TrialRenewed::Done);
    let again = renew(renewal(&trial, NOW + 5)).await;
    assert_eq!(again, TrialRenewed::Stale, "two in one second: the first one counts");
    let latest = world.store.latest_trial_response(&trial).await.unwrap().unwrap();
    assert_eq!(latest.token, format!("renewed at {}", NOW + 5));
    let stranger = RenewTrial { by: random_id(), ..renewal(&trial, NOW + 9) };
    assert_eq!(renew(stranger).await, TrialRenewed::Unknown);
    let ended = RenewTrial { now: trial.expires_at, ..renewal(&trial, NOW + 9) };
    assert_eq!(renew(ended).await, TrialRenewed::Stale, "nothing for what has ended");
    // A newer request has an answer of its own.
    world.ask_with(&machine, Hash::of("newer"), NOW + 20).await;
    let trial = world.trial(trial.id).await;
    let latest = world.store.latest_trial_response(&trial).await.unwrap().unwrap();
    assert_eq!(latest.token, format!("{} {}", trial.id, trial.expires_at));
    world.save(policy(TrialAgain::AfterDays(3)), NOW + 30).await;
    assert_eq!(renew(renewal(&trial, NOW + 40)).await, TrialRenewed::Stale, "another policy");
}
