//! Recovery codes: for when the authenticator app is lost. Shown once; only hashes are stored.

use countersign_core::{Hash, Id};

use crate::app::App;

/// How many there are at a time.
pub(crate) const CODES: usize = 10;
/// 16 characters of 5 bits: whoever copies the hashes cannot try them all.
const CHARS: usize = 16;
/// Crockford's: no letters that look like digits or each other.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// New codes as they are shown, and the hashes to be stored.
pub(crate) fn new_codes(app: &App, user: Id) -> (Vec<String>, Vec<Hash>) {
    let codes: Vec<String> = (0..CODES).map(|_| new_code(app)).collect();
    let hashes = codes.iter().filter_map(|code| hash(user, code)).collect();
    (codes, hashes)
}

fn new_code(app: &App) -> String {
    let mut bytes = [0; CHARS];
    app.config().entropy.fill(&mut bytes);
    let chars: Vec<u8> = bytes.iter().map(|byte| ALPHABET[usize::from(byte % 32)]).collect();
    chars.chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-")
}

/// The hash of a code as somebody types it; `None` where it cannot be one.
pub(crate) fn hash(user: Id, typed: &str) -> Option<Hash> {
    let mut code = String::new();
    for c in typed.chars().filter(|c| *c != '-' && !c.is_whitespace()) {
        let c = match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        };
        if code.len() == CHARS || !c.is_ascii() || !ALPHABET.contains(&(c as u8)) {
            return None;
        }
        code.push(c);
    }
    (code.len() == CHARS).then(|| Hash::of(format!("recovery:{user}:{code}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed_and_another_for_another_user() {
        let (jane, joe) = (Id::from([1; 16]), Id::from([2; 16]));
        let code = hash(jane, "7k3m-x9fq-2b8d-0w1n").unwrap();
        for typed in ["7K3M X9FQ 2B8D OWIN", " 7k3mx9fq2b8d0wln "] {
            assert_eq!(hash(jane, typed), Some(code), "{typed}");
        }
        assert_ne!(hash(joe, "7k3m-x9fq-2b8d-0w1n"), Some(code));
        for wrong in
            ["", "123456", "7k3m-x9fq-2b8d-0w1", "7k3m-x9fq-2b8d-0w1nn", "7k3m-x9fq-2b8d-0w1ü"]
        {
            assert_eq!(hash(jane, wrong), None, "{wrong}");
        }
    }
}
