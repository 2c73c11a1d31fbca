//! Cells out of bytes. The table comes from a stranger's spreadsheet: whatever it holds, a row takes no more than a fixed room, and
//! what does not fit is named by its line.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::language::Say;

/// The most bytes of one row's cells, and the most cells.
const MOST_BYTES: usize = 64 * 1024;
const MOST_CELLS: usize = 64;
/// So much of the first line shows which separator it has.
const HEAD: usize = 4 * 1024;

/// The rows of a table.
pub(super) struct Rows<R> {
    input: R,
    reader: Reader,
    cells: Box<[u8]>,
    ends: [usize; MOST_CELLS],
    /// The head of the file, as far as it was looked at, and how much of it was read.
    head: (Vec<u8>, usize),
    /// The last byte that was read: a row that ends in CR LF is known to end at the CR.
    last: u8,
    is_over: bool,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Row {
    /// The cells of a row, without the blanks around them.
    Cells(u64, Vec<String>),
    /// A row whose cells cannot be read.
    Bad(u64, Say),
    /// Nothing of the rest can be read.
    Broken(u64, Say),
}

impl<R: BufRead> Rows<R> {
    /// A table from its first byte, with or without a byte-order mark, with `,`, `;` or tabs between its cells.
    ///
    /// # Errors
    /// When it cannot be read; inside, in words, when it is no text in UTF-8.
    pub(super) fn new(mut input: R) -> io::Result<Result<Self, Say>> {
        let mut head = Vec::new();
        while head.len() < HEAD && !head.contains(&b'\n') {
            let part = input.fill_buf()?;
            if part.is_empty() {
                break;
            }
            let taken = part.len().min(HEAD - head.len());
            head.extend_from_slice(&part[..taken]);
            input.consume(taken);
        }
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Ok(Err(Say::new("table-utf16")));
        }
        let start = if head.starts_with("\u{FEFF}".as_bytes()) { 3 } else { 0 };
        let first = head[start..].split(|byte| *byte == b'\n').next().unwrap_or_default();
        Ok(Ok(Self {
            input,
            reader: ReaderBuilder::new().delimiter(separator(first)).build(),
            cells: vec![0; MOST_BYTES].into_boxed_slice(),
            ends: [0; MOST_CELLS],
            head: (head, start),
            last: 0,
            is_over: false,
        }))
    }

    /// The next row; `None` at the end, or after what broke it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        if self.is_over {
            return Ok(None);
        }
        let before = self.reader.line() + u64::from(self.last == b'\r');
        let (mut bytes, mut cells) = (0, 0);
        loop {
            let (result, read) = {
                let (head, at) = &self.head;
                let from_head = *at < head.len();
                let part = if from_head { &head[*at..] } else { self.input.fill_buf()? };
                let (result, read, wrote, ended) = self.reader.read_record(
                    part,
                    &mut self.cells[bytes..],
                    &mut self.ends[cells..],
                );
                self.last = read.checked_sub(1).map_or(self.last, |at| part[at]);
                bytes += wrote;
                cells += ended;
                (result, (from_head, read))
            };
            match read {
                (true, read) => self.head.1 += read,
                (false, read) => self.input.consume(read),
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    self.is_over = true;
                    let what = if cells >= MOST_CELLS {
                        Say::new("table-too-many-cells").with("most", MOST_CELLS)
                    } else {
                        Say::new("table-row-too-long").with("most", MOST_BYTES / 1024)
                    };
                    return Ok(Some(Row::Broken(before, what)));
                }
                ReadRecordResult::Record => {
                    // Counted back from where it ends: empty lines before a row belong to nobody.
                    let breaks = self.cells[..bytes].iter().filter(|b| **b == b'\n').count() as u64;
                    let after = breaks + u64::from(self.last == b'\n');
                    let line = self.reader.line().saturating_sub(after).max(1);
                    return Ok(Some(self.row(line, bytes, cells)));
                }
                ReadRecordResult::End => {
                    self.is_over = true;
                    return Ok(None);
                }
            }
        }
    }

    fn row(&self, line: u64, bytes: usize, cells: usize) -> Row {
        let Ok(text) = std::str::from_utf8(&self.cells[..bytes]) else {
            return Row::Bad(line, Say::new("table-no-utf8"));
        };
        if text.contains('\0') {
            return Row::Bad(line, Say::new("table-nul"));
        }
        let (mut found, mut start) = (Vec::with_capacity(cells), 0);
        for end in &self.ends[..cells] {
            // A cell may end inside of a character only where the text is none.
            found.push(text.get(start..*end).unwrap_or_default().trim().to_owned());
            start = *end;
        }
        Row::Cells(line, found)
    }
}

/// The separator that the first line has most of.
fn separator(line: &[u8]) -> u8 {
    let count = |separator: u8| line.iter().filter(|byte| **byte == separator).count();
    let mut best = b',';
    for separator in [b';', b'\t'] {
        if count(separator) > count(best) {
            best = separator;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<Row> {
        let mut rows = Rows::new(bytes).unwrap().unwrap();
        let mut all = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            all.push(row);
        }
        all
    }

    fn cells(bytes: &[u8]) -> Vec<(u64, Vec<String>)> {
        let cells = |row| match row {
            Row::Cells(line, cells) => (line, cells),
            other => panic!("{other:?}"),
        };
        rows(bytes).into_iter().map(cells).collect()
    }

    #[test]
    fn every_separator_and_a_byte_order_mark_are_understood_and_lines_are_those_of_the_file() {
        let expected = vec![
            (1, vec!["product".to_owned(), "holder".to_owned()]),
            (2, vec!["a".to_owned(), "x\ny".to_owned()]),
            (4, vec!["b".to_owned(), "z".to_owned()]),
        ];
        for separator in [",", ";", "\t"] {
            for mark in ["", "\u{FEFF}"] {
                for end in ["\n", "\r\n"] {
                    let text = format!("{mark}product,holder{end}a,\"x\ny\"{end} b , z {end}");
                    assert_eq!(
                        cells(text.replace(',', separator).as_bytes()),
                        expected,
                        "{text:?}"
                    );
                }
            }
        }
        assert_eq!(
            cells(b"a,b\n\n\nc,d"),
            [(1, vec!["a".to_owned(), "b".to_owned()]), (4, vec!["c".to_owned(), "d".to_owned()]),]
        );
        assert!(rows(b"").is_empty());
    }

    #[test]
    fn attack_a_quote_that_never_ends_and_a_million_columns_take_a_fixed_room() {
        let mut endless = b"product\n\"".to_vec();
        endless.resize(3_000_000, b'x');
        assert!(matches!(rows(&endless)[..], [Row::Cells(1, _), Row::Broken(2, _)]));
        let wide = ",".repeat(1_000_000);
        assert!(matches!(rows(wide.as_bytes())[..], [Row::Broken(1, _)]));
    }

    #[test]
    fn attack_bytes_that_are_no_text() {
        assert!(Rows::new(&b"\xff\xfep\0r\0"[..]).unwrap().is_err());
        assert!(Rows::new(&b"\xfe\xff\0p\0r"[..]).unwrap().is_err());
        assert!(matches!(rows(b"a,b\n\xff,c\nd,e")[..], [_, Row::Bad(2, _), Row::Cells(3, _)]));
        assert!(matches!(rows(b"a,b\nc\0,d")[..], [_, Row::Bad(2, _)]));
    }
}
