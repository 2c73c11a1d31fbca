//! Settings of the vendor: name to value.

use std::collections::BTreeMap;

use crate::engine::Connection;
use countersign_core::UnixSeconds;

use crate::error::Result;
use crate::{Store, audit, find, list, run};

const FIND: &str = "SELECT value FROM setting WHERE name = ?1";
const ALL: &str = "SELECT name, value FROM setting ORDER BY name";
const FORGET: &str = "DELETE FROM setting WHERE name = ?1";
const SET: &str = "INSERT INTO setting (name, value) VALUES (?1, ?2) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

impl Store {
    /// The setting's value.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn setting(&self, name: &str) -> Result<Option<String>> {
        self.read(|c| value(c, name))
    }

    /// All settings, name to value.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settings(&self) -> Result<BTreeMap<String, String>> {
        let all = self.read(|c| list(c, ALL, [], |row| Ok((row.text()?, row.text()?))))?;
        Ok(all.into_iter().collect())
    }

    /// Sets one or more. What has its value already is left alone, in the audit log as well.
    ///
    /// # Errors
    /// When the database fails: none is set then.
    pub async fn set_settings(
        &self,
        settings: BTreeMap<String, String>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<()> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            for (name, value) in &settings {
                if self::value(c, name)?.as_ref() == Some(value) {
                    continue;
                }
                run(c, SET, (name, value))?;
                audit::record(c, now, &actor, "setting.change", name, value)?;
            }
            Ok(())
        })
        .await
    }
}

impl Store {
    /// Sets one that nobody has set; the value that counts, which is another one where somebody else was first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn first_setting(
        &self,
        name: &'static str,
        value: String,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<String> {
        let actor = actor.to_owned();
        self.write(move |c| first(c, name, &value, &actor, now)).await
    }
}

/// As [`Store::first_setting`].
pub(crate) fn first(
    c: &Connection,
    name: &str,
    value: &str,
    actor: &str,
    now: UnixSeconds,
) -> Result<String> {
    if let Some(known) = self::value(c, name)? {
        return Ok(known);
    }
    run(c, SET, (name, value))?;
    audit::record(c, now, actor, "setting.change", name, value)?;
    Ok(value.to_owned())
}

/// The setting's value.
pub(crate) fn value(c: &Connection, name: &str) -> Result<Option<String>> {
    find(c, FIND, [name], |row| row.text())
}

/// Forgets a setting.
pub(crate) fn forget(c: &Connection, name: &str, actor: &str, now: UnixSeconds) -> Result<()> {
    run(c, FORGET, [name])?;
    audit::record(c, now, actor, "setting.forget", name, "")
}
