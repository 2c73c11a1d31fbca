//! More is asked than is done at a time: who is sent away hears so at once and in full, who is let in is answered, and everybody
//! else notices nothing. Places are held by the tests, so that nothing here depends on how fast a machine is.

use std::time::Duration;

use countersign_portal::lane::Width;
use countersign_portal::lanes::Work;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::played::Machine;
use crate::scrape;
use crate::world::{PASSWORD, TestPortal};

/// Two at a time, and four who wait as long as it takes.
fn narrow(_: Work) -> Width {
    Width { at_a_time: 2, waiting: 4, patience: Duration::from_secs(3600) }
}

/// As `narrow`, and nobody waits for one kind.
fn at_once(work: Work) -> Width {
    let waiting = match work {
        Work::Visitors | Work::Passwords | Work::StrangersUploads => 0,
        _ => 4,
    };
    Width { waiting, ..narrow(work) }
}

/// A status, and what `Retry-After` says.
async fn post(url: String, body: String) -> (u16, Option<String>, String) {
    let answer = reqwest::Client::new().post(url).body(body).send().await.unwrap();
    let wait = answer.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
    (answer.status().as_u16(), wait, answer.text().await.unwrap())
}

#[tokio::test]
async fn beyond_capacity_machines_are_sent_away_and_people_notice_nothing() {
    let portal = TestPortal::with(|config| config.widths = narrow).await;
    let jane = portal.customer("jane@lab.example").await;
    let key = portal.license(100, None).await;
    let gate = portal.app.lane(Work::Machines).fill().await;
    let url = format!("{}/api/v1/activations", portal.url);
    let mut flood: FuturesUnordered<_> = (0..60)
        .map(|n| {
            let request = Machine::new(&format!("lab-{n}"), &portal.product).activation(&key);
            tokio::spawn(post(url.clone(), request))
        })
        .collect();
    // Nobody inside moves, so all but the four who may wait are back while the gate is closed.
    for _ in 0..56 {
        let (status, wait, text) = flood.next().await.unwrap().unwrap();
        assert_eq!((status, wait.as_deref()), (503, Some("3")), "{text}");
        assert!(
            text.contains("\"code\":\"busy\"") && text.contains("Nothing was used up"),
            "{text}"
        );
    }
    jane.get("/licenses").await.is(200);
    portal.visitor().get("/activate").await.is(200);
    portal.logged_in("jane@lab.example").await.get("/profile").await.is(200);
    portal.visitor().get("/readyz").await.is(200);
    let scrape = scrape::of(&portal).await;
    assert_eq!(scrape.value("lane_inside{lane=\"machines\"}"), 2.0);
    assert_eq!(scrape.value("lane_waiting{lane=\"machines\"}"), 4.0);
    assert_eq!(scrape.value("lane_turned_away_total{lane=\"machines\",why=\"full\"}"), 56.0);
    drop(gate);
    while let Some(answered) = flood.next().await {
        let (status, _, text) = answered.unwrap();
        assert_eq!(status, 200, "{text}");
    }
    let taken = portal.audit().await.iter().filter(|e| e.action == "activation.create").count();
    assert_eq!(taken, 4, "who got an answer has a seat, and nobody else");
    assert_eq!(scrape::of(&portal).await.value("lane_waiting{lane=\"machines\"}"), 0.0);
}

#[tokio::test]
async fn a_queue_that_does_not_move_is_left_again() {
    let impatient = |work| Width { patience: Duration::from_millis(1), ..narrow(work) };
    let portal = TestPortal::with(|config| config.widths = impatient).await;
    let gate = portal.app.lane(Work::Trials).fill().await;
    let trial = Machine::new("lab-1", &portal.product).trial();
    let (status, wait, _) = post(format!("{}/api/v1/trials", portal.url), trial.clone()).await;
    assert_eq!((status, wait.as_deref()), (503, Some("3")));
    let scrape = scrape::of(&portal).await;
    assert_eq!(scrape.value("lane_turned_away_total{lane=\"trials\",why=\"slow\"}"), 1.0);
    drop(gate);
    assert_eq!(post(format!("{}/api/v1/trials", portal.url), trial).await.0, 200);
}

#[tokio::test]
async fn attack_with_pages_for_strangers_full_everybody_comes_in_and_works() {
    let portal = TestPortal::with(|config| config.widths = at_once).await;
    let jane = portal.customer("jane@lab.example").await;
    let key = portal.license(1, None).await;
    let _gate = portal.app.lane(Work::Visitors).fill().await;
    let busy = portal.visitor().get("/activate").await.is(503).says("Wait a few seconds");
    assert_eq!(busy.header("retry-after"), "3");
    busy.says("Nothing was changed").says("</html>");
    jane.get("/licenses").await.is(200);
    let visitor = portal.visitor();
    visitor.get("/login").await.is(200);
    visitor.log_in("jane@lab.example", PASSWORD).await.leads_to("/");
    visitor.get("/licenses").await.is(200);
    let activation = Machine::new("lab-7", &portal.product).activation(&key);
    assert_eq!(post(format!("{}/api/v1/activations", portal.url), activation).await.0, 200);
}

#[tokio::test]
async fn attack_logins_that_find_no_room_do_not_lock_the_owner_out() {
    let portal = TestPortal::with(|config| config.widths = at_once).await;
    let jane = portal.customer("jane@lab.example").await;
    let gate = portal.app.lane(Work::Passwords).fill().await;
    for _ in 0..12 {
        let busy = portal.visitor().log_in("jane@lab.example", PASSWORD).await.is(503);
        assert_eq!(busy.header("retry-after"), "3");
    }
    jane.get("/licenses").await.is(200);
    drop(gate);
    portal.visitor().log_in("jane@lab.example", PASSWORD).await.leads_to("/");
}

/// The head of a request, and the beginning of a body that never comes.
async fn half_sent(portal: &TestPortal, path: &str, length: usize) -> TcpStream {
    let address = portal.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n\
         --x\r\nContent-Disposition: form-data; name=\"pasted\"\r\n\r\nabc"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn attack_small_bodies_that_do_not_come_hold_no_place() {
    let portal = TestPortal::with(|config| config.widths = narrow).await;
    portal.customer("jane@lab.example").await;
    let mut open = Vec::new();
    for _ in 0..50 {
        open.push(half_sent(&portal, "/login", 900).await);
        open.push(half_sent(&portal, "/activate/review", 900).await);
    }
    // All of them have been read by the time that others, who came later, were answered.
    for _ in 0..10 {
        portal.visitor().get("/activate").await.is(200);
        portal.logged_in("jane@lab.example").await.get("/licenses").await.is(200);
    }
    assert_eq!(portal.app.lane(Work::Logins).waiting(), 0);
    assert_eq!(portal.app.lane(Work::Visitors).waiting(), 0);
}

#[tokio::test]
async fn attack_large_bodies_that_do_not_come_hold_up_nobody_but_other_large_ones() {
    let portal = TestPortal::with(|config| config.widths = at_once).await;
    let jane = portal.customer("jane@lab.example").await;
    let lane = portal.app.lane(Work::StrangersUploads);
    let mut open = Vec::new();
    for places in 1..=2 {
        open.push(half_sent(&portal, "/activate/review", 1_000_000).await);
        while lane.inside() < places {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let form = || reqwest::multipart::Form::new().text("pasted", "x".repeat(100_000));
    let busy = portal.visitor().upload("/activate/review", form()).await.is(503);
    assert_eq!(busy.header("retry-after"), "3");
    jane.upload("/activate/review", form()).await.is(200);
    portal.visitor().get("/activate").await.is(200);
    portal.visitor().log_in("jane@lab.example", PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn a_flood_of_everything_is_answered_or_sent_away_with_a_time_and_a_login_gets_in() {
    let portal = TestPortal::with(|config| config.widths = narrow).await;
    portal.customer("jane@lab.example").await;
    let key = portal.license(1000, None).await;
    let mut flood = FuturesUnordered::new();
    for n in 0..200 {
        let machine = Machine::new(&format!("lab-{n}"), &portal.product);
        let (activations, trials) = ("/api/v1/activations", "/api/v1/trials");
        for (path, body) in [(activations, machine.activation(&key)), (trials, machine.trial())] {
            flood.push(tokio::spawn(post(format!("{}{path}", portal.url), body)));
        }
        let page = reqwest::get(format!("{}/activate", portal.url));
        flood.push(tokio::spawn(async move {
            let page = page.await.unwrap();
            let wait = page.headers().get("retry-after").map(|w| w.to_str().unwrap().to_owned());
            (page.status().as_u16(), wait, page.text().await.unwrap())
        }));
    }
    let (mut seen, mut answered) = (0, 0);
    while let Some(answer) = flood.next().await {
        let (status, wait, text) = answer.unwrap();
        match status {
            200 => answered += 1,
            503 => assert_eq!(wait.as_deref(), Some("3"), "{text}"),
            _ => panic!("{status}: {text}"),
        }
        seen += 1;
        if seen == 100 {
            portal.logged_in("jane@lab.example").await.get("/licenses").await.is(200);
        }
    }
    assert!(answered > 0);
}
