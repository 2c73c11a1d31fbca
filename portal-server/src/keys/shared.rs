//! The keys folder as all nodes have it: its files lie in the database as well, private keys only as the passphrase encrypts them,
//! and go from there into each node's own folder. So a node that begins with an empty folder needs the passphrase and nothing
//! else, and what is changed on one of them reaches the others in seconds. The root's private key never goes there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use countersign_core::{PublicKey, UnixSeconds, pem};
use countersign_crash::{Point, passes};
use countersign_store::{KeyFiles, Store};

use super::folder::{CHAIN, INCOMING, ROOT, SIGNING};
use super::install::is_newer;
use super::papers::next_fits;
use super::passphrase::{self, Passphrase, Sources};
use super::watch::not_backwards;
use super::{Folder, Keys, Papers, Ring, Start, change, first, keys_folder, load, root_folder};
use crate::clock::Entropy;
use crate::keys::files::private_folder;

/// How often a start begins anew because another node changed the keys meanwhile.
const TRIES: usize = 10;

/// What a start has at hand.
pub(crate) struct Starting<'a> {
    pub(crate) data: &'a Path,
    pub(crate) vendor: &'a str,
    pub(crate) now: UnixSeconds,
    pub(crate) entropy: &'a dyn Entropy,
    pub(crate) start: Start,
    pub(crate) sources: &'a Sources,
    pub(crate) store: &'a Store,
    /// The root that the database knows.
    pub(crate) known_root: Option<&'a str>,
}

impl Starting<'_> {
    /// Takes the keys over that the other nodes have; makes them where there are none. Of nodes that start at once one makes them.
    ///
    /// # Errors
    /// As [`Ring::open`]; when those in the database stand under another root, or the passphrase does not open them.
    pub(crate) async fn open(&self) -> anyhow::Result<Ring> {
        for _ in 0..TRIES {
            let there = self.store.key_files().await?;
            let opened = match there.revision {
                0 => self.begin().await?,
                _ => self.join(there).await?,
            };
            if let Some(ring) = opened {
                return Ok(ring);
            }
        }
        bail!(
            "other nodes change the keys again and again: nothing was changed here. Start once more"
        )
    }

    /// Nobody has given any keys yet. `None`: somebody else was first.
    async fn begin(&self) -> anyhow::Result<Option<Ring>> {
        let local = settled(&keys_folder(self.data))?;
        let is_empty = ![SIGNING, CHAIN, ROOT].iter().any(|name| local.has(name));
        if !(is_empty && self.start == Start::First) {
            // A portal that had a file for a database until now, or keys that are lost.
            let ring = self.ring()?;
            self.check_root(&ring.keys().papers.root)?;
            return self.give(ring, 0).await;
        }
        let makes_passphrase = self.sources.find(self.data)?.is_none();
        let passphrase = self.sources.find_or_make(self.data, self.entropy)?;
        let made = first::make(self.vendor, self.now, self.entropy, &passphrase)?;
        // The root is on disk before anybody can rely on it.
        let beside = root_beside(self.data);
        first::write_root(&beside, &made.root)?;
        passes(Point::FirstKeysWritten);
        let folder = Folder::of(made.files.clone());
        let given = self.store.change_key_files(0, made.files, vec![], "first-start", self.now);
        if let Some(revision) = given.await? {
            passes(Point::FirstKeysMoved);
            self.settle_root(&Papers::read(&folder)?.root)?;
            put(&keys_folder(self.data), &folder)?;
            return Ok(Some(self.ring()?.shared(revision)));
        }
        fs::remove_dir_all(beside)?;
        if makes_passphrase {
            fs::remove_file(self.data.join(passphrase::FILE))?;
        }
        Ok(None)
    }

    /// Takes over what the others have. `None`: they have something else by now.
    async fn join(&self, there: KeyFiles) -> anyhow::Result<Option<Ring>> {
        let passphrase = self.sources.find(self.data)?.with_context(|| self.no_passphrase())?;
        let theirs = Folder::of(there.files);
        let (keys, path) = (opened(&theirs, &passphrase)?, keys_folder(self.data));
        self.check_root(&keys.papers.root)?;
        self.settle_root(&keys.papers.root)?;
        let local = settled(&path)?;
        if local != theirs {
            if self.is_ahead(&local, &keys.papers, &passphrase)? {
                tracing::warn!(
                    "the files in {} are newer than the keys in the database, which gets them",
                    path.display()
                );
                return self.give(self.ring()?, there.revision).await;
            }
            put(&path, &theirs)?;
        }
        Ok(Some(self.ring()?.shared(there.revision)))
    }

    /// Gives what this node has to the others.
    async fn give(&self, ring: Ring, known: i64) -> anyhow::Result<Option<Ring>> {
        let folder = ring.taken();
        never_in_clear(&folder)?;
        let files = folder.files().clone();
        let given = self.store.change_key_files(known, files, vec![], "portal", self.now).await?;
        Ok(given.map(|revision| ring.shared(revision)))
    }

    /// Whether somebody put newer papers into the folder here while this node did not run, or the database is an older copy.
    fn is_ahead(
        &self,
        local: &Folder,
        theirs: &Papers,
        passphrase: &Passphrase,
    ) -> anyhow::Result<bool> {
        if local.has(ROOT) && pem::read_public(local.text(ROOT)?).context(ROOT)? != theirs.root {
            bail!(
                "{} has another root than the keys in the database: this node belongs to another portal, or somebody changed the \
                 database. Nothing was changed: check --database and --data",
                keys_folder(self.data).display()
            );
        }
        let mine = Papers::read(local).ok();
        let is_ahead = mine.is_some_and(|mine| is_ahead(&mine, theirs, self.now));
        if is_ahead && let Err(error) = load(local, passphrase) {
            bail!(
                "{} has newer papers than the database, and cannot be used: {error:#}. Nothing was changed. Move it away, start with \
                 the keys of the database, and bring the papers with countersign-portal keys install",
                keys_folder(self.data).display()
            );
        }
        Ok(is_ahead)
    }

    fn ring(&self) -> anyhow::Result<Ring> {
        let Self { data, vendor, now, entropy, start, sources, .. } = *self;
        Ring::open(data, vendor, now, entropy, start, sources)
    }

    fn check_root(&self, root: &PublicKey) -> anyhow::Result<()> {
        match self.known_root {
            Some(known) if known != root.to_string() => bail!(
                "these keys stand under another root than the one that the database knows: {root} and not {known}. Nothing was \
                 changed: check --database and --data"
            ),
            _ => Ok(()),
        }
    }

    /// The root that was made by this node, if it is the one of all: in its place. One that came second is nobody's.
    fn settle_root(&self, root: &PublicKey) -> anyhow::Result<()> {
        let beside = root_beside(self.data);
        let Ok(text) = fs::read_to_string(beside.join(first::ROOT_PRIVATE)) else { return Ok(()) };
        let made = pem::read_private(&text, None).context(first::ROOT_PRIVATE)?;
        if made.public_key() == *root {
            first::write_root(&root_folder(self.data), &text)?;
        }
        Ok(fs::remove_dir_all(beside)?)
    }

    fn no_passphrase(&self) -> String {
        format!(
            "this portal has keys in its database, encrypted, and this node has no passphrase for them: {} is missing, and neither \
             --key-passphrase-file, {} nor a credential {} of systemd gives one. Nothing was changed, and no key was made: give it \
             the passphrase of the other nodes, e.g. a copy of that file",
            self.data.join(passphrase::FILE).display(),
            passphrase::VARIABLE,
            passphrase::CREDENTIAL,
        )
    }
}

/// The keys of these files, as they lie in the database.
///
/// # Errors
/// When they do not fit each other, the passphrase does not open them, or one is not encrypted: nobody with the passphrase put it
/// there.
fn opened(folder: &Folder, passphrase: &Passphrase) -> anyhow::Result<Keys> {
    whole(folder, passphrase).with_context(|| not_opened(passphrase))
}

/// The keys of these files, of which none may be somebody's who has the database and no passphrase.
pub(super) fn whole(folder: &Folder, passphrase: &Passphrase) -> anyhow::Result<Keys> {
    never_in_clear(folder)?;
    next_fits(folder, passphrase)?;
    load(folder, passphrase)
}

/// The same for a node that runs.
pub(super) fn opened_by(ring: &Ring, folder: &Folder) -> anyhow::Result<Keys> {
    let passphrase = ring.passphrase().context("the key is at a signer")?;
    ring.opens(|passphrase| whole(folder, passphrase)).with_context(|| not_opened(&passphrase))
}

fn not_opened(passphrase: &Passphrase) -> String {
    format!(
        "the keys in the database cannot be used with the passphrase in {}: nothing was changed, and no key was made. All nodes \
         need the same one, which is another one since countersign-portal keys passphrase was run",
        passphrase.from()
    )
}

/// Whether one has something newer, and nothing older.
pub(super) fn is_ahead(mine: &Papers, theirs: &Papers, now: UnixSeconds) -> bool {
    if mine.root != theirs.root || not_backwards(theirs, mine, now).is_err() {
        return false;
    }
    let is_delegated_anew = mine.chain != theirs.chain;
    let rotations = |papers: &Papers| papers.trust.rotations().count();
    let has_more = rotations(mine) > rotations(theirs) || mine.list_token != theirs.list_token;
    match is_delegated_anew {
        true => is_newer(&mine.delegation, &theirs.delegation),
        false => has_more,
    }
}

/// A private key that is not encrypted never goes into the database, and is not believed when it comes from there.
pub(super) fn never_in_clear(folder: &Folder) -> anyhow::Result<()> {
    for name in folder.private_keys() {
        if !pem::is_encrypted(folder.text(name)?) {
            bail!("{name} is not encrypted");
        }
    }
    Ok(())
}

/// Makes the folder here what the others have.
pub(super) fn put(path: &Path, folder: &Folder) -> anyhow::Result<()> {
    private_folder(path)?;
    let Some(locked) = change::lock(path)? else {
        bail!("{} is being changed by somebody else: try again in a moment", path.display());
    };
    change::finish(&locked, path)?;
    change::commit_exactly(&locked, path, folder)
}

/// The folder here, after a change that its program did not live to finish.
fn settled(path: &Path) -> anyhow::Result<Folder> {
    if path.join(INCOMING).exists()
        && let Some(locked) = change::lock(path)?
    {
        change::finish(&locked, path)?;
    }
    Folder::read(path)
}

fn root_beside(data: &Path) -> PathBuf {
    data.join("root-key.partial")
}
