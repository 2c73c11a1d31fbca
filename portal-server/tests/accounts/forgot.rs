//! `/forgot` and `/reset/{token}`.

use crate::mails::Letter;
use crate::world::{PASSWORD, TestPortal};

const JANE: &str = "jane@lab.example";
const NEW: &str = "a password of my own";
const DEAD: &str = "This link was used, is too old, or what it is about is over.";

async fn asked(portal: &TestPortal, email: &str) -> Letter {
    portal.visitor().post("/forgot", &[("email", email)]).await.is(200);
    portal.last_mail().await
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_mail() {
    let portal = TestPortal::new().await;
    let before = portal.customer(JANE).await;
    let mail = asked(&portal, " Jane@Lab.example ").await;
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), (JANE, "New password for Acme"));
    let link = mail.link(&portal, "/reset/");
    let jane = portal.visitor();
    for _ in 0..3 {
        // Programs that check mail look at links before people do.
        jane.get(&link).await.is(200).says("Set your password");
    }
    jane.post(&link, &[("password", "short")]).await.is(422).says("10 to 256 characters");
    jane.post(&link, &[("password", NEW)]).await.leads_to("/login?done=password");
    jane.get("/login?done=password").await.says("Your new password is set.");
    jane.log_in(JANE, PASSWORD).await.is(403);
    jane.log_in(JANE, NEW).await.leads_to("/");
    before.get("/licenses").await.leads_to("/login?next=/licenses");
    let notice = portal.last_mail().await;
    assert_eq!(
        (notice.to.as_str(), notice.subject.as_str()),
        (JANE, "Your password at Acme was changed")
    );
}

#[tokio::test]
async fn reset_link_reuse_is_refused() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let first = asked(&portal, JANE).await.link(&portal, "/reset/");
    let second = asked(&portal, JANE).await.link(&portal, "/reset/");
    assert_ne!(first, second);
    let attacker = portal.visitor();
    portal.visitor().post(&first, &[("password", NEW)]).await.is(303);
    for link in [&first, &second] {
        attacker.get(link).await.is(422).says(DEAD);
        attacker.post(link, &[("password", "the attacker's own")]).await.is(422).says(DEAD);
    }
    portal.visitor().log_in(JANE, NEW).await.leads_to("/");
}

#[tokio::test]
async fn a_reset_link_is_dead_after_an_hour() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let link = asked(&portal, JANE).await.link(&portal, "/reset/");
    portal.clock.advance(3599);
    portal.visitor().get(&link).await.is(200);
    portal.clock.advance(1);
    portal.visitor().get(&link).await.is(422).says(DEAD);
    portal.visitor().post(&link, &[("password", NEW)]).await.is(422).says(DEAD);
    portal.visitor().log_in(JANE, PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn enumeration_by_forgotten_passwords_tells_nothing() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    portal
        .user(|user| {
            user.email = "sue@lab.example".into();
            user.status = countersign_store::UserStatus::Suspended;
        })
        .await;
    let audit = portal.audit().await.len();
    let mut answers = Vec::new();
    for email in [JANE, "sue@lab.example", "nobody@lab.example"] {
        // Each for itself: the worker takes what the answer did not wait for.
        let answer = portal.visitor().post("/forgot", &[("email", email)]).await.is(200);
        answers.push((answer.status, answer.text, names(&answer.headers)));
        // The same work as well: one write, and nothing that depends on who that is.
        assert_eq!(portal.audit().await.len(), audit);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let to: Vec<String> = portal.mails().await.into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, [JANE]);
}

fn names(headers: &reqwest::header::HeaderMap) -> Vec<String> {
    let ours = headers.keys().filter(|name| name.as_str() != "date");
    ours.map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_queue_looks_the_same_whether_there_is_an_account_or_not() {
    let portal = TestPortal::with(|config| {
        // Nobody takes the letters away: this server is not there.
        config.smtp = Some(countersign_portal::Smtp {
            url: "smtp://127.0.0.1:1".into(),
            user: None,
            password: None,
        });
        config.mail_from = Some("portal@acme.example".into());
    })
    .await;
    portal.user(|_| ()).await;
    for email in [JANE, "nobody@lab.example"] {
        portal.visitor().post("/forgot", &[("email", email)]).await.is(200);
    }
    let database = portal.app.config().data.join("countersign.db");
    let database = rusqlite::Connection::open(database).unwrap();
    let mut jobs = database.prepare("SELECT kind, created_at FROM job ORDER BY seq").unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let jobs: Vec<(String, i64)> = jobs.query_map([], row).unwrap().map(Result::unwrap).collect();
    assert_eq!(jobs.len(), 2);
    assert_eq!(jobs[0], jobs[1]);
}

#[tokio::test]
async fn host_header_poisoning_does_not_get_into_a_mail() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let visitor = portal.visitor();
    let post = visitor
        .request("POST", "/forgot")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .form(&[("email", JANE)]);
    let poisoned = post.try_clone().unwrap().header("host", "evil.example");
    visitor.send(poisoned).await.is(421);
    visitor.send(post).await.is(200);
    let mail = portal.last_mail().await;
    mail.link(&portal, "/reset/");
    assert!(!mail.raw.contains("evil.example"), "{}", mail.raw);
}

#[tokio::test]
async fn header_injection_by_the_address_is_refused() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    for evil in [
        "jane@lab.example\r\nBcc: eve@evil.example",
        "jane@lab.example\nBcc: eve@evil.example",
        "jane@lab.example, eve@evil.example",
        "jane@lab.example%0d%0aBcc: eve@evil.example",
        "Jane <jane@lab.example>",
        "",
    ] {
        portal.visitor().post("/forgot", &[("email", evil)]).await.is(422);
    }
    assert!(portal.mails().await.is_empty());
}

#[tokio::test]
async fn secrets_of_links_are_neither_in_the_database_nor_in_its_jobs() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let link = asked(&portal, JANE).await.link(&portal, "/reset/");
    let secret = link.strip_prefix("/reset/").unwrap().as_bytes();
    let files = std::fs::read_dir(&portal.app.config().data).unwrap();
    for path in files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{}", path.display());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_outbox_is_for_the_eyes_of_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    asked(&portal, JANE).await;
    let outbox = portal.app.config().data.join("outbox");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&outbox), 0o700);
    let files: Vec<_> = std::fs::read_dir(&outbox).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "no unfinished file is left: {files:?}");
    assert_eq!(mode(&files[0]), 0o600);
}
