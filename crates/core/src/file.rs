//! The carrier: `*.request`, `*.response` and `*.checksums` text around a token (docs/format.md, section 5).
//! The writer is strict; the reader forgives what mail, chat and editors do. Comment lines decide nothing.

mod read;
mod write;

pub use read::{MAX_FILE, read};
pub use write::{
    CommentLine, checksum_file, date, is_reserved, request_file, response_file, safe_name, write,
};

use crate::ids::Hash;

/// The six hex digits of the `end` line.
fn check_digits(token: &str) -> String {
    let hash = Hash::of(token);
    hash.as_bytes()[..3].iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests;
