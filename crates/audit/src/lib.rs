//! A portal's audit log as a file: one JSON object a line, each with the SHA-256 of the line before it (docs/format.md,
//! section 9), so that a line that was changed, taken out, moved, repeated or put in is found. That all of it was made anew
//! is told by checkpoints, which the portal signs and somebody keeps elsewhere.
//!
//! It reads and writes no files: the portal makes lines out of its database, programs read them from wherever they are.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`line`](mod@line) | one line, written and read |
//! | [`read`] | lines one after the other, in flat memory |
//! | [`verify`](mod@verify) | what is wrong with a log, line by line, and up to where it is proven |
//! | `gaps` | entries that are missing so far |

mod gaps;
pub mod line;
pub mod read;
pub mod verify;

pub use line::{Entry, Head, Opening};
pub use verify::{Finding, Kind, Known, Verified, Walk, verify};
