//! `/api/v1/mail`: how mail leaves, what waits, and a mail to oneself.

use countersign_store::FailedJob;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::operation::{Answer, Call, Described, Nothing, Operation};
use super::types::Time;
use crate::account::guard::Attempt;
use crate::account::{Refusal as AccountRefusal, Refused};
use crate::desk::Refusal;
use crate::language::Language;
use crate::mail::{self, Mail, NotSent};
use crate::problem::Problem;

/// Failures that are shown.
const MOST_FAILURES: u32 = 10;

/// How mail stands.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MailState")]
pub(crate) struct Shown {
    /// The server that takes it, without its login; null: it is written into files.
    server: Option<String>,
    /// Whom it comes from.
    sender: String,
    /// How many wait to be sent.
    waiting: u64,
    /// How many of them have failed before.
    failing: u64,
    /// The last that failed; not to whom they go.
    failures: Vec<Failure>,
}

/// A mail that did not leave.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MailFailure")]
struct Failure {
    /// When it was to be sent.
    created_at: Time,
    /// When it is tried again; null: it was given up.
    again_at: Option<Time>,
    /// How often it was tried.
    tries: u32,
    /// What went wrong the last time, in the words of the server.
    error: String,
}

impl From<FailedJob> for Failure {
    fn from(job: FailedJob) -> Self {
        let FailedJob { created_at, again_at, tries, error } = job;
        Self { created_at: Time(created_at), again_at: again_at.map(Time), tries, error }
    }
}

/// `GET`
pub(crate) fn show() -> Operation {
    Described::get("getMail", "Show how mail stands").run(shown)
}

async fn shown(call: Call) -> Result<Answer<Shown>, Problem> {
    let app = call.app();
    let jobs = app.store().jobs_waiting(mail::KIND).await.map_err(Refusal::Store)?;
    let failures = app.store().failed_jobs(mail::KIND, MOST_FAILURES).await;
    Ok(Answer::shown(Shown {
        server: app.config().smtp.as_ref().map(|smtp| smtp.shown().server),
        sender: app.mailroom().sender().to_owned(),
        waiting: jobs.waiting,
        failing: jobs.failing,
        failures: failures.map_err(Refusal::Store)?.into_iter().map(Failure::from).collect(),
    }))
}

/// What became of a test.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MailTest {
    /// To whom it went: the owner of the token.
    to: String,
    /// Whether it was taken.
    taken: bool,
    /// Why it was not, in the words of the server.
    refusal: Option<String>,
}

/// `POST`
pub(crate) fn test() -> Operation {
    Described::post("testMail", "Send a mail to the owner of the token")
        .more("It is sent before this answers. A few times, then ever more slowly, for all who do together.")
        .keyless()
        .example(|| json!({}))
        .run(tested)
}

async fn tested(call: Call<Nothing, Nothing, Nothing>) -> Result<Answer<MailTest>, Problem> {
    let (app, user) = (call.app(), &call.holder.user);
    match Attempt::test_mail(app).await {
        Ok(_counted) => {}
        Err(Refused::Because(AccountRefusal::Wait { seconds })) => {
            return Err(Problem::too_often("api-test-mail-often", seconds));
        }
        Err(Refused::Because(refusal)) => {
            return Err(Problem::internal(&format!("{refusal:?}")));
        }
        Err(Refused::Failed(error)) => return Err(Problem::failed(error)),
    }
    let language = user.language.as_deref().and_then(Language::by_code);
    let language = language.unwrap_or(Language::ENGLISH);
    let refusal = match mail::send_now(app, Mail::Test { user: user.id }, language).await {
        Ok(()) => None,
        Err(NotSent::Later(words) | NotSent::Never(words)) => Some(words),
    };
    Ok(Answer::shown(MailTest { to: user.email.clone(), taken: refusal.is_none(), refusal }))
}
