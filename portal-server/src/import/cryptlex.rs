//! What the web API of Cryptlex, version 3, gives: plain arrays of objects, paged by number.

use std::fmt;

use countersign_core::fingerprint::Strategy;
use countersign_store::{
    LicenseStatus, Metadata, ReleaseLimits, Validity, Viewer, is_highest_version,
};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::draft::{
    Catalog, Features, LicenseDraft, MachineDraft, Notes, OrganizationDraft, Policy, ProductDraft,
    UserDraft, Wishes,
};
use super::entry::{Entry, Problem, unfit};
use super::scan::Member;
use super::source::{Noun, Told};
use crate::admin::LARGEST;
use crate::fields::Field;
use crate::mail;

pub(crate) fn member(name: &str) -> Option<Member<Noun>> {
    Some(match name {
        "products" => Member::Of(Noun::Product),
        "entitlementsets" | "productversions" => Member::Of(Noun::Policy),
        "organizations" => Member::Of(Noun::Organization),
        "users" => Member::Of(Noun::User),
        "licenses" => Member::Of(Noun::License),
        "activations" => Member::Of(Noun::Machine),
        "data" | "items" => Member::Same,
        "message" | "errors" => Member::Failure,
        "usergroups"
        | "licensetemplates"
        | "licensepolicies"
        | "trialpolicies"
        | "features"
        | "featureflags"
        | "trialactivations"
        | "releases"
        | "maintenancepolicies" => Member::Skipped,
        _ => return None,
    })
}

/// What an entry is whose place does not say it: its members tell. The first that is there decides.
pub(crate) fn noun_of(bytes: &[u8]) -> Told {
    const BY_MEMBER: [(&str, Noun); 11] = [
        ("licenseId", Noun::Machine),
        ("key", Noun::License),
        ("publicKey", Noun::Product),
        ("totalLicenses", Noun::Product),
        ("licenseTemplateId", Noun::Product),
        ("licensePolicy", Noun::Product),
        ("allowedUsers", Noun::Organization),
        ("firstName", Noun::User),
        ("twoFactorEnabled", Noun::User),
        ("featureEntitlements", Noun::Policy),
        ("featureFlags", Noun::Policy),
    ];
    let Ok(Names(names)) = serde_json::from_slice(bytes) else { return Told::Nothing };
    let found = BY_MEMBER.iter().find(|(name, _)| names.iter().any(|known| known == name));
    found.map_or(Told::Nothing, |(_, noun)| Told::Noun(*noun))
}

/// The names of an object's members.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
        let mut names = Vec::new();
        while let Some((name, IgnoredAny)) = map.next_entry()? {
            names.push(name);
        }
        Ok(Names(names))
    }
}

pub(crate) fn product(entry: Entry<'_>) -> Result<ProductDraft, Problem> {
    let mut notes = Notes::default();
    has_more(entry, &["trialPolicy", "trialPolicyId", "metadata"], &mut notes);
    let name = match entry.field("displayName", Field::ProductName)? {
        Some(name) => name,
        None => {
            entry.field("name", Field::ProductName)?.ok_or_else(|| unfit("name", "is missing"))?
        }
    };
    let created_at = entry.time("createdAt")?;
    Ok(ProductDraft { code: None, name: name.to_owned(), created_at, notes })
}

/// An entitlement set, or what came before those: a version of a product with its feature flags.
pub(crate) fn policy(entry: Entry<'_>) -> Result<Policy, Problem> {
    let (mut features, mut notes) = (Features::default(), Notes::default());
    feature_lists(entry, &mut features, &mut notes)?;
    let name = match entry.field("displayName", Field::Plan)? {
        Some(name) => Some(name),
        None => entry.field("name", Field::Plan)?,
    };
    Ok(Policy { name: name.map(str::to_owned), features, notes, ..Policy::default() })
}

pub(crate) fn organization(entry: Entry<'_>) -> Result<OrganizationDraft, Problem> {
    let mut notes = Notes::default();
    has_more(entry, &["address", "email", "description", "metadata"], &mut notes);
    let name = entry.field("name", Field::OrganizationName)?;
    Ok(OrganizationDraft {
        name: name.ok_or_else(|| unfit("name", "is missing"))?.to_owned(),
        allowed_users: limit(entry, "allowedUsers")?.filter(|users| *users > 0),
        created_at: entry.time("createdAt")?,
        notes,
    })
}

pub(crate) fn user(entry: Entry<'_>) -> Result<UserDraft, Problem> {
    let mut notes = Notes::default();
    has_more(entry, &["metadata", "tags", "reseller", "resellerId"], &mut notes);
    if entry.flag("twoFactorEnabled")? {
        notes.add("twoFactorEnabled", "they turn two-factor login on here anew");
    }
    let roles = entry.list("roles")?.iter().filter_map(Value::as_str);
    let roles: Vec<&str> = entry.text("role", 100)?.into_iter().chain(roles).collect();
    let runs_organization = roles.contains(&"organization-admin");
    if roles.iter().any(|role| !["user", "organization-admin"].contains(role)) {
        notes.add("role", "not a customer there; is one here, until you say otherwise");
    }
    let email = entry.text("email", 254)?.ok_or_else(|| unfit("email", "is missing"))?;
    let text = |name: &str| -> Result<String, Problem> {
        Ok(entry.field(name, Field::UserName)?.unwrap_or_default().to_owned())
    };
    Ok(UserDraft {
        email: mail::address(email).ok_or_else(|| unfit("email", "is no address for mail"))?,
        first_name: text("firstName")?,
        last_name: text("lastName")?,
        name: text("name")?,
        organization: named(entry, "organization", "organizationId")?,
        runs_organization,
        suspended: entry.flag("suspended")?,
        created_at: entry.time("createdAt")?,
        notes,
    })
}

pub(crate) fn license(
    entry: Entry<'_>,
    catalog: &Catalog,
    wishes: &Wishes,
) -> Result<LicenseDraft, Problem> {
    let allowed_deactivations = limit(entry, "allowedDeactivations")?;
    let used = entry.count("totalDeactivations", LARGEST)?.unwrap_or(0);
    let user = entry.object("user")?;
    let holder = match user {
        Some(user) => match user.field("company", Field::Holder)? {
            Some(company) => Some(company),
            None => user.field("name", Field::Holder)?,
        },
        None => None,
    };
    let mut draft = LicenseDraft {
        product: named(entry, "product", "productId")?
            .ok_or_else(|| unfit("productId", "is missing"))?,
        owner: named(entry, "user", "userId")?,
        organization: named(entry, "organization", "organizationId")?,
        key: entry.key("key")?.map(str::to_owned),
        plan: None,
        holder: holder.map(str::to_owned),
        status: match (entry.flag("revoked")?, entry.flag("suspended")?) {
            (true, _) => LicenseStatus::Revoked,
            (_, true) => LicenseStatus::Suspended,
            _ => LicenseStatus::Active,
        },
        // Both are any number there.
        allowed_activations: limit(entry, "allowedActivations")?.filter(|seats| *seats > 0),
        // What was used up there is none that this portal has a proof of: what is left of them is what is allowed here.
        allowed_deactivations: allowed_deactivations.map(|allowed| allowed.saturating_sub(used)),
        validity: validity(entry)?,
        limits: ReleaseLimits::default(),
        strategy: strategy(entry)?,
        features: Features::default(),
        metadata: Metadata::new(),
        created_at: entry.time("createdAt")?,
        notes: Notes::default(),
    };
    draft.limits.maintenance_until = entry.time("maintenanceExpiresAt")?;
    highest_version(entry, &mut draft)?;
    for (name, id) in
        [("entitlementSet", "entitlementSetId"), ("productVersion", "productVersionId")]
    {
        plan(entry, name, id, catalog, &mut draft)?;
    }
    feature_lists(entry, &mut draft.features, &mut draft.notes)?;
    more(entry, wishes, &mut draft)?;
    draft.check()?;
    Ok(draft)
}

/// The set of features that a license has: its name is the plan.
fn plan(
    entry: Entry<'_>,
    name: &str,
    id: &str,
    catalog: &Catalog,
    draft: &mut LicenseDraft,
) -> Result<(), Problem> {
    let Some(set) = named(entry, name, id)? else { return Ok(()) };
    let embedded = entry.object(name)?.map(policy).transpose()?;
    let known = catalog.policies.get(&set);
    let Some(policy) = known.or(embedded.as_ref()) else {
        return Err(Problem(format!(
            "its {id} is not in the export: without it, its features are not known. Export \
             entitlement-sets and product-versions, too"
        )));
    };
    if draft.plan.is_none() {
        draft.plan = policy.name.clone();
    }
    draft.features.0.extend(policy.features.0.clone());
    policy.notes.0.iter().for_each(|note| draft.notes.add(note.kind, &note.detail));
    Ok(())
}

/// Metadata, what goes with it, and what there is no place for.
fn more(entry: Entry<'_>, wishes: &Wishes, draft: &mut LicenseDraft) -> Result<(), Problem> {
    for item in entry.list("metadata")? {
        let item = Entry::of(item)
            .map_err(|_| unfit("metadata", "has something in it that is no object"))?;
        let Some(name) = item.get("key").and_then(Value::as_str) else {
            return Err(unfit("metadata", "has an entry without a key"));
        };
        let value = item.get("value").unwrap_or(&Value::Null);
        draft.put_metadata(name, value, wishes, viewers(item)?);
    }
    if let Some(Value::String(notes)) = entry.get("notes").filter(|notes| **notes != "") {
        draft.put_for_vendor("notes", notes);
    }
    let tags: Vec<&str> = entry.list("tags")?.iter().filter_map(Value::as_str).collect();
    if !tags.is_empty() {
        draft.put_for_vendor("tags", &tags.join(", "));
    }
    let kind = entry.text("type", 100)?.unwrap_or("node-locked");
    if kind != "node-locked" {
        draft
            .notes
            .add("type", "a floating license there: here each machine has a seat of its own");
    }
    if entry.text("expirationStrategy", 100)? == Some("rolling") {
        draft.notes.add("expirationStrategy", "rolling: its end stays where it is");
    }
    let lists = [
        "allowedCountries",
        "disallowedCountries",
        "allowedIpAddresses",
        "disallowedIpAddresses",
        "allowedIpRanges",
        "additionalUserIds",
        "meterAttributes",
        "userLocked",
        "requireAuthentication",
        "reseller",
        "resellerId",
    ];
    has_more(entry, &lists, &mut draft.notes);
    Ok(())
}

/// Who may see metadata there; the words are nearly ours.
fn viewers(item: Entry<'_>) -> Result<Vec<Viewer>, Problem> {
    let words = item.list("viewPermissions")?.iter().filter_map(Value::as_str);
    let words = words.map(|word| if word == "activation" { "device" } else { word });
    let mut viewers: Vec<Viewer> = words.filter_map(Viewer::named).collect();
    // What it was called until 2024.
    if item.flag("visible")? {
        viewers.push(Viewer::Device);
    }
    viewers.sort();
    viewers.dedup();
    Ok(viewers)
}

pub(crate) fn machine(entry: Entry<'_>) -> Result<MachineDraft, Problem> {
    let license = named(entry, "license", "licenseId")?;
    Ok(MachineDraft {
        license: license.ok_or_else(|| unfit("licenseId", "is missing"))?,
        name: entry.text("hostname", 255)?.map(str::to_owned),
    })
}

fn validity(entry: Entry<'_>) -> Result<Validity, Problem> {
    if let Some(end) = entry.time("expiresAt")? {
        return Ok(Validity::Fixed(end));
    }
    let length = match entry.duration("subscriptionInterval")? {
        Some(length) => Some(length),
        // What it was called until 2025, in seconds.
        None => entry.count("validity", u64::MAX >> 12)?.filter(|seconds| *seconds > 0),
    };
    let Some(length) = length else { return Ok(Validity::Perpetual) };
    let begins =
        [entry.text("subscriptionStartTrigger", 100)?, entry.text("expirationStrategy", 100)?];
    let waits = begins.iter().flatten().any(|word| ["activation", "delayed"].contains(word));
    let created = entry.time("createdAt")?;
    match (waits, created) {
        (true, _) => Ok(Validity::FromFirstActivation(length)),
        (false, Some(created)) => Ok(Validity::Fixed(created.saturating_add(length))),
        (false, None) => Err(unfit("createdAt", "is missing, so its end is not known")),
    }
}

fn strategy(entry: Entry<'_>) -> Result<Strategy, Problem> {
    match entry.text("fingerprintMatchingStrategy", 100)? {
        None => Ok(Strategy::Fuzzy),
        Some(word) => word
            .parse()
            .map_err(|_| unfit("fingerprintMatchingStrategy", "is none of exact, fuzzy and loose")),
    }
}

fn highest_version(entry: Entry<'_>, draft: &mut LicenseDraft) -> Result<(), Problem> {
    let Some(text) = entry.text("maxAllowedReleaseVersion", 100)?.filter(|text| !text.is_empty())
    else {
        return Ok(());
    };
    match text.parse().ok().filter(is_highest_version) {
        Some(version) => draft.limits.highest_version = Some(version),
        None => return Err(unfit("maxAllowedReleaseVersion", "is no version")),
    }
    Ok(())
}

/// Features of a license or a set, and flags of a product's version.
fn feature_lists(
    entry: Entry<'_>,
    features: &mut Features,
    notes: &mut Notes,
) -> Result<(), Problem> {
    for item in entry.list("featureEntitlements")? {
        let item = Entry::of(item)?;
        let name = feature_name(item, "featureName")?;
        if item.time("expiresAt")?.is_some() {
            notes.add(
                "feature",
                format!("{name}: it has an end of its own, which no feature has here"),
            );
            continue;
        }
        features.put(&name, item.get("value"), notes);
    }
    for item in entry.list("featureFlags")? {
        let item = Entry::of(item)?;
        let name = feature_name(item, "name")?;
        if item.flag("enabled")? {
            features.put(&name, item.get("data"), notes);
        }
    }
    Ok(())
}

fn feature_name(item: Entry<'_>, name: &str) -> Result<String, Problem> {
    let known = item.text(name, 200)?;
    known.map(str::to_owned).ok_or_else(|| unfit(name, "is missing in a feature"))
}

/// `-1` is any number.
fn limit(entry: Entry<'_>, name: &str) -> Result<Option<u64>, Problem> {
    if entry.number(name)? == Some(-1) { Ok(None) } else { entry.count(name, LARGEST) }
}

/// The id of something that is named by its id, or stands there with it.
fn named(entry: Entry<'_>, object: &str, id: &str) -> Result<Option<String>, Problem> {
    if let Some(known) = entry.optional_id(id)? {
        return Ok(Some(known.to_owned()));
    }
    let inner = entry.object(object)?;
    Ok(inner.map(|inner| inner.id("id")).transpose()?.map(str::to_owned))
}

/// Members that say something there is no place for here.
pub(crate) fn has_more(entry: Entry<'_>, names: &[&'static str], notes: &mut Notes) {
    for name in names {
        let says_nothing = entry.get(name).is_none_or(|value| match value {
            Value::Bool(flag) => !flag,
            Value::Array(list) => list.is_empty(),
            Value::Object(object) => object.is_empty(),
            Value::String(text) => text.is_empty(),
            Value::Number(number) => number.as_i64() == Some(0),
            Value::Null => true,
        });
        if !says_nothing {
            notes.add(name, "");
        }
    }
}
