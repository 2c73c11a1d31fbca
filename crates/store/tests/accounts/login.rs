//! Second factors, recovery codes, sessions, passwords by link.

use std::sync::Arc;

use countersign_core::{Hash, Id};
use countersign_store::{Factor, LinkPurpose, Role, Throttle, TurnOn, TwoFactor, User};

use super::world::{NOW, World, job};

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
        let notice = job("on");
        let on = TurnOn { user, secret: SECRET.into(), step: 100, codes, session, notice };
        assert!(self.store.turn_on_two_factor(on, NOW).await.unwrap());
    }

    async fn pass(&self, token: Hash, factor: Factor) -> Option<Id> {
        self.store.pass_second_factor(token, factor, None, NOW).await.unwrap()
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
    let codes = vec![Hash::of("new")];
    world.store.replace_recovery_codes(jane.id, codes, job("codes"), NOW).await.unwrap();
    assert!(!use_code(jane.id, "two").await);
    assert!(world.store.turn_off_two_factor(jane.id, "test", job("off"), NOW).await.unwrap());
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
        let notice = |_| job("password");
        world.store.set_password_by_link(link, purpose, "new".into(), notice, NOW).await.unwrap()
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
    assert!(
        world.store.change_password(jane.id, "new".into(), id, job("password"), NOW).await.unwrap()
    );
    assert!(world.store.session_user(&here, NOW).await.unwrap().is_some());
    assert!(world.store.session_user(&there, NOW).await.unwrap().is_none());
}

#[tokio::test]
async fn what_the_owner_of_an_account_hears_of_is_queued_with_it_or_not_at_all() {
    let world = World::new().await;
    let store = &world.store;
    let jane = world.user("jane@acme.example", None).await;
    let waiting = async || store.jobs_waiting("mail").await.unwrap().waiting;
    let (_, session) = world.session(jane.id).await;
    let nobody = Id::from([7; 16]);
    let new = || "new".to_owned();
    // Each of these does nothing, and nobody hears of it.
    assert!(!store.change_password(nobody, new(), session, job("x"), NOW).await.unwrap());
    assert!(!store.turn_off_two_factor(jane.id, "test", job("x"), NOW).await.unwrap());
    let dead = Hash::of("no link");
    let set =
        store.set_password_by_link(dead, LinkPurpose::ResetPassword, new(), |_| job("x"), NOW);
    assert_eq!(set.await.unwrap(), None);
    let passed = store.pass_second_factor(dead, code("one"), Some(job("x")), NOW).await.unwrap();
    assert_eq!((passed, waiting().await), (None, 0));
    // Somebody who comes in for the first time knows it.
    let joe = User::invited(Id::from([5; 16]), "joe@acme.example", Role::Customer, NOW);
    let joe = (joe.id, store.create_user(joe, "test", NOW).await.unwrap()).0;
    let first = world.link(LinkPurpose::SetPassword, joe, None).await;
    let set = store.set_password_by_link(first, LinkPurpose::SetPassword, new(), |_| job("x"), NOW);
    assert_eq!((set.await.unwrap(), waiting().await), (Some(joe), 0));
    world.with_two_factor(jane.id).await;
    assert_eq!(waiting().await, 1, "on");
    let login = world.link(LinkPurpose::SecondFactor, jane.id, None).await;
    store.pass_second_factor(login, code("one"), Some(job("used")), NOW).await.unwrap();
    assert_eq!(waiting().await, 2, "a recovery code");
    store.replace_recovery_codes(jane.id, Vec::new(), job("codes"), NOW).await.unwrap();
    assert_eq!(waiting().await, 3, "new codes");
    assert!(store.turn_off_two_factor(jane.id, "test", job("off"), NOW).await.unwrap());
    assert_eq!(waiting().await, 4, "off");
    let (_, session) = world.session(jane.id).await;
    assert!(store.change_password(jane.id, new(), session, job("p"), NOW).await.unwrap());
    assert_eq!(waiting().await, 5, "a new password");
    let reset = world.link(LinkPurpose::ResetPassword, jane.id, None).await;
    let set =
        store.set_password_by_link(reset, LinkPurpose::ResetPassword, new(), |_| job("p"), NOW);
    assert_eq!((set.await.unwrap(), waiting().await), (Some(jane.id), 6));
}

#[tokio::test]
async fn a_link_that_is_handed_over_is_written_down_and_takes_the_place_of_the_one_before() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    let make = async |text: &str, user| {
        let until = NOW + 100;
        world
            .store
            .create_password_link(Hash::of(text), user, until, "user:ada", NOW)
            .await
            .unwrap()
    };
    assert!(!make("nobody's", Id::from([7; 16])).await);
    assert!(make("one", jane.id).await && make("two", jane.id).await);
    let works = async |text: &str| {
        world.store.link_works(&Hash::of(text), LinkPurpose::SetPassword, NOW).await.unwrap()
    };
    assert_eq!((works("one").await, works("two").await), (false, true));
    let log = world.store.audit_latest(2).await.unwrap();
    for entry in log {
        let seen = (entry.actor.as_str(), entry.action.as_str(), entry.subject);
        assert_eq!(seen, ("user:ada", "user.password-link", jane.id.to_string()));
    }
}

#[tokio::test]
async fn attack_so_many_names_that_the_table_of_guesses_grows_for_ever() {
    let world = World::new().await;
    let policy = Throttle { free: 1, first_wait: 5, longest_wait: 900, forget_after: 86_400 };
    let take = async |subject: String, now| {
        world.store.throttle_take(vec![(subject, policy)], now).await.unwrap()
    };
    let rows = || world.database.raw().value("SELECT COUNT(*) FROM throttle");
    for n in 0..50 {
        take(format!("login:{n}"), NOW).await;
    }
    assert_eq!(rows(), "50");
    take("login:later".into(), NOW + 86_400).await;
    assert_eq!(rows(), "51", "they still count");
    take("login:latest".into(), NOW + 3 * 86_400 + 1).await;
    assert_eq!(rows(), "1");
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
