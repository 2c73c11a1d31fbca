//! The import itself: noun by noun, each entry judged, what is good written a few hundred at a time. A dry run goes the same way and
//! asks the database instead of telling it.

mod judge;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use countersign_core::{Hash, Id, ProductId};
use countersign_store::{
    ImportOutcome, ImportSource, ImportThing, Imported, NewImport, former_key_hash,
};
use serde_json::Value;

use super::draft::{Catalog, FORMER_KEY, Notes, Wishes};
use super::entry::{Entry, Problem};
use super::report::{Ending, Line, Report};
use super::source::{Export, Noun, Piece};
use super::{ACTOR, Mode};
use crate::app::App;
use judge::Trouble;

/// Entries of one transaction: some tens of milliseconds, for which a running portal waits.
const BATCH: usize = 250;

pub(crate) struct Importer<'a> {
    pub(crate) app: &'a App,
    pub(crate) source: ImportSource,
    pub(crate) mode: Mode,
    pub(crate) export: &'a Export,
    pub(crate) wishes: &'a Wishes,
    pub(crate) report: Report,
    pub(crate) state: State,
}

/// What is known of the entries so far.
#[derive(Default)]
pub(crate) struct State {
    catalog: Catalog,
    seen: HashMap<Short, Seen>,
    /// Addresses of this export.
    addresses: HashSet<Short>,
    /// Keys of this export that stay.
    keys: HashSet<Short>,
    /// Products that were given an id without being asked for it.
    products: HashSet<ProductId>,
    /// Bytes that fit into a response, by product.
    rooms: HashMap<ProductId, usize>,
    batch: Vec<Pending>,
}

/// A hash that is long enough to tell the entries of an export apart.
type Short = [u8; 16];

/// An entry that came by.
#[derive(Clone, Copy)]
struct Seen {
    bytes: u64,
    /// The id here of an organization or user, any of others; `None`: it was left out.
    id: Option<Id>,
}

/// A good entry that waits for its transaction.
struct Pending {
    number: usize,
    import: NewImport,
    notes: Notes,
    former_key: String,
    holder: String,
}

impl Importer<'_> {
    pub(crate) async fn run(mut self) -> anyhow::Result<Report> {
        let (export, source) = (self.export, self.source);
        for place in &export.unknown {
            self.report.unknown(place)?;
        }
        self.report.more_unknown(export.unknown_count - export.unknown.len());
        for noun in Noun::ALL {
            for (number, piece) in export.entries(noun).enumerate() {
                self.entry(noun, number, piece?).await?;
                if self.state.batch.len() == BATCH {
                    self.flush(noun).await?;
                }
            }
            self.flush(noun).await?;
            tracing::debug!(noun = noun.of(source), count = export.count(noun), "read");
        }
        Ok(self.report)
    }

    async fn entry(&mut self, noun: Noun, number: usize, piece: Piece) -> anyhow::Result<()> {
        let (value, bytes) = match piece {
            Ok(read) => read,
            Err(problem) => return self.left_out(noun, number, "?", &problem),
        };
        let shown_id = value.get("id").and_then(Value::as_str).unwrap_or("?");
        let id = match Entry::of(&value).and_then(|entry| entry.id("id")) {
            Ok(id) => id,
            Err(problem) => return self.left_out(noun, number, shown_id, &problem),
        };
        let short = short(noun, id);
        if let Some(seen) = self.state.seen.get(&short) {
            let line = Line { number, id, why: "it is in the export twice", ..Line::default() };
            if seen.bytes == bytes {
                return self.report.add(noun, Ending::Unchanged, &line, &Notes::default());
            }
            let problem = "another entry with this id came before it, and says something else: that one counts";
            return self.left_out(noun, number, id, &Problem(problem.to_owned()));
        }
        self.state.seen.insert(short, Seen { bytes, id: None });
        match self.judge(noun, number, id, &value).await {
            Ok(()) => Ok(()),
            Err(Trouble::Entry(problem)) => self.left_out(noun, number, id, &problem),
            Err(Trouble::Portal(error)) => Err(error),
        }
    }

    /// Writes what waits, or asks what would become of it.
    async fn flush(&mut self, noun: Noun) -> anyhow::Result<()> {
        let batch = std::mem::take(&mut self.state.batch);
        if batch.is_empty() {
            return Ok(());
        }
        let (imports, told): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|p| (p.import, (p.number, p.notes, p.former_key, p.holder)))
            .unzip();
        let imports = Arc::new(imports);
        let done = match self.mode {
            Mode::DryRun => {
                let preview = self.app.store().preview_import(self.source, &imports).await?;
                preview.into_iter().map(Ok).collect()
            }
            Mode::Import => self.write(&imports).await?,
        };
        for ((import, done), (number, notes, former, holder)) in imports.iter().zip(done).zip(told)
        {
            let id = import.external_id.as_str();
            let done = match done {
                Ok(done) => done,
                Err(problem) => {
                    self.left_out(noun, number, id, &problem)?;
                    continue;
                }
            };
            let (ending, why) = ending(noun, &done);
            let here = done.id.parse().unwrap_or_else(|_| Id::from([0; 16]));
            if ending != Ending::LeftOut
                && let Some(seen) = self.state.seen.get_mut(&short(noun, id))
            {
                seen.id = Some(here);
            }
            let key = shown_key(&done, import, self.mode);
            let owner = done.license.as_ref().and_then(|license| license.owner.as_deref());
            let license = if key.is_empty() { "" } else { done.id.as_str() };
            let line = Line {
                number,
                id,
                why,
                former_key: &former,
                key: &key,
                license,
                owner: owner.unwrap_or_default(),
                holder: &holder,
            };
            self.report.add(noun, ending, &line, &notes)?;
        }
        Ok(())
    }

    /// All in one transaction; where the database refuses one of them, each in its own.
    async fn write(
        &self,
        imports: &Arc<Vec<NewImport>>,
    ) -> anyhow::Result<Vec<Result<Imported, Problem>>> {
        let (store, now) = (self.app.store(), self.app.now());
        match store.import(self.source, Arc::clone(imports), ACTOR, now).await {
            Ok(done) => return Ok(done.into_iter().map(Ok).collect()),
            Err(error) if error.is_constraint() => {}
            Err(error) => return Err(error.into()),
        }
        let mut all = Vec::new();
        for import in imports.iter() {
            let one = Arc::new(vec![import.clone()]);
            match store.import(self.source, one, ACTOR, now).await {
                Ok(done) => all.extend(done.into_iter().map(Ok)),
                Err(error) if error.is_constraint() => {
                    all.push(Err(Problem(format!("the database refuses it: {error}"))));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(all)
    }

    fn left_out(
        &mut self,
        noun: Noun,
        number: usize,
        id: &str,
        problem: &Problem,
    ) -> anyhow::Result<()> {
        let line = Line { number, id, why: &problem.0, ..Line::default() };
        self.report.add(noun, Ending::LeftOut, &line, &Notes::default())
    }
}

fn short(noun: Noun, id: &str) -> Short {
    let hash = Hash::of(format!("{}\0{id}", noun as usize));
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

fn ending(noun: Noun, done: &Imported) -> (Ending, &'static str) {
    match done.outcome {
        ImportOutcome::Made => (Ending::Made, ""),
        ImportOutcome::Joined if noun == Noun::Product => {
            (Ending::Joined, "a product with its id is here: its licenses become that one's")
        }
        ImportOutcome::Joined => {
            (Ending::Joined, "a user with its address is here: its licenses become theirs")
        }
        ImportOutcome::Same => (Ending::Unchanged, ""),
        ImportOutcome::Updated => (Ending::Updated, ""),
        ImportOutcome::Differs => (
            Ending::Kept,
            "it says something else than when it was imported, and an import changes nothing but licenses: change it here by hand",
        ),
        ImportOutcome::ChangedHere => (
            Ending::Kept,
            "it was changed there and, since it was imported, here as well. It stays as it is here: change it by hand",
        ),
        ImportOutcome::BelowUse => (
            Ending::Kept,
            "its limits there are lower now than what is used here. It stays as it is here: change it by hand",
        ),
        ImportOutcome::OtherValidity => (
            Ending::Kept,
            "its product or what its validity starts with is another now, which cannot be changed. It stays as it is \
             here: make a new license by hand",
        ),
        ImportOutcome::KeyTaken => (
            Ending::LeftOut,
            "another license here has its key: take that one's owner into account, or give it a new key there",
        ),
    }
}

/// The license's key here, if it is known: what a dry run draws is not what will be drawn.
fn shown_key(done: &Imported, import: &NewImport, mode: Mode) -> String {
    if let Some(license) = &done.license {
        return license.key.grouped();
    }
    match &import.thing {
        ImportThing::License(license)
            if done.outcome == ImportOutcome::Made
                && mode == Mode::DryRun
                && !license.new.metadata.contains_key(FORMER_KEY)
                && import.former_key == Some(former_key_hash(license.new.key.normal())) =>
        {
            license.new.key.grouped()
        }
        _ => String::new(),
    }
}
