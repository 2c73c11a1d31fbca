//! A history that three portals made while their database was restarted: sixty-four clients, ten operations without an answer, and
//! dozens open at once. There is an order, and a search that tries what changes nothing at every place does not come to it.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use countersign_model::license::Status;
use countersign_model::linear::seats::{
    Activation, Change, Deactivation, Done, Looked, Operation, Seats, Told,
};
use countersign_model::linear::{Budget, Call, Checked, check, explains};

/// A call in each line: when it was asked, when it was answered, what, and the answer; `-` is none.
const BUSY: &str = include_str!("histories/busy.txt");
/// One in which two machines have no answer, one of them a seat by then, and it shows late which one.
const LATE: &str = include_str!("histories/late.txt");
/// One with eleven operations without an answer.
const OPEN: &str = include_str!("histories/open.txt");

#[test]
fn a_busy_history_is_explained_in_about_as_many_steps_as_it_has_operations() {
    let history: Vec<Call<Operation>> = BUSY.lines().map(call).collect();
    assert_eq!(history.len(), 165);
    let begin = || Seats::begin(Some(2), Some(6), 2);
    let steps = Budget(history.len() * 20);
    assert!(matches!(check(&Seats, begin(), &history, steps), Checked::Explained(_)));
    // With one seat fewer it cannot have been so, however long one searches.
    let one = Seats::begin(Some(1), Some(6), 2);
    assert!(!matches!(check(&Seats, one, &history, steps), Checked::Explained(_)));
}

#[test]
fn of_what_nobody_was_told_that_comes_first_which_another_answer_shows_first() {
    let history: Vec<Call<Operation>> = LATE.lines().map(call).collect();
    assert_eq!(history.len(), 154);
    let steps = Budget(history.len() * 100);
    let begin = || Seats::begin(Some(2), Some(11), 2);
    assert!(matches!(check(&Seats, begin(), &history, steps), Checked::Explained(_)));
    let three = Seats::begin(Some(3), Some(11), 2);
    assert!(!matches!(check(&Seats, three, &history, steps), Checked::Explained(_)));
}

#[test]
fn an_order_is_found_though_eleven_operations_have_no_answer() {
    let history: Vec<Call<Operation>> = OPEN.lines().map(call).collect();
    assert_eq!(history.len(), 178);
    assert_eq!(history.iter().filter(|call| call.answered.is_none()).count(), 11);
    let begin = || Seats::begin(Some(2), Some(2), 2);
    let steps = Budget(history.len() * 20);
    let Checked::Explained(order) = check(&Seats, begin(), &history, steps) else {
        panic!("no order was found");
    };
    assert!(explains(&Seats, begin(), &history, &order));
    // An answer that is missing, an operation that is done twice, and one that is done before it was asked for.
    assert!(!explains(&Seats, begin(), &history, &order[1..]));
    assert!(!explains(&Seats, begin(), &history, &[&order[..1], &order].concat()));
    let early: Vec<usize> =
        order.iter().rev().take(1).chain(&order[..order.len() - 1]).copied().collect();
    assert!(!explains(&Seats, begin(), &history, &early));
}

fn call(line: &str) -> Call<Operation> {
    let words: Vec<&str> = line.split(' ').collect();
    let (asked, answered) = (words[0].parse().unwrap(), number(words[1]));
    let id = |at: usize| words[at].parse().unwrap();
    let operation = match words[2] {
        "activate" => {
            let answer = match words[6] {
                "granted" => Activation::Granted(id(7), id(8)),
                "SeatsUsedUp" => Activation::SeatsUsedUp,
                "Suspended" => Activation::Suspended,
                "ReinstallsUsedUp" => Activation::ReinstallsUsedUp,
                "unknown" => return unseen(answered, asked, &words),
                other => panic!("{other}"),
            };
            let told = told(answered, answer);
            Operation::Activate { request: id(3), device: id(4), machine: id(5), told }
        }
        "deactivate" => {
            let told = told(answered, Deactivation::Receipt(id(7)));
            Operation::Deactivate { request: id(3), device: id(4), grant: id(5), told }
        }
        "change" => Operation::Change { to: change(words[3], words[4]), told: done(words[5]) },
        "look" => Operation::Look(Looked {
            in_use: id(3),
            given_up: id(4),
            seats: number(words[5]),
            deactivations: number(words[6]),
            status: status(words[7]),
        }),
        other => panic!("{other}"),
    };
    Call { operation, asked, answered }
}

/// An activation of which nobody ever heard.
fn unseen(answered: Option<u64>, asked: u64, words: &[&str]) -> Call<Operation> {
    let id = |at: usize| words[at].parse().unwrap();
    let told = Told::Nothing(None);
    let operation = Operation::Activate { request: id(3), device: id(4), machine: id(5), told };
    Call { operation, asked, answered }
}

fn number(word: &str) -> Option<u64> {
    (word != "-").then(|| word.parse().unwrap())
}

fn told<T>(answered: Option<u64>, answer: T) -> Told<T> {
    if answered.is_some() { Told::This(answer) } else { Told::Nothing(Some(answer)) }
}

fn change(what: &str, to: &str) -> Change {
    match what {
        "Seats" => Change::Seats(number(to)),
        "Deactivations" => Change::Deactivations(number(to)),
        _ => Change::Status(status(to)),
    }
}

fn status(word: &str) -> Status {
    if word == "Active" { Status::Active } else { Status::Suspended }
}

fn done(word: &str) -> Option<Done> {
    match word {
        "Yes" => Some(Done::Yes),
        "BelowUse" => Some(Done::BelowUse),
        "No" => Some(Done::No),
        _ => None,
    }
}
