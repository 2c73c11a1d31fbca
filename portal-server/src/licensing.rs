//! What the vendor does with plans and licenses, without pages: pages, command line and API ask the same functions.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `who` | users and organizations as they are typed |
//! | `create` | one license or many that say the same |
//! | `act` | extending, suspending, revoking, transferring, other limits |
//! | `plan` | what a license has otherwise than its plan, and taking the plan's values again |
//! | `table` | licenses from a table, dry run first |
//! | `kept` | what is shown once after it was done, and tables between dry run and import |

pub(crate) mod act;
pub(crate) mod create;
pub(crate) mod kept;
pub(crate) mod plan;
pub(crate) mod table;
pub(crate) mod who;

use countersign_store::StoreError;

use crate::fields::Unfit;
use crate::language::Say;

/// Why something was not done. Nothing was changed then.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// What was asked for does not work, in words.
    Refused(Say),
    /// What it is about is not there.
    Missing,
    /// Who asks may not.
    Forbidden,
    /// The two-person rule holds it back.
    Held,
    /// The database failed.
    Store(StoreError),
}

impl Trouble {
    pub(crate) fn refused(why: impl Into<Say>) -> Self {
        Self::Refused(why.into())
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Unfit> for Trouble {
    fn from(Unfit(say): Unfit) -> Self {
        Self::Refused(say)
    }
}
