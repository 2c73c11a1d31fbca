//! `/activate` and the upload of a license's page: first what was understood, then, on a second step, the answers.

use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::response::Response;
use axum_extra::extract::Form;
use countersign_core::{LicenseId, TokenType};
use countersign_store::User;
use serde::Deserialize;

use super::{ErrorPage, Frame, MOST_FILES, page};
use crate::access::Visitor;
use crate::app::App;
use crate::desk::{self, Answered, Door, Preview, Refusal};
use crate::language::Language;

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

/// What was brought: files, pasted text, a typed license key.
#[derive(Default)]
struct Upload {
    parts: Vec<(String, Vec<u8>)>,
    license_key: String,
}

impl Upload {
    async fn read(mut form: Multipart) -> Result<Self, ErrorPage> {
        let mut upload = Self::default();
        let broken = |_| ErrorPage::upload("error-upload-broken");
        while let Some(field) = form.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(broken)?.to_vec();
            match name.as_str() {
                "license_key" => {
                    upload.license_key = String::from_utf8_lossy(&bytes).trim().to_owned();
                }
                "file" if !(bytes.is_empty() && file_name.is_empty()) => {
                    upload.parts.push((file_name, bytes));
                }
                "pasted" if !bytes.trim_ascii().is_empty() => {
                    upload.parts.push(("pasted text".to_owned(), bytes));
                }
                _ => {}
            }
            if upload.parts.len() > MOST_FILES {
                return Err(ErrorPage::upload("error-upload-many"));
            }
        }
        Ok(upload)
    }
}

/// One file as the review shows it.
struct ReviewItem {
    name: String,
    token: Option<String>,
    preview: Option<Preview>,
    refusal: Option<Refusal>,
}

impl ReviewItem {
    fn machine(&self, frame: &Frame) -> String {
        let name = self.preview.as_ref().and_then(|preview| preview.machine.clone());
        name.unwrap_or_else(|| frame.t("machine-unnamed"))
    }

    /// Whether the person can go on with it here.
    fn can_go_on(&self) -> bool {
        self.token.is_some() && self.preview.as_ref().is_some_and(|p| p.outcome.is_ok())
    }

    fn needs_license(&self) -> bool {
        self.preview.as_ref().is_some_and(|p| matches!(p.outcome, Err(Refusal::LicenseNeeded)))
    }

    fn problem(&self) -> Option<&Refusal> {
        self.refusal.as_ref().or_else(|| self.preview.as_ref()?.outcome.as_ref().err())
    }
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    frame: Frame,
    items: Vec<ReviewItem>,
    license_key: String,
    back: String,
    review: String,
    confirm: String,
}

impl ReviewPage {
    fn count(&self) -> usize {
        self.items.iter().filter(|item| item.can_go_on()).count()
    }

    /// The words on the button: what will happen, not "OK".
    fn button(&self) -> String {
        let kinds: Vec<TokenType> = self
            .items
            .iter()
            .filter(|i| i.can_go_on())
            .filter_map(|i| Some(i.preview.as_ref()?.kind))
            .collect();
        let key = match kinds.first() {
            Some(first) if kinds.iter().any(|kind| kind != first) => "button-answer",
            Some(TokenType::ActivationRequest) => "button-activate",
            Some(TokenType::TrialRequest) => "button-trial",
            _ => "button-deactivate",
        };
        self.frame.t1(key, "count", kinds.len())
    }

    fn asks_for_license(&self) -> bool {
        self.items.iter().any(ReviewItem::needs_license)
    }
}

/// `/activate/review`
pub(crate) async fn review(
    State(app): State<App>,
    visitor: Visitor,
    form: Multipart,
) -> Result<Response, ErrorPage> {
    let upload = Upload::read(form).await?;
    let mut door = Door { name: "page", user: visitor.user.clone(), license: None };
    if !upload.license_key.is_empty() {
        door.license = Some(desk_license(&app, &upload.license_key).await?);
    }
    let paths =
        ("/activate".to_owned(), "/activate/review".to_owned(), "/activate/confirm".to_owned());
    review_page(&app, &visitor, upload, &door, paths).await
}

/// `/licenses/{id}/review`
pub(crate) async fn review_for_license(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    form: Multipart,
) -> Result<Response, ErrorPage> {
    let (user, license) = own_license(&app, &visitor, &id).await?;
    let door = Door { name: "portal", user: Some(user), license: Some(license) };
    let upload = Upload { license_key: String::new(), ..Upload::read(form).await? };
    let base = format!("/licenses/{license}");
    review_page(
        &app,
        &visitor,
        upload,
        &door,
        (base.clone(), format!("{base}/review"), format!("{base}/confirm")),
    )
    .await
}

async fn review_page(
    app: &App,
    visitor: &Visitor,
    upload: Upload,
    door: &Door,
    (back, review, confirm): (String, String, String),
) -> Result<Response, ErrorPage> {
    let frame = Frame::new(app, visitor);
    if upload.parts.is_empty() {
        let problem = Some(frame.t("nothing-chosen"));
        return Ok(page(&FormPage { frame, problem }));
    }
    let mut items = Vec::new();
    for (name, bytes) in upload.parts {
        items.push(review_item(app, name, &bytes, door).await);
    }
    let license_key = upload.license_key;
    Ok(page(&ReviewPage { frame, items, license_key, back, review, confirm }))
}

async fn review_item(app: &App, name: String, bytes: &[u8], door: &Door) -> ReviewItem {
    match desk::understand(bytes) {
        Ok((token, request)) => match desk::preview(app, &request, door).await {
            Ok(preview) => {
                ReviewItem { name, token: Some(token), preview: Some(preview), refusal: None }
            }
            Err(refusal) => {
                ReviewItem { name, token: Some(token), preview: None, refusal: Some(refusal) }
            }
        },
        Err(refusal) => ReviewItem { name, token: None, preview: None, refusal: Some(refusal) },
    }
}

/// The second step: the tokens that the review showed.
#[derive(Deserialize)]
pub(crate) struct Confirmed {
    #[serde(default)]
    request: Vec<String>,
    #[serde(default)]
    license_key: String,
}

/// One file as the result shows it.
struct ResultItem {
    machine: String,
    answered: Option<Answered>,
    refusal: Option<Refusal>,
}

impl ResultItem {
    fn is_receipt(&self) -> bool {
        self.answered.as_ref().is_some_and(|a| a.response.granted().is_none())
    }

    /// What came of it, in a sentence.
    fn outcome(&self, language: &Language) -> String {
        let granted = self.answered.as_ref().and_then(|answered| answered.response.granted());
        let Some(granted) = granted else { return language.t("result-receipt") };
        let until = match granted.grant.expires_at {
            Some(end) => language.t1("until", "end", language.date_time(end)),
            None => language.t("without-end"),
        };
        let import_by = language.date_time(granted.import_by);
        language.t2("result-ready", "until", until, "import-by", import_by)
    }

    /// A larger token does not fit into a QR code (2,953 bytes at level L).
    fn has_qr(&self) -> bool {
        self.answered.as_ref().is_some_and(|a| a.token.len() <= super::responses::QR_LARGEST)
    }
}

#[derive(Template)]
#[template(path = "result.html")]
struct ResultPage {
    frame: Frame,
    items: Vec<ResultItem>,
    back: String,
}

/// `/activate/confirm`
pub(crate) async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    Form(confirmed): Form<Confirmed>,
) -> Result<Response, ErrorPage> {
    let mut door = Door { name: "page", user: visitor.user.clone(), license: None };
    if !confirmed.license_key.is_empty() {
        door.license = Some(desk_license(&app, &confirmed.license_key).await?);
    }
    result_page(&app, &visitor, confirmed, &door, "/activate".to_owned()).await
}

/// `/licenses/{id}/confirm`
pub(crate) async fn confirm_for_license(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(confirmed): Form<Confirmed>,
) -> Result<Response, ErrorPage> {
    let (user, license) = own_license(&app, &visitor, &id).await?;
    let door = Door { name: "portal", user: Some(user), license: Some(license) };
    result_page(&app, &visitor, confirmed, &door, format!("/licenses/{license}")).await
}

async fn result_page(
    app: &App,
    visitor: &Visitor,
    confirmed: Confirmed,
    door: &Door,
    back: String,
) -> Result<Response, ErrorPage> {
    if confirmed.request.is_empty() || confirmed.request.len() > MOST_FILES {
        return Err(ErrorPage::upload("error-upload-none"));
    }
    let mut items = Vec::new();
    for text in &confirmed.request {
        items.push(result_item(app, text, door, visitor.language).await);
    }
    Ok(page(&ResultPage { frame: Frame::new(app, visitor), items, back }))
}

async fn result_item(app: &App, text: &str, door: &Door, language: Language) -> ResultItem {
    let request = match desk::understand(text.as_bytes()) {
        Ok((_, request)) => request,
        Err(refusal) => {
            return ResultItem { machine: "?".to_owned(), answered: None, refusal: Some(refusal) };
        }
    };
    let named = request.claims().device_name().map(str::to_owned);
    let (answered, refusal) = match desk::answer(app, &request, door).await {
        Ok(answered) => (Some(answered), None),
        Err(refusal) => (None, Some(refusal)),
    };
    let machine = named.or_else(|| answered.as_ref()?.device_name.clone());
    ResultItem {
        machine: machine.unwrap_or_else(|| language.t("machine-unnamed")),
        answered,
        refusal,
    }
}

async fn desk_license(app: &App, typed: &str) -> Result<LicenseId, ErrorPage> {
    let found = desk::license_of_key(app, typed).await;
    found.map_err(|_| ErrorPage::bad_input("license-key-unknown"))
}

/// The license of the path, if the visitor may act for it; otherwise it does not exist for them.
async fn own_license(
    app: &App,
    visitor: &Visitor,
    id: &str,
) -> Result<(User, LicenseId), ErrorPage> {
    let user = visitor.user()?;
    let license = super::licenses::license_of(app, &user, id).await?;
    Ok((user, license.id))
}
