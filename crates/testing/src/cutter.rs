//! What stands between portals and their PostgreSQL server, and cuts connections in the middle of a commit.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::server::Server;

/// The message that asks for a commit, and the end of a server's answer when no transaction is open any more (PostgreSQL's
/// documentation, 55.7).
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
const READY: &[u8] = b"Z\0\0\0\x05I";

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The server never hears of the commit.
    Before,
    /// The server has committed, and nobody hears of it.
    After,
    /// The server may commit or not.
    Amid,
}

/// It listens on a port of its own and passes everything on, but for what it cuts.
#[derive(Debug)]
pub struct Cutter {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    next: Mutex<Option<Cut>>,
    /// One commit of so many is cut; 0: none.
    one_in: AtomicU64,
    dice: AtomicU64,
    cuts: AtomicU64,
    has_ended: AtomicBool,
}

impl Cutter {
    /// Before this server.
    pub fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (shared, socket) = (Arc::new(Shared::default()), server.socket());
        let cutter = Self { port, shared: Arc::clone(&shared) };
        std::thread::spawn(move || listen(&listener, &shared, &socket));
        cutter
    }

    /// The address of a database, by way of this.
    pub fn address(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// The next commit is cut.
    pub fn cut_next(&self, cut: Cut) {
        *self.shared.next.lock().unwrap() = Some(cut);
    }

    /// From now on one commit of so many is cut, somewhere; 0: none.
    pub fn cut_one_in(&self, of: u64) {
        self.shared.one_in.store(of, Ordering::SeqCst);
    }

    /// How many were cut.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.shared.has_ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    /// Whether this commit is cut, and where.
    fn chooses(&self) -> Option<Cut> {
        let one_in = self.one_in.load(Ordering::SeqCst);
        let chosen = self.next.lock().unwrap().take().or_else(|| {
            if one_in == 0 || !self.throw().is_multiple_of(one_in) {
                return None;
            }
            Some([Cut::Before, Cut::After, Cut::Amid][(self.throw() % 3) as usize])
        });
        self.cuts.fetch_add(u64::from(chosen.is_some()), Ordering::SeqCst);
        chosen
    }

    /// SplitMix64.
    fn throw(&self) -> u64 {
        let mut z = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>, socket: &PathBuf) {
    for client in listener.incoming().flatten() {
        if shared.has_ended.load(Ordering::SeqCst) {
            return;
        }
        // While the server is away, whoever comes is sent away.
        if let Ok(server) = UnixStream::connect(socket) {
            let _ = client.set_nodelay(true);
            pass_on(client, server, Arc::clone(shared));
        }
    }
}

fn pass_on(client: TcpStream, server: UnixStream, shared: Arc<Shared>) {
    let line = Arc::new(Line { client, server, swallows: AtomicBool::new(false) });
    let back = Arc::clone(&line);
    std::thread::spawn(move || {
        let _ = line.questions(&shared);
        line.end();
    });
    std::thread::spawn(move || {
        let _ = back.answers();
        back.end();
    });
}

/// One connection.
struct Line {
    client: TcpStream,
    server: UnixStream,
    /// Answers are not passed on any more: when the commit is done, the connection is cut.
    swallows: AtomicBool,
}

impl Line {
    fn questions(&self, shared: &Shared) -> std::io::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = (&self.client).read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            let chunk = &buffer[..read];
            let Some(at) = find(chunk, COMMIT) else {
                (&self.server).write_all(chunk)?;
                continue;
            };
            match shared.chooses() {
                None => (&self.server).write_all(chunk)?,
                Some(Cut::Before) => return (&self.server).write_all(&chunk[..at]),
                Some(Cut::Amid) => return (&self.server).write_all(chunk),
                Some(Cut::After) => {
                    self.swallows.store(true, Ordering::SeqCst);
                    (&self.server).write_all(chunk)?;
                }
            }
        }
    }

    fn answers(&self) -> std::io::Result<()> {
        let (mut buffer, mut swallowed) = (vec![0; 1 << 16], Vec::new());
        loop {
            let read = (&self.server).read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            if !self.swallows.load(Ordering::SeqCst) {
                (&self.client).write_all(&buffer[..read])?;
                continue;
            }
            swallowed.extend_from_slice(&buffer[..read]);
            if find(&swallowed, READY).is_some() {
                return Ok(());
            }
        }
    }

    fn end(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}

fn find(chunk: &[u8], wanted: &[u8]) -> Option<usize> {
    chunk.windows(wanted.len()).position(|window| window == wanted)
}
