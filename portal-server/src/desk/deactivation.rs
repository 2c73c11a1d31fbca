//! Answering a deactivation request: the receipt, and the seat.

use countersign_core::Id;
use countersign_core::request::VerifiedRequest;
use countersign_core::response::Answer;
use countersign_store::{Deactivate, Deactivated};

use super::recognise::recognise;
use super::{Answered, Door, Refusal, from_stored, respond, sign};
use crate::app::App;
use crate::signing::Evidence;

pub(super) async fn answer(
    app: &App,
    request: &VerifiedRequest,
    activation: &Id,
    door: &Door,
) -> Result<Answered, Refusal> {
    // An activation of another product with the same id does not exist; the receipt names the request's product.
    let now = app.now();
    let response = respond(
        app,
        request,
        app.random_id(),
        now,
        Answer::Deactivation { activation: *activation },
    );
    recognise(app, request, None).await?;
    let device_key = request.device_key().thumbprint();
    let (plan, known) = app.store().deactivation_plan(activation, &device_key).await?;
    let Some(known) = known else { return Err(Refusal::UnknownActivation) };
    // Proof without a deactivation left is recorded all the same.
    let is_recorded = matches!(plan, Deactivated::Done | Deactivated::UsedUp { .. });
    if app.keys().signing.is_counted() && !is_recorded {
        return Err(refusal(&plan));
    }
    let token = sign(app, Evidence::Request(request.token()), &response).await?;
    let deactivate = Deactivate {
        activation: *activation,
        device_key,
        request_hash: request.hash(),
        receipt: token.clone(),
        by_user: door.user.as_ref().map(|user| user.id),
        now,
    };
    match app.store().deactivate(deactivate).await? {
        Deactivated::Done => Ok(Answered {
            token,
            response,
            device_name: known.device_name,
            request_hash: request.hash(),
        }),
        Deactivated::Repeated(answer) => from_stored(app, answer, request.hash()),
        refused => Err(refusal(&refused)),
    }
}

/// The refusal that an outcome is.
pub(super) fn refusal(outcome: &Deactivated) -> Refusal {
    match outcome {
        Deactivated::OtherDevice => Refusal::DeviceMismatch,
        Deactivated::Replaced => Refusal::Superseded,
        Deactivated::UsedUp { allowed } => Refusal::DeactivationsUsedUp(*allowed),
        Deactivated::Unknown | Deactivated::Done | Deactivated::Repeated(_) => {
            Refusal::UnknownActivation
        }
    }
}
