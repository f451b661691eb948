//! What decides, groups and appends; whose thread it runs on is none of its business.

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::deciding::Deciding;
use super::{Clock, Limits, RecordError, Request};
use crate::domain::decide::{Outcome, Violation};
use crate::domain::{Changes, Event, Now, Reason, Refusal, World, decide};
use crate::log::{AppendError, EventLog, FRAME_BYTES_MAX, NewFrame};
use crate::position::Position;
use crate::state::{LoadError, Loader, Snapshot, State};
use crate::wire;

/// A disk is quick whose last append took less: nobody on the caller's thread minds such a wait.
const QUICK: SignedDuration = SignedDuration::from_millis(1);

/// After so many requests one by one, the next is likely to come alone, too.
const ALONE: u32 = 8;

type Answer = (oneshot::Sender<Result<Vec<Outcome>, RecordError>>, Vec<Outcome>);

/// Frames that become durable together.
#[derive(Default)]
struct Group {
    frames: Vec<NewFrame>,
    bytes: usize,
    events: usize,
    answers: Vec<Answer>,
}

/// A group on its way to the disk.
struct UnderWay {
    begun: Timestamp,
    append: Pin<Box<dyn Future<Output = Result<Position, AppendError>> + Send>>,
    becomes: Snapshot,
    events: usize,
    answers: Vec<Answer>,
}

pub(super) struct Writer {
    pub(super) log: Arc<dyn EventLog>,
    pub(super) loader: Loader,
    state: State,
    clock: Arc<dyn Clock>,
    limits: Limits,
    last: Timestamp,
    pub(super) speculative: Snapshot,
    pub(super) undurable: VecDeque<Event>,
    next: Group,
    under_way: Option<UnderWay>,
    /// How it failed for a caller who recorded on its own thread: the recorder ends with it.
    pub(super) failed: Option<AppendError>,
    is_quick: bool,
    /// How many groups came one behind the other with one request each, and nobody waiting.
    alone: u32,
    /// Where those who wait for answers run: one task there wakes all of a group, which is cheaper than waking each from
    /// another thread.
    callers: Option<Handle>,
}

impl Writer {
    /// On this log, which is where `state` ends.
    pub(super) fn new(
        log: Arc<dyn EventLog>,
        state: State,
        clock: Arc<dyn Clock>,
        limits: Limits,
        callers: Option<Handle>,
    ) -> Result<Writer, LoadError> {
        let durable = state.latest().view();
        let loader = state.loader().clone();
        let last = match durable.tail() {
            Position::ZERO => Timestamp::UNIX_EPOCH,
            tail => loader.event(tail)?.recorded_at,
        };
        Ok(Writer {
            log,
            loader,
            state,
            clock,
            limits,
            last,
            speculative: durable,
            undurable: VecDeque::new(),
            next: Group::default(),
            under_way: None,
            failed: None,
            is_quick: false,
            alone: 0,
            callers,
        })
    }

    /// The last append took so little that its caller may wait for the next, and callers have come one by one for a while: where
    /// there are many, a thread that waits for the disk is one less that reads what they send.
    pub(super) fn callers_may_record(&self) -> bool {
        self.is_quick && self.alone >= ALONE
    }

    /// Somebody came meanwhile.
    pub(super) fn others_came(&mut self) {
        self.alone = 0;
    }

    /// What has been decided is as much as goes into one group.
    pub(super) fn is_full(&self) -> bool {
        self.next.bytes >= self.limits.group_bytes_max
    }

    /// Nothing is under way, and nothing waits to be.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_none() && self.next.frames.is_empty()
    }

    /// Begins what has been decided, group by group, as far as the log takes it at once.
    pub(super) fn advance(&mut self, cx: &mut Context<'_>) -> Result<(), AppendError> {
        loop {
            let mut group = match self.under_way.take() {
                Some(group) => group,
                None if self.next.frames.is_empty() => return Ok(()),
                None => self.begin(),
            };
            match group.append.as_mut().poll(cx) {
                Poll::Ready(result) => self.finish(group, result)?,
                Poll::Pending => {
                    self.under_way = Some(group);
                    return Ok(());
                }
            }
        }
    }

    /// Decides a request: it is answered at once, or what comes of it goes into the next group.
    pub(super) fn decide(&mut self, request: Request) {
        let Request { commands, by, validate_only, answer, _room } = request;
        let at = self.clock.now().max(self.last);
        let world = Deciding { writer: self, failure: Cell::new(None) };
        let decided = decide(&world, &commands, &Now { at, by });
        if let Some(failure) = world.failure.take() {
            return reply(answer, Err(RecordError::Unreadable(Arc::new(failure))));
        }
        let changes = match decided {
            Ok(changes) if !validate_only => changes,
            Ok(changes) => return reply(answer, Ok(changes.outcomes)),
            Err(refusal) => return reply(answer, Err(refusal.into())),
        };
        if changes.events.is_empty() {
            let last = changes.outcomes.iter().map(|outcome| outcome.position).max().unwrap_or_default();
            return self.answer_again(answer, changes.outcomes, last);
        }
        match self.queue(changes, at) {
            Ok(outcomes) => self.next.answers.push((answer, outcomes)),
            Err(refusal) => reply(answer, Err(refusal.into())),
        }
    }

    /// The first answer again, once what it rests on is durable.
    fn answer_again(
        &mut self,
        answer: oneshot::Sender<Result<Vec<Outcome>, RecordError>>,
        outcomes: Vec<Outcome>,
        last: Position,
    ) {
        match &mut self.under_way {
            _ if last <= self.log.tail() => reply(answer, Ok(outcomes)),
            Some(group) if last <= group.becomes.tail() => group.answers.push((answer, outcomes)),
            Some(_) | None => self.next.answers.push((answer, outcomes)),
        }
    }

    fn queue(&mut self, changes: Changes, at: Timestamp) -> Result<Vec<Outcome>, Refusal> {
        let payload = wire::encode_frame(&changes.events);
        if payload.len() > FRAME_BYTES_MAX {
            return Err(too_large(payload.len()));
        }
        self.last = at;
        self.speculative.apply(&changes);
        let events = changes.events.len();
        self.undurable.extend(changes.events);
        self.next.bytes += payload.len();
        self.next.events += events;
        let events = u32::try_from(events).expect("a frame of at most a mebibyte has fewer events than that");
        self.next.frames.push(NewFrame { events, payload });
        Ok(changes.outcomes)
    }

    fn begin(&mut self) -> UnderWay {
        let Group { frames, bytes: _, events, answers } = std::mem::take(&mut self.next);
        let (log, expected) = (self.log.clone(), self.log.tail());
        let append = Box::pin(async move { log.append(expected, frames).await });
        UnderWay { begun: self.clock.now(), append, becomes: self.speculative.view(), events, answers }
    }

    fn finish(&mut self, done: UnderWay, result: Result<Position, AppendError>) -> Result<(), AppendError> {
        match result {
            Ok(_tail) => {
                let took = self.clock.now().duration_since(done.begun);
                self.is_quick = (SignedDuration::ZERO..QUICK).contains(&took);
                let is_alone = done.answers.len() == 1 && self.next.frames.is_empty();
                self.alone = if is_alone { self.alone.saturating_add(1) } else { 0 };
                self.undurable.drain(..done.events);
                self.state.publish(done.becomes);
                let answers = done.answers;
                let many = answers.len() > 1;
                let reply_all =
                    move || answers.into_iter().for_each(|(to, outcomes)| reply(to, Ok(outcomes)));
                match &self.callers {
                    Some(runtime) if many => drop(runtime.spawn(async move { reply_all() })),
                    Some(_) | None => reply_all(),
                }
                Ok(())
            }
            Err(error) => {
                tracing::error!(error = %error, events = done.events, "an append failed; nothing of it is recorded");
                let dropped = std::mem::take(&mut self.next);
                for (answer, _) in done.answers.into_iter().chain(dropped.answers) {
                    reply(answer, Err(error.clone().into()));
                }
                self.speculative = self.state.latest().view();
                self.speculative.take_back(&self.undurable);
                self.undurable.clear();
                match error {
                    AppendError::Failed { .. } | AppendError::Closed => Err(error),
                    AppendError::Conflict { .. }
                    | AppendError::DiskFull { .. }
                    | AppendError::FrameTooLarge { .. }
                    | AppendError::EmptyFrame
                    | AppendError::ReadOnly => Ok(()),
                }
            }
        }
    }
}

fn reply(
    answer: oneshot::Sender<Result<Vec<Outcome>, RecordError>>,
    result: Result<Vec<Outcome>, RecordError>,
) {
    // Whoever asked may be gone; what is recorded stays recorded.
    let _ = answer.send(result);
}

fn too_large(bytes: usize) -> Refusal {
    let says = format!("the request's events take {bytes} bytes, the limit is {FRAME_BYTES_MAX}; split it");
    let reason = Reason::TooLarge;
    let violation = Violation { reason, command: None, event: None, subject: "commands".into(), says };
    Refusal { reason, violations: vec![violation] }
}
