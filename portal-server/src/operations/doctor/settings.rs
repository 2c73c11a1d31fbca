//! What the portal is started with: public address, mail, folders.

use super::Report;
use crate::audit;
use crate::config::Config;
use crate::host;
use crate::mail;

pub(super) fn look(config: &Config, report: &mut Report) {
    public_url(config, report);
    mail(config, report);
    if let Some(folder) = &config.audit_checkpoints {
        match audit::check_writable(folder) {
            Ok(()) => report.well("audit-checkpoints", format!("{} is there", folder.display())),
            Err(error) => report.problem(
                "audit-checkpoints",
                format!("checkpoints cannot be written: {error}"),
                "mount or make the folder; until then checkpoints are kept in the database alone",
            ),
        }
    }
}

fn public_url(config: &Config, report: &mut Report) {
    let Some(url) = &config.public_url else {
        return report.warn(
            "public-url",
            "no public address is given: the portal answers under addresses of this machine alone",
            "start it with --public-url https://portal.example, and run the doctor with the same",
        );
    };
    match host::of_config(Some(url)) {
        Err(error) => report.problem("public-url", format!("{error:#}"), "correct --public-url: the portal does not start with it"),
        Ok(_) if url.starts_with("http://") && !is_this_machine(url) => report.problem(
            "public-url",
            format!("{url} is not encrypted: passwords, license keys and sessions can be read on the way"),
            "put a reverse proxy with a certificate in front (docs/guide-hosting.md) and use its https:// address",
        ),
        Ok(_) => report.well("public-url", url.clone()),
    }
}

fn is_this_machine(url: &str) -> bool {
    let host = url.trim_start_matches("http://");
    ["localhost", "127.", "[::1]"].iter().any(|here| host.starts_with(here))
}

fn mail(config: &Config, report: &mut Report) {
    let Some(smtp) = &config.smtp else {
        return report.warn(
            "mail",
            format!("no mail server is given: letters are written into {}", config.data.join("outbox").display()),
            "start the portal with --smtp-url and --mail-from, or nobody gets invitations, new passwords and warnings about keys",
        );
    };
    match mail::Mailroom::open(config, &config.vendor) {
        Err(error) => report.problem(
            "mail",
            format!("{error:#}"),
            "correct --smtp-url and --mail-from: the portal does not start with them",
        ),
        Ok(_) => {
            let shown = smtp.shown();
            match shown.encryption {
                "mail-tls-none" if !is_this_machine(&format!("http://{}", shown.server)) => report
                    .warn(
                        "mail",
                        format!(
                            "mail goes to {} unencrypted: links that log in can be read on the way",
                            shown.server
                        ),
                        "use smtps:// or leave ?tls=none out",
                    ),
                _ => report.well("mail", format!("mail goes to {}", shown.server)),
            }
        }
    }
}
