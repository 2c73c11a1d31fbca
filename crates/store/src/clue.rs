//! Finding machines by what a person may have of them: the id of a request, or the device key. Noted in the background
//! (`tally.rs`); what is newer than that is looked for among the latest entries of the audit log.

use std::collections::BTreeSet;

use crate::engine::Connection;

use crate::activation::{self, Activation};
use crate::error::Result;
use crate::{Store, audit, list, run};

const INSERT: &str = "INSERT INTO activation_clue (clue, activation_id) VALUES (?1, ?2) \
    ON CONFLICT (clue, activation_id) DO NOTHING";
const WITH_CLUE: &str = "SELECT activation_id FROM activation_clue WHERE clue = ?1 LIMIT 100";

/// The latest entries of the log that are looked through.
const LATEST: u32 = 250;

impl Store {
    /// Machines with this device key, or that brought a request with this id: at most 100, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn machines_with_clue(&self, clue: &str) -> Result<Vec<Activation>> {
        self.read(|c| {
            let mut ids: BTreeSet<String> =
                list(c, WITH_CLUE, [clue], |row| row.text())?.into_iter().collect();
            let latest = audit::latest(c, LATEST)?.into_iter();
            let latest =
                latest.filter(|entry| entry.action.split('.').next() == Some("activation"));
            let subjects: BTreeSet<String> = latest.map(|entry| entry.subject).collect();
            for id in subjects {
                let known = activation::find_activation(c, &id)?;
                if known.is_some_and(|known| of(&known).any(|own| own == clue)) {
                    ids.insert(id);
                }
            }
            let found = ids.iter().map(|id| activation::find_activation(c, id));
            let mut found: Vec<_> =
                found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
            found.sort_by_key(|machine| std::cmp::Reverse((machine.created_at, machine.id)));
            Ok(found)
        })
    }
}

/// By what an activation is found.
pub(crate) fn of(activation: &Activation) -> impl Iterator<Item = String> {
    let request = activation.request.map(|(id, _)| id.to_string());
    [activation.device_key.to_string()].into_iter().chain(request)
}

pub(crate) fn insert(c: &Connection, clue: &str, activation: &str) -> Result<()> {
    run(c, INSERT, (clue, activation)).map(drop)
}
