//! The single writer: decide, group, append, acknowledge.
//!
//! 1. Requests are decided in the order of arrival, each on what all before it leave; while one group of frames is
//!    being made durable, the next is being decided.
//! 2. An answer is given once its events are durable, or once it is refused. Nothing of a refused request is recorded.
//! 3. Where an append fails, all that was decided on it is dropped: the caller is told, and nothing of it is known.
//! 4. The queue is bounded, in requests and in bytes; when it is full the caller hears so at once.
//! 5. `recorded_at` never goes backwards, whatever the clock does.
//! 6. Where nobody else waits and the disk is quick, a request is decided and recorded on its caller's own thread: a
//!    hand-over to another and back takes as long as a sync.

mod deciding;

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use prost::Message;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

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
    shared: Arc<Shared>,
    /// Requests may be recorded on their callers' threads.
    on_callers: bool,
}

/// The writer, and who waits for it.
struct Shared {
    writer: Mutex<Writer>,
    /// Requests that were queued and are not decided.
    waiting: AtomicUsize,
    /// Something is under way, or has failed, that a caller began.
    begun: Notify,
}

/// What the queue's room is counted in.
const ROOM_BYTES: usize = 1024;
/// A disk is quick whose last append took less: nobody on the caller's thread minds such a wait.
const QUICK: SignedDuration = SignedDuration::from_millis(1);

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
            under_way: None,
            failed: None,
            is_quick: false,
            callers: callers.clone(),
        };
        // One thread alone would leave all other calls to themselves while it waits for the disk.
        let on_callers = callers.is_some_and(|runtime| runtime.metrics().num_workers() > 1);
        let waiting = AtomicUsize::new(0);
        let shared = Arc::new(Shared { writer: Mutex::new(writer), waiting, begun: Notify::new() });
        let run = shared.clone().run(requests, stopped);
        Ok((Recorder { queue, room, room_max, stop, shared, on_callers }, run))
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
        let (request, answered) = self.request(commands, by, validate_only)?;
        if let Some(request) = self.record_here(request) {
            self.queue(request)?;
        }
        answered.await.unwrap_or(Err(RecordError::Stopping))
    }

    /// Decides and records the request on this thread, if nobody else waits and the disk is quick; else gives it back.
    fn record_here(&self, request: Request) -> Option<Request> {
        let Some(mut writer) = self.shared.writer.try_lock().filter(|_| self.on_callers) else {
            return Some(request);
        };
        let others_wait = self.shared.waiting.load(Ordering::Acquire) > 0;
        let may = writer.is_quick && writer.is_idle() && writer.failed.is_none();
        if others_wait || !may || self.queue.is_closed() {
            return Some(request);
        }
        writer.decide(request);
        writer.failed = writer.advance(&mut Context::from_waker(Waker::noop())).err();
        if writer.failed.is_some() || !writer.is_idle() {
            self.shared.begun.notify_one();
        }
        None
    }

    fn request(
        &self,
        commands: Vec<Command>,
        by: Arc<str>,
        validate_only: bool,
    ) -> Result<(Request, Answered), RecordError> {
        let (answer, answered) = oneshot::channel();
        let room = self.room.clone().try_acquire_many_owned(self.room_of(&commands));
        let room = room.map_err(|_| RecordError::QueueFull)?;
        Ok((Request { commands, by, validate_only, answer, _room: room }, answered))
    }

    fn queue(&self, request: Request) -> Result<(), RecordError> {
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        self.queue.try_send(request).map_err(|error| {
            self.shared.waiting.fetch_sub(1, Ordering::AcqRel);
            match error {
                mpsc::error::TrySendError::Full(_) => RecordError::QueueFull,
                mpsc::error::TrySendError::Closed(_) => RecordError::Stopping,
            }
        })
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
    ) -> Result<Answered, RecordError> {
        let (request, answered) = self.request(commands, by, validate_only)?;
        self.queue(request).map(|()| answered)
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
    ) -> Result<Answered, RecordError> {
        let (answer, answered) = oneshot::channel();
        let room = self.room.clone().acquire_many_owned(self.room_of(&commands)).await;
        let room = room.map_err(|_| RecordError::Stopping)?;
        let place = self.queue.reserve().await.map_err(|_| RecordError::Stopping)?;
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        place.send(Request { commands, by, validate_only, answer, _room: room });
        Ok(answered)
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

/// Where the answer to a request comes.
pub type Answered = oneshot::Receiver<Result<Vec<Outcome>, RecordError>>;

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
    under_way: Option<UnderWay>,
    /// How the log failed for a caller who recorded on its own thread: the recorder ends with it.
    failed: Option<AppendError>,
    is_quick: bool,
    /// Where those who wait for answers run: one task there wakes all of a group, which is cheaper than waking each from
    /// another thread.
    callers: Option<Handle>,
}

impl Shared {
    async fn run(
        self: Arc<Shared>,
        mut requests: mpsc::Receiver<Request>,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), AppendError> {
        let mut open = true;
        loop {
            let (is_idle, has_room) = {
                let mut writer = self.writer.lock();
                if let Some(failed) = writer.failed.take() {
                    return Err(failed);
                }
                (writer.is_idle(), writer.next.bytes < writer.limits.group_bytes_max)
            };
            if is_idle && !open {
                let log = self.writer.lock().log.clone();
                return log.close().await;
            }
            let request = tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop), if !requests.is_closed() => None,
                result = self.appended(), if !is_idle => result.map(|()| None)?,
                () = self.begun.notified(), if is_idle => None,
                request = requests.recv(), if open && has_room => Some(request),
            };
            match request {
                Some(Some(request)) => self.take(request, &mut requests).await?,
                Some(None) => open = false,
                None if *stopped.borrow() => requests.close(),
                None => {}
            }
        }
    }

    /// What is under way is durable.
    async fn appended(&self) -> Result<(), AppendError> {
        poll_fn(|cx| {
            let mut writer = self.writer.lock();
            let appended = writer.advance(cx);
            if appended.is_ok() && writer.under_way.is_some() { Poll::Pending } else { Poll::Ready(appended) }
        })
        .await
    }

    /// Decides a request, and while no append is under way all that wait behind it: they go into one group, which is begun.
    async fn take(&self, first: Request, requests: &mut mpsc::Receiver<Request>) -> Result<(), AppendError> {
        let mut first = Some(first);
        poll_fn(|cx| {
            let mut writer = self.writer.lock();
            let mut next = first.take();
            while let Some(request) = next {
                writer.decide(request);
                self.waiting.fetch_sub(1, Ordering::AcqRel);
                let is_full = writer.next.bytes >= writer.limits.group_bytes_max;
                next = if is_full { None } else { requests.try_recv().ok() };
            }
            Poll::Ready(writer.advance(cx))
        })
        .await
    }
}

impl Writer {
    /// Nothing is under way, and nothing waits to be.
    fn is_idle(&self) -> bool {
        self.under_way.is_none() && self.next.frames.is_empty()
    }

    /// Begins what has been decided, group by group, as far as the log takes it at once.
    fn advance(&mut self, cx: &mut Context<'_>) -> Result<(), AppendError> {
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

    fn decide(&mut self, request: Request) {
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
        UnderWay { begun: self.clock.now(), append, becomes: self.speculative.clone(), events, answers }
    }

    fn finish(&mut self, done: UnderWay, result: Result<Position, AppendError>) -> Result<(), AppendError> {
        match result {
            Ok(_tail) => {
                let took = self.clock.now().duration_since(done.begun);
                self.is_quick = (SignedDuration::ZERO..QUICK).contains(&took);
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
