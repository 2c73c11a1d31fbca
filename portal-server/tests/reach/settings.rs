//! Settings that pages have, by programs.

use serde_json::json;

use crate::world::TestPortal;

const PATH: &str = "/api/v1/settings";

#[tokio::test]
async fn what_the_settings_page_sets_the_api_sets_too() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let change = json!({"staff_second_factor": true, "trial_extensions": 3, "trial_extension_days": 60,
        "trial_origins": ["https://acme.github.io/"], "response_validity_cap_days": 90});
    let changed = robot.patch(PATH, change).await.is(200).json();
    assert_eq!(
        (&changed["staff_second_factor"], &changed["trial_extensions"]),
        (&json!(true), &json!(3))
    );
    assert_eq!(changed["trial_extension_days"], 60);
    assert_eq!(changed["trial_origins"], json!(["https://acme.github.io"]));
    let before = portal.audit().await.len();
    for wrong in [json!({"trial_extensions": 1001}), json!({"trial_extension_days": 1_000_000})] {
        robot.patch(PATH, wrong).await.refuses_as(422, "unfit-value");
    }
    assert_eq!(portal.audit().await.len(), before);
    // The form shows what the program set.
    let settings = portal.app.settings().await.unwrap();
    assert!(settings.staff_second_factor && settings.trial_extension_days == 60);
}
