//! A table, or the licenses that came of it, as bytes that every node understands.

use std::sync::Arc;

use countersign_store::NewLicenses;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Kept, Table, What};
use crate::language::Say;
use crate::licensing::table::run::{Looked, MadeLicense};
use crate::licensing::table::{Column, Fault};

#[derive(Serialize, Deserialize)]
struct Written {
    user: String,
    what: WrittenWhat,
}

#[derive(Serialize, Deserialize)]
enum WrittenWhat {
    Table {
        name: String,
        /// Rows, licenses, users, faults.
        counts: [u64; 4],
        faults: Vec<(u64, Option<String>, Say)>,
        licenses: Vec<Value>,
        lines: Vec<u64>,
    },
    /// Key, id, product, plan, holder.
    Made(Vec<[String; 5]>),
}

pub(super) fn bytes(kept: &Kept) -> Vec<u8> {
    let what = match &kept.what {
        What::Table(table) => {
            let Table { name, looked, licenses, lines } = table;
            let fault = |fault: &Fault| {
                (fault.line, fault.column.map(|c| c.name().to_owned()), fault.what.clone())
            };
            WrittenWhat::Table {
                name: name.clone(),
                counts: [looked.rows, looked.licenses, looked.users, looked.fault_count],
                faults: looked.faults.iter().map(fault).collect(),
                licenses: licenses.iter().map(NewLicenses::to_json).collect(),
                lines: lines.clone(),
            }
        }
        What::Made(made) => WrittenWhat::Made(made.iter().map(row).collect()),
    };
    let written = Written { user: kept.user.to_string(), what };
    serde_json::to_vec(&written).unwrap_or_default()
}

fn row(made: &MadeLicense) -> [String; 5] {
    let MadeLicense { id, key, product, plan, holder } = made;
    let key = key.normal().to_owned();
    [key, id.to_string(), product.clone(), plan.clone(), holder.clone()]
}

/// `None`: a program of another version wrote it otherwise.
pub(super) fn read(bytes: &[u8]) -> Option<Kept> {
    let Written { user, what } = serde_json::from_slice(bytes).ok()?;
    let what = match what {
        WrittenWhat::Table {
            name,
            counts: [rows, count, users, fault_count],
            faults,
            licenses,
            lines,
        } => {
            let fault = |(line, column, what): (u64, Option<String>, Say)| {
                let column =
                    column.and_then(|name| Column::ALL.into_iter().find(|c| c.name() == name));
                Fault { line, column, what }
            };
            let faults = faults.into_iter().map(fault).collect();
            let looked = Looked { rows, licenses: count, users, faults, fault_count };
            let licenses =
                licenses.iter().map(NewLicenses::from_json).collect::<Option<Vec<_>>>()?;
            What::Table(Table { name, looked, licenses: Arc::new(licenses), lines })
        }
        WrittenWhat::Made(rows) => What::Made(rows.into_iter().map(made).collect::<Option<_>>()?),
    };
    Some(Kept { user: user.parse().ok()?, what })
}

fn made([key, id, product, plan, holder]: [String; 5]) -> Option<MadeLicense> {
    Some(MadeLicense { id: id.parse().ok()?, key: key.parse().ok()?, product, plan, holder })
}
