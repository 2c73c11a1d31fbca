//! Each thing that happens is counted where it belongs.

use crate::played::Machine;
use crate::scrape;
use crate::world::{PASSWORD, TestPortal};

async fn send(portal: &TestPortal, path: &str, body: String, status: u16) -> String {
    let visitor = portal.visitor();
    let post = visitor.request("POST", path).body(body);
    visitor.send(post).await.is(status).text
}

#[tokio::test]
async fn what_machines_ask_is_counted_by_kind_answer_and_door() {
    let portal = TestPortal::new().await;
    let key = portal.license(1, None).await;
    let machine = |name| Machine::new(name, &portal.product);
    send(&portal, "/api/v1/activations", machine("lab-1").activation(&key), 200).await;
    send(&portal, "/api/v1/activations", machine("lab-2").activation(&key), 409).await;
    send(&portal, "/api/v1/trials", machine("lab-3").trial(), 200).await;
    send(&portal, "/api/v1/trials", "rubbish".to_owned(), 422).await;
    let scrape = scrape::of(&portal).await;
    let answers = |kind: &str, code: &str| {
        scrape.value(&format!("answers_total{{kind=\"{kind}\",code=\"{code}\",door=\"api\"}}"))
    };
    assert_eq!(answers("activation", "answered"), 1.0);
    assert_eq!(answers("activation", "seats-used-up"), 1.0);
    assert_eq!(answers("trial", "answered"), 1.0);
    let unreadable = scrape.series().find(|series| series.contains("kind=\"unreadable\""));
    assert_eq!(scrape.value(unreadable.unwrap()), 1.0);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_class_and_timed() {
    let portal = TestPortal::new().await;
    let jane = portal.customer("jane@lab.example").await;
    jane.get("/licenses").await.is(200);
    jane.get("/licenses/none").await.is(404);
    jane.get("/no-such-page").await.is(404);
    let scrape = scrape::of(&portal).await;
    let requests = |labels: &str| scrape.value(&format!("http_requests_total{{{labels}}}"));
    assert_eq!(requests("route=\"/licenses\",method=\"GET\",status=\"2xx\""), 1.0);
    assert_eq!(requests("route=\"/licenses/{id}\",method=\"GET\",status=\"4xx\""), 1.0);
    assert_eq!(requests("route=\"none\",method=\"GET\",status=\"4xx\""), 1.0);
    assert_eq!(requests("route=\"/login\",method=\"POST\",status=\"3xx\""), 1.0);
    let timed = "http_request_duration_seconds_count{route=\"/licenses\",method=\"GET\"}";
    assert_eq!(scrape.value(timed), 1.0);
    assert_eq!(scrape.value("http_requests_under_way"), 0.0);
    assert_eq!(scrape.value("passwords_total{outcome=\"right\"}"), 1.0);
    portal.visitor().log_in("jane@lab.example", "not her password").await.is(403);
    assert_ne!(PASSWORD, "not her password");
    assert_eq!(scrape::of(&portal).await.value("passwords_total{outcome=\"wrong\"}"), 1.0);
}

#[tokio::test]
async fn the_database_is_timed_and_its_groups_are_counted() {
    let portal = TestPortal::new().await;
    let key = portal.license(40, None).await;
    let before = scrape::of(&portal).await;
    let many = (0..40).map(|n| {
        let request = Machine::new(&format!("lab-{n}"), &portal.product).activation(&key);
        send(&portal, "/api/v1/activations", request, 200)
    });
    futures_util::future::join_all(many).await;
    let after = scrape::of(&portal).await;
    let more = |series: &str| after.value(series) - before.value(series);
    assert!(more("store_write_seconds_count") >= 40.0);
    assert_eq!(
        more("store_group_writes_sum"),
        more("store_write_seconds_count"),
        "each is in one group"
    );
    assert_eq!(more("store_group_writes_count"), more("store_commit_seconds_count"));
    assert!(more("store_group_writes_count") <= more("store_group_writes_sum"));
    assert!(more("store_read_seconds_count") >= 1.0);
    assert_eq!(after.value("store_queue"), 0.0);
}

#[tokio::test]
async fn what_waits_is_there_with_its_age() {
    let portal = TestPortal::new().await;
    let scrape = scrape::of(&portal).await;
    assert!(scrape.value("audit_unchained") > 0.0, "nothing is chained here until a test says so");
    assert_eq!(scrape.value("mails_waiting"), 0.0);
    assert_eq!(scrape.value("mails_oldest_seconds"), 0.0);
    portal.clock.advance(100);
    let scrape = scrape::of(&portal).await;
    assert!(scrape.value("audit_unchained_oldest_seconds") >= 100.0);
    countersign_portal::audit::seal_all(&portal.app).await.unwrap();
    let scrape = scrape::of(&portal).await;
    assert_eq!(scrape.value("audit_unchained"), 0.0);
    assert_eq!(scrape.value("audit_unchained_oldest_seconds"), 0.0);
    assert!(scrape.value("signing_key_remaining_seconds") > 0.0);
    assert!(scrape.value("disk_free_bytes") > 0.0 && scrape.value("disk_bytes") > 0.0);
    assert!(scrape.value("store_file_bytes{file=\"database\"}") > 0.0);
    assert_eq!(scrape.value("store_answers"), 1.0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_measures_itself() {
    let portal = TestPortal::new().await;
    let scrape = scrape::of(&portal).await;
    assert!(scrape.value("process_resident_memory_bytes") > 1_000_000.0);
    assert!(scrape.value("process_open_fds") > 3.0);
    assert!(scrape.value("process_max_fds") >= scrape.value("process_open_fds"));
    assert!(scrape.value("process_start_time_seconds") > 1_600_000_000.0);
    assert!(scrape.value("process_cpu_seconds_total") >= 0.0);
}
