//! Second factors, recovery codes, sessions, passwords by link.

use std::sync::Arc;

use countersign_core::{Hash, Id};
use countersign_store::{Factor, LinkPurpose, Throttle, TwoFactor};

use crate::world::{NOW, World};

const SECRET: &str = "JBSWY3DPEHPK3PXP";

fn totp(step: u64) -> Factor {
    Factor::Totp { secret: SECRET.into(), step }
}

fn code(text: &str) -> Factor {
    Factor::RecoveryCode(Hash::of(text))
}

impl World {
    async fn with_two_factor(&self, user: Id) {
        let (_, session) = self.session(user).await;
        self.store.offer_totp(user, SECRET.into()).await.unwrap();
        let codes = vec![Hash::of("one"), Hash::of("two")];
        let on = self.store.turn_on_two_factor(user, SECRET.into(), 100, codes, session, NOW).await;
        assert!(on.unwrap());
    }

    async fn pass(&self, token: Hash, factor: Factor) -> Option<Id> {
        self.store.pass_second_factor(token, factor, NOW).await.unwrap()
    }
}

#[tokio::test]
async fn totp_replay_is_refused() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    world.with_two_factor(jane.id).await;
    assert_eq!(world.get(jane.id).await.two_factor, TwoFactor::On);
    let login = async || world.link(LinkPurpose::SecondFactor, jane.id, None).await;
    assert_eq!(world.pass(login().await, totp(100)).await, None, "the code that turned it on");
    assert_eq!(world.pass(login().await, totp(101)).await, Some(jane.id));
    assert_eq!(world.pass(login().await, totp(101)).await, None);
    assert_eq!(world.pass(login().await, totp(100)).await, None, "an older one");
    let other = Factor::Totp { secret: "ANOTHER".into(), step: 200 };
    assert_eq!(world.pass(login().await, other).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_logs_one_login_in_however_many_ask_at_once() {
    let world = Arc::new(World::new().await);
    let jane = world.user("jane@acme.example", None).await;
    world.with_two_factor(jane.id).await;
    for factor in [totp(101), code("one")] {
        let mut racers = Vec::new();
        for _ in 0..16 {
            let link = world.link(LinkPurpose::SecondFactor, jane.id, None).await;
            let (world, factor) = (Arc::clone(&world), factor.clone());
            racers.push(tokio::spawn(async move { world.pass(link, factor).await }));
        }
        let mut through = 0;
        for racer in racers {
            through += usize::from(racer.await.unwrap().is_some());
        }
        assert_eq!(through, 1, "{factor:?}");
    }
}

#[tokio::test]
async fn recovery_code_reuse_is_refused_and_a_stranger_cannot_use_it() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    let eve = world.user("eve@acme.example", None).await;
    world.with_two_factor(jane.id).await;
    let use_code =
        async |user, text: &str| world.store.use_factor(user, code(text), NOW).await.unwrap();
    assert!(!use_code(eve.id, "one").await);
    assert!(use_code(jane.id, "one").await);
    assert!(!use_code(jane.id, "one").await);
    assert_eq!(world.store.recovery_codes_left(jane.id).await.unwrap(), 1);
    world.store.replace_recovery_codes(jane.id, vec![Hash::of("new")], NOW).await.unwrap();
    assert!(!use_code(jane.id, "two").await);
    assert!(world.store.turn_off_two_factor(jane.id, "test", NOW).await.unwrap());
    assert!(!use_code(jane.id, "new").await);
}

#[tokio::test]
async fn a_factor_without_its_login_is_not_used_up() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    world.with_two_factor(jane.id).await;
    assert_eq!(world.pass(Hash::of("no such login"), code("one")).await, None);
    assert_eq!(world.store.recovery_codes_left(jane.id).await.unwrap(), 2);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_only() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    let eve = world.user("eve@acme.example", None).await;
    let (token, here) = world.session(jane.id).await;
    let (_, there) = world.session(jane.id).await;
    let (third, _) = world.session(jane.id).await;
    let (eves, _) = world.session(eve.id).await;
    assert!(!world.store.end_session(eve.id, there, NOW).await.unwrap());
    world.store.session_seen(token, "192.0.2.7", NOW + 300).await.unwrap();
    let listed = world.store.sessions_of(jane.id, NOW).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!((listed[0].id, listed[0].address.as_str()), (here, "192.0.2.7"));
    assert_eq!(listed[0].user_agent.chars().count(), 200);
    assert!(world.store.end_session(jane.id, there, NOW).await.unwrap());
    assert_eq!(world.store.end_other_sessions(jane.id, here, NOW).await.unwrap(), 1);
    assert!(world.store.session_user(&third, NOW).await.unwrap().is_none());
    assert!(world.store.session_user(&token, NOW).await.unwrap().is_some());
    assert!(world.store.session_user(&eves, NOW).await.unwrap().is_some());
    assert!(world.store.session_user(&token, NOW + 1000).await.unwrap().is_none(), "it ends");
}

#[tokio::test]
async fn reset_link_reuse_is_refused_and_one_use_ends_the_others() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    let reset = LinkPurpose::ResetPassword;
    let (first, second) =
        (world.link(reset, jane.id, None).await, world.link(reset, jane.id, None).await);
    let half_way = world.link(LinkPurpose::SecondFactor, jane.id, None).await;
    let (session, _) = world.session(jane.id).await;
    let set = async |link, purpose| {
        world.store.set_password_by_link(link, purpose, "new".into(), NOW).await.unwrap()
    };
    assert_eq!(set(first, LinkPurpose::SetPassword).await, None, "each link for its purpose");
    assert_eq!(set(first, LinkPurpose::Invite).await, None);
    assert_eq!(set(first, reset).await, Some(jane.id));
    assert_eq!(set(first, reset).await, None);
    assert_eq!(set(second, reset).await, None);
    assert!(!world.store.link_works(&half_way, LinkPurpose::SecondFactor, NOW).await.unwrap());
    assert!(world.store.session_user(&session, NOW).await.unwrap().is_none());
}

#[tokio::test]
async fn a_changed_password_keeps_this_session_and_ends_the_others() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    let ((here, id), (there, _)) = (world.session(jane.id).await, world.session(jane.id).await);
    assert!(world.store.change_password(jane.id, "new".into(), id, NOW).await.unwrap());
    assert!(world.store.session_user(&here, NOW).await.unwrap().is_some());
    assert!(world.store.session_user(&there, NOW).await.unwrap().is_none());
}

#[tokio::test]
async fn a_browser_is_known_for_its_own_account_until_the_password_changes() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    world.user("eve@acme.example", None).await;
    let device = Hash::of("device");
    world.store.remember_device(device, jane.id, NOW + 1000, NOW).await.unwrap();
    let known =
        async |email: &str, now| world.store.is_known_device(&device, email, now).await.unwrap();
    assert!(known("Jane@acme.example", NOW).await);
    assert!(!known("eve@acme.example", NOW).await);
    assert!(!known("jane@acme.example", NOW + 1000).await);
    world.store.set_password(jane.id, "new", "test", NOW).await.unwrap();
    assert!(!known("jane@acme.example", NOW).await);
}

const POLICY: Throttle =
    Throttle { free: 5, first_wait: 10, longest_wait: 900, forget_after: 86_400 };

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_counted_one_by_one() {
    let world = Arc::new(World::new().await);
    let take = async |world: Arc<World>| {
        let subjects = vec![("account".to_owned(), POLICY), ("address".to_owned(), POLICY)];
        world.store.throttle_take(subjects, NOW).await.unwrap()
    };
    let guesses = (0..64).map(|_| tokio::spawn(take(Arc::clone(&world)))).collect::<Vec<_>>();
    let mut let_through = 0;
    for guess in guesses {
        match guess.await.unwrap() {
            None => let_through += 1,
            Some(until) => assert_eq!(until, NOW + 10),
        }
    }
    assert_eq!(let_through, 6, "five are free, the sixth has to wait afterwards");
    world.store.throttle_clear("account").await.unwrap();
    assert_eq!(take(Arc::clone(&world)).await, Some(NOW + 10), "the address still waits");
    world.store.throttle_release("address", NOW).await.unwrap();
    assert_eq!(take(Arc::clone(&world)).await, None);
    assert_eq!(take(Arc::clone(&world)).await, Some(NOW + 10), "what was counted before stays");
}
