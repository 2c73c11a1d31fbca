//! `POST /api/v1/licenses/import`: licenses from a table, as CSV or as lines in JSON. Every line that is wrong is named, and
//! nothing is imported while one is.

use std::sync::Arc;

use countersign_core::Hash;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::MadeLicense;
use crate::api::operation::{Answer, Call, Described, Nothing, Operation};
use crate::desk::Refusal;
use crate::language::{Language, Say};
use crate::licensing::table::run::{Ended, Unread, Whole, import as import_all, look};
use crate::licensing::table::{Column, Fault};
use crate::problem::Problem;

/// How it is meant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct How {
    /// Whether the table is only looked at.
    #[serde(default)]
    dry_run: bool,
}

/// A table of licenses: one of the two.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LicenseTable")]
pub(crate) struct Sent {
    /// The table as a text (CSV), whose first line names the columns. The same as a body of the type text/csv.
    csv: Option<String>,
    /// Its lines, at most 5000.
    lines: Option<Vec<Line>>,
}

/// A line: what a table has in its columns.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LicenseLine")]
pub(crate) struct Line {
    /// Id of the product.
    product: Cell,
    /// Name of a plan of the product. What the line leaves out is as the plan has it.
    plan: Option<Cell>,
    /// Who holds it, in words.
    holder: Option<Cell>,
    /// E-mail address of its owner. Who has no account yet is created as invited, in the organization of the line.
    owner_email: Option<Cell>,
    /// Name or id of the organization that it belongs to.
    organization: Option<Cell>,
    /// Machines at a time: a number, or `any`. Needed without a plan.
    activations: Option<Cell>,
    /// Deactivations: a number, or `any`.
    deactivations: Option<Cell>,
    /// `perpetual`, `365 days` or `365 days from first activation`. Needed without a plan, unless it has an end.
    validity: Option<Cell>,
    /// The last day, as `2030-12-31` (UTC).
    expires_at: Option<Cell>,
    /// Features, separated by `|`: `name`, `name=7` or `name=word`.
    features: Option<Cell>,
    /// Metadata, separated by `|`: `name=value` for the app, or `name=value [user, organization]`.
    metadata: Option<Cell>,
    /// The last day of maintenance, as `2030-12-31` (UTC).
    maintenance_until: Option<Cell>,
    /// The highest version, as `2.4.1` or `2.x`.
    highest_version: Option<Cell>,
    /// Its key, if it has one already in the form of ours. Else one is made.
    key: Option<Cell>,
    /// How many such licenses, 1 to 1000; without it one.
    count: Option<Cell>,
}

/// What stands in a column: a text, or a whole number.
#[derive(Debug, Clone)]
pub(crate) struct Cell(String);

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match Value::deserialize(d)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) if number.is_u64() || number.is_i64() => {
                Ok(Self(number.to_string()))
            }
            _ => Err(D::Error::custom("a cell is a text or a whole number")),
        }
    }
}

impl JsonSchema for Cell {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cell".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"]})
    }
}

impl Line {
    /// In the order of [`Column::ALL`].
    fn cells(&self) -> [&str; Column::ALL.len()] {
        Column::ALL.map(|column| self.cell(column).map_or("", |cell| cell.0.as_str()))
    }

    fn cell(&self, column: Column) -> Option<&Cell> {
        match column {
            Column::Product => Some(&self.product),
            Column::Plan => self.plan.as_ref(),
            Column::Holder => self.holder.as_ref(),
            Column::OwnerEmail => self.owner_email.as_ref(),
            Column::Organization => self.organization.as_ref(),
            Column::Activations => self.activations.as_ref(),
            Column::Deactivations => self.deactivations.as_ref(),
            Column::Validity => self.validity.as_ref(),
            Column::ExpiresAt => self.expires_at.as_ref(),
            Column::Features => self.features.as_ref(),
            Column::Metadata => self.metadata.as_ref(),
            Column::MaintenanceUntil => self.maintenance_until.as_ref(),
            Column::HighestVersion => self.highest_version.as_ref(),
            Column::Key => self.key.as_ref(),
            Column::Count => self.count.as_ref(),
        }
    }
}

/// What came of a table.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LicenseImport")]
pub(crate) struct Imported {
    /// Whether it was only looked at: then nothing was imported.
    dry_run: bool,
    /// Lines that the table has.
    lines: u64,
    /// Licenses that they make.
    licenses: u64,
    /// Users that they make.
    users: u64,
    /// What is wrong, the first hundred faults. Where there is one, nothing is imported.
    faults: Vec<BadLine>,
    /// How many faults there are.
    fault_count: u64,
    /// The licenses, in the order of the lines; none after a dry run.
    made: Vec<MadeOfLine>,
}

/// Something that is wrong with a line.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BadLine {
    /// The line: of a text as editors count them, of lines in JSON the first is 1.
    line: u64,
    /// In which column, if it is one's.
    column: Option<&'static str>,
    /// What is wrong.
    detail: String,
}

/// A license that was made by a line.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MadeOfLine {
    /// The line.
    line: u64,
    /// The license.
    #[serde(flatten)]
    license: MadeLicense,
}

/// `POST`
pub(crate) fn import() -> Operation {
    Described::post("importLicenses", "Create licenses from a table")
        .more("All of them or none, at most 5000 from 2 MiB. The columns of a CSV are named as the members of a line. With dry_run=true the table is only looked at, and faults are in the answer; without it they are a problem. The answer has no keys: they are read with another scope.")
        .takes_table()
        .refuses(&[(422, "bad-lines"), (422, "unfit-value")])
        .example(|| {
            json!({"lines": [
                {"product": "acme-cad", "holder": "Jane", "activations": 5, "validity": "365 days"},
                {"product": "acme-cad", "activations": "any", "validity": "30 days from first activation", "count": 2},
            ]})
        })
        .run(imported)
}

async fn imported(call: Call<Nothing, How, Sent>) -> Result<Answer<Imported>, Problem> {
    let (app, dry_run) = (call.app(), call.query.dry_run);
    let table = Table::of(&call.body)?;
    let Whole { mut looked, licenses, mut lines } =
        look(app, &table.bytes).await.map_err(|error| match error {
            Unread::Io(error) => Problem::internal(&error),
            Unread::Store(error) => Refusal::Store(error).into(),
        })?;
    looked.fault_count += table.empty.len() as u64;
    looked.faults.iter_mut().for_each(|fault| fault.line = table.line(fault.line));
    looked.faults.extend(table.empty.iter().map(|line| empty(*line)));
    looked.faults.sort_by_key(|fault| fault.line);
    lines.iter_mut().for_each(|line| *line = table.line(*line));
    let faults: Vec<BadLine> = looked.faults.iter().map(BadLine::of).collect();
    let (fault_count, mut made) = (looked.fault_count, Vec::new());
    if fault_count > 0 && !dry_run {
        return Err(Problem::bad_lines(json!(faults), fault_count));
    }
    if !dry_run {
        let licenses = Arc::new(licenses);
        // Its name in the database: what is brought twice without a key is two tables.
        let list = Hash::of(format!("countersign/license-table-api/v1 {}", app.secret().0));
        let writing = call.writing("/api/v1/licenses");
        let ended = import_all(&writing, list, Arc::clone(&licenses), &call.actor()).await;
        if let Ended::Refused { row, why } = ended.map_err(Refusal::Store)? {
            let line = lines.get(row).copied().unwrap_or_default();
            let changed = BadLine::of(&Fault { line, column: None, what: why });
            return Err(Problem::bad_lines(json!([changed]), 1));
        }
        for (line, row) in lines.iter().zip(licenses.iter()) {
            let of = |key| MadeOfLine { line: *line, license: MadeLicense::of(key) };
            made.extend(row.keys.iter().map(of));
        }
    }
    Ok(Answer::shown(Imported {
        dry_run,
        lines: looked.rows + table.empty.len() as u64,
        licenses: looked.licenses,
        users: looked.users,
        faults,
        fault_count,
        made,
    }))
}

impl BadLine {
    fn of(fault: &Fault) -> Self {
        Self {
            line: fault.line,
            column: fault.column.map(Column::name),
            detail: Language::ENGLISH.say(&fault.what),
        }
    }
}

/// A line in which nothing stands: a table may have such lines, and nobody sends one on purpose.
fn empty(line: u64) -> Fault {
    Fault { line, column: Some(Column::Product), what: Say::new("table-cell-needed") }
}

/// What was sent, as a text.
struct Table {
    bytes: Vec<u8>,
    /// Of lines in JSON: at which line of the text each begins.
    starts: Option<Vec<u64>>,
    /// Of lines in JSON: those in which nothing stands.
    empty: Vec<u64>,
}

impl Table {
    fn of(sent: &Sent) -> Result<Self, Problem> {
        match sent {
            Sent { csv: Some(text), lines: None } => {
                Ok(Self { bytes: text.as_bytes().to_vec(), starts: None, empty: Vec::new() })
            }
            Sent { csv: None, lines: Some(lines) } if lines.is_empty() => {
                Err(Problem::unfit("table-empty"))
            }
            Sent { csv: None, lines: Some(lines) } => {
                Self::of_lines(lines).map_err(|error| Problem::internal(&error))
            }
            _ => Err(Problem::unfit("table-csv-or-lines")),
        }
    }

    fn of_lines(lines: &[Line]) -> Result<Self, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(Column::ALL.map(Column::name))?;
        let (mut starts, mut empty, mut at) = (Vec::new(), Vec::new(), 2);
        for (line, number) in lines.iter().zip(1..) {
            let cells = line.cells();
            writer.write_record(cells)?;
            starts.push(at);
            at += 1 + cells.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                empty.push(number);
            }
        }
        let bytes = writer.into_inner().map_err(|error| error.into_error())?;
        Ok(Self { bytes, starts: Some(starts), empty })
    }

    /// The line as it was sent, of one of the text.
    fn line(&self, line: u64) -> u64 {
        match &self.starts {
            Some(starts) => starts.partition_point(|start| *start <= line) as u64,
            None => line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_number_whatever_stands_in_the_cells_before_it() {
        let lines = json!([
            {"product": "a", "features": "x\ny\nz"},
            {"product": " "},
            {"product": "b\"\r\n,", "count": 2},
            {"product": "c"},
        ]);
        let lines: Vec<Line> = serde_json::from_value(lines).unwrap();
        let table = Table::of_lines(&lines).unwrap();
        assert_eq!(table.starts, Some(vec![2, 5, 6, 8]));
        assert_eq!(table.empty, [2]);
        assert_eq!([1, 2, 4, 5, 6, 7, 8].map(|line| table.line(line)), [0, 1, 1, 2, 3, 3, 4]);
    }
}
