//! `/admin/licenses` and `/admin/customers`: searched, filtered, page by page.

use countersign_store::{LicenseStatus, Validity};

use crate::played::NOW;
use crate::world::browser::Answer;
use crate::world::{DAY, TestPortal};

/// Where the page's link to the next page leads.
fn next(page: &Answer) -> Option<String> {
    let link = page.text.split("rel=\"next\" href=\"").nth(1)?;
    Some(link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&"))
}

fn rows(page: &Answer) -> usize {
    page.text.matches("<tr><th scope=\"row\">").count()
}

#[tokio::test]
async fn the_vendors_list_goes_on_page_by_page_and_loses_nothing() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    // No license key has the letters l and o: a word of digits alone may begin the last group of somebody else's.
    for n in 0..60 {
        portal.license_with(|new| new.holder = Some(format!("Holder lot{n:02}"))).await;
    }
    let (mut path, mut seen) = ("/admin/licenses".to_owned(), 0);
    for _ in 0..3 {
        let page = admin.get(&path).await.is(200);
        seen += rows(&page);
        match next(&page) {
            Some(further) => path = further,
            None => break,
        }
    }
    assert_eq!(seen, 60);
    let found = admin.get("/admin/licenses?q=holder+lot07").await.is(200);
    assert_eq!(rows(&found), 1, "{}", found.text);
}

#[tokio::test]
async fn the_vendors_list_is_filtered_by_plan_organization_status_and_end() {
    let portal = TestPortal::new().await;
    let (admin, lab) = (portal.admin().await, portal.organization("Lab").await);
    let plan = portal.plan("Team", |_| ()).await;
    let by_plan = portal.license(1, None).await;
    portal.change_license(&by_plan, |license| license.plan_id = Some(plan.id)).await;
    let of_lab = portal.license_with(|new| new.organization = Some(lab)).await;
    portal.change_license(&of_lab, |license| license.status = LicenseStatus::Suspended).await;
    let ends = portal.license_with(|new| new.validity = Validity::Fixed(NOW + 5 * DAY)).await;
    for (query, expected) in [
        (format!("plan={}", plan.id), &by_plan),
        ("organization=lab".to_owned(), &of_lab),
        (format!("organization={lab}&status=suspended"), &of_lab),
        ("status=suspended".to_owned(), &of_lab),
        ("status=ending".to_owned(), &ends),
        ("status=ending&product=acme-cad&sort=end".to_owned(), &ends),
    ] {
        let page = admin.get(&format!("/admin/licenses?{query}")).await.is(200);
        let page = page.says(&format!("/admin/licenses/{}", expected.id()));
        assert_eq!(rows(&page), 1, "{query}");
    }
    let both = format!("/admin/licenses?plan={}&organization=Lab", plan.id);
    admin.get(&both).await.is(200).says("Show all");
    let unknown = admin.get("/admin/licenses?organization=Nowhere").await.is(200);
    assert_eq!(rows(&unknown.says("There is no organization Nowhere")), 0);
    // Nonsense asks for nothing.
    assert_eq!(rows(&admin.get("/admin/licenses?plan=x&after=%00&sort=y").await.is(200)), 3);
}

#[tokio::test]
async fn customers_are_found_by_words_and_listed_page_by_page() {
    let portal = TestPortal::new().await;
    let (admin, lab) = (portal.admin().await, portal.organization("Laboratory").await);
    for n in 0..30 {
        portal
            .user(|user| {
                user.email = format!("person-{n:02}@lab.example");
                user.name = format!("Firstname Müller{n:02}");
                user.organization = (n % 2 == 0).then_some(lab);
            })
            .await;
    }
    let first = admin.get("/admin/customers").await.is(200);
    let second = admin.get(&next(&first).unwrap()).await.is(200);
    let heads = |page: &Answer| page.text.matches("/admin/customers/users/").count();
    assert_eq!(heads(&first) + heads(&second), 30, "Ada is no customer");
    for (query, expected) in [
        ("q=m%C3%BCller07", "person-07@lab.example"),
        ("q=MÜLLER07", "person-07@lab.example"),
        ("q=person-11%40lab.example", "person-11@lab.example"),
    ] {
        let found = admin.get(&format!("/admin/customers?{query}")).await.is(200);
        assert_eq!(rows(&found.says(expected)), 1, "{query}");
    }
    let of_lab = admin.get(&format!("/admin/customers?organization={lab}")).await.is(200);
    assert_eq!(rows(&of_lab), 15);
    let by_name = admin.get("/admin/customers?q=labor").await.is(200);
    by_name.says(&format!("/admin/customers?organization={lab}"));
    // A new name is found and the old one is not.
    let user = portal.stored_user("person-07@lab.example").await;
    let form = [("name", "Anna Schmidt")];
    admin.post(&format!("/admin/customers/users/{}", user.id), &form).await.is(303);
    assert_eq!(rows(&admin.get("/admin/customers?q=schmi").await.is(200)), 1);
    assert_eq!(rows(&admin.get("/admin/customers?q=müller07").await.is(200)), 0);
}

#[tokio::test]
async fn organizations_are_listed_by_name_page_by_page() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    for n in 0..40 {
        portal.organization(&format!("{} {n:02}", if n % 2 == 0 { "Firm" } else { "über" })).await;
    }
    let path = "/admin/customers/organizations";
    let first = admin.get(path).await.is(200).says("Firm 00");
    let second = admin.get(&next(&first).unwrap()).await.is(200).says("über 39");
    let count = |page: &Answer| page.text.matches("name=\"allowed_users\"").count();
    assert_eq!(count(&first) + count(&second), 40);
    let found = admin.get(&format!("{path}?q=ÜBER+0")).await.is(200);
    assert_eq!(count(&found), 5);
}
