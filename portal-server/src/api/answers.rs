//! What the doors answer that take requests of machines and journals: the same types are written and described.

use countersign_store::TrialAgain;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fields::Unfit;
use crate::trial_policy::again;

/// A request, answered: the response file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AnsweredRequest {
    /// The type of the response's token.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The response's id.
    pub(crate) id: String,
    /// The request's id.
    pub(crate) request_id: String,
    /// The product.
    pub(crate) product: String,
    /// The machine's name.
    pub(crate) device_name: Option<String>,
    /// The name to save the file under.
    pub(crate) file_name: String,
    /// The response file itself.
    pub(crate) file: String,
    /// Its token alone.
    pub(crate) token: String,
    /// When it was signed.
    pub(crate) issued_at: u64,
    /// When it must be installed by.
    pub(crate) import_by: Option<u64>,
    /// When the grant ends; null: never, or nothing is granted.
    pub(crate) expires_at: Option<u64>,
}

/// A request to be answered.
#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "it describes what is read by hand: more members are no fault here")]
pub(crate) struct RequestToAnswer {
    /// The request file, or its token.
    request: String,
}

/// What a trial of a product is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TrialTerms {
    /// The product.
    pub(crate) product: String,
    /// Days that a trial lasts.
    pub(crate) days: u64,
    /// When all trials end, if they do together.
    pub(crate) end: Option<u64>,
    /// When a machine may have another one.
    pub(crate) again: AnotherTrial,
    /// How much work is done before one starts, in bits; 0: none.
    pub(crate) work_bits: u32,
    /// Thumbprints of the roots under which it is signed.
    pub(crate) roots: Vec<String>,
}

/// When a machine may have another trial.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "rule", rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(inline)]
pub(crate) enum AnotherTrial {
    /// Never.
    Never {},
    /// Some days after the last one ended.
    AfterDays {
        /// How many.
        #[schemars(range(min = 1, max = 1_000_000_000_u64))]
        days: u64,
    },
    /// Once for each major version of the app.
    PerMajorVersion {
        /// The newest one that there is.
        #[schemars(range(max = 1_000_000_000_u64))]
        newest_major_version: u64,
    },
}

impl AnotherTrial {
    pub(crate) fn of(again: &TrialAgain) -> Self {
        match *again {
            TrialAgain::Never => Self::Never {},
            TrialAgain::AfterDays(days) => Self::AfterDays { days },
            TrialAgain::PerMajorVersion { newest, .. } => {
                Self::PerMajorVersion { newest_major_version: newest }
            }
        }
    }

    /// As it is stored.
    ///
    /// # Errors
    /// When its number is too large, or none.
    pub(crate) fn checked(self) -> Result<TrialAgain, Unfit> {
        match self {
            Self::Never {} => again("never", None),
            Self::AfterDays { days } => again("after-days", Some(days)),
            Self::PerMajorVersion { newest_major_version } => {
                again("per-major-version", Some(newest_major_version))
            }
        }
    }
}

/// What answering a request would do.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RequestPreview {
    /// The type of the request's token.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The request's id.
    pub(crate) request_id: String,
    /// Its hash.
    pub(crate) request_hash: String,
    /// The product.
    pub(crate) product: String,
    /// The product's name; its id where it is not known.
    pub(crate) product_name: String,
    /// The machine's name.
    pub(crate) device_name: Option<String>,
    /// Its platform.
    pub(crate) platform: Option<String>,
    /// When the request was made, by the machine's clock.
    pub(crate) made_at: u64,
    /// What would be done; not there where it would be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<PreviewOutcome>,
    /// Why it would be refused; not there where it would be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refusal: Option<PreviewRefusal>,
}

/// What would be done.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PreviewOutcome {
    /// `again`, `activate`, `trial`, `free-seat` or `receipt-only`.
    pub(crate) effect: String,
    /// Of an activation: `new`, `renewal`, `kept` or `reinstall`.
    pub(crate) seat: Option<String>,
    /// The same in words.
    pub(crate) words: String,
    /// The license.
    pub(crate) license: Option<String>,
    /// Its plan.
    pub(crate) plan: Option<String>,
    /// Its holder.
    pub(crate) holder: Option<String>,
    /// When the grant would end.
    pub(crate) expires_at: Option<u64>,
    /// When the response would have to be installed by.
    pub(crate) import_by: Option<u64>,
    /// Seats in use.
    pub(crate) seats_used: Option<u64>,
    /// Seats that there are; null: any number.
    pub(crate) seats_allowed: Option<u64>,
}

/// Why it would be refused.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PreviewRefusal {
    /// The code that it would be refused with.
    pub(crate) code: String,
    /// The status.
    pub(crate) status: u16,
    /// What it is, in a few words.
    pub(crate) title: String,
    /// What happened.
    pub(crate) detail: String,
    /// What to do next.
    pub(crate) advice: String,
    /// Names of the machines that hold the seats, where that is why.
    pub(crate) holders: Vec<String>,
}

/// Which product's terms.
#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "it describes a path that is read by hand")]
pub(crate) struct ByProduct {
    /// The product's id.
    product: String,
}

/// How far a journal is known, and what became of what was pushed.
#[derive(Debug, Serialize, JsonSchema)]
#[allow(dead_code, reason = "it describes what journals.rs writes member by member")]
pub(crate) struct JournalState {
    /// The journal: the hash of its first line.
    journal: String,
    /// Entries up to which it is known.
    count: u64,
    /// The hash of the last one.
    head: String,
    /// The hash of the entry that was asked for with `n`.
    hash_at: Option<String>,
    /// Entries that are kept.
    entries: u64,
    /// Whether two of its entries follow the same one.
    forked: bool,
}
