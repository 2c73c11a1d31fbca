//! Restored backups, damaged copies, kills, full disks, several processes at once.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use countersign_client::core::SigningKey;
use countersign_client::machine::Machine;
use countersign_client::{Client, Config, Error, Losing, Mirror, Standing};

use crate::world::{NOW, World};

#[test]
fn attack_a_restored_backup_of_one_copy_does_not_bring_an_activation_back() {
    for copy in ["state", "mirror"] {
        let world = World::new();
        let client = world.activated();
        world.copy(copy, "backup");
        let given_up = client.deactivate(None, Losing::Refuse).unwrap();
        world.copy("backup", copy);
        assert!(
            matches!(client.check().standing(), Standing::Deactivated { .. }),
            "after restoring the {copy}: {:?}",
            client.check().standing()
        );
        let again = client.deactivate(None, Losing::Refuse).unwrap();
        assert_eq!(again.proof.token, given_up.proof.token);
    }
}

#[test]
fn attack_a_second_copy_that_cannot_be_written_does_not_keep_the_grant() {
    let world = World::new();
    let client = world.activated();
    // A folder in the way of the temporary file: root, too, cannot write there now.
    let in_the_way = mirror_file(&world).with_extension(format!("tmp-{}", std::process::id()));
    fs::create_dir(&in_the_way).unwrap();
    let error = client.deactivate(None, Losing::Refuse).unwrap_err();
    assert_eq!(error.code(), "state-io");
    assert!(error.to_string().contains("mirror/"), "{error}");
    assert_eq!(*client.check().standing(), Standing::Active, "nothing was changed");
    client.request_trial().unwrap();
    fs::remove_dir(&in_the_way).unwrap();
    client.deactivate(None, Losing::Refuse).unwrap();
    fs::remove_dir_all(world.path("state")).unwrap();
    assert!(client.check().right().is_none(), "gone from both copies");
}

#[test]
fn attack_a_kill_between_the_two_copies_does_not_keep_the_grant_when_the_proof_is_written_again() {
    for (old, lost) in [("mirror", "state"), ("state", "mirror")] {
        let world = World::new();
        let client = world.activated();
        world.copy(old, "before");
        let proof = client.deactivate(None, Losing::Refuse).unwrap().proof;
        world.copy("before", old);
        assert_eq!(client.deactivate(None, Losing::Refuse).unwrap().proof, proof);
        fs::remove_dir_all(world.path(lost)).unwrap();
        assert!(client.check().right().is_none(), "the {old} alone");
        assert_eq!(client.deactivate(None, Losing::Refuse).unwrap().proof, proof);
    }
}

#[test]
fn a_service_without_a_second_copy_deactivates() {
    let world = World::new();
    fs::write(world.path("mirror"), "a file where the folder would be").unwrap();
    let client = world.activated();
    client.deactivate(None, Losing::Refuse).unwrap();
    assert!(client.check().right().is_none());
}

#[test]
fn a_copy_restored_after_more_writes_than_the_other_still_brings_nothing_back() {
    let world = World::new();
    let client = world.activated();
    world.copy("state", "backup");
    world.copy("mirror", "kept");
    client.deactivate(None, Losing::Refuse).unwrap();
    world.copy("mirror", "after");
    // The primary is restored and used without its mirror, so that it has more writes than the mirror ever had.
    world.copy("backup", "state");
    world.copy("kept", "mirror");
    for _ in 0..5 {
        client.request_trial().unwrap();
    }
    assert_eq!(
        *client.check().standing(),
        Standing::Active,
        "both copies are old: this cannot be told"
    );
    world.copy("after", "mirror");
    assert!(client.check().right().is_none(), "the mirror with fewer writes remembers");
}

#[test]
fn one_copy_is_enough_and_the_other_is_made_again() {
    for (lost, name) in [("state", "state/state.json"), ("mirror", "mirror")] {
        let world = World::new();
        let client = world.activated();
        fs::remove_dir_all(world.path(lost)).unwrap();
        assert_eq!(*client.check().standing(), Standing::Active, "without the {lost}");
        client.request_trial().unwrap();
        assert!(world.path(name).exists(), "{name}");
    }
}

fn mirror_file(world: &World) -> PathBuf {
    let mut entries = fs::read_dir(world.path("mirror")).unwrap();
    entries
        .find_map(|e| {
            Some(e.unwrap().path()).filter(|p| p.extension().is_some_and(|x| x == "state"))
        })
        .unwrap()
}

fn damage(path: &Path, how: &str) {
    let text = fs::read_to_string(path).unwrap();
    let bytes = match how {
        "empty" => String::new(),
        "cut" => text[..text.len() / 2].to_owned(),
        "changed" => text.replacen("\"seen\": 1", "\"seen\": 2", 1),
        _ => "\0".repeat(text.len()),
    };
    assert_ne!(bytes, text);
    fs::write(path, bytes).unwrap();
}

#[test]
fn damaged_copies() {
    for how in ["empty", "cut", "changed", "zeroes"] {
        let world = World::new();
        let client = world.activated();
        damage(&world.path("state/state.json"), how);
        assert_eq!(*client.check().standing(), Standing::Active, "{how}: the mirror is whole");
        damage(&mirror_file(&world), how);
        assert!(matches!(client.check().standing(), Standing::Damaged { .. }), "{how}");
        assert!(matches!(client.deactivate(None, Losing::Accept), Err(Error::Damaged { .. })));

        let request = client.request_activation(None).unwrap();
        assert_eq!(*client.check().standing(), Standing::NotActivated { open_requests: 1 });
        client.install(&world.vendor.answer(&request.file)).unwrap();
        assert_eq!(*client.check().standing(), Standing::Active, "{how}: afresh");
        let kept = fs::read_dir(world.path("state"))
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("damaged"));
        assert_eq!(kept.count(), 1, "what was damaged is kept to look at");
    }
}

#[test]
fn the_state_is_its_owners_alone() {
    let world = World::new();
    world.activated();
    for path in [world.path("state/state.json"), mirror_file(&world)] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn processes_that_write_at_the_same_time_lose_nothing() {
    let world = World::new();
    let made: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let client = world.client();
                scope.spawn(move || {
                    (0..8).map(|_| client.request_trial().unwrap().id).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
    });
    let known = world.client().status().unwrap().open_requests;
    assert_eq!(known.len(), 64);
    assert!(made.iter().all(|id| known.iter().any(|(open, _)| open == id)));
}

#[test]
fn a_start_does_not_wait_for_a_process_that_is_stuck_with_the_state() {
    let world = World::new();
    let client = world.activated();
    let stuck = fs::File::open(world.path("state/state.lock")).unwrap();
    stuck.lock().unwrap();
    // Long enough after the last run for the time to be noted.
    world.set_clock(NOW + 2 * 3_600);
    let (sender, answer) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(client.check().standing().clone()));
    assert_eq!(answer.recv_timeout(Duration::from_secs(10)), Ok(Standing::Active));
    drop(stuck);
    world.client().check();
    assert_eq!(world.client().status().unwrap().seen, Some(NOW + 2 * 3_600), "noted later");
}

/// Makes requests until it is stopped, one line for each that was made: what the child processes of tests here do.
#[allow(clippy::print_stdout)] // the parent reads it
fn make_requests(folder: &Path) {
    let client = child_client(folder);
    loop {
        match client.request_trial() {
            Ok(made) => println!("made {}", made.id),
            Err(error) => {
                println!("error {}: {error}. {}", error.code(), error.advice());
                return;
            }
        }
    }
}

fn child_client(folder: &Path) -> Client {
    let root = SigningKey::from_seed(&[1; 32]).public_key();
    let config = Config::new("acme-cad".parse().unwrap(), [root], folder.join("state"));
    let machine = Machine::of_directory(folder.join("machines/lab-7"));
    Client::open(config.mirror(Mirror::In(folder.join("mirror"))).machine(machine).clock(|| NOW))
}

fn child(world: &World) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "faults::a_kill_at_any_moment_leaves_the_old_state_or_the_new_one",
            "--nocapture",
        ])
        .env("CLIENT_TEST_FOLDER", world.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_state_or_the_new_one() {
    if let Ok(folder) = std::env::var("CLIENT_TEST_FOLDER") {
        return make_requests(Path::new(&folder));
    }
    let world = World::new();
    let client = child_client(&world.path(""));
    client.install(&world.vendor.answer(&client.request_activation(None).unwrap().file)).unwrap();
    let mut made = 0;
    for round in 0..25 {
        let mut process = child(&world).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(15_000 + round * 1_777));
        process.kill().unwrap();
        let output = process.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        // A request that was handed out is remembered, or so many came after it that it was forgotten for them.
        let ids: Vec<&str> =
            text.lines().filter_map(|line| line.split_once("made ")?.1.get(..22)).collect();
        made += ids.len();
        let status = client.status().unwrap();
        assert_eq!(*status.check.standing(), Standing::Active, "round {round}");
        for id in ids.iter().rev().take(40) {
            let known = status.open_requests.iter().any(|(open, _)| open.to_string() == **id);
            assert!(known, "round {round}: {id} was handed out and is not known");
        }
    }
    assert!(made > 0, "the processes did some work before they were killed");
    for path in [world.path("state/state.tmp-4711"), mirror_file(&world).with_extension("tmp-4711")]
    {
        fs::write(path, "half a state, with the device's key").unwrap();
    }
    client.request_trial().unwrap();
    for (folder, files) in [("state", 2), ("mirror", 1)] {
        let left: Vec<_> =
            fs::read_dir(world.path(folder)).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left.len(), files, "what killed processes leave is cleared away: {left:?}");
    }
}

#[test]
fn a_disk_that_takes_no_more_leaves_the_old_state_and_says_so() {
    let world = World::new();
    let client = child_client(&world.path(""));
    client.install(&world.vendor.answer(&client.request_activation(None).unwrap().file)).unwrap();
    let before = fs::read(world.path("state/state.json")).unwrap();
    // No file may grow beyond one block of 1024 bytes; the signal for it is ignored, so writes fail as on a full disk.
    let program = child(&world);
    let arguments: Vec<_> = program.get_args().map(|a| a.to_str().unwrap()).collect();
    let line = format!(
        "trap '' XFSZ; ulimit -f 1; exec {:?} {}",
        program.get_program(),
        arguments.join(" ")
    );
    let output = Command::new("bash")
        .args(["-c", &format!("{line} 2>/dev/null | cat")])
        .env("CLIENT_TEST_FOLDER", world.path(""))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("error state-io: ") && text.contains("Nothing was changed"), "{text}");
    assert!(!text.contains("made "), "{text}");
    assert_eq!(fs::read(world.path("state/state.json")).unwrap(), before);
    assert_eq!(*client.check().standing(), Standing::Active);
    let left: Vec<_> =
        fs::read_dir(world.path("state")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "no half-written file is left: {left:?}");
}
