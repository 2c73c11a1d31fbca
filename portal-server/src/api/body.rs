//! What is sent to an operation: JSON, one object, read strictly. A member that nobody knows, or that stands there twice, is
//! refused: one that is misspelt would be lost without a word, and of two each reader takes another.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, header};
use countersign_core::json::parse_object;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::licensing::table::run;
use crate::problem::Problem;

/// The longest body in bytes: notes of a release in JSON, with room.
pub(crate) const MOST_BYTES: usize = 256 * 1024;
/// What a table is sent as.
pub(super) const CSV: &str = "text/csv";

/// The bytes of a body that is JSON; none at all are an empty object.
pub(super) async fn read(headers: &HeaderMap, sent: Body) -> Result<Bytes, Problem> {
    let bytes = at_most(headers, sent, MOST_BYTES).await?;
    if bytes.is_empty() {
        return Ok("{}".into());
    }
    if is_one_of(headers, &["application/json"]) {
        Ok(bytes)
    } else {
        Err(Problem::other_body("application/json"))
    }
}

/// The same, with more room; or a table, which is then the member `csv` of an object that has nothing else.
pub(super) async fn read_table(headers: &HeaderMap, sent: Body) -> Result<Bytes, Problem> {
    let bytes = at_most(headers, sent, run::MOST_BYTES).await?;
    if bytes.is_empty() {
        return Ok("{}".into());
    }
    if is_one_of(headers, &[CSV]) {
        return table(&bytes);
    }
    let is_json = is_one_of(headers, &["application/json"]);
    if is_json { Ok(bytes) } else { Err(Problem::other_body("application/json or text/csv")) }
}

fn table(bytes: &[u8]) -> Result<Bytes, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Problem::bad_body("the table is no text in UTF-8"))?;
    Ok(json!({ "csv": text }).to_string().into())
}

/// The bytes of a body that says, once, that it is of one of these types.
pub(super) async fn read_bytes(
    headers: &HeaderMap,
    sent: Body,
    kinds: &[&str],
    most: usize,
) -> Result<Bytes, Problem> {
    if !is_one_of(headers, kinds) {
        return Err(Problem::other_bytes(kinds));
    }
    at_most(headers, sent, most).await
}

async fn at_most(headers: &HeaderMap, sent: Body, most: usize) -> Result<Bytes, Problem> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if length.and_then(|length| length.parse().ok()).is_some_and(|length: u64| length > most as u64)
    {
        return Err(Problem::body_too_large(most));
    }
    to_bytes(sent, most).await.map_err(|error| {
        match error.into_inner().downcast_ref::<LengthLimitError>() {
            Some(_) => Problem::body_too_large(most),
            None => Problem::broken_body(),
        }
    })
}

fn is_one_of(headers: &HeaderMap, kinds: &[&str]) -> bool {
    let mut said = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (said.next(), said.next()) else { return false };
    let kind = only.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    kinds.iter().any(|known| known.eq_ignore_ascii_case(kind))
}

/// The object that was sent, as what is taken here.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let object =
        parse_object("body", bytes).map_err(|error| Problem::bad_body(&error.to_string()))?;
    serde_json::from_value(Value::Object(object))
        .map_err(|error| Problem::bad_body(&format!("the body is not what is taken here: {error}")))
}

/// Whether the one who asks takes JSON.
pub(super) fn check_accept(headers: &HeaderMap) -> Result<(), Problem> {
    let mut ranges = headers.get_all(header::ACCEPT).iter().peekable();
    if ranges.peek().is_none() {
        return Ok(());
    }
    let takes = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let is_none = parts.any(|part| {
            matches!(part.replace(' ', "").as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
        });
        !is_none && matches!(kind.as_str(), "" | "*/*" | "application/*" | "application/json")
    };
    let takes = ranges.any(|value| value.to_str().is_ok_and(|value| value.split(',').any(takes)));
    if takes { Ok(()) } else { Err(Problem::not_acceptable()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_taken_by_whoever_says_so_or_says_nothing() {
        let check = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, value.parse().unwrap());
            check_accept(&headers).is_ok()
        };
        assert!(check_accept(&HeaderMap::new()).is_ok());
        for yes in ["*/*", "application/json", "text/html, Application/JSON;q=0.1", "application/*"]
        {
            assert!(check(yes), "{yes}");
        }
        for no in ["text/html", "application/json;q=0", "application/xml, text/*"] {
            assert!(!check(no), "{no}");
        }
    }
}
