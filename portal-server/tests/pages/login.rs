//! `/login` and `/logout`.

use crate::world::{DAY, PASSWORD, TestPortal};

const JANE: &str = "jane@lab.example";
const REFUSED: &str = "E-mail address and password do not fit, or the account is not active.";

#[tokio::test]
async fn a_customer_logs_in_and_is_led_to_the_licenses() {
    let portal = TestPortal::new().await;
    portal.user(|user| user.email = JANE.into()).await;
    let jane = portal.visitor();
    jane.get("/licenses").await.leads_to("/login?next=/licenses");
    let answer = jane.log_in(JANE, PASSWORD).await.leads_to("/");
    let cookie = answer.set_cookie("countersign");
    for part in ["countersign=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{part} is missing in {cookie}");
    }
    jane.get("/").await.leads_to("/licenses");
    jane.get("/licenses").await.is(200);
}

#[tokio::test]
async fn an_admin_logs_in_and_is_led_to_the_vendors_pages() {
    let portal = TestPortal::new().await;
    portal.admin().await.get("/").await.leads_to("/admin");
}

#[tokio::test]
async fn case_and_blanks_of_the_address_do_not_matter() {
    let portal = TestPortal::new().await;
    portal.user(|user| user.email = JANE.into()).await;
    portal.visitor().log_in(" Jane@Lab.Example ", PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn over_https_the_cookie_is_tied_to_the_host() {
    let portal =
        TestPortal::with(|c| c.public_url = Some("https://portal.acme.example".into())).await;
    portal.user(|user| user.email = JANE.into()).await;
    let jane = portal.visitor();
    let answer = jane.log_in(JANE, PASSWORD).await.leads_to("/");
    for name in ["__Host-countersign", "__Host-countersign-device"] {
        let cookie = answer.set_cookie(name);
        assert!(cookie.contains("; HttpOnly") && cookie.contains("; Secure"), "{cookie}");
    }
    let cookie = answer.set_cookie("__Host-countersign");
    assert!(cookie.starts_with("__Host-countersign=") && cookie.contains("; Secure"), "{cookie}");
    // A browser ignores a `__Host-` cookie without `Secure`, also the one that takes it away.
    let answer = jane.post("/logout", &[]).await.leads_to("/login");
    let cookie = answer.set_cookie("__Host-countersign");
    assert!(cookie.starts_with("__Host-countersign=;") && cookie.contains("; Secure"), "{cookie}");
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let portal = TestPortal::new().await;
    portal.user(|user| user.email = JANE.into()).await;
    let jane = portal.visitor();
    for wrong in ["", "Correct horse battery", "correct horse battery ", &"x".repeat(100_000)] {
        jane.log_in(JANE, wrong).await.is(403).says(REFUSED);
        assert_eq!(jane.cookie(), None);
    }
    jane.log_in(JANE, PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn a_known_and_an_unknown_address_get_the_same_answer() {
    let portal = TestPortal::new().await;
    portal.user(|user| user.email = JANE.into()).await;
    portal.user(|user| user.email = "gone@lab.example".into()).await;
    portal.suspend_user("gone@lab.example").await;
    let invited = |user: &mut countersign_store::User| {
        user.email = "new@lab.example".into();
        user.password_hash = None;
        user.status = countersign_store::UserStatus::Invited;
    };
    portal.user(invited).await;
    let mut answers = Vec::new();
    for (email, password) in [
        (JANE, "a wrong password"),
        ("nobody@lab.example", PASSWORD),
        ("gone@lab.example", PASSWORD),
        ("new@lab.example", ""),
    ] {
        let mut seen = Vec::new();
        // The waits of a guesser tell nothing apart, either.
        for _ in 0..8 {
            let answer = portal.visitor().log_in(email, password).await;
            let names: Vec<_> = answer.headers.keys().cloned().collect();
            seen.push((answer.status, answer.text.replace(email, "E-MAIL"), names));
        }
        assert_eq!(seen[0].0, 403);
        assert_eq!(seen[7].0, 429);
        answers.push(seen);
        // The waits of the address that all of this comes from are forgotten.
        portal.clock.advance(2 * DAY);
    }
    assert!(answers.iter().all(|seen| *seen == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_guesser_waits_even_with_the_right_password_and_not_for_ever() {
    let portal = TestPortal::new().await;
    portal.user(|user| user.email = JANE.into()).await;
    let guesser = portal.visitor();
    let mut waited = 0;
    for _ in 0..100 {
        if guesser.log_in(JANE, "a guess of many").await.status == 429 {
            guesser.log_in(JANE, PASSWORD).await.is(429).says("Too many attempts. Wait ");
            portal.clock.advance(60);
            waited += 60;
        }
    }
    assert!(waited >= 3600, "a hundred guesses take an hour at least, not {waited} seconds");
    portal.clock.advance(15 * 60);
    portal.logged_in(JANE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_do_not_slip_through_together() {
    let portal = TestPortal::new().await;
    portal.user(|user| user.email = JANE.into()).await;
    let guesses = (0..60).map(|n| {
        let guesser = portal.visitor();
        tokio::spawn(async move { guesser.log_in(JANE, &format!("guess number {n}")).await.status })
    });
    let mut looked_at = 0;
    for guess in guesses.collect::<Vec<_>>() {
        looked_at += usize::from(guess.await.unwrap() == 403);
    }
    assert!((1..=6).contains(&looked_at), "{looked_at} of 60 guesses were looked at");
}

#[tokio::test]
async fn a_suspended_user_cannot_log_in() {
    let portal = TestPortal::new().await;
    portal.user(|user| user.email = JANE.into()).await;
    portal.suspend_user(JANE).await;
    portal.visitor().log_in(JANE, PASSWORD).await.is(403).says(REFUSED);
}

#[tokio::test]
async fn a_user_of_a_suspended_organization_cannot_log_in() {
    let portal = TestPortal::new().await;
    let lab = portal.organization("Lab").await;
    portal.user(|user| user.organization = Some(lab)).await;
    portal.suspend_organization(lab, true).await;
    portal.visitor().log_in(JANE, PASSWORD).await.is(403).says(REFUSED);
    portal.suspend_organization(lab, false).await;
    portal.logged_in(JANE).await;
}

#[tokio::test]
async fn after_the_login_the_way_back_stays_on_this_portal() {
    let portal = TestPortal::new().await;
    portal.user(|user| user.email = JANE.into()).await;
    for (next, leads_to) in [
        ("/licenses/abc?x=1", "/licenses/abc?x=1"),
        ("", "/"),
        ("licenses", "/"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        // Browsers take tabs and line breaks out before they read an address.
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("/\r\nset-cookie: countersign=planted", "/"),
        (" //evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let form = [("email", JANE), ("password", PASSWORD), ("next", next)];
        portal.visitor().post("/login", &form).await.leads_to(leads_to);
    }
}

#[tokio::test]
async fn what_was_typed_comes_back_as_text_not_as_markup() {
    let portal = TestPortal::new().await;
    let evil = "\"><script>alert(1)</script>";
    let form = [("email", evil), ("password", "wrong"), ("next", evil)];
    let answer = portal.visitor().post("/login", &form).await.is(403);
    answer.hides("<script>alert").hides("wrong\"");
    let answer = portal.visitor().get("/login?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await;
    answer.is(200).hides("<script>alert");
}

#[tokio::test]
async fn an_incomplete_form_is_no_login() {
    let portal = TestPortal::new().await;
    portal.visitor().post("/login", &[("email", JANE)]).await.is(422).says("incomplete");
}
