//! Persistence: the only crate that knows SQL. One concrete [`Store`], domain verbs as methods, one file per noun.
//!
//! Writes are queued to one writer, which commits many of them in one transaction and answers after the commit
//! (`engine/group.rs`). Reads run on a pool of connections. Decisions about seats are made inside the transaction, from
//! what the database holds then; signing happens outside, before.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `product`, `license`, `metadata`, `organization`, `user` | what a vendor and its customers are |
//! | `plan`, `plan_license`, `creation` | templates of licenses; licenses created by them, one, many or a list; changed, many at once |
//! | `customer`, `user_term` | the vendor's list of users, and the words by which they are found |
//! | `access`, `license_list`, `license_narrow`, `license_search`, `license_term`, `activation_list`, `page` | who sees what; lists, in bounded pages |
//! | `activation`, `activate`, `deactivation`, `release` | the verbs that change seats, with every refusal as a value |
//! | `trial`, `trial_policy`, `trial_extension`, `trial_list` | trials: who gets one, by which rule, longer ones, lists |
//! | `seat` | the one count of a license's seats, within its limit and beyond |
//! | `journal`, `journal_entry`, `merge`, `overrun`, `take_back` | what other signers signed: taken in, counted, shown |
//! | `renewal` | fresh responses without a new request |
//! | `recognise` | grants that their machines bring along, after an older copy of the data was restored |
//! | `product_release`, `release_file`, `release_terms`, `release_license`, `release_upload`, `version` | what is published, with its files, what a license may run of it, who else sees it, files on their way, the order of versions |
//! | `import` | what came from another system, once and for all |
//! | `answer` | the response that a request got, for ever |
//! | `fingerprint` | finding machines by their components |
//! | `role`, `staff`, `reseller` | what the vendor's people may, who they are, and what resellers do with their customers |
//! | `group`, `group_license`, `group_seat` | who in an organization may use what |
//! | `member`, `invitation`, `email_change` | what organizations do with their users, and users with themselves |
//! | `password`, `two_factor`, `session`, `known_device`, `link`, `throttle` | logging in |
//! | `identity_provider`, `sso_attempt`, `sign_on` | logging in by somebody else's word: whose, who is under way, what it is worth |
//! | `api_token`, `once`, `by_id` | what programs act for somebody by; what they ask for once; lists for them |
//! | `setting`, `picture`, `audit`, `job`, `signing_key` | settings; logo and icon; what happened, in the same transaction; what is to be done soon; warnings that the signing key ends |
//! | `key_file`, `shelf_item` | what lay on one node's disk or in its memory and is for all nodes: keys, and what lies between two requests |
//! | `proposal` | what one admin wants and another one has to approve |
//! | `domain` | the vendor's own host of the portal, as far as DNS agrees |
//! | `audit_chain` | the same as a chain of hashes, and its checkpoints |
//! | `webhook`, `webhook_event`, `webhook_delivery` | who else hears of what happened, what they are told, and whether it arrived |
//! | `tally`, `daily_count`, `outlook`, `beginning` | what happened on each day, counted along the chain; what is to be seen coming; how far a new vendor is |
//! | `clue`, `directory`, `machine_before` | what a support person has at hand: an id, a name, a machine |
//! | `observer`, `backlog` | how the engine does, and what waits in the tables: for whoever measures |
//! | `check` | what is in the database, for whoever compares it with what it should be |
//! | `disk_trouble`, `write_probe` | what a failed write means; whether the disk takes writes |
//! | `engine`, `row` | the engines, and what a stored value is |

mod access;
mod activate;
mod activation;
mod activation_list;
mod answer;
mod api_token;
mod audit;
mod audit_chain;
mod backlog;
mod beginning;
mod by_id;
mod check;
mod clue;
mod creation;
mod customer;
mod daily_count;
mod deactivation;
mod directory;
mod disk_trouble;
mod domain;
mod email_change;
mod engine;
mod error;
mod fingerprint;
mod group;
mod group_license;
mod group_seat;
mod identity_provider;
mod import;
mod invitation;
mod job;
mod journal;
mod journal_entry;
mod key_file;
mod known_device;
mod license;
mod license_list;
mod license_narrow;
mod license_search;
mod license_term;
mod link;
mod machine_before;
mod member;
mod merge;
mod metadata;
mod observer;
mod once;
mod organization;
mod outlook;
mod overrun;
mod page;
mod password;
mod picture;
mod plan;
mod plan_license;
mod product;
mod product_release;
mod proposal;
mod receipt;
mod recognise;
mod release;
mod release_file;
mod release_license;
mod release_terms;
mod release_upload;
mod renewal;
mod reseller;
mod role;
mod row;
mod seat;
mod session;
mod setting;
mod shelf_item;
mod sign_on;
mod signing_key;
mod sso_attempt;
mod staff;
mod take_back;
mod tally;
mod throttle;
mod token_window;
mod trial;
mod trial_extension;
mod trial_list;
mod trial_policy;
mod trial_search;
mod two_factor;
mod user;
mod user_term;
mod version;
mod webhook;
mod webhook_delivery;
mod webhook_event;
mod write_probe;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use countersign_core::{LicenseId, UnixSeconds};

pub use access::{Access, GroupAccess, LicenseScope};
pub use activate::{Activate, Activated, ActivationRefusal, Right, Seat};
pub use activation::{Activation, ActivationState, Released};
pub use activation_list::{ActivationOrder, ActivationQuery, ActivationStates, MachineQuery};
pub use answer::Answer;
pub use api_token::{ApiToken, MOST_TOKENS, NewApiToken, TokenCreated, TokenScope, TokenStanding};
pub use audit::{AuditEntry, AuditPage, AuditQuery};
pub use audit_chain::{AuditLog, ChainHead, Chained, StoredCheckpoint, Unchained};
pub use backlog::Backlog;
pub use beginning::Beginning;
pub use check::StoredAnswer;
pub use creation::{
    Creation, CreationRefusal, ListDone, ListPart, NewLicenses, NewOwner, PartImported, TwoPeople,
};
pub use customer::{CustomerPage, CustomerQuery};
pub use daily_count::{CountKind, DailyCount};
pub use deactivation::{Deactivate, Deactivated};
pub use directory::Directory;
pub use disk_trouble::DiskTrouble;
pub use domain::{Domain, DomainCheck, DomainMail, DomainNotice, DomainState, Finding, SeenRecord};
pub use email_change::EmailChange;
pub use engine::backup::{InUse, copy_database, in_use};
pub use engine::condition::{Condition, condition};
pub use engine::fault::FaultKind;
pub use engine::newest_migration;
pub use engine::server::{
    ServerFacts, bring_schema_back, drop_empty_schema, server_facts, set_schema_aside, table_names,
};
pub use engine::transfer::{
    Contents, MoveError, MoveOutcome, MovePlan, MoveProgress, MoveStep, Moved, move_data,
    plan_move, reopen_source,
};
pub use engine::{Database, Fault, Options};
pub use error::{Result, StoreError};
pub use group::{Group, GroupChange};
pub use group_license::{GroupLicense, LicenseAccess, LinkableLicense, LinkedGroup, Through};
pub use identity_provider::{
    FactorAskedBy, IdentityDomain, IdentityDomainState, IdentityProvider, MOST_DOMAINS,
    MOST_PROVIDERS, Passwords, ProviderChange, ProviderStatus, ProvidersOf, Provisioning,
};
pub use import::{
    ImportOutcome, ImportSource, ImportThing, Imported, ImportedKey, ImportedLicense, NewImport,
    former_key_hash,
};
pub use invitation::{Accept, Accepted, Invite, InviteCustomer};
pub use job::{FailedJob, Job, JobSubject, JobsWaiting, NewJob};
pub use journal::{Journal, JournalOpening};
pub use journal_entry::{JournalEntry, Numbers, Verdict};
pub use key_file::{KeyFiles, Resealed};
pub use license::{License, LicenseChange, LicenseStatus, NewLicense, Validity};
pub use license_list::{LicenseFilter, LicenseOrder, LicensePage, LicenseQuery};
pub use link::{Link, LinkPurpose};
pub use member::{MemberChange, ProfileChange, Standing};
pub use merge::{Merged, MergedEntry, NewEntry};
pub use metadata::{Metadata, MetadataEntry, Viewer, device_metadata};
pub use observer::Observer;
pub use once::{DoneBefore, ONCE_SECONDS, Once};
pub use organization::{Organization, OrganizationChange, OrganizationKind};
pub use overrun::{Overrun, SignedIn};
pub use page::{Cursor, Page};
pub use picture::{Ground, NewPicture, Picture, PicturePlace, PictureStage};
pub use plan::{MOST_PLANS, Plan, PlanChange};
pub use plan_license::PLAN_LICENSES_AT_ONCE;
pub use product::Product;
pub use product_release::{
    LONGEST_NOTES, NewRelease, ProductRelease, ReleaseChange, ReleaseFilter, ReleaseStatus,
    Visibility,
};
pub use proposal::{Act, Decided, Proposal, ProposalState, Proposed, is_far, is_far_away};
pub use recognise::{Recognise, Recognised};
pub use release::{
    Release, ReleaseOutcome, ReleasePolicy, SUPPORT_RELEASES_PER_DAY, SUPPORT_RELEASES_PER_YEAR,
};
pub use release_file::ReleaseFile;
pub use release_license::MOST_GIVEN;
pub use release_terms::{ReleaseLimits, ReleaseRefusal, ReleaseTerms, is_highest_version};
pub use release_upload::{NewUpload, Piece, PieceTaken, Upload, UploadBegun};
pub use renewal::{Renewal, Renewed, StoredRenewal};
pub use reseller::{Assigned, Assignee};
pub use role::{Permission, Role};
pub use row::Entitlements;
pub use session::{NewSession, Session};
pub use shelf_item::{ShelfItem, ShelfSize};
pub use sign_on::{Identity, SignOn, SignOnRefusal, SignedOn};
pub use signing_key::KeyNotice;
pub use sso_attempt::SsoAttempt;
pub use staff::{InviteStaff, StaffMember};
pub use tally::Tallied;
pub use throttle::Throttle;
pub use token_window::{TOKEN_WINDOW, TokenShare, is_window_over};
pub use trial::{StartTrial, Trial, TrialLimits, TrialPlan, TrialStarted, UsedTrial};
pub use trial_extension::{
    BeyondLimits, ExtendTrial, ExtensionLimits, MOST_EXTENSION_DAYS, MayNotExtend, RenewTrial,
    TrialExtended, TrialRenewed, TrialRequest, may_extend,
};
pub use trial_list::{TrialQuery, TrialState};
pub use trial_policy::{NextTrial, TrialAgain, TrialEnd, TrialPolicy};
pub use trial_search::TrialFound;
pub use two_factor::{Factor, TotpSecrets, TurnOn};
pub use user::{OrganizationRole, TwoFactor, User, UserChange, UserStatus};
pub use webhook::{
    Disabled, MOST_WEBHOOKS, NewWebhook, Webhook, WebhookCreated, WebhookSecrets, WebhookStatus,
};
pub use webhook_delivery::{
    Delivery, DeliveryEnd, DeliveryQuery, DeliveryStatus, DeliveryTaken, DeliveryTry, Resent,
    Tried, WebhooksWaiting,
};
pub use webhook_event::Topic;

use engine::readers::Readers;
use engine::writer::{Scope, Writer};
use engine::{Connection, ask, find, first, list, put, run};

const PING: &str = "SELECT 1";
const COUNTED: &str = "SELECT id, live_activations + over_activations, \
    (SELECT COUNT(*) FROM activation a WHERE a.license_id = l.id AND a.state IN ('active', 'returned')) AS live, \
    total_deactivations + over_deactivations, \
    (SELECT COUNT(*) FROM activation a WHERE a.license_id = l.id AND a.state = 'deactivated') AS given_up FROM license l";

/// The vendor's data. Cheap to clone; every clone is the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// What the next write is done once for (`once.rs`).
    once: Option<Arc<once::Once>>,
}

struct Inner {
    writer: Writer,
    readers: Readers,
    /// Who is told how long it all takes.
    watched: observer::Watched,
    /// Licenses as they were read some time ago (`license.rs`).
    terms: Mutex<HashMap<LicenseId, License>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Opens the database file, creating and migrating it as needed.
    ///
    /// # Errors
    /// When the file cannot be opened, or was written by a newer program.
    pub fn open(path: &Path, options: Options, now: UnixSeconds) -> Result<Self> {
        Self::connect(&Database::Sqlite(path.to_owned()), options, now)
    }

    /// Opens a database of either kind, creating and migrating it as needed.
    ///
    /// # Errors
    /// When it cannot be opened or reached, or was written by a newer program.
    pub fn connect(database: &Database, options: Options, now: UnixSeconds) -> Result<Self> {
        let (writer, readers) = engine::start(database, options, row::seconds(now))?;
        let watched = observer::Watched::default();
        let inner = Inner { writer, readers, watched, terms: Mutex::default() };
        Ok(Self { inner: Arc::new(inner), once: None })
    }

    /// From now on `observer` is told how long everything takes. The first one stays.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.inner.watched.by(observer);
    }

    /// Commits what is queued; later writes are refused.
    pub fn close(&self) {
        self.inner.writer.close();
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        self.read(|c| find(c, PING, [], |_| Ok(())).map(drop))
    }

    /// Checks the file, and for every license that its counters are those of its activations. Returns what is wrong.
    ///
    /// # Errors
    /// When the check cannot run.
    pub async fn integrity_check(&self) -> Result<Vec<String>> {
        self.read(|c| {
            let mut found = c.check()?;
            let counted = |row: &mut row::Columns<'_>| {
                Ok((row.text()?, [(row.take()?, row.take()?), (row.take()?, row.take()?)]))
            };
            for (id, counts) in list(c, COUNTED, [], counted)? {
                let counts: [(i64, i64); 2] = counts;
                for ((counted, there), what) in
                    counts.into_iter().zip(["activations", "deactivations"])
                {
                    if counted != there {
                        found.push(format!("license {id} counts {counted} {what} and has {there}"));
                    }
                }
            }
            found.extend(group_seat::miscounted(c)?);
            Ok(found)
        })
    }

    fn read<T>(&self, query: impl Fn(&Connection) -> Result<T>) -> Result<T> {
        self.inner.watched.reading(|| self.inner.readers.run(query))
    }

    /// A write that may look at anything and change anything.
    async fn write<T: Send + 'static>(
        &self,
        command: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.write_in(Scope::Everything, command).await
    }

    /// A write that looks at nothing and changes nothing that a write of another scope decides by.
    async fn write_in<T: Send + 'static>(
        &self,
        scope: Scope<'_>,
        command: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if self.once.is_some() {
            // A write that knows nothing of keys would be done twice.
            return Err(StoreError::Malformed("write with a key"));
        }
        self.inner.writer.run(scope, self.inner.watched.command(command)).await
    }
}
