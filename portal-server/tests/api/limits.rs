//! How often a token may ask, and what else is said in headers.

use countersign_store::TokenScope;

use crate::world::TestPortal;

#[tokio::test]
async fn a_token_hears_how_many_requests_are_left_and_waits_when_there_are_none() {
    let portal = TestPortal::with(|config| config.token_rate_limit = Some(3)).await;
    let ada = portal.ada().await;
    let robot = portal.program(&ada, &[TokenScope::ReadProducts]).await;
    let other = portal.program(&ada, &[TokenScope::ReadProducts]).await;
    for left in [2, 1, 0] {
        let answer = robot.get("/api/v1/products").await.is(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"token\";q=3;w=60");
        assert_eq!(answer.header("ratelimit"), format!("\"token\";r={left};t=60"));
    }
    portal.clock.advance(20);
    let waits = robot.get("/api/v1/products").await.refuses_as(429, "rate-limited");
    assert_eq!(waits.header("retry-after"), "40");
    assert_eq!(waits.header("ratelimit"), "\"token\";r=0;t=40");
    other.get("/api/v1/products").await.is(200);
    portal.clock.advance(40);
    robot.get("/api/v1/products").await.is(200);
}

#[tokio::test]
async fn a_portal_without_a_limit_says_nothing_of_one() {
    let portal = TestPortal::with(|config| config.token_rate_limit = None).await;
    let robot = portal.robot().await;
    let answer = robot.get("/api/v1/products").await.is(200);
    assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), ("", ""));
}
