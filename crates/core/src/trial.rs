//! What surrounds trials (docs/format.md, section 8): the id that a page without a memory gives one, and work that a portal
//! may ask for before it answers.

use sha2::{Digest as _, Sha256};

use crate::ids::{Hash, Id};

/// More work than this takes a phone hours.
pub const MOST_WORK_BITS: u32 = 26;
/// The longest nonce.
pub const LONGEST_NONCE: usize = 32;

/// The id of the trial that a page which signs by itself gives for a request token: the same for the same request.
pub fn trial_id(request_token: &str) -> Id {
    let mut hash = Sha256::new();
    hash.update("countersign/trial-id/v1\0");
    hash.update(request_token);
    let hash: [u8; 32] = hash.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    Id::from(id)
}

/// Whether `nonce` proves at least `bits` bits of work for the request with this hash. With 0 bits there is nothing to prove.
pub fn is_work(request: &Hash, nonce: &str, bits: u32) -> bool {
    bits == 0 || (is_nonce(nonce) && work_bits(request, nonce) >= bits)
}

/// Looks for a nonce, as a page does in the background: 2 to the power of `bits` hashes on average.
pub fn do_work(request: &Hash, bits: u32) -> String {
    let mut count: u64 = 0;
    loop {
        let nonce = count.to_string();
        if is_work(request, &nonce, bits) {
            return nonce;
        }
        count += 1;
    }
}

fn is_nonce(nonce: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST_NONCE).contains(&nonce.len()) && nonce.bytes().all(allowed)
}

fn work_bits(request: &Hash, nonce: &str) -> u32 {
    let hash = Sha256::digest(format!("countersign/trial-work/v1:{request}:{nonce}"));
    let mut bits = 0;
    for byte in hash {
        bits += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_for_one_request_and_counts_leading_zeros() {
        let (request, other) = (Hash::of("a"), Hash::of("b"));
        let nonce = do_work(&request, 12);
        assert!(is_work(&request, &nonce, 12) && is_work(&request, &nonce, 1));
        assert!(!is_work(&request, &nonce, work_bits(&request, &nonce) + 1));
        assert!(!is_work(&other, &nonce, 12), "or both have it by chance, once in 4096");
        assert!(is_work(&request, "", 0), "nothing is asked for");
    }

    #[test]
    fn attack_what_is_no_nonce_is_no_work_whatever_it_hashes_to() {
        for wrong in ["", "a b", "a=", "ä", "a\0", &"a".repeat(LONGEST_NONCE + 1)] {
            // Not by chance: for one of 64 requests it would hash to a zero bit.
            let any = (0_u8..64).any(|n| is_work(&Hash::of([n]), wrong, 1));
            assert!(!any, "{wrong:?}");
        }
    }
}
