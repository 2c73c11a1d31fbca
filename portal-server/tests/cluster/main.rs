//! A database that survives its leader: PostgreSQL under Patroni with etcd, three portals, HAProxy and Caddy, as
//! `scripts/try-cluster` starts them. Parts of it die under a load of activations. Nothing that was answered may be lost, and
//! writes resume by themselves.
//!
//! `cargo nextest run -p countersign-portal --test cluster`; it needs Debian's packages patroni, etcd-server, haproxy, caddy and
//! postgresql, and prints how long nothing was answered.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)] // a test program: a failed unwrap is a failed test

#[path = "../played/mod.rs"]
mod played;

mod cluster;
mod load;
mod vendor;

use std::time::Duration;

use cluster::Cluster;
use load::Load;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_answered_is_lost_and_writes_resume_by_themselves() {
    let cluster = Cluster::start();
    let world = vendor::found(&cluster.store("leader")).await;
    let load = Load::start(&cluster, &world);

    println!("\n== The leader is killed (SIGKILL, Patroni and PostgreSQL)");
    load.wait_for_answers(200).await;
    cluster.wait_for_synchronous_standby().await;
    let former = cluster.leader();
    let after = load.begin_looking();
    cluster.command(&["kill", &former]);
    let leader = cluster.wait_for_another_leader(&former).await;
    load.wait_for_answers(200).await;
    println!("{former} is dead, {leader} leads; {}", load.looked(after));
    load.check(&cluster.store(&leader)).await;

    println!("\n== It comes back as a replica");
    cluster.command(&["start", &former]);
    cluster.wait_for_replica(&former).await;
    load.wait_for_answers(50).await;
    assert_eq!(cluster.leader(), leader, "who came back took over");

    println!("\n== A switchover");
    cluster.wait_for_synchronous_standby().await;
    let after = load.begin_looking();
    cluster.command(&["switchover"]);
    let next = cluster.wait_for_another_leader(&leader).await;
    load.wait_for_answers(200).await;
    println!("from {leader} to {next}; {}", load.looked(after));
    load.check(&cluster.store(&next)).await;
    cluster.wait_for_replica(&leader).await;

    println!(
        "\n== The leader hangs: it closes no connection (SIGSTOP), and wakes when another one leads"
    );
    cluster.wait_for_synchronous_standby().await;
    let after = load.begin_looking();
    cluster.command(&["freeze", &next]);
    let last = cluster.wait_for_another_leader(&next).await;
    load.wait_for_answers(200).await;
    println!("{next} hangs, {last} leads; {}", load.looked(after));
    cluster.command(&["thaw", &next]);
    cluster.wait_for_replica(&next).await;
    load.wait_for_answers(200).await;
    load.check(&cluster.store(&last)).await;

    println!("\n== etcd is gone, for longer than a leader's lease");
    let after = load.begin_looking();
    cluster.command(&["kill", "etcd"]);
    tokio::time::sleep(Duration::from_secs(30)).await;
    load.wait_for_answers(200).await;
    assert_eq!(cluster.leader(), last, "without etcd the leader stays, as it reaches all members");
    println!("{}", load.looked(after));
    cluster.command(&["start", "etcd"]);

    let (answered, refused, unanswered) = load.end().await;
    let store = cluster.store(&cluster.leader());
    answered.check(&store).await;
    answered.ask_again(&cluster).await;
    world.check(&store).await;
    cluster.wait_until_all_have_the_same().await;
    println!(
        "\n{} answered, {refused} refused for want of a seat, {unanswered} sent again because no answer came; \
         nothing lost, nothing changed",
        answered.count()
    );
}
