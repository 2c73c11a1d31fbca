//! Where webhooks may not be sent to.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use countersign_portal::Config;
use countersign_portal::webhook::Resolve;

use crate::receiver::Receiver;
use crate::world::TestPortal;
use crate::{PATH, form, hook};

/// Answers for every name with these addresses, and notes what it was asked.
#[derive(Default)]
struct Told {
    addresses: Mutex<Vec<IpAddr>>,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Resolve for Told {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(name.to_owned());
        Ok(self.addresses.lock().unwrap().clone())
    }
}

impl Told {
    fn tell(&self, addresses: &[&str]) {
        *self.addresses.lock().unwrap() = addresses.iter().map(|a| a.parse().unwrap()).collect();
    }
}

async fn told(change: impl FnOnce(&mut Config)) -> (TestPortal, Arc<Told>) {
    let told = Arc::new(Told::default());
    let resolver = Arc::clone(&told);
    let portal = TestPortal::with(|config| {
        config.resolver = resolver;
        change(config);
    });
    (portal.await, told)
}

#[tokio::test]
async fn attack_an_internal_address_is_refused_where_it_is_typed() {
    let (portal, told) = told(|_| ()).await;
    let admin = portal.admin().await;
    for (url, words) in [
        ("https://127.0.0.1/", "in an internal network"),
        ("https://0x7f.1:8443/", "in an internal network"),
        ("https://2130706433/", "in an internal network"),
        ("https://[::1]/", "in an internal network"),
        ("https://[::ffff:169.254.169.254]/", "in an internal network"),
        ("https://169.254.169.254/latest/meta-data/", "in an internal network"),
        ("http://hooks.example/", "begins with https://"),
        ("https://jane:secret@hooks.example/", "no name and password in it"),
        ("https://hooks.example:25/", "That port"),
        ("javascript:alert(1)", "begins with https://"),
        ("hooks.example", "no address of a host"),
    ] {
        let refused = admin.post(PATH, &form(url, &["trial.started"])).await.is(422);
        refused.says(words).says("value=\"trial.started\" checked").hides("whsec_");
    }
    let long = format!("https://hooks.example/{}", "a".repeat(600));
    admin.post(PATH, &form(&long, &["trial.started"])).await.is(422).says("at most 500");
    admin.post(PATH, &form("https://hooks.example/", &[])).await.is(422).says("at least one event");
    let wrong = form("https://hooks.example/", &["everything"]);
    admin.post(PATH, &wrong).await.is(422).says("no such event");
    assert_eq!(portal.app.store().webhooks().await.unwrap(), []);
    // Nor afterwards.
    let hook = hook(&admin, "https://hooks.example/", &["trial.started"]).await;
    let inside = form("https://10.0.0.1/", &["trial.started"]);
    admin.post(&hook.path(), &inside).await.is(422).says("in an internal network");
    let stored = portal.app.store().webhook(hook.id).await.unwrap().unwrap();
    assert_eq!(stored.url, "https://hooks.example/");
    assert!(told.asked.lock().unwrap().is_empty(), "a form asks no DNS server");
}

#[tokio::test]
async fn attack_a_name_that_leads_inside_is_not_connected_to() {
    let (portal, told) = told(|_| ()).await;
    let trap = Receiver::new().await;
    let admin = portal.admin().await;
    let url = format!("https://hooks.example:{}/", trap.address.port());
    let hook = hook(&admin, &url, &["license.created"]).await;
    let inside: [&[&str]; 11] = [
        &["127.0.0.1"],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["0.0.0.0"],
        &["10.0.0.1"],
        &["169.254.169.254"],
        &["100.100.100.200"],
        &["fd00:ec2::254"],
        &["64:ff9b::7f00:1"],
        // Among others, wherever it stands.
        &["192.0.2.1", "127.0.0.1"],
        &["127.0.0.1", "8.8.8.8"],
    ];
    portal.license(1, None).await;
    assert_eq!(portal.tried(&hook, 1).await.last_error.as_deref(), Some("name"), "it has none");
    for addresses in inside {
        told.tell(addresses);
        portal.license(1, None).await;
        let tried = portal.tried(&hook, 1).await;
        assert_eq!(tried.last_error.as_deref(), Some("internal"), "{addresses:?}");
        assert_eq!((tried.last_code, tried.answer.as_deref()), (None, Some("")));
    }
    assert_eq!(trap.connections(), 0);
    assert_eq!(told.asked.lock().unwrap().len(), 12, "a name is asked for once for each try");
    admin.get(&hook.path()).await.is(200).says("leads into an internal network");
}

#[tokio::test]
async fn what_the_operator_allows_is_reached_and_nothing_beside_it() {
    let allowed = ["127.0.0.2".parse().unwrap(), "erp.lan".parse().unwrap()];
    let (portal, told) = told(|config| config.webhooks_may_reach = allowed.into()).await;
    let allowed = Receiver::at("127.0.0.2:0").await;
    let port = allowed.address.port();
    let beside = Receiver::at(&format!("127.0.0.1:{port}")).await;
    let admin = portal.admin().await;
    let of = |url: String| async {
        let url = url;
        hook(&admin, &url, &["license.created"]).await
    };
    let by_network = of(format!("http://hooks.example:{port}/network")).await;
    let by_name = of(format!("http://erp.lan:{port}/name")).await;
    let refused = form("http://127.0.0.1/", &["license.created"]);
    admin.post(PATH, &refused).await.is(422).says("in an internal network");
    told.tell(&["127.0.0.2"]);
    portal.license(1, None).await;
    allowed.has_got(2).await;
    for hook in [&by_network, &by_name] {
        assert_eq!(portal.tried(hook, 1).await.last_code, Some(204));
    }
    // A name that is allowed may have any address, another one not.
    told.tell(&["127.0.0.1"]);
    portal.license(1, None).await;
    assert_eq!(portal.tried(&by_network, 1).await.last_error.as_deref(), Some("internal"));
    let got = beside.has_got(1).await;
    assert_eq!(got[0].line, "POST /name HTTP/1.1");
    // Without HTTPS nothing goes to the internet.
    told.tell(&["8.8.8.8"]);
    let third = of(format!("http://hooks.example:{port}/third")).await;
    portal.license(1, None).await;
    assert_eq!(portal.tried(&third, 1).await.last_error.as_deref(), Some("plain"));
}
