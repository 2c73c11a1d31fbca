//! Serving, until the process is asked to end.

use std::time::Duration;

use anyhow::Context as _;
use countersign_portal::logs::{self, Lines};
use countersign_portal::release::upload;
use countersign_portal::traces::Traces;
use countersign_portal::{App, Config, Smtp, audit, serve, serve_metrics, setup_link};
use countersign_store::Database;
use tokio::net::TcpListener;

use super::arguments::Serve;
use super::say::say_where_the_root_is;
use crate::config;

pub(crate) async fn run_server(options: Serve, database: Option<Database>) -> anyhow::Result<()> {
    let traces = options.otlp.as_deref().map(Traces::to).transpose().context("--otlp")?;
    logs::start(lines(options.json_logs), traces.as_ref());
    let with_server = options.smtp_url.is_some();
    let config = Config {
        vendor: options.vendor,
        public_url: options.public_url,
        dns_server: options.dns_server,
        trial_origins: options.trial_origin,
        behind_proxy: options.behind_proxy,
        rate_limit: (options.rate_limit > 0).then_some(options.rate_limit),
        token_rate_limit: (options.token_rate_limit > 0).then_some(options.token_rate_limit),
        smtp: options.smtp_url.map(|url| Smtp {
            url,
            user: options.smtp_user,
            password: options.smtp_password,
        }),
        mail_from: options.mail_from,
        audit_checkpoints: options.audit_checkpoints,
        webhooks_may_reach: options.webhooks_may_reach,
        signer: options.signer,
        sso_may_reach: options.sso_may_reach,
        metrics_hosts: options.metrics_host,
        key_passphrase: options.passphrase.sources(),
        drain: Duration::from_secs(options.drain_seconds),
        otlp: options.otlp,
        ..config(options.data.clone(), database, options.release_store.as_deref())?
    };
    if let Some(folder) = &config.audit_checkpoints {
        audit::check_writable(folder).context("--audit-checkpoints")?;
    }
    let listener = TcpListener::bind(options.listen).await.with_context(|| {
        format!("{} cannot be listened on; choose another address with --listen", options.listen)
    })?;
    let address = listener.local_addr()?;
    let reached_at = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let reached_at = reached_at.trim_end_matches('/');
    let measured = match options.metrics {
        Some(address) => Some(TcpListener::bind(address).await.with_context(|| {
            format!("{address} cannot be listened on; choose another address with --metrics")
        })?),
        None => None,
    };
    let app = App::open(config).await?;
    if let Some(listener) = measured {
        println!("metrics       http://{}/metrics", listener.local_addr()?);
        tokio::spawn(serve_metrics(listener, app.clone()));
    }
    say_where_the_root_is(&options.data);
    if let Some(place) = upload::kept_elsewhere(&app).await? {
        eprintln!(
            "the files of releases lie in {place}, and this portal looks for them in {}: they cannot be downloaded. Start \
             it with the right --release-store",
            app.releases().name()
        );
    }
    match setup_link(&app).await {
        Ok(Some(path)) => {
            println!("first admin   {reached_at}{path}");
            println!("              works once, for 24 hours");
        }
        Ok(None) => {}
        // What machines need works all the same; on a full disk the vendor wants it to.
        Err(error) => eprintln!("there is no admin yet, and no link to create one: {error:#}"),
    }
    if !with_server {
        println!("mail          {}", options.data.join("outbox").display());
        println!("              written there, not sent: name a server with --smtp-url");
    }
    println!("listening on http://{address}");
    let served = serve(listener, app.clone(), shutdown_signal(Some(app))).await;
    if let Some(traces) = traces {
        traces.end().await;
    }
    served
}

pub(crate) fn lines(json: bool) -> Lines {
    if json { Lines::Json } else { Lines::Human }
}

/// Ends with an interrupt or, on Unix, SIGTERM. A further one ends the time in which everything is still answered.
pub(crate) async fn shutdown_signal(app: Option<App>) {
    let mut signals = Signals::new();
    signals.next().await;
    if let Some(app) = app {
        tokio::spawn(async move {
            signals.next().await;
            app.draining().cut_short();
        });
    }
}

/// What asks the process to end.
struct Signals {
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    fn new() -> Self {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    async fn next(&mut self) {
        let interrupt =
            async { tokio::signal::ctrl_c().await.unwrap_or_else(|_| std::process::abort()) };
        #[cfg(unix)]
        if let Some(terminate) = &mut self.terminate {
            tokio::select! {
                () = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        interrupt.await;
    }
}
