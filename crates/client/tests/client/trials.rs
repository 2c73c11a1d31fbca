//! One trial per machine, from keys that can give nothing but trials: the visitor of a trial page who asks again, in every
//! way that costs no license.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use countersign_client::core::delegation::{Delegation, Products, Scope, ScopeType};
use countersign_client::core::fingerprint::Strategy;
use countersign_client::core::request::VerifiedRequest;
use countersign_client::core::response::{Answer, Binding, Grant, Granted, RequestRef, Response};
use countersign_client::core::trust::{Roots, Signer};
use countersign_client::core::{Expect, Hash, Id, SigningKey, UnixSeconds, file};
use countersign_client::{Client, Error, Losing, Mirror, Standing};

use crate::world::{DAY, NOW, World};

const TRIAL_DAYS: u64 = 14;

/// A trial page that signs by itself. Whoever opens it sets its clock.
struct Page {
    signer: Signer,
    clock: UnixSeconds,
    days: u64,
}

impl Page {
    fn new(world: &World) -> Self {
        Self::with_scope(world, &[ScopeType::Trial])
    }

    fn with_scope(world: &World, types: &[ScopeType]) -> Self {
        let key = SigningKey::from_seed(&[4; 32]);
        let delegation = Delegation {
            id: Id::from([4; 16]),
            issued_at: NOW,
            issuer: "Acme".to_owned(),
            holder: "trial page".to_owned(),
            not_before: NOW - DAY,
            not_after: NOW + 365 * DAY,
            key: key.public_key(),
            serial: None,
            scope: Scope {
                types: types.to_vec(),
                products: Products::Some(vec!["acme-cad".parse().unwrap()]),
                max_days: Some(30),
                max_grants: None,
                approved: None,
            },
        };
        let roots = Roots::new([world.vendor.root.public_key()]);
        let chain = delegation.sign(&world.vendor.root);
        let signer = Signer::delegated(key, chain, &roots).unwrap();
        Self { signer, clock: NOW, days: TRIAL_DAYS }
    }

    fn answer(&self, request: &str) -> Vec<u8> {
        let token = file::read(request.as_bytes()).unwrap();
        let request = VerifiedRequest::verify(&token, Expect::Request).unwrap();
        let claims = request.claims();
        let id = Hash::of(format!("countersign/trial-id/v1\0{token}"));
        let response = Response {
            issuer: "Acme".to_owned(),
            product: claims.product.clone(),
            id: Id::from(<[u8; 16]>::try_from(&id.as_bytes()[..16]).unwrap()),
            issued_at: self.clock,
            request: RequestRef { id: claims.id, hash: request.hash() },
            device: request.device_key().thumbprint(),
            answer: Answer::Trial(Granted {
                import_by: self.clock + TRIAL_DAYS * DAY,
                binding: Binding {
                    strategy: Strategy::Fuzzy,
                    fingerprint: claims.device().unwrap().fingerprint.clone(),
                },
                grant: Grant {
                    expires_at: Some(self.clock + self.days * DAY),
                    renew_by: None,
                    entitlements: BTreeMap::new(),
                    license: None,
                    metadata: BTreeMap::new(),
                },
            }),
        };
        let token = self.signer.sign(&response).unwrap();
        file::response_file(&token, &response, None).into_bytes()
    }
}

/// A machine that has its trial of the page, and the request that it was made with.
fn on_trial(world: &World, page: &Page) -> (Client, String, Vec<u8>) {
    let client = world.client();
    let request = client.request_trial().unwrap().file;
    let response = page.answer(&request);
    client.install(&response).unwrap();
    assert_eq!(*client.check().standing(), Standing::Active);
    (client, request, response)
}

#[track_caller]
fn already_used(client: &Client, response: &[u8]) {
    let error = client.install(response).unwrap_err();
    assert!(matches!(error, Error::TrialAlreadyUsed { .. }), "{error:?}");
    assert_eq!(error.code(), "trial-already-used");
    assert!(error.to_string().starts_with("this machine has had its trial "), "{error}");
    assert!(error.advice().contains("get a license"), "{}", error.advice());
}

#[test]
fn attack_the_same_request_answered_again_later_gives_no_second_trial() {
    let world = World::new();
    let mut page = Page::new(&world);
    let (client, request, response) = on_trial(&world, &page);
    client.install(&response).unwrap();
    page.clock = NOW + 10 * DAY;
    world.set_clock(page.clock);
    already_used(&client, &page.answer(&request));
    world.set_clock(NOW + TRIAL_DAYS * DAY);
    assert!(matches!(client.check().standing(), Standing::Expired { .. }));
    page.clock = NOW + TRIAL_DAYS * DAY;
    already_used(&client, &page.answer(&request));
    assert!(client.check().right().is_none());
}

#[test]
fn attack_a_new_request_gives_no_second_trial() {
    let world = World::new();
    let mut page = Page::new(&world);
    let (client, ..) = on_trial(&world, &page);
    for days in [1, 13, 14, 200] {
        page.clock = NOW + days * DAY;
        world.set_clock(page.clock);
        already_used(&client, &page.answer(&client.request_trial().unwrap().file));
    }
    page.days = 1;
    already_used(&client, &page.answer(&client.request_trial().unwrap().file));
}

#[test]
fn a_trial_within_the_time_of_the_first_one_is_no_second_one() {
    let world = World::new();
    let mut page = Page::new(&world);
    let (client, ..) = on_trial(&world, &page);
    (page.clock, page.days) = (NOW + 5 * DAY, 9);
    client.install(&page.answer(&client.request_trial().unwrap().file)).unwrap();
    page.days = 10;
    already_used(&client, &page.answer(&client.request_trial().unwrap().file));
}

#[test]
fn attack_wiping_one_place_of_the_state_gives_no_second_trial() {
    for lost in ["state", "mirror"] {
        let world = World::new();
        let mut page = Page::new(&world);
        let (client, ..) = on_trial(&world, &page);
        fs::remove_dir_all(world.path(lost)).unwrap();
        page.clock = NOW + 20 * DAY;
        world.set_clock(page.clock);
        already_used(&client, &page.answer(&client.request_trial().unwrap().file));
        // The mark is in both places again: now the other one can go.
        let other = if lost == "state" { "mirror" } else { "state" };
        fs::remove_dir_all(world.path(other)).unwrap();
        already_used(&client, &page.answer(&client.request_trial().unwrap().file));
    }
}

#[test]
fn attack_deleting_the_state_but_not_the_marks_or_the_marks_but_not_the_state_wins_nothing() {
    for ending in [".json", ".state", "both states", ".mark"] {
        let world = World::new();
        let mut page = Page::new(&world);
        let (client, ..) = on_trial(&world, &page);
        for path in files(&world) {
            let name = path.to_string_lossy().into_owned();
            let is_state = name.ends_with(".json") || name.ends_with(".state");
            if name.ends_with(ending) || (ending == "both states" && is_state) {
                fs::remove_file(&path).unwrap();
            }
        }
        page.clock = NOW + 20 * DAY;
        world.set_clock(page.clock);
        already_used(&client, &page.answer(&client.request_trial().unwrap().file));
    }
}

#[test]
fn attack_a_browser_clock_in_the_future_does_not_open_the_time_until_then() {
    let world = World::new();
    let mut page = Page::new(&world);
    page.clock = NOW + 300 * DAY;
    let client = world.client();
    client.install(&page.answer(&client.request_trial().unwrap().file)).unwrap();
    assert!(matches!(client.check().standing(), Standing::ClockSetBack { .. }), "not before then");
    page.clock = NOW + DAY;
    world.set_clock(page.clock);
    let refused = client.install(&page.answer(&client.request_trial().unwrap().file)).unwrap_err();
    assert_eq!(refused.code(), "import-expired", "by the time that the first one brought");
    assert!(client.check().right().is_none());
}

#[test]
fn attack_a_browser_clock_in_the_future_and_a_right_time_from_the_vendor_leave_one_trial() {
    let mut world = World::new();
    let mut page = Page::new(&world);
    page.clock = NOW + 300 * DAY;
    let client = world.client();
    client.install(&page.answer(&client.request_trial().unwrap().file)).unwrap();
    world.vendor.grant.expires_at = Some(NOW + DAY);
    client.install(&world.vendor.answer(&client.request_activation(None).unwrap().file)).unwrap();
    assert_eq!(client.status().unwrap().seen, Some(NOW), "the vendor's clock is right");
    page.clock = NOW + 2 * DAY;
    world.set_clock(page.clock);
    already_used(&client, &page.answer(&client.request_trial().unwrap().file));
}

#[test]
fn attack_the_clock_of_a_page_takes_no_time_back() {
    let world = World::new();
    let mut page = Page::new(&world);
    let (client, request, response) = on_trial(&world, &page);
    world.set_clock(NOW + 100 * DAY);
    assert!(matches!(client.check().standing(), Standing::Expired { .. }));
    page.clock = NOW + DAY;
    world.set_clock(NOW + DAY);
    let fresh = client.request_trial().unwrap().file;
    for again in [response, page.answer(&request), page.answer(&fresh)] {
        assert_eq!(client.install(&again).unwrap_err().code(), "import-expired");
        assert!(matches!(client.check().standing(), Standing::ClockSetBack { .. }));
    }
}

#[test]
fn the_mark_outlasts_activation_and_deactivation() {
    let world = World::new();
    let mut page = Page::new(&world);
    let (client, ..) = on_trial(&world, &page);
    client.install(&world.vendor.answer(&client.request_activation(None).unwrap().file)).unwrap();
    page.clock = NOW + DAY;
    already_used(&client, &page.answer(&client.request_trial().unwrap().file));
    client.deactivate(None, Losing::Refuse).unwrap();
    already_used(&client, &page.answer(&client.request_trial().unwrap().file));
    let status = client.status().unwrap();
    assert_eq!(status.used_trial.unwrap().until, Some(NOW + TRIAL_DAYS * DAY));
}

#[test]
fn the_portal_counts_its_trials_itself_and_they_leave_the_mark_too() {
    let mut world = World::new();
    let mut page = Page::new(&world);
    let (client, ..) = on_trial(&world, &page);
    // The portal's trial runs 30 days from a later day, which no mark forbids.
    world.vendor.now = NOW + 20 * DAY;
    world.set_clock(world.vendor.now);
    client.install(&world.vendor.answer(&client.request_trial().unwrap().file)).unwrap();
    assert_eq!(*client.check().standing(), Standing::Active);
    page.clock = NOW + 40 * DAY;
    world.set_clock(page.clock);
    already_used(&client, &page.answer(&client.request_trial().unwrap().file));

    let world = World::new();
    let client = world.client();
    client.install(&world.vendor.answer(&client.request_trial().unwrap().file)).unwrap();
    let mut page = Page::new(&world);
    page.clock = NOW + 25 * DAY;
    world.set_clock(page.clock);
    already_used(&client, &page.answer(&client.request_trial().unwrap().file));
}

#[test]
fn a_key_that_may_sign_more_than_trials_is_no_trial_only_key() {
    let world = World::new();
    let (client, ..) = on_trial(&world, &Page::new(&world));
    let mut wide = Page::with_scope(&world, &[ScopeType::Trial, ScopeType::Activation]);
    wide.clock = NOW + DAY;
    client.install(&wide.answer(&client.request_trial().unwrap().file)).unwrap();
}

#[test]
fn another_product_on_the_same_machine_has_its_own_trial() {
    let world = World::new();
    let page = Page::new(&world);
    on_trial(&world, &page);
    let config = world.config_of("acme-cam").mirror(Mirror::In(world.path("mirror")));
    let client = Client::open(config);
    let request = client.request_trial().unwrap().file;
    let response = world.vendor.answer(&request);
    client.install(&response).unwrap();
    assert_eq!(client.status().unwrap().used_trial.unwrap().until, Some(NOW + 30 * DAY));
    assert_eq!(
        world.client().status().unwrap().used_trial.unwrap().until,
        Some(NOW + TRIAL_DAYS * DAY)
    );
}

fn files(world: &World) -> Vec<PathBuf> {
    let folders = ["state", "mirror"].map(|folder| fs::read_dir(world.path(folder)).unwrap());
    folders.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

fn marks(world: &World) -> Vec<PathBuf> {
    let is_mark = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "mark");
    files(world).into_iter().filter(is_mark).collect()
}

fn damage(path: &Path, how: &str) {
    let text = fs::read_to_string(path).unwrap();
    let bytes = match how {
        "empty" => String::new(),
        "cut" => text[..text.len() / 2].to_owned(),
        "changed" => text.replacen("\"ends\": 1", "\"ends\": 9", 1),
        "of another product" => text.replacen("acme-cad", "acme-cam", 1),
        _ => "\0".repeat(text.len()),
    };
    assert_ne!(bytes, text);
    fs::write(path, bytes).unwrap();
}

#[test]
fn attack_a_damaged_mark_refuses_further_trials_and_is_not_reset() {
    for how in ["empty", "cut", "changed", "zeroes", "of another product"] {
        let mut world = World::new();
        let mut page = Page::new(&world);
        let (client, ..) = on_trial(&world, &page);
        let both = marks(&world);
        assert_eq!(both.len(), 2, "{both:?}");
        page.clock = NOW + DAY;
        damage(&both[0], how);
        already_used(&client, &page.answer(&client.request_trial().unwrap().file));
        damage(&both[1], how);
        let damaged: Vec<_> = both.iter().map(|path| fs::read(path).unwrap()).collect();
        for _ in 0..2 {
            let request = client.request_trial().unwrap().file;
            let error = client.install(&page.answer(&request)).unwrap_err();
            assert_eq!(error.code(), "trial-mark-damaged", "{how}: {error}");
            assert!(error.advice().contains("portal or support"), "{}", error.advice());
        }
        let after: Vec<_> = both.iter().map(|path| fs::read(path).unwrap()).collect();
        assert_eq!(after, damaged, "{how}: nothing has touched them");
        assert_eq!(*client.check().standing(), Standing::Active, "what runs, runs on");

        // The way out: a license, or a trial of the portal, which writes the mark anew.
        let request = client.request_activation(None).unwrap().file;
        client.install(&world.vendor.answer(&request)).unwrap();
        world.vendor.now = NOW + DAY;
        client.install(&world.vendor.answer(&client.request_trial().unwrap().file)).unwrap();
        let until = client.status().unwrap().used_trial.unwrap().until;
        assert_eq!(until, Some(NOW + 31 * DAY));
        let aside = files(&world).into_iter().filter(|p| p.to_string_lossy().contains(".damaged-"));
        assert_eq!(aside.count(), 2, "{how}: what was damaged is kept to look at");
        page.clock = NOW + 20 * DAY;
        already_used(&client, &page.answer(&client.request_trial().unwrap().file));
    }
}

#[test]
fn attack_a_restored_backup_of_one_place_forgets_no_trial() {
    for place in ["state", "mirror"] {
        let world = World::new();
        let client = world.client();
        client.request_trial().unwrap();
        world.copy(place, "backup");
        let mut page = Page::new(&world);
        on_trial(&world, &page);
        world.copy("backup", place);
        page.clock = NOW + 20 * DAY;
        world.set_clock(page.clock);
        already_used(&client, &page.answer(&client.request_trial().unwrap().file));
        assert_eq!(marks(&world).len(), 2, "it is in both places again");
    }
}

#[test]
fn a_mark_without_its_trial_as_after_a_kill_lets_that_trial_be_installed() {
    let world = World::new();
    let page = Page::new(&world);
    let client = world.client();
    let request = client.request_trial().unwrap().file;
    world.copy("state", "before");
    world.copy("mirror", "before-mirror");
    let response = page.answer(&request);
    client.install(&response).unwrap();
    // The state as it was before, the marks as they are now.
    for (old, place) in [("before", "state"), ("before-mirror", "mirror")] {
        for entry in fs::read_dir(world.path(old)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), world.path(place).join(entry.file_name())).unwrap();
        }
    }
    assert!(client.check().right().is_none());
    client.install(&response).unwrap();
    assert_eq!(*client.check().standing(), Standing::Active);
}

/// What the child process does: it installs the responses that lie in the folder, one after the other, and says each.
#[allow(clippy::print_stdout)] // the parent reads it
fn install_all(folder: &Path) {
    let client = child_client(folder);
    for number in 0..RESPONSES {
        let response = fs::read(folder.join(format!("{number}.response"))).unwrap();
        client.install(&response).unwrap();
        println!("installed {number}");
    }
}

const RESPONSES: u64 = 60;

fn child_client(folder: &Path) -> Client {
    let root = SigningKey::from_seed(&[1; 32]).public_key();
    let product = "acme-cad".parse().unwrap();
    let config = countersign_client::Config::new(product, [root], folder.join("state"));
    let machine = countersign_client::machine::Machine::of_directory(folder.join("machines/lab-7"));
    Client::open(config.mirror(Mirror::In(folder.join("mirror"))).machine(machine).clock(|| NOW))
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_mark_of_every_trial_that_was_installed() {
    if let Ok(folder) = std::env::var("CLIENT_TEST_TRIALS") {
        return install_all(Path::new(&folder));
    }
    let mut world = World::new();
    let client = child_client(&world.path(""));
    for number in 0..RESPONSES {
        // Each is an hour longer than the one before, so that each writes the mark.
        world.vendor.now = NOW + number * 3_600;
        let response = world.vendor.answer(&client.request_trial().unwrap().file);
        fs::write(world.path(&format!("{number}.response")), response).unwrap();
    }
    world.copy("state", "fresh-state");
    world.copy("mirror", "fresh-mirror");
    let mut killed = 0;
    for round in 0..12 {
        world.copy("fresh-state", "state");
        world.copy("fresh-mirror", "mirror");
        let name =
            "trials::a_kill_at_any_moment_leaves_a_whole_mark_of_every_trial_that_was_installed";
        let mut process = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env("CLIENT_TEST_TRIALS", world.path(""))
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_micros(20_000 + round * 7_919));
        process.kill().unwrap();
        let output = process.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let last = text.lines().filter_map(|line| line.split_once("installed ")).next_back();
        let Some((_, number)) = last else { continue };
        killed += 1;
        let ends = NOW + number.parse::<u64>().unwrap() * 3_600 + 30 * DAY;
        for lost in [None, Some("state"), Some("mirror")] {
            if let Some(lost) = lost {
                world.copy(lost, "kept");
                fs::remove_dir_all(world.path(lost)).unwrap();
            }
            let until = client.status().unwrap().used_trial.and_then(|used| used.until);
            assert!(until >= Some(ends), "round {round}, without {lost:?}: {until:?} < {ends}");
            if let Some(lost) = lost {
                world.copy("kept", lost);
            }
        }
        client.request_trial().unwrap();
        let left = files(&world).into_iter().filter(|p| p.to_string_lossy().contains(".tmp-"));
        let left: Vec<_> = left.filter(|p| !p.to_string_lossy().contains("trial")).collect();
        assert!(left.is_empty(), "what killed processes leave is cleared away: {left:?}");
    }
    assert!(killed > 0, "some processes had installed something before they were killed");
}
