//! Grants that their own machines bring along: what was signed after the moment of a copy that the data was restored from.
//!
//! A machine that is known is left to the verb that it asks for. What is not known counts as if a journal had brought it
//! (`merge.rs`), beyond the limit where it is: the machine runs, whatever the portal has forgotten.

use crate::engine::Connection;
use countersign_core::response::{Answer as Said, Granted, Response};
use countersign_core::{LicenseId, Thumbprint, UnixSeconds};

use crate::error::Result;
use crate::merge::{self, Origin};
use crate::row::seconds;
use crate::{Store, activation, answer, audit, find, license, run};

const NAME: &str = "UPDATE activation SET device_name = ?2, device_name_folded = ?3 WHERE id = ?1 AND device_name IS NULL";
const RELEASED: &str = "SELECT 1 FROM activation WHERE license_id = ?1 AND device_key = ?2 AND state = 'released' \
    AND granted_at >= ?3 LIMIT 1";

/// A grant that was verified: by signature, chain and scope, and that its signer has not been revoked.
#[derive(Debug, Clone)]
pub struct Recognise {
    /// What it says.
    pub response: Response,
    /// Its token.
    pub token: String,
    /// The device key of the machine that brought it.
    pub device_key: Thumbprint,
    /// The license that the machine asks under; `None`: whichever the grant is of.
    pub license: Option<LicenseId>,
    /// The machine's name, as it says now.
    pub device_name: Option<String>,
    /// The time.
    pub now: UnixSeconds,
}

/// What became of a grant that was brought along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// It was not known: it counts from now on.
    Counted {
        /// So many of its license's seats are in use beyond the limit now.
        over: u64,
    },
    /// Nothing changes: it is known, or not of this machine or license.
    Not,
}

impl Store {
    /// Whether [`Store::recognise`] would count this grant. Nothing is stored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn would_recognise(&self, grant: &Recognise) -> Result<bool> {
        self.read(|c| Ok(countable(c, grant)?.is_some()))
    }

    /// Counts a grant that is not known, for its machine's license.
    ///
    /// # Errors
    /// When the database fails: nothing is stored then.
    pub async fn recognise(&self, grant: Recognise) -> Result<Recognised> {
        self.write(move |c| recognise_in(c, &grant)).await
    }
}

/// What it says and the license that it is of, if it is not known and would count.
fn countable<'a>(c: &Connection, grant: &'a Recognise) -> Result<Option<(&'a Granted, LicenseId)>> {
    let Recognise { response, device_key, .. } = grant;
    let Said::Activation(granted) = &response.answer else { return Ok(None) };
    let Some(named) = &granted.grant.license else { return Ok(None) };
    let is_of_license = grant.license.is_none_or(|license| license == named.id);
    if response.device != *device_key || !is_of_license {
        return Ok(None);
    }
    if activation::find_activation(c, &response.id.to_string())?.is_some() {
        return Ok(None);
    }
    let Some(license) = license::find_license(c, &named.id)? else { return Ok(None) };
    if license.product != response.product {
        return Ok(None);
    }
    // Whose seat the vendor took from this device since does not get it back by an older grant.
    let values = (license.id.to_string(), device_key.to_string(), seconds(response.issued_at));
    let was_released = find(c, RELEASED, values, |_| Ok(()))?.is_some();
    Ok((!was_released).then_some((granted, named.id)))
}

fn recognise_in(c: &Connection, grant: &Recognise) -> Result<Recognised> {
    let Some((granted, of)) = countable(c, grant)? else { return Ok(Recognised::Not) };
    let (response, now) = (&grant.response, grant.now);
    let actor = format!("device:{}", grant.device_key);
    merge::merge_grant(c, response, granted, Origin::Machine, &actor, now)?;
    let (id, name) = (response.id.to_string(), grant.device_name.as_deref());
    run(c, NAME, (&id, name, activation::folded(name)))?;
    // The same request, the same response: the one that it got.
    let (request, at) = (&response.request.hash, response.issued_at);
    answer::learn_answer(c, request, &grant.token, Some(&response.id), name, at)?;
    let over = license::find_license(c, &of)?.map_or(0, |license| license.over_activations);
    if over > 0 {
        let detail = over.to_string();
        let action = "activation.recognise-over";
        audit::record_of_license(c, &of, now, &actor, action, &id, &detail)?;
    }
    Ok(Recognised::Counted { over })
}
