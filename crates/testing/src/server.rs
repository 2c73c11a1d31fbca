//! A PostgreSQL server for tests, from Debian's packages: one for all test programs of a user, started by whoever needs it
//! first, and ended a minute after nobody is connected any more.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::raw::on_server;

/// A running server.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
}

/// The server that all tests share. It does not wait for its disk: what survives what is the matter of tests with servers of
/// their own.
pub fn shared_server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("countersign-postgres-{}", user()));
        fs::create_dir_all(&folder).unwrap();
        let server = Server { folder };
        let lock = File::create(server.folder.join("lock")).unwrap();
        lock.lock().unwrap();
        if !server.is_running() {
            server.start(&["fsync=off", "full_page_writes=off", "synchronous_commit=on"]);
            server.end_when_idle();
        }
        server
    })
}

fn user() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

impl Server {
    /// A new database, by its address.
    pub fn create_database(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{count}", std::process::id());
        on_server(&self.address("postgres"), |client| {
            client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).unwrap();
            client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).unwrap();
        });
        self.address(&name)
    }

    fn address(&self, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{database}")
    }

    fn is_running(&self) -> bool {
        let address = self.address("postgres");
        let try_it = || postgres::Client::connect(&address, postgres::NoTls).is_ok();
        std::thread::scope(|scope| scope.spawn(try_it).join().unwrap())
    }

    fn start(&self, settings: &[&str]) {
        let data = self.folder.join("data");
        let _ = fs::remove_dir_all(&data);
        if user() == 0 {
            // PostgreSQL does not run as root.
            fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o777)).unwrap();
        }
        let initdb =
            ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
        run(program("initdb").args(initdb).arg("-D").arg(&data));
        let socket = self.folder.display();
        let mut options = format!(
            "-c listen_addresses= -c unix_socket_directories={socket} -c max_connections=400 -c max_wal_size=256MB"
        );
        for setting in settings {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        let log = self.folder.join("log");
        let _ = fs::remove_file(&log);
        run(program("pg_ctl")
            .arg("-D")
            .arg(&data)
            .args(["-w", "-t", "60", "-o", &options])
            .arg("-l")
            .arg(&log)
            .arg("start"));
    }

    /// A shell looks every 20 seconds, and ends the server the third time nobody is there.
    fn end_when_idle(&self) {
        let (folder, data) = (self.folder.display(), self.folder.join("data"));
        let script = format!(
            "idle=0; while [ $idle -lt 3 ]; do sleep 20; \
             n=$({bin}/psql -h '{folder}' -U postgres -Atc \"SELECT COUNT(*) FROM pg_stat_activity WHERE client_port IS NOT NULL AND pid <> pg_backend_pid()\" postgres) || exit 0; \
             if [ \"$n\" = 0 ]; then idle=$((idle+1)); else idle=0; fi; done; {bin}/pg_ctl -D '{data}' -m fast stop",
            bin = binaries().display(),
            data = data.display()
        );
        let mut keeper = as_postgres("sh");
        // The shell that is waited for leaves another one behind.
        keeper.arg("-c").arg(format!("({script}) &")).current_dir("/");
        keeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
        assert!(keeper.status().unwrap().success());
    }
}

/// The newest version's programs; Debian does not put them into the path.
fn binaries() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found =
        versions.map(|entry| entry.path().join("bin")).filter(|bin| bin.join("initdb").exists());
    let number = |bin: &PathBuf| {
        let version = bin.parent().and_then(Path::file_name).and_then(|v| v.to_str());
        version.and_then(|v| v.parse::<u32>().ok()).unwrap_or(0)
    };
    found.max_by_key(number).expect(
        "tests of the server engine need Debian's package `postgresql`: apt-get install postgresql",
    )
}

fn program(name: &str) -> Command {
    as_postgres(binaries().join(name).to_str().unwrap())
}

fn as_postgres(program: &str) -> Command {
    if user() != 0 {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}

fn run(command: &mut Command) {
    // Into a file: a server that is started keeps what it inherited open.
    let mut out = tempfile::tempfile().unwrap();
    command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(out.try_clone().unwrap());
    if !command.status().unwrap().success() {
        let mut words = String::new();
        std::io::Seek::rewind(&mut out).unwrap();
        out.read_to_string(&mut words).unwrap();
        panic!("{command:?} failed: {words}");
    }
}
