//! Reaches a signer by its socket: some connections, each with one question at a time.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign_core::Hash;
use countersign_core::checkpoint::Checkpoint;
use countersign_core::release::Release;
use countersign_core::response::Response;
use countersign_journal::Head;
use tokio::net::UnixStream;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use super::{Evidence, NotSigned, Public};
use crate::signer::wire::{self, Ask, Declined, Reply, Said, Shown, VERSION, What, code};

/// What asks at the same time is synced by the signer together: enough for that, and few enough to be kept open.
const CONNECTIONS: usize = 32;
/// How long a question waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the signer may take to be there.
const CONNECT: Duration = Duration::from_secs(2);
/// An answer this long ago says that it is there.
const RECENT: Duration = Duration::from_secs(2);
/// How long it may take to answer: its disk may be busy.
const ANSWER: Duration = Duration::from_secs(10);

/// Reaches a signer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    socket: PathBuf,
    places: Semaphore,
    idle: Mutex<Vec<UnixStream>>,
    /// Of what the signer signs with, as it said last.
    state: Mutex<Option<Hash>>,
    /// When it answered last, if nothing has gone wrong since.
    answered: Mutex<Option<Instant>>,
    changed: Notify,
}

/// What a signer says of itself.
#[derive(Debug)]
pub struct State {
    /// Root, chain, rotations, list.
    pub public: Public,
    /// Where its journal ends.
    pub head: Head,
}

/// The signer does not answer.
#[derive(Debug, thiserror::Error)]
#[error("the signer at {socket} does not answer: {why}")]
pub struct Away {
    /// Its socket.
    pub socket: PathBuf,
    /// What the system said.
    pub why: String,
}

impl Client {
    /// For the signer at this socket, which need not be there yet.
    pub fn new(socket: PathBuf) -> Self {
        let inner = Inner {
            socket,
            places: Semaphore::new(CONNECTIONS),
            idle: Mutex::default(),
            state: Mutex::default(),
            answered: Mutex::default(),
            changed: Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Where the signer is.
    pub fn socket(&self) -> &Path {
        &self.inner.socket
    }

    /// What the signer signs with.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn state(&self) -> Result<State, Away> {
        match self.ask(What::State).await? {
            Said::State { public, count, head } => {
                Ok(State { public, head: Head { count, hash: head } })
            }
            _ => Err(self.away("it answers something else")),
        }
    }

    /// Whether the signer answers, asked within the last seconds or now: on a busy one nobody waits for that.
    pub(super) async fn is_reachable(&self, within: Duration) -> bool {
        let last = *self.inner.answered.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < RECENT) {
            return true;
        }
        let state = tokio::time::timeout(within, self.state()).await;
        state.is_ok_and(|state| state.is_ok())
    }

    /// Comes back when the signer has said that it signs with something else than before.
    pub async fn changed(&self) {
        self.inner.changed.notified().await;
    }

    pub(super) async fn sign(
        &self,
        evidence: Evidence<'_>,
        response: &Response,
    ) -> Result<String, NotSigned> {
        let evidence = match evidence {
            Evidence::Request(token) => Shown::Request(token.to_owned()),
            Evidence::Earlier(Some(token)) => Shown::Earlier(token.to_owned()),
            Evidence::Earlier(None) => return Err(NotSigned::NoEvidence),
        };
        let is_renewal = matches!(evidence, Shown::Earlier(_));
        match self.token(What::Sign { evidence, response: response.to_unsigned() }).await {
            // Such as one that a stolen key signed: a new request of the machine will do.
            Err(NotSigned::Declined(declined))
                if is_renewal && declined.code == code::NOT_ASKED_FOR =>
            {
                tracing::warn!(
                    fact = declined.fact,
                    "the signer does not take an earlier response"
                );
                Err(NotSigned::NoEvidence)
            }
            signed => signed,
        }
    }

    pub(super) async fn sign_release(&self, release: &Release) -> Result<String, NotSigned> {
        self.token(What::SignRelease { release: release.to_unsigned() }).await
    }

    pub(super) async fn sign_checkpoint(
        &self,
        checkpoint: &Checkpoint,
    ) -> Result<String, NotSigned> {
        self.token(What::SignCheckpoint { checkpoint: checkpoint.to_unsigned() }).await
    }

    async fn token(&self, what: What) -> Result<String, NotSigned> {
        match self.ask(what).await? {
            Said::Signed { token } => Ok(token),
            Said::Declined(declined) => Err(not_signed(declined)),
            Said::State { .. } => Err(self.away("it answers something else").into()),
        }
    }

    /// Asks on a connection that is open, or on a new one. A signer that was started again has closed the open ones: then it
    /// is asked once more. What it had signed for the first question stands in its journal and is handed to nobody.
    async fn ask(&self, what: What) -> Result<Said, Away> {
        let said = self.ask_somehow(what).await;
        let now = said.is_ok().then(Instant::now);
        *self.inner.answered.lock().unwrap_or_else(PoisonError::into_inner) = now;
        said
    }

    async fn ask_somehow(&self, what: What) -> Result<Said, Away> {
        let place = tokio::time::timeout(PATIENCE, self.inner.places.acquire()).await;
        let _place = place.map_err(|_| self.away("all connections to it are in use"))?;
        let ask = Ask { v: VERSION, what };
        let open = self.idle().pop();
        if let Some(stream) = open {
            match self.ask_on(stream, &ask).await {
                Ok(said) => return Ok(said),
                // It had its time.
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Err(self.away(&error.to_string()));
                }
                Err(_) => self.idle().clear(),
            }
        }
        let connected = tokio::time::timeout(CONNECT, UnixStream::connect(self.socket())).await;
        let stream = connected.unwrap_or_else(|late| Err(late.into()));
        let stream = stream.map_err(|error| self.away(&error.to_string()))?;
        self.ask_on(stream, &ask).await.map_err(|error| self.away(&error.to_string()))
    }

    async fn ask_on(&self, mut stream: UnixStream, ask: &Ask) -> io::Result<Said> {
        wire::write(&mut stream, ask, ANSWER).await?;
        let reply = wire::read::<Reply>(&mut stream, ANSWER, ANSWER).await?;
        let reply = reply.ok_or(io::ErrorKind::UnexpectedEof)?;
        if reply.v != VERSION {
            let why = format!("its messages are of version {}, not {VERSION}", reply.v);
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        if let Some(state) = reply.state {
            self.note(state);
            self.idle().push(stream);
        }
        Ok(reply.said)
    }

    fn note(&self, state: Hash) {
        let mut known = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        if known.replace(state).is_some_and(|before| before != state) {
            self.inner.changed.notify_one();
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<UnixStream>> {
        self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn away(&self, why: &str) -> Away {
        Away { socket: self.inner.socket.clone(), why: why.to_owned() }
    }
}

/// A code of the format is that of the format here, too.
fn not_signed(declined: Declined) -> NotSigned {
    let known = countersign_core::Code::ALL.iter().find(|known| known.as_str() == declined.code);
    match (known, declined.code.as_str()) {
        (Some(known), _) => countersign_core::Error::new(*known, declined.fact).into(),
        (None, code::TOO_MUCH) => NotSigned::TooMuch {
            fact: declined.fact,
            retry_after: declined.retry_after.unwrap_or(60),
        },
        // It cannot write its journal, or it is ending: who waits a little is answered.
        (None, journal) if journal.starts_with("journal-") || journal == code::ENDING => {
            tracing::error!(declined.code, declined.fact, "the signer cannot sign now");
            NotSigned::Unable
        }
        (None, _) => NotSigned::Declined(declined),
    }
}
