//! What an entry says, taken out with its type, its length and its characters checked: nothing of an export is believed.

use countersign_core::{MAX_TIME, UnixSeconds};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::fields::Field;

/// The longest id of another system; those of both are UUIDs.
pub(crate) const LONGEST_ID: usize = 128;
/// The longest license key; the signed ones of Keygen have some hundreds of characters.
const LONGEST_KEY: usize = 4096;
/// How much of a text is repeated in a message.
const SHOWN: usize = 60;
const DAY: u64 = 86_400;

/// Why an entry is left out, in words: a fact, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem(pub(crate) String);

/// The members of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a>(&'a Map<String, Value>);

impl<'a> Entry<'a> {
    pub(crate) fn of(value: &'a Value) -> Result<Self, Problem> {
        let object = value.as_object();
        object.map(Entry).ok_or_else(|| Problem("it is no object".to_owned()))
    }

    /// The member, unless it is missing or `null`.
    pub(crate) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn object(self, name: &str) -> Result<Option<Entry<'a>>, Problem> {
        let inner = |value: &'a Value| {
            value.as_object().map(Entry).ok_or_else(|| unfit(name, "is no object"))
        };
        self.get(name).map(inner).transpose()
    }

    pub(crate) fn list(self, name: &str) -> Result<&'a [Value], Problem> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(unfit(name, "is no list")),
        }
    }

    pub(crate) fn members(self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.0.iter()
    }

    /// The id of this entry, or of one that it names.
    pub(crate) fn optional_id(self, name: &str) -> Result<Option<&'a str>, Problem> {
        let id = self.text(name, LONGEST_ID)?;
        match id {
            Some("") => Err(unfit(name, "is empty")),
            id => Ok(id),
        }
    }

    pub(crate) fn id(self, name: &str) -> Result<&'a str, Problem> {
        self.optional_id(name)?.ok_or_else(|| unfit(name, "is missing"))
    }

    pub(crate) fn key(self, name: &str) -> Result<Option<&'a str>, Problem> {
        Ok(self.text(name, LONGEST_KEY)?.map(str::trim).filter(|key| !key.is_empty()))
    }

    /// Text of this kind, trimmed; nothing but space is nothing.
    pub(crate) fn field(self, name: &str, field: Field) -> Result<Option<&'a str>, Problem> {
        let text = self.text(name, usize::MAX)?;
        let text = text.map(|text| field.check(text).map_err(|unfit| Problem(unfit.to_string())));
        Ok(text.transpose()?.filter(|text| !text.is_empty()))
    }

    /// At most `longest` characters in one line.
    pub(crate) fn text(self, name: &str, longest: usize) -> Result<Option<&'a str>, Problem> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| unfit(name, "is no text"))?;
        if text.chars().count() > longest {
            return Err(unfit(name, &format!("has more than {longest} characters")));
        }
        match first_unfit(text) {
            None => Ok(Some(text)),
            Some(c) => Err(unfit(name, &format!("has the character {} in it", named(c)))),
        }
    }

    pub(crate) fn flag(self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(unfit(name, "is neither true nor false")),
        }
    }

    pub(crate) fn number(self, name: &str) -> Result<Option<i64>, Problem> {
        let whole = |value: &Value| value.as_i64().ok_or_else(|| unfit(name, "is no whole number"));
        self.get(name).map(whole).transpose()
    }

    /// A number of things from 0 to `most`.
    pub(crate) fn count(self, name: &str, most: u64) -> Result<Option<u64>, Problem> {
        let count = |number: i64| {
            let count = u64::try_from(number).ok().filter(|count| *count <= most);
            count.ok_or_else(|| unfit(name, &format!("is {number}, which is none of 0 to {most}")))
        };
        self.number(name)?.map(count).transpose()
    }

    /// A date and time. The first moment of the year 1 is how one of the systems writes "never".
    pub(crate) fn time(self, name: &str) -> Result<Option<UnixSeconds>, Problem> {
        let Some(text) = self.text(name, 64)? else { return Ok(None) };
        let parsed = OffsetDateTime::parse(text, &Rfc3339)
            .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339))
            .map_err(|_| unfit(name, &format!("is no date and time: {}", shown(text))))?;
        if parsed.year() <= 1 {
            return Ok(None);
        }
        let seconds = u64::try_from(parsed.unix_timestamp()).ok().filter(|t| *t <= MAX_TIME);
        let outside = || unfit(name, &format!("is {}, before 1970", shown(text)));
        seconds.map(Some).ok_or_else(outside)
    }

    /// A length of time in seconds: `P1Y2M10DT3H`. A month has 31 days here and a year 366: rather too long than too short for
    /// whoever paid for it.
    pub(crate) fn duration(self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.text(name, 64)?.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let wrong = || unfit(name, &format!("is no length of time such as P1Y: {}", shown(text)));
        seconds_of(text).map(Some).ok_or_else(wrong)
    }
}

fn seconds_of(text: &str) -> Option<u64> {
    let (mut seconds, mut number, mut in_time) = (0_u64, String::new(), false);
    for c in text.strip_prefix('P')?.chars() {
        let unit = match (c, in_time) {
            ('0'..='9', _) => {
                number.push(c);
                continue;
            }
            ('T', false) if number.is_empty() => {
                in_time = true;
                continue;
            }
            ('Y', false) => 366 * DAY,
            ('M', false) => 31 * DAY,
            ('W', false) => 7 * DAY,
            ('D', false) => DAY,
            ('H', true) => 3600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        let count: u64 = std::mem::take(&mut number).parse().ok()?;
        seconds = seconds.checked_add(count.checked_mul(unit)?)?;
    }
    (number.is_empty() && seconds > 0 && seconds <= MAX_TIME).then_some(seconds)
}

pub(crate) fn unfit(name: &str, what: &str) -> Problem {
    Problem(format!("{} {what}", shown(name)))
}

/// The first character that has no place in one line of text that people are to read as it is: line ends and other controls, NUL,
/// and what turns the direction of reading round.
pub(crate) fn first_unfit(text: &str) -> Option<char> {
    text.chars().find(|c| {
        c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    })
}

fn named(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// A text of an export as it can be shown anywhere: short, in one line, without what disturbs terminals.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .map(|c| if first_unfit(&String::from(c)).is_some() { '\u{FFFD}' } else { c })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_checked() {
        let time = |text: &str| Entry::of(&json!({"at": text})).unwrap().time("at");
        assert_eq!(time("2018-07-06T08:49:17.9361143Z"), Ok(Some(1_530_866_957)));
        assert_eq!(time("2018-07-06T08:49:17"), Ok(Some(1_530_866_957)));
        assert_eq!(time("2018-07-06T10:49:17+02:00"), Ok(Some(1_530_866_957)));
        assert_eq!(time("0001-01-01T00:00:00Z"), Ok(None));
        for wrong in ["", "soon", "2018-02-30T00:00:00Z", "1530866957", "1969-12-31T23:59:59Z"] {
            assert!(time(wrong).unwrap_err().0.starts_with("at "), "{wrong}");
        }
    }

    #[test]
    fn lengths_of_time_are_never_shorter_than_what_was_sold() {
        assert_eq!(seconds_of("P1Y"), Some(366 * DAY));
        assert_eq!(seconds_of("P3M10D"), Some(103 * DAY));
        assert_eq!(seconds_of("PT36H"), Some(36 * 3600));
        for wrong in ["", "P", "1Y", "P1", "PY", "P1H", "P-1D", "P99999999999999999999Y", "P0D"] {
            assert_eq!(seconds_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn attack_control_and_bidi_characters_are_refused_and_not_repeated() {
        for c in ['\0', '\u{1b}', '\n', '\u{202E}', '\u{2066}', '\u{7f}', '\u{85}'] {
            let value = json!({"name": format!("a{c}b")});
            let problem = Entry::of(&value).unwrap().text("name", 10).unwrap_err().0;
            assert!(problem.starts_with("name has the character U+"), "{problem}");
            assert!(!problem.contains(c));
            assert!(!shown(&format!("a{c}b")).contains(c));
        }
        assert_eq!(shown(&"x".repeat(1000)).chars().count(), SHOWN + 1);
    }

    #[test]
    fn attack_wrong_types_are_named() {
        let value = json!({"a": [1], "b": "1", "c": 1.5, "d": {}, "e": u64::MAX});
        let entry = Entry::of(&value).unwrap();
        assert!(entry.text("a", 9).is_err() && entry.flag("b").is_err());
        assert!(entry.number("b").is_err() && entry.number("c").is_err());
        assert!(entry.number("e").is_err() && entry.list("d").is_err());
        assert!(entry.object("a").is_err() && entry.id("missing").is_err());
        assert_eq!(entry.count("missing", 9), Ok(None));
        assert!(Entry::of(&json!([])).is_err());
    }
}
