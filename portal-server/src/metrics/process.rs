//! The process, under the names that every exporter has for it, from /proc; elsewhere than on Linux there is nothing.

use std::fs;
use std::path::Path;

use prometheus_client::registry::Registry;

use super::register::{count, fraction, gauge};

/// Writes down what is known.
pub(super) fn register(registry: &mut Registry) {
    let Some(stat) = stat() else { return };
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    let seconds = "Seconds of processor time";
    count(registry, "process_cpu_seconds", seconds, (stat.user + stat.system) as f64 / ticks);
    let resident = stat.resident_pages * rustix::param::page_size() as u64;
    gauge(registry, "process_resident_memory_bytes", "Memory in use", resident);
    gauge(registry, "process_threads", "Threads", stat.threads);
    if let Some(booted) = booted() {
        let started = booted as f64 + stat.started as f64 / ticks;
        let help = "When it started: seconds since 1970";
        fraction(registry, "process_start_time_seconds", help, started);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        gauge(registry, "process_open_fds", "Open files and connections", open.count() as u64);
    }
    if let Some(most) = most_files() {
        gauge(registry, "process_max_fds", "How many there may be", most);
    }
}

/// Bytes that are free for the portal on the disk of `folder`, and all there are.
pub(super) fn disk(folder: &Path) -> Option<(u64, u64)> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some((found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize))
}

struct Stat {
    user: u64,
    system: u64,
    threads: u64,
    started: u64,
    resident_pages: u64,
}

fn stat() -> Option<Stat> {
    parse(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// proc_pid_stat(5): after the name, which may hold spaces, the third field comes first.
fn parse(stat: &str) -> Option<Stat> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let field = |n: usize| fields.get(n - 3)?.parse().ok();
    Some(Stat {
        user: field(14)?,
        system: field(15)?,
        threads: field(20)?,
        started: field(22)?,
        resident_pages: field(24)?,
    })
}

fn booted() -> Option<u64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

fn most_files() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_brackets_moves_no_field() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 141 152 16 17 18 19 4 21 220 23 2400 25";
        let found = parse(stat).unwrap();
        assert_eq!((found.user, found.system, found.threads), (141, 152, 4));
        assert_eq!((found.started, found.resident_pages), (220, 2400));
    }
}
