//! The end of the delegation is said in time: on pages, by mail, in `/readyz`, in metrics.

use countersign_portal::serve_metrics;
use countersign_store::Role;

use super::papers::{PAGE, bring};
use crate::played::{Machine, NOW};
use crate::world::{CookieUser, DAY, TestPortal};

impl TestPortal {
    /// Warnings that were queued, by the step that they are for.
    async fn warnings(&self) -> Vec<String> {
        let entries = self.audit().await.into_iter().rev();
        entries.filter(|e| e.action == "keys.warning").map(|e| e.detail).collect()
    }
}

#[tokio::test]
async fn every_admin_gets_one_mail_for_each_step_and_the_pages_say_it() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal
        .user(|user| {
            user.email = "gerd@acme.example".into();
            user.role = Role::Admin;
            user.language = Some("de".into());
        })
        .await;
    portal.user(|user| user.email = "jane@lab.example".into()).await;
    let until = portal.app.keys().until();
    admin.get("/admin").await.is(200).hides("ends soon");
    assert!(portal.warnings().await.is_empty());
    for (days, steps) in [(42, 1), (41, 1), (14, 2), (13, 2), (7, 3), (3, 4), (1, 5)] {
        portal.clock.advance(until - days * DAY - portal.app.now());
        let queued = async |portal: &TestPortal| portal.warnings().await.len() == steps;
        portal.until("the warning is queued", queued).await;
        // One that still waits when the next is due is left out: nobody needs both.
        portal.until_nothing_waits().await;
        let ready = portal.ready().await;
        assert_eq!(ready["signing_key_days_left"], days, "{ready}");
        assert_eq!(ready["signing_key_until"], until);
        assert!(ready["warning"].as_str().unwrap().contains("/admin/keys"), "{ready}");
        portal.visitor().get("/readyz").await.is(200);
    }
    let admin = portal.logged_in("ada@acme.example").await;
    for page in ["/admin", PAGE] {
        admin.get(page).await.is(200).says("The signing key ends soon").says("in one day");
    }
    portal.clock.advance(DAY);
    let over = async |portal: &TestPortal| portal.warnings().await.len() == 6;
    portal.until("the end is said", over).await;
    portal.visitor().get("/readyz").await.is(503).says("has ended");
    let admin = portal.logged_in("ada@acme.example").await;
    admin.get("/admin").await.says("The signing key has ended");
    let mails = portal.mails().await;
    for (to, ends, ended, other) in [
        ("ada@acme.example", "ends soon", "has ended", "endet"),
        ("gerd@acme.example", "endet bald", "ist abgelaufen", "ends soon"),
    ] {
        let of: Vec<_> = mails.iter().filter(|mail| mail.to == to).collect();
        assert_eq!(of.len(), 6, "{mails:#?}");
        assert!(of[..5].iter().all(|mail| mail.subject.contains(ends)), "{of:#?}");
        assert!(of[5].subject.contains(ended), "{of:#?}");
        assert!(of.iter().all(|mail| !mail.subject.contains(other)));
        of[0].link(&portal, PAGE);
    }
    assert_eq!(mails.len(), 12, "nobody else hears of it");
}

#[tokio::test]
async fn several_processes_and_starts_warn_once() {
    let mut portal = TestPortal::new().await;
    portal.admin().await;
    portal.clock.advance(725 * DAY);
    let queued = async |portal: &TestPortal| !portal.warnings().await.is_empty();
    portal.until("the warning is queued", queued).await;
    portal.until_nothing_waits().await;
    // The first one runs on: two at a time on one database.
    portal.start_again().await;
    portal.start_again().await;
    portal.clock.advance(4 * DAY);
    let twice = async |portal: &TestPortal| portal.warnings().await.len() >= 2;
    portal.until("the next warning is queued", twice).await;
    portal.mails().await;
    // Each has looked at least once more by then.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(portal.warnings().await.len(), 2);
    assert_eq!(portal.mails().await.len(), 2);
}

#[tokio::test]
async fn metrics_are_on_a_listener_of_their_own_and_on_no_other() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve_metrics(listener, portal.app.clone()));
    portal.visitor().get("/metrics").await.is(404);
    let scraper = CookieUser::new(&url);
    scraper.get("/admin/keys").await.is(404);
    let key = portal.license(1, None).await;
    for (name, status) in [("lab-5", 200), ("lab-6", 409)] {
        let request = Machine::new(name, &portal.product).activation(&key);
        let visitor = portal.visitor();
        let post = visitor.request("POST", "/api/v1/activations");
        visitor.send(post.body(request)).await.is(status);
    }
    let until = portal.app.keys().until();
    let page = scraper.get("/metrics").await.is(200);
    let page = page
        .says(&format!("countersign_signing_key_not_after_seconds {until}\n"))
        .says("countersign_signing_key_ended 0\n")
        .says("countersign_signing_key_warning 0\n")
        .says("countersign_keys_folder_unused 0\n")
        .says("countersign_answers_total{kind=\"activation\",code=\"answered\",door=\"api\"} 1\n")
        .says("countersign_answers_total{kind=\"activation\",code=\"seats-used-up\",door=\"api\"} 1\n");
    assert!(page.header("content-type").starts_with("application/openmetrics-text"));
    portal.clock.advance(until - NOW);
    let page = scraper.get("/metrics").await;
    page.says("countersign_signing_key_ended 1\n").says("countersign_signing_key_warning 1\n");
    let admin_again = portal.logged_in("ada@acme.example").await;
    drop(admin);
    bring(&admin_again, &[("c", &portal.delegate_anew())]).await.leads_to(PAGE);
    let page = scraper.get("/metrics").await;
    page.says("countersign_signing_key_ended 0\n").says("countersign_signing_key_warning 0\n");
}
