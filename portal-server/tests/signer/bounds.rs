//! What the signer's operator allows beside the delegation, and that a restart forgets nothing of it.

use countersign_core::Id;
use countersign_core::delegation::{Longest, ScopeType};
use countersign_core::response::Response;
use countersign_portal::signer::limits::Releases;
use countersign_portal::signer::open;
use serde_json::json;

use crate::played::{NOW, rng};
use crate::stand::{DAY, Stand, answer_to, asked, by_request, delegation, granted};
use crate::thief::release;

#[tokio::test]
async fn a_grant_of_as_many_days_as_may_be_passes_and_one_more_second_does_not() {
    let stand = Stand::with(|_| (), |limits| limits.max_days = Some(30));
    let (_, license, request) = asked();
    let with_end = |end: Option<u64>| {
        let mut response = answer_to(&request, license.id());
        granted(&mut response).grant.expires_at = end;
        by_request(&request, &response)
    };
    assert_eq!(stand.declines(&with_end(Some(NOW + 30 * DAY + 1))).await, "not-allowed");
    assert_eq!(stand.declines(&with_end(None)).await, "not-allowed");
    stand.has_signed_nothing();
    assert_eq!(stand.says(&with_end(Some(NOW + 30 * DAY))).await["said"], "signed");
}

#[tokio::test]
async fn attack_signing_in_bulk_meets_the_brake_and_a_restart_does_not_release_it() {
    let most = |limits: &mut countersign_portal::signer::limits::Limits| {
        limits.most_per_hour = Some(3);
    };
    let mut stand = Stand::with(|_| (), most);
    for _ in 0..3 {
        let (_, license, request) = asked();
        stand.signs(&request, &answer_to(&request, license.id())).await;
    }
    let (_, license, request) = asked();
    let one_more = by_request(&request, &answer_to(&request, license.id()));
    let said = stand.says(&one_more).await;
    assert_eq!((&said["code"], &said["retry_after"]), (&json!("too-much"), &json!(600)), "{said}");
    stand.restart(most).await;
    assert_eq!(stand.declines(&one_more).await, "too-much");
    // A date within the tolerance does not move it out of the hour.
    stand.clock.set(NOW + 3_599);
    let late = Response { issued_at: NOW + 3_599, ..answer_to(&request, license.id()) };
    assert_eq!(stand.declines(&by_request(&request, &late)).await, "too-much");
    stand.clock.set(NOW + 4_000);
    let late = Response { issued_at: NOW + 4_000, ..late };
    assert_eq!(stand.says(&by_request(&request, &late)).await["said"], "signed");
}

#[tokio::test]
async fn attack_one_request_answered_again_and_again_meets_its_limit() {
    let most = |limits: &mut countersign_portal::signer::limits::Limits| {
        limits.most_per_request = 4;
    };
    let mut stand = Stand::with(|_| (), most);
    let (_, license, request) = asked();
    for _ in 0..4 {
        // As a portal does when the license changes while it answers: another activation each time.
        stand.signs(&request, &answer_to(&request, license.id())).await;
    }
    let fifth = by_request(&request, &answer_to(&request, license.id()));
    assert_eq!(stand.declines(&fifth).await, "too-much");
    stand.restart(most).await;
    assert_eq!(stand.declines(&fifth).await, "too-much");
    // Others are not held up by it, and a day later neither is this one.
    let (_, other, another) = asked();
    stand.signs(&another, &answer_to(&another, other.id())).await;
    stand.clock.set(NOW + DAY + 400);
    for _ in 0..2 {
        let (_, license, request) = asked();
        let now = Response { issued_at: NOW + DAY + 400, ..answer_to(&request, license.id()) };
        stand.signs(&request, &now).await;
    }
    let late = Response { issued_at: NOW + DAY + 400, ..answer_to(&request, license.id()) };
    stand.signs(&request, &late).await;
}

#[tokio::test]
async fn attack_many_at_once_do_not_slip_past_the_brake() {
    let stand = Stand::with(|_| (), |limits| limits.most_per_hour = Some(10));
    let asks = (0..40).map(|_| {
        let (_, license, request) = asked();
        let ask = by_request(&request, &answer_to(&request, license.id()));
        let stand = &stand;
        async move { stand.says(&ask).await }
    });
    let said = futures_util::future::join_all(asks).await;
    let signed = said.iter().filter(|said| said["said"] == "signed").count();
    assert_eq!(signed, 10);
    assert_eq!(stand.keys.journaled().0.len(), 10);
}

#[tokio::test]
async fn releases_are_signed_where_the_scope_has_them_and_they_are_not_switched_off() {
    let ask = || json!({"v": 1, "do": "sign-release", "release": release().to_unsigned()});
    let stand = Stand::new();
    let said = stand.says(&ask()).await;
    let token = said["token"].as_str().unwrap();
    assert!(stand.keys.roots().verify_release(token).is_ok());
    let off = Stand::with(|_| (), |limits| limits.releases = Releases::Refused);
    assert_eq!(off.declines(&ask()).await, "not-allowed");
    let without =
        Stand::with(|d| d.scope.types = vec![ScopeType::Activation, ScopeType::Trial], |_| ());
    assert_eq!(without.declines(&ask()).await, "out-of-scope");
    off.has_signed_nothing();
    without.has_signed_nothing();
}

#[tokio::test]
async fn attack_a_release_dated_otherwise_or_sent_as_something_else_is_refused() {
    let stand = Stand::new();
    let mut dated = release();
    dated.issued_at = NOW + 301;
    let ask = json!({"v": 1, "do": "sign-release", "release": dated.to_unsigned()});
    assert_eq!(stand.declines(&ask).await, "other-time");
    let (_, license, request) = asked();
    let response = answer_to(&request, license.id());
    let ask = json!({"v": 1, "do": "sign-release", "release": response.to_unsigned()});
    assert_eq!(stand.declines(&ask).await, "wrong-type");
    let mut delegating = response.to_unsigned();
    delegating["typ"] = json!("signing-key+jwt");
    let ask =
        json!({"v": 1, "do": "sign", "evidence": {"request": request}, "response": delegating});
    assert_eq!(stand.declines(&ask).await, "wrong-type");
    stand.has_signed_nothing();
}

#[tokio::test]
async fn a_delegation_that_asks_for_a_second_keys_approval_is_not_for_a_signer() {
    let mut stand = Stand::new();
    stand.stop().await;
    let mut asking = delegation(&stand.keys.key);
    asking.scope.approved = Some(Longest::Unlimited);
    stand.keys.delegate(&asking);
    let refused = open(stand.options()).err().unwrap();
    assert!(format!("{refused:#}").contains("--approved-days"), "{refused:#}");
}

#[tokio::test]
async fn a_delegation_that_counts_its_grants_is_counted_by_the_journal() {
    let mut stand = Stand::with(|delegation| delegation.scope.max_grants = Some(3), |_| ());
    let roots = stand.keys.roots();
    for number in 1..=3 {
        if number == 3 {
            stand.restart(|_| ()).await;
        }
        let (machine, license, request) = asked();
        let token = stand.signs(&request, &answer_to(&request, license.id())).await;
        let verified = roots.verify_response(&token, countersign_core::Expect::Response).unwrap();
        assert_eq!(verified.count(), Some(number));
        let proof = machine.deactivation(&Id::random(&mut rng()).to_string());
        stand.signs(&proof, &answer_to(&proof, license.id())).await;
    }
    let (_, license, request) = asked();
    let fourth = by_request(&request, &answer_to(&request, license.id()));
    assert_eq!(stand.declines(&fourth).await, "out-of-scope");
    let (tokens, verified) = stand.keys.journaled();
    assert_eq!((tokens.len(), verified.findings.len()), (6, 0), "{verified:?}");
}
