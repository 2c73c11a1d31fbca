//! The check at start-up, cold: a new client, both state files, the machine's components and the signatures, as an app
//! that has just started does it. Beside it, in the same run, the floor: two bare signature verifications, which a grant of
//! a delegated key needs at least.
//!
//! `cargo bench -p countersign-client --bench check -- [--quick] [--json FILE]`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/client/world.rs"]
#[allow(dead_code)] // the tests use the rest
mod world;

use std::hint::black_box;
use std::time::Instant;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use countersign_client::core::{SigningKey, file, key};
use countersign_client::machine::Machine;
use countersign_client::{Client, Config};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|a| a == "--quick");
    let json = arguments.iter().position(|a| a == "--json").map(|at| arguments[at + 1].clone());
    let runs = if quick { 200 } else { 3_000 };

    let world = world::World::new();
    // The real machine this runs on, with the components that it really has.
    let config = || -> Config { world.config().machine(Machine::this()) };
    let client = Client::open(config());
    let request = client.request_activation(None).unwrap();
    client.install(&world.vendor.answer(&request.file)).unwrap();

    // The response's own bytes and signature.
    let token = file::read(&world.vendor.answer(&request.file)).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public = *SigningKey::from_seed(&[2; 32]).public_key().as_bytes();

    let (mut check, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let start = Instant::now();
        let client = Client::open(config());
        assert!(black_box(client.check()).right().is_some());
        check.push(start.elapsed());
        let start = Instant::now();
        for _ in 0..2 {
            assert!(key::verify(
                black_box(&public),
                black_box(message.as_bytes()),
                black_box(&signature)
            ));
        }
        bare.push(start.elapsed());
    }
    // The worst case: the app was built with a root that has been replaced five times since, and what is installed hangs on
    // the newest, under a delegation whose hash it carries.
    let mut vendor = world.vendor.clone();
    let root = |n: u8| if n == 0 { world::key(1) } else { world::key(100 + n) };
    let end = |n: u8| world::NOW - 10 * world::DAY + u64::from(n);
    vendor.rotations =
        (0..5).map(|n| world::rotation(&root(n), &root(n + 1), u64::from(n) + 1, end(n))).collect();
    vendor.root = root(5);
    vendor.delegate_with(&world::key(50), world::NOW, world::NOW + 90 * world::DAY, |d| {
        d.serial = Some(1);
    });
    client.install(&vendor.answer(&request.file)).unwrap();
    let mut rotated = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        let client = Client::open(config());
        assert!(black_box(client.check()).right().is_some());
        rotated.push(start.elapsed());
    }

    let median = |times: &mut Vec<std::time::Duration>, part: usize| {
        times.sort();
        times[(times.len() - 1) * part / 100].as_secs_f64() * 1e6
    };
    let (check_median, check_high, bare_median) =
        (median(&mut check, 50), median(&mut check, 99), median(&mut bare, 50));
    let rotated_median = median(&mut rotated, 50);
    let figures = [
        ("cold_check_after_five_rotations_microseconds", rotated_median),
        ("cold_check_microseconds", check_median),
        ("cold_check_99th_microseconds", check_high),
        ("two_verifies_microseconds", bare_median),
        ("cold_check_ratio_to_two_verifies", check_median / bare_median),
    ];
    for (name, value) in figures {
        println!("{name:<45} {value:>12.2}");
    }
    if let Some(path) = json {
        let figures: serde_json::Map<_, _> =
            figures.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        std::fs::write(path, serde_json::Value::from(figures).to_string()).unwrap();
    }
}
