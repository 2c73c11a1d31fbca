//! The licenses that a private release is for, as people name them: by the whole key, or by the license's id.

use countersign_core::LicenseId;
use countersign_core::license_key::LicenseKey;
use countersign_store::{MOST_GIVEN, ProductRelease, Result};

use crate::app::App;

/// Why the lines name no licenses.
#[derive(Debug)]
pub(crate) enum Unknown {
    /// This line names none of the product.
    Line(String),
    /// There are more than fit.
    TooMany,
    /// The database failed.
    Store(countersign_store::StoreError),
}

/// The licenses of a text, one a line.
///
/// # Errors
/// With the first line that names none of the release's product.
pub(crate) async fn named(
    app: &App,
    release: &ProductRelease,
    text: &str,
) -> std::result::Result<Vec<LicenseId>, Unknown> {
    let mut licenses = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let by_key = line.parse::<LicenseKey>().map(|key| key.id());
        let license = by_key.ok().or_else(|| line.parse().ok());
        let unknown = || Unknown::Line(line.chars().take(80).collect());
        let license = license.ok_or_else(unknown)?;
        if unfit(app, release, &[license]).await.map_err(Unknown::Store)?.is_some() {
            return Err(unknown());
        }
        if !licenses.contains(&license) {
            licenses.push(license);
        }
        if licenses.len() > MOST_GIVEN {
            return Err(Unknown::TooMany);
        }
    }
    Ok(licenses)
}

/// The first of these that is no license of the release's product.
///
/// # Errors
/// When the database fails.
pub(crate) async fn unfit(
    app: &App,
    release: &ProductRelease,
    licenses: &[LicenseId],
) -> Result<Option<LicenseId>> {
    for license in licenses {
        let found = app.store().license(license).await?;
        if found.is_none_or(|found| found.product != release.product) {
            return Ok(Some(*license));
        }
    }
    Ok(None)
}
