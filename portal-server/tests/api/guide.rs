//! The commands of docs/guide-api.md, run as they stand there, one after the other in one shell.

use std::path::Path;
use std::process::Command;

use crate::world::TestPortal;

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_guide_works() {
    let portal = TestPortal::new().await;
    portal.ada().await;
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide-api.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let commands: Vec<&str> = guide.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    // The address is the one of this portal.
    let is_address = |command: &&str| command.starts_with("export PORTAL=");
    assert_eq!(commands.iter().filter(|c| is_address(c)).count(), 1);
    let script: Vec<&str> = commands.into_iter().filter(|c| !is_address(c)).collect();
    assert!(script.len() >= 8, "{script:?}");
    let folder = tempfile::tempdir().unwrap();
    let data = portal.app.config().data.clone();
    std::os::unix::fs::symlink(&data, folder.path().join("portal-data")).unwrap();
    // What a build made: three pieces.
    let built: Vec<u8> = (0..20_000_000_u32).map(|n| (n / 251) as u8).collect();
    std::fs::write(folder.path().join("acme-cad-2.1.0.tar.gz"), built).unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_countersign-portal")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", &script.join("\n")]).current_dir(folder.path());
    shell.env("PATH", path).env("PORTAL", &portal.url);
    let run = tokio::task::spawn_blocking(move || shell.output()).await.unwrap().unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}\n{complained}");
    let made = portal.audit().await.iter().filter(|entry| entry.action == "license.create").count();
    assert_eq!(made, 5);
    let published = std::fs::read_to_string(folder.path().join("published.json")).unwrap();
    assert!(published.contains("\"status\":\"published\""), "{published}");
    let secret = std::fs::read_to_string(folder.path().join("webhook.secret")).unwrap();
    assert!(secret.starts_with("whsec_"), "{secret}");
    assert!(said.contains("\"key\":\"") && said.contains("\"revision\":2"), "{said}");
}
