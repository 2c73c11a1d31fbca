//! `pgbench` (PostgreSQL's own) with the statements that an activation of a new machine is: locks, questions, rows, commit, all of it in
//! one pipeline. What it leaves out is what a portal is for: nothing is decided by what is read.

use std::fmt::Write as _;
use std::process::Command;

use countersign_store::Options;
use countersign_testing::Server;

use crate::Figures;
use crate::driven::load::Load;
use crate::portals::Portals;

/// As large as a response with its signature and delegation.
const TOKEN: usize = 1_900;
/// Of a machine's fingerprint.
const COMPONENTS: usize = 5;
/// Places in one statement, the last ones alike.
const TOGETHER: usize = 6;

pub(crate) fn run(load: &Load, server: &Server, connections: usize, count: usize) -> Figures {
    let portals = Portals::on(server, 1, Options::default());
    let address = portals.address().to_owned();
    portals.start(load).end();
    let folder = tempfile::tempdir().unwrap();
    let (script, log) = (folder.path().join("activation.sql"), folder.path().join("log"));
    std::fs::write(&script, text(load)).unwrap();
    let each = count.div_ceil(connections);
    let output = Command::new(server.program("pgbench"))
        .args(["--no-vacuum", "--protocol=prepared", "--random-seed=7", "--log"])
        .arg(format!("--client={connections}"))
        .arg(format!("--transactions={each}"))
        .arg(format!("--log-prefix={}", log.display()))
        .arg(format!("--file={}", script.display()))
        .arg(&address)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    let mut latencies = latencies(folder.path());
    assert_eq!(latencies.len(), each * connections, "{said}");
    latencies.sort_by(f64::total_cmp);
    let at = |percent: usize| latencies[latencies.len() * percent / 100];
    (rate.unwrap().parse().unwrap(), at(50), at(99))
}

/// Milliseconds, from the log: client, number, microseconds, …
fn latencies(folder: &std::path::Path) -> Vec<f64> {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    let logs = files.filter(|file| file.file_name().to_string_lossy().starts_with("log."));
    let lines = logs.map(|log| std::fs::read_to_string(log.path()).unwrap());
    let lines: Vec<String> = lines.collect();
    let took = |line: &str| line.split(' ').nth(2)?.parse::<f64>().ok().map(|us| us / 1e3);
    lines.iter().flat_map(|text| text.lines()).filter_map(took).collect()
}

fn text(load: &Load) -> String {
    let ids: Vec<String> = load.keys.iter().map(|key| format!("'{}'", key.id())).collect();
    let license = format!("(ARRAY[{}])[CAST(:license AS INTEGER)]", ids.join(","));
    let mut sql = format!("\\set license random(1, {})\n", ids.len());
    sql.push_str("\\set one random(1, 4000000000000000000)\n\\set cpu random(1, 8)\n");
    sql.push_str("\\startpipeline\nBEGIN ISOLATION LEVEL READ COMMITTED;\n");
    sql.push_str("SELECT pg_advisory_xact_lock_shared(77);\n");
    sql.push_str("SELECT pg_advisory_xact_lock(n) FROM unnest(ARRAY[CAST(:license AS BIGINT), CAST(:one AS BIGINT)]) n;\n");
    let one = "CAST(:one AS TEXT)";
    let _ = writeln!(
        sql,
        "SELECT token, device_name, created_at FROM answer WHERE request_hash = 'r' || {one};"
    );
    let _ = writeln!(
        sql,
        "SELECT revision, live_activations, first_activated_at, total_releases, \
         CASE WHEN EXISTS (SELECT 1 FROM webhook_topic) THEN 1 ELSE 0 END, \
         CASE WHEN EXISTS (SELECT 1 FROM activation a WHERE a.id = 'a' || {one}) THEN 1 ELSE 0 END \
         FROM license WHERE id = {license};"
    );
    let _ = writeln!(
        sql,
        "SELECT id FROM activation WHERE license_id = {license} AND device_key = 'd' || {one} \
         AND state IN ('active', 'returned');"
    );
    // The last component is one that many machines share.
    let place = |n: usize| match n {
        COMPONENTS.. => "CAST(:cpu AS BIGINT)".to_owned(),
        n => format!("CAST(:one AS BIGINT) + {n}"),
    };
    let exists = |n: usize| {
        let place = place(n);
        format!(
            "CASE WHEN EXISTS (SELECT 1 FROM machine_part WHERE place = {place}) THEN 1 ELSE 0 END"
        )
    };
    let _ = writeln!(sql, "SELECT {};", (1..=TOGETHER).map(exists).collect::<Vec<_>>().join(", "));
    let _ = writeln!(
        sql,
        "UPDATE license SET live_activations = live_activations + 1, total_activations = total_activations + 1 \
         WHERE id = {license} AND (allowed_activations IS NULL OR live_activations < allowed_activations);"
    );
    let _ = writeln!(
        sql,
        "INSERT INTO activation (id, license_id, seat, device_key, fingerprint, device_name, device_name_folded, platform, \
         app_version, state, reinstall, created_at, expires_at, import_by, door, by_user, group_id, request_id, request_hash, \
         granted_at) VALUES ('a' || {one}, {license}, 's' || {one}, 'd' || {one}, repeat('f', 400), 'machine', 'machine', NULL, \
         NULL, 'active', 0, 1790000000, NULL, 1790086400, 'api', NULL, NULL, 'q' || {one}, 'r' || {one}, 1790000000);"
    );
    let part = |n: usize| format!("({}, {COMPONENTS}, 'a' || {one})", place(n));
    let _ = writeln!(
        sql,
        "INSERT INTO machine_part (place, parts, subject) VALUES {} ON CONFLICT (place, parts, subject) DO NOTHING;",
        (1..=TOGETHER).map(part).collect::<Vec<_>>().join(", ")
    );
    let _ = writeln!(
        sql,
        "INSERT INTO audit (at, actor, action, subject, detail, organization_id) \
         VALUES (1790000000, 'device:' || {one}, 'activation.create', 'a' || {one}, '', NULL);"
    );
    let _ = writeln!(
        sql,
        "INSERT INTO answer (request_hash, token, device_name, created_at, activation_id) \
         VALUES ('r' || {one}, repeat('t', {TOKEN}), 'machine', 1790000000, 'a' || {one});"
    );
    sql.push_str("COMMIT;\n\\endpipeline\n");
    sql
}
