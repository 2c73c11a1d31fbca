//! A portal as its operator has it, by the program; and machines with the real client.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use countersign_client::machine::Machine as OwnMachine;
use countersign_client::{Client, Config, Losing, Mirror};
use countersign_core::license_key::LicenseKey;
use countersign_core::{PublicKey, pem};
use countersign_store::License;
use reqwest::StatusCode;
use serde_json::Value;

use crate::process::Portal;
use crate::vendor::{self, open};

pub(crate) const ACTIVATIONS: &str = "/api/v1/activations";
pub(crate) const DEACTIVATIONS: &str = "/api/v1/deactivations";

/// A folder for a portal and all that belongs to it.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) http: reqwest::Client,
}

impl Place {
    /// With a portal's data, and nobody serving.
    pub(crate) async fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), http: reqwest::Client::new() };
        vendor::found(&place.data()).await;
        place
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) async fn license(&self, seats: u64) -> LicenseKey {
        let store = open(&self.data());
        let key = vendor::license(&store, seats, None).await;
        store.close();
        key
    }

    /// The license as it is stored.
    pub(crate) async fn stored(&self, key: &LicenseKey) -> License {
        let store = open(&self.data());
        let license = store.license(&key.id()).await.unwrap().unwrap();
        store.close();
        license
    }

    /// `countersign-portal COMMAND … --data DATA`
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(&self.data(), arguments)
    }

    /// A machine of its own, with an app of the vendor.
    pub(crate) fn machine(&self, name: &str) -> Client {
        let folder = self.folder.path().join("machines").join(name);
        for (path, text) in [
            ("etc/hostname", format!("{name}\n")),
            ("etc/machine-id", format!("{:0>32}\n", hex(name))),
            ("sys/class/dmi/id/board_name", format!("Board of {name}\n")),
            ("proc/cpuinfo", "vendor_id : Maker\nmodel name : Model 1\n\n".to_owned()),
        ] {
            let path = folder.join("machine").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let config = Config::new(vendor::product(), [self.root()], folder.join("state"))
            .mirror(Mirror::In(folder.join("mirror")))
            .machine(OwnMachine::of_directory(folder.join("machine")));
        Client::open(config)
    }

    fn root(&self) -> PublicKey {
        let path = self.data().join("keys/root.pub");
        pem::read_public(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    pub(crate) async fn post(
        &self,
        portal: &Portal,
        path: &str,
        file: &str,
    ) -> (StatusCode, Value) {
        let url = format!("{}{path}", portal.url());
        let answer = self.http.post(url).body(file.to_owned()).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Activates, or renews, and installs: what the portal said.
    pub(crate) async fn activate(
        &self,
        portal: &Portal,
        machine: &Client,
        key: &LicenseKey,
    ) -> (StatusCode, Value) {
        let file = machine.request_activation(Some(key)).unwrap().file;
        let (status, answer) = self.post(portal, ACTIVATIONS, &file).await;
        if status == StatusCode::OK {
            machine.install(answer["file"].as_str().unwrap().as_bytes()).unwrap();
        }
        (status, answer)
    }

    /// Gives up on the machine and brings the proof.
    pub(crate) async fn give_up(&self, portal: &Portal, machine: &Client) -> (StatusCode, Value) {
        let proof = machine.deactivate(None, Losing::Refuse).unwrap().proof.file;
        self.post(portal, DEACTIVATIONS, &proof).await
    }
}

fn hex(name: &str) -> String {
    name.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// What a program said and how it ended.
pub(crate) struct Ran(pub(crate) Output);

impl Ran {
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub(crate) fn said(&self) -> String {
        let Output { stdout, stderr, .. } = &self.0;
        String::from_utf8_lossy(stdout).into_owned() + &String::from_utf8_lossy(stderr)
    }

    /// What it printed as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.0.stdout).unwrap_or_else(|_| panic!("{}", self.said()))
    }

    pub(crate) fn well(self) -> Self {
        assert!(self.0.status.success(), "{}", self.said());
        self
    }
}

pub(crate) fn run(data: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    command.args(arguments).arg("--data").arg(data);
    for variable in ["COUNTERSIGN_SMTP_URL", "COUNTERSIGN_RELEASE_STORE", "COUNTERSIGN_SIGNER"] {
        command.env_remove(variable);
    }
    Ran(command.output().unwrap())
}

/// Ends a portal as a service manager does, and waits until it has.
pub(crate) fn stop(mut portal: Portal) {
    portal.terminate();
    portal.end_of_its_own();
}
