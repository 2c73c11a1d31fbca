//! macOS: what `ioreg`, `networksetup`, `sysctl` and `scutil` print, without asking for rights.

use super::source::Source;
use super::{Components, collect, hardware_address, joined};

pub(super) fn components(source: &impl Source) -> Components {
    let platform = source
        .output("/usr/sbin/ioreg", &["-rd1", "-c", "IOPlatformExpertDevice"])
        .unwrap_or_default();
    collect([
        ("machine-id", property(&platform, "IOPlatformUUID").map(str::to_owned)),
        (
            "board",
            joined([property(&platform, "model"), property(&platform, "IOPlatformSerialNumber")]),
        ),
        ("disk", disk(source)),
        ("mac", mac(source)),
        ("cpu", source.output("/usr/sbin/sysctl", &["-n", "machdep.cpu.brand_string"])),
    ])
}

pub(super) fn name(source: &impl Source) -> Option<String> {
    source.output("/usr/sbin/scutil", &["--get", "ComputerName"])
}

/// The value of `"name" = "value"` or `"name" = <"value">`.
fn property<'a>(ioreg: &'a str, name: &str) -> Option<&'a str> {
    let quoted = format!("\"{name}\"");
    let after = &ioreg[ioreg.find(&quoted)? + quoted.len()..];
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let value = value.strip_prefix('<').unwrap_or(value).strip_prefix('"')?;
    value.split('"').next()
}

/// The serial number of the first disk inside the machine: external ones say `"Physical Interconnect Location"="External"`.
fn disk(source: &impl Source) -> Option<String> {
    let disks = source.output("/usr/sbin/ioreg", &["-rd1", "-c", "IOBlockStorageDevice"])?;
    disks
        .split("+-o ")
        .filter(|disk| {
            property(disk, "Physical Interconnect Location").is_none_or(|place| place == "Internal")
        })
        .find_map(|disk| property(disk, "Serial Number"))
        .map(|serial| serial.trim().to_owned())
}

/// `networksetup` shows the addresses of the hardware, also where Wi-Fi uses a random one on the air.
fn mac(source: &impl Source) -> Option<String> {
    let ports = source.output("/usr/sbin/networksetup", &["-listallhardwareports"])?;
    let mut found: Vec<(&str, String)> = ports
        .split("\n\n")
        .filter_map(|port| {
            let field =
                |name: &str| port.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let kind = field("Hardware Port:")?;
            let outside = ["USB", "Thunderbolt", "Bridge", "iPhone", "Bluetooth"];
            if outside.iter().any(|word| kind.contains(word)) {
                return None;
            }
            Some((field("Device:")?, hardware_address(field("Ethernet Address:")?)?))
        })
        .collect();
    found.sort_by_key(|(device, _)| (device.len(), *device)); // en2 before en10
    found.into_iter().next().map(|(_, address)| address)
}
