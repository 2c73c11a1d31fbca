//! Counting what happened, along the chain of the audit log: every row of it is one entry there, in an order without gaps, whatever
//! number of nodes wrote it. So what was counted is one number, and a row is counted once, however often this is run and wherever
//! it is cut off. Nobody who activates a machine waits for it.

use std::collections::BTreeMap;

use crate::engine::Connection;
use crate::engine::writer::Scope;
use countersign_core::UnixSeconds;

use crate::audit::AuditEntry;
use crate::audit_chain::{self, Chained};
use crate::daily_count::{self, CountKind, DailyCount, day};
use crate::error::Result;
use crate::row::seconds;
use crate::{Store, activation, clue, find, license, run, trial};

const COUNTED: &str = "SELECT n FROM tally WHERE one = 1";
const GO_ON: &str = "UPDATE tally SET n = ?2 WHERE one = 1 AND n = ?1";
const CONVERT: &str = "INSERT INTO trial_conversion (trial_id, activation_id, at) VALUES (?1, ?2, ?3) \
    ON CONFLICT (trial_id) DO NOTHING";

/// What one step of counting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tallied {
    /// All that is chained is counted.
    All,
    /// There may be more.
    More,
}

/// What a few entries of the log come to.
#[derive(Default)]
struct Sum {
    counts: BTreeMap<(u64, CountKind), u64>,
    /// Clue and activation.
    clues: Vec<(String, String)>,
    /// Trial, the day on which it began, activation, time.
    conversions: Vec<(String, u64, String, UnixSeconds)>,
}

impl Store {
    /// Counts at most `most` further entries of the log.
    ///
    /// # Errors
    /// When the database fails: nothing is counted then.
    pub async fn tally_some(&self, most: u32) -> Result<Tallied> {
        let (before, chained) = self.read(|c| {
            let before = counted(c)?;
            Ok((before, audit_chain::after(c, before, most)?))
        })?;
        let Some(last) = chained.last().map(|link| link.head.n) else { return Ok(Tallied::All) };
        let is_full = chained.len() >= most as usize;
        let sum = self.read(|c| Sum::of(c, &chained))?;
        self.write_in(Scope::Keys(&["tally"]), move |c| {
            // Another node was faster: it has counted these.
            if run(c, GO_ON, (seconds(before), seconds(last)))? == 1 {
                sum.store(c)?;
            }
            Ok(())
        })
        .await?;
        Ok(if is_full { Tallied::More } else { Tallied::All })
    }

    /// How many entries of the log are not counted yet, those that are not chained yet among them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn uncounted(&self) -> Result<u64> {
        let chained = self.audit_head().await?.map_or(0, |head| head.n);
        let counted = self.read(counted)?;
        Ok(chained.saturating_sub(counted) + self.count_unchained_audit().await?)
    }
}

fn counted(c: &Connection) -> Result<u64> {
    Ok(find(c, COUNTED, [], |row| row.time())?.unwrap_or(0))
}

impl Sum {
    fn of(c: &Connection, chained: &[Chained]) -> Result<Self> {
        let mut sum = Self::default();
        for entry in chained.iter().filter_map(|link| link.entry.as_ref()) {
            if let Some(kind) = CountKind::of_action(&entry.action) {
                *sum.counts.entry((day(entry.at), kind)).or_default() += 1;
                sum.look(c, kind, entry)?;
            }
        }
        Ok(sum)
    }

    /// What else an entry tells: by what its machine is found, and that the machine's trial led to a license.
    fn look(&mut self, c: &Connection, kind: CountKind, entry: &AuditEntry) -> Result<()> {
        if !matches!(kind, CountKind::Activation | CountKind::Merged | CountKind::Renewal) {
            return Ok(());
        }
        let Some(found) = activation::find_activation(c, &entry.subject)? else { return Ok(()) };
        let id = found.id.to_string();
        self.clues.extend(clue::of(&found).map(|clue| (clue, id.clone())));
        let Some(license) = license::find_license(c, &found.license)? else { return Ok(()) };
        let (key, machine) = (&found.device_key, &found.fingerprint);
        let had = trial::last_of_machine(c, &license.product, key, machine)?;
        if let Some(trial) = had.filter(|trial| trial.created_at < entry.at) {
            let trial = (trial.id.to_string(), day(trial.created_at));
            self.conversions.push((trial.0, trial.1, id, entry.at));
        }
        Ok(())
    }

    fn store(&self, c: &Connection) -> Result<()> {
        let mut counts = self.counts.clone();
        for (trial, day, activation, at) in &self.conversions {
            let began = run(c, CONVERT, (trial, activation, seconds(*at)))? == 1;
            if began {
                *counts.entry((*day, CountKind::TrialConverted)).or_default() += 1;
            }
        }
        for ((day, kind), count) in counts {
            daily_count::add(c, &DailyCount { day, kind, detail: String::new(), count })?;
        }
        for (clue, activation) in &self.clues {
            clue::insert(c, clue, activation)?;
        }
        Ok(())
    }
}
