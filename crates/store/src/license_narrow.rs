//! Filters that leave few of very many licenses: by status, plan, product or end. A list goes through the index of its order and
//! would look at all licenses to fill a page with the few that fit. So the filter is asked first, through an index of its own:
//! few are read and put into order here, many are soon found in any order.

use crate::engine::Connection;

use crate::access::Scope;
use crate::error::Result;
use crate::license::LicenseStatus;
use crate::license_list::{LicenseOrder, LicenseQuery, NEVER};
use crate::page::{Cursor, Key};
use crate::row::Columns;
use crate::{find, list};

// More than 1000 are many. The first of each pair tells whether there are, without looking at a row of the table.
const MANY_IN_STATUS: &str = "SELECT 1 FROM license WHERE status = ?1 AND status IN ('suspended', 'revoked') LIMIT 1 OFFSET 1000";
const IN_STATUS: &str = "SELECT id, created_at, COALESCE(expires_at, 9007199254740991), product_id, live_activations, status, plan_id FROM license \
    WHERE status = ?1 AND status IN ('suspended', 'revoked') LIMIT 1000";
const MANY_IN_STATUS_OF: &str = "SELECT 1 FROM license WHERE organization_id = ?2 AND status = ?1 AND status IN ('suspended', 'revoked') \
    LIMIT 1 OFFSET 1000";
const IN_STATUS_OF: &str = "SELECT id, created_at, COALESCE(expires_at, 9007199254740991), product_id, live_activations, status, plan_id FROM license \
    WHERE organization_id = ?2 AND status = ?1 AND status IN ('suspended', 'revoked') LIMIT 1000";
const MANY_OF_PRODUCT: &str = "SELECT 1 FROM license WHERE product_id = ?1 LIMIT 1 OFFSET 1000";
const OF_PRODUCT: &str = "SELECT id, created_at, COALESCE(expires_at, 9007199254740991), product_id, live_activations, status, plan_id FROM license \
    WHERE product_id = ?1 LIMIT 1000";
const MANY_OF_PRODUCT_OF: &str =
    "SELECT 1 FROM license WHERE organization_id = ?2 AND product_id = ?1 LIMIT 1 OFFSET 1000";
const OF_PRODUCT_OF: &str = "SELECT id, created_at, COALESCE(expires_at, 9007199254740991), product_id, live_activations, status, plan_id FROM license \
    WHERE organization_id = ?2 AND product_id = ?1 LIMIT 1000";
const MANY_OF_PLAN: &str = "SELECT 1 FROM license WHERE plan_id = ?1 LIMIT 1 OFFSET 1000";
const OF_PLAN: &str = "SELECT id, created_at, COALESCE(expires_at, 9007199254740991), product_id, live_activations, status, plan_id FROM license \
    WHERE plan_id = ?1 LIMIT 1000";
const MANY_OF_PLAN_OF: &str =
    "SELECT 1 FROM license WHERE organization_id = ?2 AND plan_id = ?1 LIMIT 1 OFFSET 1000";
const OF_PLAN_OF: &str = "SELECT id, created_at, COALESCE(expires_at, 9007199254740991), product_id, live_activations, status, plan_id FROM license \
    WHERE organization_id = ?2 AND plan_id = ?1 LIMIT 1000";
const MANY_ENDING: &str = "SELECT 1 FROM license \
    WHERE COALESCE(expires_at, 9007199254740991) > ?1 AND COALESCE(expires_at, 9007199254740991) <= ?2 LIMIT 1 OFFSET 1000";
const ENDING: &str = "SELECT id, created_at, COALESCE(expires_at, 9007199254740991), product_id, live_activations, status, plan_id FROM license \
    WHERE COALESCE(expires_at, 9007199254740991) > ?1 AND COALESCE(expires_at, 9007199254740991) <= ?2 LIMIT 1000";
const MANY_ENDING_OF: &str = "SELECT 1 FROM license WHERE organization_id = ?3 \
    AND COALESCE(expires_at, 9007199254740991) > ?1 AND COALESCE(expires_at, 9007199254740991) <= ?2 LIMIT 1 OFFSET 1000";
const ENDING_OF: &str = "SELECT id, created_at, COALESCE(expires_at, 9007199254740991), product_id, live_activations, status, plan_id FROM license \
    WHERE organization_id = ?3 \
    AND COALESCE(expires_at, 9007199254740991) > ?1 AND COALESCE(expires_at, 9007199254740991) <= ?2 LIMIT 1000";

/// What the filters of a query leave.
pub(crate) enum Left {
    /// So few that all of them are here: the page that was asked for, with one more place if there is one.
    Few(Vec<Cursor>),
    /// More: they are found in the order of their ends, if those are what the query asks for.
    Many,
}

/// Asks the filters of the query, the one that leaves the fewest as a rule first. A user's own licenses are few anyway, and a reseller's are read as theirs are.
pub(crate) fn narrow(c: &Connection, query: &LicenseQuery, most: usize) -> Result<Left> {
    let organization = match query.scope.0 {
        Scope::Vendor => None,
        Scope::Organization(id) => Some(id.to_string()),
        Scope::Reseller(_) | Scope::User { .. } => return Ok(Left::Many),
    };
    let status = query.status().filter(|status| *status != LicenseStatus::Active);
    if let Some(status) = status {
        let sql = [MANY_IN_STATUS, IN_STATUS, MANY_IN_STATUS_OF, IN_STATUS_OF];
        if let Some(found) = few(c, sql, status.as_str(), organization.as_deref())? {
            return Ok(Left::Few(cut(found, query, most)));
        }
    }
    if let Some(plan) = &query.plan {
        let sql = [MANY_OF_PLAN, OF_PLAN, MANY_OF_PLAN_OF, OF_PLAN_OF];
        if let Some(found) = few(c, sql, &plan.to_string(), organization.as_deref())? {
            return Ok(Left::Few(cut(found, query, most)));
        }
    }
    if let Some(product) = &query.product {
        let sql = [MANY_OF_PRODUCT, OF_PRODUCT, MANY_OF_PRODUCT_OF, OF_PRODUCT_OF];
        if let Some(found) = few(c, sql, product.as_str(), organization.as_deref())? {
            return Ok(Left::Few(cut(found, query, most)));
        }
    }
    if query.ends() != (-1, NEVER)
        && let Some(found) = few_ending(c, query.ends(), organization.as_deref())?
    {
        return Ok(Left::Few(cut(found, query, most)));
    }
    Ok(Left::Many)
}

/// A license, as far as filters and orders ask.
struct Candidate {
    id: String,
    created_at: i64,
    end: i64,
    product: String,
    live: i64,
    status: LicenseStatus,
    plan: Option<String>,
}

/// All with this value, unless there are many.
fn few(
    c: &Connection,
    [many, all, many_of, all_of]: [&'static str; 4],
    value: &str,
    organization: Option<&str>,
) -> Result<Option<Vec<Candidate>>> {
    let sql = if organization.is_some() { many_of } else { many };
    let found = match organization {
        Some(of) => find(c, sql, (value, of), |_| Ok(()))?,
        None => find(c, sql, [value], |_| Ok(()))?,
    };
    if found.is_some() {
        return Ok(None);
    }
    let sql = if organization.is_some() { all_of } else { all };
    match organization {
        Some(of) => list(c, sql, (value, of), map).map(Some),
        None => list(c, sql, [value], map).map(Some),
    }
}

fn few_ending(
    c: &Connection,
    (after, until): (i64, i64),
    organization: Option<&str>,
) -> Result<Option<Vec<Candidate>>> {
    let found = match organization {
        Some(of) => find(c, MANY_ENDING_OF, (after, until, of), |_| Ok(()))?,
        None => find(c, MANY_ENDING, (after, until), |_| Ok(()))?,
    };
    if found.is_some() {
        return Ok(None);
    }
    match organization {
        Some(of) => list(c, ENDING_OF, (after, until, of), map).map(Some),
        None => list(c, ENDING, (after, until), map).map(Some),
    }
}

/// Those that fit, in order, after the place where the query begins.
fn cut(found: Vec<Candidate>, query: &LicenseQuery, most: usize) -> Vec<Cursor> {
    let order = query.order;
    let (after, until) = query.ends();
    let plan = query.plan.map(|id| id.to_string());
    let mut places: Vec<Cursor> = found
        .into_iter()
        .filter(|license| {
            query.product.as_ref().is_none_or(|product| product.as_str() == license.product)
                && (plan.is_none() || plan == license.plan)
                && query.status().is_none_or(|status| status == license.status)
                && license.end > after
                && license.end <= until
        })
        .map(|license| {
            let key = match order {
                LicenseOrder::Created => Key::Number(license.created_at),
                LicenseOrder::End => Key::Number(license.end),
                LicenseOrder::Product => Key::Text(license.product),
                LicenseOrder::Seats => Key::Number(license.live),
            };
            Cursor { id: license.id, key }
        })
        .collect();
    let compare = |a: &Cursor, b: &Cursor| {
        let rising = (&a.key, &a.id).cmp(&(&b.key, &b.id));
        if order.falls() { rising.reverse() } else { rising }
    };
    let start = order.after(query.after.as_ref());
    places.retain(|place| compare(&start, place).is_lt());
    places.sort_by(compare);
    places.truncate(most);
    places
}

fn map(row: &mut Columns<'_>) -> Result<Candidate> {
    Ok(Candidate {
        id: row.text()?,
        created_at: row.take()?,
        end: row.take()?,
        product: row.text()?,
        live: row.take()?,
        status: row.parsed("license status")?,
        plan: row.take()?,
    })
}
