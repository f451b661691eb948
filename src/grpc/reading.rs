//! What every read has in common: the two times of the question, and waiting for one's own write.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::watch;
use tonic::Status;

use super::status;
use crate::domain::World;
use crate::domain::time::{PartialDate, When};
use crate::position::Position;
use crate::proto::v1;
use crate::recorder::Clock;
use crate::state::{Past, Snapshot, State};

/// The longest that a read waits for `at_least_position`, where the caller's deadline is not sooner.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(30);

/// Answers questions as of two times.
#[derive(Clone)]
pub struct Readers {
    state: State,
    clock: Arc<dyn Clock>,
    stopping: Option<watch::Receiver<bool>>,
}

/// What a question is answered from.
pub struct Reading<'a> {
    /// What was known.
    pub world: &'a dyn World,
    /// The same, where that is all that is known now.
    pub latest: Option<&'a Snapshot>,
    /// The day that is asked about.
    pub t: When,
    /// The same, as it is written.
    pub valid_at: PartialDate,
    /// The last position that was known.
    pub position: Position,
}

impl<'a> Reading<'a> {
    /// From all that is known in `latest`.
    pub fn of(valid_at: PartialDate, latest: &'a Snapshot) -> Reading<'a> {
        Reading { world: latest, latest: Some(latest), t: valid_at.when(), valid_at, position: latest.tail() }
    }

    /// The two times, to ask exactly the same again.
    pub fn answered(&self) -> v1::AnsweredAsOf {
        v1::AnsweredAsOf { valid_at: self.valid_at.to_string(), known_position: self.position.0 }
    }
}

/// What a question is about: the day, the latest state, and what was known where that is less.
struct Times {
    valid_at: PartialDate,
    present: Arc<Snapshot>,
    past: Option<v1::as_of::KnownAt>,
}

fn of_type<T: 'static>(answer: Box<dyn Any + Send>) -> Result<T, Status> {
    *answer.downcast::<Result<T, Status>>().expect("it is what was asked for")
}

type Ask = Box<dyn FnOnce(&Reading<'_>) -> Box<dyn Any + Send> + Send>;

impl Readers {
    /// From this state; `clock` says what day it is where nobody asks about another.
    pub fn new(state: State, clock: Arc<dyn Clock>) -> Readers {
        Readers { state, clock, stopping: None }
    }

    /// The same, but nobody is kept waiting once `stopping` turns true.
    #[must_use]
    pub fn until(self, stopping: watch::Receiver<bool>) -> Readers {
        Readers { stopping: Some(stopping), ..self }
    }

    /// The state behind it.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Today, UTC.
    pub fn today(&self) -> PartialDate {
        self.clock.now().to_zoned_datetime(TimeZone::UTC).date().into()
    }

    /// Answers `ask` from what was known at one time about one day; absent: all of it, today.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` for a malformed day, `OUT_OF_RANGE` for a position beyond the tail, `DEADLINE_EXCEEDED` where
    /// `at_least_position` is not reached in time, and what `ask` answers.
    pub async fn answer<T: Send + 'static>(
        &self,
        as_of: Option<v1::AsOf>,
        at_least_position: u64,
        ask: impl FnOnce(&Reading<'_>) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        self.answer_by(false, as_of, at_least_position, ask).await
    }

    /// The same, for a question that goes through very much: it is answered on a thread for that, and keeps no other waiting.
    ///
    /// # Errors
    ///
    /// As [`Readers::answer`].
    pub async fn answer_aside<T: Send + 'static>(
        &self,
        as_of: Option<v1::AsOf>,
        at_least_position: u64,
        ask: impl FnOnce(&Reading<'_>) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        self.answer_by(true, as_of, at_least_position, ask).await
    }

    /// As [`Readers::answer_aside`] where the question may go through very much, else as [`Readers::answer`].
    ///
    /// # Errors
    ///
    /// As [`Readers::answer`].
    pub async fn answer_by<T: Send + 'static>(
        &self,
        goes_far: bool,
        as_of: Option<v1::AsOf>,
        at_least_position: u64,
        ask: impl FnOnce(&Reading<'_>) -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        match self.times(as_of, at_least_position).await? {
            Times { valid_at, present, past: None } if !goes_far => ask(&Reading::of(valid_at, &present)),
            times => of_type(self.aside(times, Box::new(|reading| Box::new(ask(reading)))).await?),
        }
    }

    /// What is asked about, once all that has to be known is.
    async fn times(&self, as_of: Option<v1::AsOf>, at_least_position: u64) -> Result<Times, Status> {
        let v1::AsOf { valid_at, known_at } = as_of.unwrap_or_default();
        let valid_at = match valid_at.as_str() {
            "" => self.today(),
            text => text.parse().map_err(|error| status::bad_date("as_of.valid_at", &error))?,
        };
        let present = self.at_least(Position(at_least_position)).await?;
        let tail = present.tail();
        let past = match known_at {
            Some(v1::as_of::KnownAt::KnownPosition(known)) if known > tail.0 => {
                return Err(status::beyond_tail(Position(known), tail));
            }
            known => known.filter(|known| *known != v1::as_of::KnownAt::KnownPosition(tail.0)),
        };
        Ok(Times { valid_at, present, past })
    }

    /// Answers on a thread for it, since what was known once may have to be read from the log. Its question and its answer are
    /// of any type, for this is compiled once and not for each question there is.
    async fn aside(&self, times: Times, ask: Ask) -> Result<Box<dyn Any + Send>, Status> {
        let Times { valid_at, present, past } = times;
        let loader = self.state.loader().clone();
        let answer = tokio::task::spawn_blocking(move || {
            let position = match past {
                None => return Ok(ask(&Reading::of(valid_at, &present))),
                Some(v1::as_of::KnownAt::KnownPosition(known)) => Position(known),
                Some(v1::as_of::KnownAt::KnownTime(time)) => {
                    let time = crate::wire::decode_timestamp(time)
                        .ok_or_else(|| status::bad_time("as_of.known_time"))?;
                    let known = loader.last_recorded_by(time, present.tail());
                    known.map_err(|error| status::internal(&error))?
                }
            };
            let past = Past::new(present, position, loader);
            let t = valid_at.when();
            let answer = ask(&Reading { world: &past, latest: None, t, valid_at, position });
            match past.failure() {
                Some(error) => Err(status::internal(&error)),
                None => Ok(answer),
            }
        });
        answer.await.map_err(|error| status::internal(&error))?
    }

    /// The latest snapshot, once it holds `position`.
    ///
    /// # Errors
    ///
    /// `DEADLINE_EXCEEDED` where it does not in time; `UNAVAILABLE` where the daemon stops.
    pub async fn at_least(&self, position: Position) -> Result<Arc<Snapshot>, Status> {
        let latest = self.state.latest();
        if latest.tail() >= position {
            return Ok(latest);
        }
        let mut watch = self.state.watch();
        let reached = watch.wait_for(|snapshot| snapshot.tail() >= position);
        match self.wait(WAIT_MAX, reached).await? {
            Some(Ok(snapshot)) => Ok(snapshot.clone()),
            Some(Err(_)) => Err(status::stopping_reads()),
            None => Err(status::not_reached(position, self.state.latest().tail())),
        }
    }

    /// What is waited for, if it comes within `max`.
    ///
    /// # Errors
    ///
    /// `UNAVAILABLE` where the daemon stops.
    pub(super) async fn wait<T>(
        &self,
        max: Duration,
        what: impl Future<Output = T>,
    ) -> Result<Option<T>, Status> {
        tokio::select! {
            waited = tokio::time::timeout(max, what) => Ok(waited.ok()),
            () = self.stops() => Err(status::stopping_reads()),
        }
    }

    async fn stops(&self) {
        match self.stopping.clone() {
            // Where its sender is gone, so is the daemon.
            Some(mut stopping) => drop(stopping.wait_for(|stopping| *stopping).await),
            None => std::future::pending().await,
        }
    }
}
