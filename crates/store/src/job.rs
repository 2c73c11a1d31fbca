//! Work to be done soon, by whichever process takes it: queued in the transaction that makes it necessary, taken by one
//! worker at a time, tried again later when it fails.

use crate::engine::Connection;
use crate::engine::writer::Scope;
use countersign_core::UnixSeconds;

use crate::error::Result;
use crate::row::{Columns, seconds};
use crate::{Store, audit, find, list, run};

const INSERT: &str = "INSERT INTO job (kind, payload, once, created_at, run_at) VALUES (?1, ?2, ?3, ?4, ?5) \
    ON CONFLICT DO NOTHING";
// The guard stands outside as well: where two nodes choose the same rows, the second finds them taken.
/// Jobs are taken and ended by themselves: nothing else is decided by who works on them.
const JOBS: Scope<'static> = Scope::Keys(&["jobs"]);
const TAKE: &str = "UPDATE job SET tries = tries + 1, locked_until = ?3 \
    WHERE seq IN (SELECT seq FROM job WHERE kind = ?1 AND done_at IS NULL AND run_at <= ?2 \
    AND (locked_until IS NULL OR locked_until <= ?2) ORDER BY run_at, seq LIMIT ?4) \
    AND done_at IS NULL AND (locked_until IS NULL OR locked_until <= ?2) \
    RETURNING seq, payload, created_at, tries";
const DONE: &str = "UPDATE job SET done_at = ?3, payload = '', locked_until = NULL, last_error = NULL \
    WHERE seq = ?1 AND tries = ?2 AND done_at IS NULL";
const RETRY: &str = "UPDATE job SET run_at = ?3, locked_until = NULL, last_error = ?4 \
    WHERE seq = ?1 AND tries = ?2 AND done_at IS NULL";
const GIVE_UP: &str = "UPDATE job SET done_at = ?3, payload = '', locked_until = NULL, last_error = ?4 \
    WHERE seq = ?1 AND tries = ?2 AND done_at IS NULL";
const FORGET: &str = "DELETE FROM job WHERE done_at < ?1";
const COUNT: &str = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN last_error IS NULL THEN 0 ELSE 1 END), 0) \
    FROM job WHERE kind = ?1 AND done_at IS NULL";
const FAILED: &str = "SELECT created_at, run_at, tries, last_error, done_at FROM job WHERE kind = ?1 AND last_error IS NOT NULL \
    ORDER BY seq DESC LIMIT ?2";

/// The longest error text that is kept.
const LONGEST_ERROR: usize = 500;
/// How long a finished job is kept for those who look into what happened.
const KEPT_SECONDS: u64 = 7 * 86_400;

/// Work to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Who takes it, e.g. `mail`.
    pub kind: &'static str,
    /// What is to be done. No secrets: it lies in the database.
    pub payload: String,
    /// While a job with this key waits, another one is not queued.
    pub once: Option<String>,
    /// Not before this time.
    pub run_at: UnixSeconds,
}

/// Work that a worker has taken: nobody else does it while the lock lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub seq: i64,
    /// What is to be done.
    pub payload: String,
    /// When it was queued.
    pub created_at: UnixSeconds,
    /// Which try this is, from 1.
    pub tries: u32,
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobsWaiting {
    /// Jobs that are not done yet.
    pub waiting: u64,
    /// Those of them that failed at least once.
    pub failing: u64,
}

/// A job that failed: it waits for its next try, or was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedJob {
    /// When it was queued.
    pub created_at: UnixSeconds,
    /// When it is tried again; `None`: it was given up.
    pub again_at: Option<UnixSeconds>,
    /// How often it was tried.
    pub tries: u32,
    /// What went wrong the last time.
    pub error: String,
}

impl Store {
    /// Queues work.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enqueue(&self, job: NewJob, now: UnixSeconds) -> Result<()> {
        self.write(move |c| enqueue(c, &job, now)).await
    }

    /// Takes at most `most` jobs that are due. Each is this worker's for `lock_seconds`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_jobs(
        &self,
        kind: &'static str,
        most: u32,
        lock_seconds: u64,
        now: UnixSeconds,
    ) -> Result<Vec<Job>> {
        let values = (kind, seconds(now), seconds(now + lock_seconds), most);
        self.write_in(JOBS, move |c| list(c, TAKE, values, map)).await
    }

    /// The job is done. `false` when it is somebody else's by now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_done(&self, job: &Job, now: UnixSeconds) -> Result<bool> {
        let (seq, tries) = (job.seq, job.tries);
        self.write_in(JOBS, move |c| {
            run(c, FORGET, [seconds(now.saturating_sub(KEPT_SECONDS))])?;
            Ok(run(c, DONE, (seq, tries, seconds(now)))? == 1)
        })
        .await
    }

    /// The job failed and is tried again at `run_at`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_failed(&self, job: &Job, error: &str, run_at: UnixSeconds) -> Result<bool> {
        let (seq, tries, error) = (job.seq, job.tries, cut(error));
        let retry =
            move |c: &Connection| Ok(run(c, RETRY, (seq, tries, seconds(run_at), &error))? == 1);
        self.write_in(JOBS, retry).await
    }

    /// The job failed and is not tried again. `action` goes into the audit log, to `subject`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_given_up(
        &self,
        job: &Job,
        error: &str,
        action: &'static str,
        subject: JobSubject,
        now: UnixSeconds,
    ) -> Result<bool> {
        let (seq, tries, error) = (job.seq, job.tries, cut(error));
        self.write(move |c| {
            let ours = run(c, GIVE_UP, (seq, tries, seconds(now), &error))? == 1;
            match &subject {
                _ if !ours => {}
                JobSubject::User(user) => {
                    audit::record_of_user(c, *user, now, "portal", action, &error)?;
                }
                JobSubject::Other(subject) => {
                    audit::record(c, now, "portal", action, subject, &error)?;
                }
            }
            Ok(ours)
        })
        .await
    }

    /// How much work of a kind waits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn jobs_waiting(&self, kind: &str) -> Result<JobsWaiting> {
        let count =
            |row: &mut Columns<'_>| Ok(JobsWaiting { waiting: row.time()?, failing: row.time()? });
        let found = self.read(|c| find(c, COUNT, [kind], count))?;
        Ok(found.unwrap_or(JobsWaiting { waiting: 0, failing: 0 }))
    }
}

impl Store {
    /// Jobs of a kind that failed, the newest first: those that wait, and those that were given up in the last days.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn failed_jobs(&self, kind: &str, most: u32) -> Result<Vec<FailedJob>> {
        self.read(|c| {
            list(c, FAILED, (kind, most), |row| {
                let (created_at, run_at, tries) = (row.time()?, row.time()?, row.take()?);
                let (error, done_at) = (row.text()?, row.optional_time()?);
                let again_at = done_at.is_none().then_some(run_at);
                Ok(FailedJob { created_at, again_at, tries, error })
            })
        })
    }
}

/// Whom a job was about, in the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobSubject {
    /// A user: their organization sees it too.
    User(countersign_core::Id),
    /// Something else, in a word.
    Other(String),
}

/// Queues work inside the transaction that makes it necessary.
pub(crate) fn enqueue(c: &Connection, job: &NewJob, now: UnixSeconds) -> Result<()> {
    let values = (job.kind, &job.payload, &job.once, seconds(now), seconds(job.run_at));
    run(c, INSERT, values).map(|_| ())
}

fn cut(error: &str) -> String {
    error.chars().take(LONGEST_ERROR).collect()
}

fn map(row: &mut Columns<'_>) -> Result<Job> {
    Ok(Job { seq: row.take()?, payload: row.text()?, created_at: row.time()?, tries: row.take()? })
}
