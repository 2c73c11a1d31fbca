//! A data directory with the programs that run on it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use countersign_store::{Options, Store};
use serde_json::Value;

use crate::browser::CookieUser;
use crate::played::NOW;

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-portal");

/// A folder with the data of one portal.
pub(crate) struct Installation {
    folder: tempfile::TempDir,
}

impl Installation {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With database and keys, and nobody serving.
    pub(crate) fn made() -> Self {
        let here = Self::new();
        let mut init = Command::new(PROGRAM);
        let run = init.args(["init", "--vendor", "Acme", "--data"]).arg(here.data()).output();
        let run = run.unwrap();
        assert!(run.status.success(), "{run:?}");
        here
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file with this text, for `--password-file` and the like.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Serves on a free port, once it says so.
    pub(crate) fn serve(&self, log: &str) -> Server {
        self.serve_with(log, &[])
    }

    /// As `serve`, with further options.
    pub(crate) fn serve_with(&self, log: &str, options: &[&str]) -> Server {
        let errors = self.folder.path().join("errors.log");
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--vendor", "Acme", "--data"])
            .arg(self.data())
            .args(options)
            .env("RUST_LOG", log)
            .stdout(Stdio::piped())
            .stderr(File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        let mut said = Vec::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("the server says where it listens").unwrap();
            said.push(line);
            if let Some(url) = said.last().unwrap().strip_prefix("listening on ") {
                break url.to_owned();
            }
        };
        Server { child, url, said, errors }
    }

    /// `countersign-portal admin …`
    pub(crate) fn admin(&self, arguments: &[&str]) -> Run {
        self.admin_with_input(arguments, "")
    }

    pub(crate) fn admin_with_input(&self, arguments: &[&str], input: &str) -> Run {
        let mut child = Command::new(PROGRAM)
            .arg("admin")
            .args(arguments)
            .arg("--data")
            .arg(self.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input closes it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Run {
            arguments: arguments.join(" "),
            status: output.status,
            said: String::from_utf8(output.stdout).unwrap(),
            complained: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// How many entries the audit log has: nothing is created without one.
    pub(crate) async fn entries(&self) -> usize {
        let store = Store::open(&self.data().join("countersign.db"), Options::default(), NOW);
        store.unwrap().audit_latest(1_000).await.unwrap().len()
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Run {
    #[expect(dead_code)] // read by Debug, where a check fails
    arguments: String,
    pub(crate) status: ExitStatus,
    pub(crate) said: String,
    pub(crate) complained: String,
}

impl Run {
    /// It worked, without complaints.
    #[track_caller]
    pub(crate) fn works(self) -> Self {
        assert!(self.status.success() && self.complained.is_empty(), "{self:?}");
        self
    }

    /// It said one JSON object and nothing else.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let run = self.works();
        assert_eq!(run.said.lines().count(), 1, "{run:?}");
        let json: Value = serde_json::from_str(&run.said).unwrap();
        assert!(json.is_object(), "{json}");
        json
    }
}

/// A running server. Ends with the test.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) url: String,
    /// What it printed when it started.
    pub(crate) said: Vec<String>,
    errors: PathBuf,
}

impl Server {
    pub(crate) fn visitor(&self) -> CookieUser {
        CookieUser::new(&self.url)
    }

    /// The path of the link to create the first admin.
    pub(crate) fn setup_link(&self) -> String {
        let line = self.said.iter().find_map(|line| line.strip_prefix("first admin   ")).unwrap();
        line.strip_prefix(&self.url).unwrap().to_owned()
    }

    /// What it wrote to its log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap()
    }

    /// Asks it to end, as a service manager does.
    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
