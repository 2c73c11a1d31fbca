//! License ends for calendars (RFC 5545). Written here and not with the crate `icalendar`: that stamps an alarm with the
//! system's time and a random UID of its own, and lets a lone carriage return through. The tests read it with that crate.

use countersign_core::UnixSeconds;

/// How long before the end a calendar reminds.
const REMINDER: &str = "-P2W";
/// The longest line, in octets, without its line break.
const LONGEST_LINE: usize = 75;

/// An end to be put into a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The same for the same thing at any time, so that a calendar replaces what it had: e.g. a license's id.
    pub uid: String,
    /// When it ends.
    pub at: UnixSeconds,
    /// What the calendar shows.
    pub summary: String,
    /// What it shows when opened.
    pub description: String,
    /// The page about it, if the portal knows its own address.
    pub url: Option<String>,
}

/// The calendar of these ends, as it is at `now`. `vendor` names who made it, `host` makes the UIDs unique in the world.
/// What ends after the year 9999 is left out: no calendar has it.
pub fn calendar(vendor: &str, host: &str, ends: &[End], now: UnixSeconds) -> String {
    let mut lines = Lines::default();
    lines.raw("BEGIN:VCALENDAR");
    lines.raw("VERSION:2.0");
    lines.text("PRODID", &format!("-//{vendor}//Countersign//EN"));
    lines.raw("CALSCALE:GREGORIAN");
    lines.raw("METHOD:PUBLISH");
    for end in ends {
        if let (Some(at), Some(now)) = (date_time(end.at), date_time(now)) {
            lines.event(end, &at, &now, host);
        }
    }
    lines.raw("END:VCALENDAR");
    lines.0
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn event(&mut self, end: &End, at: &str, now: &str, host: &str) {
        self.raw("BEGIN:VEVENT");
        self.text("UID", &format!("{}@{host}", end.uid));
        self.raw(&format!("DTSTAMP:{now}"));
        self.raw(&format!("DTSTART:{at}"));
        self.text("SUMMARY", &end.summary);
        self.text("DESCRIPTION", &end.description);
        if let Some(url) = &end.url {
            // An address is no text: nothing is escaped in it, and nothing that would need it belongs there.
            self.raw(&format!("URL:{}", url.replace(|c: char| c.is_control() || c == ' ', "")));
        }
        self.raw("TRANSP:TRANSPARENT");
        self.raw("BEGIN:VALARM");
        self.raw("ACTION:DISPLAY");
        self.text("DESCRIPTION", &end.summary);
        self.raw(&format!("TRIGGER:{REMINDER}"));
        self.raw("END:VALARM");
        self.raw("END:VEVENT");
    }

    fn text(&mut self, name: &str, value: &str) {
        self.raw(&format!("{name}:{}", escaped(value)));
    }

    /// A line, folded: what continues it begins with a blank, and no character is split.
    fn raw(&mut self, line: &str) {
        let mut room = LONGEST_LINE;
        for c in line.chars() {
            if c.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = LONGEST_LINE - 1;
            }
            self.0.push(c);
            room -= c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

/// A TEXT value (3.3.11). Control characters other than line breaks have no place in it.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let value = value.replace("\r\n", "\n").replace('\r', "\n");
    for c in value.chars() {
        match c {
            '\\' | ';' | ',' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            c if c.is_control() => text.push(' '),
            c => text.push(c),
        }
    }
    text
}

/// `20260921T141320Z`
fn date_time(time: UnixSeconds) -> Option<String> {
    let t = time::OffsetDateTime::from_unix_timestamp(i64::try_from(time).ok()?).ok()?;
    let (date, hour, minute, second) = (t.date(), t.hour(), t.minute(), t.second());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    Some(format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z"))
}

#[cfg(test)]
mod tests {
    use icalendar::parser::{read_calendar, unfold};
    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_790_000_000;

    fn end(summary: &str) -> End {
        End {
            uid: "license-1".into(),
            at: NOW + 86_400,
            summary: summary.into(),
            description: "Renew it, or it stops;\nsee the portal\\".into(),
            url: Some("https://portal.example/licenses/1".into()),
        }
    }

    #[test]
    fn a_license_end_is_an_event_with_a_reminder() {
        let text = calendar("Acme", "portal.example", &[end("Acme CAD ends")], NOW);
        let expected = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Acme//Countersign//EN\r\nCALSCALE:GREGORIAN\r\n\
            METHOD:PUBLISH\r\nBEGIN:VEVENT\r\nUID:license-1@portal.example\r\nDTSTAMP:20260921T141320Z\r\n\
            DTSTART:20260922T141320Z\r\nSUMMARY:Acme CAD ends\r\n\
            DESCRIPTION:Renew it\\, or it stops\\;\\nsee the portal\\\\\r\nURL:https://portal.example/licenses/1\r\n\
            TRANSP:TRANSPARENT\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Acme CAD ends\r\nTRIGGER:-P2W\r\n\
            END:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_no_calendar_has_is_left_out() {
        let never = End { at: u64::MAX, ..end("a") };
        let text = calendar("Acme", "h", &[never, end("b")], NOW);
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 1);
    }

    #[test]
    fn attack_a_name_that_adds_lines_of_its_own() {
        for breaks in ["\r\n", "\n", "\r", "\u{85}", "\u{0B}"] {
            let evil =
                format!("a{breaks}END:VEVENT{breaks}BEGIN:VEVENT{breaks}ATTACH:file:///etc/passwd");
            let mut end = end(&evil);
            end.url = Some(format!("https://a{evil}"));
            let text = calendar(&evil, "h", &[end], NOW);
            assert!(!text.lines().any(|line| line.starts_with("ATTACH")), "{text}");
            assert_eq!(text.lines().filter(|line| *line == "BEGIN:VEVENT").count(), 1);
        }
    }

    proptest! {
        #[test]
        fn no_line_is_over_75_octets_and_every_reader_gets_the_text_back(summary in "\\PC*", more in ".{0,200}") {
            let made = End { description: more.clone(), ..end(&summary) };
            let text = calendar("Acme", "h", &[made], NOW);
            prop_assert!(text.ends_with("\r\n"));
            for line in text.split("\r\n") {
                prop_assert!(line.len() <= 75, "{} octets: {line:?}", line.len());
                prop_assert!(!line.contains(['\r', '\n']));
            }
            let unfolded = unfold(&text);
            let read = read_calendar(&unfolded).map_err(TestCaseError::fail)?;
            let event = &read.components[0];
            let value = |name: &str| {
                let found = event.properties.iter().find(|p| p.name.as_str() == name);
                found.map(|p| p.val.as_str().replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";"))
            };
            if !summary.contains('\\') {
                prop_assert_eq!(value("SUMMARY"), Some(summary));
            }
        }
    }
}
