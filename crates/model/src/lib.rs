//! The rules of licenses, seats and trials as plain values in memory, written from the words of docs/ARCHITECTURE.md and
//! docs/format.md and not from the store's statements: what a store must answer, and what it must hold afterwards.
//!
//! - [`license`]: a license with its grants. Nothing is counted in it: what is in use is asked of the grants.
//! - [`merge`]: what other signers signed, as a function of all that is known.
//! - [`trial`]: the trials of a product's machines.
//! - [`linear`]: whether answers that were given to many clients at once can be explained by some order of what they asked.
//!
//! Names are numbers, times are seconds. Nothing here knows a database, a clock, or a signature.
#![forbid(unsafe_code)]

pub mod license;
pub mod linear;
pub mod machine;
pub mod merge;
pub mod trial;
