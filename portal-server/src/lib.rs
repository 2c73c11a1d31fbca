//! The portal: where requests are carried to. A library, so that tests and other programs can run it:
//! [`App::open`], then [`serve`].
//!
//! | module | what it holds |
//! | --- | --- |
//! | `router` | every URL with who may use it |
//! | `access`, `limits`, `password` | roles, forgery defence; rate limits; password hashes |
//! | `lane`, `lanes`, `draining` | what a flood takes, by kinds of work; the end as others see it coming |
//! | `request_id`, `logs`, `traces` | by what a request is found again; the log of the process; spans for a collector |
//! | `desk` | the heart: understand a request, say what it would do, answer it |
//! | `bundle` | files and zips that people bring; zips, tables and calendars that they take home |
//! | `api`, `legacy`, `problem` | JSON for programs, also in the shape of older trial pages; RFC 9457 errors |
//! | `pages` | HTML for people: public page, login, licenses, vendor's pages |
//! | `keys`, `vault`, `app`, `config`, `clock` | signing key and roots; secrets of second factors; what handlers have at hand; what the operator sets; injected time and randomness |
//! | `signing`, `signer` | who signs; the signer as a process of its own |
//! | `metrics` | what is measured, for Prometheus |
//! | `release` | what a vendor publishes: files, signed checksums, downloads |
//! | `settings`, `look` | what the vendor sets; name, logo, colours and words of its own |
//! | `sso` | logging in by an identity provider |
//! | `shelf` | what is kept in memory for a short while |
//! | `host`, `domain` | which hosts are answered; the vendor's own, by DNS |
//! | `fields` | how long typed text may be |
//! | `account`, `mail` | rules of accounts and organizations; letters and how they get out |
//! | `audit` | the audit log as a chain of hashes, with signed checkpoints |
//! | `finding` | licenses and machines by whatever a support person has at hand |
//! | `tally`, `overview`, `chart` | counting what happened, the numbers of a morning, small charts |
//! | `approval` | what needs a second admin |
//! | `admin` | the same set-up by command line |
//! | `import` | what comes from another system |
//! | `operations` | backup, restore, check, doctor |
//! | `disk` | whether the database's disk takes writes, as it was seconds ago |
//! | `webhook` | who else hears of what happens |

pub mod access;
mod account;
pub mod admin;
mod api;
mod app;
mod approval;
mod assets;
pub mod audit;
pub mod bundle;
pub mod chart;
pub mod clock;
mod config;
pub mod desk;
mod disk;
mod domain;
mod download;
mod draining;
mod fields;
mod finding;
mod host;
pub mod import;
pub mod journals;
pub mod keys;
pub mod lane;
pub mod lanes;
pub mod language;
mod legacy;
mod licensing;
mod limits;
pub mod logs;
pub mod look;
mod mail;
mod metrics;
pub mod operations;
pub mod overview;
mod pages;
mod password;
mod problem;
pub mod release;
mod request_id;
mod router;
pub mod settings;
mod shelf;
#[cfg(unix)]
pub mod signer;
pub mod signing;
pub mod sso;
pub mod tally;
pub mod traces;
mod trial_policy;
pub mod vault;
pub mod webhook;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use axum_server::Handle;
use countersign_store::LinkPurpose;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use app::App;
pub use config::Config;
pub use mail::Smtp;
pub use router::{Route, routes};

/// Serves the portal on `listener` until `shutdown` completes: `/readyz` says no from then on, while everything is answered for
/// as long as [`Config::drain`]; then the listener closes, requests under way are finished, what is queued for the database
/// is committed.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    app.listens_on(listener.local_addr()?);
    let handle = Handle::new();
    let (stop, stopped) = watch::channel(false);
    #[cfg(unix)]
    let watching = tokio::spawn(signing::watch(app.clone(), stopped.clone()));
    let sealer = tokio::spawn(audit::run(app.clone(), stopped.clone()));
    let postman = tokio::spawn(mail::run(app.clone(), stopped.clone()));
    let courier = tokio::spawn(webhook::run(app.clone(), stopped.clone()));
    let counter = tokio::spawn(tally::run(app.clone(), stopped.clone()));
    let keeper = tokio::spawn(keys::watch::run(app.clone(), stopped.clone()));
    let namer = tokio::spawn(domain::run(app.clone(), stopped));
    tokio::spawn({
        let (handle, app) = (handle.clone(), app.clone());
        async move {
            shutdown.await;
            app.draining().run(app.config().drain).await;
            handle.graceful_shutdown(Some(DRAIN));
        }
    });
    let service = router::router(&app).into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::from_tcp(listener.into_std()?)?.handle(handle);
    let http = server.http_builder();
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    let served = server.serve(service).await.context("the listener failed");
    // A letter or delivery on its way is finished; what waits is there when the portal starts again.
    let _ = stop.send(true);
    let _ = tokio::time::timeout(DRAIN, async {
        tokio::join!(postman, sealer, counter, keeper, namer, courier)
    })
    .await;
    #[cfg(unix)]
    let _ = tokio::time::timeout(DRAIN, watching).await;
    app.store().close();
    served
}

/// Serves what is measured, as text for Prometheus, until the process ends: on a listener of its own, which strangers do not
/// reach.
///
/// # Errors
/// When the listener fails.
pub async fn serve_metrics(listener: TcpListener, app: App) -> anyhow::Result<()> {
    let service = router::metrics(&app).into_make_service();
    let mut server = axum_server::from_tcp(listener.into_std()?)?;
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_WITHIN);
    server.serve(service).await.context("the listener of the metrics failed")
}

/// Who takes longer to say what they want only holds a connection.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);
/// How long requests under way may take after the shutdown began.
const DRAIN: Duration = Duration::from_secs(30);

/// Seconds that the link for the first admin works.
const SETUP_SECONDS: u64 = 24 * 3600;

/// The path of a one-time link to create the first admin, while there is none.
///
/// # Errors
/// When the database fails.
pub async fn setup_link(app: &App) -> anyhow::Result<Option<String>> {
    if app.store().has_admin().await? {
        return Ok(None);
    }
    let (secret, hash) = app.secret();
    app.store().create_link(hash, LinkPurpose::FirstAdmin, None, app.now() + SETUP_SECONDS).await?;
    Ok(Some(format!("/setup/{secret}")))
}
