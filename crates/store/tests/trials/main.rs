//! Trials: who gets one by which policy, longer ones, and lists of them.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod attacks;
mod extensions;
mod lists;
mod migration;
mod model;
mod rules;
mod world;
