//! Fresh responses for machines that sent no new request: signed when a license has changed, one for each revision, so that
//! fetching it again gives the same bytes.

use crate::engine::Connection;
use crate::engine::writer::Scope;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::activation::{self, Activation, ActivationState};
use crate::answer::{self, Answer};
use crate::error::Result;
use crate::license::{self, License, LicenseStatus};
use crate::row::{Columns, optional_seconds, seconds};
use crate::{Store, access, audit, find, run, webhook_event};

const FIND: &str = "SELECT token, issued_at, import_by FROM renewal \
    WHERE activation_id = ?1 AND request_hash = ?2 AND revision = ?3 ORDER BY issued_at DESC LIMIT 1";
const LATEST: &str = "SELECT token, issued_at, import_by FROM renewal \
    WHERE activation_id = ?1 AND request_hash = ?2 ORDER BY issued_at DESC, revision DESC LIMIT 1";
const INSERT: &str = "INSERT INTO renewal (activation_id, request_hash, revision, issued_at, import_by, token) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const PROLONG: &str = "UPDATE activation SET expires_at = ?2, import_by = ?3, \
    granted_at = CASE WHEN granted_at < ?4 THEN ?4 ELSE granted_at END WHERE id = ?1 AND state = 'active'";

/// A response that was signed for a machine as it is known.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// The license as it was when the response was signed.
    pub terms: License,
    /// The machine's activation.
    pub activation: Id,
    /// The request that it answers once more.
    pub request_hash: Hash,
    /// The signed response.
    pub response: String,
    /// End of the grant.
    pub expires_at: Option<UnixSeconds>,
    /// Import deadline.
    pub import_by: UnixSeconds,
    /// Who asked for it. Whether they may is looked at again when it is stored.
    pub by: Id,
    /// The time: that of the response.
    pub now: UnixSeconds,
}

/// A renewal that was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRenewal {
    /// The signed response.
    pub token: String,
    /// When it was signed.
    pub issued_at: UnixSeconds,
    /// When it must be installed by.
    pub import_by: UnixSeconds,
}

/// How a renewal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewed {
    /// The response is stored and may be handed out.
    Done,
    /// There is one for this revision, which can still be installed: hand out that one.
    Repeated(StoredRenewal),
    /// The person has no access to the license (any more).
    NoAccess,
    /// The license or the activation changed since it was read: read and sign again.
    Stale,
}

impl Store {
    /// The response that this activation got last: the latest renewal, or else what its latest request got. An earlier one
    /// is refused by a machine that has this one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest_response(&self, activation: &Activation) -> Result<Option<Answer>> {
        let Some((_, request_hash)) = activation.request else { return Ok(None) };
        let id = activation.id.to_string();
        self.read(|c| match find(c, LATEST, (&id, request_hash.to_string()), map)? {
            Some(StoredRenewal { token, issued_at: created_at, .. }) => {
                let device_name = activation.device_name.clone();
                Ok(Some(Answer { token, device_name, created_at }))
            }
            None => answer::find_answer(c, &request_hash),
        })
    }

    /// Stores a renewal with what it says; everything is decided again by what the database holds now.
    ///
    /// # Errors
    /// When the database fails: nothing is stored then.
    pub async fn renew(&self, renewal: Renewal) -> Result<Renewed> {
        let license = renewal.terms.id;
        let of = license.to_string();
        let renewed = self.write_in(Scope::Keys(&[&of]), move |c| renew_in(c, &renewal)).await?;
        if renewed == Renewed::Stale {
            self.forget_terms(&license);
        }
        Ok(renewed)
    }
}

fn find_renewal(
    c: &Connection,
    activation: Id,
    request_hash: &Hash,
    revision: i64,
    now: UnixSeconds,
) -> Result<Option<StoredRenewal>> {
    let values = (activation.to_string(), request_hash.to_string(), revision);
    Ok(find(c, FIND, values, map)?.filter(|stored| stored.import_by > now))
}

fn renew_in(c: &Connection, renewal: &Renewal) -> Result<Renewed> {
    let Renewal { activation, request_hash, terms, now, .. } = renewal;
    if !access::access_now(c, renewal.by, &terms.id)?.is_some_and(|access| access.acts()) {
        return Ok(Renewed::NoAccess);
    }
    if let Some(stored) = find_renewal(c, *activation, request_hash, terms.revision, *now)? {
        return Ok(Renewed::Repeated(stored));
    }
    let current = license::find_license(c, &terms.id)?.filter(|license| {
        license.revision == terms.revision
            && license.status == LicenseStatus::Active
            && !license.expired(*now)
    });
    let id = activation.to_string();
    let machine = activation::find_activation(c, &id)?.filter(|a| {
        a.license == terms.id
            && a.state == ActivationState::Active
            && a.request.is_some_and(|(_, hash)| hash == *request_hash)
    });
    let (Some(license), Some(_)) = (current, machine) else { return Ok(Renewed::Stale) };
    let (issued_at, import_by) = (seconds(*now), seconds(renewal.import_by));
    let hash = request_hash.to_string();
    run(c, INSERT, (&id, &hash, terms.revision, issued_at, import_by, &renewal.response))?;
    run(c, PROLONG, (&id, optional_seconds(renewal.expires_at), import_by, issued_at))?;
    let (actor, of) = (format!("user:{}", renewal.by), license.organization);
    audit::record_in(c, of, *now, &actor, "activation.renew", &id, "without a request")?;
    let once = format!("{id}:{hash}:{}:{now}", terms.revision);
    let by = [webhook_event::by(Some(renewal.by))];
    let topic = webhook_event::Topic::ActivationRenewed;
    webhook_event::tell_of_activation(c, topic, activation, &once, *now, &by)?;
    Ok(Renewed::Done)
}

fn map(row: &mut Columns<'_>) -> Result<StoredRenewal> {
    Ok(StoredRenewal { token: row.text()?, issued_at: row.time()?, import_by: row.time()? })
}
