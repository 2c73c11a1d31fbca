//! The two-person rule, for people: an act becomes a proposal, and the other admins hear of it by mail.

use countersign_store::{Act, Proposed, User};

use crate::app::App;
use crate::language::Language;
use crate::licensing::Trouble;
use crate::mail::Mail;
use crate::pages::ErrorPage;

/// Proposes an act in the name of an admin.
///
/// # Errors
/// When nobody else could approve it, or too many wait: nothing was done then.
pub(crate) async fn propose(
    app: &App,
    by: &User,
    act: Act,
    language: Language,
) -> Result<(), ErrorPage> {
    Ok(ask(app, by, act, language).await?)
}

/// The same, for who shows no page.
///
/// # Errors
/// As [`propose`].
pub(crate) async fn ask(app: &App, by: &User, act: Act, language: Language) -> Result<(), Trouble> {
    let (id, now) = (app.random_id(), app.now());
    let tell = move |user| Mail::Proposal { user, proposal: id }.job(language, now);
    let proposed = app.store().propose(id, act, by.id, tell, now).await?;
    app.mailroom().wake();
    match proposed {
        Proposed::Done => Ok(()),
        Proposed::NotAdmin => Err(Trouble::Forbidden),
        Proposed::NobodyElse => Err(Trouble::refused("approval-nobody-else")),
        Proposed::TooMany => Err(Trouble::refused("approval-too-many")),
    }
}

/// What came of it, as a page if it was refused.
///
/// # Errors
/// When it was.
pub(crate) fn done(proposed: Proposed) -> Result<(), ErrorPage> {
    Err(match proposed {
        Proposed::Done => return Ok(()),
        Proposed::NotAdmin => ErrorPage::forbidden(),
        Proposed::NobodyElse => ErrorPage::bad_input("approval-nobody-else"),
        Proposed::TooMany => ErrorPage::bad_input("approval-too-many"),
    })
}
