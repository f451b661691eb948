//! The recorder's promises, on a log that can be held up and made to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use minuted::domain::{Command, Reason, World};
use minuted::log::{
    AppendError, EventLog, FrameHash, FrameReader, LogId, LogStatus, MemoryLog, NewFrame, ReadError,
};
use minuted::position::Position;
use minuted::recorder::{Clock, Limits, RecordError, Recorder};
use minuted::state::{Snapshot, State};
use minuted::wire;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot, watch};

/// A memory log whose appends wait for leave, and fail where they are told to.
struct Held {
    inner: MemoryLog,
    leave: Semaphore,
    next_fails: Mutex<Option<AppendError>>,
    appends: AtomicUsize,
}

impl EventLog for Held {
    fn id(&self) -> LogId {
        self.inner.id()
    }
    fn tail(&self) -> Position {
        self.inner.tail()
    }
    fn watch(&self) -> watch::Receiver<Position> {
        self.inner.watch()
    }
    fn append(
        &self,
        expected: Position,
        frames: Vec<NewFrame>,
    ) -> BoxFuture<'_, Result<Position, AppendError>> {
        async move {
            self.appends.fetch_add(1, Ordering::SeqCst);
            self.leave.acquire().await.expect("never closed").forget();
            if let Some(error) = self.next_fails.lock().take() {
                return Err(error);
            }
            self.inner.append(expected, frames).await
        }
        .boxed()
    }
    fn read(&self, from: Position) -> Result<Box<dyn FrameReader>, ReadError> {
        self.inner.read(from)
    }
    fn read_cached(&self, from: Position) -> Result<Box<dyn FrameReader>, ReadError> {
        self.inner.read_cached(from)
    }
    fn hash_at(&self, last: Position) -> Result<Option<FrameHash>, ReadError> {
        self.inner.hash_at(last)
    }
    fn report(&self) -> LogStatus {
        self.inner.report()
    }
    fn close(&self) -> BoxFuture<'_, Result<(), AppendError>> {
        self.inner.close()
    }
}

/// A clock that is set by hand.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Bench {
    log: Arc<Held>,
    state: State,
    clock: Arc<Hand>,
    recorder: Recorder,
    ended: oneshot::Receiver<Result<(), AppendError>>,
}

const ANY: usize = 1_000;

fn bench(leave: usize, limits: Limits) -> Bench {
    let log = Arc::new(Held {
        inner: MemoryLog::new(LogId::random()),
        leave: Semaphore::new(leave),
        next_fails: Mutex::default(),
        appends: AtomicUsize::new(0),
    });
    let state = State::open(log.clone(), Snapshot::default()).unwrap();
    let clock = Arc::new(Hand(AtomicI64::new(1_700_000_000)));
    let (recorder, ended) = Recorder::start(log.clone(), state.clone(), clock.clone(), limits).unwrap();
    Bench { log, state, clock, recorder, ended }
}

/// Defines an area; its command's id follows from `n`.
fn area(n: u32) -> Command {
    let text = format!(
        r#"{{"commandId":"00000000-0000-4000-8000-{n:012}","name":"areas/a{n}","source":{{"text":"a test"}},
            "fact":{{"areaDefined":{{"names":{{"en":"A"}}}}}}}}"#
    );
    let command = wire::json::command_from_json(&text).unwrap();
    wire::parse_commands(vec![command], &wire::Limits::default()).unwrap().remove(0)
}

fn by() -> Arc<str> {
    "a test".into()
}

fn disk_full() -> AppendError {
    AppendError::DiskFull { bytes: 1, source: Arc::new(std::io::ErrorKind::StorageFull.into()) }
}

#[tokio::test]
async fn promise_1_what_arrives_while_a_group_is_synced_goes_into_the_next() {
    let bench = bench(0, Limits::default());
    let answers: Vec<_> =
        (0..100).map(|n| bench.recorder.submit(vec![area(n)], by(), false).unwrap()).collect();
    bench.log.leave.add_permits(ANY);
    let mut positions = Vec::new();
    for answer in answers {
        positions.push(answer.await.unwrap().unwrap()[0].position.0);
    }
    assert!(positions.into_iter().eq(1..=100));
    assert!(bench.log.appends.load(Ordering::SeqCst) <= 100 / 10, "they are grouped");
}

#[tokio::test]
async fn promise_2_nothing_is_answered_or_shown_before_it_is_durable() {
    let bench = bench(0, Limits::default());
    let mut first = bench.recorder.submit(vec![area(1)], by(), false).unwrap();
    // The same command again, while the first is under way: it gets the same answer, and only then.
    let mut again = bench.recorder.submit(vec![area(1)], by(), false).unwrap();
    // A refused request is answered though nothing is durable yet, so by then the two before it are decided.
    let refused = bench.recorder.record(vec![Command { id: area(2).id, ..area(1) }], by(), false).await;
    assert!(matches!(refused, Err(RecordError::Refused(refusal)) if refusal.reason == Reason::IdTaken));
    assert!(first.try_recv().is_err() && again.try_recv().is_err());
    assert_eq!(bench.state.latest().tail(), Position::ZERO);
    bench.log.leave.add_permits(ANY);
    let (first, again) = (first.await.unwrap().unwrap(), again.await.unwrap().unwrap());
    assert_eq!((first[0].position, first[0].already_recorded), (Position(1), false));
    assert_eq!((again[0].position, again[0].already_recorded), (Position(1), true));
    assert_eq!(bench.state.latest().tail(), Position(1));
}

#[tokio::test]
async fn promise_3_a_failed_append_leaves_nothing_and_the_next_one_goes_on_from_there() {
    let bench = bench(0, Limits::default());
    let lost = bench.recorder.submit(vec![area(1)], by(), false).unwrap();
    *bench.log.next_fails.lock() = Some(disk_full());
    bench.log.leave.add_permits(1);
    assert!(matches!(lost.await.unwrap(), Err(RecordError::Log(AppendError::DiskFull { .. }))));
    assert_eq!((bench.state.latest().tail(), bench.log.tail()), (Position::ZERO, Position::ZERO));
    bench.log.leave.add_permits(ANY);
    let kept = bench.recorder.record(vec![area(1), area(2)], by(), false).await.unwrap();
    assert_eq!(kept.iter().map(|outcome| outcome.position.0).collect::<Vec<_>>(), [1, 2]);
    assert!(kept.iter().all(|outcome| !outcome.already_recorded));
}

#[tokio::test]
async fn promise_3_a_failed_sync_ends_the_recorder() {
    let bench = bench(0, Limits::default());
    let lost = bench.recorder.submit(vec![area(1)], by(), false).unwrap();
    let source = Arc::new(std::io::Error::other("the disk is gone"));
    *bench.log.next_fails.lock() = Some(AppendError::Failed { source });
    bench.log.leave.add_permits(ANY);
    assert!(matches!(lost.await.unwrap(), Err(RecordError::Log(AppendError::Failed { .. }))));
    assert!(matches!(bench.ended.await.unwrap(), Err(AppendError::Failed { .. })));
    assert!(matches!(bench.recorder.record(vec![area(2)], by(), false).await, Err(RecordError::Stopping)));
}

#[tokio::test]
async fn promise_4_a_full_queue_refuses_at_once() {
    let limits = Limits { queue_max: 2, group_bytes_max: 1, ..Limits::default() };
    let bench = bench(0, limits);
    // One group is under way, one is decided; after that the queue fills, and then it is full.
    let answers: Vec<_> = (0..1_000).map(|n| bench.recorder.submit(vec![area(n)], by(), false)).collect();
    assert!(answers.iter().any(|answer| matches!(answer, Err(RecordError::QueueFull))));
    bench.log.leave.add_permits(ANY);
    for answer in answers.into_iter().flatten() {
        answer.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn promise_4_a_queue_is_full_of_bytes_before_it_is_full_of_requests() {
    let limits = Limits { queue_bytes_max: 1 << 20, group_bytes_max: 1, ..Limits::default() };
    let bench = bench(0, limits);
    let large = |n| {
        let mut command = area(n);
        command.content.source.text = "s".repeat(64 << 10);
        command
    };
    // Whoever asked does not wait for the answer, and what waits takes its room all the same.
    let asked: Vec<_> =
        (0..100).map(|n| bench.recorder.submit(vec![large(n)], by(), false).map(drop)).collect();
    let taken = asked.iter().filter(|asked| asked.is_ok()).count();
    assert!((1..20).contains(&taken), "{taken} were taken");
    assert!(asked.into_iter().filter_map(Result::err).all(|error| matches!(error, RecordError::QueueFull)));
    // A stream waits for room, and gets it.
    let waiting = bench.recorder.submit_in_turn(vec![large(200)], by(), false);
    bench.log.leave.add_permits(ANY);
    waiting.await.unwrap().await.unwrap().unwrap();
    bench.recorder.record(vec![large(201)], by(), false).await.unwrap();
}

#[tokio::test]
async fn promise_5_the_time_of_recording_never_goes_backwards() {
    let bench = bench(ANY, Limits::default());
    let mut times = Vec::new();
    for (n, step) in [(1, 0), (2, -31_536_000), (3, 31_536_000), (4, -1)] {
        bench.clock.0.fetch_add(step, Ordering::SeqCst);
        times.push(bench.recorder.record(vec![area(n)], by(), false).await.unwrap()[0].recorded_at);
    }
    assert!(times.is_sorted(), "{times:?}");
    // A recorder that is started again goes on from the last time that is recorded.
    bench.clock.0.store(0, Ordering::SeqCst);
    bench.recorder.stop();
    bench.ended.await.unwrap().unwrap();
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(LogId::random()));
    let mut frames = bench.log.read(Position(1)).unwrap();
    while let Some(frame) = frames.next().unwrap() {
        let frame = NewFrame { events: frame.events, payload: frame.payload };
        log.append(log.tail(), vec![frame]).await.unwrap();
    }
    let state = State::open(log.clone(), Snapshot::default()).unwrap();
    let (recorder, _) = Recorder::start(log, state, bench.clock, Limits::default()).unwrap();
    let later = recorder.record(vec![area(5)], by(), false).await.unwrap()[0].recorded_at;
    assert!(later >= *times.last().unwrap());
}

#[tokio::test]
async fn a_batch_is_recorded_whole_or_not_at_all() {
    let bench = bench(ANY, Limits::default());
    let refused = bench.recorder.record(vec![area(1), area(1).with_id(area(2))], by(), false).await;
    assert!(matches!(refused, Err(RecordError::Refused(refusal)) if refusal.reason == Reason::IdTaken));
    assert_eq!(bench.log.tail(), Position::ZERO);
}

#[tokio::test]
async fn a_stop_finishes_what_is_in_the_queue() {
    let bench = bench(0, Limits::default());
    let answers: Vec<_> =
        (0..50).map(|n| bench.recorder.submit(vec![area(n)], by(), false).unwrap()).collect();
    bench.recorder.stop();
    bench.log.leave.add_permits(ANY);
    for answer in answers {
        answer.await.unwrap().unwrap();
    }
    bench.ended.await.unwrap().unwrap();
    assert_eq!(bench.log.tail(), Position(50));
}

/// A clock that says on which threads it is looked at, goes on by a step each time, and panics where it is told to.
#[derive(Default)]
struct Watched {
    micros: AtomicI64,
    step: AtomicI64,
    looks: Mutex<Vec<String>>,
    panics: AtomicBool,
}

impl Clock for Watched {
    fn now(&self) -> Timestamp {
        assert!(!self.panics.load(Ordering::SeqCst), "it was told to");
        self.looks.lock().push(std::thread::current().name().unwrap_or_default().to_owned());
        let micros = self.micros.fetch_add(self.step.load(Ordering::SeqCst), Ordering::SeqCst);
        Timestamp::from_microsecond(micros).unwrap()
    }
}

impl Watched {
    /// Whether the recorder's own thread was the one that looked since the last question, and no other.
    fn was_the_recorder(&self) -> bool {
        let looks = std::mem::take(&mut *self.looks.lock());
        let recorder = looks.iter().filter(|thread| *thread == "recorder").count();
        assert!(!looks.is_empty() && [0, looks.len()].contains(&recorder), "{looks:?}");
        recorder > 0
    }
}

fn watched() -> (Arc<Watched>, Recorder, oneshot::Receiver<Result<(), AppendError>>) {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(LogId::random()));
    let state = State::open(log.clone(), Snapshot::default()).unwrap();
    let clock = Arc::new(Watched::default());
    let (recorder, ended) = Recorder::start(log, state, clock.clone(), Limits::default()).unwrap();
    (clock, recorder, ended)
}

/// Records areas from `n` on until one is recorded on this thread: the recorder's may still be about to let go of the
/// writer. The next number.
async fn recorded_here(recorder: &Recorder, clock: &Watched, n: u32) -> u32 {
    for n in n..n + 1_000 {
        recorder.record(vec![area(n)], by(), false).await.unwrap();
        if !clock.was_the_recorder() {
            return n + 1;
        }
    }
    panic!("all were recorded on the recorder's thread");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promise_6_a_request_is_recorded_where_it_is_made_while_the_disk_is_quick() {
    let (clock, recorder, ended) = watched();
    recorder.record(vec![area(0)], by(), false).await.unwrap();
    assert!(clock.was_the_recorder(), "nothing is known of the disk yet");
    let n = recorded_here(&recorder, &clock, 1).await;
    // Between its beginning and its end an append takes one step.
    clock.step.store(2_000, Ordering::SeqCst);
    recorder.record(vec![area(n)], by(), false).await.unwrap();
    clock.was_the_recorder();
    clock.step.store(0, Ordering::SeqCst);
    recorder.record(vec![area(n + 1)], by(), false).await.unwrap();
    assert!(clock.was_the_recorder(), "the disk was slow");
    let n = recorded_here(&recorder, &clock, n + 2).await;
    recorder.submit(vec![area(n)], by(), false).unwrap().await.unwrap().unwrap();
    assert!(clock.was_the_recorder(), "what is queued keeps its turn");
    recorder.stop();
    ended.await.unwrap().unwrap();
    let stopped = recorder.record(vec![area(n + 1)], by(), false).await;
    assert!(matches!(stopped, Err(RecordError::Stopping)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promise_6_a_panic_on_a_caller_s_thread_ends_the_recorder() {
    let (clock, recorder, ended) = watched();
    recorded_here(&recorder, &clock, 1).await;
    clock.panics.store(true, Ordering::SeqCst);
    let caller = recorder.clone();
    let panicked = tokio::spawn(async move { caller.record(vec![area(5_000)], by(), false).await }).await;
    assert!(panicked.unwrap_err().is_panic());
    clock.panics.store(false, Ordering::SeqCst);
    assert!(matches!(ended.await.unwrap(), Err(AppendError::Failed { .. })));
    let stopped = recorder.record(vec![area(5_001)], by(), false).await;
    assert!(matches!(stopped, Err(RecordError::Stopping)));
}

trait WithId {
    fn with_id(self, of: Command) -> Command;
}

impl WithId for Command {
    fn with_id(self, of: Command) -> Command {
        Command { id: of.id, ..self }
    }
}
