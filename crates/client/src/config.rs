//! What a client is opened with.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use countersign_core::request::label;
use countersign_core::{ProductId, PublicKey, UnixSeconds};

use crate::machine::Machine;

const DAY: u64 = 86_400;

type Clock = Arc<dyn Fn() -> UnixSeconds + Send + Sync>;
type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// Product, roots, and where the state is kept. Everything else has a default that fits most apps.
#[derive(Clone)]
pub struct Config {
    pub(crate) product: ProductId,
    pub(crate) product_name: String,
    pub(crate) roots: Vec<PublicKey>,
    pub(crate) state_dir: PathBuf,
    pub(crate) mirror: Mirror,
    pub(crate) machine: Machine,
    pub(crate) device_name: Option<String>,
    pub(crate) app_version: Option<String>,
    pub(crate) take_to: Option<String>,
    pub(crate) soon: u64,
    pub(crate) clock_tolerance: u64,
    pub(crate) built_at: UnixSeconds,
    pub(crate) carries: Carries,
    clock: Clock,
    entropy: Entropy,
}

/// Where the second copy of the state is kept. It holds what a restored backup of the state directory would forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mirror {
    /// In the user's data directory, under a name made of product and state directory. Without a home there is none.
    UserData,
    /// In this directory, under the same kind of name.
    In(PathBuf),
    /// There is none: a restored backup brings a given-up activation back.
    None,
}

/// What a request carries along beside what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// The response that is installed, or was just given up: a portal that was restored from an older copy of its data takes
    /// it in and knows the machine again. Some 4 KB, too long for a QR code.
    Grant,
    /// Nothing: short enough for a QR code.
    Nothing,
}

impl Config {
    /// A client of `product` that trusts `roots` and keeps its state in `state_dir`.
    pub fn new(
        product: ProductId,
        roots: impl IntoIterator<Item = PublicKey>,
        state_dir: impl Into<PathBuf>,
    ) -> Self {
        Self {
            product_name: product.to_string(),
            product,
            roots: roots.into_iter().collect(),
            state_dir: state_dir.into(),
            mirror: Mirror::UserData,
            machine: Machine::this(),
            device_name: None,
            app_version: None,
            take_to: None,
            soon: 14 * DAY,
            clock_tolerance: DAY,
            built_at: 0,
            carries: Carries::Grant,
            clock: Arc::new(system_time),
            entropy: Arc::new(system_entropy),
        }
    }

    /// The product's name for people, in the comment lines of request files. Default: the product id.
    #[must_use]
    pub fn product_name(mut self, name: impl Into<String>) -> Self {
        self.product_name = name.into();
        self
    }

    /// The name that people know this machine by. Default: its host name. Control characters and what is over
    /// 64 characters is cut.
    #[must_use]
    pub fn device_name(mut self, name: impl AsRef<str>) -> Self {
        self.device_name = label(name.as_ref());
        self
    }

    /// The version of the app, which the vendor sees beside the machine.
    #[must_use]
    pub fn app_version(mut self, version: impl AsRef<str>) -> Self {
        self.app_version = label(version.as_ref());
        self
    }

    /// Where a person carries the request, for its comment lines: the portal's address.
    #[must_use]
    pub fn take_to(mut self, place: impl Into<String>) -> Self {
        self.take_to = Some(place.into());
        self
    }

    /// Where the second copy of the state is kept.
    #[must_use]
    pub fn mirror(mut self, mirror: Mirror) -> Self {
        self.mirror = mirror;
        self
    }

    /// How many seconds before its end a right counts as ending soon, but never more than a quarter of its length.
    /// Default: 14 days.
    #[must_use]
    pub fn soon(mut self, seconds: u64) -> Self {
        self.soon = seconds;
        self
    }

    /// How many seconds the clock may go back. Default: 24 hours, enough for time zones set wrong.
    #[must_use]
    pub fn clock_tolerance(mut self, seconds: u64) -> Self {
        self.clock_tolerance = seconds;
        self
    }

    /// When the app was built, in seconds since 1970, set by its build: no time before that is believed, whatever the clock
    /// says and whatever was deleted. Keys whose delegation had ended by then cannot sign anything new for this machine.
    /// Default: 0, not known.
    #[must_use]
    pub fn built_at(mut self, time: UnixSeconds) -> Self {
        self.built_at = time;
        self
    }

    /// What requests carry along. Default: the grant.
    #[must_use]
    pub fn carries(mut self, carries: Carries) -> Self {
        self.carries = carries;
        self
    }

    /// The machine, where it is not the one that this runs on: for tests and for trying things out.
    #[must_use]
    pub fn machine(mut self, machine: Machine) -> Self {
        self.machine = machine;
        self
    }

    /// Another clock, in seconds since 1970: for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> UnixSeconds + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Another source of unpredictable bytes: for machines with a hardware generator, and for tests.
    #[must_use]
    pub fn entropy(mut self, entropy: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        self.entropy = Arc::new(entropy);
        self
    }

    pub(crate) fn now(&self) -> UnixSeconds {
        (self.clock)()
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.entropy)(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("product", &self.product)
            .field("state_dir", &self.state_dir)
            .field("mirror", &self.mirror)
            .finish_non_exhaustive()
    }
}

#[allow(clippy::disallowed_methods)] // the one place that asks the system; Config::clock replaces it
fn system_time() -> UnixSeconds {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |elapsed| elapsed.as_secs())
}

#[allow(clippy::disallowed_methods)] // the one place that asks the system; Config::entropy replaces it
fn system_entropy(bytes: &mut [u8]) {
    getrandom::fill(bytes)
        .expect("the operating system's random generator works, or nothing here is safe");
}
