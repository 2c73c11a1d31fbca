//! The paper backup of a key: words and a QR code of them, and typing them in again.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use countersign_core::{PublicKey, SigningKey, file};
use serde_json::json;
use zeroize::Zeroizing;

use super::args::{Paper, Restore};
use super::words;
use crate::fail::{Failure, Outcome};
use crate::files::{self, Readers};
use crate::page::Page;
use crate::say::Report;

/// What is printed about a paper.
pub(crate) const KEEP: &str = "print it, keep it where only you can get at it, and delete the file: whoever has it has the key";

/// More than any paper holds.
const LONGEST: u64 = 4096;

pub(crate) fn run(options: &Paper, as_json: bool) -> Outcome {
    ensure_paper(&options.out)?;
    let key = files::read_private_key(&options.key, &options.passphrase)?;
    write(&options.out, &key)?;
    let fingerprint = words::fingerprint(&key.public_key().thumbprint());
    Report::new(json!({"paper": options.out, "kid": key.public_key().thumbprint().to_string(), "words": fingerprint}))
        .field("paper", format!("{}  ({KEEP})", options.out.display()))
        .field("in words", fingerprint)
        .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a paper can be written there.
pub(crate) fn ensure_paper(path: &Path) -> anyhow::Result<()> {
    let kind = path.extension().and_then(|e| e.to_str());
    ensure!(
        matches!(kind, Some("html" | "txt")),
        "{}: the name of a paper backup ends in .html or .txt. Nothing was made",
        path.display()
    );
    ensure!(
        !path.exists(),
        "{} is there already and is not replaced: nothing was made. Choose another name",
        path.display()
    );
    Ok(())
}

/// Writes the page, readable by its owner alone.
pub(crate) fn write(path: &Path, key: &SigningKey) -> anyhow::Result<()> {
    let is_html = path.extension().is_some_and(|e| e == "html");
    let text = Zeroizing::new(if is_html { html(key) } else { text(key) });
    files::create(path, &text, Readers::Owner)
}

const TITLE: &str = "Paper backup of a signing key";
const WARNING: &str = "Whoever has this paper has the key. Keep it where only you can get at it, and not beside the key's file.";
const HOW: &str = "To have the key back: countersign keys restore --out root.pem, then type the 24 words and the 8 words of the \
    fingerprint. The first four letters of each are enough. The QR code holds the same words.";

fn html(key: &SigningKey) -> String {
    let (seed, public) = (words::seed(key), key.public_key());
    let fingerprint = words::fingerprint(&public.thumbprint());
    let code = Zeroizing::new(format!("{}\n{fingerprint}", &*seed));
    let mut page = Page::new(TITLE);
    page.text(WARNING);
    page.heading("The key: 24 words");
    page.words(seed.split(' '));
    page.heading("Its fingerprint: 8 words");
    page.words(fingerprint.split(' '));
    page.beside_qr(&code, |page| {
        page.rows([
            ("public key", public.to_string()),
            ("kid", public.thumbprint().to_string()),
            ("printed", format!("{} UTC", file::date(files::now()))),
        ]);
        page.text(HOW);
    });
    page.signature(&["Kept by", "Place", "Date"]);
    page.finish()
}

fn text(key: &SigningKey) -> String {
    let (seed, public) = (words::seed(key), key.public_key());
    let numbered = |words: &str| {
        let words: Vec<String> =
            words.split(' ').zip(1..).map(|(word, n)| format!("{n:>2} {word:<10}")).collect();
        words
            .chunks(4)
            .map(|line| line.join("  ").trim_end().to_owned())
            .collect::<Vec<_>>()
            .join("\n")
    };
    format!(
        "{TITLE}\n\n{WARNING}\n\nThe key: 24 words\n\n{}\n\nIts fingerprint: 8 words\n\n{}\n\npublic key  {public}\nkid         {}\n\
         printed     {} UTC\n\n{HOW}\n",
        numbered(&seed),
        numbered(&words::fingerprint(&public.thumbprint())),
        public.thumbprint(),
        file::date(files::now()),
    )
}

/// The key of a paper, which the words of its fingerprint or its public half prove.
pub(crate) fn restore(options: &Restore) -> Result<SigningKey, Failure> {
    let public = options.public.as_deref().map(|key| files::read_public_key("--public", key));
    let public = public.transpose()?;
    let typed = typed(options)?;
    key(&typed, public.as_ref())
}

fn key(typed: &str, public: Option<&PublicKey>) -> Result<SigningKey, Failure> {
    let words = list(typed)?;
    let wanted = if public.is_some() { words::SEED } else { words::SEED + words::FINGERPRINT };
    if words.len() != wanted
        && !(public.is_some() && words.len() == words::SEED + words::FINGERPRINT)
    {
        let how = match public {
            Some(_) => "the 24 words of the key are needed",
            None => {
                "the 24 words of the key and the 8 of its fingerprint are needed, or the 24 and --public"
            }
        };
        return Err(wrong(format!("there are {} words, and {how}", words.len())));
    }
    let (seed, fingerprint) = words.split_at(words::SEED);
    let key = words::key(seed).ok_or_else(|| wrong("the 24 words do not fit together: one of them is another, or they stand in another order".to_owned()))?;
    let found = key.public_key();
    let is_right = public.is_none_or(|public| *public == found)
        && (fingerprint.is_empty()
            || fingerprint.join(" ") == words::fingerprint(&found.thumbprint()));
    if is_right {
        Ok(key)
    } else {
        Err(wrong(format!(
            "the words are those of another key than the one that was to be restored: its fingerprint is {}",
            words::fingerprint(&found.thumbprint())
        )))
    }
}

/// The words, without their numbers.
fn list(typed: &str) -> Result<Vec<&'static str>, Failure> {
    let words = typed.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words
        .zip(1..)
        .map(|(typed, number)| {
            // Its place alone: what was typed may be a part of the key.
            words::word(typed).ok_or_else(|| wrong(format!("word {number} is none of the list")))
        })
        .collect()
}

fn wrong(fact: String) -> Failure {
    Failure::refused(
        "wrong-backup",
        fact,
        "Nothing was written. Read the words again from the paper.",
    )
}

fn typed(options: &Restore) -> anyhow::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    match &options.from {
        Some(path) => {
            let file = std::fs::File::open(path)
                .with_context(|| format!("{} cannot be opened", path.display()))?;
            file.take(LONGEST)
                .read_to_string(&mut text)
                .with_context(|| format!("{} cannot be read", path.display()))?;
        }
        None if io::stdin().is_terminal() => {
            let _ = writeln!(
                io::stderr(),
                "The 24 words of the key, then the 8 of its fingerprint, then an empty line:"
            );
            for line in io::stdin().lock().take(LONGEST).lines() {
                let line = Zeroizing::new(line?);
                if line.trim().is_empty() && !text.is_empty() {
                    break;
                }
                text.push_str(&line);
                text.push('\n');
            }
        }
        None => {
            io::stdin().take(LONGEST).read_to_string(&mut text)?;
        }
    }
    if text.trim().is_empty() {
        bail!("there are no words: nothing was made");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper() -> (SigningKey, Vec<String>) {
        let key = SigningKey::from_seed(&[77; 32]);
        let all = format!(
            "{} {}",
            &*words::seed(&key),
            words::fingerprint(&key.public_key().thumbprint())
        );
        (key, all.split(' ').map(str::to_owned).collect())
    }

    fn fact(typed: &str) -> String {
        super::key(typed, None).unwrap_err().fact().to_owned()
    }

    #[test]
    fn the_text_of_a_paper_has_the_words_in_the_form_in_which_they_are_read() {
        let (key, _) = paper();
        let text = text(&key);
        let (_, rest) = text.split_once("24 words\n").unwrap();
        let (seed, rest) = rest.split_once("Its fingerprint: 8 words").unwrap();
        let (fingerprint, _) = rest.split_once("public key").unwrap();
        assert_eq!(super::key(&format!("{seed}{fingerprint}"), None).unwrap().seed(), key.seed());
    }

    #[test]
    fn no_single_wrong_word_makes_another_key() {
        let (_, words) = paper();
        for at in 0..words.len() {
            for other in ["zebra", "abandon", "letter"] {
                let mut typed = words.clone();
                if typed[at] != other {
                    typed[at] = other.to_owned();
                    assert!(super::key(&typed.join(" "), None).is_err(), "{at} {other}");
                }
            }
        }
        let mut swapped = words.clone();
        swapped.swap(3, 4);
        assert!(super::key(&swapped.join(" "), None).is_err());
    }

    #[test]
    fn what_is_wrong_is_said_without_the_words() {
        let (key, words) = paper();
        assert!(fact(&words[..24].join(" ")).contains("there are 24 words"));
        assert!(fact(&words[..31].join(" ")).contains("there are 31 words"));
        let mut typed = words.clone();
        typed[6] = "secretword".to_owned();
        assert_eq!(fact(&typed.join(" ")), "word 7 is none of the list");
        let public = key.public_key();
        assert!(super::key(&words[..24].join(" "), Some(&public)).is_ok());
        let other = SigningKey::from_seed(&[78; 32]).public_key();
        assert!(super::key(&words[..24].join(" "), Some(&other)).is_err());
        assert!(super::key(&words.join(" "), Some(&other)).is_err());
    }
}
