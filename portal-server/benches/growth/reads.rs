//! What people look at, in databases of these sizes: whole pages for somebody who is logged in.

use std::time::Instant;

use countersign_core::{Hash, Id};
use countersign_portal::App;
use countersign_store::{NewSession, Role, User, UserStatus};
use countersign_testing::Raw;

use crate::driven::median;
use crate::played::rng;
use crate::portals::Running;

const RUNS: usize = 60;

/// Medians in milliseconds. The license is one of those that the machines have been filled into.
pub(crate) fn pages(running: &Running) -> Vec<(&'static str, f64)> {
    let license = Raw::open(running.database()).value("SELECT MIN(license_id) FROM activation");
    let pages = [
        ("list of licenses", "/licenses".to_owned()),
        ("a license with its machines", format!("/licenses/{license}")),
        ("the vendor's overview", "/admin".to_owned()),
        ("search for a machine by name", "/admin/activations?q=machine%2077".to_owned()),
    ];
    let address = running.addresses()[0];
    running.block_on(async move |app: App| {
        let cookie = cookie(&app).await;
        let client = reqwest::Client::new();
        let mut medians = Vec::new();
        for (name, path) in pages {
            let mut times = Vec::new();
            for _ in 0..RUNS {
                let start = Instant::now();
                let ask = client.get(format!("http://{address}{path}")).header("cookie", &cookie);
                let answer = ask.send().await.unwrap();
                let (status, page) = (answer.status(), answer.text().await.unwrap());
                assert_eq!(status, 200, "{path}: {page}");
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
            medians.push((name, median(&times)));
        }
        medians
    })
}

/// A session of somebody who may see everything.
async fn cookie(app: &App) -> String {
    let id = Id::random(&mut rng());
    let invited = User::invited(id, format!("{id}@bench.example"), Role::Admin, app.now());
    let user = User { status: UserStatus::Active, name: "Admin".into(), ..invited };
    app.store().create_user(user.clone(), "bench", app.now()).await.unwrap();
    let secret = format!("of {id}");
    let session = NewSession {
        token: Hash::of(&secret),
        id: Id::random(&mut rng()),
        user: id,
        user_agent: String::new(),
        address: String::new(),
        until: app.now() + 86_400,
    };
    app.store().create_session(session, app.now()).await.unwrap();
    format!("countersign={secret}")
}
