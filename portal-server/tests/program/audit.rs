//! Who may write into the portal's database, what they can change of the log, and how it shows.

use std::path::Path;
use std::time::Duration;

use countersign_audit::verify;
use serde_json::Value;

use crate::world::Installation;

/// A portal in which some things happened, with a checkpoint that was kept elsewhere.
struct Kept {
    here: Installation,
    checkpoint: String,
}

impl Kept {
    fn new() -> Self {
        let here = Installation::made();
        for n in 0..6 {
            let name = format!("organization {n}");
            here.admin(&["organization", "create", "--name", &name]).works();
        }
        let checkpoint = here.path("kept.checkpoint");
        here.audit(&["checkpoint", "--out", &checkpoint]).works();
        for n in 6..9 {
            let name = format!("organization {n}");
            here.admin(&["organization", "create", "--name", &name]).works();
        }
        let kept = Self { here, checkpoint };
        assert_eq!(kept.check(&[]), []);
        kept
    }

    /// Codes and entries that `audit check` finds with the checkpoint.
    fn check(&self, further: &[&str]) -> Vec<(String, Option<u64>)> {
        let words = [&["check", "--json", "--checkpoint", self.checkpoint.as_str()], further];
        let run = self.here.audit(&words.concat());
        let said: Value = serde_json::from_str(&run.said).unwrap();
        let findings = said["findings"].as_array().unwrap();
        assert_eq!(run.status.code(), Some(i32::from(!findings.is_empty())), "{said}");
        let code = |f: &Value| (f["code"].as_str().unwrap().to_owned(), f["n"].as_u64());
        findings.iter().map(code).collect()
    }

    fn write(&self, sql: &str) {
        let database = self.here.database();
        database.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
    }

    /// The findings in an export, by somebody who has the file alone.
    fn exported(&self) -> Vec<(&'static str, u64)> {
        let run = self.here.audit(&["export"]).works();
        let verified = verify(run.said.as_bytes(), None, vec![]).unwrap();
        verified.findings.iter().map(|f| (f.kind.as_str(), f.line)).collect()
    }
}

fn found(code: &str, n: u64) -> (String, Option<u64>) {
    (code.to_owned(), Some(n))
}

#[test]
fn attack_a_row_of_the_log_changed_in_the_database_is_named() {
    let kept = Kept::new();
    kept.write("UPDATE audit SET actor = 'somebody else' WHERE seq = 4");
    assert_eq!(kept.check(&[]), [found("changed", 4)]);
    assert_eq!(kept.exported(), [("changed", 5)]);
}

#[test]
fn attack_a_row_of_the_log_deleted_in_the_database_is_named() {
    let kept = Kept::new();
    kept.write("DELETE FROM audit WHERE seq = 4");
    assert_eq!(kept.check(&[]), [found("deleted", 4)]);
    assert_eq!(kept.exported(), [("missing", 5)]);
    // Its link as well.
    kept.write("DELETE FROM audit_chain WHERE n = 4");
    assert_eq!(kept.check(&[]), [found("missing", 5)]);
}

#[test]
fn attack_a_row_put_into_the_middle_of_the_log_is_named() {
    let kept = Kept::new();
    kept.write("INSERT INTO audit (seq, at, actor, action, subject, detail) VALUES (-5, 1, 'a', 'b', 'c', 'd')");
    assert_eq!(kept.check(&[]), [("inserted".to_owned(), None)]);
    // In the place of one that was taken out.
    kept.write(
        "DELETE FROM audit WHERE seq IN (-5, 3); \
         INSERT INTO audit (seq, at, actor, action, subject, detail) VALUES (3, 1, 'a', 'b', 'c', 'd')",
    );
    assert_eq!(kept.check(&[]), [found("changed", 3)]);
}

#[test]
fn attack_the_tail_of_the_log_rewritten_with_a_new_chain_is_shown_by_a_kept_checkpoint_alone() {
    let kept = Kept::new();
    // Without the links the portal itself makes new ones, of what the rows say now.
    kept.write(
        "UPDATE audit SET actor = 'somebody else' WHERE seq = 4; DELETE FROM audit_chain WHERE n >= 4; \
         DELETE FROM audit_checkpoint",
    );
    let alone = kept.here.audit(&["check", "--json"]).works();
    assert!(
        alone.said.contains("\"verdict\":\"ok\""),
        "nothing in the database can tell: {alone:?}"
    );
    assert_eq!(kept.exported(), []);
    let shown = kept.check(&[]);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].0, "contradicted");
}

#[test]
fn attack_the_end_of_the_log_cut_off_in_the_database_is_shown_by_a_kept_checkpoint() {
    let kept = Kept::new();
    kept.write(
        "DELETE FROM audit WHERE seq >= 5; DELETE FROM audit_chain WHERE n >= 5; DELETE FROM audit_checkpoint",
    );
    let shown = kept.check(&[]);
    assert_eq!(shown[0].0, "cut-off", "{shown:?}");
}

#[test]
fn attack_checkpoints_of_another_portal_or_of_ones_own_making_are_refused() {
    let (kept, other) = (Kept::new(), Kept::new());
    // Another portal has another root.
    let shown = kept.check(&["--checkpoint", &other.checkpoint]);
    assert_eq!(shown, [("untrusted-key".to_owned(), None)]);
    // One in the database, made by hand.
    kept.write("UPDATE audit_checkpoint SET token = 'a.b.c'");
    assert_eq!(kept.check(&[]), [("bad-encoding".to_owned(), None)]);
    kept.write("DELETE FROM audit_checkpoint");
    assert_eq!(kept.check(&[]), []);
}

#[test]
fn attack_another_log_with_the_portals_own_keys_is_another_log() {
    let (kept, other) = (Kept::new(), Kept::new());
    // The keys of one portal over the database of the other.
    for name in ["signing.pem", "signing.chain", "root.pub"] {
        let from = kept.here.data().join("keys").join(name);
        std::fs::copy(from, other.here.data().join("keys").join(name)).unwrap();
    }
    let passphrase = "key-passphrase";
    std::fs::copy(kept.here.data().join(passphrase), other.here.data().join(passphrase)).unwrap();
    other.write("DELETE FROM audit_checkpoint");
    let words = ["check", "--json", "--checkpoint", &kept.checkpoint];
    let run = other.here.audit(&words);
    assert!(run.said.contains("\"other-log\""), "{run:?}");
}

#[test]
fn an_export_goes_on_where_the_last_one_ended() {
    let kept = Kept::new();
    let (whole, first) = (kept.here.audit(&["export"]).works().said, kept.here.path("a.jsonl"));
    kept.here.audit(&["export", "--out", &first]).works();
    let again = kept.here.audit(&["export", "--out", &first]);
    assert!(!again.status.success() && again.complained.contains("is not replaced"), "{again:?}");
    let lines = whole.lines().count() as u64;
    kept.here.admin(&["organization", "create", "--name", "later"]).works();
    let rest = kept.here.audit(&["export", "--from", &lines.to_string()]).works().said;
    assert_eq!(rest.lines().count(), 1);
    let both = whole + &rest;
    assert!(verify(both.as_bytes(), None, vec![]).unwrap().findings.is_empty());
    assert!(verify(rest.as_bytes(), Some(lines), vec![]).unwrap().findings.is_empty());
}

/// Waits until something is so, for as long as a loaded machine may need.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..600 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it did not come to pass within a minute");
}

fn checkpoints(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[cfg(unix)]
#[tokio::test]
async fn a_running_portal_chains_writes_checkpoints_into_their_folder_and_never_over_one() {
    let here = Installation::new();
    let folder = here.path("worm");
    std::fs::create_dir(&folder).unwrap();
    let folder = Path::new(&folder);
    let option = ["--audit-checkpoints", folder.to_str().unwrap()];
    let mut server = here.serve_with("warn", &option);
    until(|| !checkpoints(folder).is_empty()).await;
    here.admin(&["organization", "create", "--name", "at the end"]).works();
    server.terminate();
    assert_eq!(server.end_of_its_own().code(), Some(0));
    let database = here.database();
    let count = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    let rows = count("SELECT COUNT(*) FROM audit");
    assert_eq!(rows, count("SELECT COUNT(*) FROM audit_chain"), "what came last, too");
    // Somebody changes the file: the portal says so, and leaves it.
    let file = checkpoints(folder).remove(0);
    std::fs::write(&file, "forged").unwrap();
    let server = here.serve_with("warn", &option);
    until(|| server.log().contains("is not what this portal signed")).await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "forged");
    drop(server);
    let wrong = file.to_str().unwrap();
    let run = here.audit(&["check", "--checkpoint", wrong]);
    assert!(run.status.code() == Some(1) && run.said.contains("not-a-token"), "{run:?}");
}

#[test]
fn a_folder_for_checkpoints_that_is_not_there_is_not_made() {
    let here = Installation::made();
    let mut serve = std::process::Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(here.data());
    let missing = here.path("not-mounted");
    let run = serve.args(["--audit-checkpoints", &missing]).output().unwrap();
    assert!(!run.status.success());
    assert!(String::from_utf8_lossy(&run.stderr).contains("there is no folder"), "{run:?}");
    assert!(!Path::new(&missing).exists());
}
