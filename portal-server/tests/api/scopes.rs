//! Every operation, with a token of every scope, of every owner, in every state.

use countersign_core::{Hash, Id};
use countersign_store::{Organization, OrganizationChange, OrganizationKind, Role, TokenScope};

use crate::stand::{Program, Stand, filled, operations, scope};

#[tokio::test]
async fn every_operation_answers_its_scope_and_no_other() {
    let stand = Stand::new().await;
    let ada = stand.portal.ada().await;
    let mut programs = Vec::new();
    for one in TokenScope::ALL {
        programs.push((one, stand.portal.program(&ada, &[one]).await));
    }
    let (mut asked, mut wrong) = (0, Vec::new());
    for (method, path, operation) in operations(&stand.portal).await {
        let Some(needed) = scope(&operation) else { continue };
        let address = stand.path(&path);
        for (has, program) in &programs {
            let before = stand.portal.audit().await.len();
            let mut request = program.request(&method, &address);
            if method != "GET" {
                request = filled(request, &operation);
            }
            let answer = program.send(request).await;
            asked += 1;
            let refused = answer.status == 401
                || (answer.status == 403 && answer.json()["code"] == "insufficient-scope");
            if refused == (*has == needed) {
                wrong.push(format!("{method} {path} with {}: {}", has.as_str(), answer.text));
            }
            if refused && stand.portal.audit().await.len() != before {
                wrong.push(format!("{method} {path} with {} did something", has.as_str()));
            }
            if refused {
                assert_eq!(answer.json()["scope"], needed.as_str());
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(asked > 1000, "{asked}");
}

#[tokio::test]
async fn no_operation_answers_a_token_that_does_not_work() {
    let stand = Stand::new().await;
    let portal = &stand.portal;
    portal.ada().await;
    let eve = portal.vendor("eve@acme.example").await;
    let jane = portal.stored_user("jane@lab.example").await;
    let nobodys = Program::nobodys(portal);
    let suspended = portal.program(&eve, &TokenScope::ALL).await;
    portal.suspend_user("eve@acme.example").await;
    let customers = portal.program(&jane, &TokenScope::ALL).await;
    let revoked =
        portal.program(&portal.stored_user("ada@acme.example").await, &TokenScope::ALL).await;
    assert!(
        portal.app.store().revoke_api_token(revoked.id, "test", portal.app.now()).await.unwrap()
    );
    let states = [
        ("nobody's", &nobodys, 401),
        ("of somebody who is suspended", &suspended, 401),
        ("revoked", &revoked, 401),
        ("a customer's", &customers, 403),
    ];
    let before = portal.audit().await.len();
    let mut wrong = Vec::new();
    for (method, path, operation) in operations(portal).await {
        if scope(&operation).is_none() {
            continue;
        }
        for (what, program, status) in &states {
            let mut request = program.request(&method, &stand.path(&path));
            if method != "GET" {
                request = filled(request, &operation);
            }
            let answer = program.send(request).await;
            // Who guesses waits after a while.
            let fits = answer.status == *status || (*what == "nobody's" && answer.status == 429);
            if !fits || answer.header("content-type") != "application/problem+json" {
                wrong.push(format!("{method} {path}, {what}: {} {}", answer.status, answer.text));
            }
        }
        let anybody = portal.visitor();
        let answer = anybody.send(anybody.request(&method, &stand.path(&path))).await;
        answer.refuses_as(401, "token-needed");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(portal.audit().await.len(), before);
}

/// What a token of somebody with this role opens, whatever its scopes say.
fn opens(role: Role) -> Vec<&'static str> {
    let read = [
        "policy:read",
        "products:read",
        "plans:read",
        "licenses:read",
        "customers:read",
        "activations:read",
        "trials:read",
        "releases:read",
        "overview:read",
    ];
    let more: &[&str] = match role {
        Role::Owner => return TokenScope::ALL.map(TokenScope::as_str).into(),
        Role::Admin => {
            let all = TokenScope::ALL.map(TokenScope::as_str);
            return all.into_iter().filter(|scope| !scope.starts_with("sign-on:")).collect();
        }
        Role::Support => &[
            "license-keys:read",
            "requests:answer",
            "journal:push",
            "activations:release",
            "trials:extend",
        ],
        Role::ReadOnly => &["settings:read", "audit:read", "webhooks:read"],
        Role::ResellerAdmin | Role::Customer => return Vec::new(),
    };
    read.iter().chain(more).copied().collect()
}

#[tokio::test]
async fn a_token_opens_no_more_than_its_owners_role_whatever_its_scopes_say() {
    let stand = Stand::new().await;
    let portal = &stand.portal;
    portal.ada().await;
    let reseller = portal.organization("Reseller").await;
    let before = portal.app.store().organization(reseller).await.unwrap().unwrap();
    let changed = Organization { kind: OrganizationKind::Reseller, ..before };
    let now = portal.app.now();
    let done = portal.app.store().change_organization(changed, "test", now).await.unwrap();
    assert_eq!(done, OrganizationChange::Done);
    let (mut asked, mut wrong) = (0, Vec::new());
    for role in Role::ALL {
        let user = portal
            .user(|user| {
                user.email = format!("{}@acme.example", role.as_str());
                user.role = role;
                user.organization = (role == Role::ResellerAdmin).then_some(reseller);
            })
            .await;
        let program = portal.program(&user, &TokenScope::ALL).await;
        for (method, path, operation) in operations(portal).await {
            let Some(needed) = scope(&operation) else { continue };
            let mut request = program.request(&method, &stand.path(&path));
            if method != "GET" {
                // No body that is taken: what may be done is not done here.
                request = request.json(&serde_json::json!({"nobody knows": true}));
            }
            let answer = program.send(request).await;
            let refused = answer.status == 403 && answer.json()["code"] == "insufficient-scope";
            asked += 1;
            if refused == opens(role).contains(&needed.as_str()) {
                wrong.push(format!("{method} {path} by {role:?}: {}", answer.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(asked > 250, "{asked}");
}

impl Program {
    fn nobodys(portal: &crate::world::TestPortal) -> Self {
        let token = format!("cst_{}", Hash::of("nobody's"));
        Self::with(portal.visitor(), token, Id::from([0; 16]))
    }
}
