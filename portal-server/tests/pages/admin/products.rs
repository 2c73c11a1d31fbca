//! `/admin/products`

use super::{changes_nothing, is_written_down};
use crate::played::Machine;
use crate::world::TestPortal;

const TRIALS: &str = "/api/v1/trials";

#[tokio::test]
async fn a_product_is_created_and_gives_trials() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    is_written_down(&portal, "product.save", "acme-cam", async {
        let form = [("id", "acme-cam"), ("name", " Acme <CAM> "), ("trial_days", "30")];
        admin.post("/admin/products", &form).await.leads_to("/admin/products/acme-cam");
    })
    .await;
    let product = portal.app.store().product(&"acme-cam".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((&*product.name, product.trial.days), ("Acme <CAM>", Some(30)));
    assert_eq!((product.reinstall_allowance, product.archived), (3, false));
    let root = portal.app.keys().roots[0].to_string();
    let page = admin.get("/admin/products/acme-cam").await.is(200).says(&root);
    page.says("Acme &#60;CAM&#62;").hides("<CAM>");
    admin.get("/admin/products").await.is(200).says("acme-cam").says("30 days");
    let trial = Machine::new("lab-7", &product.id).trial();
    admin.send(admin.request("POST", TRIALS).body(trial)).await.is(200);
}

#[tokio::test]
async fn a_product_is_edited() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let path = "/admin/products/acme-cad";
    is_written_down(&portal, "product.save", "acme-cad", async {
        let form = [
            ("name", "Acme CAD 2"),
            ("trial_days", "7"),
            ("trial_strategy", "exact"),
            ("trial_entitlements", "viewer\nparts=50\nedition=small\n\n"),
            ("reinstall_allowance", "1"),
        ];
        admin.post(path, &form).await.leads_to(path);
    })
    .await;
    let product = portal.app.store().product(&portal.product).await.unwrap().unwrap();
    assert_eq!((product.trial.days, product.reinstall_allowance), (Some(7), 1));
    assert_eq!(product.trial.strategy.as_str(), "exact");
    assert_eq!(product.trial.entitlements.len(), 3);
    admin.get(path).await.is(200).says("edition=small\nparts=50\nviewer");
}

#[tokio::test]
async fn an_archived_product_gives_no_trial() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let trial = Machine::new("lab-7", &portal.product).trial();
    let form = [("name", "Acme CAD"), ("trial_days", "14"), ("archived", "1")];
    admin.post("/admin/products/acme-cad", &form).await.is(303);
    let refused = admin.send(admin.request("POST", TRIALS).body(trial.clone())).await;
    refused.refuses_as(404, "no-trial");
    admin.get("/admin/products").await.is(200).says("archived");
    admin.post("/admin/products/acme-cad", &form[..2]).await.is(303);
    admin.send(admin.request("POST", TRIALS).body(trial)).await.is(200);
}

#[tokio::test]
async fn a_product_that_is_not_well_described_is_not_created() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let form = |id, name, days| [("id", id), ("name", name), ("trial_days", days)];
    for (form, words) in [
        (form("Acme CAM", "Acme CAM", ""), "a-z"),
        (form("", "Acme CAM", ""), "a-z"),
        (form("acme-cad", "Another", ""), "There is a product with this id already."),
        (form("acme-cam", " ", ""), "A product has a name."),
        (form("acme-cam", "Acme CAM", "-1"), "is not a whole number"),
        (form("acme-cam", "Acme CAM", "2.5"), "is not a whole number"),
        (form("acme-cam", "Acme CAM", "99999999999"), "is not a whole number"),
    ] {
        changes_nothing(&portal, async {
            admin.post("/admin/products", &form).await.is(422).says(words).says("Nothing was");
        })
        .await;
    }
    changes_nothing(&portal, async {
        let form = [("name", "Acme CAD"), ("trial_entitlements", "=7")];
        admin.post("/admin/products/acme-cad", &form).await.is(422).says("NAME=7");
    })
    .await;
}

#[tokio::test]
async fn a_product_that_is_not_there_is_not_found() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    for path in ["/admin/products/acme-cam", "/admin/products/No%20Product"] {
        admin.get(path).await.is(404);
        changes_nothing(&portal, async {
            admin.post(path, &[("name", "x")]).await.is(404);
        })
        .await;
    }
}
