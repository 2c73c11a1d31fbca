//! A reseller's admin: what they do for their own customers, and what they try with somebody else's.

use countersign_store::{MetadataEntry, NewLicense, Role, Viewer};

use crate::Sales;
use crate::world::{PASSWORD, TestPortal};

#[tokio::test]
async fn the_vendor_makes_a_reseller_and_puts_a_customer_under_it() {
    let portal = TestPortal::new().await;
    let (_, admin) = portal.logged_in_as("olga", Role::Owner).await;
    let (seller, lab) = (portal.organization("Sales").await, portal.organization("Lab").await);
    let organization = |id| format!("/admin/customers/organizations/{id}");
    let of = seller.to_string();
    let sold = [("name", "Lab"), ("reseller", &*of)];
    admin
        .post(&organization(lab), &sold)
        .await
        .is(422)
        .says("Only an organization that is a reseller");
    admin.post(&organization(seller), &[("name", "Sales"), ("kind", "reseller")]).await.is(303);
    admin.post(&organization(lab), &sold).await.leads_to("/admin/customers");
    let stored = portal.app.store().organization(lab).await.unwrap().unwrap();
    assert_eq!(stored.reseller, Some(seller));
    let form = [("email", "rita@sales.example"), ("role", "reseller-admin")];
    admin.post("/admin/customers/users", &form).await.is(422).says("its admins belong to it");
    let form = [form[0], form[1], ("organization", &*of)];
    admin.post("/admin/customers/users", &form).await.is(200).says("/password/");
    let rita = portal.stored_user("rita@sales.example").await;
    assert_eq!((rita.role, rita.organization), (Role::ResellerAdmin, Some(seller)));
    // A form that does not speak of it changes nothing of it.
    admin.post(&organization(lab), &[("name", "Lab 2")]).await.is(303);
    let stored = portal.app.store().organization(lab).await.unwrap().unwrap();
    assert_eq!((&*stored.name, stored.reseller), ("Lab 2", Some(seller)));
    admin.post(&organization(seller), &[("name", "Sales"), ("kind", "customer")]).await.is(422);
}

#[tokio::test]
async fn a_reseller_sees_a_license_as_its_organizations_admin_does() {
    let portal = TestPortal::new().await;
    let sales = Sales::new(&portal, "North").await;
    let entry = |viewers: &[Viewer], value: &str| MetadataEntry {
        value: value.into(),
        visible_to: viewers.to_vec(),
    };
    portal
        .change_license(&sales.key, |license| {
            license.metadata = [
                ("a".to_owned(), entry(&[Viewer::Organization], "for-organizations")),
                ("b".to_owned(), entry(&[Viewer::Reseller], "for-resellers")),
                ("c".to_owned(), entry(&[Viewer::Device], "for-the-app")),
            ]
            .into();
        })
        .await;
    let page = sales.browser.get(&sales.page()).await.is(200).says(&sales.key.grouped());
    page.says("for-organizations").says("for-resellers").hides("for-the-app").says("north-7");
    sales.browser.get(&sales.machine).await.is(200);
    sales.browser.get("/licenses").await.is(200).says("North Lab");
    sales.browser.get("/licenses?q=north").await.is(200).says("North Lab");
    sales.browser.get("/licenses.csv").await.is(200).says("North Lab");
    sales.browser.get("/downloads/acme-cad").await.is(200);
    sales.browser.post(&format!("{}/release", sales.machine), &[("reason", "lost")]).await.is(303);
    assert_eq!(portal.stored(&sales.key).await.total_releases, 1);
}

#[tokio::test]
async fn a_reseller_creates_a_customer_invites_somebody_there_and_passes_a_license_on() {
    let portal = TestPortal::new().await;
    let sales = Sales::new(&portal, "North").await;
    let made = sales.browser.post("/reseller/organizations", &[("name", "Firm")]).await.is(303);
    let page = made.header("location").to_owned();
    let firm = page.rsplit('/').next().unwrap().to_owned();
    let form = [("email", "nina@firm.example"), ("organization_role", "admin")];
    sales.browser.post(&page, &form).await.leads_to(&page);
    let mail = portal.last_mail().await;
    assert_eq!((&*mail.to, &*mail.subject), ("nina@firm.example", "Invitation to Firm at Acme"));
    let nina = portal.visitor();
    let accept = [("first_name", "Nina"), ("last_name", "Berg"), ("password", PASSWORD)];
    nina.post(&mail.link(&portal, "/invite/"), &accept).await.leads_to("/");
    nina.get("/organization").await.is(200).says("Firm");
    nina.get(&sales.page()).await.is(404);
    let assign = format!("/reseller/licenses/{}", sales.license());
    sales.browser.get(&assign).await.is(200).says("Firm").says("One machine holds a seat");
    let revision = portal.stored(&sales.key).await.revision.to_string();
    let to = format!("organization:{firm}");
    let form = [("to", &*to), ("revision", &*revision)];
    sales.browser.post(&assign, &form).await.leads_to(&sales.page());
    nina.get(&sales.page()).await.is(200).says("Firm");
    let stored = portal.stored(&sales.key).await;
    assert_eq!(stored.organization.unwrap().to_string(), firm);
    assert_eq!((stored.holder.as_deref(), stored.live_activations), (Some("Firm"), 1));
    // Once decided on what it was, not twice.
    sales.browser.post(&assign, &form).await.is(422);
    let actions: Vec<_> = portal.audit().await.into_iter().map(|entry| entry.action).collect();
    assert!(actions.iter().any(|action| action == "license.assign"), "{actions:?}");
}

#[tokio::test]
async fn attack_a_reseller_reaches_another_resellers_license_by_id_or_search() {
    let portal = TestPortal::new().await;
    let (sales, others) = (Sales::new(&portal, "North").await, Sales::new(&portal, "South").await);
    let (browser, page, machine) = (&sales.browser, others.page(), &others.machine);
    let id = others.license();
    for path in [
        page.clone(),
        format!("{page}/machines.csv"),
        format!("{page}/end.ics"),
        machine.clone(),
        format!("{machine}/response"),
        format!("{machine}/release"),
        format!("/reseller/licenses/{id}"),
        format!("/reseller/organizations/{}", others.lab),
        format!("/reseller/organizations/{}", others.seller),
    ] {
        browser.get(&path).await.is(404).hides("South");
    }
    let own = sales.page();
    // Another one's machine is none of one's own license.
    let foreign = machine.rsplit('/').next().unwrap();
    browser.get(&format!("{own}/machines/{foreign}")).await.is(404);
    for path in
        [format!("{machine}/renew"), format!("{machine}/release"), format!("{page}/responses.zip")]
    {
        browser.post(&path, &[("reason", "lost")]).await.is(404);
    }
    let key = others.key.grouped();
    for search in ["south", &id.to_string(), &key, &key[key.len() - 5..], "south-7", "acme"] {
        for list in ["/licenses", "/licenses.csv", "/licenses.ics"] {
            let found = browser.get(&format!("{list}?q={search}")).await.is(200);
            let shown = [page.as_str(), "South Lab", foreign];
            assert!(shown.iter().all(|words| !found.text.contains(words)), "{list} {search}");
        }
    }
    browser.get("/licenses?view=mine").await.is(200).hides("South Lab");
    browser.get("/reseller").await.is(200).hides("South");
    // And by the vendor's or an organization's pages not at all.
    for path in ["/admin", "/admin/licenses", "/admin/customers", "/organization", "/admin/tokens"]
    {
        browser.get(path).await.is(403);
    }
    browser.get(&format!("/admin/licenses/{id}")).await.is(403);
}

#[tokio::test]
async fn attack_a_reseller_passes_a_foreign_license_to_itself_by_form_fields() {
    let portal = TestPortal::new().await;
    let (sales, others) = (Sales::new(&portal, "North").await, Sales::new(&portal, "South").await);
    let stranger = portal.user(|_| ()).await;
    let before = portal.audit().await.len();
    let revision = portal.stored(&others.key).await.revision.to_string();
    for to in [sales.seller, sales.lab] {
        let to = format!("organization:{to}");
        let path = format!("/reseller/licenses/{}", others.license());
        sales.browser.post(&path, &[("to", &to), ("revision", &revision)]).await.is(404);
    }
    // Nor is one's own license put upon somebody else.
    let (path, revision) = (
        format!("/reseller/licenses/{}", sales.license()),
        portal.stored(&sales.key).await.revision.to_string(),
    );
    for to in [
        format!("organization:{}", others.lab),
        format!("organization:{}", others.seller),
        format!("user:{}", others.rita.id),
        format!("user:{}", stranger.id),
        format!("user:{}", sales.rita.id),
    ] {
        sales.browser.post(&path, &[("to", &to), ("revision", &revision)]).await.is(404);
    }
    for (to, revision) in [("", "1"), ("organization:x", "1"), ("license:1", "1"), ("user", "x")] {
        sales.browser.post(&path, &[("to", to), ("revision", revision)]).await.is(422);
    }
    // Somebody is not invited where others sell, whatever the form says.
    for of in [others.lab, others.seller, sales.seller] {
        let form = [("email", "eve@evil.example"), ("organization", &*sales.lab.to_string())];
        sales.browser.post(&format!("/reseller/organizations/{of}"), &form).await.is(404);
    }
    assert_eq!(portal.audit().await.len(), before);
    // A customer cannot be moved from under another one by a form that names it.
    let form = [("name", "Mine"), ("reseller", &*others.seller.to_string()), ("kind", "reseller")];
    sales.browser.post("/reseller/organizations", &form).await.is(303);
    let all = portal.app.store().organizations().await.unwrap();
    let mine = all.iter().find(|organization| organization.name == "Mine").unwrap();
    assert_eq!(mine.reseller, Some(sales.seller));
    assert_eq!(mine.kind.as_str(), "customer");
}

#[tokio::test]
async fn attack_a_reseller_creates_or_changes_a_license() {
    let portal = TestPortal::new().await;
    let sales = Sales::new(&portal, "North").await;
    let before = portal.stored(&sales.key).await;
    for path in ["/admin/licenses".to_owned(), format!("/admin/licenses/{}", sales.license())] {
        let form = [("product", "acme-cad"), ("allowed_activations", "1000")];
        sales.browser.post(&path, &form).await.is(403);
    }
    let path = format!("/reseller/licenses/{}", sales.license());
    let (to, revision) = (format!("organization:{}", sales.lab), before.revision.to_string());
    let form = [
        ("to", &*to),
        ("revision", &*revision),
        ("allowed_activations", "1000"),
        ("extend_days", "999"),
    ];
    sales.browser.post(&path, &form).await.is(303);
    let after = portal.stored(&sales.key).await;
    assert_eq!(
        (after.allowed_activations, after.expires_at, after.status),
        (before.allowed_activations, before.expires_at, before.status)
    );
}

#[tokio::test]
async fn attack_a_former_admin_of_a_reseller_goes_on_with_the_old_session() {
    let portal = TestPortal::new().await;
    let sales = Sales::new(&portal, "North").await;
    sales.browser.get(&sales.page()).await.is(200);
    portal.change_role(&sales.rita, Role::Customer).await;
    sales.browser.get(&sales.page()).await.is(404);
    sales.browser.get("/reseller").await.is(403);
    sales.browser.post("/reseller/organizations", &[("name", "Firm")]).await.is(403);
    portal.change_role(&sales.rita, Role::ResellerAdmin).await;
    sales.browser.get(&sales.page()).await.is(200);
    // The reseller suspended, its people are out.
    portal.suspend_organization(sales.seller, true).await;
    sales.browser.get(&sales.page()).await.leads_to(&format!("/login?next={}", sales.page()));
}

#[tokio::test]
async fn a_license_in_a_resellers_stock_waits_for_a_customer() {
    let portal = TestPortal::new().await;
    let sales = Sales::new(&portal, "North").await;
    let stock =
        portal.license_with(|new: &mut NewLicense| new.organization = Some(sales.seller)).await;
    sales.browser.get(&format!("/licenses/{}", stock.id())).await.is(200);
    let path = format!("/reseller/licenses/{}", stock.id());
    sales.browser.get(&path).await.is(200).says("North Sales").says("North Lab");
    let (to, revision) = (format!("organization:{}", sales.lab), "1");
    sales.browser.post(&path, &[("to", &to), ("revision", revision)]).await.is(303);
    assert_eq!(portal.stored(&stock).await.organization, Some(sales.lab));
}
