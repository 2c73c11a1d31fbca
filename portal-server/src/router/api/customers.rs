//! Who has what, for programs: licenses, users, organizations.

use countersign_store::TokenScope;

use crate::access::Access;
use crate::api;
use crate::router::table::Table;

pub(super) fn routes(table: Table<'_>) -> Table<'_> {
    table
        .operation(
            "/api/v1/licenses/import",
            Access::Token(TokenScope::WriteLicenses),
            api::licenses::import::import(),
        )
        .operation(
            "/api/v1/licenses/{id}/plan",
            Access::Token(TokenScope::ReadLicenses),
            api::licenses::plan::differences(),
        )
        .operation(
            "/api/v1/licenses/{id}/plan",
            Access::Token(TokenScope::WriteLicenses),
            api::licenses::plan::apply(),
        )
        .operation(
            "/api/v1/licenses",
            Access::Token(TokenScope::ReadLicenses),
            api::licenses::list(),
        )
        .operation(
            "/api/v1/licenses",
            Access::Token(TokenScope::WriteLicenses),
            api::licenses::create::create(),
        )
        .operation(
            "/api/v1/licenses/{id}",
            Access::Token(TokenScope::ReadLicenses),
            api::licenses::show(),
        )
        .operation(
            "/api/v1/licenses/{id}",
            Access::Token(TokenScope::WriteLicenses),
            api::licenses::change::change(),
        )
        .operation(
            "/api/v1/licenses/{id}/key",
            Access::Token(TokenScope::ReadLicenseKeys),
            api::licenses::key(),
        )
        .operation("/api/v1/users", Access::Token(TokenScope::ReadCustomers), api::users::list())
        .operation("/api/v1/users", Access::Token(TokenScope::WriteCustomers), api::users::create())
        .operation(
            "/api/v1/users/{id}",
            Access::Token(TokenScope::ReadCustomers),
            api::users::show(),
        )
        .operation(
            "/api/v1/users/{id}",
            Access::Token(TokenScope::WriteCustomers),
            api::users::change(),
        )
        .operation(
            "/api/v1/organizations",
            Access::Token(TokenScope::ReadCustomers),
            api::organizations::list(),
        )
        .operation(
            "/api/v1/organizations",
            Access::Token(TokenScope::WriteCustomers),
            api::organizations::create(),
        )
        .operation(
            "/api/v1/organizations/{id}",
            Access::Token(TokenScope::ReadCustomers),
            api::organizations::show(),
        )
        .operation(
            "/api/v1/organizations/{id}",
            Access::Token(TokenScope::WriteCustomers),
            api::organizations::change(),
        )
}
