//! Jobs: taken once, tried again, given up in the open.

use std::collections::BTreeSet;
use std::sync::Arc;

use countersign_store::{JobSubject, NewJob};

use super::world::{NOW, World, job};

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_take_each_job_once() {
    let world = Arc::new(World::new().await);
    for n in 0..40 {
        world.store.enqueue(job(&n.to_string()), NOW).await.unwrap();
    }
    let workers = (0..16).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.store.take_jobs("mail", 5, 60, NOW).await.unwrap() })
    });
    let (mut taken, mut count) = (BTreeSet::new(), 0);
    for worker in workers.collect::<Vec<_>>() {
        let jobs = worker.await.unwrap();
        count += jobs.len();
        taken.extend(jobs.into_iter().map(|job| job.payload));
    }
    assert_eq!((count, taken.len()), (40, 40));
    assert!(world.store.take_jobs("other", 5, 60, NOW).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_worker_that_died_loses_its_job_and_a_late_one_does_not_end_it() {
    let world = World::new().await;
    world.store.enqueue(job("a"), NOW).await.unwrap();
    let first = world.store.take_jobs("mail", 5, 60, NOW).await.unwrap().remove(0);
    assert!(world.store.take_jobs("mail", 5, 60, NOW + 59).await.unwrap().is_empty());
    let second = world.store.take_jobs("mail", 5, 60, NOW + 60).await.unwrap().remove(0);
    assert_eq!((first.tries, second.tries), (1, 2));
    assert!(!world.store.job_done(&first, NOW + 61).await.unwrap());
    assert!(world.store.job_done(&second, NOW + 61).await.unwrap());
    assert!(!world.store.job_done(&second, NOW + 62).await.unwrap());
    assert!(world.store.take_jobs("mail", 5, 60, NOW + 999).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_failed_job_comes_back_at_its_time_and_a_given_up_one_stands_in_the_log() {
    let world = World::new().await;
    let lab = world.organization(None).await;
    let jane = world.user("jane@lab.example", Some(lab)).await;
    world.store.enqueue(job("a"), NOW).await.unwrap();
    let taken = world.store.take_jobs("mail", 5, 60, NOW).await.unwrap().remove(0);
    assert!(world.store.job_failed(&taken, "server down", NOW + 30).await.unwrap());
    let waiting = world.store.jobs_waiting("mail").await.unwrap();
    assert_eq!((waiting.waiting, waiting.failing), (1, 1));
    assert!(world.store.take_jobs("mail", 5, 60, NOW + 29).await.unwrap().is_empty());
    let again = world.store.take_jobs("mail", 5, 60, NOW + 30).await.unwrap().remove(0);
    let subject = JobSubject::User(jane.id);
    let error = "no such mailbox ".repeat(100);
    let given_up =
        world.store.job_given_up(&again, &error, "mail.given-up", subject, NOW + 31).await;
    assert!(given_up.unwrap());
    let entry = world.store.audit_of_organization(lab, None, 1).await.unwrap().remove(0);
    assert_eq!((entry.action.as_str(), entry.subject), ("mail.given-up", jane.id.to_string()));
    assert!(entry.detail.starts_with("no such mailbox") && entry.detail.len() <= 500);
    assert_eq!(world.store.jobs_waiting("mail").await.unwrap().waiting, 0);
}

#[tokio::test]
async fn a_job_with_a_key_waits_once_and_can_be_queued_again_when_done() {
    let world = World::new().await;
    let keyed = || NewJob { once: Some("reset:jane".into()), ..job("a") };
    for _ in 0..3 {
        world.store.enqueue(keyed(), NOW).await.unwrap();
    }
    let taken = world.store.take_jobs("mail", 5, 60, NOW).await.unwrap();
    assert_eq!(taken.len(), 1);
    world.store.job_done(&taken[0], NOW).await.unwrap();
    world.store.enqueue(keyed(), NOW).await.unwrap();
    assert_eq!(world.store.take_jobs("mail", 5, 60, NOW).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_finished_job_leaves_no_payload_and_goes_after_a_week() {
    let world = World::new().await;
    world.store.enqueue(job("to jane@acme.example"), NOW).await.unwrap();
    let taken = world.store.take_jobs("mail", 5, 60, NOW).await.unwrap().remove(0);
    world.store.job_done(&taken, NOW).await.unwrap();
    let rows = |sql: &str| world.database.raw().column(sql);
    assert_eq!(rows("SELECT payload FROM job"), [""]);
    world.store.enqueue(job("later"), NOW).await.unwrap();
    let later = NOW + 8 * 86_400;
    let next = world.store.take_jobs("mail", 5, 60, later).await.unwrap().remove(0);
    world.store.job_done(&next, later).await.unwrap();
    assert_eq!(rows("SELECT payload FROM job").len(), 1);
}
