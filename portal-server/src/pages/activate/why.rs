//! Why something was not done, whoever says it: the desk, or the reader of files.

use serde::{Deserialize, Serialize};

use crate::bundle::unread::Unread;
use crate::desk::Refusal;
use crate::language::{Language, Say};

/// A heading, what happened, what to do next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::pages) struct Why {
    pub(in crate::pages) title: Say,
    pub(in crate::pages) fact: Say,
    pub(in crate::pages) advice: Say,
    pub(in crate::pages) code: String,
    /// Seconds after which the portal may be able to do it, where it is not the request's fault.
    pub(in crate::pages) again_in: Option<u64>,
    /// Who holds the seats, where the asker may know.
    pub(in crate::pages) holders: Vec<String>,
}

impl Why {
    /// What happened, with who holds the seats: for a cell of a table.
    pub(in crate::pages) fn in_one_line(&self, language: &Language) -> String {
        let fact = language.say(&self.fact);
        if self.holders.is_empty() {
            return fact;
        }
        format!("{fact} {} {}", language.t("in-use-by"), self.holders.join(", "))
    }
}

impl From<&Refusal> for Why {
    fn from(refusal: &Refusal) -> Self {
        Self {
            title: refusal.title(),
            fact: refusal.fact(),
            advice: refusal.advice(),
            code: refusal.code().to_owned(),
            again_in: refusal.retry_after().filter(|_| refusal.status().is_server_error()),
            holders: refusal.holders().to_vec(),
        }
    }
}

impl From<Unread> for Why {
    fn from(unread: Unread) -> Self {
        Self {
            title: unread.title(),
            fact: unread.fact(),
            advice: unread.advice(),
            code: unread.code().to_owned(),
            again_in: None,
            holders: Vec::new(),
        }
    }
}
