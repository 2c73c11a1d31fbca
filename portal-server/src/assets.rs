//! Style sheet, script and icon: inside the binary. What the vendor's look is made of: named by its content, so that browsers
//! keep it for good.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::Hash;
use countersign_store::PicturePlace;

use crate::access::Visitor;
use crate::app::App;
use crate::look::{Look, Made};
use crate::pages::ErrorPage;

#[derive(rust_embed::RustEmbed)]
#[folder = "assets/"]
struct Assets;

const AN_HOUR: &str = "public, max-age=3600";
/// Other content has another name.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

pub(crate) async fn asset(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, ErrorPage> {
    if let Some(file) = Assets::get(&name) {
        return Ok(sent(kind(&name), AN_HOUR, file.data.into_owned()));
    }
    let look = &visitor.look;
    if let Some(made) = [&look.style, &look.tick].into_iter().flatten().find(|m| m.name == name) {
        let Made { name, content } = made;
        return Ok(sent(kind(name), FOR_GOOD, content.clone().into_bytes()));
    }
    if let Some((place, hash)) = name.strip_suffix(".png").and_then(picture_of)
        && let Some(png) = app.store().picture(place, &hash).await?
    {
        return Ok(sent("image/png", FOR_GOOD, png));
    }
    Ok(now_called(&name, look).map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |url| Redirect::temporary(&url).into_response(),
    ))
}

fn sent(kind: &'static str, kept: &'static str, bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], bytes).into_response()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// A picture's place and hash.
fn picture_of(stem: &str) -> Option<(PicturePlace, Hash)> {
    let places = [PicturePlace::Logo, PicturePlace::LogoIcon, PicturePlace::Icon];
    places.into_iter().find_map(|place| {
        let hash = stem.strip_prefix(place.as_str())?.strip_prefix('-')?;
        Some((place, hash.parse().ok()?))
    })
}

/// What a page of a moment ago still names, or one of another process: it gets what is there now.
fn now_called(name: &str, look: &Look) -> Option<String> {
    let (kind, now) = match name.split_once('-')?.0 {
        "look" => ("css", look.style_url()),
        "tick" => ("svg", Some(look.tick_url())),
        "icon" | "made" => ("png", Some(look.icon_url())),
        "logo" => ("png", look.logo().map(|logo| logo.url)),
        _ => return None,
    };
    now.filter(|_| name.ends_with(kind))
}
