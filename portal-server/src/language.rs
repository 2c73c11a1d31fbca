//! What the portal says, in every language: one file each in `languages/`, in Fluent's syntax
//! (<https://projectfluent.org>), embedded in the binary. A further language is one further file.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use countersign_core::UnixSeconds;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_langneg::{NegotiationStrategy, negotiate_languages, parse_accepted_languages};
use serde::{Deserialize, Serialize};
use unic_langid::LanguageIdentifier;

#[derive(rust_embed::RustEmbed)]
#[folder = "languages/"]
struct Files;

/// One language with all its messages.
struct Messages {
    id: LanguageIdentifier,
    bundle: FluentBundle<FluentResource>,
}

/// All languages, English first: it is the one that is spoken when nobody says otherwise.
static ALL: LazyLock<Vec<Messages>> = LazyLock::new(|| {
    let mut all: Vec<Messages> = Files::iter().filter_map(|name| load(&name)).collect();
    all.sort_by_key(|messages| (messages.id != "en", messages.id.to_string()));
    all
});

fn load(name: &str) -> Option<Messages> {
    let id: LanguageIdentifier = name.strip_suffix(".ftl")?.parse().ok()?;
    let text = String::from_utf8(Files::get(name)?.data.into_owned()).ok()?;
    // A faulty message is left out and said by its key; the tests allow none.
    let resource = FluentResource::try_new(text).unwrap_or_else(|(good, _)| good);
    let mut bundle = FluentBundle::new_concurrent(vec![id.clone()]);
    // The marks would stand between what is shown and what is searched for or copied.
    bundle.set_use_isolating(false);
    let _ = bundle.add_resource(resource);
    Some(Messages { id, bundle })
}

/// A language that the portal speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Language(usize);

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code())
    }
}

/// A message to be said when the language is known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Say {
    key: String,
    args: Vec<(Cow<'static, str>, Value)>,
}

/// A value in a message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Value {
    /// Put in as it is.
    Text(String),
    /// Chooses the plural.
    Number(i64),
    /// Another message, in the same language.
    Message(String),
    /// A point in time, in seconds since 1970, as the language writes it.
    Time(u64),
}

/// The message with this key, as a value in another message.
#[derive(Debug, Clone, Copy)]
pub struct Key(pub &'static str);

/// A point in time, in seconds since 1970, as a value in a message.
#[derive(Debug, Clone, Copy)]
pub struct When(pub u64);

/// What can be a value in a message.
pub trait Arg {
    /// The value.
    fn value(&self) -> Value;
}

impl Say {
    /// The message with this key.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), args: Vec::new() }
    }

    /// Which message it is.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// With a value for `{ $name }`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Arg) -> Self {
        self.args.push((name.into(), value.value()));
        self
    }
}

impl From<&str> for Say {
    fn from(key: &str) -> Self {
        Self::new(key)
    }
}

impl Language {
    /// Spoken when nobody says otherwise, and by the API.
    pub const ENGLISH: Self = Self(0);

    /// All that there are.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..ALL.len()).map(Self)
    }

    /// The language with this code, e.g. `de`.
    pub fn by_code(code: &str) -> Option<Self> {
        Self::all().find(|language| language.code() == code)
    }

    /// The best one for a browser's `Accept-Language`.
    pub fn negotiated(accepted: &str) -> Self {
        let wanted = parse_accepted_languages(accepted);
        let known: Vec<fluent_langneg::LanguageIdentifier> =
            Self::all().filter_map(|language| language.code().parse().ok()).collect();
        let found = negotiate_languages(&wanted, &known, None, NegotiationStrategy::Filtering);
        found.first().and_then(|id| Self::by_code(&id.to_string())).unwrap_or(Self::ENGLISH)
    }

    /// Its code, e.g. `de`: for `lang` and the profile.
    pub fn code(self) -> String {
        ALL[self.0].id.to_string()
    }

    /// Its own name, e.g. "Deutsch".
    pub fn name(self) -> String {
        self.t("language-name")
    }

    /// The message with this key.
    pub fn t(self, key: &str) -> String {
        self.look_up(key, None)
    }

    /// With one value.
    pub fn t1(self, key: &str, name: &'static str, value: impl Arg) -> String {
        self.say(&Say::new(key).with(name, value))
    }

    /// With two values.
    pub fn t2(
        self,
        key: &str,
        first: &'static str,
        one: impl Arg,
        second: &'static str,
        two: impl Arg,
    ) -> String {
        self.say(&Say::new(key).with(first, one).with(second, two))
    }

    /// A message with its values.
    pub fn say(self, say: &Say) -> String {
        let mut args = FluentArgs::with_capacity(say.args.len());
        for (name, value) in &say.args {
            let value = match value {
                Value::Text(text) => FluentValue::from(text.as_str()),
                Value::Number(number) => FluentValue::from(*number),
                Value::Message(key) => FluentValue::from(self.t(key)),
                Value::Time(at) => FluentValue::from(self.date_time(*at)),
            };
            args.set(name.as_ref(), value);
        }
        self.look_up(&say.key, Some(&args))
    }

    fn look_up(self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        for messages in [&ALL[self.0], &ALL[0]] {
            let bundle = &messages.bundle;
            if let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) {
                return bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned();
            }
        }
        key.to_owned()
    }

    /// A day, e.g. "25 Nov 2026"; UTC.
    pub fn date(self, time: UnixSeconds) -> String {
        self.calendar("date", time)
    }

    /// A day and the time of day, e.g. "25 Nov 2026, 16:04 UTC".
    pub fn date_time(self, time: UnixSeconds) -> String {
        self.calendar("date-time", time)
    }

    /// A day with its time, or a dash.
    pub fn when(self, time: Option<UnixSeconds>) -> String {
        time.map_or("–".to_owned(), |time| self.date_time(time))
    }

    fn calendar(self, key: &str, time: UnixSeconds) -> String {
        let seconds = i64::try_from(time).ok();
        let known = seconds.and_then(|t| time::OffsetDateTime::from_unix_timestamp(t).ok());
        let Some(t) = known else { return self.t("after-all-dates") };
        let months = self.t("months");
        let month = usize::from(u8::from(t.month())) - 1;
        let name = months.split_whitespace().nth(month).unwrap_or_default();
        let say = Say::new(key)
            .with("year", format!("{:04}", t.year()))
            .with("month", format!("{:02}", month + 1))
            .with("month-name", name)
            .with("day", t.day().to_string())
            .with("day2", format!("{:02}", t.day()))
            .with("hour", format!("{:02}", t.hour()))
            .with("minute", format!("{:02}", t.minute()));
        self.say(&say)
    }

    /// A number with its thousands set apart.
    pub fn number(self, number: u64) -> String {
        let (digits, separator) = (number.to_string(), self.t("thousands"));
        let separator = if separator.is_empty() { " " } else { &separator };
        let mut text = String::with_capacity(digits.len() * 2);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push_str(separator);
            }
            text.push(digit);
        }
        text
    }

    /// "2 of 5", "2 of any number".
    pub fn of(self, used: u64, allowed: Option<u64>) -> String {
        let used = self.number(used);
        match allowed {
            Some(allowed) => self.t2("used-of", "used", used, "allowed", self.number(allowed)),
            None => self.t1("used-of-any", "used", used),
        }
    }
}

macro_rules! text_args {
    ($($kind:ty)*) => { $(impl Arg for $kind {
        fn value(&self) -> Value {
            Value::Text(self.to_string())
        }
    })* };
}
text_args! { str String }

macro_rules! number_args {
    ($($kind:ty)*) => { $(impl Arg for $kind {
        fn value(&self) -> Value {
            Value::Number(i64::try_from(*self).unwrap_or(i64::MAX))
        }
    })* };
}
number_args! { u8 u16 u32 u64 usize i32 i64 }

impl Arg for Value {
    fn value(&self) -> Value {
        self.clone()
    }
}

impl Arg for Key {
    fn value(&self) -> Value {
        Value::Message(self.0.to_owned())
    }
}

impl Arg for When {
    fn value(&self) -> Value {
        Value::Time(self.0)
    }
}

impl<T: Arg + ?Sized> Arg for &T {
    fn value(&self) -> Value {
        (**self).value()
    }
}

#[cfg(test)]
#[path = "language/tests.rs"]
mod tests;
