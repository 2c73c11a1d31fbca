//! `/admin/activations`: licenses and machines, found by anything. What is dropped there: `activate/staff.rs`.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::{Activation, License};

use super::ErrorPage;
use crate::access::Visitor;
use crate::app::App;
use crate::finding::{self, Found, Only, Through};
use crate::pages::licenses::{LicenseView, MachineView, views};
use crate::pages::paging::{Asked, Pages};
use crate::pages::{Frame, page, responses};

const PATH: &str = "/admin/activations";
const FIELDS: [&str; 1] = ["q"];

#[derive(Template)]
#[template(path = "admin/activations.html")]
struct ActivationsPage {
    frame: Frame,
    asked: String,
    found: Option<Shown>,
    pages: Pages,
}

/// What was found, in words.
struct Shown {
    found: Found,
    understood: String,
    licenses: Vec<LicenseView>,
    machines: Vec<Line>,
    answered_at: String,
}

/// A machine with its license.
struct Line {
    machine: MachineView,
    license: String,
    product: String,
    holder: String,
    key_end: String,
}

impl Shown {
    fn heading(&self) -> &'static str {
        match self.found.through {
            Through::Themselves => "machines",
            Through::Name => "finding-machines-by-name",
            Through::Licenses => "finding-machines-of-licenses",
        }
    }

    fn has_qr(&self) -> bool {
        let token = self.found.answer.as_ref().map(|(answered, _)| answered.token.len());
        token.is_some_and(|length| length <= responses::QR_LARGEST)
    }
}

/// The field, and what was found.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let text = asked.text("q");
    let frame = Frame::new(&app, &visitor);
    if text.is_empty() {
        let page_of_none =
            ActivationsPage { frame, asked: text, found: None, pages: Pages::default() };
        return Ok(page(&page_of_none));
    }
    let after = asked.after();
    let found = finding::find(&app, &visitor.user()?, &text, after.as_ref()).await?;
    // The page of the one thing that there is: but not away from a later page of a list.
    if let Some(only) = found.only().filter(|_| after.is_none()) {
        return Ok(Redirect::to(&page_of(only)).into_response());
    }
    let pages = asked.pages(PATH, &FIELDS, found.machines.next.as_ref());
    let found = Some(shown(&app, &visitor, found).await?);
    Ok(page(&ActivationsPage { frame, asked: text, found, pages }))
}

fn page_of(only: Only) -> String {
    match only {
        Only::License(id) => format!("/admin/licenses/{id}"),
        Only::Machine(license, id) => format!("/licenses/{license}/machines/{id}"),
        Only::User(id) => format!("/admin/customers/users/{id}"),
    }
}

async fn shown(app: &App, visitor: &Visitor, found: Found) -> Result<Shown, ErrorPage> {
    let language = visitor.language;
    let mut lines = Vec::with_capacity(found.machines.items.len());
    let mut known: Vec<License> = found.licenses.clone();
    for machine in &found.machines.items {
        if known.iter().all(|license| license.id != machine.license) {
            known.extend(app.store().license(&machine.license).await?);
        }
        let license = known.iter().find(|license| license.id == machine.license);
        lines.push(line(app, machine, license, visitor).await?);
    }
    let answered_at = found.answer.as_ref().map(|(_, at)| language.date_time(*at));
    Ok(Shown {
        understood: language.say(&found.clue.words()),
        licenses: views(app, &found.licenses, language).await?,
        machines: lines,
        answered_at: answered_at.unwrap_or_default(),
        found,
    })
}

async fn line(
    app: &App,
    machine: &Activation,
    license: Option<&License>,
    visitor: &Visitor,
) -> Result<Line, ErrorPage> {
    let view = match license {
        Some(license) => views(app, std::slice::from_ref(license), visitor.language).await?.pop(),
        None => None,
    };
    let (product, holder, key_end) =
        view.map(|view| (view.product, view.holder, view.key_end)).unwrap_or_default();
    Ok(Line {
        machine: MachineView::new(machine, visitor.language),
        license: machine.license.to_string(),
        product,
        holder,
        key_end,
    })
}
