//! A real DNS server (dnsmasq) for `example.`, whose records are changed by starting it again; and servers that fail.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running dnsmasq. Ends with the test.
pub(crate) struct Zone {
    address: SocketAddr,
    folder: tempfile::TempDir,
    child: Option<Child>,
    records: Vec<String>,
}

impl Zone {
    /// With the operator's host and nothing else.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut zone =
            Self { address: ([127, 0, 0, 1], 0).into(), folder, child: None, records: Vec::new() };
        // Somebody else may take the port between finding and using it.
        for _ in 0..20 {
            zone.address = free_port();
            if zone.start() {
                return zone;
            }
        }
        panic!("dnsmasq does not run: scripts/test installs it (Debian's dnsmasq-base)");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it has these records, beside the operator's host.
    pub(crate) fn has(&mut self, records: &[String]) {
        self.records = records.to_vec();
        self.end();
        assert!(self.start(), "dnsmasq starts again on its port");
    }

    fn start(&mut self) -> bool {
        let mut config = "no-resolv\nno-hosts\nbind-interfaces\nlisten-address=127.0.0.1\nlocal=/example/\nlocal-ttl=0\n".to_owned();
        let own = ["host-record=portal.operator.example,192.0.2.10,2001:db8::10".to_owned()];
        for record in own.iter().chain(&self.records) {
            writeln!(config, "{record}").unwrap();
        }
        let path = self.folder.path().join("dnsmasq.conf");
        std::fs::write(&path, config).unwrap();
        let mut child = Command::new("dnsmasq")
            .arg("--no-daemon")
            .arg(format!("--conf-file={}", path.display()))
            .arg(format!("--port={}", self.address.port()))
            .env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()))
            .stderr(Stdio::null())
            .spawn()
            .expect("dnsmasq is there: scripts/test installs it (Debian's dnsmasq-base)");
        let answers = (0..600).any(|_| {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
            TcpStream::connect(self.address).is_ok()
        }) && child.try_wait().unwrap().is_none();
        self.child = Some(child);
        if !answers {
            self.end();
        }
        answers
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Zone {
    fn drop(&mut self) {
        self.end();
    }
}

/// A port that is free for UDP and TCP.
fn free_port() -> SocketAddr {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = udp.local_addr().unwrap();
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// An alias to any name: as dnsmasq takes a record of any type.
pub(crate) fn cname(name: &str, target: &str) -> String {
    let label = |label: &str| {
        let hex: String = label.bytes().map(|byte| format!("{byte:02x}")).collect();
        format!("{:02x}{hex}", label.len())
    };
    let wire: String = target.split('.').map(label).collect();
    format!("dns-rr={name},5,{wire}00")
}

pub(crate) fn txt(name: &str, text: &str) -> String {
    format!("txt-record={name},\"{text}\"")
}

pub(crate) fn address(name: &str, address: &str) -> String {
    format!("host-record={name},{address}")
}

/// A DNS server that answers every question with this code; without one it does not answer.
pub(crate) fn server_that_says(code: Option<u8>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut question = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            let Some(code) = code else { continue };
            let mut answer = question[..length].to_vec();
            // It is an answer, recursion was available, and this came of it; no further records than the question.
            answer[2] |= 0x80;
            answer[3] = 0x80 | code;
            answer[6..12].fill(0);
            // Without the additional record of the question, which ends with the question's type and class.
            let end = 12 + answer[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
            answer.truncate(end);
            let _ = socket.send_to(&answer, from);
        }
    });
    address
}
