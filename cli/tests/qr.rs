//! QR codes as a camera sees them: drawn by the program, read by somebody else's reader.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const PAGE: &str = "https://acme.example/trial/";

struct Lab(tempfile::TempDir);

impl Lab {
    fn new() -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(lab.path("lab-7/etc")).unwrap();
        fs::write(lab.path("lab-7/etc/hostname"), "lab-7\n").unwrap();
        let id = "3f1c6a0de5b84f7d9a1e0b2c4d6f8a90\n";
        fs::write(lab.path("lab-7/etc/machine-id"), id).unwrap();
        assert!(lab.run(&["keys", "root", "--out", "root.pem"]).status.success());
        lab
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(words).current_dir(self.0.path()).output().unwrap()
    }

    fn on_machine(&self, words: &[&str]) -> Output {
        let more = ["--product", "acme-cad", "--root", "root.pub", "--state", "lic"];
        let copy = ["--mirror", "copy", "--fingerprint-from", "lab-7"];
        self.run(&[words, &more, &copy].concat())
    }

    fn token(&self, file: &str) -> String {
        let text = fs::read_to_string(self.path(file)).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).collect()
    }
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

/// Half blocks of a terminal, dark on light.
fn read_terminal(text: &str) -> String {
    let is_code = |line: &&str| !line.is_empty() && line.chars().all(|c| " ▀▄█".contains(c));
    let lines: Vec<Vec<char>> =
        text.lines().filter(is_code).map(|line| line.chars().collect()).collect();
    let dark = |x: usize, y: usize| match lines[y / 2].get(x) {
        Some('█') => true,
        Some('▀') => y.is_multiple_of(2),
        Some('▄') => !y.is_multiple_of(2),
        _ => false,
    };
    read(lines[0].len(), lines.len() * 2, dark)
}

fn read_png(path: &Path) -> String {
    let file = std::io::BufReader::new(fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let width = info.width as usize;
    // Every eighth pixel is a module.
    read(width / 8, info.height as usize / 8, |x, y| pixels[(y * 8 + 4) * width + x * 8 + 4] == 0)
}

fn read(width: usize, height: usize, dark: impl Fn(usize, usize) -> bool) -> String {
    const SCALE: usize = 4;
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(width * SCALE, height * SCALE, |x, y| {
            if dark(x / SCALE, y / SCALE) { 0 } else { 255 }
        });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one code is seen");
    grids[0].decode().unwrap().1
}

#[test]
fn a_request_on_the_terminal_is_a_link_to_the_page_that_takes_it() {
    let lab = Lab::new();
    for kind in ["trial", "activation"] {
        let out = format!("{kind}.request");
        let words = ["request", kind, "--qr", "--take-to", PAGE, "--out", &out];
        let done = lab.on_machine(&words);
        assert!(done.status.success(), "{}", text(&done.stderr));
        assert_eq!(read_terminal(&text(&done.stdout)), format!("{PAGE}#{}", lab.token(&out)));
        assert!(text(&done.stdout).contains("a phone's camera opens"), "{}", text(&done.stdout));
    }
}

#[test]
fn without_an_address_the_code_is_the_bare_token() {
    let lab = Lab::new();
    for place in [None, Some("the front desk")] {
        let mut words = vec!["request", "trial", "--qr", "--out", "t.request"];
        words.extend(place.into_iter().flat_map(|place| ["--take-to", place]));
        let done = lab.on_machine(&words);
        assert_eq!(read_terminal(&text(&done.stdout)), lab.token("t.request"));
    }
}

#[test]
fn a_fragment_of_the_address_does_not_break_the_link() {
    let lab = Lab::new();
    let done = lab.on_machine(&[
        "request",
        "trial",
        "--qr",
        "--take-to",
        "https://acme.example/#trial",
        "--out",
        "t.request",
    ]);
    let link = format!("https://acme.example/#{}", lab.token("t.request"));
    assert_eq!(read_terminal(&text(&done.stdout)), link);
}

#[test]
fn pictures_are_the_same_code() {
    let lab = Lab::new();
    let done = lab.on_machine(&[
        "request",
        "trial",
        "--qr-image",
        "t.png",
        "--take-to",
        PAGE,
        "--out",
        "t.request",
    ]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let link = format!("{PAGE}#{}", lab.token("t.request"));
    assert_eq!(read_png(&lab.path("t.png")), link);
    let done = lab.run(&["qr", "t.request", "--take-to", PAGE, "--image", "t.svg"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let svg = fs::read_to_string(lab.path("t.svg")).unwrap();
    assert!(svg.starts_with("<?xml") && svg.contains("<svg"), "{svg}");
    let done = lab.run(&["qr", "t.request"]);
    assert_eq!(read_terminal(&text(&done.stdout)), lab.token("t.request"));
}

#[test]
fn a_response_is_shown_and_as_json_its_size_is_told() {
    let lab = Lab::new();
    lab.on_machine(&["request", "trial", "--out", "t.request"]);
    lab.run(&["sign", "t.request", "--key", "root.pem", "--days", "9", "--out", "t.response"]);
    let done = lab.run(&["qr", "t.response", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(json["type"], "trial-response+jwt");
    assert_eq!(json["qr"]["carries"], "token");
    let done = lab.run(&["qr", "t.response"]);
    assert_eq!(read_terminal(&text(&done.stdout)), lab.token("t.response"));
}

#[test]
fn a_link_that_is_too_long_becomes_a_token_and_what_is_too_long_is_carried() {
    let lab = Lab::new();
    let place = format!("https://acme.example/{}", "long/".repeat(500));
    let words = ["request", "trial", "--qr", "--take-to", &place, "--out", "t.request"];
    let done = lab.on_machine(&words);
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("The link is too long"), "{}", text(&done.stdout));
    assert_eq!(read_terminal(&text(&done.stdout)), lab.token("t.request"));

    let feature = format!("--feature=note={}", "x".repeat(3000));
    lab.run(&[
        "sign",
        "t.request",
        "--key",
        "root.pem",
        "--days",
        "9",
        &feature,
        "--out",
        "t.response",
    ]);
    let done = lab.run(&["qr", "t.response", "--json"]);
    assert_eq!(done.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(json["error"], "too-long-for-qr");
    assert_eq!(json["advice"], "Carry the file instead.");
}

#[test]
fn a_picture_replaces_nothing_and_a_refused_one_changes_nothing() {
    let lab = Lab::new();
    fs::write(lab.path("there.png"), "somebody's picture").unwrap();
    for image in ["there.png", "picture.gif", "picture"] {
        let words = ["request", "trial", "--qr-image", image, "--out", "t.request"];
        let refused = lab.on_machine(&words);
        assert_eq!(refused.status.code(), Some(2), "{image}");
        assert!(!lab.path("t.request").exists() && !lab.path("lic").exists(), "{image}");
    }
    assert_eq!(fs::read_to_string(lab.path("there.png")).unwrap(), "somebody's picture");
}
