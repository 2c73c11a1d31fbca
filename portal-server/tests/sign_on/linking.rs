//! Whom a provider's word logs in: by its subject, by an address once, and nobody of somebody else.

use countersign_core::Id;
use countersign_store::{
    IdentityDomain, IdentityDomainState, OrganizationRole, ProvidersOf, Provisioning, Role, User,
    UserStatus,
};
use serde_json::json;

use crate::hostile::Provider;
use crate::world::TestPortal;
use crate::{Lab, NOW, is_in, is_out, start};

impl Lab {
    /// Whoever comes as `subject` with this address is refused, with these words.
    async fn keeps_out(&self, subject: &str, email: &str, words: &str) {
        let email = email.to_owned();
        self.provider.claims(move |claims| claims["email"] = json!(email));
        let (browser, answer) = self.comes(subject).await;
        answer.is(403).says(words).says("You are not logged in");
        is_out(&browser).await;
    }
}

#[tokio::test]
async fn a_subject_is_linked_once_by_its_address_and_its_owner_hears_of_it() {
    let lab = Lab::with_jane().await;
    let (_, answer) = lab.comes("jane").await;
    answer.leads_to("/licenses");
    let identities = lab.portal.app.store().identities(lab.id).await.unwrap();
    assert_eq!((identities[0].subject.as_str(), identities.len()), ("jane", 1));
    let mail = lab.portal.last_mail().await;
    assert_eq!(mail.to, "jane@lab.example");
    assert!(mail.subject.contains("is linked to your company account"), "{mail:?}");
    let audit = lab.portal.audit().await;
    let count = |action: &str| audit.iter().filter(|entry| entry.action == action).count();
    assert_eq!((count("user.link-identity"), count("login.sso")), (1, 1));
    // From now on the subject is Jane, with no address at all.
    lab.provider.claims(|claims| drop(claims.as_object_mut().unwrap().remove("email")));
    lab.provider.evil().user_info = json!({"sub": "jane"});
    let (browser, answer) = lab.comes("jane").await;
    answer.leads_to("/licenses");
    is_in(&lab.portal, &browser, "jane@lab.example").await;
    assert_eq!(lab.portal.app.store().identities(lab.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn attack_an_address_that_the_provider_has_not_verified() {
    let lab = Lab::with_jane().await;
    for verified in [json!(false), json!(null)] {
        lab.provider.claims(move |claims| claims["email_verified"] = verified.clone());
        let (browser, answer) = lab.comes("jane").await;
        answer.is(403).says("no e-mail address of yours that it has verified");
        is_out(&browser).await;
    }
    lab.provider.claims(|claims| drop(claims.as_object_mut().unwrap().remove("email_verified")));
    let (browser, answer) = lab.comes("jane").await;
    answer.is(403);
    is_out(&browser).await;
}

#[tokio::test]
async fn attack_an_address_of_a_domain_that_is_not_the_providers() {
    let lab = Lab::with_jane().await;
    let change = |user: &mut User| {
        user.email = "joe@home.example".into();
        user.organization = Some(lab.lab);
    };
    lab.portal.user(change).await;
    for email in [
        "joe@home.example",
        "x@evil.lab.example",
        "x@lab.example.evil.example",
        "x@evillab.example",
        "@lab.example",
    ] {
        lab.provider.claims(move |claims| claims["email"] = json!(email));
        let (browser, answer) = lab.comes("joe").await;
        answer.is(403);
        is_out(&browser).await;
    }
    // What an organization says of itself counts for nothing until the vendor has agreed.
    let domain =
        IdentityDomain { domain: "home.example".into(), state: IdentityDomainState::Asked };
    let of = ProvidersOf::Organization(lab.lab);
    lab.portal.app.store().put_identity_domain(of, lab.id, domain, "test", NOW).await.unwrap();
    lab.keeps_out("joe", "joe@home.example", "may not speak for the domain").await;
    lab.portal.approve(lab.id, "home.example").await;
    let (browser, answer) = lab.comes("joe").await;
    answer.leads_to("/licenses");
    is_in(&lab.portal, &browser, "joe@home.example").await;
}

#[tokio::test]
async fn attack_an_address_that_was_changed_at_the_provider_to_an_admins() {
    let lab = Lab::with_jane().await;
    let admin = |user: &mut User| {
        user.email = "ada@lab.example".into();
        user.role = Role::Admin;
        user.organization = Some(lab.lab);
    };
    lab.portal.user(admin).await;
    let runner = |user: &mut User| {
        user.email = "otto@lab.example".into();
        user.organization = Some(lab.lab);
        user.organization_role = OrganizationRole::Admin;
    };
    lab.portal.user(runner).await;
    lab.comes("jane").await.1.leads_to("/licenses");
    for email in ["ada@lab.example", "otto@lab.example"] {
        lab.provider.claims(move |claims| claims["email"] = json!(email));
        let (browser, answer) = lab.comes("jane").await;
        answer.leads_to("/licenses");
        is_in(&lab.portal, &browser, "jane@lab.example").await;
    }
    // A new subject with the vendor's admin's address, in whose organization the admin even is.
    lab.keeps_out("eve", "ada@lab.example", "does not belong here").await;
}

#[tokio::test]
async fn attack_a_new_subject_with_the_address_of_somebody_who_is_linked() {
    let lab = Lab::with_jane().await;
    lab.comes("jane").await.1.leads_to("/licenses");
    lab.keeps_out("jane-2", "jane@lab.example", "linked to another account").await;
    // Whoever runs the organization undoes the link, and Jane's sessions with it.
    let otto = lab.portal.runner("otto@lab.example", lab.lab).await;
    let jane = lab.portal.stored_user("jane@lab.example").await.id.to_string();
    let path = format!("/organization/sign-on/{}", lab.id);
    otto.post(&format!("{path}/unlink"), &[("user", &jane)]).await.leads_to(&path);
    let (browser, answer) = lab.comes("jane-2").await;
    answer.leads_to("/licenses");
    is_in(&lab.portal, &browser, "jane@lab.example").await;
    lab.keeps_out("jane", "jane@lab.example", "linked to another account").await;
}

#[tokio::test]
async fn attack_a_provider_of_one_organization_logs_in_nobody_of_another() {
    let lab = Lab::with_jane().await;
    let other = lab.portal.organization("Other").await;
    let change = |user: &mut User| {
        user.email = "oscar@lab.example".into();
        user.organization = Some(other);
    };
    lab.portal.user(change).await;
    lab.portal.user(|user| user.email = "solo@lab.example".into()).await;
    lab.keeps_out("oscar", "oscar@lab.example", "does not belong here").await;
    lab.keeps_out("solo", "solo@lab.example", "does not belong here").await;
    // Not even those who were its own.
    lab.provider.claims(|_| ());
    lab.comes("jane").await.1.leads_to("/licenses");
    let moved =
        User { organization: Some(other), ..lab.portal.stored_user("jane@lab.example").await };
    lab.portal.app.store().change_user(moved, "test", NOW).await.unwrap();
    lab.keeps_out("jane", "jane@lab.example", "does not belong here").await;
}

#[tokio::test]
async fn attack_a_resellers_own_provider_does_not_log_in_its_admin() {
    let lab = Lab::new().await;
    let change = |user: &mut User| {
        user.email = "rita@lab.example".into();
        user.organization = Some(lab.lab);
        user.role = Role::ResellerAdmin;
    };
    lab.portal.make_reseller(lab.lab).await;
    lab.portal.user(change).await;
    lab.keeps_out("rita", "rita@lab.example", "does not belong here").await;
}

#[tokio::test]
async fn attack_a_provider_of_an_organization_speaks_for_the_staffs_domain() {
    let lab = Lab::with_jane().await;
    lab.portal.approve(lab.id, "acme.example").await;
    lab.change(|provider| provider.provisioning = Provisioning::Members).await;
    let _ada = lab.portal.admin().await;
    lab.keeps_out("ada", "ada@acme.example", "does not belong here").await;
}

#[tokio::test]
async fn the_staffs_provider_logs_in_who_works_there_and_makes_nobody_staff() {
    let portal = crate::portal().await;
    let provider = Provider::start(portal.clock.clone()).await;
    let id = portal.trusts(None, &provider.url, |_| ()).await;
    portal.approve(id, "acme.example").await;
    let _ada = portal.admin().await;
    let invited = |user: &mut User| {
        user.email = "bob@acme.example".into();
        user.role = Role::Admin;
        user.status = UserStatus::Invited;
        user.password_hash = None;
    };
    portal.user(invited).await;
    portal.user(|user| user.email = "cora@acme.example".into()).await;
    let comes = async |subject: &'static str| {
        provider.claims(move |claims| claims["email"] = json!(format!("{subject}@acme.example")));
        let browser = portal.visitor();
        let sent = start(&browser, id, "/admin").await;
        let answer = browser.get(&provider.answers(&sent, subject)).await;
        (browser, answer)
    };
    for subject in ["ada", "bob"] {
        let (browser, answer) = comes(subject).await;
        answer.leads_to("/admin");
        browser.get("/admin").await.is(200);
        assert!(portal.stored_user(&format!("{subject}@acme.example")).await.role.is_admin());
    }
    for (subject, words) in
        [("cora", "does not belong here"), ("eve", "You have no account here yet")]
    {
        let (browser, answer) = comes(subject).await;
        answer.is(403).says(words);
        is_out(&browser).await;
    }
    assert!(portal.app.store().user_by_email("eve@acme.example").await.unwrap().is_none());
}

#[tokio::test]
async fn the_invited_come_in_by_their_provider_without_a_password() {
    let lab = Lab::new().await;
    let id = lab.portal.invited("inga@lab.example", lab.lab).await;
    let (browser, answer) = lab.comes("inga").await;
    answer.leads_to("/licenses");
    is_in(&lab.portal, &browser, "inga@lab.example").await;
    let inga = lab.portal.stored_user("inga@lab.example").await;
    assert_eq!((inga.id, inga.status, inga.password_hash), (id, UserStatus::Active, None));
    assert_eq!((inga.first_name.as_str(), inga.email_pending), ("Jane", None));
    // No password is none that could be guessed.
    lab.portal.visitor().log_in("inga@lab.example", "").await.is(403);
}

#[tokio::test]
async fn attack_who_was_invited_by_another_organization_is_not_taken_over() {
    let lab = Lab::new().await;
    let other = lab.portal.organization("Other").await;
    lab.portal.invited("inga@lab.example", other).await;
    lab.keeps_out("inga", "inga@lab.example", "You have no account here yet").await;
}

#[tokio::test]
async fn the_suspended_and_the_deactivated_stay_out() {
    let lab = Lab::with_jane().await;
    lab.portal.suspend_user("jane@lab.example").await;
    lab.keeps_out("jane", "jane@lab.example", "may not log in at present").await;
    let jane =
        User { status: UserStatus::Active, ..lab.portal.stored_user("jane@lab.example").await };
    lab.portal.app.store().change_user(jane.clone(), "test", NOW).await.unwrap();
    lab.comes("jane").await.1.leads_to("/licenses");
    for status in [UserStatus::Suspended, UserStatus::Deactivated] {
        let out = User { status, ..jane.clone() };
        lab.portal.app.store().change_user(out, "test", NOW).await.unwrap();
        lab.keeps_out("jane", "jane@lab.example", "may not log in at present").await;
    }
    lab.portal.app.store().change_user(jane, "test", NOW).await.unwrap();
    let (browser, sent) = lab.sent().await;
    lab.portal.suspend_organization(lab.lab, true).await;
    browser.get(&lab.provider.answers(&sent, "jane")).await.is(403);
    is_out(&browser).await;
    lab.portal.visitor().get(&format!("/login/sso/{}", lab.id)).await.is(404);
}

#[tokio::test]
async fn nobody_is_created_unless_that_was_chosen() {
    let lab = Lab::new().await;
    lab.keeps_out("nora", "nora@lab.example", "You have no account here yet").await;
    assert!(lab.portal.app.store().user_by_email("nora@lab.example").await.unwrap().is_none());
    lab.change(|provider| provider.provisioning = Provisioning::Members).await;
    let (browser, answer) = lab.comes("nora").await;
    answer.leads_to("/licenses");
    is_in(&lab.portal, &browser, "nora@lab.example").await;
    let nora = lab.portal.stored_user("nora@lab.example").await;
    assert_eq!((nora.role, nora.organization_role), (Role::Customer, OrganizationRole::Member));
    assert_eq!((nora.organization, nora.name.as_str()), (Some(lab.lab), "Jane Doe"));
    browser.get("/organization").await.is(403);
    browser.get("/admin").await.is(403);
}

#[tokio::test]
async fn attack_ten_new_people_at_once_where_there_is_room_for_three() {
    let lab = Lab::new().await;
    lab.change(|provider| provider.provisioning = Provisioning::Members).await;
    allow(&lab.portal, lab.lab, 3).await;
    let mut ready = Vec::new();
    for n in 0..10 {
        let (browser, sent) = lab.sent().await;
        ready.push((browser, lab.provider.answers(&sent, &format!("new-{n}"))));
    }
    let came = ready.iter().map(|(browser, path)| browser.get(path));
    let came = futures_util::future::join_all(came).await;
    let count = |status: u16| came.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(303), count(403)), (3, 7));
    assert_eq!(lab.portal.app.store().counted_users(lab.lab).await.unwrap(), 3);
    assert!(came.iter().filter(|a| a.status == 403).all(|a| a.text.contains("as many users")));
}

async fn allow(portal: &TestPortal, organization: Id, users: u64) {
    let store = portal.app.store();
    let mut changed = store.organization(organization).await.unwrap().unwrap();
    changed.allowed_users = Some(users);
    store.change_organization(changed, "test", NOW).await.unwrap();
}
