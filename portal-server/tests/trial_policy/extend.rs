//! Extending a trial on its page.

use countersign_core::{Expect, file};
use countersign_portal::desk::{self, Freshness, Refusal};
use countersign_store::Role;

use crate::played::{Machine, NOW};
use crate::world::browser::{self, Answer};
use crate::world::{CookieUser, DAY, TestPortal};

async fn extend(admin: &CookieUser, id: &str, seen_end: u64, form: &[(&str, &str)]) -> Answer {
    let seen_end = seen_end.to_string();
    let all = [&[("seen_end", seen_end.as_str())], form].concat();
    admin.post(&format!("/admin/trials/{id}/extend"), &all).await
}

#[tokio::test]
async fn an_extension_makes_a_fresh_response_for_the_same_request() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let machine = Machine::new("lab-7", &portal.product);
    let request = machine.trial();
    let first = portal.ask(&request).await.is(200).json();
    let (trial, id) = (portal.newest_trial().await, first["id"].as_str().unwrap());
    let here = format!("/admin/trials/{id}");
    admin
        .get(&here)
        .await
        .is(200)
        .says("once more, by 14 days in all")
        .says("says all there is to say");
    let done = extend(&admin, id, trial.expires_at, &[("days", "10")]).await;
    done.leads_to(&format!("{here}#response"));
    let page = admin.get(&here).await.is(200);
    page.says("once, by 10 days in all").says("are used up").says("was extended by 10 days");
    let file = admin.get(&format!("{here}/response")).await.is(200);
    assert!(file.header("content-disposition").contains("lab-7.response"));
    let token = file::read(&file.bytes).unwrap();
    let verified = portal.roots().verify_response(&token, Expect::Response).unwrap();
    let response = verified.claims();
    assert_eq!(response.id.to_string(), id);
    assert_eq!(response.request.id.to_string(), first["request_id"].as_str().unwrap());
    assert_eq!(response.granted().unwrap().grant.expires_at, Some(NOW + 24 * DAY));
    let qr = admin.get(&format!("{here}/qr.svg")).await.is(200);
    assert_eq!(qr.header("content-type"), "image/svg+xml");
    // The same request keeps its answer, a new one has the new end.
    assert_eq!(portal.ask(&request).await.is(200).json(), first);
    let newer = portal.ask(&machine.trial()).await.is(200).json();
    assert_eq!((&newer["id"], &newer["expires_at"]), (&first["id"], &(NOW + 24 * DAY).into()));
    let bob = portal.newest_trial().await;
    assert_eq!((bob.extensions, bob.extended_days), (1, 10));
    let requests = portal.app.store().trial_requests(&bob.id).await.unwrap();
    assert_eq!(requests.len(), 2);
    // Once more: there is nothing new to sign, so it is the same bytes.
    let again = admin.post(&format!("{here}/renew"), &[]).await;
    again.leads_to(&format!("{here}#response"));
    let latest = admin.get(&format!("{here}/response")).await.is(200);
    assert_eq!(latest.text, newer["file"].as_str().unwrap());
}

#[tokio::test]
async fn attack_an_extension_beyond_the_limits_or_of_what_somebody_else_changed() {
    let portal = TestPortal::new().await;
    portal
        .set(|settings| (settings.trial_extensions, settings.trial_extension_days) = (2, 10))
        .await;
    let admin = portal.admin().await;
    portal.ask(&Machine::new("lab-7", &portal.product).trial()).await.is(200);
    let trial = portal.newest_trial().await;
    let id = trial.id.to_string();
    let end = trial.expires_at;
    for days in ["0", "", "3651"] {
        extend(&admin, &id, end, &[("days", days)]).await.is(422).says("1 to 3650");
    }
    for days in ["-7", "1e3", "99999999999999999999"] {
        extend(&admin, &id, end, &[("days", days)]).await.is(422);
    }
    extend(&admin, &id, end, &[("days", "11")]).await.is(403).says("10 more days");
    extend(&admin, &id, end, &[("days", "6")]).await.is(303);
    // The page in the other window still says the old end.
    extend(&admin, &id, end, &[("days", "3")])
        .await
        .is(409)
        .says("Somebody else changed this trial");
    let end = end + 6 * DAY;
    extend(&admin, &id, end, &[("days", "5")]).await.is(403).says("4 more days");
    extend(&admin, &id, end, &[("days", "4")]).await.is(303);
    let end = end + 4 * DAY;
    extend(&admin, &id, end, &[("days", "1")]).await.is(403).says("used up");
    assert_eq!(portal.newest_trial().await.expires_at, end);
    extend(&admin, &id, end, &[("days", "100"), ("beyond", "1")]).await.is(303);
    let after = portal.newest_trial().await;
    assert_eq!((after.extensions, after.extended_days), (3, 110));
    assert_eq!(after.expires_at, end + 100 * DAY);
}

#[tokio::test]
async fn attack_two_windows_extend_a_trial_at_the_same_moment() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal.ask(&Machine::new("lab-7", &portal.product).trial()).await.is(200);
    let trial = portal.newest_trial().await;
    let id = trial.id.to_string();
    let both =
        (0..2).map(|_| extend(&admin, &id, trial.expires_at, &[("days", "7"), ("beyond", "1")]));
    let both = futures_util::future::join_all(both).await;
    let mut statuses: Vec<u16> = both.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    assert_eq!(portal.newest_trial().await.expires_at, trial.expires_at + 7 * DAY);
}

#[tokio::test]
async fn a_trial_that_is_over_runs_again_from_now() {
    let portal = TestPortal::new().await;
    portal.admin().await;
    let machine = Machine::new("lab-7", &portal.product);
    portal.ask(&machine.trial()).await.is(200);
    portal.clock.advance(40 * DAY);
    let admin = portal.logged_in("ada@acme.example").await;
    let trial = portal.newest_trial().await;
    let id = trial.id.to_string();
    admin.get(&format!("/admin/trials/{id}")).await.is(200).says("The trial is over.");
    admin.post(&format!("/admin/trials/{id}/renew"), &[]).await.is(409).says("This trial ended on");
    extend(&admin, &id, trial.expires_at, &[("days", "7")]).await.is(303);
    let answer = portal.ask(&machine.trial()).await.is(200).json();
    assert_eq!(answer["expires_at"], NOW + 47 * DAY);
    // Neither the policy nor an archived product takes that away.
    portal.policy(|trial| trial.days = None).await;
    portal.ask(&machine.trial()).await.is(200);
    portal.ask(&Machine::new("b", &portal.product).trial()).await.refuses_as(404, "no-trial");
}

#[tokio::test]
async fn the_public_page_says_that_an_extended_trial_runs_on() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let machine = Machine::new("lab-7", &portal.product);
    portal.ask(&machine.trial()).await.is(200);
    let trial = portal.newest_trial().await;
    extend(&admin, &trial.id.to_string(), trial.expires_at, &[("days", "7")]).await.is(303);
    let visitor = portal.visitor();
    let request = machine.trial();
    let review =
        visitor.upload("/activate/review", browser::file("lab-7.request", &request)).await.is(200);
    review.says("The trial of this machine was extended");
    visitor
        .post("/activate/confirm", &[("request", &request)])
        .await
        .is(200)
        .says("lab-7.response");
    assert_eq!(portal.newest_trial().await.id, trial.id);
}

#[tokio::test]
async fn a_fresh_response_is_made_when_the_last_one_can_no_longer_be_installed() {
    let portal = TestPortal::new().await;
    portal.admin().await;
    portal.policy(|trial| trial.days = Some(60)).await;
    portal.ask(&Machine::new("lab-7", &portal.product).trial()).await.is(200);
    let trial = portal.newest_trial().await;
    let freshness = async || desk::freshness_of_trial(&portal.app, &trial).await.unwrap();
    assert_eq!(freshness().await, Freshness::Current);
    portal.clock.advance(15 * DAY);
    assert_eq!(freshness().await, Freshness::Late);
    let admin = portal.stored_user("ada@acme.example").await;
    let first = desk::latest_of_trial(&portal.app, &trial).await.unwrap().unwrap();
    let renewed = desk::renew_trial(&portal.app, &admin, "test", &trial.id).await.unwrap();
    assert_ne!(renewed.token, first.token);
    assert_eq!(freshness().await, Freshness::Current);
    let again = desk::renew_trial(&portal.app, &admin, "test", &trial.id).await.unwrap();
    assert_eq!(again.token, renewed.token, "nothing new, the same bytes");
    let jane = portal.user(|_| ()).await;
    portal.policy(|trial| trial.days = Some(61)).await;
    portal.clock.advance(15 * DAY);
    let refused = desk::renew_trial(&portal.app, &jane, "test", &trial.id).await;
    assert!(matches!(refused, Err(Refusal::UnknownTrial)), "{refused:?}");
}

#[tokio::test]
async fn attack_support_extends_within_the_limits_and_no_further_and_who_only_reads_not_at_all() {
    let portal = TestPortal::new().await;
    for (email, role) in [("sam@acme.example", Role::Support), ("rae@acme.example", Role::ReadOnly)]
    {
        portal.user(|user| (user.email, user.role) = (email.into(), role)).await;
    }
    let support = portal.logged_in("sam@acme.example").await;
    let reader = portal.logged_in("rae@acme.example").await;
    portal.ask(&Machine::new("lab-7", &portal.product).trial()).await.is(200);
    let trial = portal.newest_trial().await;
    let (id, end) = (trial.id.to_string(), trial.expires_at);
    let here = format!("/admin/trials/{id}");
    reader.get("/admin/trials").await.is(200).says("lab-7");
    reader.get(&here).await.is(200).says("lab-7").hides("Extend the trial").says("A trial began.");
    extend(&reader, &id, end, &[("days", "1")]).await.is(403);
    reader.post(&format!("{here}/renew"), &[]).await.is(403);
    support.get(&here).await.is(200).says("Extend the trial").hides("Go beyond the limits");
    for form in [&[("days", "15")][..], &[("days", "15"), ("beyond", "1")]] {
        extend(&support, &id, end, form).await.is(403).says("14 more days");
    }
    extend(&support, &id, end, &[("days", "14")]).await.leads_to(&format!("{here}#response"));
    support.get(&here).await.is(200).hides("was extended by 14 days");
    let end = end + 14 * DAY;
    extend(&support, &id, end, &[("days", "1"), ("beyond", "1")]).await.is(403).says("used up");
    assert_eq!(portal.newest_trial().await.expires_at, end);
    support.post(&format!("{here}/renew"), &[]).await.leads_to(&format!("{here}#response"));
    support.get(&format!("{here}/response")).await.is(200);
}
