//! What the doctor finds, and that each finding says what to do.

use std::fs;

use serde_json::Value;

use crate::machines::{Place, Ran};
use crate::process::Portal;

const URL: &str = "--public-url=https://portal.acme.example";
const MAIL: [&str; 2] = ["--smtp-url=smtps://mail.acme.example", "--mail-from=portal@acme.example"];

fn level(found: &Value, code: &str) -> Vec<String> {
    let findings = found["findings"].as_array().unwrap().iter();
    let of_code = findings.filter(|finding| finding["code"] == code);
    of_code.map(|finding| finding["level"].as_str().unwrap().to_owned()).collect()
}

fn doctor(place: &Place, options: &[&str]) -> (Ran, Value) {
    let ran = place.run(&[&["doctor", "--json"], options].concat());
    let found = ran.json();
    // Whatever is not well says what to do next.
    for finding in found["findings"].as_array().unwrap() {
        let has_advice = !finding["advice"].as_str().unwrap().is_empty();
        assert_eq!(has_advice, finding["level"] != "well", "{finding}");
    }
    (ran, found)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_is_set_up_well_is_said_to_be_while_it_runs() {
    let place = Place::new().await;
    fs::remove_dir_all(place.data().join("root-key-carry-away")).unwrap();
    let _portal = Portal::start(&place.data());
    let (ran, found) = doctor(&place, &[URL, MAIL[0], MAIL[1]]);
    // Nobody administers it yet.
    assert_eq!((ran.code(), &found["verdict"]), (3, &"warning".into()), "{found}");
    for code in [
        "data-folder",
        "secret-modes",
        "writes",
        "database",
        "signing-key",
        "clock",
        "public-url",
        "mail",
    ] {
        assert_eq!(level(&found, code), ["well"], "{code}: {found}");
    }
    let made = place.run(&["doctor", URL, MAIL[0], MAIL[1]]);
    assert!(made.said().lines().any(|line| line.starts_with("warning   admin")), "{}", made.said());
}

#[cfg(unix)]
#[tokio::test]
async fn each_mistake_is_a_finding() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new().await;
    let (ran, found) = doctor(&place, &[]);
    assert_eq!(ran.code(), 3, "{found}");
    for code in ["root-key", "public-url", "mail"] {
        assert_eq!(level(&found, code), ["warning"], "{code}: {found}");
    }
    let (ran, found) =
        doctor(&place, &["--public-url=http://portal.acme.example", "--smtp-url=nonsense"]);
    assert_eq!(ran.code(), 1, "{found}");
    for code in ["public-url", "mail"] {
        assert_eq!(level(&found, code), ["problem"], "{code}: {found}");
    }
    let (_, found) = doctor(&place, &["--public-url=https://portal.acme.example/path"]);
    assert_eq!(level(&found, "public-url"), ["problem"], "{found}");
    let mode = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&place.data(), 0o755);
    mode(&place.data().join("keys/signing.pem"), 0o644);
    let (ran, found) = doctor(&place, &[URL, MAIL[0], MAIL[1]]);
    assert_eq!(ran.code(), 1);
    for code in ["data-folder", "secret-modes"] {
        assert_eq!(level(&found, code), ["problem"], "{code}: {found}");
    }
    mode(&place.data(), 0o700);
    fs::remove_file(place.data().join("key-passphrase")).unwrap();
    let (_, found) = doctor(&place, &[]);
    assert_eq!(level(&found, "start"), ["problem"], "{found}");
    let database = place.data().join("countersign.db");
    let mut bytes = fs::read(&database).unwrap();
    let end = bytes.len();
    bytes[4096..end].fill(7);
    fs::write(&database, bytes).unwrap();
    let (ran, found) = doctor(&place, &[]);
    assert_eq!((ran.code(), level(&found, "database")), (1, vec!["problem".to_owned()]), "{found}");
    let nobody = crate::machines::run(&place.path("nobody"), &["doctor", "--json"]);
    assert_eq!(level(&nobody.json(), "data-folder"), ["problem"]);
    assert!(!place.path("nobody").exists(), "the doctor makes nothing");
}
