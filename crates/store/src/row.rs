//! Reading and binding values: text forms of the domain's types, times as 64-bit integers.

use std::collections::BTreeMap;
use std::str::FromStr;

use countersign_core::UnixSeconds;
use countersign_core::fingerprint::Fingerprint;
use countersign_core::response::Entitlement;
use serde_json::Value;

pub(crate) use crate::engine::columns::Columns;
use crate::error::{Result, StoreError};
use crate::metadata::{Metadata, metadata_from_text};

impl Columns<'_> {
    pub(crate) fn text(&mut self) -> Result<String> {
        self.take()
    }

    pub(crate) fn parsed<T: FromStr>(&mut self, what: &'static str) -> Result<T> {
        self.text()?.parse().map_err(|_| StoreError::Malformed(what))
    }

    pub(crate) fn optional<T: FromStr>(&mut self, what: &'static str) -> Result<Option<T>> {
        let text = self.take::<Option<String>>()?;
        text.map(|text| text.parse().map_err(|_| StoreError::Malformed(what))).transpose()
    }

    pub(crate) fn time(&mut self) -> Result<UnixSeconds> {
        Ok(self.take::<i64>()?.unsigned_abs())
    }

    pub(crate) fn optional_time(&mut self) -> Result<Option<UnixSeconds>> {
        Ok(self.take::<Option<i64>>()?.map(i64::unsigned_abs))
    }

    pub(crate) fn fingerprint(&mut self) -> Result<Fingerprint> {
        let value = serde_json::from_str(&self.text()?).ok();
        value.as_ref().and_then(Fingerprint::from_json).ok_or(StoreError::Malformed("fingerprint"))
    }

    pub(crate) fn entitlements(&mut self) -> Result<Entitlements> {
        entitlements_from_text(&self.text()?)
    }

    pub(crate) fn metadata(&mut self) -> Result<Metadata> {
        metadata_from_text(&self.text()?)
    }
}

/// Features by name, as a grant carries them.
pub type Entitlements = BTreeMap<String, Entitlement>;

pub(crate) fn entitlements_from_text(text: &str) -> Result<Entitlements> {
    let malformed = || StoreError::Malformed("entitlements");
    let value: Value = serde_json::from_str(text).map_err(|_| malformed())?;
    let members = value.as_object().ok_or_else(malformed)?.iter();
    members
        .map(|(name, v)| Ok((name.clone(), Entitlement::from_json(v).ok_or_else(malformed)?)))
        .collect()
}

pub(crate) fn entitlements_text(entitlements: &Entitlements) -> String {
    let object: serde_json::Map<String, Value> =
        entitlements.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
    Value::from(object).to_string()
}

/// Seconds as SQL stores them. Times come from clocks and tokens, at most 2^53-1.
pub(crate) fn seconds(time: UnixSeconds) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

pub(crate) fn optional_seconds(time: Option<UnixSeconds>) -> Option<i64> {
    time.map(seconds)
}
