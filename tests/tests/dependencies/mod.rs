//! Who may depend on whom: `core <- client <- cli`, `core <- store <- portal`, and one crate that knows a database.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const OURS: &str = "countersign-";

/// What must not be reached from a package, over however many packages of ours.
const NEVER: [(&str, &str, &str); 11] = [
    ("countersign-core", OURS, "the trusted part stands alone"),
    ("countersign-client", "countersign-store", "a vendor's app carries no database"),
    ("countersign-client", "countersign-portal", "a vendor's app carries no server"),
    ("countersign-journal", "countersign-client", "a signer is no machine"),
    ("countersign-journal", "countersign-store", "a signer needs no database"),
    ("countersign-audit", "countersign-store", "a log is verified without a database"),
    ("countersign-audit", "countersign-client", "a log is no machine's"),
    ("countersign-cli", "countersign-store", "the command works without a database"),
    ("countersign-cli", "countersign-portal", "the command works without a server"),
    ("countersign-store", "countersign-client", "the two sides meet in the format alone"),
    ("countersign-portal", "countersign-client", "the two sides meet in the format alone"),
];

/// What the format's code does without, and the app's side with it.
const NEVER_OUTSIDE: [(&str, &[&str], &str); 2] = [
    (
        "countersign-core",
        &["getrandom", "rand", "tokio", "chrono"],
        "clock and randomness are arguments",
    ),
    (
        "countersign-client",
        &["tokio", "reqwest", "hyper"],
        "it is synchronous and never sees a network",
    ),
];

/// Database drivers, by how their names begin.
const DRIVERS: [&str; 11] = [
    "rusqlite",
    "libsqlite3",
    "sqlite",
    "sqlx",
    "postgres",
    "tokio-postgres",
    "deadpool-postgres",
    "bb8-postgres",
    "diesel",
    "sea-orm",
    "mysql",
];

/// Who may name a driver, and as what.
const MAY_NAME_A_DRIVER: [(&str, Kind); 3] = [
    ("countersign-store", Kind::Any),
    // A baseline of the benchmark writes the same rows without the portal.
    ("countersign-portal", Kind::Development),
    // Never shipped: it makes databases for tests, and looks into them behind the store's back.
    ("countersign-testing", Kind::Any),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    Development,
}

/// The packages of this workspace, as cargo sees them.
pub(crate) fn metadata(root: &Path) -> Value {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    serde_json::from_slice(&cargo.stdout).unwrap()
}

/// What is wrong with the dependencies of the packages.
pub(crate) fn complaints(metadata: &Value) -> Vec<String> {
    let packages = packages(metadata);
    let mut complaints = Vec::new();
    for (package, never, why) in NEVER {
        let Some(dependencies) = packages.get(package) else {
            complaints.push(format!("{package} is gone: this check needs its new name"));
            continue;
        };
        let reached = reached(&packages, dependencies);
        let bad = reached.iter().filter(|name| name.starts_with(never) && **name != package);
        complaints.extend(bad.map(|name| format!("{package} depends on {name}: {why}")));
    }
    for (package, never, why) in NEVER_OUTSIDE {
        let shipped = packages.get(package).into_iter().flatten().filter(|d| !d.is_development);
        let bad = shipped.filter(|d| never.contains(&d.name));
        complaints.extend(bad.map(|d| format!("{package} depends on {}: {why}", d.name)));
    }
    for (package, dependencies) in &packages {
        let bad = dependencies.iter().filter(|d| is_driver(d.name) && !may_name(package, d));
        let why = "only the store knows a database";
        complaints.extend(bad.map(|d| format!("{package} depends on {}: {why}", d.name)));
    }
    complaints
}

struct Dependency<'a> {
    name: &'a str,
    is_development: bool,
}

type Packages<'a> = BTreeMap<&'a str, Vec<Dependency<'a>>>;

fn packages(metadata: &Value) -> Packages<'_> {
    list(metadata, "packages")
        .map(|package| (text(package, "name"), list(package, "dependencies").map(read).collect()))
        .collect()
}

fn read(dependency: &Value) -> Dependency<'_> {
    Dependency { name: text(dependency, "name"), is_development: dependency["kind"] == "dev" }
}

fn list<'a>(value: &'a Value, member: &str) -> std::slice::Iter<'a, Value> {
    value[member].as_array().unwrap().iter()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

/// Packages of ours that are reached by what is shipped.
fn reached<'a>(packages: &Packages<'a>, from: &[Dependency<'a>]) -> BTreeSet<&'a str> {
    let shipped = |d: &&Dependency<'a>| !d.is_development && d.name.starts_with(OURS);
    let mut open: Vec<&str> = from.iter().filter(shipped).map(|d| d.name).collect();
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        if found.insert(name) {
            let next = packages.get(name).into_iter().flatten().filter(shipped);
            open.extend(next.map(|d| d.name));
        }
    }
    found
}

fn is_driver(name: &str) -> bool {
    DRIVERS.iter().any(|driver| name.starts_with(driver))
}

fn may_name(package: &str, dependency: &Dependency<'_>) -> bool {
    MAY_NAME_A_DRIVER
        .iter()
        .any(|(who, kind)| *who == package && (*kind == Kind::Any || dependency.is_development))
}

#[test]
fn a_wrong_dependency_is_seen() {
    let with = |package: &str, name: &str, kind: Value| {
        let names = NEVER.map(|(package, ..)| package);
        let dependencies = |of: &str| match of == package {
            true => json!([{"name": name, "kind": kind}]),
            // The detour that every sample may take.
            false if of == "countersign-portal" => {
                json!([{"name": "countersign-store", "kind": null}])
            }
            false => json!([]),
        };
        let packages = names.map(|name| json!({"name": name, "dependencies": dependencies(name)}));
        complaints(&json!({"packages": packages})).len()
    };
    let (shipped, development, build) = (Value::Null, json!("dev"), json!("build"));
    assert_eq!(with("countersign-cli", "countersign-core", shipped.clone()), 0);
    assert_ne!(with("countersign-core", "countersign-client", shipped.clone()), 0);
    assert_ne!(with("countersign-cli", "countersign-portal", shipped.clone()), 0);
    assert_ne!(with("countersign-client", "countersign-store", build.clone()), 0);
    assert_eq!(with("countersign-client", "countersign-store", development.clone()), 0);
    assert_ne!(with("countersign-core", "tokio", shipped.clone()), 0);
    assert_eq!(with("countersign-store", "rusqlite", shipped.clone()), 0);
    assert_ne!(with("countersign-portal", "rusqlite", shipped.clone()), 0);
    assert_ne!(with("countersign-portal", "sqlx-postgres", build), 0);
    assert_eq!(with("countersign-portal", "rusqlite", development.clone()), 0);
    assert_ne!(with("countersign-cli", "tokio-postgres", development), 0);
    let gone = json!({"packages": [{"name": "countersign-core", "dependencies": []}]});
    assert_ne!(complaints(&gone).len(), 0, "a package of that name must be there");
}
