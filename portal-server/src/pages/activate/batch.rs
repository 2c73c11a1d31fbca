//! `/activate/batches/{token}`: a batch that is too large for one page. What was brought, and then what came of it, is kept for
//! a while (`shelf.rs`) and shown part by part; a page carries the batch's id instead of its requests. Smaller ones travel in
//! the page itself: they need nothing to be kept.

mod kept;

use std::ops::Range;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use countersign_core::{Hash, Id};

use super::result::{self, ResultPage, Results};
use super::review::{Review, ReviewPage};
use super::{Paths, Place, door_of};
use crate::access::Visitor;
use crate::app::App;
use crate::pages::paging::{Asked, Pages};
use crate::pages::{ErrorPage, Frame, page};

/// More files than so many are shown as a table, fewer as cards.
pub(super) const MOST_CARDS: usize = 5;
/// The most characters of tokens that a page carries.
const MOST_CARRIED: usize = 16 * 1024;
/// The rows of one part: such a page has some twenty kilobytes, packed.
const ROWS: usize = 100;
/// What one file takes in memory beside its tokens, in bytes, rather too much than too little.
const WEIGHT: usize = 4096;

/// A large batch.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Who brought it, if they were logged in: nobody else sees it then.
    user: Option<Id>,
    /// Where it was brought.
    place: Place,
    stage: Stage,
}

#[derive(Debug, Clone)]
enum Stage {
    Reviewed(Arc<Review>),
    Answered(Arc<Results>),
}

/// Whether so many files, with so many characters of tokens, are a large batch.
pub(super) fn is_large(files: usize, characters: usize) -> bool {
    files > MOST_CARDS || characters > MOST_CARRIED
}

/// A part of a batch, on one page.
pub(super) struct Part {
    /// By which the page and its forms name the batch.
    pub(super) id: String,
    rows: Range<usize>,
    count: usize,
    pages: Pages,
}

impl Part {
    fn of(id: &str, count: usize, asked: &Asked) -> Self {
        let last = count.saturating_sub(1) / ROWS + 1;
        let page = asked.text("page").parse::<usize>().unwrap_or(1).clamp(1, last);
        let to = |page: usize| match page {
            1 => format!("/activate/batches/{id}"),
            page => format!("/activate/batches/{id}?page={page}"),
        };
        let pages = Pages {
            first: (page > 1).then(|| to(1)),
            previous: (page > 2).then(|| to(page - 1)),
            next: (page < last).then(|| to(page + 1)),
        };
        let rows = (page - 1) * ROWS..(page * ROWS).min(count);
        Self { id: id.to_owned(), rows, count, pages }
    }

    /// The rows that are shown.
    pub(super) fn shown<'a, T>(part: Option<&Self>, all: &'a [T]) -> &'a [T] {
        part.and_then(|part| all.get(part.rows.clone())).unwrap_or(all)
    }

    /// "Files 101 to 200 of 1000", where that is not all.
    pub(super) fn words(&self, frame: &Frame) -> String {
        let Range { start, end } = &self.rows;
        if end - start == self.count {
            return String::new();
        }
        let say = crate::language::Say::new("batch-part").with("from", start + 1).with("to", end);
        frame.say(say.with("count", self.count))
    }

    pub(super) fn pages(&self) -> Pages {
        self.pages.clone()
    }
}

/// Keeps what a review showed. The part of it that comes first.
pub(super) async fn keep_review(
    app: &App,
    visitor: &Visitor,
    place: Place,
    review: &Arc<Review>,
) -> Result<Part, ErrorPage> {
    let weight = review.items.len() * WEIGHT + 2 * review.characters();
    let id = app.secret().0;
    let stage = Stage::Reviewed(Arc::clone(review));
    keep(app, visitor, &id, place, stage, weight).await?;
    Ok(Part::of(&id, review.items.len(), &Asked::default()))
}

/// Keeps what came of a batch, which has this id from its review if that was kept, too. The part that comes first.
pub(super) async fn keep_results(
    app: &App,
    visitor: &Visitor,
    place: Place,
    id: Option<String>,
    results: &Arc<Results>,
) -> Result<Part, ErrorPage> {
    let weight = results.items.len() * WEIGHT + 2 * results.characters();
    let id = id.unwrap_or_else(|| app.secret().0);
    let stage = Stage::Answered(Arc::clone(results));
    keep(app, visitor, &id, place, stage, weight).await?;
    Ok(Part::of(&id, results.items.len(), &Asked::default()))
}

async fn keep(
    app: &App,
    visitor: &Visitor,
    id: &str,
    place: Place,
    stage: Stage,
    weight: usize,
) -> Result<(), ErrorPage> {
    let user = visitor.user.as_ref().map(|user| user.id);
    // People are told apart by who they are, strangers by where they come from.
    let owner = user.map_or_else(|| visitor.caller.network.clone(), |user| format!("user:{user}"));
    let batch = Batch { user, place, stage };
    let written = |batch: &Batch| kept::written(batch);
    Ok(app.batches().put(app, Hash::of(id), batch, weight, &owner, written).await?)
}

/// The batch with this id, if it is kept and this visitor's: its id is a secret, and of those who are logged in nobody
/// else's batch exists.
async fn find(app: &App, visitor: &Visitor, id: &str) -> Result<Arc<Batch>, ErrorPage> {
    let read = async |bytes: Vec<u8>| kept::read(app, visitor, &bytes).await;
    let found = app.batches().get(app, &Hash::of(id), read).await?;
    let user = visitor.user.as_ref().map(|user| user.id);
    let theirs = |batch: &Arc<Batch>| batch.user.is_none() || batch.user == user;
    found.filter(theirs).ok_or_else(ErrorPage::batch_gone)
}

/// A part of a batch: of its review, or of what came of it.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let batch = find(&app, &visitor, &id).await?;
    if batch.place != Place::Public {
        // Whoever lost the license, or works for the vendor no longer, sees no more of it.
        door_of(&app, &visitor, batch.place, "").await?;
    }
    let (frame, paths) = (Frame::new(&app, &visitor), Paths::of(batch.place));
    Ok(match &batch.stage {
        Stage::Reviewed(review) => {
            let part = Some(Part::of(&id, review.items.len(), &asked));
            page(&ReviewPage { frame, review: Arc::clone(review), part, paths })
        }
        Stage::Answered(results) => {
            let part = Some(Part::of(&id, results.items.len(), &asked));
            page(&ResultPage { frame, results: Arc::clone(results), part, paths })
        }
    })
}

/// Answers what the review of this batch showed; once more, it shows what came of it.
pub(super) async fn confirm(
    app: &App,
    visitor: &Visitor,
    id: &str,
    place: Place,
) -> Result<Response, ErrorPage> {
    let batch = find(app, visitor, id).await?;
    if batch.place != place {
        return Err(ErrorPage::batch_gone());
    }
    let (frame, paths) = (Frame::new(app, visitor), Paths::of(place));
    let (results, part) = match &batch.stage {
        Stage::Answered(results) => {
            let part = Part::of(id, results.items.len(), &Asked::default());
            (Arc::clone(results), part)
        }
        Stage::Reviewed(review) => {
            let door = door_of(app, visitor, place, &review.license_key).await?;
            let results = Arc::new(result::of_review(app, visitor, review, door).await);
            let part = keep_results(app, visitor, place, Some(id.to_owned()), &results).await?;
            (results, part)
        }
    };
    Ok(page(&ResultPage { frame, results, part: Some(part), paths }))
}

/// The review of a batch, for another look at what needs a license.
pub(super) async fn review(
    app: &App,
    visitor: &Visitor,
    id: &str,
) -> Result<Arc<Review>, ErrorPage> {
    match &find(app, visitor, id).await?.stage {
        Stage::Reviewed(review) => Ok(Arc::clone(review)),
        Stage::Answered(_) => Err(ErrorPage::batch_gone()),
    }
}

/// What came of a batch.
pub(super) async fn results(
    app: &App,
    visitor: &Visitor,
    id: &str,
) -> Result<Arc<Results>, ErrorPage> {
    match &find(app, visitor, id).await?.stage {
        Stage::Answered(results) => Ok(Arc::clone(results)),
        Stage::Reviewed(_) => Err(ErrorPage::batch_gone()),
    }
}
