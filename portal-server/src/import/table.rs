//! A table in a file, with license keys in it, written while an import goes on.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use crate::bundle::csv::safe_cell;

/// The table as a file, which nobody but its owner may read: it has license keys in it. It takes its name when it is whole.
pub(crate) struct Table {
    writer: Writer<BufWriter<File>>,
    unfinished: PathBuf,
    path: PathBuf,
}

impl Table {
    /// As [`Table::create`], anywhere but where what is read lies.
    pub(crate) fn beside(path: &Path, read: &Path, headings: &[&str]) -> anyhow::Result<Self> {
        if let (Ok(table), Ok(read)) = (path.canonicalize(), read.canonicalize())
            && (table == read || table.is_dir())
        {
            bail!("{} is what is read, or a folder: name another file", path.display());
        }
        Self::create(path, headings)
    }

    /// A table at `path`, with these headings.
    pub(crate) fn create(path: &Path, headings: &[&str]) -> anyhow::Result<Self> {
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".part");
        let unfinished = PathBuf::from(unfinished);
        // Of an import that was cut off.
        let _ = fs::remove_file(&unfinished);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened = options.open(&unfinished);
        let file =
            opened.with_context(|| format!("the table {} cannot be written", path.display()))?;
        let mut builder = WriterBuilder::new();
        builder.quote_style(QuoteStyle::Always).terminator(Terminator::CRLF);
        let mut output = BufWriter::new(file);
        output.write_all("\u{FEFF}".as_bytes())?;
        let writer = builder.from_writer(output);
        let mut table = Self { writer, unfinished, path: path.to_owned() };
        table.row(headings)?;
        Ok(table)
    }

    pub(crate) fn row(&mut self, cells: &[&str]) -> anyhow::Result<()> {
        let written = self.writer.write_record(cells.iter().map(|cell| safe_cell(cell)));
        written.with_context(|| format!("the table {} cannot be written", self.path.display()))
    }

    /// Puts it into its place.
    pub(crate) fn finish(self) -> anyhow::Result<PathBuf> {
        let context = || format!("the table {} cannot be written", self.path.display());
        let output = self.writer.into_inner().map_err(|error| error.into_error());
        let file = output.and_then(|output| output.into_inner().map_err(|e| e.into_error()));
        file.and_then(|file| file.sync_all()).with_context(context)?;
        fs::rename(&self.unfinished, &self.path).with_context(context)?;
        Ok(self.path.clone())
    }
}
