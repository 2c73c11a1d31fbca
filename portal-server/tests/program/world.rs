//! A data directory with the programs that run on it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use countersign_store::{Options, Product, Store};
use serde_json::Value;

use crate::browser::CookieUser;
use crate::played::NOW;
use crate::process::Portal;

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

    /// Serves on a free port, with this much of a log.
    pub(crate) fn serve(&self, log: &str) -> Portal {
        self.serve_with(log, &[])
    }

    /// As `serve`, with further options.
    pub(crate) fn serve_with(&self, log: &str, options: &[&str]) -> Portal {
        Portal::start_with(&self.data(), |command| {
            command.args(["--vendor", "Acme"]).args(options).env("RUST_LOG", log);
        })
    }

    /// `countersign-portal admin …`
    pub(crate) fn admin(&self, arguments: &[&str]) -> Run {
        self.admin_with_input(arguments, "")
    }

    pub(crate) fn admin_with_input(&self, arguments: &[&str], input: &str) -> Run {
        self.run("admin", arguments, input)
    }

    /// `countersign-portal audit …`
    pub(crate) fn audit(&self, arguments: &[&str]) -> Run {
        self.run("audit", arguments, "")
    }

    fn run(&self, command: &str, arguments: &[&str], input: &str) -> Run {
        let mut child = Command::new(PROGRAM)
            .arg(command)
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
        self.store().audit_latest(1_000).await.unwrap().len()
    }

    /// Archives a product, as the vendor's pages do.
    pub(crate) async fn archive(&self, product: &str) {
        let store = self.store();
        let found = store.product(&product.parse().unwrap()).await.unwrap().unwrap();
        store.save_product(Product { archived: true, ..found }, "test", NOW).await.unwrap();
    }

    /// The database as a thief has it who may write there.
    pub(crate) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.data().join("countersign.db")).unwrap()
    }

    /// A path in the folder beside the data.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn store(&self) -> Store {
        Store::open(&self.data().join("countersign.db"), Options::default(), NOW).unwrap()
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

impl Portal {
    pub(crate) fn visitor(&self) -> CookieUser {
        CookieUser::new(self.url())
    }

    /// The path of the link to create the first admin.
    pub(crate) fn setup_link(&self) -> String {
        let mut lines = self.said().iter();
        let link = lines.find_map(|line| line.strip_prefix("first admin   ")).unwrap();
        link.strip_prefix(self.url()).unwrap().to_owned()
    }
}
