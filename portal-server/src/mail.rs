//! Mail. What is to be said is queued as a [`Mail`] in the database, without secrets; a worker makes the link that it
//! carries, puts it into words and sends it, again and again until it is through or hopeless.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `prepare` | to whom, about what, with which fresh link |
//! | `letter` | the words |
//! | `message` | the bytes of a message; nothing that somebody typed gets into a header |
//! | `transport` | SMTP, or files in an outbox |
//! | `worker` | takes the jobs |

mod letter;
mod message;
mod prepare;
mod transport;
mod worker;

use countersign_core::{Hash, Id, UnixSeconds};
use countersign_store::NewJob;
use lettre::Address;
use serde::{Deserialize, Serialize};

pub use transport::Smtp;
pub(crate) use transport::{NotSent, ShownSmtp};
pub(crate) use worker::{Mailroom, run, send_now};

use crate::app::App;
use crate::language::Language;

/// The kind of its jobs.
pub(crate) const KIND: &str = "mail";

/// Something to be said by mail. Secrets are made when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "kebab-case")]
pub(crate) enum Mail {
    /// Come into an organization.
    Invitation {
        /// Who was invited.
        user: Id,
        /// Who did it.
        by: Id,
    },
    /// Somebody wants a new password for the account with this address, if there is one.
    ResetPassword {
        /// The address that was typed.
        email: String,
    },
    /// Is the new address yours?
    ConfirmEmail {
        /// Whose address waits.
        user: Id,
    },
    /// Your address was changed; here is the way back.
    EmailChanged {
        /// Whose.
        user: Id,
        /// Where to write to: it is not theirs any more.
        old: String,
    },
    /// As many trials as may be have started today.
    TrialCap {
        /// The vendor's admin who hears of it.
        user: Id,
        /// How many that are.
        per_day: u64,
    },
    /// An admin of the vendor wants to do what another one has to approve.
    Proposal {
        /// The other one.
        user: Id,
        /// What it is.
        proposal: Id,
    },
    /// The portal's delegation ends soon, or has ended.
    SigningKey {
        /// The vendor's admin who hears of it.
        user: Id,
        /// When it ends.
        until: UnixSeconds,
    },
    /// The portal gave a webhook up.
    WebhookDisabled {
        /// The vendor's admin who hears of it.
        user: Id,
        /// Which one.
        webhook: Id,
    },
    /// The records of the vendor's own domain are gone.
    Domain {
        /// The vendor's admin who hears of it.
        user: Id,
        /// The domain.
        name: String,
        /// When the portal ends answering under it; `None`: it has.
        until: Option<UnixSeconds>,
    },
    /// Whether mail gets through at all.
    Test {
        /// The vendor's admin who wants to know.
        user: Id,
    },
    /// Something that the owner of an account hears of, in case it was not them.
    Notice {
        /// Whose account.
        user: Id,
        /// What happened.
        what: Notice,
    },
}

/// A mail in the queue.
#[derive(Debug, Serialize, Deserialize)]
struct Queued {
    #[serde(flatten)]
    mail: Mail,
    /// What is spoken with whoever caused it: for people who have not chosen a language themselves.
    language: String,
}

/// What the owner of an account hears of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Notice {
    /// A new password.
    PasswordChanged,
    /// The second factor is on.
    TwoFactorOn,
    /// The second factor is off.
    TwoFactorOff,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// There are new recovery codes.
    NewRecoveryCodes,
    /// There is a new token by which a program acts for them.
    TokenMade,
    /// An identity provider logs them in from now on.
    ProviderLinked,
    /// A license is theirs now.
    LicenseGiven,
    /// A license that was theirs is somebody else's now.
    LicenseTaken,
}

impl Notice {
    /// The middle of its keys in the language files.
    fn key(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password-changed",
            Self::TwoFactorOn => "two-factor-on",
            Self::TwoFactorOff => "two-factor-off",
            Self::RecoveryCodeUsed => "recovery-code-used",
            Self::NewRecoveryCodes => "new-recovery-codes",
            Self::TokenMade => "token-made",
            Self::ProviderLinked => "provider-linked",
            Self::LicenseGiven => "license-given",
            Self::LicenseTaken => "license-taken",
        }
    }
}

impl Mail {
    /// The mail as a job. What the same person would get twice within moments is queued once.
    pub(crate) fn job(self, language: Language, now: UnixSeconds) -> NewJob {
        let once = match &self {
            Self::Invitation { user, .. } => Some(format!("invite:{user}")),
            Self::ResetPassword { email } => Some(format!("reset:{}", Hash::of(email))),
            Self::ConfirmEmail { user } => Some(format!("confirm:{user}")),
            Self::TrialCap { user, .. } => Some(format!("trial-cap:{user}")),
            Self::SigningKey { user, .. } => Some(format!("signing-key:{user}")),
            Self::WebhookDisabled { user, webhook } => Some(format!("webhook:{webhook}:{user}")),
            Self::Domain { user, .. } => Some(format!("domain:{user}")),
            Self::EmailChanged { .. }
            | Self::Proposal { .. }
            | Self::Test { .. }
            | Self::Notice { .. } => None,
        };
        let payload = serde_json::json!(Queued { mail: self, language: language.code() });
        let payload = payload.to_string();
        NewJob { kind: KIND, payload, once, run_at: now }
    }
}

impl Notice {
    /// The mail as a job: to be queued with what it tells of.
    pub(crate) fn job(self, user: Id, language: Language, now: UnixSeconds) -> NewJob {
        Mail::Notice { user, what: self }.job(language, now)
    }
}

/// Queues a mail and tells the worker.
pub(crate) async fn queue(
    app: &App,
    mail: Mail,
    language: Language,
) -> countersign_store::Result<()> {
    app.store().enqueue(mail.job(language, app.now()), app.now()).await?;
    app.mailroom().wake();
    Ok(())
}

/// The longest address that SMTP carries (RFC 5321).
const LONGEST_ADDRESS: usize = 254;

/// The address in the form that it is stored in, if mail can go there. Written in ASCII: what looks like another address
/// is none.
pub(crate) fn address(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let parsed: Option<Address> = text.parse().ok();
    let domain_is_public = |address: &Address| {
        let domain = address.domain();
        domain != "invalid" && !domain.ends_with(".invalid") && !domain.starts_with('[')
    };
    let fits = text.is_ascii() && text.len() <= LONGEST_ADDRESS;
    parsed.filter(|address| fits && domain_is_public(address)).map(|_| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_mailbox_and_nothing_more() {
        assert_eq!(address(" Jane@Acme.Example "), Some("jane@acme.example".into()));
        assert!(address("jane+tag@acme.example").is_some());
        for wrong in [
            "",
            "jane",
            "jane@",
            "@acme.example",
            "jane@acme.example, eve@evil.example",
            "jane@acme.example\r\nBcc: eve@evil.example",
            "jane@acme.example\nX: y",
            "Jane <jane@acme.example>",
            "jane@acme.example>",
            "jane@[127.0.0.1]",
            "x@invited.invalid",
            "j\u{430}ne@acme.example",
            "jane@\u{430}cme.example",
            "jane@acme.example\0",
            "jane doe@acme.example",
        ] {
            assert_eq!(address(wrong), None, "{wrong:?}");
        }
        assert_eq!(address(&format!("{}@acme.example", "a".repeat(300))), None);
    }

    #[test]
    fn a_queued_mail_is_read_again() {
        let mail = Mail::Notice { user: Id::from([7; 16]), what: Notice::TwoFactorOff };
        let job = mail.clone().job(Language::ENGLISH, 1);
        let queued: Queued = serde_json::from_str(&job.payload).unwrap();
        assert_eq!((queued.mail, queued.language.as_str()), (mail, "en"));
    }
}
