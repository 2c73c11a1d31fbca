//! The signer as a process of its own: to be asked, to be killed.
#![allow(dead_code)] // each module uses its part of this

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-portal");

/// A running signer. It is killed when this is dropped; what it logged is shown when the test fails.
pub(crate) struct Signer {
    child: Child,
    log: PathBuf,
    /// What it printed until it signed.
    said: Vec<String>,
    stdout: BufReader<ChildStdout>,
}

impl Signer {
    /// Starts it and waits until its socket is there.
    pub(crate) fn start(data: &Path, socket: &Path) -> Self {
        Self::start_with(data, socket, &[])
    }

    pub(crate) fn start_with(data: &Path, socket: &Path, options: &[&str]) -> Self {
        Self::signing(command(data, socket, options), data.with_extension("log"))
    }

    /// Starts it by a shell, which runs `preparation` (limits, traps) and then becomes the signer.
    pub(crate) fn start_in_shell(preparation: &str, data: &Path, socket: &Path) -> Self {
        let (log, signer) = (data.with_extension("log"), command(data, socket, &[]));
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{preparation}; exec \"$@\""), "sh"]);
        shell.arg(signer.get_program()).args(signer.get_args()).env_remove("RUST_LOG");
        Self::signing(shell, log)
    }

    fn signing(mut command: Command, log: PathBuf) -> Self {
        let file: File = OpenOptions::new().create(true).append(true).open(&log).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file);
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut signer = Self { child, log, said: Vec::new(), stdout };
        signer.wait_for_socket();
        signer
    }

    fn wait_for_socket(&mut self) {
        loop {
            let mut line = String::new();
            let read = self.stdout.read_line(&mut line).unwrap();
            assert!(read > 0, "the signer ended before it signed");
            if line.starts_with("signing on ") {
                return;
            }
            self.said.push(line.trim_end().to_owned());
        }
    }

    pub(crate) fn said(&self) -> &[String] {
        &self.said
    }

    /// SIGKILL: it gets no chance to finish anything.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as a service manager does, and waits until it has.
    pub(crate) fn terminate(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Signer {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            eprintln!("the signer's log: {log}");
        }
    }
}

/// A signer that is expected to end of its own.
pub(crate) fn refused(data: &Path, socket: &Path, options: &[&str]) -> String {
    let output = command(data, socket, options).stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// `countersign-portal signer …` to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).arg("signer").args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn command(data: &Path, socket: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["signer", "serve", "--data"]).arg(data).arg("--socket").arg(socket);
    command.args(options).env_remove("RUST_LOG");
    command
}
