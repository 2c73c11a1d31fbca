//! Completions in a real shell, and man pages on disk.

use std::fs;
use std::process::Command;

use crate::lab::{Lab, out};

#[test]
fn bash_completes_commands_and_options() {
    let lab = Lab::new();
    fs::write(lab.path("completions"), lab.done(&["completions", "bash"])).unwrap();
    let complete = |words: &str, at: usize| {
        let script = format!(
            "source ./completions; COMP_WORDS=({words}); COMP_CWORD={at}; \
             _countersign countersign \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[{at}-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        out(&Command::new("bash").args(["-c", &script]).current_dir(lab.path("")).output().unwrap())
    };
    assert_eq!(complete("countersign jour", 1).trim(), "journal");
    assert_eq!(complete("countersign journal ver", 2).trim(), "verify");
    assert!(complete("countersign sign --dr", 2).contains("--dry-run"));
}

#[test]
fn every_command_has_a_man_page_with_its_example() {
    let lab = Lab::new();
    lab.done(&["man", "--out", "man/man1"]);
    for (page, says) in [
        ("countersign.1", "Licensing for machines that never see a network"),
        ("countersign-sign.1", "countersign sign lab\\-7.request"),
        ("countersign-journal-verify.1", "countersign journal verify alice.journal"),
        ("countersign-keys-restore.1", "countersign keys restore"),
    ] {
        let text = fs::read_to_string(lab.path("man/man1").join(page)).unwrap();
        assert!(text.contains(".TH") && text.contains(says), "{page}: {text}");
    }
}
