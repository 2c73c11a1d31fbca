//! The portal behind a real Caddy with the configuration of packaging/caddy: it terminates TLS, has certificates made for the
//! portal's hosts alone, and passes on what the portal needs to know.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use countersign_store::DomainState;

use crate::world::{PASSWORD, TestPortal};
use crate::{DOMAIN, OPERATOR, portal_with};

const CADDYFILE: &str = include_str!("../../../packaging/caddy/Caddyfile");

/// A running Caddy. Ends with the test.
struct Caddy {
    port: u16,
    folder: tempfile::TempDir,
    child: Child,
}

/// What curl got.
struct Got {
    /// 0: no answer, because there was no connection.
    status: u16,
    text: String,
    complaint: String,
}

impl Caddy {
    /// In front of `portal`, with certificates of its own authority instead of the world's.
    async fn start(portal: &TestPortal, port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = portal.url.strip_prefix("http://").unwrap();
        let test = format!(
            "{{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\thttps_port {port}\n\tservers {{\n\t\tprotocols h1 h2\n\t}}"
        );
        let config = CADDYFILE.replacen("\n{", &format!("\n{test}"), 1);
        let config = config.replace("127.0.0.1:8080", address);
        let config = config.replace("\t\ton_demand\n", "\t\ton_demand\n\t\tissuer internal\n");
        assert!(config.contains("issuer internal") && config.contains("admin off"), "{config}");
        let path = folder.path().join("Caddyfile");
        std::fs::write(&path, config).unwrap();
        let child = Command::new("caddy")
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(&path)
            .env("HOME", folder.path())
            .env("XDG_DATA_HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .expect("caddy is there: scripts/test installs it (Debian's caddy)");
        let mut caddy = Self { port, folder, child };
        caddy.until_it_listens().await;
        caddy
    }

    async fn until_it_listens(&mut self) {
        for _ in 0..1200 {
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap();
            assert!(self.child.try_wait().unwrap().is_none(), "caddy ended: {}", log());
            let listens = std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok();
            if listens && self.authority().exists() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("caddy does not listen");
    }

    /// The certificate that it signs the others with.
    fn authority(&self) -> PathBuf {
        self.folder.path().join("caddy/pki/authorities/local/root.crt")
    }

    /// As a browser that trusts this authority, with cookies of its own in `jar`.
    async fn curl(&self, host: &str, path: &str, jar: &Path, arguments: &[&str]) -> Got {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "60", "--cacert"])
            .arg(self.authority())
            .args(["--resolve", &format!("{host}:{}:127.0.0.1", self.port)])
            .arg("--cookie-jar")
            .arg(jar)
            .arg("--cookie")
            .arg(jar)
            .args(["--write-out", "\n%{http_code}"])
            .args(arguments)
            .arg(format!("https://{host}:{}{path}", self.port));
        let run = tokio::task::spawn_blocking(move || curl.output()).await.unwrap();
        let run = run.expect("curl is there: scripts/test installs it");
        let text = String::from_utf8(run.stdout).unwrap();
        let (text, status) = text.rsplit_once('\n').unwrap();
        let complaint = String::from_utf8(run.stderr).unwrap();
        Got { status: status.parse().unwrap(), text: text.to_owned(), complaint }
    }

    fn jar(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Caddy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("log"));
            eprintln!("caddy's log: {}", log.unwrap_or_default());
        }
    }
}

impl Got {
    #[track_caller]
    fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} {}", self.text, self.complaint);
        self
    }
}

/// A portal whose operator's host is at Caddy's port, and Caddy in front of it.
async fn behind_caddy(state: DomainState) -> (TestPortal, Caddy) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let portal = portal_with(|config| {
        config.public_url = Some(format!("https://{OPERATOR}:{port}"));
        config.behind_proxy = true;
    })
    .await;
    portal.has_domain(state).await;
    let caddy = Caddy::start(&portal, port).await;
    (portal, caddy)
}

#[tokio::test(flavor = "multi_thread")]
async fn known_hosts_get_a_certificate_and_a_page_and_others_neither() {
    let (portal, caddy) = behind_caddy(DomainState::Verified).await;
    let jar = caddy.jar("jar");
    for host in [OPERATOR, DOMAIN] {
        let page = caddy.curl(host, "/activate", &jar, &[]).await.is(200);
        assert!(page.text.contains("Acme"), "{}", page.text);
    }
    for host in ["evil.example", "www.licenses.acme.example", "acme.example"] {
        let got = caddy.curl(host, "/activate", &jar, &[]).await;
        assert_eq!(got.status, 0, "{}", got.text);
        assert!(
            got.complaint.contains("TLS") || got.complaint.contains("SSL"),
            "{}",
            got.complaint
        );
    }
    // Over a connection for a host that is known: Caddy passes it on, and the portal refuses.
    caddy.curl(DOMAIN, "/activate", &jar, &["-H", "Host: evil.example"]).await.is(421);
    // What Caddy asks the portal is nobody else's question.
    caddy.curl(OPERATOR, &format!("/caddy/ask?domain={DOMAIN}"), &jar, &[]).await.is(404);
    // The domain ends: Caddy has a certificate still, the portal answers nothing.
    portal.app.store().remove_domain("test", crate::played::NOW).await.unwrap();
    let admin = portal.logged_in("ada@acme.example").await;
    admin.get("/admin/settings/domain").await.is(200);
    caddy.curl(DOMAIN, "/activate", &jar, &[]).await.is(421);
    caddy.curl(OPERATOR, "/activate", &jar, &[]).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_forms_addresses_and_mails_are_right_behind_it() {
    let (portal, caddy) = behind_caddy(DomainState::Used).await;
    let (jar, port) = (caddy.jar("ada"), caddy.port);
    // Somebody writes himself another address and another host.
    let lies = ["-H", "X-Forwarded-For: 203.0.113.9", "-H", "X-Forwarded-Host: evil.example"];
    let form = |fields: &[&str]| -> Vec<String> {
        let data =
            fields.iter().flat_map(|field| ["--data-urlencode".to_owned(), (*field).to_owned()]);
        data.chain(lies.map(str::to_owned)).collect()
    };
    let with_origin = |fields: &[&str], origin: &str| -> Vec<String> {
        let origin = ["-H".to_owned(), format!("Origin: {origin}")];
        form(fields).into_iter().chain(origin).collect()
    };
    let post = async |path: &str, arguments: Vec<String>| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        caddy.curl(DOMAIN, path, &jar, &arguments).await
    };
    let login = ["email=ada@acme.example", &format!("password={PASSWORD}")];
    let own = format!("https://{DOMAIN}:{port}");
    post("/login", with_origin(&login, "https://evil.example")).await.is(403);
    post("/login", with_origin(&login, &format!("https://{OPERATOR}:{port}"))).await.is(403);
    post("/login", with_origin(&login, &own)).await.is(303);
    let cookies = std::fs::read_to_string(&jar).unwrap();
    assert!(cookies.contains("__Host-countersign") && cookies.contains(DOMAIN), "{cookies}");
    // The proxy's word counts, not the browser's.
    let sessions = caddy.curl(DOMAIN, "/profile/sessions", &jar, &lies).await.is(200);
    assert!(sessions.text.contains("127.0.0.1"), "{}", sessions.text);
    assert!(!sessions.text.contains("203.0.113.9"), "{}", sessions.text);
    post("/forgot", with_origin(&["email=ada@acme.example"], &own)).await.is(200);
    let mail = portal.last_mail().await;
    // What opens an account of the vendor's own people is at the operator's address, whoever set which domain.
    let operators = format!("https://{OPERATOR}:{port}");
    let link = mail.text.lines().find_map(|line| line.strip_prefix(&operators)).expect("a link");
    assert!(!mail.raw.contains("evil") && !mail.text.contains(DOMAIN), "{}", mail.text);
    caddy.curl(OPERATOR, link, &caddy.jar("new"), &[]).await.is(200);
}
