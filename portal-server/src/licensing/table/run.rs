//! A whole table: looked at row by row, and imported a part at a time. Nothing is imported while one row is bad.

use std::io::BufRead;
use std::sync::Arc;

use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, LicenseId, UnixSeconds};
use countersign_store::{
    CreationRefusal, ListPart, NewLicenses, PartImported, StoreError, TwoPeople,
};

use super::columns::Header;
use super::judge::{Bad, Judge};
use super::rows::{Row, Rows};
use super::{Fault, Wrong};
use crate::app::App;
use crate::language::Say;
use crate::licensing::create::why;

/// Faults that are named; further ones are counted.
pub(crate) const MOST_NAMED: usize = 100;
/// The most bytes of a table by HTTP, and what it may hold: more is for the command line, which does it part by part.
pub(crate) const MOST_BYTES: usize = 2 * 1024 * 1024;
/// See [`MOST_BYTES`].
pub(crate) const AT_A_TIME: Bounds = Bounds { rows: 5_000, licenses: 5_000 };
/// Licenses of one transaction: some tens of milliseconds, for which a running portal waits.
const AT_ONCE: usize = 250;

/// What a table holds.
#[derive(Debug, Default, Clone)]
pub(crate) struct Looked {
    /// Rows below the first one.
    pub(crate) rows: u64,
    /// Licenses that they make.
    pub(crate) licenses: u64,
    /// Users that they make.
    pub(crate) users: u64,
    /// The first faults,
    pub(crate) faults: Vec<Fault>,
    /// and how many there are.
    pub(crate) fault_count: u64,
}

/// A bound of what is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) rows: u64,
    pub(crate) licenses: u64,
}

/// A license that a table made.
#[derive(Debug, Clone)]
pub(crate) struct MadeLicense {
    pub(crate) id: LicenseId,
    pub(crate) key: LicenseKey,
    pub(crate) product: String,
    pub(crate) plan: String,
    pub(crate) holder: String,
}

/// How importing ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// All of it is there.
    Done,
    /// It was imported before: nothing was changed.
    Before,
    /// The row of this line, counted among those that were given, could not be made any more.
    Refused { row: usize, why: Say },
}

impl Looked {
    fn fault(&mut self, line: u64, Wrong(column, what): Wrong) {
        self.fault_count += 1;
        if self.faults.len() < MOST_NAMED {
            self.faults.push(Fault { line, column, what });
        }
    }

    fn broken(line: u64, what: Say) -> Self {
        let mut looked = Self::default();
        looked.fault(line, Wrong(None, what));
        looked
    }
}

/// What can go wrong with reading a table, apart from what is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    #[error("the table cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A table that is gone through, row by row.
pub(crate) struct Sheet<'a, R> {
    rows: Rows<R>,
    header: Option<Header>,
    judge: Judge<'a>,
    bounds: Bounds,
    /// Rows that are counted and not judged: they were imported before.
    skip: u64,
    /// What was found until now.
    pub(crate) looked: Looked,
}

impl<'a, R: BufRead> Sheet<'a, R> {
    /// A table from its first byte; inside, what is wrong with it as a whole. `rule` says whether the two-person rule counts for
    /// whoever imports.
    ///
    /// # Errors
    /// When the file or the database cannot be read.
    pub(crate) async fn open(
        app: &'a App,
        input: R,
        bounds: Bounds,
        skip: u64,
        rule: TwoPeople,
    ) -> Result<Result<Self, Looked>, Unread> {
        let mut rows = match Rows::new(input)? {
            Ok(rows) => rows,
            Err(what) => return Ok(Err(Looked::broken(1, what))),
        };
        let mut looked = Looked::default();
        let header = match rows.next()? {
            Some(Row::Cells(line, names)) => match Header::of(&names) {
                Ok(header) => header,
                Err(wrong) => {
                    wrong.into_iter().for_each(|wrong| looked.fault(line, wrong));
                    return Ok(Err(looked));
                }
            },
            Some(Row::Bad(line, what) | Row::Broken(line, what)) => {
                return Ok(Err(Looked::broken(line, what)));
            }
            None => return Ok(Err(Looked::broken(1, Say::new("table-empty")))),
        };
        let judge = Judge::new(app, rule == TwoPeople::Asked).await?;
        Ok(Ok(Self { rows, header: Some(header), judge, bounds, skip, looked }))
    }

    /// What the next good row makes, with its line; bad ones are noted. `None` at the end.
    ///
    /// # Errors
    /// When the file or the database cannot be read.
    pub(crate) async fn next(&mut self) -> Result<Option<(u64, NewLicenses)>, Unread> {
        while let Some(row) = self.row()? {
            let (line, cells) = row;
            let Some(header) = &self.header else { break };
            match self.judge.row(header, &cells).await {
                Ok(licenses) => {
                    self.looked.licenses += licenses.keys.len() as u64;
                    self.looked.users = self.judge.users();
                    if self.looked.licenses > self.bounds.licenses {
                        let what = Say::new("table-too-many-licenses");
                        self.stop(line, what.with("most", self.bounds.licenses));
                        break;
                    }
                    return Ok(Some((line, licenses)));
                }
                Err(Bad::Row(wrong)) => wrong.into_iter().for_each(|w| self.looked.fault(line, w)),
                Err(Bad::Store(error)) => return Err(error.into()),
            }
        }
        if self.looked.rows == 0 && self.looked.fault_count == 0 {
            self.looked.fault(1, Wrong(None, Say::new("table-empty")));
        }
        Ok(None)
    }

    /// The cells of the next row that is to be judged.
    fn row(&mut self) -> Result<Option<(u64, Vec<String>)>, Unread> {
        while self.header.is_some()
            && let Some(row) = self.rows.next()?
        {
            match row {
                // A line of separators, as spreadsheets leave them.
                Row::Cells(_, cells) if cells.iter().all(String::is_empty) => {}
                Row::Cells(line, cells) => {
                    self.looked.rows += 1;
                    if self.looked.rows > self.bounds.rows {
                        let what = Say::new("table-too-many-rows");
                        self.stop(line, what.with("most", self.bounds.rows));
                        return Ok(None);
                    }
                    if self.looked.rows > self.skip {
                        return Ok(Some((line, cells)));
                    }
                }
                Row::Bad(line, what) => self.looked.fault(line, Wrong(None, what)),
                Row::Broken(line, what) => self.stop(line, what),
            }
        }
        Ok(None)
    }

    /// Nothing further is read.
    fn stop(&mut self, line: u64, what: Say) {
        self.looked.fault(line, Wrong(None, what));
        self.header = None;
    }
}

/// A table that was looked at as a whole.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) looked: Looked,
    /// What it makes, if nothing is wrong with it,
    pub(crate) licenses: Vec<NewLicenses>,
    /// and by which lines.
    pub(crate) lines: Vec<u64>,
}

/// Looks at a table that came by HTTP. Nothing is changed.
///
/// # Errors
/// When the database fails.
pub(crate) async fn look(app: &App, bytes: &[u8]) -> Result<Whole, Unread> {
    let (mut licenses, mut lines) = (Vec::new(), Vec::new());
    let looked = match Sheet::open(app, bytes, AT_A_TIME, 0, TwoPeople::Asked).await? {
        Err(looked) => looked,
        Ok(mut sheet) => {
            while let Some((line, made)) = sheet.next().await? {
                // Once something is wrong nothing is imported.
                if sheet.looked.fault_count == 0 {
                    licenses.push(made);
                    lines.push(line);
                }
            }
            sheet.looked
        }
    };
    Ok(Whole { looked, licenses, lines })
}

/// Imports what was looked at in one transaction: all of it or nothing.
///
/// # Errors
/// When the database fails: nothing is imported then.
pub(crate) async fn import(
    app: &App,
    list: Hash,
    licenses: Arc<Vec<NewLicenses>>,
    actor: &str,
) -> Result<Ended, StoreError> {
    let now = app.now();
    let part = ListPart { list, from: 0, until: licenses.len() as u64, licenses };
    Ok(match app.store().import_licenses(part, TwoPeople::Asked, actor, now).await? {
        PartImported::Done { .. } => Ended::Done,
        PartImported::Before(_) => Ended::Before,
        PartImported::Refused(row, refusal) => Ended::Refused { row, why: why(&refusal) },
    })
}

/// Imports rows of a table as they come, in parts that each land whole with the note how far it is: for the command line.
pub(crate) struct Importer<'a> {
    app: &'a App,
    list: Hash,
    actor: &'a str,
    now: UnixSeconds,
    waiting: Vec<NewLicenses>,
    weight: usize,
    /// Rows that are done, before this run among them.
    pub(crate) done: u64,
    pub(crate) licenses: u64,
    pub(crate) users: u64,
}

/// Why an import by the command line stops.
#[derive(Debug)]
pub(crate) enum Stopped {
    Store(StoreError),
    /// A row of the part that begins after `done` rows cannot be made any more.
    Refused(CreationRefusal),
    /// Somebody else imports the same table.
    Before,
}

impl<'a> Importer<'a> {
    /// Goes on after `done` rows.
    pub(crate) fn new(app: &'a App, list: Hash, done: u64, actor: &'a str) -> Self {
        let (waiting, now) = (Vec::new(), app.now());
        Self { app, list, actor, now, waiting, weight: 0, done, licenses: 0, users: 0 }
    }

    /// Whether what waits is enough for a transaction.
    pub(crate) fn is_full(&self) -> bool {
        self.weight >= AT_ONCE
    }

    pub(crate) fn add(&mut self, licenses: NewLicenses) {
        self.weight += licenses.keys.len();
        self.waiting.push(licenses);
    }

    /// Imports what waits; the licenses.
    pub(crate) async fn flush(&mut self) -> Result<Vec<MadeLicense>, Stopped> {
        let (waiting, _) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.weight));
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let until = self.done + waiting.len() as u64;
        let made = made_of(&waiting);
        let part =
            ListPart { list: self.list, from: self.done, until, licenses: Arc::new(waiting) };
        let (rule, store) = (TwoPeople::Host, self.app.store());
        match store.import_licenses(part, rule, self.actor, self.now).await {
            Ok(PartImported::Done { users, .. }) => {
                self.done = until;
                self.licenses += made.len() as u64;
                self.users += users;
                Ok(made)
            }
            Ok(PartImported::Before(_)) => Err(Stopped::Before),
            Ok(PartImported::Refused(_, refusal)) => Err(Stopped::Refused(refusal)),
            Err(error) => Err(Stopped::Store(error)),
        }
    }
}

/// The licenses that these rows make.
pub(crate) fn made_of(rows: &[NewLicenses]) -> Vec<MadeLicense> {
    let of = |licenses: &NewLicenses, key: &LicenseKey| MadeLicense {
        id: key.id(),
        key: key.clone(),
        product: licenses.new.product.to_string(),
        plan: licenses.new.plan.clone().unwrap_or_default(),
        holder: licenses.new.holder.clone().unwrap_or_default(),
    };
    rows.iter().flat_map(|row| row.keys.iter().map(move |key| of(row, key))).collect()
}
