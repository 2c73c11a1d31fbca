//! `/admin/keys`: what the portal signs with, how long, and new papers for it.

use askama::Template;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use countersign_core::delegation::Products;
use countersign_core::{PublicKey, file};

use super::{ErrorPage, actor};
use crate::access::Visitor;
use crate::app::App;
use crate::keys::ending::{Ending, ending};
use crate::keys::install::{Brought, Less, MOST_FILES, Refused};
use crate::keys::{Keys, root_left_behind, watch};
use crate::language::{Language, Say};
use crate::pages::{Frame, page};

/// What the files and the form around them may have.
const MOST_BYTES: usize = 8 * file::MAX_FILE;

/// That the end is near, or has come.
pub(crate) struct KeyWarning {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) class: &'static str,
}

/// A key with its name.
struct Named {
    name: String,
    key: String,
    kid: String,
}

#[derive(Template)]
#[template(path = "admin/keys.html")]
struct KeysPage {
    frame: Frame,
    key_warning: Option<KeyWarning>,
    root_left_behind: Option<String>,
    trouble: Option<String>,
    /// Whether the key lies with the portal, which then takes files here.
    is_here: bool,
    kid: String,
    x: String,
    holder: String,
    types: String,
    products: String,
    longest: String,
    serial: String,
    from: String,
    until: String,
    left: String,
    next: Option<String>,
    list: Option<String>,
    keys: Vec<Named>,
}

/// The warning that is due for the vendor's pages.
pub(crate) fn warning(app: &App, language: Language) -> Option<KeyWarning> {
    let Ending { until, step, .. } = ending(&app.keys(), app.now());
    step?;
    let end = ending(&app.keys(), app.now());
    let (key, class) = match end.is_over() {
        true => ("keys-ended", "problem"),
        false => ("keys-ends", "warn"),
    };
    let say = Say::new(key).with("days", end.days()).with("until", crate::language::When(until));
    Some(KeyWarning { title: language.t(&format!("{key}-title")), text: language.say(&say), class })
}

pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let (keys, language) = (app.keys(), visitor.language);
    let delegation = &keys.papers.delegation;
    let scope = &delegation.scope;
    let kinds = scope.types.iter().map(|kind| language.t(&format!("scope-{kind}")));
    let end = ending(&keys, app.now());
    Ok(page(&KeysPage {
        key_warning: warning(&app, language),
        root_left_behind: root_left_behind(&app.config().data).map(|p| p.display().to_string()),
        trouble: app.ring().trouble(),
        is_here: app.ring().is_here(),
        kid: keys.signing.kid().to_string(),
        x: delegation.key.to_string(),
        holder: delegation.holder.clone(),
        types: kinds.collect::<Vec<_>>().join(", "),
        products: match &scope.products {
            Products::All => language.t("scope-all-products"),
            some @ Products::Some(_) => some.to_string(),
        },
        longest: match scope.max_days {
            Some(days) => language.t1("scope-days", "days", days),
            None => language.t("scope-no-limit"),
        },
        serial: delegation.serial.map_or_else(|| "–".to_owned(), |serial| serial.to_string()),
        from: language.date_time(delegation.not_before),
        until: language.date_time(end.until),
        left: language.t1("keys-days-left", "days", end.days()),
        next: app.ring().next().map(|key| key.to_string()),
        list: keys.papers.list.as_ref().map(|list| {
            language.say(
                &Say::new("keys-list")
                    .with("number", list.seq.to_string())
                    .with("when", language.date_time(list.issued_at))
                    .with("count", list.revoked.len()),
            )
        }),
        keys: roots(&keys, language),
        frame: Frame::new(&app, &visitor),
    }))
}

/// The roots in their line, those that apps are built with among them.
fn roots(keys: &Keys, language: Language) -> Vec<Named> {
    let named = |name: String, key: &PublicKey| Named {
        name,
        key: key.to_string(),
        kid: key.thumbprint().to_string(),
    };
    let built_in = keys.roots.iter().map(|root| named(language.t("root-key"), root));
    let line = keys.trust.rotations().map(|rotation| {
        let say = Say::new("keys-rotation")
            .with("number", rotation.seq.to_string())
            .with("until", language.date_time(rotation.until));
        named(language.say(&say), &rotation.new)
    });
    built_in.chain(line).collect()
}

pub(crate) async fn install(
    State(app): State<App>,
    visitor: Visitor,
    form: Multipart,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let (brought, less) = read(form, visitor.language).await?;
    match watch::install(&app, brought, less, &actor(&admin)).await {
        Ok(()) => Ok(Redirect::to("/admin/keys").into_response()),
        Err(error) => Err(match error.downcast::<Refused>() {
            Ok(Refused(say)) => ErrorPage::refused(StatusCode::UNPROCESSABLE_ENTITY, say),
            Err(error) => ErrorPage::internal(&format!("{error:#}")),
        }),
    }
}

/// The route that takes the files.
pub(crate) fn upload(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(DefaultBodyLimit::max(MOST_BYTES))
}

async fn read(mut form: Multipart, language: Language) -> Result<(Vec<Brought>, Less), ErrorPage> {
    let (mut brought, mut less) = (Vec::new(), Less::AMistake);
    let broken = |_| ErrorPage::upload("keys-upload-broken");
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(broken)?.to_vec();
        match name.as_str() {
            "less" => less = Less::Meant,
            "file" if !(bytes.is_empty() && file_name.is_empty()) => {
                brought.push(Brought { name: file_name, bytes });
            }
            "pasted" if !bytes.trim_ascii().is_empty() => {
                brought.push(Brought { name: language.t("pasted-text"), bytes });
            }
            _ => {}
        }
        if brought.len() > MOST_FILES {
            let say = Say::new("keys-refused-many").with("most", MOST_FILES);
            return Err(ErrorPage::refused(StatusCode::UNPROCESSABLE_ENTITY, say));
        }
    }
    Ok((brought, less))
}
