//! The list of trials.

use crate::played::Machine;
use crate::world::{DAY, TestPortal};

#[tokio::test]
async fn trials_are_listed_filtered_and_found() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    admin.get("/admin/trials").await.is(200).says("Nobody has tried a product yet");
    let old = Machine::new("old-1", &portal.product);
    portal.ask(&old.trial_of("1.0")).await.is(200);
    portal.clock.advance(14 * DAY);
    let admin = portal.logged_in("ada@acme.example").await;
    let names: Vec<String> = (0..60).map(|n| format!("new-{n:02}")).collect();
    for name in &names {
        portal.ask(&Machine::new(name, &portal.product).trial()).await.is(200);
    }
    let first = admin.get("/admin/trials").await.is(200).hides("old-1");
    let next = first.text.split(r#"rel="next" href=""#).nth(1).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let second = admin.get(&next).await.is(200).says("old-1");
    let on = |page: &str, name: &str| page.contains(&format!(">{name}</a>"));
    for name in &names {
        let times = usize::from(on(&first.text, name)) + usize::from(on(&second.text, name));
        assert_eq!(times, 1, "{name}");
    }
    let ended = admin.get("/admin/trials?state=ended").await.is(200);
    ended.says("old-1").hides("new-01").says("1.0");
    admin.get("/admin/trials?state=running").await.is(200).hides("old-1");
    admin.get("/admin/trials?state=extended").await.is(200).says("No trial fits");
    admin.get("/admin/trials?product=acme-cam").await.is(200).says("No trial fits");
    let key = old.key.public_key().thumbprint();
    let query =
        countersign_store::TrialQuery { search: Some("old".into()), most: 1, ..Default::default() };
    let trial = portal.app.store().trial_page(&query).await.unwrap().items.remove(0);
    let request = portal.app.store().trial_requests(&trial.id).await.unwrap()[0].id;
    for search in [key.to_string(), trial.id.to_string(), request.to_string(), "OLD".to_owned()] {
        let page = admin.get(&format!("/admin/trials?q={search}")).await.is(200);
        page.says(&format!("/admin/trials/{}", trial.id)).hides("new-01");
    }
    let page = admin.get(&format!("/admin/trials/{}", trial.id)).await.is(200);
    page.says("old-1").says(&key.to_string()).says(&request.to_string()).says("A trial began.");
}

#[tokio::test]
async fn attack_a_machines_name_is_text_on_the_vendors_pages() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let name = "<script>alert(1)</script>";
    let machine = Machine::new(name, &portal.product);
    portal.ask(&machine.trial_of("<b>1")).await.is(200);
    let id = portal.newest_trial().await.id;
    for page in ["/admin/trials".to_owned(), format!("/admin/trials/{id}")] {
        admin.get(&page).await.is(200).hides(name).hides("<b>1");
    }
    for odd in
        ["/admin/trials?q=%00%ff'&state=x&product=..&after=a.nX", "/admin/trials?after=x.t%F0"]
    {
        admin.get(odd).await.is(200);
    }
    for missing in ["x", "AAAAAAAAAAAAAAAAAAAAAA", "..%2F..", "-"] {
        admin.get(&format!("/admin/trials/{missing}")).await.is(404);
        admin.get(&format!("/admin/trials/{missing}/response")).await.is(404);
        admin.get(&format!("/admin/trials/{missing}/qr.svg")).await.is(404);
        let form = [("days", "7"), ("seen_end", "1")];
        admin.post(&format!("/admin/trials/{missing}/extend"), &form).await.is(404);
        admin.post(&format!("/admin/trials/{missing}/renew"), &[]).await.is(404);
    }
}

#[tokio::test]
async fn attack_customers_see_nobodys_trial() {
    let portal = TestPortal::new().await;
    portal.ask(&Machine::new("lab-7", &portal.product).trial()).await.is(200);
    let trial = portal.newest_trial().await;
    let customer = portal.customer("eve@lab.example").await;
    let here = format!("/admin/trials/{}", trial.id);
    for path in ["/admin/trials", &here, &format!("{here}/response"), &format!("{here}/qr.svg")] {
        customer.get(path).await.is(403).hides("lab-7");
    }
    let form = [("days", "7"), ("seen_end", &*trial.expires_at.to_string())];
    customer.post(&format!("{here}/extend"), &form).await.is(403);
    customer.post(&format!("{here}/renew"), &[]).await.is(403);
    assert_eq!(portal.newest_trial().await, trial);
}
