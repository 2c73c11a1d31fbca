//! Finding machines by the components of their fingerprint, among those of one license or one product's trials.

use std::collections::HashMap;

use countersign_core::fingerprint::{Fingerprint, Strategy};
use rusqlite::Connection;

use crate::error::Result;
use crate::{list, run};

/// How many machines that share a component (a processor model) are looked at.
const COMMON: usize = 64;

const INSERT: &str = "INSERT INTO fingerprint_component (scope, hash, subject, parts) \
    VALUES (?1, ?2, ?3, ?4) \
    ON CONFLICT (scope, hash, subject) DO NOTHING";
const DELETE: &str =
    "DELETE FROM fingerprint_component WHERE scope = ?1 AND hash = ?2 AND subject = ?3";
// The limit is COMMON, as a literal: SQLite plans a statement anew for each value of a bound limit.
const FIND: &str =
    "SELECT subject, parts FROM fingerprint_component WHERE scope = ?1 AND hash = ?2 LIMIT 64";

/// Notes the components of `subject`'s machine.
pub(crate) fn insert(
    c: &Connection,
    scope: &str,
    fingerprint: &Fingerprint,
    subject: &str,
) -> Result<()> {
    let parts = parts(fingerprint);
    for (_, hash) in fingerprint.components() {
        run(c, INSERT, (scope, hash.to_string(), subject, parts))?;
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

/// Subjects whose machine may be this one by `strategy`, as far as the index tells: enough components are shared, counting
/// those as shared of which only the first subjects were looked at. To be compared one by one.
pub(crate) fn candidates(
    c: &Connection,
    scope: &str,
    fingerprint: &Fingerprint,
    strategy: Strategy,
) -> Result<Vec<String>> {
    struct Seen {
        shared: usize,
        cut: usize,
        parts: i64,
    }
    let mut seen: HashMap<String, Seen> = HashMap::new();
    let mut cut_off = 0;
    for (_, hash) in fingerprint.components() {
        let found: Vec<(String, i64)> =
            list(c, FIND, (scope, hash.to_string()), |row| Ok((row.text()?, row.take()?)))?;
        let is_cut = found.len() >= COMMON;
        cut_off += usize::from(is_cut);
        for (subject, parts) in found {
            let seen = seen.entry(subject).or_insert(Seen { shared: 0, cut: 0, parts });
            seen.shared += 1;
            seen.cut += usize::from(is_cut);
        }
    }
    let may_be = |seen: &Seen| {
        let most = seen.shared + cut_off - seen.cut;
        most >= strategy.needed(usize::try_from(seen.parts).unwrap_or(1))
    };
    let mut found: Vec<String> =
        seen.into_iter().filter(|(_, seen)| may_be(seen)).map(|(subject, _)| subject).collect();
    found.sort_unstable();
    Ok(found)
}

/// How many components there are.
fn parts(fingerprint: &Fingerprint) -> i64 {
    i64::try_from(fingerprint.components().count()).unwrap_or(i64::MAX)
}
