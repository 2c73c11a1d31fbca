//! `/profile/sessions`: where one is logged in.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::Id;
use countersign_store::Session;

use super::super::{ErrorPage, Frame, page_with};
use crate::access::Visitor;
use crate::app::App;

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    here: Id,
    sessions: Vec<Session>,
}

impl SessionsPage {
    /// The browser and its system, as far as it says.
    fn device(&self, session: &Session) -> String {
        let named = device_name(&session.user_agent);
        named.unwrap_or_else(|| self.frame.t("device-unknown"))
    }
}

/// The names that people know, from what browsers say about themselves.
fn device_name(user_agent: &str) -> Option<String> {
    // The first that is there: every browser names its ancestors as well.
    let browsers = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (first(&browsers), first(&systems)) {
        (Some(browser), Some(system)) => Some(format!("{browser}, {system}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

/// The list.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let (user, here) = (visitor.user()?, visitor.session_id()?);
    let sessions = app.store().sessions_of(user.id, app.now()).await?;
    let frame = Frame::new(&app, &visitor);
    Ok(page_with(StatusCode::OK, &SessionsPage { frame, here, sessions }))
}

/// Ends one.
pub(crate) async fn end(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    if !app.store().end_session(user.id, id, app.now()).await? {
        return Err(ErrorPage::not_found());
    }
    Ok(Redirect::to("/profile/sessions").into_response())
}

/// Ends all but this one.
pub(crate) async fn end_others(
    State(app): State<App>,
    visitor: Visitor,
) -> Result<Response, ErrorPage> {
    let (user, here) = (visitor.user()?, visitor.session_id()?);
    app.store().end_other_sessions(user.id, here, app.now()).await?;
    Ok(Redirect::to("/profile/sessions").into_response())
}

#[cfg(test)]
mod tests {
    #[test]
    fn browsers_are_named_as_people_know_them() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 \
                 Safari/537.36 Edg/120.0",
                Some("Edge, Windows"),
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
                Some("Firefox, Linux"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17 Safari/604.1",
                Some("Safari, iPhone"),
            ),
            ("curl/8.0", None),
            ("<script>alert(1)</script>", None),
        ] {
            assert_eq!(super::device_name(agent).as_deref(), name, "{agent}");
        }
    }
}
