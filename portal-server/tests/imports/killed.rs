//! An import that is killed (SIGKILL) wherever it is goes on from there.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::world::{Here, cad, license, rows};

const LICENSES: usize = 3_000;
const USERS: usize = 300;

fn large(here: &Here) -> std::path::PathBuf {
    let users: Vec<Value> = (0..USERS)
        .map(|n| json!({"id": format!("u{n}"), "email": format!("u{n}@b.example"), "firstName": "A", "lastName": "B"}))
        .collect();
    let licenses: Vec<Value> =
        (0..LICENSES).map(|n| license(n, json!({"userId": format!("u{}", n % USERS)}))).collect();
    let all = json!({"licenses": licenses, "users": users, "products": [cad()]});
    here.file("export.json", all.to_string())
}

fn imported(here: &Here) -> u64 {
    let c = Connection::open(here.database()).unwrap();
    c.busy_timeout(Duration::from_secs(60)).unwrap();
    c.query_row("SELECT COUNT(*) FROM imported", [], |row| row.get::<_, u32>(0)).unwrap().into()
}

#[tokio::test]
async fn an_import_killed_at_any_moment_goes_on_from_there() {
    let here = Here::new();
    let file = large(&here);
    for kill_after in [1, 400, 1_200, 2_500] {
        let mut import = here.command("cryptlex", &file, &["--yes"]);
        let mut child = import.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        while imported(&here) < kill_after && child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(300), "it does not get on");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // Each license is whole: with its words, its entry in the log and its place in the other system, or not there.
        let licenses = here.count("license");
        for of_each in ["imported WHERE noun = 'license'", "audit WHERE action = 'license.create'"]
        {
            assert_eq!(here.count(of_each), licenses, "{of_each}");
        }
        assert_eq!(here.count("(SELECT DISTINCT license_id FROM license_term)"), licenses);
    }
    let report = here.path("report.csv");
    let options = ["--yes", "--report", report.to_str().unwrap()];
    let run = here.import("cryptlex", &file, &options).works();
    let done = run.count("licenses", "made") + run.count("licenses", "unchanged");
    assert_eq!(done, LICENSES as u64);
    assert!(run.count("licenses", "unchanged") >= 2_000, "{run:?}");
    assert_eq!((here.count("license"), here.count("app_user")), (LICENSES as u64, USERS as u64));
    assert_eq!(here.store().integrity_check().await.unwrap(), [""; 0]);
    // The table has every key, whenever it was made.
    let rows = rows(&report);
    let with_keys = rows.iter().filter(|row| !row["license key here"].is_empty());
    assert_eq!(with_keys.count(), LICENSES);
    let before = here.tables();
    here.import("cryptlex", &file, &["--yes"]).works();
    assert_eq!(here.tables(), before);
}
