//! The vendor's pages of webhooks, and who would like to have more of them.

use countersign_core::Id;
use countersign_store::{MOST_WEBHOOKS, NewWebhook, Role, Topic, User, WebhookCreated};

use crate::played::{NOW, rng};
use crate::receiver::{How, Receiver};
use crate::world::{DAY, TestPortal};
use crate::{Hook, PATH, form, hook, made_of, portal, until};

/// Whether some file of the data folder itself, which is what a stolen database would be, holds these words.
fn database_holds(portal: &TestPortal, words: &str) -> bool {
    let files = std::fs::read_dir(&portal.app.config().data).unwrap();
    let files = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let holds = |bytes: Vec<u8>| bytes.windows(words.len()).any(|w| w == words.as_bytes());
    files.map(|path| std::fs::read(path).unwrap()).any(holds)
}

#[tokio::test]
async fn attack_a_secret_is_in_no_page_log_entry_or_copied_database() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let url = format!("{}?token=in-the-address", receiver.url());
    let hook = hook(&admin, &url, &["license.created"]).await;
    portal.license(1, None).await;
    let seq = portal.tried(&hook, 1).await.seq;
    let bare = hook.secret.strip_prefix("whsec_").unwrap();
    let delivery = format!("{}/deliveries/{seq}", hook.path());
    for page in [PATH, &hook.path(), &delivery, "/admin", "/admin/audit"] {
        admin.get(page).await.is(200).hides("whsec_").hides(bare);
    }
    assert!(database_holds(&portal, &receiver.url()), "this looks at the right files");
    assert!(!database_holds(&portal, bare));
    // What the log says of an address ends with its host: many have a secret in what follows.
    let log = format!("{:?}", portal.audit().await);
    assert!(
        log.contains(&receiver.address.to_string()) && !log.contains("in-the-address"),
        "{log}"
    );
    // Somebody else's secret is none here.
    let other = Id::random(&mut rng());
    let sealed = portal.app.store().webhook_secrets(hook.id).await.unwrap().unwrap().current;
    let topics = [Topic::LicenseCreated].into();
    let new = NewWebhook { id: other, url: receiver.url(), topics, secret: sealed };
    let made = portal.app.store().create_webhook(new, "test", NOW).await.unwrap();
    assert_eq!(made, WebhookCreated::Done);
    portal.license(1, None).await;
    let planted = Hook { id: other, secret: String::new() };
    assert_eq!(portal.tried(&planted, 1).await.last_error.as_deref(), Some("secret"));
    // A new one is the way out.
    let new = made_of(&admin.post(&format!("{}/secret", planted.path()), &[]).await.is(200));
    portal.license(1, None).await;
    assert_eq!(portal.tried(&new, 1).await.last_code, Some(204));
    assert!(receiver.got().iter().any(|got| got.is_signed_by(&new.secret)));
}

#[tokio::test]
async fn attack_who_may_only_read_sees_of_an_address_its_host() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let url = format!("{}/T0/in-the-address", receiver.url());
    let hook = hook(&admin, &url, &["license.created"]).await;
    portal.license(1, None).await;
    let seq = portal.tried(&hook, 1).await.seq;
    let change = |user: &mut User| {
        (user.email, user.role) = ("rita@acme.example".into(), Role::ReadOnly);
    };
    portal.user(change).await;
    let reader = portal.logged_in("rita@acme.example").await;
    for page in [PATH, &hook.path(), &format!("{}/deliveries/{seq}", hook.path())] {
        admin.get(page).await.is(200).says("in-the-address");
        let seen = reader.get(page).await.is(200).hides("in-the-address");
        seen.says(&receiver.address.to_string()).hides("<button>Make").hides("Send again");
    }
    reader.post(&format!("{}/test", hook.path()), &[]).await.is(403);
}

#[tokio::test]
async fn a_new_secret_and_the_old_one_are_signed_with_for_a_day() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    let made = admin.post(&format!("{}/secret", hook.path()), &[]).await.is(200);
    let new = made_of(&made);
    assert!(new.id == hook.id && new.secret != hook.secret);
    admin.get(&hook.path()).await.is(200).says("signed with the old secret, too");
    portal.license(1, None).await;
    let got = receiver.has_got(1).await;
    assert!(got[0].is_signed_by(&hook.secret) && got[0].is_signed_by(&new.secret));
    portal.clock.advance(DAY);
    portal.license(1, None).await;
    let got = receiver.has_got(2).await;
    assert!(!got[1].is_signed_by(&hook.secret) && got[1].is_signed_by(&new.secret));
}

#[tokio::test]
async fn attack_a_delivery_of_another_webhook_does_not_exist_here() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let first = hook(&admin, &receiver.url(), &["license.created"]).await;
    let second = hook(&admin, &receiver.url(), &["trial.started"]).await;
    portal.license(1, None).await;
    let seq = portal.tried(&first, 1).await.seq;
    admin.get(&format!("{}/deliveries/{seq}", first.path())).await.is(200).says("license.created");
    let nobodys = format!("{PATH}/{}", Id::random(&mut rng()));
    for hook in [second.path(), nobodys.clone(), format!("{PATH}/x")] {
        for delivery in [seq.to_string(), "0".into(), "-1".into(), "x".into(), "9".repeat(30)] {
            let path = format!("{hook}/deliveries/{delivery}");
            admin.get(&path).await.is(404).hides("license.created");
            admin.post(&format!("{path}/resend"), &[]).await.is(404);
        }
    }
    for action in ["", "/secret", "/pause", "/resume", "/test", "/resend", "/delete"] {
        let url = receiver.url();
        let form = form(&url, &["license.created"]);
        admin.post(&format!("{nobodys}{action}"), &form).await.is(404);
    }
    receiver.has_got(1).await;
}

#[tokio::test]
async fn attack_sending_again_and_again_meets_a_limit() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    receiver.next([How::Status(500)]);
    portal.license(1, None).await;
    let seq = portal.tried(&hook, 1).await.seq;
    let resend = format!("{}/deliveries/{seq}/resend", hook.path());
    // It waits already: that it is wanted sooner changes nothing.
    admin.post(&resend, &[]).await.is(409).says("waits to be sent already");
    let (mut refused, mut taken) = (0, 0);
    for _ in 0..60 {
        match admin.post(&format!("{}/test", hook.path()), &[]).await.status.as_u16() {
            303 => taken += 1,
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert!(taken <= 30 && refused >= 30, "{taken} {refused}");
    admin.post(&resend, &[]).await.is(429).says("too often");
    admin.post(&format!("{}/resend", hook.path()), &[]).await.is(429);
    portal.clock.advance(61);
    // By then it was delivered by itself, and is sent once more.
    let delivered = async || portal.deliveries(&hook).await.last().unwrap().last_code == Some(204);
    until("it is delivered", delivered).await;
    let before = receiver.got().iter().filter(|one| one.kind() == "license.created").count();
    admin.post(&resend, &[]).await.is(303);
    let again = async || {
        let all = receiver.got();
        all.iter().filter(|one| one.kind() == "license.created").count() == before + 1
    };
    until("it is sent again", again).await;
}

#[tokio::test]
async fn deliveries_are_listed_page_by_page_and_by_how_they_stand() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    receiver.next([How::Status(410)]);
    portal.license(1, None).await;
    portal.tried(&hook, 1).await;
    admin.post(&format!("{}/resume", hook.path()), &[]).await.is(303);
    for _ in 0..60 {
        portal.license(1, None).await;
    }
    receiver.has_got(61).await;
    let noted = async || {
        let waiting = portal.app.store().webhooks_waiting().await.unwrap();
        waiting.waiting == 0
    };
    until("all are noted", noted).await;
    let rows = |text: &str| text.matches("/deliveries/").count();
    let first = admin.get(&hook.path()).await.is(200);
    assert_eq!(rows(&first.text), 50);
    let next = first.text.split_once("rel=\"next\" href=\"").unwrap().1.split('"').next().unwrap();
    let second = admin.get(&next.replace("&#38;", "&")).await.is(200);
    assert_eq!(rows(&second.text), 11);
    let failed = admin.get(&format!("{}?status=failed", hook.path())).await.is(200).says("410");
    assert_eq!(rows(&failed.text), 1);
    let odd = admin.get(&format!("{}?status=x&after=%00", hook.path())).await.is(200);
    assert_eq!(rows(&odd.text), 50);
}

#[tokio::test]
async fn there_are_so_many_webhooks_and_no_more() {
    let portal = portal().await;
    let admin = portal.admin().await;
    let url = "https://hooks.example/";
    for _ in 0..MOST_WEBHOOKS {
        hook(&admin, url, &["trial.started"]).await;
    }
    let more = admin.post(PATH, &form(url, &["trial.started"])).await.is(422);
    more.says("There are 20 webhooks already");
    let some = portal.app.store().webhooks().await.unwrap().remove(0);
    admin.post(&format!("{PATH}/{}/delete", some.id), &[]).await.leads_to(PATH);
    hook(&admin, url, &["trial.started"]).await;
}

#[tokio::test]
async fn without_the_key_to_secrets_none_is_made_and_none_is_used() {
    let (mut portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    // The portal that runs on has it still: it must not take what the other one is to try.
    admin.post(&format!("{}/pause", hook.path()), &[]).await.is(303);
    std::fs::remove_file(countersign_portal::vault::place(&portal.app.config().data)).unwrap();
    portal.start_again().await;
    let admin = portal.logged_in("ada@acme.example").await;
    admin.get(&hook.path()).await.is(200);
    let url = receiver.url();
    let refused = admin.post(PATH, &form(&url, &["trial.started"])).await.is(503);
    refused.says("no secret can be stored");
    admin.post(&format!("{}/secret", hook.path()), &[]).await.is(503);
    assert_eq!(portal.app.store().webhooks().await.unwrap().len(), 1);
}
