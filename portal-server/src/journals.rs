//! Journals of other signers: what the support desks signed offline is verified here and taken into the count.

use std::collections::BTreeMap;

use countersign_core::token::Unverified;
use countersign_core::trust::Roots;
use countersign_core::{Hash, LicenseId, TokenType};
use countersign_journal::{Entry, Part};
use countersign_store::{JournalOpening, License, Merged, MergedEntry, NewEntry};

use crate::app::App;

/// So many entries are one transaction: activations between them wait for no more.
const AT_A_TIME: usize = 100;

/// What became of a part of a journal.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The journal: the hash of its first line.
    pub journal: Hash,
    /// What became of each entry, in their order.
    pub entries: Vec<MergedEntry>,
    /// Licenses that these entries count for and of which more is in use than is allowed.
    pub over: Vec<License>,
}

/// Why a part was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It is no part of a journal.
    #[error("it is no part of a journal: {0}")]
    Unreadable(String),
    /// What its first entry follows from did not come before.
    #[error("its first entry does not follow from what is known of the journal")]
    DoesNotFollow,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] countersign_store::StoreError),
}

/// Verifies the entries of a part and takes them in, for `actor`. What came before changes nothing.
///
/// # Errors
/// [`NotTaken`]. Entries before a fault of the database are kept: pushing again goes on after them.
pub async fn take_in(app: &App, body: Vec<u8>, actor: &str) -> Result<Taken, NotTaken> {
    let roots = app.keys().trust.clone();
    let reading = tokio::task::spawn_blocking(move || read(&body, &roots));
    let read = reading.await.map_err(|error| NotTaken::Unreadable(error.to_string()))?;
    let (opening, entries) = read.map_err(NotTaken::Unreadable)?;
    let mut taken = Taken { journal: opening.hash, entries: Vec::new(), over: Vec::new() };
    if entries.is_empty() {
        return Ok(taken);
    }
    for some in entries.chunks(AT_A_TIME) {
        let merge = app.store().merge_journal(opening.clone(), some.to_vec(), actor, app.now());
        match merge.await? {
            Merged::Done(done) => taken.entries.extend(done),
            Merged::DoesNotFollow => return Err(NotTaken::DoesNotFollow),
        }
    }
    taken.over = over(app, &taken.entries).await?;
    Ok(taken)
}

async fn over(app: &App, entries: &[MergedEntry]) -> Result<Vec<License>, NotTaken> {
    let mut licenses: BTreeMap<String, LicenseId> = BTreeMap::new();
    licenses.extend(entries.iter().filter_map(|e| e.license).map(|id| (id.to_string(), id)));
    let mut over = Vec::new();
    for id in licenses.values() {
        let license = app.store().license(id).await?;
        over.extend(license.filter(|l| l.over_activations + l.over_deactivations > 0));
    }
    Ok(over)
}

fn read(body: &[u8], roots: &Roots) -> Result<(JournalOpening, Vec<NewEntry>), String> {
    let part = Part::read(body)?;
    let opening = JournalOpening {
        hash: part.hash,
        own_id: part.opening.journal,
        kid: part.opening.kid,
        kind: part.form.clone(),
        made_at: part.opening.made,
    };
    let entries = part.entries.iter().map(|(entry, hash)| verified(&part, entry, *hash, roots));
    Ok((opening, entries.collect()))
}

/// An entry with what its response says: it is believed as an installed response is. A delegation that has ended since counts
/// for the time of signing, and so does a root that was replaced since; a list that revokes the key undoes nothing.
fn verified(part: &Part<'_>, entry: &Entry<'_>, hash: Hash, roots: &Roots) -> NewEntry {
    let mut new = NewEntry {
        n: entry.n,
        hash,
        prev: entry.prev,
        at: entry.at,
        request: entry.request,
        token: entry.response.to_string(),
        response: Ok(None),
        delegation: entry.under,
        number: None,
        holder: None,
    };
    // What a signer process signs beside responses stands in its journal, too, and counts for nothing.
    let beside = match Unverified::decode(&entry.response).map(|token| token.token_type()) {
        Ok(TokenType::Release) => Some(roots.verify_release(&entry.response).err()),
        Ok(TokenType::AuditCheckpoint) => Some(roots.verify_checkpoint(&entry.response).err()),
        _ => None,
    };
    if let Some(wrong) = beside {
        new.response = wrong.map_or(Ok(None), |error| Err(error.to_string()));
        return new;
    }
    match roots.verify_installed(&entry.response) {
        Err(error) => new.response = Err(error.to_string()),
        Ok(response) => match part.contradiction(entry, &response) {
            Some(wrong) => new.response = Err(format!("the response {wrong}")),
            None => {
                new.number = response.count();
                new.holder = response.delegation().map(|d| shown(&d.holder));
                new.response = Ok(Some(response.claims().clone()));
            }
        },
    }
    new
}

/// A name as it is kept: a root signed it, and it is bounded all the same.
fn shown(holder: &str) -> String {
    holder.chars().filter(|c| !c.is_control()).take(100).collect()
}
