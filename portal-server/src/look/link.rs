//! The vendor's website and support address: links that lead to a web page or a mailbox, and nowhere else.

use axum::http::Uri;

use crate::mail;

/// The longest address that is kept, in characters.
pub(crate) const LONGEST: usize = 255;

/// Somewhere to go to, or to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// What a link leads to.
    pub(crate) href: String,
    /// What people read.
    pub(crate) shown: String,
}

/// The website as it is kept: `https://acme.example`.
pub(crate) fn website(text: &str) -> Option<String> {
    let text = text.trim();
    let is_plain =
        |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '\\' | '`');
    if text.len() > LONGEST || !text.chars().all(is_plain) {
        return None;
    }
    let uri: Uri = text.parse().ok()?;
    let is_web = matches!(uri.scheme_str(), Some("https" | "http"));
    let host = uri.authority()?;
    // Who reads `https://bank.example@evil.example` takes it for another place.
    let is_host = !host.host().is_empty() && !host.as_str().contains('@');
    (is_web && is_host).then(|| text.to_owned())
}

/// The support address as it is kept: an e-mail address or a website.
pub(crate) fn support(text: &str) -> Option<String> {
    mail::address(text).or_else(|| website(text))
}

impl Link {
    /// Where nothing can be clicked: the address itself.
    pub(crate) fn in_plain_text(&self) -> &str {
        self.href.strip_prefix("mailto:").unwrap_or(&self.href)
    }

    /// A link to what [`website`] or [`support`] let through.
    pub(crate) fn to(kept: &str) -> Option<Self> {
        if let Some(address) = mail::address(kept) {
            return Some(Self { href: format!("mailto:{address}"), shown: address });
        }
        let href = website(kept)?;
        let shown = href.split_once("://").map_or(&*href, |(_, rest)| rest);
        Some(Self { shown: shown.trim_end_matches('/').to_owned(), href })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_web_pages_and_mailboxes_alone() {
        for (text, href, shown) in [
            ("help@Acme.example", "mailto:help@acme.example", "help@acme.example"),
            ("https://acme.example/", "https://acme.example/", "acme.example"),
            (
                "http://acme.example:8080/help?a=b&c=d",
                "http://acme.example:8080/help?a=b&c=d",
                "acme.example:8080/help?a=b&c=d",
            ),
        ] {
            let kept = support(text).unwrap();
            assert_eq!(Link::to(&kept).unwrap(), Link { href: href.into(), shown: shown.into() });
        }
        for attack in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "//evil.example",
            "/login",
            "acme.example",
            "https://",
            "https://a b",
            "https://a\"onclick=x",
            "https://a'x",
            "https://acme.example@evil.example",
            "https://acme.example\r\nBcc: x@evil.example",
            "ftp://acme.example",
            "mailto:a@b.example",
            "https://\u{430}cme.example",
            "a@b.example\nX: y",
            "https://a<script>",
        ] {
            assert_eq!(support(attack), None, "{attack}");
            assert_eq!(Link::to(attack), None, "{attack}");
        }
        assert_eq!(website(&format!("https://a.example/{}", "x".repeat(LONGEST))), None);
        assert_eq!(website("help@acme.example"), None);
    }
}
