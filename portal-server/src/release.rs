//! Releases: their files in a folder or a bucket, published with signed checksums, downloaded by those who may run them.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `place`, `connect` | where the files lie; the way to a bucket |
//! | `storage` | writing, reading and deleting them, a piece at a time |
//! | `upload`, `pieces` | adding a file: stored, hashed, then known; whole, or piece by piece |
//! | `publish` | signing the checksums |
//! | `download`, `range` | handing files out, whole or in part |
//! | `given` | the licenses that a private release is for, as they are named |
//! | `notes` | release notes as HTML |
//! | `up_to` | up to where a license goes, as it is typed |

mod connect;
pub(crate) mod download;
pub(crate) mod given;
pub(crate) mod notes;
pub(crate) mod pieces;
mod place;
pub mod publish;
mod range;
pub mod storage;
pub(crate) mod up_to;
pub mod upload;

pub use place::{Bucket, Credentials, Place};
pub use storage::Storage;
