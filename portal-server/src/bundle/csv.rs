//! Tables for spreadsheets: UTF-8 with a byte-order mark, CRLF, everything quoted, and no cell that a spreadsheet would
//! take for a formula, whichever separator it believes in.

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

/// A table under construction.
#[derive(Debug)]
pub struct Table(Writer<Vec<u8>>);

impl Table {
    /// A table with these headings.
    ///
    /// # Errors
    /// Never, in memory.
    pub fn new<S: AsRef<str>>(headings: impl IntoIterator<Item = S>) -> csv::Result<Self> {
        let mut builder = WriterBuilder::new();
        builder.quote_style(QuoteStyle::Always).terminator(Terminator::CRLF);
        let mut table = Self(builder.from_writer("\u{FEFF}".into()));
        table.row(headings)?;
        Ok(table)
    }

    /// Further rows of a table whose headings are out already.
    pub fn continued() -> Self {
        let mut builder = WriterBuilder::new();
        builder.quote_style(QuoteStyle::Always).terminator(Terminator::CRLF);
        Self(builder.from_writer(Vec::new()))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When it has another number of cells than the headings.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) -> csv::Result<()> {
        self.0.write_record(cells.into_iter().map(|cell| safe_cell(cell.as_ref())))
    }

    /// The file.
    ///
    /// # Errors
    /// Never, in memory.
    pub fn finish(self) -> csv::Result<Vec<u8>> {
        self.0.into_inner().map_err(|error| csv::Error::from(error.into_error()))
    }
}

/// The text with a `'` before each character that would start a formula: at its beginning, and after each character that
/// some spreadsheet takes for the end of a cell (German ones split at `;` what was written with `,`).
pub fn safe_cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    let mut at_start = true;
    for c in text.chars() {
        if at_start && starts_formula(c) {
            safe.push('\'');
            at_start = false;
        } else if separates(c) {
            at_start = true;
        } else if !is_skipped(c) {
            at_start = false;
        }
        // Lone carriage returns and tabs at the start are taken for nothing, and what follows for a formula.
        safe.push(c);
    }
    let leads = safe.starts_with(|c: char| c.is_control());
    if leads { format!("'{safe}") } else { safe }
}

/// `=`, `+`, `-` and `@`, and what Unicode or a spreadsheet takes for them: full-width and small forms, the minus sign.
pub fn starts_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@')
        || matches!(c, '\u{FF1D}' | '\u{FF0B}' | '\u{FF0D}' | '\u{FF20}')
        || matches!(c, '\u{FE66}' | '\u{FE62}' | '\u{FE63}' | '\u{FE6B}' | '\u{2212}')
}

fn separates(c: char) -> bool {
    matches!(c, ',' | ';' | '\t' | '|' | '\r' | '\n')
}

/// What some spreadsheet drops from the beginning of a cell.
fn is_skipped(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '"' | '\u{FEFF}' | '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(rows: &[Vec<String>]) -> String {
        let mut table = Table::new(["a", "b"]).unwrap();
        for row in rows {
            table.row(row).unwrap();
        }
        String::from_utf8(table.finish().unwrap()).unwrap()
    }

    #[test]
    fn a_table_is_what_spreadsheets_open() {
        let text = table(&[vec!["Müller \"& Söhne\"".into(), "1,5".into()]]);
        assert_eq!(text, "\u{FEFF}\"a\",\"b\"\r\n\"Müller \"\"& Söhne\"\"\",\"1,5\"\r\n");
        assert!(Table::new(["a"]).unwrap().row(["b", "c"]).is_err());
    }

    #[test]
    fn attack_a_cell_that_is_a_formula() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            ("  =1", "  '=1"),
            ("\u{FF1D}1", "'\u{FF1D}1"),
            ("\u{FEFF}=1", "\u{FEFF}'=1"),
            ("a;=1", "a;'=1"),
            ("a\n=1", "a\n'=1"),
            ("a\";=1", "a\";'=1"),
            ("lab-7", "lab-7"),
            ("a=b", "a=b"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!(safe_cell(text), safe, "{text:?}");
        }
    }

    /// As a spreadsheet reads that believes in another separator, with or without quotes.
    fn first_characters(text: &str, separator: char, quotes: bool) -> Vec<char> {
        let (mut first, mut wanted, mut quoted) = (vec![], true, false);
        for c in text.chars() {
            if c == '"' && quotes {
                quoted = !quoted;
            } else if !quoted && (c == separator || c == '\r' || c == '\n') {
                wanted = true;
            } else if wanted && !is_skipped(c) {
                first.push(c);
                wanted = false;
            }
        }
        first
    }

    /// Texts that are made to hurt rather than any.
    fn hostile() -> impl Strategy<Value = String> {
        let bits = prop::sample::select(vec![
            "=",
            "+",
            "-",
            "@",
            "\t",
            "\r",
            "\n",
            ";",
            ",",
            "|",
            "\"",
            "'",
            " ",
            "\u{FF1D}",
            "\u{FEFF}",
            "\u{200B}",
            "\0",
            "a",
            "cmd|' /C calc'!A0",
            "ü",
            "\u{A0}",
        ]);
        prop_oneof![prop::collection::vec(bits, 0..12).prop_map(|b| b.concat()), ".*"]
    }

    proptest! {
        #[test]
        fn no_cell_starts_a_formula_whatever_is_in_it(cells in prop::collection::vec(hostile(), 2)) {
            let text = table(std::slice::from_ref(&cells));
            for separator in [',', ';', '\t', '|'] {
                for quotes in [true, false] {
                    for c in first_characters(&text, separator, quotes) {
                        prop_assert!(!starts_formula(c), "{text:?} with {separator:?}");
                    }
                }
            }
            let body = text.strip_prefix('\u{FEFF}').unwrap();
            let mut reader = csv::ReaderBuilder::new().from_reader(body.as_bytes());
            for record in reader.records() {
                let record = record.unwrap();
                for (cell, text) in record.iter().zip(&cells) {
                    prop_assert!(!cell.starts_with(|c: char| starts_formula(c) || c.is_control()));
                    prop_assert_eq!(cell.replace('\'', ""), text.replace('\'', ""), "nothing else is changed");
                }
            }
        }
    }
}
