//! A server that has the data: which one it is, what its commits are worth, who may listen on the way.

use countersign_store::{Database, ServerFacts, server_facts};

use super::Report;
use crate::config::Config;

/// What this was tried with, and everything newer.
const OLDEST: u64 = 140_000;
/// Clocks differ by some seconds where something sets them.
const TOLERANCE: u64 = 30;

pub(super) fn look(config: &Config, report: &mut Report) {
    let Database::Postgres(_) = config.database else { return };
    // Whether it answers at all is another finding.
    let Ok(Some(facts)) = server_facts(&config.database) else { return };
    version(&facts, report);
    role(&facts, report);
    durability(&facts, report);
    replication(&facts, report);
    connections(config, &facts, report);
    clock(config.clock.now(), &facts, report);
    way(&facts, report);
}

fn version(facts: &ServerFacts, report: &mut Report) {
    let fact = format!("PostgreSQL {}", facts.version_name);
    match facts.version {
        version if version < OLDEST => report.problem(
            "server-version",
            fact,
            "use PostgreSQL 14 or newer: the portal is not tried with older ones",
        ),
        _ => report.well("server-version", fact),
    }
    match facts.encoding.as_str() {
        "UTF8" => report.well("server-encoding", "the database keeps text as UTF-8"),
        other => report.problem(
            "server-encoding",
            format!("the database keeps text as {other}"),
            "make a database with ENCODING 'UTF8' TEMPLATE template0 and move the data there: countersign-portal migrate-data",
        ),
    }
}

fn role(facts: &ServerFacts, report: &mut Report) {
    if facts.is_standby || facts.is_read_only {
        let fact = match facts.is_standby {
            true => "the server is a standby: it takes no writes",
            false => "the server lets nobody write (default_transaction_read_only)",
        };
        report.problem(
            "server-role",
            fact,
            "name the server that leads, all of them (postgres://USER@HOST1,HOST2/NAME?target_session_attrs=read-write), or the address \
             that follows the leader",
        );
    } else {
        report.well("server-role", "the server takes writes");
    }
}

fn durability(facts: &ServerFacts, report: &mut Report) {
    let off: Vec<&str> = [("fsync", facts.fsync), ("full_page_writes", facts.full_page_writes)]
        .into_iter()
        .filter(|(_, on)| !on)
        .map(|(name, _)| name)
        .collect();
    if !off.is_empty() {
        return report.problem(
            "server-durability",
            format!(
                "{} is off: a power cut loses what was answered, or all of it",
                off.join(" and ")
            ),
            format!(
                "set {} = on in the server's configuration, and make a backup now",
                off.join(" = on and ")
            ),
        );
    }
    let own = match facts.synchronous_commit.as_str() {
        "off" | "local" => {
            format!(
                "synchronous_commit is {} there, and on for the portal's connections",
                facts.synchronous_commit
            )
        }
        other => {
            format!("commits are on disk when they are answered (synchronous_commit is {other})")
        }
    };
    report.well("server-durability", own);
}

fn replication(facts: &ServerFacts, report: &mut Report) {
    let names = facts.synchronous_standbys.trim();
    match (names, facts.standbys, facts.synchronous) {
        ("", 0, _) => report.well("replication", "no standby follows it that can be seen"),
        ("", standbys, _) => report.warn(
            "replication",
            format!("{standbys} standbys follow it, and no commit waits for them"),
            "when the leader is lost, what was answered in its last moments is lost: set synchronous_standby_names, or with Patroni \
             synchronous_mode",
        ),
        (names, _, 0) => report.problem(
            "replication",
            format!("commits wait for {names}, and no such standby can be seen"),
            "start a standby, or writes wait for ever; a user without pg_monitor may see none",
        ),
        (_, standbys, synchronous) => report.well(
            "replication",
            format!("{standbys} standbys follow it, and commits wait for {synchronous} of them"),
        ),
    }
}

fn connections(config: &Config, facts: &ServerFacts, report: &mut Report) {
    let node = (config.store.readers + config.store.writers) as u64;
    let fact = format!(
        "{} of {} connections are in use; a node takes up to {node}",
        facts.connections, facts.max_connections
    );
    let left = facts.max_connections.saturating_sub(facts.connections);
    match left {
        left if left < node => report.problem(
            "server-connections",
            fact,
            "raise max_connections, or see who holds them (pg_stat_activity): a node that starts finds no room",
        ),
        left if left < 3 * node => report.warn(
            "server-connections",
            fact,
            "raise max_connections: each node, its replacement while it is exchanged, backups and operators need room",
        ),
        _ => report.well("server-connections", fact),
    }
}

fn clock(now: u64, facts: &ServerFacts, report: &mut Report) {
    let there = facts.clock / 1000;
    let apart = now.abs_diff(there);
    let fact = format!("the clocks of this node and of the server are {apart} seconds apart");
    match apart {
        0..=TOLERANCE => report.well("server-clock", fact),
        _ => report.warn(
            "server-clock",
            fact,
            "let both be kept right (chrony, systemd-timesyncd): nodes go by their own clocks, and have to agree",
        ),
    }
}

fn way(facts: &ServerFacts, report: &mut Report) {
    match (facts.is_encrypted, facts.is_local) {
        (true, _) => report.well("server-way", "the way to the server is encrypted"),
        (false, true) => report.well("server-way", "the server is on this machine"),
        (false, false) => report.warn(
            "server-way",
            "the way to the server is not encrypted: whoever is on it reads and changes everything",
            "have the server speak TLS, or go through a private network or tunnel of your own",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    fn good() -> ServerFacts {
        ServerFacts {
            version: 150_018,
            version_name: "15.18".to_owned(),
            encoding: "UTF8".to_owned(),
            is_standby: false,
            is_read_only: false,
            synchronous_commit: "on".to_owned(),
            fsync: true,
            full_page_writes: true,
            max_connections: 100,
            connections: 9,
            others_here: 0,
            clock: 1_790_000_000_999,
            is_encrypted: true,
            is_local: false,
            synchronous_standbys: "1 (a, b)".to_owned(),
            standbys: 2,
            synchronous: 1,
        }
    }

    fn found(change: impl FnOnce(&mut ServerFacts)) -> Vec<(&'static str, Level)> {
        let (mut facts, mut report) = (good(), Report::default());
        change(&mut facts);
        version(&facts, &mut report);
        role(&facts, &mut report);
        durability(&facts, &mut report);
        replication(&facts, &mut report);
        connections(&Config::new("x".into()), &facts, &mut report);
        clock(1_790_000_000, &facts, &mut report);
        way(&facts, &mut report);
        assert!(report.findings().iter().all(|f| f.advice.is_empty() == (f.level == Level::Well)));
        report
            .findings()
            .iter()
            .filter(|f| f.level != Level::Well)
            .map(|f| (f.code, f.level))
            .collect()
    }

    #[test]
    fn each_mistake_with_a_server_is_a_finding_with_advice() {
        assert_eq!(found(|_| ()), []);
        assert_eq!(found(|f| f.version = 130_000), [("server-version", Level::Problem)]);
        assert_eq!(
            found(|f| f.encoding = "SQL_ASCII".into()),
            [("server-encoding", Level::Problem)]
        );
        assert_eq!(found(|f| f.is_standby = true), [("server-role", Level::Problem)]);
        assert_eq!(found(|f| f.is_read_only = true), [("server-role", Level::Problem)]);
        assert_eq!(found(|f| f.fsync = false), [("server-durability", Level::Problem)]);
        assert_eq!(found(|f| f.full_page_writes = false), [("server-durability", Level::Problem)]);
        assert_eq!(found(|f| f.synchronous_commit = "off".into()), []);
        assert_eq!(found(|f| f.synchronous = 0), [("replication", Level::Problem)]);
        assert_eq!(found(|f| f.synchronous_standbys.clear()), [("replication", Level::Warning)]);
        assert_eq!(found(|f| f.connections = 80), [("server-connections", Level::Warning)]);
        assert_eq!(found(|f| f.connections = 95), [("server-connections", Level::Problem)]);
        assert_eq!(found(|f| f.clock = 1_790_000_060_000), [("server-clock", Level::Warning)]);
        assert_eq!(found(|f| f.is_encrypted = false), [("server-way", Level::Warning)]);
        let here = |f: &mut ServerFacts| (f.is_encrypted, f.is_local) = (false, true);
        assert_eq!(found(here), []);
    }
}
