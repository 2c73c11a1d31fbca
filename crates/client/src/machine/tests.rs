//! What the systems print, as samples, and what must be made of it.

use std::collections::BTreeMap;

use super::source::Source;
use super::{Components, hardware_address, linux, macos, windows};

#[derive(Default)]
struct Sample {
    files: BTreeMap<&'static str, &'static str>,
    links: BTreeMap<&'static str, &'static str>,
    outputs: BTreeMap<&'static str, &'static str>,
}

impl Source for Sample {
    fn text(&self, path: &str) -> Option<String> {
        self.files.get(path).map(|text| (*text).to_owned())
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let below = format!("{directory}/");
        let paths = self.files.keys().chain(self.links.keys());
        let mut names: Vec<String> = paths
            .filter_map(|path| path.strip_prefix(&below)?.split('/').next().map(str::to_owned))
            .collect();
        names.sort();
        names.dedup();
        names
    }

    fn real(&self, path: &str) -> Option<String> {
        self.links.get(path).map(|to| (*to).to_owned())
    }

    fn output(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let line = format!("{program} {}", arguments.join(" "));
        let known = self.outputs.iter().find(|(ending, _)| line.ends_with(**ending));
        known.map(|(_, output)| (*output).to_owned())
    }
}

fn shown(components: &Components) -> Vec<String> {
    components.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

fn workstation() -> Sample {
    Sample {
        files: BTreeMap::from([
            ("/etc/machine-id", "3f1c6a0de5b84f7d9a1e0b2c4d6f8a90\n"),
            ("/sys/class/dmi/id/board_vendor", "ASUSTeK COMPUTER INC.\n"),
            ("/sys/class/dmi/id/board_name", "PRIME X570-PRO\n"),
            ("/sys/class/dmi/id/sys_vendor", "System manufacturer\n"),
            ("/sys/class/dmi/id/product_name", "System Product Name\n"),
            (
                "/proc/self/mountinfo",
                "22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw\n",
            ),
            ("/sys/devices/pci0000:00/0000:00:01.1/nvme/nvme0/nvme0n1/nvme0n1p2/partition", "2\n"),
            ("/sys/block/nvme0n1/wwid", "eui.002538b401b2a3c4\n"),
            ("/sys/block/sda/device/wwid", "naa.5000c500a1b2c3d4\n"),
            ("/sys/class/net/enp5s0/addr_assign_type", "0\n"),
            ("/sys/class/net/enp5s0/address", "A8:5E:45:11:22:33\n"),
            ("/sys/class/net/wlp4s0/phy80211/macaddress", "f8:63:3f:aa:bb:cc\n"),
            ("/sys/class/net/wlp4s0/addr_assign_type", "3\n"),
            ("/sys/class/net/wlp4s0/address", "d2:11:22:33:44:55\n"),
            ("/sys/class/net/docker0/addr_assign_type", "3\n"),
            ("/sys/class/net/docker0/address", "02:42:ac:11:00:02\n"),
            ("/sys/class/net/enx00e04c/addr_assign_type", "0\n"),
            ("/sys/class/net/enx00e04c/address", "00:e0:4c:68:00:01\n"),
            (
                "/proc/cpuinfo",
                "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 23\nmodel\t\t: 113\nmodel name\t: AMD Ryzen 9 3900X 12-Core Processor\nstepping\t: 0\nmicrocode\t: 0x8701021\ncpu MHz\t\t: 2200.000\n\nprocessor\t: 1\nvendor_id\t: Other\n",
            ),
        ]),
        links: BTreeMap::from([
            ("/sys/dev/block/253:0", "/sys/devices/virtual/block/dm-0"),
            (
                "/sys/devices/virtual/block/dm-0/slaves/nvme0n1p2",
                "/sys/devices/pci0000:00/0000:00:01.1/nvme/nvme0/nvme0n1/nvme0n1p2",
            ),
            ("/sys/class/net/enp5s0/device", "/sys/devices/pci0000:00/0000:05:00.0"),
            ("/sys/class/net/wlp4s0/device", "/sys/devices/pci0000:00/0000:04:00.0"),
            (
                "/sys/class/net/enx00e04c/device",
                "/sys/devices/pci0000:00/0000:00:14.0/usb3/3-2/3-2:1.0",
            ),
        ]),
        outputs: BTreeMap::new(),
    }
}

#[test]
fn linux_workstation_with_lvm_wifi_docker_and_a_dock() {
    assert_eq!(
        shown(&linux::components(&workstation())),
        [
            "board=ASUSTeK COMPUTER INC.|PRIME X570-PRO",
            "cpu=AuthenticAMD|23|113|AMD Ryzen 9 3900X 12-Core Processor",
            "disk=eui.002538b401b2a3c4",
            "mac=f8633faabbcc",
            "machine-id=3f1c6a0de5b84f7d9a1e0b2c4d6f8a90",
        ]
    );
}

#[test]
fn linux_on_a_small_arm_board() {
    let sample = Sample {
        files: BTreeMap::from([
            ("/etc/machine-id", "uninitialized\n"),
            ("/var/lib/dbus/machine-id", "0b1c2d3e4f5061728394a5b6c7d8e9f0\n"),
            ("/proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0"),
            ("/proc/device-tree/serial-number", "10000000a1b2c3d4\0"),
            ("/sys/block/mmcblk0/removable", "0\n"),
            ("/sys/block/mmcblk0/device/cid", "035344534c333247801a2b3c4d015200\n"),
            (
                "/proc/cpuinfo",
                "processor\t: 0\nBogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd08\nCPU revision\t: 3\n",
            ),
        ]),
        links: BTreeMap::from([(
            "/sys/block/mmcblk0",
            "/sys/devices/platform/emmc2bus/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0",
        )]),
        outputs: BTreeMap::new(),
    };
    assert_eq!(
        shown(&linux::components(&sample)),
        [
            "board=Raspberry Pi 4 Model B Rev 1.4|10000000a1b2c3d4",
            "cpu=0x41|8|0x0|0xd08",
            "disk=035344534c333247801a2b3c4d015200",
            "machine-id=0b1c2d3e4f5061728394a5b6c7d8e9f0",
        ]
    );
}

#[test]
fn a_missing_component_is_missing_not_empty() {
    let sample = Sample {
        files: BTreeMap::from([
            ("/etc/machine-id", "\n"),
            ("/sys/class/dmi/id/board_vendor", "To Be Filled By O.E.M.\n"),
            ("/proc/cpuinfo", "\n"),
        ]),
        ..Sample::default()
    };
    assert!(linux::components(&sample).is_empty());
    assert!(macos::components(&Sample::default()).is_empty());
    assert!(windows::components(&Sample::default()).is_empty());
}

#[test]
fn macos() {
    let sample = Sample {
        outputs: BTreeMap::from([
            (
                "-c IOPlatformExpertDevice",
                "+-o J314sAP  <class IOPlatformExpertDevice, id 0x100000235, registered, matched, active, busy 0 (31 ms), retain 40>\n    {\n      \"model\" = <\"MacBookPro18,3\">\n      \"IOPlatformSerialNumber\" = \"C02XL0GYJGH5\"\n      \"IOPlatformUUID\" = \"5F2A9C11-0B1C-5D3E-8F50-61728394A5B6\"\n      \"manufacturer\" = <\"Apple Inc.\">\n    }\n",
            ),
            (
                "-c IOBlockStorageDevice",
                "+-o USB Stick  <class IOBlockStorageDevice>\n    {\n      \"Protocol Characteristics\" = {\"Physical Interconnect\"=\"USB\",\"Physical Interconnect Location\"=\"External\"}\n      \"Device Characteristics\" = {\"Product Name\"=\"Stick\",\"Serial Number\"=\"4C530001\"}\n    }\n\n+-o IONVMeBlockStorageDevice  <class IONVMeBlockStorageDevice>\n    {\n      \"Protocol Characteristics\" = {\"Physical Interconnect\"=\"Apple Fabric\",\"Physical Interconnect Location\"=\"Internal\"}\n      \"Device Characteristics\" = {\"Serial Number\"=\"0ba0112345678901  \",\"Medium Type\"=\"Solid State\",\"Product Name\"=\"APPLE SSD AP0512R\"}\n    }\n",
            ),
            (
                "-listallhardwareports",
                "\nHardware Port: Thunderbolt Bridge\nDevice: bridge0\nEthernet Address: 36:5a:11:22:33:40\n\nHardware Port: Wi-Fi\nDevice: en0\nEthernet Address: f4:d4:88:11:22:33\n\nHardware Port: USB 10/100/1000 LAN\nDevice: en10\nEthernet Address: 00:e0:4c:68:00:01\n\nVLAN Configurations\n===================\n",
            ),
            ("-n machdep.cpu.brand_string", "Apple M1 Pro\n"),
        ]),
        ..Sample::default()
    };
    assert_eq!(
        shown(&macos::components(&sample)),
        [
            "board=MacBookPro18,3|C02XL0GYJGH5",
            "cpu=Apple M1 Pro",
            "disk=0ba0112345678901",
            "mac=f4d488112233",
            "machine-id=5F2A9C11-0B1C-5D3E-8F50-61728394A5B6",
        ]
    );
}

#[test]
fn windows() {
    let sample = Sample {
        outputs: BTreeMap::from([
            (
                r"Cryptography /reg:64",
                "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography\r\n    MachineGuid    REG_SZ    A1B2C3D4-0B1C-4D3E-8F50-61728394A5B6\r\n\r\n",
            ),
            (
                r"System\BIOS /reg:64",
                "\r\nHKEY_LOCAL_MACHINE\\HARDWARE\\DESCRIPTION\\System\\BIOS\r\n    BiosMajorRelease    REG_DWORD    0x5\r\n    BaseBoardManufacturer    REG_SZ    Dell Inc.\r\n    BaseBoardProduct    REG_SZ    0X8DXD\r\n    SystemManufacturer    REG_SZ    Dell Inc.\r\n    SystemProductName    REG_SZ    Precision 3660\r\n",
            ),
            (
                r"CentralProcessor\0 /reg:64",
                "\r\n    ProcessorNameString    REG_SZ    12th Gen Intel(R) Core(TM) i7-12700\r\n    Identifier    REG_SZ    Intel64 Family 6 Model 151 Stepping 2\r\n    VendorIdentifier    REG_SZ    GenuineIntel\r\n    ~MHz    REG_DWORD    0x840\r\n",
            ),
            (
                r"disk\Enum /reg:64",
                "\r\n    0    REG_SZ    SCSI\\Disk&Ven_NVMe&Prod_Samsung_SSD_980\\5&2c215468&0&000000\r\n    Count    REG_DWORD    0x1\r\n",
            ),
            (
                "/v /fo csv /nh",
                "\"Ethernet 2\",\"VirtualBox Host-Only Ethernet Adapter\",\"0A-00-27-00-00-05\",\"\\Device\\Tcpip_{1}\"\r\n\"WLAN\",\"Intel(R) Wi-Fi 6 AX201\",\"5A-11-22-33-44-55\",\"\\Device\\Tcpip_{2}\"\r\n\"Ethernet\",\"Intel(R) Ethernet Connection (17) I219-LM\",\"A0-B1-C2-D3-E4-F5\",\"Media disconnected\"\r\n",
            ),
        ]),
        ..Sample::default()
    };
    assert_eq!(
        shown(&windows::components(&sample)),
        [
            "board=Dell Inc.|0X8DXD|Dell Inc.|Precision 3660",
            "cpu=GenuineIntel|Intel64 Family 6 Model 151 Stepping 2|12th Gen Intel(R) Core(TM) i7-12700",
            r"disk=SCSI\Disk&Ven_NVMe&Prod_Samsung_SSD_980\5&2c215468&0&000000",
            "mac=a0b1c2d3e4f5",
            "machine-id=a1b2c3d4-0b1c-4d3e-8f50-61728394a5b6",
        ]
    );
}

#[test]
fn windows_started_with_the_stick_in_it_is_the_same_machine() {
    let sample = |disks: &'static str| Sample {
        outputs: BTreeMap::from([(r"disk\Enum /reg:64", disks)]),
        ..Sample::default()
    };
    let with_stick = sample(
        "\r\n    0    REG_SZ    USBSTOR\\Disk&Ven_SanDisk&Prod_Ultra\\4C530001\r\n    1    REG_SZ    SCSI\\Disk&Ven_NVMe\\5&2c\r\n    Count    REG_DWORD    0x2\r\n",
    );
    let without = sample(
        "\r\n    0    REG_SZ    SCSI\\Disk&Ven_NVMe\\5&2c\r\n    Count    REG_DWORD    0x1\r\n",
    );
    assert_eq!(windows::components(&with_stick), windows::components(&without));
    assert_eq!(shown(&windows::components(&without)), [r"disk=SCSI\Disk&Ven_NVMe\5&2c"]);
    let stick_only = sample("\r\n    0    REG_SZ    USBSTOR\\Disk&Ven_SanDisk\\4C53\r\n");
    assert!(windows::components(&stick_only).is_empty());
}

#[test]
fn addresses_that_software_gave_do_not_count() {
    assert_eq!(hardware_address("A8-5E-45-11-22-33").as_deref(), Some("a85e45112233"));
    for not_hardware in [
        "02:42:ac:11:00:02",
        "da:a1:19:00:00:01",
        "01:00:5e:00:00:01",
        "00:00:00:00:00:00",
        "",
        "aé:5e",
    ] {
        assert_eq!(hardware_address(not_hardware), None, "{not_hardware}");
    }
}
