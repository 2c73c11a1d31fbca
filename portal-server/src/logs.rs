//! The log of the process: lines for people, or JSON; and beside it the traces.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

use crate::traces::Traces;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// For people.
    Human,
    /// For programs: a JSON object in each.
    Json,
}

/// Starts the log, for the whole process. What is in it, is `RUST_LOG`'s.
pub fn start(lines: Lines, traces: Option<&Traces>) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,countersign_portal=info"));
    // It writes addresses, and so one-time links, at `trace`.
    let quiet = "tower_http::csrf=info".parse().expect("a directive");
    let filter = filter.add_directive(quiet);
    // Where the log cannot be written (its disk is full), saying so in the same place would panic, and take the request along.
    let log = fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let log = match lines {
        Lines::Human => log.with_filter(filter).boxed(),
        Lines::Json => log.json().with_filter(filter).boxed(),
    };
    // Our spans alone, whatever the log is at: libraries would put addresses into theirs.
    let ours = Targets::new().with_target("countersign_portal", LevelFilter::INFO);
    let traced = traces.map(|traces| traces.layer().with_filter(ours));
    Registry::default().with(log).with(traced).init();
}
