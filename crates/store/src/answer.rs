//! The response that a request got: kept for ever, so that the same request gives the same bytes.

use crate::engine::Connection;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::Result;
use crate::row::{Columns, seconds};
use crate::{Store, ask, find, put, run};

const FIND: &str = "SELECT token, device_name, created_at FROM answer WHERE request_hash = ?1";
const INSERT: &str = "INSERT INTO answer (request_hash, token, device_name, created_at, activation_id) \
    VALUES (?1, ?2, ?3, ?4, ?5)";
const LEARN: &str = "INSERT INTO answer (request_hash, token, device_name, created_at, activation_id) \
    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (request_hash) DO NOTHING";

/// A stored answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The signed response.
    pub token: String,
    /// The machine's name in the request.
    pub device_name: Option<String>,
    /// When it was given.
    pub created_at: UnixSeconds,
}

impl Store {
    /// The answer that the request with this hash got.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answer(&self, request_hash: &Hash) -> Result<Option<Answer>> {
        self.read(|c| find_answer(c, request_hash))
    }
}

/// Says that [`find_answer`] comes.
pub(crate) fn ask_answer(c: &Connection, request_hash: &Hash) -> Result<()> {
    ask(c, FIND, [request_hash.to_string()])
}

pub(crate) fn find_answer(c: &Connection, request_hash: &Hash) -> Result<Option<Answer>> {
    let map = |row: &mut Columns<'_>| {
        Ok(Answer { token: row.text()?, device_name: row.take()?, created_at: row.time()? })
    };
    find(c, FIND, [request_hash.to_string()], map)
}

/// Keeps an answer that was given elsewhere, or before a copy that the data was restored from, where the request has none.
pub(crate) fn learn_answer(
    c: &Connection,
    request_hash: &Hash,
    token: &str,
    activation: Option<&Id>,
    device_name: Option<&str>,
    at: UnixSeconds,
) -> Result<()> {
    let activation = activation.map(Id::to_string);
    let values = (request_hash.to_string(), token, device_name, seconds(at), activation);
    run(c, LEARN, values).map(|_| ())
}

/// `activation`: the one that the response is for.
pub(crate) fn insert_answer(
    c: &Connection,
    request_hash: &Hash,
    token: &str,
    activation: Option<&Id>,
    device_name: Option<&str>,
    now: UnixSeconds,
) -> Result<()> {
    let activation = activation.map(Id::to_string);
    put(c, INSERT, (request_hash.to_string(), token, device_name, seconds(now), activation))
}
