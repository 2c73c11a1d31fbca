//! What identifies a machine: up to five components, read from places that every user may read.
//!
//! | component | Linux | macOS | Windows |
//! | --- | --- | --- | --- |
//! | `machine-id` | `/etc/machine-id` | `IOPlatformUUID` | `MachineGuid` |
//! | `board` | DMI board and system names, or the device tree's model and serial | model and serial number | BIOS board and system names |
//! | `disk` | id of the disk that holds `/` | serial number of the internal disk | id of the first disk |
//! | `mac` | permanent address of the first physical adapter | the same | the same |
//! | `cpu` | maker, family, model | brand | maker, family, model |
//!
//! A component that cannot be read is missing, not empty: it does not count when a machine is compared with its binding.
//! Left out are virtual adapters, USB adapters (docks come and go), and addresses that are locally administered, which
//! random ones are. Raw values do not leave the machine: only their keyed hashes do.
//!
//! Reading and understanding are apart: `source.rs` reads files and runs the system's own tools; one module per system
//! turns their text into components, and is tested on every system with samples of that text.

mod linux;
mod macos;
mod source;
mod windows;

use std::collections::BTreeMap;
use std::path::PathBuf;

use countersign_core::fingerprint::Fingerprint;
use countersign_core::{ProductId, request};

use source::Real;

/// Raw components by name.
pub(crate) type Components = BTreeMap<&'static str, String>;

/// A machine whose components can be read.
#[derive(Debug, Clone)]
pub struct Machine(Kind);

#[derive(Debug, Clone)]
enum Kind {
    This,
    Directory(PathBuf),
}

impl Machine {
    /// The machine that this runs on.
    pub fn this() -> Self {
        Self(Kind::This)
    }

    /// A Linux machine as its `/etc`, `/proc` and `/sys` were copied to, or made up in, a directory: for tests, and for
    /// playing several machines on one.
    pub fn of_directory(root: impl Into<PathBuf>) -> Self {
        Self(Kind::Directory(root.into()))
    }

    /// The components, hashed for `product`; `None` if not one could be read.
    pub fn fingerprint(&self, product: &ProductId) -> Option<Fingerprint> {
        Fingerprint::of_raw(product, self.components()).ok()
    }

    /// The machine's name, as its user knows it.
    pub fn name(&self) -> Option<String> {
        let name = match &self.0 {
            Kind::Directory(root) => linux::name(&Real::under(root.clone())),
            Kind::This if cfg!(windows) => std::env::var("COMPUTERNAME").ok(),
            Kind::This if cfg!(target_os = "macos") => macos::name(&Real::system()),
            Kind::This => linux::name(&Real::system()),
        };
        name.as_deref().and_then(request::label)
    }

    /// Operating system and processor, e.g. `linux-x86_64`.
    pub fn platform(&self) -> String {
        format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
    }

    fn components(&self) -> Components {
        match &self.0 {
            Kind::Directory(root) => linux::components(&Real::under(root.clone())),
            Kind::This => {
                let source = Real::system();
                if cfg!(windows) {
                    windows::components(&source)
                } else if cfg!(target_os = "macos") {
                    macos::components(&source)
                } else {
                    linux::components(&source)
                }
            }
        }
    }
}

/// Collects what could be read: blanks are joined, empty values and makers' placeholders are left out.
fn collect(found: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Components {
    let tidy = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    found
        .into_iter()
        .filter_map(|(name, value)| Some((name, tidy(value?))))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// What makers leave in a field that they did not fill in: the same on thousands of machines.
fn is_placeholder(text: &str) -> bool {
    const NOT_FILLED_IN: [&str; 11] = [
        "to be filled by o.e.m.",
        "to be filled by oem",
        "default string",
        "system manufacturer",
        "system product name",
        "system serial number",
        "not specified",
        "not applicable",
        "none",
        "n/a",
        "o.e.m.",
    ];
    let text = text.trim().to_ascii_lowercase();
    text.is_empty()
        || NOT_FILLED_IN.contains(&text.as_str())
        || text.bytes().all(|b| matches!(b, b'0' | b'-' | b' ' | b'f'))
}

/// Several fields as one value; `None` if none of them says anything.
fn joined<'a>(fields: impl IntoIterator<Item = Option<&'a str>>) -> Option<String> {
    let known: Vec<&str> =
        fields.into_iter().flatten().map(str::trim).filter(|f| !is_placeholder(f)).collect();
    (!known.is_empty()).then(|| known.join("|"))
}

/// A hardware address as twelve lower-case hex digits; `None` when it is no address, or one that software gave:
/// locally administered (random ones are), multicast, or all zero.
fn hardware_address(text: &str) -> Option<String> {
    let digits: String =
        text.trim().chars().filter(|c| !matches!(c, ':' | '-')).collect::<String>().to_lowercase();
    let first = u8::from_str_radix(digits.get(..2)?, 16).ok()?;
    let is_hex = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    (is_hex && first & 0b11 == 0 && digits.bytes().any(|b| b != b'0')).then_some(digits)
}

#[cfg(test)]
mod tests;
