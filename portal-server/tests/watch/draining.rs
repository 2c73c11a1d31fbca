//! The end of a process while others go on: nobody's request fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use countersign_core::license_key::LicenseKey;
use tokio::sync::watch;

use crate::installation::Installation;
use crate::played::Machine;
use crate::process::Portal;

/// Longer than any test takes: what ends sooner was cut short.
const LONG: &[&str] = &["--rate-limit", "0", "--drain-seconds", "3600"];

fn a_license(here: &Installation) -> LicenseKey {
    here.admin(&["product", "create", "--id", "acme-cad"]).works();
    let create = ["license", "create", "--product", "acme-cad", "--json"];
    here.admin(&create).json()["key"].as_str().unwrap().parse().unwrap()
}

async fn says_no(server: &Portal) {
    for _ in 0..600 {
        let answer = server.visitor().get("/readyz").await;
        if answer.status == 503 {
            assert_eq!(answer.json()["draining"], true);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("/readyz still says yes half a minute after SIGTERM");
}

#[tokio::test]
async fn after_sigterm_readyz_says_no_and_everything_else_is_answered() {
    let here = Installation::new();
    let mut server = here.serve_with("warn", LONG);
    let key = a_license(&here);
    let ready = server.visitor().get("/readyz").await.is(200);
    assert_eq!((ready.json()["draining"].clone(), ready.header("connection")), (false.into(), ""));
    server.terminate();
    says_no(&server).await;
    server.visitor().get("/healthz").await.is(200);
    let page = server.visitor().get("/login").await.is(200);
    assert_eq!(page.header("connection"), "close", "the next request goes elsewhere");
    let request = Machine::new("lab-1", &"acme-cad".parse().unwrap()).activation(&key);
    let visitor = server.visitor();
    visitor.send(visitor.request("POST", "/api/v1/activations").body(request)).await.is(200);
    assert!(!server.has_ended());
    server.terminate();
    assert_eq!(server.end_of_its_own().code(), Some(0), "{}", server.log());
}

/// What a load balancer does: each request goes to whoever is ready. How many were answered, once `stop` is set.
async fn client(
    n: usize,
    key: LicenseKey,
    ready: watch::Receiver<(usize, String)>,
    seen: Arc<[AtomicUsize]>,
    stop: Arc<AtomicBool>,
) -> usize {
    let http = reqwest::Client::new();
    let mut answered = 0;
    while !stop.load(Ordering::SeqCst) {
        let (generation, url) = ready.borrow().clone();
        let machine = Machine::new(&format!("lab-{n}-{answered}"), &"acme-cad".parse().unwrap());
        let post = http.post(format!("{url}/api/v1/activations")).body(machine.activation(&key));
        let answer = post.send().await.expect("a request that was sent is answered");
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        answered += 1;
        seen[n].store(generation, Ordering::SeqCst);
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_is_replaced_under_load_and_no_request_fails() {
    const CLIENTS: usize = 4;
    let here = Installation::new();
    let mut old = here.serve_with("warn", LONG);
    let key = a_license(&here);
    let (balancer, ready) = watch::channel((1, old.url().to_owned()));
    let seen: Arc<[AtomicUsize]> = (0..CLIENTS).map(|_| AtomicUsize::new(0)).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| tokio::spawn(client(n, key.clone(), ready.clone(), seen.clone(), stop.clone())))
        .collect();
    let all_have_seen = async |generation| {
        while seen.iter().any(|seen| seen.load(Ordering::SeqCst) < generation) {
            assert!(clients.iter().all(|client| !client.is_finished()), "a client has failed");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    all_have_seen(1).await;
    for generation in 2..5 {
        let new = here.serve_with("warn", LONG);
        old.terminate();
        says_no(&old).await;
        balancer.send_replace((generation, new.url().to_owned()));
        // Whoever chose the old one has been answered by then.
        all_have_seen(generation).await;
        old.terminate();
        assert_eq!(old.end_of_its_own().code(), Some(0), "{}", old.log());
        old = new;
    }
    stop.store(true, Ordering::SeqCst);
    let mut answered = 0;
    for client in clients {
        answered += client.await.unwrap();
    }
    let count = "SELECT COUNT(*) FROM activation WHERE state = 'active'";
    let stored: i64 = here.database().query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(stored, answered as i64, "what was answered is stored, and nothing else");
}
