//! How an engine runs.

/// How an engine runs.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The most writes in one commit; 1 turns group commit off.
    pub group_commit_max: usize,
    /// Connections for reading.
    pub readers: usize,
    /// Connections for writing, on PostgreSQL. The embedded engine has one writer.
    pub writers: usize,
    /// In how many pages (of 4,096 bytes) the embedded engine's log begins anew. It becomes longer while somebody reads for long.
    pub log_pages: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { group_commit_max: 256, readers: 4, writers: 4, log_pages: 32_000 }
    }
}
