//! `/admin`: what the vendor sets up, and that it is written down who did it.

mod approvals;
mod audit;
mod customers;
mod fields;
mod licenses;
mod look;
mod products;
mod settings;

use countersign_store::AuditEntry;

use crate::world::TestPortal;

const ADA: &str = "ada@acme.example";

/// What happens in a step: the entries that it adds to the audit log, oldest first.
async fn entries_of(portal: &TestPortal, step: impl Future<Output = ()>) -> Vec<AuditEntry> {
    let before = portal.audit().await.len();
    step.await;
    let mut entries = portal.audit().await;
    entries.truncate(entries.len() - before);
    entries.reverse();
    entries
}

/// The step adds this one entry, in the name of the admin.
async fn is_written_down(
    portal: &TestPortal,
    action: &str,
    subject: &str,
    step: impl Future<Output = ()>,
) {
    let entries = entries_of(portal, step).await;
    let ada = format!("user:{}", portal.stored_user(ADA).await.id);
    let seen: Vec<_> = entries.iter().map(|e| (&*e.actor, &*e.action, &*e.subject)).collect();
    let subject = if subject.is_empty() { seen[0].2 } else { subject };
    assert_eq!(seen, [(&*ada, action, subject)]);
}

/// The step changes nothing, and so leaves no entry.
async fn changes_nothing(portal: &TestPortal, step: impl Future<Output = ()>) {
    assert_eq!(entries_of(portal, step).await, []);
}

#[tokio::test]
async fn the_overview_shows_what_happened_and_by_whom() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    admin.post("/admin/products", &[("id", "acme-cam"), ("name", "Acme CAM")]).await.is(303);
    let ada = portal.stored_user(ADA).await.id;
    let overview = admin.get("/admin").await.is(200);
    let overview = overview.says("Product Acme CAM was saved.").says("action=product.save");
    overview.says(&format!("<a href=\"/admin/customers/users/{ada}\">{ADA}</a>"));
}
