//! `/activate` and the upload of a license's page: first what was understood, then, on a second step, the answers, then
//! what to take home.

pub(crate) mod batch;
mod result;
mod review;
mod seats;
pub(crate) mod staff;
mod take_home;
mod upload;
pub(super) mod why;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::response::Response;
use axum_extra::extract::Form;
use countersign_core::{LicenseId, TokenType};
use countersign_store::User;
use tokio::sync::Semaphore;

use self::result::Confirmed;
use self::review::{Review, ReviewPage};
pub(crate) use self::take_home::{table, table_for_license, table_for_staff, zip};
use self::upload::Upload;
use super::{ErrorPage, Frame, page};
use crate::access::Visitor;
use crate::app::App;
use crate::bundle::read::Brought;
use crate::desk::{self, Chosen, Door};

/// How many requests of a batch are under way at once: the writer commits together what waits together.
const AT_ONCE: usize = 64;
/// Uploads that are unpacked and looked at, at the same time: each holds megabytes.
static UPLOADS: Semaphore = Semaphore::const_new(8);

#[derive(Template)]
#[template(path = "activate.html")]
struct FormPage {
    frame: Frame,
    problem: Option<String>,
}

/// The form.
pub(crate) async fn form(State(app): State<App>, visitor: Visitor) -> Response {
    page(&FormPage { frame: Frame::new(&app, &visitor), problem: None })
}

/// At whose counter an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Everybody's.
    Public,
    /// That of a license's page.
    License(LicenseId),
    /// That of the vendor's staff.
    Staff,
}

/// Where the pages of an upload lead.
pub(super) struct Paths {
    back: String,
    review: String,
    confirm: String,
    table: String,
}

impl Paths {
    fn of(place: Place) -> Self {
        let base = match place {
            Place::Public => "/activate".to_owned(),
            Place::License(id) => format!("/licenses/{id}"),
            Place::Staff => "/admin/activations".to_owned(),
        };
        let below = |name: &str| format!("{base}/{name}");
        Self {
            review: below("review"),
            confirm: below("confirm"),
            table: below("table.csv"),
            back: base,
        }
    }
}

/// `/activate/review`
pub(crate) async fn review(
    State(app): State<App>,
    visitor: Visitor,
    form: Multipart,
) -> Result<Response, ErrorPage> {
    let mut upload = Upload::read(form, visitor.language).await?;
    let door = public_door(&app, &visitor, &upload.license_key).await?;
    if let Some(id) = upload.batch.take() {
        upload.add_all(batch::review(&app, &visitor, &id).await?.without_license());
    }
    review_page(&app, &visitor, upload, door, Place::Public).await
}

/// `/licenses/{id}/review`
pub(crate) async fn review_for_license(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    form: Multipart,
) -> Result<Response, ErrorPage> {
    let door = license_door(&app, &visitor, &id).await?;
    let mut upload = Upload::read(form, visitor.language).await?;
    upload.license_key.clear();
    let place = place_of(&door);
    review_page(&app, &visitor, upload, door, place).await
}

async fn review_page(
    app: &App,
    visitor: &Visitor,
    upload: Upload,
    door: Door,
    place: Place,
) -> Result<Response, ErrorPage> {
    let _turn = UPLOADS.acquire().await.map_err(|error| ErrorPage::internal(&error))?;
    let license_key = upload.license_key.clone();
    let files = upload.unpack().await?;
    let frame = Frame::new(app, visitor);
    if files.is_empty() {
        let problem = Some(frame.t("nothing-chosen"));
        return Ok(page(&FormPage { frame, problem }));
    }
    review_files(app, visitor, files, door, license_key, place).await
}

/// What these files are and what would happen.
async fn review_files(
    app: &App,
    visitor: &Visitor,
    files: Vec<Brought>,
    door: Door,
    license_key: String,
    place: Place,
) -> Result<Response, ErrorPage> {
    let items = review::look_at(app, files, &Arc::new(door)).await;
    let seats = seats::needs(app, &items).await?;
    let review = Arc::new(Review { items, seats, license_key });
    let part = match review.is_large() {
        true => Some(batch::keep_review(app, visitor, place, &review).await?),
        false => None,
    };
    let frame = Frame::new(app, visitor);
    Ok(page(&ReviewPage { frame, review, part, paths: Paths::of(place) }))
}

/// `/activate/confirm`
pub(crate) async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    Form(confirmed): Form<Confirmed>,
) -> Result<Response, ErrorPage> {
    if !confirmed.batch.is_empty() {
        return batch::confirm(&app, &visitor, &confirmed.batch, Place::Public).await;
    }
    let door = public_door(&app, &visitor, &confirmed.license_key).await?;
    result::answer_all(&app, &visitor, confirmed, door, Place::Public).await
}

/// `/licenses/{id}/confirm`
pub(crate) async fn confirm_for_license(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(confirmed): Form<Confirmed>,
) -> Result<Response, ErrorPage> {
    let door = license_door(&app, &visitor, &id).await?;
    let place = place_of(&door);
    if !confirmed.batch.is_empty() {
        return batch::confirm(&app, &visitor, &confirmed.batch, place).await;
    }
    result::answer_all(&app, &visitor, confirmed, door, place).await
}

/// The counter of a license's page.
fn place_of(door: &Door) -> Place {
    door.license_of_page().map_or(Place::Public, Place::License)
}

/// The door of a counter, if the visitor may stand there.
async fn door_of(
    app: &App,
    visitor: &Visitor,
    place: Place,
    license_key: &str,
) -> Result<Door, ErrorPage> {
    match place {
        Place::Public => public_door(app, visitor, license_key).await,
        Place::License(id) => license_door(app, visitor, &id.to_string()).await,
        Place::Staff => staff::door(app, visitor, license_key).await,
    }
}

/// The door for everybody, with the license whose key was typed.
async fn public_door(app: &App, visitor: &Visitor, key: &str) -> Result<Door, ErrorPage> {
    let license = match key {
        "" => None,
        key => Some(Chosen::ByKey(desk_license(app, key).await?)),
    };
    Ok(Door { name: "page", user: visitor.user.clone(), license })
}

/// The door of a license's page, if the visitor may act for it; otherwise it does not exist for them.
async fn license_door(app: &App, visitor: &Visitor, id: &str) -> Result<Door, ErrorPage> {
    let (user, license) = own_license(app, visitor, id).await?;
    let license = Some(Chosen::OnItsPage(license));
    Ok(Door { name: "portal", user: Some(user), license })
}

async fn desk_license(app: &App, typed: &str) -> Result<LicenseId, ErrorPage> {
    let found = desk::license_of_key(app, typed).await;
    found.map_err(|_| ErrorPage::bad_input("license-key-unknown"))
}

async fn own_license(
    app: &App,
    visitor: &Visitor,
    id: &str,
) -> Result<(User, LicenseId), ErrorPage> {
    let user = visitor.user()?;
    let license = super::licenses::license_to_act_on(app, &user, id).await?;
    Ok((user, license.id))
}

/// The message that names a kind of request.
fn kind_key(kind: TokenType) -> String {
    format!("kind-{}", kind.as_str().trim_end_matches("+jwt"))
}
