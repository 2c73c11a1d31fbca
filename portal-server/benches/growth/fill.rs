//! Machines by the million, in the time that a disk takes to write them.
//!
//! What an activation looks up is hashes, spread evenly over all that there are. Here they come in their order, of which two thirds
//! go first and the others between them: so each page of an index is written a few times instead of once for each of its rows, and is
//! as full in the end as one that has grown by itself.

use countersign_core::Hash;
use countersign_core::license_key::LicenseKey;
use countersign_store::Database;
use countersign_testing::Raw;
use rand_core::Rng as _;

use crate::played::rng;

/// The characters of base64url as text sorts them.
const ALPHABET: &str = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// Of so many different beginnings of a hash.
const BEGINNINGS: u64 = 1 << 30;
/// Machines of a license, which has seats for some more.
const MACHINES: u64 = 20;
/// Parts of a machine.
const PARTS: u64 = 5;
/// Characters of a response.
const TOKEN: usize = 1_900;
const UNSEALED: &str = "SELECT COUNT(*) FROM audit a WHERE NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.seq = a.seq)";
/// Rows of a transaction.
const TOGETHER: u64 = 60_000;

/// Licenses with their machines, the machines' parts and answers, as the portal writes them.
pub(crate) fn fill(database: &Database, size: u64) {
    let raw = Raw::open(database);
    if let Database::Sqlite(_) = database {
        raw.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000").unwrap();
    }
    autovacuum(&raw, "off");
    licenses(&raw, size.div_ceil(MACHINES));
    // Otherwise the portal would chain what is written here, and still be at it when it is measured.
    while raw.value(UNSEALED) != "0" {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    // What cannot be made smaller, at another place of it for each.
    let mut noise = vec![0; 8 * TOKEN];
    rng().fill_bytes(&mut noise);
    let character = |byte: &u8| char::from(ALPHABET.as_bytes()[usize::from(byte & 63)]);
    let noise: String = noise.iter().map(character).collect();
    for pass in [Pass::TwoThirds, Pass::Others] {
        for first in (0..size).step_by(TOGETHER as usize) {
            let last = (first + TOGETHER).min(size);
            let numbers = pass.of(first, last);
            for sql in rows(database, size, &numbers, &noise) {
                raw.execute(&sql).unwrap();
            }
        }
    }
    raw.execute("DROP TABLE filled").unwrap();
    autovacuum(&raw, "on");
    match database {
        Database::Sqlite(path) => {
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
            // By another process: closing the file here would give up the locks that the portal has on it.
            let synced = std::process::Command::new("sync").arg(path).status().unwrap();
            assert!(synced.success());
        }
        Database::Postgres(_) => {
            raw.execute("VACUUM ANALYZE").unwrap();
            // Otherwise the first round pays for what was written here.
            raw.execute("CHECKPOINT").unwrap();
        }
    }
}

/// A server tidies up while it is used; not while it is filled, which would take three times as long.
fn autovacuum(raw: &Raw, to: &str) {
    if let Raw::Postgres(_) = raw {
        raw.execute(&format!("ALTER SYSTEM SET autovacuum = {to}")).unwrap();
        raw.execute("SELECT pg_reload_conf()").unwrap();
    }
}

/// The licenses, in the order of their ids, and a table of them for as long as this takes: number, id, where its parts are.
fn licenses(raw: &Raw, count: u64) {
    let mut keys: Vec<(String, LicenseKey)> = (0..count)
        .map(|_| LicenseKey::generate(&mut rng()))
        .map(|key| (key.id().to_string(), key))
        .collect();
    keys.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    raw.execute(
        "CREATE TABLE filled (at BIGINT PRIMARY KEY, id TEXT NOT NULL, part BIGINT NOT NULL)",
    )
    .unwrap();
    for (part, keys) in keys.chunks(1_000).enumerate() {
        let license = |(id, key): &(String, LicenseKey)| {
            format!(
                "('{id}', '{}', 'acme-cad', 'Pro', 'Jane', 'active', 25, {MACHINES}, {MACHINES}, 'perpetual', 86400, 'fuzzy', \
                 '{{}}', '{{}}', 1790000000)",
                key.normal()
            )
        };
        let all: Vec<String> = keys.iter().map(license).collect();
        raw.execute(&format!(
            "INSERT INTO license (id, license_key, product_id, plan, holder, status, allowed_activations, live_activations, \
             total_activations, validity, response_validity, strategy, entitlements, metadata, created_at) VALUES {}",
            all.join(", ")
        ))
        .unwrap();
        let row = |(at, (id, _)): (usize, &(String, LicenseKey))| {
            let [a, b, c, ..] = *Hash::of(id).as_bytes();
            let place = i64::from_be_bytes([a, b, c, 0, 0, 0, 0, 0]);
            format!("({}, '{id}', {place})", part * 1_000 + at)
        };
        let all: Vec<String> = keys.iter().enumerate().map(row).collect();
        raw.execute(&format!("INSERT INTO filled (at, id, part) VALUES {}", all.join(", ")))
            .unwrap();
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
            "WITH RECURSIVE a(i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM a WHERE i + 1 < {last}), \
             n(i) AS (SELECT i FROM a WHERE {which})"
        )
    }
}

/// Rows of those machines, a statement for each table.
fn rows(database: &Database, size: u64, numbers: &str, noise: &str) -> [String; 4] {
    // What a server is told at once is one transaction.
    let (begin, end) = match database {
        Database::Sqlite(_) => ("BEGIN IMMEDIATE;", "COMMIT"),
        Database::Postgres(_) => ("SET synchronous_commit = off; SET enable_seqscan = off;", ""),
    };
    let numbers = format!("{begin} {numbers}");
    let (id, hash) = (hash(size, 22), hash(size, 43));
    // Nothing looks a machine up by this text: it has the length that it has.
    let parts: Vec<String> =
        (0..PARTS).map(|part| format!("\"part-{part}\":\"' || {id} || '\"")).collect();
    let fingerprint = format!("'{{{}}}'", parts.join(","));
    // Parts lie by their licenses, and there in no order.
    let place = format!("l.part + (i * {PARTS} + p.part) * 611953 % 1099511627776");
    [
        format!(
            "{numbers} INSERT INTO activation (id, license_id, seat, device_key, fingerprint, device_name, \
             device_name_folded, state, reinstall, created_at, import_by, door, request_id, request_hash, granted_at) \
             SELECT {id}, l.id, {id}, {hash}, {fingerprint}, 'machine ' || i, 'machine ' || i, 'active', 0, 1790000000, \
             1790086400, 'api', {id}, {hash}, 1790000000 FROM n JOIN filled l ON l.at = i / {MACHINES}"
        ),
        format!(
            "{numbers}, p(part) AS (SELECT 0 UNION ALL SELECT part + 1 FROM p WHERE part + 1 < {PARTS}) \
             INSERT INTO machine_part (place, parts, subject) SELECT {place}, {PARTS}, {id} \
             FROM n JOIN filled l ON l.at = i / {MACHINES} CROSS JOIN p"
        ),
        format!(
            "{numbers}, t(noise) AS (SELECT '{noise}') \
             INSERT INTO answer (request_hash, token, device_name, created_at, activation_id) \
             SELECT {hash}, substr(noise, 1 + CAST(i * 37 % {} AS INTEGER), {TOKEN}), 'machine ' || i, 1790000000, {id} FROM n, t",
            noise.len() - TOKEN
        ),
        format!(
            "{numbers} INSERT INTO audit (at, actor, action, subject, detail) \
             SELECT 1790000000, 'device:' || {hash}, 'activation.create', {id}, '' FROM n; \
             INSERT INTO audit_chain (n, seq, hash) \
             SELECT (SELECT MAX(n) FROM audit_chain) + ROW_NUMBER() OVER (ORDER BY a.seq), a.seq, '{}' \
             FROM audit a WHERE a.seq > (SELECT MAX(seq) FROM audit_chain)",
            "A".repeat(43)
        ),
    ]
    .map(|sql| format!("{sql}; {end}"))
}

/// The hash of number `i` of so many, that many characters of it: its beginning by its place among all, then its number.
fn hash(size: u64, length: usize) -> String {
    let beginning = format!("(i * {})", BEGINNINGS / size);
    let digit = |shift: u32| {
        format!("substr('{ALPHABET}', 1 + CAST(({beginning} >> {shift}) & 63 AS INTEGER), 1)")
    };
    let digits: Vec<String> = [24, 18, 12, 6, 0].into_iter().map(digit).collect();
    let rest = length - digits.len();
    format!(
        "{} || substr(CAST(i AS TEXT) || '-{}', 1, {rest})",
        digits.join(" || "),
        "A".repeat(length)
    )
}
