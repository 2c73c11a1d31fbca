//! What seeds have found, each with the steps that it took.

use countersign_model::machine::Binding;
use countersign_testing::Engine;

use crate::database::Who;
use crate::op::{How, Op, Script};
use crate::{shorten, wait};

fn script(limits: (Option<u64>, Option<u64>), ops: Vec<Op>) -> Script {
    Script {
        seed: 0,
        has_desks: true,
        binding: Binding::Fuzzy,
        limits: [limits, (None, None)],
        length: None,
        reinstalls: 2,
        trial_again: None,
        ops,
    }
}

fn assert_that_the_store_does_as_the_model(script: &Script) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if let Err(why) = wait(shorten::alone(script, engine)) {
            panic!("{engine:?}: {why}\n{script}");
        }
    }
}

fn ask(machine: usize, by: Who) -> Op {
    Op::Ask { license: 0, machine, by, proves: by == Who::Nobody, how: How::Now }
}

fn desk_grant(desk: usize, machine: usize, same_request: bool) -> Op {
    Op::DeskGrant { desk, license: 0, machine, same_request, same_second: false }
}

fn desk_renew(desk: usize, grant: usize) -> Op {
    Op::DeskRenew { desk, license: 0, grant, by_other: false }
}

fn desk_receipt(desk: usize, grant: usize) -> Op {
    Op::DeskReceipt { desk, license: 0, grant, by_other: false, same_request: false }
}

fn push(desk: usize) -> Op {
    Op::Push { desk, share: 0, again: false }
}

fn give_up(grant: usize) -> Op {
    Op::GiveUp { license: 0, grant, by_other: false }
}

/// Seed 22.
#[test]
fn a_renewal_that_a_desk_signs_after_the_receipt_takes_nothing_when_it_comes_after_it() {
    let ops = vec![ask(0, Who::Nobody), desk_receipt(1, 0), desk_renew(1, 0), push(1)];
    assert_that_the_store_does_as_the_model(&script((Some(1), Some(0)), ops));
}

/// Seed 552.
#[test]
fn a_receipt_and_a_late_renewal_that_come_before_the_grant_itself_leave_its_own_time() {
    let ops = vec![desk_grant(1, 1, false), desk_receipt(0, 0), desk_renew(0, 0), push(0), push(1)];
    assert_that_the_store_does_as_the_model(&script((Some(1), Some(4)), ops));
}

/// Seed 1144: a seat was counted for a machine that had another one, or not, by the order of the journals.
#[test]
fn a_late_renewal_of_what_was_given_up_takes_no_seat_from_the_same_devices_other_grant() {
    let steps = || {
        vec![
            ask(2, Who::Nobody),
            desk_grant(1, 2, false),
            give_up(0),
            ask(3, Who::Vendor),
            desk_renew(0, 0),
        ]
    };
    for pushes in [[push(1), push(0)], [push(0), push(1)]] {
        let ops = steps().into_iter().chain(pushes).collect();
        assert_that_the_store_does_as_the_model(&script((Some(1), None), ops));
    }
}

/// Seed 93.
#[test]
fn a_late_renewal_that_is_known_first_answers_no_request() {
    let ops = vec![desk_grant(1, 2, false), desk_receipt(0, 0), desk_renew(0, 0), push(0)];
    assert_that_the_store_does_as_the_model(&script((Some(1), Some(2)), ops));
}

/// Seed 2506: what had been given up answered two requests, and only the last one was looked at.
#[test]
fn a_second_answer_to_any_request_of_what_was_given_up_holds_no_seat() {
    let steps = || {
        vec![desk_grant(0, 4, true), desk_renew(1, 0), desk_receipt(0, 0), desk_grant(0, 4, true)]
    };
    for pushes in [[push(0), push(1)], [push(1), push(0)]] {
        let ops = steps().into_iter().chain(pushes).collect();
        assert_that_the_store_does_as_the_model(&script((Some(2), Some(2)), ops));
    }
}

/// Found while the model was written: the seat came back for the group, too, of which it was counted no more.
#[test]
fn a_seat_that_comes_back_by_a_merge_is_the_licenses_own_and_no_groups() {
    let ops = vec![
        Op::Link { group: 0, cap: Some(1) },
        Op::Join(0, Who::Member),
        ask(1, Who::Member),
        desk_grant(0, 1, false),
        push(0),
        ask(2, Who::Member),
        desk_renew(1, 0),
        push(1),
    ];
    assert_that_the_store_does_as_the_model(&script((Some(5), None), ops));
}

/// Seeds 7199 and 33628: a journal's renewal made the portal forget the request that it had answered itself.
#[test]
fn the_portals_own_answer_counts_after_a_journal_has_renewed_the_activation() {
    let ops = vec![
        ask(1, Who::Nobody),
        desk_renew(0, 0),
        desk_grant(1, 1, true),
        push(1),
        give_up(0),
        push(0),
    ];
    assert_that_the_store_does_as_the_model(&script((Some(2), Some(4)), ops));
}

/// Seeds 52871 and 78362.
#[test]
fn a_second_answer_to_the_request_of_a_released_seat_holds_none_whatever_was_renewed_since() {
    let release = Op::Release { license: 0, grant: 0, by: Who::Vendor };
    let steps =
        || vec![ask(1, Who::Nobody), release.clone(), desk_renew(1, 0), desk_grant(0, 1, true)];
    for pushes in [[push(0), push(1)], [push(1), push(0)]] {
        let ops = steps().into_iter().chain(pushes).collect();
        assert_that_the_store_does_as_the_model(&script((Some(1), Some(2)), ops));
    }
}

/// Found by the history check: between signing a renewal and storing it, the machine gave up what was renewed. The id was taken, and
/// the answer was that the portal is unavailable.
#[test]
fn what_was_signed_as_a_renewal_of_what_ended_meanwhile_is_signed_again() {
    let as_before = |machine| Op::Ask {
        license: 0,
        machine,
        by: Who::Nobody,
        proves: true,
        how: How::AsBefore,
    };
    let ops =
        vec![ask(3, Who::Nobody), give_up(0), as_before(3), ask(3, Who::Nobody), as_before(3)];
    assert_that_the_store_does_as_the_model(&script((Some(2), Some(0)), ops.clone()));
    assert_that_the_store_does_as_the_model(&script((Some(2), None), ops));
}

/// Seed 17599: the portal answered late what a desk had answered before, and took its answer for the desk's.
#[test]
fn a_late_answer_of_the_portal_is_its_own_though_a_desk_answered_the_same_request() {
    let ops = vec![
        desk_grant(1, 1, false),
        desk_renew(0, 0),
        desk_receipt(1, 0),
        push(0),
        Op::Repeat(0),
        push(1),
    ];
    assert_that_the_store_does_as_the_model(&script((Some(1), Some(3)), ops));
}

/// Seed 752940: the portal had answered the same request with another activation, and that answer was taken for the desk's one.
#[test]
fn the_portals_answer_to_the_same_request_with_another_activation_is_no_answer_of_the_desks_one() {
    let ops = vec![
        desk_grant(0, 2, false),
        Op::Repeat(0),
        push(0),
        desk_receipt(0, 0),
        desk_renew(1, 0),
        push(1),
        push(0),
    ];
    assert_that_the_store_does_as_the_model(&script((Some(3), Some(1)), ops));
}

/// Seed 787293: what another grant had replaced in the second of its signing was taken for something given up before.
#[test]
fn a_receipt_for_what_was_replaced_when_it_was_signed_leaves_what_was_signed_before_it() {
    let ops = vec![
        ask(4, Who::Nobody),
        desk_grant(1, 4, true),
        desk_receipt(1, 1),
        desk_renew(0, 1),
        ask(4, Who::Nobody),
        push(0),
        push(1),
    ];
    assert_that_the_store_does_as_the_model(&script((Some(1), Some(0)), ops));
}

/// Seed 745935: the same of what went with the other answer to its request, which had been given up.
#[test]
fn a_receipt_for_what_went_with_its_twin_leaves_what_was_signed_before_it() {
    let renew = Op::Renew { license: 0, grant: 0, by: Who::Vendor };
    let part = |share| Op::Push { desk: 1, share, again: false };
    let ops = vec![
        desk_grant(1, 2, false),
        ask(1, Who::Nobody),
        part(2),
        desk_grant(1, 2, true),
        desk_receipt(0, 2),
        push(0),
        desk_receipt(1, 0),
        renew,
        desk_receipt(1, 0),
        part(1),
    ];
    assert_that_the_store_does_as_the_model(&script((Some(3), Some(2)), ops));
}
