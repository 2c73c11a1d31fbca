//! The data folder: whose it is, who else reads it, how much room there is, whether the disk takes writes.

use std::path::Path;

use countersign_store::{Database, condition};

use super::Report;
use crate::config::Config;
use crate::config::DATABASE;
use crate::keys::{self, passphrase};
use crate::vault;

const MIB: u64 = 1024 * 1024;
/// Below this the disk is full soon,
const LITTLE: u64 = 1024 * MIB;
/// and below this at any moment.
const VERY_LITTLE: u64 = 100 * MIB;

pub(super) fn look(config: &Config, report: &mut Report) {
    let data = &config.data;
    let embedded = matches!(config.database, Database::Sqlite(_));
    if !(if embedded { config.database.exists().unwrap_or(false) } else { data.exists() }) {
        let fact = format!("there is no portal in {}", data.display());
        let advice = "check --data; a first start makes one: countersign-portal init --data DIR --vendor \"Your name\"";
        return report.problem("data-folder", fact, advice);
    }
    rights(data, report);
    room(data, report);
    writable(data, report);
    database(&config.database, report);
    root(data, report);
}

#[cfg(unix)]
fn rights(data: &Path, report: &mut Report) {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let Ok(folder) = std::fs::metadata(data) else { return };
    let mode = folder.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => report.well("data-folder", format!("{} is its owner's alone", data.display())),
        _ => report.problem(
            "data-folder",
            format!("others look into {} (mode {mode:03o})", data.display()),
            format!("chmod 700 {}: the database in it holds what customers told", data.display()),
        ),
    }
    let secrets = [
        keys::keys_folder(data).join("signing.pem"),
        keys::keys_folder(data).join("next.pem"),
        vault::place(data),
        data.join(passphrase::FILE),
        data.join(DATABASE),
    ];
    let mut all_well = true;
    for path in secrets.iter().filter(|path| path.exists()) {
        let Ok(file) = std::fs::metadata(path) else { continue };
        let mode = file.permissions().mode() & 0o777;
        // The folder around the database keeps others out of it; keys are carried about.
        let is_open = mode & 0o077 != 0 && !path.ends_with(DATABASE);
        if is_open {
            all_well = false;
            let advice = format!(
                "chmod 600 {}; whoever read it meanwhile may have it: make a new key",
                path.display()
            );
            report.problem(
                "secret-modes",
                format!("others read {} (mode {mode:03o})", path.display()),
                advice,
            );
        }
        if file.uid() != folder.uid() {
            all_well = false;
            let advice = "give all of the data folder to the user that the portal runs as: chown -R USER DIR";
            report.problem(
                "owner",
                format!("{} belongs to another user than the folder", path.display()),
                advice,
            );
        }
    }
    if all_well {
        report.well("secret-modes", "keys and passphrase are their owner's alone");
    }
}

#[cfg(not(unix))]
fn rights(_: &Path, _: &mut Report) {}

#[cfg(unix)]
fn room(data: &Path, report: &mut Report) {
    let Ok(disk) = rustix::fs::statvfs(data) else { return };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let fact = format!("{} MiB are free on the disk of {}", free / MIB, data.display());
    let advice = "make room, or move the data folder: while the disk is full nothing new is answered, and nothing that was answered is \
        lost";
    match free {
        free if free < VERY_LITTLE => report.problem("free-space", fact, advice),
        free if free < LITTLE => report.warn("free-space", fact, advice),
        _ => report.well("free-space", fact),
    }
    if disk.f_files > 0 && disk.f_favail == 0 {
        report.problem(
            "free-space",
            "the disk has no room for another file (inodes)",
            "delete files that are not needed",
        );
    }
}

#[cfg(not(unix))]
fn room(_: &Path, _: &mut Report) {}

fn writable(data: &Path, report: &mut Report) {
    let path = data.join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::write(&path, b"x");
    let _ = std::fs::remove_file(&path);
    match written {
        Ok(()) => report.well("writes", "the data folder takes writes of this user"),
        Err(error) => report.problem(
            "writes",
            format!("nothing can be written into {}: {error}", data.display()),
            "run the doctor as the user that the portal runs as; if it is that one: mount the disk for writing, make room, or correct \
             the rights. The portal goes on by itself then",
        ),
    }
}

fn database(database: &Database, report: &mut Report) {
    match condition(database) {
        Err(error) => report.problem(
            "database",
            format!("the database cannot be read: {error}"),
            "check the rights on it; if it is damaged, restore a backup: countersign-portal restore",
        ),
        Ok(found) if !found.wrong.is_empty() => report.problem(
            "database",
            format!("the database is damaged: {}", found.wrong.join("; ")),
            "stop the portal, copy the data folder as it is, and restore the newest backup: countersign-portal restore. Look at the \
             disk: such damage is mostly its",
        ),
        Ok(found) if found.migration > found.known => report.problem(
            "database",
            format!("the database has migration {} and this program knows {}", found.migration, found.known),
            "a newer version has run on it: use that one, or restore a backup from before it",
        ),
        Ok(found) if found.migration < found.known => report.warn(
            "database",
            format!("the database has migration {} and this program brings {}", found.migration, found.known),
            "make a backup; the next start brings it up to date, and an older version cannot open it any more",
        ),
        Ok(_) if matches!(database, Database::Postgres(_)) => {
            report.well("database", format!("{database} answers, and has this program's tables"));
        }
        Ok(_) => report.well("database", "SQLite finds nothing wrong with the file (countersign-portal check looks at everything)"),
    }
}

fn root(data: &Path, report: &mut Report) {
    match keys::root_left_behind(data) {
        Some(root) => report.warn(
            "root-key",
            format!("the root's private key lies in {}", root.display()),
            "carry it to an offline place, twice, and delete it here: whoever has the portal's host has all your keys otherwise",
        ),
        None => report.well("root-key", "no root key lies here"),
    }
}
