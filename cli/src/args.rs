//! Every command and option: the whole surface.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand};

/// Days as a number: at most 100 years, which no time in a token overflows.
pub(crate) fn days(least: u64) -> RangedU64ValueParser<u64> {
    clap::value_parser!(u64).range(least..=36_525)
}

/// Licensing for machines that never see a network.
#[derive(Debug, Parser)]
#[command(
    name = "countersign",
    version,
    max_term_width = 80,
    after_help = "A machine makes a request file, a person carries it, a response file comes back:\n\n  \
        export COUNTERSIGN_PRODUCT=acme-cad COUNTERSIGN_ROOT=root.pub\n  \
        export COUNTERSIGN_STATE=lic\n  \
        countersign request trial --out lab-7.request\n  \
        countersign install lab-7.response\n  \
        countersign check\n\n\
        Found a file and do not know what it is?  countersign inspect FILE\n\
        Exit codes: 0 done or yes, 1 refused or no, 2 wrong usage or a file that cannot\n\
        be read or written."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print one JSON object instead of text, errors too.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make keys, let other keys sign, look at keys.
    #[command(subcommand)]
    Keys(Keys),
    /// On the machine: make a request file, to be carried to the vendor.
    #[command(subcommand)]
    Request(Request),
    /// On the machine: install a response file, or a deactivation receipt.
    Install(Install),
    /// On the machine: may the app run now? Exit code 0 yes, 1 no.
    Check(Check),
    /// On the machine: everything that is stored there, for support.
    Status(Status),
    /// Say in words what a file is, for which machine, whether it verifies and what to do with it.
    Inspect(Inspect),
    /// For somebody on the phone: what is wrong with a file, what to tell the customer, what to do. Also what a code means.
    Explain(crate::explain::args::Explain),
    /// Say whether a file or bare token verifies: exit code 0 yes, 1 no, 2 wrong usage.
    Verify(Verify),
    /// Say whether downloaded files are what the vendor released: exit code 0 yes, 1 no, 2 wrong usage.
    VerifyRelease(VerifyRelease),
    /// Show any file of ours as a QR code, for a camera to carry it.
    Qr(Qr),
    /// Answer requests with a key file, without a server: one, or a folder of them.
    Sign(Box<crate::sign::args::Sign>),
    /// Approve of what another key may not grant alone: shows proposals in words, asks, writes approvals.
    Approve(crate::approve::args::Approve),
    /// What a key has signed: check, show, push.
    #[command(subcommand)]
    Journal(crate::journal::args::Command),
    /// A portal's audit log: whether it is whole, and up to where it is proven.
    #[command(subcommand)]
    Audit(crate::audit::args::Command),
    /// One page to print for whoever releases data from a site: exactly what leaves with a request.
    ReleaseSheet(crate::sheet::args::Sheet),
    /// The trial page: write a folder that is ready to publish, or say what is wrong with one.
    #[command(subcommand)]
    TrialSite(crate::trial_site::args::Command),
    /// Sign the checksums of a release's files with a key file.
    SignRelease(SignRelease),
    /// Completions for a shell, on standard output.
    Completions(crate::reference::args::Completions),
    /// Man pages of every command.
    Man(crate::reference::args::Man),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a vendor's root key: OUT (private, only its owner reads it) and beside it the public half, ending in .pub.
    Root(crate::keys::args::NewRoot),
    /// Make a key pair for somebody who is to sign with a delegation. Only the .pub half leaves their machine.
    New(NewKey),
    /// Write a paper backup of a key, to be printed.
    Paper(crate::keys::args::Paper),
    /// Make a key again from its paper backup.
    Restore(crate::keys::args::Restore),
    /// With the root key: let another key sign, within limits, for a time.
    Delegate(Delegate),
    /// With the root key: say which keys no longer count, in a list that machines take.
    Revoke(crate::keys::args::Revoke),
    /// With both root keys: hand over from one to the next.
    RotateRoot(crate::keys::args::RotateRoot),
    /// Say whether a key and its delegation sign now, and in so many days: exit code 0 yes, 1 no, 2 wrong usage.
    Check(crate::keys::args::Check),
    /// Say what key files, delegations, revocation lists and root rotations are.
    Show(Show),
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign keys new --out alice.pem --passphrase")]
pub(crate) struct NewKey {
    /// Where the private key goes; an existing file is never replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: NewPassphrase,
}

/// A passphrase for a key that is made.
#[derive(Debug, Args)]
pub(crate) struct NewPassphrase {
    /// Encrypt the key with a passphrase, which is asked for.
    #[arg(long)]
    pub(crate) passphrase: bool,
    /// Encrypt it with the first line of this file.
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// The passphrase of a key that is read. Without this it is taken from COUNTERSIGN_PASSPHRASE, or asked for.
#[derive(Debug, Args)]
pub(crate) struct Passphrase {
    /// A file with the key's passphrase in its first line [default: COUNTERSIGN_PASSPHRASE, or it is asked for].
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "countersign keys delegate [OPTIONS] --root-key <FILE> --to <KEY>\n                                 \
    --holder <NAME> --products <IDS> --out <FILE>",
    after_help = "Example: countersign keys delegate --root-key root.pem --to alice.pub \\\n           \
    --holder \"support: alice\" --types activation,deactivation,trial \\\n           \
    --products acme-cad --max-days 30 --until 2027-03-31 \\\n           \
    --out alice.chain\n\
    Two people for whatever has no end: add --approved-days 0 to Alice's delegation, and\n\
    give another key one with --types approval."
)]
pub(crate) struct Delegate {
    /// The root's private key file.
    #[arg(long, value_name = "FILE")]
    pub(crate) root_key: PathBuf,
    /// The public key that may sign: a .pub file, or the 43 characters of its x.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub(crate) to: String,
    /// Who holds it, e.g. "support: alice".
    #[arg(long, value_name = "NAME")]
    pub(crate) holder: String,
    /// Your name as a vendor.
    #[arg(long, default_value = "vendor")]
    pub(crate) vendor: String,
    /// What it may sign: activation, deactivation, trial, release, time-reset,
    /// audit-checkpoint, approval (of what other keys may not grant alone), separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "trial")]
    pub(crate) types: Vec<String>,
    /// For which products: ids separated by commas, or * for all.
    #[arg(long, value_name = "IDS")]
    pub(crate) products: String,
    /// The longest grant it may give, in days; 0 for no limit.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = days(0))]
    pub(crate) max_days: u64,
    /// With the approval of a second key it may give grants of up to so many days; 0 for no limit, perpetual ones included. What
    /// is longer than --max-days then needs that approval.
    #[arg(long, value_name = "DAYS", value_parser = days(0))]
    pub(crate) approved_days: Option<u64>,
    /// How many grants it may give: each is numbered. For people who sign offline; a trial page cannot count.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_grants: Option<u64>,
    /// Its number, higher than that of earlier delegations of the same key [default: the time in seconds].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=countersign_core::MAX_TIME))]
    pub(crate) serial: Option<u64>,
    /// The first day it may sign on, UTC [default: today].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<String>,
    /// The last day it may sign on, UTC [default: in 90 days].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) until: Option<String>,
    /// Where the delegation goes.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign keys show root.pub alice.chain")]
pub(crate) struct Show {
    /// Key files (private or public), delegations, or the 43 characters of a public key.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// A root public key, to verify delegations with.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub(crate) root: Vec<String>,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
}

/// The machine, its product and where its state is kept.
#[derive(Debug, Args)]
pub(crate) struct Machine {
    /// The product's id.
    #[arg(long, value_name = "ID", env = "COUNTERSIGN_PRODUCT")]
    pub(crate) product: String,
    /// A root public key of the vendor: a key file, or the 43 characters of its x; may be given more than once.
    #[arg(
        long,
        value_name = "KEY",
        allow_hyphen_values = true,
        required = true,
        env = "COUNTERSIGN_ROOT"
    )]
    pub(crate) root: Vec<String>,
    /// The directory where this machine keeps its license state; made if it is missing.
    #[arg(long, value_name = "DIR", env = "COUNTERSIGN_STATE")]
    pub(crate) state: PathBuf,
    /// The directory for the second copy of the state [default: the user's data directory].
    #[arg(long, value_name = "DIR")]
    pub(crate) mirror: Option<PathBuf>,
    /// The name that people know this machine by [default: its host name].
    #[arg(long, value_name = "NAME")]
    pub(crate) device_name: Option<String>,
    /// Play another machine: read its components from a copy of its etc, proc and sys in this directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) fingerprint_from: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Request {
    /// Ask for an activation, under a license key or without one.
    Activation(RequestActivation),
    /// Ask for a trial.
    Trial(RequestTrial),
    /// Give the activation of this machine up, and write the proof of it. The app does not run here any more.
    Deactivation(RequestDeactivation),
}

#[derive(Debug, Args)]
#[command(
    override_usage = "countersign request activation [OPTIONS] --product <ID> --root <KEY>\n                                      \
    --state <DIR>",
    after_help = "Example: countersign request activation --license-key 8KRT7-… \\\n           \
    --product acme-cad --root root.pub --state lic"
)]
pub(crate) struct RequestActivation {
    #[command(flatten)]
    pub(crate) machine: Machine,
    #[command(flatten)]
    pub(crate) carry: Carry,
    /// The license key; without one, a person logs in to the portal and chooses the license. - reads it from standard input.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub(crate) license_key: Option<String>,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "countersign request trial [OPTIONS] --product <ID> --root <KEY>\n                                 \
    --state <DIR>",
    after_help = "Example: countersign request trial --product acme-cad --root root.pub \\\n           \
    --state lic --out lab-7.request"
)]
pub(crate) struct RequestTrial {
    #[command(flatten)]
    pub(crate) machine: Machine,
    #[command(flatten)]
    pub(crate) carry: Carry,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "countersign request deactivation [OPTIONS] --product <ID> --root <KEY>\n                                        \
    --state <DIR>",
    after_help = "Example: countersign request deactivation --product acme-cad --root root.pub \\\n           \
    --state lic --out back.request\n\
    Run it again to write the same proof again."
)]
pub(crate) struct RequestDeactivation {
    #[command(flatten)]
    pub(crate) machine: Machine,
    #[command(flatten)]
    pub(crate) carry: Carry,
    /// Which activation, where there are several.
    #[arg(long, value_name = "ID")]
    pub(crate) activation: Option<String>,
    /// Give it up even if the license had no deactivation left, so that the seat may not come back.
    #[arg(long)]
    pub(crate) accept_lost_seat: bool,
}

/// How a request is carried.
#[derive(Debug, Args)]
pub(crate) struct Carry {
    /// Where the request file goes [default: the machine's name with .request, here]; - is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// The product's name for people, in the file's comment lines [default: the product id].
    #[arg(long, value_name = "NAME")]
    pub(crate) product_name: Option<String>,
    /// The version of the app, which the vendor sees.
    #[arg(long, value_name = "VERSION")]
    pub(crate) app_version: Option<String>,
    /// Where the file is to be taken, e.g. `https://licenses.acme.example/activate`
    #[arg(long, value_name = "URL")]
    pub(crate) take_to: Option<String>,
    /// Also show the request as a QR code on the terminal; where --take-to is the address of a page, of a link that opens it.
    #[arg(long)]
    pub(crate) qr: bool,
    /// Also write that QR code as a picture: FILE.png or FILE.svg.
    #[arg(long, value_name = "FILE")]
    pub(crate) qr_image: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "countersign install [OPTIONS] --product <ID> --root <KEY> --state <DIR>\n                           \
    <FILE>",
    after_help = "Example: countersign install lab-7.response --product acme-cad \\\n           \
    --root root.pub --state lic"
)]
pub(crate) struct Install {
    #[command(flatten)]
    pub(crate) machine: Machine,
    /// The response file; - is standard input.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign check --product acme-cad --root root.pub --state lic")]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) machine: Machine,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign status --product acme-cad --root root.pub --state lic"
)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) machine: Machine,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign qr lab-7.request --take-to https://acme.example/trial/"
)]
pub(crate) struct Qr {
    /// The file; - is standard input.
    pub(crate) file: PathBuf,
    /// The address of the page that reads it: the code is a link then, which a phone's camera opens.
    #[arg(long, value_name = "URL")]
    pub(crate) take_to: Option<String>,
    /// Write it as a picture instead: FILE.png or FILE.svg.
    #[arg(long, value_name = "FILE")]
    pub(crate) image: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: countersign inspect --root root.pub lab-7.response")]
pub(crate) struct Inspect {
    /// A root public key: a key file, or the 43 characters of its x; may be given more than once.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, env = "COUNTERSIGN_ROOT")]
    pub(crate) root: Vec<String>,
    /// The file; - is standard input.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign verify --root root.pub --expect response lab-7.response"
)]
pub(crate) struct Verify {
    /// A root public key: a key file, or the 43 characters of its x; may be given more than once.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    pub(crate) root: Vec<String>,
    /// What it must be: request, response, or a type such as trial-request+jwt.
    #[arg(long, value_name = "TYPE", default_value = "any")]
    pub(crate) expect: String,
    /// The file; - is standard input.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign verify-release --root root.pub acme-cad-2.1.0.checksums acme-cad-2.1.0.tar.gz\n\
    Without FILE, all files of the list are looked for beside it. The vendor's list says what belongs to a version, not \
    which version is the newest: read the version that is printed."
)]
pub(crate) struct VerifyRelease {
    /// A root public key: a key file, or the 43 characters of its x; may be given more than once.
    #[arg(
        long,
        value_name = "KEY",
        allow_hyphen_values = true,
        required = true,
        env = "COUNTERSIGN_ROOT"
    )]
    pub(crate) root: Vec<String>,
    /// The product that it must be a release of.
    #[arg(long, value_name = "ID", env = "COUNTERSIGN_PRODUCT")]
    pub(crate) product: Option<String>,
    /// The checksum file of the release; - is standard input.
    pub(crate) checksums: PathBuf,
    /// The files to check [default: all that the list names, in its folder].
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign sign-release --key build.pem --chain build.chain --root root.pub --product acme-cad \\\n           \
    --version 2.1.0 --channel stable dist/acme-cad-2.1.0.tar.gz\n\
    A portal whose key may sign releases does this when a release is published."
)]
pub(crate) struct SignRelease {
    /// The files; their names without folders go into the list.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The private key that signs: a root, or a delegated one with --chain and --root.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The delegation of that key.
    #[arg(long, value_name = "FILE", requires = "root")]
    pub(crate) chain: Option<PathBuf>,
    /// The root public key that signed the delegation.
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, env = "COUNTERSIGN_ROOT")]
    pub(crate) root: Vec<String>,
    #[command(flatten)]
    pub(crate) passphrase: Passphrase,
    /// The product's id.
    #[arg(long, value_name = "ID", env = "COUNTERSIGN_PRODUCT")]
    pub(crate) product: String,
    /// The version.
    #[arg(long)]
    pub(crate) version: String,
    /// The channel.
    #[arg(long, default_value = "stable")]
    pub(crate) channel: String,
    /// Your name as a vendor.
    #[arg(long, default_value = "vendor")]
    pub(crate) vendor: String,
    /// Where the checksum file goes [default: PRODUCT-VERSION.checksums, here]; - is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
