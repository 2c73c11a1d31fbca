//! Every SQL text once, by name, in a registry that a test prepares.

/// Names SQL texts: constants, and the list of them for the registry.
macro_rules! statements {
    ($($name:ident = $sql:expr;)+) => {
        $(const $name: &str = $sql;)+
        #[cfg(test)]
        pub(crate) const SQL: &[&str] = &[$($name),+];
    };
}
pub(crate) use statements;

/// All that this crate can send to an engine, apart from its dialect.
#[cfg(test)]
pub(crate) const ALL_SQL: &[&[&str]] = &[
    crate::activation::SQL,
    crate::answer::SQL,
    crate::audit::SQL,
    crate::deactivation::SQL,
    crate::fingerprint::SQL,
    crate::health::SQL,
    crate::license::SQL,
    crate::license_edit::SQL,
    crate::migrations::SQL,
    crate::organization::SQL,
    crate::product::SQL,
    crate::session::SQL,
    crate::setting::SQL,
    crate::throttle::SQL,
    crate::token::SQL,
    crate::trial::SQL,
    crate::user::SQL,
    crate::user_edit::SQL,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::backend;

    #[test]
    fn every_text_is_prepared_by_sqlite() {
        let directory = tempfile::tempdir().unwrap();
        let connection = backend::migrated(&directory.path().join("test.db"), 0).unwrap();
        let db = backend::Db::of(&connection);
        for sql in ALL_SQL.iter().copied().flatten() {
            db.prepare(sql).unwrap_or_else(|e| panic!("{e}\n{sql}"));
        }
    }

    #[test]
    fn every_text_is_written_once() {
        let mut seen = BTreeSet::new();
        for sql in ALL_SQL.iter().copied().flatten() {
            assert!(seen.insert(sql), "twice: {sql}");
        }
    }

    /// A literal that starts like SQL stands in a `statements!` block, in the dialect, or is no SQL.
    #[test]
    fn no_text_is_outside_the_registry() {
        let mut files = 0;
        for path in rust_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
            files += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            let mut inside = false;
            for (index, line) in text.lines().enumerate() {
                match line {
                    "statements! {" => inside = true,
                    "}" => inside = false,
                    _ => {}
                }
                let verb = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ", "REPLACE "]
                    .iter()
                    .find(|verb| line.contains(&format!("\"{verb}")));
                let exempt = inside || path.ends_with("dialect.rs") || path.ends_with("statements.rs");
                assert!(verb.is_none() || exempt, "{}:{}: {line}", path.display(), index + 1);
            }
            let registers = text.lines().filter(|line| *line == "statements! {").count();
            assert!(registers <= 1, "{} has two registries", path.display());
        }
        assert!(files > 15, "only {files} files were looked at");
    }

    /// Only the engine's files name its driver.
    #[test]
    fn the_driver_stays_in_the_backend() {
        for path in rust_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
            let text = std::fs::read_to_string(&path).unwrap();
            let inside = path.components().any(|part| part.as_os_str() == "backend");
            let named = text.contains(concat!("rusqlite", "::"));
            assert!(inside || !named, "{} names the driver", path.display());
        }
    }

    fn rust_files(directory: &Path) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(rust_files(&path));
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
        found
    }
}
