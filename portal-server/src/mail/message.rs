//! The bytes of a message (RFC 5322). Headers are built by the library from parsed addresses and encoded words; line ends
//! in what goes into them are taken out besides.

use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context as _;
use countersign_core::{Hash, UnixSeconds};
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};

use super::letter::Words;

/// A message, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub(crate) envelope: Envelope,
    pub(crate) bytes: Vec<u8>,
}

/// The message to one mailbox. `unique` makes its id: the same for every try, so that a server that got it twice can tell.
pub(crate) fn seal(
    from: &Mailbox,
    to: &Address,
    words: &Words,
    unique: &str,
    now: UnixSeconds,
) -> anyhow::Result<Sealed> {
    let id = format!("<{}@{}>", Hash::of(unique), from.email.domain());
    let message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(one_line(&words.subject))
        .date(UNIX_EPOCH + Duration::from_secs(now))
        .message_id(Some(id))
        // RFC 3834: out-of-office programs keep quiet.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .header(ContentType::TEXT_PLAIN)
        .body(words.body.clone())
        .context("the message cannot be put together")?;
    Ok(Sealed { envelope: message.envelope().clone(), bytes: message.formatted() })
}

/// The sender: an address, or a name with an address.
///
/// # Errors
/// When it is neither.
pub(crate) fn sender(text: &str, vendor: &str) -> anyhow::Result<Mailbox> {
    let parsed: Mailbox =
        text.trim().parse().with_context(|| format!("{text:?} is no address to send mail from"))?;
    let name = parsed.name.unwrap_or_else(|| vendor.to_owned());
    Ok(Mailbox::new(Some(one_line(&name)), parsed.email))
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(subject: &str, vendor: &str) -> String {
        let from = sender("portal@acme.example", vendor).unwrap();
        let words =
            Words { subject: subject.into(), body: "Grüße\n.\nBcc: x@evil.example\n".into() };
        let to = "jane@acme.example".parse().unwrap();
        let sealed = seal(&from, &to, &words, "1", 1_790_000_000).unwrap();
        assert_eq!(sealed.envelope.to(), [to]);
        let text = String::from_utf8(sealed.bytes).unwrap();
        text.split_once("\r\n\r\n").unwrap().0.to_owned()
    }

    #[test]
    fn header_injection_by_subject_or_name_adds_no_header() {
        let names = |headers: &str| -> Vec<String> {
            let starts = headers.lines().filter(|line| !line.starts_with([' ', '\t']));
            starts.map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect()
        };
        let plain = names(&headers("Hello", "Acme"));
        assert!(plain.contains(&"Subject".to_owned()) && !plain.contains(&"Bcc".to_owned()));
        for evil in [
            "Hi\r\nBcc: eve@evil.example",
            "Hi\nBcc: eve@evil.example",
            "Hi\rBcc: eve@evil.example",
            "Hi\r\n\r\n<html>",
            "Hi\u{85}Bcc: eve@evil.example",
            "=?utf-8?Q?=0D=0ABcc:_eve@evil.example?=",
            &"ü\r\nBcc: eve@evil.example ".repeat(30),
        ] {
            assert_eq!(names(&headers(evil, "Acme")), plain, "{evil:?}");
            assert_eq!(names(&headers("Hello", evil)), plain, "{evil:?}");
        }
        assert!(sender("Acme <a@acme.example>\r\nBcc: b@evil.example", "x").is_err());
    }

    #[test]
    fn a_message_says_when_and_that_a_program_wrote_it() {
        let headers = headers("Grüße", "Acme");
        assert!(headers.contains("Date: Mon, 21 Sep 2026"), "{headers}");
        assert!(headers.contains("Auto-Submitted: auto-generated"), "{headers}");
        assert!(headers.contains("charset=utf-8"), "{headers}");
    }
}
