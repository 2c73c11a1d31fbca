//! Whether the database takes writes: found out by one. Reading works on a full disk, and on one that takes no writes.

use countersign_core::UnixSeconds;

use crate::error::Result;
use crate::row::seconds;
use crate::{Store, run};

/// The setting that says when the last probe was.
const NAME: &str = "written_at";

const PROBE: &str = "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = \
    CASE WHEN LENGTH(setting.value) < LENGTH(excluded.value) OR setting.value < excluded.value \
    THEN excluded.value ELSE setting.value END";

impl Store {
    /// Writes something of no meaning, and waits until it is on disk. The highest time of these is kept.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn probe_writing(&self, now: UnixSeconds) -> Result<()> {
        self.write(move |c| run(c, PROBE, (NAME, seconds(now).to_string())).map(|_| ())).await
    }

    /// The highest time that was written so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_written(&self) -> Result<Option<UnixSeconds>> {
        let text = self.setting(NAME).await?;
        Ok(text.and_then(|text| text.parse().ok()))
    }
}
