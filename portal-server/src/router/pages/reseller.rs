//! A reseller's customers.

use axum::routing::{get, post};

use crate::access::Access;
use crate::pages;
use crate::router::table::Table;

pub(super) fn routes(table: Table<'_>) -> Table<'_> {
    table
        .route("/reseller", Access::Reseller, get(pages::reseller::overview))
        .route(
            "/reseller/organizations",
            Access::Reseller,
            post(pages::reseller::create_organization),
        )
        .route(
            "/reseller/organizations/{id}",
            Access::Reseller,
            get(pages::reseller::customer::show).post(pages::reseller::customer::invite),
        )
        .route(
            "/reseller/licenses/{id}",
            Access::Reseller,
            get(pages::reseller::assign::form).post(pages::reseller::assign::assign),
        )
}
