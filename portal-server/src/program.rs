//! The program around the library: its arguments, serving, and what it says.

pub(crate) mod arguments;
pub(crate) mod say;
pub(crate) mod serve;
