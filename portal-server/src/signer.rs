//! The signer: a process of its own that has the key, and signs what a machine has asked for and nothing else. The portal
//! reaches it by a Unix socket; a hole in the web layer is then not free signing.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`wire`] | what portal and signer say to each other |
//! | [`evidence`] | whether a response was asked for |
//! | [`limits`] | what the signer's operator allows, and the time |
//! | [`folder`] | key, chain, list and rotations on disk |
//! | [`book`] | the one thread that signs and journals |
//! | `server` | the socket |
//! | `init` | a portal's key moves to a signer |
//! | [`args`] | the command line |

pub mod args;
pub mod book;
pub mod evidence;
pub mod folder;
mod init;
pub mod limits;
mod server;
pub mod wire;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use crate::clock::{Clock, Entropy};
use crate::keys::passphrase::Sources;
pub use init::{Moved, init};
use limits::Limits;

/// How a signer runs.
pub struct Options {
    /// The folder with `keys` (signing.pem, signing.chain, root.pub) and the journals.
    pub data: PathBuf,
    /// Where the portal reaches it.
    pub socket: PathBuf,
    /// Where the passphrase of signing.pem may be, beside the folder itself.
    pub passphrase: Sources,
    /// Users, by number, who may ask; empty: whoever may open the socket.
    pub allowed: Vec<u32>,
    /// What it signs.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// A signer whose socket is there.
pub struct Running {
    socket: server::Socket,
    desk: Arc<server::Desk>,
}

/// Opens folder, journal and socket.
///
/// # Errors
/// When the keys do not fit each other, the journal is wrong, or another signer runs on the folder or the socket.
pub fn open(options: Options) -> anyhow::Result<Running> {
    let Options { data, socket, passphrase, allowed, limits, clock, entropy } = options;
    let opened = folder::Folder::open(&data, &passphrase, Arc::clone(&clock), entropy.as_ref())?;
    let folder = Arc::new(opened);
    let book = book::Book::open(Arc::clone(&folder), limits, Arc::clone(&clock), entropy)?;
    let socket = server::Socket::bind(&socket)?;
    let desk = Arc::new(server::Desk { folder, book, limits, clock, allowed });
    Ok(Running { socket, desk })
}

impl Running {
    /// What it signs with.
    pub fn held(&self) -> Arc<folder::Held> {
        self.desk.folder.held()
    }

    /// Where its journal ends.
    pub fn head(&self) -> countersign_journal::Head {
        self.desk.book.head()
    }

    /// Answers until `shutdown` completes; what is under way then is finished.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let mut written = self.desk.book.ended();
        let watching = tokio::spawn({
            let (desk, stopped) = (Arc::clone(&self.desk), stopped.clone());
            async move { desk.folder.watch(stopped).await }
        });
        let serving = tokio::spawn(self.socket.serve(self.desk, stopped));
        shutdown.await;
        let _ = stop.send(true);
        let _ = tokio::join!(serving, watching);
        let _ = tokio::time::timeout(server::DRAIN, until(&mut written)).await;
    }
}

/// Comes back when it is to end.
pub(crate) async fn until(stopped: &mut watch::Receiver<bool>) {
    // Whoever would say so is gone: that is the end, too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
