//! `admin sign-on …`: the way back in where a provider of the staff refuses passwords and fails.

use anyhow::bail;
use clap::Subcommand;
use countersign_core::Id;
use countersign_store::ProvidersOf;
use serde_json::{Value, json};

use super::ACTOR;
use crate::app::App;

/// `admin sign-on …`
#[derive(Debug, Subcommand)]
pub enum SignOnCommand {
    /// Print the identity providers.
    #[command(
        after_help = "Example: countersign-portal admin sign-on list --data portal-data --json"
    )]
    List,
    /// Take passwords again of people who may log in only by single sign-on: their provider is away, say.
    #[command(
        after_help = "Example: countersign-portal admin sign-on allow-passwords --data portal-data"
    )]
    AllowPasswords {
        /// The provider's id [default: all].
        #[arg(long, allow_hyphen_values = true)]
        provider: Option<Id>,
    },
}

pub(super) async fn run(app: &App, command: SignOnCommand) -> anyhow::Result<Value> {
    match command {
        SignOnCommand::List => list(app).await,
        SignOnCommand::AllowPasswords { provider } => {
            if let Some(id) = provider
                && app.store().identity_provider(ProvidersOf::Everybody, id).await?.is_none()
            {
                bail!("there is no identity provider {id}");
            }
            let changed = app.store().let_passwords_in(provider, ACTOR, app.now()).await?;
            Ok(json!({"providers_changed": changed}))
        }
    }
}

async fn list(app: &App) -> anyhow::Result<Value> {
    let providers = app.store().identity_providers(ProvidersOf::Everybody).await?;
    let shown = providers.iter().map(|provider| {
        json!({
            "id": provider.id.to_string(),
            "name": provider.name,
            "organization": provider.organization.map(|id| id.to_string()),
            "issuer": provider.issuer,
            "status": provider.status.as_str(),
            "passwords": provider.passwords.as_str(),
        })
    });
    Ok(json!({ "providers": shown.collect::<Vec<_>>() }))
}
