//! PostgreSQL's own programs, which copy a server's database and bring it back: found, and told where the database is by their
//! environment. On a command line every program on the machine would read the password.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use countersign_store::{Database, server_facts};

/// Where Debian keeps the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// What is set aside by a restore is no part of the portal.
const NOT_ASIDE: &str = "--exclude-schema=before_restore_*";

/// A server with programs that are not older than it.
pub(super) struct Tools {
    folder: PathBuf,
    environment: Vec<(&'static str, String)>,
    name: String,
}

impl Tools {
    /// For this database.
    ///
    /// # Errors
    /// When the server does not answer, or no such programs are installed.
    pub(super) fn of(database: &Database) -> anyhow::Result<Self> {
        let facts =
            server_facts(database).with_context(|| format!("{database} does not answer"))?;
        let facts = facts.with_context(|| format!("{database} is no server"))?;
        let (wanted, environment) = (facts.version / 10_000, database.environment());
        // Without a name the programs would take another database than this one.
        let name = environment.iter().find(|(variable, _)| *variable == "PGDATABASE");
        let name = name.map(|(_, name)| name.clone()).context("the address names no database")?;
        let mut found = Vec::new();
        for folder in folders() {
            let Some(version) = version(&folder.join("pg_dump")) else { continue };
            if version >= wanted && folder.join("pg_restore").exists() {
                return Ok(Self { folder, environment, name });
            }
            found.push(version.to_string());
        }
        let there = match found.is_empty() {
            true => "no pg_dump was found".to_owned(),
            false => format!("the pg_dump that was found is of version {}", found.join(", ")),
        };
        bail!(
            "the server has version {wanted}, and {there}, in PATH or below {DEBIAN}: it has to be at least as new. Install it \
             (Debian: apt-get install postgresql-client-{wanted}), or copy the database by hand"
        )
    }

    /// Copies the database, as of one moment, into a new file.
    pub(super) fn dump(&self, to: &Path) -> anyhow::Result<()> {
        let mut command = self.command("pg_dump");
        command.args([
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--no-password",
            NOT_ASIDE,
        ]);
        run(command.arg("--file").arg(to), "pg_dump")?;
        // Read once from its beginning to its end: what cannot be read is no backup.
        self.read(to)
    }

    /// Whether a copy can be read to its end.
    pub(super) fn read(&self, dump: &Path) -> anyhow::Result<()> {
        let mut command = self.command("pg_restore");
        run(command.arg("--file=/dev/null").arg(dump), "pg_restore")
    }

    /// Brings a copy into the database, all of it or nothing.
    pub(super) fn restore(&self, dump: &Path) -> anyhow::Result<()> {
        let mut command = self.command("pg_restore");
        command.args([
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            "--no-password",
        ]);
        let name = &self.name;
        // A name and no address: what looks like one would be read as one.
        ensure!(
            !name.contains(['=', '/', ':']),
            "the database {name} has a name that pg_restore misreads"
        );
        run(command.arg("--dbname").arg(name).arg(dump), "pg_restore")
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.join(name));
        for variable in
            ["PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGOPTIONS"]
        {
            command.env_remove(variable);
        }
        command.envs(self.environment.iter().map(|(name, value)| (*name, value.as_str())));
        command.env("LC_MESSAGES", "C").stdin(Stdio::null());
        command
    }
}

fn run(command: &mut Command, name: &str) -> anyhow::Result<()> {
    let ran = command.output().with_context(|| format!("{name} cannot be started"))?;
    let said = String::from_utf8_lossy(&ran.stderr);
    let advice = match said.contains("No space left on device") || said.contains("File too large") {
        true => {
            ". The disk is full, or a limit is reached. Make room, or take another disk, and run this again"
        }
        false => "",
    };
    ensure!(ran.status.success(), "{name} failed ({}): {}{advice}", ran.status, said.trim());
    Ok(())
}

/// Where the programs may be: the path first, then Debian's versions, the newest one first.
fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|entry| entry.path()).collect();
    let number = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        std::cmp::Reverse(name.and_then(|name| name.parse::<u32>().ok()).unwrap_or(0))
    };
    versions.sort_by_key(number);
    folders.extend(versions.into_iter().map(|version| version.join("bin")));
    folders.retain(|folder| folder.join("pg_dump").exists());
    folders
}

/// `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
fn version(program: &Path) -> Option<u64> {
    let said = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    number(&String::from_utf8_lossy(&said.stdout))
}

fn number(said: &str) -> Option<u64> {
    let (_, version) = said.split_once("(PostgreSQL) ")?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_version_is_read_as_programs_say_it() {
        assert_eq!(number("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(number("pg_dump (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(number("pg_dump: command not found\n"), None);
    }
}
