//! Finding machines by the components of their fingerprint, among those of one license or one product's trials.
//!
//! Each component of a machine is a row at a *place*: a number made of the scope (which license, which trials) and the
//! component's hash. Two components may share a place by chance, so whoever is found is a candidate, to be compared. The places of
//! a scope lie beside each other: all components of a machine are in one page of the index, or in a few of a large license's, and
//! not each in a page of its own.

use std::collections::HashMap;

use crate::engine::Connection;
use crate::row::Columns;
use countersign_core::Hash;
use countersign_core::fingerprint::{Fingerprint, Strategy};

use crate::error::Result;
use crate::{activation, ask, find, list, put, run, trial};

/// How many machines that share a component (a processor model) are looked at.
const COMMON: usize = 64;

/// Places in one statement: one more than most machines have. Each statement is a message to a server and an execution there.
const TOGETHER: usize = 6;
type Together = [i64; TOGETHER];

const INSERT: &str = "INSERT INTO machine_part (place, parts, subject) VALUES (?1, ?7, ?8), (?2, ?7, ?8), (?3, ?7, ?8), \
    (?4, ?7, ?8), (?5, ?7, ?8), (?6, ?7, ?8) ON CONFLICT (place, parts, subject) DO NOTHING";
const INSERT_ONE: &str = "INSERT INTO machine_part (place, parts, subject) VALUES (?1, ?2, ?3) \
    ON CONFLICT (place, parts, subject) DO NOTHING";
const DELETE: &str = "DELETE FROM machine_part WHERE place = ?1 AND parts = ?2 AND subject = ?3";
const KNOWN: &str = "SELECT CASE WHEN EXISTS (SELECT 1 FROM machine_part WHERE place = ?1) THEN 1 ELSE 0 END, \
    CASE WHEN EXISTS (SELECT 1 FROM machine_part WHERE place = ?2) THEN 1 ELSE 0 END, \
    CASE WHEN EXISTS (SELECT 1 FROM machine_part WHERE place = ?3) THEN 1 ELSE 0 END, \
    CASE WHEN EXISTS (SELECT 1 FROM machine_part WHERE place = ?4) THEN 1 ELSE 0 END, \
    CASE WHEN EXISTS (SELECT 1 FROM machine_part WHERE place = ?5) THEN 1 ELSE 0 END, \
    CASE WHEN EXISTS (SELECT 1 FROM machine_part WHERE place = ?6) THEN 1 ELSE 0 END";
// The limit is COMMON, as a literal: SQLite plans a statement anew for each value of a bound limit.
const FIND: &str =
    "SELECT subject, parts FROM machine_part WHERE place = ?1 AND parts <= ?2 LIMIT 64";
const MOVE: &str =
    "UPDATE machine_part SET place = ?1 WHERE place = ?2 AND parts = ?3 AND subject = ?4";
const MACHINES: &str =
    "SELECT id, license_id, fingerprint FROM activation WHERE id > ?1 ORDER BY id LIMIT 1000";
const TRIALS: &str =
    "SELECT id, product_id, fingerprint FROM trial WHERE id > ?1 ORDER BY id LIMIT 1000";
const EMPTY_OLD: &str = "DELETE FROM fingerprint_component";
const OLD: &str = "SELECT scope, hash, parts, subject FROM fingerprint_component";

/// Notes the components of `subject`'s machine.
pub(crate) fn insert(
    c: &Connection,
    scope: &str,
    fingerprint: &Fingerprint,
    subject: &str,
) -> Result<()> {
    let parts = parts(fingerprint);
    for [a, b, d, e, f, g] in together(scope, fingerprint) {
        put(c, INSERT, (a, b, d, e, f, g, parts, subject))?;
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
    let parts = parts(fingerprint);
    places(scope, fingerprint).try_for_each(|place| put(c, DELETE, (place, parts, subject)))
}

/// How many components the subject has: with it the index alone tells most strangers apart.
fn parts(fingerprint: &Fingerprint) -> i64 {
    i64::try_from(fingerprint.components().count()).unwrap_or(i64::MAX)
}

/// Says that [`candidates`] comes.
pub(crate) fn ask_candidates(c: &Connection, scope: &str, fingerprint: &Fingerprint) -> Result<()> {
    together(scope, fingerprint).into_iter().try_for_each(|places| ask(c, KNOWN, places))
}

/// Subjects whose machine may be this one by `strategy`, as far as the index tells: enough components are shared, counting
/// those as shared of which only the first subjects were looked at. To be compared one by one.
pub(crate) fn candidates(
    c: &Connection,
    scope: &str,
    fingerprint: &Fingerprint,
    strategy: Strategy,
) -> Result<Vec<String>> {
    let known = known(c, scope, fingerprint)?;
    let Some(most_parts) = most_parts(strategy, known.len()) else { return Ok(Vec::new()) };
    sharing(c, known, most_parts, |parts| strategy.needed(parts))
}

/// The other way round: subjects that may be this machine as it is bound by `fingerprint`.
pub(crate) fn candidates_for(
    c: &Connection,
    scope: &str,
    fingerprint: &Fingerprint,
    strategy: Strategy,
) -> Result<Vec<String>> {
    let needed = strategy.needed(fingerprint.components().count());
    let known = known(c, scope, fingerprint)?;
    if known.len() < needed {
        return Ok(Vec::new());
    }
    sharing(c, known, i64::MAX, |_| needed)
}

/// The places of this machine at which anything is noted.
fn known(c: &Connection, scope: &str, fingerprint: &Fingerprint) -> Result<Vec<i64>> {
    let together = together(scope, fingerprint);
    together.iter().try_for_each(|places| ask(c, KNOWN, *places))?;
    let mut found: Vec<bool> = Vec::new();
    for six in together {
        let map =
            |row: &mut Columns<'_>| six.iter().map(|_| row.take()).collect::<Result<Vec<bool>>>();
        found.extend(find(c, KNOWN, six, map)?.unwrap_or_else(Vec::new));
    }
    // What fills up the last six comes after all of them.
    Ok(places(scope, fingerprint)
        .zip(found)
        .filter_map(|(place, is)| is.then_some(place))
        .collect())
}

/// Subjects of at most `most_parts` components that share as many of these places as a subject of so many needs.
fn sharing(
    c: &Connection,
    known: Vec<i64>,
    most_parts: i64,
    needed: impl Fn(usize) -> usize,
) -> Result<Vec<String>> {
    struct Seen {
        shared: usize,
        cut: usize,
        parts: usize,
    }
    let mut seen: HashMap<String, Seen> = HashMap::new();
    let mut cut_off = 0;
    known.iter().try_for_each(|place| ask(c, FIND, (place, most_parts)))?;
    for place in known {
        let found: Vec<(String, i64)> =
            list(c, FIND, (place, most_parts), |row| Ok((row.text()?, row.take()?)))?;
        let is_cut = found.len() >= COMMON;
        cut_off += usize::from(is_cut);
        for (subject, parts) in found {
            let parts = usize::try_from(parts).unwrap_or(1);
            let seen = seen.entry(subject).or_insert(Seen { shared: 0, cut: 0, parts });
            seen.shared += 1;
            seen.cut += usize::from(is_cut);
        }
    }
    let may_be = |seen: &Seen| seen.shared + cut_off - seen.cut >= needed(seen.parts);
    let mut found: Vec<String> =
        seen.into_iter().filter(|(_, seen)| may_be(seen)).map(|(subject, _)| subject).collect();
    found.sort_unstable();
    Ok(found)
}

/// The most components that a machine may have of which so many are enough. A new machine shares its processor model with
/// others and nothing else: then only machines of very few components are looked at.
fn most_parts(strategy: Strategy, shared: usize) -> Option<i64> {
    let enough = |parts: &usize| strategy.needed(*parts) <= shared;
    let most = (1_usize..).take_while(enough).last()?;
    i64::try_from(most).ok()
}

/// Places by sixes, the last one filled up with its last place.
fn together(scope: &str, fingerprint: &Fingerprint) -> Vec<Together> {
    let places: Vec<i64> = places(scope, fingerprint).collect();
    let fill = |places: &[i64]| std::array::from_fn(|at| places[at.min(places.len() - 1)]);
    places.chunks(TOGETHER).map(fill).collect()
}

fn places(scope: &str, fingerprint: &Fingerprint) -> impl Iterator<Item = i64> {
    fingerprint.components().map(move |(_, hash)| place(scope, &hash.to_string()))
}

/// The first 24 bits of a hash of the scope, then the first 40 of a hash of both: of ten million machines in one scope one component
/// in some twenty thousand finds a stranger at its place, and scopes that begin alike tell their components apart all the same.
fn place(scope: &str, hash: &str) -> i64 {
    let [a, b, c, ..] = *Hash::of(scope).as_bytes();
    let [d, e, f, g, h, ..] = *Hash::of(format!("{scope} {hash}")).as_bytes();
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Where a component was noted by programs until migration 31: all bits by both.
fn scattered(scope: &str, hash: &str) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = *Hash::of(format!("{scope} {hash}")).as_bytes();
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Moves what was noted at scattered places. A machine may be noted in any of the scopes of its license.
pub(crate) fn gather(c: &Connection) -> Result<()> {
    gather_from(c, MACHINES, |license| activation::scopes(license).to_vec())?;
    gather_from(c, TRIALS, |product| vec![trial::scope(product)])
}

fn gather_from(
    c: &Connection,
    sql: &'static str,
    scopes: impl Fn(&str) -> Vec<String>,
) -> Result<()> {
    // What cannot be read was never noted.
    let map = |row: &mut Columns<'_>| Ok((row.text()?, row.text()?, row.fingerprint().ok()));
    let mut after = String::new();
    loop {
        let subjects: Vec<(String, String, Option<Fingerprint>)> = list(c, sql, [&after], map)?;
        let Some((last, ..)) = subjects.last() else { return Ok(()) };
        after.clone_from(last);
        for (subject, of, fingerprint) in &subjects {
            let Some(fingerprint) = fingerprint else { continue };
            let parts = parts(fingerprint);
            for scope in scopes(of) {
                for (_, hash) in fingerprint.components() {
                    let hash = hash.to_string();
                    let (from, to) = (scattered(&scope, &hash), place(&scope, &hash));
                    put(c, MOVE, (to, from, parts, subject))?;
                }
            }
        }
    }
}

/// Takes over what was noted before there were places. Only the program can compute them.
pub(crate) fn take_over(c: &Connection) -> Result<()> {
    let map =
        |row: &mut Columns<'_>| Ok((row.text()?, row.text()?, row.take::<i64>()?, row.text()?));
    for (scope, hash, parts, subject) in list(c, OLD, [], map)? {
        run(c, INSERT_ONE, (place(&scope, &hash), parts, subject))?;
    }
    run(c, EMPTY_OLD, []).map(|_| ())
}
