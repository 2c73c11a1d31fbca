//! A customer's licenses and organization.

use axum::routing::{get, post};

use crate::access::Access;
use crate::pages;
use crate::pages::sign_on::door as sign_on;
use crate::router::table::Table;

pub(super) fn routes(table: Table<'_>) -> Table<'_> {
    table
        .route("/organization", Access::OrganizationAdmin, get(pages::organization::overview))
        .route(
            "/organization/users",
            Access::OrganizationAdmin,
            get(pages::organization::members::list).post(pages::organization::members::invite),
        )
        .route(
            "/organization/users/{id}",
            Access::OrganizationAdmin,
            get(pages::organization::members::show).post(pages::organization::members::save),
        )
        .route(
            "/organization/users/{id}/groups",
            Access::OrganizationAdmin,
            post(pages::organization::members::save_groups),
        )
        .route(
            "/organization/users/{id}/invitation",
            Access::OrganizationAdmin,
            post(pages::organization::members::resend),
        )
        .route(
            "/organization/users/{id}/withdraw",
            Access::OrganizationAdmin,
            post(pages::organization::members::withdraw),
        )
        .route(
            "/organization/users/{id}/two-factor-off",
            Access::OrganizationAdmin,
            post(pages::organization::members::turn_off_two_factor),
        )
        .route(
            "/organization/groups",
            Access::OrganizationAdmin,
            get(pages::organization::groups::list).post(pages::organization::groups::create),
        )
        .route(
            "/organization/groups/{id}",
            Access::OrganizationAdmin,
            get(pages::organization::groups::show).post(pages::organization::groups::rename),
        )
        .route(
            "/organization/groups/{id}/delete",
            Access::OrganizationAdmin,
            post(pages::organization::groups::delete),
        )
        .route(
            "/organization/groups/{id}/add",
            Access::OrganizationAdmin,
            post(pages::organization::groups::add),
        )
        .route(
            "/organization/groups/{id}/remove",
            Access::OrganizationAdmin,
            post(pages::organization::groups::remove),
        )
        .route(
            "/organization/groups/{id}/link",
            Access::OrganizationAdmin,
            post(pages::organization::groups::link),
        )
        .route(
            "/organization/groups/{id}/unlink",
            Access::OrganizationAdmin,
            post(pages::organization::groups::unlink),
        )
        .route(
            "/organization/licenses/{id}",
            Access::OrganizationAdmin,
            get(pages::organization::licenses::show),
        )
        .route(
            "/organization/activity",
            Access::OrganizationAdmin,
            get(pages::organization::activity::show),
        )
        .route(
            "/organization/sign-on",
            Access::OrganizationAdmin,
            get(sign_on::list::<sign_on::OwnOrganization>)
                .post(sign_on::create::<sign_on::OwnOrganization>),
        )
        .route(
            "/organization/sign-on/{id}",
            Access::OrganizationAdmin,
            get(sign_on::show::<sign_on::OwnOrganization>)
                .post(sign_on::save::<sign_on::OwnOrganization>),
        )
        .route(
            "/organization/sign-on/{id}/domains",
            Access::OrganizationAdmin,
            post(sign_on::domains::<sign_on::OwnOrganization>),
        )
        .route(
            "/organization/sign-on/{id}/try",
            Access::OrganizationAdmin,
            post(sign_on::try_out::<sign_on::OwnOrganization>),
        )
        .route(
            "/organization/sign-on/{id}/unlink",
            Access::OrganizationAdmin,
            post(sign_on::unlink::<sign_on::OwnOrganization>),
        )
        .route(
            "/organization/sign-on/{id}/delete",
            Access::OrganizationAdmin,
            post(sign_on::delete::<sign_on::OwnOrganization>),
        )
        .route("/licenses", Access::Customer, get(pages::licenses::list))
        .route("/licenses.csv", Access::Customer, get(pages::licenses::table))
        .route("/licenses.ics", Access::Customer, get(pages::licenses::calendar))
        .route("/licenses/{id}", Access::Customer, get(pages::licenses::show))
        .route("/licenses/{id}/end.ics", Access::Customer, get(pages::licenses::calendar_of_one))
        .route(
            "/licenses/{id}/machines.csv",
            Access::Customer,
            get(pages::licenses::machines_table),
        )
        .route("/licenses/{id}/responses.zip", Access::Customer, post(pages::licenses::renew_all))
        .route(
            "/licenses/{id}/machines/{activation}",
            Access::Customer,
            get(pages::licenses::machine),
        )
        .route(
            "/licenses/{id}/machines/{activation}/response",
            Access::Customer,
            get(pages::licenses::response),
        )
        .route(
            "/licenses/{id}/machines/{activation}/receipt",
            Access::Customer,
            get(pages::licenses::receipt),
        )
        .route(
            "/licenses/{id}/machines/{activation}/renew",
            Access::Customer,
            post(pages::licenses::renew),
        )
        .route(
            "/licenses/{id}/machines/{activation}/release",
            Access::Customer,
            get(pages::licenses::release_form).post(pages::licenses::release),
        )
        .route(
            "/licenses/{id}/review",
            Access::Customer,
            pages::upload(post(pages::activate::review_for_license)),
        )
        .route(
            "/licenses/{id}/confirm",
            Access::Customer,
            pages::upload(post(pages::activate::confirm_for_license)),
        )
        .route(
            "/licenses/{id}/table.csv",
            Access::Customer,
            pages::upload(post(pages::activate::table_for_license)),
        )
}
