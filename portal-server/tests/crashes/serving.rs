//! Points of a portal that serves.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Instant;

use countersign_crash::Point;

use crate::number;
use crate::site::{PATIENCE, Site};

/// What `abort` ends a process by.
const SIGABRT: i32 = 6;

pub(crate) fn assert_ended_there(status: ExitStatus, point: Point) {
    assert_eq!(status.signal(), Some(SIGABRT), "{point:?}: the portal ended otherwise: {status}");
}

/// Clients are at work; some passages lie in the start, before anybody is.
pub(crate) async fn under_load(site: &mut Site, point: Point) -> u64 {
    let passages: Vec<u64> = match number("COUNTERSIGN_PASSAGES") {
        Some(most) => (1..=most).collect(),
        None if point == Point::Written => vec![1, 6, 13, 20],
        None => vec![1, 9],
    };
    for passage in &passages {
        end_at(site, point, *passage, &[]).await;
    }
    passages.len() as u64
}

/// Rows are chained some seconds after they were written.
pub(crate) async fn while_sealing(site: &mut Site, point: Point) -> u64 {
    end_at(site, point, 1, &[]).await;
    1
}

/// A folder that is new gets the checkpoints that there are, after some seconds.
pub(crate) async fn while_keeping_a_checkpoint(site: &mut Site, point: Point) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let options = ["--audit-checkpoints", folder.path().to_str().unwrap()];
    end_at(site, point, 1, &options).await;
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert!(left > 0, "no file was begun");
    let portal = site.portal_with(None, &options).unwrap();
    let until = Instant::now() + PATIENCE;
    while !all_are_checkpoints(site, folder.path()) {
        assert!(Instant::now() < until, "a half checkpoint stays: {}", portal.log());
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(!portal.log().contains("is not in its folder"), "{}", portal.log());
    1
}

fn all_are_checkpoints(site: &Site, folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).unwrap();
    let paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    let paths = paths.iter().map(|path| path.to_str().unwrap());
    let arguments: Vec<&str> =
        ["audit", "check", "--checkpoint"].into_iter().chain(paths).collect();
    site.run(&arguments, None).status.success()
}

/// Ends it there, starts it again, and looks at everything.
async fn end_at(site: &mut Site, point: Point, passage: u64, options: &[&str]) {
    let status = match site.portal_with(Some((point, passage)), options) {
        Ok(portal) => site.play_until_it_ends(portal).await,
        Err(status) => {
            site.note_end_while_starting();
            status
        }
    };
    assert_ended_there(status, point);
    let portal = site.portal(None).unwrap();
    site.verify(&portal).await;
    site.check();
}
