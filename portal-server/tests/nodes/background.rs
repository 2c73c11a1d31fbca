//! What every node does in the background is done once.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign_portal::{audit, tally};
use countersign_store::CountKind;

use crate::mails::letters_in;
use crate::played::{Machine, NOW};
use crate::receiver::Receiver;
use crate::{Nodes, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_sent_once_whoever_sends_it() {
    let nodes = Nodes::new().await;
    let people: Vec<String> = (0..20).map(|n| format!("user-{n}@lab.example")).collect();
    for email in &people {
        nodes.a.user(|user| user.email = email.clone()).await;
    }
    for (n, email) in people.iter().enumerate() {
        let node = if n % 2 == 0 { &nodes.a } else { &nodes.b };
        node.visitor().post("/forgot", &[("email", email)]).await.is(200);
    }
    nodes.a.until_nothing_waits().await;
    let outboxes = [&nodes.a, &nodes.b].map(|node| node.app.config().data.join("outbox"));
    let letters: Vec<_> = outboxes.iter().flat_map(|outbox| letters_in(outbox)).collect();
    let to: BTreeSet<&String> = letters.iter().map(|letter| &letter.to).collect();
    assert_eq!((letters.len(), to.len()), (20, 20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_hears_of_each_event_once() {
    let nodes = Nodes::new().await;
    let receiver = Receiver::new().await;
    let admin = nodes.a.admin().await;
    let form = [("url", receiver.url()), ("event", "activation.created".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    admin.post("/admin/webhooks", &form).await.is(200);
    let key = nodes.a.license(99, None).await;
    for n in 0..12 {
        let node = if n % 2 == 0 { &nodes.a } else { &nodes.b };
        let request = Machine::new(&format!("lab-{n}"), &node.product).activation(&key);
        let visitor = node.visitor();
        let post = visitor.request("POST", "/api/v1/activations").body(request);
        visitor.send(post).await.is(200);
    }
    let got = receiver.has_got(12).await;
    let ids: BTreeSet<&str> = got.iter().map(|got| got.id()).collect();
    assert_eq!(ids.len(), 12);
    let raw = nodes.raw();
    let open = "SELECT COUNT(*) FROM webhook_delivery WHERE status <> 'delivered'";
    until("all of them are noted", async || raw.value(open) == "0").await;
    assert_eq!(receiver.got().len(), 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sealers_make_one_chain_and_two_counters_count_once() {
    // Both seal and count all the time.
    let nodes = Nodes::with(|config| config.seal_every = Duration::from_millis(20)).await;
    let key = nodes.a.license(999, None).await;
    let asks = (0..60).map(|n| {
        let node = if n % 2 == 0 { &nodes.a } else { &nodes.b };
        let request = Machine::new(&format!("lab-{n}"), &node.product).activation(&key);
        async move {
            let visitor = node.visitor();
            let post = visitor.request("POST", "/api/v1/activations").body(request);
            visitor.send(post).await.is(200);
        }
    });
    futures_util::future::join_all(asks).await;
    let both = futures_util::future::join_all([
        tally::catch_up(&nodes.a.app),
        tally::catch_up(&nodes.b.app),
    ]);
    both.await.into_iter().for_each(|done| done.unwrap());
    let checked = audit::check(&nodes.b.app, &[]).await.unwrap();
    assert!(checked.findings.is_empty(), "{:?}", checked.findings);
    let raw = nodes.raw();
    let entries: u64 = raw.value("SELECT COUNT(*) FROM audit").parse().unwrap();
    let chained: u64 = raw.value("SELECT COUNT(*) FROM audit_chain").parse().unwrap();
    assert_eq!(entries, chained);
    let day = NOW / 86_400;
    let counts = nodes.a.app.store().daily_counts(day, day + 1).await.unwrap();
    let of = |kind| counts.iter().filter(|c| c.kind == kind).map(|c| c.count).sum::<u64>();
    assert_eq!((of(CountKind::Activation), of(CountKind::License)), (60, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_requests_of_both_nodes_are_counted_together() {
    let nodes = Nodes::new().await;
    for n in 0..6 {
        let node = if n % 2 == 0 { &nodes.a } else { &nodes.b };
        let visitor = node.visitor();
        let post = visitor.request("POST", "/api/v1/activations").body(format!("no request {n}"));
        assert!(visitor.send(post).await.status.is_client_error());
    }
    tally::catch_up(&nodes.a.app).await.unwrap();
    tally::catch_up(&nodes.b.app).await.unwrap();
    let day = NOW / 86_400;
    let counts = nodes.b.app.store().daily_counts(day, day + 1).await.unwrap();
    let refused = counts.iter().filter(|c| c.kind == CountKind::Refused).map(|c| c.count);
    assert_eq!(refused.sum::<u64>(), 6);
}
