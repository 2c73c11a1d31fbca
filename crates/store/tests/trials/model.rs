//! Random requests, policies, times and extensions against a plain model: a list of trials for each machine.

use countersign_core::{Hash, Id};
use countersign_store::{TrialAgain, TrialEnd, TrialExtended, TrialPolicy};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use super::world::{DAY, Got, Machine, NOW, World, random_id};

/// Versions as machines name them, with the number that they are of.
const VERSIONS: [(Option<&str>, Option<u64>); 8] = [
    (None, None),
    (Some("nightly"), None),
    (Some("1.0"), Some(1)),
    (Some("v1.9.9"), Some(1)),
    (Some("2.0.0-rc"), Some(2)),
    (Some("0002"), Some(2)),
    (Some("3"), Some(3)),
    (Some("99999999999999999999.1"), None),
];
const MACHINES: usize = 3;
const KEYS: usize = 2;

#[derive(Debug, Clone)]
enum Step {
    Ask { machine: usize, key: usize, version: usize },
    Resend { which: usize },
    Wait { days: u64 },
    Policy { again: u64, number: u64, days: Option<u64>, end: Option<u64> },
    Extend { machine: usize, days: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..MACHINES, 0..KEYS, 0..VERSIONS.len())
            .prop_map(|(machine, key, version)| Step::Ask { machine, key, version }),
        1 => (0..50usize).prop_map(|which| Step::Resend { which }),
        3 => (0..20u64).prop_map(|days| Step::Wait { days }),
        2 => (0..3u64, 1..5u64, proptest::option::weighted(0.8, 1..20u64), proptest::option::weighted(0.3, 1..60u64))
            .prop_map(|(again, number, days, end)| Step::Policy { again, number, days, end }),
        2 => (0..MACHINES, 1..20u64).prop_map(|(machine, days)| Step::Extend { machine, days }),
    ]
}

/// A trial as the model knows it.
struct Had {
    id: Id,
    key: usize,
    began: u64,
    ends: u64,
    version: Option<u64>,
    extended: bool,
}

#[derive(Default)]
struct Model {
    machines: [Vec<Had>; MACHINES],
    newest_since: Option<u64>,
}

impl Model {
    fn may_have(&self, machine: usize, version: Option<u64>, again: TrialAgain, now: u64) -> bool {
        let had = &self.machines[machine];
        if had.is_empty() {
            return true;
        }
        match again {
            TrialAgain::Never => false,
            TrialAgain::AfterDays(days) => had.iter().all(|trial| trial.ends + days * DAY <= now),
            TrialAgain::PerMajorVersion { newest, .. } => {
                let counts = |trial: &Had| match trial.version {
                    Some(version) => version.min(newest),
                    None if self.newest_since.is_some_and(|since| trial.began < since) => {
                        newest - 1
                    }
                    None => newest,
                };
                version.is_some_and(|version| {
                    had.iter().all(|trial| counts(trial) < version.min(newest))
                })
            }
        }
    }

    fn expected(
        &self,
        (machine, key, version): (usize, usize, Option<u64>),
        policy: &TrialPolicy,
        now: u64,
    ) -> &'static str {
        let last = self.machines[machine].last();
        if self.may_have(machine, version, policy.again, now) {
            return match policy.end_from(now) {
                TrialEnd::At(_) => "trial",
                _ => "none",
            };
        }
        match last {
            Some(last) if last.extended && last.ends > now && last.key == key => "again",
            _ if !matches!(policy.end_from(now), TrialEnd::At(_)) => "none",
            _ => "used",
        }
    }
}

fn policy_of(
    again: u64,
    number: u64,
    days: Option<u64>,
    end: Option<u64>,
    now: u64,
) -> TrialPolicy {
    let again = match again {
        0 => TrialAgain::Never,
        1 => TrialAgain::AfterDays(number * 5),
        _ => TrialAgain::PerMajorVersion { newest: number, since: None },
    };
    TrialPolicy { days, end: end.map(|end| now + end * DAY), again, ..TrialPolicy::none() }
}

async fn play(steps: Vec<Step>) {
    let mut policy = policy_of(0, 1, Some(14), None, NOW);
    let world = World::new(policy.clone()).await;
    let keys: Vec<Vec<Machine>> = (0..MACHINES)
        .map(|n| {
            let first = Machine::new(&format!("machine {n}"));
            (0..KEYS).map(|_| first.reinstalled()).collect()
        })
        .collect();
    let (mut model, mut now) = (Model::default(), NOW);
    let mut answered: Vec<(Machine, Hash, Got)> = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        let context = format!("step {n} of {steps:?}");
        // Nothing is at the same second: which of two is the later one is not the question here.
        now += 1;
        match *step {
            Step::Wait { days } => now += days * DAY,
            Step::Policy { again, number, days, end } => {
                let before = policy.again;
                policy = policy_of(again, number, days, end, now);
                model.newest_since = match (before, policy.again) {
                    (
                        TrialAgain::PerMajorVersion { newest: old, .. },
                        TrialAgain::PerMajorVersion { newest, .. },
                    ) if old == newest => model.newest_since,
                    (
                        TrialAgain::PerMajorVersion { newest: old, .. },
                        TrialAgain::PerMajorVersion { newest, .. },
                    ) if old < newest => Some(now),
                    _ => None,
                };
                world.save(policy.clone(), now).await;
            }
            Step::Extend { machine, days } => {
                let Some(last) = model.machines[machine].last_mut() else { continue };
                let trial = world.trial(last.id).await;
                let done = world.extend(&trial, days, now).await;
                assert!(matches!(done, TrialExtended::Done(_)), "{context}: {done:?}");
                last.ends = last.ends.max(now) + days * DAY;
                last.extended = true;
            }
            Step::Resend { which } => {
                let Some((machine, request, got)) = answered.get(which) else { continue };
                let again = world.ask_with(machine, *request, now).await;
                assert_eq!(again.id(), got.id(), "{context}: the same request, the same answer");
            }
            Step::Ask { machine, key, version } => {
                let (named, number) = VERSIONS[version];
                let expected = model.expected((machine, key, number), &policy, now);
                let asks = keys[machine][key].version(named);
                let request = Hash::of(random_id().to_string());
                let got = world.ask_with(&asks, request, now).await;
                let last = model.machines[machine].last();
                match (&got, expected) {
                    (Got::Trial(id, end), "trial") => {
                        let TrialEnd::At(ends) = policy.end_from(now) else { panic!("{context}") };
                        assert_eq!(*end, ends, "{context}");
                        let (id, version) = (*id, number);
                        let had = Had { id, key, began: now, ends, version, extended: false };
                        model.machines[machine].push(had);
                        answered.push((asks, request, got));
                    }
                    (Got::Again(id, end), "again") => {
                        let last = last.unwrap();
                        assert_eq!((*id, *end), (last.id, last.ends), "{context}");
                        answered.push((asks, request, got));
                    }
                    (Got::Used(_), "used") | (Got::NoTrials, "none") => {}
                    (got, expected) => panic!("{context}: {got:?}, expected {expected}"),
                }
            }
        }
    }
    let stored = world.store.trial_page(&super::lists::all(now)).await.unwrap().items.len();
    let known: usize = model.machines.iter().map(Vec::len).sum();
    assert_eq!(stored, known.min(100));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    })]

    #[test]
    fn trials_are_given_as_a_plain_list_for_each_machine_says(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(steps));
    }
}
