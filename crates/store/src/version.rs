//! The order of versions, as text that sorts byte by byte as the versions do: so the database can compare and page.
//!
//! A version that is Semantic Versioning 2 is ordered by its rules; build metadata does not count. Any other is read so:
//! - an optional `v`, then whole numbers with full stops between: `2026.1` is `2026.1.0`, `7.0.0.12` comes after `7.0.0`;
//! - what follows after a `-` makes it a pre-release, ordered as Semantic Versioning orders it: `1.0-rc1` before `1.0`;
//! - anything else that follows comes after the numbers alone, numbers in it by value: `24`, `24H2`, `24H10`.
//!
//! A version that begins with no number has no place in the order, and cannot be released.

use countersign_core::release::VersionName;
use semver::Version;

/// After any version that begins with the same numbers.
const ABOVE_ALL_BELOW: char = '~';
const PRE_RELEASE: char = '!';
const PLAIN: char = '#';
const SUFFIX: char = '$';

/// The place of a version in the order; `None` when it begins with no number.
pub(crate) fn order(version: &VersionName) -> Option<String> {
    let text = version.as_str();
    match Version::parse(text) {
        Ok(semantic) => Some(semantic_order(&semantic)),
        Err(_) => other_order(text),
    }
}

/// The place that a highest allowed version stands for: `2.x` is above all of 2.
pub(crate) fn highest_order(version: &VersionName) -> Option<String> {
    let Some(text) = version.as_str().strip_suffix(".x") else { return order(version) };
    let (numbers, rest) = leading_numbers(text)?;
    let mut order: String = numbers.iter().map(|digits| number(digits)).collect();
    order.push(ABOVE_ALL_BELOW);
    rest.is_empty().then_some(order)
}

/// The major version of an app that a machine names: the number that its version begins with, after a `v`. `None` where there
/// is none, or more digits than a version has.
pub(crate) fn major(text: &str) -> Option<u64> {
    let (numbers, _) = leading_numbers(text.trim())?;
    let digits = numbers.first()?.trim_start_matches('0');
    match digits.len() {
        0 => Some(0),
        1..=9 => digits.parse().ok(),
        _ => None,
    }
}

fn semantic_order(version: &Version) -> String {
    let numbers = [version.major, version.minor, version.patch].map(|n| n.to_string());
    let mut order = numbers_order(&numbers);
    if version.pre.is_empty() {
        order.push(PLAIN);
    } else {
        order.push(PRE_RELEASE);
        order.push_str(&parts(version.pre.as_str().split('.')));
    }
    order
}

fn other_order(text: &str) -> Option<String> {
    let (numbers, rest) = leading_numbers(text)?;
    let rest = rest.split('+').next().unwrap_or_default();
    let mut order = numbers_order(&numbers);
    if rest.is_empty() {
        order.push(PLAIN);
    } else if let Some(pre) = rest.strip_prefix('-') {
        order.push(PRE_RELEASE);
        order.push_str(&parts(pre.split('.')));
    } else {
        order.push(SUFFIX);
        order.push_str(&parts(runs(rest).into_iter()));
    }
    Some(order)
}

/// `v1.2.3-rc` is (1, 2, 3) and `-rc`.
fn leading_numbers(text: &str) -> Option<(Vec<String>, &str)> {
    let mut rest = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let mut numbers = Vec::new();
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if end == 0 {
            return (!numbers.is_empty()).then_some((numbers, rest));
        }
        numbers.push(rest[..end].to_owned());
        rest = &rest[end..];
        match rest.strip_prefix('.') {
            Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
            _ => return Some((numbers, rest)),
        }
    }
}

/// Missing numbers are 0: `1.2` and `1.2.0` are one place.
fn numbers_order(numbers: &[String]) -> String {
    let is_zero = |digits: &String| digits.bytes().all(|b| b == b'0');
    let significant =
        numbers.iter().rposition(|digits| !is_zero(digits)).map_or(0, |last| last + 1);
    numbers[..significant].iter().map(|digits| number(digits)).collect()
}

/// A longer number is a greater one: its length first. A version has at most 64 characters.
fn number(digits: &str) -> String {
    let digits = digits.trim_start_matches('0');
    format!("{:02}{digits}", digits.len())
}

/// Identifiers: numbers before words, numbers by value, a shorter list before a longer one that begins with it.
fn parts<'a>(identifiers: impl Iterator<Item = &'a str>) -> String {
    let one = |identifier: &str| {
        let is_number = identifier.bytes().all(|b| b.is_ascii_digit()) && !identifier.is_empty();
        if is_number { format!("0{}", number(identifier)) } else { format!("1{identifier}") }
    };
    identifiers.map(one).collect::<Vec<_>>().join(" ")
}

/// `H2_b` is `H`, `2`, `b`.
fn runs(text: &str) -> Vec<&str> {
    let kind = |c: char| (c.is_ascii_digit(), c.is_ascii_alphabetic());
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len());
        if first.is_ascii_alphanumeric() {
            runs.push(&rest[..end]);
        }
        rest = &rest[end..];
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(text: &str) -> String {
        order(&text.parse().unwrap()).unwrap()
    }

    #[test]
    fn versions_stand_in_their_order() {
        let rising = [
            "0.0.0-0",
            "0.0.0",
            "0.1",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0-rc1",
            "1.0.0",
            "1.0.0.1",
            "1.0.2",
            "1.0.2k",
            "1.0.3",
            "1.2",
            "1.10.0",
            "2.0.0-1",
            "2.0.0-9",
            "2.0.0-10",
            "2.0.0-a",
            "2.0.0-a-b",
            "2",
            "9.9.9",
            "10",
            "24",
            "24H2",
            "24H10",
            "25",
            "2026.1-EAP",
            "2026.1",
            "2026.1.1",
            "2026.10",
            "18446744073709551615.0.0",
            "99999999999999999999999",
        ];
        for pair in rising.windows(2) {
            assert!(place(pair[0]) < place(pair[1]), "{} < {}", pair[0], pair[1]);
        }
        for same in [
            ["1", "1.0"],
            ["1.0.0", "v1"],
            ["1.0.0+b", "1.0.0+a"],
            ["1.02", "1.2.0"],
            ["0", "0.0.0"],
        ] {
            assert_eq!(place(same[0]), place(same[1]), "{same:?}");
        }
        for none in ["nightly", "v", "x1", "build_7"] {
            assert_eq!(order(&none.parse().unwrap()), None, "{none}");
        }
    }

    #[test]
    fn an_x_is_above_all_that_begin_so() {
        let highest = |text: &str| highest_order(&text.parse().unwrap());
        for (limit, below, above) in [
            ("2.x", ["2.0.0-a", "2", "2.999.999", "2.4H2"], ["3.0.0-a", "3", "20"]),
            ("2.0.x", ["1.9", "2.0.0", "2.0.99", "2.0.7.7"], ["2.1.0-a", "2.1", "3"]),
            ("2.1.0", ["2.1", "2.1.0-rc.1", "2.0.9", "1"], ["2.1.0.1", "2.1.1", "2.1.1-a"]),
        ] {
            let limit = highest(limit).unwrap();
            assert!(below.iter().all(|version| place(version) <= limit), "{limit} {below:?}");
            assert!(above.iter().all(|version| place(version) > limit), "{limit} {above:?}");
        }
        assert_eq!(highest("x"), None);
        assert_eq!(highest("2.a.x"), None);
    }

    #[test]
    fn attack_a_version_that_lies_is_read_as_a_number_or_not_at_all() {
        for (text, read) in [
            ("1.2.3", Some(1)),
            ("v2", Some(2)),
            ("2.0.0-rc", Some(2)),
            ("0002", Some(2)),
            ("0.9", Some(0)),
            (" 2026.1 (7)", Some(2026)),
            ("24H2", Some(24)),
            ("999999999", Some(999_999_999)),
            ("9999999999", None),
            ("99999999999999999999.1", None),
            ("18446744073709551618", None),
            ("-2", None),
            ("+2", None),
            ("", None),
            ("v", None),
            ("nightly", None),
            ("\u{ff12}.0", None),
            ("\u{0663}.1", None),
            ("\u{200b}3", None),
            ("1e9", Some(1)),
            ("0x10", Some(0)),
        ] {
            assert_eq!(major(text), read, "{text:?}");
        }
    }

    fn semantic() -> impl Strategy<Value = String> {
        let number = prop_oneof![0u64..3, 8u64..12, Just(9_876_543_210)];
        let identifier =
            prop_oneof!["[0-9]|[1-9][0-9]{1,3}", "[a-c-]{1,3}", "[0-9]{1,2}[a-c-]{1,2}"];
        let pre = proptest::collection::vec(identifier, 0..3);
        ((number.clone(), number.clone(), number), pre).prop_map(|((major, minor, patch), pre)| {
            let pre = if pre.is_empty() { String::new() } else { format!("-{}", pre.join(".")) };
            format!("{major}.{minor}.{patch}{pre}")
        })
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_semantic_versioning(a in semantic(), b in semantic()) {
            let parsed = |text: &str| Version::parse(text).unwrap();
            let wanted = parsed(&a).cmp_precedence(&parsed(&b));
            prop_assert_eq!(place(&a).cmp(&place(&b)), wanted, "{} and {}", a, b);
            // The other reading agrees with it where both can read.
            prop_assert_eq!(other_order(&a), Some(place(&a)));
        }

        #[test]
        fn whatever_may_be_a_version_has_a_place_if_it_begins_with_a_number(text in "[0-9][A-Za-z0-9._+-]{0,63}") {
            let place = place(&text);
            prop_assert!(place.as_str() < "~" && place.is_ascii());
        }
    }
}
