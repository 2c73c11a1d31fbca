//! Points of the first start, and of commands beside the portal.

use std::fs;
use std::time::Instant;

use countersign_core::pem;
use countersign_crash::Point;
use countersign_testing::Engine;

use crate::serving::assert_ended_there;
use crate::site::{PATIENCE, Site};

/// On nothing: it is begun anew, and the keys fit.
pub(crate) async fn first_start(engine: Engine, point: Point) -> u64 {
    let passages: &[u64] = match point {
        Point::Migrated => &[1, 17],
        Point::KeyFileWritten | Point::KeyFileMoved => &[1, 3],
        _ => &[1],
    };
    for passage in passages {
        let site = Site::empty(engine, crate::dice());
        let ended = site.run(&["init", "--vendor", "Acme"], Some((point, *passage)));
        assert_ended_there(ended.status, point);
        let made = site.run(&["init", "--vendor", "Acme"], None);
        assert!(made.status.success(), "{point:?}: {made:?}");
        let portal = site.portal(None).unwrap();
        let read = |path: &str| fs::read_to_string(site.data.join(path)).unwrap();
        let root = pem::read_private(&read("root-key-carry-away/root.pem"), None).unwrap();
        assert_eq!(root.public_key(), pem::read_public(&read("keys/root.pub")).unwrap());
        site.check();
        portal.kill();
    }
    passages.len() as u64
}

/// The next key and its public half are there both, or neither. Over a server both are: the database had them before any file.
pub(crate) async fn next_key(engine: Engine, point: Point) -> u64 {
    let site = Site::new(engine, crate::dice()).await;
    let keys = site.data.join("keys");
    let ended = site.run(&["keys", "new"], Some((point, 1)));
    assert_ended_there(ended.status, point);
    let portal = site.portal(None).unwrap();
    let until = Instant::now() + PATIENCE;
    while keys.join("incoming").exists() {
        assert!(Instant::now() < until, "nobody finishes the change");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let both = ["next.pem", "next.pub"].map(|name| keys.join(name));
    let are_there = both.clone().map(|path| path.exists());
    let is_decided = engine == Engine::Postgres || point != Point::KeyChangeWritten;
    assert_eq!(are_there, [is_decided; 2], "{point:?}");
    portal.kill();
    if !is_decided {
        site.succeed(&["keys", "new"]);
    }
    site.succeed(&["keys", "show"]);
    site.check();
    1
}

/// A file is of the release, whole, or it is not.
pub(crate) async fn release_file(site: &mut Site, point: Point) -> u64 {
    let file = site.data.with_file_name("acme.zip");
    fs::write(&file, vec![7; 300_000]).unwrap();
    let version = if point == Point::ReleaseFileWritten { "1.0.0" } else { "1.1.0" };
    let made = site.succeed(&[
        "admin",
        "release",
        "create",
        "--product",
        "acme-cad",
        "--version",
        version,
    ]);
    let id = made["id"].as_str().unwrap();
    let add = ["admin", "release", "add-file", id, file.to_str().unwrap()];
    let ended = site.run(&add, Some((point, 1)));
    assert_ended_there(ended.status, point);
    let shown = site.succeed(&["admin", "release", "show", id]);
    assert_eq!(shown["files"].as_array().map(Vec::len), Some(0), "{shown}");
    site.check();
    site.succeed(&add);
    site.succeed(&["admin", "release", "publish", id]);
    site.succeed(&["admin", "release", "check"]);
    site.check();
    1
}
