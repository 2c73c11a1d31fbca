//! See the root README.
