//! The words by which licenses are found: of the holder, of the plan, and the last group of the key. Kept for the vendor and
//! for the license's organization apart, so that a search in one organization never reads another one's words.

use std::collections::BTreeSet;

use crate::engine::Connection;
use countersign_core::license_key::LicenseKey;
use countersign_core::{Id, LicenseId};

use crate::error::Result;
use crate::{find, list, run};

/// What is kept of one license.
const MOST_WORDS: usize = 24;
const LONGEST_WORD: usize = 64;
/// Every scope of the vendor is this one.
const VENDOR: &str = "";

const INSERT: &str = "INSERT INTO license_term (scope, term, license_id) VALUES (?1, ?2, ?3) \
    ON CONFLICT (scope, term, license_id) DO NOTHING";
const DELETE: &str = "DELETE FROM license_term WHERE scope = ?1 AND term = ?2 AND license_id = ?3";
const MANY_WITH_WORD: &str =
    "SELECT 1 FROM license_term WHERE scope = ?1 AND term >= ?2 AND term < ?3 LIMIT 1 OFFSET 1000";
const WITH_WORD: &str =
    "SELECT license_id FROM license_term WHERE scope = ?1 AND term >= ?2 AND term < ?3 LIMIT 1000";
const SOME_WITH_WORD: &str =
    "SELECT license_id FROM license_term WHERE scope = ?1 AND term >= ?2 AND term < ?3 LIMIT 25";

/// The words of these texts, in lower case.
pub(crate) fn words<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let words = texts.into_iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let words = words.filter(|word| !word.is_empty()).take(MOST_WORDS);
    words.map(|word| word.to_lowercase().chars().take(LONGEST_WORD).collect()).collect()
}

/// The last group of the key: what a masked key shows.
pub(crate) fn key_end(key: &LicenseKey) -> &str {
    let normal = key.normal();
    normal.get(normal.len().saturating_sub(5)..).unwrap_or(normal)
}

/// Everything that begins with `prefix` is at least the first and below the second.
pub(crate) fn range(prefix: &str) -> (String, String) {
    (prefix.to_owned(), format!("{prefix}{}", char::MAX))
}

pub(crate) fn insert(
    c: &Connection,
    words: &BTreeSet<String>,
    organization: Option<Id>,
    license: &LicenseId,
) -> Result<()> {
    each(c, INSERT, words, organization, license)
}

pub(crate) fn delete(
    c: &Connection,
    words: &BTreeSet<String>,
    organization: Option<Id>,
    license: &LicenseId,
) -> Result<()> {
    each(c, DELETE, words, organization, license)
}

fn each(
    c: &Connection,
    sql: &str,
    words: &BTreeSet<String>,
    organization: Option<Id>,
    license: &LicenseId,
) -> Result<()> {
    let (license, organization) = (license.to_string(), organization.map(|id| id.to_string()));
    for scope in [Some(VENDOR), organization.as_deref()].into_iter().flatten() {
        for word in words {
            run(c, sql, (scope, word, &license))?;
        }
    }
    Ok(())
}

/// What an index holds of a word or name.
pub(crate) enum Found {
    /// All of them, at most 1000.
    All(Vec<String>),
    /// There are more: some of them.
    Some(Vec<String>),
}

/// Licenses with a word that begins so; `None` is the vendor's scope. Some of many are those with the very word, if there are.
pub(crate) fn with_word(c: &Connection, organization: Option<Id>, prefix: &str) -> Result<Found> {
    let scope = organization.map_or_else(|| VENDOR.to_owned(), |id| id.to_string());
    let (from, below) = range(prefix);
    let values = (&scope, &from, &below);
    Ok(match find(c, MANY_WITH_WORD, values, |_| Ok(()))? {
        Some(()) => Found::Some(list(c, SOME_WITH_WORD, values, |row| row.text())?),
        None => Found::All(list(c, WITH_WORD, values, |row| row.text())?),
    })
}
