//! A connection to PostgreSQL. The driver is asynchronous and its connections live on threads of their own; commands and queries
//! are plain functions and wait here for their answers.

use std::cell::{Cell as Slot, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;
use futures_util::TryStreamExt as _;
use futures_util::future::join;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Config, NoTls, Row, SimpleQueryMessage, Statement};

use super::cell::Cell;
use super::dialect;
use super::fault::{Fault, FaultKind};
use super::params::Value;
use super::pipeline::{Changes, Pipeline};
use super::transaction::Note;
use crate::error::Result;

/// How long a server may take to let somebody in.
const CONNECT: Duration = Duration::from_secs(5);

/// Makes connections to one database.
pub(crate) struct Server {
    config: Config,
    io: Arc<Io>,
}

/// The threads on which connections live. Not the caller's: whoever waits for an answer may be on one of those.
struct Io(Option<Runtime>);

impl Drop for Io {
    fn drop(&mut self) {
        // Not waited for: a store may be dropped where waiting is not allowed.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

pub(crate) struct Postgres {
    client: Arc<Client>,
    /// Its threads live as long as it does.
    _io: Arc<Io>,
    statements: RefCell<HashMap<String, Statement>>,
    /// What is to be sent ahead of the next statement, in the same round trip.
    ahead: RefCell<String>,
    /// What was sent and not waited for.
    pipeline: Pipeline,
    /// Whether the beginning of the transaction is in that.
    unbegun: Slot<bool>,
    /// Distinguishes this connection from every other, for notes.
    name: String,
    notes: Slot<i64>,
}

impl Server {
    pub(crate) fn new(address: &str) -> Result<Self> {
        let mut config: Config = address.parse().map_err(|e| Fault::from(&e))?;
        config.connect_timeout(CONNECT);
        if config.get_application_name().is_none() {
            config.application_name("countersign");
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("store-io")
            .enable_all()
            .build()
            .map_err(|e| Fault::new(FaultKind::Other, e.to_string()))?;
        Ok(Self { config, io: Arc::new(Io(Some(runtime))) })
    }

    pub(super) fn connect(&self) -> Result<Postgres> {
        let config = self.config.clone();
        let connected = self.io.run(async move { config.connect(NoTls).await })?;
        let (client, connection) = connected?;
        self.io.spawn(async {
            // How it ended is told to whoever asks it next.
            let _ = connection.await;
        });
        let (io, statements) = (Arc::clone(&self.io), RefCell::default());
        let named = self.io.run(async move {
            let named = client.simple_query(dialect::CONNECTION_SETUP).await?;
            Ok::<_, tokio_postgres::Error>((client, named))
        })?;
        let (client, named) = named?;
        let name = named.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        let name =
            name.ok_or_else(|| Fault::new(FaultKind::Other, "the server named no connection"))?;
        let (ahead, unbegun, notes) = (RefCell::default(), Slot::default(), Slot::default());
        let (client, pipeline) = (Arc::new(client), Pipeline::default());
        Ok(Postgres { client, _io: io, statements, ahead, pipeline, unbegun, name, notes })
    }
}

impl Io {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.0 {
            drop(runtime.spawn(task));
        }
    }

    /// Runs it there and waits for it here.
    fn run<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> Result<T> {
        let gone =
            || Fault::new(FaultKind::Lost, "the threads of the database's connections ended");
        let runtime = self.0.as_ref().ok_or_else(gone)?;
        let answer = block_on(runtime.spawn(task));
        Ok(answer.map_err(|_| gone())?)
    }
}

impl Postgres {
    /// Sends it with the next statement. Whoever waits for that one's answer has this one's first.
    pub(super) fn send_ahead(&self, sql: String) {
        let mut ahead = self.ahead.borrow_mut();
        if !ahead.is_empty() {
            ahead.push(';');
        }
        ahead.push_str(&sql);
    }

    /// Begins a transaction with the first statement that is asked in it.
    pub(super) fn begin_ahead(&self, sql: String) {
        self.send_ahead(sql);
        self.unbegun.set(true);
    }

    /// Forgets what was to be sent ahead, at the end of a transaction; whether its beginning is among that, so that the server knows
    /// nothing of it. A savepoint that is released ahead is no such beginning: the transaction has to be ended.
    pub(super) fn forget_ahead(&self) -> bool {
        self.ahead.take();
        self.pipeline.forget_asked();
        self.unbegun.take()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn next_note(&self) -> i64 {
        self.notes.set(self.notes.get() + 1);
        self.notes.get()
    }

    /// Sends it and does not wait: what is sent later comes after it.
    pub(super) fn send_behind(&self, sql: &'static str) {
        // Polled once, so that it is on its way before anything else.
        let mut sent = Box::pin(self.client.batch_execute(sql));
        let waker = std::task::Waker::noop();
        let _ = sent.as_mut().poll(&mut std::task::Context::from_waker(waker));
    }

    pub(super) fn is_lost(&self) -> bool {
        self.client.is_closed()
    }

    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        self.asked(self.client.batch_execute(sql))
    }

    pub(super) fn query(&self, sql: &str, cells: &[Cell<'_>]) -> Result<Vec<Row>> {
        if let Some(rows) = self.pipeline.answer(sql, cells) {
            self.pipeline.settle()?;
            return Ok(rows?);
        }
        let statement = self.prepared(sql)?;
        let params = parameters(cells);
        self.asked(self.client.query(&statement, &params))
    }

    /// Asks what [`Self::query`] will want to know, without waiting.
    pub(super) fn ask(&self, sql: &str, cells: &[Cell<'_>]) -> Result<()> {
        let (statement, values) = (self.prepared(sql)?, values(cells));
        self.flush();
        let client = Arc::clone(&self.client);
        let query = async move {
            client.query_raw(&statement, values).await?.try_collect::<Vec<Row>>().await
        };
        self.pipeline.ask(sql, cells, Box::pin(query));
        Ok(())
    }

    /// Executes it without waiting: that it failed is told by whatever is waited for next.
    pub(super) fn send(&self, sql: &str, cells: &[Cell<'_>], changes: Changes) -> Result<()> {
        let (statement, values) = (self.prepared(sql)?, values(cells));
        self.flush();
        self.pipeline.forget_asked();
        let client = Arc::clone(&self.client);
        let statement = async move { client.execute_raw(&statement, values).await };
        self.pipeline.send(Box::pin(statement), changes);
        Ok(())
    }

    /// Waits for all that was sent without waiting.
    pub(super) fn settle(&self) -> Result<()> {
        self.pipeline.settle()
    }

    fn flush(&self) {
        let ahead = self.ahead.take();
        self.unbegun.set(false);
        if !ahead.is_empty() {
            let client = Arc::clone(&self.client);
            let batch = async move { client.batch_execute(&ahead).await.map(|()| 0) };
            self.pipeline.send(Box::pin(batch), Changes::Any);
        }
    }

    pub(super) fn execute(&self, sql: &str, cells: &[Cell<'_>]) -> Result<usize> {
        let statement = self.prepared(sql)?;
        let params = parameters(cells);
        self.pipeline.forget_asked();
        let changed = self.asked(self.client.execute(&statement, &params))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    /// A note and the end of the transaction, in one round trip.
    pub(super) fn execute_and(&self, sql: &str, note: &Note, then: &str) -> Result<()> {
        let statement = self.prepared(sql)?;
        let cells = [Cell::Text(&note.connection), Cell::Integer(note.number)];
        let params = parameters(&cells);
        let question =
            join(self.client.execute(&statement, &params), self.client.batch_execute(then));
        let (noted, then) = self.asked(async { Ok(question.await) })?;
        noted?;
        Ok(then?)
    }

    fn asked<T>(
        &self,
        question: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        self.flush();
        let answer = block_on(question);
        self.settle()?;
        Ok(answer?)
    }

    fn prepared(&self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let (written, translated) = (sql, dialect::for_postgres(sql));
        let sql = translated.as_str();
        let statement = block_on(self.client.prepare(sql))?;
        self.statements.borrow_mut().insert(written.to_owned(), statement.clone());
        Ok(statement)
    }
}

fn values(cells: &[Cell<'_>]) -> Vec<Value> {
    cells.iter().map(Value::of).collect()
}

fn parameters<'a>(cells: &'a [Cell<'a>]) -> Vec<&'a (dyn tokio_postgres::types::ToSql + Sync)> {
    cells.iter().map(|cell| cell as &(dyn tokio_postgres::types::ToSql + Sync)).collect()
}
