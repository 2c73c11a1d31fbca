//! What the API of Keygen gives: JSON:API, resources with a type, attributes and relationships, in pages with `data`.

use std::borrow::Cow;

use countersign_core::fingerprint::Strategy;
use countersign_store::{LicenseStatus, Metadata, ReleaseLimits, Validity};
use serde::Deserialize;

use super::cryptlex::has_more;
use super::draft::{
    Catalog, Features, LicenseDraft, MachineDraft, Notes, OrganizationDraft, Policy, ProductDraft,
    RunsOn, UserDraft, Wishes,
};
use super::entry::{Entry, Problem, unfit};
use super::scan::Member;
use super::source::{Noun, Told};
use crate::admin::LARGEST;
use crate::fields::Field;
use crate::mail;

pub(crate) fn member(name: &str) -> Option<Member<Noun>> {
    Some(match name {
        "data" | "included" => Member::Same,
        "links" | "meta" | "jsonapi" => Member::Skipped,
        "errors" => Member::Failure,
        other => Member::Of(noun_named(other)?),
    })
}

fn noun_named(name: &str) -> Option<Noun> {
    Some(match name {
        "products" => Noun::Product,
        "entitlements" => Noun::Feature,
        "policies" => Noun::Policy,
        "groups" => Noun::Organization,
        "users" => Noun::User,
        "licenses" => Noun::License,
        "machines" => Noun::Machine,
        "components" | "machinecomponents" => Noun::Component,
        _ => return None,
    })
}

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
}

/// What an entry says that it is.
pub(crate) fn noun_of(bytes: &[u8]) -> Told {
    match serde_json::from_slice::<Typed<'_>>(bytes) {
        Ok(typed) => noun_named(&typed.kind).map_or(Told::Other, Told::Noun),
        Err(_) => Told::Nothing,
    }
}

fn attributes(entry: Entry<'_>) -> Result<Entry<'_>, Problem> {
    entry.object("attributes")?.ok_or_else(|| unfit("attributes", "is missing"))
}

/// The id of the one resource that this one names so.
fn related(entry: Entry<'_>, name: &str) -> Result<Option<String>, Problem> {
    let Some(all) = entry.object("relationships")? else { return Ok(None) };
    let Some(one) = all.object(name)? else { return Ok(None) };
    let data = one.object("data")?;
    Ok(data.map(|data| data.id("id")).transpose()?.map(str::to_owned))
}

pub(crate) fn product(entry: Entry<'_>) -> Result<ProductDraft, Problem> {
    let (said, mut notes) = (attributes(entry)?, Notes::default());
    has_more(said, &["metadata", "url"], &mut notes);
    let name = said.field("name", Field::ProductName)?;
    Ok(ProductDraft {
        code: said.text("code", 255)?.map(str::to_owned),
        name: name.ok_or_else(|| unfit("name", "is missing"))?.to_owned(),
        created_at: said.time("created")?,
        notes,
    })
}

/// The code of an entitlement.
pub(crate) fn feature(entry: Entry<'_>) -> Result<String, Problem> {
    let code = attributes(entry)?.field("code", Field::FeatureName)?;
    code.map(str::to_owned).ok_or_else(|| unfit("code", "is missing"))
}

pub(crate) fn policy(entry: Entry<'_>, catalog: &Catalog) -> Result<Policy, Problem> {
    let (said, mut notes) = (attributes(entry)?, Notes::default());
    if said.text("overageStrategy", 100)?.is_some_and(|word| word != "NO_OVERAGE") {
        notes.add("overageStrategy", "more machines than allowed are not taken here");
    }
    let basis = said.text("expirationBasis", 100)?.unwrap_or("FROM_CREATION");
    let runs_on = match said.text("expirationStrategy", 100)? {
        Some("MAINTAIN_ACCESS") => RunsOn::WithOldReleases,
        Some("ALLOW_ACCESS") => RunsOn::WithAll,
        _ => RunsOn::Ends,
    };
    let mut features = Features::default();
    put_features(entry, catalog, &mut features, &mut notes)?;
    Ok(Policy {
        name: said.field("name", Field::Plan)?.map(str::to_owned),
        duration: said.count("duration", u64::MAX >> 12)?.filter(|seconds| *seconds > 0),
        expires_from_first_use: basis != "FROM_CREATION",
        runs_on,
        strategy: strategy(said)?,
        features,
        notes,
    })
}

pub(crate) fn organization(entry: Entry<'_>) -> Result<OrganizationDraft, Problem> {
    let (said, mut notes) = (attributes(entry)?, Notes::default());
    has_more(said, &["maxLicenses", "maxMachines", "metadata"], &mut notes);
    let name = said.field("name", Field::OrganizationName)?;
    Ok(OrganizationDraft {
        name: name.ok_or_else(|| unfit("name", "is missing"))?.to_owned(),
        allowed_users: said.count("maxUsers", LARGEST)?,
        created_at: said.time("created")?,
        notes,
    })
}

pub(crate) fn user(entry: Entry<'_>) -> Result<UserDraft, Problem> {
    let (said, mut notes) = (attributes(entry)?, Notes::default());
    has_more(said, &["metadata"], &mut notes);
    if said.text("role", 100)?.is_some_and(|role| role != "user") {
        notes.add("role", "not a customer there; is one here, until you say otherwise");
    }
    let email = said.text("email", 254)?.ok_or_else(|| unfit("email", "is missing"))?;
    let text = |name: &str| -> Result<String, Problem> {
        Ok(said.field(name, Field::UserName)?.unwrap_or_default().to_owned())
    };
    Ok(UserDraft {
        email: mail::address(email).ok_or_else(|| unfit("email", "is no address for mail"))?,
        first_name: text("firstName")?,
        last_name: text("lastName")?,
        name: text("fullName")?,
        organization: related(entry, "group")?,
        runs_organization: false,
        suspended: said.text("status", 100)? == Some("BANNED"),
        created_at: said.time("created")?,
        notes,
    })
}

pub(crate) fn license(
    entry: Entry<'_>,
    catalog: &Catalog,
    wishes: &Wishes,
) -> Result<LicenseDraft, Problem> {
    let said = attributes(entry)?;
    let policy_id = related(entry, "policy")?.ok_or_else(|| unfit("its policy", "is not named"))?;
    let policy = catalog.policies.get(&policy_id).ok_or_else(|| {
        Problem(
            "its policy is not in the export or was left out: how long it is valid and its features are not known. \
             Export policies, too"
                .to_owned(),
        )
    })?;
    let is_held_back = said.flag("suspended")?
        || matches!(said.text("status", 100)?, Some("SUSPENDED" | "BANNED"));
    let owner = match related(entry, "owner")? {
        Some(owner) => Some(owner),
        // What it was called until 2024.
        None => related(entry, "user")?,
    };
    let (validity, limits) = validity(said, policy)?;
    let mut draft = LicenseDraft {
        product: related(entry, "product")?.ok_or_else(|| unfit("its product", "is not named"))?,
        owner,
        organization: related(entry, "group")?,
        key: said.key("key")?.map(str::to_owned),
        plan: policy.name.clone(),
        holder: said.field("name", Field::Holder)?.map(str::to_owned),
        status: if is_held_back { LicenseStatus::Suspended } else { LicenseStatus::Active },
        allowed_activations: said.count("maxMachines", LARGEST)?,
        allowed_deactivations: None,
        validity,
        limits,
        strategy: policy.strategy.unwrap_or(Strategy::Fuzzy),
        features: policy.features.clone(),
        metadata: Metadata::new(),
        created_at: said.time("created")?,
        notes: policy.notes.clone(),
    };
    put_features(entry, catalog, &mut draft.features, &mut draft.notes)?;
    if let Some(metadata) = said.object("metadata")? {
        for (name, value) in metadata.members() {
            draft.put_metadata(name, value, wishes, Vec::new());
        }
    }
    let no_place = [
        "maxProcesses",
        "maxCores",
        "maxUses",
        "uses",
        "scheme",
        "requireHeartbeat",
        "requireCheckIn",
    ];
    has_more(said, &no_place, &mut draft.notes);
    draft.check()?;
    Ok(draft)
}

pub(crate) fn machine(entry: Entry<'_>) -> Result<MachineDraft, Problem> {
    let said = attributes(entry)?;
    let license = related(entry, "license")?;
    let name = match said.text("hostname", 255)? {
        Some(name) => Some(name),
        None => said.text("name", 255)?,
    };
    Ok(MachineDraft {
        license: license.ok_or_else(|| unfit("its license", "is not named"))?,
        name: name.map(str::to_owned),
    })
}

/// When it ends, and up to which releases it goes.
fn validity(said: Entry<'_>, policy: &Policy) -> Result<(Validity, ReleaseLimits), Problem> {
    let end = said.time("expiry")?;
    let until = |until| ReleaseLimits { maintenance_until: until, ..ReleaseLimits::default() };
    Ok(match (end, policy.runs_on, policy.duration) {
        (Some(end), RunsOn::Ends, _) => (Validity::Fixed(end), until(None)),
        (Some(end), RunsOn::WithOldReleases, _) => (Validity::Perpetual, until(Some(end))),
        (Some(_), RunsOn::WithAll, _) => (Validity::Perpetual, until(None)),
        (None, RunsOn::Ends, Some(length)) if policy.expires_from_first_use => {
            (Validity::FromFirstActivation(length), until(None))
        }
        // Made by hand without an end, or by a policy that sets none.
        (None, ..) => (Validity::Perpetual, until(None)),
    })
}

/// How many components of a machine have to be the same.
fn strategy(said: Entry<'_>) -> Result<Option<Strategy>, Problem> {
    let word = match said.text("componentMatchingStrategy", 100)? {
        Some(word) => Some(word),
        None => said.text("machineMatchingStrategy", 100)?,
    };
    Ok(word.map(|word| match word {
        "MATCH_ALL" => Strategy::Exact,
        "MATCH_ANY" => Strategy::Loose,
        _ => Strategy::Fuzzy,
    }))
}

/// The entitlements that stand beside a policy or license, put there as docs/guide-import.md says.
fn put_features(
    entry: Entry<'_>,
    catalog: &Catalog,
    features: &mut Features,
    notes: &mut Notes,
) -> Result<(), Problem> {
    let Some(all) = entry.object("relationships")? else { return Ok(()) };
    let Some(entitlements) = all.object("entitlements")? else { return Ok(()) };
    for one in entitlements.list("data")? {
        let id = Entry::of(one)?.id("id")?;
        let code = catalog.features.get(id).ok_or_else(|| {
            Problem(
                "one of its entitlements is not in the export or was left out. Export entitlements, too"
                    .to_owned(),
            )
        })?;
        features.put(code, None, notes);
    }
    Ok(())
}
