//! The worlds that questions are asked of: what is known now, or was at some time, read on a day.

use std::sync::Arc;

use tonic::Status;

use super::status;
use crate::domain::World;
use crate::domain::time::{PartialDate, When};
use crate::position::Position;
use crate::proto::v1;

/// Gives each question its world and its day.
#[derive(Clone)]
pub struct Readers {
    world: Arc<dyn World + Send + Sync>,
    today: PartialDate,
}

/// One question's world and day.
pub struct Reading<'a> {
    /// What is known.
    pub world: &'a dyn World,
    /// The day on which it is read.
    pub t: When,
    /// The same day as it was written.
    pub valid_at: PartialDate,
    /// The last position that is known.
    pub position: Position,
}

impl Reading<'_> {
    /// The two times of the answer.
    pub fn answered(&self) -> v1::AnsweredAsOf {
        v1::AnsweredAsOf { valid_at: self.valid_at.to_string(), known_position: self.position.0 }
    }
}

impl Readers {
    /// Of one world that does not change.
    pub fn fixed(world: Arc<dyn World + Send + Sync>, today: PartialDate) -> Readers {
        Readers { world, today }
    }

    /// Answers a question as of two times; absent: now.
    ///
    /// # Errors
    ///
    /// What `ask` answers; `INVALID_ARGUMENT` for a date that is none; `OUT_OF_RANGE` for what is beyond the tail.
    #[expect(clippy::unused_async, reason = "other worlds than a fixed one are waited for")]
    pub async fn answer<T: Send + 'static>(
        &self,
        as_of: Option<v1::AsOf>,
        at_least_position: u64,
        ask: impl FnOnce(&Reading<'_>) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        let v1::AsOf { valid_at, known_at } = as_of.unwrap_or_default();
        let valid_at = if valid_at.is_empty() {
            self.today
        } else {
            valid_at.parse().map_err(|error| status::bad_date("as_of.valid_at", &error))?
        };
        let tail = self.world.tail();
        let asked = match known_at {
            None | Some(v1::as_of::KnownAt::KnownTime(_)) => tail,
            Some(v1::as_of::KnownAt::KnownPosition(position)) => Position(position),
        };
        let asked = asked.max(Position(at_least_position));
        if asked > tail {
            return Err(status::beyond_tail(asked, tail));
        }
        if matches!(known_at, Some(v1::as_of::KnownAt::KnownPosition(known)) if known < tail.0) {
            return Err(status::unavailable("PAST_NOT_KEPT", "a fixed world has no past", None));
        }
        ask(&Reading { world: self.world.as_ref(), t: valid_at.when(), valid_at, position: tail })
    }
}
