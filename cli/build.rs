//! Puts the built trial page (static-trial-site/dist/site) into the program, where it was built before. Where it was not, the
//! program says how to get it: `cargo build` needs no Node.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo says where it is"))
        .join("../static-trial-site");
    let site = folder.join("dist/site");
    println!("cargo:rerun-if-changed=build.rs");
    // What does not exist cannot be watched; the folder that it will be in can.
    let watched = [&site, &folder].into_iter().find(|path| path.is_dir());
    if let Some(path) = watched {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    let mut files: Vec<_> = fs::read_dir(&site)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
        .filter(|(name, _)| belongs_to_the_page(name))
        .collect();
    files.sort();
    let mut text = "&[".to_owned();
    for (name, path) in files {
        let _ = write!(text, "({name:?}, include_bytes!({:?})),", path.display().to_string());
    }
    text.push(']');
    let out = env::var("OUT_DIR").expect("cargo says where things go");
    fs::write(Path::new(&out).join("trial_page.rs"), text).expect("the list can be written");
}

/// The vendor's settings are not the page's, and maps of the source are for whoever works on it.
fn belongs_to_the_page(name: &str) -> bool {
    name != "config.json" && !name.ends_with(".map")
}
