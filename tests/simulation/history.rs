//! One seed's history: lives of a daemon on one disk, each ended by a stop, a crash or a fault.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use minuted::domain::World;
use minuted::domain::decide::Outcome;
use minuted::log::storage::simulated::SimulatedStorage;
use minuted::log::{
    AppendError, Check, EmbeddedLog, EmbeddedOptions, EventLog, FrameHash, FrameReader, LogId, LogStatus,
    NewFrame, OpenError, ReadError,
};
use minuted::position::Position;
use minuted::recorder::{Clock, Limits, RecordError, Recorder};
use minuted::state::{Snapshot, State};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::{oneshot, watch};
use tokio::task::yield_now;

use crate::commands::{Asked, Commands};
use crate::model::{Fate, Model};
use crate::{DIR, options, rot};

const LIVES: usize = 7;
const YEAR_SECONDS: i64 = 31_556_952;

/// How often what happened, to know that the seeds lead somewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub histories: u64,
    pub lives: u64,
    pub requests: u64,
    pub acknowledged: u64,
    pub refused_by_rules: u64,
    pub refused_without_room: u64,
    pub refused_read_only: u64,
    pub refused_with_full_queue: u64,
    pub acknowledgements_checked: u64,
    pub unanswered_found: u64,
    pub groups_of_many: u64,
    pub segments_most: u64,
    pub reads: u64,
    pub clock_steps: u64,
    pub starts_refused: u64,
    pub starts_read_only: u64,
    pub tails_cut: u64,
    pub clean_stops: u64,
    pub kills: u64,
    pub power_cuts: u64,
    pub power_cuts_in_mid_write: u64,
    pub failed_logs: u64,
    pub failing_syncs_armed: u64,
    pub failing_writes_armed: u64,
    pub short_writes_armed: u64,
    pub full_disks_armed: u64,
    pub read_only_disks_armed: u64,
    pub rot: rot::Found,
    /// Of everything that happened, in order.
    pub digest: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, one: &Tally) {
        macro_rules! sum {
            ($($field:ident),*) => { $(self.$field += one.$field;)* };
        }
        sum!(
            histories,
            lives,
            requests,
            acknowledged,
            refused_by_rules,
            refused_without_room,
            refused_read_only,
            refused_with_full_queue,
            acknowledgements_checked,
            unanswered_found,
            groups_of_many,
            reads,
            clock_steps,
            starts_refused,
            starts_read_only,
            tails_cut,
            clean_stops,
            kills,
            power_cuts,
            power_cuts_in_mid_write,
            failed_logs,
            failing_syncs_armed,
            failing_writes_armed,
            short_writes_armed,
            full_disks_armed,
            read_only_disks_armed
        );
        self.segments_most = self.segments_most.max(one.segments_most);
        let (sum, more) = (&mut self.rot, &one.rot);
        sum.damages += more.damages;
        sum.rot += more.rot;
        sum.torn += more.torn;
        sum.harmless += more.harmless;
        sum.unseen += more.unseen;
        // The order in which threads finish must not matter.
        self.digest ^= one.digest;
    }

    /// A simulation in which something never happens says nothing about it.
    pub(crate) fn assert_everything_happened(&self) {
        let least = [
            self.acknowledged,
            self.refused_by_rules,
            self.refused_without_room,
            self.refused_read_only,
            self.refused_with_full_queue,
            self.unanswered_found,
            self.groups_of_many,
            self.reads,
            self.clock_steps,
            self.starts_refused,
            self.starts_read_only,
            self.tails_cut,
            self.clean_stops,
            self.kills,
            self.power_cuts,
            self.power_cuts_in_mid_write,
            self.failed_logs,
            self.failing_syncs_armed,
            self.failing_writes_armed,
            self.short_writes_armed,
            self.full_disks_armed,
            self.read_only_disks_armed,
            self.rot.rot,
            self.rot.torn,
            self.rot.harmless,
        ];
        assert!(least.iter().all(|times| *times > 5) && self.segments_most > 5, "{self:#?}");
    }
}

/// The embedded log, with appends that take some turns of everything else, before and after they are written.
struct Paced {
    inner: EmbeddedLog,
    pace: Mutex<StdRng>,
}

impl EventLog for Paced {
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
        let [before, after] = [(); 2].map(|()| self.pace.lock().random_range(0..4));
        async move {
            turns(before).await;
            let appended = self.inner.append(expected, frames).await;
            turns(after).await;
            appended
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

async fn turns(turns: u32) {
    for _ in 0..turns {
        yield_now().await;
    }
}

/// A clock that is set by hand.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).expect("within a few years of the start")
    }
}

type Answer = oneshot::Receiver<Result<Vec<Outcome>, RecordError>>;

struct History {
    random: StdRng,
    disk: SimulatedStorage,
    clock: Arc<Hand>,
    commands: Commands,
    model: Model,
    /// What was known when the last daemon ended, to compare with what the next one folds.
    published: Option<Arc<Snapshot>>,
    tally: Tally,
    digest: DefaultHasher,
}

/// Lives one history through; panics where a promise is broken.
pub(crate) fn run(seed: u64) -> Tally {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without I/O");
    let mut it = History {
        random: StdRng::seed_from_u64(seed),
        disk: SimulatedStorage::new(seed),
        clock: Arc::new(Hand(AtomicI64::new(1_700_000_000))),
        commands: Commands::default(),
        model: Model::default(),
        published: None,
        tally: Tally { histories: 1, ..Tally::default() },
        digest: DefaultHasher::new(),
    };
    for _ in 0..LIVES {
        runtime.block_on(it.live(true));
        it.end();
        if it.random.random_bool(0.4) {
            rot::strike(&it.disk, &mut it.random, &mut it.tally.rot);
        }
    }
    // At the end nothing is in the way.
    runtime.block_on(it.live(false));
    it.model.crash();
    it.model.check_answers();
    it.tally.acknowledgements_checked = it.model.acknowledged;
    it.tally.unanswered_found = it.model.unanswered_found;
    it.disk.files().hash(&mut it.digest);
    it.tally.digest = it.digest.finish();
    it.tally
}

impl History {
    fn arm(&mut self) {
        let Self { random, disk, tally, .. } = self;
        disk.overwriting_needs_room(random.random_bool(0.3));
        if random.random_bool(0.3) {
            disk.write_short(true);
            tally.short_writes_armed += 1;
        }
        match random.random_range(0..12) {
            0..3 => disk.cut_power_after(random.random_range(1..60)),
            3 | 4 => {
                disk.fail_sync(random.random_range(1..20));
                tally.failing_syncs_armed += 1;
            }
            5 => {
                disk.fail_write(random.random_range(1..40));
                tally.failing_writes_armed += 1;
            }
            6 | 7 => {
                disk.set_room(Some(random.random_range(0..5000)));
                tally.full_disks_armed += 1;
            }
            8 => {
                disk.set_read_only(true);
                tally.read_only_disks_armed += 1;
            }
            _ => {}
        }
    }

    fn open(&mut self) -> Option<EmbeddedLog> {
        let options = EmbeddedOptions {
            segment_bytes: self.random.random_range(600..4000),
            zeroed_ahead_bytes: [0, 200, 4096][self.random.random_range(0..3)],
            recent_bytes: [0, 700, 1 << 20][self.random.random_range(0..3)],
            check: [Check::Unsealed, Check::Everything][self.random.random_range(0..2)],
            ..options()
        };
        match EmbeddedLog::open(DIR, Arc::new(self.disk.clone()), options) {
            Ok(log) => Some(log),
            // Of the faults that were asked for: no disk, or nothing there yet and no leave to make it.
            Err(OpenError::Io { .. } | OpenError::NotALog { .. }) => None,
            Err(other) => panic!("nothing is damaged, and the log says: {other}"),
        }
    }

    /// From a start to an end, of whichever kind.
    async fn live(&mut self, faulty: bool) {
        self.tally.lives += 1;
        if faulty && self.random.random_bool(0.5) {
            self.arm();
        }
        let Some(log) = self.open() else {
            assert!(faulty, "nothing is in the way of this start");
            self.tally.starts_refused += 1;
            return;
        };
        let report = log.report();
        self.tally.tails_cut += u64::from(report.opened.torn.is_some());
        self.tally.segments_most = self.tally.segments_most.max(report.segments);
        let log =
            Arc::new(Paced { inner: log, pace: Mutex::new(StdRng::seed_from_u64(self.random.random())) });
        let writable = report.read_only.is_none();
        if writable {
            self.model.see(&*log);
            if report.opened.torn.is_some() {
                let again = EmbeddedLog::open(DIR, Arc::new(self.disk.copy()), options());
                let again = again.expect("nothing is damaged").report().opened.torn;
                assert_eq!(again, None, "what was set aside is still there");
            }
            self.model.settle();
            self.model.check_answers();
        } else {
            self.tally.starts_read_only += 1;
            self.model.glimpse(&*log);
        }
        let state = State::open(log.clone(), Snapshot::default()).expect("the log can be folded");
        if let Some(published) = self.published.take().filter(|it| it.tail() == state.latest().tail()) {
            assert!(published == state.latest(), "the fold is not what was known");
        }
        self.serve(&log, &state, writable, faulty).await;
        if writable && !self.disk.power_is_cut() {
            self.model.see(&*log);
            self.published = Some(state.latest());
        }
    }

    async fn serve(&mut self, log: &Arc<Paced>, state: &State, writable: bool, faulty: bool) {
        let limits = Limits {
            queue_max: self.random.random_range(2..40),
            group_bytes_max: [1, 400, 1 << 20][self.random.random_range(0..3)],
            ..Limits::default()
        };
        let started = Recorder::new(log.clone(), state.clone(), self.clock.clone(), limits);
        let (recorder, running) = started.expect("the last event can be read");
        let mut running: Pin<Box<dyn Future<Output = _>>> = Box::pin(running);
        let mut client = Client { recorder, waiting: VecDeque::new(), reader: None };
        let ended = {
            let mut asking = std::pin::pin!(self.ask(&mut client, log, state, writable, faulty));
            tokio::select! {
                biased;
                () = &mut asking => None,
                ended = &mut running => Some(ended),
            }
        };
        if let Some(ended) = ended {
            assert!(matches!(ended, Err(AppendError::Failed { .. })), "it was not asked to end: {ended:?}");
            self.tally.failed_logs += 1;
        } else if !faulty || self.random.random_bool(0.4) {
            client.recorder.stop();
            let ended = running.await;
            self.tally.clean_stops += u64::from(ended.is_ok() && writable);
        }
        self.hear(&mut client, log);
        self.model.crash();
    }

    /// Asks, listens, reads and turns the clock, in any order.
    async fn ask(&mut self, client: &mut Client, log: &Paced, state: &State, writable: bool, faulty: bool) {
        for _ in 0..self.random.random_range(2..30) {
            match self.random.random_range(0..20) {
                0..11 => {
                    let at_once =
                        if self.random.random_bool(0.3) { self.random.random_range(2..6) } else { 1 };
                    for _ in 0..at_once {
                        self.submit(client);
                    }
                }
                11 | 12 => self.read(client, log, state, writable),
                13 => {
                    let steps = [YEAR_SECONDS, -YEAR_SECONDS, 1, -1, 3600];
                    let step = steps[self.random.random_range(0..steps.len())];
                    // Within reach of the dates that are made up here.
                    if (self.clock.0.load(Ordering::Relaxed) + step - 1_700_000_000).abs() < 4 * YEAR_SECONDS
                    {
                        self.clock.0.fetch_add(step, Ordering::Relaxed);
                        self.tally.clock_steps += 1;
                    }
                }
                14 if faulty && self.random.random_bool(0.4) => self.arm(),
                15 => self.disk.set_room(None),
                _ => turns(self.random.random_range(1..8)).await,
            }
            self.hear(client, log);
        }
    }

    fn submit(&mut self, client: &mut Client) {
        let Asked { commands, is_fine } = self.commands.next(&mut self.random);
        let by = ["registry", "desk"][self.random.random_range(0..2)];
        self.tally.requests += 1;
        match client.recorder.submit(commands.clone(), by.into(), false) {
            Ok(answer) => {
                let request = self.model.ask(commands, by);
                client.waiting.push_back((request, is_fine, answer));
            }
            Err(RecordError::QueueFull) => self.tally.refused_with_full_queue += 1,
            Err(RecordError::Stopping) => {}
            Err(other) => panic!("{other}"),
        }
    }

    /// Takes the answers that have come.
    fn hear(&mut self, client: &mut Client, log: &Paced) {
        let tail = log.tail();
        client.waiting.retain_mut(|(request, is_fine, answer)| {
            let fate = match answer.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => return true,
                Err(oneshot::error::TryRecvError::Closed) => Fate::Unknown,
                Ok(Ok(outcomes)) => {
                    assert!(outcomes.iter().all(|it| it.position <= tail), "answered before it was shown");
                    self.tally.acknowledged += 1;
                    Fate::Acknowledged(outcomes)
                }
                Ok(Err(error)) => self.tally.fate(&error, *is_fine),
            };
            format!("{request} {fate:?}").hash(&mut self.digest);
            self.model.answer(*request, fate);
            false
        });
    }

    /// Reads on, or from anywhere. What is seen is durable, so it must stay.
    fn read(&mut self, client: &mut Client, log: &Paced, state: &State, writable: bool) {
        self.tally.reads += 1;
        assert!(state.latest().tail() <= log.tail(), "more is known than is durable");
        // A log that cannot be written shows what it could not make durable, so it proves nothing.
        if !writable || self.disk.power_is_cut() {
            return;
        }
        let from = self.model.known_tail().next();
        let reader =
            client.reader.get_or_insert_with(|| log.read(from).expect("the next position can be read"));
        let before = self.model.frames().len();
        while let Some(frame) = reader.next().expect("nothing is damaged") {
            self.model.take(frame);
        }
        self.tally.groups_of_many += u64::from(self.model.frames().len() > before + 2);
        let all = self.model.frames();
        if !all.is_empty() {
            let frame = &all[self.random.random_range(0..all.len())];
            let from = Position(self.random.random_range(frame.first.0..=frame.last().0));
            let read = log.read(from).and_then(|mut reader| reader.next()).expect("nothing is damaged");
            assert!(read.as_ref() == Some(frame), "read from the middle");
            assert_eq!(log.hash_at(frame.last()).expect("nothing is damaged"), Some(frame.hash()));
        }
    }

    /// The process or the machine goes down.
    fn end(&mut self) {
        self.tally.power_cuts_in_mid_write += u64::from(self.disk.power_is_cut());
        if self.disk.power_is_cut() || self.random.random_bool(0.5) {
            self.disk.restart();
            self.tally.power_cuts += 1;
        } else {
            self.disk.kill();
            self.tally.kills += 1;
        }
    }
}

struct Client {
    recorder: Recorder,
    waiting: VecDeque<(usize, bool, Answer)>,
    reader: Option<Box<dyn FrameReader>>,
}

impl Tally {
    fn fate(&mut self, error: &RecordError, is_fine: bool) -> Fate {
        match error {
            RecordError::Refused(refusal) => {
                assert!(!is_fine, "nothing is wrong with it, and yet: {refusal}");
                self.refused_by_rules += 1;
                Fate::Disallowed
            }
            RecordError::Log(AppendError::DiskFull { .. }) => {
                self.refused_without_room += 1;
                Fate::Refused
            }
            RecordError::Log(AppendError::ReadOnly) => {
                self.refused_read_only += 1;
                Fate::Refused
            }
            RecordError::Log(AppendError::Failed { .. }) | RecordError::Stopping => Fate::Unknown,
            // With the disk gone nothing can be read either.
            RecordError::Unreadable(_) => Fate::Refused,
            RecordError::QueueFull
            | RecordError::Log(
                AppendError::Conflict { .. }
                | AppendError::Closed
                | AppendError::EmptyFrame
                | AppendError::FrameTooLarge { .. },
            ) => panic!("{error}"),
        }
    }
}
