//! Tokens that are not what they should be. In each the portal asked in earnest, and everything else is right.

use serde_json::{Value, json};

use crate::hostile::Signed;
use crate::{Lab, is_in, is_out};

/// Jane comes with a token that was changed so, and is refused.
async fn refused(change: impl Fn(&mut Value) + Send + 'static) {
    let lab = Lab::with_jane().await;
    lab.provider.claims(change);
    is_refused(&lab).await;
}

async fn is_refused(lab: &Lab) {
    let (browser, answer) = lab.comes("jane").await;
    answer.is(502).says("cannot be trusted").says("Try again");
    is_out(&browser).await;
    assert!(lab.portal.app.store().identities(lab.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_token_that_is_as_it_should_be_lets_jane_in() {
    let lab = Lab::with_jane().await;
    let (browser, answer) = lab.comes("jane").await;
    answer.leads_to("/licenses");
    is_in(&lab.portal, &browser, "jane@lab.example").await;
    let audit = lab.portal.audit().await;
    assert!(audit.iter().any(|entry| entry.action == "login.sso"));
    // Nothing of the secrets that went to and fro.
    assert!(audit.iter().all(|entry| !entry.detail.contains("code-")));
}

#[tokio::test]
async fn attack_a_token_of_another_issuer() {
    refused(|claims| claims["iss"] = json!("https://idp.evil.example")).await;
}

#[tokio::test]
async fn attack_an_issuer_with_a_slash_more() {
    refused(|claims| claims["iss"] = json!(format!("{}/", claims["iss"].as_str().unwrap()))).await;
}

#[tokio::test]
async fn attack_a_token_for_another_client() {
    refused(|claims| claims["aud"] = json!("another")).await;
}

#[tokio::test]
async fn attack_a_token_for_us_and_for_somebody_else() {
    refused(|claims| claims["aud"] = json!(["countersign", "evil"])).await;
}

#[tokio::test]
async fn attack_a_token_that_was_made_for_another_party() {
    refused(|claims| claims["azp"] = json!("evil")).await;
}

#[tokio::test]
async fn attack_an_expired_token() {
    refused(|claims| claims["exp"] = json!(claims["iat"].as_u64().unwrap() - 61)).await;
}

#[tokio::test]
async fn attack_a_token_from_the_future() {
    refused(|claims| {
        claims["exp"] = json!(claims["exp"].as_u64().unwrap() + 61);
        claims["iat"] = json!(claims["iat"].as_u64().unwrap() + 61);
    })
    .await;
}

#[tokio::test]
async fn attack_an_old_token_that_does_not_end() {
    refused(|claims| {
        claims["exp"] = json!(claims["exp"].as_u64().unwrap() * 2);
        claims["iat"] = json!(claims["iat"].as_u64().unwrap() - 601);
    })
    .await;
}

#[tokio::test]
async fn clocks_that_are_a_minute_apart_do_not_matter() {
    for seconds in [-60_i64, 59] {
        let lab = Lab::with_jane().await;
        lab.provider.claims(move |claims| {
            let now = claims["iat"].as_i64().unwrap();
            claims["iat"] = json!(now + seconds);
            claims["exp"] = json!(now + seconds.min(0) + 30);
        });
        let (_, answer) = lab.comes("jane").await;
        answer.leads_to("/licenses");
    }
}

#[tokio::test]
async fn attack_a_nonce_that_is_missing_or_another_ones() {
    refused(|claims| claims["nonce"] = json!("another")).await;
    refused(|claims| drop(claims.as_object_mut().unwrap().remove("nonce"))).await;
}

#[tokio::test]
async fn attack_alg_none() {
    signed(Signed::ByNobody).await;
}

#[tokio::test]
async fn attack_hs256_with_the_public_key() {
    signed(Signed::ByThePublicKey).await;
}

#[tokio::test]
async fn attack_hs256_with_the_clients_secret() {
    signed(Signed::BySharedSecret).await;
}

#[tokio::test]
async fn attack_a_signature_by_another_key_under_the_known_ones_name() {
    signed(Signed::ByAnotherKey).await;
}

async fn signed(by: Signed) {
    let lab = Lab::with_jane().await;
    lab.provider.evil().signed = by;
    is_refused(&lab).await;
}

#[tokio::test]
async fn attack_a_token_of_another_type_or_with_a_critical_header() {
    for (name, value) in
        [("typ", json!("at+jwt")), ("crit", json!(["exp"])), ("alg", json!("RS256"))]
    {
        let lab = Lab::with_jane().await;
        lab.provider.evil().header = Box::new(move |header| header[name] = value.clone());
        is_refused(&lab).await;
    }
}

#[tokio::test]
async fn attack_verified_said_as_a_word() {
    // The library takes a flag for a flag: the whole token is none.
    refused(|claims| claims["email_verified"] = json!("true")).await;
}

#[tokio::test]
async fn attack_a_subject_that_is_none() {
    refused(|claims| claims["sub"] = json!("")).await;
    refused(|claims| claims["sub"] = json!("a\nb")).await;
    refused(|claims| drop(claims.as_object_mut().unwrap().remove("sub"))).await;
}

#[tokio::test]
async fn attack_a_flood_of_tokens_with_unknown_keys_does_not_flood_the_provider() {
    let lab = Lab::with_jane().await;
    lab.provider.evil().header = Box::new(|header| header["kid"] = json!("nobody's"));
    for _ in 0..5 {
        is_refused(&lab).await;
    }
    assert_eq!((lab.provider.asked("token"), lab.provider.asked("keys")), (5, 1));
    lab.portal.clock.advance(61);
    for _ in 0..5 {
        is_refused(&lab).await;
    }
    assert_eq!((lab.provider.asked("token"), lab.provider.asked("keys")), (10, 2));
}

#[tokio::test]
async fn a_provider_that_changes_its_keys_is_believed_within_a_minute() {
    let lab = Lab::with_jane().await;
    let (_, answer) = lab.comes("jane").await;
    answer.leads_to("/licenses");
    lab.provider.rotates();
    lab.portal.clock.advance(61);
    let (browser, answer) = lab.comes("jane").await;
    answer.leads_to("/licenses");
    is_in(&lab.portal, &browser, "jane@lab.example").await;
    assert_eq!(lab.provider.asked("keys"), 2);
}

#[tokio::test]
async fn attack_user_information_of_somebody_else() {
    let lab = Lab::with_jane().await;
    lab.provider.claims(|claims| drop(claims.as_object_mut().unwrap().remove("email")));
    lab.provider.evil().user_info =
        json!({"sub": "another", "email": "jane@lab.example", "email_verified": true});
    is_refused(&lab).await;
    lab.provider.evil().user_info =
        json!({"sub": "jane", "email": "jane@lab.example", "email_verified": true});
    let (browser, answer) = lab.comes("jane").await;
    answer.leads_to("/licenses");
    is_in(&lab.portal, &browser, "jane@lab.example").await;
}
