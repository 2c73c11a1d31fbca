//! The vendor's own host of the portal: wanted, verified by two records in DNS, in use. Between, and for each step, it is asked
//! again in the background. The portal only ever asks DNS; it connects to no domain.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `name` | the name as a person types it |
//! | `records` | what there has to be in DNS |
//! | `dns` | what there is |
//! | `manage` | what the vendor does with it, for pages and API |

mod dns;
pub(crate) mod manage;
mod name;
pub(crate) mod records;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign_core::{Hash, Id, UnixSeconds};
use countersign_store::{Domain, DomainNotice, NewJob, Result, Store};
use tokio::sync::watch;

use self::name::domain_name;
use crate::app::App;
use crate::language::Language;
use crate::mail::Mail;

/// How often the database is looked at: what another process changed is known within this time.
const LOOK: Duration = Duration::from_secs(2);

/// The domain as it was some seconds ago: every request is compared with it.
#[derive(Debug, Default)]
pub(crate) struct DomainAtHand {
    read: Mutex<Option<Arc<Domain>>>,
}

impl DomainAtHand {
    pub(crate) fn get(&self) -> Option<Arc<Domain>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the database does not answer it stays as it was.
    pub(crate) async fn read_anew(&self, store: &Store) -> Result<()> {
        let found = store.domain().await?.map(Arc::new);
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(())
    }
}

/// Keeps the domain at hand, and asks DNS when its time has come, until `stop` says true.
pub(crate) async fn run(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = look(&app).await {
            // Where the database does not answer, other things say so, too.
            tracing::debug!(%error, "the domain could not be looked at now");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn look(app: &App) -> Result<()> {
    app.domain_changed().await?;
    let due = |domain: &Domain| domain.check_at.is_some_and(|at| at <= app.now());
    if app.public_url().is_some() && app.domain().is_some_and(|domain| due(&domain)) {
        check(app, When::Due).await?;
    }
    Ok(())
}

/// Why DNS is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Its time has come.
    Due,
    /// Somebody wants to know now.
    Now,
}

/// Asks DNS about the domain and notes what it says; `false` when it was asked moments ago, or there is none.
pub(crate) async fn check(app: &App, when: When) -> Result<bool> {
    let Some(url) = app.public_url() else { return Ok(false) };
    let store = app.store();
    let Some(asked) = store.claim_domain_check(when == When::Due, app.now()).await? else {
        return Ok(false);
    };
    let found = dns::check(app.config().dns_server, &asked.name, &asked.token, url.host()).await;
    let noted = store.note_domain_check(&asked, found, token(app), letter, app.now()).await?;
    if noted.is_some() {
        app.mailroom().wake();
    }
    app.domain_changed().await?;
    Ok(true)
}

/// What the TXT record has to say: nobody can know it before it is shown.
pub(crate) fn token(app: &App) -> String {
    let (secret, _) = app.secret();
    Hash::of(&secret).to_string().chars().filter(char::is_ascii_alphanumeric).take(32).collect()
}

/// To one of the vendor's admins.
fn letter(user: Id, notice: &DomainNotice, now: UnixSeconds) -> NewJob {
    let (name, until) = (notice.name.clone(), notice.until);
    Mail::Domain { user, name, until }.job(Language::ENGLISH, now)
}
