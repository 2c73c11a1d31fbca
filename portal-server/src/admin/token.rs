//! `admin token …`: tokens of programs, without a browser.

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand};
use countersign_core::Id;
use countersign_store::{TokenScope, User};
use serde_json::{Value, json};

use super::ACTOR;
use crate::account::api_token::{DEFAULT_DAYS, MOST_DAYS, Wanted, make};
use crate::account::{Refusal, Refused};
use crate::app::App;
use crate::language::Language;

/// `admin token …`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it: it is shown this once. Its owner hears of it by mail.
    Create(CreateToken),
    /// Print the tokens of everybody that work.
    List,
    /// End a token, whoever's it is.
    Revoke {
        /// The token's id.
        #[arg(allow_hyphen_values = true)]
        id: Id,
    },
}

/// `admin token create`
#[derive(Debug, Args)]
pub struct CreateToken {
    /// E-mail address of the admin of the vendor for whom it acts.
    #[arg(long)]
    user: String,
    /// What it is for, in words.
    #[arg(long)]
    name: String,
    /// What it may do; may be given more than once.
    #[arg(long, required = true, value_parser = TokenScope::ALL.map(TokenScope::as_str))]
    scope: Vec<String>,
    /// Days that it works.
    #[arg(long, default_value_t = DEFAULT_DAYS, value_parser = clap::value_parser!(u64).range(1..=MOST_DAYS))]
    days: u64,
}

pub(super) async fn run(app: &App, command: TokenCommand) -> anyhow::Result<Value> {
    match command {
        TokenCommand::Create(create) => create_token(app, create).await,
        TokenCommand::List => list(app).await,
        TokenCommand::Revoke { id } => {
            if !app.store().revoke_api_token(id, ACTOR, app.now()).await? {
                bail!("there is no token {id} that works");
            }
            Ok(json!({"revoked": id.to_string()}))
        }
    }
}

async fn create_token(app: &App, create: CreateToken) -> anyhow::Result<Value> {
    let Some(user) = app.store().user_by_email(&create.user).await? else {
        bail!("there is no user {}", create.user);
    };
    let wanted = Wanted::of(&create.name, create.scope.iter(), Some(create.days))?;
    let made = make(app, &user, wanted, ACTOR, Language::ENGLISH).await;
    let made = made.map_err(|refused| in_words(refused, &user))?;
    Ok(json!({
        "id": made.id.to_string(),
        "token": made.token,
        "user": user.email,
        "scopes": made.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "until": Language::ENGLISH.date_time(made.until),
    }))
}

async fn list(app: &App) -> anyhow::Result<Value> {
    let mut tokens = Vec::new();
    for token in app.store().live_api_tokens(app.now()).await? {
        let user = app.store().user(token.user).await?;
        let at = |time: Option<u64>| time.map(|time| Language::ENGLISH.date_time(time));
        tokens.push(json!({
            "id": token.id.to_string(),
            "user": user.map(|user| user.email),
            "name": token.name,
            "scopes": token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "),
            "until": at(Some(token.expires_at)),
            "last_used": at(token.last_used_at),
        }));
    }
    Ok(json!({ "tokens": tokens }))
}

fn in_words(refused: Refused, user: &User) -> anyhow::Error {
    match refused {
        Refused::Because(Refusal::NoTokens) => anyhow!(
            "{} is no admin of the vendor who may log in: only those have tokens",
            user.email
        ),
        Refused::Because(refusal) => {
            anyhow!("{}", Language::ENGLISH.say(&refusal.say()).trim_end_matches('.').to_owned())
        }
        Refused::Failed(error) => error,
    }
}
