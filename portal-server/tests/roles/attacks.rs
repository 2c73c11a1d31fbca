//! People who want to be more than they are, and those who were more a moment ago.

use std::collections::BTreeSet;

use countersign_core::{Hash, Id};
use countersign_store::{NewApiToken, NewJob, Role, TokenCreated, TokenScope, User, UserStatus};
use serde_json::json;

use crate::played::{Machine, NOW, rng};
use crate::world::{DAY, PASSWORD, TestPortal};

/// Nothing but a session that was seen is written meanwhile.
async fn writes_nothing(portal: &TestPortal, doing: impl Future<Output = ()>) {
    let before = portal.audit().await.len();
    doing.await;
    assert_eq!(portal.audit().await.len(), before);
}

#[tokio::test]
async fn attack_support_raises_its_own_role() {
    let portal = TestPortal::new().await;
    portal.person("olga", Role::Owner).await;
    for (name, role) in [("sue", Role::Support), ("ron", Role::ReadOnly)] {
        let (user, browser) = portal.logged_in_as(name, role).await;
        writes_nothing(&portal, async {
            for more in ["owner", "admin", "support", "read-only"] {
                let path = format!("/admin/staff/{}/role", user.id);
                browser.post(&path, &[("role", more)]).await.is(403);
                let form = [("email", "second@acme.example"), ("role", more)];
                browser.post("/admin/customers/users", &form).await.is(403);
                browser.post("/admin/staff", &form).await.is(403);
                // What a form of one's own account does not have is not looked at.
            }
        })
        .await;
        let form = [("first_name", "Sue"), ("last_name", "Doe"), ("role", "owner")];
        browser.post("/profile", &form).await;
        assert_eq!(portal.stored_user(&user.email).await.role, role);
    }
}

#[tokio::test]
async fn attack_an_admin_makes_himself_the_owner() {
    let portal = TestPortal::new().await;
    let owner = portal.person("olga", Role::Owner).await;
    let (admin, browser) = portal.logged_in_as("ada", Role::Admin).await;
    let own = format!("/admin/staff/{}", admin.id);
    writes_nothing(&portal, async {
        let refused = browser.post(&format!("{own}/role"), &[("role", "owner")]).await.is(422);
        refused.says("Owners are made and changed by owners alone.").says("Nothing was changed.");
        for path in ["/admin/staff", "/admin/customers/users"] {
            let form = [("email", "second@acme.example"), ("role", "owner")];
            browser.post(path, &form).await.is(422).says("by owners alone");
        }
    })
    .await;
    // Nor by way of the one who is.
    let of_owner = format!("/admin/staff/{}", owner.id);
    browser.get(&of_owner).await.is(200).hides("<select").hides("name=\"do\"");
    let as_customer = format!("/admin/customers/users/{}", owner.id);
    portal.offer_totp(owner.id, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").await;
    writes_nothing(&portal, async {
        for what in ["suspend", "link", "two-factor-off", "invite"] {
            browser.post(&of_owner, &[("do", what)]).await.is(422).hides("/password/");
        }
        for form in [
            [("name", "Olga"), ("suspended", "1")],
            [("name", "Olga"), ("deactivated", "1")],
            [("name", "Olga"), ("new_link", "1")],
            [("name", "Olga"), ("two_factor_off", "1")],
            [("name", "Mallory"), ("suspended", "")],
        ] {
            browser.post(&as_customer, &form).await.is(422).says("by owners alone");
        }
        browser.post(&format!("{of_owner}/role"), &[("role", "customer")]).await.is(422);
    })
    .await;
    let (stored, admin) =
        (portal.stored_user(&owner.email).await, portal.stored_user(&admin.email).await);
    assert_eq!((stored.role, admin.role), (Role::Owner, Role::Admin));
    assert_eq!((&*stored.name, stored.may_log_in()), ("olga", true));
}

#[tokio::test]
async fn attack_the_old_session_of_somebody_who_was_demoted() {
    let portal = TestPortal::new().await;
    portal.person("olga", Role::Owner).await;
    let (admin, browser) = portal.logged_in_as("ada", Role::Admin).await;
    browser.get("/admin/staff").await.is(200);
    let form = [("name", "Firm")];
    for (role, sees, audits, changes) in [
        (Role::Support, 200, 403, 403),
        (Role::ReadOnly, 200, 200, 403),
        (Role::Customer, 403, 403, 403),
        (Role::Admin, 200, 200, 303),
    ] {
        portal.change_role(&admin, role).await;
        browser.get("/admin").await.is(sees);
        browser.get("/admin/audit").await.is(audits);
        browser.post("/admin/customers/organizations", &form).await.is(changes);
    }
    assert_eq!(portal.app.store().organizations().await.unwrap().len(), 1);
    let suspended = User { status: UserStatus::Suspended, ..admin };
    portal.app.store().change_user(suspended, "test", NOW).await.unwrap();
    browser.get("/admin").await.leads_to("/login?next=/admin");
}

#[tokio::test]
async fn attack_the_token_of_somebody_who_was_demoted() {
    let portal = TestPortal::new().await;
    portal.person("olga", Role::Owner).await;
    let admin = portal.person("ada", Role::Admin).await;
    let token = format!("cst_{}", Id::random(&mut rng()));
    let new = NewApiToken {
        id: Id::random(&mut rng()),
        token: Hash::of(&token),
        user: admin.id,
        name: "laptop".into(),
        scopes: BTreeSet::from([
            TokenScope::AnswerRequests,
            TokenScope::ReadPolicy,
            TokenScope::ReadLicenseKeys,
        ]),
        until: NOW + 90 * DAY,
        notice: NewJob { kind: "none", payload: String::new(), once: None, run_at: 1 },
    };
    let made = portal.app.store().create_api_token(new, "test", NOW).await.unwrap();
    assert_eq!(made, TokenCreated::Done);
    let key = portal.license(3, None).await;
    let program = portal.visitor();
    let seller = portal.reseller("Sales").await;
    for (n, (role, reads, sees_keys, answers)) in [
        (Role::Admin, 200, true, 200),
        (Role::Support, 200, true, 200),
        (Role::ReadOnly, 200, false, 403),
        (Role::ResellerAdmin, 403, false, 403),
        (Role::Customer, 403, false, 403),
        (Role::Support, 200, true, 200),
    ]
    .into_iter()
    .enumerate()
    {
        if role == Role::ResellerAdmin {
            let moved = User { organization: Some(seller), ..admin.clone() };
            portal.app.store().change_user(moved, "test", NOW).await.unwrap();
        }
        portal.change_role(&admin, role).await;
        let policy = program.request("GET", "/api/v1/policy").bearer_auth(&token);
        program.send(policy).await.is(reads);
        let keys = program.request("GET", "/api/v1/policy?licenses=true").bearer_auth(&token);
        let keys = program.send(keys).await.is(if sees_keys { 200 } else { 403 });
        let shown = keys.text.contains(&*key.grouped()) || keys.text.contains(key.normal());
        assert_eq!(shown, sees_keys, "{role:?}");
        let trial = Machine::new(&format!("lab-{n}"), &portal.product).trial();
        let body = json!({"request": trial});
        let answer = program.request("POST", "/api/v1/requests").bearer_auth(&token).json(&body);
        program.send(answer).await.is(answers);
    }
}

#[tokio::test]
async fn attack_a_token_is_made_for_more_than_its_owner_may() {
    let portal = TestPortal::new().await;
    portal.person("olga", Role::Owner).await;
    let (ron, browser) = portal.logged_in_as("ron", Role::ReadOnly).await;
    browser.get("/admin/tokens").await.is(200).says("policy:read").hides("requests:answer");
    for scope in ["requests:answer", "license-keys:read", "journal:push"] {
        let form = [("name", "x"), ("scope", scope), ("days", "9"), ("password", PASSWORD)];
        browser.post("/admin/tokens", &form).await.is(403);
    }
    assert!(portal.app.store().api_tokens_of(ron.id, NOW).await.unwrap().is_empty());
}

#[tokio::test]
async fn attack_an_admin_suspends_the_owners_own_organization() {
    let portal = TestPortal::new().await;
    let acme = portal.organization("Acme").await;
    for name in ["olga", "otto"] {
        portal
            .user(|user| {
                user.email = format!("{name}@acme.example");
                (user.role, user.organization) = (Role::Owner, (name == "olga").then_some(acme));
            })
            .await;
    }
    let (_, admin) = portal.logged_in_as("ada", Role::Admin).await;
    let form = [("name", "Acme"), ("suspended", "1")];
    let path = format!("/admin/customers/organizations/{acme}");
    admin.post(&path, &form).await.is(422).says("by owners alone");
    assert!(portal.stored_user("olga@acme.example").await.may_log_in());
}
