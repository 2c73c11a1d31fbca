//! Private releases: for the licenses that they were given to. To everybody else there is no such release.

use std::cmp::Reverse;

use crate::engine::Connection;
use countersign_core::release::Channel;
use countersign_core::{Id, LicenseId, ProductId, UnixSeconds};

use crate::error::Result;
use crate::product_release::{
    self as release, ProductRelease, ReleaseChange, ReleaseFilter, Visibility, done,
};
use crate::release_terms::{self, ReleaseTerms};
use crate::user::User;
use crate::{Store, list, run};

const SET: &str = "UPDATE release SET visibility = ?2 WHERE id = ?1";
const CLEAR: &str = "DELETE FROM release_license WHERE release_id = ?1";
const GIVE: &str = "INSERT INTO release_license (release_id, license_id) \
    SELECT r.id, l.id FROM release r JOIN license l ON l.product_id = r.product_id WHERE r.id = ?1 AND l.id = ?2 \
    ON CONFLICT (release_id, license_id) DO NOTHING";
const GIVEN: &str =
    "SELECT license_id FROM release_license WHERE release_id = ?1 ORDER BY license_id";
// As `release_terms.rs` has it for all licenses: theirs, their organization's if they run it, those of a reseller's
// customers, and those of their groups.
const OF_USER: &str = "SELECT l.product_id, l.status, l.expires_at, l.maintenance_until, l.highest_version \
    FROM release_license rl CROSS JOIN license l WHERE rl.release_id = ?5 AND l.id = rl.license_id AND (\
    (l.owner_user_id = ?1 AND COALESCE(l.organization_id, ?2) = ?2) OR l.organization_id = ?3 OR l.organization_id = ?4 \
    OR EXISTS (SELECT 1 FROM organization o WHERE o.id = l.organization_id AND o.reseller_id = ?4) \
    OR (l.organization_id IS NULL AND EXISTS (SELECT 1 FROM app_user u WHERE u.id = l.owner_user_id AND u.reseller_id = ?4)) \
    OR (l.organization_id = ?2 \
    AND EXISTS (SELECT 1 FROM group_license gl JOIN user_group g ON g.id = gl.group_id \
    JOIN group_member m ON m.group_id = g.id WHERE gl.license_id = l.id AND gl.unlinked_at IS NULL \
    AND g.organization_id = ?2 AND g.deleted_at IS NULL AND m.user_id = ?1)))";
const FOR_USER: &str = "SELECT r.id, r.product_id, r.channel, r.version, r.version_order, r.status, r.visibility, r.notes, \
    r.checksums, r.revision, r.created_at, r.published_at FROM release r \
    WHERE r.product_id = ?5 AND r.visibility = 'private' AND r.status = 'published' \
    AND (r.version_order, r.id) < (?6, ?7) AND (?8 = '' OR r.channel = ?8) AND EXISTS (\
    SELECT 1 FROM release_license rl CROSS JOIN license l WHERE rl.release_id = r.id AND l.id = rl.license_id AND (\
    (l.owner_user_id = ?1 AND COALESCE(l.organization_id, ?2) = ?2) OR l.organization_id = ?3 OR l.organization_id = ?4 \
    OR EXISTS (SELECT 1 FROM organization o WHERE o.id = l.organization_id AND o.reseller_id = ?4) \
    OR (l.organization_id IS NULL AND EXISTS (SELECT 1 FROM app_user u WHERE u.id = l.owner_user_id AND u.reseller_id = ?4)) \
    OR (l.organization_id = ?2 \
    AND EXISTS (SELECT 1 FROM group_license gl JOIN user_group g ON g.id = gl.group_id \
    JOIN group_member m ON m.group_id = g.id WHERE gl.license_id = l.id AND gl.unlinked_at IS NULL \
    AND g.organization_id = ?2 AND g.deleted_at IS NULL AND m.user_id = ?1)))) \
    ORDER BY r.version_order DESC, r.id DESC LIMIT ?9";

/// More licenses than these are not a few: such a release is for everybody.
pub const MOST_GIVEN: usize = 1_000;

impl Store {
    /// Sets who sees a release: the customers whose licenses may run it, or with [`Visibility::Private`] those of these
    /// licenses alone. Licenses of other products are left out: they could never run it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_release_visibility(
        &self,
        release: Id,
        visibility: Visibility,
        given: Vec<LicenseId>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<ReleaseChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| set(c, release, visibility, &given, &actor, now)).await
    }

    /// The licenses that a private release was given to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn licenses_of_release(&self, release: Id) -> Result<Vec<LicenseId>> {
        self.read(|c| list(c, GIVEN, [release.to_string()], |row| row.parsed("license id")))
    }

    /// Releases of a product that a customer may know of: those for all customers, and private ones that were given to a license
    /// of theirs. As [`Store::releases`] otherwise; the visibility of the filter is not looked at.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn releases_for_customer(
        &self,
        user: &User,
        product: &ProductId,
        filter: &ReleaseFilter,
        most: u32,
    ) -> Result<Vec<ProductRelease>> {
        let for_all = ReleaseFilter { visibility: Some(Visibility::Customers), ..filter.clone() };
        let mut found = self.releases(product, &for_all, most).await?;
        found.extend(self.private_releases(user, product, filter, most).await?);
        // By the text of the id, as the pages of both are.
        found
            .sort_by_cached_key(|release| Reverse((release.order.clone(), release.id.to_string())));
        found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn private_releases(
        &self,
        user: &User,
        product: &ProductId,
        filter: &ReleaseFilter,
        most: u32,
    ) -> Result<Vec<ProductRelease>> {
        let [id, organization, runs, resells] = release_terms::who(user);
        self.read(|c| {
            let Some((order, last)) = release::page_start(c, filter)? else {
                return Ok(Vec::new());
            };
            let channel = filter.channel.as_ref().map_or("", Channel::as_str);
            let product = product.as_str();
            let values = (&id, &organization, &runs, &resells, product, order, last, channel, most);
            list(c, FOR_USER, values, release::map)
        })
    }

    /// What the user's licenses allow of this release: all licenses of its product, or of a private one those that it was
    /// given to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_terms_to_run(
        &self,
        user: &User,
        release: &ProductRelease,
    ) -> Result<Vec<ReleaseTerms>> {
        match release.visibility {
            Visibility::Customers => self.release_terms_for(user, &release.product).await,
            Visibility::Private => {
                let [id, organization, runs, resells] = release_terms::who(user);
                let values = (id, organization, runs, resells, release.id.to_string());
                self.read(|c| list(c, OF_USER, &values, release_terms::map))
            }
        }
    }
}

fn set(
    c: &Connection,
    release: Id,
    visibility: Visibility,
    given: &[LicenseId],
    actor: &str,
    now: UnixSeconds,
) -> Result<ReleaseChange> {
    let id = release.to_string();
    if given.len() > MOST_GIVEN {
        return Ok(ReleaseChange::GivenToTooMany);
    }
    if run(c, SET, (&id, visibility.as_str()))? != 1 {
        return Ok(ReleaseChange::NotFound);
    }
    run(c, CLEAR, [&id])?;
    let mut count = 0;
    if visibility == Visibility::Private {
        for license in given {
            count += run(c, GIVE, (&id, license.to_string()))?;
        }
    }
    let detail = match visibility {
        Visibility::Customers => visibility.as_str().to_owned(),
        Visibility::Private => format!("{visibility} {count}"),
    };
    done(c, release, "release.visibility", &detail, actor, now)
}
