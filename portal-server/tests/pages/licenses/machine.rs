//! One machine: its files again, a fresh response, its seat released without proof.

use std::io::{Cursor, Read as _};

use countersign_core::{Expect, LicenseId};
use countersign_portal::settings::Settings;
use countersign_store::ActivationState;

use super::people::{Lab, OWNER};
use crate::played::{Machine, NOW};
use crate::world::browser::Answer;
use crate::world::{CookieUser, DAY, TestPortal};

async fn rules(portal: &TestPortal, per_year: u64, cool_down: u64) {
    let now: Settings = (*portal.app.settings().await.unwrap()).clone();
    let settings =
        Settings { releases_per_year: per_year, release_cool_down_seconds: cool_down, ..now };
    portal.app.save_settings(&settings, "test").await.unwrap();
}

async fn release(browser: &CookieUser, page: &str) -> Answer {
    browser.post(&format!("{page}/release"), &[("reason", "stolen <b>")]).await
}

/// When the grant of a response file ends.
fn end_of(lab: &Lab, file: &str) -> Option<u64> {
    let token = countersign_core::file::read(file.as_bytes()).unwrap();
    let verified = lab.portal.roots().verify_response(&token, Expect::Response).unwrap();
    verified.claims().granted().unwrap().grant.expires_at
}

#[tokio::test]
async fn the_response_is_the_same_bytes_at_any_time_and_the_receipt_is_there_for_years() {
    let lab = Lab::new().await;
    let machine = Machine::new("lab-7", &lab.portal.product);
    let request = machine.activation(&lab.key);
    lab.bring(&lab.owner, &request).await;
    let activation = lab.activation("lab-7").await;
    let page = format!("{}/machines/{}", lab.page(), activation.id);
    let public = format!("/responses/{}", activation.request.unwrap().1);
    let first = lab.portal.visitor().get(&public).await.is(200);
    lab.owner.get(&page).await.is(200).hides(r#"id="receipt""#);
    lab.owner.get(&format!("{page}/receipt")).await.is(404);
    lab.bring(&lab.owner, &machine.deactivation(&activation.id.to_string())).await;
    lab.portal.clock.advance(3 * 365 * DAY);
    let owner = lab.portal.logged_in(OWNER).await;
    let again = owner.get(&format!("{page}/response")).await.is(200);
    assert_eq!(again.text, first.text);
    assert!(again.headers["content-disposition"].to_str().unwrap().contains("lab-7.response"));
    owner
        .get(&page)
        .await
        .is(200)
        .says(r#"id="receipt""#)
        .says("deactivated")
        .hides(r#"id="renew""#);
    let receipt = owner.get(&format!("{page}/receipt")).await.is(200);
    assert_ne!(receipt.text, first.text);
    let token = countersign_core::file::read(receipt.text.as_bytes()).unwrap();
    let verified = lab.portal.roots().verify_response(&token, Expect::Response).unwrap();
    assert!(verified.claims().granted().is_none(), "a receipt grants nothing");
}

#[tokio::test]
async fn a_fresh_response_brings_the_machine_to_the_new_end_without_a_request() {
    let lab = Lab::new().await;
    let (_, page) = lab.machine(&lab.owner, "lab-7").await;
    let current = lab.owner.get(&page).await.is(200).says("This machine’s response is up to date");
    current.hides(r#"id="renew""#).says(r#"id="response""#);
    let first = lab.owner.get(&format!("{page}/response")).await.is(200).text;
    lab.extend(400).await;
    let older = lab.owner.get(&page).await.is(200).hides("up to date");
    older.says("It runs until 26 Oct 2027").says("instead of until 30 Dec 2026");
    let renew = format!("{page}/renew");
    let fresh = lab.owner.post(&renew, &[]).await.is(200);
    assert_eq!(end_of(&lab, &fresh.text), Some(NOW + 400 * DAY));
    assert!(fresh.headers["content-disposition"].to_str().unwrap().contains("lab-7.response"));
    let again = lab.runner.post(&renew, &[]).await.is(200);
    assert_eq!(again.text, fresh.text, "the same while the license is the same");
    assert_eq!(lab.portal.stored(&lab.key).await.live_activations, 1, "no further seat");
    let last = lab.owner.get(&format!("{page}/response")).await.is(200);
    assert_eq!(last.text, fresh.text, "the older one would be refused by the machine");
    let hash = lab.activation("lab-7").await.request.unwrap().1;
    let of_request = lab.owner.get(&format!("/responses/{hash}")).await.is(200);
    assert_eq!(of_request.text, first, "the request's own answer stays as it was");
    lab.owner.get(&page).await.is(200).says("This machine’s response is up to date");
    lab.portal
        .change_license(&lab.key, |l| l.status = countersign_store::LicenseStatus::Suspended)
        .await;
    lab.owner.get(&page).await.is(200).hides(r#"id="renew""#).says("no fresh response while");
    lab.owner.post(&renew, &[]).await.is(403).says("suspended");
    lab.owner.post(&format!("{}/responses.zip", lab.page()), &[]).await.is(403).says("suspended");
}

#[tokio::test]
async fn what_is_new_for_a_machine_is_said_on_both_pages_without_what_is_for_the_app_alone() {
    let lab = Lab::new().await;
    let (_, old) = lab.machine(&lab.owner, "lab-7").await;
    lab.owner.get(&lab.page()).await.is(200).hides(r#"id="news""#);
    lab.portal
        .change_license(&lab.key, |license| {
            license.plan = Some("Team <b>".into());
            let hidden = countersign_store::MetadataEntry::for_device("for-the-app");
            license.metadata.insert("internal-name".into(), hidden);
        })
        .await;
    lab.machine(&lab.owner, "lab-8").await;
    for browser in [&lab.owner, &lab.runner, &lab.member] {
        let page = browser.get(&lab.page()).await.is(200).says(r#"id="news""#);
        assert_eq!(page.text.matches("Plan: Team &#60;b&#62; instead of Pro.").count(), 1);
        let page = page.says("What else the vendor tells the app is different.");
        page.hides("for-the-app").hides("internal-name").hides("<b>");
        let page = browser.get(&old).await.is(200).says("Plan: Team &#60;b&#62; instead of Pro.");
        page.says("tells the app is different").hides("for-the-app").hides("internal-name");
    }
    let german = lab.owner.request("GET", &old).header("accept-language", "de");
    lab.owner.send(german).await.is(200).says("Tarif: Team &#60;b&#62; statt Pro.");
}

#[tokio::test]
async fn fresh_responses_for_all_machines_are_one_zip() {
    let lab = Lab::new().await;
    for n in 0..12 {
        lab.machine(&lab.owner, &format!("bench-{n}")).await;
    }
    let (gone, page) = lab.machine(&lab.owner, "gone").await;
    let id = page.rsplit('/').next().unwrap();
    lab.bring(&lab.owner, &gone.deactivation(id)).await;
    lab.extend(500).await;
    let path = format!("{}/responses.zip", lab.page());
    let request = lab.owner.request("POST", &path).header("sec-fetch-site", "same-origin");
    let cookie = lab.owner.cookie().unwrap();
    let answer = request.header("cookie", cookie).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let zip = answer.bytes().await.unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    assert_eq!(archive.len(), 12);
    for n in 0..archive.len() {
        let mut text = String::new();
        let mut file = archive.by_index(n).unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(end_of(&lab, &text), Some(NOW + 500 * DAY));
    }
    let empty = lab.portal.license_of(OWNER, 3).await;
    let path = format!("/licenses/{}/responses.zip", empty.id());
    lab.owner.post(&path, &[]).await.is(409).says("holds no seat");
}

#[tokio::test]
async fn a_lost_machine_is_released_by_its_owner_after_being_told_what_that_means() {
    let lab = Lab::new().await;
    rules(&lab.portal, 2, DAY).await;
    let (_, page) = lab.machine(&lab.owner, "lab-7").await;
    let form = format!("{page}/release");
    lab.owner.get(&page).await.is(200).says(&format!(r#"href="{form}""#));
    let told =
        lab.owner.get(&form).await.is(200).says("2 releases are left now, of 2 within a year");
    told.says("in 24 hours").says("it is recognised").says("cannot be undone");
    assert_eq!(lab.state("lab-7").await, ActivationState::Active, "a page changes nothing");
    let long = lab.owner.post(&form, &[("reason", &"x".repeat(201))]).await.is(422);
    long.says("Reason: at most 200 characters fit, and these are 201.");
    assert_eq!(lab.state("lab-7").await, ActivationState::Active);
    release(&lab.owner, &page).await.leads_to(&page);
    let released = lab.activation("lab-7").await;
    assert_eq!(released.state, ActivationState::Released);
    assert_eq!(lab.portal.stored(&lab.key).await.live_activations, 0);
    for browser in [&lab.owner, &lab.runner, &lab.member] {
        let shown = browser.get(&page).await.is(200).says("released without the machine on");
        shown
            .says("stolen &#60;b&#62;")
            .hides("stolen <b>")
            .says("The machine was not seen since.");
    }
    lab.owner
        .get(&lab.page())
        .await
        .is(200)
        .says("1 of 2")
        .says("The next one is possible on 22 Sep");
    lab.runner.get("/organization/activity").await.is(200).says("was released without the machine");
    let repeated = release(&lab.owner, &page).await.is(409).says("holds no seat");
    repeated.hides("<form method=\"post\" action=\"/licenses");
}

#[tokio::test]
async fn attack_releasing_more_seats_than_the_vendor_lets_one() {
    let lab = Lab::new().await;
    rules(&lab.portal, 2, DAY).await;
    let mut pages = Vec::new();
    for n in 0..4 {
        pages.push(lab.machine(&lab.owner, &format!("lab-{n}")).await.1);
    }
    release(&lab.owner, &pages[0]).await.is(303);
    for browser in [&lab.owner, &lab.runner] {
        browser.get(&format!("{}/release", pages[1])).await.is(409).says("a short time ago");
        release(browser, &pages[1])
            .await
            .is(409)
            .says("22 Sep 2026, 14:13 UTC")
            .says("The seat stays")
            .says("code:");
    }
    lab.portal.clock.advance(DAY);
    let owner = lab.portal.logged_in(OWNER).await;
    owner.get(&format!("{}/release", pages[1])).await.is(200).says("One release is left now, of 2");
    release(&owner, &pages[1]).await.is(303);
    lab.portal.clock.advance(DAY);
    let owner = lab.portal.logged_in(OWNER).await;
    owner.get(&format!("{}/release", pages[2])).await.is(409).says("code: releases-used-up");
    release(&owner, &pages[2]).await.is(409).says("code: releases-used-up");
    assert_eq!(lab.portal.stored(&lab.key).await.total_releases, 2);
    let admin = lab.portal.admin().await;
    admin.get(&format!("{}/release", pages[2])).await.is(200).says("You are the vendor");
    release(&admin, &pages[2]).await.is(303);
    assert_eq!(lab.portal.stored(&lab.key).await.total_releases, 3);
    rules(&lab.portal, 0, 0).await;
    release(&owner, &pages[3]).await.is(409).says("code: releases-used-up");
    assert_eq!(lab.portal.stored(&lab.key).await.live_activations, 1);
}

#[tokio::test]
async fn a_released_machine_that_comes_back_is_recognised_and_that_is_said() {
    let lab = Lab::new().await;
    let (machine, page) = lab.machine(&lab.owner, "lab-7").await;
    release(&lab.owner, &page).await.is(303);
    lab.bring(&lab.owner, &machine.activation(&lab.key)).await;
    lab.owner.get(&page).await.is(200).says("The machine was seen again on 21 Sep 2026");
}

#[tokio::test]
async fn attack_a_member_of_a_group_who_releases_a_seat_or_looks_for_the_key() {
    let lab = Lab::new().await;
    // Also one that they brought themselves: the few releases are the organization's.
    for (by, name) in [(&lab.owner, "theirs"), (&lab.member, "own")] {
        let (_, page) = lab.machine(by, name).await;
        let shown = lab.member.get(&page).await.is(200).hides(r#"id="release""#);
        shown.hides(&lab.key.grouped());
        let form = lab.member.get(&format!("{page}/release")).await.is(403);
        form.says("through a group").hides("<button class=\"danger\"");
        release(&lab.member, &page).await.is(403).says("through a group");
        assert_eq!(lab.state(name).await, ActivationState::Active);
        for file in ["response", "renew"] {
            let path = format!("{page}/{file}");
            let answer = match file {
                "renew" => lab.member.post(&path, &[]).await,
                _ => lab.member.get(&path).await,
            };
            answer.is(200).hides(&lab.key.grouped()).hides(lab.key.normal());
        }
    }
    assert_eq!(lab.portal.stored(&lab.key).await.total_releases, 0);
}

#[tokio::test]
async fn attack_another_organizations_machine_by_its_own_id_and_through_a_license_of_mine() {
    let lab = Lab::new().await;
    let (machine, page) = lab.machine(&lab.owner, "secret-lab").await;
    let id = page.rsplit('/').next().unwrap().to_owned();
    let eve = lab.portal.stored_user("eve@other.example").await;
    let own = lab.portal.license_with(|new| new.organization = eve.organization).await;
    let unknown = LicenseId::from([7; 16]);
    let before = lab.portal.audit().await.len();
    for license in [lab.id(), own.id(), unknown] {
        let page = format!("/licenses/{license}/machines/{id}");
        for path in ["", "/response", "/receipt", "/release"] {
            let answer = lab.eve.get(&format!("{page}{path}")).await.is(404);
            answer.hides("secret-lab").says("There is no such page");
        }
        lab.eve.post(&format!("{page}/renew"), &[]).await.is(404).hides("secret-lab");
        release(&lab.eve, &page).await.is(404).hides("secret-lab");
    }
    for path in ["machines.csv", "end.ics"] {
        lab.eve.get(&format!("{}/{path}", lab.page())).await.is(404);
    }
    lab.eve.post(&format!("{}/responses.zip", lab.page()), &[]).await.is(404);
    lab.eve.get(&format!("/licenses/{}?q={id}", own.id())).await.is(200).hides("secret-lab");
    lab.eve.get("/licenses?q=secret").await.is(200).hides(&lab.id().to_string());
    assert_eq!(lab.portal.audit().await.len(), before, "nothing was changed");
    assert_eq!(lab.state("secret-lab").await, ActivationState::Active);
    // A receipt is there, and still not for strangers.
    lab.bring(&lab.owner, &machine.deactivation(&id)).await;
    lab.owner.get(&format!("{page}/receipt")).await.is(200);
    lab.eve.get(&format!("{page}/receipt")).await.is(404);
    lab.portal.visitor().get(&format!("{page}/receipt")).await.is(303);
    for garbage in ["x", "%00", "..%2f..%2fetc%2fpasswd", "%F0%9F%92%A9"] {
        lab.owner.get(&format!("{}/machines/{garbage}", lab.page())).await.is(404);
        lab.owner.get(&format!("{}/machines/{garbage}/response", lab.page())).await.is(404);
    }
}
