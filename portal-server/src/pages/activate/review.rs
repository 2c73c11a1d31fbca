//! The first step: what each file is and what would happen. Nothing is used up.

use std::sync::Arc;

use askama::Template;
use countersign_core::request::VerifiedRequest;
use countersign_core::{Hash, TokenType};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::batch::{self, Part};
use super::seats::Need;
use super::why::Why;
use super::{AT_ONCE, Paths, kind_key};
use crate::app::App;
use crate::bundle::read::Brought;
use crate::desk::{self, Door, Preview, Refusal};
use crate::pages::Frame;

/// One file as the review shows it.
#[derive(Debug)]
pub(super) struct ReviewItem {
    pub(super) name: String,
    read: Option<Read>,
    pub(super) why: Option<Why>,
}

/// As it is kept where every node finds it: what a request would do is looked at again.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptItem {
    name: String,
    token: Option<String>,
    why: Option<Why>,
}

/// A file that is a request.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) token: String,
    pub(super) request: VerifiedRequest,
    pub(super) door: Arc<Door>,
    pub(super) preview: Option<Preview>,
}

impl ReviewItem {
    pub(super) fn kept(&self) -> KeptItem {
        let token = self.read.as_ref().map(|read| read.token.clone());
        KeptItem { name: self.name.clone(), token, why: self.why.clone() }
    }

    async fn of_kept(app: App, kept: KeptItem, door: Arc<Door>) -> Self {
        let KeptItem { name, token, why } = kept;
        match token {
            Some(token) => look(app, Brought { name, content: Ok(token.into_bytes()) }, door).await,
            None => Self { name, read: None, why },
        }
    }

    /// What was understood of it.
    pub(super) fn read(&self) -> Option<&Read> {
        self.read.as_ref()
    }

    pub(super) fn preview(&self) -> Option<&Preview> {
        self.read.as_ref()?.preview.as_ref()
    }

    pub(super) fn token(&self) -> &str {
        self.read.as_ref().map_or("", |read| &read.token)
    }

    fn kind(&self, frame: &Frame) -> String {
        self.read
            .as_ref()
            .map_or(String::new(), |r| frame.t(kind_key(r.request.claims().token_type())))
    }

    pub(super) fn machine(&self, frame: &Frame) -> String {
        let name = self.preview().and_then(|preview| preview.machine.clone());
        name.unwrap_or_else(|| frame.t("machine-unnamed"))
    }

    /// Whether the person can go on with it here.
    pub(super) fn can_go_on(&self) -> bool {
        self.preview().is_some_and(|preview| preview.outcome.is_ok())
    }

    pub(super) fn needs_license(&self) -> bool {
        self.preview().is_some_and(|p| matches!(p.outcome, Err(Refusal::LicenseNeeded)))
    }
}

/// Looks at every file, several at a time.
pub(super) async fn look_at(app: &App, files: Vec<Brought>, door: &Arc<Door>) -> Vec<ReviewItem> {
    let looks = files.into_iter().map(|file| look(app.clone(), file, Arc::clone(door)));
    stream::iter(looks).buffered(AT_ONCE).collect().await
}

/// Looks again at what was looked at on another node.
pub(super) async fn look_again(
    app: &App,
    kept: Vec<KeptItem>,
    door: &Arc<Door>,
) -> Vec<ReviewItem> {
    let looks =
        kept.into_iter().map(|kept| ReviewItem::of_kept(app.clone(), kept, Arc::clone(door)));
    stream::iter(looks).buffered(AT_ONCE).collect().await
}

async fn look(app: App, file: Brought, door: Arc<Door>) -> ReviewItem {
    let name = file.name;
    let refused = |brought: Hash, code| {
        app.metrics().unreadable(code, "page");
        app.refusals().count(brought, code, app.now());
    };
    let bytes = match file.content {
        Ok(bytes) => bytes,
        Err(unread) => {
            refused(Hash::of(&name), unread.code());
            return ReviewItem { name, read: None, why: Some(unread.into()) };
        }
    };
    let (token, request) = match desk::understand(&bytes) {
        Ok(understood) => understood,
        Err(refusal) => {
            refused(Hash::of(&bytes), refusal.code());
            return ReviewItem { name, read: None, why: Some((&refusal).into()) };
        }
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

/// What a review shows, before it is put into words.
#[derive(Debug)]
pub(super) struct Review {
    pub(super) items: Vec<ReviewItem>,
    pub(super) seats: Vec<Need>,
    pub(super) license_key: String,
}

impl Review {
    /// How long the tokens are together.
    pub(super) fn characters(&self) -> usize {
        self.items.iter().map(|item| item.token().len()).sum()
    }

    pub(super) fn is_large(&self) -> bool {
        batch::is_large(self.items.len(), self.characters())
    }

    /// The requests that can be answered, with the names of their files.
    pub(super) fn ready(&self) -> impl Iterator<Item = (&str, &str)> {
        self.items.iter().filter(|item| item.can_go_on()).map(|item| (item.token(), &*item.name))
    }

    /// The names of the files that cannot.
    pub(super) fn left(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter(|item| !item.can_go_on()).map(|item| item.name.as_str())
    }

    /// The requests that need a license to be chosen.
    pub(super) fn without_license(&self) -> impl Iterator<Item = (&str, &str)> {
        self.items
            .iter()
            .filter(|item| item.needs_license())
            .map(|item| (item.token(), &*item.name))
    }

    /// Whether the seats do not suffice: then they are given in the order of the list, and not several at a time.
    pub(super) fn is_short(&self) -> bool {
        self.seats.iter().any(Need::is_short)
    }
}

#[derive(Template)]
#[template(path = "review.html")]
pub(super) struct ReviewPage {
    pub(super) frame: Frame,
    pub(super) review: Arc<Review>,
    /// Of a large batch.
    pub(super) part: Option<Part>,
    pub(super) paths: Paths,
}

impl ReviewPage {
    fn as_table(&self) -> bool {
        self.part.is_some()
    }

    fn shown(&self) -> &[ReviewItem] {
        Part::shown(self.part.as_ref(), &self.review.items)
    }

    fn count(&self) -> usize {
        self.review.ready().count()
    }

    fn left(&self) -> usize {
        self.review.left().count()
    }

    /// The words on the button: what will happen, not "OK".
    fn button(&self) -> String {
        let ready = self.review.items.iter().filter(|item| item.can_go_on());
        let kinds: Vec<TokenType> = ready.filter_map(|item| Some(item.preview()?.kind)).collect();
        let key = match kinds.first() {
            Some(first) if kinds.iter().any(|kind| kind != first) => "button-answer",
            Some(TokenType::ActivationRequest) => "button-activate",
            Some(TokenType::TrialRequest) => "button-trial",
            _ => "button-deactivate",
        };
        self.frame.t1(key, "count", kinds.len())
    }

    fn asks_for_license(&self) -> bool {
        self.review.without_license().next().is_some()
    }
}
