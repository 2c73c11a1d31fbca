//! Every token survives write, mangling as mail and editors do it, and read; no bytes make the reader panic.

use proptest::prelude::*;

use super::{CommentLine, read, safe_name, write};

fn token() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-]{20,900}\\.[A-Za-z0-9_-]{20,900}\\.[A-Za-z0-9_-]{86}"
}

/// What happens to a text on its way.
#[derive(Debug, Clone, Copy)]
enum Mangle {
    Crlf,
    OldMac,
    Quote,
    Indent,
    BlankLines,
    TrailingBlanks,
    NonBreakingBlanks,
    ZeroWidth,
    ByteOrderMark,
    Utf16,
    LastLineBreakLost,
}

fn mangle(text: String, how: Mangle) -> String {
    let each_line =
        |change: &dyn Fn(&str) -> String| text.lines().map(change).collect::<Vec<_>>().join("\n");
    match how {
        Mangle::Crlf => text.replace('\n', "\r\n"),
        Mangle::OldMac => text.replace('\n', "\r"),
        Mangle::Quote => each_line(&|line| format!("> {line}")),
        Mangle::Indent => each_line(&|line| format!("\t  {line}")),
        Mangle::BlankLines => text.replace('\n', "\n\n"),
        Mangle::TrailingBlanks => each_line(&|line| format!("{line}  \t")),
        Mangle::NonBreakingBlanks => each_line(&|line| format!("{line}\u{a0}")),
        Mangle::ZeroWidth => each_line(&|line| format!("\u{200b}{line}\u{ad}")),
        Mangle::ByteOrderMark | Mangle::Utf16 | Mangle::LastLineBreakLost => {
            text.trim_end().to_owned()
        }
    }
}

fn carry(text: &str, how: Mangle) -> Vec<u8> {
    match how {
        Mangle::ByteOrderMark => format!("\u{feff}{text}").into_bytes(),
        Mangle::Utf16 => {
            format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
        }
        _ => text.as_bytes().to_vec(),
    }
}

fn mangles() -> impl Strategy<Value = Mangle> {
    use Mangle::*;
    prop::sample::select(vec![
        Crlf,
        OldMac,
        Quote,
        Indent,
        BlankLines,
        TrailingBlanks,
        NonBreakingBlanks,
        ZeroWidth,
        ByteOrderMark,
        Utf16,
        LastLineBreakLost,
    ])
}

proptest! {
    #[test]
    fn survives_write_mangle_read(token in token(), comment in "\\PC{0,90}", first in mangles(), second in mangles()) {
        let written = write(&token, &[CommentLine::new(&comment), CommentLine::new("end of the line")]);
        let carried = carry(&mangle(mangle(written, first), second), second);
        prop_assert_eq!(read(&carried).unwrap(), token);
    }

    #[test]
    fn a_lost_part_is_noticed(token in token(), cut in 1_usize..60) {
        let written = write(&token, &[]);
        let shorter = format!("{}{}", &written[..10], &written[10 + cut..]);
        prop_assert!(read(shorter.as_bytes()).is_err());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read(&bytes);
    }

    #[test]
    fn a_safe_name_is_safe(name in "\\PC{0,80}") {
        let safe = safe_name(&name);
        prop_assert!(!safe.is_empty() && !safe.starts_with('.') && !safe.contains(['/', '\\', ':', '"', '\n']));
    }
}

#[test]
fn what_is_in_the_way_is_named_by_line_and_column() {
    let error = read(b"# comment\n  eyJh!bGci\n").unwrap_err();
    assert_eq!(error.to_string(), "'!' is in the way in line 2, column 7");
}

#[test]
fn a_cut_file_says_how_much_arrived() {
    let written = write(&"a".repeat(200), &[]);
    let cut = written.replacen("aaaaaaaaaa", "", 1);
    assert_eq!(
        read(cut.as_bytes()).unwrap_err().to_string(),
        "190 of 200 characters arrived: a part is missing"
    );
}

#[test]
fn names_that_windows_reserves_and_paths_are_made_harmless() {
    for (name, safe) in [
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "machine-CON"),
        ("com1.txt", "machine-com1.txt"),
        ("..", "machine"),
        ("lab-7", "lab-7"),
        ("a\"b", "a-b"),
    ] {
        assert_eq!(safe_name(name), safe);
    }
}
