//! Every URL that programs use.

mod answers;
mod catalogue;
mod customers;
mod vendor;

use crate::access::Access;
use crate::api;
use crate::app::App;
use crate::router::table::Table;

pub(super) fn routes(app: &App) -> Table<'_> {
    let table = answers::routes(Table::new(app));
    let table = catalogue::routes(table);
    let table = customers::routes(table);
    let table = vendor::routes(table);
    table
        .route("/api/v1/openapi.json", Access::Api, api::document::serve())
        .route("/api", Access::Api, api::not_found())
        .route("/api/", Access::Api, api::not_found())
        .route("/api/{*path}", Access::Api, api::not_found())
}
