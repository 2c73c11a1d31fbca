//! What is on its way to a server, and not answered yet. The driver sends when a future is polled first, and answers come in the
//! order of what was sent: so nothing that is sent without waiting is overtaken by what is sent later.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

use futures_executor::block_on;
use futures_util::future::{MaybeDone, maybe_done};
use tokio_postgres::Row;

use super::cell::Cell;
use super::fault::{Fault, FaultKind};
use super::params::{Bind as _, Value};
use crate::error::Result;

type Answer<T> = std::result::Result<T, tokio_postgres::Error>;
type Boxed<T> = Pin<Box<dyn Future<Output = Answer<T>> + Send>>;

/// How many rows a statement has to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changes {
    Any,
    One,
}

#[derive(Default)]
pub(super) struct Pipeline {
    sent: RefCell<Vec<(OnItsWay<u64>, Changes)>>,
    asked: RefCell<Vec<Asked>>,
}

/// A query that was asked before its answer is needed.
struct Asked {
    sql: String,
    values: Vec<Value>,
    rows: OnItsWay<Vec<Row>>,
}

struct OnItsWay<T>(Pin<Box<MaybeDone<Boxed<T>>>>);

impl<T> OnItsWay<T> {
    /// Polled once, it is sent.
    fn start(question: Boxed<T>) -> Self {
        let mut question = Box::pin(maybe_done(question));
        let _ = question.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        Self(question)
    }

    fn wait(mut self) -> Answer<T> {
        block_on(self.0.as_mut());
        self.0.as_mut().take_output().unwrap_or_else(|| unreachable!("taken once"))
    }
}

impl Pipeline {
    pub(super) fn send(&self, statement: Boxed<u64>, changes: Changes) {
        self.sent.borrow_mut().push((OnItsWay::start(statement), changes));
    }

    pub(super) fn ask(&self, sql: &str, cells: &[Cell<'_>], query: Boxed<Vec<Row>>) {
        // Asked by whoever asks for everything, and by whoever wants it.
        if self.place(sql, cells).is_some() {
            return;
        }
        let (sql, values) = (sql.to_owned(), cells.iter().map(Value::of).collect());
        self.asked.borrow_mut().push(Asked { sql, values, rows: OnItsWay::start(query) });
    }

    /// The answer to a query that was asked before.
    pub(super) fn answer(&self, sql: &str, cells: &[Cell<'_>]) -> Option<Answer<Vec<Row>>> {
        let at = self.place(sql, cells)?;
        let asked = self.asked.borrow_mut().swap_remove(at);
        Some(asked.rows.wait())
    }

    fn place(&self, sql: &str, cells: &[Cell<'_>]) -> Option<usize> {
        let is_it = |asked: &Asked| {
            asked.sql == sql && asked.values.iter().map(Value::cell).eq(cells.iter().copied())
        };
        self.asked.borrow().iter().position(is_it)
    }

    /// What was asked and not looked at is no answer any more: something was changed since.
    pub(super) fn forget_asked(&self) {
        self.asked.borrow_mut().clear();
    }

    /// Waits for all that was sent; the first failure, of which those after it are the consequence.
    pub(super) fn settle(&self) -> Result<()> {
        let mut settled = Ok(());
        for (statement, changes) in self.sent.take() {
            let changed = statement.wait();
            if settled.is_ok() {
                settled = match (changed, changes) {
                    (Ok(1), _) | (Ok(_), Changes::Any) => Ok(()),
                    (Ok(count), Changes::One) => Err(not_one(count).into()),
                    (Err(error), _) => Err(error.into()),
                };
            }
        }
        settled
    }
}

/// A statement that had to change one row changed another number of them.
pub(super) fn not_one(count: u64) -> Fault {
    Fault::new(FaultKind::Other, format!("a statement that changes one row changed {count}"))
}
