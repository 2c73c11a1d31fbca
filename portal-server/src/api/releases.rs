//! `/api/v1/releases`: what is published of a product, and for whom. Files come in `uploads`.

pub(crate) mod uploads;

use countersign_core::Id;
use countersign_store::{
    LONGEST_NOTES, NewRelease as Stored, ProductRelease, ReleaseChange, ReleaseFile, ReleaseFilter,
    ReleaseStatus, StoreError, Visibility,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::list::Listed;
use super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::types::{AChannel, ALicenseId, AProductId, AVersion, AVisibility, AnId, Time};
use crate::app::App;
use crate::desk::Refusal;
use crate::language::Say;
use crate::problem::Problem;
use crate::release::given::{self, Unknown};
use crate::release::publish::{self, Checksums, refusal};

/// A release, as lists show it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReleaseSummary")]
pub(crate) struct Listing {
    /// Its id.
    id: AnId,
    /// Of which product.
    product: AProductId,
    /// On which channel.
    channel: AChannel,
    /// Its version.
    version: AVersion,
    /// Whether customers see it.
    status: Status,
    /// Which customers do, once it is published; `private`: those whose licenses it was given to.
    visibility: AVisibility,
    /// Whether its checksums are signed.
    signed: bool,
    /// When it was created.
    created_at: Time,
    /// When it was published first.
    published_at: Option<Time>,
}

/// Whether customers see a release.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ReleaseStatus")]
enum Status {
    Draft,
    Published,
    Archived,
}

impl From<&ProductRelease> for Listing {
    fn from(release: &ProductRelease) -> Self {
        Self {
            id: AnId(release.id),
            product: AProductId(release.product.clone()),
            channel: AChannel(release.channel.clone()),
            version: AVersion(release.version.clone()),
            status: match release.status {
                ReleaseStatus::Draft => Status::Draft,
                ReleaseStatus::Published => Status::Published,
                ReleaseStatus::Archived => Status::Archived,
            },
            visibility: AVisibility(release.visibility),
            signed: release.checksums.is_some(),
            created_at: Time(release.created_at),
            published_at: release.published_at.map(Time),
        }
    }
}

/// A release with its notes and files.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Release")]
pub(crate) struct Shown {
    #[serde(flatten)]
    release: Listing,
    /// What is new, in Markdown.
    notes: String,
    /// Its files, by platform and name.
    files: Vec<File>,
    /// The licenses that a private release is for.
    licenses: Vec<ALicenseId>,
}

/// What is known of a file.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReleaseFile")]
pub(super) struct File {
    /// Its id.
    id: AnId,
    /// The name that it is saved under.
    name: String,
    /// For which platform, in the vendor's words; may be empty.
    platform: String,
    /// Bytes.
    size: u64,
    /// SHA-256 of the content, in hexadecimal.
    sha256: String,
}

impl From<ReleaseFile> for File {
    fn from(file: ReleaseFile) -> Self {
        let (name, sha256) = (file.name.as_str().to_owned(), file.sha256.hex());
        Self { id: AnId(file.id), name, platform: file.platform, size: file.size, sha256 }
    }
}

/// Which releases.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Of this product.
    product: AProductId,
    /// Items of a page.
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    /// Where it begins: `next` of the page before.
    cursor: Option<String>,
    /// Only those on this channel.
    channel: Option<AChannel>,
    /// Only those with this status.
    status: Option<Status>,
}

/// `GET`
pub(crate) fn list() -> Operation {
    Described::get("listReleases", "List the releases of a product")
        .more("The highest version first.")
        .lists()
        .run(listed)
}

async fn listed(call: Call<Nothing, Which>) -> Result<Answer<Listed<Listing>>, Problem> {
    let (asked, most) = (&call.query, call.most(call.query.limit)?);
    let place = call.place(asked.cursor.as_deref())?;
    let filter = ReleaseFilter {
        channel: asked.channel.clone().map(|channel| channel.0),
        status: asked.status.map(|status| match status {
            Status::Draft => ReleaseStatus::Draft,
            Status::Published => ReleaseStatus::Published,
            Status::Archived => ReleaseStatus::Archived,
        }),
        visibility: None,
        after: place.and_then(|place| place.parse().ok()),
    };
    // One more tells whether there is a next page.
    let wanted = u32::try_from(most + 1).unwrap_or(u32::MAX);
    let found = call.app().store().releases(&asked.product.0, &filter, wanted).await;
    let mut found = found.map_err(Refusal::Store)?;
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().map(|release| release.id).filter(|_| more);
    Ok(call.page(found.iter().map(Listing::from).collect(), next))
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<ById>| shown(call.app(), call.path.id()?).await.map(Answer::shown);
    Described::get("getRelease", "Show a release").refuses(&[(404, "not-found")]).run(run)
}

async fn shown(app: &App, id: Id) -> Result<Shown, Problem> {
    let release = app.store().release(id).await.map_err(Refusal::Store)?;
    let release = release.ok_or_else(Problem::not_found)?;
    let files = app.store().release_files(id).await.map_err(Refusal::Store)?;
    let licenses = app.store().licenses_of_release(id).await.map_err(Refusal::Store)?;
    Ok(Shown {
        release: Listing::from(&release),
        notes: release.notes,
        files: files.into_iter().map(File::from).collect(),
        licenses: licenses.into_iter().map(ALicenseId).collect(),
    })
}

/// A draft to be created.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRelease {
    /// Of which product.
    product: AProductId,
    /// Its version; it begins with a number.
    version: AVersion,
    /// On which channel; without it `stable`.
    channel: Option<AChannel>,
    /// What is new, in Markdown; at most 64 KiB.
    #[serde(default)]
    #[schemars(length(max = 65536))]
    notes: String,
}

/// `POST`
pub(crate) fn create() -> Operation {
    Described::post("createRelease", "Create a release as a draft")
        .creates()
        .refuses(&[(409, "conflict"), (422, "unfit-value")])
        .example(|| json!({"product": "acme-cad", "version": "2.1.0", "notes": "# What is new"}))
        .run(created)
}

async fn created(call: Call<Nothing, Nothing, NewRelease>) -> Result<Answer<Shown>, Problem> {
    let (app, body) = (call.app(), call.body.clone());
    let id = app.random_id();
    let channel = match body.channel {
        Some(channel) => channel.0,
        None => "stable".parse().map_err(|_| Problem::unfit("error-form-incomplete"))?,
    };
    let (product, version, notes) = (body.product.0, body.version.0, body.notes);
    let new = Stored { id, product, channel, version, notes };
    let subject = format!("/api/v1/releases/{id}");
    let writing = call.writing(&subject);
    match writing
        .store()
        .create_release(new, &call.actor(), app.now())
        .await
        .map_err(Refusal::Store)?
    {
        ReleaseChange::NotFound => return Err(Problem::unfit("product-unknown")),
        change => done(change)?,
    }
    Ok(Answer::made(shown(app, id).await?, &subject))
}

fn done(change: ReleaseChange) -> Result<(), Problem> {
    match change {
        ReleaseChange::Done => Ok(()),
        ReleaseChange::NotFound => Err(Problem::not_found()),
        ReleaseChange::NotesTooLong
        | ReleaseChange::VersionWithoutNumber
        | ReleaseChange::GivenToTooMany => Err(Problem::unfit_words(&refusal(change))),
        other => Err(Problem::conflict_words(&refusal(other))),
    }
}

/// Notes that take the place of those that there are.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReleaseNotes")]
pub(crate) struct Notes {
    /// What is new, in Markdown; at most 64 KiB.
    #[schemars(length(max = 65536))]
    notes: String,
}

/// `PATCH`
pub(crate) fn change() -> Operation {
    Described::patch("changeRelease", "Replace the notes of a release")
        .refuses(&[(404, "not-found"), (422, "unfit-value")])
        .example(|| json!({"notes": "# What is new"}))
        .run(changed)
}

async fn changed(call: Call<ById, Nothing, Notes>) -> Result<Answer<Shown>, Problem> {
    let (app, id): (_, Id) = (call.app(), call.path.id()?);
    let notes = call.body.notes.clone();
    if notes.len() > LONGEST_NOTES {
        return Err(Problem::unfit_words(&refusal(ReleaseChange::NotesTooLong)));
    }
    let writing = call.writing(&format!("/api/v1/releases/{id}"));
    done(
        writing
            .store()
            .set_release_notes(id, notes, &call.actor(), app.now())
            .await
            .map_err(Refusal::Store)?,
    )?;
    shown(app, id).await.map(Answer::shown)
}

/// How a release is published.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleasePublication {
    /// Without signed checksums, where the portal's key may not sign releases.
    #[serde(default)]
    unsigned: bool,
    /// A checksum file that somebody else signed (`countersign sign-release`), as it is; without it the portal signs.
    #[schemars(length(min = 1, max = 65536))]
    checksum_file: Option<String>,
}

/// `POST`
pub(crate) fn publish() -> Operation {
    Described::post("publishRelease", "Publish a release")
        .more("Signs the checksums of its files; customers who may run it see it. An archived one comes back as it was.")
        .refuses(&[(404, "not-found"), (409, "conflict"), (422, "unfit-value")])
        .example(|| json!({}))
        .run(published)
}

async fn published(
    call: Call<ById, Nothing, ReleasePublication>,
) -> Result<Answer<Shown>, Problem> {
    let (app, id) = (call.app(), call.path.id()?);
    shown(app, id).await?;
    let checksums = match (&call.body.checksum_file, call.body.unsigned) {
        (None, false) => Checksums::Portal,
        (None, true) => Checksums::Unsigned,
        (Some(file), false) => Checksums::File(file.clone().into_bytes()),
        (Some(_), true) => return Err(Problem::unfit("api-checksums-twice")),
    };
    let writing = call.writing(&format!("/api/v1/releases/{id}"));
    if let Err(error) = publish::publish(&writing, id, &checksums, &call.actor()).await {
        return Err(match error.downcast::<StoreError>() {
            Ok(error) => Refusal::Store(error).into(),
            Err(error) => Problem::conflict_words(&format!("{error:#}")),
        });
    }
    shown(app, id).await.map(Answer::shown)
}

/// `POST`
pub(crate) fn archive() -> Operation {
    Described::post("archiveRelease", "Archive a release")
        .more("Customers do not see it any more; its files stay, and publishing brings it back.")
        .refuses(&[(404, "not-found"), (409, "conflict")])
        .example(|| json!({}))
        .run(archived)
}

async fn archived(call: Call<ById>) -> Result<Answer<Shown>, Problem> {
    let (app, id): (_, Id) = (call.app(), call.path.id()?);
    let writing = call.writing(&format!("/api/v1/releases/{id}"));
    done(
        writing
            .store()
            .archive_release(id, &call.actor(), app.now())
            .await
            .map_err(Refusal::Store)?,
    )?;
    shown(app, id).await.map(Answer::shown)
}

/// Who sees a release.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseVisibility {
    /// Customers whose licenses may run it; or, private, those of the licenses that are named alone.
    visibility: AVisibility,
    /// The licenses that a private release is for, by their ids or whole keys; all of them.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    licenses: Vec<String>,
}

/// `POST`
pub(crate) fn set_visibility() -> Operation {
    Described::post("setReleaseVisibility", "Set who sees a release")
        .more("Of drafts and of what is published. Licenses are of the release's product.")
        .refuses(&[(404, "not-found"), (422, "unfit-value")])
        .example(|| json!({"visibility": "customers"}))
        .run(visibility_set)
}

async fn visibility_set(
    call: Call<ById, Nothing, ReleaseVisibility>,
) -> Result<Answer<Shown>, Problem> {
    let (app, id, body) = (call.app(), call.path.id::<Id>()?, &call.body);
    let release = app.store().release(id).await.map_err(Refusal::Store)?;
    let release = release.ok_or_else(Problem::not_found)?;
    let visibility = body.visibility.0;
    let licenses = match visibility {
        Visibility::Customers if !body.licenses.is_empty() => {
            return Err(Problem::unfit("api-licenses-of-public-release"));
        }
        Visibility::Customers => Vec::new(),
        Visibility::Private => given::named(app, &release, &body.licenses.join("\n")).await?,
    };
    let (writing, by) = (call.writing(&format!("/api/v1/releases/{id}")), call.actor());
    let set = writing.store().set_release_visibility(id, visibility, licenses, &by, app.now());
    done(set.await.map_err(Refusal::Store)?)?;
    shown(app, id).await.map(Answer::shown)
}

impl From<Unknown> for Problem {
    fn from(unknown: Unknown) -> Self {
        match unknown {
            Unknown::Line(line) => {
                Self::unfit(Say::new("release-license-unknown").with("line", line))
            }
            Unknown::TooMany => Self::unfit("release-given-too-many"),
            Unknown::Store(error) => Refusal::Store(error).into(),
        }
    }
}
