//! The chain as lines, a piece at a time: flat memory, however long it is.

use countersign_core::Hash;
use countersign_store::{Chained, Result};

use super::sealer::entry;
use super::{log, opening};
use crate::app::App;

/// Lines of one piece.
const AT_ONCE: u32 = 500;

/// A walk over the chain.
#[derive(Debug)]
pub struct Export {
    app: App,
    after: u64,
    prev: Hash,
    opening: Option<String>,
}

/// Some lines, each with its newline. What a line says is what the row says now, chained to what was before it then: so a
/// row that was changed breaks the chain, and one that is gone is missing from it.
pub type Piece = String;

impl Export {
    /// From entry `from` on; from the first line on, which opens the log, where none is given.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(app: &App, from: Option<u64>) -> Result<Self> {
        let (line, head) = opening(&log(app).await?);
        let after = from.unwrap_or(1).saturating_sub(1);
        let before = app.store().audit_hash(after).await?;
        Ok(Self {
            app: app.clone(),
            after,
            prev: before.unwrap_or(head.hash),
            opening: from.is_none().then(|| line + "\n"),
        })
    }

    /// The next lines; `None` at the end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next(&mut self) -> Result<Option<Piece>> {
        let links = self.app.store().chained_audit(self.after, AT_ONCE).await?;
        let mut piece = self.opening.take().unwrap_or_default();
        for link in &links {
            if let Some(line) = line(link, self.prev) {
                piece.push_str(&line);
                piece.push('\n');
            }
            (self.after, self.prev) = (link.head.n, link.head.hash);
        }
        Ok((!piece.is_empty() || !links.is_empty()).then_some(piece))
    }
}

/// The line of a link, unless its row is gone.
pub(super) fn line(link: &Chained, prev: Hash) -> Option<String> {
    Some(entry(link.entry.as_ref()?, link.head.n, prev).line().0)
}
