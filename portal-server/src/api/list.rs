//! Pages of a list: `?limit=&cursor=`, and `next` where there is more. A cursor belongs to the token and the question that it
//! was given for: anything else is refused instead of showing another place. It is a check and no secret: what a page may
//! show is decided anew each time.

use axum::http::{Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_core::{Hash, Id};
use form_urlencoded::Serializer;
use schemars::JsonSchema;
use serde::Serialize;

use super::operation::{Answer, Call};
use crate::problem::Problem;

/// Items of a page, where nothing else is asked for.
const USUAL: u32 = 25;
/// The most items of a page.
const MOST: u32 = 100;
/// Bytes of the check at the end of a cursor.
const CHECK: usize = 12;

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}List")]
pub(crate) struct Listed<T> {
    /// What this page shows.
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; null on the last one.
    pub(crate) next: Option<String>,
}

impl<P, Q, B> Call<P, Q, B> {
    /// How many items a page is to have.
    ///
    /// # Errors
    /// When that is none or too many.
    pub(crate) fn most(&self, limit: Option<u32>) -> Result<usize, Problem> {
        match limit.unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(limit as usize),
            limit => Err(Problem::bad_query(&format!("limit is 1 to {MOST}, not {limit}"))),
        }
    }

    /// The place after which a page begins, as it was given to [`Call::page`].
    ///
    /// # Errors
    /// When the cursor was not made for this question.
    pub(crate) fn place(&self, cursor: Option<&str>) -> Result<Option<String>, Problem> {
        let Some(cursor) = cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| Problem::bad_cursor())?;
        let (place, check) = bytes
            .split_at_checked(bytes.len().saturating_sub(CHECK))
            .ok_or_else(Problem::bad_cursor)?;
        let place = std::str::from_utf8(place).map_err(|_| Problem::bad_cursor())?;
        if check_of(self.holder.token.id, &self.uri, place) == check {
            Ok(Some(place.to_owned()))
        } else {
            Err(Problem::bad_cursor())
        }
    }

    /// One page; `next` is the place after its last item, where there are more.
    pub(crate) fn page<T>(&self, items: Vec<T>, next: Option<impl ToString>) -> Answer<Listed<T>> {
        let next = next.map(|place| {
            let place = place.to_string();
            let check = check_of(self.holder.token.id, &self.uri, &place);
            URL_SAFE_NO_PAD.encode([place.as_bytes(), &check].concat())
        });
        let link = next.as_deref().map(|cursor| link(&self.uri, cursor));
        let answer = Answer::shown(Listed { items, next });
        match link {
            Some(link) => answer.with(header::LINK, &link),
            None => answer,
        }
    }
}

fn link(uri: &Uri, cursor: &str) -> String {
    let pairs = pairs(uri).into_iter().filter(|(name, _)| name != "cursor");
    let mut query = Serializer::new(String::new());
    let query = query.extend_pairs(pairs).append_pair("cursor", cursor).finish();
    format!("<{}?{query}>; rel=\"next\"", uri.path())
}

fn pairs(uri: &Uri) -> Vec<(String, String)> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// Of the token, the address and all of the question but for the page itself.
fn check_of(token: Id, uri: &Uri, place: &str) -> Vec<u8> {
    let mut pairs = pairs(uri);
    pairs.retain(|(name, _)| name != "cursor" && name != "limit");
    pairs.sort();
    let all = format!("cursor\n{token}\n{}\n{pairs:?}\n{place}", uri.path());
    Hash::of(all).as_bytes()[..CHECK].to_vec()
}
