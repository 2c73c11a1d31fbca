//! The columns of a table of licenses, by the names in its first row.

use super::Wrong;
use crate::language::Say;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Product,
    Plan,
    Holder,
    OwnerEmail,
    Organization,
    Activations,
    Deactivations,
    Validity,
    ExpiresAt,
    Features,
    Metadata,
    MaintenanceUntil,
    HighestVersion,
    Key,
    Count,
}

impl Column {
    /// All of them, in the order of the template.
    pub(crate) const ALL: [Self; 15] = [
        Self::Product,
        Self::Plan,
        Self::Holder,
        Self::OwnerEmail,
        Self::Organization,
        Self::Activations,
        Self::Deactivations,
        Self::Validity,
        Self::ExpiresAt,
        Self::Features,
        Self::Metadata,
        Self::MaintenanceUntil,
        Self::HighestVersion,
        Self::Key,
        Self::Count,
    ];

    /// Its name in the first row, the same in every language.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Plan => "plan",
            Self::Holder => "holder",
            Self::OwnerEmail => "owner_email",
            Self::Organization => "organization",
            Self::Activations => "activations",
            Self::Deactivations => "deactivations",
            Self::Validity => "validity",
            Self::ExpiresAt => "expires_at",
            Self::Features => "features",
            Self::Metadata => "metadata",
            Self::MaintenanceUntil => "maintenance_until",
            Self::HighestVersion => "highest_version",
            Self::Key => "key",
            Self::Count => "count",
        }
    }

    /// What the template shows in its example row.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Product => "acme-cad",
            Self::Holder => "Example Ltd",
            Self::OwnerEmail => "jane@example.com",
            Self::Activations => "5",
            Self::Deactivations => "any",
            Self::Validity => "365 days",
            Self::Features => "cad|cores=8",
            Self::Metadata => "order=4711 [user]",
            Self::MaintenanceUntil => "2030-12-31",
            Self::HighestVersion => "4.x",
            Self::Count => "1",
            Self::Plan | Self::Organization | Self::ExpiresAt | Self::Key => "",
        }
    }
}

/// Which column stands where.
#[derive(Debug)]
pub(super) struct Header(Vec<Column>);

/// The cells of a row by column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells<'a>(&'a Header, &'a [String]);

impl Header {
    /// What the first row names.
    ///
    /// # Errors
    /// With everything that is wrong with it.
    pub(super) fn of(names: &[String]) -> Result<Self, Vec<Wrong>> {
        let (mut columns, mut wrong) = (Vec::new(), Vec::new());
        for name in names {
            let folded = name.to_lowercase().replace([' ', '-'], "_");
            match Column::ALL.into_iter().find(|column| column.name() == folded) {
                Some(column) if columns.contains(&column) => {
                    wrong.push(Wrong::at(column, "table-column-twice"));
                }
                Some(column) => columns.push(column),
                None => {
                    let shown: String = name.chars().take(40).collect();
                    let known = Column::ALL.map(Column::name).join(", ");
                    let what = Say::new("table-column-unknown").with("name", shown);
                    wrong.push(Wrong(None, what.with("known", known)));
                }
            }
        }
        if !columns.contains(&Column::Product) && wrong.is_empty() {
            wrong.push(Wrong::at(Column::Product, "table-column-needed"));
        }
        if wrong.is_empty() { Ok(Self(columns)) } else { Err(wrong) }
    }

    /// The cells of a row. Further ones are taken if they are empty, as spreadsheets write them.
    ///
    /// # Errors
    /// When there are more than columns, or fewer.
    pub(super) fn cells<'a>(&'a self, row: &'a [String]) -> Result<Cells<'a>, Wrong> {
        let filled = row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |at| at + 1);
        if filled > self.0.len() || row.len() < self.0.len() {
            let what = Say::new("table-cells").with("count", row.len());
            return Err(Wrong(None, what.with("columns", self.0.len())));
        }
        Ok(Cells(self, row))
    }
}

impl<'a> Cells<'a> {
    /// What stands in this column; empty where there is none.
    pub(super) fn text(self, column: Column) -> &'a str {
        let at = self.0.0.iter().position(|known| *known == column);
        at.and_then(|at| self.1.get(at)).map_or("", String::as_str)
    }
}
