//! A person at a terminal: `script` of util-linux gives the command a real one.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use crate::lab::Lab;

/// A command at a terminal, with what it has shown so far.
pub(crate) struct Terminal {
    child: Child,
    keys: Option<ChildStdin>,
    shown: String,
}

impl Terminal {
    /// Runs `countersign` with these words, none of which has a blank in it.
    pub(crate) fn run(lab: &Lab, words: &[&str]) -> Self {
        let line = format!("{} {}", env!("CARGO_BIN_EXE_countersign"), words.join(" "));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).current_dir(lab.path(""));
        command.env("TERM", "dumb").env_remove("COUNTERSIGN_PASSPHRASE");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let keys = child.stdin.take();
        Self { child, keys, shown: String::new() }
    }

    /// Waits until this is shown.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let mut byte = [0];
        while !self.shown.contains(text) {
            let read = self.child.stdout.as_mut().unwrap().read(&mut byte).unwrap();
            assert!(read > 0, "it ended without {text:?}: {}", self.shown);
            self.shown.push(char::from(byte[0]));
        }
        self.shown.clear();
    }

    /// Waits for this question and until the terminal has stopped showing what is typed: the question is written before
    /// the echo is switched off, and a person is never that quick.
    pub(crate) fn wait_for_secret(&mut self, question: &str) {
        self.wait_for(question);
        while self.echoes() {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether the terminal of the command shows what is typed.
    fn echoes(&self) -> bool {
        let script = self.child.id();
        let children =
            fs::read_to_string(format!("/proc/{script}/task/{script}/children")).unwrap();
        let command = children.split_whitespace().next().expect("the command has ended");
        let settings = Command::new("stty")
            .args(["-a", "-F", &format!("/proc/{command}/fd/0")])
            .output()
            .unwrap();
        let settings = String::from_utf8(settings.stdout).unwrap();
        assert!(settings.contains("echo"), "no terminal: {settings}");
        settings.split_whitespace().any(|setting| setting == "echo")
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        self.keys.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// The exit code, and what was shown since.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut rest = Vec::new();
        self.child.stdout.as_mut().unwrap().read_to_end(&mut rest).unwrap();
        drop(self.keys.take());
        let code = self.child.wait().unwrap().code();
        (code, self.shown + &String::from_utf8_lossy(&rest))
    }
}
