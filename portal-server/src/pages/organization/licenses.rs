//! `/organization/licenses/{id}`: who has access to a license of the organization, through what.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use countersign_core::LicenseId;
use countersign_store::{LicenseAccess, LinkedGroup, Through};

use super::super::{ErrorPage, Frame, page_with};
use crate::access::Visitor;
use crate::app::App;
use crate::pages::licenses::owner_outside;

#[derive(Template)]
#[template(path = "organization/license.html")]
struct AccessPage {
    frame: Frame,
    license: LicenseId,
    name: String,
    owner_outside: Option<String>,
    groups: Vec<LinkedGroup>,
    people: Vec<LicenseAccess>,
}

impl AccessPage {
    fn through_words(&self, access: &LicenseAccess) -> String {
        match &access.through {
            Through::Owner => self.frame.t("access-owner"),
            Through::OrganizationAdmin => self.frame.t("access-admin"),
            Through::Group { name, .. } => self.frame.t1("access-group", "group", name),
        }
    }

    fn used(&self, group: &LinkedGroup) -> String {
        self.frame.language.of(group.live_activations, group.seat_cap)
    }
}

/// Who may use it.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (_, organization) = visitor.organization_admin()?;
    let id: LicenseId = id.parse().map_err(|_| ErrorPage::not_found())?;
    let license = app.store().license(&id).await?;
    let license = license.filter(|license| license.organization == Some(organization));
    let license = license.ok_or_else(ErrorPage::not_found)?;
    let product = app.store().product(&license.product).await?;
    let product = product.map_or_else(|| license.product.to_string(), |product| product.name);
    let name = match &license.plan {
        Some(plan) if !plan.is_empty() => format!("{product} · {plan}"),
        _ => product,
    };
    let page = AccessPage {
        license: id,
        name,
        owner_outside: owner_outside(&app, &license).await?,
        groups: app.store().groups_of_license(&id).await?,
        people: app.store().license_access(&id).await?,
        frame: Frame::new(&app, &visitor),
    };
    Ok(page_with(StatusCode::OK, &page))
}
