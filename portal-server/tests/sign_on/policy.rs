//! Only by single sign-on, and the ways back; the portal's own second factor.

use countersign_portal::admin::{self, Admin};
use countersign_store::{
    FactorAskedBy, Passwords, ProviderChange, ProviderStatus, ProvidersOf, User,
};

use crate::world::PASSWORD;
use crate::{Lab, NOW, is_in, is_out};

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// Jane has come by the provider once, which alone counts from now on.
async fn only() -> Lab {
    let lab = Lab::with_jane().await;
    lab.comes("jane").await.1.leads_to("/licenses");
    lab.change(|provider| provider.passwords = Passwords::Refused).await;
    lab
}

#[tokio::test]
async fn passwords_are_not_taken_where_the_provider_alone_counts() {
    let lab = only().await;
    let browser = lab.portal.visitor();
    browser
        .log_in("jane@lab.example", PASSWORD)
        .await
        .is(403)
        .says("log in with your company account at Lab account");
    is_out(&browser).await;
    let (browser, answer) = lab.comes("jane").await;
    answer.leads_to("/licenses");
    is_in(&lab.portal, &browser, "jane@lab.example").await;
}

#[tokio::test]
async fn attack_the_rule_does_not_tell_a_guesser_who_has_an_account() {
    let lab = only().await;
    let guess = async |email: &str| {
        let answer = lab.portal.visitor().log_in(email, "wrong horse battery").await.is(403);
        answer.text.replace(email, "")
    };
    let (known, unknown) = (guess("jane@lab.example").await, guess("nobody@lab.example").await);
    assert_eq!(known, unknown);
    assert!(!known.contains("Lab account"));
}

#[tokio::test]
async fn attack_an_invitation_is_not_accepted_with_a_password_past_the_rule() {
    let lab = only().await;
    let inga = lab.portal.invited("inga@lab.example", lab.lab).await;
    let hash = countersign_core::Hash::of("a link");
    let purpose = countersign_store::LinkPurpose::Invite;
    lab.portal.app.store().create_link(hash, purpose, Some(inga), NOW + 600).await.unwrap();
    let browser = lab.portal.visitor();
    let form = [("first_name", "Inga"), ("last_name", "Holm"), ("password", "0123456789")];
    browser.post("/invite/a link", &form).await.is(403).says("Lab account");
    is_out(&browser).await;
    lab.comes("inga").await.1.leads_to("/licenses");
}

#[tokio::test]
async fn who_cannot_come_by_the_provider_keeps_the_password() {
    let lab = only().await;
    let change = |user: &mut User| {
        user.email = "joe@home.example".into();
        user.organization = Some(lab.lab);
    };
    lab.portal.user(change).await;
    lab.portal.logged_in("joe@home.example").await;
    // Nor is anybody of elsewhere bound by it.
    lab.portal.user(|user| user.email = "solo@lab.example".into()).await;
    lab.portal.logged_in("solo@lab.example").await;
}

#[tokio::test]
async fn the_rule_needs_somebody_who_came_through_and_ends_with_the_provider() {
    let lab = Lab::with_jane().await;
    let (store, all) = (lab.portal.app.store(), ProvidersOf::Everybody);
    let before = store.identity_provider(all, lab.id).await.unwrap().unwrap();
    let mut only = before.clone();
    only.passwords = Passwords::Refused;
    let done = store.change_identity_provider(all, only.clone(), "test", NOW).await.unwrap();
    assert_eq!(done, ProviderChange::NotProven);
    lab.comes("jane").await.1.leads_to("/licenses");
    let done = store.change_identity_provider(all, only.clone(), "test", NOW).await.unwrap();
    assert_eq!(done, ProviderChange::Done);
    // Another client is another thing, which nobody came through yet.
    only.client_id = "another".into();
    let done = store.change_identity_provider(all, only, "test", NOW).await.unwrap();
    assert_eq!(done, ProviderChange::NotProven);
    lab.change(|provider| provider.status = ProviderStatus::Off).await;
    lab.portal.logged_in("jane@lab.example").await;
}

#[tokio::test]
async fn the_vendor_and_the_command_line_let_passwords_in_again() {
    let lab = only().await;
    let ada = lab.portal.admin().await;
    let path = format!("/admin/sign-on/{}", lab.id);
    let form = [
        ("name", "Lab account"),
        ("issuer", lab.provider.url.as_str()),
        ("client_id", "countersign"),
        ("active", "1"),
    ];
    ada.post(&path, &form).await.leads_to(&path);
    lab.portal.logged_in("jane@lab.example").await;

    lab.change(|provider| provider.passwords = Passwords::Refused).await;
    lab.portal.visitor().log_in("jane@lab.example", PASSWORD).await.is(403);
    let command = Admin::SignOn(admin::SignOnCommand::AllowPasswords { provider: None });
    let said = admin::run(&lab.portal.app, command).await.unwrap();
    assert_eq!(said["providers_changed"], 1);
    lab.portal.logged_in("jane@lab.example").await;
    let unknown = Admin::SignOn(admin::SignOnCommand::AllowPasswords {
        provider: Some(countersign_core::Id::from([1; 16])),
    });
    let error = admin::run(&lab.portal.app, unknown).await.unwrap_err().to_string();
    assert!(error.ends_with("nothing was changed"), "{error}");
}

#[tokio::test]
async fn the_portals_own_second_factor_is_asked_where_the_entry_says_so() {
    let lab = Lab::with_jane().await;
    let jane = lab.portal.stored_user("jane@lab.example").await;
    let sealed = lab.portal.offer_totp(jane.id, SECRET).await;
    let session = countersign_core::Id::from([3; 16]);
    let notice =
        countersign_store::NewJob { kind: "none", payload: String::new(), once: None, run_at: NOW };
    let on = countersign_store::TurnOn {
        user: jane.id,
        secret: sealed,
        step: 1,
        codes: Vec::new(),
        session,
        notice,
    };
    assert!(lab.portal.app.store().turn_on_two_factor(on, NOW).await.unwrap());
    // As it is set up, that is the provider's matter.
    lab.comes("jane").await.1.leads_to("/licenses");
    lab.change(|provider| provider.second_factor = FactorAskedBy::Portal).await;
    let (browser, answer) = lab.comes("jane").await;
    answer.leads_to("/login/code?next=/licenses");
    is_out(&browser).await;
    browser.post("/login/code", &[("code", "000000x"), ("next", "/licenses")]).await.is(403);
    is_out(&browser).await;
    let code = lab.portal.code(SECRET, 0);
    browser
        .post("/login/code", &[("code", &code), ("next", "/licenses")])
        .await
        .leads_to("/licenses");
    is_in(&lab.portal, &browser, "jane@lab.example").await;
}
