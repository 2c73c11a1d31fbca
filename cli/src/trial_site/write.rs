//! Writing the folder: page, settings, and what GitHub Pages needs.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::config::{Config, Mode};
use super::init::Logo;
use super::page::PageFile;

const WORKFLOW: &str = include_str!("pages.yml");
const README_PORTAL: &str = include_str!("readme-portal.md");
const README_STANDALONE: &str = include_str!("readme-standalone.md");

/// Writes all of it; the names of what was written.
pub(crate) fn all(
    folder: &Path,
    config: &Config,
    page: &[PageFile],
    logo: Option<&Logo>,
) -> anyhow::Result<Vec<String>> {
    let mut written = Vec::new();
    let mut put = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        fs::write(&path, content)
            .with_context(|| format!("{} could not be written", path.display()))?;
        written.push(name.to_owned());
        anyhow::Ok(())
    };
    for file in page {
        put(&file.name, &file.content)?;
    }
    if let Some((name, content)) = logo {
        put(name, content)?;
    }
    put("config.json", config.text().as_bytes())?;
    put(".nojekyll", b"")?;
    put(".github/workflows/pages.yml", WORKFLOW.as_bytes())?;
    put("README.md", readme(config).as_bytes())?;
    Ok(written)
}

fn readme(config: &Config) -> String {
    let (text, portal) = match config.mode {
        Mode::Portal => (README_PORTAL, config.portal.as_deref().unwrap_or_default()),
        Mode::Standalone => (README_STANDALONE, ""),
    };
    let products: Vec<&str> =
        config.products.iter().map(|p| p.name.as_deref().unwrap_or(&p.id)).collect();
    // What a vendor typed is no mark-up of the file.
    let plain = |text: &str| text.replace(['<', '>', '`', '[', ']', '\n'], " ");
    text.replace("{vendor}", &plain(&config.vendor))
        .replace("{products}", &plain(&products.join(", ")))
        .replace("{portal}", portal)
}
