//! Copies, restoring them, doctor and check, of a portal whose data is in a server's database.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use countersign_client::Client;
use countersign_core::Hash;
use countersign_core::license_key::LicenseKey;
use countersign_store::{Database, License, Store};
use countersign_testing::Raw;
use reqwest::StatusCode;
use serde_json::Value;

use crate::machines::{Place, Ran, stop};
use crate::process::Portal;
use crate::{empty, file_of, moved, serve_on};

/// A portal with its data in a server's database.
struct Served {
    place: Place,
    database: String,
}

impl Served {
    async fn new() -> Self {
        let (place, database) = (Place::new().await, empty());
        moved(&place, &file_of(&place), &database, &["--yes"]).well();
        fs::remove_file(place.data().join("countersign.db")).unwrap();
        Self { place, database }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_on(&self.database, arguments)
    }

    fn run_on(&self, database: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
        command.args(arguments).arg("--data").arg(self.place.data());
        Ran(command.env("COUNTERSIGN_DATABASE", database).output().unwrap())
    }

    async fn license(&self, seats: u64) -> LicenseKey {
        let store = open(&self.database);
        let key = crate::vendor::license(&store, seats, None).await;
        store.close();
        key
    }

    fn raw(&self) -> Raw {
        Raw::open(&Database::Postgres(self.database.clone()))
    }
}

fn open(database: &str) -> Store {
    Store::connect(&database.parse().unwrap(), Default::default(), crate::played::NOW).unwrap()
}

async fn stored(database: &str, key: &LicenseKey) -> License {
    let store = open(database);
    let license = store.license(&key.id()).await.unwrap().unwrap();
    store.close();
    license
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Three of five machines are in the backup, which was made while the portal ran; all of them are activated.
async fn backed_up(name: &str) -> (Served, LicenseKey, Vec<Client>) {
    let served = Served::new().await;
    let portal = serve_on(&served.place, &served.database);
    let key = served.license(5).await;
    let machines: Vec<Client> =
        (1..=5).map(|n| served.place.machine(&format!("lab-{n}"))).collect();
    activate(&served, &portal, &machines[..3], &key).await;
    let made =
        served.run(&["backup", "--json", "--to", text(&served.place.path(name))]).well().json();
    assert!(made["migration"].as_u64().unwrap() > 0, "{made}");
    activate(&served, &portal, &machines[3..], &key).await;
    stop(portal);
    (served, key, machines)
}

async fn activate(served: &Served, portal: &Portal, machines: &[Client], key: &LicenseKey) {
    for machine in machines {
        let (status, answer) = served.place.activate(portal, machine, key).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_that_a_restored_copy_on_a_server_has_forgotten_come_back_and_a_sixth_is_refused()
{
    let (served, key, machines) = backed_up("backup.zip").await;
    let fresh = empty();
    let from = served.place.path("backup.zip");
    let restored =
        served.run_on(&fresh, &["restore", "--json", "--overwrite", "--from", text(&from)]);
    let restored = restored.well().json();
    assert_eq!(restored["schema_kept_aside"], Value::Null, "{restored}");
    assert_eq!(stored(&fresh, &key).await.live_activations, 3);
    let portal = serve_on(&served.place, &fresh);
    for machine in &machines[3..] {
        let before = machine.check().right().unwrap().id();
        let (status, answer) = served.place.activate(&portal, machine, &key).await;
        assert_eq!(
            (status, &answer["id"]),
            (StatusCode::OK, &before.to_string().into()),
            "{answer}"
        );
    }
    let license = stored(&fresh, &key).await;
    assert_eq!((license.live_activations, license.over_activations), (5, 0));
    let (status, refused) =
        served.place.activate(&portal, &served.place.machine("lab-6"), &key).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &"seats-used-up".into()));
    activate(&served, &portal, &machines[..3], &key).await;
    stop(portal);
    let checked = served.run_on(&fresh, &["check", "--json"]).well().json();
    assert_eq!(checked["verdict"], "ok", "{checked}");
    let store = open(&fresh);
    let latest = store.audit_latest(1_000).await.unwrap();
    store.close();
    assert_eq!(latest.iter().filter(|entry| entry.action == "activation.recognise").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_holds_is_replaced_only_when_it_is_meant_and_nobody_uses_it_and_is_kept() {
    let (served, key, _) = backed_up("backup").await;
    let from = served.place.path("backup");
    let restore = ["restore", "--json", "--from", text(&from)];
    let refused = served.run(&restore);
    assert_eq!(refused.code(), 1);
    assert!(
        refused.said().contains("tables, and nothing was touched: with --overwrite"),
        "{}",
        refused.said()
    );
    let overwrite = [&restore[..], &["--overwrite"]].concat();
    let portal = serve_on(&served.place, &served.database);
    let in_use = served.run(&overwrite);
    assert_eq!(in_use.code(), 1);
    assert!(in_use.said().contains("stop them first"), "{}", in_use.said());
    stop(portal);
    assert_eq!(stored(&served.database, &key).await.live_activations, 5);
    let done = served.run(&overwrite).well().json();
    let schema = done["schema_kept_aside"].as_str().unwrap();
    let count =
        |schema: &str| served.raw().value(&format!("SELECT COUNT(*) FROM {schema}.activation"));
    assert_eq!((count(schema), count("public")), ("5".to_owned(), "3".to_owned()));
    assert_eq!(stored(&served.database, &key).await.live_activations, 3);
    served.run(&["check"]).well();
    // What was kept aside is in no later backup, and a further restore works as well.
    let second = served.place.path("second");
    served.run(&["backup", "--to", text(&second)]).well();
    let fresh = empty();
    served.run_on(&fresh, &["restore", "--overwrite", "--from", text(&second)]).well();
    let on_fresh = Raw::open(&Database::Postgres(fresh));
    let schemas = "SELECT COUNT(*) FROM pg_namespace WHERE nspname LIKE 'before_restore%'";
    assert_eq!(on_fresh.value(schemas), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_copy_or_one_of_the_other_kind_leaves_everything_as_it_was() {
    let (served, key, _) = backed_up("backup").await;
    let from = served.place.path("backup");
    let listed = fs::read_to_string(from.join("manifest.json")).unwrap();
    assert!(listed.contains("countersign.dump") && listed.contains("postgresql"), "{listed}");
    let fresh = empty();
    // Of the other kind, both ways.
    let as_file =
        crate::machines::run(&served.place.path("other"), &["restore", "--from", text(&from)]);
    assert_eq!(as_file.code(), 1);
    assert!(as_file.said().contains("name an empty one with --database"), "{}", as_file.said());
    let embedded = Place::new().await;
    let copy = embedded.path("backup");
    embedded.run(&["backup", "--to", text(&copy)]).well();
    let as_server = served.run_on(&fresh, &["restore", "--overwrite", "--from", text(&copy)]);
    assert_eq!(as_server.code(), 1);
    assert!(as_server.said().contains("countersign-portal migrate-data"), "{}", as_server.said());
    // Damaged, and the manifest written anew for it.
    let dump = from.join("countersign.dump");
    let mut bytes = fs::read(&dump).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(&dump, &bytes).unwrap();
    let mut manifest: Value = serde_json::from_str(&listed).unwrap();
    for listed in manifest["files"].as_array_mut().unwrap() {
        if listed["name"] == "countersign.dump" {
            listed["size"] = bytes.len().into();
            listed["sha256"] = Hash::of(&bytes).to_string().into();
        }
    }
    fs::write(from.join("manifest.json"), manifest.to_string()).unwrap();
    for database in [&fresh, &served.database] {
        let ran = served.run_on(database, &["restore", "--overwrite", "--from", text(&from)]);
        assert_eq!(ran.code(), 1);
        assert!(ran.said().contains("nothing was restored"), "{}", ran.said());
    }
    assert_eq!(stored(&served.database, &key).await.live_activations, 5);
    let tables = "SELECT COUNT(*) FROM pg_tables WHERE schemaname <> 'pg_catalog' AND schemaname <> 'information_schema'";
    assert_eq!(Raw::open(&Database::Postgres(fresh)).value(tables), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_the_password_of_a_server_is_on_no_command_line_of_a_backup() {
    let served = Served::new().await;
    let folder = served.place.path("programs");
    fs::create_dir(&folder).unwrap();
    let (seen, own) = (served.place.path("seen"), text(&folder).to_owned());
    let dump = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && {{ echo 'pg_dump (PostgreSQL) 99.1'; exit; }}\n\
         echo \"$* $PGPASSWORD\" > {}\nwhile [ $# -gt 0 ]; do [ \"$1\" = --file ] && echo copy > \"$2\"; shift; done\n",
        seen.display()
    );
    for (name, script) in [("pg_dump", dump.as_str()), ("pg_restore", "#!/bin/sh\nexit 0\n")] {
        fs::write(folder.join(name), script).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let secret = "hunter2secret";
    let address = served.database.replace("postgres@", &format!("postgres:{secret}@"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    command
        .args(["backup", "--to", text(&served.place.path("backup"))])
        .arg("--data")
        .arg(served.place.data());
    let path = format!("{own}:{}", std::env::var("PATH").unwrap());
    let ran = Ran(command.env("PATH", path).env("COUNTERSIGN_DATABASE", address).output().unwrap())
        .well();
    assert!(!ran.said().contains(secret), "{}", ran.said());
    let seen = fs::read_to_string(seen).unwrap();
    let (arguments, password) = seen.trim().rsplit_once(' ').unwrap();
    assert!(arguments.contains("--format=custom") && !arguments.contains(secret), "{arguments}");
    assert_eq!(password, secret);
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_looks_at_the_server_and_check_at_its_data() {
    let served = Served::new().await;
    let portal = serve_on(&served.place, &served.database);
    let found = served.run(&["doctor", "--json"]).json();
    let level = |code: &str| {
        let findings = found["findings"].as_array().unwrap().iter();
        let of_code = findings.filter(|finding| finding["code"] == code);
        of_code.map(|finding| finding["level"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for code in [
        "database",
        "server-version",
        "server-encoding",
        "server-role",
        "server-clock",
        "server-way",
        "replication",
    ] {
        assert_eq!(level(code), ["well"], "{code}: {found}");
    }
    // The tests' server does not wait for its disk.
    assert_eq!(level("server-durability"), ["problem"], "{found}");
    let checked = served.run(&["check", "--json"]).well().json();
    assert_eq!(checked["verdict"], "ok", "{checked}");
    stop(portal);
    let key = served.license(2).await;
    let wrong = format!("UPDATE license SET live_activations = 1 WHERE id = '{}'", key.id());
    served.raw().execute(&wrong).unwrap();
    let checked = served.run(&["check", "--json"]);
    assert_eq!(checked.code(), 1);
    assert!(checked.said().contains("counts 1 activations and has 0"), "{}", checked.said());
}
