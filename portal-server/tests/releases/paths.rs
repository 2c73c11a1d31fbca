//! Strings that lead elsewhere, as ids and as names.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use countersign_core::release::FileName;
use countersign_portal::release::upload::{self, NewFile};
use countersign_store::ReleaseLimits;

use crate::shop::{Shop, bytes};

const OWN: [&str; 14] = [
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..%252f..%252fetc%252fpasswd",
    "..\\..\\..\\windows\\win.ini",
    "..%5c..%5cwindows%5cwin.ini",
    "/etc/passwd",
    "//etc/passwd",
    "....//....//etc/passwd",
    "%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "..%00/etc/passwd",
    "..;/..;/etc/passwd",
    "../countersign.db",
    "%2e%2e%2fkeys%2fsigning.pem",
];

/// The built-in strings, and those of the corpus where it is there.
fn strings() -> Vec<String> {
    let mut strings: Vec<String> = OWN.map(str::to_owned).to_vec();
    match std::env::var_os("COUNTERSIGN_CORPORA") {
        Some(folder) => {
            let path = std::path::Path::new(&folder).join("path-traversal.txt");
            let corpus = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
            for target in ["etc/passwd", "countersign.db", "keys/signing.pem"] {
                strings.extend(corpus.lines().map(|line| line.replace("{FILE}", target)));
            }
        }
        None => eprintln!("COUNTERSIGN_CORPORA is not set: the built-in strings alone are tried"),
    }
    strings
}

/// What a browser or a library would tidy up travels as it is: only what no request line can carry is percent-encoded.
fn as_sent(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'!'..=b'~' if byte != b'#' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

fn ask(url: &str, cookie: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_for_an_id_leads_nowhere() {
    let shop = Shop::new().await;
    shop.released("2.1.0", "a.bin", &bytes(10)).await;
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let (url, cookie) = (shop.portal.url.clone(), jane.cookie().unwrap());
    let tried = tokio::task::spawn_blocking(move || {
        let strings = strings();
        for string in &strings {
            for path in [
                format!("/releases/{}", as_sent(string)),
                format!("/releases/{}/checksums", as_sent(string)),
            ] {
                let answer = ask(&url, &cookie, &path);
                let status = answer.split(' ').nth(1).unwrap_or_default();
                assert!(matches!(status, "404" | "400" | "414"), "{path}: {status}");
                for found in ["root:x:", "PRIVATE KEY", "SQLite format 3", "[fonts]"] {
                    assert!(!answer.contains(found), "{path}");
                }
            }
        }
        strings.len()
    });
    assert!(tried.await.unwrap() >= OWN.len());
}

#[tokio::test]
async fn a_path_for_a_name_is_no_name() {
    let shop = Shop::new().await;
    let release = shop.draft("2.1.0").await;
    for string in strings() {
        let Ok(name) = string.parse::<FileName>() else { continue };
        // What is left cannot lead anywhere.
        assert!(
            !name.as_str().contains(['/', '\\', '\0', '%', ':']) && !name.as_str().starts_with('.')
        );
    }
    for name in OWN.into_iter().chain(["..", ".", "a/b", "a\\b", "CON:", "x\u{202e}gpj.exe"]) {
        assert!(name.parse::<FileName>().is_err(), "{name}");
    }
    // A name that Windows keeps for a device, and files whose own names are none.
    let content = shop.built("ok.bin", &bytes(10));
    for name in ["con", "NUL.tar.gz", "lpt1.exe", "Com9"] {
        let new = NewFile {
            release,
            path: content.clone(),
            name: Some(name.parse().unwrap()),
            platform: String::new(),
        };
        let refused = upload::add(shop.app(), new, "test").await.unwrap_err();
        assert!(refused.to_string().contains("device"), "{refused}");
    }
    for name in [".hidden", "two words.exe", "é.exe", "-rf"] {
        let path = shop.built(name, &bytes(10));
        let new = NewFile { release, path, name: None, platform: String::new() };
        let refused = upload::add(shop.app(), new, "test").await.unwrap_err();
        assert!(format!("{refused:#}").contains("--name"), "{refused:#}");
    }
    assert!(shop.app().store().release_files(release).await.unwrap().is_empty());
    let stored = std::fs::read_dir(shop.app().config().data.join("releases")).unwrap().count();
    assert_eq!(stored, 0);
}
