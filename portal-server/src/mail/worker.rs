//! The worker: takes mail from the database one by one, sends it, and notes how that went. Several processes may do this
//! at once. A mail gets through at least once: a crash between sending and noting sends it again, under the same
//! Message-ID.

use std::time::Duration;

use anyhow::bail;
use countersign_store::{Job, JobSubject};
use tokio::sync::{Notify, watch};

use super::letter::Writer;
use super::prepare::{Addressed, prepare, subject_of};
use super::transport::{NotSent, Transport};
use super::{KIND, Mail, Queued, letter, message};
use crate::app::App;
use crate::config::Config;
use crate::language::Language;

/// Who mail in an outbox comes from when nobody is named.
const OUTBOX_SENDER: &str = "portal@localhost";
/// How long a mail is this worker's: longer than any server may take to answer.
const LOCK_SECONDS: u64 = 300;
/// How often the database is asked when nobody calls.
const IDLE: Duration = Duration::from_secs(1);
/// The first wait after a failure; it doubles up to the longest.
const FIRST_WAIT: u64 = 30;
const LONGEST_WAIT: u64 = 3600;
/// How long somebody waits for a server's word.
const CONVERSATION: Duration = Duration::from_secs(60);
/// After so many tries, some twelve hours, a mail is given up.
const MOST_TRIES: u32 = 18;

/// Where mail goes out.
pub(crate) struct Mailroom {
    transport: Transport,
    /// An address, or a name with an address.
    from: String,
    call: Notify,
}

impl Mailroom {
    /// As the operator set it.
    ///
    /// # Errors
    /// When the server's URL or the sender cannot be understood.
    pub(crate) fn open(config: &Config, vendor: &str) -> anyhow::Result<Self> {
        let from = match (&config.mail_from, &config.smtp) {
            (Some(from), _) => from,
            (None, None) => OUTBOX_SENDER,
            (None, Some(_)) => {
                bail!("mail to a server needs a sender: --mail-from \"Name <address>\"")
            }
        };
        // Read again for each mail, since the vendor's name may change; what cannot be read is said now.
        message::sender(from, vendor)?;
        let from = from.to_owned();
        let transport = Transport::new(config.smtp.as_ref(), &config.data)?;
        Ok(Self { transport, from, call: Notify::new() })
    }

    /// Whom mail comes from, as the operator set it.
    pub(crate) fn sender(&self) -> &str {
        &self.from
    }

    /// There is something to send.
    pub(crate) fn wake(&self) {
        self.call.notify_one();
    }
}

/// Sends what is queued until `stop` says true. What is under way is finished.
pub(crate) async fn run(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match send_one(&app).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "mail cannot be taken from the database"),
        }
        tokio::select! {
            () = app.mailroom().call.notified() => {}
            () = tokio::time::sleep(IDLE) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Sends the mail that is due first, if any.
async fn send_one(app: &App) -> anyhow::Result<bool> {
    let taken = app.store().take_jobs(KIND, 1, LOCK_SECONDS, app.now()).await?;
    let Some(job) = taken.into_iter().next() else { return Ok(false) };
    let queued = serde_json::from_str::<Queued>(&job.payload);
    let outcome = match &queued {
        Err(error) => Err(NotSent::Never(format!("the job cannot be read: {error}"))),
        Ok(_) if job.tries > MOST_TRIES => {
            Err(NotSent::Never(format!("not through after {MOST_TRIES} tries")))
        }
        Ok(queued) => {
            let unique = format!("{}-{}-{}", job.created_at, job.seq, job.payload);
            try_to_send(app, queued, &unique, format!("{}-{}.eml", job.created_at, job.seq)).await
        }
    };
    let mail = queued.ok().map(|queued| queued.mail);
    note(app, &job, mail.as_ref(), outcome).await?;
    Ok(true)
}

/// Sends a mail past the queue and waits until the server has taken or refused it.
pub(crate) async fn send_now(app: &App, mail: Mail, language: Language) -> Result<(), NotSent> {
    let (queued, now) = (Queued { mail, language: language.code() }, app.now());
    let (unique, _) = app.secret();
    let sent = try_to_send(app, &queued, &unique, format!("{now}-0.eml"));
    let waited = tokio::time::timeout(CONVERSATION, sent).await;
    waited.unwrap_or_else(|_| Err(NotSent::Later("the server took too long".to_owned())))
}

/// `unique` makes the message's id, `name` is that of its file in an outbox.
async fn try_to_send(
    app: &App,
    queued: &Queued,
    unique: &str,
    name: String,
) -> Result<(), NotSent> {
    let later = |error: anyhow::Error| NotSent::Later(format!("{error:#}"));
    let Some(Addressed { to, letter, language }) =
        prepare(app, &queued.mail).await.map_err(later)?
    else {
        return Ok(());
    };
    let to = to.parse().map_err(|e| NotSent::Never(format!("no address to write to: {e}")))?;
    let code = language.as_deref().unwrap_or(&queued.language);
    let language = Language::by_code(code).unwrap_or(Language::ENGLISH);
    let (look, room) = (app.look().await, app.mailroom());
    let support = look.support.as_ref().map(|link| link.in_plain_text());
    let words = letter::words(&letter, language, Writer { vendor: &look.name, support });
    let from = message::sender(&room.from, &look.name).map_err(later)?;
    let sealed = message::seal(&from, &to, &words, unique, app.now()).map_err(later)?;
    room.transport.send(sealed, name).await
}

async fn note(
    app: &App,
    job: &Job,
    mail: Option<&Mail>,
    outcome: Result<(), NotSent>,
) -> anyhow::Result<()> {
    let now = app.now();
    match outcome {
        Ok(()) => {
            app.store().job_done(job, now).await?;
        }
        Err(NotSent::Later(error)) if job.tries < MOST_TRIES => {
            tracing::warn!(job = job.seq, tries = job.tries, %error, "a mail waits");
            app.store().job_failed(job, &error, now + wait(job.tries)).await?;
        }
        Err(NotSent::Later(error) | NotSent::Never(error)) => {
            tracing::error!(job = job.seq, %error, "a mail is given up");
            let subject = mail.and_then(subject_of).map(JobSubject::User);
            let subject = subject.unwrap_or_else(|| JobSubject::Other(format!("job:{}", job.seq)));
            app.store().job_given_up(job, &error, "mail.given-up", subject, now).await?;
        }
    }
    Ok(())
}

fn wait(tries: u32) -> u64 {
    FIRST_WAIT.saturating_mul(1 << (tries.max(1) - 1).min(16)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_an_hour_and_end_within_a_day() {
        assert_eq!([1, 2, 3, 9, 99].map(wait), [30, 60, 120, 3600, 3600]);
        assert!((1..MOST_TRIES).map(wait).sum::<u64>() < 86_400);
    }
}
