//! Fields that suggest people and organizations say when there are others.

use crate::world::TestPortal;

const WORDS: &str = "The first 50 are suggested";

#[tokio::test]
async fn suggestions_that_are_not_all_say_so_wherever_they_are_made() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let jane = portal.user(|_| ()).await;
    let key = portal.license(1, None).await;
    let pages = [
        "/admin/customers".to_owned(),
        "/admin/licenses/new".to_owned(),
        format!("/admin/customers/users/{}", jane.id),
        format!("/admin/licenses/{}", key.id()),
    ];
    for n in 0..49 {
        portal.organization(&format!("Lab {n:02}")).await;
    }
    portal.organization("Lab 49").await;
    for page in &pages {
        let page = admin.get(page).await.is(200).hides(WORDS);
        assert_eq!(page.text.matches("<option value=\"Lab ").count(), 50);
    }
    portal.organization("Lab 50").await;
    for page in &pages {
        let page = admin.get(page).await.is(200).says(WORDS);
        assert_eq!(page.text.matches("<option value=\"Lab ").count(), 50);
    }
    // Others are typed.
    let form = [("product", "acme-cad"), ("organization", "lab 50"), ("strategy", "fuzzy")];
    admin.post("/admin/licenses", &form).await.is(303);
}

#[tokio::test]
async fn more_people_than_are_suggested_are_said_too() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    for n in 0..50 {
        portal.user(|user| user.email = format!("p{n:02}@lab.example")).await;
    }
    admin.get("/admin/licenses/new").await.is(200).hides(WORDS);
    portal.user(|user| user.email = "p50@lab.example".into()).await;
    let page = admin.get("/admin/licenses/new").await.is(200).says(WORDS);
    page.says("value=\"p49@lab.example\"").hides("value=\"p50@lab.example\"");
}
