//! A script that fails, made as short as it can be and still fail.

use countersign_testing::Engine;

use crate::database::Database;
use crate::op::Script;
use crate::play::Play;

/// Plays a script in a database of its own.
pub(crate) async fn alone(script: &Script, engine: Engine) -> Result<(), String> {
    let database = Database::open(engine).await;
    Play::of(script, &database, 0).await?;
    let damaged = database.store.integrity_check().await.unwrap();
    if damaged.is_empty() { Ok(()) } else { Err(format!("{damaged:#?}")) }
}

/// Leaves out what is not needed: halves, quarters, and so on down to single steps, until nothing more can go.
pub(crate) async fn shortened(script: &Script, engine: Engine, why: String) -> (Script, String) {
    let (mut script, mut why) = (script.clone(), why);
    let mut piece = script.ops.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        let before = script.ops.len();
        while at < script.ops.len() {
            let mut shorter = script.clone();
            shorter.ops.drain(at..(at + piece).min(script.ops.len()));
            match alone(&shorter, engine).await {
                Err(other) => (script, why) = (shorter, other),
                Ok(()) => at += piece,
            }
        }
        if piece > 1 || script.ops.len() == before {
            piece /= 2;
        }
    }
    (script, why)
}
