//! What a list was asked for in its address, and the links to its other pages. An address may say anything: what is not
//! understood asks for nothing.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use countersign_store::Cursor;
use form_urlencoded::Serializer;

use crate::app::App;

const AFTER: &str = "after";
/// The cursors of the pages before: keyset pages know their next one only.
const BEFORE: &str = "before";
/// Pages that one can go back one by one; beyond these there is the first one.
const MOST_BEFORE: usize = 20;
const MOST_FIELDS: usize = 64;

/// The query of an address.
#[derive(Debug, Default)]
pub(crate) struct Asked(Vec<(String, String)>);

impl FromRequestParts<App> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Asked {
    fn parse(query: &str) -> Self {
        let fields = form_urlencoded::parse(query.as_bytes()).take(MOST_FIELDS);
        Self(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    fn value(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// What stands in a field, without control characters and blanks around it; empty: nothing.
    pub(crate) fn text(&self, name: &str) -> String {
        let value = self.value(name).unwrap_or_default();
        let kept: String = value.chars().filter(|c| !c.is_control()).take(200).collect();
        kept.trim().to_owned()
    }

    /// The place after which the page begins.
    pub(crate) fn after(&self) -> Option<Cursor> {
        self.value(AFTER)?.parse().ok()
    }

    fn before(&self) -> Vec<&str> {
        let before = self.0.iter().filter(|(name, _)| name == BEFORE);
        before.map(|(_, value)| value.as_str()).collect()
    }

    /// `path` with those of these fields that are asked for.
    pub(crate) fn link(&self, path: &str, fields: &[&str]) -> String {
        self.link_to(path, fields, &[])
    }

    fn link_to(&self, path: &str, fields: &[&str], places: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        for field in fields {
            let text = self.text(field);
            if !text.is_empty() {
                query.append_pair(field, &text);
            }
        }
        query.extend_pairs(places);
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The links to the pages around this one, which keep these fields.
    pub(crate) fn pages(&self, path: &str, fields: &[&str], next: Option<&Cursor>) -> Pages {
        let here = self.after().and_then(|_| self.value(AFTER));
        let before = if here.is_some() { self.before() } else { Vec::new() };
        let to = |after: &str, before: &[&str]| {
            let before = before.iter().map(|place| (BEFORE, *place));
            let places: Vec<_> = [(AFTER, after)].into_iter().chain(before).collect();
            self.link_to(path, fields, &places)
        };
        let next = next.map(|next| {
            let trail: Vec<&str> = before.iter().copied().chain(here).collect();
            to(&next.to_string(), &trail[trail.len().saturating_sub(MOST_BEFORE)..])
        });
        Pages {
            first: here.map(|_| self.link(path, fields)),
            previous: before.split_last().map(|(last, rest)| to(last, rest)),
            next,
        }
    }
}

/// Links to other pages of a list.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Pages {
    pub(crate) first: Option<String>,
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_way_forth_and_back() {
        let next: Cursor = "c3.n3".parse().unwrap();
        let pages = |query: &str| Asked::parse(query).pages("/l", &["q"], Some(&next));
        let first = pages("q=a%26b");
        assert_eq!((first.first, first.previous), (None, None));
        assert_eq!(first.next.as_deref(), Some("/l?q=a%26b&after=c3.n3"));
        let second = pages("after=c1.n1");
        assert_eq!(second.first.as_deref(), Some("/l"));
        assert_eq!(second.previous, None, "the page before is the first one");
        assert_eq!(second.next.as_deref(), Some("/l?after=c3.n3&before=c1.n1"));
        let third = pages("after=c2.n2&before=c1.n1");
        assert_eq!(third.previous.as_deref(), Some("/l?after=c1.n1"));
        assert_eq!(third.next.as_deref(), Some("/l?after=c3.n3&before=c1.n1&before=c2.n2"));
    }

    #[test]
    fn attack_an_address_that_grows_or_says_nonsense() {
        let trail: String = (0..500).map(|n| format!("&before=c{n}.n{n}")).collect();
        let next: Cursor = "x.n1".parse().unwrap();
        let pages = Asked::parse(&format!("after=a.n1{trail}")).pages("/l", &[], Some(&next));
        assert_eq!(pages.next.unwrap().matches("before=").count(), MOST_BEFORE);
        let pages = Asked::parse("after=%00%ff;--&before=x").pages("/l", &[], None);
        assert_eq!(pages, Pages::default(), "an unreadable place is the first page");
        let asked = Asked::parse("q=%20a%00%0db%20&q=c&&&=&%");
        assert_eq!(asked.text("q"), "ab");
        assert_eq!(asked.text("unknown"), "");
    }
}
