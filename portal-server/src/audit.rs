//! The audit log as evidence: rows of the database become a chain of hashes, the portal signs where it ends, and both can be
//! taken along (docs/format.md, section 9).
//!
//! | module | what it holds |
//! | --- | --- |
//! | `sealer` | chains what was written down, soon afterwards |
//! | `checkpoint` | signs where the chain ends, daily and when much has happened |
//! | `folder` | where checkpoints are written to, besides the database |
//! | `export` | the chain as lines |
//! | `check` | whether the database still says what was chained |
//! | `command` | all of it by command line |

mod check;
mod checkpoint;
pub mod command;
mod export;
mod folder;
mod sealer;

use std::sync::{Mutex, PoisonError};

use countersign_audit::{Head, Opening};
use countersign_store::{AuditLog, Result};

use crate::app::App;

pub use check::{Checked, Finding, check};
pub use checkpoint::{carrier, file_name, make as make_checkpoint};
pub use export::{Export, Piece};
pub use folder::check_writable;
pub(crate) use sealer::run;
pub use sealer::seal_all;

/// What is wrong with keeping the log, if anything: said once in the log of the process, and shown to the vendor.
#[derive(Debug, Default)]
pub(crate) struct Troubles(Mutex<Told>);

#[derive(Debug, Default, Clone)]
struct Told {
    checkpoint: Option<String>,
    folder: Option<String>,
}

impl Troubles {
    /// What is in the way of signing checkpoints, and of writing them into their folder.
    pub(crate) fn all(&self) -> Vec<String> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        [told.checkpoint, told.folder].into_iter().flatten().collect()
    }

    fn checkpoint(&self, trouble: Option<String>) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tell(&mut told.checkpoint, trouble, "no checkpoint of the audit log is made");
    }

    fn folder(&self, trouble: Option<String>) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tell(&mut told.folder, trouble, "a checkpoint of the audit log is not in its folder");
    }
}

fn tell(told: &mut Option<String>, trouble: Option<String>, what: &str) {
    if let Some(trouble) = trouble.as_ref().filter(|trouble| told.as_ref() != Some(*trouble)) {
        tracing::error!("{what}: {trouble}");
    }
    *told = trouble;
}

/// This portal's log.
///
/// # Errors
/// When the database fails.
pub async fn log(app: &App) -> Result<AuditLog> {
    app.store().audit_log(app.random_id(), app.now()).await
}

/// Its first line, and where it ends with nothing else in it.
fn opening(log: &AuditLog) -> (String, Head) {
    Opening::new(log.id, log.made_at).line()
}
