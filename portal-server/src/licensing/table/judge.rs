//! What a row makes here, or everything that is wrong with it. Nothing is written: what was judged is judged again by the store,
//! inside the transaction that makes it.

use std::collections::{HashMap, HashSet};

use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id, MAX_TIME, ProductId, UnixSeconds};
use countersign_store::{
    Entitlements, Metadata, NewLicense, NewLicenses, NewOwner, Organization, Plan, Product,
    ReleaseLimits, StoreError, User, UserStatus, Validity, is_far_away,
};

use super::Wrong;
use super::columns::Header;
use super::columns::{Cells, Column};
use crate::admin::{LARGEST, parse_entitlements, parse_metadata};
use crate::app::App;
use crate::desk::{Of, Said, room};
use crate::fields::{Field, Unfit};
use crate::language::Say;
use crate::licensing::{Trouble, who};
use crate::mail;
use crate::release::up_to;

const DAY: u64 = 86_400;
/// Days within which a response must be installed, as for a license that is made by hand.
const IMPORT_DAYS: u64 = 14;
/// So many licenses a row makes at most.
const MOST_OF_A_ROW: u64 = 1000;
/// Names of organizations that are kept at hand.
const MOST_NAMES: usize = 1000;

/// Judges rows, one after the other.
pub(super) struct Judge<'a> {
    app: &'a App,
    products: HashMap<ProductId, Product>,
    plans: HashMap<(ProductId, String), Plan>,
    rooms: HashMap<ProductId, usize>,
    organizations: HashMap<String, Option<Organization>>,
    /// Keys that rows of the table gave.
    keys: HashSet<Short>,
    /// Users that the table would make, and where.
    users: HashMap<Short, Option<Id>>,
    /// Users that would come into each organization, and for how many there is room.
    coming: HashMap<Id, (u64, Option<u64>)>,
    /// Whether a license without an end needs a second person.
    is_held: bool,
}

/// A hash that is long enough to tell the rows of a table apart.
type Short = [u8; 16];

/// What is wrong with a row, or what is wrong with everything.
pub(super) enum Bad {
    Row(Vec<Wrong>),
    Store(StoreError),
}

impl From<StoreError> for Bad {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<'a> Judge<'a> {
    /// `is_held`: whether the two-person rule counts for whoever imports.
    pub(super) async fn new(app: &'a App, is_held: bool) -> Result<Self, StoreError> {
        let products = app.store().products().await?.into_iter();
        let plans = app.store().plans().await?.into_iter();
        Ok(Self {
            app,
            products: products.map(|product| (product.id.clone(), product)).collect(),
            plans: plans
                .map(|plan| ((plan.product.clone(), plan.name.to_lowercase()), plan))
                .collect(),
            rooms: HashMap::new(),
            organizations: HashMap::new(),
            keys: HashSet::new(),
            users: HashMap::new(),
            coming: HashMap::new(),
            is_held: is_held && app.store().needs_two_people().await?,
        })
    }

    /// Users that the rows until now would make.
    pub(super) fn users(&self) -> u64 {
        self.users.len() as u64
    }

    /// What the row makes.
    pub(super) async fn row(
        &mut self,
        header: &Header,
        row: &[String],
    ) -> Result<NewLicenses, Bad> {
        let cells = header.cells(row).map_err(|wrong| Bad::Row(vec![wrong]))?;
        let mut read = Reading { cells, wrong: Vec::new() };
        let product = read.take(Column::Product, |text| self.product(text));
        let plan = match &product {
            Some(product) => read.optional(Column::Plan, |text| self.plan(product, text)).flatten(),
            None => None,
        };
        let now = self.app.now();
        let values = read.values(plan.as_ref(), now);
        let organization = self.organization(&mut read).await?;
        let (owner, new_owner) = self.owner(&mut read, organization.as_ref()).await?;
        let keys = self.keys(&mut read).await?;
        let whole = product.zip(values).zip(keys.first());
        let Some(((product, values), first)) = whole.filter(|_| read.wrong.is_empty()) else {
            return Err(Bad::Row(read.wrong));
        };
        let new = NewLicense {
            key: first.clone(),
            product,
            plan: plan.as_ref().map(|plan| plan.name.clone()),
            holder: values.holder,
            owner: owner.map(|user| user.id),
            organization: organization.map(|organization| organization.id),
            allowed_activations: values.activations,
            allowed_deactivations: values.deactivations,
            validity: values.validity,
            response_validity: plan.as_ref().map_or(IMPORT_DAYS * DAY, |p| p.response_validity),
            strategy: plan.as_ref().map_or(Strategy::Fuzzy, |plan| plan.strategy),
            entitlements: values.features,
            metadata: values.metadata,
        };
        self.check(&new, now).map_err(|wrong| Bad::Row(vec![wrong]))?;
        Ok(NewLicenses {
            new,
            keys,
            limits: values.limits,
            plan: plan.map(|plan| (plan.id, plan.revision)),
            owner: new_owner,
        })
    }

    fn product(&self, text: &str) -> Result<ProductId, Say> {
        let known = text.parse().ok().and_then(|id: ProductId| self.products.get(&id));
        match known {
            Some(product) if product.archived => Err(Say::new("product-archived")),
            Some(product) => Ok(product.id.clone()),
            None if text.is_empty() => Err(Say::new("table-cell-needed")),
            None => Err(Say::new("product-unknown")),
        }
    }

    fn plan(&self, product: &ProductId, text: &str) -> Result<Plan, Say> {
        match self.plans.get(&(product.clone(), text.to_lowercase())) {
            Some(plan) if plan.archived => Err(Say::new("plan-archived")),
            Some(plan) => Ok(plan.clone()),
            None => Err(Say::new("table-plan-unknown").with("product", product.to_string())),
        }
    }

    async fn organization(&mut self, read: &mut Reading<'_>) -> Result<Option<Organization>, Bad> {
        let text = read.cells.text(Column::Organization);
        if let Some(known) = self.organizations.get(text) {
            return Ok(known.clone());
        }
        let found = match who::organization(self.app, text).await {
            Ok(found) => found,
            Err(Trouble::Refused(say)) => {
                read.wrong.push(Wrong::at(Column::Organization, say));
                return Ok(None);
            }
            Err(Trouble::Store(error)) => return Err(error.into()),
            Err(_) => None,
        };
        if self.organizations.len() >= MOST_NAMES {
            self.organizations.clear();
        }
        self.organizations.insert(text.to_owned(), found.clone());
        Ok(found)
    }

    /// The owner: a user who is there, or one who would be made.
    async fn owner(
        &mut self,
        read: &mut Reading<'_>,
        organization: Option<&Organization>,
    ) -> Result<(Option<User>, Option<NewOwner>), Bad> {
        let text = read.cells.text(Column::OwnerEmail);
        if text.is_empty() {
            return Ok((None, None));
        }
        let Some(email) = mail::address(text) else {
            read.wrong.push(Wrong::at(Column::OwnerEmail, "refused-unfit-address"));
            return Ok((None, None));
        };
        let of = organization.map(|organization| organization.id);
        let outside = |name: &Organization| {
            let say = Say::new("table-owner-outside").with("name", name.name.as_str());
            Wrong::at(Column::OwnerEmail, say)
        };
        if let Some(user) = self.app.store().user_by_email(&email).await? {
            if !matches!(user.status, UserStatus::Active | UserStatus::Invited) {
                read.wrong.push(Wrong::at(Column::OwnerEmail, "table-owner-locked"));
            }
            // Who is not in it would not see it.
            if let Some(organization) = organization.filter(|of| user.organization != Some(of.id)) {
                read.wrong.push(outside(organization));
            }
            return Ok((Some(user), None));
        }
        let before = self.users.insert(short(&email), of);
        match (before, organization) {
            (Some(before), organization) if before != of => {
                // A row before makes them, somewhere else.
                self.users.insert(short(&email), before);
                if let Some(organization) = organization {
                    read.wrong.push(outside(organization));
                }
            }
            (None, Some(organization)) => self.comes(read, organization).await?,
            _ => {}
        }
        Ok((None, Some(NewOwner { email, id: self.app.random_id() })))
    }

    /// One more user would come into the organization.
    async fn comes(
        &mut self,
        read: &mut Reading<'_>,
        organization: &Organization,
    ) -> Result<(), Bad> {
        let id = organization.id;
        if !self.coming.contains_key(&id) {
            let free = match organization.allowed_users {
                Some(allowed) => {
                    Some(allowed.saturating_sub(self.app.store().counted_users(id).await?))
                }
                None => None,
            };
            self.coming.insert(id, (0, free));
        }
        let Some((coming, free)) = self.coming.get_mut(&id) else { return Ok(()) };
        *coming += 1;
        if free.is_some_and(|free| *coming > free) {
            let allowed = organization.allowed_users.unwrap_or(0);
            let say = Say::new("organization-full").with("count", allowed);
            read.wrong.push(Wrong::at(Column::OwnerEmail, say));
        }
        Ok(())
    }

    /// The key that is given, or as many as are asked for.
    async fn keys(&mut self, read: &mut Reading<'_>) -> Result<Vec<LicenseKey>, Bad> {
        let count = read.optional(Column::Count, |text| whole(text, 1, MOST_OF_A_ROW)).flatten();
        let count = count.unwrap_or(1);
        let text = read.cells.text(Column::Key);
        if text.is_empty() {
            let key = || LicenseKey::generate(&mut self.app.rng());
            return Ok((0..count).map(|_| key()).collect());
        }
        let Ok(key) = text.parse::<LicenseKey>() else {
            read.wrong.push(Wrong::at(Column::Key, "table-key-unfit"));
            return Ok(Vec::new());
        };
        if count != 1 {
            read.wrong.push(Wrong::at(Column::Count, "table-key-and-count"));
        }
        if !self.keys.insert(short(key.normal())) {
            read.wrong.push(Wrong::at(Column::Key, "table-key-twice"));
        } else if self.app.store().license(&key.id()).await?.is_some() {
            read.wrong.push(Wrong::at(Column::Key, "license-key-taken"));
        }
        Ok(vec![key])
    }

    /// What no single cell shows.
    fn check(&mut self, new: &NewLicense, now: UnixSeconds) -> Result<(), Wrong> {
        if self.is_held && is_far_away(&new.validity, now) {
            return Err(Wrong::at(Column::Validity, "table-second-person"));
        }
        let app = self.app;
        let room = self
            .rooms
            .entry(new.product.clone())
            .or_insert_with(|| room(app, &new.product, Of::License));
        Said::by(new).fits(*room).map_err(|unfit| Wrong(None, unfit.0))
    }
}

/// A row that is being read, with what was wrong until now.
struct Reading<'a> {
    cells: Cells<'a>,
    wrong: Vec<Wrong>,
}

/// What a row and its plan say.
struct Values {
    holder: Option<String>,
    activations: Option<u64>,
    deactivations: Option<u64>,
    validity: Validity,
    features: Entitlements,
    metadata: Metadata,
    limits: ReleaseLimits,
}

impl Reading<'_> {
    fn take<T>(&mut self, column: Column, read: impl FnOnce(&str) -> Result<T, Say>) -> Option<T> {
        match read(self.cells.text(column)) {
            Ok(value) => Some(value),
            Err(what) => {
                self.wrong.push(Wrong::at(column, what));
                None
            }
        }
    }

    /// `Some(None)` where the cell is empty; `None` where it is wrong.
    #[allow(clippy::option_option)] // an empty cell and a wrong one are two things
    fn optional<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(&str) -> Result<T, Say>,
    ) -> Option<Option<T>> {
        self.take(column, |text| match text {
            "" => Ok(None),
            text => read(text).map(Some),
        })
    }

    fn values(&mut self, plan: Option<&Plan>, now: UnixSeconds) -> Option<Values> {
        let limit = |text: &str| match text.to_lowercase().as_str() {
            "any" => Ok(None),
            text => whole(text, 0, LARGEST).map(Some),
        };
        let activations = self.optional(Column::Activations, limit);
        let deactivations = self.optional(Column::Deactivations, limit);
        let validity = self.validity(plan, now);
        let holder =
            self.optional(Column::Holder, |text| Ok(Field::Holder.check(text)?.to_owned()));
        let features = self.optional(Column::Features, |text| {
            parse_entitlements(lines(text)).map_err(|error| words(&error))
        });
        let metadata = self.optional(Column::Metadata, |text| {
            parse_metadata(lines(text)).map_err(|error| words(&error))
        });
        let until = self.optional(Column::MaintenanceUntil, |text| Ok(up_to::last_second(text)?));
        let highest = self.optional(Column::HighestVersion, |text| Ok(up_to::highest(text)?));
        let by_plan = plan.map(|plan| plan.limits(now)).unwrap_or_default();
        if self.cells.text(Column::Plan).is_empty() && activations == Some(None) {
            self.wrong.push(Wrong::at(Column::Activations, "table-activations-needed"));
        }
        let mut all = plan.map(|plan| plan.metadata.clone()).unwrap_or_default();
        all.extend(metadata?.unwrap_or_default());
        Some(Values {
            limits: ReleaseLimits {
                maintenance_until: until?.or(by_plan.maintenance_until),
                highest_version: highest?.or(by_plan.highest_version),
            },
            holder: holder?,
            activations: activations?.unwrap_or(plan.and_then(|plan| plan.allowed_activations)),
            deactivations: deactivations?
                .unwrap_or(plan.and_then(|plan| plan.allowed_deactivations)),
            validity: validity?,
            features: match features? {
                Some(features) => features,
                None => plan.map(|plan| plan.entitlements.clone()).unwrap_or_default(),
            },
            metadata: all,
        })
    }

    fn validity(&mut self, plan: Option<&Plan>, now: UnixSeconds) -> Option<Validity> {
        let validity = self.optional(Column::Validity, validity)?;
        let end = self.optional(Column::ExpiresAt, |text| {
            let end = up_to::last_second(text)?;
            if end <= now {
                return Err(Say::new("table-ended"));
            }
            if end > MAX_TIME { Err(Say::new("extend-too-far")) } else { Ok(end) }
        })?;
        match (validity, end, plan) {
            (Some(_), Some(_), _) => {
                self.wrong.push(Wrong::at(Column::ExpiresAt, "table-two-ends"));
                None
            }
            (Some(validity), None, _) => Some(validity),
            (None, Some(end), _) => Some(Validity::Fixed(end)),
            (None, None, Some(plan)) => Some(plan.validity),
            // Its plan was named, and is none: that is said already.
            (None, None, None) if !self.cells.text(Column::Plan).is_empty() => None,
            (None, None, None) => {
                self.wrong.push(Wrong::at(Column::Validity, "table-validity-needed"));
                None
            }
        }
    }
}

/// `perpetual`, `365 days`, `365 days from first activation`; the words after the number may be left out.
fn validity(text: &str) -> Result<Validity, Say> {
    let unfit = || Say::new("table-validity-unfit");
    let text = text.to_lowercase();
    if text == "perpetual" {
        return Ok(Validity::Perpetual);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (days, rest) = text.split_at(digits);
    let days = whole(days, 1, LARGEST).map_err(|_| unfit())?;
    match rest.split_whitespace().collect::<Vec<_>>()[..] {
        [] | ["day" | "days"] | ["day" | "days", "from", "creation"] => {
            Ok(Validity::FromCreation(days * DAY))
        }
        ["day" | "days", "from", "first", "activation"] => {
            Ok(Validity::FromFirstActivation(days * DAY))
        }
        _ => Err(unfit()),
    }
}

fn whole(text: &str, least: u64, most: u64) -> Result<u64, Say> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    let shown: String = text.chars().take(40).collect();
    number.ok_or_else(|| {
        let say = Say::new("table-number").with("text", shown);
        say.with("least", least.to_string()).with("most", most.to_string())
    })
}

/// Several entries of one cell: by `|`, or a line each.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['|', '\n'])
}

fn words(error: &anyhow::Error) -> Say {
    match error.downcast_ref::<Unfit>() {
        Some(Unfit(say)) => say.clone(),
        None => Say::new("input-detail").with("detail", error.to_string()),
    }
}

fn short(text: &str) -> Short {
    Hash::of(text).as_bytes().first_chunk().copied().unwrap_or_default()
}
