//! The built page: inside the program, or in a folder.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

/// What `build.rs` found: names and contents.
const BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/trial_page.rs"));

const MOST_FILES: usize = 200;
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

pub(crate) struct PageFile {
    pub(crate) name: String,
    pub(crate) content: Cow<'static, [u8]>,
}

/// The files of the page, without settings.
pub(crate) fn files(folder: Option<&Path>) -> anyhow::Result<Vec<PageFile>> {
    let files = match folder {
        Some(folder) => of_folder(folder)?,
        None => built_in(),
    };
    ensure!(
        !files.is_empty(),
        "this program was built without the trial page: nothing was written. Build the page (cd static-trial-site && npm ci && \
         npm run build) and give it with --page static-trial-site/dist/site, or take a released program"
    );
    let index = files.iter().find(|file| file.name == "index.html");
    let index = index.context("there is no index.html in the page: nothing was written")?;
    let names: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let html = String::from_utf8_lossy(&index.content);
    if let Some(missing) = references(&html).into_iter().find(|name| !names.contains(name.as_str()))
    {
        bail!(
            "index.html wants {missing}, which is not in the page: nothing was written. Build the page again"
        );
    }
    Ok(files)
}

/// What this program carries; empty where it was built without it.
pub(crate) fn built_in() -> Vec<PageFile> {
    let file = |(name, content): &(&str, &'static [u8])| PageFile {
        name: (*name).to_owned(),
        content: Cow::Borrowed(*content),
    };
    BUILT_IN.iter().map(file).collect()
}

fn of_folder(folder: &Path) -> anyhow::Result<Vec<PageFile>> {
    let entries = fs::read_dir(folder).with_context(|| format!("--page {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if !entry.path().is_file() || name == "config.json" || name.ends_with(".map") {
            continue;
        }
        ensure!(
            files.len() < MOST_FILES,
            "--page {}: too many files for the page",
            folder.display()
        );
        let size = entry.metadata()?.len();
        ensure!(
            size <= LARGEST_FILE,
            "--page {}: {name} is too large for the page",
            folder.display()
        );
        let content = fs::read(entry.path()).with_context(|| entry.path().display().to_string())?;
        files.push(PageFile { name, content: Cow::Owned(content) });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// The files beside index.html that it loads: `src` and `href` of its elements, as far as they are names.
pub(crate) fn references(html: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for attribute in ["src=\"", "href=\""] {
        for part in html.split(attribute).skip(1) {
            let value = part.split('"').next().unwrap_or_default();
            let value = value.strip_prefix("./").unwrap_or(value);
            let is_name = !value.is_empty()
                && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
            if is_name {
                found.insert(value.to_owned());
            }
        }
    }
    found
}

/// Whether this looks like the page at all: with its policy against everything foreign.
pub(crate) fn is_page(html: &str) -> bool {
    html.contains("Content-Security-Policy") && html.contains("type=\"module\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beside_the_page_are_found_and_addresses_are_not() {
        let html = r##"<link href="page.css"><script type="module" src="./page-AB12.js"></script>
            <a href="#content">x</a><a href="https://x.example/y">y</a><img src="">"##;
        let found: Vec<String> = references(html).into_iter().collect();
        assert_eq!(found, ["page-AB12.js", "page.css"]);
    }

    #[test]
    fn a_page_that_is_built_in_is_whole() {
        if !built_in().is_empty() {
            files(None).unwrap();
        }
        assert!(built_in().iter().all(|file| file.name != "config.json"));
    }
}
