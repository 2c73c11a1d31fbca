//! `/api/v1/sign-on/providers`: who logs people in, of the vendor and of every organization. For owners: whoever sets one up could
//! log in as anybody whom it may speak for. A client secret goes in and never comes out.

use countersign_core::Id;
use countersign_store::{
    FactorAskedBy, IdentityDomain, IdentityProvider, Passwords, ProviderStatus, ProvidersOf,
    Provisioning,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::list::Listed;
use super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::products::WhichPage;
use super::types::{
    AFactorAsker, APasswordRule, AProviderStatus, AProvisioning, AnId, AnIdentityDomainState, Time,
};
use super::webhooks::Deleted;
use crate::app::App;
use crate::desk::Refusal;
use crate::problem::Problem;
use crate::sso::manage::{self, Refused, Rules, Typed};
use crate::sso::redirect_uri;

const PATH: &str = "/api/v1/sign-on/providers";

/// An identity provider, as lists show it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "IdentityProviderSummary")]
pub(crate) struct Listing {
    /// Its id.
    id: AnId,
    /// Whose people it logs in; null: the vendor's own.
    organization: Option<AnId>,
    /// What the button says.
    name: String,
    /// Its issuer, letter by letter as it says it itself.
    issuer: String,
    /// Who the portal is there.
    client_id: String,
    /// Whether there is a client secret. It is never shown.
    has_client_secret: bool,
    /// Whether people come in whom nobody knows yet.
    provisioning: AProvisioning,
    /// Whether its people may log in by password as well.
    passwords: APasswordRule,
    /// Who asks for a second factor.
    second_factor: AFactorAsker,
    /// Whether it is used.
    status: AProviderStatus,
    /// When somebody first came through with this issuer and client.
    proven_at: Option<Time>,
    /// When it was set up.
    created_at: Time,
}

impl From<IdentityProvider> for Listing {
    fn from(provider: IdentityProvider) -> Self {
        Self {
            id: AnId(provider.id),
            organization: provider.organization.map(AnId),
            name: provider.name,
            issuer: provider.issuer,
            client_id: provider.client_id,
            has_client_secret: provider.client_secret.is_some(),
            provisioning: AProvisioning(provider.provisioning),
            passwords: APasswordRule(provider.passwords),
            second_factor: AFactorAsker(provider.second_factor),
            status: AProviderStatus(provider.status),
            proven_at: provider.proven_at.map(Time),
            created_at: Time(provider.created_at),
        }
    }
}

/// An identity provider with its domains.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "IdentityProvider")]
pub(crate) struct Shown {
    #[serde(flatten)]
    provider: Listing,
    /// Where it sends browsers back to: to be registered there.
    redirect_uri: String,
    /// The e-mail domains for which it may speak, or wants to.
    domains: Vec<MailDomain>,
}

/// An e-mail domain of a provider.
#[derive(Debug, Serialize, JsonSchema)]
struct MailDomain {
    /// Its name.
    domain: String,
    /// Whether the provider may speak for it.
    state: AnIdentityDomainState,
}

impl From<IdentityDomain> for MailDomain {
    fn from(IdentityDomain { domain, state }: IdentityDomain) -> Self {
        Self { domain, state: AnIdentityDomainState(state) }
    }
}

/// `GET`
pub(crate) fn list() -> Operation {
    Described::get("listIdentityProviders", "List identity providers")
        .more("The vendor's own and those of all organizations, the oldest first.")
        .lists()
        .run(listed)
}

async fn listed(call: Call<Nothing, WhichPage>) -> Result<Answer<Listed<Listing>>, Problem> {
    let most = call.most(call.query.limit)?;
    let after = call.place(call.query.cursor.as_deref())?.and_then(|place| place.parse().ok());
    let all = call.app().store().identity_providers(ProvidersOf::Everybody).await;
    let all = all.map_err(Refusal::Store)?;
    // One that was deleted meanwhile: from where it would have stood nobody knows, so from the beginning.
    let start = after.and_then(|after: Id| all.iter().position(|provider| provider.id == after));
    let mut rest = all.into_iter().skip(start.map_or(0, |start| start + 1));
    let items: Vec<Listing> = rest.by_ref().take(most).map(Listing::from).collect();
    let next = rest.next().and(items.last().map(|last| last.id.clone()));
    Ok(call.page(items, next))
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<ById>| shown(call.app(), call.path.id()?).await.map(Answer::shown);
    Described::get("getIdentityProvider", "Show an identity provider")
        .refuses(&[(404, "not-found")])
        .run(run)
}

async fn shown(app: &App, id: Id) -> Result<Shown, Problem> {
    let domains = app.store().identity_domains(id).await.map_err(Refusal::Store)?;
    Ok(Shown {
        provider: found(app, id).await?.into(),
        redirect_uri: redirect_uri(app),
        domains: domains.into_iter().map(MailDomain::from).collect(),
    })
}

async fn found(app: &App, id: Id) -> Result<IdentityProvider, Problem> {
    let found = app.store().identity_provider(ProvidersOf::Everybody, id).await;
    found.map_err(Refusal::Store)?.ok_or_else(Problem::not_found)
}

/// A provider to be set up.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIdentityProvider {
    /// Whose people it logs in; without it the vendor's own.
    organization: Option<AnId>,
    /// What the button says.
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// Its issuer, letter by letter as it says it itself.
    #[schemars(length(min = 1, max = 500))]
    issuer: String,
    /// Who the portal is there.
    #[schemars(length(min = 1, max = 500))]
    client_id: String,
    /// The secret that goes with it.
    #[schemars(length(max = 500))]
    client_secret: Option<String>,
}

/// `POST`
pub(crate) fn create() -> Operation {
    Described::post("createIdentityProvider", "Set up an identity provider")
        .more("It lets in whom the portal knows, and passwords stay; changing it sets other rules.")
        .creates()
        .refuses(&[(409, "conflict"), (422, "unfit-value")])
        .example(|| {
            json!({"name": "Acme", "issuer": "https://login.acme.example", "client_id": "portal",
                "client_secret": "what the provider gave out"})
        })
        .run(created)
}

async fn created(
    call: Call<Nothing, Nothing, NewIdentityProvider>,
) -> Result<Answer<Shown>, Problem> {
    let (app, body, id) = (call.app(), &call.body, call.app().random_id());
    let organization = body.organization.as_ref().map(|id| id.0);
    if let Some(organization) = organization {
        let found = app.store().organization(organization).await.map_err(Refusal::Store)?;
        found.ok_or_else(|| Problem::unfit("organization-unknown"))?;
    }
    let typed = Typed {
        name: &body.name,
        issuer: &body.issuer,
        client_id: &body.client_id,
        client_secret: body.client_secret.as_deref().unwrap_or_default(),
    };
    let subject = format!("{PATH}/{id}");
    manage::create(&call.writing(&subject), id, organization, typed, &call.actor()).await?;
    Ok(Answer::made(shown(app, id).await?, &subject))
}

/// What is to be changed of a provider; whose it is stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityProviderChange {
    /// What the button says.
    #[schemars(length(min = 1, max = 100))]
    name: Option<String>,
    /// Its issuer. With another one the secret is to be given again, and everybody is unlinked.
    #[schemars(length(min = 1, max = 500))]
    issuer: Option<String>,
    /// Who the portal is there. With another one everybody is unlinked.
    #[schemars(length(min = 1, max = 500))]
    client_id: Option<String>,
    /// Another secret.
    #[schemars(length(min = 1, max = 500))]
    client_secret: Option<String>,
    /// Whether people come in whom nobody knows yet; never with the vendor's own.
    provisioning: Option<AProvisioning>,
    /// Whether its people may log in by password as well; they may until somebody came through.
    passwords: Option<APasswordRule>,
    /// Who asks for a second factor.
    second_factor: Option<AFactorAsker>,
    /// Whether it is used.
    status: Option<AProviderStatus>,
}

/// `PATCH`
pub(crate) fn change() -> Operation {
    Described::patch("changeIdentityProvider", "Change an identity provider")
        .refuses(&[(404, "not-found"), (409, "conflict"), (422, "unfit-value")])
        .example(|| json!({"status": "off"}))
        .run(changed)
}

async fn changed(
    call: Call<ById, Nothing, IdentityProviderChange>,
) -> Result<Answer<Shown>, Problem> {
    let (app, id, body) = (call.app(), call.path.id()?, &call.body);
    let before = found(app, id).await?;
    let typed = Typed {
        name: body.name.as_deref().unwrap_or(&before.name),
        issuer: body.issuer.as_deref().unwrap_or(&before.issuer),
        client_id: body.client_id.as_deref().unwrap_or(&before.client_id),
        client_secret: body.client_secret.as_deref().unwrap_or_default(),
    };
    let provisioning = body.provisioning.map_or(before.provisioning, |word| word.0);
    let passwords = body.passwords.map_or(before.passwords, |word| word.0);
    let second_factor = body.second_factor.map_or(before.second_factor, |word| word.0);
    let status = body.status.map_or(before.status, |word| word.0);
    let rules = Rules {
        members: provisioning == Provisioning::Members,
        only: passwords == Passwords::Refused,
        portal_factor: second_factor == FactorAskedBy::Portal,
        active: status == ProviderStatus::Active,
    };
    let (of, writing) = (ProvidersOf::Everybody, call.writing(&format!("{PATH}/{id}")));
    manage::change(&writing, of, &before, typed, rules, &call.actor()).await?;
    shown(app, id).await.map(Answer::shown)
}

/// `POST`
pub(crate) fn delete() -> Operation {
    let run = async |call: Call<ById>| {
        let (id, of, writing) = (call.path.id()?, ProvidersOf::Everybody, call.writing(PATH));
        match manage::delete(&writing, of, id, &call.actor()).await? {
            true => Ok(Answer::shown(Deleted { deleted: AnId(id) })),
            false => Err(Problem::not_found()),
        }
    };
    Described::post("deleteIdentityProvider", "Remove an identity provider")
        .more("Everybody who came in by it is unlinked.")
        .refuses(&[(404, "not-found")])
        .example(|| json!({}))
        .run(run)
}

/// An e-mail domain.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderDomain {
    /// Its name, such as `lab.example`.
    #[schemars(length(min = 1, max = 300))]
    domain: String,
}

/// `POST`
pub(crate) fn approve_domain() -> Operation {
    let run = async |call: Call<ById, Nothing, ProviderDomain>| {
        let (id, of) = (call.path.id()?, ProvidersOf::Everybody);
        let writing = call.writing(&format!("{PATH}/{id}"));
        manage::put_domain(&writing, of, id, &call.body.domain, &call.actor()).await?;
        shown(call.app(), id).await.map(Answer::shown)
    };
    Described::post("approveProviderDomain", "Let a provider speak for an e-mail domain")
        .refuses(&[(404, "not-found"), (409, "conflict"), (422, "unfit-value")])
        .example(|| json!({"domain": "lab.example"}))
        .run(run)
}

/// `POST`
pub(crate) fn remove_domain() -> Operation {
    let run = async |call: Call<ById, Nothing, ProviderDomain>| {
        let (id, of) = (call.path.id()?, ProvidersOf::Everybody);
        let writing = call.writing(&format!("{PATH}/{id}"));
        let domain = &call.body.domain;
        if !manage::remove_domain(&writing, of, id, domain, &call.actor()).await? {
            return Err(Problem::not_found());
        }
        shown(call.app(), id).await.map(Answer::shown)
    };
    Described::post("removeProviderDomain", "Let a provider no longer speak for an e-mail domain")
        .refuses(&[(404, "not-found"), (422, "unfit-value")])
        .example(|| json!({"domain": "lab.example"}))
        .run(run)
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound => Self::not_found(),
            Refused::Unfit(say) => Self::unfit(say),
            Refused::Conflict(say) => Self::conflict(say),
            Refused::Failed(error) => Self::failed(error),
        }
    }
}
