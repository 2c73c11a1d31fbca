//! `/admin/settings/texts`: the vendor's own words, in each language.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::{ErrorPage, actor};
use crate::access::Visitor;
use crate::app::App;
use crate::language::Language;
use crate::look::{Place, manage};
use crate::pages::{Frame, page};

const PATH: &str = "/admin/settings/texts";

#[derive(Template)]
#[template(path = "admin/texts.html")]
struct TextsPage {
    frame: Frame,
    parts: Vec<Part>,
}

/// The words of one place.
struct Part {
    title: &'static str,
    hint: &'static str,
    rows: usize,
    longest: usize,
    fields: Vec<TextField>,
}

struct TextField {
    name: String,
    code: String,
    language: String,
    typed: String,
}

pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let field = |place: Place, language: Language| TextField {
        name: field_name(place, language),
        code: language.code(),
        language: language.name(),
        typed: visitor.look.typed(place, language).to_owned(),
    };
    let part = |place: Place| {
        let (title, hint, rows) = match place {
            Place::Public => ("text-public", "text-public-hint", 8),
            Place::Foot => ("text-foot", "text-foot-hint", 3),
        };
        let fields = Language::all().map(|language| field(place, language)).collect();
        Part { title, hint, rows, longest: place.longest(), fields }
    };
    let parts = Place::ALL.map(part).into();
    page(&TextsPage { frame: Frame::new(&app, &visitor), parts })
}

fn field_name(place: Place, language: Language) -> String {
    format!("{}_{}", place.name(), language.code())
}

/// What is not in the form stays.
pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let mut settings = BTreeMap::new();
    for place in Place::ALL {
        for language in Language::all() {
            if let Some(text) = form.get(&field_name(place, language)) {
                settings.insert(place.setting(language), manage::text(place, text)?);
            }
        }
    }
    app.store().set_settings(settings, &actor(&admin), app.now()).await?;
    app.look_changed();
    Ok(Redirect::to(PATH).into_response())
}
