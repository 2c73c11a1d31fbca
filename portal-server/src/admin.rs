//! `countersign-portal admin …`: set-up without a browser, on the same data directory, also while the server runs.

mod license;
mod release;
mod settings;
mod sign_on;
mod token;
mod webhook;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand};
use countersign_core::{Id, ProductId};
use countersign_store::{Organization, Product, Role, TrialPolicy, User, UserChange, UserStatus};
use serde_json::{Value, json};

pub use license::{CreateLicense, LicenseCommand, parse_entitlements, parse_metadata};
pub use release::{ReleaseCommand, UpTo};
pub use settings::SettingsCommand;
pub use sign_on::SignOnCommand;
pub use token::{CreateToken, TokenCommand};
pub use webhook::WebhookCommand;

use crate::app::App;
use crate::desk::{Of, Said};
use crate::fields::Field;
use crate::language::Language;
use crate::mail;
use crate::password;
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
            or_nothing("created", license::create(app, *create).await)
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
        Admin::Settings(command) => or_nothing("changed", settings::run(app, command).await),
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
