//! What machines ask, and whoever answers for them: activations, deactivations, trials, requests, journals.

use countersign_core::TokenType;
use countersign_store::TokenScope;

use crate::access::Access;
use crate::router::table::Table;
use crate::router::trial_origins;
use crate::{api, legacy};

pub(super) fn routes(table: Table<'_>) -> Table<'_> {
    let app = table.app;
    table
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
}
