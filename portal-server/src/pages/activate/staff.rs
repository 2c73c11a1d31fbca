//! `/admin/activations` as a counter: a request that was dropped there is read, what is known of it is said, and it is answered
//! as at every other door, in the name of whoever stands there.

use askama::Template;
use axum::extract::{Multipart, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::Form;
use countersign_core::{LicenseId, ProductId};
use countersign_store::{LicenseScope, TrialFound};
use std::sync::Arc;

use super::result::{self, Confirmed};
use super::review::{self, ReviewItem};
use super::upload::Upload;
use super::{Paths, Place, UPLOADS, batch, review_files};
use crate::access::{Permission, Visitor};
use crate::app::App;
use crate::bundle::qr;
use crate::bundle::read::Brought;
use crate::desk::{self, Answered, Case, Chosen, Door, Refusal, Way, license_of_key};
use crate::finding::{self, LONGEST};
use crate::pages::licenses::{LicenseView, MachineView, views};
use crate::pages::{ErrorPage, Frame, page, responses};

/// The name of the door, as it is noted with a seat.
const DOOR: &str = "staff";
/// Pictures of one upload that are looked through for codes: each takes tens of megabytes and a tenth of a second.
const MOST_PICTURES: usize = 20;
/// Lines of a damaged file that are shown.
const MOST_LINES: usize = 12;
const LONGEST_LINE: usize = 120;

/// The door of the vendor's staff, with the license that was chosen by its key or id.
pub(super) async fn door(app: &App, visitor: &Visitor, chosen: &str) -> Result<Door, ErrorPage> {
    let user = visitor.user()?;
    if LicenseScope::vendor(&user).is_none() {
        return Err(ErrorPage::forbidden());
    }
    let license = match chosen.trim() {
        "" => None,
        chosen => Some(Chosen::OnItsPage(chosen_license(app, chosen).await?)),
    };
    Ok(Door { name: DOOR, user: Some(user), license })
}

async fn chosen_license(app: &App, chosen: &str) -> Result<LicenseId, ErrorPage> {
    let unknown = || ErrorPage::bad_input("license-key-unknown");
    if let Ok(id) = chosen.parse::<LicenseId>() {
        return app.store().license(&id).await?.map(|license| license.id).ok_or_else(unknown);
    }
    license_of_key(app, chosen).await.map_err(|_| unknown())
}

/// `POST /admin/activations` and `/admin/activations/review`: what was typed is searched for, what was brought is looked at.
pub(crate) async fn review(
    State(app): State<App>,
    visitor: Visitor,
    form: Multipart,
) -> Result<Response, ErrorPage> {
    let mut upload = Upload::read(form, visitor.language).await?;
    let door = door(&app, &visitor, &upload.license_key).await?;
    if let Some(id) = upload.batch.take() {
        upload.add_all(batch::review(&app, &visitor, &id).await?.without_license());
    }
    take_search(&visitor, &mut upload);
    if !upload.has_files() {
        return Ok(search_for(&upload.search));
    }
    let license_key = upload.license_key.clone();
    let _turn = UPLOADS.acquire().await.map_err(|error| ErrorPage::internal(&error))?;
    let mut files = read_pictures(&app, upload.unpack().await?).await?;
    if files.len() == 1
        && let Some(file) = files.pop()
    {
        return one(&app, &visitor, file, door, license_key).await;
    }
    review_files(&app, &visitor, files, door, license_key, Place::Staff).await
}

/// A request that was pasted into the search is a request.
fn take_search(visitor: &Visitor, upload: &mut Upload) {
    let text = std::mem::take(&mut upload.search);
    if !finding::is_file_text(&text) {
        upload.search = text;
        return;
    }
    let token = finding::token_in(&text).unwrap_or(text);
    upload.add(&visitor.language.t("pasted-text"), token.as_bytes());
}

fn search_for(text: &str) -> Response {
    let text: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", text.trim());
    Redirect::to(&format!("/admin/activations?{}", query.finish())).into_response()
}

/// `/admin/activations/confirm`
pub(crate) async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    Form(confirmed): Form<Confirmed>,
) -> Result<Response, ErrorPage> {
    if !confirmed.batch.is_empty() {
        return batch::confirm(&app, &visitor, &confirmed.batch, Place::Staff).await;
    }
    let door = door(&app, &visitor, &confirmed.license_key).await?;
    result::answer_all(&app, &visitor, confirmed, door, Place::Staff).await
}

/// What the codes in pictures say takes the pictures' place. One at a time, in this process: each takes much memory.
async fn read_pictures(app: &App, files: Vec<Brought>) -> Result<Vec<Brought>, ErrorPage> {
    let mut pictures = 0;
    let mut read = Vec::with_capacity(files.len());
    for file in files {
        let is_picture = file.content.as_ref().is_ok_and(|bytes| qr::is_picture(bytes));
        pictures += usize::from(is_picture);
        if !is_picture || pictures > MOST_PICTURES {
            read.push(file);
            continue;
        }
        let failed = |error: &dyn std::fmt::Display| ErrorPage::internal(error);
        let turn = app.pictures().acquire_owned().await.map_err(|error| failed(&error))?;
        let looked = tokio::task::spawn_blocking(move || {
            let Brought { name, content } = file;
            let content = content.and_then(|bytes| Ok(qr::read(&bytes)?.into_bytes()));
            drop(turn);
            Brought { name, content }
        });
        read.push(looked.await.map_err(|error| failed(&error))?);
    }
    Ok(read)
}

/// One request, with all that the vendor may know of it.
#[derive(Template)]
#[template(path = "admin/request.html")]
struct RequestPage {
    frame: Frame,
    item: ReviewItem,
    license_key: String,
    paths: Paths,
    license: Option<LicenseView>,
    owner: Option<(String, String)>,
    organization: Option<String>,
    machine: Option<Known>,
    trial: Option<(String, String)>,
    answered: Option<Before>,
    ways: Vec<Way>,
    /// There are ways that are not this person's.
    asks_others: bool,
    may_answer: bool,
    ids: Option<Ids>,
    /// What can still be read of a file that is no request.
    readable: Vec<String>,
    response: Option<OfResponse>,
}

/// A machine that is known.
struct Known {
    license: String,
    view: MachineView,
    /// The message that says how it is known.
    key: &'static str,
}

/// An answer that was given before.
struct Before {
    when: String,
    answered: Answered,
}

impl Before {
    fn has_qr(&self) -> bool {
        self.answered.token.len() <= responses::QR_LARGEST
    }
}

/// By what the request can be searched for.
struct Ids {
    request: String,
    hash: String,
    device_key: String,
    app_version: String,
}

/// Somebody brought an answer and no request.
struct OfResponse {
    kind: String,
    machine: Option<Known>,
    trials: Vec<TrialFound>,
}

impl RequestPage {
    fn effect(&self) -> Option<&desk::Outcome> {
        self.item.preview()?.outcome.as_ref().ok()
    }

    fn button(&self) -> String {
        let kind = self.item.preview().map(|preview| preview.kind);
        let key = match kind {
            Some(countersign_core::TokenType::ActivationRequest) => "button-activate",
            Some(countersign_core::TokenType::TrialRequest) => "button-trial",
            _ => "button-deactivate",
        };
        self.frame.t1(key, "count", 1)
    }
}

async fn one(
    app: &App,
    visitor: &Visitor,
    file: Brought,
    door: Door,
    license_key: String,
) -> Result<Response, ErrorPage> {
    let bytes = file.content.as_ref().ok().cloned().unwrap_or_default();
    let door = Arc::new(door);
    let items = review::look_at(app, vec![file], &door).await;
    let item = items.into_iter().next().ok_or_else(ErrorPage::not_found)?;
    let internal = |refusal: Refusal| ErrorPage::internal(&refusal);
    let case = match item.read() {
        Some(read) => desk::case(app, &read.request, &door).await.map_err(internal)?,
        None => Case::default(),
    };
    let response = match item.read() {
        Some(_) => None,
        None => of_response(app, visitor, &bytes).await?,
    };
    let (ways, others): (Vec<Way>, Vec<Way>) =
        ways(&item, &case).into_iter().partition(|way| visitor.may(way.needs()));
    let mut shown = RequestPage {
        frame: Frame::new(app, visitor),
        may_answer: visitor.may(Permission::AnswerRequests),
        asks_others: !others.is_empty(),
        license_key,
        paths: Paths::of(Place::Staff),
        license: None,
        owner: None,
        organization: None,
        machine: None,
        trial: None,
        answered: None,
        ways,
        ids: ids(&item),
        readable: if item.read().is_some() { Vec::new() } else { readable(&bytes) },
        response,
        item,
    };
    shown.tell(app, case).await?;
    Ok(page(&shown))
}

impl RequestPage {
    /// Puts what is known into words.
    async fn tell(&mut self, app: &App, case: Case) -> Result<(), ErrorPage> {
        let language = self.frame.language;
        if let Some(license) = &case.license {
            self.license = views(app, std::slice::from_ref(license), language).await?.pop();
        }
        self.owner = case.owner.map(|user| {
            (user.shown_name().to_owned(), format!("/admin/customers/users/{}", user.id))
        });
        self.organization = case.organization.map(|organization| organization.name);
        self.machine = case.machine.map(|machine| Known {
            license: machine.license.to_string(),
            key: if machine.state.holds_seat() {
                "case-machine-holds"
            } else {
                "case-machine-ended"
            },
            view: MachineView::new(&machine, language),
        });
        self.trial = case.trial.map(|trial| {
            (language.date_time(trial.created_at), language.date_time(trial.expires_at))
        });
        self.answered =
            case.answered.map(|(answered, at)| Before { when: language.date_time(at), answered });
        Ok(())
    }
}

fn ways(item: &ReviewItem, case: &Case) -> Vec<Way> {
    let refusal = item.preview().and_then(|preview| preview.outcome.as_ref().err());
    let product: Option<ProductId> = item.read().map(|read| read.request.claims().product.clone());
    match (refusal, product) {
        (Some(refusal), Some(product)) => desk::ways(refusal, case, &product),
        _ => Vec::new(),
    }
}

fn ids(item: &ReviewItem) -> Option<Ids> {
    let request = &item.read()?.request;
    let claims = request.claims();
    Some(Ids {
        request: claims.id.to_string(),
        hash: request.hash().to_string(),
        device_key: request.device_key().thumbprint().to_string(),
        app_version: claims.device().and_then(|d| d.app_version.clone()).unwrap_or_default(),
    })
}

/// The lines for people at the head of a file: nobody has signed them, and they are all that can be told of a damaged one.
fn readable(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split(['\r', '\n']).map(|line| line.trim_start_matches(['>', ' ', '\t']));
    let comments = lines.filter_map(|line| line.strip_prefix('#'));
    let clean = |line: &str| -> String {
        let kept = line.chars().map(|c| if c.is_control() || is_turning(c) { ' ' } else { c });
        kept.take(LONGEST_LINE).collect::<String>().trim().to_owned()
    };
    comments.map(clean).filter(|line| !line.is_empty()).take(MOST_LINES).collect()
}

/// What turns the direction of writing.
fn is_turning(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

async fn of_response(
    app: &App,
    visitor: &Visitor,
    bytes: &[u8],
) -> Result<Option<OfResponse>, ErrorPage> {
    let Some((kind, found)) = finding::of_response(app, bytes).await? else { return Ok(None) };
    let machine = found.machines.items.first().map(|machine| Known {
        license: machine.license.to_string(),
        key: "case-response-machine",
        view: MachineView::new(machine, visitor.language),
    });
    Ok(Some(OfResponse {
        kind: visitor.language.t(&super::kind_key(kind)),
        machine,
        trials: found.trials,
    }))
}
