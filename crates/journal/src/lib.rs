//! The journal of a signer: everything that its key has signed, in a text file that is only ever appended to.
//!
//! One JSON object a line. The first one opens the journal, each further one is an [`Entry`] with the response itself, so that
//! it proves itself, and with the SHA-256 of the line before it, so that a line that was changed, taken out, moved or repeated
//! is found ([`verify()`]). What only a copy of the [`Head`] kept elsewhere can tell is that lines at the end are missing.
//!
//! A response is handed out when its line is on disk, not before. There are two forms ([`Form`]): with one answer for each
//! request, which then gets the same response for ever; and with every signature that a signer process made, in which a request
//! may have several answers, and releases stand beside them.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`line`](mod@line) | one line, written and read |
//! | [`journal`] | the file under its lock: find, count, append |
//! | [`part`] | a part of it on its way elsewhere |
//! | [`read`] | its lines one after the other, whoever holds the lock |
//! | [`verify`](mod@verify) | what is wrong with a journal, line by line |
//! | [`error`] | why it cannot be used |

pub mod error;
pub mod journal;
pub mod line;
mod lock;
pub mod part;
pub mod read;
mod recent;
pub mod verify;

pub use error::{Error, Result};
pub use journal::{Journal, Locked, New, Opened};
pub use line::{Entry, Form, Head, Opening};
pub use part::Part;
pub use read::{Line, Lines};
pub use verify::{Finding, Kind, verify};
