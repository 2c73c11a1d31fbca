//! The disk is full: what cannot be stored is refused whole, what was answered stays answered, and with room again the portal
//! works again, whether it is started anew or not.
//!
//! No disk is filled: the portal runs under a limit for the size of its files, and its writes fail where a full disk would
//! make them fail. The system's word for it is another one (EFBIG, not ENOSPC), and what SQLite makes of either is an error
//! in the middle of a commit. The portal's log is a file as well and meets the same limit.
#![cfg(target_os = "linux")] // prlimit lifts the limit of a process that runs
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::path::PathBuf;
use std::process::Command;

use countersign_core::Hash;
use countersign_core::license_key::LicenseKey;
use reqwest::StatusCode;
use serde_json::Value;

mod played;
mod process;
mod vendor;

use played::Machine;
use process::Portal;
use vendor::{open, product};

/// Of 512 bytes each: one MiB, enough for the schema and some dozen activations.
const BLOCKS: usize = 2048;
const AT_ONCE: usize = 8;

const ACTIVATIONS: &str = "/api/v1/activations";
const DEACTIVATIONS: &str = "/api/v1/deactivations";
const TRIALS: &str = "/api/v1/trials";

/// A request of a machine, and the answer.
struct Asked {
    machine: Machine,
    request: String,
    answer: String,
}

/// A portal whose disk has become full under load.
struct Full {
    portal: Portal,
    data: PathBuf,
    key: LicenseKey,
    answered: Vec<Asked>,
    refused: Vec<Asked>,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Full {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        vendor::found(&data).await;
        // SIGXFSZ would end the portal where a full disk would not. The limit is soft: it can be moved later.
        let limits = format!("trap '' XFSZ; ulimit -S -f {BLOCKS}");
        let portal = Portal::start_in_shell(&limits, &data);
        let key = vendor::license(&open(&data), 10_000, None).await;
        let http = reqwest::Client::new();
        let (answered, refused) = (Vec::new(), Vec::new());
        let mut full = Self { portal, data, key, answered, refused, http, _folder: folder };
        full.fill().await;
        // Where the writes of many at once found no room a smaller one may still: now none does.
        full.limit_files("1");
        full
    }

    /// Activates machines, some at once so that they share commits, until there is no room in the middle of one.
    async fn fill(&mut self) {
        for round in 0.. {
            assert!(round < 1000, "the disk does not become full");
            let asking = (0..AT_ONCE).map(|n| {
                let machine = Machine::new(&format!("machine-{round}-{n}"), &product());
                let request = machine.activation(&self.key);
                let (http, url) = (self.http.clone(), self.url(ACTIVATIONS));
                tokio::spawn(async move {
                    let (status, answer) = post(&http, &url, &request).await;
                    (status, Asked { machine, request, answer })
                })
            });
            for asked in asking.collect::<Vec<_>>() {
                match asked.await.unwrap() {
                    (StatusCode::OK, asked) => self.answered.push(asked),
                    (status, asked) => {
                        assert_unavailable(status, &asked.answer);
                        self.refused.push(asked);
                    }
                }
            }
            if !self.refused.is_empty() {
                return;
            }
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.portal.url())
    }

    async fn post(&self, path: &str, request: &str) -> (StatusCode, String) {
        post(&self.http, &self.url(path), request).await
    }

    /// Nothing that was answered is lost, nothing that was refused is there in part.
    async fn check_store(&self) {
        let store = open(&self.data);
        for Asked { request, answer, .. } in &self.answered {
            let stored = store.answer(&Hash::of(request)).await.unwrap().unwrap();
            assert_eq!(stored.token, json(answer)["token"].as_str().unwrap());
        }
        for Asked { request, .. } in &self.refused {
            assert_eq!(store.answer(&Hash::of(request)).await.unwrap(), None);
        }
        let license = store.license(&self.key.id()).await.unwrap().unwrap();
        let count = self.answered.len() as u64;
        assert_eq!((license.live_activations, license.total_activations), (count, count));
        assert_eq!(store.activations(&license.id, 10_000).await.unwrap().len() as u64, count);
        assert_eq!(license.total_deactivations, 0);
        let damaged = store.integrity_check().await.unwrap();
        assert!(damaged.is_empty(), "{damaged:?}");
    }

    /// Every answer is handed out again, byte for byte.
    async fn check_answers(&self) {
        for Asked { request, answer, .. } in &self.answered {
            assert_eq!(self.post(ACTIVATIONS, request).await, (StatusCode::OK, answer.clone()));
        }
    }

    /// Sends the refused requests again, and gives a seat back.
    async fn check_that_it_works(&mut self) {
        for mut asked in std::mem::take(&mut self.refused) {
            let (status, answer) = self.post(ACTIVATIONS, &asked.request).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            asked.answer = answer;
            self.answered.push(asked);
        }
        self.check_store().await;
        assert_eq!(self.post(DEACTIVATIONS, &self.proof()).await.0, StatusCode::OK);
    }

    /// The first machine gives its activation up.
    fn proof(&self) -> String {
        let Asked { machine, answer, .. } = &self.answered[0];
        machine.deactivation(json(answer)["id"].as_str().unwrap())
    }

    /// Moves the limit while the portal runs.
    fn limit_files(&self, bytes: &str) {
        let (id, limit) = (self.portal.id().to_string(), format!("--fsize={bytes}:"));
        let moved = Command::new("prlimit").args(["--pid", &id, &limit]).status();
        assert!(moved.unwrap().success(), "prlimit (of util-linux) could not move the limit");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_whole_requests_and_takes_them_when_there_is_room_again() {
    let mut full = Full::new().await;
    assert!(!full.answered.is_empty(), "it was full before anything could be lost");
    full.check_store().await;
    full.check_answers().await;
    let trial = Machine::new("trial", &product()).trial();
    for (path, request) in [(DEACTIVATIONS, &full.proof()), (TRIALS, &trial)] {
        let (status, answer) = full.post(path, request).await;
        assert_unavailable(status, &answer);
    }
    full.check_store().await;
    full.limit_files("unlimited");
    full.check_that_it_works().await;
    assert_eq!(full.post(TRIALS, &trial).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_killed_on_a_full_disk_starts_again_with_everything_that_it_had_answered() {
    let mut full = Full::new().await;
    full.portal.restart(&full.data);
    full.check_store().await;
    full.check_answers().await;
    full.check_that_it_works().await;
}

/// Refused, with what to do next.
fn assert_unavailable(status: StatusCode, answer: &str) {
    let problem = json(answer);
    assert_eq!((status.as_u16(), &problem["code"]), (503, &Value::from("unavailable")), "{answer}");
    assert_eq!(
        problem["advice"],
        "Try again in a minute. A request file can be sent again as it is; of anything else, look first whether it was done."
    );
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

async fn post(http: &reqwest::Client, url: &str, request: &str) -> (StatusCode, String) {
    let answer = http.post(url).body(request.to_owned()).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}
