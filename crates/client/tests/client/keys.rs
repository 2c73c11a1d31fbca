//! Keys that are lost: revocation lists, rotations of the root, machines that slept through some of them, and the thief.

use std::fs;

use countersign_client::core::revocations::RevokedKey;
use countersign_client::core::{Hash, SigningKey, Thumbprint, file};
use countersign_client::{Client, Error, Installed, News, What};

use crate::thief;
use crate::world::{DAY, NOW, Vendor, World, key, rotation};

fn code(result: Result<Installed, Error>) -> String {
    result.map_or_else(|e| e.code().to_owned(), |_| "ok".to_owned())
}

/// Root number `n` of the vendor; the one that [`World`] begins with is number 0.
fn root(n: u8) -> SigningKey {
    if n == 0 { key(1) } else { key(100 + n) }
}

fn kid(key: &SigningKey) -> Thumbprint {
    key.public_key().thumbprint()
}

/// When root `n` handed over to the next.
fn handed_over(n: u8) -> u64 {
    NOW + u64::from(n + 1) * 10 * DAY
}

fn rotations(from: u8, to: u8) -> Vec<String> {
    (from..to).map(|n| rotation(&root(n), &root(n + 1), u64::from(n) + 1, handed_over(n))).collect()
}

/// The vendor in the days of root `n`, whose portal sends all rotations so far along.
fn vendor_of(n: u8) -> Vendor {
    let mut vendor = Vendor::new();
    vendor.root = root(n);
    vendor.now = handed_over(n) - DAY;
    vendor.rotations = rotations(0, n);
    vendor.delegate(&key(50 + n), vendor.now - DAY, vendor.now + 90 * DAY);
    vendor
}

fn trial_of(client: &Client, vendor: &Vendor) -> Result<Installed, Error> {
    let request = client.request_trial().unwrap();
    client.install(&vendor.answer(&request.file))
}

#[test]
fn five_rotations_in_a_row_with_machines_that_slept_through_none_to_all_of_them() {
    for slept in 0..=5_u8 {
        let mut world = World::new();
        world.vendor = vendor_of(0);
        world.set_clock(world.vendor.now);
        let client = world.activated();
        let license = client.check().right().unwrap().id();
        // It heard of some of the rotations, one at a time, as responses came by.
        for awake in 1..=(5 - slept) {
            let vendor = vendor_of(awake);
            world.set_clock(vendor.now);
            trial_of(&client, &vendor).unwrap();
        }
        // All five in one response.
        let vendor = vendor_of(5);
        world.set_clock(vendor.now);
        assert_eq!(code(trial_of(&client, &vendor)), "ok", "slept through {slept}");
        let client = Client::open(world.config());
        let known = client.status().unwrap().learned_roots;
        assert_eq!(known, (1..=5).map(|n| kid(&root(n))).collect::<Vec<_>>(), "slept {slept}");
        let right = client.check();
        assert_eq!(right.right().unwrap().id(), license, "what was installed runs on");
        for old in 0..5 {
            let mut thief = vendor_of(old);
            thief.delegate(&key(66), 0, NOW + 900 * DAY);
            assert_eq!(code(trial_of(&client, &thief)), "retired-key", "root {old}, slept {slept}");
        }
    }
}

#[test]
fn a_response_with_five_rotations_a_chain_and_a_list_fits_into_a_token() {
    let mut vendor = vendor_of(5);
    vendor.revoked = (0..20).map(|n| entry(&key(n))).collect();
    vendor.sign_with_list(3);
    let world = World::new();
    let response = vendor.answer(&world.client().request_activation(None).unwrap().file);
    let token = file::read(&response).unwrap();
    assert!(token.len() < 16_384 * 3 / 4, "{} characters", token.len());
}

fn entry(key: &SigningKey) -> RevokedKey {
    RevokedKey { kid: kid(key), compromised: true, below: None }
}

#[test]
fn an_app_built_with_the_new_root_alone_runs_what_hangs_on_an_older_one() {
    let mut world = World::new();
    world.vendor = vendor_of(0);
    world.set_clock(world.vendor.now);
    world.activated();
    let app = |n: u8| Client::open(world.config_with("acme-cad", vec![root(n)]));
    // Nothing has told it of the line yet.
    assert_eq!(app(5).check().standing().as_str(), "refused");
    world.set_clock(vendor_of(5).now);
    trial_of(&app(5), &vendor_of(5)).unwrap();
    assert!(!app(5).check().right().unwrap().is_trial(), "the license of the first root runs");
    // And an old response that lay in a drawer is not new any more.
    let client = app(5);
    let mut thief = vendor_of(0);
    thief.delegate(&key(66), 0, NOW + 900 * DAY);
    assert_eq!(code(trial_of(&client, &thief)), "retired-key");
}

#[test]
fn a_rotation_alone_as_a_file_is_installed_and_again_it_is_known() {
    let world = World::new();
    let client = world.client();
    for (file, expected) in rotations(0, 2).iter().chain(&rotations(0, 2)).zip([
        News::New,
        News::New,
        News::Known,
        News::Known,
    ]) {
        let What::Rotation { news, .. } = client.install(file.as_bytes()).unwrap().what else {
            panic!("it is a rotation")
        };
        assert_eq!(news, expected);
    }
    assert_eq!(code(client.install(rotations(3, 4)[0].as_bytes())), "untrusted-key", "a gap");
}

#[test]
fn attack_a_second_successor_of_a_root_is_refused_by_a_machine_that_knows_the_first() {
    let world = World::new();
    let client = world.client();
    client.install(rotations(0, 1)[0].as_bytes()).unwrap();
    let stolen = rotation(&root(0), &key(66), 1, NOW);
    for client in [&client, &Client::open(world.config())] {
        assert_eq!(code(client.install(stolen.as_bytes())), "untrusted-key");
    }
    let mut thief = Vendor::new();
    thief.root = key(66);
    thief.rotations = vec![stolen];
    thief.delegate(&key(67), NOW, NOW + 90 * DAY);
    assert_eq!(code(trial_of(&client, &thief)), "untrusted-key");
}

#[test]
fn attack_a_machine_never_goes_back_to_an_older_root_though_one_copy_is_restored() {
    for copy in ["state", "mirror"] {
        let mut world = World::new();
        let client = world.client();
        client.request_trial().unwrap();
        world.copy(copy, "backup");
        client.install(rotations(0, 1)[0].as_bytes()).unwrap();
        world.copy("backup", copy);
        world.set_clock(handed_over(0));
        world.vendor = vendor_of(0);
        let mut vendor = vendor_of(1);
        vendor.rotations.clear();
        assert_eq!(code(trial_of(&client, &vendor)), "ok", "{copy}: the new root is still known");
        world.vendor.delegate(&key(66), 0, NOW + 900 * DAY);
        assert_eq!(code(trial_of(&client, &world.vendor)), "retired-key", "{copy}");
    }
}

#[test]
fn attack_a_rotation_in_the_state_that_hangs_on_no_configured_root_is_not_believed() {
    let world = World::new();
    let client = world.client();
    client.request_trial().unwrap();
    edit_state(&world, |state| {
        state["rotations"] = [rotation(&key(66), &key(67), 1, NOW)].as_slice().into();
    });
    let mut thief = Vendor::new();
    thief.root = key(67);
    thief.delegate(&key(68), NOW, NOW + 90 * DAY);
    assert_eq!(code(trial_of(&client, &thief)), "untrusted-key");
    assert!(client.status().unwrap().learned_roots.is_empty());
}

#[test]
fn attack_an_older_build_of_the_app_in_between_makes_no_machine_forget_a_root() {
    let world = World::new();
    let build = |n: u8| Client::open(world.config_with("acme-cad", vec![root(n)]));
    build(1).install(rotations(1, 2)[0].as_bytes()).unwrap();
    // The older build knows nothing of those roots, and writes the state anew.
    let first = vendor_of(0);
    world.set_clock(first.now);
    assert_eq!(code(trial_of(&build(0), &first)), "ok");
    assert!(build(0).status().unwrap().learned_roots.is_empty());
    assert_eq!(build(1).status().unwrap().learned_roots, [kid(&root(2))]);
}

#[test]
fn after_a_thiefs_rotation_a_new_build_of_the_app_wins_the_machine_back() {
    let world = World::new();
    let client = world.activated();
    // The thief was first: with the stolen root he made himself its successor.
    client.install(rotation(&root(0), &key(66), 1, NOW).as_bytes()).unwrap();
    let honest = vendor_of(1);
    world.set_clock(honest.now);
    assert_eq!(code(trial_of(&client, &honest)), "untrusted-key", "the first one learned stays");
    for roots in [vec![root(0), root(1)], vec![root(1)]] {
        let client = Client::open(world.config_with("acme-cad", roots));
        assert_eq!(code(trial_of(&client, &honest)), "ok");
        assert!(!client.check().right().unwrap().is_trial(), "what was installed runs on");
        let mut thief = Vendor::new();
        thief.root = key(66);
        thief.now = honest.now;
        thief.delegate(&key(67), NOW, NOW + 90 * DAY);
        assert_eq!(code(trial_of(&client, &thief)), "untrusted-key");
    }
}

#[test]
fn a_list_alone_as_a_file_counts_and_an_older_one_changes_nothing() {
    let world = World::new();
    let client = world.activated();
    let newer = world.vendor.list(5, NOW, &[entry(&key(2))]);
    let older = world.vendor.list(4, NOW, &[]);
    let news = |file: &str| match client.install(file.as_bytes()).unwrap().what {
        What::Revocations { seq, news } => (seq, news),
        other => panic!("{other:?}"),
    };
    assert_eq!(news(&newer), (5, News::New));
    assert_eq!(client.check().standing().as_str(), "refused", "its key is stolen");
    assert_eq!(news(&newer), (5, News::Known));
    assert_eq!(news(&older), (4, News::Known));
    assert_eq!(code(trial_of(&client, &world.vendor)), "revoked-key");
    let mut rolled_back = world.vendor.clone();
    rolled_back.revoked.clear();
    rolled_back.sign_with_list(4);
    assert_eq!(code(trial_of(&client, &rolled_back)), "revoked-key", "a rolled-back list");
}

#[test]
fn attack_a_restored_copy_does_not_bring_a_revoked_key_back() {
    for copy in ["state", "mirror"] {
        let world = World::new();
        let client = world.activated();
        world.copy(copy, "backup");
        client.install(world.vendor.list(1, NOW, &[entry(&key(2))]).as_bytes()).unwrap();
        world.copy("backup", copy);
        assert_eq!(code(trial_of(&client, &world.vendor)), "revoked-key", "{copy} restored");
        assert_eq!(client.check().standing().as_str(), "refused");
    }
}

#[test]
fn a_serial_that_is_not_below_the_revoked_ones_signs_on() {
    let mut world = World::new();
    let client = world.client();
    let below = RevokedKey { below: Some(7), ..entry(&key(2)) };
    client.install(world.vendor.list(1, NOW, &[below]).as_bytes()).unwrap();
    for (serial, expected) in [(6, "revoked-key"), (7, "ok"), (8, "ok")] {
        world.vendor.delegate_with(&key(2), NOW, NOW + 90 * DAY, |d| d.serial = Some(serial));
        assert_eq!(code(trial_of(&client, &world.vendor)), expected, "serial {serial}");
    }
    // A later list with a higher border ends what was installed under a lower serial, and only that.
    world.vendor.delegate_with(&key(2), NOW, NOW + 90 * DAY, |d| d.serial = Some(8));
    trial_of(&client, &world.vendor).unwrap();
    let list = |seq, below| {
        world.vendor.list(seq, NOW, &[RevokedKey { below: Some(below), ..entry(&key(2)) }])
    };
    client.install(list(2, 8).as_bytes()).unwrap();
    assert!(client.check().right().is_some());
    client.install(list(3, 9).as_bytes()).unwrap();
    assert!(client.check().right().is_none());
    client.install(list(4, 1).as_bytes()).unwrap();
    assert!(client.check().right().is_none(), "what was revoked stays so");
}

#[test]
fn attack_a_stolen_root_that_was_replaced_can_neither_revoke_its_successor_nor_use_up_its_numbers()
{
    let world = World::new();
    let client = world.client();
    // Before anybody knew: the thief's list names the next root, with the last number there is.
    let list = world.vendor.list((1 << 53) - 1, NOW, &[entry(&root(1))]);
    client.install(list.as_bytes()).unwrap();
    let mut vendor = vendor_of(1);
    vendor.revoked = vec![entry(&key(70))];
    vendor.sign_with_list(1);
    world.set_clock(vendor.now);
    assert_eq!(code(trial_of(&client, &vendor)), "ok");
    vendor.delegate(&key(70), NOW, NOW + 90 * DAY);
    assert_eq!(code(trial_of(&client, &vendor)), "revoked-key", "its own list counts");
}

#[test]
fn grants_that_hang_on_a_root_that_is_known_to_be_stolen_end() {
    let world = World::new();
    let client = world.activated();
    client.install(rotations(0, 1)[0].as_bytes()).unwrap();
    assert!(client.check().right().is_some());
    let mut next = vendor_of(1);
    next.root = root(1);
    client.install(next.list(1, next.now, &[entry(&root(0))]).as_bytes()).unwrap();
    assert_eq!(client.check().standing().as_str(), "refused");
}

#[test]
fn attack_another_delegation_of_the_same_key_put_in_its_place_is_refused() {
    let mut world = World::new();
    let client = world.client();
    let request = client.request_trial().unwrap();
    world.vendor.delegate_with(&key(2), NOW, NOW + 90 * DAY, |d| d.serial = Some(2));
    let wide = world.vendor.chain.clone();
    world.vendor.delegate_with(&key(2), NOW, NOW + 9 * DAY, |d| d.serial = Some(1));
    let token = file::read(&world.vendor.answer(&request.file)).unwrap();
    // The header is signed, so only the key's holder can try: with the payload as it was.
    let swapped = thief::change(&key(2), &token, |header, _| header["chain"] = wide.into());
    assert_eq!(code(client.install(swapped.as_bytes())), "bad-chain");
    assert_eq!(code(client.install(token.as_bytes())), "ok");
}

#[test]
fn a_state_of_an_older_app_is_read_and_goes_on() {
    let world = World::new();
    let client = world.activated();
    client.install(world.vendor.list(3, NOW, &[entry(&key(77))]).as_bytes()).unwrap();
    edit_state(&world, |state| {
        let state = state.as_object_mut().unwrap();
        for gone in ["signed", "resets", "rotations"] {
            state.remove(gone).unwrap_or_else(|| panic!("{gone} is there"));
        }
        let lists = state["revocations"].as_object_mut().unwrap();
        lists.remove("seqs").unwrap();
        lists["keys"][0].as_object_mut().unwrap().remove("root").unwrap();
        for request in state["requests"].as_array_mut().unwrap() {
            request.as_object_mut().unwrap().remove("closed").unwrap();
        }
    });
    assert!(client.check().right().is_some());
    let mut revoked = world.vendor.clone();
    revoked.delegate(&key(77), NOW, NOW + 90 * DAY);
    assert_eq!(code(trial_of(&client, &revoked)), "revoked-key", "what it knew still counts");
    world.set_clock(vendor_of(5).now);
    assert_eq!(code(trial_of(&client, &vendor_of(5))), "ok");
}

#[test]
fn a_grant_number_over_the_limit_is_refused_on_the_machine() {
    let mut world = World::new();
    let client = world.client();
    world.vendor.delegate_with(&key(2), NOW, NOW + 90 * DAY, |d| {
        d.serial = Some(1);
        d.scope.max_grants = Some(2);
    });
    for (count, expected) in [(1, "ok"), (2, "ok")] {
        world.vendor.count = count;
        assert_eq!(code(trial_of(&client, &world.vendor)), expected);
    }
    // The signer refuses the third, and what a thief signs all the same the machine refuses.
    let request = client.request_trial().unwrap();
    let token = file::read(&world.vendor.answer(&request.file)).unwrap();
    let third =
        thief::change(&key(2), &token, |_, payload| payload["delegation"]["count"] = 3.into());
    assert_eq!(code(client.install(third.as_bytes())), "out-of-scope");
    let none = thief::change(&key(2), &token, |_, payload| {
        payload["delegation"].as_object_mut().unwrap().remove("count");
    });
    assert_eq!(code(client.install(none.as_bytes())), "bad-claim");
}

/// Changes both copies of the state as somebody who knows their form can.
fn edit_state(world: &World, edit: impl Fn(&mut serde_json::Value)) {
    for folder in ["state", "mirror"] {
        for entry in fs::read_dir(world.path(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let Some((_, json)) = text.split_once('\n') else { continue };
            if !text.starts_with("countersign-state 1 ") {
                continue;
            }
            let mut state = serde_json::from_str(json).unwrap();
            edit(&mut state);
            let json = serde_json::to_string_pretty(&state).unwrap();
            fs::write(&path, format!("countersign-state 1 {}\n{json}\n", Hash::of(&json))).unwrap();
        }
    }
}
