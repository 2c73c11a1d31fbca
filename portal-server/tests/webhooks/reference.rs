//! What is sent is verified by the reference library of Standard Webhooks, in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use countersign_portal::clock::SystemClock;
use serde_json::Value;

use crate::world::TestPortal;
use crate::{hook, made_of, until};

/// A receiver that answers 204 to what verifies, and 401 to what does not.
struct Verifier {
    port: u16,
    child: Child,
    folder: tempfile::TempDir,
}

impl Verifier {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webhooks/verifier.py");
        // Where scripts/test puts Python packages.
        let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../python");
        let mut child = Command::new("python3")
            .arg(program)
            .arg(folder.path())
            .env("PYTHONPATH", packages)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse();
        let port =
            port.expect("it runs: scripts/test installs standardwebhooks into target/python");
        Self { port, child, folder }
    }

    fn knows(&self, secret: &str) {
        std::fs::write(self.folder.path().join("secret"), secret).unwrap();
    }

    /// What it said of each, in that order.
    fn said(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("said")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn has_said(&self, count: usize) -> Vec<Value> {
        until("the verifier said so much", async || self.said().len() >= count).await;
        let said = self.said();
        assert_eq!(said.len(), count, "{said:?}");
        said
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_reference_library_verifies_what_is_sent_and_nothing_else() {
    let verifier = Verifier::start();
    // The library looks at the time.
    let portal = TestPortal::with(|config| {
        config.webhooks_may_reach = vec!["127.0.0.1".parse().unwrap()];
        config.clock = Arc::new(SystemClock);
    })
    .await;
    let admin = portal.admin().await;
    let url = format!("http://127.0.0.1:{}/", verifier.port);
    let hook = hook(&admin, &url, &["license.created"]).await;
    verifier.knows(&hook.secret);
    portal.license_with(|new| new.holder = Some("J\u{fc}rgen \u{2603} \"Lab\"".into())).await;
    let said = verifier.has_said(1).await;
    assert_eq!(said[0]["verified"]["type"], "license.created", "{said:?}");
    assert_eq!(said[0]["verified"]["data"]["license"]["holder"], "J\u{fc}rgen \u{2603} \"Lab\"");
    assert_eq!(portal.tried(&hook, 1).await.last_code, Some(204));
    // With another secret, and with the old one while both are signed with.
    let made = admin.post(&format!("{}/secret", hook.path()), &[]).await.is(200);
    portal.license(1, None).await;
    assert_eq!(verifier.has_said(2).await[1]["verified"]["type"], "license.created");
    verifier.knows(&made_of(&made).secret);
    portal.license(1, None).await;
    assert_eq!(verifier.has_said(3).await[2]["verified"]["type"], "license.created");
    verifier.knows("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    portal.license(1, None).await;
    let said = verifier.has_said(4).await;
    assert_eq!(said[3]["refused"], "No matching signature found");
    assert_eq!(portal.tried(&hook, 1).await.last_code, Some(401));
}
