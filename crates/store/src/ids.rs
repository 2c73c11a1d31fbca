//! Ids of people and organizations, who did something, and pages of lists.

use std::fmt;
use std::str::FromStr;

use countersign_core::{Id, Thumbprint, UnixSeconds};

use crate::row::bound_by_display;

/// A word that is none of those defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the defined words")]
pub struct UnknownWord;

macro_rules! id_types {
    ($($name:ident $doc:literal)*) => { $(
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Id);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = <Id as FromStr>::Err;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        bound_by_display! { $name }
    )* };
}

id_types! {
    UserId "The id of a user: 16 random bytes, 22 characters as text."
    OrganizationId "The id of an organization: 16 random bytes, 22 characters as text."
}

/// Who does something; the audit trail keeps it as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A logged-in person: `user:<id>`.
    User(UserId),
    /// A device, by what it signed: `device:<thumbprint>`.
    Device(Thumbprint),
    /// Somebody at the server's command line: `cli`.
    Cli,
    /// The portal itself, e.g. while setting up: `portal`.
    Portal,
    /// Somebody who is not logged in: `anonymous`.
    Anonymous,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Device(thumbprint) => write!(f, "device:{thumbprint}"),
            Self::Cli => f.write_str("cli"),
            Self::Portal => f.write_str("portal"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

/// Who changes something, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// When, in seconds.
    pub at: UnixSeconds,
}

/// A piece of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many rows come before it.
    pub offset: u32,
    /// The most rows in it; more than [`Page::MOST`] are not given.
    pub limit: u32,
}

impl Page {
    /// The most rows of one page.
    pub const MOST: u32 = 500;

    /// The first `limit` rows.
    pub fn first(limit: u32) -> Self {
        Self { offset: 0, limit }
    }

    pub(crate) fn rows(self) -> u32 {
        self.limit.min(Self::MOST)
    }
}

/// The rows of a page, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The rows of the page.
    pub items: Vec<T>,
    /// The rows of the whole list.
    pub total: u64,
}

/// What a person typed into a search box, as a pattern for `LIKE … ESCAPE '!'` on lower-case text.
pub(crate) fn pattern(typed: &str) -> String {
    let mut pattern = String::from("%");
    for c in typed.trim().to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
