//! `countersign trial-site check`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use countersign_core::trust::Roots;

use super::args::Check;
use super::config::{Config, Mode};
use super::findings::Findings;
use super::web::{self, Web};
use super::{page, signer};
use crate::fail::Outcome;
use crate::files;

const LARGEST: u64 = 4 * 1024 * 1024;

/// Where the files of a page are.
enum Place {
    Folder(PathBuf),
    /// An address with a slash at its end.
    Address(String),
}

pub(crate) fn check(options: &Check, as_json: bool) -> Outcome {
    let target = &options.target;
    let is_address = target.starts_with("https://") || target.starts_with("http://");
    let place = if is_address {
        Place::Address(web::folder(target))
    } else {
        Place::Folder(PathBuf::from(target))
    };
    if let Place::Folder(folder) = &place {
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    }
    let app_roots = files::read_roots(&options.root)?;
    let (web, mut found) = (Web::new(), Findings::default());
    look_at_files(&place, &web, &mut found);
    let at = match &place {
        Place::Address(address) => Some(address.clone()),
        Place::Folder(_) => options.at.clone(),
    };
    if let Some(config) = look_at_config(&place, &web, &mut found) {
        let wanted: Vec<String> = app_roots.iter().map(ToString::to_string).collect();
        if let Some(missing) = wanted.iter().find(|root| !config.roots.contains(root)) {
            found.problem("roots", format!("the app's root {missing} is not in \"roots\": the page refuses what the app takes"));
        }
        for root in config.roots.iter().filter(|root| !wanted.is_empty() && !wanted.contains(root))
        {
            found.problem(
                "roots",
                format!("the app does not know the root {root}: it refuses what the page takes"),
            );
        }
        if let Some(of_page) = &config.signer {
            signer::look(&config, of_page, files::now(), &mut found);
        }
        look_at_logo(&config, &place, &web, &mut found);
        look_at_portal(&config, at.as_deref(), &web, &mut found);
    }
    found.print(target, as_json)
}

impl Place {
    /// A file beside the page; `None` when it is not there.
    fn read(&self, web: &Web, name: &str) -> anyhow::Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(folder) => read_file(&folder.join(name)),
            Self::Address(address) => {
                let answer = web.get(&format!("{address}{name}"))?;
                Ok(answer.status.is_success().then_some(answer.body))
            }
        }
    }
}

fn read_file(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    if !path.is_file() {
        return Ok(None);
    }
    let size = fs::metadata(path)?.len();
    anyhow::ensure!(size <= LARGEST, "{} is too large for a page", path.display());
    Ok(Some(fs::read(path).with_context(|| path.display().to_string())?))
}

fn look_at_files(place: &Place, web: &Web, found: &mut Findings) {
    let html = match place.read(web, "index.html") {
        Ok(Some(html)) => String::from_utf8_lossy(&html).into_owned(),
        Ok(None) => return found.problem("page", "there is no index.html"),
        Err(error) => return found.problem("page", format!("{error:#}")),
    };
    if !page::is_page(&html) {
        return found.problem("page", "index.html is not the trial page");
    }
    let built_in = page::built_in();
    let same = built_in.iter().any(|f| f.name == "index.html" && *f.content == *html.as_bytes());
    let mut names = page::references(&html);
    if same {
        // Of this version it is known what it loads later on.
        names.extend(built_in.iter().map(|file| file.name.clone()));
    }
    let missing: Vec<String> = names
        .iter()
        .filter(|name| !matches!(place.read(web, name), Ok(Some(content)) if !content.is_empty()))
        .cloned()
        .collect();
    if !missing.is_empty() {
        return found.problem("page", format!("files are missing: {}", missing.join(", ")));
    }
    found.ok("page", format!("{} files, all there", names.len()));
    if !built_in.is_empty() && !same {
        found.warning(
            "page",
            "it is of another version than this program: trial-site init --force writes this one",
        );
    }
}

fn look_at_config(place: &Place, web: &Web, found: &mut Findings) -> Option<Config> {
    let bytes = match place.read(web, "config.json") {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            found.problem("config.json", "it is missing: trial-site init writes one");
            return None;
        }
        Err(error) => {
            found.problem("config.json", format!("{error:#}"));
            return None;
        }
    };
    match Config::read(&bytes) {
        Ok(config) => {
            let mode = if config.mode == Mode::Portal { "portal" } else { "standalone" };
            found.ok(
                "config.json",
                format!("mode {mode}, {} of {}", config.products.len(), config.vendor),
            );
            Some(config)
        }
        Err(error) => {
            found.problem("config.json", format!("the page refuses it: {error:#}"));
            None
        }
    }
}

fn look_at_logo(config: &Config, place: &Place, web: &Web, found: &mut Findings) {
    let Some(logo) = &config.logo else { return };
    match place.read(web, logo) {
        Ok(Some(_)) => {}
        Ok(None) => found.problem("logo", format!("{logo} is not beside the page")),
        Err(error) => found.problem("logo", format!("{error:#}")),
    }
}

fn look_at_portal(config: &Config, at: Option<&str>, web: &Web, found: &mut Findings) {
    let Some(portal) = config.portal.as_deref().map(|p| p.trim_end_matches('/')) else { return };
    if config.mode == Mode::Standalone {
        // It is only named to those who bring another kind of request.
        if web.get(&format!("{portal}/healthz")).is_err() {
            found.warning("portal", format!("{portal} does not answer"));
        }
        return;
    }
    match web.get(&format!("{portal}/readyz")) {
        Err(error) => return found.problem("portal", format!("{error:#}. Visitors get no answer")),
        Ok(answer) => match answer.json() {
            Some(ready) if ready["signing"] == true && ready["database"] == true => {
                found.ok("portal", format!("{portal} answers and can sign"));
            }
            Some(ready) if ready["signing"] == false => {
                found.problem("portal", format!("{portal} cannot sign: its delegation has ended"));
            }
            Some(ready) if ready["database"] == false => {
                found.problem("portal", format!("the database of {portal} does not answer"));
            }
            _ => return found.problem("portal", format!("{portal} is not a portal of this kind")),
        },
    }
    for product in &config.products {
        look_at_product(config, portal, &product.id, web, found);
    }
    let Some(origin) = at.and_then(web::origin) else {
        return found.warning(
            "origin",
            "whether the portal lets the page in is not known: give its address with --at",
        );
    };
    if origin.starts_with("https://") && portal.starts_with("http://") {
        found.problem(
            "portal",
            format!("a page under https may not ask {portal}: browsers block it as mixed content"),
        );
    }
    match web.preflight(&format!("{portal}/api/v1/trials"), &origin) {
        Ok(answer) if answer.allows.as_deref().is_some_and(|a| a == origin || a == "*") => {
            found.ok("origin", format!("the portal lets {origin} in"));
        }
        Ok(_) => found.problem(
            "origin",
            format!("the portal does not let {origin} in: allow it under Vendor → Settings, Trial pages that may ask here"),
        ),
        Err(error) => found.problem("origin", format!("{error:#}")),
    }
}

fn look_at_product(config: &Config, portal: &str, id: &str, web: &Web, found: &mut Findings) {
    let answer = match web.get(&format!("{portal}/api/v1/trials/{id}")) {
        Ok(answer) => answer,
        Err(error) => return found.problem("product", format!("{error:#}")),
    };
    let Some(terms) = answer.json() else {
        return found
            .warning("product", format!("whether {id} has trials, this portal does not tell"));
    };
    match terms["code"].as_str() {
        Some("unknown-product") => {
            return found.problem("product", format!("the portal has no product {id}"));
        }
        Some("no-trial") => {
            return found.problem(
                "product",
                format!("{id} has no trials: set their days on the product's page"),
            );
        }
        Some(code) => {
            return found.warning(
                "product",
                format!("whether {id} has trials, this portal does not tell ({code})"),
            );
        }
        None => {}
    }
    let days = terms["days"].as_u64().unwrap_or(0);
    found.ok("product", format!("{id} has trials of {days} days"));
    let shown = config.products.iter().find(|p| p.id == id).and_then(|p| p.trial.as_ref()?.days);
    if shown.is_some_and(|shown| shown != days) {
        found.warning(
            "product",
            format!("the page says {} days, and the portal gives {days}", shown.unwrap_or(0)),
        );
    }
    let Ok(roots) = config.root_keys() else { return };
    let roots = Roots::new(roots);
    let known: Vec<String> = roots.thumbprints().map(ToString::to_string).collect();
    let signs_under =
        terms["roots"].as_array().into_iter().flatten().filter_map(|root| root.as_str());
    let signs_under: Vec<&str> = signs_under.collect();
    if !signs_under.is_empty() && !signs_under.iter().any(|root| known.iter().any(|k| k == root)) {
        found.problem("roots", "the portal signs under a root that is not in \"roots\": the page refuses all its answers");
    }
}
