//! `admin webhook …`: where a receiver does harm and nobody of the vendor is at hand.

use anyhow::bail;
use clap::Subcommand;
use countersign_core::Id;
use serde_json::{Value, json};

use super::ACTOR;
use crate::app::App;
use crate::webhook::manage::{self, Refused};

/// `admin webhook …`
#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Print the webhooks: of their addresses the host alone, and no secret.
    #[command(
        after_help = "Example: countersign-portal admin webhook list --data portal-data --json"
    )]
    List,
    /// Disable one: it hears of nothing, and what waits for it is given up, until somebody turns it on again.
    #[command(
        after_help = "Example: countersign-portal admin webhook disable 5oDtMyhpEYTzzw6Q0wjCLQ --data portal-data"
    )]
    Disable {
        /// The webhook's id.
        #[arg(allow_hyphen_values = true)]
        webhook: Id,
    },
}

pub(super) async fn run(app: &App, command: WebhookCommand) -> anyhow::Result<Value> {
    match command {
        WebhookCommand::List => list(app).await,
        WebhookCommand::Disable { webhook } => match manage::disable(app, webhook, ACTOR).await {
            Ok(()) => Ok(json!({"disabled": webhook.to_string()})),
            Err(Refused::NotFound) => bail!("there is no webhook {webhook}"),
            Err(Refused::NotNow) => bail!("the webhook {webhook} is disabled already"),
            Err(Refused::Failed(error)) => Err(error),
            Err(refused) => bail!("{refused:?}"),
        },
    }
}

async fn list(app: &App) -> anyhow::Result<Value> {
    let webhooks = app.store().webhooks().await?;
    let shown = webhooks.iter().map(|webhook| {
        json!({
            "id": webhook.id.to_string(),
            "host": webhook.place(),
            "status": webhook.status.as_str(),
            "events": webhook.topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>(),
            "failing_since": webhook.failing_since,
        })
    });
    Ok(json!({ "webhooks": shown.collect::<Vec<_>>() }))
}
