//! The check of histories against histories that are known to be right or wrong.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use countersign_model::license::{License, Status};
use countersign_model::linear::seats::{
    Activation, Change, Deactivation, Done, Looked, Operation, Seats, Told,
};
use countersign_model::linear::{Budget, Call, Checked, Specification as _, check};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

const ENOUGH: Budget = Budget(1_000_000);

type History = Vec<Call<Operation>>;

/// A machine asks from one moment to the other.
fn asks(
    machine: u64,
    request: u64,
    (asked, answered): (u64, u64),
    told: Activation,
) -> Call<Operation> {
    let operation =
        Operation::Activate { request, device: machine, machine, told: Told::This(told) };
    Call { operation, asked, answered: Some(answered) }
}

fn gives_up(
    machine: u64,
    (request, grant): (u64, u64),
    (asked, answered): (u64, u64),
    told: Deactivation,
) -> Call<Operation> {
    let told = Told::This(told);
    let operation = Operation::Deactivate { request, device: machine, grant, told };
    Call { operation, asked, answered: Some(answered) }
}

fn changes(to: Change, (asked, answered): (u64, u64), done: Done) -> Call<Operation> {
    let operation = Operation::Change { to, told: Some(done) };
    Call { operation, asked, answered: Some(answered) }
}

fn looks((asked, answered): (u64, u64), in_use: u64, given_up: u64) -> Call<Operation> {
    let (seats, deactivations, status) = (Some(1), None, Status::Active);
    let looked = Looked { in_use, given_up, seats, deactivations, status };
    Call { operation: Operation::Look(looked), asked, answered: Some(answered) }
}

/// No answer came to it.
fn cut_off(call: Call<Operation>) -> Call<Operation> {
    let operation = match call.operation {
        Operation::Activate { request, device, machine, told: Told::This(told) } => {
            let known = matches!(told, Activation::Granted(..)).then_some(told);
            Operation::Activate { request, device, machine, told: Told::Nothing(known) }
        }
        Operation::Deactivate { request, device, grant, told: Told::This(told) } => {
            let known = matches!(told, Deactivation::Receipt(_)).then_some(told);
            Operation::Deactivate { request, device, grant, told: Told::Nothing(known) }
        }
        Operation::Change { to, .. } => Operation::Change { to, told: None },
        other => other,
    };
    Call { operation, answered: None, ..call }
}

/// Of a license with one seat and any number of deactivations.
fn is_explained(history: &[Call<Operation>]) -> bool {
    match check(&Seats, Seats::begin(Some(1), None, 3), history, ENOUGH) {
        Checked::Explained(_) => true,
        Checked::Unexplained(_) => false,
        Checked::GaveUp => panic!("it was given up"),
    }
}

const A: Activation = Activation::Granted(101, 1);
const B: Activation = Activation::Granted(102, 2);
const FULL: Activation = Activation::SeatsUsedUp;

#[test]
fn what_can_be_put_into_an_order_is_explained() {
    let right: [(&str, History); 8] = [
        ("nothing", vec![]),
        ("one after the other", vec![asks(1, 11, (1, 2), A), asks(2, 12, (3, 4), FULL)]),
        ("at once, the later one first", vec![asks(1, 11, (1, 9), FULL), asks(2, 12, (2, 8), B)]),
        ("the same request again", vec![asks(1, 11, (1, 2), A), asks(1, 11, (3, 4), A)]),
        (
            "a seat that comes back",
            vec![
                asks(1, 11, (1, 2), A),
                gives_up(1, (21, 101), (3, 6), Deactivation::Receipt(9)),
                asks(2, 12, (4, 5), B),
            ],
        ),
        (
            "a limit that was raised and lowered",
            vec![
                asks(1, 11, (1, 2), A),
                changes(Change::Seats(Some(2)), (3, 8), Done::Yes),
                asks(2, 12, (4, 7), B),
                changes(Change::Seats(Some(1)), (9, 10), Done::BelowUse),
            ],
        ),
        (
            "suspended meanwhile",
            vec![
                changes(Change::Status(Status::Suspended), (1, 5), Done::Yes),
                asks(1, 11, (2, 6), A),
                asks(2, 12, (7, 8), Activation::Suspended),
                asks(1, 11, (9, 10), A),
            ],
        ),
        (
            "looked at while it was taken",
            vec![asks(1, 11, (1, 9), A), looks((2, 3), 0, 0), looks((4, 5), 1, 0)],
        ),
    ];
    for (name, history) in right {
        assert!(is_explained(&history), "{name}");
    }
}

#[test]
fn attack_histories_that_no_order_explains_are_rejected() {
    let suspended = Change::Status(Status::Suspended);
    let wrong: [(&str, History); 12] = [
        ("oversold", vec![asks(1, 11, (1, 9), A), asks(2, 12, (2, 8), B)]),
        ("lost: a look after it", vec![asks(1, 11, (1, 2), A), looks((3, 4), 0, 0)]),
        ("lost: the seat was given again", vec![asks(1, 11, (1, 2), A), asks(2, 12, (3, 4), B)]),
        (
            "lost: a proof of a grant that was given is unknown",
            vec![asks(1, 11, (1, 2), A), gives_up(1, (21, 101), (3, 4), Deactivation::Unknown)],
        ),
        (
            "two answers for one request",
            vec![asks(1, 11, (1, 9), A), asks(1, 11, (2, 8), Activation::Granted(101, 3))],
        ),
        (
            "a renewal under another grant",
            vec![asks(1, 11, (1, 2), A), asks(1, 13, (3, 4), Activation::Granted(103, 3))],
        ),
        (
            "two receipts for one proof",
            vec![
                asks(1, 11, (1, 2), A),
                gives_up(1, (21, 101), (3, 4), Deactivation::Receipt(9)),
                gives_up(1, (21, 101), (5, 6), Deactivation::Receipt(8)),
            ],
        ),
        ("a stale look", vec![asks(1, 11, (1, 2), A), looks((3, 4), 1, 0), looks((5, 6), 0, 0)]),
        (
            "a stale look at what was given up",
            vec![
                asks(1, 11, (1, 2), A),
                gives_up(1, (21, 101), (3, 4), Deactivation::Receipt(9)),
                looks((5, 6), 1, 0),
            ],
        ),
        (
            "given after it was suspended",
            vec![changes(suspended, (1, 2), Done::Yes), asks(1, 11, (3, 4), A)],
        ),
        (
            "refused as suspended when it was not",
            vec![
                changes(suspended, (1, 2), Done::Yes),
                changes(Change::Status(Status::Active), (3, 4), Done::Yes),
                asks(1, 11, (5, 6), Activation::Suspended),
            ],
        ),
        ("refused while a seat was free", vec![looks((1, 2), 0, 0), asks(1, 11, (3, 4), FULL)]),
    ];
    for (name, history) in wrong {
        assert!(!is_explained(&history), "{name}");
        let last = history.len() - 1;
        assert!(is_explained(&history[..last]), "{name}: it is the last one that is wrong");
    }
}

#[test]
fn what_no_answer_came_to_may_have_been_done_or_not_and_at_any_later_time() {
    let lost = |machine, request| cut_off(asks(machine, request, (1, 0), FULL));
    assert!(is_explained(&[lost(1, 11), asks(2, 12, (2, 3), B)]), "it was not done");
    assert!(is_explained(&[lost(1, 11), asks(2, 12, (2, 3), FULL)]), "it was done");
    assert!(is_explained(&[lost(1, 11), looks((2, 3), 0, 0), looks((4, 5), 1, 0)]), "later");
    assert!(!is_explained(&[lost(1, 11), looks((2, 3), 1, 0), looks((4, 5), 0, 0)]), "and back");
    assert!(!is_explained(&[lost(1, 11), asks(2, 12, (2, 3), B), looks((4, 5), 2, 0)]), "both");
    // Its next request tells what it had been given: the same grant, and no other one.
    assert!(is_explained(&[
        lost(1, 11),
        asks(1, 13, (2, 3), A),
        asks(1, 14, (4, 5), Activation::Granted(101, 3))
    ]));
    assert!(!is_explained(&[
        lost(1, 11),
        asks(1, 13, (2, 3), A),
        asks(1, 14, (4, 5), Activation::Granted(103, 3))
    ]));
    let full = [lost(1, 11), asks(2, 12, (2, 3), FULL), asks(1, 13, (4, 5), A)];
    assert!(is_explained(&full), "it had been given before the other one asked");
    let known = cut_off(asks(1, 11, (1, 0), A));
    assert!(is_explained(&[known.clone(), asks(2, 12, (2, 3), FULL), asks(1, 11, (4, 5), A)]));
    assert!(!is_explained(&[known, asks(2, 12, (2, 3), B), asks(1, 11, (4, 5), A)]));
}

#[test]
fn a_rejected_history_names_what_could_not_be_put_anywhere() {
    let history =
        [asks(1, 11, (1, 2), A), looks((3, 4), 1, 0), looks((5, 6), 0, 0), looks((7, 8), 1, 0)];
    let Checked::Unexplained(why) = check(&Seats, Seats::begin(Some(1), None, 3), &history, ENOUGH)
    else {
        panic!()
    };
    assert_eq!((why.longest, why.stuck), (vec![0, 1], 2));
}

#[test]
fn a_check_that_is_given_up_says_so() {
    let lost = |n| cut_off(asks(n, 100 + n, (n, 1000), FULL));
    let history: History = (0..12).map(lost).chain([looks((20, 21), 13, 0)]).collect();
    let begin = || Seats::begin(Some(20), None, 3);
    assert_eq!(check(&Seats, begin(), &history, Budget(1_000)), Checked::GaveUp);
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }
}

/// Some operations at some times, with some answers that may be or not.
fn some_history(dice: &mut Dice) -> History {
    let operations = 2 + dice.below(4);
    (0..operations)
        .map(|_| {
            let (machine, asked) = (dice.below(2), dice.below(12));
            let times = (asked, asked + 1 + dice.below(8));
            let call = match dice.below(6) {
                0..3 => {
                    let told =
                        [FULL, Activation::Granted(100 + machine, machine), Activation::Suspended];
                    asks(machine, machine, times, told[usize::try_from(dice.below(3)).unwrap()])
                }
                3 => {
                    let told = [Deactivation::Receipt(9), Deactivation::Unknown];
                    let told = told[usize::try_from(dice.below(2)).unwrap()];
                    gives_up(machine, (20 + machine, 100 + machine), times, told)
                }
                4 => {
                    let status = [Status::Active, Status::Suspended]
                        [usize::try_from(dice.below(2)).unwrap()];
                    changes(Change::Status(status), times, Done::Yes)
                }
                _ => looks(times, dice.below(2), dice.below(2)),
            };
            if dice.below(5) == 0 && !matches!(call.operation, Operation::Look(_)) {
                cut_off(call)
            } else {
                call
            }
        })
        .collect()
}

/// Every order, tried one by one.
fn some_order_explains(state: &License, history: &[Call<Operation>], done: &[usize]) -> bool {
    let left = || (0..history.len()).filter(|n| !done.contains(n));
    if left().all(|n| history[n].answered.is_none()) {
        return true;
    }
    let first_answer = left().filter_map(|n| history[n].answered).min().unwrap();
    left().filter(|n| history[*n].asked <= first_answer).any(|n| {
        let after = Seats.after(state, &history[n].operation);
        let done = [done, &[n]].concat();
        after.is_some_and(|after| some_order_explains(&after, history, &done))
    })
}

#[test]
fn the_search_finds_an_order_exactly_when_trying_all_of_them_does() {
    let (mut explained, mut rejected) = (0, 0);
    for seed in 0..4_000 {
        let history = some_history(&mut Dice(ChaCha8Rng::seed_from_u64(seed)));
        let begin = Seats::begin(Some(1), None, 3);
        let wanted = some_order_explains(&begin, &history, &[]);
        assert_eq!(is_explained(&history), wanted, "seed {seed}: {history:#?}");
        match wanted {
            true => explained += 1,
            false => rejected += 1,
        }
    }
    assert!(explained > 300 && rejected > 300, "{explained} explained, {rejected} rejected");
}
