//! Every policy through the API, the public page and what a trial page is told.

use countersign_store::TrialAgain;
use serde_json::json;

use crate::per_version;
use crate::played::{Machine, NOW};
use crate::world::{DAY, TestPortal};

#[tokio::test]
async fn a_fixed_end_ends_every_trial_however_late_it_began() {
    let portal = TestPortal::new().await;
    let end = NOW + 20 * DAY;
    portal.policy(|trial| trial.end = Some(end)).await;
    let first = portal.ask(&Machine::new("a", &portal.product).trial()).await.is(200).json();
    assert_eq!(first["expires_at"], NOW + 14 * DAY, "the days come first");
    portal.clock.advance(10 * DAY);
    let late = portal.ask(&Machine::new("b", &portal.product).trial()).await.is(200).json();
    assert_eq!((&late["expires_at"], &late["import_by"]), (&json!(end), &json!(end)));
    portal.policy(|trial| trial.days = None).await;
    let last = portal.ask(&Machine::new("c", &portal.product).trial()).await.is(200).json();
    assert_eq!(last["expires_at"], end);
    portal.clock.advance(10 * DAY);
    let refused = portal.ask(&Machine::new("d", &portal.product).trial()).await;
    refused.refuses_as(404, "no-trial");
    let page = portal.visitor();
    let request = Machine::new("e", &portal.product).trial();
    page.post("/activate/confirm", &[("request", &request)]).await.says("No trial any more");
}

#[tokio::test]
async fn a_machine_is_told_when_it_may_have_the_next_one() {
    let portal = TestPortal::new().await;
    portal.policy(|trial| trial.again = TrialAgain::AfterDays(30)).await;
    let machine = Machine::new("lab-7", &portal.product);
    portal.ask(&machine.trial()).await.is(200);
    portal.clock.advance(DAY);
    let problem = portal.ask(&machine.trial()).await.refuses_as(409, "trial-already-used").json();
    assert_eq!(problem["again_at"], NOW + 44 * DAY);
    assert!(problem["advice"].as_str().unwrap().contains("4 Nov 2026"), "{problem}");
    let page = portal.visitor().post("/activate/confirm", &[("request", &machine.trial())]).await;
    page.says("The trial was used").says("It can have another one from 4 Nov 2026");
    portal.clock.advance(43 * DAY);
    let again = portal.ask(&machine.reinstalled().trial()).await.is(200).json();
    assert_eq!(again["expires_at"], NOW + 58 * DAY);
}

#[tokio::test]
async fn once_per_major_version_through_the_api() {
    let portal = TestPortal::new().await;
    portal.policy(|trial| trial.again = per_version(1)).await;
    let machine = Machine::new("lab-7", &portal.product);
    portal.ask(&machine.trial_of("1.4.0")).await.is(200);
    let problem = portal.ask(&machine.trial_of("2.0.0")).await;
    let problem = problem.refuses_as(409, "trial-already-used").json();
    assert_eq!(problem["again_after_major_version"], 1);
    assert!(problem["advice"].as_str().unwrap().contains("later than 1"), "{problem}");
    portal.policy(|trial| trial.again = per_version(2)).await;
    portal.ask(&machine.trial_of("1.5")).await.refuses_as(409, "trial-already-used");
    portal.ask(&machine.trial()).await.refuses_as(409, "trial-already-used");
    portal.ask(&machine.trial_of("2.0.0")).await.is(200);
    portal.ask(&machine.trial_of("2.0.0")).await.refuses_as(409, "trial-already-used");
}

#[tokio::test]
async fn a_changed_policy_holds_for_the_next_request_and_not_for_an_answered_one() {
    let portal = TestPortal::new().await;
    let machine = Machine::new("lab-7", &portal.product);
    let request = machine.trial();
    let first = portal.ask(&request).await.is(200);
    portal.policy(|trial| trial.days = Some(3)).await;
    assert_eq!(portal.ask(&request).await.is(200).text, first.text);
    let other = portal.ask(&Machine::new("lab-8", &portal.product).trial()).await.is(200).json();
    assert_eq!(other["expires_at"], NOW + 3 * DAY);
    portal.policy(|trial| trial.days = None).await;
    assert_eq!(portal.ask(&request).await.is(200).text, first.text, "for ever");
    portal.ask(&Machine::new("lab-9", &portal.product).trial()).await.refuses_as(404, "no-trial");
}

#[tokio::test]
async fn a_trial_page_is_told_the_policy_beside_the_days() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    let terms = async || visitor.get("/api/v1/trials/acme-cad").await.is(200).json();
    let told = terms().await;
    assert_eq!((&told["days"], &told["end"]), (&json!(14), &json!(null)));
    assert_eq!(told["again"], json!({"rule": "never"}));
    let end = NOW + 5 * DAY + 1;
    portal
        .policy(|trial| {
            trial.end = Some(end);
            trial.again = TrialAgain::AfterDays(90);
        })
        .await;
    let told = terms().await;
    assert_eq!((&told["days"], &told["end"]), (&json!(6), &json!(end)), "days are what is left");
    assert_eq!(told["again"], json!({"rule": "after-days", "days": 90}));
    portal.policy(|trial| trial.again = per_version(3)).await;
    let again = &terms().await["again"];
    assert_eq!(*again, json!({"rule": "per-major-version", "newest_major_version": 3}));
    portal.clock.advance(6 * DAY);
    visitor.get("/api/v1/trials/acme-cad").await.refuses_as(404, "no-trial");
}

#[tokio::test]
async fn attack_requests_of_one_machine_at_once_are_given_one_trial() {
    let portal = TestPortal::new().await;
    portal.policy(|trial| trial.again = TrialAgain::AfterDays(1)).await;
    let machine = Machine::new("lab-7", &portal.product);
    for round in 0..3 {
        let asked: Vec<String> = (0..8).map(|_| machine.reinstalled().trial()).collect();
        let answers = asked.iter().map(|request| portal.ask(request));
        let answers = futures_util::future::join_all(answers).await;
        let given = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(given, 1, "round {round}");
        portal.clock.advance(20 * DAY);
    }
}
