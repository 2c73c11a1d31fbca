//! A connection to PostgreSQL. The driver is asynchronous; commands and queries are plain functions and wait here for their answers.

use std::cell::{Cell as Slot, RefCell};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_executor::block_on;
use futures_util::TryStreamExt as _;
use futures_util::future::join;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_postgres::config::{LoadBalanceHosts, TargetSessionAttrs};
use tokio_postgres::error::Severity;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, NoTls, Row, SimpleQueryMessage, Socket, Statement,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use super::cell::Cell;
use super::dialect;
use super::fault::{Fault, FaultKind};
use super::params::Value;
use super::pipeline::{OnItsWay, Pipeline};
use super::tls;
use super::transaction::Note;
use crate::error::Result;

/// How long a server may take to let somebody in; one host of several may take less.
const CONNECT: Duration = Duration::from_secs(5);
const CONNECT_HOST: Duration = Duration::from_secs(2);
/// How long what was sent may stay without a sign that it arrived: a machine without power closes no connection.
const UNHEARD: Duration = Duration::from_secs(10);
/// How long an answer may take; longer than a statement waits for a lock. A server that hangs closes no connection, either.
const ANSWER: Duration = Duration::from_secs(60);

/// Makes connections to one database.
pub(crate) struct Server {
    config: Config,
    /// `None`: in the clear.
    tls: Option<MakeRustlsConnect>,
    io: Arc<Io>,
}

/// What drives connections.
struct Io(Option<Runtime>);

impl Drop for Io {
    fn drop(&mut self) {
        // Not waited for: a store may be dropped where waiting is not allowed, and looking up a server's name takes its time.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Where a connection lives, which has to be driven to send and to hear anything.
enum Home {
    /// On threads that connections share, and that live as long as they do. Whoever waits may be on a thread of an asynchronous
    /// runtime, and driving a connection is not allowed there.
    Shared(Arc<Io>),
    /// With whoever uses it, whose thread is its own. It is driven while somebody waits, and no thread has to wake another one.
    Own(Io),
}

pub(crate) struct Postgres {
    client: Arc<Client>,
    home: Home,
    statements: RefCell<HashMap<String, Statement>>,
    /// What is to be sent ahead of the next statement, in the same round trip.
    ahead: RefCell<String>,
    /// Whether the beginning of the transaction is in that.
    unbegun: Slot<bool>,
    /// What was sent and not waited for.
    pipeline: Pipeline,
    /// Distinguishes this connection from every other, for notes.
    name: String,
    notes: Slot<i64>,
    /// The server said something beside its answers.
    warned: Arc<AtomicBool>,
    /// An answer did not come in time. Whatever comes now is nobody's.
    given_up: Slot<bool>,
}

impl Server {
    pub(crate) fn new(address: &str) -> Result<Self> {
        let read = address.parse::<Address>();
        let Address { mut config, tls } = read.map_err(|e| Fault::new(FaultKind::Other, e))?;
        let tls = tls.map(|authority| tls::connector(&authority)).transpose()?;
        tune(&mut config);
        if config.get_application_name().is_none() {
            config.application_name("countersign");
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("store-io")
            .enable_all()
            .build()
            .map_err(|e| Fault::new(FaultKind::Other, e.to_string()))?;
        Ok(Self { config, tls, io: Arc::new(Io(Some(runtime))) })
    }

    /// One that anybody may use.
    pub(super) fn connect(&self) -> Result<Postgres> {
        self.connect_at(Home::Shared(Arc::clone(&self.io)))
    }

    /// One for a thread that is its own and no runtime's.
    pub(super) fn connect_here(&self) -> Result<Postgres> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| Fault::new(FaultKind::Other, e.to_string()))?;
        self.connect_at(Home::Own(Io(Some(runtime))))
    }

    fn connect_at(&self, home: Home) -> Result<Postgres> {
        let (config, tls) = (self.config.clone(), self.tls.clone());
        let warned = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&warned);
        let entered = async move {
            let entered = timeout(CONNECT, async move {
                match tls {
                    Some(tls) => enter(&config, tls, heard).await,
                    None => enter(&config, NoTls, heard).await,
                }
            });
            let entered = entered.await.map_err(|_| late("let nobody in", CONNECT))?;
            entered.map_err(|e| tls::failed(&e))
        };
        let (client, named) = match &home {
            Home::Shared(io) => io.run(entered)?,
            Home::Own(io) => io.runtime()?.block_on(entered),
        }?;
        let name = named.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        let name =
            name.ok_or_else(|| Fault::new(FaultKind::Other, "the server named no connection"))?;
        Ok(Postgres {
            client: Arc::new(client),
            home,
            statements: RefCell::default(),
            ahead: RefCell::default(),
            unbegun: Slot::default(),
            pipeline: Pipeline::default(),
            name,
            notes: Slot::default(),
            warned,
            given_up: Slot::default(),
        })
    }
}

/// Lets itself in, and hears the connection's name.
async fn enter<T>(
    config: &Config,
    tls: T,
    warned: Arc<AtomicBool>,
) -> std::result::Result<(Client, Vec<SimpleQueryMessage>), tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect(tls).await?;
    tokio::spawn(listen(connection, warned));
    let named = client.simple_query(dialect::CONNECTION_SETUP).await?;
    Ok((client, named))
}

/// What is the same at every address: only a server that takes writes will do, and one that is gone is noticed.
fn tune(config: &mut Config) {
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    let several = config.get_hosts().len().max(config.get_hostaddrs().len()) > 1;
    if several {
        // One that hangs is not always asked first.
        config.load_balance_hosts(LoadBalanceHosts::Random);
    }
    config.connect_timeout(if several { CONNECT_HOST } else { CONNECT });
    config.tcp_user_timeout(UNHEARD);
    config.keepalives_idle(UNHEARD / 2).keepalives_interval(UNHEARD / 5).keepalives_retries(3);
}

/// Lives as long as the connection. How it ended is told to whoever asks it next.
async fn listen<S, T>(mut connection: Connection<S, T>, warned: Arc<AtomicBool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
        if let AsyncMessage::Notice(notice) = message
            && notice.parsed_severity() == Some(Severity::Warning)
        {
            // Before the answer that it belongs to is given to whoever waits for that.
            warned.store(true, Ordering::SeqCst);
        }
    }
}

fn late(what: &str, limit: Duration) -> Fault {
    Fault::new(FaultKind::Lost, format!("the server {what} for {} seconds", limit.as_secs()))
}

impl Io {
    /// Runs it there and waits for it here.
    fn run<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> Result<T> {
        Ok(block_on(self.runtime()?.spawn(task)).map_err(|_| Self::gone())?)
    }

    fn runtime(&self) -> Result<&Runtime> {
        Ok(self.0.as_ref().ok_or_else(Self::gone)?)
    }

    fn gone() -> Fault {
        Fault::new(FaultKind::Lost, "the threads of the database's connections ended")
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
        let client = Arc::clone(&self.client);
        drop(OnItsWay::start(Box::pin(async move { client.batch_execute(sql).await })));
        self.turn();
    }

    /// Sends and hears what there is, without waiting.
    fn turn(&self) {
        if let Home::Own(io) = &self.home
            && let Ok(runtime) = io.runtime()
        {
            // The network is looked at in one turn, and what came is taken in the next one.
            runtime.block_on(async {
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
            });
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        // That the server has closed it is known to who looks.
        self.turn();
        self.given_up.get() || self.client.is_closed()
    }

    /// Whether the server said something beside its answers since it was asked last.
    pub(super) fn take_warned(&self) -> bool {
        self.warned.swap(false, Ordering::SeqCst)
    }

    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        // As long as it takes: migrations do.
        self.asked_within(self.client.batch_execute(sql), None)
    }

    pub(super) fn query(&self, sql: &str, cells: &[Cell<'_>]) -> Result<Vec<Row>> {
        if let Some(rows) = self.pipeline.answer(sql, cells) {
            let rows = self.wait(rows, Some(ANSWER));
            self.settle()?;
            return rows;
        }
        let statement = self.prepared(sql)?;
        let params = parameters(cells);
        self.asked(self.client.query(&statement, &params))
    }

    /// Asks what [`Self::query`] will want to know, without waiting.
    pub(super) fn ask(&self, sql: &str, cells: &[Cell<'_>]) -> Result<()> {
        // By whoever asks for everything, and by whoever wants it.
        if self.pipeline.is_asked(sql, cells) {
            return Ok(());
        }
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
    pub(super) fn send(&self, sql: &str, cells: &[Cell<'_>]) -> Result<()> {
        let (statement, values) = (self.prepared(sql)?, values(cells));
        self.flush();
        self.pipeline.forget_asked();
        let client = Arc::clone(&self.client);
        let statement = async move { client.execute_raw(&statement, values).await };
        self.pipeline.send(Box::pin(statement));
        Ok(())
    }

    /// Waits for all that was sent without waiting.
    pub(super) fn settle(&self) -> Result<()> {
        self.pipeline.settle(|statement| self.wait(statement, Some(ANSWER)))
    }

    fn flush(&self) {
        let ahead = self.ahead.take();
        self.unbegun.set(false);
        if !ahead.is_empty() {
            let client = Arc::clone(&self.client);
            let batch = async move { client.batch_execute(&ahead).await.map(|()| 0) };
            self.pipeline.send(Box::pin(batch));
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
        self.asked_within(question, Some(ANSWER))
    }

    fn asked_within<T>(
        &self,
        question: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
        limit: Option<Duration>,
    ) -> Result<T> {
        self.flush();
        let answer = self.wait(question, limit);
        // What was sent before was answered before; the first failure is the cause of those after it.
        self.settle()?;
        answer
    }

    /// Waits for the answer here.
    fn wait<T>(
        &self,
        question: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
        limit: Option<Duration>,
    ) -> Result<T> {
        if self.given_up.get() {
            return Err(late("did not answer", ANSWER).into());
        }
        let answered = async {
            match limit {
                Some(limit) => {
                    timeout(limit, question).await.map_err(|_| late("did not answer", limit))
                }
                None => Ok(question.await),
            }
        };
        let answer = match &self.home {
            Home::Own(io) => io.runtime()?.block_on(answered),
            Home::Shared(io) => {
                let _clock = io.runtime()?.enter();
                block_on(answered)
            }
        };
        Ok(answer.inspect_err(|_| self.given_up.set(true))??)
    }

    fn prepared(&self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let (written, translated) = (sql, dialect::for_postgres(sql));
        let sql = translated.as_str();
        let statement = self.wait(self.client.prepare(sql), Some(ANSWER))?;
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
