//! Machines by the million, in the time that a disk takes to write them.
//!
//! What an activation looks up is hashes, spread evenly over all that there are. Here they come in their order, of which two thirds
//! go first and the others between them: so each page of an index is written twice instead of once for each of its rows, and is as full
//! in the end as one that has grown by itself.

use countersign_store::Database;
use countersign_testing::Raw;
use rand_core::Rng as _;

use crate::driven::load::LICENSES;

/// The characters of base64url as text sorts them.
const ALPHABET: &str = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// Of so many different beginnings of a hash.
const BEGINNINGS: u64 = 1 << 30;
/// Parts of a machine.
const PARTS: u64 = 5;
/// Characters of a response.
const TOKEN: usize = 1_900;
/// Rows of a transaction.
const TOGETHER: u64 = 60_000;

/// Machines of the licenses that there are, with their parts and answers, as the portal writes them.
pub(crate) fn fill(database: &Database, size: u64) {
    let raw = Raw::open(database);
    if let Database::Sqlite(_) = database {
        raw.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000").unwrap();
    }
    // What cannot be made smaller, at another place of it for each.
    let mut noise = vec![0; 8 * TOKEN];
    crate::played::rng().fill_bytes(&mut noise);
    let noise: String =
        noise.iter().map(|byte| char::from(ALPHABET.as_bytes()[usize::from(byte & 63)])).collect();
    for pass in [Pass::TwoThirds, Pass::Others] {
        for first in (0..size).step_by(TOGETHER as usize) {
            let last = (first + TOGETHER).min(size);
            rows(database, size, pass.of(first, last), &noise)
                .iter()
                .for_each(|sql| raw.execute(sql).unwrap());
        }
    }
    match database {
        Database::Sqlite(_) => raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap(),
        Database::Postgres(_) => {
            raw.execute("VACUUM ANALYZE").unwrap();
            // Otherwise the first round pays for what was written here.
            raw.execute("CHECKPOINT").unwrap();
        }
    }
}

#[derive(Clone, Copy)]
enum Pass {
    TwoThirds,
    Others,
}

impl Pass {
    /// Those numbers of a range, as a table `n(i)`.
    fn of(self, first: u64, last: u64) -> String {
        let which = match self {
            Self::TwoThirds => "i % 3 <> 0",
            Self::Others => "i % 3 = 0",
        };
        format!(
            "a(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM a WHERE i + 1 < {last}), n(i) AS (SELECT i FROM a WHERE {which})"
        )
    }
}

/// Rows of those machines, a statement for each table.
fn rows(database: &Database, size: u64, numbers: String, noise: &str) -> [String; 4] {
    let session = match database {
        Database::Sqlite(_) => "",
        Database::Postgres(_) => "SET synchronous_commit = off;",
    };
    let numbers = format!(
        "{session} WITH RECURSIVE {numbers}, l(id, at) AS (SELECT id, row_number() OVER (ORDER BY id) FROM license)"
    );
    let (id, hash) = (hash(size, 22), hash(size, 43));
    // Nothing looks a machine up by this text: it has the length that it has.
    let parts: Vec<String> =
        (0..PARTS).map(|part| format!("\"part-{part}\":\"' || {hash} || '\"")).collect();
    let fingerprint = format!("'{{{}}}'", parts.join(","));
    // Parts are numbers in their order, too, and the machines that they are of come in no order.
    let space = i128::from(u64::MAX) / i128::from(PARTS * size);
    let part = format!("(CAST(i AS BIGINT) * {PARTS} + part)");
    let place = format!("CAST({} + {part} * {space} AS BIGINT)", i64::MIN + 1);
    let of = format!("({part} * 7919) % {size}");
    let of = hash_of(&of, size, 22);
    [
        format!(
            "{numbers} INSERT INTO activation (id, license_id, seat, device_key, fingerprint, device_name, \
             device_name_folded, state, reinstall, created_at, import_by, door, request_id, request_hash, granted_at) \
             SELECT {id}, l.id, {id}, {hash}, {fingerprint}, 'machine ' || i, 'machine ' || i, 'active', 0, 1790000000, \
             1790086400, 'api', {id}, {hash}, 1790000000 FROM n JOIN l ON l.at = 1 + i % {LICENSES}"
        ),
        format!(
            "{numbers}, p(part) AS (SELECT 0 UNION ALL SELECT part + 1 FROM p WHERE part + 1 < {PARTS}) \
             INSERT INTO machine_part (place, parts, subject) SELECT {place}, {PARTS}, {of} FROM n, p ORDER BY 1"
        ),
        format!(
            "{numbers}, t(noise) AS (SELECT '{noise}') \
             INSERT INTO answer (request_hash, token, device_name, created_at, activation_id) \
             SELECT {hash}, substr(noise, 1 + CAST(i * 37 % {} AS INTEGER), {TOKEN}), 'machine ' || i, 1790000000, {id} FROM n, t",
            noise.len() - TOKEN
        ),
        format!(
            "{numbers} INSERT INTO audit (at, actor, action, subject, detail) \
             SELECT 1790000000, 'device:' || {hash}, 'activation.create', {id}, '' FROM n"
        ),
    ]
}

/// The hash of number `i`, so many characters of it: its beginning by its place among all, the others by its number.
fn hash(size: u64, length: usize) -> String {
    hash_of("i", size, length)
}

fn hash_of(number: &str, size: u64, length: usize) -> String {
    let beginning = format!("({number}) * {}", BEGINNINGS / size);
    let digit = |shift: u32| {
        format!("substr('{ALPHABET}', 1 + CAST((({beginning}) >> {shift}) & 63 AS INTEGER), 1)")
    };
    let digits: Vec<String> = [24, 18, 12, 6, 0].into_iter().map(digit).collect();
    let rest = length - digits.len();
    format!(
        "{} || substr(CAST(({number}) AS TEXT) || '-{}', 1, {rest})",
        digits.join(" || "),
        "A".repeat(length)
    )
}
