//! Checkpoints are never trusted: whatever happens to them, the daemon knows what a fold of the whole log knows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use jiff::Timestamp;
use minuted::domain::World;
use minuted::log::{EventLog, LogId, MemoryLog};
use minuted::position::Position;
use minuted::projections::store::Store;
use minuted::recorder::{Clock, Limits, Recorder};
use minuted::state::checkpoint::{self, Keeper, Packs, Restored, Row, Rows, RowsError};
use minuted::state::{Snapshot, State};
use minuted::wire;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-10-01T12:00:00Z".parse().unwrap()
    }
}

const SAMPLE: &str = include_str!("data/partnerships.jsonl");

/// A log with the first `count` records of the sample.
async fn log_of(id: LogId, count: usize) -> Arc<dyn EventLog> {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(id));
    let state = State::open(log.clone(), Snapshot::default()).unwrap();
    let (recorder, _ended) = Recorder::start(log.clone(), state, Arc::new(Noon), Limits::default()).unwrap();
    for line in SAMPLE.lines().take(count) {
        let command = wire::json::command_from_json(line).unwrap();
        let commands = wire::parse_commands(vec![command], &wire::Limits::default()).unwrap();
        recorder.record(commands, "a test".into(), false).await.unwrap();
    }
    log
}

fn folded(log: &Arc<dyn EventLog>) -> Arc<Snapshot> {
    State::open(log.clone(), Snapshot::default()).unwrap().latest()
}

/// What a start with these checkpoints knows, and how far they brought it.
fn started(dir: &Path, log: &Arc<dyn EventLog>) -> (Arc<Snapshot>, Position) {
    let restored = checkpoint::restore(&mut Store::new(dir.into()), log.as_ref()).snapshot;
    let from = restored.tail();
    (State::open(log.clone(), restored).unwrap().latest(), from)
}

fn save(dir: &Path, log: &Arc<dyn EventLog>) {
    let mut store = Store::new(dir.into());
    let Restored { snapshot, packs } = checkpoint::restore(&mut store, log.as_ref());
    Keeper::new(Box::new(store), log.clone(), snapshot.tail(), packs).save(&folded(log)).unwrap();
    until_released(dir);
}

/// sled gives up its lock when its thread has ended, which nobody waits for.
fn until_released(dir: &Path) {
    let lock = || std::fs::File::open(generation(dir).join("db")).is_ok_and(|file| file.try_lock().is_ok());
    while !lock() {
        std::thread::yield_now();
    }
}

fn generation(dir: &Path) -> PathBuf {
    dir.join(std::fs::read_to_string(dir.join("current")).unwrap())
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            let _ = std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_is_what_a_fold_of_the_log_gives() {
    let dir = tempfile::tempdir().unwrap();
    let id = LogId::random();
    // Saved in two steps: the second brings changes to rows of the first.
    save(dir.path(), &log_of(id, 200).await);
    let log = log_of(id, 424).await;
    save(dir.path(), &log);
    assert_eq!(started(dir.path(), &log), (folded(&log), Position(424)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_checkpoint_is_caught_up_and_a_foreign_one_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let id = LogId::random();
    let log = log_of(id, 424).await;
    save(dir.path(), &log_of(id, 200).await);
    assert_eq!(started(dir.path(), &log), (folded(&log), Position(200)));

    let ahead = tempfile::tempdir().unwrap();
    save(ahead.path(), &log);
    let shorter = log_of(id, 200).await;
    assert_eq!(started(ahead.path(), &shorter), (folded(&shorter), Position::ZERO));

    let foreign = tempfile::tempdir().unwrap();
    save(foreign.path(), &log_of(LogId::random(), 424).await);
    assert_eq!(started(foreign.path(), &log), (folded(&log), Position::ZERO));
}

/// Many small saves leave many packs, of which little is left in each: they are put together, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn packs_of_many_saves_are_put_together() {
    let dir = tempfile::tempdir().unwrap();
    let id = LogId::random();
    let mut store = Store::new(dir.path().into());
    let log = log_of(id, 424).await;
    let state = State::open(Arc::new(MemoryLog::new(id)), Snapshot::default()).unwrap();
    let mut known = state.latest().view();
    let none = store.checkpoint().unwrap();
    assert_eq!(none, None);
    let loader = State::open(log.clone(), Snapshot::default()).unwrap().loader().clone();
    let mut keeper = Keeper::new(Box::new(store), log.clone(), Position::ZERO, Packs::default());
    for position in 1..=424 {
        let event = loader.event(Position(position)).unwrap();
        known.replay(&event, |stream| loader.events(&stream.positions)).unwrap();
        keeper.save(&known).unwrap();
    }
    drop(keeper);
    until_released(dir.path());
    let mut packs = 0;
    Store::new(dir.path().into())
        .load(&mut |row| packs += usize::from(row.key.first() == Some(&b'a')))
        .unwrap();
    until_released(dir.path());
    assert!((1..=20).contains(&packs), "{packs} packs");
    assert_eq!(started(dir.path(), &log), (folded(&log), Position(424)));
    // What was packed meanwhile is what it was.
    assert_eq!(known, *folded(&log));
}

/// A save of many events is written in parts. One that stopped between two of them leaves rows, and the log may be another
/// one by the next start: a backup was put in its place, or it lost what had never been acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_interrupted_save_do_not_come_into_the_next_checkpoint() {
    let (dir, whole) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let id = LogId::random();
    save(whole.path(), &log_of(id, 424).await);
    let mut rows = Vec::new();
    Store::new(whole.path().into()).load(&mut |row| rows.push(row)).unwrap();
    // A form of 0 is that of rows that are not all there yet.
    Store::new(dir.path().into()).save(rows, Vec::new(), vec![0]).unwrap();
    let shorter = log_of(id, 200).await;
    save(dir.path(), &shorter);
    assert_eq!(started(dir.path(), &shorter), (folded(&shorter), Position(200)));
}

/// Rows that are kept in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<BTreeMap<Vec<u8>, Bytes>>>);

impl Rows for Kept {
    fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, RowsError> {
        Ok(None)
    }

    fn load(&mut self, _: &mut dyn FnMut(Row)) -> Result<(), RowsError> {
        Ok(())
    }

    fn save(&mut self, rows: Vec<Row>, gone: Vec<Vec<u8>>, _: Vec<u8>) -> Result<(), RowsError> {
        let mut kept = self.0.lock().unwrap();
        kept.retain(|key, _| !gone.contains(key));
        kept.extend(rows.into_iter().map(|row| (row.key, row.value)));
        Ok(())
    }

    fn discard(&mut self, _: &str) {}
}

/// What a stream is encoded as follows from its types, and streams are only decoded when they are asked for: an older form must
/// be known by its number.
#[tokio::test(flavor = "multi_thread")]
async fn the_form_of_rows_is_the_one_of_this_number() {
    let log = log_of(LogId::random(), 424).await;
    let rows = Kept::default();
    Keeper::new(Box::new(rows.clone()), log.clone(), Position::ZERO, Packs::default())
        .save(&folded(&log))
        .unwrap();
    let mut hasher = blake3::Hasher::new();
    for (key, value) in rows.0.lock().unwrap().iter() {
        hasher.update(key).update(value);
    }
    let digest = hasher.finalize().to_hex();
    let says =
        "the form of checkpoint rows changed: raise FORM in state/checkpoint.rs, and put the new digest here";
    assert_eq!(&digest[..16], "77c0b7304c971b07", "{says}");
}

#[test]
fn what_is_put_aside_does_not_pile_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::new(dir.path().into());
    for _ in 0..5 {
        store.save(Vec::new(), Vec::new(), vec![1]).unwrap();
        store.discard("a test");
    }
    let names =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let aside: Vec<_> = names.filter(|name| name.starts_with("quarantine-")).collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_the_files_the_answers_are_the_same() {
    let whole = tempfile::tempdir().unwrap();
    let log = log_of(LogId::random(), 424).await;
    save(whole.path(), &log);
    let expected = folded(&log);
    let mut used = 0;
    for (round, damage) in damages().into_iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        copy(whole.path(), dir.path());
        damage(&generation(dir.path()));
        let (known, from) = started(dir.path(), &log);
        assert!(known == expected, "damage {round} changes what is known");
        used += usize::from(from > Position::ZERO);
        // And what is put aside does not come back: the next save and start go well.
        save(dir.path(), &log);
        assert_eq!(started(dir.path(), &log), (expected.clone(), Position(424)));
    }
    assert!(used < damages().len(), "some damage was noticed");
}

/// Where files are damaged: at so many places each.
const PARTS: usize = 5;

type Damage = Box<dyn Fn(&Path)>;

fn damages() -> Vec<Damage> {
    let files = |dir: &Path| {
        let mut files = Vec::new();
        let mut to_visit = vec![dir.to_path_buf()];
        while let Some(dir) = to_visit.pop() {
            for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
                if entry.path().is_dir() { to_visit.push(entry.path()) } else { files.push(entry.path()) }
            }
        }
        files.sort();
        files
    };
    let mut damages: Vec<Damage> = vec![
        Box::new(|dir| std::fs::remove_dir_all(dir).unwrap()),
        Box::new(move |dir| files(dir).iter().for_each(|file| std::fs::remove_file(file).unwrap())),
        Box::new(move |dir| files(dir).iter().for_each(|file| std::fs::write(file, b"").unwrap())),
        Box::new(move |dir| {
            for file in files(dir) {
                std::fs::write(file, vec![0xa5; 9_999]).unwrap();
            }
        }),
        Box::new(|dir| std::fs::write(dir.parent().unwrap().join("current"), "../../elsewhere").unwrap()),
        Box::new(|dir| std::fs::write(dir.parent().unwrap().join("current"), "generation-77").unwrap()),
    ];
    for part in 0..PARTS {
        damages.push(Box::new(move |dir| {
            for file in files(dir) {
                let mut bytes = std::fs::read(&file).unwrap();
                let at = bytes.len() * part / PARTS;
                let end = bytes.len().min(at + 64);
                bytes[at..end].iter_mut().for_each(|byte| *byte ^= 0x55);
                std::fs::write(&file, bytes).unwrap();
            }
        }));
        damages.push(Box::new(move |dir| {
            for file in files(dir) {
                let bytes = std::fs::read(&file).unwrap();
                std::fs::write(&file, &bytes[..bytes.len() * part / PARTS]).unwrap();
            }
        }));
    }
    damages
}
