//! Web servers on free ports: one hands out a folder, one answers as a portal does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

pub(crate) struct Server {
    pub(crate) url: String,
    says: Arc<Mutex<Says>>,
    closed: Arc<AtomicBool>,
}

#[derive(Default)]
struct Says {
    folder: Option<PathBuf>,
    ready: Value,
    trial: Value,
    allowed: Option<String>,
}

impl Server {
    pub(crate) fn of_folder(folder: PathBuf) -> Self {
        Self::start(Says { folder: Some(folder), ..Says::default() })
    }

    pub(crate) fn portal(root: String) -> Self {
        let ready = json!({"database": true, "signing": true});
        Self::start(Says { ready, trial: json!({"days": 14, "roots": [root]}), ..Says::default() })
    }

    fn start(says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (says, closed) = (Arc::new(Mutex::new(says)), Arc::new(AtomicBool::new(false)));
        let (says_there, closed_there) = (Arc::clone(&says), Arc::clone(&closed));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if closed_there.load(Ordering::SeqCst) {
                    return;
                }
                let _ = answer(stream, &says_there.lock().unwrap());
            }
        });
        Self { url, says, closed }
    }

    pub(crate) fn allow(&self, origin: &str) {
        self.says.lock().unwrap().allowed = Some(origin.to_owned());
    }

    pub(crate) fn ready(&self, ready: Value) {
        self.says.lock().unwrap().ready = ready;
    }

    pub(crate) fn trial(&self, trial: Value) {
        self.says.lock().unwrap().trial = trial;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // Wakes the thread, which lets go of the port.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn answer(mut stream: TcpStream, says: &Says) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let allow = says.allowed.as_ref().map(|o| format!("Access-Control-Allow-Origin: {o}\r\n"));
    let allow = allow.filter(|_| method == "OPTIONS").unwrap_or_default();
    let body = match (&says.folder, path) {
        (Some(folder), path) => std::fs::read(folder.join(path.trim_start_matches('/'))).ok(),
        (None, "/readyz") => Some(says.ready.to_string().into_bytes()),
        (None, "/api/v1/trials") => Some(Vec::new()),
        (None, _) => Some(says.trial.to_string().into_bytes()),
    };
    let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
    let body = body.unwrap_or_default();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{allow}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}
