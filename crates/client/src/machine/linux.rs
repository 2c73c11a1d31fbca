//! Linux: files in /etc, /proc and /sys that every user may read.

use super::source::Source;
use super::{Components, collect, hardware_address, is_placeholder, joined};

pub(super) fn components(source: &impl Source) -> Components {
    collect([
        ("machine-id", machine_id(source)),
        ("board", board(source)),
        ("disk", disk(source)),
        ("mac", mac(source)),
        ("cpu", cpu(source)),
    ])
}

pub(super) fn name(source: &impl Source) -> Option<String> {
    source.text("/proc/sys/kernel/hostname").or_else(|| source.text("/etc/hostname"))
}

/// machine-id(5): 32 hex digits; "uninitialized" in the image of a machine that has not started yet.
fn machine_id(source: &impl Source) -> Option<String> {
    ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        .iter()
        .filter_map(|path| source.text(path))
        .map(|text| text.trim().to_ascii_lowercase())
        .find(|id| {
            id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) && !is_placeholder(id)
        })
}

/// Names, not serial numbers: those only root may read. Not the BIOS version either, which updates change.
fn board(source: &impl Source) -> Option<String> {
    let dmi = ["board_vendor", "board_name", "sys_vendor", "product_name"]
        .map(|field| source.text(&format!("/sys/class/dmi/id/{field}")));
    joined(dmi.iter().map(Option::as_deref)).or_else(|| {
        let tree = ["model", "serial-number"].map(|field| {
            source.text(&format!("/proc/device-tree/{field}")).map(|text| text.replace('\0', " "))
        });
        joined(tree.iter().map(Option::as_deref))
    })
}

/// The disk that holds `/`; where that cannot be told (overlay, network), the first disk that is built in.
fn disk(source: &impl Source) -> Option<String> {
    let root = root_device(source).and_then(|device| whole_disk(source, &device));
    root.and_then(|name| disk_id(source, &name)).or_else(|| {
        source.names("/sys/block").iter().find_map(|name| {
            let real = source.real(&format!("/sys/block/{name}"))?;
            let fixed = !real.contains("/virtual/")
                && !real.contains("/usb")
                && source
                    .text(&format!("/sys/block/{name}/removable"))
                    .is_none_or(|r| r.trim() == "0");
            fixed.then(|| disk_id(source, name)).flatten()
        })
    })
}

/// `major:minor` of what is mounted at `/` (proc_pid_mountinfo(5): the third and fifth fields).
fn root_device(source: &impl Source) -> Option<String> {
    let mounts = source.text("/proc/self/mountinfo")?;
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    fields
        .filter(|f| f.get(4) == Some(&"/"))
        .filter_map(|f| f.get(2).map(|device| (*device).to_owned()))
        .find(|device| !device.starts_with("0:"))
}

/// The name of the disk under a block device: out of a partition, and down through LVM, encryption and RAID.
fn whole_disk(source: &impl Source, device: &str) -> Option<String> {
    let mut real = source.real(&format!("/sys/dev/block/{device}"))?;
    for _ in 0..8 {
        if source.text(&format!("{real}/partition")).is_some() {
            real.truncate(real.rfind('/')?);
        }
        match source.names(&format!("{real}/slaves")).first() {
            Some(below) => real = source.real(&format!("{real}/slaves/{below}"))?,
            None => return Some(real.rsplit('/').next()?.to_owned()),
        }
    }
    None
}

fn disk_id(source: &impl Source, name: &str) -> Option<String> {
    ["wwid", "device/wwid", "device/serial", "serial", "device/cid"]
        .iter()
        .filter_map(|field| source.text(&format!("/sys/block/{name}/{field}")))
        .find(|id| !is_placeholder(id))
}

/// The first by its place in the machine, so that renaming interfaces changes nothing.
fn mac(source: &impl Source) -> Option<String> {
    let mut found: Vec<(String, String)> = source
        .names("/sys/class/net")
        .iter()
        .filter_map(|name| {
            let at = |field: &str| format!("/sys/class/net/{name}/{field}");
            let place = source.real(&at("device"))?;
            if place.contains("/virtual/") || place.contains("/usb") {
                return None;
            }
            // Wi-Fi shows a random address while it is connected, a bonded adapter that of its bond: the permanent
            // one stands elsewhere. Otherwise type 0 says that the hardware gave it.
            let permanent = source
                .text(&at("phy80211/macaddress"))
                .or_else(|| source.text(&at("bonding_slave/perm_hwaddr")))
                .or_else(|| {
                    (source.text(&at("addr_assign_type"))?.trim() == "0")
                        .then(|| source.text(&at("address")))?
                })?;
            Some((place, hardware_address(&permanent)?))
        })
        .collect();
    found.sort();
    found.into_iter().next().map(|(_, address)| address)
}

/// Of the first processor: x86 names maker, family and model; ARM implementer and part.
fn cpu(source: &impl Source) -> Option<String> {
    let info = source.text("/proc/cpuinfo")?;
    let first: Vec<(&str, &str)> = info
        .lines()
        .skip_while(|line| line.trim().is_empty())
        .take_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let field =
        |wanted: &str| first.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let names = [
        "vendor_id",
        "cpu family",
        "model",
        "model name",
        "CPU implementer",
        "CPU architecture",
        "CPU variant",
        "CPU part",
    ];
    joined(names.map(field))
}
