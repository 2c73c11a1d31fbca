//! The ceremony of a root key: encrypted, on paper, told by words.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::lab::{Lab, err, out};
use crate::qr;

fn made(lab: &Lab, words: &[&str]) -> Value {
    serde_json::from_str(&lab.done(&[words, &["--json"]].concat())).unwrap()
}

/// `keys restore` with these words typed.
fn restore(lab: &Lab, typed: &str, more: &[&str]) -> std::process::Output {
    let mut command =
        lab.command(&[&["keys", "restore", "--out", "back.pem", "--json"], more].concat());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn a_paper_backup_brings_the_same_key_back_from_its_words_or_its_qr_code() {
    let lab = Lab::new();
    let made = made(&lab, &["keys", "root", "--out", "paper.pem", "--paper", "paper.html"]);
    let html = fs::read_to_string(lab.path("paper.html")).unwrap();
    let words: Vec<&str> =
        html.split("<li>").skip(1).map(|li| li.split("</li>").next().unwrap()).collect();
    assert_eq!(words.len(), 32);
    assert_eq!(made["words"].as_str().unwrap(), words[24..].join(" "));
    assert_eq!(qr::read(&html).split_whitespace().collect::<Vec<_>>(), words);
    let shortened: Vec<&str> = words.iter().map(|word| word.get(..4).unwrap_or(word)).collect();
    let numbered: String =
        words.iter().zip(1..).map(|(word, n)| format!("{n}. {word}\n")).collect();
    for typed in [words.join(" "), shortened.join("\n"), numbered, words.join("  ").to_uppercase()]
    {
        let done = restore(&lab, &typed, &[]);
        assert!(done.status.success(), "{}", out(&done));
        let read = |name: &str| fs::read_to_string(lab.path(name)).unwrap();
        assert_eq!((read("back.pem"), read("back.pub")), (read("paper.pem"), read("paper.pub")));
        fs::remove_file(lab.path("back.pem")).unwrap();
        fs::remove_file(lab.path("back.pub")).unwrap();
    }
    let done = restore(&lab, &words[..24].join(" "), &["--public", "paper.pub"]);
    assert!(done.status.success(), "{}", out(&done));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(lab.path("paper.html")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn words_of_a_paper_that_do_not_fit_make_no_key_and_are_not_repeated() {
    let lab = Lab::new();
    lab.done(&["keys", "paper", "--key", "root.pem", "--out", "root.txt"]);
    let text = fs::read_to_string(lab.path("root.txt")).unwrap();
    let list = text.split("24 words").nth(1).unwrap().split("public key").next().unwrap();
    let words: Vec<&str> = list
        .replace("Its fingerprint: 8 words", "")
        .split_whitespace()
        .filter(|word| word.chars().all(char::is_alphabetic))
        .map(|word| &*word.to_owned().leak())
        .collect();
    assert_eq!(words.len(), 32);
    let mut swapped = words.clone();
    swapped.swap(0, 23);
    let mut unknown = words.clone();
    unknown[4] = "xylophon";
    for typed in [swapped, unknown, words[..24].to_vec(), words[..31].to_vec()] {
        let refused = restore(&lab, &typed.join(" "), &[]);
        let said: Value = serde_json::from_slice(&refused.stdout).unwrap();
        assert_eq!(
            (refused.status.code(), &said["error"]),
            (Some(1), &"wrong-backup".into()),
            "{said}"
        );
        assert!(!lab.path("back.pem").exists() && !out(&refused).contains("xylophon"));
    }
    let other = restore(&lab, &words.join(" "), &["--public", "alice.pub"]);
    assert_eq!(other.status.code(), Some(1));
}

#[test]
fn show_tells_a_key_by_the_same_words_whichever_half_it_is() {
    let lab = Lab::new();
    let words = |file: &str| made(&lab, &["keys", "show", file])["words"].clone();
    assert_eq!(words("root.pem"), words("root.pub"));
    assert_ne!(words("root.pub"), words("alice.pub"));
    assert_eq!(words("root.pub").as_str().unwrap().split(' ').count(), 8);
}

#[test]
fn neither_paper_nor_key_replaces_a_file() {
    let lab = Lab::new();
    fs::write(lab.path("taken.html"), "notes").unwrap();
    for words in [
        ["keys", "root", "--out", "new.pem", "--paper", "taken.html"],
        ["keys", "root", "--out", "new.pem", "--paper", "paper.doc"],
        ["keys", "root", "--out", "root.pem", "--paper", "new.html"],
    ] {
        let refused = lab.run(&words);
        assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
        assert!(!lab.path("new.pem").exists() && !lab.path("new.html").exists());
    }
    assert_eq!(fs::read(lab.path("taken.html")).unwrap(), b"notes");
}

#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_a_root_is_encrypted_unless_it_is_declined() {
    use crate::terminal::Terminal;
    let lab = Lab::new();
    let mut ceremony = Terminal::run(&lab, &["keys", "root", "--out", "new.pem"]);
    ceremony.wait_for_secret("Passphrase: ");
    ceremony.type_line("correct horse");
    ceremony.wait_for_secret("The same again: ");
    ceremony.type_line("correct horse");
    let (code, shown) = ceremony.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("(encrypted;") && !shown.contains("correct horse"), "{shown}");
    assert!(fs::read_to_string(lab.path("new.pem")).unwrap().contains("ENCRYPTED PRIVATE KEY"));
    let plain = Terminal::run(&lab, &["keys", "root", "--out", "plain.pem", "--no-passphrase"]);
    assert_eq!(plain.end().0, Some(0));
    assert!(!fs::read_to_string(lab.path("plain.pem")).unwrap().contains("ENCRYPTED"));
    let mut differ = Terminal::run(&lab, &["keys", "root", "--out", "other.pem"]);
    differ.wait_for_secret("Passphrase: ");
    differ.type_line("one");
    differ.wait_for_secret("The same again: ");
    differ.type_line("two");
    assert_eq!(differ.end().0, Some(2));
    assert!(!lab.path("other.pem").exists());
}
