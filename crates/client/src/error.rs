//! What can go wrong in a verb: the fact, the state that things are in, and what to do next.

use std::io;
use std::path::PathBuf;

use countersign_core::{Id, UnixSeconds, file};

/// The result of a verb.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a verb did not do what it was asked. After every error the state is what it was before, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file was refused.
    #[error("{0}")]
    Refused(#[from] countersign_core::Error),
    /// The state could not be read or written.
    #[error("{path} could not be {did}: {source}")]
    Io {
        /// What was tried: "read", "written", …
        did: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Neither copy of the state can be understood.
    #[error("the license state in {path} is damaged: {why}")]
    Damaged {
        /// The state file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// This machine has had its trial, and the key that signed another one can give nothing but trials.
    #[error("this machine has had its trial {trial}{}", until_words(*.until))]
    TrialAlreadyUsed {
        /// The trial that was installed.
        trial: Id,
        /// When it ended or ends; `None` for never.
        until: Option<UnixSeconds>,
    },
    /// Whether this machine has had a trial cannot be told: neither copy of its mark can be understood.
    #[error(
        "whether this machine has had its trial cannot be told: the trial mark {path} is damaged: {why}"
    )]
    MarkDamaged {
        /// The mark's file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Not one component of the machine could be read.
    #[error(
        "nothing that identifies this machine could be read (machine id, board, disk, network adapter, processor)"
    )]
    NoFingerprint,
    /// There is no activation here to give up.
    #[error("no activation is installed on this machine")]
    NothingToDeactivate,
    /// There are several; one must be named.
    #[error("{} activations are installed on this machine", .0.len())]
    WhichActivation(Vec<Id>),
    /// When the grant was signed its license had no deactivation left: the seat would not come back.
    #[error(
        "when this machine was activated its license had no deactivation left: giving it up may not free the seat"
    )]
    NoDeactivationLeft,
}

impl Error {
    /// A stable name for programs: the format's code for refused files, one of the client's own otherwise.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(error) => error.code().as_str(),
            Self::Io { .. } => "state-io",
            Self::Damaged { .. } => "state-damaged",
            Self::TrialAlreadyUsed { .. } => "trial-already-used",
            Self::MarkDamaged { .. } => "trial-mark-damaged",
            Self::NoFingerprint => "no-fingerprint",
            Self::NothingToDeactivate => "nothing-to-deactivate",
            Self::WhichActivation(_) => "which-activation",
            Self::NoDeactivationLeft => "no-deactivation-left",
        }
    }

    /// What state things are in now, and what to do next.
    pub fn advice(&self) -> String {
        match self {
            Self::Refused(error) => format!("Nothing was changed. {}", error.advice()),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "Nothing was changed. Run this as the user who may write there, or have the folder's permissions changed."
                    .to_owned()
            }
            Self::Io { source, .. }
                if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
            {
                "Nothing was changed. Free some space on that disk and do it again.".to_owned()
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::TimedOut => {
                "Nothing was changed. Close the other program that uses this license, or restart the machine, and do it again."
                    .to_owned()
            }
            Self::Io { .. } => "Nothing was changed. Put this right and do it again.".to_owned(),
            Self::Damaged { .. } => {
                "Make a new request: it starts afresh, keeps the damaged files beside the new ones, and the portal recognises this machine's seat."
                    .to_owned()
            }
            Self::TrialAlreadyUsed { .. } => {
                "Nothing was changed. Each machine has one trial. To go on, get a license from the vendor, make an activation request here and install its response; a longer trial is for the vendor's portal or support to give."
                    .to_owned()
            }
            Self::MarkDamaged { .. } => {
                "Nothing was changed. Restore that file from a backup; or make a request here and have it answered by the vendor's portal or support: what they sign installs all the same."
                    .to_owned()
            }
            Self::NoFingerprint => {
                "Nothing was changed. Give the program access to /etc/machine-id and /sys, or ask the vendor's support.".to_owned()
            }
            Self::NothingToDeactivate => "Nothing was changed, and nothing needs to be done.".to_owned(),
            Self::WhichActivation(ids) => {
                let ids: Vec<String> = ids.iter().map(Id::to_string).collect();
                format!("Nothing was changed. Say which one: {}.", ids.join(" or "))
            }
            Self::NoDeactivationLeft => {
                "Nothing was changed. Ask the owner of the license to have the limit raised first. If this machine must give up all the same, say so: the vendor is told, the seat stays with this machine, and it can be activated again."
                    .to_owned()
            }
        }
    }
}

fn until_words(until: Option<UnixSeconds>) -> String {
    until.map_or(String::new(), |at| format!(", until {} UTC", file::date(at)))
}
