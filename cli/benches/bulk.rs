//! The support desk's bulk signing: requests in files, responses in files, everything in the journal, with real processes.
//! Beside it, in the same run, the floor: a bare loop of one strict verification and one signature for each request with
//! ed25519-dalek, on as many threads as there are processors; and what `openssl speed` says about this machine.
//!
//! `cargo bench -p countersign-cli --bench bulk -- [--quick] [--json FILE]`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/desk/lab.rs"]
#[allow(dead_code)] // the tests use the rest
mod lab;

use std::fs;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use countersign_core::file;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde_json::Value;

use lab::Lab;

/// Ticks of a second in /proc, on every Linux.
const TICKS: f64 = 100.0;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|a| a == "--quick");
    let json = arguments.iter().position(|a| a == "--json").map(|at| arguments[at + 1].clone());
    let (few, many, rounds) =
        if quick { (1_000, 10_000, 4_000) } else { (10_000, 100_000, 20_000) };

    let cores = std::thread::available_parallelism().unwrap().get();
    let pairs = pairs(1_000);
    let before = bare(&pairs, rounds, cores);
    let small = sign(few);
    let large = sign(many);
    let after = bare(&pairs, rounds, cores);
    let middle = |of: fn(&Bare) -> f64| f64::midpoint(of(&before), of(&after));
    let (bare, bare_core) = (middle(|b| b.per_second), middle(|b| b.per_core_second));
    let (openssl_sign, openssl_verify) = openssl(quick);

    let per_second = many as f64 / large.seconds;
    let per_core = many as f64 / (large.own_seconds + large.kernel_seconds);
    let without_files = many as f64 / large.own_seconds;
    let figures = [
        ("bulk_requests", many as f64),
        ("bulk_seconds", large.seconds),
        ("bulk_per_second", per_second),
        ("bulk_per_core_second", per_core),
        ("bare_verify_and_sign_per_second", bare),
        ("bare_verify_and_sign_per_core_second", bare_core),
        ("bulk_ratio_to_bare", per_second / bare),
        ("bulk_core_ratio_to_bare", per_core / bare_core),
        ("bulk_without_kernel_core_ratio_to_bare", without_files / bare_core),
        ("openssl_sign_per_second", openssl_sign),
        ("openssl_verify_per_second", openssl_verify),
        ("openssl_verify_and_sign_per_second", 1.0 / (1.0 / openssl_sign + 1.0 / openssl_verify)),
        ("bulk_again_seconds", large.again_seconds),
        ("bulk_peak_mib_few", small.peak_mib),
        ("bulk_peak_mib_many", large.peak_mib),
        ("bulk_journal_mib", large.journal_mib),
    ];
    for (name, value) in figures {
        println!("{name:<42} {value:>12.2}");
    }
    if let Some(path) = json {
        let figures: serde_json::Map<_, _> =
            figures.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        fs::write(path, Value::from(figures).to_string()).unwrap();
    }
}

/// What a message of a request and one of a response are.
struct Pair {
    device: [u8; 32],
    request: String,
    signature: Signature,
    response: String,
}

fn pairs(count: usize) -> Vec<Pair> {
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let pair = |number| {
        let token = file::read(lab::trial(number, "acme-cad").as_bytes()).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let header: Value =
            serde_json::from_slice(&decode(token.split('.').next().unwrap())).unwrap();
        let x = decode(header["jwk"]["x"].as_str().unwrap());
        Pair {
            device: x.try_into().unwrap(),
            request: message.to_owned(),
            signature: Signature::from_slice(&decode(signature)).unwrap(),
            // As long as a response with a delegation in it.
            response: message.repeat(2),
        }
    };
    (0..count).map(pair).collect()
}

/// How many requests are verified and responses signed by nothing but the library.
struct Bare {
    per_second: f64,
    per_core_second: f64,
}

fn bare(pairs: &[Pair], rounds: usize, cores: usize) -> Bare {
    let key = SigningKey::from_bytes(&[1; 32]);
    let (start, cpu) = (Instant::now(), cpu_seconds("/proc/self"));
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                for pair in pairs.iter().cycle().take(rounds) {
                    let request = black_box(pair.request.as_bytes());
                    // Each request has another key.
                    let device = VerifyingKey::from_bytes(black_box(&pair.device)).unwrap();
                    device.verify_strict(request, &pair.signature).unwrap();
                    black_box(key.sign(black_box(pair.response.as_bytes())));
                }
            });
        }
    });
    let done = (rounds * cores) as f64;
    Bare {
        per_second: done / start.elapsed().as_secs_f64(),
        per_core_second: done / (cpu_seconds("/proc/self").0 - cpu.0),
    }
}

/// What a process has used of its processors, all of its threads: by itself, and by the kernel for it.
fn cpu_seconds(process: &str) -> (f64, f64) {
    let stat = fs::read_to_string(format!("{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let seconds = |n: usize| fields[n].parse::<f64>().unwrap() / TICKS;
    (seconds(11), seconds(12))
}

struct Run {
    seconds: f64,
    own_seconds: f64,
    kernel_seconds: f64,
    peak_mib: f64,
    again_seconds: f64,
    journal_mib: f64,
}

/// So many requests, each in a file, signed by one process; and once more, when all of them are answered.
fn sign(count: usize) -> Run {
    let lab = Lab::in_folder(env!("CARGO_TARGET_TMPDIR"));
    (0..count).for_each(|number| drop(lab.ask(number)));
    let words = ["requests", "--days", "30", "--yes", "--report", "report.csv"];
    let (seconds, (own_seconds, kernel_seconds), peak_mib) =
        measure(lab.command(&lab.signing(&words)));
    let signed = fs::read_dir(lab.path("requests")).unwrap().count() - count;
    assert_eq!(signed, count, "each request has its response");
    let journal = fs::metadata(lab.path("alice.journal")).unwrap().len();
    let words = ["requests", "--days", "30", "--yes"];
    let (again_seconds, ..) = measure(lab.command(&lab.signing(&words)));
    Run {
        seconds,
        own_seconds,
        kernel_seconds,
        peak_mib,
        again_seconds,
        journal_mib: journal as f64 / 1048576.0,
    }
}

/// Seconds, seconds of processors, and the most memory it had in MiB.
fn measure(mut command: Command) -> (f64, (f64, f64), f64) {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
    let process = format!("/proc/{}", child.id());
    let mut peak = 0.0_f64;
    let cpu = loop {
        let status = fs::read_to_string(format!("{process}/status")).unwrap();
        let number = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        };
        peak = peak.max(number("VmHWM:").unwrap_or(0.0) / 1024.0);
        // A process that has ended keeps its times until it is waited for.
        if status.contains("State:\tZ") {
            break cpu_seconds(&process);
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let seconds = start.elapsed().as_secs_f64();
    assert!(child.wait().unwrap().success());
    (seconds, cpu, peak)
}

/// Signatures and verifications in a second, on one core.
fn openssl(quick: bool) -> (f64, f64) {
    let seconds = if quick { "1" } else { "3" };
    let run =
        Command::new("openssl").args(["speed", "-seconds", seconds, "ed25519"]).output().unwrap();
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    let line = text.lines().rfind(|line| line.contains("Ed25519")).unwrap();
    let rates: Vec<f64> =
        line.split_whitespace().rev().take(2).map(|n| n.parse().unwrap()).collect();
    (rates[1], rates[0])
}
