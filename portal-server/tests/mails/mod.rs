//! Reading the mails of a portal: what is in its outbox, when it has nothing more to send.
#![allow(dead_code, clippy::unwrap_used)] // each test program uses its part of this

use std::path::Path;
use std::time::Duration;

use crate::world::TestPortal;

/// A mail as its reader sees it.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    /// The whole file.
    pub(crate) raw: String,
}

impl Letter {
    /// The path of the only link to this portal in it.
    #[track_caller]
    pub(crate) fn link(&self, portal: &TestPortal, path: &str) -> String {
        let lines = self.text.lines().filter_map(|line| line.strip_prefix(&portal.url));
        let links: Vec<&str> = lines.filter(|link| link.starts_with(path)).collect();
        assert_eq!(links.len(), 1, "{}", self.text);
        links[0].to_owned()
    }
}

impl TestPortal {
    /// All mails so far, in the order in which they were queued, when nothing is left to be sent.
    pub(crate) async fn mails(&self) -> Vec<Letter> {
        self.until_nothing_waits().await;
        letters_in(&self.app.config().data.join("outbox"))
    }

    /// The newest mail.
    pub(crate) async fn last_mail(&self) -> Letter {
        self.mails().await.pop().expect("a mail")
    }

    pub(crate) async fn until_nothing_waits(&self) {
        for _ in 0..600 {
            if self.app.store().jobs_waiting("mail").await.unwrap().waiting == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("mail still waits");
    }
}

pub(crate) fn letters_in(folder: &Path) -> Vec<Letter> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<((u64, u64), String)> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
        .map(|path| (order_of(&path), std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    files.into_iter().map(|(_, raw)| read(raw)).collect()
}

/// Files are named by the time and the number of their job.
fn order_of(path: &Path) -> (u64, u64) {
    let (time, number) = path.file_stem().unwrap().to_str().unwrap().split_once('-').unwrap();
    (time.parse().unwrap(), number.parse().unwrap())
}

/// Undoes what mail programs undo.
pub(crate) fn read(raw: String) -> Letter {
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ");
    let header = |name: &str| {
        let prefix = format!("{name}: ");
        head.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default().to_owned()
    };
    let text = match header("Content-Transfer-Encoding").as_str() {
        "quoted-printable" => quoted_printable(body),
        "7bit" => body.to_owned(),
        other => panic!("{other:?}"),
    };
    let text = text.replace("\r\n", "\n");
    Letter { to: header("To"), subject: header("Subject"), text, raw }
}

fn quoted_printable(text: &str) -> String {
    let (mut bytes, joined) = (Vec::new(), text.replace("=\r\n", ""));
    let mut rest = joined.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'=' {
            let (hex, tail) = tail.split_at(2);
            bytes.push(u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap());
            rest = tail;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}
