//! What people do with their accounts, and organizations with theirs: the rules, without pages. Whoever asks too often
//! waits; nobody is locked out for ever, because what anybody can make somebody wait for has a way round it: a browser that
//! was there before, or a mail to the owner.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `guard` | throttles of everything that can be guessed or used to annoy |
//! | `login` | the password, then the second factor |
//! | `password`, `email` | changing and resetting the one, changing and undoing the other |
//! | `two_factor`, `totp`, `recovery` | turning the second factor on and off; codes of an app; codes on paper |
//! | `api_token` | tokens of programs |
//! | `invitation` | coming into an organization |

pub(crate) mod api_token;
pub(crate) mod email;
pub(crate) mod guard;
pub(crate) mod invitation;
pub(crate) mod login;
pub(crate) mod password;
pub(crate) mod recovery;
pub(crate) mod totp;
pub(crate) mod two_factor;

use countersign_store::{StoreError, UserChange};

/// Seconds that an invitation works.
pub(crate) const INVITE_SECONDS: u64 = 7 * 86_400;
/// Seconds that a link to set a new password works.
pub(crate) const RESET_SECONDS: u64 = 3600;
/// Seconds that a link to confirm an address works.
pub(crate) const CONFIRM_SECONDS: u64 = 24 * 3600;
/// Seconds that a change of the address can be undone.
pub(crate) const REVERT_SECONDS: u64 = 7 * 86_400;
/// Seconds between the password and the second factor.
pub(crate) const SECOND_FACTOR_SECONDS: u64 = 300;

/// Why something was not done. Nothing was changed then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Too many attempts.
    Wait { seconds: u64 },
    /// The password is wrong; at the login also: there is no such account, or it may not log in.
    WrongPassword,
    /// The code is wrong, or was used before.
    WrongCode,
    /// The portal has lost the key to the secrets of second factors.
    TwoFactorUnavailable,
    /// Passwords of theirs are not taken: they log in by this provider alone.
    OnlySingleSignOn { provider: String },
    /// A password needs more characters, or fewer.
    UnfitPassword,
    /// A name is too long, or has characters that are none.
    UnfitName,
    /// Mail cannot go there.
    UnfitAddress,
    /// That is the address already.
    SameAddress,
    /// Somebody has the address: in the own organization, or by the time it was confirmed.
    AddressTaken,
    /// The organization has as many users as it may have.
    OrganizationFull { allowed: u64 },
    /// Nobody would be left to run the organization.
    LastOrganizationAdmin,
    /// Nobody would be left to run the portal.
    LastVendorAdmin,
    /// People do not lock themselves out.
    Oneself,
    /// The link was used, is too old, or what it is about is over.
    DeadLink,
    /// There is an account with the address that was invited: log in with it and open the link again.
    HasAccount,
    /// The account that is logged in is not the one that was invited.
    OtherAddress,
    /// The account that was invited belongs to another organization.
    BelongsElsewhere,
    /// They are nobody who has tokens of programs.
    NoTokens,
    /// They have as many tokens that work as they may have.
    TooManyTokens { allowed: u64 },
    /// There is no such thing, or it is somebody else's.
    NotFound,
}

/// Refused, or failed.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The rules say no.
    Because(Refusal),
    /// The portal could not.
    Failed(anyhow::Error),
}

pub(crate) type Result<T> = std::result::Result<T, Refused>;

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Because(refusal)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<anyhow::Error> for Refused {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// The longest part of a name.
const LONGEST_NAME: usize = 100;

/// Whether this may be a part of somebody's name, or nothing. Names are anything that fits on a line.
pub(crate) fn is_name(text: &str) -> bool {
    text.trim().chars().count() <= LONGEST_NAME && !text.contains(char::is_control)
}

/// The store's answer as ours.
pub(crate) fn done(change: UserChange) -> Result<()> {
    Err(Refused::Because(match change {
        UserChange::Done => return Ok(()),
        // The last two are asked for by the vendor's pages alone, which say them in their own words.
        UserChange::Unknown
        | UserChange::UnknownOrganization
        | UserChange::NotAllowed
        | UserChange::NeedsReseller => Refusal::NotFound,
        UserChange::EmailTaken => Refusal::AddressTaken,
        UserChange::OrganizationFull { allowed } => Refusal::OrganizationFull { allowed },
        UserChange::LastOrganizationAdmin => Refusal::LastOrganizationAdmin,
        UserChange::LastVendorAdmin => Refusal::LastVendorAdmin,
    }))
}
