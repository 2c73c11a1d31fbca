//! The import itself: noun by noun, each entry judged, what is good written a few hundred at a time. A dry run goes the same way and
//! asks the database instead of telling it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id, ProductId, UnixSeconds};
use countersign_store::{
    ImportOutcome, ImportSource, ImportThing, Imported, ImportedLicense, NewImport, NewLicense,
    Organization, OrganizationKind, OrganizationRole, Product, Role, StoreError, User, UserStatus,
    Validity, former_key_hash,
};
use serde_json::{Value, json};

use super::draft::{
    Catalog, FORMER_KEY, LicenseDraft, MOST_AT_HAND, Notes, OrganizationDraft, ProductDraft,
    UserDraft, Wishes,
};
use super::entry::{Entry, Problem, shown};
use super::report::{Ending, Line, Report};
use super::source::{Export, Noun, Piece};
use super::{ACTOR, Mode, cryptlex, keygen};
use crate::app::App;
use crate::desk::{Of, Said, room};

/// Entries of one transaction: some tens of milliseconds, for which a running portal waits.
const BATCH: usize = 250;
const DAY: u64 = 86_400;
/// Days within which a response must be installed, as for a license that is made by hand.
const IMPORT_DAYS: u64 = 14;
/// As for a product that is made by hand.
const REINSTALL_ALLOWANCE: u64 = 3;

pub(crate) struct Importer<'a> {
    pub(crate) app: &'a App,
    pub(crate) source: ImportSource,
    pub(crate) mode: Mode,
    pub(crate) export: &'a Export,
    pub(crate) wishes: &'a Wishes,
    pub(crate) report: Report,
    pub(crate) state: State,
}

/// What is known of the entries so far.
#[derive(Default)]
pub(crate) struct State {
    catalog: Catalog,
    seen: HashMap<Short, Seen>,
    /// Addresses of this export.
    addresses: HashSet<Short>,
    /// Keys of this export that stay.
    keys: HashSet<Short>,
    /// Products that were given an id without being asked for it.
    products: HashSet<ProductId>,
    /// Bytes that fit into a response, by product.
    rooms: HashMap<ProductId, usize>,
    batch: Vec<Pending>,
}

/// A hash that is long enough to tell the entries of an export apart.
type Short = [u8; 16];

/// An entry that came by.
#[derive(Clone, Copy)]
struct Seen {
    bytes: u64,
    /// The id here of an organization or user, any of others; `None`: it was left out.
    id: Option<Id>,
}

/// A good entry that waits for its transaction.
struct Pending {
    number: usize,
    import: NewImport,
    notes: Notes,
    former_key: String,
    holder: String,
}

impl Importer<'_> {
    pub(crate) async fn run(mut self) -> anyhow::Result<Report> {
        let (export, source) = (self.export, self.source);
        for place in &export.unknown {
            self.report.unknown(place)?;
        }
        self.report.more_unknown(export.unknown_count - export.unknown.len());
        for noun in Noun::ALL {
            for (number, piece) in export.entries(noun).enumerate() {
                self.entry(noun, number, piece?).await?;
                if self.state.batch.len() == BATCH {
                    self.flush(noun).await?;
                }
            }
            self.flush(noun).await?;
            tracing::debug!(noun = noun.of(source), count = export.count(noun), "read");
        }
        Ok(self.report)
    }

    async fn entry(&mut self, noun: Noun, number: usize, piece: Piece) -> anyhow::Result<()> {
        let (value, bytes) = match piece {
            Ok(read) => read,
            Err(problem) => return self.left_out(noun, number, "?", &problem),
        };
        let shown_id = value.get("id").and_then(Value::as_str).unwrap_or("?");
        let id = match Entry::of(&value).and_then(|entry| entry.id("id")) {
            Ok(id) => id,
            Err(problem) => return self.left_out(noun, number, shown_id, &problem),
        };
        let short = short(noun, id);
        if let Some(seen) = self.state.seen.get(&short) {
            let line = Line { number, id, why: "it is in the export twice", ..Line::default() };
            if seen.bytes == bytes {
                return self.report.add(noun, Ending::Unchanged, &line, &Notes::default());
            }
            let problem = "another entry with this id came before it, and says something else: that one counts";
            return self.left_out(noun, number, id, &Problem(problem.to_owned()));
        }
        self.state.seen.insert(short, Seen { bytes, id: None });
        match self.judge(noun, number, id, &value).await {
            Ok(()) => Ok(()),
            Err(Trouble::Entry(problem)) => self.left_out(noun, number, id, &problem),
            Err(Trouble::Portal(error)) => Err(error),
        }
    }

    async fn judge(
        &mut self,
        noun: Noun,
        number: usize,
        id: &str,
        value: &Value,
    ) -> Result<(), Trouble> {
        let (entry, source) = (Entry::of(value)?, self.source);
        let by = |a: ImportSource| source == a;
        let is_cryptlex = by(ImportSource::Cryptlex);
        let state = &mut self.state;
        match noun {
            Noun::Product => {
                let read = if is_cryptlex { cryptlex::product } else { keygen::product };
                self.product(number, id, read(entry)?).await
            }
            Noun::Feature => {
                room_for_more(state.catalog.features.len())?;
                state.catalog.features.insert(id.to_owned(), keygen::feature(entry)?);
                self.taken(noun, number, id, &Notes::default())
            }
            Noun::Policy => {
                room_for_more(state.catalog.policies.len())?;
                let policy = match is_cryptlex {
                    true => cryptlex::policy(entry)?,
                    false => keygen::policy(entry, &state.catalog)?,
                };
                let notes = policy.notes.clone();
                state.catalog.policies.insert(id.to_owned(), policy);
                self.taken(noun, number, id, &notes)
            }
            Noun::Organization => {
                let read = if is_cryptlex { cryptlex::organization } else { keygen::organization };
                self.organization(number, id, read(entry)?);
                Ok(())
            }
            Noun::User => {
                let read = if is_cryptlex { cryptlex::user } else { keygen::user };
                Ok(self.user(number, id, read(entry)?)?)
            }
            Noun::License => {
                let read = if is_cryptlex { cryptlex::license } else { keygen::license };
                let draft = read(entry, &state.catalog, self.wishes)?;
                Ok(self.license(number, id, draft)?)
            }
            Noun::Machine => {
                let read = if is_cryptlex { cryptlex::machine } else { keygen::machine };
                let machine = read(entry)?;
                self.state.known(Noun::License, &machine.license, "license")?;
                let name = machine.name.as_deref().map(shown).unwrap_or_default();
                let why = format!(
                    "{name} of license {}: takes no seat here until it sends a request",
                    shown(&machine.license)
                );
                let line = Line { number, id, why: why.trim(), ..Line::default() };
                Ok(self.report.add(noun, Ending::Listed, &line, &Notes::default())?)
            }
            Noun::Component => {
                let why = "parts of machines cannot be compared with ours";
                let line = Line { number, id, why, ..Line::default() };
                Ok(self.report.add(noun, Ending::Listed, &line, &Notes::default())?)
            }
        }
    }

    async fn product(
        &mut self,
        number: usize,
        id: &str,
        draft: ProductDraft,
    ) -> Result<(), Trouble> {
        let state = &mut self.state;
        room_for_more(state.catalog.products.len())?;
        let wished = self.wishes.products.get(id).or(self.wishes.products.get(&draft.name));
        let product = match wished {
            Some(product) => product.clone(),
            None => {
                let found = own_id(&draft).ok_or_else(|| {
                    let name = shown(&draft.name);
                    Problem(format!(
                        "its name {name} makes no product id: name one with --product {}=ID",
                        shown(id)
                    ))
                })?;
                if !state.products.insert(found.clone()) {
                    return Err(Problem(format!(
                        "another product of the export is {found} already: name this one with --product {}=ID",
                        shown(id)
                    ))
                    .into());
                }
                found
            }
        };
        if self.app.store().product(&product).await?.is_some_and(|product| product.archived) {
            return Err(Problem(format!(
                "the product {product} is archived here and gets no licenses: take it back, or name another with --product"
            ))
            .into());
        }
        state.catalog.products.insert(id.to_owned(), product.clone());
        let digest = Hash::of(json!(["product", product.as_str(), draft.name]).to_string());
        let made = Product {
            id: product,
            name: draft.name,
            trial: countersign_store::TrialPolicy {
                days: None,
                strategy: countersign_core::fingerprint::Strategy::Fuzzy,
                entitlements: Default::default(),
                ..countersign_store::TrialPolicy::none()
            },
            reinstall_allowance: REINSTALL_ALLOWANCE,
            archived: false,
            created_at: past(draft.created_at, self.app.now()),
        };
        self.wait(number, id, digest, ImportThing::Product(made), draft.notes);
        Ok(())
    }

    fn organization(&mut self, number: usize, id: &str, draft: OrganizationDraft) {
        let digest = Hash::of(json!(["organization", draft.name, draft.allowed_users]).to_string());
        let made = Organization {
            id: self.app.random_id(),
            name: draft.name,
            suspended: false,
            allowed_users: draft.allowed_users,
            kind: OrganizationKind::Customer,
            reseller: None,
            created_at: past(draft.created_at, self.app.now()),
        };
        self.wait(number, id, digest, ImportThing::Organization(made), draft.notes);
    }

    fn user(&mut self, number: usize, id: &str, draft: UserDraft) -> Result<(), Problem> {
        let organization = match &draft.organization {
            Some(of) => Some(self.state.known(Noun::Organization, of, "organization")?),
            None => None,
        };
        if !self.state.addresses.insert(short(Noun::User, &draft.email)) {
            return Err(Problem(
                "another user of the export has its address: give one of them another there, and export again".to_owned(),
            ));
        }
        let said = json!([
            "user",
            draft.email,
            draft.first_name,
            draft.last_name,
            draft.name,
            draft.organization,
            draft.runs_organization,
            draft.suspended,
        ]);
        let runs = draft.runs_organization && organization.is_some();
        let created_at = past(draft.created_at, self.app.now());
        let made = User {
            name: draft.name,
            first_name: draft.first_name,
            last_name: draft.last_name,
            organization,
            organization_role: if runs {
                OrganizationRole::Admin
            } else {
                OrganizationRole::Member
            },
            status: if draft.suspended { UserStatus::Suspended } else { UserStatus::Invited },
            ..User::invited(self.app.random_id(), draft.email, Role::Customer, created_at)
        };
        self.wait(number, id, Hash::of(said.to_string()), ImportThing::User(made), draft.notes);
        Ok(())
    }

    fn license(&mut self, number: usize, id: &str, mut draft: LicenseDraft) -> Result<(), Problem> {
        let product = self
            .state
            .catalog
            .products
            .get(&draft.product)
            .cloned()
            .ok_or_else(|| absent("product", &draft.product))?;
        let owner = match &draft.owner {
            Some(owner) => Some(self.state.known(Noun::User, owner, "user")?),
            None => None,
        };
        let organization = match &draft.organization {
            Some(of) => Some(self.state.known(Noun::Organization, of, "organization")?),
            None => None,
        };
        let former = draft.key.clone().unwrap_or_default();
        let key = self.key(&mut draft)?;
        draft.check()?;
        let digest = digest(&draft, &product);
        let new = NewLicense {
            key,
            product,
            plan: draft.plan,
            holder: draft.holder,
            owner,
            organization,
            allowed_activations: draft.allowed_activations,
            allowed_deactivations: draft.allowed_deactivations,
            validity: draft.validity,
            response_validity: IMPORT_DAYS * DAY,
            strategy: draft.strategy,
            entitlements: draft.features.0,
            metadata: draft.metadata,
        };
        let app = self.app;
        let room = *self
            .state
            .rooms
            .entry(new.product.clone())
            .or_insert_with(|| room(app, &new.product, Of::License));
        Said::by(&new).fits(room).map_err(|unfit| Problem(unfit.to_string()))?;
        let pending = Pending {
            number,
            holder: new.holder.clone().unwrap_or_default(),
            import: NewImport {
                external_id: id.to_owned(),
                digest,
                former_key: (!former.is_empty()).then(|| former_key_hash(&former)),
                thing: ImportThing::License(Box::new(ImportedLicense {
                    new,
                    status: draft.status,
                    limits: draft.limits,
                    created_at: past(draft.created_at, self.app.now()),
                })),
            },
            notes: draft.notes,
            former_key: former,
        };
        self.state.batch.push(pending);
        Ok(())
    }

    /// A key in our form stays, any other gets a new one and is kept for whoever looks for it.
    fn key(&mut self, draft: &mut LicenseDraft) -> Result<LicenseKey, Problem> {
        let Some(former) = draft.key.clone() else {
            return Ok(LicenseKey::generate(&mut self.app.rng()));
        };
        if let Ok(key) = former.parse::<LicenseKey>() {
            if !self.state.keys.insert(short(Noun::License, key.normal())) {
                return Err(Problem("another license of the export has its key".to_owned()));
            }
            return Ok(key);
        }
        draft.put_for_vendor(FORMER_KEY, &former);
        Ok(LicenseKey::generate(&mut self.app.rng()))
    }

    fn wait(&mut self, number: usize, id: &str, digest: Hash, thing: ImportThing, notes: Notes) {
        let (external_id, former_key) = (id.to_owned(), None);
        self.state.batch.push(Pending {
            number,
            import: NewImport { external_id, digest, former_key, thing },
            notes,
            former_key: String::new(),
            holder: String::new(),
        });
    }

    /// Writes what waits, or asks what would become of it.
    async fn flush(&mut self, noun: Noun) -> anyhow::Result<()> {
        let batch = std::mem::take(&mut self.state.batch);
        if batch.is_empty() {
            return Ok(());
        }
        let (imports, told): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|p| (p.import, (p.number, p.notes, p.former_key, p.holder)))
            .unzip();
        let imports = Arc::new(imports);
        let done = match self.mode {
            Mode::DryRun => {
                let preview = self.app.store().preview_import(self.source, &imports).await?;
                preview.into_iter().map(Ok).collect()
            }
            Mode::Import => self.write(&imports).await?,
        };
        for ((import, done), (number, notes, former, holder)) in imports.iter().zip(done).zip(told)
        {
            let id = import.external_id.as_str();
            let done = match done {
                Ok(done) => done,
                Err(problem) => {
                    self.left_out(noun, number, id, &problem)?;
                    continue;
                }
            };
            let (ending, why) = ending(noun, &done);
            let here = done.id.parse().unwrap_or_else(|_| Id::from([0; 16]));
            if ending != Ending::LeftOut
                && let Some(seen) = self.state.seen.get_mut(&short(noun, id))
            {
                seen.id = Some(here);
            }
            let key = shown_key(&done, import, self.mode);
            let owner = done.license.as_ref().and_then(|license| license.owner.as_deref());
            let license = if key.is_empty() { "" } else { done.id.as_str() };
            let line = Line {
                number,
                id,
                why,
                former_key: &former,
                key: &key,
                license,
                owner: owner.unwrap_or_default(),
                holder: &holder,
            };
            self.report.add(noun, ending, &line, &notes)?;
        }
        Ok(())
    }

    /// All in one transaction; where the database refuses one of them, each in its own.
    async fn write(
        &self,
        imports: &Arc<Vec<NewImport>>,
    ) -> anyhow::Result<Vec<Result<Imported, Problem>>> {
        let (store, now) = (self.app.store(), self.app.now());
        match store.import(self.source, Arc::clone(imports), ACTOR, now).await {
            Ok(done) => return Ok(done.into_iter().map(Ok).collect()),
            Err(error) if error.is_constraint() => {}
            Err(error) => return Err(error.into()),
        }
        let mut all = Vec::new();
        for import in imports.iter() {
            let one = Arc::new(vec![import.clone()]);
            match store.import(self.source, one, ACTOR, now).await {
                Ok(done) => all.extend(done.into_iter().map(Ok)),
                Err(error) if error.is_constraint() => {
                    all.push(Err(Problem(format!("the database refuses it: {error}"))));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(all)
    }

    /// What is kept at hand for licenses and is nothing of its own here.
    fn taken(&mut self, noun: Noun, number: usize, id: &str, notes: &Notes) -> Result<(), Trouble> {
        let why = "goes into the licenses that name it";
        let line = Line { number, id, why, ..Line::default() };
        Ok(self.report.add(noun, Ending::Listed, &line, notes)?)
    }

    fn left_out(
        &mut self,
        noun: Noun,
        number: usize,
        id: &str,
        problem: &Problem,
    ) -> anyhow::Result<()> {
        let line = Line { number, id, why: &problem.0, ..Line::default() };
        self.report.add(noun, Ending::LeftOut, &line, &Notes::default())
    }
}

impl State {
    /// The id here of what an entry names by its id there.
    fn known(&self, noun: Noun, id: &str, word: &str) -> Result<Id, Problem> {
        let seen = self.seen.get(&short(noun, id));
        seen.and_then(|seen| seen.id).ok_or_else(|| absent(word, id))
    }
}

/// What can go wrong with an entry.
enum Trouble {
    /// It is the entry's own fault.
    Entry(Problem),
    /// It is not, and nothing further can be done.
    Portal(anyhow::Error),
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self::Entry(problem)
    }
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        Self::Portal(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Portal(error.into())
    }
}

fn absent(word: &str, id: &str) -> Problem {
    Problem(format!(
        "its {word} {} is not in the export, or was left out. Export it as well or put that right, and import again",
        shown(id)
    ))
}

fn room_for_more(count: usize) -> Result<(), Problem> {
    if count < MOST_AT_HAND {
        return Ok(());
    }
    Err(Problem(format!("there are more than {MOST_AT_HAND} of its kind")))
}

fn short(noun: Noun, id: &str) -> Short {
    let hash = Hash::of(format!("{}\0{id}", noun as usize));
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

/// Clocks differ, and nothing was made in the future.
fn past(time: Option<UnixSeconds>, now: UnixSeconds) -> UnixSeconds {
    time.map_or(now, |time| time.min(now))
}

/// The product's code if it can be an id, or else what is left of its name: `Acme CAD 3` is `acme-cad-3`.
fn own_id(draft: &ProductDraft) -> Option<ProductId> {
    if let Some(code) = draft.code.as_deref().and_then(|code| code.to_lowercase().parse().ok()) {
        return Some(code);
    }
    let mut id = String::new();
    for c in draft.name.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' | '.' | '_' => id.push(c),
            _ if !id.is_empty() && !id.ends_with('-') => id.push('-'),
            _ => {}
        }
    }
    let id: String = id.chars().take(64).collect();
    id.trim_end_matches('-').parse().ok()
}

/// Of everything that an entry says here, in a form that later versions can make again.
fn digest(draft: &LicenseDraft, product: &ProductId) -> Hash {
    let (kind, until) = match draft.validity {
        Validity::Perpetual => ("perpetual", 0),
        Validity::Fixed(end) => ("fixed", end),
        Validity::FromCreation(length) => ("from-creation", length),
        Validity::FromFirstActivation(length) => ("from-first-activation", length),
    };
    let features: serde_json::Map<String, Value> =
        draft.features.0.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
    let metadata: Vec<_> = draft
        .metadata
        .iter()
        .map(|(name, entry)| {
            let viewers: Vec<&str> = entry.visible_to.iter().map(|v| v.as_str()).collect();
            (name, &entry.value, viewers)
        })
        .collect();
    let highest = draft.limits.highest_version.as_ref().map(|version| version.as_str());
    let said = json!([
        "license",
        product.as_str(),
        draft.owner,
        draft.organization,
        draft.key,
        draft.plan,
        draft.holder,
        draft.status.as_str(),
        draft.allowed_activations,
        draft.allowed_deactivations,
        [kind, &until.to_string()],
        [json!(draft.limits.maintenance_until), json!(highest)],
        draft.strategy.as_str(),
        features,
        metadata,
    ]);
    Hash::of(said.to_string())
}

fn ending(noun: Noun, done: &Imported) -> (Ending, &'static str) {
    match done.outcome {
        ImportOutcome::Made => (Ending::Made, ""),
        ImportOutcome::Joined if noun == Noun::Product => {
            (Ending::Joined, "a product with its id is here: its licenses become that one's")
        }
        ImportOutcome::Joined => {
            (Ending::Joined, "a user with its address is here: its licenses become theirs")
        }
        ImportOutcome::Same => (Ending::Unchanged, ""),
        ImportOutcome::Updated => (Ending::Updated, ""),
        ImportOutcome::Differs => (
            Ending::Kept,
            "it says something else than when it was imported, and an import changes nothing but licenses: change it here by hand",
        ),
        ImportOutcome::ChangedHere => (
            Ending::Kept,
            "it was changed there and, since it was imported, here as well. It stays as it is here: change it by hand",
        ),
        ImportOutcome::BelowUse => (
            Ending::Kept,
            "its limits there are lower now than what is used here. It stays as it is here: change it by hand",
        ),
        ImportOutcome::OtherValidity => (
            Ending::Kept,
            "its product or what its validity starts with is another now, which cannot be changed. It stays as it is \
             here: make a new license by hand",
        ),
        ImportOutcome::KeyTaken => (
            Ending::LeftOut,
            "another license here has its key: take that one's owner into account, or give it a new key there",
        ),
    }
}

/// The license's key here, if it is known: what a dry run draws is not what will be drawn.
fn shown_key(done: &Imported, import: &NewImport, mode: Mode) -> String {
    if let Some(license) = &done.license {
        return license.key.grouped();
    }
    match &import.thing {
        ImportThing::License(license)
            if done.outcome == ImportOutcome::Made
                && mode == Mode::DryRun
                && !license.new.metadata.contains_key(FORMER_KEY)
                && import.former_key == Some(former_key_hash(license.new.key.normal())) =>
        {
            license.new.key.grouped()
        }
        _ => String::new(),
    }
}
