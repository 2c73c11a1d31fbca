//! The words by which users are found: of their name and their address, in lower case. Written anew by whatever changes either.

use std::collections::BTreeSet;

use countersign_core::Id;
use rusqlite::Connection;

use crate::error::Result;
use crate::organization::folded;
use crate::user::{self, User};
use crate::{license_term, list, run};

const INSERT: &str =
    "INSERT INTO user_term (term, user_id) VALUES (?1, ?2) ON CONFLICT (term, user_id) DO NOTHING";
const DELETE: &str = "DELETE FROM user_term WHERE user_id = ?1";
const ALL_USERS: &str = "SELECT id FROM app_user";
const ALL_ORGANIZATIONS: &str = "SELECT id, name FROM organization";
const FOLD: &str = "UPDATE organization SET name_folded = ?2 WHERE id = ?1";

/// The words of a user.
pub(crate) fn words_of(user: &User) -> BTreeSet<String> {
    license_term::words([user.address(), user.name.as_str()])
}

/// Writes the words of a user as they are now; of one who is gone there are none.
pub(crate) fn renew(c: &Connection, id: Id) -> Result<()> {
    let text = id.to_string();
    run(c, DELETE, [&text])?;
    for word in user::find_user(c, id)?.iter().flat_map(words_of) {
        run(c, INSERT, (word, &text))?;
    }
    Ok(())
}

/// Makes words and folded names of what was there before there were any.
pub(crate) fn take_over(c: &Connection) -> Result<()> {
    for (id, name) in list(c, ALL_ORGANIZATIONS, [], |row| Ok((row.text()?, row.text()?)))? {
        run(c, FOLD, (id, folded(&name)))?;
    }
    for id in list(c, ALL_USERS, [], |row| row.parsed("user id"))? {
        renew(c, id)?;
    }
    Ok(())
}
