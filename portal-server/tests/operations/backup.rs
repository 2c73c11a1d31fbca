//! Copies of a portal while it runs, and what is brought back.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign_core::Hash;
use reqwest::StatusCode;
use rusqlite::Connection;
use serde_json::Value;

use crate::machines::{ACTIVATIONS, Place, Ran, run, stop};
use crate::played::Machine;
use crate::process::Portal;
use crate::vendor::product;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn manifest(backup: &Path) -> Value {
    serde_json::from_slice(&fs::read(backup.join("manifest.json")).unwrap()).unwrap()
}

fn write_manifest(backup: &Path, manifest: &Value) {
    fs::write(backup.join("manifest.json"), manifest.to_string()).unwrap();
}

/// Writes down a file of the backup as it is now.
fn sign_off(backup: &Path, name: &str) {
    let (mut manifest, bytes) = (manifest(backup), fs::read(backup.join(name)).unwrap());
    let files = manifest["files"].as_array_mut().unwrap();
    let file = files.iter_mut().find(|file| file["name"] == name).unwrap();
    file["size"] = bytes.len().into();
    file["sha256"] = Hash::of(&bytes).to_string().into();
    write_manifest(backup, &manifest);
}

/// What lies beside the data.
fn names(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.folder.path()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_whole_and_has_every_answer_that_was_given_before_it() {
    let place = Place::new().await;
    let portal = Portal::start(&place.data());
    let key = place.license(100_000).await;
    let stopping = Arc::new(AtomicBool::new(false));
    let url = format!("{}{ACTIVATIONS}", portal.url());
    let load: Vec<_> = (0..4)
        .map(|worker| {
            let (stopping, url, key) = (Arc::clone(&stopping), url.clone(), key.clone());
            tokio::spawn(async move {
                let (http, mut answered) = (reqwest::Client::new(), 0);
                while !stopping.load(Ordering::SeqCst) {
                    let name = format!("machine-{worker}-{answered}");
                    let request = Machine::new(&name, &product()).activation(&key);
                    let answer = http.post(&url).body(request).send().await.unwrap();
                    assert_eq!(answer.status(), StatusCode::OK);
                    answered += 1;
                }
                answered
            })
        })
        .collect();
    let before = Machine::new("before", &product()).activation(&key);
    assert_eq!(place.post(&portal, ACTIVATIONS, &before).await.0, StatusCode::OK);
    for name in ["backup", "backup.zip"] {
        let to = place.path(name);
        let data = place.data();
        let made = tokio::task::spawn_blocking(move || {
            run(&data, &["backup", "--json", "--to", to.to_str().unwrap()])
        });
        let made = made.await.unwrap().well().json();
        assert!(made["migration"].as_u64().unwrap() > 0 && made["made_at"].is_u64(), "{made}");
        // Once more it is not replaced.
        let again = place.run(&["backup", "--to", text(&place.path(name))]);
        assert_eq!(again.code(), 1, "{}", again.said());
        assert!(again.said().contains("is there already"), "{}", again.said());
    }
    stopping.store(true, Ordering::SeqCst);
    let mut answered = 0;
    for worker in load {
        answered += worker.await.unwrap();
    }
    assert!(answered > 0);
    assert_eq!(place.stored(&key).await.live_activations, answered + 1);
    for name in ["backup", "backup.zip"] {
        let copy = place.path(&format!("copy-of-{name}"));
        run(&copy, &["restore", "--from", text(&place.path(name))]).well();
        fs::copy(place.data().join("key-passphrase"), copy.join("key-passphrase")).unwrap();
        fs::copy(place.data().join("keys/two-factor.key"), copy.join("keys/two-factor.key"))
            .unwrap();
        let checked = run(&copy, &["check", "--json"]).well().json();
        assert!(checked["answers"].as_u64().unwrap() >= 1, "{checked}");
        let store = crate::vendor::open(&copy);
        assert!(store.answer(&Hash::of(&before)).await.unwrap().is_some());
        store.close();
    }
    assert!(
        names(&place).iter().all(|name| !name.contains("partial") && !name.contains("packing"))
    );
}

#[tokio::test]
async fn a_backup_says_what_is_in_it_and_holds_no_secret_unless_it_is_told_to() {
    let place = Place::new().await;
    let data = place.data();
    fs::create_dir_all(data.join("releases")).unwrap();
    fs::write(data.join("releases/content"), "what is downloaded").unwrap();
    for (name, options, has_secrets) in
        [("plain", &[][..], false), ("whole", &["--with-secrets"], true)]
    {
        let to = place.path(name);
        let arguments = [&["backup", "--to", text(&to)], options].concat();
        let said = place.run(&arguments).well().said();
        let listed: Vec<String> = manifest(&to)["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["name"].as_str().unwrap().to_owned())
            .collect();
        for file in ["countersign.db", "keys/signing.pem", "keys/root.pub", "releases/content"] {
            assert!(listed.contains(&file.to_owned()), "{file}: {listed:?}");
        }
        for file in ["key-passphrase", "keys/two-factor.key"] {
            assert_eq!(listed.contains(&file.to_owned()), has_secrets, "{file}");
            assert_eq!(to.join(file).exists(), has_secrets, "{file}");
            assert_eq!(said.contains(file), !has_secrets, "{said}");
        }
        assert!(!listed.iter().any(|name| name.contains("root.pem")), "{listed:?}");
    }
    let small = place.path("small");
    let arguments = ["backup", "--without-releases", "--to", text(&small)];
    assert!(place.run(&arguments).well().said().contains("files of releases"));
    assert!(!place.path("small/releases").exists());
    // What is missing where nothing of it was before is said.
    let elsewhere = place.path("elsewhere");
    let restored = run(&elsewhere, &["restore", "--json", "--from", text(&place.path("plain"))]);
    let restored = restored.well().json();
    let missing = restored["missing"].to_string();
    assert!(missing.contains("key-passphrase") && missing.contains("two-factor.key"), "{missing}");
}

#[tokio::test]
async fn a_backup_that_finds_no_room_or_no_place_leaves_nothing_under_its_name() {
    let place = Place::new().await;
    let before = names(&place);
    for name in ["backup", "backup.zip"] {
        let program = env!("CARGO_BIN_EXE_countersign-portal");
        let (to, data) = (place.path(name), place.data());
        // Files may have 64 KiB: the database has more.
        let ran = Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "sh", program, "backup"])
            .args(["--to", text(&to), "--data", text(&data)])
            .output();
        let ran = Ran(ran.unwrap());
        assert_eq!(ran.code(), 1, "{}", ran.said());
        assert!(ran.said().contains("no backup was made"), "{}", ran.said());
        assert!(ran.said().contains("Make room"), "{}", ran.said());
        assert_eq!(names(&place), before);
    }
    let nowhere = place.run(&["backup", "--to", text(&place.path("no/such/folder"))]);
    assert_eq!(nowhere.code(), 1);
    assert!(nowhere.said().contains("its folder is not there"), "{}", nowhere.said());
    let no_portal = run(&place.path("nobody"), &["backup", "--to", text(&place.path("x"))]);
    assert!(no_portal.said().contains("there is no portal in"), "{}", no_portal.said());
    assert_eq!(names(&place), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_replaces_nothing_unasked_and_keeps_what_was_there() {
    let place = Place::new().await;
    let backup = place.path("backup");
    let portal = Portal::start(&place.data());
    place.run(&["backup", "--to", text(&backup)]).well();
    let key = place.license(3).await;
    let machine = place.machine("lab-1");
    assert_eq!(place.activate(&portal, &machine, &key).await.0, StatusCode::OK);
    let unasked = place.run(&["restore", "--from", text(&backup)]);
    assert_eq!(unasked.code(), 1);
    assert!(unasked.said().contains("--overwrite"), "{}", unasked.said());
    let running = place.run(&["restore", "--overwrite", "--from", text(&backup)]);
    assert_eq!(running.code(), 1);
    assert!(running.said().contains("stop it first"), "{}", running.said());
    // It runs on as if nothing had been asked.
    assert_eq!(place.activate(&portal, &machine, &key).await.0, StatusCode::OK);
    stop(portal);
    let restored = place.run(&["restore", "--overwrite", "--json", "--from", text(&backup)]);
    let restored = restored.well().json();
    assert_eq!(restored["missing"], serde_json::json!([]), "the secrets that were there are kept");
    let aside = Path::new(restored["kept_aside"].as_str().unwrap()).to_owned();
    let old = crate::vendor::open(&aside);
    assert_eq!(old.license(&key.id()).await.unwrap().unwrap().live_activations, 1);
    old.close();
    let new = crate::vendor::open(&place.data());
    assert_eq!(new.license(&key.id()).await.unwrap(), None);
    new.close();
    let portal = Portal::start(&place.data());
    let ready = place.http.get(format!("{}/readyz", portal.url())).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
}

#[tokio::test]
async fn attack_a_backup_that_was_changed_is_not_restored() {
    let place = Place::new().await;
    let before = {
        place.run(&["backup", "--to", text(&place.path("kept"))]).well();
        names(&place)
    };
    let refused = |change: &dyn Fn(&Path), says: &str| {
        let backup = place.path("changed");
        copy_folder(&place.path("kept"), &backup);
        change(&backup);
        let ran = place.run(&["restore", "--overwrite", "--from", text(&backup)]);
        assert_eq!(ran.code(), 1);
        assert!(ran.said().contains(says), "{says}: {}", ran.said());
        assert!(ran.said().contains("nothing was restored"), "{}", ran.said());
        fs::remove_dir_all(&backup).unwrap();
        assert_eq!(names(&place), before);
    };
    refused(&|b| fs::write(b.join("keys/root.pub"), "another").unwrap(), "is not what was written");
    refused(&|b| fs::remove_file(b.join("keys/signing.chain")).unwrap(), "is missing");
    refused(&|b| fs::write(b.join("keys/extra"), "x").unwrap(), "not in its manifest");
    refused(&|b| fs::remove_file(b.join("manifest.json")).unwrap(), "no backup of a portal");
    refused(
        &|b| {
            let mut all = manifest(b);
            all["files"][0]["name"] = "../outside".into();
            write_manifest(b, &all);
        },
        "no file of a backup",
    );
    refused(
        &|b| {
            let mut all = manifest(b);
            all["countersign_backup"] = 99.into();
            write_manifest(b, &all);
        },
        "newer than this program",
    );
    refused(
        &|b| {
            let database = Connection::open(b.join("countersign.db")).unwrap();
            let note =
                "INSERT INTO schema_migration (number, name, applied_at) VALUES (9999, 'x', 1)";
            database.execute(note, []).unwrap();
            database.close().unwrap();
            sign_off(b, "countersign.db");
        },
        "which is newer",
    );
    refused(
        &|b| {
            fs::write(b.join("countersign.db"), vec![7; 50_000]).unwrap();
            sign_off(b, "countersign.db");
        },
        "cannot be read",
    );
    #[cfg(unix)]
    refused(
        &|b| {
            fs::remove_file(b.join("keys/root.pub")).unwrap();
            std::os::unix::fs::symlink("/etc/hostname", b.join("keys/root.pub")).unwrap();
        },
        "is missing",
    );
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_finds_what_is_not_as_it_should_be_beside_a_running_portal() {
    let place = Place::new().await;
    let portal = Portal::start(&place.data());
    let key = place.license(5).await;
    let requests = ["a", "b"].map(|name| Machine::new(name, &product()).activation(&key));
    for request in &requests {
        assert_eq!(place.post(&portal, ACTIVATIONS, request).await.0, StatusCode::OK);
    }
    place.run(&["check"]).well();
    let spoil = |sql: &str, parameters: &[&str]| {
        let database = Connection::open(place.data().join("countersign.db")).unwrap();
        database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        let spoilt = database.execute(sql, rusqlite::params_from_iter(parameters)).unwrap();
        assert!(spoilt > 0, "{sql}");
    };
    let [a, b] = [&requests[0], &requests[1]].map(|request| Hash::of(request).to_string());
    spoil("UPDATE license SET live_activations = live_activations - 1", &[]);
    spoil(
        "UPDATE answer SET token = (SELECT token FROM answer WHERE request_hash = ?2) WHERE request_hash = ?1",
        &[&a, &b],
    );
    spoil("UPDATE answer SET token = token || 'x' WHERE request_hash = ?1", &[&b]);
    let ran = place.run(&["check", "--json"]);
    assert_eq!(ran.code(), 1, "{}", ran.said());
    let facts = ran.json()["findings"].to_string();
    for says in ["counts 1 activations and has 2", "answers another one", "does not verify"] {
        assert!(facts.contains(says), "{says}: {facts}");
    }
}
