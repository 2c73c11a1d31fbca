//! Users and organizations, by programs.

use countersign_store::{Role, TokenScope};
use serde_json::{Value, json};

use crate::stand::Stand;

#[tokio::test]
async fn a_customer_is_created_moved_and_locked_out() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let lab = robot
        .post("/api/v1/organizations", json!({"name": " Lab 2 ", "allowed_users": 1}))
        .await
        .is(201);
    let (lab_path, lab) = (lab.header("location").to_owned(), lab.json());
    assert_eq!(
        (&lab["name"], &lab["allowed_users"], &lab["suspended"]),
        (&json!("Lab 2"), &json!(1), &json!(false))
    );
    let body = json!({"email": " Rosa@Lab.Example ", "name": "Rosa", "organization": lab["id"], "organization_role": "admin"});
    let made = robot.post("/api/v1/users", body).await.is(201);
    let (path, rosa) = (made.header("location").to_owned(), made.json());
    assert_eq!(
        (&rosa["email"], &rosa["status"], &rosa["role"]),
        (&json!("rosa@lab.example"), &json!("invited"), &json!("customer"))
    );
    assert_eq!(rosa["organization_role"], "admin");
    assert_eq!(robot.get(&path).await.json(), rosa);
    for (body, status, code) in [
        (json!({"email": "rosa@lab.example"}), 409, "conflict"),
        (json!({"email": "max@lab.example", "organization": lab["id"]}), 409, "conflict"),
        (json!({"email": "nobody"}), 422, "unfit-value"),
        (
            json!({"email": "max@lab.example", "organization": "AAAAAAAAAAAAAAAAAAAAAA"}),
            422,
            "unfit-value",
        ),
    ] {
        robot.post("/api/v1/users", body).await.refuses_as(status, code);
    }
    let moved = robot
        .patch(&path, json!({"organization": stand.organization.to_string()}))
        .await
        .is(200)
        .json();
    assert_eq!((&moved["organization_role"], &moved["name"]), (&json!("member"), &json!("Rosa")));
    let out =
        robot.patch(&path, json!({"suspended": true, "organization": null})).await.is(200).json();
    assert_eq!((&out["status"], &out["organization"]), (&json!("suspended"), &Value::Null));
    robot.patch(&path, json!({"suspended": false})).await.is(200).says("\"status\":\"invited\"");
    let suspended = robot
        .patch(&lab_path, json!({"suspended": true, "allowed_users": null}))
        .await
        .is(200)
        .json();
    assert_eq!(
        (&suspended["suspended"], &suspended["allowed_users"]),
        (&json!(true), &Value::Null)
    );
}

#[tokio::test]
async fn attack_a_program_changes_none_of_the_vendors_own_people() {
    let stand = Stand::new().await;
    let portal = &stand.portal;
    let robot = portal.robot().await;
    let eve = portal.vendor("eve@acme.example").await;
    let path = format!("/api/v1/users/{}", eve.id);
    for body in [
        json!({"suspended": true}),
        json!({"name": "Mallory"}),
        json!({"organization": stand.organization.to_string()}),
    ] {
        robot.patch(&path, body).await.refuses_as(409, "conflict");
    }
    assert!(portal.stored_user("eve@acme.example").await.may_log_in());
}

#[tokio::test]
async fn attack_a_token_of_an_admin_locks_no_owner_out_with_their_organization() {
    let stand = Stand::new().await;
    let portal = &stand.portal;
    // Whoever is first owns the portal; there is a second owner in an organization.
    portal.ada().await;
    let partner = portal.organization("Partner").await;
    portal
        .user(|user| {
            user.email = "olga@acme.example".into();
            user.role = Role::Owner;
            user.organization = Some(partner);
        })
        .await;
    let eve = portal.vendor("eve@acme.example").await;
    assert_eq!(portal.stored_user("eve@acme.example").await.role, Role::Admin);
    let program = portal.program(&eve, &TokenScope::ALL).await;
    let path = format!("/api/v1/organizations/{partner}");
    program.patch(&path, json!({"suspended": true})).await.refuses_as(409, "conflict");
    assert!(portal.stored_user("olga@acme.example").await.may_log_in());
    let ada = portal.stored_user("ada@acme.example").await;
    let owner = portal.program(&ada, &TokenScope::ALL).await;
    owner.patch(&path, json!({"suspended": true})).await.is(200);
}

#[tokio::test]
async fn attack_a_user_as_answered_has_no_secret_in_it() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let hash = stand.portal.stored_user("jane@lab.example").await.password_hash.unwrap();
    for path in ["/api/v1/users".to_owned(), format!("/api/v1/users/{}", stand.user)] {
        let answer = robot.get(&path).await.is(200);
        assert!(
            !answer.text.contains(&hash)
                && !answer.text.contains("argon2")
                && !answer.text.contains("password")
        );
    }
}
