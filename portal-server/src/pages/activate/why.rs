//! Why something was not done, whoever says it: the desk, or the reader of files.

use crate::bundle::unread::Unread;
use crate::desk::Refusal;
use crate::language::{Language, Say};

/// A heading, what happened, what to do next.
pub(super) struct Why {
    pub(super) title: Say,
    pub(super) fact: Say,
    pub(super) advice: Say,
    pub(super) code: &'static str,
    /// Who holds the seats, where the asker may know.
    pub(super) holders: Vec<String>,
}

impl Why {
    /// What happened, with who holds the seats: for a cell of a table.
    pub(super) fn in_one_line(&self, language: &Language) -> String {
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
            code: refusal.code(),
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
            code: unread.code(),
            holders: Vec::new(),
        }
    }
}
