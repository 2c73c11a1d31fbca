//! The licenses of a plan, part by part, and changing many at once: each whole or not at all.

use std::sync::Arc;

use countersign_core::{Id, LicenseId, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::job::{self, NewJob};
use crate::license::{self, License, LicenseChange};
use crate::release_terms::{self, ReleaseLimits};
use crate::{Store, list, proposal};

/// Licenses of a plan that are read, and changed, at a time.
pub const PLAN_LICENSES_AT_ONCE: usize = 200;

// The limit is a literal: see `license_list`.
const OF_PLAN: &str = "SELECT id FROM license WHERE plan_id = ?1 AND id > ?2 ORDER BY id LIMIT 200";

impl Store {
    /// The licenses of a plan with their limits, in the order of their ids after this one: 200 at a time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn licenses_of_plan(
        &self,
        plan: Id,
        after: Option<LicenseId>,
    ) -> Result<Vec<(License, ReleaseLimits)>> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        self.read(|c| {
            let ids = list(c, OF_PLAN, (plan.to_string(), &after), |row| row.text())?;
            let read = |id: &String| {
                let id: LicenseId = id.parse().map_err(|_| StoreError::Malformed("license id"))?;
                let license = license::find_license(c, &id)?;
                let terms = release_terms::find_terms(c, &id)?;
                Ok(license.zip(terms).map(|(license, terms)| (license, terms.limits)))
            };
            let found: Vec<_> = ids.iter().map(read).collect::<Result<_>>()?;
            Ok(found.into_iter().flatten().collect())
        })
    }

    /// Changes a license as [`Store::change_limited_license`] does, and queues these mails with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_limited_license_and_tell(
        &self,
        license: License,
        limits: ReleaseLimits,
        mails: Vec<NewJob>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<LicenseChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            if proposal::holds_back(c, &license, now)? {
                return Ok(LicenseChange::NeedsSecondPerson);
            }
            let changed = release_terms::change(c, &license, &limits, &actor, now)?;
            if changed == LicenseChange::Done {
                mails.iter().try_for_each(|mail| job::enqueue(c, mail, now))?;
            }
            Ok(changed)
        })
        .await
    }

    /// Changes a license as [`Store::change_license`] does, and queues these mails with it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_license_and_tell(
        &self,
        license: License,
        mails: Vec<NewJob>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<LicenseChange> {
        let actor = actor.to_owned();
        self.write(move |c| {
            if proposal::holds_back(c, &license, now)? {
                return Ok(LicenseChange::NeedsSecondPerson);
            }
            let changed = license::change(c, &license, &actor, now)?;
            if changed == LicenseChange::Done {
                mails.iter().try_for_each(|mail| job::enqueue(c, mail, now))?;
            }
            Ok(changed)
        })
        .await
    }

    /// Changes these licenses in one transaction, each as [`Store::change_limited_license`] would: one that is refused
    /// stays as it is and holds up no other.
    ///
    /// # Errors
    /// When the database fails: then none of them is changed.
    pub async fn change_limited_licenses(
        &self,
        licenses: Vec<(License, ReleaseLimits)>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<Vec<LicenseChange>> {
        let (actor, licenses) = (actor.to_owned(), Arc::new(licenses));
        self.write_once(move |c| {
            let change = |(license, limits): &(License, ReleaseLimits)| {
                if proposal::holds_back(c, license, now)? {
                    return Ok(LicenseChange::NeedsSecondPerson);
                }
                release_terms::change(c, license, limits, &actor, now)
            };
            licenses.iter().map(change).collect()
        })
        .await
    }
}
