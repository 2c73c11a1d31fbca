//! Receivers that are not kind.

use countersign_store::DeliveryStatus;

use crate::receiver::{How, Receiver};
use crate::{hook, portal, until};

#[tokio::test]
async fn attack_a_redirect_to_this_machine_is_not_followed() {
    let (portal, receiver, trap) = (portal().await, Receiver::new().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    for (n, code) in (1..).zip([301, 302, 303, 307, 308]) {
        let head =
            format!("HTTP/1.1 {code} X\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", trap.url());
        receiver.next([How::Bytes(head.into_bytes())]);
        let tried = portal.tried_after(&hook, n).await;
        assert_eq!((tried.last_code, tried.last_error.as_deref()), (Some(code), Some("redirect")));
    }
    assert_eq!((receiver.connections(), trap.connections()), (5, 0));
    let page = admin.get(&format!("{}/deliveries/1", hook.path())).await.is(200);
    page.says("points elsewhere, which is not followed");
}

#[tokio::test]
async fn attack_an_answer_without_end_is_read_up_to_a_kilobyte() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    let head = "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = [b"4000\r\n".as_slice(), &[b'<'; 0x4000], b"\r\n"].concat();
    receiver.next([How::Endless(head, chunk)]);
    portal.license(1, None).await;
    let tried = portal.tried(&hook, 1).await;
    assert_eq!(tried.status, DeliveryStatus::Delivered);
    assert_eq!(tried.answer.unwrap(), "<".repeat(1024));
    let page = admin.get(&format!("{}/deliveries/{}", hook.path(), tried.seq)).await.is(200);
    page.says("&#60;&#60;&#60;").hides("<<<");
}

#[tokio::test]
async fn attack_an_answer_that_never_goes_on_is_taken_as_far_as_it_came() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    receiver.next([How::Stuck("HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\nhalf")]);
    portal.license(1, None).await;
    let tried = portal.tried(&hook, 1).await;
    assert_eq!((tried.status, tried.answer.as_deref()), (DeliveryStatus::Delivered, Some("half")));
}

#[tokio::test]
async fn attack_a_head_that_never_comes_or_never_ends_is_given_up() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    let line = b"x-more: and more and more and more and more\r\n".repeat(10);
    for (n, how, error) in [
        (1, How::Endless("HTTP/1.1 200 X\r\n", line), "answer"),
        (2, How::Endless("HTTP/1.1 200 ", b"X".repeat(1000)), "answer"),
        (3, How::Endless("", b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()), "late"),
        (4, How::Bytes(b"220 mail.example ESMTP\r\n".to_vec()), "answer"),
        (5, How::Bytes(Vec::new()), "answer"),
        (6, How::Stuck(""), "late"),
    ] {
        receiver.next([how.clone()]);
        let tried = portal.tried_after(&hook, n).await;
        assert_eq!(tried.last_error.as_deref(), Some(error), "{how:?}");
        assert_eq!((tried.last_code, tried.answer.as_deref()), (None, Some("")));
    }
}

#[tokio::test]
async fn attack_an_answer_that_would_run_in_a_page_or_a_terminal() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    let body = "<script>alert(1)</script>\u{1b}[31m\u{0}\r\n\u{ff}";
    let answer = format!("HTTP/1.1 418 X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    receiver.next([How::Bytes(answer.into_bytes())]);
    portal.license(1, None).await;
    let tried = portal.tried(&hook, 1).await;
    let kept = tried.answer.unwrap();
    assert!(kept.starts_with("<script>") && !kept.contains(['\u{1b}', '\u{0}', '\r']), "{kept:?}");
    let page = admin.get(&format!("{}/deliveries/{}", hook.path(), tried.seq)).await.is(200);
    page.says("&#60;script&#62;").hides("<script>alert");
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_tried_again() {
    let portal = portal().await;
    let admin = portal.admin().await;
    let address = Receiver::new().await.address;
    // Nobody listens there.
    let url = format!("http://127.0.0.3:{}/", address.port());
    let hook = hook(&admin, &url, &["license.created"]).await;
    portal.license(1, None).await;
    let tried = portal.tried(&hook, 1).await;
    assert_eq!(
        (tried.last_error.as_deref(), tried.status),
        (Some("connection"), DeliveryStatus::Waiting)
    );
    let page = admin.get(&hook.path()).await.is(200);
    page.says("no connection").says("Nothing has arrived since");
    let receiver = Receiver::at(&format!("127.0.0.3:{}", address.port())).await;
    portal.clock.advance(12);
    receiver.has_got(1).await;
    let delivered = async || portal.deliveries(&hook).await[0].last_code == Some(204);
    until("it is noted", delivered).await;
}

impl crate::TestPortal {
    /// The first try of a new delivery, or the next one of the same, when its time has come.
    async fn tried_after(&self, hook: &crate::Hook, tries: u32) -> countersign_store::Delivery {
        match self.deliveries(hook).await.first() {
            None => {
                self.license(1, None).await;
            }
            Some(last) => self.clock.advance(last.next_at.saturating_sub(self.app.now())),
        }
        self.tried(hook, tries).await
    }
}
