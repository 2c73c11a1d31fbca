//! `/admin/audit`: the log by name, what was looked for in it, and what is taken along.

use countersign_audit::{Head, Known, verify};
use countersign_core::file;
use countersign_portal::audit;
use rusqlite::Connection;

use super::ADA;
use crate::played::{Machine, NOW};
use crate::world::{CookieUser, DAY, TestPortal};

async fn with_a_machine(portal: &TestPortal) -> CookieUser {
    let admin = portal.admin().await;
    let key = portal.license(5, None).await;
    let machine = Machine::new("lab-7", &portal.product);
    let api = portal.visitor();
    api.send(api.request("POST", "/api/v1/activations").body(machine.activation(&key)))
        .await
        .is(200);
    admin.post("/admin/customers/organizations", &[("name", "Lab <&>")]).await.is(303);
    admin
}

#[tokio::test]
async fn the_log_names_people_and_things_and_leads_to_them() {
    let portal = TestPortal::new().await;
    let admin = with_a_machine(&portal).await;
    let ada = portal.stored_user(ADA).await;
    let page = admin.get("/admin/audit").await.is(200);
    let page = page.says("lab-7 was activated.").says("/machines/").says("the machine");
    let page = page.says("Lab &#60;&#38;&#62;").says("Acme CAD · Pro (…").says("/admin/licenses/");
    page.says(&format!("<a href=\"/admin/customers/users/{}\">{ADA}</a>", ada.id));
}

#[tokio::test]
async fn the_log_is_searched_by_action_actor_subject_and_day() {
    let portal = TestPortal::new().await;
    let admin = with_a_machine(&portal).await;
    let key = portal.license(1, None).await;
    let found = |query: String| {
        let admin = &admin;
        async move {
            let page = admin.get(&format!("/admin/audit?{query}")).await.is(200);
            page.text.matches("<th scope=\"row\">").count()
        }
    };
    let all = found(String::new()).await;
    assert!(all > 5, "{all}");
    assert_eq!(found("action=activation.".into()).await, 1);
    assert_eq!(found("action=activation.create".into()).await, 1);
    assert_eq!(found("action=ctivation".into()).await, 0);
    assert_eq!(found(format!("actor={ADA}")).await, 1, "the organization");
    assert_eq!(found(format!("actor=user:{}", portal.stored_user(ADA).await.id)).await, 1);
    assert_eq!(found(format!("subject={}", key.grouped())).await, 1, "its license");
    assert_eq!(found(format!("subject={}&action=license.create", key.id())).await, 1);
    assert_eq!(found(format!("subject={ADA}")).await, 1, "being created");
    let day = |at: u64| file::date(at).chars().take(10).collect::<String>();
    let today = day(NOW);
    assert_eq!(found(format!("from={today}&until={today}&action=activation.create")).await, 1);
    assert_eq!(found(format!("from={}", day(NOW + DAY))).await, 0);
    assert_eq!(found(format!("until={}&action=activation.create", day(NOW - DAY))).await, 0);
    assert_eq!(found("from=nonsense&action=%25".into()).await, 0);
    assert_eq!(found("actor=%27%20OR%201%3D1".into()).await, 0);
}

#[tokio::test]
async fn the_log_goes_on_from_page_to_page_and_each_entry_is_shown_once() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    for n in 0..120 {
        portal.organization(&format!("organization {n}.")).await;
    }
    let (mut path, mut seen) = ("/admin/audit?action=organization.".to_owned(), Vec::new());
    for _ in 0..3 {
        let page = admin.get(&path).await.is(200);
        let here = (0..120).filter(|n| page.text.contains(&format!("organization {n}.")));
        seen.extend(here);
        let Some((_, next)) = page.text.split_once("rel=\"next\" href=\"") else { break };
        path = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..120).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_taken_along_is_proven_by_a_checkpoint_that_was_taken_before() {
    let portal = TestPortal::new().await;
    let admin = with_a_machine(&portal).await;
    for n in 0..600 {
        portal.organization(&format!("organization {n}")).await;
    }
    admin.post("/admin/audit/checkpoints", &[]).await.leads_to("/admin/audit#checkpoints");
    let page = admin.get("/admin/audit").await.is(200);
    let n = page.text.split("/admin/audit/checkpoints/").nth(1).unwrap();
    let n: u64 = n.split('"').next().unwrap().parse().unwrap();
    let kept = admin.get(&format!("/admin/audit/checkpoints/{n}")).await.is(200);
    portal.organization("after it").await;
    // Without anything new the same one is there.
    let token = file::read(kept.text.as_bytes()).unwrap();
    let checkpoint = portal.roots().verify_checkpoint(&token).unwrap();
    assert_eq!(checkpoint.claims().n, n);
    let log = admin.get("/admin/audit.jsonl").await.is(200);
    assert!(log.header("content-disposition").contains(".jsonl"));
    let head = Head { n, hash: checkpoint.claims().hash };
    let known = Known { name: "kept".into(), log: Some(checkpoint.claims().log), head };
    let verified = verify(log.text.as_bytes(), None, vec![known]).unwrap();
    assert_eq!(verified.findings, []);
    assert_eq!(verified.proven, Some((n, 0)));
    assert_eq!(verified.entries, n + 1, "what came after is there, and not proven yet");
    assert!(audit::check(&portal.app, &[]).await.unwrap().findings.is_empty());
    admin.get("/admin/audit/checkpoints/999999").await.is(404);
    admin.get("/admin/audit/checkpoints/x").await.is(404);
}

#[tokio::test]
async fn attack_a_name_that_is_a_formula_in_the_table_of_the_log() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal.organization("=HYPERLINK(\"https://evil.example\")").await;
    let table = admin.get("/admin/audit.csv?action=organization.").await.is(200);
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let rows: Vec<&str> = table.text.lines().collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[1].contains("\"'=HYPERLINK"), "{rows:?}");
    // More rows than are read at once.
    for n in 0..1100 {
        portal.organization(&format!("organization {n}")).await;
    }
    let table = admin.get("/admin/audit.csv?action=organization.").await.is(200);
    assert_eq!(table.text.lines().count(), 1102);
}

#[tokio::test]
async fn a_key_that_may_not_sign_checkpoints_is_said_with_what_to_do() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let data = portal.app.config().data.clone();
    let root = std::fs::read_to_string(data.join("root-key-carry-away/root.pem")).unwrap();
    let root = countersign_core::pem::read_private(&root, None).unwrap();
    // As portals have it that were made before there were checkpoints.
    let mut delegation = portal.app.keys().signing.delegation().unwrap().clone();
    delegation.scope.types.retain(|kind| kind.as_str() != "audit-checkpoint");
    std::fs::write(data.join("keys/signing.chain"), delegation.sign(&root)).unwrap();
    let mut portal = portal;
    portal.start_again().await;
    drop(admin);
    let admin = portal.logged_in(ADA).await;
    let refused = admin.post("/admin/audit/checkpoints", &[]).await.is(422);
    refused.says("audit-checkpoint").says("nothing was changed");
    let log = admin.get("/admin/audit.jsonl").await.is(200);
    assert!(verify(log.text.as_bytes(), None, vec![]).unwrap().findings.is_empty());
}

#[tokio::test]
async fn a_row_that_was_deleted_shows_in_what_is_taken_along() {
    let portal = TestPortal::new().await;
    let admin = with_a_machine(&portal).await;
    admin.post("/admin/audit/checkpoints", &[]).await.is(303);
    let database = Connection::open(portal.app.config().data.join("countersign.db")).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    database.execute("DELETE FROM audit WHERE seq = 3", []).unwrap();
    let log = admin.get("/admin/audit.jsonl").await.is(200);
    let verified = verify(log.text.as_bytes(), None, vec![]).unwrap();
    assert_eq!(verified.findings[0].fact, "entry 3 is missing before entry 4");
}
