//! The limit per address on the doors without a login, and that nobody talks their way around it.

use countersign_portal::Config;

use crate::world::browser::Answer;
use crate::world::{CookieUser, TestPortal};

const ACTIVATIONS: &str = "/api/v1/activations";
/// What a burst may have at one request a second.
const BURST: usize = 5;

fn one_a_second(config: &mut Config) {
    config.rate_limit = Some(1);
}

fn one_a_second_behind_a_proxy(config: &mut Config) {
    config.rate_limit = Some(1);
    config.behind_proxy = true;
}

async fn knock(browser: &CookieUser, forwarded: &[&str]) -> Answer {
    let post = browser.request("POST", ACTIVATIONS).body("rubbish !");
    browser.send(forwarded.iter().fold(post, |p, value| p.header("x-forwarded-for", *value))).await
}

/// Knocks until the limit answers; what it answered.
async fn knock_until_limited(browser: &CookieUser, forwarded: &[&str]) -> Answer {
    for n in 0..BURST * 4 {
        let answer = knock(browser, forwarded).await;
        if answer.status == 429 {
            assert!(n >= BURST, "only {n} requests were let through");
            return answer;
        }
        answer.refuses_as(422, "damaged-file");
    }
    panic!("a burst of {} requests met no limit", BURST * 4);
}

/// Whoever has a burst of their own gets three requests through; here one of them must meet the limit. (One may not: a
/// second may have passed.)
async fn is_limited(browser: &CookieUser, forwarded: &[&str]) -> bool {
    for _ in 0..3 {
        if knock(browser, forwarded).await.status == 429 {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn a_burst_over_the_limit_is_a_problem_that_says_when_to_come_back() {
    let portal = TestPortal::with(one_a_second).await;
    let answer = knock_until_limited(&portal.visitor(), &[]).await;
    let answer = answer.refuses_as(429, "rate-limited").hides("Wait 0 seconds");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert_eq!(wait, 1);
    answer.says("Nothing was used up.");
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    knock(&portal.visitor(), &[]).await.refuses_as(422, "damaged-file");
}

#[tokio::test]
async fn every_door_without_a_login_has_the_limit() {
    let portal = TestPortal::with(one_a_second).await;
    let visitor = portal.visitor();
    for (method, path) in [
        ("POST", "/api/v1/deactivations"),
        ("POST", "/api/v1/trials"),
        ("POST", "/v3/trial-activations/offline-activate"),
        ("POST", "/activate/review"),
        ("POST", "/activate/confirm"),
        ("POST", "/activate/responses.zip"),
        ("POST", "/activate/table.csv"),
        ("POST", "/login"),
        ("GET", "/setup/guessed"),
        ("POST", "/setup/guessed"),
        ("GET", "/password/guessed"),
        ("POST", "/password/guessed"),
    ] {
        let mut limited = None;
        for _ in 0..BURST * 4 {
            let answer = visitor.send(visitor.request(method, path)).await;
            limited = limited.or_else(|| (answer.status == 429).then_some(answer));
        }
        let limited = limited.unwrap_or_else(|| panic!("{method} {path} has no limit"));
        assert_eq!(limited.header("retry-after"), "1", "{method} {path}");
        if path.starts_with("/v3/") {
            assert_eq!(limited.json()["code"], "rate-limited");
        } else if path.starts_with("/api/") {
            limited.refuses_as(429, "rate-limited");
        } else {
            limited.says("Too many requests came from your address").says("Nothing was changed.");
        }
    }
    visitor.get("/activate").await.is(200);
    visitor.get("/healthz").await.is(200);
}

#[tokio::test]
async fn a_trial_page_may_read_that_it_came_too_often() {
    let portal = TestPortal::with(one_a_second).await;
    let visitor = portal.visitor();
    for _ in 0..BURST * 4 {
        let post = visitor.request("POST", "/api/v1/trials").body("rubbish !");
        let answer = visitor.send(post.header("origin", "https://acme.github.io")).await;
        assert_eq!(answer.header("access-control-allow-origin"), "https://acme.github.io");
        if answer.status == 429 {
            assert_eq!(answer.header("access-control-expose-headers"), "retry-after");
            answer.refuses_as(429, "rate-limited");
            return;
        }
    }
    panic!("no limit was met");
}

#[tokio::test]
async fn who_comes_directly_cannot_claim_another_address() {
    let portal = TestPortal::with(one_a_second).await;
    let visitor = portal.visitor();
    knock_until_limited(&visitor, &[]).await;
    for claimed in ["10.0.0.1", "10.0.0.2, 10.0.0.3", "::1"] {
        assert!(is_limited(&visitor, &[claimed]).await, "{claimed}");
    }
}

#[tokio::test]
async fn behind_a_proxy_everybody_is_counted_alone() {
    let portal = TestPortal::with(one_a_second_behind_a_proxy).await;
    let visitor = portal.visitor();
    knock_until_limited(&visitor, &["10.0.0.1"]).await;
    knock(&visitor, &["10.0.0.2"]).await.refuses_as(422, "damaged-file");
}

#[tokio::test]
async fn behind_a_proxy_only_what_the_proxy_itself_wrote_counts() {
    let portal = TestPortal::with(one_a_second_behind_a_proxy).await;
    let visitor = portal.visitor();
    knock_until_limited(&visitor, &["10.0.0.1"]).await;
    for claimed in [
        &["10.0.0.2, 10.0.0.1"][..],
        &["10.0.0.2,10.0.0.1"],
        &["10.0.0.2", "10.0.0.1"],
        &["10.0.0.2, 10.0.0.3", "10.0.0.4,  10.0.0.1 "],
    ] {
        assert!(is_limited(&visitor, claimed).await, "{claimed:?}");
    }
}

#[tokio::test]
async fn behind_a_proxy_who_has_no_readable_address_is_counted_with_the_proxy() {
    let portal = TestPortal::with(one_a_second_behind_a_proxy).await;
    let visitor = portal.visitor();
    knock_until_limited(&visitor, &[]).await;
    for unreadable in ["unknown", "", "10.0.0.1, _hidden", "1.2.3.4.5"] {
        assert!(is_limited(&visitor, &[unreadable]).await, "{unreadable:?}");
    }
}

#[tokio::test]
async fn who_comes_directly_does_not_guess_passwords_under_other_addresses() {
    let portal = TestPortal::new().await;
    let guesser = portal.visitor();
    let mut statuses = Vec::new();
    for n in 0..30 {
        let email = format!("user-{n}@lab.example");
        let form = [("email", email.as_str()), ("password", "a guess")];
        let post = guesser.request("POST", "/login").form(&form);
        let post = post.header("x-forwarded-for", format!("10.0.0.{n}"));
        statuses.push(guesser.send(post).await.status.as_u16());
    }
    assert_eq!(statuses[0], 403);
    assert_eq!(statuses[29], 429, "{statuses:?}");
}
