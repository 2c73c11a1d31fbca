//! What the benchmarks of activations share: requests, a client that sends them, the same work without a database.
#![allow(dead_code, clippy::unwrap_used)] // each program uses its part of this

pub(crate) mod drive;
pub(crate) mod handler;
pub(crate) mod load;

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// The one in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
