//! The socket under somebody who does not keep to the protocol.

use std::time::Duration;

use rand_core::Rng as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::played::rng;
use crate::stand::{Stand, answer_to, asked, by_request};

/// It still answers whoever asks properly.
async fn serves(stand: &Stand) {
    let (_, license, request) = asked();
    stand.signs(&request, &answer_to(&request, license.id())).await;
}

#[tokio::test]
async fn attack_oversized_messages_are_not_read() {
    let stand = Stand::new();
    for length in [96 * 1024 + 1, 1 << 24, u32::MAX] {
        let mut peer = stand.connect().await;
        peer.0.write_all(&length.to_be_bytes()).await.unwrap();
        assert_eq!(peer.hear().await.unwrap()["code"], "bad-message");
        assert!(peer.hear().await.is_none(), "the connection is closed");
    }
    serves(&stand).await;
}

#[tokio::test]
async fn attack_messages_that_are_none_are_answered_and_closed() {
    let stand = Stand::new();
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    for text in
        ["", "{", "[]", "null", "\u{0}", r#"{"v":1}"#, r#"{"v":1,"do":"everything"}"#, &deep]
    {
        let mut peer = stand.connect().await;
        peer.send(text.as_bytes()).await.unwrap();
        assert_eq!(peer.hear().await.unwrap()["code"], "bad-message", "{text}");
        assert!(peer.hear().await.is_none(), "the connection is closed");
    }
    let mut peer = stand.connect().await;
    peer.send(&[0xff, 0xfe, 0x00]).await.unwrap();
    assert_eq!(peer.hear().await.unwrap()["code"], "bad-message");
    assert_eq!(stand.declines(&json!({"v": 2, "do": "state"})).await, "bad-message");
    stand.has_signed_nothing();
    serves(&stand).await;
}

#[tokio::test]
async fn attack_noise_is_never_signed_and_ends_nothing() {
    let stand = Stand::new();
    for _ in 0..300 {
        let mut noise = vec![0; (rng().next_u64() % 400) as usize];
        rng().fill_bytes(&mut noise);
        let mut peer = stand.connect().await;
        peer.send(&noise).await.unwrap();
        assert_eq!(peer.hear().await.unwrap()["code"], "bad-message");
    }
    stand.has_signed_nothing();
    serves(&stand).await;
}

#[tokio::test]
async fn attack_half_messages_hold_nobody_up() {
    let stand = Stand::new();
    let (_, license, request) = asked();
    let whole = by_request(&request, &answer_to(&request, license.id())).to_string();
    let framed =
        [&u32::try_from(whole.len()).unwrap().to_be_bytes()[..], whole.as_bytes()].concat();
    let mut held = Vec::new();
    for part in [1, 3, 4, 5, framed.len() - 1] {
        let mut peer = stand.connect().await;
        peer.0.write_all(&framed[..part]).await.unwrap();
        held.push(peer);
    }
    serves(&stand).await;
    // Closed in the middle, or half closed, none of them is taken for a whole one.
    let mut half = held.pop().unwrap();
    half.0.shutdown().await.unwrap();
    let mut nothing = Vec::new();
    half.0.read_to_end(&mut nothing).await.unwrap();
    drop(held);
    serves(&stand).await;
    assert_eq!(stand.keys.journaled().0.len(), 2);
}

#[tokio::test]
async fn attack_a_message_that_trickles_in_is_given_up() {
    let stand = Stand::new();
    let mut peer = stand.connect().await;
    peer.0.write_all(&[0, 0]).await.unwrap();
    // It is closed by the other side, sooner or later; nothing is measured.
    let mut nothing = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(120), peer.0.read_to_end(&mut nothing));
    closed.await.expect("a connection that stands still is closed").unwrap();
    assert!(nothing.is_empty());
    serves(&stand).await;
}

#[tokio::test]
async fn attack_more_connections_than_there_are_places_are_closed_and_the_rest_goes_on() {
    let stand = Stand::new();
    let mut open = vec![stand.connect().await];
    assert_eq!(open[0].says(&json!({"v": 1, "do": "state"})).await["said"], "state");
    for _ in 0..300 {
        open.push(stand.connect().await);
    }
    // The first one has its place.
    assert_eq!(open[0].says(&json!({"v": 1, "do": "state"})).await["said"], "state");
    let mut answered = 0;
    for peer in &mut open {
        answered += usize::from(peer.try_says(&json!({"v": 1, "do": "state"})).await.is_some());
    }
    assert_eq!(answered, 256);
    drop(open);
    // Places come back.
    for _ in 0..600 {
        let mut peer = stand.connect().await;
        if peer.try_says(&json!({"v": 1, "do": "state"})).await.is_some() {
            return serves(&stand).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no place came back");
}

#[tokio::test]
async fn one_connection_carries_many_questions() {
    let stand = Stand::new();
    let mut peer = stand.connect().await;
    for _ in 0..20 {
        let (_, license, request) = asked();
        let ask = by_request(&request, &answer_to(&request, license.id()));
        assert_eq!(peer.says(&ask).await["said"], "signed");
        assert_eq!(peer.says(&json!({"v": 1, "do": "state"})).await["said"], "state");
    }
    assert_eq!(stand.keys.journaled().0.len(), 20);
}
