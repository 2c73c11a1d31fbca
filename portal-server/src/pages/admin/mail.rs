//! `/admin/settings/mail`: how mail leaves, what waits, and a mail to oneself.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use countersign_store::FailedJob;

use super::ErrorPage;
use crate::access::Visitor;
use crate::account::guard::Attempt;
use crate::app::App;
use crate::mail::{self, Mail, NotSent, ShownSmtp};
use crate::pages::{Frame, page};

/// Failures that are shown.
const MOST_FAILURES: u32 = 10;

#[derive(Template)]
#[template(path = "admin/mail.html")]
struct MailPage {
    frame: Frame,
    /// The server; `None`: an outbox.
    server: Option<ShownSmtp>,
    outbox: String,
    sender: String,
    to: String,
    waiting: u64,
    failing: u64,
    failures: Vec<FailedJob>,
    outcome: Option<Outcome>,
}

/// What became of a test.
enum Outcome {
    Taken,
    Refused(String),
}

/// The page.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    show_with(&app, &visitor, None).await
}

/// Sends a mail to whoever asks, and says what the server said.
pub(crate) async fn test(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    // Counted for all of them: what is spared is the server.
    let _counted = Attempt::test_mail(&app).await?;
    let outcome = match mail::send_now(&app, Mail::Test { user: admin.id }, visitor.language).await
    {
        Ok(()) => Outcome::Taken,
        Err(NotSent::Later(words) | NotSent::Never(words)) => Outcome::Refused(words),
    };
    show_with(&app, &visitor, Some(outcome)).await
}

async fn show_with(
    app: &App,
    visitor: &Visitor,
    outcome: Option<Outcome>,
) -> Result<Response, ErrorPage> {
    let jobs = app.store().jobs_waiting(mail::KIND).await?;
    let config = app.config();
    Ok(page(&MailPage {
        frame: Frame::new(app, visitor),
        server: config.smtp.as_ref().map(mail::Smtp::shown),
        outbox: config.data.join("outbox").display().to_string(),
        sender: app.mailroom().sender().to_owned(),
        to: visitor.user()?.email,
        waiting: jobs.waiting,
        failing: jobs.failing,
        failures: app.store().failed_jobs(mail::KIND, MOST_FAILURES).await?,
        outcome,
    }))
}
