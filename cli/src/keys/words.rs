//! Keys in words. The list is that of BIP-39 (the crate `bip39`): 2,048 English words made for being written down and typed in
//! again, of which no two begin with the same four letters; a word is eleven bits.

use bip39::Language;
use countersign_core::{SigningKey, Thumbprint};
use zeroize::Zeroizing;

/// Words of a fingerprint: 88 bits, so that nobody makes another key with the same words.
pub(crate) const FINGERPRINT: usize = 8;
/// Words of a seed: 256 bits, and 8 of a checksum.
pub(crate) const SEED: usize = 24;

/// The fingerprint of a key, to be read out or compared by eye.
pub(crate) fn fingerprint(kid: &Thumbprint) -> String {
    let list = Language::English.word_list();
    let bits = |number: usize| {
        (0..11).fold(0, |word, bit| {
            let at = number * 11 + bit;
            (word << 1) | usize::from(kid.as_bytes()[at / 8] >> (7 - at % 8) & 1)
        })
    };
    (0..FINGERPRINT).map(|number| list[bits(number)]).collect::<Vec<_>>().join(" ")
}

/// The seed of a key.
pub(crate) fn seed(key: &SigningKey) -> Zeroizing<String> {
    let mnemonic = bip39::Mnemonic::from_entropy(key.seed()).expect("32 bytes are 24 words");
    Zeroizing::new(mnemonic.to_string())
}

/// The key of 24 words; `None` when they do not fit together.
pub(crate) fn key(words: &[&'static str]) -> Option<SigningKey> {
    let text = Zeroizing::new(words.join(" "));
    let mnemonic = bip39::Mnemonic::parse_in_normalized(Language::English, &text).ok()?;
    let entropy = Zeroizing::new(mnemonic.to_entropy());
    Some(SigningKey::from_seed(entropy.as_slice().try_into().ok()?))
}

/// The word of the list that was typed: all of it, or at least its first four letters.
pub(crate) fn word(typed: &str) -> Option<&'static str> {
    let typed = typed.to_lowercase();
    let list = Language::English.word_list();
    let whole = list.iter().find(|word| **word == typed);
    let begun = || list.iter().find(|word| typed.len() >= 4 && word.starts_with(&typed));
    whole.or_else(begun).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_the_same_after_a_way_through_words() {
        let key_of = |seed: u8| SigningKey::from_seed(&[seed; 32]);
        for number in 0..=255 {
            let text = seed(&key_of(number));
            let words: Vec<&str> = text.split(' ').filter_map(word).collect();
            assert_eq!(words.len(), SEED);
            let restored = key(&words).unwrap();
            assert_eq!(restored.seed(), key_of(number).seed());
        }
        // The vector of BIP-39 for 32 zero bytes.
        assert!(seed(&key_of(0)).ends_with("abandon art"));
    }

    #[test]
    fn words_are_told_by_four_letters_and_nothing_else_is_one() {
        assert_eq!(
            (word("ABANDON"), word("aban"), word("zoo")),
            (Some("abandon"), Some("abandon"), Some("zoo"))
        );
        assert_eq!((word("aba"), word("abandonx"), word("")), (None, None, None));
    }

    #[test]
    fn fingerprints_are_the_first_bits_of_the_thumbprint() {
        assert_eq!(fingerprint(&Thumbprint::from([0; 32])), ["abandon"; 8].join(" "));
        assert_eq!(fingerprint(&Thumbprint::from([255; 32])), ["zoo"; 8].join(" "));
        let mut one = [0; 32];
        one[10] = 1;
        assert!(fingerprint(&Thumbprint::from(one)).ends_with("abandon ability"));
        one = [0; 32];
        one[11] = 255;
        assert_eq!(fingerprint(&Thumbprint::from(one)), ["abandon"; 8].join(" "));
    }
}
