//! A large batch as bytes, so that every node can go on with it. Requests are in it and no answers: those are in the database anyway.

use std::sync::Arc;

use countersign_core::Id;
use serde::{Deserialize, Serialize};

use super::{Batch, Stage};
use crate::access::Visitor;
use crate::app::App;
use crate::pages::ErrorPage;
use crate::pages::activate::result::{KeptResult, ResultItem, Results};
use crate::pages::activate::review::{self, KeptItem, Review};
use crate::pages::activate::{Place, door_of, seats};

#[derive(Serialize, Deserialize)]
struct KeptBatch {
    user: Option<String>,
    place: KeptPlace,
    license_key: String,
    stage: KeptStage,
}

#[derive(Serialize, Deserialize)]
enum KeptPlace {
    Public,
    License(String),
    Staff,
}

#[derive(Serialize, Deserialize)]
enum KeptStage {
    Reviewed(Vec<KeptItem>),
    Answered(Vec<KeptResult>, Vec<String>),
}

pub(super) fn written(batch: &Batch) -> Vec<u8> {
    let place = match batch.place {
        Place::Public => KeptPlace::Public,
        Place::License(id) => KeptPlace::License(id.to_string()),
        Place::Staff => KeptPlace::Staff,
    };
    let (license_key, stage) = match &batch.stage {
        Stage::Reviewed(review) => {
            let items = review.items.iter().map(review::ReviewItem::kept).collect();
            (&review.license_key, KeptStage::Reviewed(items))
        }
        Stage::Answered(results) => {
            let items = results.items.iter().map(ResultItem::kept).collect();
            (&results.license_key, KeptStage::Answered(items, results.left.clone()))
        }
    };
    let user = batch.user.map(|user| user.to_string());
    let kept = KeptBatch { user, place, license_key: license_key.clone(), stage };
    serde_json::to_vec(&kept).unwrap_or_default()
}

/// What a visitor may not see is not looked at for them.
pub(super) async fn read(
    app: &App,
    visitor: &Visitor,
    bytes: &[u8],
) -> Result<Option<Batch>, ErrorPage> {
    let broken = |error: serde_json::Error| ErrorPage::internal(&error);
    let KeptBatch { user, place, license_key, stage } =
        serde_json::from_slice(bytes).map_err(broken)?;
    let id = |text: String| text.parse().map_err(|error| ErrorPage::internal(&error));
    let user: Option<Id> = user.map(id).transpose()?;
    if user.is_some() && user != visitor.user.as_ref().map(|user| user.id) {
        return Ok(None);
    }
    let place = match place {
        KeptPlace::Public => Place::Public,
        KeptPlace::License(id) => {
            Place::License(id.parse().map_err(|error| ErrorPage::internal(&error))?)
        }
        KeptPlace::Staff => Place::Staff,
    };
    let stage = match stage {
        KeptStage::Reviewed(items) => {
            let mut door = door_of(app, visitor, place, &license_key).await?;
            if user.is_none() {
                // What a stranger brought shows nothing that somebody else may see who looks at it.
                door.user = None;
            }
            let door = Arc::new(door);
            let items = review::look_again(app, items, &door).await;
            let seats = seats::needs(app, &items).await?;
            Stage::Reviewed(Arc::new(Review { items, seats, license_key }))
        }
        KeptStage::Answered(kept, left) => {
            let mut items = Vec::with_capacity(kept.len());
            for item in kept {
                let Some(item) = ResultItem::of_kept(app, item).await? else { return Ok(None) };
                items.push(item);
            }
            Stage::Answered(Arc::new(Results { items, left, license_key }))
        }
    };
    Ok(Some(Batch { user, place, stage }))
}
