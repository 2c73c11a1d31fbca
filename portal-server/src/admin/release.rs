//! `admin release …` and `admin license limits`: publishing, and up to where a license goes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use countersign_core::release::{Channel, FileName, VersionName};
use countersign_core::{Id, LicenseId, ProductId, file};
use countersign_store::{
    NewRelease, ProductRelease, ReleaseChange, ReleaseFile, ReleaseFilter, ReleaseLimits,
    ReleaseStatus, Visibility,
};
use serde_json::{Value, json};

use super::{ACTOR, or_nothing};
use crate::app::App;
use crate::release::given;
use crate::release::publish::{self, Checksums, refusal};
use crate::release::up_to::{highest, last_second};
use crate::release::upload;

/// `admin release …`; RELEASE is an id, or PRODUCT/CHANNEL/VERSION.
#[derive(Debug, Subcommand)]
pub enum ReleaseCommand {
    /// Create a draft, which customers do not see.
    Create(CreateRelease),
    /// Store a file and add it to a draft.
    AddFile(AddFile),
    /// Take a file out of a draft, and delete it.
    RemoveFile {
        /// The file's id.
        #[arg(allow_hyphen_values = true)]
        file: Id,
    },
    /// Replace the notes, of published releases too.
    Notes {
        /// The release.
        #[arg(allow_hyphen_values = true)]
        release: String,
        /// A file of Markdown; - is standard input.
        file: PathBuf,
    },
    /// Sign the checksums and show the release to the customers who may run it.
    Publish(Publish),
    /// Take a release away from customers; publish brings it back.
    Archive {
        /// The release.
        #[arg(allow_hyphen_values = true)]
        release: String,
    },
    /// Show a release to some licenses alone, or to all customers again.
    Visibility(SetVisibility),
    /// List the releases of a product, the highest version first.
    List(ListReleases),
    /// Show a release with its files.
    Show {
        /// The release.
        #[arg(allow_hyphen_values = true)]
        release: String,
    },
    /// Look whether the content of every file is where it should be.
    Check {
        /// All contents were copied to the place that --release-store names: from now on they are kept there.
        #[arg(long)]
        moved: bool,
    },
}

/// `admin release create`
#[derive(Debug, Args)]
pub struct CreateRelease {
    /// The product's id.
    #[arg(long)]
    product: ProductId,
    /// The version; it begins with a number, and is best a Semantic Version such as 2.1.0 or 2.1.0-rc.1.
    #[arg(long)]
    version: VersionName,
    /// The channel.
    #[arg(long, default_value = "stable")]
    channel: Channel,
    /// A file with the notes in Markdown; - is standard input.
    #[arg(long, value_name = "FILE")]
    notes_file: Option<PathBuf>,
}

/// `admin release add-file`
#[derive(Debug, Args)]
pub struct AddFile {
    /// The release.
    #[arg(allow_hyphen_values = true)]
    release: String,
    /// The file.
    file: PathBuf,
    /// The name that customers save it under [default: its own].
    #[arg(long)]
    name: Option<FileName>,
    /// For which platform, in your words.
    #[arg(long, default_value = "")]
    platform: String,
}

/// `admin release publish`
#[derive(Debug, Args)]
pub struct Publish {
    /// The release.
    #[arg(allow_hyphen_values = true)]
    release: String,
    /// A checksum file that was signed elsewhere (countersign sign-release), where the portal's key may not sign releases.
    #[arg(long, value_name = "FILE", conflicts_with = "unsigned")]
    checksums: Option<PathBuf>,
    /// Publish without signed checksums.
    #[arg(long)]
    unsigned: bool,
}

/// `admin release visibility`
#[derive(Debug, Args)]
pub struct SetVisibility {
    /// The release.
    #[arg(allow_hyphen_values = true)]
    release: String,
    /// Who sees it once it is published: all customers of the product, or those of some licenses alone.
    #[arg(value_parser = ["customers", "private"])]
    visibility: String,
    /// A license that a private release is for, by its id; repeatable.
    #[arg(long = "license", value_name = "ID", allow_hyphen_values = true)]
    licenses: Vec<LicenseId>,
}

/// `admin release list`
#[derive(Debug, Args)]
pub struct ListReleases {
    /// The product's id.
    #[arg(long)]
    product: ProductId,
    /// On this channel only.
    #[arg(long)]
    channel: Option<Channel>,
    /// With this status only.
    #[arg(long, value_parser = ["draft", "published", "archived"])]
    status: Option<String>,
    /// Those after this one: the last of the page before.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    after: Option<Id>,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    most: u32,
}

/// Up to where a license goes in releases.
#[derive(Debug, Args)]
pub struct UpTo {
    /// The last day (UTC) whose releases it may run, YYYY-MM-DD; "none": as long as the license.
    #[arg(long, value_name = "DAY")]
    maintenance_until: Option<String>,
    /// The highest version that it may run, "2.x" for all of 2; "none": any.
    #[arg(long, value_name = "VERSION")]
    highest_version: Option<String>,
}

impl UpTo {
    /// These limits where they are given, the others as they were.
    pub(super) fn over(&self, before: ReleaseLimits) -> anyhow::Result<ReleaseLimits> {
        let maintenance_until = match self.maintenance_until.as_deref() {
            None => before.maintenance_until,
            Some("none") => None,
            Some(day) => Some(last_second(day)?),
        };
        let highest_version = match self.highest_version.as_deref() {
            None => before.highest_version,
            Some("none") => None,
            Some(version) => Some(highest(version)?),
        };
        Ok(ReleaseLimits { maintenance_until, highest_version })
    }
}

/// Runs one command; what it did, as JSON.
pub(super) async fn run(app: &App, command: ReleaseCommand) -> anyhow::Result<Value> {
    match command {
        ReleaseCommand::Create(options) => or_nothing("created", create(app, options).await),
        ReleaseCommand::AddFile(options) => add_file(app, options).await,
        ReleaseCommand::RemoveFile { file } => remove_file(app, file).await,
        ReleaseCommand::Notes { release, file } => {
            or_nothing("changed", notes(app, &release, &file).await)
        }
        ReleaseCommand::Publish(options) => publish_one(app, &options).await,
        ReleaseCommand::Archive { release } => or_nothing("changed", archive(app, &release).await),
        ReleaseCommand::Visibility(options) => {
            or_nothing("changed", set_visibility(app, options).await)
        }
        ReleaseCommand::List(options) => list(app, options).await,
        ReleaseCommand::Show { release } => {
            let release = find(app, &release).await?;
            show(app, &release).await
        }
        ReleaseCommand::Check { moved } => check(app, moved).await,
    }
}

/// `admin license limits`
pub(super) async fn set_limits(
    app: &App,
    license: LicenseId,
    limits: &UpTo,
) -> anyhow::Result<Value> {
    let terms = app.store().release_terms_of(&license).await?;
    let before = terms.with_context(|| format!("there is no license {license}"))?.limits;
    let limits = limits.over(before)?;
    app.store().set_release_limits(license, limits.clone(), ACTOR, app.now()).await?;
    Ok(json!({
        "id": license.to_string(),
        "maintenance_until": limits.maintenance_until,
        "highest_version": limits.highest_version.map(|version| version.to_string()),
    }))
}

async fn create(app: &App, options: CreateRelease) -> anyhow::Result<Value> {
    let notes = options.notes_file.as_deref().map(read_text).transpose()?.unwrap_or_default();
    let new = NewRelease {
        id: app.random_id(),
        product: options.product,
        channel: options.channel,
        version: options.version,
        notes,
    };
    let id = new.id;
    done(app.store().create_release(new, ACTOR, app.now()).await?)?;
    let release = app.store().release(id).await?.context("the release is gone")?;
    show(app, &release).await
}

async fn add_file(app: &App, options: AddFile) -> anyhow::Result<Value> {
    let release = or_nothing("stored", find(app, &options.release).await)?;
    let new = upload::NewFile {
        release: release.id,
        path: options.file,
        name: options.name,
        platform: options.platform,
    };
    let file = or_nothing("added", upload::add(app, new, ACTOR).await)?;
    Ok(file_json(&file))
}

async fn remove_file(app: &App, id: Id) -> anyhow::Result<Value> {
    let found = app.store().release_file(id).await?;
    let Some((file, _)) = found else { bail!("there is no file {id}: nothing was changed") };
    or_nothing("changed", done(app.store().remove_release_file(id, ACTOR, app.now()).await?))?;
    let deleted = app.releases().delete(&file.storage_key).await;
    deleted.context("the file is out of the release, and its content could not be deleted")?;
    Ok(json!({"removed": id.to_string(), "name": file.name.as_str()}))
}

async fn notes(app: &App, release: &str, file: &Path) -> anyhow::Result<Value> {
    let release = find(app, release).await?;
    let text = read_text(file)?;
    done(app.store().set_release_notes(release.id, text, ACTOR, app.now()).await?)?;
    Ok(release_json(&release))
}

async fn publish_one(app: &App, options: &Publish) -> anyhow::Result<Value> {
    let release = or_nothing("published", find(app, &options.release).await)?;
    let checksums = match &options.checksums {
        Some(path) => Checksums::File(or_nothing("published", read_carrier(path))?),
        None if options.unsigned => Checksums::Unsigned,
        None => Checksums::Portal,
    };
    let published = publish::publish(app, release.id, &checksums, ACTOR).await?;
    show(app, &published).await
}

async fn archive(app: &App, release: &str) -> anyhow::Result<Value> {
    let release = find(app, release).await?;
    done(app.store().archive_release(release.id, ACTOR, app.now()).await?)?;
    let archived = app.store().release(release.id).await?.context("the release is gone")?;
    Ok(release_json(&archived))
}

async fn set_visibility(app: &App, options: SetVisibility) -> anyhow::Result<Value> {
    let release = find(app, &options.release).await?;
    let visibility: Visibility = options.visibility.parse()?;
    let (store, licenses) = (app.store(), options.licenses);
    if let Some(other) = given::unfit(app, &release, &licenses).await? {
        bail!("{other} is no license of {}", release.product);
    }
    let now = app.now();
    done(store.set_release_visibility(release.id, visibility, licenses, ACTOR, now).await?)?;
    let given = store.licenses_of_release(release.id).await?;
    let mut shown = release_json(&store.release(release.id).await?.context("the release is gone")?);
    shown["licenses"] = given.iter().map(ToString::to_string).collect();
    Ok(shown)
}

async fn list(app: &App, options: ListReleases) -> anyhow::Result<Value> {
    let status: Option<ReleaseStatus> = options.status.map(|status| status.parse()).transpose()?;
    let (channel, after) = (options.channel, options.after);
    let filter = ReleaseFilter { channel, status, after, ..ReleaseFilter::default() };
    let found = app.store().releases(&options.product, &filter, options.most).await?;
    Ok(json!({"releases": found.iter().map(release_json).collect::<Vec<_>>()}))
}

async fn show(app: &App, release: &ProductRelease) -> anyhow::Result<Value> {
    let files = app.store().release_files(release.id).await?;
    let mut shown = release_json(release);
    shown["files"] = files.iter().map(file_json).collect();
    Ok(shown)
}

async fn check(app: &App, moved: bool) -> anyhow::Result<Value> {
    let (mut count, mut after, mut wrong) = (0, None, Vec::new());
    loop {
        let page = app.store().all_release_files(after, 500).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        count += page.len();
        for file in &page {
            match app.releases().size(&file.storage_key).await? {
                Some(size) if size == file.size => {}
                found => wrong.push(format!(
                    "{} ({}): {} bytes are known, {} are there",
                    file.id,
                    file.name,
                    file.size,
                    found.map_or("none".to_owned(), |size| size.to_string())
                )),
            }
        }
    }
    if !wrong.is_empty() {
        bail!("in {}: {}. Nothing was changed", app.releases().name(), wrong.join("; "));
    }
    if moved {
        upload::keep_here(app, ACTOR).await?;
    }
    Ok(json!({"store": app.releases().name(), "files": count}))
}

/// By id, or by PRODUCT/CHANNEL/VERSION.
async fn find(app: &App, name: &str) -> anyhow::Result<ProductRelease> {
    let found = match name.split('/').collect::<Vec<_>>().as_slice() {
        [id] => {
            app.store()
                .release(id.parse().with_context(|| format!("{name}: no id of a release"))?)
                .await?
        }
        [product, channel, version] => {
            let named = (product.parse()?, channel.parse()?, version.parse()?);
            app.store().release_named(&named.0, &named.1, &named.2).await?
        }
        _ => bail!("{name}: give the release's id or PRODUCT/CHANNEL/VERSION"),
    };
    found.with_context(|| format!("there is no release {name}"))
}

fn done(change: ReleaseChange) -> anyhow::Result<()> {
    match change {
        ReleaseChange::Done => Ok(()),
        refused => bail!("{}", refusal(refused)),
    }
}

/// At most one byte more than a file may have: that is enough to refuse it.
fn read_carrier(path: &Path) -> anyhow::Result<Vec<u8>> {
    let failed = || format!("{} cannot be read", path.display());
    let mut bytes = Vec::new();
    let open = std::fs::File::open(path).with_context(failed)?;
    let mut most = std::io::Read::take(open, file::MAX_FILE as u64 + 1);
    std::io::Read::read_to_end(&mut most, &mut bytes).with_context(failed)?;
    Ok(bytes)
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    text.with_context(|| format!("{} cannot be read as text", path.display()))
}

fn release_json(release: &ProductRelease) -> Value {
    json!({
        "id": release.id.to_string(), "product": release.product.as_str(), "version": release.version.as_str(),
        "channel": release.channel.as_str(), "status": release.status.as_str(),
        "visibility": release.visibility.as_str(),
        "checksums": if release.checksums.is_some() { "signed" } else { "not signed" },
        "created_at": release.created_at, "published_at": release.published_at,
    })
}

fn file_json(file: &ReleaseFile) -> Value {
    json!({
        "id": file.id.to_string(), "name": file.name.as_str(), "platform": file.platform, "size": file.size,
        "sha256": file.sha256.hex(),
    })
}
