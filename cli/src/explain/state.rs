//! What a machine would say: a response is installed into a copy of its license state, by the code that installs. The state
//! itself is not touched, and the copy is taken away afterwards.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use countersign_client::machine::Machine as Source;
use countersign_client::{Client, Config, Mirror};
use countersign_core::{ProductId, file};

use super::args::Explain;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::fail::Failure;
use crate::files;

pub(crate) fn compare(
    verdict: Verdict,
    subject: &Subject,
    bytes: &[u8],
    folder: &Path,
    options: &Explain,
) -> Result<Verdict, Failure> {
    let product = product(subject, options)?;
    let roots = files::read_roots(&options.root)?;
    if roots.is_empty() {
        return Err(anyhow!(
            "--against {}: give the vendor's root key with --root",
            folder.display()
        )
        .into());
    }
    let config = |folder: &Path, mirror: Mirror| {
        let mut config = Config::new(product.clone(), roots.clone(), folder).mirror(mirror);
        if let Some(parts) = &options.fingerprint_from {
            config = config.machine(Source::of_directory(parts));
        }
        config
    };
    let mirror = options.mirror.clone().map_or(Mirror::UserData, Mirror::In);
    let there = Client::open(config(folder, mirror));
    let status = there.status()?;
    let verdict = verdict
        .fact(
            "state there",
            format!("{}: {}", status.check.standing().as_str(), status.check.fact()),
        )
        .maybe("device there", status.device)
        .maybe("latest time", status.seen.map(|at| format!("{} UTC", file::date(at))));
    let copy = Copy::of(&status.state_file, status.mirror_file.as_deref(), &config)?;
    Ok(match subject {
        Subject::Response(response) => match copy.client.install(bytes) {
            Ok(_) => verdict.fact("fits", "that machine would install it"),
            Err(error) => {
                let which = which(&error, response, status.device);
                verdict.failed(&Failure::from(error), which)
            }
        },
        Subject::Request(request) => {
            let device = request.device_key().thumbprint();
            let made_there = status.open_requests.iter().any(|(id, _)| *id == request.claims().id);
            if status.device.is_some_and(|there| there != device) {
                let which = format!("device key: {device} made the request");
                verdict.wrong(
                    "wrong-device",
                    "the request was made by another machine or installation",
                    Some(which),
                )
            } else if made_there {
                verdict.fact("fits", "it was made there, and waits for its response")
            } else {
                verdict.fact("fits", "it is none that waits for a response there: answered, or made before a restore")
            }
        }
        Subject::Other => verdict,
    })
}

fn product(subject: &Subject, options: &Explain) -> anyhow::Result<ProductId> {
    match (&options.product, subject) {
        (Some(product), _) => product.parse().with_context(|| format!("--product {product}")),
        (None, Subject::Request(request)) => Ok(request.claims().product.clone()),
        (None, Subject::Response(response)) => Ok(response.claims().product.clone()),
        (None, Subject::Other) => {
            Err(anyhow!("which product is the license folder of? Give it with --product"))
        }
    }
}

/// The device key or the parts, by name.
fn which(
    error: &countersign_client::Error,
    response: &countersign_core::trust::VerifiedResponse,
    there: Option<countersign_core::Thumbprint>,
) -> Option<String> {
    let claims = response.claims();
    match error.code() {
        "wrong-device" => Some(format!(
            "device key: {} was answered, {} is there",
            claims.device,
            there.map_or("none".to_owned(), |device| device.to_string())
        )),
        "wrong-machine" => claims.granted().map(|granted| {
            super::against::components(&error.to_string(), granted.binding.strategy)
        }),
        "unknown-request" => Some(format!("request {}", claims.request.id)),
        "import-expired" => claims
            .granted()
            .map(|granted| format!("install by {} UTC", file::date(granted.import_by))),
        "wrong-product" => Some("product".to_owned()),
        _ => None,
    }
}

/// A copy of both files of a license state in a folder of its own, which goes with it.
struct Copy {
    client: Client,
    _folder: tempfile::TempDir,
}

impl Copy {
    fn of(
        state: &Path,
        mirror: Option<&Path>,
        config: &impl Fn(&Path, Mirror) -> Config,
    ) -> anyhow::Result<Self> {
        // Readable by nobody else: the device's key is in it.
        let folder = tempfile::tempdir().context("no folder for a copy of the license state")?;
        let (primary, second) = (folder.path().join("state"), folder.path().join("second"));
        fs::create_dir(&primary)
            .and_then(|()| fs::create_dir(&second))
            .context("a copy of the license state")?;
        let client = Client::open(config(&primary, Mirror::In(second)));
        let place = client.status().map_err(|error| anyhow!(error.to_string()))?;
        for (from, to) in [(Some(state), Some(place.state_file)), (mirror, place.mirror_file)] {
            if let (Some(from), Some(to)) = (from.filter(|from| from.exists()), to) {
                fs::copy(from, to).with_context(|| format!("{} cannot be read", from.display()))?;
            }
        }
        Ok(Self { client, _folder: folder })
    }
}
