//! Finding machines by the components of their fingerprint, among those of one license or one product's trials.

use std::collections::BTreeSet;

use countersign_core::fingerprint::Fingerprint;
use rusqlite::Connection;

use crate::error::Result;
use crate::{list, run};

/// A component that more machines than this share (a processor model) tells nothing about one of them.
const COMMON: u32 = 64;

const INSERT: &str = "INSERT INTO fingerprint_component (scope, hash, subject) VALUES (?1, ?2, ?3) \
    ON CONFLICT (scope, hash, subject) DO NOTHING";
const DELETE: &str =
    "DELETE FROM fingerprint_component WHERE scope = ?1 AND hash = ?2 AND subject = ?3";
const FIND: &str =
    "SELECT subject FROM fingerprint_component WHERE scope = ?1 AND hash = ?2 LIMIT ?3";

/// Notes the components of `subject`'s machine.
pub(crate) fn insert(
    c: &Connection,
    scope: &str,
    fingerprint: &Fingerprint,
    subject: &str,
) -> Result<()> {
    for (_, hash) in fingerprint.components() {
        run(c, INSERT, (scope, hash.to_string(), subject))?;
    }
    Ok(())
}

/// Forgets them.
pub(crate) fn delete(
    c: &Connection,
    scope: &str,
    fingerprint: &Fingerprint,
    subject: &str,
) -> Result<()> {
    for (_, hash) in fingerprint.components() {
        run(c, DELETE, (scope, hash.to_string(), subject))?;
    }
    Ok(())
}

/// Subjects that share at least one telling component: to be compared one by one.
pub(crate) fn candidates(
    c: &Connection,
    scope: &str,
    fingerprint: &Fingerprint,
) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for (_, hash) in fingerprint.components() {
        found.extend(list(c, FIND, (scope, hash.to_string(), COMMON), |row| row.text())?);
    }
    Ok(found)
}
