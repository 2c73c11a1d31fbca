//! `/releases/{file}` and `/releases/{release}/checksums`: files for those who may run them. Whatever else is asked for does
//! not exist: an id is random, and nothing of the address becomes a path.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use countersign_core::{Id, file};
use countersign_store::{ProductRelease, ReleaseFile, ReleaseStatus, User};

use super::publish;
use super::range::{Wanted, wanted};
use crate::access::Visitor;
use crate::app::App;
use crate::download;
use crate::pages::ErrorPage;

/// A file, or the part of it that is asked for.
pub(crate) async fn file(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ErrorPage> {
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    let found = app.store().release_file(id).await?;
    let (file, release) = found.ok_or_else(ErrorPage::not_found)?;
    check_may_run(&app, &visitor.user()?, &release).await?;
    let etag = format!("\"{}\"", file.sha256);
    let mut response = match wanted(&method, &headers, file.size, &etag) {
        Wanted::Whole if method == Method::HEAD => with_length(Body::empty(), file.size)?,
        Wanted::Whole => {
            let body = content(&app, &file, 0..file.size).await?;
            with_length(body, file.size)?
        }
        Wanted::Part(part) => {
            let says = format!("bytes {}-{}/{}", part.start, part.end - 1, file.size);
            let length = part.end - part.start;
            let mut response = with_length(content(&app, &file, part).await?, length)?;
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            response.headers_mut().insert(header::CONTENT_RANGE, value(&says)?);
            response
        }
        Wanted::Unsatisfiable => {
            let mut response = ErrorPage::no_such_part().into_response();
            let says = format!("bytes */{}", file.size);
            response.headers_mut().insert(header::CONTENT_RANGE, value(&says)?);
            return Ok(response);
        }
        Wanted::NotModified => StatusCode::NOT_MODIFIED.into_response(),
        Wanted::Changed => return Err(ErrorPage::changed_meanwhile()),
    };
    let says = response.headers_mut();
    says.insert(header::ETAG, value(&etag)?);
    says.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // Kept by nobody in between; the asker may keep it, and asks again whether it is still theirs to have.
    says.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    says.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    says.insert(header::CONTENT_DISPOSITION, value(&download::disposition(file.name.as_str()))?);
    Ok(response)
}

/// The signed checksums of a release.
pub(crate) async fn checksums(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    let release = app.store().release(id).await?.ok_or_else(ErrorPage::not_found)?;
    check_may_run(&app, &visitor.user()?, &release).await?;
    let token = release.checksums.as_deref().ok_or_else(ErrorPage::not_found)?;
    let signed = publish::signed(&app, token).map_err(|error| ErrorPage::internal(&error))?;
    let text = file::checksum_file(token, &signed);
    Ok(download::attachment(&checksum_name(&release), text))
}

/// What the checksum file of a release is called.
pub(crate) fn checksum_name(release: &ProductRelease) -> String {
    format!("{}-{}.checksums", release.product, release.version)
}

/// A release that none of the user's licenses may run does not exist; the vendor's admins see all that is published.
async fn check_may_run(app: &App, user: &User, release: &ProductRelease) -> Result<(), ErrorPage> {
    if user.role.is_staff() && release.status == ReleaseStatus::Published {
        return Ok(());
    }
    let terms = app.store().release_terms_to_run(user, release).await?;
    let may_run = terms.iter().any(|terms| terms.may_run(release).is_ok());
    may_run.then_some(()).ok_or_else(ErrorPage::not_found)
}

async fn content(
    app: &App,
    file: &ReleaseFile,
    part: std::ops::Range<u64>,
) -> Result<Body, ErrorPage> {
    let content = app.releases().get(&file.storage_key, part, file.size).await;
    content.map_err(|error| {
        tracing::error!(file = %file.id, %error, "a release file could not be read");
        ErrorPage::internal(&format!("the content of the release file {} is not there", file.id))
    })
}

fn with_length(body: Body, length: u64) -> Result<Response, ErrorPage> {
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, value(&length.to_string())?);
    Ok(response)
}

fn value(text: &str) -> Result<HeaderValue, ErrorPage> {
    HeaderValue::from_str(text).map_err(|error| ErrorPage::internal(&error))
}
