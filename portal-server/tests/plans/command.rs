//! `countersign-portal admin license import`: the same by command line.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use countersign_store::{Options, Store};
use serde_json::Value;

use crate::played::NOW;

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-portal");

struct Here(tempfile::TempDir);

impl Here {
    fn new() -> Self {
        let here = Self(tempfile::tempdir().unwrap());
        here.run(&["init", "--vendor", "Acme"]).unwrap_done();
        here.run(&["admin", "product", "create", "--id", "acme-cad"]).unwrap_done();
        here
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(PROGRAM);
        Ran(command.args(arguments).arg("--data").arg(self.data()).output().unwrap())
    }

    fn import(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["admin", "license", "import", "--json"], arguments].concat())
    }

    async fn count(&self) -> usize {
        let store = Store::open(&self.data().join("countersign.db"), Options::default(), NOW);
        store.unwrap().licenses(100_000).await.unwrap().len()
    }
}

struct Ran(Output);

impl Ran {
    #[track_caller]
    fn unwrap_done(&self) -> String {
        assert!(self.0.status.success(), "{:?}", self.0);
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.unwrap_done()).unwrap()
    }

    #[track_caller]
    fn complains(&self, words: &str) {
        let said = String::from_utf8(self.0.stderr.clone()).unwrap();
        assert!(!self.0.status.success() && said.contains(words), "{words:?} in {said}");
    }
}

fn table(rows: usize) -> String {
    let row = |n: usize| format!("acme-cad,3,365 days,Holder {n},user-{}@lab.example\n", n / 10);
    let head = "product,activations,validity,holder,owner_email\n".to_owned();
    (0..rows).fold(head, |text, n| text + &row(n))
}

#[tokio::test]
async fn a_table_is_dry_until_it_is_committed_and_imported_once() {
    let here = Here::new();
    let file = here.file("licenses.csv", &table(1_000));
    let dry = here.import(&[&file]).json();
    assert_eq!((&dry["dry_run"], &dry["licenses"]), (&true.into(), &1_000.into()));
    assert_eq!(dry["users"], 100);
    assert_eq!(here.count().await, 0);
    let keys = here.0.path().join("keys.csv");
    let keys = keys.to_str().unwrap();
    let done = here.import(&[&file, "--commit", "--keys", keys]).json();
    assert_eq!((&done["licenses"], &done["users"]), (&1_000.into(), &100.into()));
    assert_eq!(here.count().await, 1_000);
    assert_eq!(std::fs::read_to_string(keys).unwrap().lines().count(), 1_001);
    here.import(&[&file, "--commit"]).complains("imported before");
    assert_eq!(here.count().await, 1_000);
    let again = here.import(&[&file, "--commit", "--again"]).json();
    assert_eq!((&again["licenses"], &again["users"]), (&1_000.into(), &0.into()));
    assert_eq!(here.count().await, 2_000);
}

#[tokio::test]
async fn each_bad_line_is_named_and_nothing_is_imported() {
    let here = Here::new();
    let text = table(300) + "acme-cad,-1,365 days,x,\nacme-cam,1,365 days,x,\n";
    let file = here.file("licenses.csv", &text);
    for commit in [&[][..], &["--commit"]] {
        let ran = here.import(&[&[&*file], commit].concat());
        ran.complains("line 302, activations: -1 is no whole number");
        ran.complains("line 303, product: There is no such product.");
        ran.complains("nothing was imported");
    }
    assert_eq!(here.count().await, 0);
    here.import(&[&here.file("empty.csv", "")]).complains("no line in it");
    here.import(&["/nowhere/licenses.csv"]).complains("cannot be read: nothing was imported");
    here.import(&[&file, "--commit", "--keys", &file]).complains("nothing was imported");
}

#[tokio::test]
async fn an_import_that_was_cut_off_goes_on_where_it_ended() {
    let here = Here::new();
    let file = here.file("licenses.csv", &table(600));
    // As a run leaves it that was killed after its first part.
    here.import(&[&file, "--commit"]).json();
    let path = here.data().join("countersign.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let holders = "(SELECT id FROM license WHERE CAST(substr(holder, 8) AS INTEGER) >= 250)";
    let forget = format!(
        "PRAGMA foreign_keys = OFF; DELETE FROM license WHERE id IN {holders}; UPDATE license_list SET done = 250, licenses = 250;"
    );
    database.execute_batch(&forget).unwrap();
    drop(database);
    assert_eq!(here.count().await, 250);
    let done = here.import(&[&file, "--commit"]).json();
    assert_eq!((&done["lines_before"], &done["licenses"]), (&250.into(), &350.into()));
    assert_eq!(here.count().await, 600);
    here.import(&[&file, "--commit"]).complains("imported before");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn fifty_thousand_lines_take_no_more_memory_than_a_thousand() {
    let here = Here::new();
    let peak = |file: &str| {
        let output = Command::new("python3")
            .args(["-c", PEAK, PROGRAM, "admin", "license", "import", file, "--data"])
            .arg(here.data())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().parse::<u64>().unwrap()
    };
    let few = peak(&here.file("few.csv", &table(1_000)));
    let many = here.file("many.csv", &table(50_000));
    assert!(Path::new(&many).metadata().unwrap().len() > 2_000_000);
    let most = peak(&many);
    // Some dozen bytes a line, for the addresses of users who would be made.
    assert!(most < few + 16 * 1024, "{few} KiB and {most} KiB");
}

/// Runs a program and prints how much memory it took at most, in KiB.
const PEAK: &str = "import resource, subprocess, sys\n\
    done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n\
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n\
    sys.exit(done.returncode)";
