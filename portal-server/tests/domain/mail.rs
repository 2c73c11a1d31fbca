//! The page about mail: what is set, what waits, and a mail to oneself.

use std::net::TcpListener;
use std::time::Duration;

use countersign_portal::Smtp;

use crate::server::{Certificate, SmtpServer};
use crate::world::TestPortal;

const PAGE: &str = "/admin/settings/mail";
const TEST: &str = "/admin/settings/mail/test";

async fn portal_at(url: String, login: Option<(&str, &str)>) -> TestPortal {
    TestPortal::with(|config| {
        let (user, password) = login.map(|(u, p)| (u.to_owned(), p.to_owned())).unzip();
        config.smtp = Some(Smtp { url, user, password });
        config.mail_from = Some("Acme Portal <portal@acme.example>".into());
    })
    .await
}

#[tokio::test]
async fn a_test_mail_goes_to_oneself_and_the_page_says_that_the_server_took_it() {
    let server = SmtpServer::start();
    let portal = portal_at(format!("smtp://127.0.0.1:{}", server.port), None).await;
    let admin = portal.admin().await;
    admin.get(PAGE).await.is(200).says(&format!("127.0.0.1:{}", server.port)).says("none");
    // Whatever else is in the form.
    let form = [("to", "eve@evil.example"), ("email", "eve@evil.example")];
    admin.post(TEST, &form).await.is(200).says("The server took the mail to ada@acme.example");
    // It was taken before the page said so.
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0]["to"], serde_json::json!(["ada@acme.example"]));
    let letter = &server.letters()[0];
    assert_eq!(letter.subject, "Test mail of the portal of Acme");
    assert!(letter.text.contains(&format!("{}/login", portal.url)), "{}", letter.text);
    assert_eq!(portal.app.store().jobs_waiting("mail").await.unwrap().waiting, 0);
}

#[tokio::test]
async fn what_the_server_says_is_shown_and_the_mail_is_not_tried_again() {
    let server = SmtpServer::start();
    let portal = portal_at(format!("smtp://127.0.0.1:{}", server.port), None).await;
    for (email, words) in
        [("gone@acme.example", "no such mailbox here"), ("busy@acme.example", "come back later")]
    {
        portal
            .user(|user| {
                user.email = email.into();
                user.role = countersign_store::Role::Admin;
            })
            .await;
        let admin = portal.logged_in(email).await;
        admin.post(TEST, &[]).await.is(200).says("did not get through").says(words);
    }
    assert_eq!(portal.app.store().jobs_waiting("mail").await.unwrap().waiting, 0);
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_so_and_the_queue_is_shown() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let portal = portal_at(format!("smtp://127.0.0.1:{free}"), None).await;
    let admin = portal.admin().await;
    admin.get(PAGE).await.is(200).says("No mail has failed");
    admin.post(TEST, &[]).await.is(200).says("did not get through").says("efused");
    portal.user(|user| user.email = "jane@lab.example".into()).await;
    portal.visitor().post("/forgot", &[("email", "jane@lab.example")]).await.is(200);
    for _ in 0..600 {
        if portal.app.store().jobs_waiting("mail").await.unwrap().failing > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let page = admin.get(PAGE).await.is(200);
    let page = page.says("<dd id=\"waiting\">1</dd>").says("<dd id=\"failing\">1</dd>");
    page.says("efused").hides("jane@lab.example").hides("No mail has failed");
}

#[tokio::test]
async fn attack_the_operators_password_is_on_no_page() {
    let certificate = Certificate::new();
    let server = SmtpServer::encrypted(&certificate, "whole");
    let secrets = ["hunter2secret", "portal-user", "aHVudGVyMnNlY3JldA", "cG9ydGFsLXVzZXI"];
    let url = format!("smtps://localhost:{}", server.port);
    let in_url = format!("smtps://portal-user:hunter2secret@localhost:{}", server.port);
    for portal in [
        portal_at(url, Some(("portal-user", "hunter2secret"))).await,
        portal_at(in_url, None).await,
    ] {
        let admin = portal.admin().await;
        let page = admin.get(PAGE).await.is(200).says("with a password").says("TLS from the start");
        // The certificate is nobody's, so the conversation ends in an error, which is shown.
        let tested = admin.post(TEST, &[]).await.is(200).says("did not get through");
        for secret in secrets {
            assert!(!page.text.contains(secret) && !tested.text.contains(secret), "{secret}");
        }
    }
}

#[tokio::test]
async fn attack_a_flood_of_test_mails() {
    let server = SmtpServer::start();
    let portal = portal_at(format!("smtp://127.0.0.1:{}", server.port), None).await;
    let admin = portal.admin().await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(admin.post(TEST, &[]).await.status.as_u16());
    }
    let taken = statuses.iter().filter(|status| **status == 200).count();
    assert!((1..=6).contains(&taken) && statuses[19] == 429, "{statuses:?}");
    assert_eq!(server.taken().len(), taken);
    portal.clock.advance(3600);
    admin.post(TEST, &[]).await.is(200);
}

#[tokio::test]
async fn without_a_server_the_page_says_that_nobody_gets_mail() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    admin.get(PAGE).await.is(200).says("nobody gets it");
    admin.post(TEST, &[]).await.is(200).says("written into the outbox");
    let mail = portal.last_mail().await;
    assert_eq!(mail.to, "ada@acme.example");
    let jane = portal.customer("jane@lab.example").await;
    jane.get(PAGE).await.is(403);
    jane.post(TEST, &[]).await.is(403);
}
