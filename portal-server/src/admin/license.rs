//! `countersign-portal admin license …`, and features and metadata as people write them.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::response::Entitlement;
use countersign_core::{LicenseId, ProductId};
use countersign_store::{
    Entitlements, Metadata, MetadataEntry, NewLicense, ReleaseLimits, Validity, Viewer,
};
use serde_json::{Value, json};

use super::{ACTOR, DAY, MOST_METADATA, UpTo, known_organization, number};
use crate::app::App;
use crate::desk::{Of, Said};
use crate::fields::{Field, Unfit};
use crate::language::Say;

/// `admin license …`
#[derive(Debug, Subcommand)]
pub enum LicenseCommand {
    /// Create a license and print its key.
    Create(Box<CreateLicense>),
    /// Make licenses from a table (CSV); first dry, with every bad line.
    Import(crate::licensing::table::command::ImportTable),
    /// Set up to where a license goes in releases; what is not given stays.
    Limits {
        /// The license's id.
        #[arg(allow_hyphen_values = true)]
        license: LicenseId,
        /// What to set.
        #[command(flatten)]
        limits: UpTo,
    },
}

/// `admin license create`
#[derive(Debug, Args)]
pub struct CreateLicense {
    /// The product's id.
    #[arg(long)]
    product: ProductId,
    /// The plan's name.
    #[arg(long)]
    plan: Option<String>,
    /// Who holds it, in words.
    #[arg(long)]
    holder: Option<String>,
    /// E-mail address of the user that it belongs to.
    #[arg(long)]
    owner: Option<String>,
    /// Id of the organization that it belongs to.
    #[arg(long, allow_hyphen_values = true)]
    organization: Option<String>,
    /// Machines at a time; without it any number.
    #[arg(long, value_parser = number())]
    activations: Option<u64>,
    /// Deactivations; without it any number.
    #[arg(long, value_parser = number())]
    deactivations: Option<u64>,
    /// Days that it is valid; without it it is perpetual.
    #[arg(long, value_parser = number())]
    days: Option<u64>,
    /// What the days start with: creation or first-activation.
    #[arg(long, default_value = "creation", value_parser = ["creation", "first-activation"])]
    from: String,
    /// Days within which a response must be installed.
    #[arg(long, default_value_t = 14)]
    import_days: u64,
    /// exact, fuzzy or loose
    #[arg(long, default_value = "fuzzy")]
    strategy: Strategy,
    /// A feature: NAME, NAME=7 or NAME=word; may be given more than once.
    #[arg(long)]
    entitlement: Vec<String>,
    /// A further string: "NAME=VALUE" for the app, "NAME=VALUE [user, organization]" for those who are named (device, user,
    /// organization, reseller); may be given more than once.
    #[arg(long)]
    metadata: Vec<String>,
    #[command(flatten)]
    limits: UpTo,
}

pub(super) async fn create(app: &App, create: CreateLicense) -> anyhow::Result<Value> {
    match app.store().product(&create.product).await? {
        Some(product) if product.archived => {
            bail!("the product {} is archived: it gets no new licenses", create.product)
        }
        Some(_) => {}
        None => {
            bail!("there is no product {}: create it first (admin product create)", create.product)
        }
    }
    let owner = match &create.owner {
        Some(email) => {
            let user = app.store().user_by_email(email).await?;
            Some(
                user.with_context(|| {
                    format!("there is no user {email}: create them first (admin user create)")
                })?
                .id,
            )
        }
        None => None,
    };
    let validity = match (create.days, create.from.as_str()) {
        (None | Some(0), _) => Validity::Perpetual,
        (Some(days), "first-activation") => Validity::FromFirstActivation(days.saturating_mul(DAY)),
        (Some(days), _) => Validity::FromCreation(days.saturating_mul(DAY)),
    };
    let key = LicenseKey::generate(&mut app.rng());
    let new = NewLicense {
        key: key.clone(),
        product: create.product.clone(),
        plan: create.plan.as_deref().map_or(Ok(None), |plan| Field::Plan.optional(plan))?,
        holder: create
            .holder
            .as_deref()
            .map_or(Ok(None), |holder| Field::Holder.optional(holder))?,
        owner,
        organization: known_organization(app, create.organization).await?,
        allowed_activations: create.activations,
        allowed_deactivations: create.deactivations,
        validity,
        response_validity: create.import_days.clamp(1, 365) * DAY,
        strategy: create.strategy,
        entitlements: parse_entitlements(create.entitlement.iter().map(String::as_str))?,
        metadata: parse_metadata(create.metadata.iter().map(String::as_str))?,
    };
    Said::by(&new).check_room(app, &new.product, Of::License)?;
    let limits = create.limits.over(ReleaseLimits::default())?;
    let id = app.store().create_limited_license(new, limits, ACTOR, app.now()).await?;
    Ok(json!({"id": id.to_string(), "key": key.grouped(), "product": create.product.to_string()}))
}

/// Features as people write them: `name` is on, `name=7` a number, `name=word` a word. Empty lines are left out.
///
/// # Errors
/// When a feature has no name, or name or word are too long.
pub fn parse_entitlements<'a>(
    lines: impl Iterator<Item = &'a str>,
) -> anyhow::Result<Entitlements> {
    let mut entitlements = Entitlements::new();
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once('=').unwrap_or((line, "true"));
        if name.trim().is_empty() {
            bail!("a feature is written NAME, NAME=7 or NAME=word, not {line:?}");
        }
        let (name, value) = (Field::FeatureName.check(name)?, Field::FeatureWord.check(value)?);
        entitlements.insert(name.to_owned(), Entitlement::from_text(value));
    }
    Ok(entitlements)
}

/// Metadata as people write it: `name=value` is for the app, `name=value [user, organization]` for those who are named.
/// Empty lines are left out.
///
/// # Errors
/// When a line has no name, is too long or names somebody who does not exist, or when there are too many lines.
pub fn parse_metadata<'a>(lines: impl Iterator<Item = &'a str>) -> anyhow::Result<Metadata> {
    let mut metadata = Metadata::new();
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        let (name, rest) = line.split_once('=').unwrap_or((line, ""));
        if name.trim().is_empty() {
            bail!(
                "metadata is written NAME=VALUE or NAME=VALUE [user, organization], not {line:?}"
            );
        }
        let viewers = rest.trim_end().strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        let entry = match viewers {
            None => MetadataEntry::for_device(rest.trim()),
            Some((value, viewers)) => MetadataEntry {
                value: value.trim().to_owned(),
                visible_to: viewers
                    .split(',')
                    .map(|viewer| {
                        Viewer::named(viewer.trim()).with_context(|| {
                            format!(
                                "{:?} in {line:?} is none of device, user, organization, reseller",
                                viewer.trim()
                            )
                        })
                    })
                    .collect::<anyhow::Result<_>>()?,
            },
        };
        Field::MetadataValue.check(&entry.value)?;
        metadata.insert(Field::MetadataName.check(name)?.to_owned(), entry);
        if metadata.len() > MOST_METADATA {
            return Err(Unfit(Say::new("metadata-too-many").with("most", MOST_METADATA)).into());
        }
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_says_who_may_see_it() {
        let metadata = parse_metadata(
            ["site = Ulm", "", "cost=47 [11] [user, organization]", "empty="].into_iter(),
        )
        .unwrap();
        assert_eq!(metadata["site"], MetadataEntry::for_device("Ulm"));
        assert_eq!(metadata["cost"].value, "47 [11]");
        assert_eq!(metadata["cost"].visible_to, [Viewer::User, Viewer::Organization]);
        assert_eq!(metadata["empty"].value, "");
        assert!(parse_metadata(["a=b [thief]"].into_iter()).is_err());
        assert!(parse_metadata(["=b"].into_iter()).is_err());
    }
}
