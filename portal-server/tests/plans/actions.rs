//! Acts on a license: each says what it would do, and does it when that is confirmed.

use countersign_core::license_key::LicenseKey;
use countersign_store::{LicenseStatus, Role, Validity};

use super::{ADA, confirm};
use crate::played::NOW;
use crate::world::browser::Answer;
use crate::world::{CookieUser, DAY, TestPortal};

fn path(key: &LicenseKey, what: &str) -> String {
    format!("/admin/licenses/{}/{what}", key.id())
}

/// Asks for an act; nothing is changed by that.
async fn ask(
    portal: &TestPortal,
    admin: &CookieUser,
    path: &str,
    key: &LicenseKey,
    fields: &[(&str, &str)],
) -> Answer {
    let revision = portal.revision(&key.id()).await;
    let form = [&[("revision", &*revision)], fields].concat();
    let mut answer = None;
    portal.nothing_changes(async { answer = Some(admin.post(path, &form).await) }).await;
    answer.unwrap()
}

#[tokio::test]
async fn a_license_is_extended_by_days_or_to_a_day() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let key = portal.license_with(|new| new.validity = Validity::Fixed(NOW + 10 * DAY)).await;
    let extend = path(&key, "extend");
    let asked = ask(&portal, &admin, &extend, &key, &[("days", "5")]).await.is(200);
    let asked = asked.says("It ends at").says("need a fresh response");
    confirm(&admin, &extend, &asked).await.is(303);
    assert_eq!(portal.stored(&key).await.expires_at, Some(NOW + 15 * DAY));
    let late = confirm(&admin, &extend, &asked).await.is(422);
    late.says("The license was changed meanwhile");
    let asked = ask(&portal, &admin, &extend, &key, &[("until", "2030-12-31")]).await.is(200);
    confirm(&admin, &extend, &asked).await.is(303);
    assert_eq!(portal.stored(&key).await.expires_at, Some(1_924_991_999));
    for (fields, words) in [
        (&[("until", "2026-11-01")][..], "no later end"),
        (&[("days", "1000000000")], "so far away"),
        (&[("days", "0")], "either a number of days or a day"),
        (&[("days", "-3")], "is not a whole number"),
        (&[("days", "3"), ("until", "2031-01-01")], "either a number of days or a day"),
        (&[("until", "soon")], "soon"),
    ] {
        ask(&portal, &admin, &extend, &key, fields).await.is(422).says(words);
    }
    let perpetual = portal.license(1, None).await;
    let path = path(&perpetual, "extend");
    ask(&portal, &admin, &path, &perpetual, &[("days", "1")]).await.is(422).says("perpetual");
}

#[tokio::test]
async fn an_end_that_is_far_away_is_proposed_under_the_two_person_rule() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal.user(|user| (user.email, user.role) = ("bob@acme.example".into(), Role::Admin)).await;
    admin.post("/admin/approvals/rule", &[("rule", "on")]).await.is(303);
    let key = portal.license_with(|new| new.validity = Validity::Fixed(NOW + 10 * DAY)).await;
    let extend = path(&key, "extend");
    let asked = ask(&portal, &admin, &extend, &key, &[("days", "9999")]).await.is(200);
    confirm(&admin, &extend, &asked).await.leads_to("/admin/approvals");
    assert_eq!(portal.stored(&key).await.expires_at, Some(NOW + 10 * DAY));
    let bob = portal.logged_in("bob@acme.example").await;
    bob.get("/admin/approvals").await.is(200).says("Extend a license");
}

#[tokio::test]
async fn suspending_and_revoking_say_what_machines_without_a_network_hear_of_it() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(3, None).await);
    portal.activate("lab-7", &key).await;
    let status = path(&key, "status");
    for (to, words, stored) in [
        ("suspended", "sees no network and hears nothing of this", LicenseStatus::Suspended),
        ("revoked", "which is never for a perpetual license", LicenseStatus::Revoked),
        ("active", "The license counts again", LicenseStatus::Active),
    ] {
        let asked =
            ask(&portal, &admin, &status, &key, &[("status", to)]).await.is(200).says(words);
        confirm(&admin, &status, &asked).await.is(303);
        assert_eq!(portal.stored(&key).await.status, stored);
    }
    ask(&portal, &admin, &status, &key, &[("status", "gone")]).await.is(422);
}

#[tokio::test]
async fn limits_below_what_is_in_use_say_how_many_must_go_first() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(3, Some(3)).await);
    let mut machines = Vec::new();
    for name in ["a", "b", "c"] {
        machines.push(portal.activate(name, &key).await);
    }
    let limits = path(&key, "limits");
    let low = [("allowed_activations", "1"), ("allowed_deactivations", "3")];
    let refused = ask(&portal, &admin, &limits, &key, &low).await.is(422);
    refused.says("3 machines hold a seat: 2 of them must give it back first.");
    let given_back = machines[0].0.deactivation(&machines[0].1);
    admin.send(admin.request("POST", "/api/v1/deactivations").body(given_back)).await.is(200);
    let none = [("allowed_activations", "2"), ("allowed_deactivations", "0")];
    ask(&portal, &admin, &limits, &key, &none).await.is(422).says("One deactivation was made");
    let more = [("allowed_activations", ""), ("allowed_deactivations", "9")];
    let asked = ask(&portal, &admin, &limits, &key, &more).await.is(200);
    let asked = asked.says("Activations at a time: 3 becomes any number");
    // A machine that comes in between does not spoil it.
    portal.activate("d", &key).await;
    confirm(&admin, &limits, &asked).await.is(303);
    let license = portal.stored(&key).await;
    assert_eq!((license.allowed_activations, license.allowed_deactivations), (None, Some(9)));
}

#[tokio::test]
async fn attack_a_machine_takes_a_seat_between_question_and_confirmation() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(3, None).await);
    let limits = path(&key, "limits");
    let asked = ask(&portal, &admin, &limits, &key, &[("allowed_activations", "0")]).await.is(200);
    portal.activate("lab-7", &key).await;
    let late = confirm(&admin, &limits, &asked).await.is(422);
    late.says("hold a seat").says("Nothing was changed.");
    assert_eq!(portal.stored(&key).await.allowed_activations, Some(3));
}

#[tokio::test]
async fn a_license_is_transferred_and_both_hear_of_it() {
    let portal = TestPortal::new().await;
    let (admin, lab) = (portal.admin().await, portal.organization("Lab").await);
    portal.customer("jane@lab.example").await;
    let otto = portal.customer_of("otto@lab.example", Some(lab)).await;
    let key = portal.license_of("jane@lab.example", 2).await;
    portal.activate("lab-7", &key).await;
    let transfer = path(&key, "transfer");
    let to = [("owner", " Otto@lab.example "), ("organization", "lab")];
    let asked = ask(&portal, &admin, &transfer, &key, &to).await.is(200);
    let asked = asked.says("Owner: jane@lab.example becomes otto@lab.example");
    let asked = asked.says("Organization: nobody becomes Lab").says("by nobody else");
    let asked =
        asked.says("The machine that holds a seat keeps it").hides("will not see the license");
    let before = portal.mails().await.len();
    confirm(&admin, &transfer, &asked).await.is(303);
    let license = portal.stored(&key).await;
    assert_eq!((license.organization, license.live_activations), (Some(lab), 1));
    otto.get(&format!("/licenses/{}", key.id())).await.is(200);
    let jane = portal.logged_in("jane@lab.example").await;
    jane.get(&format!("/licenses/{}", key.id())).await.is(404);
    let mails = portal.mails().await;
    let told: Vec<&str> = mails[before..].iter().map(|mail| mail.to.as_str()).collect();
    assert!(told.contains(&"jane@lab.example") && told.contains(&"otto@lab.example"), "{told:?}");
    assert!(mails.iter().all(|mail| !mail.raw.contains(&key.grouped())));
    let same = [("owner", "otto@lab.example"), ("organization", "Lab")];
    ask(&portal, &admin, &transfer, &key, &same).await.is(422).says("the same already");
    let outside = [("owner", "jane@lab.example"), ("organization", "Lab")];
    let warned = ask(&portal, &admin, &transfer, &key, &outside).await.is(200);
    warned.says("will not see the license");
    let nobody = [("owner", "nobody@lab.example"), ("organization", "Lab")];
    ask(&portal, &admin, &transfer, &key, &nobody).await.is(422).says("no such user");
    assert!(portal.stored_user(ADA).await.may_log_in());
}

#[tokio::test]
async fn a_name_that_two_organizations_have_is_refused_and_an_id_is_taken() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let (one, _) = (portal.organization("Lab").await, portal.organization("LAB").await);
    let key = portal.license(1, None).await;
    let transfer = path(&key, "transfer");
    let by_name = [("owner", ""), ("organization", "Lab")];
    ask(&portal, &admin, &transfer, &key, &by_name).await.is(422).says("Several organizations");
    let id = one.to_string();
    let by_id = [("owner", ""), ("organization", &*id)];
    let asked = ask(&portal, &admin, &transfer, &key, &by_id).await.is(200);
    confirm(&admin, &transfer, &asked).await.is(303);
    // Its page shows what can be typed again.
    admin.get(&format!("/admin/licenses/{}", key.id())).await.says(&format!("value=\"{id}\""));
}

#[tokio::test]
async fn a_form_that_is_out_of_date_does_nothing() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(3, None).await);
    portal
        .nothing_changes(async {
            for what in ["extend", "status", "transfer", "limits", "plan"] {
                for revision in ["", "x", "99"] {
                    let form = [("revision", revision), ("confirmed", "1"), ("status", "revoked")];
                    admin.post(&path(&key, what), &form).await.is(422);
                }
            }
        })
        .await;
}
