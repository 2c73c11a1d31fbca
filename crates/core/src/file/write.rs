//! Writing a file: comment lines for people, the token wrapped, the `end` line.

use std::fmt::Write as _;

use crate::UnixSeconds;
use crate::release::Release;
use crate::request::{Ask, Request};
use crate::response::{Answer, Response};

const WIDTH: usize = 76;

/// One unsigned line for people, at most 76 characters with its `# `, no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentLine(String);

impl CommentLine {
    /// Makes a line of any text: control characters become blanks, what is too long is cut.
    pub fn new(text: &str) -> Self {
        let clean = |c: char| if c.is_control() || is_line_break(c) { ' ' } else { c };
        let line: String = text.chars().map(clean).take(WIDTH - 2).collect();
        // A comment that begins with "end" would be taken for the last line.
        let line = line.trim().to_owned();
        Self(if line.starts_with("end ") {
            format!(". {line}").chars().take(WIDTH - 2).collect()
        } else {
            line
        })
    }
}

/// Unicode's own line and paragraph separators: some editors break the line there.
fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}')
}

/// The text of a file: comments, token, `end` line.
pub fn write(token: &str, comments: &[CommentLine]) -> String {
    let mut text =
        String::with_capacity(token.len() + token.len() / WIDTH + 64 * (comments.len() + 1));
    for CommentLine(line) in comments {
        let _ = writeln!(text, "# {line}");
    }
    for start in (0..token.len()).step_by(WIDTH) {
        let _ = writeln!(text, "{}", &token[start..token.len().min(start + WIDTH)]);
    }
    let _ =
        writeln!(text, "# end {} characters, check {}", token.len(), super::check_digits(token));
    text
}

/// A request file. `product` is the product's name for people; `take_to` the place to carry it to, if known.
pub fn request_file(
    token: &str,
    request: &Request,
    product: &str,
    take_to: Option<&str>,
) -> String {
    let (what, hint) = match request.ask {
        Ask::Activation { .. } => ("activation request", "not a license: take it to the portal"),
        Ask::Trial { .. } => ("trial request", "not a license: take it to the trial page"),
        Ask::Deactivation { .. } => {
            ("deactivation request", "proof that this machine gave its seat back")
        }
    };
    let machine = [request.device_name(), request.device().and_then(|d| d.platform.as_deref())];
    let machine: Vec<&str> = machine.into_iter().flatten().collect();
    let mut comments = vec![CommentLine::new(&format!("{product} - {what} ({hint})"))];
    if !machine.is_empty() {
        comments.push(CommentLine::new(&format!("machine  {}", machine.join(", "))));
    }
    comments.push(CommentLine::new(&format!(
        "request  {}  made {} UTC",
        request.id,
        date(request.issued_at)
    )));
    if let Some(place) = take_to {
        comments.push(CommentLine::new(&format!("take to  {place}")));
    }
    write(token, &comments)
}

/// A response file. It depends on nothing but its arguments, so the same response gives the same bytes at any time.
pub fn response_file(token: &str, response: &Response, device_name: Option<&str>) -> String {
    let device = device_name.map(|name| format!(" for {name}")).unwrap_or_default();
    let what = response.token_type().words();
    let mut comments = vec![CommentLine::new(&format!("{} - {what}{device}", response.product))];
    match &response.answer {
        Answer::Activation(granted) | Answer::Trial(granted) => {
            comments.push(CommentLine::new(&format!(
                "install before {} UTC, on that machine only",
                date(granted.import_by)
            )));
            let end = granted.grant.expires_at;
            let until =
                end.map_or("without an end".to_owned(), |end| format!("until {} UTC", date(end)));
            comments.push(CommentLine::new(&format!("runs {until}")));
        }
        Answer::Deactivation { activation } => {
            comments.push(CommentLine::new(&format!(
                "the seat of the activation {activation} is free again"
            )));
        }
        Answer::TimeReset => {
            let time = date(response.issued_at);
            comments.push(CommentLine::new(&format!("says that the time is {time} UTC")));
        }
    }
    comments.push(CommentLine::new(&format!("answers request {}", response.request.id)));
    write(token, &comments)
}

/// A checksum file. Like a response file, the same release gives the same bytes at any time.
pub fn checksum_file(token: &str, release: &Release) -> String {
    let count = match release.files.len() {
        1 => "1 file".to_owned(),
        several => format!("{several} files"),
    };
    let (product, version, channel) = (&release.product, &release.version, &release.channel);
    let comments = [
        format!("{product} {version} ({channel}) - signed checksums of {count}"),
        format!("signed  {} UTC", date(release.issued_at)),
        "check   countersign verify-release --root KEY THIS-FILE FILE".to_owned(),
    ];
    write(token, &comments.map(|line| CommentLine::new(&line)))
}

/// A time for people: `2026-11-23 10:00`, UTC; times past the year 9999 as such.
pub fn date(time: UnixSeconds) -> String {
    let known =
        i64::try_from(time).ok().and_then(|t| time::OffsetDateTime::from_unix_timestamp(t).ok());
    known.map_or("after the year 9999".to_owned(), |t| {
        let (date, hour, minute) = (t.date(), t.hour(), t.minute());
        format!(
            "{:04}-{:02}-{:02} {hour:02}:{minute:02}",
            date.year(),
            u8::from(date.month()),
            date.day()
        )
    })
}

/// A file name made of a name that somebody else chose: letters, digits, `.`, `_`, `-`; never empty, hidden, a path,
/// or a name that Windows reserves.
pub fn safe_name(name: &str) -> String {
    let keep = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let kept: String = name.chars().map(keep).take(48).collect();
    let kept = kept.trim_matches(|c| matches!(c, '.' | '-' | '_'));
    match (kept.is_empty(), is_reserved(kept)) {
        (true, _) => "machine".to_owned(),
        (_, true) => format!("machine-{kept}"),
        _ => kept.to_owned(),
    }
}

/// Whether Windows takes a file name for a device's, whatever it ends with.
pub fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}
