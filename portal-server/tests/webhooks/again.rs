//! What did not arrive is sent again, up to an end.

use countersign_store::{DeliveryStatus, Disabled, WebhookStatus};

use crate::receiver::{How, Receiver};
use crate::world::DAY;
use crate::{hook, portal, until};

#[tokio::test]
async fn what_did_not_arrive_comes_again_later_under_the_same_id() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    receiver.next([How::Status(500), How::Status(302), How::Status(200)]);
    portal.license(1, None).await;
    let first = portal.tried(&hook, 1).await;
    assert_eq!((first.last_code, first.status), (Some(500), DeliveryStatus::Waiting));
    let wait = first.next_at - portal.app.now();
    assert!((9..=11).contains(&wait), "{wait}");
    portal.clock.advance(wait);
    let second = portal.tried(&hook, 2).await;
    let wait = second.next_at - portal.app.now();
    assert!((54..=66).contains(&wait), "{wait}");
    portal.clock.advance(wait);
    receiver.has_got(3).await;
    let delivered = async || portal.deliveries(&hook).await[0].status == DeliveryStatus::Delivered;
    until("it is noted", delivered).await;
    let got = receiver.got();
    assert!(got.iter().all(|one| one.id() == got[0].id() && one.body == got[0].body));
    assert!(got.iter().all(|one| one.is_signed_by(&hook.secret)));
    let at = |n: usize| got[n].headers["webhook-timestamp"].parse::<u64>().unwrap();
    assert!(at(0) < at(1) && at(1) < at(2), "each is signed when it is sent");
    let webhook = portal.app.store().webhook(hook.id).await.unwrap().unwrap();
    assert_eq!(webhook.failing_since, None);
    // It is there once, and is not sent again by itself.
    portal.clock.advance(DAY);
    portal.license(1, None).await;
    receiver.has_got(4).await;
}

#[tokio::test]
async fn a_receiver_that_is_down_for_three_days_is_given_up_and_the_admins_hear_of_it() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    receiver.always(How::Status(503));
    let begin = portal.app.now();
    portal.license(1, None).await;
    let webhook = async || portal.app.store().webhook(hook.id).await.unwrap().unwrap();
    let mut tries = 0;
    while webhook().await.status == WebhookStatus::Active {
        tries += 1;
        let tried = portal.tried(&hook, tries).await;
        if tried.status == DeliveryStatus::Waiting {
            portal.clock.advance(tried.next_at.saturating_sub(portal.app.now()));
        }
        assert!(tries <= 12);
    }
    assert!(portal.app.now() - begin >= 3 * DAY, "{tries}");
    assert_eq!(webhook().await.disabled_why, Some(Disabled::Failing));
    assert_eq!(portal.deliveries(&hook).await[0].status, DeliveryStatus::Failed);
    let mail = portal.last_mail().await;
    assert_eq!(mail.to, "ada@acme.example");
    assert!(mail.subject.contains("webhook"), "{}", mail.subject);
    let link = mail.link(&portal, &hook.path());
    let admin = portal.logged_in("ada@acme.example").await;
    admin.get(&link).await.is(200).says("Nothing arrived for three days").says("given up");
    // Nothing is kept for it any more.
    portal.license(1, None).await;
    assert_eq!(portal.deliveries(&hook).await.len(), 1);
    // Its receiver works again.
    receiver.always(How::Status(204));
    admin.post(&format!("{}/resume", hook.path()), &[]).await.leads_to(&hook.path());
    admin.post(&format!("{}/resend", hook.path()), &[]).await.leads_to(&hook.path());
    let delivered = async || portal.deliveries(&hook).await[0].status == DeliveryStatus::Delivered;
    until("what was given up arrives", delivered).await;
    assert_eq!(portal.mails().await.len(), 1, "once");
}

#[tokio::test]
async fn a_receiver_that_is_gone_for_good_is_given_up_at_once() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    receiver.next([How::Status(410)]);
    portal.license(1, None).await;
    let webhook = async || portal.app.store().webhook(hook.id).await.unwrap().unwrap();
    until("it is given up", async || webhook().await.status == WebhookStatus::Disabled).await;
    assert_eq!(webhook().await.disabled_why, Some(Disabled::Gone));
    assert_eq!(portal.mails().await.len(), 1);
    admin.get(&hook.path()).await.is(200).says("gone for good (410)");
}

#[tokio::test]
async fn a_slow_receiver_holds_up_none_but_itself() {
    let (portal, slow, quick) = (portal().await, Receiver::new().await, Receiver::new().await);
    let admin = portal.admin().await;
    slow.always(How::Stuck(""));
    hook(&admin, &slow.url(), &["license.created"]).await;
    hook(&admin, &quick.url(), &["license.created"]).await;
    for _ in 0..12 {
        portal.license(1, None).await;
    }
    quick.has_got(12).await;
    assert!((1..=4).contains(&slow.most_open()), "{}", slow.most_open());
    assert!(quick.most_open() <= 4, "{}", quick.most_open());
}

#[tokio::test]
async fn what_has_ended_is_forgotten_after_thirty_days_and_a_deleted_webhook_at_once() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    portal.license(1, None).await;
    portal.tried(&hook, 1).await;
    portal.clock.advance(29 * DAY);
    portal.license(1, None).await;
    receiver.has_got(2).await;
    assert_eq!(portal.deliveries(&hook).await.len(), 2);
    portal.clock.advance(2 * DAY);
    let one = async || portal.deliveries(&hook).await.len() == 1;
    until("the old one is forgotten", one).await;
    let admin = portal.logged_in("ada@acme.example").await;
    admin.post(&format!("{}/delete", hook.path()), &[]).await.leads_to(crate::PATH);
    admin.get(&hook.path()).await.is(404);
    admin.get(crate::PATH).await.is(200).hides(&receiver.url());
    assert_eq!(portal.app.store().webhook_secrets(hook.id).await.unwrap(), None);
    portal.clock.advance(DAY);
    let none = async || portal.deliveries(&hook).await.is_empty();
    until("its deliveries are forgotten", none).await;
    portal.license(1, None).await;
    assert_eq!(portal.deliveries(&hook).await, []);
}
