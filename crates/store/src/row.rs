//! Binding and reading values: text forms of the domain's types, times and counts as 64-bit integers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

use countersign_core::fingerprint::{Fingerprint, Strategy};
use countersign_core::ids::ComponentHash;
use countersign_core::response::Entitlement;
use countersign_core::{Hash, Id, LicenseId, ProductId, Thumbprint, UnixSeconds};
use serde_json::Value;

use crate::backend::Row;
use crate::error::{Result, StoreError};

/// Features by name, as a grant carries them.
pub type Entitlements = BTreeMap<String, Entitlement>;

/// Further strings by name, as a grant carries them.
pub type Metadata = BTreeMap<String, String>;

/// A value bound to a statement.
#[derive(Debug, Clone)]
pub(crate) enum Param<'a> {
    Null,
    Integer(i64),
    Text(Cow<'a, str>),
}

/// A list of values, each turned into a [`Param`].
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::row::Param::from($value)),*] };
}
pub(crate) use params;

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

/// Times and counts come from clocks, tokens and people, at most 2^53-1; what is greater is as good as the greatest.
impl From<u64> for Param<'_> {
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Param<'_> {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Self::from(value.as_str())
    }
}

impl From<String> for Param<'_> {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl<'a> From<&'a ProductId> for Param<'a> {
    fn from(value: &'a ProductId) -> Self {
        Self::from(value.as_str())
    }
}

impl From<Strategy> for Param<'_> {
    fn from(value: Strategy) -> Self {
        Self::from(value.as_str())
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! bound_by_display {
    ($($name:ty)*) => { $(
        impl From<&$name> for $crate::row::Param<'_> {
            fn from(value: &$name) -> Self {
                Self::from(value.to_string())
            }
        }
    )* };
}
pub(crate) use bound_by_display;
bound_by_display! { Id LicenseId Hash Thumbprint ComponentHash }

/// An enum with consequences, and the words that the database has for it.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that stands in the database, in API answers and in forms.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ids::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|v| v.as_str() == word).ok_or($crate::ids::UnknownWord)
            }
        }

        impl From<$name> for $crate::row::Param<'_> {
            fn from(value: $name) -> Self {
                Self::from(value.as_str())
            }
        }
    };
}
pub(crate) use words;

pub(crate) fn entitlements_text(entitlements: &Entitlements) -> String {
    let pairs = entitlements.iter().map(|(name, value)| (name.clone(), value.to_json()));
    Value::from(pairs.collect::<serde_json::Map<_, _>>()).to_string()
}

pub(crate) fn metadata_text(metadata: &Metadata) -> String {
    serde_json::json!(metadata).to_string()
}

/// Columns taken one after the other, in the order of the SELECT list.
pub(crate) struct Columns<'a> {
    row: Row<'a>,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(row: Row<'a>) -> Self {
        Self { row, next: 0 }
    }

    fn advance(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    pub(crate) fn optional_integer(&mut self) -> Result<Option<i64>> {
        let column = self.advance();
        self.row.integer(column)
    }

    pub(crate) fn integer(&mut self) -> Result<i64> {
        self.optional_integer()?.ok_or(StoreError::Malformed("null"))
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<String>> {
        let column = self.advance();
        Ok(self.row.text(column)?.map(str::to_owned))
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        self.optional_text()?.ok_or(StoreError::Malformed("null"))
    }

    pub(crate) fn optional_parsed<T: FromStr>(&mut self, what: &'static str) -> Result<Option<T>> {
        let column = self.advance();
        let parse = |text: &str| text.parse().map_err(|_| StoreError::Malformed(what));
        self.row.text(column)?.map(parse).transpose()
    }

    pub(crate) fn parsed<T: FromStr>(&mut self, what: &'static str) -> Result<T> {
        self.optional_parsed(what)?.ok_or(StoreError::Malformed(what))
    }

    /// A time or a count.
    pub(crate) fn number(&mut self) -> Result<u64> {
        u64::try_from(self.integer()?).map_err(|_| StoreError::Malformed("time or count"))
    }

    /// A time or a count, or null.
    pub(crate) fn optional_number(&mut self) -> Result<Option<u64>> {
        let number = |n| u64::try_from(n).map_err(|_| StoreError::Malformed("time or count"));
        self.optional_integer()?.map(number).transpose()
    }

    fn json(&mut self, what: &'static str) -> Result<Value> {
        let column = self.advance();
        let text = self.row.text(column)?.ok_or(StoreError::Malformed(what))?;
        serde_json::from_str(text).map_err(|_| StoreError::Malformed(what))
    }

    pub(crate) fn fingerprint(&mut self) -> Result<Fingerprint> {
        let value = self.json("fingerprint")?;
        Fingerprint::from_json(&value).ok_or(StoreError::Malformed("fingerprint"))
    }

    pub(crate) fn entitlements(&mut self) -> Result<Entitlements> {
        let malformed = || StoreError::Malformed("entitlements");
        let value = self.json("entitlements")?;
        let members = value.as_object().ok_or_else(malformed)?.iter();
        let read = |(name, v): (&String, &Value)| {
            Ok((name.clone(), Entitlement::from_json(v).ok_or_else(malformed)?))
        };
        members.map(read).collect()
    }

    pub(crate) fn metadata(&mut self) -> Result<Metadata> {
        let value = self.json("metadata")?;
        serde_json::from_value(value).map_err(|_| StoreError::Malformed("metadata"))
    }
}

/// The earlier end of two; none is never.
pub(crate) fn outlives(end: Option<UnixSeconds>, limit: Option<UnixSeconds>) -> bool {
    match (end, limit) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(end), Some(limit)) => end > limit,
    }
}
