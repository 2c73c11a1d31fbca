//! Why a request was not answered: a stable code, the fact, and what to do next. Nothing is ever told "invalid" alone.

use std::fmt;

use axum::http::StatusCode;
use countersign_core::{Code, ProductId, UnixSeconds};
use countersign_store::{NextTrial, StoreError};

use crate::language::{Language, Say, When};
use crate::signing::NotSigned;

/// When to ask again where the signer is away: it is mostly being started again.
const AWAY_SECONDS: u64 = 10;

/// When to ask again where the database could not store the answer: a disk is seldom mended sooner.
pub(crate) const DISK_SECONDS: u64 = 30;

/// Everything that speaks against answering a request.
#[derive(Debug)]
pub enum Refusal {
    /// The file itself.
    Format(countersign_core::Error),
    /// The request names no license and nobody chose one.
    LicenseNeeded,
    /// No such license, under this vendor.
    UnknownLicense,
    /// The proof was not made with the license's key.
    WrongProof,
    /// The license is for another product.
    ProductMismatch {
        /// The license's.
        license: ProductId,
        /// The request's.
        request: ProductId,
    },
    /// Suspended by the vendor.
    Suspended,
    /// Revoked by the vendor.
    Revoked,
    /// It has ended.
    Expired(UnixSeconds),
    /// All seats are taken. Who holds them is for the owner only.
    SeatsUsedUp {
        /// How many there are.
        allowed: u64,
        /// Names of the machines, if the asker may see them.
        holders: Vec<String>,
    },
    /// The person's groups have taken all the seats that they may take.
    GroupSeatsUsedUp(u64),
    /// Reinstalled too often.
    ReinstallsUsedUp(u64),
    /// No deactivation left: the proof is recorded, the seat stays.
    DeactivationsUsedUp(u64),
    /// No such activation.
    UnknownActivation,
    /// The machine holds no seat (any more): nothing to release or to renew.
    HoldsNoSeat,
    /// Who uses a license through a group releases only machines that they brought.
    ReleaseNotYours,
    /// The license has no release left within a year.
    ReleasesUsedUp {
        /// How many there are.
        allowed: u64,
        /// When there is one again, if ever.
        again_at: Option<UnixSeconds>,
    },
    /// Somebody of support has released as many seats as one person may in a day.
    ReleasesOfDayUsedUp {
        /// How many there are.
        allowed: u64,
        /// When there is one again, if ever.
        again_at: Option<UnixSeconds>,
    },
    /// The last release was too short a time ago.
    ReleaseTooSoon(UnixSeconds),
    /// The activation is older than what renewals need to know of its request.
    RenewalUnavailable,
    /// Signed by another device than the one that holds the activation.
    DeviceMismatch,
    /// A newer installation took the seat.
    Superseded,
    /// The machine has had its trial.
    TrialAlreadyUsed {
        /// When it began.
        from: UnixSeconds,
        /// When it ended or ends.
        until: UnixSeconds,
        /// When it may have another.
        next: NextTrial,
    },
    /// The product has no trials.
    NoTrial,
    /// The product had trials, until then.
    TrialsOver(UnixSeconds),
    /// No such trial.
    UnknownTrial,
    /// The trial ends at another time than somebody thought who wanted to extend it.
    TrialChanged(UnixSeconds),
    /// The machine had another trial since.
    TrialSuperseded,
    /// The trial can be extended by so many days, if any.
    ExtensionLimit(u64),
    /// The trial has ended: there is nothing to hand out.
    TrialEnded(UnixSeconds),
    /// The trial is older than what a fresh response needs to know of its request.
    TrialNeedsRequest,
    /// Whoever is not logged in does so many bits of work first.
    WorkRequired(u32),
    /// As many trials as may be have started today; there are new ones in so many seconds.
    TrialCapReached(u64),
    /// The machine asked too often, and waits so many seconds.
    TrialTooOften(u64),
    /// The vendor does not have this product.
    UnknownProduct(ProductId),
    /// The wrong endpoint for this kind of request.
    WrongDoor {
        /// What came.
        found: String,
        /// What belongs here.
        wanted: String,
    },
    /// Not this person's license.
    NotYours,
    /// The request could not be signed, or a stored answer no longer verifies.
    Signing(countersign_core::Error),
    /// The signer does not answer.
    SignerAway,
    /// The signer signs no more for so many seconds.
    SignerLimit(u64),
    /// The signer does not sign this.
    SignerDeclined(String),
    /// The database failed.
    Store(StoreError),
}

impl From<countersign_core::Error> for Refusal {
    fn from(error: countersign_core::Error) -> Self {
        Self::Format(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Language::ENGLISH.say(&self.fact()))
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    pub(crate) fn signing(error: NotSigned) -> Self {
        match error {
            NotSigned::Refused(error) => Self::Signing(error),
            NotSigned::NoEvidence => Self::RenewalUnavailable,
            NotSigned::TooMuch { fact, retry_after } => {
                tracing::warn!(fact, "the signer signs no more for a while");
                Self::SignerLimit(retry_after)
            }
            #[cfg(unix)]
            NotSigned::Away(_) => Self::SignerAway,
            NotSigned::Unable => Self::SignerAway,
            #[cfg(unix)]
            NotSigned::Declined(declined) => Self::SignerDeclined(declined.fact),
        }
    }

    pub(crate) fn stored(error: countersign_core::Error) -> Self {
        Self::Signing(error)
    }

    /// Who holds the seats, where the asker may know.
    pub fn holders(&self) -> &[String] {
        match self {
            Self::SeatsUsedUp { holders, .. } => holders,
            _ => &[],
        }
    }

    /// The stable code, in API answers and documentation.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Format(error) => error.code().as_str(),
            Self::LicenseNeeded => "license-needed",
            Self::UnknownLicense | Self::NotYours => "unknown-license",
            Self::WrongProof => "wrong-proof",
            Self::ProductMismatch { .. } => "product-mismatch",
            Self::Suspended => "license-suspended",
            Self::Revoked => "license-revoked",
            Self::Expired(_) => "license-expired",
            Self::SeatsUsedUp { .. } => "seats-used-up",
            Self::GroupSeatsUsedUp(_) => "group-seats-used-up",
            Self::ReinstallsUsedUp(_) => "reinstalls-used-up",
            Self::DeactivationsUsedUp(_) => "deactivations-used-up",
            Self::UnknownActivation => "unknown-activation",
            Self::HoldsNoSeat => "holds-no-seat",
            Self::ReleaseNotYours => "release-not-yours",
            Self::ReleasesUsedUp { .. } => "releases-used-up",
            Self::ReleasesOfDayUsedUp { .. } => "releases-of-day-used-up",
            Self::ReleaseTooSoon(_) => "release-too-soon",
            Self::RenewalUnavailable => "renewal-unavailable",
            Self::DeviceMismatch => Code::WrongDevice.as_str(),
            Self::Superseded => Code::Superseded.as_str(),
            Self::TrialAlreadyUsed { .. } => "trial-already-used",
            Self::NoTrial | Self::TrialsOver(_) => "no-trial",
            Self::UnknownTrial => "unknown-trial",
            Self::TrialChanged(_) => "trial-changed",
            Self::TrialSuperseded => "trial-superseded",
            Self::ExtensionLimit(_) => "extension-limit",
            Self::TrialEnded(_) => "trial-ended",
            Self::TrialNeedsRequest => "trial-needs-request",
            Self::WorkRequired(_) => "work-required",
            Self::TrialCapReached(_) => "trial-cap-reached",
            Self::TrialTooOften(_) => "trial-too-often",
            Self::UnknownProduct(_) => "unknown-product",
            Self::WrongDoor { .. } => Code::WrongType.as_str(),
            Self::Signing(_) => "signing-failed",
            Self::SignerAway => "signer-away",
            Self::SignerLimit(_) => "signer-limit",
            Self::SignerDeclined(_) => "signer-declined",
            Self::Store(_) => "unavailable",
        }
    }

    /// The HTTP status of the API.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Format(error) if error.code() == Code::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Format(_) | Self::WrongDoor { .. } | Self::LicenseNeeded => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::UnknownLicense
            | Self::UnknownActivation
            | Self::UnknownProduct(_)
            | Self::NoTrial
            | Self::TrialsOver(_)
            | Self::UnknownTrial
            | Self::NotYours => StatusCode::NOT_FOUND,
            Self::WrongProof
            | Self::Suspended
            | Self::Revoked
            | Self::Expired(_)
            | Self::DeviceMismatch
            | Self::ExtensionLimit(_)
            | Self::ReleaseNotYours => StatusCode::FORBIDDEN,
            Self::ProductMismatch { .. }
            | Self::SeatsUsedUp { .. }
            | Self::GroupSeatsUsedUp(_)
            | Self::ReinstallsUsedUp(_)
            | Self::DeactivationsUsedUp(_)
            | Self::Superseded
            | Self::HoldsNoSeat
            | Self::ReleasesUsedUp { .. }
            | Self::ReleasesOfDayUsedUp { .. }
            | Self::ReleaseTooSoon(_)
            | Self::RenewalUnavailable
            | Self::TrialChanged(_)
            | Self::TrialSuperseded
            | Self::TrialEnded(_)
            | Self::TrialNeedsRequest
            | Self::TrialAlreadyUsed { .. } => StatusCode::CONFLICT,
            Self::WorkRequired(_) => StatusCode::PRECONDITION_REQUIRED,
            Self::TrialCapReached(_) | Self::TrialTooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            // The key has ended, or the clock is wrong: that is put right, and the same request answered then.
            Self::Signing(error) if error.code() == Code::OutOfScope => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Signing(_) | Self::SignerDeclined(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::SignerAway | Self::SignerLimit(_) | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// Seconds after which the same request may be answered, where it is only too early.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TrialCapReached(seconds)
            | Self::TrialTooOften(seconds)
            | Self::SignerLimit(seconds) => Some(*seconds),
            Self::SignerAway => Some(AWAY_SECONDS),
            Self::Store(_) => Some(DISK_SECONDS),
            _ => None,
        }
    }

    /// A few words for a heading.
    pub fn title(&self) -> Say {
        match self {
            Self::Format(error) if error.code() == Code::WrongType => "format-title-wrong-type",
            Self::Format(error) if error.code() == Code::DamagedFile => "format-title-damaged",
            Self::Format(_) => "format-title",
            _ => return Say::new(format!("{}-title", self.stem())),
        }
        .into()
    }

    /// What happened, as a sentence.
    pub fn fact(&self) -> Say {
        let say = Say::new(self.stem());
        match self {
            Self::Format(error) | Self::Signing(error) => say.with("detail", error.to_string()),
            Self::ProductMismatch { license, request } => {
                say.with("license", license.to_string()).with("request", request.to_string())
            }
            Self::Expired(at) => say.with("end", When(*at)),
            Self::SeatsUsedUp { allowed, .. } => say.with("allowed", *allowed),
            Self::GroupSeatsUsedUp(allowed)
            | Self::ReinstallsUsedUp(allowed)
            | Self::DeactivationsUsedUp(allowed) => say.with("allowed", *allowed),
            Self::ReleasesUsedUp { allowed, again_at }
            | Self::ReleasesOfDayUsedUp { allowed, again_at } => {
                let say = say.with("allowed", *allowed);
                again_at.iter().fold(say, |say, at| say.with("again", When(*at)))
            }
            Self::ReleaseTooSoon(again_at) => say.with("again", When(*again_at)),
            Self::TrialAlreadyUsed { from, until, .. } => {
                say.with("from", When(*from)).with("until", When(*until))
            }
            Self::TrialsOver(at) | Self::TrialChanged(at) | Self::TrialEnded(at) => {
                say.with("end", When(*at))
            }
            Self::ExtensionLimit(days) => say.with("days", *days),
            Self::SignerDeclined(fact) => say.with("detail", fact),
            Self::UnknownProduct(product) => say.with("product", product.to_string()),
            Self::WrongDoor { found, wanted } => say.with("found", found).with("wanted", wanted),
            _ => say,
        }
    }

    /// What to do next.
    pub fn advice(&self) -> Say {
        match self {
            Self::Format(error) => Say::new(format!("advice-{}", error.code())),
            Self::TrialAlreadyUsed { next: NextTrial::From(at), .. } => {
                Say::new("trial-already-used-again-advice").with("again", When(*at))
            }
            Self::TrialAlreadyUsed { next: NextTrial::After(version), .. } => {
                Say::new("trial-already-used-version-advice").with("version", version.to_string())
            }
            Self::TrialCapReached(wait) => {
                Say::new("trial-cap-reached-advice").with("hours", wait.div_ceil(3_600))
            }
            Self::TrialTooOften(wait) => {
                Say::new("trial-too-often-advice").with("minutes", wait.div_ceil(60))
            }
            Self::SignerLimit(wait) => {
                Say::new("signer-limit-advice").with("minutes", wait.div_ceil(60))
            }
            _ => Say::new(format!("{}-advice", self.stem())),
        }
    }

    /// The messages about it begin with this.
    fn stem(&self) -> &'static str {
        match self {
            Self::Format(_) => "format-fact",
            Self::LicenseNeeded => "license-needed",
            Self::UnknownLicense => "unknown-license",
            Self::NotYours => "not-yours",
            Self::WrongProof => "wrong-proof",
            Self::ProductMismatch { .. } => "product-mismatch",
            Self::Suspended => "license-suspended",
            Self::Revoked => "license-revoked",
            Self::Expired(_) => "license-expired",
            Self::SeatsUsedUp { .. } => "seats-used-up",
            Self::GroupSeatsUsedUp(_) => "group-seats-used-up",
            Self::ReinstallsUsedUp(_) => "reinstalls-used-up",
            Self::DeactivationsUsedUp(_) => "deactivations-used-up",
            Self::UnknownActivation => "unknown-activation",
            Self::HoldsNoSeat => "holds-no-seat",
            Self::ReleaseNotYours => "release-not-yours",
            Self::ReleasesUsedUp { again_at: None, .. }
            | Self::ReleasesOfDayUsedUp { again_at: None, .. } => "releases-none",
            Self::ReleasesUsedUp { .. } => "releases-used-up",
            Self::ReleasesOfDayUsedUp { .. } => "releases-of-day-used-up",
            Self::ReleaseTooSoon(_) => "release-too-soon",
            Self::RenewalUnavailable => "renewal-unavailable",
            Self::DeviceMismatch => "wrong-device",
            Self::Superseded => "superseded",
            Self::TrialAlreadyUsed { .. } => "trial-already-used",
            Self::NoTrial => "no-trial",
            Self::TrialsOver(_) => "trials-over",
            Self::UnknownTrial => "unknown-trial",
            Self::TrialChanged(_) => "trial-changed",
            Self::TrialSuperseded => "trial-superseded",
            Self::ExtensionLimit(_) => "extension-limit",
            Self::TrialEnded(_) => "trial-ended",
            Self::TrialNeedsRequest => "trial-needs-request",
            Self::WorkRequired(_) => "work-required",
            Self::TrialCapReached(_) => "trial-cap-reached",
            Self::TrialTooOften(_) => "trial-too-often",
            Self::UnknownProduct(_) => "unknown-product",
            Self::WrongDoor { .. } => "wrong-door",
            Self::Signing(_) => "signing-failed",
            Self::SignerAway => "signer-away",
            Self::SignerLimit(_) => "signer-limit",
            Self::SignerDeclined(_) => "signer-declined",
            Self::Store(_) => "unavailable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_format_has_its_advice_in_every_language() {
        for code in Code::ALL {
            let say = Refusal::Format(countersign_core::Error::new(*code, "x")).advice();
            assert_eq!(Language::ENGLISH.say(&say), code.advice());
            for language in Language::all() {
                assert_ne!(language.say(&say), format!("advice-{code}"));
            }
        }
    }

    #[test]
    fn every_refusal_says_what_happened_and_what_to_do_in_every_language() {
        let product: ProductId = "acme-cad".parse().unwrap();
        let error = || countersign_core::Error::new(Code::BadClaim, "the claim is missing");
        let all = [
            Refusal::Format(error()),
            Refusal::LicenseNeeded,
            Refusal::UnknownLicense,
            Refusal::NotYours,
            Refusal::WrongProof,
            Refusal::ProductMismatch { license: product.clone(), request: product.clone() },
            Refusal::Suspended,
            Refusal::Revoked,
            Refusal::Expired(1),
            Refusal::SeatsUsedUp { allowed: 1, holders: vec![] },
            Refusal::GroupSeatsUsedUp(1),
            Refusal::HoldsNoSeat,
            Refusal::ReleaseNotYours,
            Refusal::ReleasesUsedUp { allowed: 2, again_at: Some(1) },
            Refusal::ReleasesUsedUp { allowed: 0, again_at: None },
            Refusal::ReleasesOfDayUsedUp { allowed: 2, again_at: Some(1) },
            Refusal::ReleaseTooSoon(1),
            Refusal::RenewalUnavailable,
            Refusal::ReinstallsUsedUp(1),
            Refusal::DeactivationsUsedUp(1),
            Refusal::UnknownActivation,
            Refusal::DeviceMismatch,
            Refusal::Superseded,
            Refusal::TrialAlreadyUsed { from: 1, until: 2, next: NextTrial::Never },
            Refusal::TrialAlreadyUsed { from: 1, until: 2, next: NextTrial::From(3) },
            Refusal::TrialAlreadyUsed { from: 1, until: 2, next: NextTrial::After(2) },
            Refusal::NoTrial,
            Refusal::TrialsOver(1),
            Refusal::UnknownTrial,
            Refusal::TrialChanged(1),
            Refusal::TrialSuperseded,
            Refusal::ExtensionLimit(0),
            Refusal::ExtensionLimit(3),
            Refusal::TrialEnded(1),
            Refusal::TrialNeedsRequest,
            Refusal::WorkRequired(18),
            Refusal::TrialCapReached(3_600),
            Refusal::TrialTooOften(60),
            Refusal::UnknownProduct(product),
            Refusal::WrongDoor { found: "a".into(), wanted: "b".into() },
            Refusal::Signing(error()),
            Refusal::SignerAway,
            Refusal::SignerLimit(600),
            Refusal::SignerDeclined("it is for another device than the request".into()),
            Refusal::Store(StoreError::Closed),
        ];
        for (refusal, language) in all.iter().flat_map(|r| Language::all().map(move |l| (r, l))) {
            for say in [refusal.title(), refusal.fact(), refusal.advice()] {
                let said = language.say(&say);
                assert!(said.contains(' ') && !said.contains("{$"), "{refusal:?}: {said}");
            }
        }
    }
}
