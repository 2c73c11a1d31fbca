//! The portal as a process of its own: to be killed, to be starved.
#![allow(dead_code, clippy::unwrap_used)] // each program uses its part of this

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A running portal. It is killed when this is dropped; what it logged is shown when the test fails.
pub(crate) struct Portal {
    child: Child,
    url: String,
    log: PathBuf,
    // A portal whose standard output were closed could not say anything any more.
    stdout: BufReader<ChildStdout>,
}

impl Portal {
    /// Starts it on a data directory and waits until it listens.
    pub(crate) fn start(data: &Path) -> Self {
        Self::listening(spawn(serve(data), data), data)
    }

    /// Starts it by a shell, which runs `preparation` (limits, traps) and then becomes the portal.
    #[cfg(unix)]
    pub(crate) fn start_in_shell(preparation: &str, data: &Path) -> Self {
        let portal = serve(data);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{preparation}; exec \"$@\""), "sh"]);
        shell.arg(portal.get_program()).args(portal.get_args());
        Self::listening(spawn(shell, data), data)
    }

    /// Starts it and kills it after a while, wherever it is by then.
    pub(crate) fn kill_while_starting(data: &Path, after: Duration) {
        let mut child = spawn(serve(data), data);
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn listening(mut child: Child, data: &Path) -> Self {
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut portal = Self { child, url: String::new(), log: log(data), stdout };
        portal.url = portal.wait_for_url();
        portal
    }

    fn wait_for_url(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.stdout.read_line(&mut line).unwrap();
            assert!(read > 0, "the portal ended before it listened");
            if let Some(url) = line.trim().strip_prefix("listening on ") {
                return url.to_owned();
            }
        }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it and starts it again on its data directory, under no limits.
    pub(crate) fn restart(&mut self, data: &Path) {
        self.end();
        *self = Self::start(data);
    }

    /// SIGKILL: it gets no chance to finish anything.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        // Both fail when it was killed and waited for already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let skipped = log.lines().count().saturating_sub(30);
            eprintln!("the portal's log ends with:");
            log.lines().skip(skipped).for_each(|line| eprintln!("  {line}"));
        }
    }
}

fn serve(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--rate-limit", "0", "--data"]).arg(data);
    command
}

fn spawn(mut command: Command, data: &Path) -> Child {
    let log: File = OpenOptions::new().create(true).append(true).open(log(data)).unwrap();
    command
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Beside the data directory, which belongs to the portal alone.
fn log(data: &Path) -> PathBuf {
    data.with_extension("log")
}
