//! A whole app with licensing, without a network: what docs/guide-developer.md explains.
//!
//! ```text
//! ACME_ROOT=<43 characters> cargo run -p countersign-client --example app            # start the app
//! … app request [LICENSE-KEY] | trial | install FILE | deactivate | status           # its license menu
//! ```
#![allow(clippy::print_stdout)] // an app talks to its user

use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;

use countersign_client::{Check, Client, Config, Losing, Standing, What};

/// Your root public key, from the product's page of the portal. Built in: a key that comes from a file beside the app, or
/// from the environment at run time, can be replaced by anybody. (This is read when the example is compiled.)
const ROOT: &str = match option_env!("ACME_ROOT") {
    Some(root) => root,
    None => "YYnaU09MaE4k72Uml9YBC60cZpNrcEmJ2zLQDfGSeVg",
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = open().and_then(|client| match words.as_slice() {
        [] => start(&Arc::new(client)),
        ["request"] => request(&client, None),
        ["request", key] => request(&client, Some(key)),
        ["trial"] => trial(&client),
        ["install", file] => install(&client, file),
        ["deactivate"] => deactivate(&client),
        ["status"] => status(&client),
        _ => Err("usage: app [request [KEY] | trial | install FILE | deactivate | status]".into()),
    });
    done.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

/// Nothing is read yet: this cannot fail on a machine where it worked once.
fn open() -> Result<Client, Box<dyn Error>> {
    let state = std::env::var_os("ACME_STATE").unwrap_or_else(|| "acme-license".into());
    let config = Config::new("acme-cad".parse()?, [ROOT.parse()?], state)
        .product_name("Acme CAD")
        .app_version(env!("CARGO_PKG_VERSION"))
        .take_to("https://portal.acme.example/activate");
    Ok(Client::open(config))
}

/// The check at start-up.
fn start(client: &Arc<Client>) -> Result<ExitCode, Box<dyn Error>> {
    let check = client.check();
    say(&check);
    let Some(right) = check.right() else { return Ok(ExitCode::FAILURE) };
    // Features are what the vendor typed at the license: decide what their absence means.
    let parts = right.integer("parts").unwrap_or(100);
    let may_export = right.has("export");
    work(client, parts, may_export);
    Ok(ExitCode::SUCCESS)
}

/// What each state means to the user. `fact` and `advice` are sentences that can be shown as they are.
fn say(check: &Check) {
    let (fact, advice) = (check.fact(), check.advice());
    match check.standing() {
        Standing::Active => {}
        // The app runs: a hint in the status bar, no dialog.
        Standing::ExpiresSoon { .. } => println!("note: {fact}. {advice}"),
        // The first start: open the window to activate.
        Standing::NotActivated { .. } => println!("welcome. {fact}. {advice}"),
        // Everything else: a dialog with both sentences, a button to the license menu, and no way past it. Files that the
        // user has open must be saved first if this comes in the middle of their work.
        _ => println!("Acme CAD does not run: {fact}. {advice}"),
    }
}

/// The app itself. It looks again now and then on a thread of its own, and never ends by itself: it says so, lets the user
/// save, and starts nothing new.
fn work(client: &Arc<Client>, parts: i64, may_export: bool) {
    println!("Acme CAD: up to {parts} parts, export {}", if may_export { "on" } else { "off" });
    let again = Arc::clone(client);
    let watch = std::thread::spawn(move || {
        // In a real app: once an hour.
        let check = again.check();
        if check.right().is_none() {
            say(&check);
        }
    });
    let _ = watch.join();
}

fn request(client: &Client, key: Option<&str>) -> Result<ExitCode, Box<dyn Error>> {
    // A typing mistake is found here, before anything is made: the key has a check character.
    let key = key.map(str::parse).transpose()?;
    let made = client.request_activation(key.as_ref()).map_err(explain)?;
    fs::write(&made.file_name, &made.file)?;
    println!("{}: take it to the portal, and install the response here", made.file_name);
    Ok(ExitCode::SUCCESS)
}

fn trial(client: &Client) -> Result<ExitCode, Box<dyn Error>> {
    let made = client.request_trial().map_err(explain)?;
    fs::write(&made.file_name, &made.file)?;
    println!("{}: take it to the trial page, and install the response here", made.file_name);
    Ok(ExitCode::SUCCESS)
}

fn install(client: &Client, file: &str) -> Result<ExitCode, Box<dyn Error>> {
    // Text from a paste box is as good as the bytes of a file.
    let installed = client.install(&fs::read(file)?).map_err(explain)?;
    for warning in &installed.warnings {
        println!("note: {}. {}", warning.fact(), warning.advice());
    }
    match installed.what {
        What::Right(_) => {
            let check = client.check();
            println!("installed: {}. {}", check.fact(), check.advice());
        }
        What::Receipt { activation } => println!("the seat of {activation} is free again"),
        other => println!("installed: {other:?}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn deactivate(client: &Client) -> Result<ExitCode, Box<dyn Error>> {
    // Ask the user before this: the app does not run here any more afterwards.
    let given_up = client.deactivate(None, Losing::Refuse).map_err(explain)?;
    // If this file cannot be written: the same call again hands out the same proof.
    let name = format!("back-{}", given_up.proof.file_name);
    fs::write(&name, &given_up.proof.file)?;
    println!("given up. {name}: take it to the portal, it frees the seat");
    Ok(ExitCode::SUCCESS)
}

fn status(client: &Client) -> Result<ExitCode, Box<dyn Error>> {
    let status = client.status().map_err(explain)?;
    println!("{}: {}", status.check.standing().as_str(), status.check.fact());
    println!("machine {}", status.device_name.unwrap_or_default());
    println!("components {}", status.components.join(", "));
    println!("state in {}", status.state_file.display());
    Ok(ExitCode::SUCCESS)
}

/// What happened, what state things are in and what to do, with the code for support.
fn explain(error: countersign_client::Error) -> String {
    format!("{error}. {} (code: {})", error.advice(), error.code())
}
