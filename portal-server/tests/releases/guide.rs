//! The commands of docs/guide-releases.md, run as they stand there.

use std::path::Path;
use std::process::Command;

const START: &str = "$ countersign-portal ";

#[test]
fn every_command_of_the_guide_works() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide-releases.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("notes.md", "# New"),
        ("acme-cad-2.1.0.tar.gz", "for Linux"),
        ("acme-cad-2.1.0.msi", "for Windows"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let setup = ["init --vendor Acme", "admin product create --id acme-cad"];
    let commands: Vec<&str> = guide.lines().filter_map(|line| line.strip_prefix(START)).collect();
    assert!(commands.len() >= 8, "the commands were found: {commands:?}");
    for command in setup.into_iter().chain(commands) {
        let run = Command::new(env!("CARGO_BIN_EXE_countersign-portal"))
            .args(words(command))
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success() && said.is_empty(), "{command}: {said}");
    }
}

/// As a shell takes a line apart, with double quotes alone.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    let words = parts.flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}
