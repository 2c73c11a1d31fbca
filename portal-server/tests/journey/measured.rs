//! The listener of the metrics, asked under other names than its own.

use countersign_portal::serve_metrics;

use crate::world::{CookieUser, TestPortal};

async fn measured(portal: &TestPortal) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve_metrics(listener, portal.app.clone()));
    url
}

async fn asked(url: &str, host: &str) -> u16 {
    CookieUser::new(url).at(host).get("/metrics").await.status.as_u16()
}

#[tokio::test]
async fn attack_a_web_page_that_leads_its_name_to_the_metrics_reads_nothing() {
    let portal = TestPortal::with(|config| {
        config.public_url = Some("https://portal.acme.example".into());
        config.metrics_hosts = vec!["Portal.monitoring.svc.cluster.local".into()];
    })
    .await;
    let url = measured(&portal).await;
    let port = url.rsplit(':').next().unwrap();
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "x y",
        "portal.acme.example.evil.example",
    ] {
        for host in [host.to_owned(), format!("{host}:{port}")] {
            let answer = CookieUser::new(&url).at(&host).get("/metrics").await;
            assert!([400, 421].contains(&answer.status.as_u16()), "{host:?}: {}", answer.status);
            answer.hides("countersign_");
        }
    }
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "10.0.0.7",
        "portal",
        "portal.acme.example",
        "portal.monitoring.svc.cluster.local",
    ] {
        assert_eq!(asked(&url, &format!("{host}:{port}")).await, 200, "{host}");
    }
}

#[tokio::test]
async fn without_an_address_of_the_operator_no_name_with_a_dot_is_answered() {
    let portal = TestPortal::new().await;
    let url = measured(&portal).await;
    assert_eq!(asked(&url, "portal.acme.example").await, 421);
    assert_eq!(CookieUser::new(&url).get("/metrics").await.status, 200);
}
