//! Creating licenses: one, or many that say the same.

use countersign_core::LicenseId;
use countersign_core::license_key::LicenseKey;
use countersign_store::{
    Act, Creation, CreationRefusal, NewLicense, NewLicenses, Plan, ReleaseLimits, TwoPeople, User,
    is_far_away,
};

use super::Trouble;
use super::table::run::{MadeLicense, made_of};
use crate::app::App;
use crate::approval;
use crate::desk::{Of, Said};
use crate::language::{Language, Say};

/// The most licenses that are created at once.
pub(crate) const MOST_AT_ONCE: u64 = 1000;

/// What came of it.
#[derive(Debug)]
pub(crate) enum Made {
    /// They are there.
    Created(Vec<MadeLicense>),
    /// They wait for a second admin: none of them is there.
    Proposed,
}

/// Creates `count` licenses that say what `new` says, each with a key of its own: all of them or none. Where the two-person rule
/// holds them back, all of them are one proposal.
///
/// # Errors
/// When they cannot be: nothing was created then.
pub(crate) async fn create(
    app: &App,
    by: &User,
    language: Language,
    new: NewLicense,
    limits: ReleaseLimits,
    plan: Option<&Plan>,
    count: u64,
) -> Result<Made, Trouble> {
    let licenses = several(app, new, limits, plan, count)?;
    let far = is_far_away(&licenses.new.validity, app.now());
    if far && app.store().needs_two_people().await? {
        approval::ask(app, by, Act::CreateLicenses(Box::new(licenses)), language).await?;
        return Ok(Made::Proposed);
    }
    create_now(app, licenses, &format!("user:{}", by.id)).await.map(Made::Created)
}

/// As many as are wanted that say what `new` says, each with a key of its own.
///
/// # Errors
/// When they are none or too many, or say more than fits into a response.
pub(crate) fn several(
    app: &App,
    new: NewLicense,
    limits: ReleaseLimits,
    plan: Option<&Plan>,
    count: u64,
) -> Result<NewLicenses, Trouble> {
    if !(1..=MOST_AT_ONCE).contains(&count) {
        return Err(Trouble::Refused(Say::new("create-count").with("most", MOST_AT_ONCE)));
    }
    Said::by(&new).check_room(app, &new.product, Of::License)?;
    let further = (1..count).map(|_| LicenseKey::generate(&mut app.rng()));
    let keys: Vec<LicenseKey> = std::iter::once(new.key.clone()).chain(further).collect();
    let plan = plan.map(|plan| (plan.id, plan.revision));
    Ok(NewLicenses { new, keys, limits, plan, owner: None })
}

/// Creates them, all or none; nothing is proposed for them.
///
/// # Errors
/// When they cannot be, or a second person is needed: nothing was created then.
pub(crate) async fn create_now(
    app: &App,
    licenses: NewLicenses,
    actor: &str,
) -> Result<Vec<MadeLicense>, Trouble> {
    let made = made_of(std::slice::from_ref(&licenses));
    match app.store().create_licenses(licenses, TwoPeople::Asked, actor, app.now()).await? {
        Creation::Done(_) => Ok(made),
        Creation::Refused(_, CreationRefusal::NeedsSecondPerson) => Err(Trouble::Held),
        Creation::Refused(_, refusal) => Err(Trouble::Refused(why(&refusal))),
    }
}

/// Why a license cannot be created, in words.
pub(crate) fn why(refusal: &CreationRefusal) -> Say {
    Say::new(match refusal {
        CreationRefusal::UnknownProduct => "product-unknown",
        CreationRefusal::ProductArchived => "product-archived",
        CreationRefusal::UnknownPlan => "plan-unknown",
        CreationRefusal::PlanArchived => "plan-archived",
        CreationRefusal::PlanChanged => "plan-changed",
        CreationRefusal::UnknownOwner => "user-unknown",
        CreationRefusal::UnknownOrganization => "organization-unknown",
        CreationRefusal::OrganizationFull => "table-organization-full",
        CreationRefusal::KeyTaken(_) => "license-key-taken",
        CreationRefusal::NeedsSecondPerson => "approval-needed",
    })
}

/// The page of one license, or where several are shown.
pub(crate) fn page_of(id: &LicenseId) -> String {
    format!("/admin/licenses/{id}")
}
