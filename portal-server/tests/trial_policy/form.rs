//! The product's page: all of the policy, in words, and checked.

use countersign_portal::clock::Clock as _;
use countersign_store::{TrialAgain, TrialPolicy};

use crate::per_version;
use crate::played::{Machine, NOW};
use crate::world::{DAY, TestPortal};

const PAGE: &str = "/admin/products/acme-cad";
/// The day of NOW, and 31 days after it, as they are typed; both end a second before midnight.
const TODAY: &str = "2026-09-21";
const LATER: &str = "2026-10-22";

fn last_second(days_after: u64) -> u64 {
    (NOW / DAY + days_after + 1) * DAY - 1
}

#[tokio::test]
async fn the_whole_policy_is_set_on_the_products_page() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    admin.get(PAGE).await.is(200).says("A trial that starts now runs until");
    let form = [
        ("name", "Acme CAD"),
        ("trial_days", "30"),
        ("trial_end", LATER),
        ("trial_again", "after-days"),
        ("trial_again_days", "90"),
        ("trial_newest_version", ""),
        ("trial_strategy", "exact"),
        ("trial_entitlements", "viewer"),
    ];
    admin.post(PAGE, &form).await.leads_to(PAGE);
    let trial = portal.stored_product().await.trial;
    let viewer = ("viewer".to_owned(), countersign_core::response::Entitlement::On);
    let wanted = TrialPolicy {
        days: Some(30),
        end: Some(last_second(31)),
        again: TrialAgain::AfterDays(90),
        strategy: countersign_core::fingerprint::Strategy::Exact,
        entitlements: [viewer].into(),
    };
    assert_eq!(trial, wanted);
    let page = admin.get(PAGE).await.is(200);
    page.says(&format!(r#"name="trial_end" type="date" value="{LATER}""#))
        .says(r#"<option value="after-days" selected>"#)
        .says(r#"name="trial_again_days" inputmode="numeric" value="90""#);
    // What is not in the form stays: older scripts post less.
    admin.post(PAGE, &[("name", "Acme CAD"), ("trial_days", "30")]).await.leads_to(PAGE);
    let after = portal.stored_product().await.trial;
    assert_eq!((after.end, after.again), (wanted.end, wanted.again));
    let form =
        [("name", "Acme CAD"), ("trial_days", ""), ("trial_end", ""), ("trial_again", "never")];
    admin.post(PAGE, &form).await.leads_to(PAGE);
    let after = portal.stored_product().await.trial;
    assert_eq!((after.days, after.end, after.again), (None, None, TrialAgain::Never));
    admin.get(PAGE).await.is(200).hides("A trial that starts now runs until");
}

#[tokio::test]
async fn the_newest_version_is_raised_and_the_store_keeps_since_when() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let form = |newest| {
        [
            ("name", "Acme CAD"),
            ("trial_days", "14"),
            ("trial_again", "per-major-version"),
            ("trial_newest_version", newest),
        ]
    };
    admin.post(PAGE, &form("1")).await.leads_to(PAGE);
    assert_eq!(portal.stored_product().await.trial.again, per_version(1));
    portal.clock.advance(3600);
    admin.post(PAGE, &form("2")).await.leads_to(PAGE);
    portal.clock.advance(3600);
    admin.post(PAGE, &form("2")).await.leads_to(PAGE);
    let since = TrialAgain::PerMajorVersion { newest: 2, since: Some(NOW + 3600) };
    assert_eq!(portal.stored_product().await.trial.again, since);
    let page = admin.get(PAGE).await.is(200);
    page.says(r#"name="trial_newest_version" inputmode="numeric" value="2""#);
}

#[tokio::test]
async fn what_does_not_go_is_said_and_changes_nothing() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let before = portal.stored_product().await;
    for (field, value, says) in [
        ("trial_end", "2020-01-01", "has passed"),
        ("trial_end", "1969-12-31", "day"),
        ("trial_end", "31.12.2027", "day"),
        ("trial_end", "9999-99-99", "day"),
        ("trial_again", "after-days", "say after how many"),
        ("trial_again", "per-major-version", "say which is the newest one"),
        ("trial_again", "always", "no such rule"),
        ("trial_again", "", "no such rule"),
        ("trial_days", "-1", "number"),
    ] {
        let form = [("name", "Acme CAD"), (field, value)];
        admin.post(PAGE, &form).await.is(422).says(says);
    }
    for number in ["0", "99999999999", "1.5", "abc"] {
        let form =
            [("name", "Acme CAD"), ("trial_again", "after-days"), ("trial_again_days", number)];
        admin.post(PAGE, &form).await.is(422);
    }
    assert_eq!(portal.stored_product().await, before);
    let today = [("name", "Acme CAD"), ("trial_end", TODAY)];
    admin.post(PAGE, &today).await.leads_to(PAGE);
    assert_eq!(portal.stored_product().await.trial.end, Some(last_second(0)));
}

#[tokio::test]
async fn trials_that_are_over_are_said_on_the_page_which_can_still_be_saved() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let form = |name| [("name", name), ("trial_days", "14"), ("trial_end", TODAY)];
    admin.post(PAGE, &form("Acme CAD")).await.leads_to(PAGE);
    portal.clock.advance(3 * DAY);
    // Cookies live for half a day.
    let admin = portal.logged_in("ada@acme.example").await;
    admin.get(PAGE).await.is(200).says("The trials of this product ended on 21 Sep 2026");
    admin.post(PAGE, &form("Acme CAD 2")).await.leads_to(PAGE);
    let product = portal.stored_product().await;
    assert_eq!((&*product.name, product.trial.end), ("Acme CAD 2", Some(last_second(0))));
    let refused = portal.ask(&Machine::new("a", &portal.product).trial()).await;
    let problem = refused.refuses_as(404, "no-trial").json();
    assert!(problem["detail"].as_str().unwrap().contains("ended on"), "{problem}");
    assert!(portal.clock.now() > last_second(0));
}

#[tokio::test]
async fn an_archived_product_gives_no_trial_whatever_its_policy_says() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let form = [("name", "Acme CAD"), ("trial_days", "14"), ("archived", "1")];
    admin.post(PAGE, &form).await.leads_to(PAGE);
    portal.ask(&Machine::new("a", &portal.product).trial()).await.refuses_as(404, "no-trial");
    let terms = portal.visitor().get("/api/v1/trials/acme-cad").await;
    terms.refuses_as(404, "no-trial");
}

#[tokio::test]
async fn the_limits_of_extensions_are_settings() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let form = [("cap_days", "365"), ("trial_extensions", "3"), ("trial_extension_days", "45")];
    admin.post("/admin/settings", &form).await.leads_to("/admin/settings");
    let settings = portal.app.settings().await.unwrap();
    assert_eq!((settings.trial_extensions, settings.trial_extension_days), (3, 45));
    admin.post("/admin/settings", &[("cap_days", "365")]).await.is(303);
    let settings = portal.app.settings().await.unwrap();
    assert_eq!((settings.trial_extensions, settings.trial_extension_days), (3, 45), "it stays");
    for (field, value) in [("trial_extensions", "1001"), ("trial_extension_days", "3651")] {
        admin.post("/admin/settings", &[("cap_days", "365"), (field, value)]).await.is(422);
    }
    admin
        .get("/admin/settings")
        .await
        .is(200)
        .says(r#"name="trial_extension_days" inputmode="numeric" required value="45""#);
}
