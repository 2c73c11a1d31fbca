//! A data directory, exports, and the program that imports them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use countersign_store::{License, Options, Store, User};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::{Value, json};

use crate::played::NOW;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-portal");
pub(crate) const CAD: &str = "63dfd63e-ed71-4f84-9236-02ee0ddb062c";

/// A portal's data directory, and room for exports beside it.
pub(crate) struct Here {
    folder: tempfile::TempDir,
}

impl Here {
    pub(crate) fn new() -> Self {
        let here = Self { folder: tempfile::tempdir().unwrap() };
        let mut init = Command::new(PROGRAM);
        let run = init.args(["init", "--vendor", "Acme", "--data"]).arg(here.data()).output();
        assert!(run.unwrap().status.success());
        here
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file beside the data directory.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self, system: &str, file: &Path, options: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("import").arg(system).arg(file).args(options).arg("--data").arg(self.data());
        command.stdin(Stdio::null()).env_remove("RUST_LOG").env("RUST_BACKTRACE", "0");
        command
    }

    pub(crate) fn import(&self, system: &str, file: &Path, options: &[&str]) -> Import {
        let output = self.command(system, file, &[options, &["--json"]].concat()).output();
        Import::of(output.unwrap())
    }

    /// Beside whoever else has the database open.
    pub(crate) fn store(&self) -> Store {
        Store::open(&self.database(), Options::default(), NOW).unwrap()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data().join("countersign.db")
    }

    /// Every row of every table.
    pub(crate) fn tables(&self) -> BTreeMap<String, Vec<Vec<Cell>>> {
        let c = Connection::open(self.database()).unwrap();
        let names: Vec<String> = c
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let rows = |name: &String| {
            let mut statement = c.prepare(&format!("SELECT * FROM {name}")).unwrap();
            let count = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| (0..count).map(|at| row.get(at)).collect();
            let mut rows: Vec<Vec<Cell>> =
                statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap();
            rows.sort_by_key(|row| format!("{row:?}"));
            rows
        };
        names.iter().map(|name| (name.clone(), rows(name))).collect()
    }

    pub(crate) fn count(&self, table: &str) -> u64 {
        let c = Connection::open(self.database()).unwrap();
        let count = format!("SELECT COUNT(*) FROM {table}");
        c.query_row(&count, [], |row| row.get::<_, u32>(0)).unwrap().into()
    }

    /// The id here of what has this id there.
    pub(crate) fn id(&self, external: &str) -> String {
        let c = Connection::open(self.database()).unwrap();
        let find = "SELECT id FROM imported WHERE external_id = ?1";
        c.query_row(find, [external], |row| row.get(0)).unwrap()
    }

    pub(crate) async fn license(&self, external: &str) -> License {
        let id = self.id(external).parse().unwrap();
        self.store().license(&id).await.unwrap().unwrap()
    }

    pub(crate) async fn user(&self, email: &str) -> User {
        self.store().user_by_email(email).await.unwrap().unwrap()
    }
}

/// The exports that lie beside this file.
pub(crate) fn export(system: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/imports/exports").join(system)
}

/// A license of Cryptlex that is good; with what `with` says.
pub(crate) fn license(number: usize, with: Value) -> Value {
    let mut license = json!({
        "key": format!("{number:06}-E8A2A3-4D31B7-8FF9C6-81A6CA-539E54"), "revoked": false, "suspended": false,
        "totalActivations": 1, "totalDeactivations": 0, "subscriptionInterval": "P1Y",
        "subscriptionStartTrigger": "creation", "fingerprintMatchingStrategy": "fuzzy", "allowedActivations": 2,
        "allowedDeactivations": 10, "type": "node-locked", "expiresAt": "2031-07-06T08:49:17.9361143Z",
        "productId": CAD, "user": null, "metadata": [], "tags": [], "id": format!("license-{number}"),
        "createdAt": "2018-05-06T08:49:17.9361143Z", "updatedAt": "2018-05-06T08:49:17.9361158Z",
    });
    license.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    license
}

pub(crate) fn cad() -> Value {
    json!({"id": CAD, "name": "Acme CAD", "displayName": "Acme CAD", "publicKey": "PEM", "totalLicenses": 3,
        "createdAt": "2018-05-06T08:49:17Z"})
}

/// How an import ended.
#[derive(Debug)]
pub(crate) struct Import {
    output: Output,
    /// What it said on standard output, if it was one JSON object.
    pub(crate) said: Value,
    pub(crate) complained: String,
}

impl Import {
    pub(crate) fn of(output: Output) -> Self {
        let said = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        let complained = String::from_utf8_lossy(&output.stderr).into_owned();
        Self { output, said, complained }
    }

    /// Done without a problem.
    #[track_caller]
    pub(crate) fn works(self) -> Self {
        assert_eq!(self.output.status.code(), Some(0), "{self:?}");
        self
    }

    /// Done, but for what the problems name.
    #[track_caller]
    pub(crate) fn has_problems(self) -> Self {
        assert_eq!(self.output.status.code(), Some(3), "{self:?}");
        self
    }

    /// Not done.
    #[track_caller]
    pub(crate) fn fails(self, words: &str) {
        assert_eq!(self.output.status.code(), Some(1), "{self:?}");
        assert!(self.complained.contains(words), "{}", self.complained);
    }

    /// How many entries of a noun ended so.
    pub(crate) fn count(&self, noun: &str, ending: &str) -> u64 {
        self.said["entries"][noun][ending].as_u64().unwrap_or(0)
    }

    /// The problem that names this entry says this.
    #[track_caller]
    pub(crate) fn names(&self, entry: &str, words: &str) {
        let problems = self.said["problems"].as_array().unwrap();
        let of = |problem: &&Value| problem.as_str().unwrap().starts_with(entry);
        let found: Vec<_> = problems.iter().filter(of).collect();
        assert!(
            found.iter().any(|problem| problem.as_str().unwrap().contains(words)),
            "{entry} {words}: {problems:#?}"
        );
    }

    pub(crate) fn problems(&self) -> u64 {
        self.said["problem_count"].as_u64().unwrap()
    }
}

/// The rows of a report, as cells by heading.
pub(crate) fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let headings = reader.headers().unwrap().clone();
    let row = |row: csv::StringRecord| {
        headings.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}
