//! What a license may run of the releases of its product. The rule stands once, in [`ReleaseTerms::may_run`].

use crate::engine::Connection;
use countersign_core::release::VersionName;
use countersign_core::{Id, LicenseId, ProductId, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::license::{self, License, LicenseChange, LicenseStatus, NewLicense};
use crate::product_release::{ProductRelease, ReleaseStatus};
use crate::row::{Columns, optional_seconds};
use crate::user::User;
use crate::{Store, audit, find, list, proposal, run, version};

const OF_LICENSE: &str = "SELECT product_id, status, expires_at, maintenance_until, highest_version FROM license WHERE id = ?1";
// Theirs, their organization's if they run it, those of their groups, and those of their customers if they run a reseller: who may see a license may see its releases. What
// belongs to another organization is seen by nobody else, whoever it was given to.
const OF_USER: &str = "SELECT product_id, status, expires_at, maintenance_until, highest_version FROM license \
    WHERE owner_user_id = ?1 AND COALESCE(organization_id, ?2) = ?2 \
    UNION SELECT product_id, status, expires_at, maintenance_until, highest_version FROM license \
    WHERE organization_id = ?3 \
    UNION SELECT l.product_id, l.status, l.expires_at, l.maintenance_until, l.highest_version FROM group_member m \
    JOIN user_group g ON g.id = m.group_id AND g.organization_id = ?2 AND g.deleted_at IS NULL \
    JOIN group_license gl ON gl.group_id = g.id AND gl.unlinked_at IS NULL \
    JOIN license l ON l.id = gl.license_id AND l.organization_id = ?2 WHERE m.user_id = ?1 \
    UNION SELECT product_id, status, expires_at, maintenance_until, highest_version FROM license \
    WHERE organization_id = ?4 \
    UNION SELECT l.product_id, l.status, l.expires_at, l.maintenance_until, l.highest_version FROM organization o \
    JOIN license l ON l.organization_id = o.id WHERE o.reseller_id = ?4 \
    UNION SELECT l.product_id, l.status, l.expires_at, l.maintenance_until, l.highest_version FROM app_user u \
    JOIN license l ON l.owner_user_id = u.id AND l.organization_id IS NULL WHERE u.reseller_id = ?4 ORDER BY 1";
const OF_USER_FOR_PRODUCT: &str = "SELECT product_id, status, expires_at, maintenance_until, highest_version FROM license \
    WHERE owner_user_id = ?1 AND COALESCE(organization_id, ?2) = ?2 AND product_id = ?4 \
    UNION SELECT product_id, status, expires_at, maintenance_until, highest_version FROM license \
    WHERE organization_id = ?3 AND product_id = ?4 \
    UNION SELECT l.product_id, l.status, l.expires_at, l.maintenance_until, l.highest_version FROM group_member m \
    JOIN user_group g ON g.id = m.group_id AND g.organization_id = ?2 AND g.deleted_at IS NULL \
    JOIN group_license gl ON gl.group_id = g.id AND gl.unlinked_at IS NULL \
    JOIN license l ON l.id = gl.license_id AND l.organization_id = ?2 AND l.product_id = ?4 WHERE m.user_id = ?1 \
    UNION SELECT product_id, status, expires_at, maintenance_until, highest_version FROM license \
    WHERE organization_id = ?5 AND product_id = ?4 \
    UNION SELECT l.product_id, l.status, l.expires_at, l.maintenance_until, l.highest_version FROM organization o \
    JOIN license l ON l.organization_id = o.id AND l.product_id = ?4 WHERE o.reseller_id = ?5 \
    UNION SELECT l.product_id, l.status, l.expires_at, l.maintenance_until, l.highest_version FROM app_user u \
    JOIN license l ON l.owner_user_id = u.id AND l.organization_id IS NULL AND l.product_id = ?4 WHERE u.reseller_id = ?5";
const SET_LIMITS: &str =
    "UPDATE license SET maintenance_until = ?2, highest_version = ?3 WHERE id = ?1";

/// Up to where a license goes in releases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseLimits {
    /// It may run what was published up to this time; `None`: as long as the license itself.
    pub maintenance_until: Option<UnixSeconds>,
    /// It may run versions up to this one, which it may; `2.x` is all of 2. `None`: all.
    pub highest_version: Option<VersionName>,
}

/// All of a license that decides about releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseTerms {
    /// The product.
    pub product: ProductId,
    /// Whether the license counts.
    pub status: LicenseStatus,
    /// When it ends.
    pub expires_at: Option<UnixSeconds>,
    /// Up to where it goes.
    pub limits: ReleaseLimits,
}

/// Why a license may not run a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseRefusal {
    /// It is for another product.
    OtherProduct,
    /// The release is not published.
    NotPublished,
    /// The license is suspended.
    Suspended,
    /// The license is revoked.
    Revoked,
    /// The release came after the maintenance of the license ended.
    AfterMaintenance {
        /// When that was.
        until: UnixSeconds,
    },
    /// The release came after the license ended.
    AfterEnd {
        /// When that was.
        until: UnixSeconds,
    },
    /// The version is higher than the license allows.
    AboveHighest {
        /// What it allows.
        highest: VersionName,
    },
}

impl ReleaseTerms {
    /// Whether the license may run the release: it counts, the release is published and of its product, was published no
    /// later than the maintenance (or else the license) ended, and its version is no higher than allowed.
    ///
    /// # Errors
    /// With the first reason why not.
    pub fn may_run(&self, release: &ProductRelease) -> std::result::Result<(), ReleaseRefusal> {
        if release.product != self.product {
            return Err(ReleaseRefusal::OtherProduct);
        }
        let (ReleaseStatus::Published, Some(published_at)) = (release.status, release.published_at)
        else {
            return Err(ReleaseRefusal::NotPublished);
        };
        match self.status {
            LicenseStatus::Active => {}
            LicenseStatus::Suspended => return Err(ReleaseRefusal::Suspended),
            LicenseStatus::Revoked => return Err(ReleaseRefusal::Revoked),
        }
        match (self.limits.maintenance_until, self.expires_at) {
            (Some(until), _) if published_at > until => {
                return Err(ReleaseRefusal::AfterMaintenance { until });
            }
            (None, Some(until)) if published_at > until => {
                return Err(ReleaseRefusal::AfterEnd { until });
            }
            _ => {}
        }
        match &self.limits.highest_version {
            // A limit that has no place in the order allows nothing rather than everything.
            Some(highest)
                if version::highest_order(highest).is_none_or(|limit| release.order > limit) =>
            {
                Err(ReleaseRefusal::AboveHighest { highest: highest.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Whether a highest allowed version can be one: it begins with a number, and may end in `.x`.
pub fn is_highest_version(version: &VersionName) -> bool {
    version::highest_order(version).is_some()
}

impl Store {
    /// Creates a license that goes up to `limits` in releases.
    ///
    /// # Errors
    /// As [`Store::create_license`].
    pub async fn create_limited_license(
        &self,
        new: NewLicense,
        limits: ReleaseLimits,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<LicenseId> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            proposal::check_new(c, &new, now)?;
            let id = license::create(c, &new, &actor, now)?;
            set_new_limits(c, &id, &limits, &actor, now)?;
            Ok(id)
        })
        .await
    }

    /// Replaces what can be changed of a license, and up to where it goes in releases.
    ///
    /// # Errors
    /// As [`Store::change_license`].
    pub async fn change_limited_license(
        &self,
        license: License,
        limits: ReleaseLimits,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<LicenseChange> {
        self.change_limited_license_and_tell(license, limits, Vec::new(), actor, now).await
    }

    /// Sets up to where a license goes in releases. `false` when there is no such license.
    ///
    /// Grants say nothing about it, so what was signed stays as it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_release_limits(
        &self,
        license: LicenseId,
        limits: ReleaseLimits,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write(move |c| set_limits(c, &license, &limits, &actor, now)).await
    }

    /// What a license allows of the releases of its product.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_terms_of(&self, license: &LicenseId) -> Result<Option<ReleaseTerms>> {
        self.read(|c| find_terms(c, license))
    }

    /// What the licenses allow that a user may see, by product: their own and those of their groups; all of the
    /// organization for who runs it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_terms(&self, user: &User) -> Result<Vec<ReleaseTerms>> {
        let [id, organization, runs, resells] = who(user);
        self.read(|c| list(c, OF_USER, (&id, &organization, &runs, &resells), map))
    }

    /// The same of one product.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_terms_for(
        &self,
        user: &User,
        product: &ProductId,
    ) -> Result<Vec<ReleaseTerms>> {
        let [id, organization, runs, resells] = who(user);
        let values = (id, organization, runs, product.as_str(), resells);
        self.read(|c| list(c, OF_USER_FOR_PRODUCT, &values, map))
    }
}

/// A user, their organization, the organization if they run it, and the reseller if they run that; what is not there is empty,
/// and no id is.
pub(crate) fn who(user: &User) -> [String; 4] {
    let text = |id: Option<Id>| id.map(|id| id.to_string()).unwrap_or_default();
    [user.id.to_string(), text(user.organization), text(user.runs()), text(user.resells())]
}

pub(crate) fn map(row: &mut Columns<'_>) -> Result<ReleaseTerms> {
    Ok(ReleaseTerms {
        product: row.parsed("product id")?,
        status: row.parsed("license status")?,
        expires_at: row.optional_time()?,
        limits: ReleaseLimits {
            maintenance_until: row.optional_time()?,
            highest_version: optional_version(row)?,
        },
    })
}

pub(crate) fn optional_version(row: &mut Columns<'_>) -> Result<Option<VersionName>> {
    let text: Option<String> = row.take()?;
    text.map(|text| text.parse().map_err(|_| StoreError::Malformed("version"))).transpose()
}

/// What a license allows of the releases of its product.
pub(crate) fn find_terms(c: &Connection, license: &LicenseId) -> Result<Option<ReleaseTerms>> {
    find(c, OF_LICENSE, [license.to_string()], map)
}

/// Changes a license with its limits.
pub(crate) fn change(
    c: &Connection,
    license: &License,
    limits: &ReleaseLimits,
    actor: &str,
    now: UnixSeconds,
) -> Result<LicenseChange> {
    let changed = license::change(c, license, actor, now)?;
    let before = find_terms(c, &license.id)?.map(|terms| terms.limits);
    if changed == LicenseChange::Done && before.as_ref() != Some(limits) {
        set_limits(c, &license.id, limits, actor, now)?;
    }
    Ok(changed)
}

/// Those of a license that was just created.
pub(crate) fn set_new_limits(
    c: &Connection,
    license: &LicenseId,
    limits: &ReleaseLimits,
    actor: &str,
    now: UnixSeconds,
) -> Result<()> {
    if *limits != ReleaseLimits::default() {
        set_limits(c, license, limits, actor, now)?;
    }
    Ok(())
}

pub(crate) fn set_limits(
    c: &Connection,
    license: &LicenseId,
    limits: &ReleaseLimits,
    actor: &str,
    now: UnixSeconds,
) -> Result<bool> {
    let id = license.to_string();
    let highest = limits.highest_version.as_ref().map(VersionName::as_str);
    let found =
        run(c, SET_LIMITS, (&id, optional_seconds(limits.maintenance_until), highest))? == 1;
    if found {
        let (what, detail) = ("license.release-limits", highest.unwrap_or_default());
        audit::record_of_license(c, license, now, actor, what, &id, detail)?;
    }
    Ok(found)
}
