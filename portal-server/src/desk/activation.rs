//! Answering an activation request: read, sign, store; again if the license changed in between.

use countersign_core::fingerprint::Fingerprint;
use countersign_core::license_key::LicenseKey;
use countersign_core::request::{Device, LicenseProof, VerifiedRequest};
use countersign_core::response::{Answer, Binding, Grant, GrantLicense, Granted};
use countersign_core::{Id, LicenseId, UnixSeconds};
use countersign_store::{
    Access, Activate, Activated, ActivationQuery, ActivationRefusal, ActivationStates, GroupAccess,
    License, Right, Seat, device_metadata,
};

use super::recognise::recognise;
use super::{Answered, Chosen, Door, Refusal, from_stored, respond, sign};
use crate::app::App;
use crate::settings::Settings;
use crate::signing::Evidence;

/// A license that keeps changing under a request is a fault, not load.
const TRIES: usize = 16;

pub(super) async fn answer(
    app: &App,
    request: &VerifiedRequest,
    device: &Device,
    proof: Option<&LicenseProof>,
    door: &Door,
) -> Result<Answered, Refusal> {
    let mut renewal = None;
    let right = match (proof, door.license) {
        (None, Some(Chosen::OnItsPage(_))) => Right::Access,
        _ => Right::Key,
    };
    for turn in 0..TRIES {
        let license = license_for(app, request, proof, door, Read::AtHand).await?;
        if turn == 0 && request.holds().is_some() {
            recognise(app, request, Some(license.id)).await?;
            // What the license says may have changed with it.
            renewal = seat_to_renew(app, request, &license.id, device).await?;
        }
        if turn == 0 && app.keys().signing.is_counted() {
            renewal = seat_before_signing(app, request, &license, device, door).await?;
        }
        let (id, now) = match renewal {
            Some((id, granted_at)) => (id, not_older(app, granted_at)),
            None => (app.activation_id(), app.now()),
        };
        let granted = grant(&license, &device.fingerprint, now, &*app.settings().await?);
        let (expires_at, import_by) = (granted.grant.expires_at, granted.import_by);
        let response = respond(app, request, id, now, Answer::Activation(granted));
        let token = match sign(app, Evidence::Request(request.token()), &response).await {
            // What cannot be signed by the license at hand may be signed by what the vendor has made of it since.
            Err(Refusal::Signing(_) | Refusal::SignerDeclined(_)) if turn == 0 => {
                app.store().forget_terms(&license.id);
                continue;
            }
            signed => signed?,
        };
        let activate = Activate {
            terms: license.clone(),
            activation: id,
            request_id: request.claims().id,
            request_hash: request.hash(),
            device_key: request.device_key().thumbprint(),
            device: device.clone(),
            response: token.clone(),
            expires_at,
            import_by,
            door: door.name,
            by_user: door.user.as_ref().map(|user| user.id),
            right,
            now,
        };
        match app.store().activate(activate).await? {
            Activated::Done => {
                let device_name = device.name.clone();
                return Ok(Answered { token, response, device_name, request_hash: request.hash() });
            }
            Activated::Repeated(answer) => return from_stored(app, answer, request.hash()),
            Activated::Refused(refusal) => return Err(refused(app, refusal, &license, door).await?),
            Activated::Stale => renewal = seat_to_renew(app, request, &license.id, device).await?,
        }
    }
    Err(Refusal::Store(countersign_store::StoreError::Commit(
        "the license keeps changing".to_owned(),
    )))
}

/// How fresh a license must be.
#[derive(Clone, Copy)]
pub(super) enum Read {
    /// As it is, with its counters: to be shown.
    Now,
    /// As it was at some time: to sign by, which its revision makes safe.
    AtHand,
}

/// The license that a request is for: the one that it names and proves, or the one that a person chose.
pub(super) async fn license_for(
    app: &App,
    request: &VerifiedRequest,
    proof: Option<&LicenseProof>,
    door: &Door,
    read: Read,
) -> Result<License, Refusal> {
    let license = async |id| match read {
        Read::Now => app.store().license(id).await,
        Read::AtHand => app.store().license_terms(id).await,
    };
    let license = match (proof, door.license) {
        (Some(proof), _) => {
            let license = license(&proof.id).await?.ok_or(Refusal::UnknownLicense)?;
            let (jkt, jti) = (request.device_key().thumbprint(), request.claims().id);
            if !license.key.proves(&proof.proof, &jkt, &jti) {
                return Err(Refusal::WrongProof);
            }
            license
        }
        (None, Some(chosen)) => license(&chosen.license()).await?.ok_or(Refusal::UnknownLicense)?,
        (None, None) => return Err(Refusal::LicenseNeeded),
    };
    if license.product != request.claims().product {
        let request = request.claims().product.clone();
        return Err(Refusal::ProductMismatch { license: license.product, request });
    }
    Ok(license)
}

/// The license of a typed key: knowing the key is the right to use it, as a proof in the request would be.
///
/// # Errors
/// [`Refusal::UnknownLicense`].
pub(crate) async fn license_of_key(app: &App, typed: &str) -> Result<LicenseId, Refusal> {
    let key: LicenseKey = typed.parse().map_err(|_| Refusal::UnknownLicense)?;
    let license = app.store().license(&key.id()).await?.ok_or(Refusal::UnknownLicense)?;
    Ok(license.id)
}

/// What a license gives to this machine now.
pub(super) fn grant(
    license: &License,
    machine: &Fingerprint,
    now: u64,
    settings: &Settings,
) -> Granted {
    Granted {
        import_by: now + settings.response_validity(license.response_validity),
        binding: Binding { strategy: license.strategy, fingerprint: machine.clone() },
        grant: Grant {
            expires_at: license.grant_end(now),
            renew_by: None,
            entitlements: license.entitlements.clone(),
            license: Some(GrantLicense {
                id: license.id,
                plan: license.plan.clone(),
                holder: license.holder.clone(),
                deactivations_left: license.deactivations_left(),
            }),
            metadata: device_metadata(&license.metadata),
        },
    }
}

/// As [`seat_to_renew`], where every signature counts in somebody else's journal: what would be refused is not signed at all.
async fn seat_before_signing(
    app: &App,
    request: &VerifiedRequest,
    license: &License,
    device: &Device,
    door: &Door,
) -> Result<Option<(Id, UnixSeconds)>, Refusal> {
    let key = request.device_key().thumbprint();
    let groups = ids(&groups_of(app, &license.id, door).await?);
    let machine = &device.fingerprint;
    match app.store().activation_plan(&license.id, &key, machine, &groups, app.now()).await? {
        Ok(Seat::Renewal(own)) => Ok(Some((own.id, own.granted_at))),
        Ok(_) => Ok(None),
        Err(refusal) => Err(refused(app, refusal, license, door).await?),
    }
}

/// The time of a fresh response for a machine that has one of `granted_at`: where the clock went back, as late as that, since the
/// machine takes nothing that is older. A time at which the key will have ended came of a clock that was far ahead.
pub(super) fn not_older(app: &App, granted_at: UnixSeconds) -> UnixSeconds {
    match granted_at < app.keys().until() {
        true => app.now().max(granted_at),
        false => app.now(),
    }
}

/// The activation that this request would renew, if the device has one, with the time of its response.
async fn seat_to_renew(
    app: &App,
    request: &VerifiedRequest,
    license: &LicenseId,
    device: &Device,
) -> Result<Option<(Id, UnixSeconds)>, Refusal> {
    let key = request.device_key().thumbprint();
    let machine = &device.fingerprint;
    let plan = app.store().activation_plan(license, &key, machine, &[], app.now()).await?;
    Ok(match plan {
        Ok(Seat::Renewal(own)) => Some((own.id, own.granted_at)),
        _ => None,
    })
}

pub(super) async fn refused(
    app: &App,
    refusal: ActivationRefusal,
    license: &License,
    door: &Door,
) -> Result<Refusal, Refusal> {
    Ok(match refusal {
        ActivationRefusal::UnknownLicense => Refusal::UnknownLicense,
        ActivationRefusal::Suspended => Refusal::Suspended,
        ActivationRefusal::Revoked => Refusal::Revoked,
        ActivationRefusal::Expired { at } => Refusal::Expired(at),
        ActivationRefusal::ReinstallsUsedUp { allowed } => Refusal::ReinstallsUsedUp(allowed),
        ActivationRefusal::GroupSeatsUsedUp { allowed } => Refusal::GroupSeatsUsedUp(allowed),
        ActivationRefusal::SeatsUsedUp { allowed } => {
            Refusal::SeatsUsedUp { allowed, holders: holders(app, license, door).await? }
        }
    })
}

/// The groups from which alone the person at the door may take a seat. Whoever is not logged in and has the license's key
/// takes it from the license.
pub(super) async fn groups_of(
    app: &App,
    license: &LicenseId,
    door: &Door,
) -> Result<Vec<GroupAccess>, Refusal> {
    let Some(user) = &door.user else { return Ok(Vec::new()) };
    match app.store().access_to(user, license).await? {
        Some(Access::Groups(groups)) => Ok(groups),
        _ => Ok(Vec::new()),
    }
}

pub(super) fn ids(groups: &[GroupAccess]) -> Vec<Id> {
    groups.iter().map(|group| group.id).collect()
}

/// Who holds the seats: for people who may see the license, nobody else.
async fn holders(app: &App, license: &License, door: &Door) -> Result<Vec<String>, Refusal> {
    if !may_see(app, license, door).await? {
        return Ok(Vec::new());
    }
    let live = ActivationStates::Live;
    let query = ActivationQuery { states: live, most: 20, ..ActivationQuery::of(license.id) };
    let page = app.store().activation_page(&query).await?;
    Ok(page.items.into_iter().map(|a| a.device_name.unwrap_or_else(|| a.id.to_string())).collect())
}

/// Whether the person at the door may see the license.
pub(super) async fn may_see(app: &App, license: &License, door: &Door) -> Result<bool, Refusal> {
    let Some(user) = &door.user else { return Ok(false) };
    Ok(app.store().access_to(user, &license.id).await?.is_some())
}
