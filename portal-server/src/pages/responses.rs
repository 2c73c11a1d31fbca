//! `/responses/{hash}`: an answer again, as a file or a picture. The hash of a request is known to who has the request.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use countersign_core::Hash;
use qrcode::{EcLevel, QrCode};

use super::ErrorPage;
use crate::app::App;
use crate::desk::{self, Answered};
use crate::download;

/// The longest token that fits into a QR code at level L, in bytes.
pub(crate) const QR_LARGEST: usize = 2_953;

/// The response file, named after the machine.
pub(crate) async fn file(
    State(app): State<App>,
    Path(hash): Path<String>,
) -> Result<Response, ErrorPage> {
    let answered = find(&app, &hash).await?;
    Ok(download::attachment(&answered.file_name(), answered.file()))
}

/// The bare token as a QR code.
pub(crate) async fn qr(
    State(app): State<App>,
    Path(hash): Path<String>,
) -> Result<Response, ErrorPage> {
    qr_code(&find(&app, &hash).await?)
}

/// The token of an answer as a picture.
pub(crate) fn qr_code(answered: &Answered) -> Result<Response, ErrorPage> {
    let code = QrCode::with_error_correction_level(&answered.token, EcLevel::L)
        .map_err(|_| ErrorPage::not_found())?;
    let svg = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(400, 400).build();
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

async fn find(app: &App, hash: &str) -> Result<Answered, ErrorPage> {
    let hash: Hash = hash.parse().map_err(|_| ErrorPage::not_found())?;
    let found = desk::again(app, &hash).await.map_err(|refusal| ErrorPage::internal(&refusal))?;
    found.ok_or_else(ErrorPage::not_found)
}
