//! The single writer: decide, group, append, acknowledge.
//!
//! 1. Requests are decided in the order of arrival, each on what all before it leave; while one group of frames is
//!    being made durable, the next is being decided.
//! 2. An answer is given once its events are durable, or once it is refused. Nothing of a refused request is recorded.
//! 3. Where an append fails, all that was decided on it is dropped: the caller is told, and nothing of it is known.
//! 4. The queue is bounded, in requests and in bytes; when it is full the caller hears so at once.
//! 5. `recorded_at` never goes backwards, whatever the clock does.
//! 6. Where callers come one by one and the disk is quick, a request is decided and recorded on its caller's own thread: a
//!    hand-over to another and back takes as long as a sync.

mod deciding;
mod writer;

use std::future::{Future, poll_fn};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use prost::Message;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use self::writer::Writer;
use crate::domain::decide::Outcome;
use crate::domain::{Command, Refusal};
use crate::log::{AppendError, EventLog};
use crate::state::{LoadError, State};
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

/// Commands that are recorded together, and the bytes that they take in their protobuf encoding.
#[derive(Debug)]
pub struct Batch {
    /// The commands.
    pub commands: Vec<Command>,
    /// What the queue counts.
    pub bytes: usize,
}

impl From<Vec<Command>> for Batch {
    fn from(commands: Vec<Command>) -> Batch {
        let bytes = commands.iter().map(|command| wire::encode_command(command).encoded_len()).sum();
        Batch { commands, bytes }
    }
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
        let writer = Writer::new(log, state, clock, limits, callers.clone())?;
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
        batch: impl Into<Batch>,
        by: Arc<str>,
        validate_only: bool,
    ) -> Result<Vec<Outcome>, RecordError> {
        let (request, answered) = self.request(batch.into(), by, validate_only)?;
        if let Some(request) = self.record_here(request) {
            self.queue(request)?;
        }
        answered.await.unwrap_or(Err(RecordError::Stopping))
    }

    /// Decides and records the request on this thread, if nobody else waits and the disk is quick; else gives it back.
    fn record_here(&self, request: Request) -> Option<Request> {
        let Some(writer) = self.shared.writer.try_lock().filter(|_| self.on_callers) else {
            return Some(request);
        };
        let mut writer = Entered { writer, begun: &self.shared.begun };
        let others_wait = || self.shared.waiting.load(Ordering::Acquire) > 0;
        let may = writer.callers_may_record() && writer.is_idle() && writer.failed.is_none();
        if others_wait() || !may || self.queue.is_closed() {
            return Some(request);
        }
        writer.decide(request);
        writer.failed = writer.advance(&mut Context::from_waker(Waker::noop())).err();
        if others_wait() {
            writer.others_came();
        }
        if writer.failed.is_some() || !writer.is_idle() {
            self.shared.begun.notify_one();
        }
        None
    }

    fn request(
        &self,
        Batch { commands, bytes }: Batch,
        by: Arc<str>,
        validate_only: bool,
    ) -> Result<(Request, Answered), RecordError> {
        let (answer, answered) = oneshot::channel();
        let room = self.room.clone().try_acquire_many_owned(self.room_of(bytes));
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
        batch: impl Into<Batch>,
        by: Arc<str>,
        validate_only: bool,
    ) -> Result<Answered, RecordError> {
        let (request, answered) = self.request(batch.into(), by, validate_only)?;
        self.queue(request).map(|()| answered)
    }

    /// As [`Recorder::submit`], but waits for room in the queue: for streams, whose senders are slowed down instead.
    ///
    /// # Errors
    ///
    /// `Stopping`.
    pub async fn submit_in_turn(
        &self,
        batch: impl Into<Batch>,
        by: Arc<str>,
        validate_only: bool,
    ) -> Result<Answered, RecordError> {
        let Batch { commands, bytes } = batch.into();
        let (answer, answered) = oneshot::channel();
        let room = self.room.clone().acquire_many_owned(self.room_of(bytes)).await;
        let room = room.map_err(|_| RecordError::Stopping)?;
        let place = self.queue.reserve().await.map_err(|_| RecordError::Stopping)?;
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        place.send(Request { commands, by, validate_only, answer, _room: room });
        Ok(answered)
    }

    /// The room that a request takes in the queue; the largest takes all of it.
    fn room_of(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.div_ceil(ROOM_BYTES)).unwrap_or(u32::MAX).min(self.room_max)
    }

    /// Takes no more requests, finishes those in the queue, and closes the log.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

/// Where the answer to a request comes.
pub type Answered = oneshot::Receiver<Result<Vec<Outcome>, RecordError>>;

/// The writer, for as long as nobody else has it. Where a panic leaves it half done it has failed, and the recorder ends.
struct Entered<'a> {
    writer: MutexGuard<'a, Writer>,
    begun: &'a Notify,
}

impl Deref for Entered<'_> {
    type Target = Writer;

    fn deref(&self) -> &Writer {
        &self.writer
    }
}

impl DerefMut for Entered<'_> {
    fn deref_mut(&mut self) -> &mut Writer {
        &mut self.writer
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let source = Arc::new(std::io::Error::other("the recorder panicked"));
            self.writer.failed = Some(AppendError::Failed { source });
            self.begun.notify_one();
        }
    }
}

impl Shared {
    /// The writer, unless it has failed.
    fn enter(&self) -> Result<Entered<'_>, AppendError> {
        let writer = self.writer.lock();
        match &writer.failed {
            Some(failed) => Err(failed.clone()),
            None => Ok(Entered { writer, begun: &self.begun }),
        }
    }

    async fn run(
        self: Arc<Shared>,
        mut requests: mpsc::Receiver<Request>,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<(), AppendError> {
        let mut open = true;
        loop {
            let (is_idle, has_room) = {
                let writer = self.enter()?;
                (writer.is_idle(), !writer.is_full())
            };
            if is_idle && !open {
                let log = self.enter()?.log.clone();
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
            let mut writer = self.enter()?;
            match writer.advance(cx) {
                Ok(()) if !writer.is_idle() => Poll::Pending,
                appended => Poll::Ready(appended),
            }
        })
        .await
    }

    /// Decides a request, and while no append is under way all that wait behind it: they go into one group, which is begun.
    async fn take(&self, first: Request, requests: &mut mpsc::Receiver<Request>) -> Result<(), AppendError> {
        let mut first = Some(first);
        poll_fn(|cx| {
            let mut writer = self.enter()?;
            let mut next = first.take();
            while let Some(request) = next {
                writer.decide(request);
                self.waiting.fetch_sub(1, Ordering::AcqRel);
                next = if writer.is_full() { None } else { requests.try_recv().ok() };
            }
            Poll::Ready(writer.advance(cx))
        })
        .await
    }
}
