//! `admin webhook`: what the operator does where nobody of the vendor is at hand.

use std::process::{Command, Output};

use crate::stand::Stand;

fn admin(stand: &Stand, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    let command = command.args(["admin", "webhook"]).args(arguments).arg("--json");
    command.arg("--data").arg(&stand.portal.app.config().data).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_lists_webhooks_without_their_secrets_and_disables_one() {
    let stand = Stand::new().await;
    let listed = admin(&stand, &["list"]);
    assert!(listed.status.success(), "{listed:?}");
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(text.contains("https://hooks.acme.invalid\""), "{text}");
    assert!(!text.contains("hidden") && !text.contains("sealed"), "{text}");
    let id = stand.path("/api/v1/webhooks/{id}").rsplit('/').next().unwrap().to_owned();
    let disabled = admin(&stand, &["disable", &id]);
    assert!(disabled.status.success(), "{disabled:?}");
    let webhook = stand.portal.app.store().webhook(id.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(webhook.status.as_str(), "disabled");
    assert_eq!(stand.portal.audit().await[0].actor, "admin-command");
    for other in [&id, "AAAAAAAAAAAAAAAAAAAAAA"] {
        let again = admin(&stand, &["disable", other]);
        assert!(!again.status.success());
        let said = String::from_utf8(again.stderr).unwrap();
        assert!(said.contains("nothing was changed"), "{said}");
    }
}
