//! Secrets of authenticator apps in the database: what a thief gets, and what happens without the key.

use countersign_portal::admin::{self, Admin};
use countersign_portal::vault::{self, Missing};
use countersign_store::{NewJob, TurnOn};
use rusqlite::Connection;

use crate::second_factor::{JANE, Jane, give, half_way, jane};
use crate::world::{PASSWORD, TestPortal};

fn database(portal: &TestPortal) -> Connection {
    Connection::open(portal.app.config().data.join("countersign.db")).unwrap()
}

/// What is stored of the secret in use of the user with this address.
fn stored(portal: &TestPortal, email: &str) -> String {
    let find = "SELECT totp_secret FROM app_user WHERE email = ?1";
    database(portal).query_row(find, [email], |row| row.get(0)).unwrap()
}

/// Whether some file of the data folder itself, which is what a stolen database would be, holds these bytes.
fn database_holds(portal: &TestPortal, needle: &str) -> bool {
    let files = std::fs::read_dir(&portal.app.config().data).unwrap();
    let files = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let holds = |bytes: Vec<u8>| bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
    files.map(|path| std::fs::read(path).unwrap()).any(holds)
}

#[tokio::test]
async fn a_copied_database_holds_no_secret_of_an_authenticator_app() {
    let portal = TestPortal::new().await;
    let Jane { secret, codes, .. } = jane(&portal).await;
    assert!(database_holds(&portal, &stored(&portal, JANE)), "this looks at the right files");
    assert!(!database_holds(&portal, &secret));
    assert!(!codes.iter().any(|code| database_holds(&portal, code)));
    let key = std::fs::read_to_string(vault::place(&portal.app.config().data)).unwrap();
    assert!(!database_holds(&portal, key.trim()), "nor the key");
}

#[tokio::test]
async fn attack_ones_own_secret_in_somebody_elses_row() {
    let portal = TestPortal::new().await;
    jane(&portal).await;
    let eve = portal.user(|user| user.email = "eve@evil.example".into()).await;
    let known = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let own = portal.offer_totp(eve.id, known).await;
    let planted = "UPDATE app_user SET totp_secret = ?2 WHERE email = ?1";
    for secret in [own.as_str(), known] {
        database(&portal).execute(planted, [JANE, secret]).unwrap();
        let browser = half_way(&portal).await;
        let answer = browser.post("/login/code", &[("code", &portal.code(known, 0))]).await;
        answer.is(503).hides("the key to them is missing");
        assert_eq!(browser.cookie(), None);
    }
}

#[tokio::test]
async fn secrets_of_an_earlier_release_are_encrypted_at_the_next_start_and_go_on() {
    let mut portal = TestPortal::new().await;
    let user = portal.user(|user| user.email = JANE.into()).await;
    let (secret, store) = ("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", portal.app.store());
    let session = countersign_core::Id::from([9; 16]);
    let notice = NewJob { kind: "none", payload: String::new(), once: None, run_at: 1 };
    store.offer_totp(user.id, secret.into()).await.unwrap();
    let (user, secret_stored, codes) = (user.id, secret.to_owned(), Vec::new());
    let on = TurnOn { user, secret: secret_stored, step: 1, codes, session, notice };
    assert!(store.turn_on_two_factor(on, 1).await.unwrap());
    let joe = portal.user(|user| user.email = "joe@lab.example".into()).await;
    store.offer_totp(joe.id, "JBSWY3DPEHPK3PXP".into()).await.unwrap();
    // Such a release knew of no key.
    database(&portal).execute("DELETE FROM setting WHERE name = 'two_factor_key'", []).unwrap();
    std::fs::remove_file(vault::place(&portal.app.config().data)).unwrap();
    portal.start_again().await;
    assert_ne!(stored(&portal, JANE), secret);
    let offered = portal.app.store().totp_secrets(joe.id).await.unwrap().offered.unwrap();
    assert_ne!(offered, "JBSWY3DPEHPK3PXP");
    assert_eq!(give(&half_way(&portal).await, &portal.code(secret, 0)).await, 303);
    let before = stored(&portal, JANE);
    portal.start_again().await;
    assert_eq!(stored(&portal, JANE), before, "once");
    portal.clock.advance(60);
    assert_eq!(give(&half_way(&portal).await, &portal.code(secret, 0)).await, 303);
}

#[tokio::test]
async fn a_lost_key_is_said_and_not_made_anew_and_there_are_ways_round_it() {
    let mut portal = TestPortal::new().await;
    let admin = portal.admin().await;
    admin.get("/admin").await.is(200).hides("The key of two-factor login is missing");
    let Jane { secret, codes, .. } = jane(&portal).await;
    let joe = portal.customer("joe@lab.example").await;
    let place = vault::place(&portal.app.config().data);
    let aside = place.with_extension("aside");
    std::fs::rename(&place, &aside).unwrap();
    let cookies = [admin.cookie().unwrap(), joe.cookie().unwrap()];
    portal.start_again().await;
    let [admin, joe] = cookies.map(|cookie| {
        let browser = portal.visitor();
        browser.plant(&cookie);
        browser
    });
    assert_eq!(portal.app.vault().missing(), Some(&Missing::File(place.clone())));
    assert!(!place.exists(), "no new key took its place");
    let overview = admin.get("/admin").await.is(200);
    overview.says("The key of two-factor login is missing").says("two-factor.key is missing");
    // More often than guesses are free: none of these was one.
    for _ in 0..12 {
        let browser = half_way(&portal).await;
        let answer = browser.post("/login/code", &[("code", &portal.code(&secret, 0))]).await;
        answer.is(503).says("the key to them is missing").says("Use a recovery code");
        assert_eq!(browser.cookie(), None);
    }
    joe.post("/profile/two-factor/offer", &[("password", PASSWORD)]).await.is(503);
    joe.get("/profile/two-factor").await.is(200);
    assert_eq!(give(&half_way(&portal).await, &codes[0]).await, 303, "codes on paper work");
    // Another key is none, and it is not written over either.
    std::fs::write(&place, format!("{}\n", "A".repeat(43))).unwrap();
    portal.start_again().await;
    assert_eq!(portal.app.vault().missing(), Some(&Missing::Other(place.clone())));
    assert_eq!(give(&half_way(&portal).await, &portal.code(&secret, 0)).await, 503);
    std::fs::rename(&aside, &place).unwrap();
    portal.start_again().await;
    assert_eq!(portal.app.vault().missing(), None);
    assert_eq!(give(&half_way(&portal).await, &portal.code(&secret, 0)).await, 303, "as before");
}

#[tokio::test]
async fn an_admin_lets_somebody_in_whose_codes_cannot_be_checked() {
    let mut portal = TestPortal::new().await;
    let admin = portal.admin().await;
    jane(&portal).await;
    std::fs::remove_file(vault::place(&portal.app.config().data)).unwrap();
    let cookie = admin.cookie().unwrap();
    portal.start_again().await;
    let admin = portal.visitor();
    admin.plant(&cookie);
    let page = format!("/admin/customers/users/{}", portal.stored_user(JANE).await.id);
    admin.post(&page, &[("two_factor_off", "1")]).await.is(200);
    portal.visitor().log_in(JANE, PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn a_key_that_is_lost_for_good_is_given_up_by_command_and_people_hear_of_it() {
    let mut portal = TestPortal::new().await;
    jane(&portal).await;
    let place = vault::place(&portal.app.config().data);
    let refused = admin::run(&portal.app, Admin::LostTwoFactorKey).await.unwrap_err();
    assert_eq!(refused.to_string(), "the key is there: nothing was changed");
    std::fs::remove_file(&place).unwrap();
    portal.start_again().await;
    let made = admin::run(&portal.app, Admin::LostTwoFactorKey).await.unwrap();
    assert_eq!(made["two_factor_turned_off"], 1);
    portal.start_again().await;
    assert!(place.exists() && portal.app.vault().missing().is_none(), "a new key");
    portal.visitor().log_in(JANE, PASSWORD).await.leads_to("/");
    assert_eq!(portal.last_mail().await.subject, "Two-factor login at Acme is off");
}
