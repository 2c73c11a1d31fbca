//! The requests to answer, one after the other: files as they were named, and what lies in folders. Nothing is kept of them.

use std::fs::{self, ReadDir};
use std::io;
use std::path::{Path, PathBuf};

/// A file to answer.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// Its name below the folder that was given, or without any folder.
    pub(crate) name: PathBuf,
}

/// Walks over files and folders. Links to folders are not followed: they may lead round in a circle.
pub(crate) struct Inputs<'a> {
    given: std::slice::Iter<'a, PathBuf>,
    root: PathBuf,
    open: Vec<ReadDir>,
    /// What the names of files in folders end in.
    ending: &'static str,
    /// Files in folders that do not end so.
    pub(crate) others: u64,
}

impl<'a> Inputs<'a> {
    /// Requests.
    pub(crate) fn new(given: &'a [PathBuf]) -> Self {
        Self::ending(given, "request")
    }

    /// Files that end in something else.
    pub(crate) fn ending(given: &'a [PathBuf], ending: &'static str) -> Self {
        Self { given: given.iter(), root: PathBuf::new(), open: Vec::new(), ending, others: 0 }
    }

    fn enter(&mut self, folder: &Path) -> Result<(), (PathBuf, io::Error)> {
        self.open.push(fs::read_dir(folder).map_err(|error| (folder.to_owned(), error))?);
        Ok(())
    }

    /// What a folder has in it: a request, or a folder that is entered.
    fn take(&mut self, entry: &fs::DirEntry) -> Result<Option<Input>, (PathBuf, io::Error)> {
        let path = entry.path();
        if entry.file_type().map_err(|error| (path.clone(), error))?.is_dir() {
            return self.enter(&path).map(|()| None);
        }
        let is_wanted = path.extension().is_some_and(|e| e.eq_ignore_ascii_case(self.ending));
        // Pipes and devices would wait for somebody.
        if !is_wanted || !path.is_file() {
            self.others += 1;
            return Ok(None);
        }
        let name = path.strip_prefix(&self.root).unwrap_or(&path).to_owned();
        Ok(Some(Input { path, name }))
    }
}

impl Iterator for Inputs<'_> {
    /// A file, or a folder that cannot be read.
    type Item = Result<Input, (PathBuf, io::Error)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(folder) = self.open.last_mut() else {
                let path = self.given.next()?.clone();
                if !path.is_dir() {
                    let name = path.file_name().map_or_else(|| path.clone(), PathBuf::from);
                    return Some(Ok(Input { path, name }));
                }
                self.root.clone_from(&path);
                if let Err(error) = self.enter(&path) {
                    return Some(Err(error));
                }
                continue;
            };
            match folder.next() {
                None => {
                    self.open.pop();
                }
                Some(Err(error)) => {
                    self.open.pop();
                    return Some(Err((self.root.clone(), error)));
                }
                Some(Ok(entry)) => match self.take(&entry) {
                    Ok(None) => {}
                    Ok(Some(input)) => return Some(Ok(input)),
                    Err(error) => return Some(Err(error)),
                },
            }
        }
    }
}
