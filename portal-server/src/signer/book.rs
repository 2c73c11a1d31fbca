//! The signer's book: one thread that decides, signs and journals. Nothing is handed out before it is on disk; what waits at
//! the same time is synced together.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use countersign_core::checkpoint::Checkpoint;
use countersign_core::release::Release;
use countersign_core::response::Response;
use countersign_core::{Hash, Thumbprint, UnixSeconds, pem};
use countersign_journal::{Form, Head, Journal, New};
use tokio::sync::{mpsc, oneshot, watch};

use super::folder::{Folder, Held};
use super::limits::Limits;
use super::wire::{Declined, code};
use crate::clock::{Clock, Entropy, Rng};

/// So many are synced together, and so many wait before the connections do.
const GROUP: usize = 256;

/// What is to be signed. Whether it was asked for has been looked at.
#[derive(Debug)]
pub enum Wanted {
    /// A response.
    Response(Box<Response>),
    /// A checksum list.
    Release(Box<Release>),
    /// A checkpoint of the portal's audit log.
    Checkpoint(Box<Checkpoint>),
}

/// Signs and journals.
#[derive(Debug, Clone)]
pub struct Book {
    jobs: mpsc::Sender<Job>,
    head: Arc<Mutex<Head>>,
    ended: watch::Receiver<bool>,
}

#[derive(Debug)]
struct Job {
    wanted: Wanted,
    answer: oneshot::Sender<Result<String, Declined>>,
}

impl Wanted {
    /// What the journal calls the request.
    fn request(&self) -> Hash {
        match self {
            Self::Response(response) => response.request.hash,
            Self::Release(release) => Hash::of(release.id.to_string()),
            Self::Checkpoint(checkpoint) => checkpoint.place(),
        }
    }

    fn issued_at(&self) -> UnixSeconds {
        match self {
            Self::Response(response) => response.issued_at,
            Self::Release(release) => release.issued_at,
            Self::Checkpoint(checkpoint) => checkpoint.issued_at,
        }
    }

    fn is_grant(&self) -> bool {
        matches!(self, Self::Response(response) if response.granted().is_some())
    }
}

impl Book {
    /// Opens the journal of the key that is held, and begins to sign. It ends when the last of these is dropped.
    ///
    /// # Errors
    /// When the journal is wrong or cannot be opened.
    pub fn open(
        folder: Arc<Folder>,
        limits: Limits,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> anyhow::Result<Self> {
        let journal = open_journal(&folder, &folder.held(), clock.now(), entropy.as_ref())?;
        let head = Arc::new(Mutex::new(journal.head()));
        let (jobs, queue) = mpsc::channel(GROUP);
        let (running, ended) = watch::channel(false);
        let writer = Writer {
            folder,
            limits,
            clock,
            entropy,
            journal,
            head: Arc::clone(&head),
            _running: running,
        };
        std::thread::Builder::new()
            .name("signer-book".to_owned())
            .spawn(move || writer.run(queue))
            .context("the thread that signs cannot be started")?;
        Ok(Self { jobs, head, ended })
    }

    /// Where the journal ends.
    pub fn head(&self) -> Head {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is cut off when nothing is written any more and the folder is free.
    pub(super) fn ended(&self) -> watch::Receiver<bool> {
        self.ended.clone()
    }

    /// Signs: the bare token, which is on disk by then.
    ///
    /// # Errors
    /// [`Declined`]: by scope, limit or journal.
    pub async fn sign(&self, wanted: Wanted) -> Result<String, Declined> {
        let (answer, answered) = oneshot::channel();
        let ended = || Declined::new(code::ENDING, "the signer is ending");
        self.jobs.send(Job { wanted, answer }).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

struct Writer {
    folder: Arc<Folder>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    journal: Journal,
    head: Arc<Mutex<Head>>,
    /// The last to be dropped.
    _running: watch::Sender<bool>,
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut group = Vec::with_capacity(GROUP);
        while queue.blocking_recv_many(&mut group, GROUP) > 0 {
            let (wanted, answers): (Vec<_>, Vec<_>) =
                group.drain(..).map(|job| (job.wanted, job.answer)).unzip();
            let results = match self.sign(&wanted) {
                Ok(results) => results,
                Err(declined) => {
                    tracing::error!(
                        code = declined.code,
                        fact = declined.fact,
                        "nothing is signed"
                    );
                    wanted.iter().map(|_| Err(declined.clone())).collect()
                }
            };
            *self.head.lock().unwrap_or_else(PoisonError::into_inner) = self.journal.head();
            for (answer, result) in answers.into_iter().zip(results) {
                // Who asked may have gone away: it stands in the journal all the same.
                let _ = answer.send(result);
            }
        }
    }

    /// Signs a group. All that is signed is on disk when this comes back.
    fn sign(&mut self, group: &[Wanted]) -> Result<Vec<Result<String, Declined>>, Declined> {
        let held = self.folder.held();
        if self.journal.opening().kid != held.kid {
            let (now, entropy) = (self.clock.now(), self.entropy.as_ref());
            self.journal = open_journal(&self.folder, &held, now, entropy)
                .map_err(|error| Declined::new("journal-io", format!("{error:#}")))?;
        }
        let now = self.clock.now();
        let mut locked = self.journal.lock().map_err(|error| Declined::from(&error))?;
        let mut granted = locked.granted(&held.chain);
        let mut entries: Vec<New> = Vec::with_capacity(group.len());
        let mut here: HashMap<Hash, u64> = HashMap::with_capacity(group.len());
        let mut results = Vec::with_capacity(group.len());
        for wanted in group {
            let request = wanted.request();
            let of_request = here.entry(request).or_default();
            let also = (entries.len() as u64, *of_request);
            let signed = self
                .limits
                .check_number(&locked, &request, also, now)
                .and_then(|()| Ok(token(&held, wanted, granted + 1)?));
            if let Ok(token) = &signed {
                *of_request += 1;
                granted += u64::from(wanted.is_grant());
                entries.push(New {
                    at: wanted.issued_at(),
                    request,
                    response: token.clone(),
                    under: wanted.is_grant().then_some(held.chain),
                });
            }
            results.push(signed);
        }
        locked.append(&entries).map_err(|error| Declined::from(&error))?;
        Ok(results)
    }
}

/// The token; a grant is number `count` under a delegation that counts them.
fn token(held: &Held, wanted: &Wanted, count: u64) -> countersign_core::Result<String> {
    match wanted {
        Wanted::Response(response) => held.signer.sign_counted(response, count),
        Wanted::Release(release) => held.signer.sign_release(release),
        Wanted::Checkpoint(checkpoint) => held.signer.sign_checkpoint(checkpoint),
    }
}

/// The journal of the key that is held, with its public half beside it.
fn open_journal(
    folder: &Folder,
    held: &Held,
    now: UnixSeconds,
    entropy: &dyn Entropy,
) -> anyhow::Result<Journal> {
    let place = folder.journals();
    crate::keys::private_folder(&place)?;
    let stem = place.join(stem(&held.kid));
    let path = stem.with_extension("journal");
    let public = stem.with_extension("pub");
    if !public.exists() {
        write_public(&public, held)?;
    }
    let opened = Journal::open_as(Form::Signatures, &path, &held.kid, now, &mut Rng(entropy));
    let (journal, opened) =
        opened.map_err(|error| anyhow::anyhow!("{error}. {}", error.advice()))?;
    if opened.cut > 0 {
        tracing::warn!(
            bytes = opened.cut,
            journal = %path.display(),
            "the last line had not been written whole and was cut off: its token was never handed out"
        );
    }
    Ok(journal)
}

fn write_public(path: &Path, held: &Held) -> anyhow::Result<()> {
    crate::keys::write_private_file(path, &pem::write_public(&held.papers.delegation.key))
}

/// Not the thumbprint alone: it may begin with a hyphen, as options do.
fn stem(kid: &Thumbprint) -> String {
    format!("key-{kid}")
}
