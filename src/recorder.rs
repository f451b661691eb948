//! The single writer: decide, group, append, acknowledge.
//!
//! 1. Requests are decided in the order of arrival, each on what all before it leave; while one group of frames is
//!    being made durable, the next is being decided.
//! 2. An answer is given once its events are durable, or once it is refused. Nothing of a refused request is recorded.
//! 3. Where an append fails, all that was decided on it is dropped: the caller is told, and nothing of it is known.
//! 4. The queue is bounded, in requests and in bytes; when it is full the caller hears so at once.
//! 5. `recorded_at` never goes backwards, whatever the clock does.

mod deciding;

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use prost::Message;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use self::deciding::Deciding;
use crate::domain::decide::{Outcome, Violation};
use crate::domain::{Changes, Command, Event, Now, Reason, Refusal, World, decide};
use crate::log::{AppendError, EventLog, FRAME_BYTES_MAX, NewFrame};
use crate::position::Position;
use crate::state::{LoadError, Loader, Snapshot, State};
use crate::wire;

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The time, as far as the machine knows it.
    fn now(&self) -> Timestamp;
}

/// Bounds of the recorder's queue and groups.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests that wait to be decided.
    pub queue_max: usize,
    /// Bytes of the requests that wait to be decided, in their protobuf encoding.
    pub queue_bytes_max: usize,
    /// Bytes of frames that are decided while an append is under way.
    pub group_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { queue_max: 4096, queue_bytes_max: 64 << 20, group_bytes_max: 8 << 20 }
    }
}

/// Why a request was not recorded.
#[derive(Clone, Debug, Error)]
pub enum RecordError {
    /// A rule does not hold: change the request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too many requests wait: try again later.
    #[error("the recorder's queue is full")]
    QueueFull,
    /// The log took nothing of it: what to do next is in the error.
    #[error("the log did not take it")]
    Log(#[from] AppendError),
    /// What is stored could not be read back: our own fault, or the disk's.
    #[error("what is recorded cannot be read back")]
    Unreadable(#[source] Arc<LoadError>),
    /// The daemon is stopping. The request may have been recorded: send it again to find out.
    #[error("the daemon is stopping")]
    Stopping,
}

struct Request {
    commands: Vec<Command>,
    by: Arc<str>,
    validate_only: bool,
    answer: oneshot::Sender<Result<Vec<Outcome>, RecordError>>,
    /// Its room in the queue, which is given back when it is decided.
    _room: OwnedSemaphorePermit,
}

/// Hands requests to the recorder.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<Request>,
    room: Arc<Semaphore>,
    room_max: u32,
    stop: watch::Sender<bool>,
}

/// What the queue's room is counted in.
const ROOM_BYTES: usize = 1024;

impl Recorder {
    /// Starts the recorder on a thread of its own. It ends, having closed the log, after [`Recorder::stop`], or when the
    /// log has failed; how it ended is sent to the receiver.
    ///
    /// # Errors
    ///
    /// The last event cannot be read back, or no thread can be started.
    pub fn start(
        log: Arc<dyn EventLog>,
        state: State,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<(Recorder, oneshot::Receiver<Result<(), AppendError>>), LoadError> {
        let (recorder, run) = Recorder::answering(log, state, clock, limits, Handle::try_current().ok())?;
        let (ended, how) = oneshot::channel();
        std::thread::Builder::new()
            .name("recorder".into())
            .spawn(move || {
                // Without drivers: it waits for requests and for the log, and is woken without a system call to poll.
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                let result = match runtime {
                    Ok(runtime) => runtime.block_on(run),
                    Err(source) => Err(AppendError::Failed { source: Arc::new(source) }),
                };
                // Nobody may be waiting for it any more.
                let _ = ended.send(result);
            })
            .expect("the machine has room for one more thread");
        Ok((recorder, how))
    }

    /// A recorder, and what it does, for a runtime of the caller's choice: a simulation runs it with everything else on
    /// one thread, the same way every time. It reads from the log as it decides, which blocks.
    ///
    /// # Errors
    ///
    /// The last event cannot be read back.
    pub fn new(
        log: Arc<dyn EventLog>,
        state: State,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<(Recorder, impl Future<Output = Result<(), AppendError>> + Send + use<>), LoadError> {
        Recorder::answering(log, state, clock, limits, None)
    }

    fn answering(
        log: Arc<dyn EventLog>,
        state: State,
        clock: Arc<dyn Clock>,
        limits: Limits,
        callers: Option<Handle>,
    ) -> Result<(Recorder, impl Future<Output = Result<(), AppendError>> + Send + use<>), LoadError> {
        let (queue, requests) = mpsc::channel(limits.queue_max);
        let room_max = u32::try_from(limits.queue_bytes_max / ROOM_BYTES).unwrap_or(u32::MAX).max(1);
        let room = Arc::new(Semaphore::new(room_max as usize));
        let (stop, stopped) = watch::channel(false);
        let durable = state.latest().as_ref().clone();
        let last = match durable.tail() {
            Position::ZERO => Timestamp::UNIX_EPOCH,
            tail => state.loader().event(tail)?.recorded_at,
        };
        let loader = state.loader().clone();
        let writer = Writer {
            log,
            loader,
            state,
            clock,
            limits,
            last,
            speculative: durable,
            undurable: VecDeque::new(),
            next: Group::default(),
            callers,
        };
        Ok((Recorder { queue, room, room_max, stop }, writer.run(requests, stopped)))
    }

    /// Records the commands, all or none; with `validate_only` decides and records nothing. One outcome a command.
    ///
    /// # Cancellation
    ///
    /// Dropping the future does not undo the request.
    ///
    /// # Errors
    ///
    /// Any [`RecordError`]; but for `Stopping`, nothing is recorded.
    pub async fn record(
        &self,
        commands: Vec<Command>,
        by: Arc<str>,
        validate_only: bool,
    ) -> Result<Vec<Outcome>, RecordError> {
        self.submit(commands, by, validate_only)?.await.unwrap_or(Err(RecordError::Stopping))
    }

    /// As [`Recorder::record`], queued at once and in the order of the calls; the answer comes through the receiver,
    /// which is closed where the daemon stops.
    ///
    /// # Errors
    ///
    /// `QueueFull` and `Stopping`.
    pub fn submit(
        &self,
        commands: Vec<Command>,
        by: Arc<str>,
        validate_only: bool,
    ) -> Result<oneshot::Receiver<Result<Vec<Outcome>, RecordError>>, RecordError> {
        let (answer, answered) = oneshot::channel();
        let room = self.room.clone().try_acquire_many_owned(self.room_of(&commands));
        let room = room.map_err(|_| RecordError::QueueFull)?;
        match self.queue.try_send(Request { commands, by, validate_only, answer, _room: room }) {
            Ok(()) => Ok(answered),
            Err(mpsc::error::TrySendError::Full(_)) => Err(RecordError::QueueFull),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(RecordError::Stopping),
        }
    }

    /// As [`Recorder::submit`], but waits for room in the queue: for streams, whose senders are slowed down instead.
    ///
    /// # Errors
    ///
    /// `Stopping`.
    pub async fn submit_in_turn(
        &self,
        commands: Vec<Command>,
        by: Arc<str>,
        validate_only: bool,
    ) -> Result<oneshot::Receiver<Result<Vec<Outcome>, RecordError>>, RecordError> {
        let (answer, answered) = oneshot::channel();
        let room = self.room.clone().acquire_many_owned(self.room_of(&commands)).await;
        let room = room.map_err(|_| RecordError::Stopping)?;
        let request = Request { commands, by, validate_only, answer, _room: room };
        self.queue.send(request).await.map(|()| answered).map_err(|_| RecordError::Stopping)
    }

    /// The room that a request takes in the queue; the largest takes all of it.
    fn room_of(&self, commands: &[Command]) -> u32 {
        let bytes: usize = commands.iter().map(|command| wire::encode_command(command).encoded_len()).sum();
        u32::try_from(bytes.div_ceil(ROOM_BYTES)).unwrap_or(u32::MAX).min(self.room_max)
    }

    /// Takes no more requests, finishes those in the queue, and closes the log.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

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
    append: Pin<Box<dyn Future<Output = Result<Position, AppendError>> + Send>>,
    becomes: Snapshot,
    events: usize,
    answers: Vec<Answer>,
}

struct Writer {
    log: Arc<dyn EventLog>,
    loader: Loader,
    state: State,
    clock: Arc<dyn Clock>,
    limits: Limits,
    last: Timestamp,
    speculative: Snapshot,
    undurable: VecDeque<Event>,
    next: Group,
    /// Where those who wait for answers run: one task there wakes all of a group, which is cheaper than waking each from
    /// another thread.
    callers: Option<Handle>,
}

impl Writer {
    async fn run(
        mut self,
        mut requests: mpsc::Receiver<Request>,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), AppendError> {
        let mut under_way: Option<UnderWay> = None;
        let mut open = true;
        loop {
            if under_way.is_none() && self.next.frames.is_empty() && !open {
                return self.log.close().await;
            }
            let may_decide = open && self.next.bytes < self.limits.group_bytes_max;
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop), if !requests.is_closed() => requests.close(),
                result = appended(&mut under_way), if under_way.is_some() => {
                    let done = under_way.take().expect("it was there when it was waited for");
                    self.finish(done, result)?;
                }
                request = requests.recv(), if may_decide => match request {
                    Some(request) => self.take(request, &mut requests, under_way.as_mut()),
                    None => open = false,
                },
            }
            if under_way.is_none() && !self.next.frames.is_empty() {
                under_way = Some(self.begin());
            }
        }
    }

    /// Decides a request, and while no append is under way all that wait behind it: they go into one group.
    fn take(
        &mut self,
        first: Request,
        requests: &mut mpsc::Receiver<Request>,
        mut under_way: Option<&mut UnderWay>,
    ) {
        let mut request = Some(first);
        while let Some(taken) = request {
            self.decide(taken, under_way.as_deref_mut());
            let full = self.next.bytes >= self.limits.group_bytes_max;
            request = if full { None } else { requests.try_recv().ok() };
        }
    }

    fn decide(&mut self, request: Request, under_way: Option<&mut UnderWay>) {
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
            return self.answer_again(answer, changes.outcomes, last, under_way);
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
        under_way: Option<&mut UnderWay>,
    ) {
        match under_way {
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
        UnderWay { append, becomes: self.speculative.clone(), events, answers }
    }

    fn finish(&mut self, done: UnderWay, result: Result<Position, AppendError>) -> Result<(), AppendError> {
        match result {
            Ok(_tail) => {
                self.undurable.drain(..done.events);
                self.state.publish(done.becomes);
                let answers = done.answers;
                let reply_all =
                    move || answers.into_iter().for_each(|(to, outcomes)| reply(to, Ok(outcomes)));
                match &self.callers {
                    Some(runtime) => drop(runtime.spawn(async move { reply_all() })),
                    None => reply_all(),
                }
                Ok(())
            }
            Err(error) => {
                tracing::error!(error = %error, events = done.events, "an append failed; nothing of it is recorded");
                let dropped = std::mem::take(&mut self.next);
                for (answer, _) in done.answers.into_iter().chain(dropped.answers) {
                    reply(answer, Err(error.clone().into()));
                }
                self.speculative.forget(&self.undurable);
                self.undurable.clear();
                self.speculative = self.state.latest().as_ref().clone();
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

async fn appended(under_way: &mut Option<UnderWay>) -> Result<Position, AppendError> {
    match under_way {
        Some(group) => group.append.as_mut().await,
        None => std::future::pending().await,
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
