//! What is on its way to a server, and not answered yet. The driver sends when a future is polled first, and answers come in the
//! order of what was sent: so nothing that is sent without waiting is overtaken by what is sent later.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::future::{MaybeDone, maybe_done};
use tokio_postgres::Row;

use super::cell::Cell;
use super::params::{Bind as _, Value};
use crate::error::Result;

type Answer<T> = std::result::Result<T, tokio_postgres::Error>;
type Boxed<T> = Pin<Box<dyn Future<Output = Answer<T>> + Send>>;

#[derive(Default)]
pub(super) struct Pipeline {
    sent: RefCell<Vec<OnItsWay<u64>>>,
    asked: RefCell<Vec<Asked>>,
}

/// A query that was asked before its answer is needed.
struct Asked {
    sql: String,
    values: Vec<Value>,
    rows: OnItsWay<Vec<Row>>,
}

pub(super) struct OnItsWay<T>(Pin<Box<MaybeDone<Boxed<T>>>>);

impl<T> OnItsWay<T> {
    /// Polled once, it is sent.
    pub(super) fn start(question: Boxed<T>) -> Self {
        let mut question = Box::pin(maybe_done(question));
        let _ = question.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        Self(question)
    }
}

impl<T> Future for OnItsWay<T> {
    type Output = Answer<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer<T>> {
        match self.0.as_mut().poll(context) {
            // Nobody polls it after that.
            Poll::Ready(()) => self.0.as_mut().take_output().map_or(Poll::Pending, Poll::Ready),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl Pipeline {
    pub(super) fn send(&self, statement: Boxed<u64>) {
        self.sent.borrow_mut().push(OnItsWay::start(statement));
    }

    pub(super) fn ask(&self, sql: &str, cells: &[Cell<'_>], query: Boxed<Vec<Row>>) {
        let (sql, values) = (sql.to_owned(), cells.iter().map(Value::of).collect());
        self.asked.borrow_mut().push(Asked { sql, values, rows: OnItsWay::start(query) });
    }

    pub(super) fn is_asked(&self, sql: &str, cells: &[Cell<'_>]) -> bool {
        self.place(sql, cells).is_some()
    }

    /// The answer to a query that was asked before.
    pub(super) fn answer(&self, sql: &str, cells: &[Cell<'_>]) -> Option<OnItsWay<Vec<Row>>> {
        let at = self.place(sql, cells)?;
        Some(self.asked.borrow_mut().swap_remove(at).rows)
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

    /// Waits for all that was sent, as `wait` does; the first failure, of which those after it are the consequence.
    pub(super) fn settle(&self, wait: impl Fn(OnItsWay<u64>) -> Result<u64>) -> Result<()> {
        let mut settled = Ok(());
        for statement in self.sent.take() {
            let answered = wait(statement).map(drop);
            settled = settled.and(answered);
        }
        settled
    }
}
