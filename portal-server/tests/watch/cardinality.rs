//! Nobody makes new series by what they send.

use std::collections::BTreeSet;

use countersign_portal::routes;

use crate::scrape;
use crate::world::TestPortal;

const METHODS: [&str; 8] = ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];

#[tokio::test]
async fn attack_paths_methods_hosts_and_ids_that_would_each_make_a_series() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    let attack = async |n: usize| {
        for path in
            [format!("/evil-{n}"), format!("/licenses/evil-{n}"), format!("/api/v1/evil-{n}")]
        {
            let get = visitor.request("GET", &path).header("x-request-id", format!("evil-{n}"));
            visitor.send(get.header("user-agent", format!("evil-{n}"))).await;
        }
        visitor.send(visitor.request(&format!("EVIL{n}"), "/activate")).await.is(405);
        let host = visitor.request("GET", "/activate").header("host", format!("evil-{n}.example"));
        visitor.send(host).await.is(421);
        let body = format!("evil-{n}");
        visitor.send(visitor.request("POST", "/api/v1/activations").body(body)).await.is(422);
    };
    attack(0).await;
    let before = scrape::of(&portal).await;
    for n in 1..40 {
        attack(n).await;
    }
    let after = scrape::of(&portal).await;
    let new: Vec<_> = after.series().filter(|s| before.series().all(|old| old != *s)).collect();
    assert!(new.is_empty(), "{new:?}");
    assert!(!after.series().any(|series| series.to_lowercase().contains("evil")));
    let known: BTreeSet<_> = routes(&portal.app).into_iter().map(|route| route.path).collect();
    for route in after.labels("route") {
        assert!(route == "none" || known.contains(route), "{route}");
    }
    assert!(after.labels("method").iter().all(|method| METHODS.contains(method)));
    let refused = "http_requests_total{route=\"/activate\",method=\"other\",status=\"4xx\"}";
    assert_eq!(after.value(refused), 40.0, "they are counted all the same");
}
