//! The portal as a process of its own: to be served by, to be killed, to be starved.
#![allow(dead_code, clippy::unwrap_used)] // each program uses its part of this

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A running portal. It is killed when this is dropped; what it logged is shown when the test fails.
pub(crate) struct Portal {
    child: Child,
    url: String,
    /// What it printed until it listened.
    said: Vec<String>,
    log: PathBuf,
    // A portal whose standard output were closed could not say anything any more.
    stdout: BufReader<ChildStdout>,
}

impl Portal {
    /// Starts it on a data directory, without a limit of requests, and waits until it listens.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, |command| {
            command.args(["--rate-limit", "0"]);
        })
    }

    /// Starts it with options and an environment.
    pub(crate) fn start_with(data: &Path, options: impl FnOnce(&mut Command)) -> Self {
        Self::try_start_with(data, options).expect("the portal ended before it listened")
    }

    /// As [`Portal::start_with`]; how it ended, when it did before it listened.
    pub(crate) fn try_start_with(
        data: &Path,
        options: impl FnOnce(&mut Command),
    ) -> Result<Self, ExitStatus> {
        let mut command = serve(data);
        command.env_remove("RUST_LOG");
        options(&mut command);
        Self::if_listening(spawn(command, data), data)
    }

    /// Starts it by a shell, which runs `preparation` (limits, traps) and then becomes the portal.
    #[cfg(unix)]
    pub(crate) fn start_in_shell(preparation: &str, data: &Path) -> Self {
        let mut portal = serve(data);
        portal.args(["--rate-limit", "0"]);
        let mut shell = Command::new("sh");
        shell.env_remove("RUST_LOG");
        shell.args(["-c", &format!("{preparation}; exec \"$@\""), "sh"]);
        shell.arg(portal.get_program()).args(portal.get_args());
        Self::listening(spawn(shell, data), data)
    }

    /// Starts it and kills it after a while, wherever it is by then.
    pub(crate) fn kill_while_starting(data: &Path, after: Duration) {
        let mut command = serve(data);
        command.env_remove("RUST_LOG");
        let mut child = spawn(command, data);
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn listening(child: Child, data: &Path) -> Self {
        Self::if_listening(child, data).expect("the portal ended before it listened")
    }

    fn if_listening(mut child: Child, data: &Path) -> Result<Self, ExitStatus> {
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (url, said, log) = (String::new(), Vec::new(), log(data));
        let mut portal = Self { child, url, said, log, stdout };
        match portal.wait_for_url() {
            Some(url) => portal.url = url,
            None => return Err(portal.child.wait().unwrap()),
        }
        Ok(portal)
    }

    fn wait_for_url(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            let read = self.stdout.read_line(&mut line).unwrap();
            if read == 0 {
                return None;
            }
            if let Some(url) = line.trim().strip_prefix("listening on ") {
                return Some(url.to_owned());
            }
            self.said.push(line.trim_end().to_owned());
        }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What it printed until it listened, line by line.
    pub(crate) fn said(&self) -> &[String] {
        &self.said
    }

    /// What it wrote to its log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
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

    /// Asks it to end, as a service manager does.
    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// How it ended, once it has.
    pub(crate) fn end_of_its_own(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
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
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command
}

fn spawn(mut command: Command, data: &Path) -> Child {
    let log: File = OpenOptions::new().create(true).append(true).open(log(data)).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap()
}

/// Beside the data directory, which belongs to the portal alone.
fn log(data: &Path) -> PathBuf {
    data.with_extension("log")
}
