//! Logging in, and what a person keeps of themselves.

use axum::routing::{get, post};

use crate::access::Access;
use crate::pages;
use crate::router::table::Table;

pub(super) fn routes(table: Table<'_>) -> Table<'_> {
    table
        .limited("/login", Access::Public, get(pages::login::form).post(pages::login::log_in))
        .limited(
            "/login/code",
            Access::Public,
            get(pages::login::code_form).post(pages::login::log_in_by_code),
        )
        .limited("/login/sso", Access::Public, get(pages::sso::form).post(pages::sso::choose))
        .limited("/login/sso/callback", Access::Public, get(pages::sso::callback))
        .limited("/login/sso/{provider}", Access::Public, get(pages::sso::of_provider))
        .limited("/login/sso/{provider}/start", Access::Public, post(pages::sso::start))
        .route("/logout", Access::Customer, post(pages::login::log_out))
        .limited("/forgot", Access::Public, get(pages::forgot::form).post(pages::forgot::ask))
        .limited(
            "/reset/{token}",
            Access::Public,
            get(pages::forgot::reset_form).post(pages::forgot::reset),
        )
        .limited(
            "/confirm/{token}",
            Access::Public,
            get(pages::email::confirm_form).post(pages::email::confirm),
        )
        .limited(
            "/revert/{token}",
            Access::Public,
            get(pages::email::revert_form).post(pages::email::revert),
        )
        .limited(
            "/invite/{token}",
            Access::Public,
            get(pages::invite::form).post(pages::invite::accept),
        )
        .limited("/invite/{token}/join", Access::Customer, post(pages::invite::join))
        .route("/profile", Access::Customer, get(pages::profile::show).post(pages::profile::save))
        .route("/profile/email", Access::Customer, post(pages::profile::change_email))
        .route("/profile/password", Access::Customer, post(pages::profile::change_password))
        .route("/profile/sessions", Access::Customer, get(pages::profile::sessions::show))
        .route(
            "/profile/sessions/end-others",
            Access::Customer,
            post(pages::profile::sessions::end_others),
        )
        .route("/profile/sessions/{id}/end", Access::Customer, post(pages::profile::sessions::end))
        .route("/profile/two-factor", Access::Customer, get(pages::profile::two_factor::show))
        .route(
            "/profile/two-factor/offer",
            Access::Customer,
            post(pages::profile::two_factor::offer),
        )
        .route(
            "/profile/two-factor/on",
            Access::Customer,
            post(pages::profile::two_factor::turn_on),
        )
        .route(
            "/profile/two-factor/off",
            Access::Customer,
            post(pages::profile::two_factor::turn_off),
        )
        .route(
            "/profile/two-factor/codes",
            Access::Customer,
            post(pages::profile::two_factor::new_codes),
        )
        .limited(
            "/setup/{token}",
            Access::Public,
            get(pages::setup::form).post(pages::setup::create_admin),
        )
        .limited(
            "/password/{token}",
            Access::Public,
            get(pages::setup::password_form).post(pages::setup::set_password),
        )
}
