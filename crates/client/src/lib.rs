//! The SDK inside the vendor's app: it makes request files, installs response files and checks at every start whether the
//! app may run, all without a network. Synchronous, no threads, nothing global.
//!
//! ```no_run
//! use countersign_client::{Client, Config};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let root = "YYnaU09MaE4k72Uml9YBC60cZpNrcEmJ2zLQDfGSeVg".parse()?;
//! let client = Client::open(Config::new("acme-cad".parse()?, [root], "/var/lib/acme-cad/license"));
//!
//! let check = client.check();
//! if let Some(right) = check.right() {
//!     println!("{} parts", right.integer("parts").unwrap_or(100));
//! } else {
//!     eprintln!("{}. {}", check.fact(), check.advice());
//!     let file = client.request_trial()?.file;
//!     std::fs::write("lab-7.request", file)?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`Config`] | product, roots, where the state is kept; clock, randomness and machine can be injected |
//! | [`Client`] | the verbs: request, install, check, status, deactivate |
//! | [`machine`] | what identifies this machine: components on Linux, macOS, Windows |
//! | `state`, `disk` | what is remembered; how it is kept through kills, full disks and restored backups |
//! | `trust` | the roots as this machine knows them: configured, and learned from rotations |
//! | `mark` | one trial per machine, where nobody else counts |
#![forbid(unsafe_code)]

mod check;
mod config;
mod deactivate;
mod disk;
mod error;
mod install;
pub mod machine;
mod mark;
mod request;
mod state;
mod status;
mod trust;

pub use check::{Check, Right, Standing};
pub use config::{Carries, Config, Mirror};
pub use countersign_core as core;
pub use deactivate::{Deactivation, Losing};
pub use error::{Error, Result};
pub use install::{Installed, News, Warning, What};
pub use request::Made;
pub use status::{Receipt, Status, UsedTrial};

/// The SDK for one product on one machine. Cheap to open: nothing is read before a verb is called.
#[derive(Debug)]
pub struct Client {
    config: Config,
    roots: countersign_core::trust::Roots,
    disk: disk::Disk,
}

impl Client {
    /// A client over the state directory of `config`, which need not exist yet.
    pub fn open(config: Config) -> Self {
        let disk = disk::Disk::new(&config);
        let roots = countersign_core::trust::Roots::new(config.roots.iter().cloned());
        Self { config, roots, disk }
    }
}
