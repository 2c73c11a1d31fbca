//! The code of the file format: no clock, no randomness of its own, no I/O. What it needs of them are its arguments.

use crate::source::Source;

/// Names that ask the system for something, whatever path they come by.
const NAMES: [&str; 10] = [
    "SystemTime",
    "Instant",
    "now_utc",
    "now_local",
    "getrandom",
    "thread_rng",
    "ThreadRng",
    "OsRng",
    "SysRng",
    "tokio",
];

/// Parts of std that do.
const PARTS_OF_STD: [&str; 7] = ["fs", "net", "io", "env", "process", "thread", "time"];

pub(crate) fn complaints(source: &Source) -> Vec<String> {
    let is_name = |n: &usize| source.word(*n).is_some_and(|word| NAMES.contains(&word));
    let is_part = |n: &usize| source.word(*n).is_some_and(|word| PARTS_OF_STD.contains(&word));
    let names = (0..source.tokens.len()).filter(is_name);
    let parts = parts_of_std(source).into_iter().filter(is_part);
    // Under another name the check would not know it.
    let renamed = source.places("std as");
    let asks = "the trusted part asks nobody: make it an argument";
    names.chain(parts).chain(renamed).map(|n| source.complaint(n, asks)).collect()
}

/// Where a part of std is named: `std::fs`, and each of `std::{fs, fmt::Debug}`.
fn parts_of_std(source: &Source) -> Vec<usize> {
    let mut parts = Vec::new();
    for place in source.places("std : :") {
        let mut next = place + 3;
        if !source.is_at(next, "{") {
            parts.push(next);
            continue;
        }
        let mut depth = 0;
        while next < source.tokens.len() {
            let is_open = source.is_at(next, "{");
            depth = depth + i32::from(is_open) - i32::from(source.is_at(next, "}"));
            if depth == 0 {
                break;
            }
            if depth == 1 && (is_open || source.is_at(next, ",")) {
                parts.push(next + 1);
            }
            next += 1;
        }
    }
    parts
}

pub(crate) fn forbids_unsafe_code(lib: &Source) -> bool {
    !lib.places("# ! [ forbid ( unsafe_code ) ]").is_empty()
}

#[test]
fn asking_the_system_is_seen() {
    let found = |text: &str| complaints(&Source::of("x.rs", text)).len();
    for bad in [
        "fn f() -> u64 { std::time::SystemTime::now() }",
        "fn f() { let began = Instant::now(); }",
        "use std::fs;",
        "use std::{fmt, net::TcpStream};",
        "use std::{collections::{BTreeMap, BTreeSet}, fs::File};",
        "use std as system;",
        "fn f() { getrandom::fill(&mut [0]); }",
        "use rand::rngs::OsRng;",
    ] {
        assert_ne!(found(bad), 0, "{bad}");
    }
    for good in [
        "use std::{fmt, str::FromStr};",
        "use std::collections::BTreeMap; // not std::fs",
        "/// Asks no SystemTime.\nfn f(now: u64, rng: &mut impl rand_core::CryptoRng) {}",
        "const A: &str = \"std::fs\";",
    ] {
        assert_eq!(found(good), 0, "{good}");
    }
    assert!(forbids_unsafe_code(&Source::of("lib.rs", "//! A map.\n#![forbid(unsafe_code)]")));
    assert!(!forbids_unsafe_code(&Source::of("lib.rs", "// #![forbid(unsafe_code)]")));
    assert!(!forbids_unsafe_code(&Source::of("lib.rs", "#![deny(unsafe_code)]")));
}
