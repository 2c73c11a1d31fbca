//! What everybody sees: the public page, answers, downloads.

use axum::routing::{get, post};

use crate::access::Access;
use crate::router::table::Table;
use crate::{assets, pages, release};

pub(super) fn routes(table: Table<'_>) -> Table<'_> {
    table
        .route("/", Access::Public, get(pages::home))
        .route("/assets/{name}", Access::Public, get(assets::asset))
        .route("/activate", Access::Public, get(pages::activate::form))
        .limited("/activate/review", Access::Public, pages::upload(post(pages::activate::review)))
        .limited("/activate/confirm", Access::Public, pages::upload(post(pages::activate::confirm)))
        .limited(
            "/activate/responses.zip",
            Access::Public,
            pages::upload(post(pages::activate::zip)),
        )
        .limited("/activate/batches/{token}", Access::Public, get(pages::activate::batch::show))
        .limited("/activate/table.csv", Access::Public, pages::upload(post(pages::activate::table)))
        .route("/responses/{hash}", Access::Public, get(pages::responses::file))
        .route("/responses/{hash}/qr.svg", Access::Public, get(pages::responses::qr))
        .route("/developers/api", Access::Public, get(pages::developers::api))
        .route("/downloads", Access::Customer, get(pages::downloads::overview))
        .route("/downloads/{product}", Access::Customer, get(pages::downloads::product))
        .route("/downloads/{product}/{release}", Access::Customer, get(pages::downloads::show))
        .route("/releases/{id}", Access::Customer, get(release::download::file))
        .route("/releases/{id}/checksums", Access::Customer, get(release::download::checksums))
}
