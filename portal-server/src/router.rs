//! Every URL, with who may use it. There is no other way to add a route.

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any, get, post};
use countersign_core::TokenType;
use countersign_store::TokenScope;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::access::{self, Access, Permission};
use crate::api::document::Entry;
use crate::api::operation::{Described, Operation};
use crate::app::App;
use crate::pages::sign_on::door as sign_on;
use crate::problem::Problem;
use crate::{api, assets, host, legacy, limits, metrics, pages, release, request_id};

/// A URL with who may use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The path, with its parameters in braces.
    pub path: String,
    /// Who may use it.
    pub access: Access,
    /// The one method that this is about; `None`: all that it takes.
    pub method: Option<Method>,
}

/// Every URL of the portal: for tests that go through all of them.
pub fn routes(app: &App) -> Vec<Route> {
    [machines(app).routes, api(app).routes, pages(app).routes].concat()
}

/// What is asked under whatever address a machine next door has of the portal: load balancers and proxies go by numbers. No
/// answer here says anything of anybody.
fn machines(app: &App) -> Table<'_> {
    Table::new(app)
        .route("/healthz", Access::Api, api::healthz())
        .route("/readyz", Access::Api, api::readyz())
        .limited_with("/caddy/ask", Access::Api, api::ask::ask(), |m| api::ask::known_first(app, m))
}

/// What programs can do, as the document says it.
pub(crate) fn documented(app: &App) -> Vec<Entry> {
    api(app).documented
}

fn api(app: &App) -> Table<'_> {
    Table::new(app)
        .limited("/api/v1/activations", Access::Api, api::answer(TokenType::ActivationRequest))
        .described(api::describe::activate())
        .limited("/api/v1/deactivations", Access::Api, api::answer(TokenType::DeactivationRequest))
        .described(api::describe::deactivate())
        .limited_with("/api/v1/trials", Access::Api, api::answer(TokenType::TrialRequest), |m| {
            m.layer(trial_origins(app))
        })
        .described(api::describe::start_trial())
        .limited_with("/api/v1/trials/{product}", Access::Api, api::trial_terms(), |m| {
            m.layer(trial_origins(app))
        })
        .described(api::describe::trial_terms())
        .limited_with(
            "/v3/trial-activations/offline-activate",
            Access::Api,
            legacy::activate(),
            |m| legacy::shaped(m).layer(trial_origins(app)),
        )
        .route("/api/v1/policy", Access::Token(TokenScope::ReadPolicy), api::policy::policy())
        .described(api::describe::policy())
        .route(
            "/api/v1/requests",
            Access::Token(TokenScope::AnswerRequests),
            api::support::answer(),
        )
        .described(api::describe::answer())
        .route(
            "/api/v1/requests/preview",
            Access::Token(TokenScope::AnswerRequests),
            api::support::preview(),
        )
        .described(api::describe::preview())
        .route("/api/v1/journals", Access::Token(TokenScope::PushJournal), api::journals::push())
        .described(api::describe::push_journal())
        .route(
            "/api/v1/journals/{id}",
            Access::Token(TokenScope::PushJournal),
            api::journals::show(),
        )
        .described(api::describe::show_journal())
        .operation(
            "/api/v1/products",
            Access::Token(TokenScope::ReadProducts),
            api::products::list(),
        )
        .operation(
            "/api/v1/products",
            Access::Token(TokenScope::WriteProducts),
            api::products::create(),
        )
        .operation(
            "/api/v1/products/{id}",
            Access::Token(TokenScope::ReadProducts),
            api::products::show(),
        )
        .operation(
            "/api/v1/products/{id}",
            Access::Token(TokenScope::WriteProducts),
            api::products::change(),
        )
        .operation("/api/v1/plans", Access::Token(TokenScope::ReadPlans), api::plans::list())
        .operation("/api/v1/plans", Access::Token(TokenScope::WritePlans), api::plans::create())
        .operation("/api/v1/plans/{id}", Access::Token(TokenScope::ReadPlans), api::plans::show())
        .operation(
            "/api/v1/plans/{id}",
            Access::Token(TokenScope::WritePlans),
            api::plans::change(),
        )
        .operation(
            "/api/v1/plans/{id}/licenses",
            Access::Token(TokenScope::ReadLicenses),
            api::plans::licenses::list(),
        )
        .operation(
            "/api/v1/plans/{id}/licenses",
            Access::Token(TokenScope::WriteLicenses),
            api::plans::licenses::create(),
        )
        .operation(
            "/api/v1/plans/{id}/preview",
            Access::Token(TokenScope::WriteLicenses),
            api::plans::apply::preview(),
        )
        .operation(
            "/api/v1/plans/{id}/apply",
            Access::Token(TokenScope::WriteLicenses),
            api::plans::apply::apply(),
        )
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
            "/api/v1/trials/started/{id}/extend",
            Access::Token(TokenScope::ExtendTrials),
            api::trials::longer::extend(),
        )
        .operation(
            "/api/v1/trials/started/{id}/renew",
            Access::Token(TokenScope::ExtendTrials),
            api::trials::longer::renew(),
        )
        .operation(
            "/api/v1/trials/started/{id}/response",
            Access::Token(TokenScope::ReadTrials),
            api::trials::longer::response(),
        )
        .operation(
            "/api/v1/overview",
            Access::Token(TokenScope::ReadOverview),
            api::overview::show(),
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
        .operation(
            "/api/v1/activations",
            Access::Token(TokenScope::ReadActivations),
            api::activations::list(),
        )
        .operation(
            "/api/v1/activations/{id}",
            Access::Token(TokenScope::ReadActivations),
            api::activations::show(),
        )
        .operation(
            "/api/v1/activations/{id}/release",
            Access::Token(TokenScope::ReleaseActivations),
            api::activations::release(),
        )
        .operation("/api/v1/trials", Access::Token(TokenScope::ReadTrials), api::trials::list())
        .operation(
            "/api/v1/trials/started/{id}",
            Access::Token(TokenScope::ReadTrials),
            api::trials::show(),
        )
        .operation(
            "/api/v1/releases",
            Access::Token(TokenScope::ReadReleases),
            api::releases::list(),
        )
        .operation(
            "/api/v1/releases",
            Access::Token(TokenScope::WriteReleases),
            api::releases::create(),
        )
        .operation(
            "/api/v1/releases/{id}",
            Access::Token(TokenScope::ReadReleases),
            api::releases::show(),
        )
        .operation(
            "/api/v1/releases/{id}",
            Access::Token(TokenScope::WriteReleases),
            api::releases::change(),
        )
        .operation(
            "/api/v1/releases/{id}/publish",
            Access::Token(TokenScope::WriteReleases),
            api::releases::publish(),
        )
        .operation(
            "/api/v1/releases/{id}/archive",
            Access::Token(TokenScope::WriteReleases),
            api::releases::archive(),
        )
        .operation(
            "/api/v1/settings",
            Access::Token(TokenScope::ReadSettings),
            api::settings::show(),
        )
        .operation(
            "/api/v1/settings",
            Access::Token(TokenScope::WriteSettings),
            api::settings::change(),
        )
        .operation("/api/v1/audit", Access::Token(TokenScope::ReadAudit), api::audit::list())
        .operation(
            "/api/v1/webhooks",
            Access::Token(TokenScope::ReadWebhooks),
            api::webhooks::list(),
        )
        .operation(
            "/api/v1/webhooks",
            Access::Token(TokenScope::WriteWebhooks),
            api::webhooks::create(),
        )
        .operation(
            "/api/v1/webhooks/{id}",
            Access::Token(TokenScope::ReadWebhooks),
            api::webhooks::show(),
        )
        .operation(
            "/api/v1/webhooks/{id}",
            Access::Token(TokenScope::WriteWebhooks),
            api::webhooks::change(),
        )
        .operation(
            "/api/v1/webhooks/{id}/secret",
            Access::Token(TokenScope::WriteWebhooks),
            api::webhooks::rotate(),
        )
        .operation(
            "/api/v1/webhooks/{id}/pause",
            Access::Token(TokenScope::WriteWebhooks),
            api::webhooks::pause(),
        )
        .operation(
            "/api/v1/webhooks/{id}/resume",
            Access::Token(TokenScope::WriteWebhooks),
            api::webhooks::resume(),
        )
        .operation(
            "/api/v1/webhooks/{id}/disable",
            Access::Token(TokenScope::WriteWebhooks),
            api::webhooks::disable(),
        )
        .operation(
            "/api/v1/webhooks/{id}/test",
            Access::Token(TokenScope::WriteWebhooks),
            api::webhooks::test(),
        )
        .operation(
            "/api/v1/webhooks/{id}/resend",
            Access::Token(TokenScope::WriteWebhooks),
            api::webhooks::resend_failed(),
        )
        .operation(
            "/api/v1/webhooks/{id}/delete",
            Access::Token(TokenScope::WriteWebhooks),
            api::webhooks::delete(),
        )
        .operation(
            "/api/v1/webhooks/{id}/deliveries",
            Access::Token(TokenScope::ReadWebhooks),
            api::webhooks::deliveries::list(),
        )
        .operation(
            "/api/v1/webhooks/{id}/deliveries/{delivery}",
            Access::Token(TokenScope::ReadWebhooks),
            api::webhooks::deliveries::show(),
        )
        .operation(
            "/api/v1/webhooks/{id}/deliveries/{delivery}/resend",
            Access::Token(TokenScope::WriteWebhooks),
            api::webhooks::deliveries::resend(),
        )
        .operation("/api/v1/domain", Access::Token(TokenScope::ReadSettings), api::domain::show())
        .operation("/api/v1/domain", Access::Token(TokenScope::WriteDomain), api::domain::set())
        .operation(
            "/api/v1/domain/check",
            Access::Token(TokenScope::WriteDomain),
            api::domain::check(),
        )
        .operation(
            "/api/v1/domain/use",
            Access::Token(TokenScope::WriteDomain),
            api::domain::put_to_use(),
        )
        .operation(
            "/api/v1/domain/remove",
            Access::Token(TokenScope::WriteDomain),
            api::domain::remove(),
        )
        .operation(
            "/api/v1/sign-on/providers",
            Access::Token(TokenScope::ReadSignOn),
            api::sign_on::list(),
        )
        .operation(
            "/api/v1/sign-on/providers",
            Access::Token(TokenScope::WriteSignOn),
            api::sign_on::create(),
        )
        .operation(
            "/api/v1/sign-on/providers/{id}",
            Access::Token(TokenScope::ReadSignOn),
            api::sign_on::show(),
        )
        .operation(
            "/api/v1/sign-on/providers/{id}",
            Access::Token(TokenScope::WriteSignOn),
            api::sign_on::change(),
        )
        .operation(
            "/api/v1/sign-on/providers/{id}/domains",
            Access::Token(TokenScope::WriteSignOn),
            api::sign_on::approve_domain(),
        )
        .operation(
            "/api/v1/sign-on/providers/{id}/domains/remove",
            Access::Token(TokenScope::WriteSignOn),
            api::sign_on::remove_domain(),
        )
        .operation(
            "/api/v1/sign-on/providers/{id}/delete",
            Access::Token(TokenScope::WriteSignOn),
            api::sign_on::delete(),
        )
        .operation("/api/v1/mail", Access::Token(TokenScope::ReadSettings), api::mail::show())
        .operation("/api/v1/mail/test", Access::Token(TokenScope::WriteSettings), api::mail::test())
        .operation("/api/v1/look", Access::Token(TokenScope::ReadSettings), api::look::show())
        .operation("/api/v1/look", Access::Token(TokenScope::WriteSettings), api::look::change())
        .operation(
            "/api/v1/look/texts",
            Access::Token(TokenScope::ReadSettings),
            api::look::texts::show(),
        )
        .operation(
            "/api/v1/look/texts",
            Access::Token(TokenScope::WriteSettings),
            api::look::texts::change(),
        )
        .operation(
            "/api/v1/look/pictures/{picture}",
            Access::Token(TokenScope::WriteSettings),
            api::look::pictures::bring(),
        )
        .operation(
            "/api/v1/look/pictures/{picture}/use",
            Access::Token(TokenScope::WriteSettings),
            api::look::pictures::adopt(),
        )
        .operation(
            "/api/v1/look/pictures/{picture}/remove",
            Access::Token(TokenScope::WriteSettings),
            api::look::pictures::remove(),
        )
        .operation(
            "/api/v1/releases/{id}/visibility",
            Access::Token(TokenScope::WriteReleases),
            api::releases::set_visibility(),
        )
        .operation(
            "/api/v1/releases/{id}/files/{file}/remove",
            Access::Token(TokenScope::WriteReleases),
            api::releases::uploads::remove_file(),
        )
        .operation(
            "/api/v1/releases/{id}/uploads",
            Access::Token(TokenScope::WriteReleases),
            api::releases::uploads::list(),
        )
        .operation(
            "/api/v1/releases/{id}/uploads",
            Access::Token(TokenScope::WriteReleases),
            api::releases::uploads::begin(),
        )
        .operation(
            "/api/v1/releases/{id}/uploads/{upload}",
            Access::Token(TokenScope::WriteReleases),
            api::releases::uploads::show(),
        )
        .operation(
            "/api/v1/releases/{id}/uploads/{upload}/pieces",
            Access::Token(TokenScope::WriteReleases),
            api::releases::uploads::take(),
        )
        .operation(
            "/api/v1/releases/{id}/uploads/{upload}/finish",
            Access::Token(TokenScope::WriteReleases),
            api::releases::uploads::finish(),
        )
        .operation(
            "/api/v1/releases/{id}/uploads/{upload}/discard",
            Access::Token(TokenScope::WriteReleases),
            api::releases::uploads::discard(),
        )
        .route("/api/v1/openapi.json", Access::Api, api::document::serve())
        .route("/api", Access::Api, api::not_found())
        .route("/api/", Access::Api, api::not_found())
        .route("/api/{*path}", Access::Api, api::not_found())
}

fn pages(app: &App) -> Table<'_> {
    Table::new(app)
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
        .route("/developers/api", Access::Public, get(pages::developers::api))
        .route("/downloads", Access::Customer, get(pages::downloads::overview))
        .route("/downloads/{product}", Access::Customer, get(pages::downloads::product))
        .route("/downloads/{product}/{release}", Access::Customer, get(pages::downloads::show))
        .route("/releases/{id}", Access::Customer, get(release::download::file))
        .route("/releases/{id}/checksums", Access::Customer, get(release::download::checksums))
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
        .route("/admin", Access::Staff(Permission::SeeAll), get(pages::admin::overview::show))
        .route(
            "/admin/overview.csv",
            Access::Staff(Permission::SeeAll),
            get(pages::admin::overview::table),
        )
        .limited(
            "/admin/activations",
            Access::Staff(Permission::SeeAll),
            pages::upload(
                get(pages::admin::activations::show).post(pages::activate::staff::review),
            ),
        )
        .limited(
            "/admin/activations/review",
            Access::Staff(Permission::SeeAll),
            pages::upload(post(pages::activate::staff::review)),
        )
        .limited(
            "/admin/activations/confirm",
            Access::Staff(Permission::AnswerRequests),
            pages::upload(post(pages::activate::staff::confirm)),
        )
        .limited(
            "/admin/activations/table.csv",
            Access::Staff(Permission::SeeAll),
            pages::upload(post(pages::activate::table_for_staff)),
        )
        .route(
            "/admin/settings",
            Access::Page(Permission::SeeSettings, Permission::ManageSettings),
            get(pages::admin::settings::show).post(pages::admin::settings::save),
        )
        .route(
            "/admin/approvals",
            Access::Staff(Permission::SeeAll),
            get(pages::admin::approvals::show),
        )
        .route(
            "/admin/approvals/rule",
            Access::Staff(Permission::Approve),
            post(pages::admin::approvals::rule),
        )
        .route(
            "/admin/approvals/{id}/approve",
            Access::Staff(Permission::Approve),
            post(pages::admin::approvals::approve),
        )
        .route(
            "/admin/approvals/{id}/refuse",
            Access::Staff(Permission::ReleaseSeats),
            post(pages::admin::approvals::refuse),
        )
        .route("/admin/audit", Access::Staff(Permission::SeeAudit), get(pages::admin::audit::show))
        .route(
            "/admin/audit.jsonl",
            Access::Staff(Permission::SeeAudit),
            get(pages::admin::audit::export),
        )
        .route(
            "/admin/audit.csv",
            Access::Staff(Permission::SeeAudit),
            get(pages::admin::audit::table),
        )
        .route(
            "/admin/audit/checkpoints",
            Access::Staff(Permission::ManageKeys),
            post(pages::admin::audit::checkpoint),
        )
        .route(
            "/admin/audit/checkpoints/{n}",
            Access::Staff(Permission::SeeAudit),
            get(pages::admin::audit::checkpoint_file),
        )
        .route(
            "/admin/tokens",
            Access::Staff(Permission::SeeAll),
            get(pages::admin::tokens::list).post(pages::admin::tokens::create),
        )
        .route(
            "/admin/tokens/{id}/revoke",
            Access::Staff(Permission::SeeAll),
            post(pages::admin::tokens::revoke),
        )
        .route(
            "/admin/keys",
            Access::Page(Permission::SeeSettings, Permission::ManageKeys),
            pages::admin::keys::upload(
                get(pages::admin::keys::show).post(pages::admin::keys::install),
            ),
        )
        .route(
            "/admin/sign-on",
            Access::Staff(Permission::ManageSignOn),
            get(sign_on::list::<sign_on::Vendor>).post(sign_on::create::<sign_on::Vendor>),
        )
        .route(
            "/admin/sign-on/{id}",
            Access::Staff(Permission::ManageSignOn),
            get(sign_on::show::<sign_on::Vendor>).post(sign_on::save::<sign_on::Vendor>),
        )
        .route(
            "/admin/sign-on/{id}/domains",
            Access::Staff(Permission::ManageSignOn),
            post(sign_on::domains::<sign_on::Vendor>),
        )
        .route(
            "/admin/sign-on/{id}/try",
            Access::Staff(Permission::ManageSignOn),
            post(sign_on::try_out::<sign_on::Vendor>),
        )
        .route(
            "/admin/sign-on/{id}/unlink",
            Access::Staff(Permission::ManageSignOn),
            post(sign_on::unlink::<sign_on::Vendor>),
        )
        .route(
            "/admin/sign-on/{id}/delete",
            Access::Staff(Permission::ManageSignOn),
            post(sign_on::delete::<sign_on::Vendor>),
        )
        .route(
            "/admin/settings/look",
            Access::Page(Permission::SeeSettings, Permission::ManageSettings),
            get(pages::admin::look::show).post(pages::admin::look::save),
        )
        .route(
            "/admin/settings/look/{picture}",
            Access::Staff(Permission::ManageSettings),
            pages::admin::look::upload(post(pages::admin::look::bring)),
        )
        .route(
            "/admin/settings/look/{picture}/use",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::look::adopt),
        )
        .route(
            "/admin/settings/look/{picture}/remove",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::look::remove),
        )
        .route(
            "/admin/settings/domain",
            Access::Page(Permission::SeeSettings, Permission::ManageSettings),
            get(pages::admin::domain::show).post(pages::admin::domain::set),
        )
        .route(
            "/admin/settings/domain/check",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::domain::check),
        )
        .route(
            "/admin/settings/domain/use",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::domain::put_to_use),
        )
        .route(
            "/admin/settings/domain/remove",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::domain::remove),
        )
        .route(
            "/admin/settings/mail",
            Access::Staff(Permission::SeeSettings),
            get(pages::admin::mail::show),
        )
        .route(
            "/admin/settings/mail/test",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::mail::test),
        )
        .route(
            "/admin/settings/texts",
            Access::Page(Permission::SeeSettings, Permission::ManageSettings),
            get(pages::admin::texts::show).post(pages::admin::texts::save),
        )
        .route(
            "/admin/webhooks",
            Access::Page(Permission::SeeSettings, Permission::ManageSettings),
            get(pages::admin::webhooks::list).post(pages::admin::webhooks::create),
        )
        .route(
            "/admin/webhooks/{id}",
            Access::Page(Permission::SeeSettings, Permission::ManageSettings),
            get(pages::admin::webhooks::show).post(pages::admin::webhooks::save),
        )
        .route(
            "/admin/webhooks/{id}/secret",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::webhooks::rotate),
        )
        .route(
            "/admin/webhooks/{id}/pause",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::webhooks::pause),
        )
        .route(
            "/admin/webhooks/{id}/resume",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::webhooks::resume),
        )
        .route(
            "/admin/webhooks/{id}/test",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::webhooks::test),
        )
        .route(
            "/admin/webhooks/{id}/resend",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::webhooks::resend_failed),
        )
        .route(
            "/admin/webhooks/{id}/delete",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::webhooks::delete),
        )
        .route(
            "/admin/webhooks/{id}/deliveries/{delivery}",
            Access::Page(Permission::SeeSettings, Permission::ManageSettings),
            get(pages::admin::webhooks::show_delivery),
        )
        .route(
            "/admin/webhooks/{id}/deliveries/{delivery}/resend",
            Access::Staff(Permission::ManageSettings),
            post(pages::admin::webhooks::resend),
        )
        .route(
            "/admin/products",
            Access::Page(Permission::SeeAll, Permission::ManageProducts),
            get(pages::admin::products::list).post(pages::admin::products::create),
        )
        .route(
            "/admin/products/{id}",
            Access::Page(Permission::SeeAll, Permission::ManageProducts),
            get(pages::admin::products::show).post(pages::admin::products::save),
        )
        .route(
            "/admin/licenses",
            Access::Page(Permission::SeeAll, Permission::ManageLicenses),
            get(pages::admin::licenses::list::list).post(pages::admin::licenses::new::create),
        )
        .route(
            "/admin/licenses/new",
            Access::Staff(Permission::ManageLicenses),
            get(pages::admin::licenses::new::form),
        )
        .route(
            "/admin/licenses/import",
            Access::Staff(Permission::ManageLicenses),
            pages::admin::licenses::import::upload(
                get(pages::admin::licenses::import::form)
                    .post(pages::admin::licenses::import::look_at),
            ),
        )
        .route(
            "/admin/licenses/import/template.csv",
            Access::Staff(Permission::ManageLicenses),
            get(pages::admin::licenses::import::template),
        )
        .route(
            "/admin/licenses/import/{token}",
            Access::Staff(Permission::ManageLicenses),
            get(pages::admin::licenses::import::show).post(pages::admin::licenses::import::confirm),
        )
        .route(
            "/admin/licenses/made/{token}",
            Access::Staff(Permission::ManageLicenses),
            get(pages::admin::licenses::made::show),
        )
        .route(
            "/admin/licenses/made/{token}/keys.csv",
            Access::Staff(Permission::ManageLicenses),
            get(pages::admin::licenses::made::table),
        )
        .route(
            "/admin/licenses/{id}",
            Access::Page(Permission::SeeAll, Permission::ManageLicenses),
            get(pages::admin::licenses::show).post(pages::admin::licenses::save),
        )
        .route("/admin/trials", Access::Staff(Permission::SeeAll), get(pages::admin::trials::list))
        .route(
            "/admin/trials/{id}",
            Access::Staff(Permission::SeeAll),
            get(pages::admin::trials::show),
        )
        .route(
            "/admin/trials/{id}/extend",
            Access::Staff(Permission::ExtendTrials),
            post(pages::admin::trials::extend),
        )
        .route(
            "/admin/trials/{id}/renew",
            Access::Staff(Permission::ExtendTrials),
            post(pages::admin::trials::renew),
        )
        .route(
            "/admin/trials/{id}/response",
            Access::Staff(Permission::SeeAll),
            get(pages::admin::trials::response),
        )
        .route(
            "/admin/trials/{id}/qr.svg",
            Access::Staff(Permission::SeeAll),
            get(pages::admin::trials::qr),
        )
        .route(
            "/admin/licenses/{id}/extend",
            Access::Staff(Permission::ManageLicenses),
            post(pages::admin::licenses::actions::extend),
        )
        .route(
            "/admin/licenses/{id}/status",
            Access::Staff(Permission::ManageLicenses),
            post(pages::admin::licenses::actions::status),
        )
        .route(
            "/admin/licenses/{id}/transfer",
            Access::Staff(Permission::ManageLicenses),
            post(pages::admin::licenses::actions::transfer),
        )
        .route(
            "/admin/licenses/{id}/limits",
            Access::Staff(Permission::ManageLicenses),
            post(pages::admin::licenses::actions::limits),
        )
        .route(
            "/admin/licenses/{id}/plan",
            Access::Staff(Permission::ManageLicenses),
            post(pages::admin::licenses::actions::plan),
        )
        .route(
            "/admin/plans",
            Access::Page(Permission::SeeAll, Permission::ManageProducts),
            get(pages::admin::plans::list).post(pages::admin::plans::create),
        )
        .route(
            "/admin/plans/{id}",
            Access::Page(Permission::SeeAll, Permission::ManageProducts),
            get(pages::admin::plans::show).post(pages::admin::plans::save),
        )
        .route(
            "/admin/plans/{id}/apply",
            Access::Staff(Permission::ManageLicenses),
            post(pages::admin::plans::take_all),
        )
        .route(
            "/admin/releases",
            Access::Page(Permission::SeeAll, Permission::ManageReleases),
            get(pages::admin::releases::list).post(pages::admin::releases::create),
        )
        .route(
            "/admin/releases/{id}",
            Access::Page(Permission::SeeAll, Permission::ManageReleases),
            get(pages::admin::releases::show::show).post(pages::admin::releases::show::save_notes),
        )
        .route(
            "/admin/releases/{id}/files",
            Access::Staff(Permission::ManageReleases),
            pages::admin::releases::files::whole(post(pages::admin::releases::files::add)),
        )
        .route(
            "/admin/releases/{id}/files/{file}/remove",
            Access::Staff(Permission::ManageReleases),
            post(pages::admin::releases::files::remove),
        )
        .route(
            "/admin/releases/{id}/uploads",
            Access::Staff(Permission::ManageReleases),
            post(pages::admin::releases::files::begin),
        )
        .route(
            "/admin/releases/{id}/uploads/{upload}",
            Access::Staff(Permission::ManageReleases),
            pages::admin::releases::files::piece(
                get(pages::admin::releases::files::how_far)
                    .post(pages::admin::releases::files::take),
            ),
        )
        .route(
            "/admin/releases/{id}/uploads/{upload}/finish",
            Access::Staff(Permission::ManageReleases),
            post(pages::admin::releases::files::finish),
        )
        .route(
            "/admin/releases/{id}/uploads/{upload}/discard",
            Access::Staff(Permission::ManageReleases),
            post(pages::admin::releases::files::discard),
        )
        .route(
            "/admin/releases/{id}/publish",
            Access::Staff(Permission::ManageReleases),
            pages::admin::releases::show::with_checksums(post(
                pages::admin::releases::show::publish,
            )),
        )
        .route(
            "/admin/releases/{id}/archive",
            Access::Staff(Permission::ManageReleases),
            post(pages::admin::releases::show::archive),
        )
        .route(
            "/admin/releases/{id}/visibility",
            Access::Staff(Permission::ManageReleases),
            post(pages::admin::releases::show::set_visibility),
        )
        .route(
            "/admin/journals",
            Access::Staff(Permission::SeeAll),
            get(pages::admin::journals::list),
        )
        .route(
            "/admin/journals/{id}",
            Access::Staff(Permission::SeeAll),
            get(pages::admin::journals::show),
        )
        .route(
            "/admin/journals/{id}/take-back",
            Access::Staff(Permission::ManageLicenses),
            get(pages::admin::journals::ask_take_back).post(pages::admin::journals::take_back),
        )
        .route(
            "/admin/customers",
            Access::Staff(Permission::SeeAll),
            get(pages::admin::customers::list),
        )
        .route(
            "/admin/customers/users",
            Access::Staff(Permission::ManageCustomers),
            post(pages::admin::customers::create_user),
        )
        .route(
            "/admin/customers/users/{id}",
            Access::Page(Permission::SeeAll, Permission::ManageCustomers),
            get(pages::admin::customers::show_user).post(pages::admin::customers::save_user),
        )
        .route(
            "/admin/customers/organizations",
            Access::Page(Permission::SeeAll, Permission::ManageCustomers),
            get(pages::admin::customers::organizations)
                .post(pages::admin::customers::create_organization),
        )
        .route(
            "/admin/customers/organizations/{id}",
            Access::Staff(Permission::ManageCustomers),
            post(pages::admin::customers::save_organization),
        )
        .route(
            "/admin/staff",
            Access::Page(Permission::SeeSettings, Permission::ManageStaff),
            get(pages::admin::staff::list).post(pages::admin::staff::invite),
        )
        .route(
            "/admin/staff/{id}",
            Access::Page(Permission::SeeSettings, Permission::ManageStaff),
            get(pages::admin::staff::show).post(pages::admin::staff::save),
        )
        .route(
            "/admin/staff/{id}/role",
            Access::Staff(Permission::ManageStaff),
            post(pages::admin::staff::change_role),
        )
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

/// What the listener for metrics answers: it has nothing else, and is for nobody but who measures.
pub(crate) fn metrics(app: &App) -> Router {
    let table = Table::new(app).route("/metrics", Access::Api, get(metrics::show));
    table
        .router
        .layer(from_fn_with_state(app.clone(), host::enforce_measured))
        .with_state(app.clone())
}

/// All of it, with what stands around every route.
pub(crate) fn router(app: &App) -> Router {
    let (machines, api, pages) = (machines(app), api(app), pages(app));
    let not_found = pages.guarded(Access::Public, any(crate::pages::not_found));
    let pages = pages.router.fallback(not_found).layer(compression());
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    api.router
        .merge(pages)
        .layer(from_fn_with_state(app.clone(), host::enforce))
        .merge(machines.router)
        .with_state(app.clone())
        .layer(CatchPanicLayer::new())
        .layer(header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(header(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(RequestBodyTimeoutLayer::new(BODY_GOES_ON_WITHIN))
        .layer(from_fn_with_state(app.clone(), request_id::accompany))
}

/// Files are handed out as they are: packed they would have another length, and no part of them could be asked for.
fn compression() -> CompressionLayer<impl Predicate> {
    let not_files = NotForContentType::new("application/octet-stream");
    CompressionLayer::new().compress_when(DefaultPredicate::new().and(not_files))
}

/// How long an upload may stand still.
const BODY_GOES_ON_WITHIN: Duration = Duration::from_secs(20);

/// Nothing from elsewhere, nothing inline, no frames: text that somebody smuggled into a page cannot run.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Trial pages live on other origins: those that the vendor or the operator named may post, without credentials.
fn trial_origins(app: &App) -> CorsLayer {
    let app = app.clone();
    let allow = AllowOrigin::async_predicate(move |origin, _| async move {
        let named = app.config().trial_origins.iter().any(|o| o == "*" || origin == o.as_str());
        // A database that does not answer allows nothing more than the operator does.
        let in_settings = async || {
            let origin = origin.to_str().ok()?;
            Some(app.settings().await.ok()?.allows_origin(origin))
        };
        named || in_settings().await.unwrap_or(false)
    });
    CorsLayer::new()
        .allow_origin(allow)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE])
        .expose_headers([header::RETRY_AFTER])
}

/// Routes under construction: a route cannot be added without its access.
struct Table<'a> {
    app: &'a App,
    router: Router<App>,
    routes: Vec<Route>,
    documented: Vec<Entry>,
}

impl<'a> Table<'a> {
    fn new(app: &'a App) -> Self {
        Self { app, router: Router::new(), routes: Vec::new(), documented: Vec::new() }
    }

    fn route(mut self, path: &str, access: Access, methods: MethodRouter<App>) -> Self {
        let methods = self.guarded(access, methods);
        self.routes.push(Route { path: path.to_owned(), access, method: None });
        self.router = self.router.route(path, methods);
        self
    }

    /// One method of a URL, with what the document says of it.
    fn operation(mut self, path: &str, access: Access, operation: Operation) -> Self {
        let Operation { methods, described } = operation;
        let methods = self.guarded(access, methods);
        let is_first = self.routes.iter().all(|route| route.path != path);
        let methods =
            if is_first { methods.fallback(async || Problem::wrong_method()) } else { methods };
        let method = Some(described.method.clone());
        self.routes.push(Route { path: path.to_owned(), access, method });
        self.documented.push(Entry { path: path.to_owned(), access, described });
        self.router = self.router.route(path, methods);
        self
    }

    /// What the document says of the URL before.
    fn described(mut self, described: Described) -> Self {
        if let Some(Route { path, access, .. }) = self.routes.last().cloned() {
            self.documented.push(Entry { path, access, described });
        }
        self
    }

    fn guarded(&self, access: Access, methods: MethodRouter<App>) -> MethodRouter<App> {
        match access {
            // Programs bring no cookie: nothing to look up, and nobody's form to be forged.
            Access::Api => return methods,
            Access::Token(scope) => {
                let state = (self.app.clone(), scope);
                // A method that there is not is refused without a token.
                return methods.route_layer(from_fn_with_state(state, access::token::enforce));
            }
            _ => {}
        }
        let forgery = CsrfLayer::new().with_rejection_response(|_| access::foreign_form());
        let enforce = from_fn_with_state((self.app.clone(), access), access::enforce);
        methods.layer(forgery).layer(enforce)
    }

    /// As `route`, limited per address.
    fn limited(self, path: &str, access: Access, methods: MethodRouter<App>) -> Self {
        self.limited_with(path, access, methods, |methods| methods)
    }

    /// As `limited`, with outermost layers that have the refusals of the limit, too.
    fn limited_with(
        self,
        path: &str,
        access: Access,
        methods: MethodRouter<App>,
        outermost: impl FnOnce(MethodRouter<App>) -> MethodRouter<App>,
    ) -> Self {
        let methods = match limits::layer(self.app.config()) {
            Some(limit) => methods.layer(limit),
            None => methods,
        };
        let methods = outermost(methods);
        self.route(path, access, methods)
    }
}
