//! Printable pages: one HTML file that loads nothing from anywhere and runs nothing.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// A page under construction. Everything that goes in by [`Page::text`] and its like is escaped.
pub(crate) struct Page(String);

const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";

/// For A4 and Letter; on the screen it looks as it prints.
const STYLE: &str = "\
    @page { margin: 12mm }\n\
    body { font: 9.5pt/1.3 system-ui, sans-serif; color: #000; background: #fff; max-width: 180mm; margin: 8mm auto }\n\
    h1 { font-size: 15pt; margin: 0 0 2mm }\n\
    h2 { font-size: 11pt; margin: 3mm 0 1mm }\n\
    p { margin: 1mm 0 }\n\
    table { border-collapse: collapse; width: 100% }\n\
    th, td { text-align: left; vertical-align: top; padding: .3mm 2mm .3mm 0; overflow-wrap: anywhere }\n\
    td { font-variant-ligatures: none }\n\
    th { width: 34mm; font-weight: 600 }\n\
    pre { font: 6.5pt/1.2 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: 1mm 0 }\n\
    .words { font: 11pt/1.5 ui-monospace, monospace; columns: 3 }\n\
    .columns { display: flex; gap: 5mm }\n\
    .columns > div { flex: 2; min-width: 0 }\n\
    .columns > div:last-child { flex: 3 }\n\
    .qr svg { width: 62mm; height: 62mm; display: block }\n\
    .side { display: flex; gap: 6mm; align-items: flex-start }\n\
    .side > div:first-child { flex: 1 }\n\
    .line { display: flex; gap: 8mm; margin-top: 8mm; break-inside: avoid }\n\
    .line span { flex: 1; border-top: .3mm solid #000; padding-top: 1mm; font-size: 8pt }\n\
    @media print { body { margin: 0; max-width: none } }\n";

impl Page {
    pub(crate) fn new(title: &str) -> Self {
        let title = escape(title);
        Self(format!(
            "{HEAD}<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        ))
    }

    pub(crate) fn heading(&mut self, text: &str) {
        self.element("h2", text);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.element("p", text);
    }

    /// Text as it is, line by line.
    pub(crate) fn verbatim(&mut self, text: &str) {
        self.element("pre", text);
    }

    fn element(&mut self, name: &str, text: &str) {
        self.0.push_str(&format!("<{name}>{}</{name}>\n", escape(text)));
    }

    /// Labels with values.
    pub(crate) fn rows<'a>(&mut self, rows: impl IntoIterator<Item = (&'a str, String)>) {
        self.0.push_str("<table>\n");
        for (label, value) in rows {
            self.0.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n",
                escape(label),
                escape(&value)
            ));
        }
        self.0.push_str("</table>\n");
    }

    /// Numbered words, to be typed in again.
    pub(crate) fn words<'a>(&mut self, words: impl Iterator<Item = &'a str>) {
        self.0.push_str("<ol class=\"words\">\n");
        words.for_each(|word| self.0.push_str(&format!("<li>{}</li>\n", escape(word))));
        self.0.push_str("</ol>\n");
    }

    /// What both write, side by side.
    pub(crate) fn columns(&mut self, left: impl FnOnce(&mut Self), right: impl FnOnce(&mut Self)) {
        self.0.push_str("<div class=\"columns\"><div>\n");
        left(self);
        self.0.push_str("</div>\n<div>\n");
        right(self);
        self.0.push_str("</div></div>\n");
    }

    /// What `left` writes, and a QR code of `text` beside it; a sentence where it is too long for one.
    pub(crate) fn beside_qr(&mut self, text: &str, left: impl FnOnce(&mut Self)) {
        self.0.push_str("<div class=\"side\"><div>\n");
        left(self);
        self.0.push_str("</div>\n<div class=\"qr\">\n");
        match svg(text) {
            Some(code) => self.0.push_str(&code),
            None => self.text("Too long for a QR code: the file itself has to be carried."),
        }
        self.0.push_str("\n</div></div>\n");
    }

    /// Lines to sign on.
    pub(crate) fn signature(&mut self, labels: &[&str]) {
        self.0.push_str("<div class=\"line\">");
        labels.iter().for_each(|label| self.0.push_str(&format!("<span>{}</span>", escape(label))));
        self.0.push_str("</div>\n");
    }

    pub(crate) fn finish(self) -> String {
        self.0 + "</body>\n</html>\n"
    }
}

fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .or_else(|_| QrCode::with_error_correction_level(text, EcLevel::L))
        .ok()?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    // It stands in a page: without a declaration of its own.
    Some(drawn.split_once("?>").map_or(drawn.clone(), |(_, svg)| svg.to_owned()))
}

/// Text that can be nothing but text in HTML, in an element and in an attribute. What commands a terminal or turns the
/// direction of text is shown by its number.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            c if c.is_control() || is_invisible(c) => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

/// No width, or another direction: what is not seen cannot be released.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
        || matches!(c, '\u{E0000}'..='\u{E0FFF}' | '\u{E000}'..='\u{F8FF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_text_that_would_be_markup_stays_text() {
        for hostile in [
            "<script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "'-alert(1)-'",
            "&lt;b&gt;",
            "</pre></style><b>",
        ] {
            let mut page = Page::new(hostile);
            page.text(hostile);
            page.verbatim(hostile);
            page.rows([(hostile, hostile.to_owned())]);
            page.words([hostile].into_iter());
            let html = page.finish();
            assert!(!html.contains(hostile), "{html}");
            assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"));
        }
        assert_eq!(escape("a\u{202e}b\u{200b}\u{1b}"), "a\\u{202e}b\\u{200b}\\u{1b}");
    }
}
