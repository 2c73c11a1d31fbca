//! `/organization`: users, groups, licenses and what happened.

use countersign_core::Id;
use countersign_store::{NewJob, NewLicense, TurnOn, UserStatus};

use crate::world::{CookieUser, PASSWORD, TestPortal};

const OTTO: &str = "otto@lab.example";
const JANE: &str = "jane@lab.example";

struct Lab {
    id: Id,
    otto: CookieUser,
    jane: Id,
}

async fn lab(portal: &TestPortal) -> Lab {
    let id = portal.organization("Lab").await;
    let otto = portal.runner(OTTO, id).await;
    let jane = portal.user(|user| user.organization = Some(id)).await.id;
    Lab { id, otto, jane }
}

fn edit(role: &'static str, deactivated: &'static str) -> [(&'static str, &'static str); 4] {
    [
        ("first_name", "Jane"),
        ("last_name", "Doe"),
        ("organization_role", role),
        ("deactivated", deactivated),
    ]
}

#[tokio::test]
async fn a_user_is_edited_deactivated_and_let_in_again() {
    let portal = TestPortal::new().await;
    let lab = lab(&portal).await;
    let jane = portal.logged_in(JANE).await;
    let page = format!("/organization/users/{}", lab.jane);
    lab.otto.get(&page).await.is(200).says(JANE);
    lab.otto.post(&page, &edit("admin", "")).await.is(200).says("Saved.");
    jane.get("/organization").await.is(200).says("Lab");
    lab.otto.post(&page, &edit("member", "")).await.is(200);
    jane.get("/organization").await.is(403);
    lab.otto.post(&page, &edit("member", "1")).await.is(200).says("deactivated");
    jane.get("/licenses").await.leads_to("/login?next=/licenses");
    jane.log_in(JANE, PASSWORD).await.is(403).says("or the account is not active");
    portal.visitor().post("/forgot", &[("email", JANE)]).await.is(200);
    assert!(portal.mails().await.is_empty(), "who is out gets no link");
    lab.otto.post(&page, &edit("member", "")).await.is(200);
    jane.log_in(JANE, PASSWORD).await.leads_to("/");
    let log = lab.otto.get("/organization/activity").await.is(200);
    for words in
        ["Jane Doe is administrator now.", "Jane Doe was deactivated.", "Jane Doe was reactivated."]
    {
        assert!(log.text.contains(words), "{words}");
    }
}

#[tokio::test]
async fn what_the_vendor_suspended_the_organization_does_not_let_in() {
    let portal = TestPortal::new().await;
    let lab = lab(&portal).await;
    portal.suspend_user(JANE).await;
    let page = format!("/organization/users/{}", lab.jane);
    lab.otto.post(&page, &edit("member", "")).await.is(200).says("suspended");
    portal.visitor().log_in(JANE, PASSWORD).await.is(403);
    assert_eq!(portal.stored_user(JANE).await.status, UserStatus::Suspended);
}

#[tokio::test]
async fn the_only_administrator_cannot_leave() {
    let portal = TestPortal::new().await;
    let lab = lab(&portal).await;
    let own = format!("/organization/users/{}", portal.stored_user(OTTO).await.id);
    let oneself = async || {
        lab.otto.post(&own, &edit("admin", "1")).await.is(422).says("You cannot suspend yourself.");
    };
    lab.otto.post(&own, &edit("member", "")).await.is(422).says("Nobody would be left");
    oneself().await;
    let jane = format!("/organization/users/{}", lab.jane);
    lab.otto.post(&jane, &edit("admin", "")).await.is(200);
    oneself().await;
    lab.otto.post(&own, &edit("member", "")).await.is(200);
    lab.otto.get("/organization").await.is(403);
}

#[tokio::test]
async fn the_vendors_own_people_are_not_the_organizations_to_change() {
    let portal = TestPortal::new().await;
    let lab = lab(&portal).await;
    let vera = portal
        .user(|user| {
            user.email = "vera@acme.example".into();
            user.role = countersign_store::Role::Admin;
            user.organization = Some(lab.id);
        })
        .await;
    let page = format!("/organization/users/{}", vera.id);
    lab.otto.get(&page).await.is(404);
    lab.otto.post(&page, &edit("member", "1")).await.is(404);
    lab.otto.post(&format!("{page}/two-factor-off"), &[]).await.is(404);
    portal.visitor().log_in("vera@acme.example", PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn groups_users_and_licenses_are_put_together() {
    let portal = TestPortal::new().await;
    let lab = lab(&portal).await;
    let license = |new: &mut NewLicense| {
        new.organization = Some(lab.id);
        new.plan = Some("Pro".into());
    };
    let license = portal.license_with(license).await.id().to_string();
    let created = lab.otto.post("/organization/groups", &[("name", "Students")]).await.is(303);
    let group = created.header("location").to_owned();
    let again = [("name", "Students")];
    lab.otto.post("/organization/groups", &again).await.is(422).says("of this name already");
    lab.otto.post("/organization/groups", &[("name", "  ")]).await.is(422);
    let jane = lab.jane.to_string();
    lab.otto.post(&format!("{group}/add"), &[("user", &jane)]).await.leads_to(&group);
    let link = format!("{group}/link");
    let with_cap = |cap| [("license", license.clone()), ("seat_cap", cap)];
    let post = async |cap: &str| {
        let form = with_cap(cap.to_owned());
        let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
        lab.otto.post(&link, &form).await
    };
    post("three").await.is(422).says("is not a whole number");
    post("-1").await.is(422);
    post("2").await.leads_to(&group);
    lab.otto.get(&group).await.is(200).says("0 of 2").says(JANE);
    let access = lab.otto.get(&format!("/organization/licenses/{license}")).await.is(200);
    access.says("Acme CAD · Pro").says("Group Students").says("Runs the organization");
    post("").await.leads_to(&group);
    lab.otto.get(&group).await.says("0 of any number");
    lab.otto.post(&format!("{group}/unlink"), &[("license", &license)]).await.leads_to(&group);
    lab.otto.post(&format!("{group}/unlink"), &[("license", &license)]).await.is(404);
    lab.otto.post(&format!("{group}/remove"), &[("user", &jane)]).await.leads_to(&group);
    lab.otto.post(&group, &[("name", "Alumni")]).await.leads_to(&group);
    lab.otto.post(&format!("{group}/delete"), &[]).await.leads_to("/organization/groups");
    lab.otto.get(&group).await.is(404);
    let log = lab.otto.get("/organization/activity").await.is(200);
    for words in ["was put into", "was linked to", "Group Alumni was deleted.", "taken out of"] {
        assert!(log.text.contains(words), "{words}: {}", log.text);
    }
}

#[tokio::test]
async fn the_groups_of_a_user_are_chosen_in_one_form() {
    let portal = TestPortal::new().await;
    let lab = lab(&portal).await;
    let (a, b) = (portal.group("A", lab.id).await, portal.group("B", lab.id).await);
    let page = format!("/organization/users/{}/groups", lab.jane);
    let names = async || {
        let groups = portal.app.store().groups_of_user(lab.jane).await.unwrap();
        groups.into_iter().map(|group| group.name).collect::<Vec<_>>()
    };
    let (a, b) = (a.to_string(), b.to_string());
    lab.otto.post(&page, &[("group", &a), ("group", &b)]).await.is(200);
    assert_eq!(names().await, ["A", "B"]);
    lab.otto.post(&page, &[("group", &b)]).await.is(200);
    assert_eq!(names().await, ["B"]);
    lab.otto.post(&page, &[("x", "1")]).await.is(200);
    assert!(names().await.is_empty());
    let other = portal.organization("Other").await;
    let strange = portal.group("Strange", other).await.to_string();
    lab.otto.post(&page, &[("group", &strange)]).await.is(200);
    assert!(names().await.is_empty(), "another organization's group is nobody's here");
}

#[tokio::test]
async fn the_log_is_the_organizations_own_and_names_nobody_from_elsewhere() {
    let portal = TestPortal::new().await;
    let lab = lab(&portal).await;
    let other = portal.organization("Other").await;
    portal
        .user(|user| {
            user.email = "secret@other.example".into();
            user.organization = Some(other);
        })
        .await;
    portal.group("Secret group", other).await;
    let moved = countersign_store::User {
        organization: Some(other),
        first_name: "New".into(),
        last_name: "Name-elsewhere".into(),
        ..portal.stored_user(JANE).await
    };
    portal.app.store().change_user(moved, "test", 1).await.unwrap();
    let log = lab.otto.get("/organization/activity").await.is(200);
    log.says("somebody who left")
        .hides("secret@other.example")
        .hides("Secret group")
        .hides("Name-elsewhere");
}

#[tokio::test]
async fn the_log_is_paged() {
    let portal = TestPortal::new().await;
    let lab = lab(&portal).await;
    for n in 0..60 {
        portal.group(&format!("Group number {n:02}"), lab.id).await;
    }
    let first = lab.otto.get("/organization/activity").await.is(200);
    let first = first.says("Group number 59").hides("Group number 05");
    let start = first.text.find("/organization/activity?before=").unwrap();
    let older: String = first.text[start..].chars().take_while(|c| *c != '"').collect();
    lab.otto.get(&older).await.is(200).says("Group number 05").hides("Group number 59");
    for odd in ["0", "-5", "9223372036854775807"] {
        lab.otto.get(&format!("/organization/activity?before={odd}")).await.is(200);
    }
    lab.otto.get("/organization/activity?before=x").await.is(400);
}

#[tokio::test]
async fn a_lost_second_factor_is_turned_off_by_who_runs_the_organization_not_ones_own() {
    let portal = TestPortal::new().await;
    let lab = lab(&portal).await;
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    for email in [JANE, OTTO] {
        let user = portal.stored_user(email).await;
        let store = portal.app.store();
        let sealed = portal.offer_totp(user.id, secret).await;
        let session = Id::from([9; 16]);
        let notice = NewJob { kind: "none", payload: String::new(), once: None, run_at: 1 };
        let (codes, secret) = (Vec::new(), sealed);
        let on = TurnOn { user: user.id, secret, step: 1, codes, session, notice };
        assert!(store.turn_on_two_factor(on, 1).await.unwrap());
    }
    let own = portal.stored_user(OTTO).await.id;
    let otto = portal.visitor();
    otto.log_in(OTTO, PASSWORD).await.leads_to("/login/code?next=/");
    let code = portal.code(secret, 0);
    otto.post("/login/code", &[("code", &code)]).await.leads_to("/");
    otto.post(&format!("/organization/users/{own}/two-factor-off"), &[]).await.is(403);
    otto.post(&format!("/organization/users/{}/two-factor-off", lab.jane), &[]).await.is(200);
    portal.visitor().log_in(JANE, PASSWORD).await.leads_to("/");
    let mail = portal.last_mail().await;
    assert_eq!(
        (mail.to.as_str(), mail.subject.as_str()),
        (JANE, "Two-factor login at Acme is off")
    );
}

#[tokio::test]
async fn the_vendor_sets_who_runs_an_organization_and_how_many_users_it_may_have() {
    let portal = TestPortal::new().await;
    let lab = lab(&portal).await;
    let ada = portal.admin().await;
    let organization = format!("/admin/customers/organizations/{}", lab.id);
    ada.post(&organization, &[("name", "Lab"), ("allowed_users", "many")]).await.is(422);
    ada.post(&organization, &[("name", "Lab"), ("allowed_users", "2")]).await.is(303);
    let full = "The organization has the 2 users that it may have.";
    lab.otto.post("/organization/users", &[("email", "new@lab.example")]).await.is(422).says(full);
    let new = [("email", "new@lab.example"), ("organization", &lab.id.to_string())];
    ada.post("/admin/customers/users", &new).await.is(422).says(full);
    let jane = format!("/admin/customers/users/{}", lab.jane);
    let id = lab.id.to_string();
    let form = |role, deactivated| {
        let mut form = vec![("name", "Jane"), ("organization", id.as_str())];
        form.push(("organization_role", role));
        form.extend(deactivated);
        form
    };
    ada.post(&jane, &form("admin", None)).await.is(303);
    portal.logged_in(JANE).await.get("/organization").await.is(200);
    ada.post(&jane, &form("member", Some(("deactivated", "1")))).await.is(303);
    portal.visitor().log_in(JANE, PASSWORD).await.is(403);
    ada.get(&jane).await.is(200).says("Deactivated by their organization");
    ada.post(&jane, &form("member", None)).await.is(303);
    portal.visitor().log_in(JANE, PASSWORD).await.leads_to("/");
}
