//! PostgreSQL servers for tests, from Debian's packages: one for all test programs of a user, started by whoever needs it
//! first, and ended a minute after nobody is connected any more; and servers of a test's own, which it ends as it likes.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::raw::on_server;

/// What the shared server does without.
const CARELESS: &[&str] =
    &["fsync=off", "full_page_writes=off", "synchronous_commit=on", "max_connections=400"];
/// A server of a test's own waits for its disk.
const CAREFUL: &[&str] =
    &["fsync=on", "full_page_writes=on", "synchronous_commit=on", "max_connections=120"];

/// A running server.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    /// Where it is a test's own: it goes with it.
    own: Option<TempDir>,
}

/// How a server is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Transactions are ended, what there is is written.
    Fast,
    /// Everything is left as it is, and recovered at the next start.
    Immediate,
}

/// The server that all tests share. It does not wait for its disk: what survives what is the matter of tests with servers of
/// their own.
pub fn shared_server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("countersign-postgres-{}", user()));
        fs::create_dir_all(&folder).unwrap();
        let server = Server { folder, own: None };
        let lock = File::create(server.folder.join("lock")).unwrap();
        lock.lock().unwrap();
        if !server.is_running() {
            server.make();
            server.start(CARELESS);
            server.end_when_idle();
        }
        server
    })
}

fn user() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

impl Server {
    /// One for whoever asks, which waits for its disk. It ends with them.
    pub fn own() -> Self {
        Self::own_with(&[])
    }

    /// The same with further settings, as `name=value`.
    pub fn own_with(settings: &[&str]) -> Self {
        let own = tempfile::tempdir().unwrap();
        let server = Self { folder: own.path().to_owned(), own: Some(own) };
        server.make();
        server.start(&[CAREFUL, settings].concat());
        server.end_with(std::process::id());
        server
    }

    /// One that is reached by TCP as well, at [`Server::ip`]; with a certificate and its key (PEM) it speaks TLS there.
    pub fn own_by_tcp(tls: Option<(&str, &str)>) -> Self {
        let own = tempfile::tempdir().unwrap();
        let server = Self { folder: own.path().to_owned(), own: Some(own) };
        server.make();
        let mut settings = CAREFUL.to_vec();
        let listen = format!("listen_addresses={}", server.ip());
        settings.push(&listen);
        server.write("pg_hba.conf", "local all all trust\nhost all all 127.0.0.0/8 trust\n");
        if let Some((certificate, key)) = tls {
            server.write("server.crt", certificate);
            server.write("server.key", key);
            settings.push("ssl=on");
        }
        server.start(&settings);
        server.end_with(std::process::id());
        server
    }

    /// Its own address of this machine: no two servers listen at one.
    pub fn ip(&self) -> String {
        let name = self.folder.to_string_lossy();
        let hash = name.bytes().fold(7_u32, |hash, b| hash.wrapping_mul(31) ^ u32::from(b));
        let [one, two, ..] = hash.to_le_bytes();
        let [low, high, ..] = std::process::id().to_le_bytes();
        format!("127.{}.{}.{}", 1 + (high ^ one) % 254, low, 1 + two % 254)
    }

    /// A file beside its data, which is nobody else's to read.
    fn write(&self, name: &str, text: &str) {
        let (path, of) = (self.data().join(name), fs::metadata(self.data()).unwrap());
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if user() == 0 {
            std::os::unix::fs::chown(&path, Some(of.uid()), Some(of.gid())).unwrap();
        }
    }

    /// Ends it. Of a server of one's own only.
    pub fn stop(&self, how: Stop) {
        assert!(self.own.is_some(), "others use it, too");
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        run(program("pg_ctl")
            .arg("-D")
            .arg(self.data())
            .args(["-w", "-t", "120", "-m", mode, "stop"]));
    }

    /// SIGKILL for all of its processes, as when the machine stops. Of a server of one's own only.
    pub fn kill(&self) {
        assert!(self.own.is_some(), "others use it, too");
        let file = self.data().join("postmaster.pid");
        let text = fs::read_to_string(&file).unwrap();
        let postmaster: u32 = text.lines().next().unwrap().trim().parse().unwrap();
        // The first one first, so that it starts no others.
        send_kill(&[postmaster]);
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            // Those that are left belong to nobody or to the first one, and say whose data they have open.
            let left = self.processes(postmaster);
            if left.is_empty() {
                break;
            }
            send_kill(&left);
            assert!(Instant::now() < until, "the server's processes do not end: {left:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        // Whoever has its number may be one that ended and that nobody has asked for: the next start would take it for this one.
        let socket = self.socket();
        for left in [file, socket.with_file_name(".s.PGSQL.5432.lock"), socket] {
            fs::remove_file(left).unwrap();
        }
    }

    /// Starts it again after [`Server::stop`] or [`Server::kill`], and waits until it lets people in.
    pub fn start_again(&self) {
        self.start(CAREFUL);
    }

    /// Ends connections of the database, `most` of them, whichever; how many.
    pub fn terminate(&self, database: &str, most: u64) -> usize {
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = '{database}' \
             AND pid <> pg_backend_pid() ORDER BY random() LIMIT {most}) victims"
        );
        on_server(&self.address("postgres"), |client| client.query(&sql, &[]).unwrap().len())
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// Processes that run in this server's data, and are more than a number that nobody has asked for yet.
    fn processes(&self, postmaster: u32) -> Vec<u32> {
        let data = fs::canonicalize(self.data()).unwrap();
        let numbers = fs::read_dir("/proc").unwrap().flatten();
        let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let is_there = |number: &u32| {
            let folder = fs::read_link(format!("/proc/{number}/cwd"));
            folder.is_ok_and(|folder| folder == data)
                || (*number == postmaster && is_alive(postmaster))
        };
        numbers.filter(is_there).collect()
    }

    /// Where one of the server's programs lies, such as `pgbench`.
    pub fn program(&self, name: &str) -> PathBuf {
        binaries().join(name)
    }

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

    /// Ends a database, and whoever is connected to it.
    pub(crate) fn drop_database(&self, address: &str) {
        let name = address.rsplit('/').next().unwrap_or_default();
        on_server(&self.address("postgres"), |client| {
            client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).unwrap();
        });
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The address of a database, by the server's socket.
    pub fn address(&self, database: &str) -> String {
        let socket = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{database}")
    }

    fn is_running(&self) -> bool {
        let address = self.address("postgres");
        let try_it = || postgres::Client::connect(&address, postgres::NoTls).is_ok();
        std::thread::scope(|scope| scope.spawn(try_it).join().unwrap())
    }

    fn make(&self) {
        let data = self.data();
        let _ = fs::remove_dir_all(&data);
        let _ = fs::remove_file(self.folder.join("log"));
        if user() == 0 {
            // PostgreSQL does not run as root.
            fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o777)).unwrap();
        }
        let initdb =
            ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
        run(program("initdb").args(initdb).arg("-D").arg(&data));
    }

    fn start(&self, settings: &[&str]) {
        let data = self.data();
        let socket = self.folder.display();
        let mut options = format!(
            "-c listen_addresses= -c unix_socket_directories={socket} -c max_wal_size=256MB"
        );
        for setting in settings {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        let log = self.folder.join("log");
        let mut start = program("pg_ctl");
        start.arg("-D").arg(&data).args(["-w", "-t", "120", "-o", &options]).arg("-l").arg(&log);
        if let Err(words) = try_run(start.arg("start")) {
            let log = fs::read_to_string(log).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(40).collect();
            panic!("{words}\nthe server's log, the latest first:\n{}", last.join("\n"));
        }
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
        keep(&script);
    }

    /// A test that is killed ends nothing: a shell does it.
    fn end_with(&self, process: u32) {
        keep(&format!(
            "while [ -d /proc/{process} ] && [ -d '{data}' ]; do sleep 5; done; \
             [ -d '{data}' ] && {bin}/pg_ctl -D '{data}' -m immediate stop; rm -rf '{data}'",
            bin = binaries().display(),
            data = self.data().display()
        ));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.own.is_some() {
            let mut stop = program("pg_ctl");
            stop.arg("-D").arg(self.data()).args(["-w", "-m", "immediate", "stop"]);
            // It may have been ended already.
            let _ = stop.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

/// A shell that outlives whoever starts it.
fn keep(script: &str) {
    let mut keeper = as_postgres("sh");
    // The shell that is waited for leaves another one behind.
    keeper.arg("-c").arg(format!("({script}) &")).current_dir("/");
    keeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
    assert!(keeper.status().unwrap().success());
}

/// Whether it runs. A process that ended and that nobody has asked for does not.
fn is_alive(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

fn send_kill(processes: &[u32]) {
    let numbers = processes.iter().map(u32::to_string);
    // Some have ended meanwhile.
    let _ = Command::new("kill").arg("-KILL").args(numbers).stderr(Stdio::null()).status();
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
    try_run(command).unwrap_or_else(|words| panic!("{words}"));
}

fn try_run(command: &mut Command) -> Result<(), String> {
    // Into a file: a server that is started keeps what it inherited open.
    let mut out = tempfile::tempfile().unwrap();
    command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(out.try_clone().unwrap());
    if command.status().unwrap().success() {
        return Ok(());
    }
    let mut words = String::new();
    std::io::Seek::rewind(&mut out).unwrap();
    out.read_to_string(&mut words).unwrap();
    Err(format!("{command:?} failed: {words}"))
}
