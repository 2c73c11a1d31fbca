//! `/profile`: names, language, password.

use crate::world::{CookieUser, PASSWORD, TestPortal};

const JANE: &str = "jane@lab.example";

async fn save(browser: &CookieUser, first: &str, last: &str) -> u16 {
    let form = [("first_name", first), ("last_name", last), ("language", "")];
    browser.post("/profile", &form).await.status.as_u16()
}

#[tokio::test]
async fn names_are_shown_as_text_whatever_they_are() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    for name in ["Jane", "O'Neil", "<script>alert(1)</script>", "李", "=HYPERLINK(1)", "''\"--"] {
        assert_eq!(save(&jane, name, "Doe").await, 303, "{name}");
        jane.get("/profile").await.is(200).hides("<script>alert");
    }
    for wrong in ["a\nb", "a\0b", &"a".repeat(101)] {
        assert_eq!(save(&jane, wrong, "Doe").await, 422, "{wrong:?}");
    }
    assert_eq!(portal.stored_user(JANE).await.name, "''\"-- Doe");
}

#[tokio::test]
async fn privilege_escalation_by_posted_fields_changes_nothing() {
    let portal = TestPortal::new().await;
    let lab = portal.organization("Lab").await;
    let jane = portal.customer_of(JANE, Some(lab)).await;
    let form = [
        ("first_name", "Jane"),
        ("last_name", "Doe"),
        ("language", "de"),
        ("organization_role", "admin"),
        ("role", "admin"),
        ("organization", "AAAAAAAAAAAAAAAAAAAAAA"),
        ("email", "jane@evil.example"),
        ("status", "active"),
        ("two_factor", "0"),
    ];
    jane.post("/profile", &form).await.is(303);
    let stored = portal.stored_user(JANE).await;
    assert_eq!((stored.runs(), stored.organization), (None, Some(lab)));
    assert_eq!(stored.role, countersign_store::Role::Customer);
    jane.get("/organization").await.is(403);
    let own = format!("/organization/users/{}", stored.id);
    let promote = [("first_name", "J"), ("last_name", "D"), ("organization_role", "admin")];
    jane.post(&own, &promote).await.is(403);
    jane.get("/admin").await.is(403);
}

#[tokio::test]
async fn a_password_is_changed_with_the_old_one_and_other_sessions_end() {
    let portal = TestPortal::new().await;
    let thief = portal.customer(JANE).await;
    let jane = portal.logged_in(JANE).await;
    let change = async |browser: &CookieUser, old: &str, new: &str| {
        browser.post("/profile/password", &[("password", old), ("new_password", new)]).await
    };
    change(&jane, "wrong password", "a new password").await.is(403).says("The password is wrong.");
    change(&jane, PASSWORD, "short").await.is(422).says("10 to 256 characters");
    change(&jane, PASSWORD, "a new password").await.leads_to("/profile?done=password");
    jane.get("/profile?done=password").await.is(200).says("Everywhere else you were logged out.");
    thief.get("/profile").await.leads_to("/login?next=/profile");
    portal.visitor().log_in(JANE, PASSWORD).await.is(403);
    portal.visitor().log_in(JANE, "a new password").await.leads_to("/");
    assert_eq!(portal.last_mail().await.subject, "Your password at Acme was changed");
}

#[tokio::test]
async fn what_is_said_after_a_step_is_never_what_a_link_says() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    for evil in ["x", "<b>", "saved<b>", "error-internal"] {
        jane.get(&format!("/profile?done={evil}")).await.is(200).hides("role=\"status\"");
    }
}
