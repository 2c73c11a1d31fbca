//! The lines of a log one after the other: flat memory, however long it is.

use std::io::{self, BufRead, BufReader, Read};

use crate::line::LONGEST;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// It ended with a newline. The bytes are in the buffer, without it.
    Whole,
    /// The file ends within it.
    Torn,
    /// It is longer than any line may be.
    TooLong,
}

/// Reads lines.
#[derive(Debug)]
pub struct Lines<R>(BufReader<R>);

impl<R: Read> Lines<R> {
    /// Of what comes out of `reader`.
    pub fn new(reader: R) -> Self {
        Self(BufReader::with_capacity(256 * 1024, reader))
    }

    /// The next line, its bytes in `buffer`; `None` at the end.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn next(&mut self, buffer: &mut Vec<u8>) -> io::Result<Option<Line>> {
        buffer.clear();
        let most = LONGEST as u64 + 1;
        let read = (&mut self.0).take(most).read_until(b'\n', buffer)? as u64;
        Ok(match (read, buffer.pop_if(|last| *last == b'\n')) {
            (0, _) => None,
            (_, Some(_)) => Some(Line::Whole),
            (read, None) if read == most => Some(Line::TooLong),
            (_, None) => Some(Line::Torn),
        })
    }
}
