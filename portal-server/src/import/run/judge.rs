//! What an entry becomes here, noun by noun, or what is wrong with it.

use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id, ProductId, UnixSeconds};
use countersign_store::{
    ImportSource, ImportThing, ImportedLicense, NewImport, NewLicense, Organization,
    OrganizationKind, OrganizationRole, Product, Role, StoreError, User, UserStatus, Validity,
    former_key_hash,
};
use serde_json::{Value, json};

use super::super::draft::{
    FORMER_KEY, LicenseDraft, MOST_AT_HAND, Notes, OrganizationDraft, ProductDraft, UserDraft,
};
use super::super::entry::{Entry, Problem, shown};
use super::super::report::{Ending, Line};
use super::super::source::Noun;
use super::super::{cryptlex, keygen};
use super::{Importer, Pending, State, short};
use crate::desk::{Of, Said, room};

const DAY: u64 = 86_400;
/// Days within which a response must be installed, as for a license that is made by hand.
const IMPORT_DAYS: u64 = 14;
/// As for a product that is made by hand.
const REINSTALL_ALLOWANCE: u64 = 3;

impl Importer<'_> {
    pub(super) async fn judge(
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

    /// What is kept at hand for licenses and is nothing of its own here.
    fn taken(&mut self, noun: Noun, number: usize, id: &str, notes: &Notes) -> Result<(), Trouble> {
        let why = "goes into the licenses that name it";
        let line = Line { number, id, why, ..Line::default() };
        Ok(self.report.add(noun, Ending::Listed, &line, notes)?)
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
pub(super) enum Trouble {
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
