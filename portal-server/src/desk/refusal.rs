//! Why a request was not answered: a stable code, the fact, and what to do next. Nothing is ever told "invalid" alone.

use axum::http::StatusCode;
use countersign_core::{Code, ProductId, UnixSeconds, file};
use countersign_store::StoreError;

/// Everything that speaks against answering a request.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The file itself.
    #[error("{0}")]
    Format(#[from] countersign_core::Error),
    /// The request names no license and nobody chose one.
    #[error("the request names no license")]
    LicenseNeeded,
    /// No such license, under this vendor.
    #[error("there is no license with this key")]
    UnknownLicense,
    /// The proof was not made with the license's key.
    #[error("the proof in the request was not made with the key of that license")]
    WrongProof,
    /// The license is for another product.
    #[error("the license is for the product {license}, the request for {request}")]
    ProductMismatch {
        /// The license's.
        license: ProductId,
        /// The request's.
        request: ProductId,
    },
    /// Suspended by the vendor.
    #[error("the license is suspended")]
    Suspended,
    /// Revoked by the vendor.
    #[error("the license was revoked")]
    Revoked,
    /// It has ended.
    #[error("the license ended on {} UTC", file::date(*.0))]
    Expired(UnixSeconds),
    /// All seats are taken. Who holds them is for the owner only.
    #[error("all {allowed} seats of the license are in use")]
    SeatsUsedUp {
        /// How many there are.
        allowed: u64,
        /// Names of the machines, if the asker may see them.
        holders: Vec<String>,
    },
    /// Reinstalled too often.
    #[error("this machine was reinstalled {0} times within a year, which is all that is allowed")]
    ReinstallsUsedUp(u64),
    /// No deactivation left: the proof is recorded, the seat stays.
    #[error("the license has no deactivation left ({0} are allowed)")]
    DeactivationsUsedUp(u64),
    /// No such activation.
    #[error("this vendor has no activation with that id")]
    UnknownActivation,
    /// Signed by another device than the one that holds the activation.
    #[error("the request was signed by another device than the one that was activated")]
    DeviceMismatch,
    /// A newer installation took the seat.
    #[error("a newer installation on the same machine has taken over this activation")]
    Superseded,
    /// The machine has had its trial.
    #[error("this machine had its trial of this product, from {} to {} UTC", file::date(*.from), file::date(*.until))]
    TrialAlreadyUsed {
        /// When it began.
        from: UnixSeconds,
        /// When it ended or ends.
        until: UnixSeconds,
    },
    /// The product has no trials.
    #[error("there is no trial of this product")]
    NoTrial,
    /// The vendor does not have this product.
    #[error("this vendor has no product {0}")]
    UnknownProduct(ProductId),
    /// The wrong endpoint for this kind of request.
    #[error("this is {found}, but {wanted} is needed here")]
    WrongDoor {
        /// What came.
        found: String,
        /// What belongs here.
        wanted: String,
    },
    /// Not this person's license.
    #[error("there is no such license for you")]
    NotYours,
    /// The request could not be signed, or a stored answer no longer verifies.
    #[error("the portal cannot sign: {0}")]
    Signing(countersign_core::Error),
    /// The database failed.
    #[error("the portal's database does not answer")]
    Store(#[from] StoreError),
}

impl Refusal {
    pub(crate) fn signing(error: countersign_core::Error) -> Self {
        Self::Signing(error)
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
            Self::ReinstallsUsedUp(_) => "reinstalls-used-up",
            Self::DeactivationsUsedUp(_) => "deactivations-used-up",
            Self::UnknownActivation => "unknown-activation",
            Self::DeviceMismatch => Code::WrongDevice.as_str(),
            Self::Superseded => Code::Superseded.as_str(),
            Self::TrialAlreadyUsed { .. } => "trial-already-used",
            Self::NoTrial => "no-trial",
            Self::UnknownProduct(_) => "unknown-product",
            Self::WrongDoor { .. } => Code::WrongType.as_str(),
            Self::Signing(_) => "signing-failed",
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
            | Self::NotYours => StatusCode::NOT_FOUND,
            Self::WrongProof
            | Self::Suspended
            | Self::Revoked
            | Self::Expired(_)
            | Self::DeviceMismatch => StatusCode::FORBIDDEN,
            Self::ProductMismatch { .. }
            | Self::SeatsUsedUp { .. }
            | Self::ReinstallsUsedUp(_)
            | Self::DeactivationsUsedUp(_)
            | Self::Superseded
            | Self::TrialAlreadyUsed { .. } => StatusCode::CONFLICT,
            Self::Signing(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// A few words for a heading.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Format(error) if error.code() == Code::WrongType => {
                "This is another kind of file"
            }
            Self::Format(error) if error.code() == Code::DamagedFile => "The file is damaged",
            Self::Format(_) => "The file is not a usable request",
            Self::LicenseNeeded => "Which license?",
            Self::UnknownLicense | Self::NotYours => "Unknown license",
            Self::WrongProof => "The license key does not fit",
            Self::ProductMismatch { .. } => "The license is for another product",
            Self::Suspended => "The license is suspended",
            Self::Revoked => "The license was revoked",
            Self::Expired(_) => "The license has ended",
            Self::SeatsUsedUp { .. } => "All seats are in use",
            Self::ReinstallsUsedUp(_) => "Reinstalled too often",
            Self::DeactivationsUsedUp(_) => "No deactivation left",
            Self::UnknownActivation => "Unknown activation",
            Self::DeviceMismatch => "Signed by another device",
            Self::Superseded => "A newer installation has the seat",
            Self::TrialAlreadyUsed { .. } => "The trial was used",
            Self::NoTrial => "No trial",
            Self::UnknownProduct(_) => "Unknown product",
            Self::WrongDoor { .. } => "Another kind of request belongs here",
            Self::Signing(_) => "The portal cannot sign",
            Self::Store(_) => "Not available at the moment",
        }
    }

    /// What to do next.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Format(error) => error.advice(),
            Self::LicenseNeeded => {
                "Type the license key, or log in and choose the license. Nothing was used up."
            }
            Self::UnknownLicense => {
                "Check the license key in the app and make a new request. Nothing was used up."
            }
            Self::NotYours => {
                "Log in as somebody who may use the license, or ask your administrator."
            }
            Self::WrongProof => {
                "Type the license key in the app again and make a new request. Nothing was used up."
            }
            Self::ProductMismatch { .. } => {
                "Use a license of the product that asks. Nothing was used up."
            }
            Self::Suspended | Self::Revoked => "Ask the vendor. Your request file stays usable.",
            Self::Expired(_) => "Renew the license, then send the same request file again.",
            Self::SeatsUsedUp { .. } => {
                "Deactivate a machine that is not needed any more, or ask the vendor for more seats; then send the \
                 same request file again."
            }
            Self::ReinstallsUsedUp(_) => "Ask the vendor. Your request file stays usable.",
            Self::DeactivationsUsedUp(_) => {
                "The proof is recorded and nothing is lost: the seat stays with that machine, which can be activated \
                 again without another seat. To free it for another machine, ask the vendor."
            }
            Self::UnknownActivation => {
                "Check that the file goes to the vendor that activated the machine."
            }
            Self::DeviceMismatch => "Make the deactivation on the machine that was activated.",
            Self::Superseded => "Nothing needs to be done: the newer installation holds the seat.",
            Self::TrialAlreadyUsed { .. } => "To go on, get a license from the vendor.",
            Self::NoTrial => "Ask the vendor, or get a license.",
            Self::UnknownProduct(_) => "Check that the file goes to the vendor of the product.",
            Self::WrongDoor { .. } => {
                "Send it to the place for its kind, or use the page that takes every kind."
            }
            Self::Signing(_) => {
                "Nothing was used up. Tell the vendor: the portal's signing key needs attention."
            }
            Self::Store(_) => "Nothing was used up. Try again in a minute.",
        }
    }
}
