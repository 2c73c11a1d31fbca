//! `/admin/tokens`.

use countersign_store::TokenScope;

use crate::world::{CookieUser, DAY, PASSWORD, TestPortal};

const TOTP: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

#[tokio::test]
async fn a_token_is_shown_once_and_its_owner_hears_of_it() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let form = [
        ("name", "laptop <of the desk>"),
        ("scope", "requests:answer"),
        ("scope", "policy:read"),
        ("days", "30"),
        ("password", PASSWORD),
    ];
    let made = admin.post("/admin/tokens", &form).await.is(200).says("not shown again");
    made.says("laptop &#60;of the desk&#62;").says("requests:answer, policy:read").says("cst_");
    let list = admin.get("/admin/tokens").await.is(200);
    list.says("laptop &#60;of the desk&#62;").says("never").hides("cst_");
    let ada = portal.stored_user("ada@acme.example").await;
    let token = portal.tokens_of(&ada).await.remove(0);
    let scopes: Vec<_> = token.scopes.iter().copied().collect();
    assert_eq!(scopes, [TokenScope::AnswerRequests, TokenScope::ReadPolicy]);
    assert_eq!(token.expires_at, portal.app.now() + 30 * DAY);
    let entry = &portal.audit().await[0];
    assert_eq!((&*entry.action, &*entry.subject), ("token.create", &*token.id.to_string()));
    assert_eq!(entry.detail, "laptop <of the desk>: requests:answer policy:read");
    let mail = portal.last_mail().await;
    assert_eq!(mail.to, "ada@acme.example");
    assert!(mail.subject.contains("API token") && mail.text.contains("/forgot"), "{mail:?}");
}

#[tokio::test]
async fn attack_a_session_that_was_left_open_makes_no_token() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let thief = admin.thief();
    let wrong = |password: &'static str| {
        [("name", "mine"), ("scope", "requests:answer"), ("days", "90"), ("password", password)]
    };
    thief.post("/admin/tokens", &wrong("")).await.is(403);
    // What was typed is there again, but not the password.
    let again = thief.post("/admin/tokens", &wrong("wrong horse battery")).await.is(403);
    again.says("value=\"mine\"").hides("wrong horse battery");
    // The password is not guessed here at leisure either.
    let mut waits = false;
    for _ in 0..10 {
        waits |= thief.post("/admin/tokens", &wrong("wrong horse battery")).await.status == 429;
    }
    assert!(waits);
    let ada = portal.stored_user("ada@acme.example").await;
    assert_eq!(portal.tokens_of(&ada).await, []);
}

#[tokio::test]
async fn attack_the_password_alone_makes_no_token_where_a_login_takes_a_code() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let ada = portal.stored_user("ada@acme.example").await;
    portal.offer_totp(ada.id, TOTP).await;
    let code = portal.code(TOTP, 0);
    admin.post("/profile/two-factor/on", &[("code", code.as_str())]).await.is(200);
    let form = |code: &str| {
        let fields = [
            ("name", "laptop"),
            ("scope", "requests:answer"),
            ("days", "90"),
            ("password", PASSWORD),
            ("code", code),
        ];
        fields.map(|(name, value)| (name, value.to_owned()))
    };
    let send = async |code: &str| {
        let post = admin.request("POST", "/admin/tokens").header("sec-fetch-site", "same-origin");
        admin.send(post.form(&form(code))).await
    };
    send("").await.is(403);
    // The one that turned it on was used.
    send(&code).await.is(403);
    assert_eq!(portal.tokens_of(&ada).await, []);
    send(&portal.code(TOTP, 1)).await.is(200).says("cst_");
}

#[tokio::test]
async fn what_is_no_token_is_refused_with_words() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let ask = async |admin: &CookieUser, name: &str, scope: &str, days: &str| {
        let form = [("name", name), ("scope", scope), ("days", days), ("password", PASSWORD)];
        let form: Vec<_> = form.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        admin.post("/admin/tokens", &form).await.is(422)
    };
    ask(&admin, "", "policy:read", "9").await.says("A token has a name.");
    ask(&admin, &"x".repeat(101), "policy:read", "9").await.says("at most 100 characters");
    ask(&admin, "x", "", "9").await.says("tick what it may do");
    ask(&admin, "x", "everything", "9").await.says("no such thing");
    ask(&admin, "x", "policy:read", "0").await.says("1 to 366 days");
    ask(&admin, "x", "policy:read", "367").await.says("1 to 366 days");
    let ada = portal.stored_user("ada@acme.example").await;
    assert_eq!(portal.tokens_of(&ada).await, []);
}

#[tokio::test]
async fn the_end_of_a_token_is_warned_of() {
    let portal = TestPortal::new().await;
    let ada = portal.ada().await;
    portal.program(&ada, &[TokenScope::AnswerRequests]).await;
    let soon = async || {
        let admin = portal.logged_in("ada@acme.example").await;
        admin.get("/admin/tokens").await.is(200).text.contains("ends soon")
    };
    assert!(!soon().await);
    portal.clock.advance(75 * DAY);
    assert!(!soon().await);
    portal.clock.advance(DAY);
    assert!(soon().await);
}
