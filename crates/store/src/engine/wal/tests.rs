//! The log stays as short as it is said to, and what is in it comes into the file, whatever happens meanwhile.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a failed unwrap is a failed test

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::super::options::Options;
use super::super::readers::Engine;
use super::super::writer::{Scope, Writer};
use super::super::{Connection, Database, list, migrations, run};
use super::TOO_LARGE;

const MADE: &str = "CREATE TABLE IF NOT EXISTS thing (n INTEGER PRIMARY KEY, filling BLOB)";
const INSERT: &str = "INSERT INTO thing (n, filling) VALUES (?1, zeroblob(3000))";
const NUMBERS: &str = "SELECT n FROM thing ORDER BY n";
const LARGEST: &str = "SELECT COALESCE(MAX(n), 0) FROM thing";
const SCOPE: Scope<'static> = Scope::Keys(&["thing"]);

/// In pages: small enough to be begun anew many times, and for the thread and the writer to get into each other's way.
const SIZE: u32 = 64;
const TASKS: i64 = 8;
/// A row fills a page or two, and changes a few above it.
const PAGES_OF_A_GROUP: u64 = TASKS as u64 * 6;
/// A page with its head (SQLite's documentation, "File Format", 4.1).
const FRAME: u64 = 4096 + 24;
/// Twice what makes the writer wait, for the case that somebody has just begun to read then.
const LONGEST: u64 = 32 + (2 * (SIZE * TOO_LARGE) as u64 + PAGES_OF_A_GROUP) * FRAME;

struct Here {
    writer: Arc<Writer>,
    path: PathBuf,
}

fn open(path: PathBuf) -> Here {
    let engine = Engine::of(&Database::Sqlite(path.clone())).unwrap();
    let first = engine.writer().unwrap();
    migrations::apply(&first, 0).unwrap();
    first.batch(MADE).unwrap();
    let options = Options { log_pages: SIZE, ..Options::default() };
    Here { writer: Arc::new(Writer::start(&engine, first, options).unwrap()), path }
}

impl Here {
    /// Writes rows from several tasks at once, `told` of each when it is committed.
    async fn write(
        &self,
        numbers: std::ops::Range<i64>,
        told: impl Fn(i64) + Copy + Send + 'static,
    ) {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let (writer, numbers) = (Arc::clone(&self.writer), numbers.clone());
                tokio::spawn(async move {
                    for n in numbers.filter(|n| n % TASKS == task) {
                        let insert = move |c: &Connection| run(c, INSERT, [n]).map(drop);
                        writer.run(SCOPE, insert).await.unwrap();
                        told(n);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    }

    fn log_bytes(&self) -> u64 {
        std::fs::metadata(format!("{}-wal", self.path.display())).map_or(0, |log| log.len())
    }
}

fn looker(path: &Path) -> Connection {
    Engine::of(&Database::Sqlite(path.to_owned())).unwrap().looker().unwrap()
}

fn numbers(path: &Path) -> Vec<i64> {
    list(&looker(path), NUMBERS, [], |row| row.take()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_begun_anew_while_writes_go_on_and_is_gone_when_the_writer_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let here = open(folder.path().join("things"));
    // The log alone would have 20 times its size.
    here.write(0..5_000, |_| ()).await;
    assert!(here.log_bytes() <= LONGEST, "{} and not {LONGEST}", here.log_bytes());
    here.writer.close();
    assert_eq!(here.log_bytes(), 0);
    assert_eq!(numbers(&here.path), (0..5_000).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_reads_for_long_makes_the_log_longer_and_finds_what_was_there_before() {
    let folder = tempfile::tempdir().unwrap();
    let here = open(folder.path().join("things"));
    here.write(0..10, |_| ()).await;
    let reading = looker(&here.path);
    reading.begin_reading().unwrap();
    let read = || list(&reading, NUMBERS, [], |row| row.take::<i64>()).unwrap().len();
    assert_eq!(read(), 10);
    here.write(10..1_000, |_| ()).await;
    let long = here.log_bytes();
    assert!(long > LONGEST, "nothing of it can be written over: {long}");
    assert_eq!(read(), 10);
    reading.end_reading().unwrap();
    // At twice its length at the latest it is begun anew, and not as long again. It would have four times that by itself.
    here.write(1_000..6_000, |_| ()).await;
    let after = here.log_bytes();
    assert!(after <= 2 * long + PAGES_OF_A_GROUP * FRAME, "{after}, and {long} before");
    here.writer.close();
    assert_eq!(here.log_bytes(), 0);
    assert_eq!(numbers(&here.path), (0..6_000).collect::<Vec<_>>());
}

#[test]
fn attack_killed_again_and_again_while_pages_are_copied_the_file_is_whole_and_has_what_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("things");
    let mut told = BTreeSet::new();
    for kill in 0..12 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([WRITES, "--exact", "--ignored", "--nocapture"])
            .env(FILE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // At another place of the log's round each time.
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut committed = lines.map_while(Result::ok).filter_map(|line| line.parse::<i64>().ok());
        told.extend(committed.by_ref().take(150 + 37 * kill));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it had told before it was killed counts as well.
        told.extend(committed);
        let looking = looker(&path);
        assert_eq!(looking.check().unwrap(), Vec::<String>::new());
        let stored: BTreeSet<i64> = numbers(&path).into_iter().collect();
        assert_eq!(told.difference(&stored).collect::<Vec<_>>(), Vec::<&i64>::new());
    }
    // Most of what was told has come into the file itself.
    let (rows, bytes) = (told.len() as u64, std::fs::metadata(&path).unwrap().len());
    assert!(rows > 4_000 && bytes > rows * 3_000 / 2, "{rows} rows, {bytes} bytes in the file");
}

const FILE: &str = "COUNTERSIGN_TEST_FILE";
const WRITES: &str = "engine::wal::tests::writes_until_it_is_killed";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that another test kills"]
async fn writes_until_it_is_killed() {
    let here = open(std::env::var_os(FILE).unwrap().into());
    let largest: Vec<i64> = list(&looker(&here.path), LARGEST, [], |row| row.take()).unwrap();
    let told = |n: i64| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{n}").unwrap();
        out.flush().unwrap();
    };
    here.write(largest[0] + 1..i64::MAX, told).await;
}
