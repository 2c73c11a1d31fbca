//! Uploads: whole, or not at all.

use std::io::Write as _;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll};

use countersign_core::Hash;
use countersign_core::release::{ListedFile, Release};
use countersign_core::trust::Signer;
use countersign_core::{SigningKey, file};
use countersign_portal::release::publish::{self, Checksums};
use countersign_portal::release::storage::Storage;
use countersign_portal::release::upload::{self, NewFile};
use countersign_portal::release::{Credentials, Place};
use countersign_store::{ReleaseLimits, ReleaseStatus};
use tokio::io::{AsyncRead, ReadBuf};

use crate::played::NOW;
use crate::shop::{Shop, bytes, get, path};

/// Gives so many bytes, and then fails as a stick that is pulled out does.
pub(crate) struct Broken {
    pub(crate) left: usize,
}

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(std::io::Error::other("the stick is gone")));
        }
        let length = self.left.min(buffer.remaining());
        buffer.put_slice(&vec![7; length]);
        self.left -= length;
        Poll::Ready(Ok(()))
    }
}

fn contents(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn a_source_that_breaks_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(&Place::Folder(folder.path().to_owned())).unwrap();
    for left in [0, 1, 20 * 1024 * 1024] {
        let refused = storage.put("key", &mut Broken { left }, 0).await.unwrap_err();
        assert!(format!("{refused:#}").contains("the stick is gone"), "{refused:#}");
        assert_eq!(contents(folder.path()), 0, "{left}");
        assert_eq!(storage.size("key").await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_cannot_be_added_is_not_kept() {
    let shop = Shop::new().await;
    let release = shop.draft("2.1.0").await;
    let add = |path, name: Option<&str>, platform: &str| {
        let name = name.map(|name| name.parse().unwrap());
        upload::add(shop.app(), NewFile { release, path, name, platform: platform.into() }, "test")
    };
    let empty = add(shop.built("empty.bin", b""), None, "").await.unwrap_err();
    assert!(empty.to_string().contains("empty"), "{empty}");
    let folder = add(std::env::temp_dir(), Some("a.bin"), "").await.unwrap_err();
    assert!(folder.to_string().contains("folder"), "{folder}");
    let missing = add("/no/such/file.bin".into(), None, "").await.unwrap_err();
    assert!(format!("{missing:#}").contains("cannot be opened"), "{missing:#}");
    for platform in ["a\nb", "\u{1b}[31m", &"x".repeat(65)] {
        let refused = add(shop.built("a.bin", b"1"), None, platform).await.unwrap_err();
        assert!(refused.to_string().contains("platform"), "{refused}");
    }
    add(shop.built("a.bin", b"1"), None, "").await.unwrap();
    let twice = add(shop.built("A.BIN", b"2"), None, "").await.unwrap_err();
    assert!(twice.to_string().contains("of that name"), "{twice}");
    shop.publish(release).await;
    let late = add(shop.built("b.bin", b"3"), None, "").await.unwrap_err();
    assert!(late.to_string().contains("drafts"), "{late}");
    assert_eq!(shop.app().store().release_files(release).await.unwrap().len(), 1);
    assert_eq!(contents(&shop.app().config().data.join("releases")), 1);
}

/// The program is killed with half a file stored: no customer can ever be told of it.
#[cfg(unix)]
#[tokio::test]
async fn a_killed_upload_leaves_no_file_in_the_release() {
    let shop = Shop::new().await;
    let release = shop.draft("2.1.0").await;
    let pipe = shop.built("x", b"").with_file_name("endless.bin");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut admin = Command::new(env!("CARGO_BIN_EXE_countersign-portal"))
        .args(["admin", "release", "add-file", &release.to_string()])
        .arg(&pipe)
        .arg("--data")
        .arg(&shop.app().config().data)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    // Opens when the program has opened the other end; it takes more than the pipe holds, so it is under way.
    let mut feed = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    feed.write_all(&bytes(30 * 1024 * 1024)).unwrap();
    admin.kill().unwrap();
    admin.wait().unwrap();
    assert!(shop.app().store().release_files(release).await.unwrap().is_empty());
    let refused = publish::publish(shop.app(), release, &Checksums::Portal, "test").await;
    assert!(refused.unwrap_err().to_string().contains("without files"));
}

#[tokio::test]
async fn files_go_to_one_place_alone() {
    let shop = Shop::new().await;
    let release = shop.draft("2.1.0").await;
    shop.add(release, "a.bin", b"1").await;
    let elsewhere = Shop::with(|config| {
        config.data = shop.app().config().data.clone();
        config.database = shop.app().config().database.clone();
        let keys = Credentials { id: "id".into(), secret: "secret".into(), token: None };
        config.releases = Place::Bucket(countersign_portal::release::Bucket {
            name: "bucket".into(),
            prefix: String::new(),
            endpoint: Some("http://127.0.0.1:9".into()),
            region: "us-east-1".into(),
            credentials: Some(keys),
        });
    })
    .await;
    let new =
        NewFile { release, path: shop.built("b.bin", b"2"), name: None, platform: String::new() };
    let refused = upload::add(elsewhere.app(), new, "test").await.unwrap_err();
    assert!(refused.to_string().contains("lie in folder"), "{refused}");
    assert_eq!(upload::kept_elsewhere(elsewhere.app()).await.unwrap().as_deref(), Some("folder"));
    assert_eq!(upload::kept_elsewhere(shop.app()).await.unwrap(), None);
}

/// A checksum file that was signed off the portal, by a root: the portal's own key need not be able to.
struct Elsewhere<'a> {
    shop: &'a Shop,
    root: SigningKey,
}

impl Elsewhere<'_> {
    fn sign(&self, key: &SigningKey, change: impl FnOnce(&mut Release)) -> Checksums {
        let mut release = Release {
            issuer: "Acme".into(),
            product: self.shop.portal.product.clone(),
            id: countersign_core::Id::from([3; 16]),
            issued_at: NOW,
            version: "2.1.0".parse().unwrap(),
            channel: "stable".parse().unwrap(),
            files: vec![ListedFile {
                name: "a.bin".parse().unwrap(),
                size: 1,
                sha256: Hash::of(b"1"),
            }],
        };
        change(&mut release);
        let token = Signer::root(key.clone()).sign_release(&release).unwrap();
        Checksums::File(file::checksum_file(&token, &release).into_bytes())
    }
}

#[tokio::test]
async fn a_checksum_file_from_elsewhere_must_say_what_the_release_holds() {
    let shop = Shop::new().await;
    let root = shop.app().config().data.join("root-key-carry-away/root.pem");
    let root = std::fs::read_to_string(root).unwrap();
    let elsewhere =
        Elsewhere { shop: &shop, root: countersign_core::pem::read_private(&root, None).unwrap() };
    let release = shop.draft("2.1.0").await;
    let file = shop.add(release, "a.bin", b"1").await;
    let try_publish = async |checksums: Checksums| {
        let published = publish::publish(shop.app(), release, &checksums, "test").await;
        published.map(|_| ()).map_err(|error| format!("{error:#}"))
    };
    let stranger = SigningKey::from_seed(&[9; 32]);
    let own = &elsewhere.root;
    for (checksums, says) in [
        (elsewhere.sign(&stranger, |_| ()), "none of the trusted root keys"),
        (elsewhere.sign(own, |r| r.version = "2.1.1".parse().unwrap()), "acme-cad 2.1.1"),
        (elsewhere.sign(own, |r| r.channel = "beta".parse().unwrap()), "(beta)"),
        (elsewhere.sign(own, |r| r.files[0].sha256 = Hash::of(b"2")), "differ in a.bin"),
        (elsewhere.sign(own, |r| r.files[0].size = 2), "differ in a.bin"),
        (elsewhere.sign(own, |r| r.files[0].name = "b.bin".parse().unwrap()), "differ in b.bin"),
        (Checksums::File(b"rubbish !".to_vec()), "in the way"),
    ] {
        let refused = try_publish(checksums).await.unwrap_err();
        assert!(refused.contains(says), "{says}: {refused}");
        let draft = shop.app().store().release(release).await.unwrap().unwrap();
        assert_eq!(draft.status, ReleaseStatus::Draft);
    }
    try_publish(elsewhere.sign(own, |_| ())).await.unwrap();
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let text =
        get(&jane, &format!("/releases/{release}/checksums"), &[]).await.text().await.unwrap();
    let token = file::read(text.as_bytes()).unwrap();
    assert!(shop.portal.roots().verify_release(&token).unwrap().delegation().is_none());
    assert_eq!(get(&jane, &path(&file), &[]).await.bytes().await.unwrap().as_ref(), b"1");
}

#[tokio::test]
async fn without_checksums_only_when_it_is_said() {
    let shop = Shop::new().await;
    let release = shop.draft("2.1.0").await;
    let file = shop.add(release, "a.bin", b"1").await;
    publish::publish(shop.app(), release, &Checksums::Unsigned, "test").await.unwrap();
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    assert_eq!(get(&jane, &path(&file), &[]).await.status(), 200);
    assert_eq!(get(&jane, &format!("/releases/{release}/checksums"), &[]).await.status(), 404);
}
