//! The words by which users are found: of their name and their address, in lower case. Written anew by whatever changes either.

use std::collections::BTreeSet;

use crate::engine::Connection;
use countersign_core::Id;

use crate::error::Result;
use crate::organization::folded;
use crate::row::Columns;
use crate::user::{self, User};
use crate::{license_term, list, run};

const INSERT: &str =
    "INSERT INTO user_term (term, user_id) VALUES (?1, ?2) ON CONFLICT (term, user_id) DO NOTHING";
const DELETE: &str = "DELETE FROM user_term WHERE user_id = ?1";
// Not as `user` reads them: it asks for columns that later migrations make.
const ALL_USERS: &str = "SELECT id, COALESCE(email_pending, email), name FROM app_user";
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
    let user = |row: &mut Columns<'_>| Ok((row.text()?, row.text()?, row.text()?));
    for (id, address, name) in list(c, ALL_USERS, [], user)? {
        for word in license_term::words([address.as_str(), name.as_str()]) {
            run(c, INSERT, (word, &id))?;
        }
    }
    Ok(())
}
