//! What the vendor may know of a request before answering it: whose license it is for, whether its machine is known, and where
//! to go when something speaks against it.

use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::{LicenseId, ProductId, UnixSeconds};
use countersign_store::{Activation, License, Organization, Permission, Trial, User};

use super::{Answered, Chosen, Door, Refusal};
use crate::app::App;

/// Everything about a request that is only for those who may see every license.
#[derive(Debug, Default)]
pub(crate) struct Case {
    /// The license that it names, or whose machine it is of, or that was chosen for it.
    pub(crate) license: Option<License>,
    /// Whose it is.
    pub(crate) owner: Option<User>,
    /// The organization that it belongs to.
    pub(crate) organization: Option<Organization>,
    /// Under which activation the machine is known there.
    pub(crate) machine: Option<Activation>,
    /// The trial that the machine had.
    pub(crate) trial: Option<Trial>,
    /// The answer that it got before, and when.
    pub(crate) answered: Option<(Answered, UnixSeconds)>,
}

/// Gathers what is known about a request.
///
/// # Errors
/// When the database fails.
pub(crate) async fn case(
    app: &App,
    request: &VerifiedRequest,
    door: &Door,
) -> Result<Case, Refusal> {
    let (store, claims) = (app.store(), request.claims());
    let key = request.device_key().thumbprint();
    let mut case = Case { answered: before(app, request).await?, ..Case::default() };
    match &claims.ask {
        Ask::Activation { device, license } => {
            let named = license.as_ref().map(|proof| proof.id);
            let license = named.or(door.license.map(Chosen::license));
            if let Some(license) = license {
                case.license = store.license(&license).await?;
                let machine = &device.fingerprint;
                case.machine = store.machine_before(&license, &key, machine).await?;
            }
        }
        Ask::Deactivation { activation, .. } => {
            case.machine = store.activation(activation).await?;
            if let Some(machine) = &case.machine {
                case.license = store.license(&machine.license).await?;
            }
        }
        Ask::Trial { device } => {
            if let Some(product) = store.product(&claims.product).await? {
                let (strategy, machine) = (product.trial.strategy, &device.fingerprint);
                case.trial = store.trial_of(&product.id, strategy, &key, machine).await?;
            }
        }
    }
    if let Some(license) = &case.license {
        case.owner = match license.owner {
            Some(id) => store.user(id).await?,
            None => None,
        };
        case.organization = match license.organization {
            Some(id) => store.organization(id).await?,
            None => None,
        };
    }
    Ok(case)
}

async fn before(
    app: &App,
    request: &VerifiedRequest,
) -> Result<Option<(Answered, UnixSeconds)>, Refusal> {
    let hash = request.hash();
    let Some(stored) = app.store().answer(&hash).await? else { return Ok(None) };
    Ok(super::again(app, &hash).await?.map(|answered| (answered, stored.created_at)))
}

/// Where to go to do something about a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// A license, to raise a limit of it.
    RaiseLimit(LicenseId),
    /// A license, to make it count again.
    Reinstate(LicenseId),
    /// A license, to extend it.
    Extend(LicenseId),
    /// A license, to look at it.
    Look(LicenseId),
    /// The machines of a license, to release the seat of one that is lost.
    ReleaseSeat(LicenseId),
    /// One machine.
    Machine(LicenseId, countersign_core::Id),
    /// A product, to change what it allows.
    Product(ProductId),
    /// All products: one is missing.
    Products,
    /// What support desks have signed: it may not be here yet.
    Journals,
    /// The signing key.
    Keys,
    /// What the vendor sets.
    Settings,
}

/// What the vendor can do about a refusal, the likeliest first.
pub(crate) fn ways(refusal: &Refusal, case: &Case, product: &ProductId) -> Vec<Way> {
    let license = case.license.as_ref().map(|license| license.id);
    let of_license = |ways: &[fn(LicenseId) -> Way]| -> Vec<Way> {
        license.map(|id| ways.iter().map(|way| way(id)).collect()).unwrap_or_default()
    };
    let mut ways = match refusal {
        Refusal::SeatsUsedUp { .. } | Refusal::GroupSeatsUsedUp(_) => {
            of_license(&[Way::RaiseLimit, Way::ReleaseSeat])
        }
        Refusal::DeactivationsUsedUp(_) => of_license(&[Way::RaiseLimit]),
        Refusal::Suspended | Refusal::Revoked => of_license(&[Way::Reinstate]),
        Refusal::Expired(_) => of_license(&[Way::Extend]),
        Refusal::ReinstallsUsedUp(_) => {
            let mut ways = of_license(&[Way::ReleaseSeat]);
            ways.push(Way::Product(product.clone()));
            ways
        }
        Refusal::ProductMismatch { .. } | Refusal::WrongProof => of_license(&[Way::Look]),
        Refusal::UnknownProduct(_) => vec![Way::Products],
        Refusal::NoTrial | Refusal::TrialAlreadyUsed { .. } => vec![Way::Product(product.clone())],
        Refusal::TrialCapReached(_) => vec![Way::Settings],
        Refusal::UnknownActivation => vec![Way::Journals],
        Refusal::Signing(_)
        | Refusal::SignerAway
        | Refusal::SignerLimit(_)
        | Refusal::SignerDeclined(_) => vec![Way::Keys],
        _ => Vec::new(),
    };
    let about_machine = matches!(
        refusal,
        Refusal::Superseded
            | Refusal::DeviceMismatch
            | Refusal::DeactivationsUsedUp(_)
            | Refusal::ReinstallsUsedUp(_)
    );
    if let Some(machine) = case.machine.as_ref().filter(|_| about_machine) {
        ways.push(Way::Machine(machine.license, machine.id));
    }
    ways
}

impl Way {
    /// Its page.
    pub(crate) fn page(&self) -> String {
        match self {
            Self::RaiseLimit(id) => format!("/admin/licenses/{id}#allowed_activations"),
            Self::Reinstate(id) => format!("/admin/licenses/{id}#status"),
            Self::Extend(id) => format!("/admin/licenses/{id}#extend_days"),
            Self::Look(id) => format!("/admin/licenses/{id}"),
            Self::ReleaseSeat(id) => format!("/licenses/{id}#machines"),
            Self::Machine(license, id) => format!("/licenses/{license}/machines/{id}"),
            Self::Product(id) => format!("/admin/products/{id}"),
            Self::Products => "/admin/products".to_owned(),
            Self::Journals => "/admin/journals".to_owned(),
            Self::Keys => "/admin/keys".to_owned(),
            Self::Settings => "/admin/settings".to_owned(),
        }
    }

    /// What somebody has to be allowed to do for it to lead anywhere.
    pub(crate) fn needs(&self) -> Permission {
        match self {
            Self::RaiseLimit(_) | Self::Reinstate(_) | Self::Extend(_) => {
                Permission::ManageLicenses
            }
            Self::ReleaseSeat(_) => Permission::ReleaseSeats,
            Self::Product(_) | Self::Products => Permission::ManageProducts,
            Self::Keys | Self::Settings => Permission::SeeSettings,
            Self::Look(_) | Self::Machine(..) | Self::Journals => Permission::SeeAll,
        }
    }

    /// The message on its button.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::RaiseLimit(_) => "way-raise-limit",
            Self::Reinstate(_) => "way-reinstate",
            Self::Extend(_) => "way-extend",
            Self::Look(_) => "way-license",
            Self::ReleaseSeat(_) => "way-release-seat",
            Self::Machine(..) => "way-machine",
            Self::Product(_) => "way-product",
            Self::Products => "way-products",
            Self::Journals => "way-journals",
            Self::Keys => "way-keys",
            Self::Settings => "way-settings",
        }
    }
}
