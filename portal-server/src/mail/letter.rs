//! The words of a mail: a subject and plain text. Names that people gave themselves are made harmless before they get here
//! ([`plain_name`]): a mail of ours must not carry somebody else's link.

use super::Notice;
use crate::language::{Language, Say, Value};

/// What a letter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Letter {
    /// Come into an organization.
    Invitation { organization: String, by: String, link: String, days: u64 },
    /// Set a new password.
    ResetPassword { link: String, minutes: u64 },
    /// Confirm this address.
    ConfirmEmail { name: String, link: String, hours: u64 },
    /// Somebody wanted to use this address, but it has an account of its own.
    AddressHasAccount,
    /// The address was changed.
    EmailChanged { new: String, link: String, days: u64 },
    /// As many trials as may be have started today.
    TrialCap { per_day: u64, link: String },
    /// Another admin wants to do what needs a second person.
    Proposal { by: String, link: String },
    /// The portal's delegation ends soon.
    SigningKeyEnds { until: u64, days: u64, link: String },
    /// It has ended.
    SigningKeyEnded { until: u64, link: String },
    /// The records of the vendor's own domain are gone.
    DomainGone { name: String, until: u64, link: String },
    /// The portal answers under it no longer.
    DomainEnded { name: String, link: String },
    /// Mail gets through.
    Test { link: String },
    /// The portal gave a webhook up.
    WebhookDisabled { link: String },
    /// The owner of an account should know.
    Notice { what: Notice, link: String },
}

/// A letter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) body: String,
}

/// Who writes a letter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'a> {
    /// The vendor's name.
    pub(crate) vendor: &'a str,
    /// Where its readers find help: an e-mail address or a website.
    pub(crate) support: Option<&'a str>,
}

/// Puts the letter into words.
pub(crate) fn words(letter: &Letter, language: Language, by: Writer<'_>) -> Words {
    let vendor = by.vendor;
    let part = |part: &str| {
        let key = format!("mail-{}-{part}", letter.key());
        language.say(
            &letter
                .values()
                .into_iter()
                .fold(Say::new(key).with("vendor", vendor), |say, (name, value)| {
                    say.with(name, value)
                }),
        )
    };
    let signature = language.t1("mail-signature", "vendor", vendor);
    let help = by.support.map(|support| language.t1("mail-help", "support", support));
    let help = help.map_or(String::new(), |help| format!("{help}\n"));
    let body = format!("{}\n\n-- \n{signature}\n{help}", part("body"));
    Words { subject: part("subject"), body }
}

impl Letter {
    /// The middle of its keys in the language files.
    fn key(&self) -> &'static str {
        match self {
            Self::Invitation { .. } => "invitation",
            Self::ResetPassword { .. } => "reset-password",
            Self::ConfirmEmail { .. } => "confirm-email",
            Self::AddressHasAccount => "address-has-account",
            Self::EmailChanged { .. } => "email-changed",
            Self::TrialCap { .. } => "trial-cap",
            Self::Proposal { .. } => "proposal",
            Self::SigningKeyEnds { .. } => "signing-key-ends",
            Self::SigningKeyEnded { .. } => "signing-key-ended",
            Self::DomainGone { .. } => "domain-gone",
            Self::DomainEnded { .. } => "domain-ended",
            Self::Test { .. } => "test",
            Self::WebhookDisabled { .. } => "webhook-disabled",
            Self::Notice { what, .. } => what.key(),
        }
    }

    fn values(&self) -> Vec<(&'static str, Value)> {
        let text = |text: &String| Value::Text(text.clone());
        let number = |number: &u64| Value::Number(i64::try_from(*number).unwrap_or(i64::MAX));
        match self {
            Self::Invitation { organization, by, link, days } => vec![
                ("organization", text(organization)),
                ("by", text(by)),
                ("link", text(link)),
                ("days", number(days)),
            ],
            Self::ResetPassword { link, minutes } => {
                vec![("link", text(link)), ("minutes", number(minutes))]
            }
            Self::ConfirmEmail { name, link, hours } => {
                vec![("name", text(name)), ("link", text(link)), ("hours", number(hours))]
            }
            Self::AddressHasAccount => Vec::new(),
            Self::EmailChanged { new, link, days } => {
                vec![("new", text(new)), ("link", text(link)), ("days", number(days))]
            }
            Self::TrialCap { per_day, link } => {
                vec![("count", number(per_day)), ("link", text(link))]
            }
            Self::Proposal { by, link } => vec![("by", text(by)), ("link", text(link))],
            Self::SigningKeyEnds { until, days, link } => {
                vec![("until", Value::Time(*until)), ("days", number(days)), ("link", text(link))]
            }
            Self::SigningKeyEnded { until, link } => {
                vec![("until", Value::Time(*until)), ("link", text(link))]
            }
            Self::DomainGone { name, until, link } => {
                vec![("name", text(name)), ("until", Value::Time(*until)), ("link", text(link))]
            }
            Self::DomainEnded { name, link } => vec![("name", text(name)), ("link", text(link))],
            Self::Test { link } | Self::WebhookDisabled { link } | Self::Notice { link, .. } => {
                vec![("link", text(link))]
            }
        }
    }
}

/// The longest name that a mail repeats.
const LONGEST_NAME: usize = 60;

/// A name as a mail may repeat it; `instead` where it looks like a link, an address, or no name at all. Strangers choose
/// names, and mail programs make links of them.
pub(crate) fn plain_name(name: &str, instead: &str) -> String {
    let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let suspicious = |c: char| {
        c.is_control()
            || matches!(c, '/' | '\\' | '@' | ':' | '<' | '>' | '[' | ']' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let has_domain = name.split(' ').any(|word| {
        let dot = word.trim_matches('.').find('.');
        dot.is_some_and(|at| word.trim_matches('.')[at + 1..].chars().count() >= 2)
    });
    let is_plain = !name.is_empty() && !name.contains(suspicious) && !has_domain;
    if is_plain { name.chars().take(LONGEST_NAME).collect() } else { instead.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_words_in_every_language() {
        let (link, name) = ("https://portal.example/x/secret".to_owned(), "Jane".to_owned());
        let notice = |what| Letter::Notice { what, link: link.clone() };
        let letters = [
            Letter::Invitation {
                organization: "Lab".into(),
                by: name.clone(),
                link: link.clone(),
                days: 7,
            },
            Letter::ResetPassword { link: link.clone(), minutes: 60 },
            Letter::ConfirmEmail { name, link: link.clone(), hours: 24 },
            Letter::AddressHasAccount,
            Letter::EmailChanged { new: "j***@acme.example".into(), link: link.clone(), days: 7 },
            Letter::TrialCap { per_day: 100, link: link.clone() },
            Letter::Proposal { by: "Ada".into(), link: link.clone() },
            Letter::SigningKeyEnds { until: 1_790_000_000, days: 14, link: link.clone() },
            Letter::SigningKeyEnded { until: 1_790_000_000, link: link.clone() },
            Letter::DomainGone {
                name: "licenses.acme.example".into(),
                until: 1_790_000_000,
                link: link.clone(),
            },
            Letter::DomainEnded { name: "licenses.acme.example".into(), link: link.clone() },
            Letter::Test { link: link.clone() },
            Letter::WebhookDisabled { link: link.clone() },
            notice(Notice::PasswordChanged),
            notice(Notice::TwoFactorOn),
            notice(Notice::TwoFactorOff),
            notice(Notice::RecoveryCodeUsed),
            notice(Notice::NewRecoveryCodes),
            notice(Notice::TokenMade),
            notice(Notice::ProviderLinked),
            notice(Notice::LicenseGiven),
            notice(Notice::LicenseTaken),
        ];
        for language in Language::all() {
            for letter in &letters {
                let support = Some("help@acme.example");
                let by = Writer { vendor: "Acme", support };
                let Words { subject, body } = words(letter, language, by);
                assert!(body.trim_end().ends_with("help@acme.example"), "{body}");
                let without = words(letter, language, Writer { support: None, ..by }).body;
                assert!(body.starts_with(&without) && !without.contains("help@"), "{without}");
                assert!(subject.contains("Acme") && !subject.contains('\n'), "{subject}");
                assert!(!subject.starts_with("mail-") && !body.starts_with("mail-"), "{body}");
                assert!(!body.contains("{$") && !body.contains('\u{2068}'), "{body}");
                let alone = body.lines().any(|line| line == link);
                assert!(alone || *letter == Letter::AddressHasAccount, "{body}");
            }
        }
    }

    #[test]
    fn a_name_in_a_mail_is_no_link() {
        for name in ["Jane Doe", "J. R. Smith", "Dr. Müller", "李 小龍", "O'Neil & Sons"] {
            assert_eq!(plain_name(name, "x"), name);
        }
        for evil in [
            "http://evil.example",
            "www.evil.example",
            "evil.com click here",
            "Jane\r\nBcc: eve@evil.example",
            "jane@evil.example",
            "<b>Jane</b>",
            "Jane\u{202e}moc.live",
            "",
            " \t ",
        ] {
            assert_eq!(plain_name(evil, "x"), "x", "{evil:?}");
        }
        assert_eq!(plain_name(&"a".repeat(500), "x").len(), LONGEST_NAME);
    }
}
