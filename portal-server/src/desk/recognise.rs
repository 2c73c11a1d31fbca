//! Grants that machines bring along and that the portal does not know: what it signed after the moment of a copy that its data
//! was restored from. They are taken in, beyond the limit where that is, instead of selling the seat twice.
//!
//! What a machine says of itself is worth nothing here. A grant counts if the vendor's keys signed it, for this device and
//! this license; who brings one of somebody else is treated as if nothing had come along.

use countersign_core::LicenseId;
use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::response::Answer as Said;
use countersign_core::trust::VerifiedResponse;
use countersign_store::{Recognise, Recognised};

use super::Refusal;
use crate::app::App;

/// How far ahead of the portal's clock a signature may be.
const AHEAD: u64 = 86_400;

/// Whether [`recognise`] would count the grant that came along. Nothing is stored.
///
/// # Errors
/// When the database fails.
pub(super) async fn would_recognise(
    app: &App,
    request: &VerifiedRequest,
    license: Option<LicenseId>,
) -> Result<bool, Refusal> {
    match brought(app, request, license) {
        Some(grant) => Ok(app.store().would_recognise(&grant).await?),
        None => Ok(false),
    }
}

/// Counts the grant that came along, if the portal does not know it: the request is one of a known machine then.
///
/// # Errors
/// When the database fails: nothing is stored then.
pub(super) async fn recognise(
    app: &App,
    request: &VerifiedRequest,
    license: Option<LicenseId>,
) -> Result<(), Refusal> {
    let Some(grant) = brought(app, request, license) else { return Ok(()) };
    // Nearly always it is known: that is one look, and no write.
    if !app.store().would_recognise(&grant).await? {
        return Ok(());
    }
    let id = grant.response.id;
    if let Recognised::Counted { over } = app.store().recognise(grant).await? {
        tracing::warn!(
            activation = %id, over,
            "a machine brought a grant that this portal had forgotten: it counts again"
        );
        if let Some(license) = license {
            app.store().forget_terms(&license);
        }
    }
    Ok(())
}

/// The grant that came along, as far as it can be believed without the database.
fn brought(app: &App, request: &VerifiedRequest, license: Option<LicenseId>) -> Option<Recognise> {
    let token = request.holds()?;
    let verified = app.keys().trust.verify_installed(token).ok()?;
    let response = verified.claims();
    let device_key = request.device_key().thumbprint();
    let is_own = response.device == device_key && response.product == request.claims().product;
    let is_meant = match &request.claims().ask {
        Ask::Activation { .. } => matches!(response.answer, Said::Activation(_)),
        Ask::Deactivation { activation, .. } => response.id == *activation,
        Ask::Trial { .. } => false,
    };
    if !is_own || !is_meant || !is_believed(app, &verified) {
        return None;
    }
    Some(Recognise {
        response: response.clone(),
        token: token.to_owned(),
        device_key,
        license,
        device_name: request.claims().device_name().map(str::to_owned),
        now: app.now(),
    })
}

/// Whether its signer may still be believed when a machine alone vouches for the time: a key that was revoked may not, and one
/// that has ended only if it is the portal's own. What else such keys signed comes by their journals.
fn is_believed(app: &App, verified: &VerifiedResponse) -> bool {
    let (keys, now) = (app.keys(), app.now());
    let list = keys.papers.list.as_ref();
    let is_revoked =
        verified.revoked_by(|kid, serial| list.is_some_and(|list| list.names(kid, serial)));
    let is_the_portals = verified.signer() == keys.signing.kid();
    let is_current = verified.delegation().is_none_or(|delegation| now < delegation.not_after);
    is_revoked.is_none()
        && (is_the_portals || is_current)
        && verified.claims().issued_at <= now.saturating_add(AHEAD)
}
