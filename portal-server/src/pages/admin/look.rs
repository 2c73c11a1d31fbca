//! `/admin/settings/look`: name, addresses, colours; logo and icon, which are looked at before they are used.

use askama::Template;
use axum::Form;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use countersign_store::{PicturePlace, PictureStage};
use serde::Deserialize;

use super::{ErrorPage, actor};
use crate::access::Visitor;
use crate::app::App;
use crate::fields::Field;
use crate::language::Say;
use crate::look::colour::{Accent, Rgb, Scheme};
use crate::look::manage::{self, Kind, NotTaken, OnFaint};
use crate::look::picture::{self, Unusable};
use crate::look::{LookSettings, Shown};
use crate::pages::{Frame, page_with};

const PATH: &str = "/admin/settings/look";
/// What stands around a picture in a form.
const FORM_BYTES: usize = 64 * 1024;

#[derive(Template)]
#[template(path = "admin/look.html")]
struct LookPage {
    frame: Frame,
    /// The name in what is signed.
    vendor: String,
    form: LookForm,
    /// The colours that cannot be read.
    faint: Vec<Faint>,
    /// The colours in use, as pictures with their descriptions.
    swatches: Vec<(String, String)>,
    dark_placeholder: String,
    parts: [Part; 2],
}

/// A picture of the look on its page.
struct Part {
    path: &'static str,
    title: &'static str,
    hint: &'static str,
    choose: &'static str,
    /// Whether the name stands beside it.
    names: bool,
    live: Option<Shown>,
    draft: Option<Shown>,
}

/// A colour that does not pass, and the one that does.
struct Faint {
    say: Say,
    typed: String,
    nearest: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct LookForm {
    name: String,
    /// There when it is ticked.
    shows_name: Option<String>,
    website: String,
    support: String,
    /// Empty for the portal's own.
    accent: String,
    /// Empty for the nearest to the other.
    accent_dark: String,
    /// There when colours that cannot be read are to be replaced by the nearest.
    nearest: Option<String>,
}

impl LookForm {
    fn of(settings: &LookSettings) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let colour = |colour: Option<Rgb>| colour.map_or(String::new(), |c| c.to_string());
        Self {
            name: text(&settings.name),
            shows_name: settings.shows_name.then(String::new),
            website: text(&settings.website),
            support: text(&settings.support),
            accent: colour(settings.accent),
            accent_dark: colour(settings.accent_dark),
            nearest: None,
        }
    }

    fn read(&self) -> Result<LookSettings, ErrorPage> {
        Ok(LookSettings {
            name: Field::VendorName.optional(&self.name)?,
            shows_name: self.shows_name.is_some(),
            website: manage::website(&self.website)?,
            support: manage::support(&self.support)?,
            accent: manage::colour(&self.accent)?,
            accent_dark: manage::colour(&self.accent_dark)?,
        })
    }
}

/// The page.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let form = LookForm::of(&visitor.look.settings);
    shown(&app, &visitor, StatusCode::OK, form, Vec::new())
}

/// Name, addresses and colours.
pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<LookForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let mut settings = form.read()?;
    let on_faint = form.nearest.as_ref().map_or(OnFaint::Refuse, |_| OnFaint::Nearest);
    let faint = manage::readable(&mut settings, on_faint);
    let faint: Vec<Faint> = faint.iter().map(Faint::of).collect();
    if !faint.is_empty() {
        return Ok(shown(&app, &visitor, StatusCode::UNPROCESSABLE_ENTITY, form, faint));
    }
    settings.save(app.store(), &actor(&admin), app.now()).await?;
    app.look_changed();
    Ok(Redirect::to(PATH).into_response())
}

fn shown(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    form: LookForm,
    faint: Vec<Faint>,
) -> Response {
    let look = &visitor.look;
    let part = |[path, title, hint, choose]: [&'static str; 4], names, place| Part {
        live: look.live(place),
        draft: look.draft(place),
        path,
        title,
        hint,
        choose,
        names,
    };
    let logo = ["logo", "logo", "logo-hint", "logo-choose"];
    let icon = ["icon", "tab-icon", "tab-icon-hint", "tab-icon-choose"];
    let parts = [
        part(logo, look.settings.shows_name, PicturePlace::Logo),
        part(icon, false, PicturePlace::Icon),
    ];
    let accents = look.accents();
    let swatches = accents.iter().flat_map(|(light, dark)| {
        [(light, Scheme::Light, "on-light-pages"), (dark, Scheme::Dark, "on-dark-pages")]
    });
    let swatches = swatches.map(|(accent, scheme, where_seen)| {
        (swatch(accent, scheme), format!("{} {}", accent.colour, visitor.language.t(where_seen)))
    });
    let page = LookPage {
        frame: Frame::new(app, visitor),
        vendor: app.vendor().to_owned(),
        swatches: swatches.collect(),
        dark_placeholder: accents.map_or("#74b6ff".to_owned(), |(_, dark)| dark.colour.to_string()),
        form,
        faint,
        parts,
    };
    page_with(status, &page)
}

impl Faint {
    fn of(faint: &manage::Faint) -> Self {
        let (scheme, typed, nearest) = (faint.scheme, faint.typed, &faint.nearest);
        let as_typed = Accent { colour: typed, paper: typed, on: nearest.on };
        let [typed, nearest] = [&as_typed, nearest].map(|accent| swatch(accent, scheme));
        Self { say: faint.say(), typed, nearest }
    }
}

/// A picture of text in the colour and of text on it: no style sheet has to know a colour that is only looked at.
fn swatch(accent: &Accent, scheme: Scheme) -> String {
    let (colour, on, ground) = (accent.colour, accent.on, scheme.card());
    let text = |x: u32, fill: Rgb| {
        format!(
            "<text x='{x}' y='27' font-family='sans-serif' font-weight='600' font-size='18' text-anchor='middle' fill='{fill}'>Abc</text>"
        )
    };
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='160' height='40'><rect width='160' height='40' rx='6' fill='{ground}'/>\
         <rect x='80' width='80' height='40' rx='6' fill='{colour}'/>{}{}</svg>",
        text(40, colour),
        text(120, on)
    );
    let escaped = svg.replace('#', "%23").replace('<', "%3C").replace('>', "%3E");
    format!("data:image/svg+xml,{escaped}")
}

/// A route that takes a picture.
pub(crate) fn upload(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(DefaultBodyLimit::max(picture::MOST_BYTES + FORM_BYTES))
}

fn named(picture: &str) -> Result<Kind, ErrorPage> {
    Kind::named(picture).ok_or_else(ErrorPage::not_found)
}

fn back(picture: &str) -> Response {
    Redirect::to(&format!("{PATH}#{picture}")).into_response()
}

/// Makes drafts of a picture that is brought.
pub(crate) async fn bring(
    State(app): State<App>,
    visitor: Visitor,
    Path(picture): Path<String>,
    form: Multipart,
) -> Result<Response, ErrorPage> {
    let (admin, kind) = (visitor.user()?, named(&picture)?);
    let bytes = file(form).await?;
    match manage::draft(&app, &kind, bytes, &actor(&admin)).await {
        Ok(()) => {}
        Err(NotTaken::Unusable(unusable)) => {
            return Err(ErrorPage::bad_input(unusable.say(picture::SHOWN)));
        }
        Err(NotTaken::Failed(error)) => return Err(ErrorPage::internal(&error)),
    }
    Ok(back(&picture))
}

/// The file in the form.
async fn file(mut form: Multipart) -> Result<Vec<u8>, ErrorPage> {
    let broken = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ErrorPage::bad_input(Unusable::Bytes.say(picture::SHOWN)),
        _ => ErrorPage::bad_input("error-form-incomplete"),
    };
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if field.name() == Some("file") {
            let bytes = field.bytes().await.map_err(broken)?;
            if !bytes.is_empty() {
                return Ok(bytes.to_vec());
            }
        }
    }
    Err(ErrorPage::bad_input("picture-none"))
}

/// Shows everybody what was a draft.
pub(crate) async fn adopt(
    State(app): State<App>,
    visitor: Visitor,
    Path(picture): Path<String>,
) -> Result<Response, ErrorPage> {
    let (admin, kind) = (visitor.user()?, named(&picture)?);
    manage::adopt(&app, &kind, &actor(&admin)).await?;
    Ok(back(&picture))
}

#[derive(Deserialize)]
pub(crate) struct Removal {
    /// `draft` or `live`.
    stage: String,
}

/// Takes a draft back, or a picture off all pages.
pub(crate) async fn remove(
    State(app): State<App>,
    visitor: Visitor,
    Path(picture): Path<String>,
    Form(removal): Form<Removal>,
) -> Result<Response, ErrorPage> {
    let (admin, kind) = (visitor.user()?, named(&picture)?);
    let stage: PictureStage =
        removal.stage.parse().map_err(|()| ErrorPage::bad_input("error-form-incomplete"))?;
    manage::remove(&app, &kind, stage, &actor(&admin)).await?;
    Ok(back(&picture))
}
