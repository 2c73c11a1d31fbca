//! A key in a signer's process: what the portal knows of it, and how it hears of changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use countersign_core::checkpoint::Checkpoint;
use countersign_core::release::Release;
use countersign_core::response::Response;
use countersign_core::{Expect, PublicKey, Thumbprint};
use tokio::sync::watch;

use super::{Client, Evidence, NotSigned, Public, Signing};
use crate::app::App;
use crate::keys::{Keys, Papers, private_folder, watch::take_from_signer, write_private_file};
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
    /// What the root has signed for it.
    pub papers: Arc<Papers>,
    /// The key's thumbprint.
    pub kid: Thumbprint,
}

impl There {
    /// Signs a response. What comes back is verified as on a machine, and is what was asked for: whoever listens in the
    /// signer's place is not believed.
    pub(super) async fn sign(
        &self,
        evidence: Evidence<'_>,
        response: &Response,
    ) -> Result<String, NotSigned> {
        let token = self.client.sign(evidence, response).await?;
        let verified = self.papers.trust.verify_response(&token, Expect::Response);
        self.checked(token, verified.is_ok_and(|verified| verified.claims() == response))
    }

    /// Signs a checksum list, in the same way.
    pub(super) async fn sign_release(&self, release: &Release) -> Result<String, NotSigned> {
        let token = self.client.sign_release(release).await?;
        let verified = self.papers.trust.verify_release(&token);
        self.checked(token, verified.is_ok_and(|verified| verified.claims() == release))
    }

    /// Signs a checkpoint of the audit log, in the same way.
    pub(super) async fn sign_checkpoint(
        &self,
        checkpoint: &Checkpoint,
    ) -> Result<String, NotSigned> {
        let token = self.client.sign_checkpoint(checkpoint).await?;
        let verified = self.papers.trust.verify_checkpoint(&token);
        self.checked(token, verified.is_ok_and(|verified| verified.claims() == checkpoint))
    }

    fn checked(&self, token: String, is_good: bool) -> Result<String, NotSigned> {
        if is_good {
            return Ok(token);
        }
        let away = self.client.away("what it gives does not verify, or is not what was asked for");
        tracing::error!("{away}");
        Err(away.into())
    }

    pub(super) async fn is_reachable(&self) -> bool {
        self.client.is_reachable(READY_WITHIN).await
    }
}

/// The keys of a portal whose signer is at this socket. Where the signer is away, they are what it said last: pages and
/// downloads work without it. `root` is the one that the portal's apps know, where they do.
///
/// # Errors
/// When it is away and has never been asked, when what it says does not fit or hangs on another root, or when the portal's
/// folder has a key as well.
pub async fn open(data: &Path, socket: &Path, root: Option<&str>) -> anyhow::Result<Keys> {
    let own = data.join("keys").join("signing.pem");
    if own.exists() {
        bail!(
            "{} is there, and a signer is to sign: whoever breaks into the portal would find a key all the same. Nothing was \
             changed. Move it to the signer (countersign-portal signer init --from {} --data DIR), or serve without --signer",
            own.display(),
            data.display()
        );
    }
    // Other secrets of the portal lie in it.
    private_folder(&data.join("keys"))?;
    let client = Client::new(socket.to_owned());
    let papers = match client.state().await {
        Ok(state) => {
            let papers =
                state.public.verify().context("what the signer signs with does not fit")?;
            check_root(&papers, root)?;
            remember(data, &Public::of(&papers))?;
            papers
        }
        Err(away) => {
            let papers = remembered(data)?.ok_or_else(|| {
                anyhow::anyhow!(
                    "{away}, and this portal has not heard of it before: start the signer first"
                )
            })?;
            tracing::warn!("{away}. Pages work, and nothing is signed until it is back");
            papers
        }
    };
    Ok(keys(client, papers))
}

/// Another vendor's signer, or somebody who listens in its place.
fn check_root(papers: &Papers, root: Option<&str>) -> anyhow::Result<()> {
    let Some(root) = root.and_then(|root| root.parse::<PublicKey>().ok()) else { return Ok(()) };
    if papers.is_of(&root) {
        return Ok(());
    }
    bail!(
        "the signer signs under the root {}, and the apps of this portal know {root}: nothing was changed. Name the right \
         signer with --signer",
        papers.root
    )
}

fn keys(client: Client, papers: Papers) -> Keys {
    let kid = papers.delegation.key.thumbprint();
    let there = There { client, papers: Arc::new(papers.clone()), kid };
    Keys::new(Signing::There(there), papers)
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
                take_over(&app, &client, state.public).await;
            }
            Err(away) => {
                if std::mem::replace(&mut is_there, false) {
                    tracing::error!("{away}. Nothing is signed until it is back");
                }
            }
        }
    }
}

async fn take_over(app: &App, client: &Client, public: Public) {
    let now = app.keys();
    if Public::of(&now.papers) == public {
        return;
    }
    let root = now.papers.root.to_string();
    let verified = public
        .clone()
        .verify()
        .and_then(|papers| check_root(&papers, Some(&root)).map(|()| papers));
    let papers = match verified {
        Ok(papers) => papers,
        Err(error) => {
            tracing::error!(
                "what the signer signs with does not fit, and is not taken over: {error:#}"
            );
            return;
        }
    };
    if let Err(error) = remember(&app.config().data, &public) {
        tracing::error!("{error:#}");
    }
    take_from_signer(app, keys(client.clone(), papers)).await;
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

fn remembered(data: &Path) -> anyhow::Result<Option<Papers>> {
    let path = place(data);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context(path.display().to_string()),
    };
    let public: Public = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    public.verify().map(Some).with_context(|| path.display().to_string())
}
