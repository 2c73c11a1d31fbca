//! `/password/{secret}` and `/setup/{secret}`: links that work once.

use countersign_portal::setup_link;

use crate::world::{DAY, PASSWORD, TestPortal};

const JANE: &str = "jane@lab.example";
const NEW: &str = "a password of my own";
const DEAD: &str = "This link was used, is too old, or was replaced by a newer one.";

#[tokio::test]
async fn a_link_sets_the_password_once() {
    let portal = TestPortal::new().await;
    portal
        .user(|user| {
            user.password_hash = None;
            user.status = countersign_store::UserStatus::Invited;
        })
        .await;
    let link = portal.password_link(JANE, DAY).await;
    let jane = portal.visitor();
    for _ in 0..3 {
        // Mail scanners look at links before people do.
        jane.get(&link).await.is(200).says("Set your password");
    }
    jane.post(&link, &[("password", NEW)]).await.leads_to("/login");
    jane.log_in(JANE, NEW).await.leads_to("/");
    jane.get(&link).await.is(422).says(DEAD);
    jane.post(&link, &[("password", PASSWORD)]).await.is(422).says(DEAD);
    portal.visitor().log_in(JANE, NEW).await.leads_to("/");
}

#[tokio::test]
async fn a_link_is_dead_after_its_time() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let link = portal.password_link(JANE, DAY).await;
    portal.clock.advance(DAY - 1);
    portal.visitor().get(&link).await.is(200);
    portal.clock.advance(1);
    portal.visitor().get(&link).await.is(422).says(DEAD);
    portal.visitor().post(&link, &[("password", NEW)]).await.is(422).says(DEAD);
    portal.logged_in(JANE).await;
}

#[tokio::test]
async fn a_password_that_is_too_short_leaves_the_link_alive() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let link = portal.password_link(JANE, DAY).await;
    let jane = portal.visitor();
    for bad in ["", "123456789", "äöüäöüäöü", &"x".repeat(257)] {
        let answer = jane.post(&link, &[("password", bad)]).await.is(422);
        answer.says("A password has").says("characters").hides("value=\"1234");
    }
    jane.post(&link, &[("password", "äöüäöüäöüä")]).await.leads_to("/login");
    jane.log_in(JANE, "äöüäöüäöüä").await.leads_to("/");
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_the_old_one() {
    let portal = TestPortal::new().await;
    let (jane, thief) = (portal.customer(JANE).await, portal.logged_in(JANE).await);
    let other = portal.customer("joe@lab.example").await;
    let link = portal.password_link(JANE, DAY).await;
    jane.post(&link, &[("password", NEW)]).await.leads_to("/login");
    for browser in [&jane, &thief] {
        browser.get("/licenses").await.leads_to("/login?next=/licenses");
    }
    other.get("/licenses").await.is(200);
    thief.log_in(JANE, PASSWORD).await.is(403);
}

#[tokio::test]
async fn a_newer_link_replaces_an_older_one() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    portal.user(|user| user.email = "joe@lab.example".into()).await;
    let of_another = portal.password_link("joe@lab.example", DAY).await;
    let older = portal.password_link(JANE, DAY).await;
    let newer = portal.password_link(JANE, DAY).await;
    portal.visitor().get(&older).await.is(422).says(DEAD);
    portal.visitor().post(&older, &[("password", NEW)]).await.is(422).says(DEAD);
    portal.visitor().get(&newer).await.is(200);
    portal.visitor().get(&of_another).await.is(200);
}

#[tokio::test]
async fn a_link_does_not_let_a_suspended_user_in() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let link = portal.password_link(JANE, DAY).await;
    portal.suspend_user(JANE).await;
    portal.visitor().post(&link, &[("password", NEW)]).await.is(422).says(DEAD);
    portal.visitor().log_in(JANE, NEW).await.is(403);
}

#[tokio::test]
async fn a_link_for_a_password_makes_no_admin_and_the_other_way_round() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let password = portal.password_link(JANE, DAY).await;
    let setup = setup_link(&portal.app).await.unwrap().unwrap();
    let as_setup = password.replace("/password/", "/setup/");
    let as_password = setup.replace("/setup/", "/password/");
    let admin = [("email", "eve@evil.example"), ("name", "Eve"), ("password", NEW)];
    portal.visitor().post(&as_setup, &admin).await.is(422).says(DEAD);
    portal.visitor().post(&as_password, &[("password", NEW)]).await.is(422).says(DEAD);
    assert!(!portal.app.store().has_admin().await.unwrap());
    portal.visitor().get(&setup).await.is(200);
    portal.visitor().get(&password).await.is(200);
}

#[tokio::test]
async fn the_setup_link_is_dead_after_a_day_or_a_newer_one() {
    let portal = TestPortal::new().await;
    let older = setup_link(&portal.app).await.unwrap().unwrap();
    let newer = setup_link(&portal.app).await.unwrap().unwrap();
    portal.visitor().get(&older).await.is(422).says(DEAD);
    portal.visitor().get(&newer).await.is(200).says("Create the first admin");
    let bad = [("email", "ada@acme.example"), ("name", "Ada"), ("password", "short")];
    portal.visitor().post(&newer, &bad).await.is(422).says("10 to 256 characters");
    portal.clock.advance(DAY);
    let admin = [("email", "ada@acme.example"), ("name", "Ada"), ("password", NEW)];
    portal.visitor().post(&newer, &admin).await.is(422).says(DEAD);
    assert!(!portal.app.store().has_admin().await.unwrap());
}

#[tokio::test]
async fn an_address_that_is_taken_leaves_the_setup_link_alive() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let setup = setup_link(&portal.app).await.unwrap().unwrap();
    let taken = [("email", " JANE@lab.example"), ("name", "Jane"), ("password", NEW)];
    portal.visitor().post(&setup, &taken).await.is(422).says("with this e-mail address already");
    let free = [("email", "ada@acme.example"), ("name", "Ada"), ("password", NEW)];
    portal.visitor().post(&setup, &free).await.leads_to("/admin");
}

/// Posts the form to the link from eight browsers at once; how many got through.
async fn race(portal: &TestPortal, link: &str, forms: [Vec<(&'static str, String)>; 8]) -> usize {
    let racers = forms.map(|form| {
        let (browser, link) = (portal.visitor(), link.to_owned());
        tokio::spawn(async move {
            let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            browser.post(&link, &form).await.status
        })
    });
    let mut through = 0;
    for racer in racers {
        through += usize::from(racer.await.unwrap() == 303);
    }
    through
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_who_use_the_setup_link_at_once_one_becomes_the_admin() {
    let portal = TestPortal::new().await;
    let setup = setup_link(&portal.app).await.unwrap().unwrap();
    let forms = std::array::from_fn(|n| {
        let email = ("email", format!("admin-{n}@acme.example"));
        vec![email, ("name", format!("Admin {n}")), ("password", NEW.to_owned())]
    });
    assert_eq!(race(&portal, &setup, forms).await, 1);
    assert_eq!(portal.app.store().users().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_who_use_a_password_link_at_once_one_sets_the_password() {
    let portal = TestPortal::new().await;
    portal.user(|_| ()).await;
    let link = portal.password_link(JANE, DAY).await;
    let forms = std::array::from_fn(|n| vec![("password", format!("a password, number {n}"))]);
    assert_eq!(race(&portal, &link, forms).await, 1);
}

#[tokio::test]
async fn a_link_that_nobody_made_is_refused() {
    let portal = TestPortal::new().await;
    for link in ["/password/x", "/setup/x", "/password/%00", "/setup/..%2f..%2fetc"] {
        portal.visitor().get(link).await.is(422).says(DEAD);
    }
}
