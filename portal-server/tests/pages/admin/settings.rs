//! `/admin/settings`

use countersign_core::Expect;

use super::{ADA, changes_nothing, entries_of};
use crate::played::{Machine, NOW};
use crate::world::{DAY, TestPortal};

const PATH: &str = "/admin/settings";
const PAGE: &str = "https://acme.example";

#[tokio::test]
async fn settings_are_changed_at_once_and_written_down() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let entries = entries_of(&portal, async {
        let form = [
            ("cap_days", "5"),
            ("releases_per_year", "3"),
            ("cool_down_hours", "12"),
            ("origins", "https://Acme.example/\n\nhttp://[::1]:80"),
            ("work_bits", "18"),
            ("trials_per_day", "500"),
        ];
        admin.post(PATH, &form).await.leads_to(PATH);
    })
    .await;
    let ada = format!("user:{}", portal.stored_user(ADA).await.id);
    assert!(entries.iter().all(|e| (&*e.actor, &*e.action) == (&*ada, "setting.change")));
    let subjects: Vec<_> = entries.iter().map(|e| (&*e.subject, &*e.detail)).collect();
    let origins = "https://acme.example\nhttp://[::1]:80";
    let written = [
        ("release_cool_down_seconds", "43200"),
        ("releases_per_year", "3"),
        ("response_validity_cap_days", "5"),
        ("staff_second_factor", "off"),
        ("support_releases_per_day", "20"),
        ("support_releases_per_year", "5"),
        ("trial_extension_days", "14"),
        ("trial_extensions", "1"),
        ("trial_origins", origins),
        ("trial_work_bits", "18"),
        ("trials_per_day", "500"),
    ];
    assert_eq!(subjects, written);
    // What a form does not say stays.
    admin.post(PATH, &[("cap_days", "6"), ("origins", "")]).await.leads_to(PATH);
    let settings = portal.app.settings().await.unwrap();
    assert_eq!((settings.releases_per_year, settings.release_cool_down_seconds), (3, 43_200));
    assert_eq!((settings.trial_work_bits, settings.trials_per_day), (18, Some(500)));
    admin.post(PATH, &[("cap_days", "6"), ("trials_per_day", "")]).await.leads_to(PATH);
    assert_eq!(portal.app.settings().await.unwrap().trials_per_day, None, "none is no cap");
    admin.post(PATH, &[("cap_days", "5"), ("origins", origins)]).await.leads_to(PATH);
    // What the operator allows is shown and stays.
    admin.get(PATH).await.is(200).says(origins).says("https://acme.github.io");
}

#[tokio::test]
async fn no_response_is_installed_later_than_the_longest_window() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let (long, short) = (
        portal.license_with(|new| new.response_validity = 30 * DAY).await,
        portal.license_with(|new| new.response_validity = 2 * DAY).await,
    );
    admin.post(PATH, &[("cap_days", "5")]).await.is(303);
    for (key, days) in [(&long, 5), (&short, 2)] {
        let request = Machine::new("lab-7", &portal.product).activation(key);
        let post = admin.request("POST", "/api/v1/activations").body(request);
        let answer = admin.send(post).await.is(200).json();
        let token = answer["token"].as_str().unwrap();
        let verified = portal.roots().verify_response(token, Expect::Response).unwrap();
        assert_eq!(verified.claims().granted().unwrap().import_by, NOW + days * DAY);
    }
}

#[tokio::test]
async fn only_the_trial_pages_that_are_named_may_read_an_answer() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let allowed = async |origin: &'static str| {
        let post = admin.request("POST", "/api/v1/trials").body("rubbish !");
        let answer = admin.send(post.header("origin", origin)).await;
        match answer.header("access-control-allow-origin") {
            "" => false,
            named => {
                assert_eq!(named, origin);
                assert_eq!(answer.header("access-control-allow-credentials"), "");
                true
            }
        }
    };
    assert!(!allowed(PAGE).await);
    admin.post(PATH, &[("cap_days", "365"), ("origins", PAGE)]).await.is(303);
    assert!(allowed(PAGE).await);
    for other in ["https://acme.example.evil.example", "http://acme.example", "null", "*"] {
        assert!(!allowed(other).await, "{other}");
    }
    admin.post(PATH, &[("cap_days", "365"), ("origins", "")]).await.is(303);
    assert!(!allowed(PAGE).await);
    assert!(allowed("https://acme.github.io").await, "the operator's own stay");
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    for form in [
        [("cap_days", "5"), ("work_bits", "27")],
        [("cap_days", "5"), ("work_bits", "-1")],
        [("cap_days", "5"), ("trials_per_day", "0")],
        [("cap_days", "5"), ("trials_per_day", "1000001")],
        [("cap_days", ""), ("origins", "")],
        [("cap_days", "0"), ("origins", "")],
        [("cap_days", "3651"), ("origins", "")],
        [("cap_days", "a week"), ("origins", "")],
        [("cap_days", "5"), ("origins", "acme.example")],
        [("cap_days", "5"), ("origins", "https://acme.example/trial")],
        [("cap_days", "5"), ("origins", "https://acme.example\nnull")],
    ] {
        changes_nothing(&portal, async {
            admin.post(PATH, &form).await.is(422).says("Nothing was changed.");
        })
        .await;
    }
}
