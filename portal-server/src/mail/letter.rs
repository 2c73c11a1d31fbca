//! The words of a mail: a subject and plain text. Names that people gave themselves are made harmless before they get here
//! ([`plain_name`]): a mail of ours must not carry somebody else's link.

use super::Notice;

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
    /// The owner of an account should know.
    Notice { what: Notice, link: String },
}

/// A letter in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) subject: String,
    pub(crate) body: String,
}

/// Puts the letter into words. The one place that a language is hooked to.
pub(crate) fn words(letter: &Letter, _language: Option<&str>, vendor: &str) -> Words {
    let (subject, text) = match letter {
        Letter::Invitation { organization, by, link, days } => (
            format!("Invitation to {organization} at {vendor}"),
            format!(
                "{by} invites you to the licenses of {organization} at {vendor}.\n\n\
                 Accept the invitation here. The link works once, for {days} days:\n\n{link}\n\n\
                 If you do not know what this is about, ignore this mail: nothing happens."
            ),
        ),
        Letter::ResetPassword { link, minutes } => (
            format!("New password for {vendor}"),
            format!(
                "Somebody, hopefully you, asked for a new password for your account at {vendor}.\n\n\
                 Set it here. The link works once, for {minutes} minutes:\n\n{link}\n\n\
                 If that was not you, ignore this mail: your password stays as it is."
            ),
        ),
        Letter::ConfirmEmail { name, link, hours } => (
            format!("Confirm your e-mail address for {vendor}"),
            format!(
                "The account of {name} at {vendor} wants to use this e-mail address.\n\n\
                 If that is you, confirm it here. The link works once, for {hours} hours:\n\n{link}\n\n\
                 If that was not you, ignore this mail: the address is not used."
            ),
        ),
        Letter::AddressHasAccount => (
            format!("Your e-mail address at {vendor}"),
            format!(
                "Somebody wanted to use this e-mail address for an account at {vendor}. There is an account with it \
                 already, so nothing was changed.\n\n\
                 If that was you, log in with this address instead. If not, there is nothing to do."
            ),
        ),
        Letter::EmailChanged { new, link, days } => (
            format!("Your e-mail address at {vendor} was changed"),
            format!(
                "Your account at {vendor} now uses the address {new}, and mail goes there.\n\n\
                 If that was you, there is nothing to do.\n\n\
                 If that was not you, undo it here. You get your account back and set a new password. The link works \
                 once, for {days} days:\n\n{link}"
            ),
        ),
        Letter::Notice { what, link } => (
            notice_subject(*what, vendor),
            format!(
                "{}\n\nIf that was you, there is nothing to do. If not, set a new password at once:\n\n{link}",
                notice_fact(*what, vendor)
            ),
        ),
    };
    let signature = format!("\n\n-- \n{vendor}\nThis mail was written by the portal; nobody reads answers to it.\n");
    Words { subject, body: text + &signature }
}

fn notice_subject(what: Notice, vendor: &str) -> String {
    match what {
        Notice::PasswordChanged => format!("Your password at {vendor} was changed"),
        Notice::TwoFactorOn => format!("Two-factor login at {vendor} is on"),
        Notice::TwoFactorOff => format!("Two-factor login at {vendor} is off"),
        Notice::RecoveryCodeUsed => format!("A recovery code was used at {vendor}"),
    }
}

fn notice_fact(what: Notice, vendor: &str) -> String {
    match what {
        Notice::PasswordChanged => format!("The password of your account at {vendor} was changed."),
        Notice::TwoFactorOn => {
            format!("Logging in to your account at {vendor} now takes a code of your app as well.")
        }
        Notice::TwoFactorOff => {
            format!("Logging in to your account at {vendor} now takes the password alone.")
        }
        Notice::RecoveryCodeUsed => {
            format!("Somebody logged in to your account at {vendor} with one of its recovery codes.")
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
        c.is_control() || matches!(c, '/' | '\\' | '@' | ':' | '<' | '>' | '[' | ']' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
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
