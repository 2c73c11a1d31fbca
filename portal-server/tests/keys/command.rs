//! `countersign-portal keys`, beside a portal that runs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use countersign_core::pem;
use serde_json::Value;

use super::papers::{key, kid, list};
use crate::world::TestPortal;

fn keys(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    command.arg("keys").args(arguments).arg("--data").arg(data).arg("--json").output().unwrap()
}

#[track_caller]
fn works(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn refused(output: &Output, says: &str) {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains(says), "{output:?}");
}

fn file(portal: &TestPortal, name: &str, text: &str) -> PathBuf {
    let path = portal.app.config().data.parent().unwrap().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

// The command has the system's clock and the portal of a test another one: delegations hold by both.
const LONG: u64 = 4_000_000_000;

#[tokio::test]
async fn a_next_key_is_made_delegated_to_and_used_by_commands_while_the_portal_runs() {
    let portal = TestPortal::new().await;
    let data = portal.app.config().data.clone();
    let before = works(&keys(&data, &["show"]));
    assert_eq!(before["signing_key"], portal.app.keys().signing.kid().to_string());
    assert_eq!(before["next_x"], Value::Null);
    let made = works(&keys(&data, &["new"]));
    refused(&keys(&data, &["new"]), "there is a next key already");
    let public = std::fs::read_to_string(made["written"].as_str().unwrap()).unwrap();
    let next = pem::read_public(&public).unwrap();
    assert_eq!(made["next_x"], next.to_string());
    let sealed = std::fs::read_to_string(data.join("keys/next.pem")).unwrap();
    assert!(pem::is_encrypted(&sealed));
    let chain = portal.delegation(|delegation| {
        delegation.key = next.clone();
        delegation.not_after = LONG;
    });
    let chain = file(&portal, "signing.chain", &chain);
    let revoked = file(&portal, "list", &list(&portal.root(), 4, &[kid(66)]));
    let both = [chain.to_str().unwrap(), revoked.to_str().unwrap()];
    let installed = works(&keys(&data, &["install", both[0], both[1]]));
    assert_eq!(installed["signing_x"], next.to_string());
    assert_eq!(installed["revocation_list"], 4);
    let used = async |portal: &TestPortal| {
        let keys = portal.app.keys();
        *keys.signing.kid() == next.thumbprint() && keys.papers.list.is_some()
    };
    portal.until("the running portal signs with it", used).await;
    refused(&keys(&data, &["install", both[0]]), "in use already");
    let actions: Vec<String> = portal.audit().await.into_iter().map(|e| e.action).collect();
    for action in ["keys.new", "keys.delegation", "keys.revocations"] {
        assert!(actions.iter().any(|known| known == action), "{action}: {actions:?}");
    }
}

#[tokio::test]
async fn a_command_refuses_what_the_page_refuses_and_changes_nothing() {
    let portal = TestPortal::new().await;
    let data = portal.app.config().data.clone();
    let foreign = portal.app.keys().papers.delegation.sign(&key(66));
    let path = file(&portal, "evil.chain", &foreign);
    let before = portal.untouched().await;
    let install = ["install", path.to_str().unwrap()];
    refused(&keys(&data, &install), "not signed by the root of this portal");
    refused(&keys(&data, &["install", "/nowhere/signing.chain"]), "nothing was changed");
    refused(&keys(Path::new("/nowhere"), &install), "there is no portal");
    assert_eq!(portal.untouched().await, before);
}

#[tokio::test]
async fn the_keys_get_another_passphrase_and_a_portal_that_runs_uses_it() {
    let portal = TestPortal::new().await;
    let data = portal.app.config().data.clone();
    works(&keys(&data, &["new"]));
    let kept = data.join("key-passphrase");
    let old = std::fs::read_to_string(&kept).unwrap();
    let of = |name: &str| std::fs::read_to_string(data.join("keys").join(name)).unwrap();
    let opens = |name: &str, line: &str| pem::read_private(&of(name), Some(line.trim())).is_ok();
    let before = (of("signing.pem"), of("next.pem"));
    for (text, says) in
        [("", "is empty"), ("\nx", "is empty"), (old.as_str(), "nothing was changed")]
    {
        refused(&keys(&data, &["passphrase", file(&portal, "new", text).to_str().unwrap()]), says);
    }
    refused(&keys(&data, &["passphrase", "/nowhere"]), "cannot be read");
    assert_eq!((of("signing.pem"), of("next.pem")), before);
    let new = file(&portal, "new", "correct horse\nbattery staple\n");
    let new = new.to_str().unwrap();
    let done = works(&keys(&data, &["passphrase", new]));
    assert_eq!(done["resealed"], serde_json::json!(["next.pem", "signing.pem"]));
    assert_eq!(done["written"], kept.to_str().unwrap());
    for name in ["signing.pem", "next.pem"] {
        assert!(opens(name, "correct horse") && !opens(name, &old), "{name}");
    }
    // The portal that runs reads what came since, which it could not with the old one.
    let list = file(&portal, "list", &list(&portal.root(), 4, &[kid(66)]));
    works(&keys(&data, &["install", list.to_str().unwrap()]));
    let used = async |portal: &TestPortal| portal.app.keys().papers.list.is_some();
    portal.until("the running portal opens them", used).await;
    // Cut off before the passphrase was in its place: it is finished when it is run again.
    std::fs::write(&kept, &old).unwrap();
    let sealed = of("signing.pem");
    let done = works(&keys(&data, &["passphrase", new]));
    assert_eq!(done["resealed"], serde_json::json!([]));
    assert_eq!(
        (of("signing.pem"), std::fs::read_to_string(&kept).unwrap()),
        (sealed, "correct horse\n".to_owned())
    );
    let noted = portal.audit().await;
    assert_eq!(noted.iter().filter(|entry| entry.action == "keys.passphrase").count(), 1);
    // With a passphrase that never was one of them nothing is done.
    std::fs::write(&kept, "somebody's\n").unwrap();
    let other = file(&portal, "other", "yet another\n");
    refused(&keys(&data, &["passphrase", other.to_str().unwrap()]), "nothing was changed");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "somebody's\n");
    assert!(opens("signing.pem", "correct horse"));
}
