//! A key in a signer's process: what the portal knows of it, and how it hears of changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::sync::watch;

use super::{Client, Known, Public, Signing};
use crate::app::App;
use crate::keys::{Keys, Papers, private_folder, write_private_file};
use crate::signer::until;

/// How often the signer is asked whether it signs with something else, where it has not said so itself.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// `/readyz` waits no longer.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// A key in a signer's process.
#[derive(Debug, Clone)]
pub struct There {
    /// Reaches the signer.
    pub client: Client,
    /// What is known of its key.
    pub known: Arc<Known>,
}

impl There {
    pub(super) async fn is_reachable(&self) -> bool {
        self.client.is_reachable(READY_WITHIN).await
    }
}

/// The keys of a portal whose signer is at this socket. Where the signer is away, they are what it said last: pages and
/// downloads work without it.
///
/// # Errors
/// When it is away and has never been asked, when what it says does not fit, or when the portal's folder has a key as well.
pub async fn open(data: &Path, socket: &Path) -> anyhow::Result<Keys> {
    let own = data.join("keys").join("signing.pem");
    if own.exists() {
        bail!(
            "{} is there, and a signer is to sign: whoever breaks into the portal would find a key all the same. Nothing was \
             changed. Move it to the signer (countersign-portal signer init --from {} --keys DIR), or serve without --signer",
            own.display(),
            data.display()
        );
    }
    // Other secrets of the portal lie in it.
    private_folder(&data.join("keys"))?;
    let client = Client::new(socket.to_owned());
    let known = match client.state().await {
        Ok(state) => {
            let known = state.public.verify().context("what the signer signs with does not fit")?;
            remember(data, &known.public)?;
            known
        }
        Err(away) => {
            let known = remembered(data)?.ok_or_else(|| {
                anyhow::anyhow!(
                    "{away}, and this portal has not heard of it before: start the signer first"
                )
            })?;
            tracing::warn!("{away}. Pages work, and nothing is signed until it is back");
            known
        }
    };
    keys(client, known)
}

fn keys(client: Client, known: Known) -> anyhow::Result<Keys> {
    let Public { chain, rotations, revocations, .. } = known.public.clone();
    let papers = Papers::of(known.root.clone(), chain, &rotations, revocations)?;
    Ok(Keys::new(Signing::There(There { client, known: Arc::new(known) }), papers))
}

/// Takes over what a signer signs with when it changes, and says when the signer goes away and comes back. For a portal that
/// has its key itself there is nothing to do.
pub async fn watch(app: App, mut stopped: watch::Receiver<bool>) {
    let Signing::There(there) = &app.keys().signing else { return };
    let client = there.client.clone();
    let mut is_there = true;
    loop {
        tokio::select! {
            () = until(&mut stopped) => return,
            () = client.changed() => {}
            () = tokio::time::sleep(ASK_EVERY) => {}
        }
        match client.state().await {
            Ok(state) => {
                if !std::mem::replace(&mut is_there, true) {
                    tracing::info!("the signer is back");
                }
                take_over(&app, &client, state.public);
            }
            Err(away) => {
                if std::mem::replace(&mut is_there, false) {
                    tracing::error!("{away}. Nothing is signed until it is back");
                }
            }
        }
    }
}

fn take_over(app: &App, client: &Client, public: Public) {
    let now = app.keys();
    let Signing::There(there) = &now.signing else { return };
    if there.known.public == public {
        return;
    }
    let known = match public.verify() {
        Ok(known) => known,
        Err(error) => {
            tracing::error!(
                "what the signer signs with does not fit, and is not taken over: {error:#}"
            );
            return;
        }
    };
    if let Err(error) = remember(&app.config().data, &known.public) {
        tracing::error!("{error:#}");
    }
    tracing::info!(kid = %known.kid, until = known.delegation.not_after, "the signer signs with something else now");
    match keys(client.clone(), known) {
        Ok(keys) => app.replace_keys(keys),
        Err(error) => tracing::error!("what the signer signs with does not fit: {error:#}"),
    }
}

/// Where the portal keeps what the signer said last. There is no secret in it.
fn place(data: &Path) -> PathBuf {
    data.join("signer.json")
}

fn remember(data: &Path, public: &Public) -> anyhow::Result<()> {
    let (path, text) = (place(data), serde_json::to_string_pretty(public)?);
    if fs::read_to_string(&path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    write_private_file(&path, &text)
}

fn remembered(data: &Path) -> anyhow::Result<Option<Known>> {
    let path = place(data);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context(path.display().to_string()),
    };
    let public: Public = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    public.verify().map(Some).with_context(|| path.display().to_string())
}
