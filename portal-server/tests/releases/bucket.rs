//! The same, with the files in a bucket.

use std::process::{Command, Output};

use countersign_core::Hash;
use countersign_portal::release::storage::Storage;
use countersign_portal::release::{Bucket, Credentials, Place, upload};
use countersign_store::ReleaseLimits;
use reqwest::StatusCode;

use crate::bucket_server::BucketServer;
use crate::shop::{Shop, bytes, get, header, path};
use crate::upload::Broken;

async fn shop(bucket: Bucket) -> Shop {
    Shop::with(|config| config.releases = Place::Bucket(bucket)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_several_parts_comes_back_whole_and_in_part() {
    let server = BucketServer::plain().await;
    let shop = shop(server.bucket()).await;
    let content = bytes(20 * 1024 * 1024 + 7);
    let file = shop.released("2.1.0", "acme.tar.gz", &content).await;
    assert_eq!(file.sha256, Hash::of(&content));
    assert_eq!(Hash::of(std::fs::read(server.object(&file.storage_key)).unwrap()), file.sha256);
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let answer = get(&jane, &path(&file), &[]).await;
    assert_eq!(header(&answer, "content-length"), content.len().to_string());
    assert_eq!(Hash::of(answer.bytes().await.unwrap()), file.sha256);
    let mut cut = get(&jane, &path(&file), &[]).await;
    let mut got = cut.chunk().await.unwrap().unwrap().to_vec();
    drop(cut);
    let range = format!("bytes={}-", got.len());
    let tag = format!("\"{}\"", file.sha256);
    let rest = get(&jane, &path(&file), &[("range", &range), ("if-range", &tag)]).await;
    assert_eq!(rest.status(), StatusCode::PARTIAL_CONTENT);
    got.extend(rest.bytes().await.unwrap());
    assert_eq!(Hash::of(&got), file.sha256);
    for (range, part) in [("bytes=0-0", 0..1), ("bytes=-3", content.len() - 3..content.len())] {
        let answer = get(&jane, &path(&file), &[("range", range)]).await;
        assert_eq!(answer.bytes().await.unwrap(), content[part], "{range}");
    }
    assert_eq!(upload::kept_elsewhere(shop.app()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_upload_leaves_no_object() {
    let server = BucketServer::plain().await;
    let storage = Storage::open(&Place::Bucket(server.bucket())).unwrap();
    for left in [1, 20 * 1024 * 1024] {
        let refused = storage.put("key", &mut Broken { left }, 0).await.unwrap_err();
        assert!(format!("{refused:#}").contains("the stick is gone"), "{refused:#}");
        assert_eq!(storage.size("key").await.unwrap(), None);
        assert!(!server.object("key").exists());
    }
    let stored = storage.put("key", &mut &b"whole"[..], 5).await.unwrap();
    assert_eq!((stored.size, storage.size("key").await.unwrap()), (5, Some(5)));
    storage.delete("key").await.unwrap();
    storage.delete("key").await.unwrap();
    assert_eq!(storage.size("key").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_stores_nothing_and_is_not_shown() {
    let server = BucketServer::plain().await;
    let wrong = Credentials { id: "the-key".into(), secret: "hush-hush".into(), token: None };
    let bucket = Bucket { credentials: Some(wrong), ..server.bucket() };
    let storage = Storage::open(&Place::Bucket(bucket)).unwrap();
    let refused = format!("{:#}", storage.put("key", &mut &b"x"[..], 1).await.unwrap_err());
    assert!(!refused.contains("hush-hush"), "{refused}");
    assert!(!server.object("key").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_bucket_lost_is_an_error_and_no_empty_file() {
    let server = BucketServer::plain().await;
    let shop = shop(server.bucket()).await;
    let file = shop.released("2.1.0", "a.bin", &bytes(1000)).await;
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    std::fs::write(server.object(&file.storage_key), b"short").unwrap();
    assert_eq!(get(&jane, &path(&file), &[]).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    std::fs::remove_file(server.object(&file.storage_key)).unwrap();
    assert_eq!(get(&jane, &path(&file), &[]).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    // What is known without the content is still said.
    let tag = format!("\"{}\"", file.sha256);
    let known = get(&jane, &path(&file), &[("if-none-match", &tag)]).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
}

/// `admin …` on the shop's data, with the bucket.
fn admin(shop: &Shop, server: &BucketServer, arguments: &[&str], trusted: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    command.arg("admin").args(arguments).arg("--json").arg("--data").arg(&shop.app().config().data);
    server.told(&mut command);
    if trusted {
        command.env("SSL_CERT_FILE", server.certificate());
    }
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_https_the_certificate_must_be_trusted() {
    let server = BucketServer::tls().await;
    let shop = Shop::new().await;
    let release = shop.draft("2.1.0").await.to_string();
    let content = bytes(9 * 1024 * 1024);
    let built = shop.built("acme.tar.gz", &content);
    let add = ["release", "add-file", &release, built.to_str().unwrap()];
    let (shop, server, add) = (&shop, &server, &add);
    let refused = tokio::task::block_in_place(|| admin(shop, server, add, false));
    let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && complaint.contains("ertificate"), "{complaint}");
    assert!(shop.app().store().release_files(release.parse().unwrap()).await.unwrap().is_empty());
    let added = tokio::task::block_in_place(|| admin(shop, server, add, true));
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let files = shop.app().store().release_files(release.parse().unwrap()).await.unwrap();
    let object = server.object(&files[0].storage_key);
    assert_eq!(Hash::of(std::fs::read(object).unwrap()), Hash::of(&content));
    let checked = tokio::task::block_in_place(|| admin(shop, server, &["release", "check"], true));
    let said: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(
        (&said["files"], &said["store"]),
        (&1.into(), &"s3://acme-releases/portal/one".into())
    );
}
