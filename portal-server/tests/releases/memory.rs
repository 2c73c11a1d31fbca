//! Many gigabytes go through a portal whose memory stays flat. `COUNTERSIGN_RELEASE_TEST_MIB` makes the file larger.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use countersign_core::{Hash, Id};
use countersign_store::ReleaseLimits;
use sha2::{Digest as _, Sha256};

use crate::bucket_server::BucketServer;
use crate::shop::{Shop, get};
use crate::world::{CookieUser, PASSWORD};

const MIB: u64 = 1024 * 1024;
/// What a file of any size may add to a process: some parts of an upload, or the pieces of a download.
const MAY_GROW_BY: u64 = 64 * MIB;
/// All of a program that uploads, with its database.
const UPLOAD_TAKES: u64 = 128 * MIB;

fn size(default_mib: u64) -> u64 {
    let asked = std::env::var("COUNTERSIGN_RELEASE_TEST_MIB").ok();
    asked.map_or(default_mib, |mib| mib.parse().unwrap()) * MIB
}

/// The most memory that a process ever had, in bytes.
fn peak(process: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// The portal as a process of its own, on the data of a shop.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(shop: &Shop, bucket: Option<&BucketServer>) -> Self {
        let mut command = portal(shop, bucket, &["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some(url) = line.strip_prefix("listening on ") {
                break url.to_owned();
            }
        };
        Self { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn portal(shop: &Shop, bucket: Option<&BucketServer>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    command.args(arguments).arg("--data").arg(&shop.app().config().data).env_remove("RUST_LOG");
    if let Some(bucket) = bucket {
        bucket.told(&mut command);
    }
    command
}

/// Stores a sparse file of `size` bytes through a pipe, so that the program can be looked at before it is done.
fn upload(shop: &Shop, bucket: Option<&BucketServer>, release: Id, size: u64) -> u64 {
    let pipe = shop.built("x", b"").with_file_name("large.bin");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let arguments = ["admin", "release", "add-file", &release.to_string(), pipe.to_str().unwrap()];
    let mut admin = portal(shop, bucket, &arguments).stdout(Stdio::null()).spawn().unwrap();
    let mut feed = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let sparse = tempfile::tempfile().unwrap();
    sparse.set_len(size).unwrap();
    std::io::copy(&mut std::io::Read::take(&sparse, size - 1), &mut feed).unwrap();
    let most = peak(&admin);
    feed.write_all(&[0]).unwrap();
    drop(feed);
    assert!(admin.wait().unwrap().success());
    most
}

/// Downloads it; its size, its hash, and how much the server grew.
async fn download(server: &Server, browser: &CookieUser, path: &str) -> (u64, Hash, u64) {
    let before = peak(&server.child);
    let mut answer = get(browser, path, &[]).await;
    assert_eq!(answer.status(), 200);
    let (mut hasher, mut size) = (Sha256::new(), 0);
    while let Some(piece) = answer.chunk().await.unwrap() {
        hasher.update(&piece);
        size += piece.len() as u64;
    }
    let hash = Hash::from(<[u8; 32]>::from(hasher.finalize()));
    (size, hash, peak(&server.child).saturating_sub(before))
}

async fn a_large_file_goes_through(bucket: Option<&BucketServer>, size: u64) {
    let shop = Shop::new().await;
    let release = shop.draft("2.1.0").await;
    let most = tokio::task::block_in_place(|| upload(&shop, bucket, release, size));
    assert!(most < UPLOAD_TAKES, "the upload took {} MiB", most / MIB);
    shop.publish(release).await;
    let file = shop.app().store().release_files(release).await.unwrap().remove(0);
    shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let server = Server::start(&shop, bucket);
    let jane = CookieUser::new(&server.url);
    jane.log_in("jane@lab.example", PASSWORD).await.is(303);
    let (got, hash, grown) = download(&server, &jane, &format!("/releases/{}", file.id)).await;
    assert_eq!((got, file.size, hash), (size, size, file.sha256));
    eprintln!(
        "{} MiB: the upload took {} MiB, the server grew by {} MiB",
        size / MIB,
        most / MIB,
        grown / MIB
    );
    assert!(grown < MAY_GROW_BY, "the server grew by {} MiB", grown / MIB);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_flat_with_a_folder() {
    a_large_file_goes_through(None, size(256)).await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_flat_with_a_bucket() {
    let server = BucketServer::plain().await;
    a_large_file_goes_through(Some(&server), size(128)).await;
}
