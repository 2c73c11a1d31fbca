//! Windows: what `reg query` and `getmac` print, by their full paths, without asking for rights.

use super::source::Source;
use super::{Components, collect, hardware_address, joined};

const REG: &str = r"C:\Windows\System32\reg.exe";
const GETMAC: &str = r"C:\Windows\System32\getmac.exe";

pub(super) fn components(source: &impl Source) -> Components {
    let query = |key: &str| source.output(REG, &["query", key, "/reg:64"]).unwrap_or_default();
    let guid = query(r"HKLM\SOFTWARE\Microsoft\Cryptography");
    let bios = query(r"HKLM\HARDWARE\DESCRIPTION\System\BIOS");
    let processor = query(r"HKLM\HARDWARE\DESCRIPTION\System\CentralProcessor\0");
    let disks = query(r"HKLM\SYSTEM\CurrentControlSet\Services\disk\Enum");
    collect([
        ("machine-id", value(&guid, "MachineGuid").map(str::to_ascii_lowercase)),
        (
            "board",
            joined(
                [
                    "BaseBoardManufacturer",
                    "BaseBoardProduct",
                    "SystemManufacturer",
                    "SystemProductName",
                ]
                .map(|name| value(&bios, name)),
            ),
        ),
        ("disk", disk(&disks)),
        ("mac", mac(source)),
        (
            "cpu",
            joined(
                ["VendorIdentifier", "Identifier", "ProcessorNameString"]
                    .map(|name| value(&processor, name)),
            ),
        ),
    ])
}

/// The first that is not a USB stick: requests are carried on those, and one may be there at the start.
fn disk(disks: &str) -> Option<String> {
    let mut numbered = (0..).map_while(|number| value(disks, &format!("{number}")));
    numbered.find(|disk| !disk.to_ascii_uppercase().starts_with("USBSTOR")).map(str::to_owned)
}

/// The value of a line `    name    REG_SZ    value`; names have no four blanks in them.
fn value<'a>(output: &'a str, name: &str) -> Option<&'a str> {
    output.lines().find_map(|line| {
        let (found, rest) = line.strip_prefix("    ")?.split_once("    ")?;
        let (_type, value) = rest.split_once("    ")?;
        (found == name).then(|| value.trim())
    })
}

/// Rows of `"connection","adapter","A0-B1-…","transport"`; `/nh` leaves the translated header out.
fn mac(source: &impl Source) -> Option<String> {
    let rows = source.output(GETMAC, &["/v", "/fo", "csv", "/nh"])?;
    let mut found: Vec<(String, String)> = rows
        .lines()
        .filter_map(|row| {
            let fields: Vec<&str> = row.trim().trim_matches('"').split("\",\"").collect();
            let [_connection, adapter, address, _transport] = fields[..] else { return None };
            let not_built_in = [
                "Virtual",
                "Hyper-V",
                "VMware",
                "VirtualBox",
                "TAP-",
                "WireGuard",
                "VPN",
                "Bluetooth",
                "Loopback",
                "USB",
            ];
            if not_built_in.iter().any(|word| adapter.contains(word)) {
                return None;
            }
            Some((adapter.to_owned(), hardware_address(address)?))
        })
        .collect();
    found.sort(); // by the adapter's name: connections are renamed and come and go
    found.into_iter().next().map(|(_, address)| address)
}
