//! Which part of a file a request wants (RFC 9110, sections 13 and 14).

use std::ops::Range;

use axum::http::{HeaderMap, HeaderName, Method, header};

/// What to answer a request for a file with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it: 200.
    Whole,
    /// These bytes: 206.
    Part(Range<u64>),
    /// None, as it has no such bytes: 416.
    Unsatisfiable,
    /// None, as the asker has it: 304.
    NotModified,
    /// None, as it is not what the asker began with: 412.
    Changed,
}

/// What these headers want of a file of `size` bytes with this strong `etag`, quotes included.
///
/// More than one range, and what is no range of bytes, is answered by the whole, as the RFC allows: nobody who resumes a
/// download asks for it, and multipart answers are a way to make a server work.
pub(crate) fn wanted(method: &Method, headers: &HeaderMap, size: u64, etag: &str) -> Wanted {
    if let Some(tags) = one(headers, header::IF_MATCH)
        && !names(tags, etag, Weak::Differ)
    {
        return Wanted::Changed;
    }
    if let Some(tags) = one(headers, header::IF_NONE_MATCH)
        && names(tags, etag, Weak::Same)
    {
        return Wanted::NotModified;
    }
    let resumes = one(headers, header::IF_RANGE).is_none_or(|tag| tag == etag);
    match one(headers, header::RANGE) {
        Some(range) if resumes && *method == Method::GET => part(range, size),
        _ => Wanted::Whole,
    }
}

/// The value of a header that came once; one that came twice says nothing that could be relied on.
fn one(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::trim),
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Weak {
    /// `W/"a"` stands for `"a"`: enough to say that nothing changed.
    Same,
    /// It does not: bytes are to be put together.
    Differ,
}

/// Whether a list of entity tags names this one. Ours have no comma inside.
fn names(tags: &str, etag: &str, weak: Weak) -> bool {
    tags == "*"
        || tags.split(',').map(str::trim).any(|tag| match weak {
            Weak::Same => tag.strip_prefix("W/").unwrap_or(tag) == etag,
            Weak::Differ => tag == etag,
        })
}

fn part(range: &str, size: u64) -> Wanted {
    let Some((unit, set)) = range.split_once('=') else { return Wanted::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::Whole;
    }
    let Some((first, last)) = set.trim().split_once('-') else { return Wanted::Whole };
    match (number(first), number(last)) {
        _ if set.contains(',') => Wanted::Whole,
        (Ok(Some(first)), Ok(last)) => from(first, last, size),
        (Ok(None), Ok(Some(suffix))) => last_bytes(suffix, size),
        _ => Wanted::Whole,
    }
}

fn from(first: u64, last: Option<u64>, size: u64) -> Wanted {
    match last {
        Some(last) if last < first => Wanted::Whole,
        _ if first >= size => Wanted::Unsatisfiable,
        last => Wanted::Part(first..last.map_or(size, |last| last.saturating_add(1)).min(size)),
    }
}

fn last_bytes(suffix: u64, size: u64) -> Wanted {
    match (suffix, size) {
        (0, _) => Wanted::Unsatisfiable,
        // There is no way to write down a part of nothing.
        (_, 0) => Wanted::Whole,
        _ => Wanted::Part(size.saturating_sub(suffix)..size),
    }
}

/// Digits, or nothing. A number too large for us is too large for any file.
fn number(digits: &str) -> Result<Option<u64>, ()> {
    if digits.is_empty() {
        return Ok(None);
    }
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(());
    }
    Ok(Some(digits.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"tag\"";

    fn asked(method: &Method, headers: &[(HeaderName, &str)], size: u64) -> Wanted {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        wanted(method, &map, size, TAG)
    }

    #[test]
    fn every_edge_of_a_range() {
        use Wanted::{Part, Unsatisfiable, Whole};
        for (range, size, answer) in [
            ("bytes=0-0", 10, Part(0..1)),
            ("bytes=0-9", 10, Part(0..10)),
            ("bytes=0-10", 10, Part(0..10)),
            ("bytes=9-9", 10, Part(9..10)),
            ("bytes=9-", 10, Part(9..10)),
            ("bytes=10-", 10, Unsatisfiable),
            ("bytes=10-20", 10, Unsatisfiable),
            ("bytes=0-", 10, Part(0..10)),
            ("bytes=5-4", 10, Whole),
            ("bytes=12-11", 10, Whole),
            ("bytes=-1", 10, Part(9..10)),
            ("bytes=-10", 10, Part(0..10)),
            ("bytes=-11", 10, Part(0..10)),
            ("bytes=-0", 10, Unsatisfiable),
            ("bytes=-", 10, Whole),
            ("bytes=", 10, Whole),
            ("bytes", 10, Whole),
            ("", 10, Whole),
            ("Bytes=1-2", 10, Part(1..3)),
            ("bytes= 1-2 ", 10, Part(1..3)),
            ("bytes=1 - 2", 10, Whole),
            ("bytes=+1-2", 10, Whole),
            ("bytes=0x1-2", 10, Whole),
            ("bytes=1-2x", 10, Whole),
            ("bytes=--1", 10, Whole),
            ("bytes=1-2-3", 10, Whole),
            ("lines=1-2", 10, Whole),
            ("bytes=0-1,3-4", 10, Whole),
            ("bytes=0-1,", 10, Whole),
            ("bytes=0-18446744073709551615", 10, Part(0..10)),
            ("bytes=0-99999999999999999999999", 10, Part(0..10)),
            ("bytes=18446744073709551615-", 10, Unsatisfiable),
            ("bytes=99999999999999999999999-", 10, Unsatisfiable),
            ("bytes=-99999999999999999999999", 10, Part(0..10)),
            ("bytes=0-0", 0, Unsatisfiable),
            ("bytes=-5", 0, Whole),
            ("bytes=4294967296-", 1 << 40, Part(1 << 32..1 << 40)),
        ] {
            let found = asked(&Method::GET, &[(header::RANGE, range)], size);
            assert_eq!(found, answer, "{range:?} of {size}");
        }
    }

    #[test]
    fn a_part_is_given_of_what_the_asker_began_with_alone() {
        use Wanted::{Changed, NotModified, Part, Whole};
        let range = (header::RANGE, "bytes=4-");
        for (condition, value, answer) in [
            (header::IF_RANGE, TAG, Part(4..10)),
            (header::IF_RANGE, "\"other\"", Whole),
            (header::IF_RANGE, "W/\"tag\"", Whole),
            (header::IF_RANGE, "Wed, 25 Nov 2026 10:00:00 GMT", Whole),
            (header::IF_MATCH, TAG, Part(4..10)),
            (header::IF_MATCH, "*", Part(4..10)),
            (header::IF_MATCH, "\"a\", \"tag\"", Part(4..10)),
            (header::IF_MATCH, "\"other\"", Changed),
            (header::IF_MATCH, "W/\"tag\"", Changed),
            (header::IF_NONE_MATCH, TAG, NotModified),
            (header::IF_NONE_MATCH, "W/\"tag\"", NotModified),
            (header::IF_NONE_MATCH, "\"a\",\"tag\"", NotModified),
            (header::IF_NONE_MATCH, "*", NotModified),
            (header::IF_NONE_MATCH, "\"other\"", Part(4..10)),
        ] {
            let found = asked(&Method::GET, &[range.clone(), (condition.clone(), value)], 10);
            assert_eq!(found, answer, "{condition}: {value}");
        }
        assert_eq!(asked(&Method::HEAD, std::slice::from_ref(&range), 10), Whole);
        let twice = [range.clone(), (header::RANGE, "bytes=5-")];
        assert_eq!(asked(&Method::GET, &twice, 10), Whole);
        assert_eq!(asked(&Method::GET, &[], 10), Whole);
    }
}
