//! The language of pages and mails: as the profile says, or the browser.

use crate::world::TestPortal;

const JANE: &str = "jane@lab.example";

#[tokio::test]
async fn the_profile_decides_then_the_browser() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let german = |path| jane.request("GET", path).header("accept-language", "de");
    jane.send(german("/profile")).await.is(200).says("lang=\"de\"").says("Vorname");
    let form = [("first_name", ""), ("last_name", ""), ("language", "en")];
    jane.post("/profile", &form).await.is(303);
    jane.send(german("/profile")).await.is(200).says("lang=\"en\"").says("First name");
    let form = [("first_name", ""), ("last_name", ""), ("language", "xx")];
    jane.post("/profile", &form).await.is(303);
    assert_eq!(portal.stored_user(JANE).await.language, None, "what nobody speaks is not stored");
}

#[tokio::test]
async fn a_mail_speaks_as_the_reader_chose_or_as_the_page_that_caused_it() {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    let visitor = portal.visitor();
    let ask = async |language: &str| {
        let post = visitor
            .request("POST", "/forgot")
            .header("accept-language", language)
            .form(&[("email", JANE)]);
        visitor.send(post).await.is(200);
        portal.last_mail().await
    };
    let mail = ask("de").await;
    assert!(mail.text.contains("hoffentlich Sie, hat ein neues Passwort"), "{}", mail.text);
    assert!(mail.text.contains("Wenn Sie das nicht waren, lassen"), "{}", mail.text);
    mail.link(&portal, "/reset/");
    let form = [("first_name", ""), ("last_name", ""), ("language", "en")];
    jane.post("/profile", &form).await.is(303);
    let mail = ask("de").await;
    assert!(mail.text.contains("Somebody, hopefully you"), "{}", mail.text);
}

#[tokio::test]
async fn every_page_of_accounts_is_there_in_german() {
    let portal = TestPortal::new().await;
    let lab = portal.organization("Lab").await;
    let otto = portal.runner("otto@lab.example", lab).await;
    let group = portal.group("Students", lab).await;
    for path in [
        "/profile",
        "/profile/two-factor",
        "/profile/sessions",
        "/organization",
        "/organization/users",
        "/organization/groups",
        &format!("/organization/groups/{group}"),
        "/organization/activity",
        "/forgot",
        "/login",
    ] {
        let request = otto.request("GET", path).header("accept-language", "de");
        let page = otto.send(request).await.is(200).says("lang=\"de\"");
        for english in ["Password", "Users", "Groups", "Save", "was created"] {
            assert!(!page.text.contains(&format!(">{english}")), "{path} says {english}");
        }
    }
}
