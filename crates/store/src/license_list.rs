//! Lists of licenses: of the vendor, of a reseller's customers, of an organization, of a user; filtered, in one of four orders, page by page. With
//! words to search for: `license_search`.

use crate::engine::Connection;
use crate::engine::params::Value;
use countersign_core::{Id, LicenseId, ProductId, UnixSeconds};

use crate::access::{LicenseScope, Scope};
use crate::error::{Result, StoreError};
use crate::license::{self, License, LicenseStatus};
use crate::license_narrow::{self, Left};
use crate::page::{self, Cursor, Key, Page};
use crate::row::{Columns, seconds};
use crate::{Store, license_search};

const DAY: u64 = 86_400;
/// Later than every end: licenses without one come last. It stands in the statements and indexes as well.
pub(crate) const NEVER: i64 = 9_007_199_254_740_991;

// Every list has its statement, so that each is planned for its own index. The limit is a literal, one more than the largest
// page: SQLite plans a statement anew for each value of a bound limit. Filters stand in a CASE: no index is chosen for one of them,
// and a server takes them to leave half of the rows, and not next to none, for which it would read all of them. Where somebody's own
// licenses are read by their ids, "+ 0" (or "|| ''") keeps the order from choosing an index: who has few would wait for all that
// there are to be looked at.
const ALL_BY_CREATION: &str = "SELECT id, created_at FROM license \
    WHERE (created_at, id) < (?1, ?2) AND CASE WHEN (product_id = ?3 OR ?3 IS NULL) AND (status = ?4 OR ?4 IS NULL) AND (plan_id = ?7 OR ?7 IS NULL) \
    AND COALESCE(expires_at, 9007199254740991) > ?5 AND COALESCE(expires_at, 9007199254740991) <= ?6 THEN TRUE ELSE FALSE END \
    ORDER BY created_at DESC, id DESC LIMIT 101";
const ALL_BY_END: &str = "SELECT id, COALESCE(expires_at, 9007199254740991) FROM license \
    WHERE COALESCE(expires_at, 9007199254740991) >= ?1 AND COALESCE(expires_at, 9007199254740991) <= ?6 \
    AND CASE WHEN (COALESCE(expires_at, 9007199254740991) > ?1 OR id > ?2) AND (product_id = ?3 OR ?3 IS NULL) AND (status = ?4 OR ?4 IS NULL) \
    AND (plan_id = ?7 OR ?7 IS NULL) AND COALESCE(expires_at, 9007199254740991) > ?5 THEN TRUE ELSE FALSE END \
    ORDER BY COALESCE(expires_at, 9007199254740991), id LIMIT 101";
const ALL_BY_PRODUCT: &str = "SELECT id, product_id FROM license \
    WHERE (product_id, id) > (?1, ?2) AND CASE WHEN (product_id = ?3 OR ?3 IS NULL) AND (status = ?4 OR ?4 IS NULL) AND (plan_id = ?7 OR ?7 IS NULL) \
    AND COALESCE(expires_at, 9007199254740991) > ?5 AND COALESCE(expires_at, 9007199254740991) <= ?6 THEN TRUE ELSE FALSE END \
    ORDER BY product_id, id LIMIT 101";
const ALL_BY_SEATS: &str = "SELECT id, live_activations FROM license \
    WHERE (live_activations, id) < (?1, ?2) AND CASE WHEN (product_id = ?3 OR ?3 IS NULL) AND (status = ?4 OR ?4 IS NULL) AND (plan_id = ?7 OR ?7 IS NULL) \
    AND COALESCE(expires_at, 9007199254740991) > ?5 AND COALESCE(expires_at, 9007199254740991) <= ?6 THEN TRUE ELSE FALSE END \
    ORDER BY live_activations DESC, id DESC LIMIT 101";
const OF_ORGANIZATION_BY_CREATION: &str = "SELECT id, created_at FROM license \
    WHERE organization_id = ?7 AND (created_at, id) < (?1, ?2) AND CASE WHEN (product_id = ?3 OR ?3 IS NULL) AND (status = ?4 OR ?4 IS NULL) AND (plan_id = ?8 OR ?8 IS NULL) \
    AND COALESCE(expires_at, 9007199254740991) > ?5 AND COALESCE(expires_at, 9007199254740991) <= ?6 THEN TRUE ELSE FALSE END \
    ORDER BY created_at DESC, id DESC LIMIT 101";
const OF_ORGANIZATION_BY_END: &str = "SELECT id, COALESCE(expires_at, 9007199254740991) FROM license \
    WHERE organization_id = ?7 AND COALESCE(expires_at, 9007199254740991) >= ?1 AND COALESCE(expires_at, 9007199254740991) <= ?6 \
    AND CASE WHEN (COALESCE(expires_at, 9007199254740991) > ?1 OR id > ?2) AND (product_id = ?3 OR ?3 IS NULL) AND (status = ?4 OR ?4 IS NULL) \
    AND (plan_id = ?8 OR ?8 IS NULL) AND COALESCE(expires_at, 9007199254740991) > ?5 THEN TRUE ELSE FALSE END \
    ORDER BY COALESCE(expires_at, 9007199254740991), id LIMIT 101";
const OF_ORGANIZATION_BY_PRODUCT: &str = "SELECT id, product_id FROM license \
    WHERE organization_id = ?7 AND (product_id, id) > (?1, ?2) AND CASE WHEN (product_id = ?3 OR ?3 IS NULL) AND (status = ?4 OR ?4 IS NULL) AND (plan_id = ?8 OR ?8 IS NULL) \
    AND COALESCE(expires_at, 9007199254740991) > ?5 AND COALESCE(expires_at, 9007199254740991) <= ?6 THEN TRUE ELSE FALSE END \
    ORDER BY product_id, id LIMIT 101";
const OF_ORGANIZATION_BY_SEATS: &str = "SELECT id, live_activations FROM license \
    WHERE organization_id = ?7 AND (live_activations, id) < (?1, ?2) AND CASE WHEN (product_id = ?3 OR ?3 IS NULL) AND (status = ?4 OR ?4 IS NULL) AND (plan_id = ?8 OR ?8 IS NULL) \
    AND COALESCE(expires_at, 9007199254740991) > ?5 AND COALESCE(expires_at, 9007199254740991) <= ?6 THEN TRUE ELSE FALSE END \
    ORDER BY live_activations DESC, id DESC LIMIT 101";
const OF_RESELLER_BY_CREATION: &str = "SELECT l.id, l.created_at FROM (SELECT x.id FROM license x WHERE x.organization_id = ?7 \
    UNION SELECT x.id FROM organization o CROSS JOIN license x WHERE o.reseller_id = ?7 AND x.organization_id = o.id \
    UNION SELECT x.id FROM app_user u CROSS JOIN license x \
    WHERE u.reseller_id = ?7 AND x.owner_user_id = u.id AND x.organization_id IS NULL) own \
    CROSS JOIN license l WHERE l.id = own.id \
    AND (l.created_at + 0, l.id) < (?1, ?2) AND (l.product_id = ?3 OR ?3 IS NULL) AND (l.status = ?4 OR ?4 IS NULL) AND (l.plan_id = ?8 OR ?8 IS NULL) \
    AND COALESCE(l.expires_at, 9007199254740991) + 0 > ?5 AND COALESCE(l.expires_at, 9007199254740991) + 0 <= ?6 \
    ORDER BY l.created_at + 0 DESC, l.id DESC LIMIT 101";
const OF_RESELLER_BY_END: &str = "SELECT l.id, COALESCE(l.expires_at, 9007199254740991) FROM (SELECT x.id FROM license x WHERE x.organization_id = ?7 \
    UNION SELECT x.id FROM organization o CROSS JOIN license x WHERE o.reseller_id = ?7 AND x.organization_id = o.id \
    UNION SELECT x.id FROM app_user u CROSS JOIN license x \
    WHERE u.reseller_id = ?7 AND x.owner_user_id = u.id AND x.organization_id IS NULL) own \
    CROSS JOIN license l WHERE l.id = own.id \
    AND COALESCE(l.expires_at, 9007199254740991) + 0 >= ?1 AND (COALESCE(l.expires_at, 9007199254740991) + 0 > ?1 OR l.id > ?2) AND (l.product_id = ?3 OR ?3 IS NULL) AND (l.status = ?4 OR ?4 IS NULL) AND (l.plan_id = ?8 OR ?8 IS NULL) \
    AND COALESCE(l.expires_at, 9007199254740991) + 0 > ?5 AND COALESCE(l.expires_at, 9007199254740991) + 0 <= ?6 \
    ORDER BY COALESCE(l.expires_at, 9007199254740991) + 0, l.id LIMIT 101";
const OF_RESELLER_BY_PRODUCT: &str = "SELECT l.id, l.product_id FROM (SELECT x.id FROM license x WHERE x.organization_id = ?7 \
    UNION SELECT x.id FROM organization o CROSS JOIN license x WHERE o.reseller_id = ?7 AND x.organization_id = o.id \
    UNION SELECT x.id FROM app_user u CROSS JOIN license x \
    WHERE u.reseller_id = ?7 AND x.owner_user_id = u.id AND x.organization_id IS NULL) own \
    CROSS JOIN license l WHERE l.id = own.id \
    AND (l.product_id || '', l.id) > (?1, ?2) AND (l.product_id = ?3 OR ?3 IS NULL) AND (l.status = ?4 OR ?4 IS NULL) AND (l.plan_id = ?8 OR ?8 IS NULL) \
    AND COALESCE(l.expires_at, 9007199254740991) + 0 > ?5 AND COALESCE(l.expires_at, 9007199254740991) + 0 <= ?6 \
    ORDER BY l.product_id || '', l.id LIMIT 101";
const OF_RESELLER_BY_SEATS: &str = "SELECT l.id, l.live_activations FROM (SELECT x.id FROM license x WHERE x.organization_id = ?7 \
    UNION SELECT x.id FROM organization o CROSS JOIN license x WHERE o.reseller_id = ?7 AND x.organization_id = o.id \
    UNION SELECT x.id FROM app_user u CROSS JOIN license x \
    WHERE u.reseller_id = ?7 AND x.owner_user_id = u.id AND x.organization_id IS NULL) own \
    CROSS JOIN license l WHERE l.id = own.id \
    AND (l.live_activations + 0, l.id) < (?1, ?2) AND (l.product_id = ?3 OR ?3 IS NULL) AND (l.status = ?4 OR ?4 IS NULL) AND (l.plan_id = ?8 OR ?8 IS NULL) \
    AND COALESCE(l.expires_at, 9007199254740991) + 0 > ?5 AND COALESCE(l.expires_at, 9007199254740991) + 0 <= ?6 \
    ORDER BY l.live_activations + 0 DESC, l.id DESC LIMIT 101";
const OF_USER_BY_CREATION: &str = "SELECT l.id, l.created_at FROM (SELECT x.id FROM license x WHERE x.owner_user_id = ?7 \
    AND COALESCE(x.organization_id, ?8) = ?8 \
    UNION SELECT x.id FROM group_member m CROSS JOIN user_group g CROSS JOIN group_license gl CROSS JOIN license x \
    WHERE m.user_id = ?7 AND g.id = m.group_id AND g.organization_id = ?8 AND g.deleted_at IS NULL \
    AND gl.group_id = g.id AND gl.unlinked_at IS NULL AND x.id = gl.license_id AND x.organization_id = ?8) own \
    CROSS JOIN license l WHERE l.id = own.id \
    AND (l.created_at + 0, l.id) < (?1, ?2) AND (l.product_id = ?3 OR ?3 IS NULL) AND (l.status = ?4 OR ?4 IS NULL) AND (l.plan_id = ?9 OR ?9 IS NULL) \
    AND COALESCE(l.expires_at, 9007199254740991) + 0 > ?5 AND COALESCE(l.expires_at, 9007199254740991) + 0 <= ?6 \
    ORDER BY l.created_at + 0 DESC, l.id DESC LIMIT 101";
const OF_USER_BY_END: &str = "SELECT l.id, COALESCE(l.expires_at, 9007199254740991) FROM (SELECT x.id FROM license x WHERE x.owner_user_id = ?7 \
    AND COALESCE(x.organization_id, ?8) = ?8 \
    UNION SELECT x.id FROM group_member m CROSS JOIN user_group g CROSS JOIN group_license gl CROSS JOIN license x \
    WHERE m.user_id = ?7 AND g.id = m.group_id AND g.organization_id = ?8 AND g.deleted_at IS NULL \
    AND gl.group_id = g.id AND gl.unlinked_at IS NULL AND x.id = gl.license_id AND x.organization_id = ?8) own \
    CROSS JOIN license l WHERE l.id = own.id \
    AND COALESCE(l.expires_at, 9007199254740991) + 0 >= ?1 AND (COALESCE(l.expires_at, 9007199254740991) + 0 > ?1 OR l.id > ?2) AND (l.product_id = ?3 OR ?3 IS NULL) AND (l.status = ?4 OR ?4 IS NULL) AND (l.plan_id = ?9 OR ?9 IS NULL) \
    AND COALESCE(l.expires_at, 9007199254740991) + 0 > ?5 AND COALESCE(l.expires_at, 9007199254740991) + 0 <= ?6 \
    ORDER BY COALESCE(l.expires_at, 9007199254740991) + 0, l.id LIMIT 101";
const OF_USER_BY_PRODUCT: &str = "SELECT l.id, l.product_id FROM (SELECT x.id FROM license x WHERE x.owner_user_id = ?7 \
    AND COALESCE(x.organization_id, ?8) = ?8 \
    UNION SELECT x.id FROM group_member m CROSS JOIN user_group g CROSS JOIN group_license gl CROSS JOIN license x \
    WHERE m.user_id = ?7 AND g.id = m.group_id AND g.organization_id = ?8 AND g.deleted_at IS NULL \
    AND gl.group_id = g.id AND gl.unlinked_at IS NULL AND x.id = gl.license_id AND x.organization_id = ?8) own \
    CROSS JOIN license l WHERE l.id = own.id \
    AND (l.product_id || '', l.id) > (?1, ?2) AND (l.product_id = ?3 OR ?3 IS NULL) AND (l.status = ?4 OR ?4 IS NULL) AND (l.plan_id = ?9 OR ?9 IS NULL) \
    AND COALESCE(l.expires_at, 9007199254740991) + 0 > ?5 AND COALESCE(l.expires_at, 9007199254740991) + 0 <= ?6 \
    ORDER BY l.product_id || '', l.id LIMIT 101";
const OF_USER_BY_SEATS: &str = "SELECT l.id, l.live_activations FROM (SELECT x.id FROM license x WHERE x.owner_user_id = ?7 \
    AND COALESCE(x.organization_id, ?8) = ?8 \
    UNION SELECT x.id FROM group_member m CROSS JOIN user_group g CROSS JOIN group_license gl CROSS JOIN license x \
    WHERE m.user_id = ?7 AND g.id = m.group_id AND g.organization_id = ?8 AND g.deleted_at IS NULL \
    AND gl.group_id = g.id AND gl.unlinked_at IS NULL AND x.id = gl.license_id AND x.organization_id = ?8) own \
    CROSS JOIN license l WHERE l.id = own.id \
    AND (l.live_activations + 0, l.id) < (?1, ?2) AND (l.product_id = ?3 OR ?3 IS NULL) AND (l.status = ?4 OR ?4 IS NULL) AND (l.plan_id = ?9 OR ?9 IS NULL) \
    AND COALESCE(l.expires_at, 9007199254740991) + 0 > ?5 AND COALESCE(l.expires_at, 9007199254740991) + 0 <= ?6 \
    ORDER BY l.live_activations + 0 DESC, l.id DESC LIMIT 101";

/// Which licenses to list.
#[derive(Debug, Clone)]
pub struct LicenseQuery {
    /// Whose.
    pub scope: LicenseScope,
    /// What they are searched by: product id or name, plan, holder, whole key or its last group, license id, or the
    /// beginning of a machine's name.
    pub search: Option<String>,
    /// Only those in this state.
    pub filter: Option<LicenseFilter>,
    /// Only those that end within so many days.
    pub ends_within_days: Option<u32>,
    /// Only those of this product.
    pub product: Option<ProductId>,
    /// Only those that were made by this plan.
    pub plan: Option<Id>,
    /// In which order. Licenses that have ended or are to end soon, when there are more than 1000, come in the order of their
    /// ends: through that alone they are found without looking at all the others.
    pub order: LicenseOrder,
    /// After which place.
    pub after: Option<Cursor>,
    /// Licenses of a page, 1 to 100.
    pub most: usize,
    /// The time.
    pub now: UnixSeconds,
}

/// A license's status, as people see it: what has ended is active no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenseFilter {
    /// It counts and has not ended.
    Active,
    /// Suspended by the vendor.
    Suspended,
    /// Revoked by the vendor.
    Revoked,
    /// It has ended, and nothing else is wrong with it.
    Ended,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenseOrder {
    /// The newest first.
    Created,
    /// Those that end soonest first, those that never end last.
    End,
    /// By product id.
    Product,
    /// Those with the most seats in use first.
    Seats,
}

/// One page of licenses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicensePage {
    /// The licenses, and the next page.
    pub page: Page<License>,
    /// The search has so many hits that not all were looked at: it is to be narrowed down.
    pub too_many: bool,
}

impl LicenseFilter {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Active, Self::Suspended, Self::Revoked, Self::Ended];

    /// As text, in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
        }
    }
}

impl LicenseOrder {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Created, Self::End, Self::Product, Self::Seats];

    /// As text, in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::End => "end",
            Self::Product => "product",
            Self::Seats => "seats",
        }
    }

    /// Whether larger values come first.
    pub(crate) fn falls(self) -> bool {
        matches!(self, Self::Created | Self::Seats)
    }

    fn statement(self, scope: &Scope) -> &'static str {
        match (scope, self) {
            (Scope::Vendor, Self::Created) => ALL_BY_CREATION,
            (Scope::Vendor, Self::End) => ALL_BY_END,
            (Scope::Vendor, Self::Product) => ALL_BY_PRODUCT,
            (Scope::Vendor, Self::Seats) => ALL_BY_SEATS,
            (Scope::Organization(_), Self::Created) => OF_ORGANIZATION_BY_CREATION,
            (Scope::Organization(_), Self::End) => OF_ORGANIZATION_BY_END,
            (Scope::Organization(_), Self::Product) => OF_ORGANIZATION_BY_PRODUCT,
            (Scope::Organization(_), Self::Seats) => OF_ORGANIZATION_BY_SEATS,
            (Scope::Reseller(_), Self::Created) => OF_RESELLER_BY_CREATION,
            (Scope::Reseller(_), Self::End) => OF_RESELLER_BY_END,
            (Scope::Reseller(_), Self::Product) => OF_RESELLER_BY_PRODUCT,
            (Scope::Reseller(_), Self::Seats) => OF_RESELLER_BY_SEATS,
            (Scope::User { .. }, Self::Created) => OF_USER_BY_CREATION,
            (Scope::User { .. }, Self::End) => OF_USER_BY_END,
            (Scope::User { .. }, Self::Product) => OF_USER_BY_PRODUCT,
            (Scope::User { .. }, Self::Seats) => OF_USER_BY_SEATS,
        }
    }

    /// The value that the order goes by.
    fn key(self, license: &License) -> Key {
        match self {
            Self::Created => Key::Number(seconds(license.created_at)),
            Self::End => Key::Number(license.expires_at.map_or(NEVER, seconds)),
            Self::Product => Key::Text(license.product.to_string()),
            Self::Seats => Key::Number(seconds(license.live_activations)),
        }
    }

    /// The place before the first row.
    fn start(self) -> Cursor {
        match self {
            Self::Created | Self::Seats => {
                Cursor { key: Key::Number(i64::MAX), id: char::MAX.to_string() }
            }
            Self::End => Cursor { key: Key::Number(-1), id: String::new() },
            Self::Product => Cursor { key: Key::Text(String::new()), id: String::new() },
        }
    }

    /// The cursor, if it belongs to this order.
    pub(crate) fn after(self, cursor: Option<&Cursor>) -> Cursor {
        let of_this = |cursor: &&Cursor| cursor.number().is_some() == (self != Self::Product);
        cursor.filter(of_this).cloned().unwrap_or_else(|| self.start())
    }
}

impl LicenseQuery {
    /// All licenses of the scope, the newest first: a page of 25.
    pub fn of(scope: LicenseScope, now: UnixSeconds) -> Self {
        Self {
            scope,
            search: None,
            filter: None,
            ends_within_days: None,
            product: None,
            plan: None,
            order: LicenseOrder::Created,
            after: None,
            most: 25,
            now,
        }
    }

    pub(crate) fn status(&self) -> Option<LicenseStatus> {
        self.filter.map(|filter| match filter {
            LicenseFilter::Active | LicenseFilter::Ended => LicenseStatus::Active,
            LicenseFilter::Suspended => LicenseStatus::Suspended,
            LicenseFilter::Revoked => LicenseStatus::Revoked,
        })
    }

    /// Ends after the first and at the latest at the second.
    pub(crate) fn ends(&self) -> (i64, i64) {
        let now = seconds(self.now);
        let (mut after, mut until) = match self.filter {
            Some(LicenseFilter::Active) => (now, NEVER),
            Some(LicenseFilter::Ended) => (-1, now),
            _ => (-1, NEVER),
        };
        if let Some(days) = self.ends_within_days {
            after = after.max(now);
            until = until.min(seconds(self.now + u64::from(days) * DAY));
        }
        (after, until)
    }

    fn holds(&self, license: &License) -> bool {
        let (after, until) = self.ends();
        let end = license.expires_at.map_or(NEVER, seconds);
        self.product.as_ref().is_none_or(|product| *product == license.product)
            && self.plan.is_none_or(|plan| Some(plan) == license.plan_id)
            && self.status().is_none_or(|status| status == license.status)
            && end > after
            && end <= until
    }
}

impl Store {
    /// One page of licenses.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn license_page(&self, query: &LicenseQuery) -> Result<LicensePage> {
        self.read(|c| match query.search.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
            Some(search) => found(c, query, search),
            None => Ok(LicensePage { page: listed(c, query)?, too_many: false }),
        })
    }
}

fn listed(c: &Connection, query: &LicenseQuery) -> Result<Page<License>> {
    let most = page::wanted(query.most);
    let places = match license_narrow::narrow(c, query, most + 1)? {
        Left::Few(places) => places,
        Left::Many => places(c, query, most + 1)?,
    };
    let (ids, next) = page::cut(places, most);
    let items = ids.iter().map(|id| read(c, id)).collect::<Result<Vec<_>>>()?;
    Ok(Page { items: items.into_iter().flatten().collect(), next })
}

/// The places of a list, through the index of its order.
fn places(c: &Connection, query: &LicenseQuery, most: usize) -> Result<Vec<Cursor>> {
    let LicenseScope(scope) = query.scope;
    let is_wide = !matches!(scope, Scope::Reseller(_) | Scope::User { .. });
    let order = match query.order {
        _ if is_wide && query.ends().1 != NEVER => LicenseOrder::End,
        order => order,
    };
    let mut place = order.after(query.after.as_ref());
    let (after, until) = query.ends();
    if order == LicenseOrder::End && place.key < Key::Number(after) {
        // What ended before is not even looked at.
        place = Cursor { key: Key::Number(after), id: String::new() };
    }
    let text = |text: Option<String>| text.map_or(Value::Null, Value::Text);
    let key = match place.key {
        Key::Number(number) => Value::Integer(number),
        Key::Text(text) => Value::Text(text),
    };
    let mut values = vec![
        key,
        Value::Text(place.id),
        text(query.product.as_ref().map(ToString::to_string)),
        text(query.status().map(|status| status.as_str().to_owned())),
        Value::Integer(after),
        Value::Integer(until),
    ];
    match scope {
        Scope::Vendor => {}
        Scope::Reseller(id) | Scope::Organization(id) => values.push(Value::Text(id.to_string())),
        Scope::User { user, organization } => {
            values.push(Value::Text(user.to_string()));
            values.push(Value::Text(organization.map(|id| id.to_string()).unwrap_or_default()));
        }
    }
    values.push(text(query.plan.map(|id| id.to_string())));
    let row = |row: &mut Columns<'_>| {
        let id = row.text()?;
        let key = match order {
            LicenseOrder::Product => Key::Text(row.text()?),
            _ => Key::Number(row.take()?),
        };
        Ok(Cursor { id, key })
    };
    let sql = order.statement(&scope);
    crate::first(c, sql, values, most, row)
}

/// A search has few hits: they are put into order here.
fn found(c: &Connection, query: &LicenseQuery, search: &str) -> Result<LicensePage> {
    let hits = license_search::search(c, &query.scope.0, search)?;
    let order = query.order;
    let mut licenses: Vec<(Key, String, License)> = hits
        .licenses
        .into_iter()
        .filter(|license| query.holds(license))
        .map(|license| (order.key(&license), license.id.to_string(), license))
        .collect();
    let compare =
        |a: (&Key, &str), b: (&Key, &str)| if order.falls() { b.cmp(&a) } else { a.cmp(&b) };
    licenses.sort_by(|a, b| compare((&a.0, &a.1), (&b.0, &b.1)));
    let place = order.after(query.after.as_ref());
    licenses.retain(|(key, id, _)| compare((&place.key, &place.id), (key, id)).is_lt());
    let most = page::wanted(query.most);
    let more = licenses.len() > most;
    licenses.truncate(most);
    let last = licenses.last().map(|(key, id, _)| Cursor { id: id.clone(), key: key.clone() });
    let items = licenses.into_iter().map(|(.., license)| license).collect();
    let page = Page { items, next: last.filter(|_| more) };
    Ok(LicensePage { page, too_many: hits.too_many })
}

pub(crate) fn read(c: &Connection, id: &str) -> Result<Option<License>> {
    let id: LicenseId = id.parse().map_err(|_| StoreError::Malformed("license id"))?;
    license::find_license(c, &id)
}
