//! A flood on the public trial doors, and everybody else.

use countersign_portal::lanes::Work;

use crate::played::Machine;
use crate::world::TestPortal;

#[tokio::test]
async fn attack_with_the_trial_lane_full_everybody_else_is_served() {
    let portal = TestPortal::new().await;
    let jane = portal.customer("jane@lab.example").await;
    let key = portal.license(3, None).await;
    let full = portal.app.lane(Work::Trials).fill().await;
    assert!(!full.is_empty());
    let request = Machine::new("lab-7", &portal.product).trial();
    let flood: Vec<_> = (0..300)
        .map(|_| {
            let http = reqwest::Client::new();
            let post = http.post(format!("{}/api/v1/trials", portal.url)).body(request.clone());
            tokio::spawn(async move {
                let answer = post.send().await.unwrap();
                let wait = answer.headers()["retry-after"].to_str().unwrap().to_owned();
                (answer.status().as_u16(), wait, answer.text().await.unwrap())
            })
        })
        .collect();
    // While nothing of it is answered: pages, logins and activations are.
    jane.get("/licenses").await.is(200);
    jane.get("/profile").await.is(200);
    portal.logged_in("jane@lab.example").await.get("/licenses").await.is(200);
    let visitor = portal.visitor();
    let activation = Machine::new("lab-7", &portal.product).activation(&key);
    let post = visitor.request("POST", "/api/v1/activations").body(activation);
    visitor.send(post).await.is(200);
    for answered in flood {
        let (status, wait, text) = answered.await.unwrap();
        assert_eq!((status, wait.as_str()), (503, "3"), "{text}");
        assert!(
            text.contains("\"code\":\"busy\"") && text.contains("Nothing was used up"),
            "{text}"
        );
    }
    drop(full);
    portal.ask("", &request).await.is(200);
}

#[tokio::test]
async fn attack_bodies_that_do_not_come_hold_no_place_in_the_lane() {
    use tokio::io::AsyncWriteExt as _;
    let portal = TestPortal::new().await;
    let address = portal.url.strip_prefix("http://").unwrap();
    let mut open = Vec::new();
    for _ in 0..200 {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /api/v1/trials HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/plain\r\nContent-Length: 900\r\n\r\nabc"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        open.push(stream);
    }
    portal.ask("", &Machine::new("lab-7", &portal.product).trial()).await.is(200);
    assert_eq!(open.len(), 200);
}

#[tokio::test]
async fn a_flood_of_real_requests_is_answered_or_sent_away_and_logged_in_people_are_served() {
    let portal = TestPortal::new().await;
    let jane = portal.customer("jane@lab.example").await;
    let flood: Vec<_> = (0..400)
        .map(|n| {
            let request = Machine::new(&format!("machine-{n}"), &portal.product).trial();
            let post = reqwest::Client::new().post(format!("{}/api/v1/trials", portal.url));
            tokio::spawn(async move { post.body(request).send().await.unwrap().status().as_u16() })
        })
        .collect();
    for _ in 0..10 {
        jane.get("/licenses").await.is(200);
    }
    let mut started = 0;
    for answered in flood {
        match answered.await.unwrap() {
            200 => started += 1,
            status => assert_eq!(status, 503),
        }
    }
    assert!(started > 0);
    let written = portal.audit().await.iter().filter(|e| e.action == "trial.start").count();
    assert_eq!(written, started, "who got an answer has a trial, and nobody else");
}
