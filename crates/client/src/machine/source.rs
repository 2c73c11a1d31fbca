//! Where components are read from: files, and the system's own tools.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the modules of the systems need to be told.
pub(crate) trait Source {
    /// The beginning of a text file, at most 8 KiB.
    fn text(&self, path: &str) -> Option<String>;
    /// The names in a directory, sorted.
    fn names(&self, directory: &str) -> Vec<String>;
    /// Where a path leads when links are followed.
    fn real(&self, path: &str) -> Option<String>;
    /// What a program writes to standard output.
    fn output(&self, program: &str, arguments: &[&str]) -> Option<String>;
}

/// The file system, from `/` or another root.
pub(crate) struct Real {
    root: Option<PathBuf>,
}

impl Real {
    pub(crate) fn system() -> Self {
        Self { root: None }
    }

    pub(crate) fn under(root: PathBuf) -> Self {
        // Links are compared with the root, so it must be spelled as they will be.
        Self { root: Some(fs::canonicalize(&root).unwrap_or(root)) }
    }

    fn path(&self, path: &str) -> PathBuf {
        match &self.root {
            None => PathBuf::from(path),
            Some(root) => root.join(path.trim_start_matches('/')),
        }
    }
}

impl Source for Real {
    fn text(&self, path: &str) -> Option<String> {
        let mut bytes = Vec::new();
        // The first processor of /proc/cpuinfo is enough, and of some files there is no end.
        File::open(self.path(path)).ok()?.take(8192).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(directory)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    fn real(&self, path: &str) -> Option<String> {
        let real = fs::canonicalize(self.path(path)).ok()?;
        let inside = match &self.root {
            None => real,
            Some(root) => Path::new("/").join(real.strip_prefix(root).ok()?),
        };
        inside.to_str().map(str::to_owned)
    }

    fn output(&self, program: &str, arguments: &[&str]) -> Option<String> {
        if self.root.is_some() {
            return None;
        }
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
        // CREATE_NO_WINDOW: an app with windows of its own would flash a console one at every start.
        #[cfg(windows)]
        std::os::windows::process::CommandExt::creation_flags(&mut command, 0x0800_0000);
        let done = command.output().ok()?;
        done.status.success().then(|| String::from_utf8_lossy(&done.stdout).into_owned())
    }
}
