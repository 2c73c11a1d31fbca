//! The machine's side: `countersign request`, `install`, `check`, `status`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use countersign_client::machine::Machine as Source;
use countersign_client::{
    Check, Client, Config, Losing, Made, Mirror, News, Right, UsedTrial, What,
};
use countersign_core::response::Entitlement;
use countersign_core::{file, request};
use serde_json::{Value, json};

use crate::args::{self, Carry, Request};
use crate::fail::{Failure, Outcome};
use crate::files::{self, Carries};
use crate::qr;
use crate::say::Report;

fn config(machine: &args::Machine) -> anyhow::Result<Config> {
    let product =
        machine.product.parse().with_context(|| format!("--product {}", machine.product))?;
    let mut config =
        Config::new(product, files::read_roots(&machine.believed.root)?, &machine.state);
    if let Some(folder) = &machine.mirror {
        config = config.mirror(Mirror::In(folder.clone()));
    }
    if let Some(folder) = &machine.fingerprint_from {
        anyhow::ensure!(folder.is_dir(), "--fingerprint-from {}: no such folder", folder.display());
        config = config.machine(Source::of_directory(folder));
    }
    if let Some(name) = &machine.device_name {
        config = config.device_name(request::label(name).context("--device-name is empty")?);
    }
    Ok(config)
}

fn client(machine: &args::Machine, carry: &Carry) -> anyhow::Result<Client> {
    let mut config = config(machine)?;
    if let Some(name) = &carry.product_name {
        config = config.product_name(name);
    }
    if let Some(version) = &carry.app_version {
        config = config.app_version(version);
    }
    if let Some(place) = &carry.take_to {
        config = config.take_to(place);
    }
    if carry.qr || carry.qr_image.is_some() {
        config = config.carries(countersign_client::Carries::Nothing);
    }
    Ok(Client::open(config))
}

pub(crate) fn request(command: &Request, as_json: bool) -> Outcome {
    let (Request::Activation(args::RequestActivation { carry, .. })
    | Request::Trial(args::RequestTrial { carry, .. })
    | Request::Deactivation(args::RequestDeactivation { carry, .. })) = command;
    // Before anything happens: a deactivation cannot be taken back.
    carry.out.as_deref().map(|out| files::check_carrier(out, Carries::Request)).transpose()?;
    carry.qr_image.as_deref().map(qr::check_image).transpose()?;
    match command {
        Request::Activation(options) => {
            let key = options.license_key.as_deref().map(files::read_license_key).transpose()?;
            let client = client(&options.machine, &options.carry)?;
            let made = client.request_activation(key.as_ref())?;
            hand_out(&made, &options.carry, "activation request", None, as_json)
        }
        Request::Trial(options) => {
            let made = client(&options.machine, &options.carry)?.request_trial()?;
            hand_out(&made, &options.carry, "trial request", None, as_json)
        }
        Request::Deactivation(options) => {
            let activation = options
                .activation
                .as_deref()
                .map(|id| id.parse().with_context(|| format!("--activation {id}")))
                .transpose()?;
            let losing = if options.accept_lost_seat { Losing::Accept } else { Losing::Refuse };
            let client = client(&options.machine, &options.carry)?;
            let given_up = client.deactivate(activation, losing)?;
            let check = client.check();
            let now = match check.right() {
                // A trial, or another license.
                Some(_) => format!("The app runs on: {}.", check.fact()),
                None => "The app does not run here any more.".to_owned(),
            };
            let done = format!("The activation {} is given up. {now}", given_up.activation);
            hand_out(&given_up.proof, &options.carry, "deactivation request", Some(&done), as_json)
        }
    }
}

/// Writes the request where it is wanted and says what to do with it. `done` is what has happened already.
fn hand_out(made: &Made, carry: &Carry, what: &str, done: Option<&str>, as_json: bool) -> Outcome {
    let path = carry.out.clone().unwrap_or_else(|| made.file_name.clone().into());
    files::write_carrier(&path, &made.file, Carries::Request).map_err(|error| {
        let done = done.unwrap_or("The request is made and remembered here.");
        Failure::file(
            &error,
            format!("{done} Only its file is missing: run this again with another --out."),
        )
    })?;
    let code = qr::Code::of(&made.token, carry.take_to.as_deref());
    if let Some(image) = &carry.qr_image {
        let written = code.as_ref().map_err(Clone::clone).and_then(|code| code.write(image));
        written.map_err(|failure| {
            failure.but(format!("The request itself is written: {}.", path.display()))
        })?;
    }
    if path == Path::new("-") {
        return Ok(ExitCode::SUCCESS);
    }
    let place = carry.take_to.as_deref().unwrap_or("the vendor's portal");
    if let (true, false, Ok(code)) = (carry.qr, as_json, &code) {
        code.show()?;
    }
    let link = carry.take_to.as_deref().and_then(|place| qr::link(place, &made.token));
    let json = json!({
        "request": made.id.to_string(), "file": path, "token": made.token, "link": link, "done": done,
        "qr": code.as_ref().ok().map(qr::Code::json), "qr_image": carry.qr_image,
    });
    let mut report = Report::new(json);
    if let Some(done) = done {
        report = report.text(done);
    }
    report = report
        .field(what, path.display())
        .field("id", made.id)
        .maybe("qr image", carry.qr_image.as_ref().map(|path| path.display()));
    match &code {
        Err(failure) if carry.qr => report = report.text(failure.words()),
        Ok(code) if carry.qr => report = report.text(code.words()),
        _ => {}
    }
    report
        .text(format!("Take the file to {place}, and bring the response back here."))
        .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn install(options: &args::Install, as_json: bool) -> Outcome {
    let client = Client::open(config(&options.machine)?);
    let installed = client.install(&files::read_input(&options.file)?)?;
    let warnings = installed.warnings.iter().map(|warning| {
        json!({"code": warning.code(), "fact": warning.fact(), "advice": warning.advice()})
    });
    let report = match &installed.what {
        What::Right(_) => describe(&client.check(), "installed"),
        other => brought(other),
    };
    let warnings: Vec<_> = warnings.collect();
    let report = if warnings.is_empty() { report } else { report.with("warnings", warnings) };
    let noted = installed.warnings.iter().fold(report, |report, warning| {
        report.text(format!("Note: {}. {}", warning.fact(), warning.advice()))
    });
    noted.print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

/// What a file brought that is no right to run.
fn brought(what: &What) -> Report {
    let nothing = "It was known here: nothing changed.";
    match what {
        What::Receipt { activation } => {
            Report::new(json!({"installed": "receipt", "activation": activation.to_string()}))
                .text(format!("The receipt is installed: the seat of the activation {activation} is free again."))
        }
        What::TimeReset { time } => Report::new(json!({"installed": "time-reset", "time": time}))
            .text(format!(
                "The time is put right: it is {} UTC. Set this machine's clock to the right time as well.",
                file::date(*time)
            )),
        What::Revocations { seq, news } => {
            let is_new = *news == News::New;
            let says = if is_new {
                "The vendor's revocation list is installed: keys on it sign nothing new for this machine."
            } else {
                "This machine knows this revocation list or a newer one: nothing changed."
            };
            Report::new(json!({"installed": "revocations", "seq": seq, "new": is_new})).text(says)
        }
        What::Rotation { root, news } => {
            let is_new = *news == News::New;
            let says = if is_new {
                "The vendor's next root key is installed. What was installed before runs on."
            } else {
                nothing
            };
            Report::new(json!({"installed": "root-key", "root": root.to_string(), "new": is_new}))
                .text(says)
                .field("root key", root)
        }
        _ => Report::new(json!({"installed": "other"})).text("It is installed."),
    }
}

pub(crate) fn check(options: &args::Check, as_json: bool) -> Outcome {
    let check = Client::open(config(&options.machine)?).check();
    let may_run = check.right().is_some();
    describe(&check, if may_run { "yes" } else { "no" }).print(as_json)?;
    Ok(ExitCode::from(u8::from(!may_run)))
}

/// The state, its reason and the way out.
fn describe(check: &Check, head: &str) -> Report {
    let mut fact = check.fact();
    if let Some(first) = fact.get(..1) {
        fact = format!("{}{}", first.to_uppercase(), &fact[1..]);
    }
    let json = json!({
        "state": check.standing().as_str(), "may_run": check.right().is_some(), "message": fact,
        "advice": check.advice(), "right": check.installed().map(right_json),
    });
    let mut report =
        Report::new(json).text(format!("{head}: {}. {fact}.", check.standing().as_str()));
    if !check.advice().is_empty() {
        report = report.text(check.advice());
    }
    match check.right() {
        Some(right) => right_fields(report, right),
        None => report,
    }
}

fn right_fields(report: Report, right: &Right) -> Report {
    let license = right.license();
    let features = right.grant().entitlements.iter().map(|(name, value)| match value {
        Entitlement::On => name.clone(),
        Entitlement::Integer(number) => format!("{name} {number}"),
        Entitlement::Text(text) => format!("{name} {text}"),
    });
    let features = features.collect::<Vec<_>>().join(", ");
    report
        .field(if right.is_trial() { "trial" } else { "activation" }, right.id())
        .maybe("license", license.map(|l| l.id))
        .maybe("plan", license.and_then(|l| l.plan.as_ref()))
        .maybe("holder", license.and_then(|l| l.holder.as_ref()))
        .maybe("features", Some(features).filter(|f| !f.is_empty()))
}

fn right_json(right: &Right) -> Value {
    let license = right.license();
    let features = right.grant().entitlements.iter();
    json!({
        "type": right.response().token_type().as_str(), "id": right.id().to_string(),
        "expires_at": right.expires_at(), "issuer": right.response().issuer,
        "license": license.map(|l| l.id.to_string()), "plan": license.and_then(|l| l.plan.clone()),
        "holder": license.and_then(|l| l.holder.clone()),
        "deactivations_left": license.and_then(|l| l.deactivations_left),
        "features": features.map(|(name, value)| (name.clone(), value.to_json())).collect::<serde_json::Map<_, _>>(),
    })
}

pub(crate) fn status(options: &args::Status, as_json: bool) -> Outcome {
    let client = Client::open(config(&options.machine)?);
    let status = client.status()?;
    let requests = status.open_requests.iter();
    let deactivations = status.deactivations.iter();
    let json = json!({
        "state": status.check.standing().as_str(), "message": status.check.fact(), "advice": status.check.advice(),
        "device_name": status.device_name, "device": status.device.map(|d| d.to_string()),
        "components": status.components,
        "open_requests": requests.map(|(id, at)| json!({"id": id.to_string(), "made_at": at})).collect::<Vec<_>>(),
        "rights": status.rights.iter().map(right_json).collect::<Vec<_>>(),
        "deactivations": deactivations.map(|d| json!({
            "activation": d.activation.to_string(), "at": d.at, "proof": d.proof.token, "has_receipt": d.has_receipt,
        })).collect::<Vec<_>>(),
        "used_trial": status.used_trial.as_ref().map(|t| json!({"id": t.trial.to_string(), "until": t.until})),
        "seen": status.seen, "state_file": status.state_file, "mirror_file": status.mirror_file,
    });
    let mut report = Report::new(json)
        .field("state", format!("{}: {}", status.check.standing().as_str(), status.check.fact()))
        .maybe("to do", Some(status.check.advice()).filter(|a| !a.is_empty()))
        .maybe("machine", status.device_name.as_ref())
        .field(
            "components",
            match status.components.join(", ") {
                none if none.is_empty() => "none can be read".to_owned(),
                some => some,
            },
        )
        .maybe("device key", status.device);
    for right in &status.rights {
        report = right_fields(report, right);
        let until = right
            .expires_at()
            .map_or("without an end".to_owned(), |at| format!("{} UTC", file::date(at)));
        report = report.field("runs until", until);
    }
    for (id, at) in &status.open_requests {
        report = report.field("open request", format!("{id}  made {} UTC", file::date(*at)));
    }
    for gone in &status.deactivations {
        let receipt = if gone.has_receipt { "receipt is here" } else { "no receipt yet" };
        report = report.field(
            "given up",
            format!("{}  {} UTC, {receipt}", gone.activation, file::date(gone.at)),
        );
    }
    report
        .maybe("trial used", status.used_trial.as_ref().map(used_trial_words))
        .maybe("latest time", status.seen.map(|at| format!("{} UTC", file::date(at))))
        .field("state file", status.state_file.display())
        .maybe("second copy", status.mirror_file.as_ref().map(|path| path.display()))
        .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

fn used_trial_words(used: &UsedTrial) -> String {
    let until = used
        .until
        .map_or("without an end".to_owned(), |at| format!("until {} UTC", file::date(at)));
    format!("{}  {until}", used.trial)
}
