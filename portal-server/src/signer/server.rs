//! The socket: who may connect, and one question after the other on each connection.

use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use countersign_core::checkpoint::Checkpoint;
use countersign_core::release::Release;
use countersign_core::response::Response;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};

use super::book::{Book, Wanted};
use super::evidence;
use super::folder::{Folder, Held};
use super::limits::{Limits, check_time};
use super::until;
use super::wire::{self, Ask, Declined, Reply, Said, VERSION, What, code};
use crate::clock::Clock;
use crate::signing::Public;

/// More connections than a portal opens; further ones are closed at once.
const MOST_CONNECTIONS: u32 = 256;
/// A connection on which nobody asks anything is closed.
const IDLE: Duration = Duration::from_secs(120);
/// A message that has begun is whole within this time, and an answer is taken.
const WHOLE: Duration = Duration::from_secs(5);
/// What is under way at the end is finished within this time.
pub(super) const DRAIN: Duration = Duration::from_secs(10);

/// What every connection needs.
pub(super) struct Desk {
    pub(super) folder: Arc<Folder>,
    pub(super) book: Book,
    pub(super) limits: Limits,
    pub(super) clock: Arc<dyn Clock>,
    /// Users who may ask; empty: whoever may open the socket.
    pub(super) allowed: Vec<u32>,
}

/// A socket that is taken away when this is dropped.
#[derive(Debug)]
pub(super) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Makes the socket, for its owner and its group. One that nobody listens on is replaced.
    ///
    /// # Errors
    /// When somebody listens there, when something else lies there, or when it cannot be made.
    pub(super) fn bind(path: &Path) -> anyhow::Result<Self> {
        check_place(path)?;
        // Made beside its place: there it has its rights from the first moment on.
        let beside = beside(path);
        let _ = std::fs::remove_file(&beside);
        let listener = UnixListener::bind(&beside)
            .with_context(|| format!("the socket {} cannot be made", path.display()))?;
        let set = std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o660));
        let moved = set.and_then(|()| std::fs::rename(&beside, path));
        if let Err(error) = moved {
            let _ = std::fs::remove_file(&beside);
            return Err(error)
                .with_context(|| format!("the socket {} cannot be made", path.display()));
        }
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Answers until `stopped`; what is under way then is finished.
    pub(super) async fn serve(self, desk: Arc<Desk>, stopped: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS as usize));
        let mut ended = stopped.clone();
        loop {
            let stream = tokio::select! {
                () = until(&mut ended) => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        // Such as too many open files: it passes.
                        tracing::warn!(%error, "a connection could not be taken");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            if !desk.lets_in(&stream) {
                continue;
            }
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                tracing::warn!("more than {MOST_CONNECTIONS} connections: one was closed");
                continue;
            };
            let (desk, stopped) = (Arc::clone(&desk), stopped.clone());
            tokio::spawn(async move {
                if let Err(error) = desk.talk(stream, stopped).await {
                    tracing::debug!(%error, "a connection ended");
                }
                drop(place);
            });
        }
        // All places are free when nobody is answered any more.
        let _ = tokio::time::timeout(DRAIN, places.acquire_many(MOST_CONNECTIONS)).await;
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Desk {
    fn lets_in(&self, stream: &UnixStream) -> bool {
        if self.allowed.is_empty() {
            return true;
        }
        let uid = stream.peer_cred().map(|peer| peer.uid());
        let lets_in = uid.as_ref().is_ok_and(|uid| self.allowed.contains(uid));
        if !lets_in {
            tracing::warn!(uid = ?uid, "somebody who may not ask has connected");
        }
        lets_in
    }

    async fn talk(
        &self,
        mut stream: UnixStream,
        mut stopped: watch::Receiver<bool>,
    ) -> io::Result<()> {
        loop {
            let read = tokio::select! {
                () = until(&mut stopped) => return Ok(()),
                read = wire::read::<Ask>(&mut stream, IDLE, WHOLE) => read,
            };
            match read {
                Ok(None) => return Ok(()),
                Ok(Some(ask)) => {
                    let reply = self.answer(ask).await;
                    wire::write(&mut stream, &reply, WHOLE).await?;
                }
                // Where the next message begins is not known any more.
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    let said = Said::Declined(Declined::new(code::BAD_MESSAGE, error.to_string()));
                    let reply = Reply { v: VERSION, state: None, said };
                    return wire::write(&mut stream, &reply, WHOLE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn answer(&self, ask: Ask) -> Reply {
        let held = self.folder.held();
        let state = Some(held.state);
        let said = match self.say(ask, &held).await {
            Ok(said) => said,
            Err(declined) => {
                tracing::warn!(code = declined.code, fact = declined.fact, "not signed");
                Said::Declined(declined)
            }
        };
        Reply { v: VERSION, state, said }
    }

    async fn say(&self, ask: Ask, held: &Held) -> Result<Said, Declined> {
        if ask.v != VERSION {
            let fact = format!("the message is of version {}, and here it is {VERSION}", ask.v);
            return Err(Declined::new(code::BAD_MESSAGE, fact));
        }
        let (now, papers) = (self.clock.now(), &held.papers);
        let wanted = match ask.what {
            What::State => {
                let head = self.book.head();
                let public = Public::of(papers);
                return Ok(Said::State { public, count: head.count, head: head.hash });
            }
            What::Sign { evidence: shown, response } => {
                let response = Response::from_unsigned(&response)?;
                check_time(response.issued_at, papers, now)?;
                self.limits.check_length(&response)?;
                evidence::check(&shown, &response, papers)?;
                Wanted::Response(Box::new(response))
            }
            What::SignRelease { release } => {
                let release = Release::from_unsigned(&release)?;
                check_time(release.issued_at, papers, now)?;
                self.limits.check_releases()?;
                Wanted::Release(Box::new(release))
            }
            What::SignCheckpoint { checkpoint } => {
                let checkpoint = Checkpoint::from_unsigned(&checkpoint)?;
                check_time(checkpoint.issued_at, papers, now)?;
                Wanted::Checkpoint(Box::new(checkpoint))
            }
        };
        Ok(Said::Signed { token: self.book.sign(wanted).await? })
    }
}

/// Nothing is there, or a socket that nobody listens on.
fn check_place(path: &Path) -> anyhow::Result<()> {
    let about = match std::fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).context(path.display().to_string()),
    };
    if !about.file_type().is_socket() {
        bail!(
            "{} is there and is no socket: nothing was changed. Name another place with --socket",
            path.display()
        );
    }
    match StdStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).context(path.display().to_string()),
        Ok(_) => bail!(
            "a signer listens on {} already: nothing was changed. End it first",
            path.display()
        ),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}
