//! What a token ends with.

use countersign_core::Id;
use countersign_store::{Role, TokenScope, UserStatus};

use super::Program;
use crate::played::{Machine, NOW, rng};
use crate::world::{DAY, PASSWORD, TestPortal};

async fn works(program: &Program, portal: &TestPortal) {
    // A machine of its own each time: no machine gets a second trial.
    let name = format!("lab-{}", Id::random(&mut rng()));
    program.answer(&Machine::new(&name, &portal.product).trial()).await.is(200);
}

async fn ended(program: &Program, portal: &TestPortal, code: &str) {
    let trial = Machine::new("lab-8", &portal.product).trial();
    let answer = program.answer(&trial).await.refuses_as(401, code);
    assert!(answer.header("www-authenticate").contains("invalid_token"));
}

#[tokio::test]
async fn attack_a_revoked_token_is_refused() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let ada = portal.stored_user("ada@acme.example").await;
    let program = portal.program(&ada, &[TokenScope::AnswerRequests]).await;
    works(&program, &portal).await;
    let revoke = format!("/admin/tokens/{}/revoke", program.id);
    admin.post(&revoke, &[]).await.leads_to("/admin/tokens");
    ended(&program, &portal, "token-revoked").await;
    admin.post(&revoke, &[]).await.is(404);
    let entry = &portal.audit().await[0];
    assert_eq!((&*entry.action, &*entry.subject), ("token.revoke", &*program.id.to_string()));
    assert_eq!(entry.actor, format!("user:{}", ada.id));
    admin.get("/admin/tokens").await.is(200).says("revoked");
}

#[tokio::test]
async fn attack_a_token_after_its_time_is_refused() {
    let portal = TestPortal::new().await;
    let program = portal.support().await;
    portal.clock.advance(90 * DAY - 1);
    works(&program, &portal).await;
    portal.clock.advance(1);
    ended(&program, &portal, "token-expired").await;
}

#[tokio::test]
async fn attack_a_token_of_a_suspended_admin_is_refused_and_stays_so() {
    let portal = TestPortal::new().await;
    portal.admin().await;
    let eve = portal
        .user(|user| {
            user.email = "eve@acme.example".into();
            user.role = Role::Admin;
        })
        .await;
    let program = portal.program(&eve, &[TokenScope::AnswerRequests]).await;
    works(&program, &portal).await;
    portal.suspend_user("eve@acme.example").await;
    ended(&program, &portal, "token-revoked").await;
    let entry = portal.audit().await.into_iter().find(|entry| entry.action == "user.end-tokens");
    assert_eq!(entry.unwrap().detail, "1");
    let back = countersign_store::User {
        status: UserStatus::Active,
        ..portal.stored_user("eve@acme.example").await
    };
    portal.app.store().change_user(back, "test", NOW).await.unwrap();
    ended(&program, &portal, "token-revoked").await;
}

#[tokio::test]
async fn attack_a_token_of_an_admin_whose_organization_is_suspended_waits_until_it_is_back() {
    let portal = TestPortal::new().await;
    portal.admin().await;
    let partner = portal.organization("Partner").await;
    let eve = portal
        .user(|user| {
            user.email = "eve@acme.example".into();
            user.role = Role::Admin;
            user.organization = Some(partner);
        })
        .await;
    let program = portal.program(&eve, &[TokenScope::AnswerRequests]).await;
    portal.suspend_organization(partner, true).await;
    ended(&program, &portal, "token-suspended").await;
    portal.suspend_organization(partner, false).await;
    works(&program, &portal).await;
}

#[tokio::test]
async fn attack_a_token_that_was_made_with_a_stolen_password_ends_with_it() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let ada = portal.stored_user("ada@acme.example").await;
    let program = portal.program(&ada, &[TokenScope::AnswerRequests]).await;
    let form = [("password", PASSWORD), ("new_password", "another horse battery")];
    admin.post("/profile/password", &form).await.is(303);
    ended(&program, &portal, "token-revoked").await;
    // By a link by mail as well, and when the old mailbox takes the account back.
    let program = portal.program(&ada, &[TokenScope::AnswerRequests]).await;
    works(&program, &portal).await;
    let link = portal.password_link("ada@acme.example", 3600).await;
    let visitor = portal.visitor();
    visitor.post(&link, &[("password", PASSWORD)]).await;
    ended(&program, &portal, "token-revoked").await;
}

#[tokio::test]
async fn a_use_is_noted_once_a_minute_beside_the_answer() {
    let portal = TestPortal::new().await;
    let ada = portal.ada().await;
    let program = portal.program(&ada, &[TokenScope::AnswerRequests]).await;
    let noted = async |at: u64| {
        for _ in 0..600 {
            let seen = portal.tokens_of(&ada).await[0].last_used_at;
            if seen == Some(at) {
                return;
            }
            assert!(seen.is_none_or(|seen| seen < at), "{seen:?}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the use at {at} was not noted");
    };
    works(&program, &portal).await;
    noted(NOW).await;
    portal.clock.advance(59);
    works(&program, &portal).await;
    portal.clock.advance(1);
    works(&program, &portal).await;
    noted(NOW + 60).await;
}

#[tokio::test]
async fn nobody_has_more_tokens_than_can_be_looked_through() {
    let portal = TestPortal::new().await;
    let ada = portal.ada().await;
    for _ in 0..countersign_store::MOST_TOKENS {
        portal.program(&ada, &[TokenScope::AnswerRequests]).await;
    }
    let admin = portal.logged_in("ada@acme.example").await;
    let form =
        [("name", "one more"), ("scope", "journal:push"), ("days", "9"), ("password", PASSWORD)];
    admin.post("/admin/tokens", &form).await.is(422).says("as many as one may have");
    let revoked = portal.tokens_of(&ada).await[7].id;
    admin.post(&format!("/admin/tokens/{revoked}/revoke"), &[]).await.is(303);
    admin.post("/admin/tokens", &form).await.is(200);
}
