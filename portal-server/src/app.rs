//! What every handler has at hand.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use countersign_core::{Hash, Id, UnixSeconds};
use countersign_store::{Database, Domain, Once, Store, User};

use crate::access::token::LastUses;
use crate::audit::Troubles;
use crate::clock::Rng;
use crate::config::Config;
use crate::disk::DiskAtHand;
use crate::domain::DomainAtHand;
use crate::draining::Draining;
use crate::fields::Field;
use crate::host::{self, PublicUrl};
use crate::keys::shared::Starting;
use crate::keys::{self, Keys, Ring};
use crate::lane::Lane;
use crate::lanes::{Lanes, Work};
use crate::licensing::kept::{self, Kept};
use crate::limits::tokens::TokenLimits;
use crate::look::{Look, LookAtHand};
use crate::mail::Mailroom;
use crate::metrics::Metrics;
use crate::overview::OutlookAtHand;
use crate::pages::activate::batch::Batch;
use crate::release::Storage;
use crate::settings::{Settings, SettingsAtHand};
use crate::shelf::Shelf;
use crate::sso::SignOns;
use crate::tally::Refusals;
use crate::vault::Vault;
use crate::webhook::Courier;

/// The setting that says that keys were made, and which root they stand under.
const ROOT_KEY: &str = "root_key";
/// The bytes that large uploads may take in memory, together: three of the largest kind, or some ten of a thousand files.
const MOST_OF_BATCHES: usize = 96 * 1024 * 1024;
/// How long such an upload is kept after it was last looked at.
const BATCH_SECONDS: u64 = 3600;

/// The running portal. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
    /// The store with what the next write is done once for.
    once: Option<Store>,
}

struct Inner {
    config: Config,
    store: Store,
    ring: Ring,
    metrics: Metrics,
    vault: Vault,
    releases: Storage,
    vendor: String,
    /// The operator's address.
    public_url: Option<PublicUrl>,
    /// The vendor's own.
    domain: DomainAtHand,
    settings: SettingsAtHand,
    look: LookAtHand,
    /// Decoding a picture takes a hundred megabytes: one at a time.
    pictures: Arc<tokio::sync::Semaphore>,
    /// What each kind of work goes through: a flood of one leaves the others alone.
    lanes: Lanes,
    draining: Draining,
    mailroom: Mailroom,
    courier: Courier,
    last_uses: LastUses,
    /// Whether the disk took writes a moment ago.
    disk: DiskAtHand,
    sign_ons: SignOns,
    token_limits: TokenLimits,
    /// What is in the way of keeping the audit log.
    audit_troubles: Troubles,
    /// Refused requests that are not in the database yet.
    refusals: Refusals,
    /// What the overview showed a moment ago.
    outlook: OutlookAtHand,
    /// Large uploads between their review and their result.
    batches: Shelf<Batch>,
    /// Tables of licenses between dry run and import, and keys that were just made.
    kept: Shelf<Kept>,
    /// Where the portal listens: its address where the operator gave none.
    listening: OnceLock<SocketAddr>,
}

/// A file is one node's; what lies beside it is all there is.
fn is_shared(config: &Config) -> bool {
    matches!(config.database, Database::Postgres(_))
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}

impl App {
    /// Whether the first start, which makes the keys, has come to its end in this database.
    ///
    /// # Errors
    /// When the database cannot be opened, or was written by a newer program.
    pub async fn is_founded(config: &Config) -> anyhow::Result<bool> {
        let store = Store::connect(&config.database, config.store, config.clock.now())?;
        let known_root = store.setting(ROOT_KEY).await?;
        store.close();
        Ok(known_root.is_some())
    }

    /// Opens the data directory: database and keys, created on the first start.
    ///
    /// # Errors
    /// When either cannot be opened; what is there is not changed then.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        let (data, now) = (&config.data, config.clock.now());
        let public_url = host::of_config(config.public_url.as_ref())?;
        let database = &config.database;
        let out_of_reach = || format!("the database {database} cannot be opened");
        if !database.exists().with_context(out_of_reach)? {
            // It goes into every response, and cannot be changed.
            Field::VendorName.check(&config.vendor)?;
        }
        if !data.exists() {
            // The database holds what customers told and who may log in.
            keys::private_folder(data)?;
        }
        let store = Store::connect(database, config.store, now).with_context(out_of_reach)?;
        let vendor = match store.setting("vendor").await? {
            Some(vendor) => vendor,
            None => {
                store.first_setting("vendor", config.vendor.clone(), "first-start", now).await?
            }
        };
        let known_root = store.setting(ROOT_KEY).await?;
        let start = if known_root.is_some() { keys::Start::Later } else { keys::Start::First };
        let entropy = config.entropy.as_ref();
        let is_shared = is_shared(&config);
        let ring = match &config.signer {
            #[cfg(unix)]
            Some(socket) => Ring::at_signer(
                data,
                crate::signing::open(data, socket, known_root.as_deref()).await?,
            ),
            #[cfg(not(unix))]
            Some(_) => anyhow::bail!("a signer in a process of its own needs Unix sockets"),
            None if is_shared => {
                let (vendor, sources, store) = (&*vendor, &config.key_passphrase, &store);
                let known_root = known_root.as_deref();
                Starting { data, vendor, now, entropy, start, sources, store, known_root }
                    .open()
                    .await?
            }
            None => Ring::open(data, &vendor, now, entropy, start, &config.key_passphrase)?,
        };
        let keys = ring.keys();
        if let (None, Some(root)) = (known_root, keys.roots.first()) {
            let first = store.first_setting(ROOT_KEY, root.to_string(), "first-start", now).await?;
            anyhow::ensure!(
                first == root.to_string(),
                "another node has just begun with another root"
            );
        }
        let passphrase = match ring.passphrase() {
            _ if !is_shared => None,
            Some(passphrase) => Some(passphrase),
            None => config.key_passphrase.find(data)?,
        };
        let vault = Vault::open(data, &store, entropy, passphrase.as_ref(), now).await?;
        let releases = Storage::open(&config.releases)?;
        let metrics = Metrics::default();
        store.observe(Arc::new(metrics.store().clone()));
        let lanes = Lanes::new(config.widths, metrics.lanes());
        let settings = SettingsAtHand::default();
        let domain = DomainAtHand::default();
        domain.read_anew(&store).await?;
        let look = LookAtHand::default();
        let pictures = Arc::new(tokio::sync::Semaphore::new(1));
        let mailroom = Mailroom::open(&config, &vendor)?;
        let courier = Courier::new(&config);
        let listening = OnceLock::new();
        let sign_ons = SignOns::new(&config.sso_may_reach);
        let batches = Shelf::new(MOST_OF_BATCHES, BATCH_SECONDS);
        let kept = Shelf::new(kept::MOST, kept::SECONDS);
        let (batches, kept) = match is_shared {
            true => (batches.shared("batches"), kept.shared("licenses")),
            false => (batches, kept),
        };
        let inner = Inner {
            config,
            store,
            ring,
            metrics,
            vault,
            releases,
            vendor,
            public_url,
            domain,
            settings,
            look,
            pictures,
            lanes,
            draining: Draining::default(),
            mailroom,
            courier,
            last_uses: LastUses::default(),
            disk: DiskAtHand::default(),
            sign_ons,
            token_limits: TokenLimits::default(),
            audit_troubles: Troubles::default(),
            refusals: Refusals::default(),
            outlook: OutlookAtHand::default(),
            batches,
            kept,
            listening,
        };
        Ok(Self { inner: Arc::new(inner), once: None })
    }

    /// Whether other nodes may run on the same database.
    pub(crate) fn is_shared(&self) -> bool {
        is_shared(&self.inner.config)
    }

    /// The database.
    pub fn store(&self) -> &Store {
        self.once.as_ref().unwrap_or(&self.inner.store)
    }

    /// The same portal, whose next write is done once.
    pub(crate) fn once(&self, once: Once) -> Self {
        Self { inner: Arc::clone(&self.inner), once: Some(self.inner.store.once(once)) }
    }

    /// The same portal for writes that stand beside the one that is done once: counting an attempt, a claim, cleaning up.
    pub(crate) fn beside(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), once: None }
    }

    /// How the portal runs.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Signing key and roots as they are now.
    pub fn keys(&self) -> Arc<Keys> {
        self.inner.ring.keys()
    }

    /// How the keys in use are replaced.
    pub(crate) fn ring(&self) -> &Ring {
        &self.inner.ring
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// The secrets of second factors.
    pub fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    /// The files of releases.
    pub fn releases(&self) -> &Storage {
        &self.inner.releases
    }

    /// The vendor's name in what is signed. What people read is the look's.
    pub fn vendor(&self) -> &str {
        &self.inner.vendor
    }

    /// The vendor's settings, at most seconds old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settings(&self) -> countersign_store::Result<Arc<Settings>> {
        self.inner.settings.get(&self.inner.store, self.now()).await
    }

    /// Stores settings; this process uses them at once, others within seconds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_settings(
        &self,
        settings: &Settings,
        actor: &str,
    ) -> countersign_store::Result<()> {
        settings.save(self.store(), actor, self.now()).await?;
        self.inner.settings.forget();
        Ok(())
    }

    /// The vendor's look, at most seconds old.
    pub(crate) async fn look(&self) -> Arc<Look> {
        self.inner.look.get(&self.inner.store, &self.inner.vendor, self.now()).await
    }

    /// The look has changed: this process shows it at once, others within seconds.
    pub(crate) fn look_changed(&self) {
        self.inner.look.forget();
    }

    pub(crate) fn pictures(&self) -> Arc<tokio::sync::Semaphore> {
        Arc::clone(&self.inner.pictures)
    }

    /// The time.
    pub fn now(&self) -> UnixSeconds {
        self.inner.config.clock.now()
    }

    /// What this kind of work goes through.
    pub fn lane(&self, work: Work) -> &Lane {
        self.inner.lanes.of(work)
    }

    /// Whether the end has begun.
    pub fn draining(&self) -> &Draining {
        &self.inner.draining
    }

    pub(crate) fn mailroom(&self) -> &Mailroom {
        &self.inner.mailroom
    }

    pub(crate) fn courier(&self) -> &Courier {
        &self.inner.courier
    }

    pub(crate) fn token_limits(&self) -> &TokenLimits {
        &self.inner.token_limits
    }

    pub(crate) fn last_uses(&self) -> &LastUses {
        &self.inner.last_uses
    }

    pub(crate) fn disk(&self) -> &DiskAtHand {
        &self.inner.disk
    }

    /// Logging in by identity providers.
    pub(crate) fn sign_ons(&self) -> &SignOns {
        &self.inner.sign_ons
    }

    pub(crate) fn audit_troubles(&self) -> &Troubles {
        &self.inner.audit_troubles
    }

    pub(crate) fn refusals(&self) -> &Refusals {
        &self.inner.refusals
    }

    pub(crate) fn outlook(&self) -> &OutlookAtHand {
        &self.inner.outlook
    }

    pub(crate) fn batches(&self) -> &Shelf<Batch> {
        &self.inner.batches
    }

    pub(crate) fn kept(&self) -> &Shelf<Kept> {
        &self.inner.kept
    }

    pub(crate) fn listens_on(&self, address: SocketAddr) {
        let _ = self.inner.listening.set(address);
    }

    /// Where it listens, once it does.
    pub(crate) fn listening_at(&self) -> Option<SocketAddr> {
        self.inner.listening.get().copied()
    }

    /// The operator's address.
    pub(crate) fn public_url(&self) -> Option<&PublicUrl> {
        self.inner.public_url.as_ref()
    }

    /// The vendor's own domain as it was at most seconds ago.
    pub(crate) fn domain(&self) -> Option<Arc<Domain>> {
        self.inner.domain.get()
    }

    /// The domain has changed, or may have: this process goes by it at once, others within seconds.
    pub(crate) async fn domain_changed(&self) -> countersign_store::Result<()> {
        self.inner.domain.read_anew(&self.inner.store).await
    }

    /// What links in mails and files begin with: the vendor's domain, or the operator's address. Never what a request says of
    /// itself: whoever sends one could lead others astray.
    pub(crate) fn base_url(&self) -> String {
        let domain = self.domain().filter(|domain| domain.is_in_links());
        match (self.public_url(), domain) {
            (Some(url), Some(domain)) => url.at(&domain.name),
            (Some(url), None) => url.to_string(),
            (None, _) => self.listening_at().map_or_else(String::new, |at| format!("http://{at}")),
        }
    }

    /// What begins where an account of the vendor's own people is opened: the operator's address. Whoever may change the domain in the
    /// settings, and so has a host of their own in links, must not be able to read what opens an owner's account.
    pub(crate) fn operators_url(&self) -> String {
        self.public_url().map_or_else(|| self.base_url(), ToString::to_string)
    }

    /// What links in mails to somebody begin with.
    pub(crate) fn url_for(&self, user: &User) -> String {
        if user.role.is_staff() { self.operators_url() } else { self.base_url() }
    }

    pub(crate) fn rng(&self) -> Rng<'_> {
        Rng(self.inner.config.entropy.as_ref())
    }

    pub(crate) fn random_id(&self) -> Id {
        Id::random(&mut self.rng())
    }

    /// For an activation that is signed now.
    pub(crate) fn activation_id(&self) -> Id {
        Id::at(self.now(), &mut self.rng())
    }

    /// A secret for a cookie or link, and the hash that is stored of it.
    pub(crate) fn secret(&self) -> (String, Hash) {
        let mut bytes = [0; 32];
        self.inner.config.entropy.fill(&mut bytes);
        let secret = Hash::from(bytes).to_string();
        let hash = Hash::of(&secret);
        (secret, hash)
    }
}
