//! What the rules of accounts refuse, in words.

use axum::http::StatusCode;

use super::ErrorPage;
use crate::account::{self, Refusal, Refused};
use crate::language::Say;
use crate::password;

impl Refusal {
    /// The sentence that says it.
    pub(crate) fn say(&self) -> Say {
        match self {
            Self::Wait { seconds } => Say::new("login-throttled").with("seconds", *seconds),
            Self::WrongPassword => Say::new("refused-wrong-password"),
            Self::WrongCode => Say::new("refused-wrong-code"),
            Self::TwoFactorUnavailable => Say::new("refused-two-factor-unavailable"),
            Self::OnlySingleSignOn { provider } => {
                Say::new("refused-only-single-sign-on").with("provider", provider.as_str())
            }
            Self::UnfitPassword => Say::new("password-short")
                .with("shortest", password::SHORTEST)
                .with("longest", password::LONGEST),
            Self::UnfitName => Say::new("refused-unfit-name"),
            Self::UnfitAddress => Say::new("refused-unfit-address"),
            Self::SameAddress => Say::new("refused-same-address"),
            Self::AddressTaken => Say::new("email-taken"),
            Self::OrganizationFull { allowed } => {
                Say::new("organization-full").with("count", *allowed)
            }
            Self::LastOrganizationAdmin => Say::new("last-organization-admin"),
            Self::LastVendorAdmin => Say::new("last-vendor-admin"),
            Self::Oneself => Say::new("suspend-yourself"),
            Self::DeadLink => Say::new("refused-dead-link"),
            Self::HasAccount => Say::new("refused-has-account"),
            Self::OtherAddress => Say::new("refused-other-address"),
            Self::BelongsElsewhere => Say::new("refused-belongs-elsewhere"),
            Self::NoTokens => Say::new("token-not-yours"),
            Self::TooManyTokens { allowed } => Say::new("token-too-many").with("count", *allowed),
            Self::NotFound => Say::new("error-not-found"),
        }
    }

    /// The status that goes with it.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Wait { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::WrongPassword
            | Self::WrongCode
            | Self::NoTokens
            | Self::OnlySingleSignOn { .. } => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TwoFactorUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// Where there is no form to say it beside.
impl From<Refused> for ErrorPage {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Because(Refusal::NotFound) => Self::not_found(),
            Refused::Because(refusal) => Self::refused(refusal.status(), refusal.say()),
            Refused::Failed(error) => error.into(),
        }
    }
}

/// A refusal to be said beside the form; what failed, or is not there, is a page of its own.
pub(crate) fn beside_form<T>(
    result: account::Result<T>,
) -> Result<std::result::Result<T, Refusal>, ErrorPage> {
    match result {
        Ok(done) => Ok(Ok(done)),
        Err(Refused::Because(refusal)) if refusal != Refusal::NotFound => Ok(Err(refusal)),
        Err(other) => Err(other.into()),
    }
}
