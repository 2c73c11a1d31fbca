//! `countersign-portal admin …`: set-up without a browser, on the same data directory, also while the server runs.

mod release;
mod sign_on;
mod token;
mod webhook;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand};
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::response::Entitlement;
use countersign_core::trial::MOST_WORK_BITS;
use countersign_core::{Id, LicenseId, ProductId};
use countersign_store::{
    Entitlements, MOST_EXTENSION_DAYS, Metadata, MetadataEntry, NewLicense, Organization, Product,
    ReleaseLimits, Role, TrialPolicy, User, UserChange, UserStatus, Validity, Viewer,
};
use serde_json::{Value, json};

pub use release::{ReleaseCommand, UpTo};
pub use sign_on::SignOnCommand;
pub use token::{CreateToken, TokenCommand};
pub use webhook::WebhookCommand;

use crate::app::App;
use crate::desk::{Of, Said};
use crate::fields::{Field, Unfit};
use crate::language::{Language, Say};
use crate::mail;
use crate::password;
use crate::settings::{
    LONGEST_COOL_DOWN, MOST_EXTENSIONS, MOST_RELEASES, MOST_TRIALS, Settings, parse_origins,
};
use crate::trial_policy::{self, TrialOptions};
use crate::vault;

const DAY: u64 = 86_400;

/// The largest number that is taken, on the pages too: days of it are still a time that a token can say.
pub(crate) const LARGEST: u64 = 1_000_000_000;

/// The most metadata of one license: a page shows all of it.
pub(crate) const MOST_METADATA: usize = 50;

pub(crate) fn number() -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(..=LARGEST)
}

/// What to set up.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// People who log in.
    #[command(subcommand)]
    User(UserCommand),
    /// What is licensed.
    #[command(subcommand)]
    Product(ProductCommand),
    /// Who may run what.
    #[command(subcommand)]
    License(LicenseCommand),
    /// Customers that are more than one person.
    #[command(subcommand)]
    Organization(OrganizationCommand),
    /// What customers download; RELEASE is an id or PRODUCT/CHANNEL/VERSION.
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Tokens by which programs act for an admin: the support desk's command line, for one.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Logging in by identity providers.
    #[command(subcommand)]
    SignOn(SignOnCommand),
    /// Who else hears of what happens.
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// What holds for the whole portal.
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// The file keys/two-factor.key is lost for good: turn two-factor login off for everybody who has it; the next start makes
    /// a new key. Stop the portal first.
    LostTwoFactorKey,
}

/// `admin user …`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create a user; without --password-file a one-time link to set the password is printed.
    Create(CreateUser),
}

/// `admin user create`
#[derive(Debug, Args)]
pub struct CreateUser {
    /// Their e-mail address.
    #[arg(long)]
    email: String,
    /// Their name.
    #[arg(long, default_value = "")]
    name: String,
    /// What they are for the vendor. The first admin is the owner.
    #[arg(long, default_value = "customer", value_parser = ["owner", "admin", "support", "read-only", "reseller-admin", "customer"])]
    role: String,
    /// Id of their organization.
    #[arg(long, allow_hyphen_values = true)]
    organization: Option<String>,
    /// What they are there: `member` or `admin`.
    #[arg(long, default_value = "member", value_parser = ["member", "admin"])]
    organization_role: String,
    /// A file whose first line is the password, `-` for standard input.
    #[arg(long)]
    password_file: Option<String>,
}

/// `admin product …`
#[derive(Debug, Subcommand)]
pub enum ProductCommand {
    /// Create a product.
    Create(CreateProduct),
    /// Change a product's trials; what is not given stays. It holds for the next request.
    Trial {
        /// The product's id.
        product: ProductId,
        /// What to change.
        #[command(flatten)]
        options: TrialOptions,
    },
}

/// `admin product create`
#[derive(Debug, Args)]
pub struct CreateProduct {
    /// 1 to 64 of a-z 0-9 . _ -
    #[arg(long)]
    id: ProductId,
    /// Its name for people.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    trial: TrialOptions,
    /// Re-installations of one seat within a year.
    #[arg(long, default_value_t = 3, value_parser = number())]
    reinstall_allowance: u64,
}

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

/// `admin settings …`
#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// Print the settings.
    Show,
    /// Turn the two-person rule off without a second person, as whoever runs this host can: where only one admin is left, say.
    EndTwoPeople,
    /// Change what is given; the rest stays.
    Set {
        /// The longest time in days within which any response may be installed.
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..=3650))]
        response_validity_cap_days: Option<u64>,
        /// How many seats of one license its owner may release without proof within 365 days.
        #[arg(long, value_parser = clap::value_parser!(u64).range(..=MOST_RELEASES))]
        releases_per_year: Option<u64>,
        /// Seconds from one such release of a license to the next.
        #[arg(long, value_parser = clap::value_parser!(u64).range(..=LONGEST_COOL_DOWN))]
        release_cool_down_seconds: Option<u64>,
        /// An origin whose trial page may post here; may be given more than once and replaces those that are set.
        #[arg(long)]
        trial_origin: Option<Vec<String>>,
        /// How much work whoever is not logged in does before a trial starts, in bits; 0 for none. A phone does 18 in a second or two.
        #[arg(long, value_parser = clap::value_parser!(u32).range(..=i64::from(MOST_WORK_BITS)))]
        trial_work_bits: Option<u32>,
        /// How many trials of all products together may start in a day of UTC; 0 for any number.
        #[arg(long, value_parser = clap::value_parser!(u64).range(..=MOST_TRIALS))]
        trials_per_day: Option<u64>,
        /// How often one trial may be extended, unless an admin means to go beyond.
        #[arg(long, value_parser = clap::value_parser!(u64).range(..=MOST_EXTENSIONS))]
        trial_extensions: Option<u64>,
        /// By how many days one trial may be extended in all, unless an admin means to go beyond.
        #[arg(long, value_parser = clap::value_parser!(u64).range(..=MOST_EXTENSION_DAYS))]
        trial_extension_days: Option<u64>,
    },
}

/// `admin organization …`
#[derive(Debug, Subcommand)]
pub enum OrganizationCommand {
    /// Create an organization.
    Create {
        /// Its name.
        #[arg(long)]
        name: String,
        /// Users that it may have; without it any number.
        #[arg(long, value_parser = clap::value_parser!(u64).range(..=LARGEST))]
        allowed_users: Option<u64>,
    },
}

/// Runs one command; what it made, as JSON.
///
/// # Errors
/// With what was wrong; nothing is created then.
pub async fn run(app: &App, command: Admin) -> anyhow::Result<Value> {
    match command {
        Admin::User(UserCommand::Create(create)) => create_user(app, create).await,
        Admin::Product(ProductCommand::Create(create)) => {
            or_nothing("created", create_product(app, create).await)
        }
        Admin::Product(ProductCommand::Trial { product, options }) => {
            or_nothing("changed", change_trial(app, &product, &options).await)
        }
        Admin::License(LicenseCommand::Create(create)) => {
            or_nothing("created", create_license(app, *create).await)
        }
        Admin::License(LicenseCommand::Import(import)) => {
            crate::licensing::table::command::run(app, import).await
        }
        Admin::License(LicenseCommand::Limits { license, limits }) => {
            or_nothing("changed", release::set_limits(app, license, &limits).await)
        }
        Admin::Release(command) => release::run(app, command).await,
        Admin::Organization(OrganizationCommand::Create { name, allowed_users }) => {
            or_nothing("created", create_organization(app, name.trim(), allowed_users).await)
        }
        Admin::Token(command) => or_nothing("changed", token::run(app, command).await),
        Admin::SignOn(command) => or_nothing("changed", sign_on::run(app, command).await),
        Admin::Webhook(command) => or_nothing("changed", webhook::run(app, command).await),
        Admin::LostTwoFactorKey => or_nothing("changed", lost_two_factor_key(app).await),
        Admin::Settings(command) => or_nothing("changed", settings(app, command).await),
    }
}

/// Every failure says what state things are in.
fn or_nothing<T>(done: &str, result: anyhow::Result<T>) -> anyhow::Result<T> {
    result.map_err(|error| anyhow!("{error:#}: nothing was {done}"))
}

const ACTOR: &str = "admin-command";

async fn lost_two_factor_key(app: &App) -> anyhow::Result<Value> {
    let now = app.now();
    let notice = move |user| mail::Notice::TwoFactorOff.job(user, Language::ENGLISH, now);
    let users = vault::forget_key(app.vault(), app.store(), notice, ACTOR, now).await?;
    Ok(json!({"two_factor_turned_off": users, "next": "start the portal: it makes a new key"}))
}

async fn create_user(app: &App, create: CreateUser) -> anyhow::Result<Value> {
    let user = or_nothing("created", insert_user(app, create).await)?;
    let id = user.id;
    let mut made = json!({"id": id.to_string(), "email": user.email, "role": user.role.as_str()});
    if user.status == UserStatus::Invited {
        let (secret, hash) = app.secret();
        let now = app.now();
        let stored = app.store().create_password_link(hash, id, now + 7 * DAY, ACTOR, now).await;
        stored.context("the user was created, but no link to set the password; make one on the page of the user")?;
        made["password_link"] = json!(format!("/password/{secret}"));
    }
    Ok(made)
}

async fn insert_user(app: &App, create: CreateUser) -> anyhow::Result<User> {
    let Some(email) = mail::address(&create.email) else {
        bail!("{:?} is no e-mail address", create.email);
    };
    let organization = known_organization(app, create.organization).await?;
    let hash = match &create.password_file {
        Some(path) => Some(password::hash(app, read_password(path)?).await?),
        None => None,
    };
    let role: Role = create.role.parse()?;
    let user = User {
        name: Field::UserName.check(&create.name)?.to_owned(),
        status: if hash.is_some() { UserStatus::Active } else { UserStatus::Invited },
        password_hash: hash,
        organization,
        organization_role: create.organization_role.parse()?,
        ..User::invited(app.random_id(), email, role, app.now())
    };
    match app.store().create_user(user.clone(), ACTOR, app.now()).await? {
        UserChange::Done => {}
        UserChange::EmailTaken => bail!("there is a user {} already", user.email),
        UserChange::OrganizationFull { allowed } => {
            bail!("the organization has the {allowed} users that it may have")
        }
        UserChange::NeedsReseller => {
            bail!("an admin of a reseller is in that reseller's organization, and this is none")
        }
        _ => bail!("there is no such organization"),
    }
    Ok(user)
}

async fn create_organization(
    app: &App,
    name: &str,
    allowed_users: Option<u64>,
) -> anyhow::Result<Value> {
    if Field::OrganizationName.check(name)?.is_empty() {
        bail!("an organization has a name");
    }
    let id = app.random_id();
    app.store().create_organization(id, name, ACTOR, app.now()).await?;
    if allowed_users.is_some()
        && let Some(created) = app.store().organization(id).await?
    {
        let limited = Organization { allowed_users, ..created };
        app.store().change_organization(limited, ACTOR, app.now()).await?;
    }
    Ok(json!({"id": id.to_string(), "name": name}))
}

async fn known_organization(app: &App, id: Option<String>) -> anyhow::Result<Option<Id>> {
    let Some(id) = id else { return Ok(None) };
    let chosen = match id.parse() {
        Ok(id) => app.store().organization(id).await?,
        Err(_) => None,
    };
    let chosen = chosen.with_context(|| {
        format!("there is no organization {id:?}: its id is needed (admin organization create)")
    })?;
    Ok(Some(chosen.id))
}

async fn settings(app: &App, command: SettingsCommand) -> anyhow::Result<Value> {
    if matches!(command, SettingsCommand::EndTwoPeople) {
        app.store().end_two_people(ACTOR, app.now()).await?;
    }
    let mut settings = Settings::clone(&*app.settings().await?);
    if let SettingsCommand::Set {
        response_validity_cap_days,
        releases_per_year,
        release_cool_down_seconds,
        trial_origin,
        trial_work_bits,
        trials_per_day,
        trial_extensions,
        trial_extension_days,
    } = command
    {
        let replace = |old: &mut u64, new: Option<u64>| *old = new.unwrap_or(*old);
        replace(&mut settings.response_validity_cap_days, response_validity_cap_days);
        replace(&mut settings.releases_per_year, releases_per_year);
        replace(&mut settings.release_cool_down_seconds, release_cool_down_seconds);
        replace(&mut settings.trial_extensions, trial_extensions);
        replace(&mut settings.trial_extension_days, trial_extension_days);
        if let Some(origins) = trial_origin {
            settings.trial_origins = parse_origins(origins.iter().map(String::as_str))?;
        }
        settings.trial_work_bits = trial_work_bits.unwrap_or(settings.trial_work_bits);
        if let Some(most) = trials_per_day {
            settings.trials_per_day = Some(most).filter(|most| *most > 0);
        }
        app.save_settings(&settings, ACTOR).await?;
    }
    Ok(json!({
        "response_validity_cap_days": settings.response_validity_cap_days,
        "releases_per_year": settings.releases_per_year,
        "release_cool_down_seconds": settings.release_cool_down_seconds,
        "trial_origins": settings.trial_origins,
        "trial_work_bits": settings.trial_work_bits,
        "trials_per_day": settings.trials_per_day,
        "trial_extensions": settings.trial_extensions,
        "trial_extension_days": settings.trial_extension_days,
        "two_people": app.store().needs_two_people().await?,
    }))
}

fn read_password(path: &str) -> anyhow::Result<String> {
    let text = match path {
        "-" => std::io::read_to_string(std::io::stdin())?,
        path => std::fs::read_to_string(path).with_context(|| format!("{path} cannot be read"))?,
    };
    let password = text.lines().next().unwrap_or_default().to_owned();
    if !password::is_acceptable(&password) {
        bail!("a password has {}", password::length());
    }
    Ok(password)
}

async fn create_product(app: &App, create: CreateProduct) -> anyhow::Result<Value> {
    if app.store().product(&create.id).await?.is_some() {
        bail!("there is a product {} already", create.id);
    }
    let name = create.name.as_deref().map(|name| Field::ProductName.check(name)).transpose()?;
    let product = Product {
        name: name.unwrap_or(create.id.as_str()).to_owned(),
        id: create.id.clone(),
        trial: create.trial.over(&TrialPolicy::none(), app.now())?,
        reinstall_allowance: create.reinstall_allowance,
        archived: false,
        created_at: app.now(),
    };
    let said = Said { entitlements: Some(&product.trial.entitlements), ..Said::default() };
    said.check_room(app, &product.id, Of::Trial)?;
    app.store().save_product(product, ACTOR, app.now()).await?;
    let roots: Vec<String> = app.keys().roots.iter().map(ToString::to_string).collect();
    Ok(
        json!({"id": create.id.to_string(), "roots": roots, "signing_key": app.keys().signing.kid().to_string()}),
    )
}

async fn change_trial(app: &App, id: &ProductId, options: &TrialOptions) -> anyhow::Result<Value> {
    let Some(mut product) = app.store().product(id).await? else {
        bail!("there is no product {id}: create it first (admin product create)");
    };
    product.trial = options.over(&product.trial, app.now())?;
    let said = Said { entitlements: Some(&product.trial.entitlements), ..Said::default() };
    said.check_room(app, id, Of::Trial)?;
    app.store().save_product(product.clone(), ACTOR, app.now()).await?;
    Ok(json!({"id": id.to_string(), "trial": trial_policy::as_json(&product)}))
}

async fn create_license(app: &App, create: CreateLicense) -> anyhow::Result<Value> {
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
