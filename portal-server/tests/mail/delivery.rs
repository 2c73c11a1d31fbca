//! What becomes of a mail.

use std::net::TcpListener;
use std::time::Duration;

use countersign_portal::Smtp;

use crate::server::SmtpServer;
use crate::world::{DAY, TestPortal};

const JANE: &str = "jane@lab.example";

async fn portal_with(port: u16) -> TestPortal {
    TestPortal::with(|config| {
        let url = format!("smtp://127.0.0.1:{port}");
        config.smtp = Some(Smtp { url, user: None, password: None });
        config.mail_from = Some("Acme Portal <portal@acme.example>".into());
    })
    .await
}

async fn ask(portal: &TestPortal, email: &str) {
    portal.user(|user| user.email = email.into()).await;
    portal.visitor().post("/forgot", &[("email", email)]).await.is(200);
}

impl TestPortal {
    /// Waits until a mail has failed and waits for its next try.
    async fn until_a_mail_waits(&self) {
        for _ in 0..600 {
            if self.app.store().jobs_waiting("mail").await.unwrap().failing > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no mail has failed");
    }
}

#[tokio::test]
async fn a_mail_goes_through_a_server() {
    let server = SmtpServer::start();
    let portal = portal_with(server.port).await;
    ask(&portal, JANE).await;
    portal.until_nothing_waits().await;
    let mail = &server.taken()[0];
    assert_eq!((&mail["from"], &mail["to"][0]), (&"portal@acme.example".into(), &JANE.into()));
    let letter = &server.letters()[0];
    assert_eq!((letter.to.as_str(), letter.subject.as_str()), (JANE, "New password for Acme"));
    assert!(letter.raw.contains("From: \"Acme Portal\" <portal@acme.example>"), "{}", letter.raw);
    assert!(letter.raw.contains("Auto-Submitted: auto-generated"));
    portal.visitor().get(&letter.link(&portal, "/reset/")).await.is(200);
    assert!(!portal.app.config().data.join("outbox").exists(), "nothing is left lying about");
}

#[tokio::test]
async fn a_mail_waits_for_a_server_that_is_down_and_is_delivered_once() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let portal = portal_with(free).await;
    ask(&portal, JANE).await;
    portal.until_a_mail_waits().await;
    let server = SmtpServer::with(&["--port", &free.to_string()]);
    portal.clock.advance(29);
    // Another mail is not kept back by one that waits.
    ask(&portal, "joe@lab.example").await;
    assert_eq!(server.has_taken(1).await[0].to, "joe@lab.example");
    portal.clock.advance(1);
    let letters = server.has_taken(2).await;
    assert_eq!(letters[1].to, JANE);
    portal.visitor().get(&letters[1].link(&portal, "/reset/")).await.is(200);
    portal.until_nothing_waits().await;
    portal.clock.advance(DAY);
    ask(&portal, "max@lab.example").await;
    assert_eq!(server.has_taken(3).await[2].to, "max@lab.example");
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    let server = SmtpServer::start();
    let portal = portal_with(server.port).await;
    ask(&portal, "busy@lab.example").await;
    portal.until_a_mail_waits().await;
    assert!(server.taken().is_empty());
    portal.clock.advance(30);
    assert_eq!(server.has_taken(1).await[0].to, "busy@lab.example");
    portal.until_nothing_waits().await;
}

#[tokio::test]
async fn a_mailbox_that_does_not_exist_is_given_up_in_the_open() {
    let server = SmtpServer::start();
    let portal = portal_with(server.port).await;
    let lab = portal.organization("Lab").await;
    let otto = portal.runner("otto@lab.example", lab).await;
    otto.post("/organization/users", &[("email", "gone@lab.example")]).await.is(303);
    portal.until_nothing_waits().await;
    assert!(server.taken().is_empty());
    let entry = portal.audit().await.remove(0);
    assert_eq!(entry.action, "mail.given-up");
    assert!(entry.detail.contains("no such mailbox here"), "{}", entry.detail);
    let log = otto.get("/organization/activity").await.is(200);
    log.says("A mail to gone@lab.example could not be delivered").says("no such mailbox here");
    // The next one is not held back.
    otto.post("/organization/users", &[("email", "inga@lab.example")]).await.is(303);
    assert_eq!(server.has_taken(1).await[0].to, "inga@lab.example");
}

#[tokio::test]
async fn a_mail_that_was_taken_without_a_word_comes_again_under_the_same_id() {
    let server = SmtpServer::start();
    let portal = portal_with(server.port).await;
    ask(&portal, "silent@lab.example").await;
    portal.until_a_mail_waits().await;
    portal.clock.advance(30);
    let letters = server.has_taken(2).await;
    portal.until_nothing_waits().await;
    let id = |n: usize| {
        letters[n].raw.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned()
    };
    assert_eq!(id(0), id(1));
    // Whichever the person opens works, and ends the other.
    let (first, second) =
        (letters[0].link(&portal, "/reset/"), letters[1].link(&portal, "/reset/"));
    portal.visitor().post(&first, &[("password", "a password of mine")]).await.is(303);
    portal.visitor().get(&second).await.is(422);
}

#[tokio::test]
async fn after_half_a_day_without_a_server_a_mail_is_given_up() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let portal = portal_with(free).await;
    ask(&portal, JANE).await;
    let mut hours = 0;
    portal.until_tried_more_than(0).await;
    while portal.app.store().jobs_waiting("mail").await.unwrap().waiting > 0 {
        assert!(hours < 30, "still tried after {hours} hours");
        let tries = portal.tries().await;
        portal.clock.advance(3600);
        hours += 1;
        portal.until_tried_more_than(tries).await;
    }
    assert!(hours > 10, "given up after {hours} hours");
    assert_eq!(portal.audit().await[0].action, "mail.given-up");
}

impl TestPortal {
    /// How often the only mail was tried; -1 while it is, far more when it is done with.
    async fn tries(&self) -> i64 {
        let database = self.app.config().data.join("countersign.db");
        let database = rusqlite::Connection::open(database).unwrap();
        let sql = "SELECT CASE WHEN done_at IS NOT NULL THEN 1000 WHEN locked_until IS NULL THEN tries ELSE -1 END \
            FROM job";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    async fn until_tried_more_than(&self, tries: i64) {
        for _ in 0..600 {
            if self.tries().await > tries {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it was not tried again");
    }
}
