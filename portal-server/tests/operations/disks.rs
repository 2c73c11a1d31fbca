//! Disks that fail under a running portal: what is answered then, that nothing answered is lost, and that it goes on by itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use countersign_core::Hash;
use countersign_core::license_key::LicenseKey;
use reqwest::{Response, StatusCode};
use rusqlite::Connection;
use serde_json::Value;

use crate::machines::ACTIVATIONS;
use crate::played::Machine;
use crate::process::Portal;
use crate::vendor::{self, open, product};

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A portal on a disk that something is wrong with now and then.
struct Patient {
    portal: Portal,
    data: PathBuf,
    key: LicenseKey,
    answered: Vec<(String, String)>,
    http: reqwest::Client,
}

impl Patient {
    async fn new(data: PathBuf) -> Self {
        vendor::found(&data).await;
        let portal = Portal::start(&data);
        let store = open(&data);
        let key = vendor::license(&store, 100_000, None).await;
        store.close();
        Self { portal, data, key, answered: Vec::new(), http: reqwest::Client::new() }
    }

    fn request(&self, name: &str) -> String {
        Machine::new(name, &product()).activation(&self.key)
    }

    async fn post(&self, request: &str) -> Response {
        let url = format!("{}{ACTIVATIONS}", self.portal.url());
        self.http.post(url).body(request.to_owned()).send().await.unwrap()
    }

    async fn activates(&mut self, request: String) {
        let answer = self.post(&request).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let answer: Value = answer.json().await.unwrap();
        self.answered.push((request, answer["token"].as_str().unwrap().to_owned()));
    }

    async fn ready(&self) -> (StatusCode, Value) {
        let url = format!("{}/readyz", self.portal.url());
        let answer = self.http.get(url).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Waits until `/readyz` answers so, with these words.
    async fn says(&self, status: StatusCode, words: &str) {
        let since = Instant::now();
        loop {
            let (found, body) = self.ready().await;
            if found == status && body["warning"].as_str().unwrap_or("").contains(words) {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "{found}: {body}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Nothing that was answered is lost, and it is handed out again.
    async fn has_all(&self) {
        let store = open(&self.data);
        for (request, token) in &self.answered {
            assert_eq!(store.answer(&Hash::of(request)).await.unwrap().unwrap().token, *token);
        }
        let license = store.license(&self.key.id()).await.unwrap().unwrap();
        assert_eq!(license.live_activations, self.answered.len() as u64);
        assert!(store.integrity_check().await.unwrap().is_empty());
        store.close();
        let (request, token) = self.answered.last().unwrap();
        let again: Value = self.post(request).await.json().await.unwrap();
        assert_eq!(again["token"], **token);
    }
}

/// Refused whole: with when to come again, and what to do.
async fn unavailable(answer: Response) {
    let status = answer.status();
    let retry_after = answer.headers().get("retry-after").cloned();
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"unavailable".into())
    );
    assert!(
        problem["advice"].as_str().unwrap().contains("can be sent again as it is"),
        "{problem}"
    );
    assert_eq!(retry_after.unwrap(), "30");
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_do_not_come_through_are_refused_in_bounded_time_and_taken_when_they_do() {
    let folder = tempfile::tempdir().unwrap();
    let mut patient = Patient::new(folder.path().join("data")).await;
    let first = patient.request("first");
    patient.activates(first).await;
    // Somebody keeps the file to themselves, as a disk does that stands still.
    let other = Connection::open(patient.data.join("countersign.db")).unwrap();
    other.busy_timeout(PATIENCE).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let request = patient.request("second");
    let (refused, ()) = tokio::join!(
        patient.post(&request),
        patient.says(StatusCode::SERVICE_UNAVAILABLE, "the disk is slow")
    );
    unavailable(refused).await;
    // What is only read is answered meanwhile.
    let (again, token) = patient.answered[0].clone();
    let page = format!("{}/responses/{}", patient.portal.url(), Hash::of(again));
    let file = patient.http.get(page).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(countersign_core::file::read(&file).unwrap(), token);
    other.execute_batch("ROLLBACK").unwrap();
    patient.says(StatusCode::OK, "").await;
    patient.activates(request).await;
    patient.has_all().await;
}

/// A disk of its own for one test; taken away with it.
struct Disk {
    place: PathBuf,
    _folder: tempfile::TempDir,
}

impl Disk {
    /// An ext4 of so many MiB in a file.
    fn ext4(mib: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (image, place) = (folder.path().join("image"), folder.path().join("disk"));
        let file = std::fs::File::create(&image).unwrap();
        file.set_len(mib * 1024 * 1024).unwrap();
        std::fs::create_dir(&place).unwrap();
        system("mkfs.ext4", &["-q", "-F", image.to_str().unwrap()]);
        system("mount", &["-o", "loop", image.to_str().unwrap(), place.to_str().unwrap()]);
        Self { place, _folder: folder }
    }

    /// Fills what is left, but for a few KiB.
    fn fill(&self) {
        let path = self.place.join("ballast");
        let mut ballast = std::fs::File::create(path).unwrap();
        let full = std::io::copy(&mut std::io::repeat(1), &mut ballast).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    }

    fn make_room(&self) {
        std::fs::remove_file(self.place.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.place).status();
    }
}

/// A disk that stands still until this is dropped: also when the test fails, since a process that waits for it cannot be ended.
struct Frozen<'a>(&'a Disk);

impl<'a> Frozen<'a> {
    fn new(disk: &'a Disk) -> Self {
        system("fsfreeze", &["-f", disk.place.to_str().unwrap()]);
        Self(disk)
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        let _ = Command::new("fsfreeze").arg("-u").arg(&self.0.place).status();
    }
}

fn system(program: &str, arguments: &[&str]) {
    let ran = Command::new(program).args(arguments).output();
    let ran = ran.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        ran.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// Whether anything may be written into the files of a data folder.
fn writable(data: &Path, is_writable: bool) {
    let flag = if is_writable { "-i" } else { "+i" };
    for name in ["countersign.db", "countersign.db-wal"] {
        system("chattr", &[flag, data.join(name).to_str().unwrap()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk of its own: scripts/test runs it, as root"]
async fn a_disk_that_is_full_refuses_whole_requests_and_goes_on_with_room() {
    let disk = Disk::ext4(32);
    let mut patient = Patient::new(disk.place.clone()).await;
    let first = patient.request("first");
    patient.activates(first).await;
    disk.fill();
    let mut refused = None;
    for n in 0..10_000 {
        let request = patient.request(&format!("machine-{n}"));
        let answer = patient.post(&request).await;
        if answer.status() != StatusCode::OK {
            unavailable(answer).await;
            refused = Some(request);
            break;
        }
        let answer: Value = answer.json().await.unwrap();
        patient.answered.push((request, answer["token"].as_str().unwrap().to_owned()));
    }
    let refused = refused.expect("the disk becomes full");
    patient.says(StatusCode::SERVICE_UNAVAILABLE, "the disk is full").await;
    disk.make_room();
    patient.says(StatusCode::OK, "").await;
    patient.activates(refused).await;
    patient.has_all().await;
    drop(patient);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk of its own: scripts/test runs it, as root"]
async fn a_disk_that_takes_no_writes_refuses_whole_requests_and_goes_on_once_it_does() {
    let disk = Disk::ext4(64);
    let mut patient = Patient::new(disk.place.clone()).await;
    let first = patient.request("first");
    patient.activates(first).await;
    writable(&patient.data, false);
    let request = patient.request("second");
    unavailable(patient.post(&request).await).await;
    patient.says(StatusCode::SERVICE_UNAVAILABLE, "disk").await;
    writable(&patient.data, true);
    patient.says(StatusCode::OK, "").await;
    patient.activates(request).await;
    patient.has_all().await;
    drop(patient);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a disk of its own: scripts/test runs it, as root"]
async fn a_disk_that_stands_still_makes_nobody_believe_an_answer_and_goes_on() {
    let disk = Disk::ext4(64);
    let mut patient = Patient::new(disk.place.clone()).await;
    let first = patient.request("first");
    patient.activates(first).await;
    let frozen = Frozen::new(&disk);
    let request = patient.request("second");
    let url = format!("{}{ACTIVATIONS}", patient.portal.url());
    let (http, body) = (patient.http.clone(), request.clone());
    let waiting = tokio::spawn(async move { http.post(url).body(body).send().await.unwrap() });
    // Reading waits as well, once it has to note in a shared file that it reads: `/readyz` says so, or says nothing.
    for _ in 0..3 {
        let asked = tokio::time::timeout(Duration::from_secs(5), patient.ready()).await;
        assert!(
            asked.is_err()
                || asked.is_ok_and(|(status, _)| status == StatusCode::SERVICE_UNAVAILABLE)
        );
    }
    assert!(!waiting.is_finished(), "nothing is answered that is not on the disk");
    drop(frozen);
    let answer = waiting.await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.unwrap();
    patient.answered.push((request, answer["token"].as_str().unwrap().to_owned()));
    patient.says(StatusCode::OK, "").await;
    patient.has_all().await;
    drop(patient);
}
