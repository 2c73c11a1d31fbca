//! The lines of a journal one after the other: flat memory, however long it is.

use std::io::{self, BufRead, BufReader, Read};

use crate::line::LONGEST;

/// A line with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// It ended with a newline. The bytes are in the buffer, without it.
    Whole {
        /// Where it begins, in bytes.
        offset: u64,
    },
    /// The file ends within it: it was not written whole.
    Torn {
        /// Where it begins, in bytes.
        offset: u64,
    },
    /// It is longer than any line may be.
    TooLong,
}

/// Reads lines.
#[derive(Debug)]
pub struct Lines<R> {
    reader: BufReader<R>,
    offset: u64,
}

impl<R: Read> Lines<R> {
    /// Of what comes out of `reader`, which stands `offset` bytes into the file.
    pub fn new(reader: R, offset: u64) -> Self {
        Self { reader: BufReader::with_capacity(256 * 1024, reader), offset }
    }

    /// The next line, its bytes in `buffer`; `None` at the end.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn next(&mut self, buffer: &mut Vec<u8>) -> io::Result<Option<Line>> {
        buffer.clear();
        let offset = self.offset;
        let most = LONGEST as u64 + 1;
        let read = (&mut self.reader).take(most).read_until(b'\n', buffer)? as u64;
        self.offset += read;
        Ok(match (read, buffer.pop_if(|last| *last == b'\n')) {
            (0, _) => None,
            (_, Some(_)) => Some(Line::Whole { offset }),
            (read, None) if read == most => Some(Line::TooLong),
            (_, None) => Some(Line::Torn { offset }),
        })
    }
}
