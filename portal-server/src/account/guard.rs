//! Throttles. An attempt is counted before it is judged, so that many at once gain nothing, and given back when it was
//! right. What strangers can use up is kept apart from what the owner needs: browsers that have logged in before have a
//! count of their own.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header;
use axum_extra::extract::CookieJar;
use countersign_core::{Hash, Id};
use countersign_store::Throttle;

use super::{Refusal, Result};
use crate::access::device_cookie_name;
use crate::app::App;
use crate::{limits, password};

/// Guessing one account's password or code, from anywhere: at most a quarter of an hour's wait.
const GUESS: Throttle =
    Throttle { free: 5, first_wait: 5, longest_wait: 900, forget_after: 86_400 };
/// Guessing from one address, at any account. Many people may share an address.
const GUESS_FROM: Throttle =
    Throttle { free: 20, first_wait: 5, longest_wait: 3600, forget_after: 86_400 };
/// Mail to one mailbox, whoever asks for it. The longest wait is as long as the link in the last mail works, so the owner
/// always has one.
const MAIL_TO: Throttle =
    Throttle { free: 3, first_wait: 60, longest_wait: super::RESET_SECONDS, forget_after: 86_400 };
/// Mail that one address or one account asks for.
const MAIL_FROM: Throttle =
    Throttle { free: 20, first_wait: 10, longest_wait: 3600, forget_after: 86_400 };
/// Mails by which the vendor's admins try whether mail gets through, all of them together.
const TEST_MAIL: Throttle =
    Throttle { free: 5, first_wait: 60, longest_wait: 3600, forget_after: 86_400 };
/// Invitations of one organization.
const INVITE: Throttle =
    Throttle { free: 100, first_wait: 10, longest_wait: 3600, forget_after: 86_400 };

/// Who knocks, as far as that is known before a login.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Where they come from.
    pub(crate) address: String,
    /// What counts as one caller.
    pub(crate) network: String,
    /// What the browser says about itself.
    pub(crate) agent: String,
    /// The token by which a browser is known again.
    pub(crate) device: Option<Hash>,
}

/// What counts as one caller.
pub(crate) fn network_of(app: &App, request: &Request) -> String {
    let address = limits::Client::new(app.config()).address(request);
    address.map_or_else(|| "unknown".to_owned(), |address| named(limits::network(address)))
}

impl Caller {
    pub(crate) fn of(app: &App, jar: &CookieJar, request: &Request) -> Self {
        let address = limits::Client::new(app.config()).address(request);
        let unknown = || "unknown".to_owned();
        let agent = request.headers().get(header::USER_AGENT).and_then(|a| a.to_str().ok());
        Self {
            address: address.map_or_else(unknown, |address| address.to_string()),
            network: network_of(app, request),
            agent: agent.unwrap_or_default().to_owned(),
            device: jar.get(device_cookie_name(app)).map(|cookie| Hash::of(cookie.value())),
        }
    }
}

/// What counts as one caller, in a word.
fn named(network: IpAddr) -> String {
    match network {
        IpAddr::V6(network) => format!("{network}/64"),
        IpAddr::V4(address) => address.to_string(),
    }
}

/// An attempt that was let through and counted.
#[derive(Debug)]
#[must_use]
pub(crate) struct Attempt {
    own: String,
    shared: Vec<String>,
}

impl Attempt {
    /// The password of an account, at the login.
    pub(crate) async fn login(app: &App, email: &str, caller: &Caller) -> Result<Self> {
        let own = match &caller.device {
            Some(device) if app.store().is_known_device(device, email, app.now()).await? => {
                format!("login-device:{device}")
            }
            _ => format!("login:{}", Hash::of(email)),
        };
        Self::take(app, own, GUESS, vec![(format!("login-from:{}", caller.network), GUESS_FROM)])
            .await
    }

    /// The second factor of a login. Who gets here knows the password.
    pub(crate) async fn second_factor(
        app: &App,
        user: Id,
        email: &str,
        caller: &Caller,
    ) -> Result<Self> {
        let own = match &caller.device {
            Some(device) if app.store().is_known_device(device, email, app.now()).await? => {
                format!("factor-device:{device}")
            }
            _ => format!("factor:{user}"),
        };
        Self::take(app, own, GUESS, vec![(format!("login-from:{}", caller.network), GUESS_FROM)])
            .await
    }

    /// The password or a code of somebody who is logged in.
    pub(crate) async fn confirm(app: &App, user: Id) -> Result<Self> {
        Self::take(app, format!("confirm:{user}"), GUESS, Vec::new()).await
    }

    /// A mail that an account asks for.
    pub(crate) async fn mail_of(app: &App, user: Id) -> Result<Self> {
        Self::take(app, format!("mail-of:{user}"), MAIL_FROM, Vec::new()).await
    }

    /// A mail to oneself, to see whether it gets through.
    pub(crate) async fn test_mail(app: &App) -> Result<Self> {
        Self::take(app, "test-mail".to_owned(), TEST_MAIL, Vec::new()).await
    }

    /// An invitation of an organization.
    pub(crate) async fn invite(app: &App, organization: Id) -> Result<Self> {
        Self::take(app, format!("invite:{organization}"), INVITE, Vec::new()).await
    }

    /// A mail to a mailbox that anybody can ask for.
    pub(crate) async fn mail_from(app: &App, caller: &Caller) -> Result<Self> {
        Self::take(app, format!("mail-from:{}", caller.network), MAIL_FROM, Vec::new()).await
    }

    /// A mail to this mailbox, whoever asks.
    pub(crate) async fn mail_to(app: &App, email: &str) -> Result<Self> {
        Self::take(app, format!("mail-to:{}", Hash::of(email)), MAIL_TO, Vec::new()).await
    }

    async fn take(
        app: &App,
        own: String,
        policy: Throttle,
        shared: Vec<(String, Throttle)>,
    ) -> Result<Self> {
        let names = shared.iter().map(|(name, _)| name.clone()).collect();
        let mut all = shared;
        all.push((own.clone(), policy));
        match app.store().throttle_take(all, app.now()).await? {
            None => Ok(Self { own, shared: names }),
            Some(until) => Err(Refusal::Wait { seconds: until - app.now() }.into()),
        }
    }

    /// Whether a password is right. Where there is no room to look, nothing was tried: the owner is not made to wait for it.
    pub(crate) async fn password(
        self,
        app: &App,
        password: String,
        hash: Option<String>,
    ) -> Result<(Self, bool)> {
        match password::verify(app, password, hash).await {
            Ok(right) => Ok((self, right)),
            Err(error) if error.is::<password::Busy>() => {
                self.was_no_guess(app).await?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// It was right: the owner's count starts anew, that of a shared address is as before.
    pub(crate) async fn was_right(self, app: &App) -> Result<()> {
        app.store().throttle_clear(&self.own).await?;
        for shared in &self.shared {
            app.store().throttle_release(shared, app.now()).await?;
        }
        Ok(())
    }

    /// It was neither right nor a guess, e.g. the right password of somebody whose second factor follows.
    pub(crate) async fn was_no_guess(self, app: &App) -> Result<()> {
        for subject in self.shared.iter().chain([&self.own]) {
            app.store().throttle_release(subject, app.now()).await?;
        }
        Ok(())
    }
}
