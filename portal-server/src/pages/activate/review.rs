//! The first step: what each file is and what would happen. Nothing is used up.

use std::sync::Arc;

use askama::Template;
use countersign_core::TokenType;
use countersign_core::request::VerifiedRequest;
use futures_util::{StreamExt as _, stream};

use super::seats::Need;
use super::why::Why;
use super::{AT_ONCE, MOST_CARDS, Paths, kind_key};
use crate::app::App;
use crate::bundle::read::Brought;
use crate::desk::{self, Door, Preview, Refusal};
use crate::pages::Frame;

/// One file as the review shows it.
pub(super) struct ReviewItem {
    name: String,
    read: Option<Read>,
    why: Option<Why>,
}

/// A file that is a request.
pub(super) struct Read {
    pub(super) token: String,
    pub(super) request: VerifiedRequest,
    pub(super) door: Arc<Door>,
    pub(super) preview: Option<Preview>,
}

impl ReviewItem {
    /// What was understood of it.
    pub(super) fn read(&self) -> Option<&Read> {
        self.read.as_ref()
    }

    fn preview(&self) -> Option<&Preview> {
        self.read.as_ref()?.preview.as_ref()
    }

    fn token(&self) -> &str {
        self.read.as_ref().map_or("", |read| &read.token)
    }

    fn kind(&self, frame: &Frame) -> String {
        self.read
            .as_ref()
            .map_or(String::new(), |r| frame.t(kind_key(r.request.claims().token_type())))
    }

    fn machine(&self, frame: &Frame) -> String {
        let name = self.preview().and_then(|preview| preview.machine.clone());
        name.unwrap_or_else(|| frame.t("machine-unnamed"))
    }

    /// Whether the person can go on with it here.
    fn can_go_on(&self) -> bool {
        self.preview().is_some_and(|preview| preview.outcome.is_ok())
    }

    fn needs_license(&self) -> bool {
        self.preview().is_some_and(|p| matches!(p.outcome, Err(Refusal::LicenseNeeded)))
    }
}

/// Looks at every file, several at a time.
pub(super) async fn look_at(app: &App, files: Vec<Brought>, door: &Arc<Door>) -> Vec<ReviewItem> {
    let looks = files.into_iter().map(|file| look(app.clone(), file, Arc::clone(door)));
    stream::iter(looks).buffered(AT_ONCE).collect().await
}

async fn look(app: App, file: Brought, door: Arc<Door>) -> ReviewItem {
    let name = file.name;
    let bytes = match file.content {
        Ok(bytes) => bytes,
        Err(unread) => return ReviewItem { name, read: None, why: Some(unread.into()) },
    };
    let (token, request) = match desk::understand(&bytes) {
        Ok(understood) => understood,
        Err(refusal) => return ReviewItem { name, read: None, why: Some((&refusal).into()) },
    };
    let (preview, why) = match desk::preview(&app, &request, &door).await {
        Ok(preview) => {
            let why = preview.outcome.as_ref().err().map(Why::from);
            (Some(preview), why)
        }
        Err(refusal) => (None, Some((&refusal).into())),
    };
    ReviewItem { name, read: Some(Read { token, request, door, preview }), why }
}

#[derive(Template)]
#[template(path = "review.html")]
pub(super) struct ReviewPage {
    pub(super) frame: Frame,
    pub(super) items: Vec<ReviewItem>,
    pub(super) seats: Vec<Need>,
    pub(super) license_key: String,
    pub(super) paths: Paths,
}

impl ReviewPage {
    fn as_table(&self) -> bool {
        self.items.len() > MOST_CARDS
    }

    fn count(&self) -> usize {
        self.items.iter().filter(|item| item.can_go_on()).count()
    }

    fn left(&self) -> usize {
        self.items.len() - self.count()
    }

    /// Whether the seats do not suffice: then they are given in the order of the list, and not several at a time.
    fn is_short(&self) -> bool {
        self.seats.iter().any(Need::is_short)
    }

    /// The words on the button: what will happen, not "OK".
    fn button(&self) -> String {
        let kinds: Vec<TokenType> = self
            .items
            .iter()
            .filter(|item| item.can_go_on())
            .filter_map(|item| Some(item.preview()?.kind))
            .collect();
        let key = match kinds.first() {
            Some(first) if kinds.iter().any(|kind| kind != first) => "button-answer",
            Some(TokenType::ActivationRequest) => "button-activate",
            Some(TokenType::TrialRequest) => "button-trial",
            _ => "button-deactivate",
        };
        self.frame.t1(key, "count", kinds.len())
    }

    fn asks_for_license(&self) -> bool {
        self.items.iter().any(ReviewItem::needs_license)
    }
}
