//! Does every log keep its promises? One test per promise of [`EventLog`], for each implementation.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::storage::simulated::SimulatedStorage;
use super::storage::{DiskStorage, Storage};
use super::{
    AppendError, EmbeddedLog, EmbeddedOptions, EventLog, FRAME_BYTES_MAX, Frame, FrameHash, LogId, MemoryLog,
    NewFrame, Position, ReadError,
};

/// A log under test, and what can be done to it from outside.
pub(super) trait Subject: Sized {
    fn log(&self) -> &dyn EventLog;
    /// Stops, with or without closing first, and opens again. A log in memory stays as it is.
    async fn again(self, cleanly: bool) -> Self;
    /// Leaves room for so many bytes; `false` if this cannot be done.
    fn set_room(&self, bytes: Option<u64>) -> bool;
    /// Has the next sync fail; `false` if this cannot be done.
    fn fail(&self) -> bool;
}

struct Memory(MemoryLog);

impl Subject for Memory {
    fn log(&self) -> &dyn EventLog {
        &self.0
    }

    async fn again(self, _cleanly: bool) -> Memory {
        self
    }

    fn set_room(&self, bytes: Option<u64>) -> bool {
        self.0.set_room(bytes.map_or(u64::MAX, |bytes| self.0.report().bytes + bytes));
        true
    }

    fn fail(&self) -> bool {
        self.0.fail();
        true
    }
}

struct Embedded {
    log: EmbeddedLog,
    dir: PathBuf,
    storage: Arc<dyn Storage>,
    simulated: Option<SimulatedStorage>,
    tmp: Option<tempfile::TempDir>,
}

/// Small enough that a few frames fill a segment, and that not all of them are kept in memory.
fn options() -> EmbeddedOptions {
    let (segment_bytes, zeroed_ahead_bytes, recent_bytes) = (1024, 256, 400);
    EmbeddedOptions { segment_bytes, zeroed_ahead_bytes, recent_bytes, ..EmbeddedOptions::default() }
}

fn simulated() -> Embedded {
    let disk = SimulatedStorage::new(1);
    let (dir, storage) = (PathBuf::from("/log"), Arc::new(disk.clone()) as Arc<dyn Storage>);
    let log = EmbeddedLog::open(&dir, Arc::clone(&storage), options()).unwrap();
    Embedded { log, dir, storage, simulated: Some(disk), tmp: None }
}

fn on_disk() -> Embedded {
    let tmp = tempfile::tempdir().unwrap();
    let (dir, storage) = (tmp.path().join("data/log"), Arc::new(DiskStorage) as Arc<dyn Storage>);
    let log = EmbeddedLog::open(&dir, Arc::clone(&storage), options()).unwrap();
    Embedded { log, dir, storage, simulated: None, tmp: Some(tmp) }
}

impl Subject for Embedded {
    fn log(&self) -> &dyn EventLog {
        &self.log
    }

    async fn again(self, cleanly: bool) -> Embedded {
        if cleanly {
            self.log.close().await.unwrap();
        }
        let Embedded { log, dir, storage, simulated, tmp } = self;
        drop(log);
        let log = EmbeddedLog::open(&dir, Arc::clone(&storage), options()).unwrap();
        Embedded { log, dir, storage, simulated, tmp }
    }

    fn set_room(&self, bytes: Option<u64>) -> bool {
        self.simulated.as_ref().inspect(|disk| disk.set_room(bytes)).is_some()
    }

    fn fail(&self) -> bool {
        self.simulated.as_ref().inspect(|disk| disk.fail_sync(1)).is_some()
    }
}

macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        mod memory { $(#[tokio::test] async fn $promise() {
            super::$promise(super::Memory(super::MemoryLog::default())).await;
        })* }
        mod embedded_simulated { $(#[tokio::test] async fn $promise() {
            super::$promise(super::simulated()).await;
        })* }
        mod embedded_on_disk { $(#[tokio::test] async fn $promise() {
            super::$promise(super::on_disk()).await;
        })* }
    };
}

promises! {
    promise_1_positions_are_gap_free_and_in_the_order_given,
    promise_2_a_frame_is_read_back_byte_for_byte,
    promise_3_expected_guards_the_append,
    promise_4_acknowledged_is_there_after_any_stop,
    promise_5_what_is_durable_is_visible_and_nothing_else,
    promise_6_dropping_the_future_does_not_undo_the_append,
    promise_7_a_reader_starts_at_the_frame_and_goes_on_behind_the_tail,
    promise_8_hashes_tell_histories_apart,
    promise_9_impossible_frames_are_refused_with_their_group,
    promise_10_a_refused_append_leaves_nothing_behind,
    promise_11_a_closed_log_still_reads,
    promise_12_a_failure_is_final,
}

fn frame(events: u32, payload: impl Into<Bytes>) -> NewFrame {
    NewFrame { events, payload: payload.into() }
}

/// Forty frames of one to three events: on the embedded log, several segments.
fn many() -> Vec<NewFrame> {
    (0..40u8).map(|n| frame(1 + u32::from(n) % 3, vec![n; 60])).collect()
}

async fn append(log: &dyn EventLog, frames: Vec<NewFrame>) -> Position {
    log.append(log.tail(), frames).await.unwrap()
}

fn read_all(log: &dyn EventLog, from: Position) -> Vec<Frame> {
    let mut reader = log.read(from).unwrap();
    std::iter::from_fn(|| reader.next().unwrap()).collect()
}

fn contents(frames: &[Frame]) -> Vec<(u64, NewFrame)> {
    frames.iter().map(|it| (it.first.0, frame(it.events, it.payload.clone()))).collect()
}

async fn promise_1_positions_are_gap_free_and_in_the_order_given(it: impl Subject) {
    let log = it.log();
    assert_eq!(log.tail(), Position::ZERO);
    assert_eq!(append(log, vec![frame(2, "ab"), frame(1, "c")]).await, Position(3));
    assert_eq!(append(log, vec![frame(3, "def")]).await, Position(6));
    let expected = [(1, frame(2, "ab")), (3, frame(1, "c")), (4, frame(3, "def"))];
    assert_eq!(contents(&read_all(log, Position::ZERO)), expected);
}

async fn promise_2_a_frame_is_read_back_byte_for_byte(it: impl Subject) {
    let everything: Vec<u8> = (0..=255).collect();
    let payloads = [vec![], vec![0; 100], vec![255; 47], everything, vec![7; FRAME_BYTES_MAX]];
    let group: Vec<_> = payloads.iter().map(|payload| frame(1, payload.clone())).collect();
    append(it.log(), group.clone()).await;
    for one in &group {
        append(it.log(), vec![one.clone()]).await;
    }
    let read: Vec<_> =
        read_all(it.log(), Position(1)).into_iter().map(|it| frame(it.events, it.payload)).collect();
    assert!(read == [group.clone(), group].concat(), "payloads differ");
}

async fn promise_3_expected_guards_the_append(it: impl Subject) {
    let log = it.log();
    append(log, vec![frame(5, "five")]).await;
    for expected in [0, 4, 6, u64::MAX].map(Position) {
        for frames in [vec![frame(1, "late")], vec![]] {
            match log.append(expected, frames).await.unwrap_err() {
                AppendError::Conflict { expected: told, actual } => {
                    assert_eq!((told, actual), (expected, Position(5)));
                }
                other => panic!("{other}"),
            }
        }
    }
    assert_eq!(log.append(Position(5), vec![]).await.unwrap(), Position(5));
    let (one, other) = tokio::join!(
        log.append(Position(5), vec![frame(1, "one")]),
        log.append(Position(5), vec![frame(1, "other")])
    );
    assert_eq!(u32::from(one.is_ok()) + u32::from(other.is_ok()), 1, "exactly one of two wins");
    assert_eq!(read_all(log, Position(1)).len(), 2);
}

async fn promise_4_acknowledged_is_there_after_any_stop(mut it: impl Subject) {
    let id = it.log().id();
    for cleanly in [false, true, false, true, true] {
        for one in many() {
            append(it.log(), vec![one]).await;
        }
        append(it.log(), many()).await;
        let before = read_all(it.log(), Position(1));
        it = it.again(cleanly).await;
        assert_eq!(it.log().id(), id);
        assert!(read_all(it.log(), Position(1)) == before, "another history");
        assert_eq!(it.log().tail(), before.last().unwrap().last());
        assert!(it.log().report().opened.clean || !cleanly);
    }
}

async fn promise_5_what_is_durable_is_visible_and_nothing_else(it: impl Subject) {
    let log = it.log();
    let watch = log.watch();
    let mut reader = log.read(Position(1)).unwrap();
    for one in many() {
        let tail = append(log, vec![one]).await;
        assert_eq!((log.tail(), *watch.borrow()), (tail, tail));
        assert_eq!(reader.next().unwrap().map(|it| it.last()), Some(tail));
        assert_eq!(reader.next().unwrap(), None);
    }
    // Behind this one there is room in the segment, so the sync that fails is that of the frames.
    let tail = append(log, vec![frame(1, "durable")]).await;
    assert_eq!(reader.next().unwrap().map(|it| it.last()), Some(tail));
    if it.fail() {
        log.append(tail, vec![frame(1, "not durable")]).await.unwrap_err();
        assert_eq!((log.tail(), *watch.borrow()), (tail, tail));
        assert_eq!(reader.next().unwrap(), None);
    }
}

async fn promise_6_dropping_the_future_does_not_undo_the_append(it: impl Subject) {
    let log = it.log();
    let mut watch = log.watch();
    {
        let mut append = log.append(Position::ZERO, vec![frame(1, "under way")]);
        let _ = futures::poll!(&mut append);
    }
    watch.wait_for(|tail| *tail == Position(1)).await.unwrap();
    assert_eq!(read_all(log, Position(1)).len(), 1);
}

async fn promise_7_a_reader_starts_at_the_frame_and_goes_on_behind_the_tail(it: impl Subject) {
    let log = it.log();
    let mut from_the_start = log.read(Position(1)).unwrap();
    assert_eq!(from_the_start.next().unwrap(), None);
    let tail = append(log, many()).await;
    let all = read_all(log, Position::ZERO);
    for from in 1..=tail.0 {
        let containing = all.iter().position(|it| it.last().0 >= from).unwrap();
        assert!(read_all(log, Position(from)) == all[containing..], "from {from}");
        let mut cached = log.read_cached(Position(from)).unwrap();
        assert_eq!(cached.next().unwrap().as_ref(), all.get(containing), "from {from}");
    }
    let mut anywhere = log.read(Position(1)).unwrap();
    for from in (1..=tail.0).flat_map(|from| [from, 1 + from * 7 % tail.0]) {
        let containing = all.iter().position(|it| it.last().0 >= from).unwrap();
        anywhere.seek(Position(from)).unwrap();
        assert_eq!(anywhere.next().unwrap().as_ref(), all.get(containing), "to {from}");
        assert_eq!(anywhere.next().unwrap().as_ref(), all.get(containing + 1), "behind {from}");
    }
    assert!(matches!(anywhere.seek(tail.plus(2)), Err(ReadError::BeyondTail { .. })));
    let mut from_the_end = log.read(tail.next()).unwrap();
    assert_eq!(from_the_end.next().unwrap(), None);
    match log.read(tail.plus(2)).err().unwrap() {
        ReadError::BeyondTail { from, tail: told } => assert_eq!((from, told), (tail.plus(2), tail)),
        other => panic!("{other}"),
    }
    append(log, many()).await;
    assert!(std::iter::from_fn(|| from_the_start.next().unwrap()).eq(read_all(log, Position(1))));
    assert!(std::iter::from_fn(|| from_the_end.next().unwrap()).eq(read_all(log, tail.next())));
}

async fn promise_8_hashes_tell_histories_apart(it: impl Subject) {
    let log = it.log();
    append(log, many()).await;
    for one in many() {
        append(log, vec![one]).await;
    }
    let mut hash = FrameHash::of_nothing(log.id());
    assert_eq!(log.hash_at(Position::ZERO).unwrap(), Some(hash));
    for frame in read_all(log, Position(1)) {
        hash = hash.chain(frame.first, frame.events, &frame.payload);
        assert_eq!(frame.hash(), hash);
        assert_eq!(log.hash_at(frame.last()).unwrap(), Some(hash));
        for inside in frame.first.0..frame.last().0 {
            assert_eq!(log.hash_at(Position(inside)).unwrap(), None);
        }
    }
    assert_eq!(log.hash_at(log.tail().next()).unwrap(), None);
    let other = MemoryLog::new(LogId::random());
    append(&other, many()).await;
    assert_ne!(other.hash_at(Position(1)).unwrap(), log.hash_at(Position(1)).unwrap());
}

async fn promise_9_impossible_frames_are_refused_with_their_group(it: impl Subject) {
    let log = it.log();
    let large = frame(1, vec![0; FRAME_BYTES_MAX + 1]);
    match log.append(Position::ZERO, vec![frame(1, "good"), large]).await.unwrap_err() {
        AppendError::FrameTooLarge { bytes, max } => assert_eq!(bytes, max + 1),
        other => panic!("{other}"),
    }
    let refused = log.append(Position::ZERO, vec![frame(0, "none"), frame(1, "good")]).await;
    assert!(matches!(refused, Err(AppendError::EmptyFrame)));
    assert_eq!(log.tail(), Position::ZERO);
    assert_eq!(append(log, vec![frame(1, "good")]).await, Position(1));
}

async fn promise_10_a_refused_append_leaves_nothing_behind(it: impl Subject) {
    let mut taken = vec![];
    if it.set_room(Some(5000)) {
        let mut refused = 0;
        while refused < 3 {
            let group = vec![frame(1, vec![b'x'; 300]), frame(2, vec![b'y'; 200])];
            match it.log().append(it.log().tail(), group.clone()).await {
                Ok(_) => taken.extend(group),
                Err(AppendError::DiskFull { .. }) => refused += 1,
                Err(other) => panic!("{other}"),
            }
            assert_eq!(read_all(it.log(), Position(1)).len(), taken.len());
        }
        assert!(!taken.is_empty());
        it.set_room(None);
    }
    let log = it.log();
    log.append(log.tail().next(), vec![frame(1, "conflict")]).await.unwrap_err();
    append(log, vec![frame(1, "room again")]).await;
    taken.push(frame(1, "room again"));
    let it = it.again(false).await;
    let read: Vec<_> =
        read_all(it.log(), Position(1)).into_iter().map(|it| frame(it.events, it.payload)).collect();
    assert_eq!(read, taken);
    assert_eq!(it.log().report().opened.torn, None);
}

async fn promise_11_a_closed_log_still_reads(it: impl Subject) {
    let log = it.log();
    let tail = append(log, many()).await;
    log.close().await.unwrap();
    log.close().await.unwrap();
    assert!(matches!(log.append(tail, vec![frame(1, "late")]).await, Err(AppendError::Closed)));
    assert_eq!(log.tail(), tail);
    assert_eq!(read_all(log, Position(1)).len(), 40);
    assert_eq!(log.hash_at(tail).unwrap(), read_all(log, tail).last().map(Frame::hash));
}

async fn promise_12_a_failure_is_final(it: impl Subject) {
    let log = it.log();
    let tail = append(log, many()).await;
    if it.fail() {
        for _ in 0..3 {
            let failed = log.append(tail, vec![frame(1, "lost")]).await;
            assert!(matches!(failed, Err(AppendError::Failed { .. })));
        }
        assert!(matches!(log.close().await, Err(AppendError::Failed { .. })));
        assert_eq!(log.tail(), tail);
        assert_eq!(read_all(log, Position(1)).len(), 40);
    }
}
