//! Checkpoints of the snapshot, so that a start need not fold the whole log.
//!
//! 1. Only what is durable in the log is ever part of one.
//! 2. One that names another log, a position beyond the log's end, or a frame with another hash is not used.
//! 3. What has changed is saved, in packs of streams; packs of which little is left are put together.
//! 4. Whatever goes wrong, the log is folded again.

mod part;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, mpsc};

use bytes::Bytes;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::part::Part;
use super::load::LoadError;
use super::pack::{Pack, Packing};
use super::snapshot::Snapshot;
use crate::domain::name::BadName;
use crate::domain::time::Valid;
use crate::domain::{CommandId, Name, World};
use crate::log::{EventLog, FrameHash, LogId};
use crate::position::Position;
use crate::wire;

/// The form of rows; one of another form is not used.
const FORM: u32 = 6;
/// The form of rows that are not all there yet.
const INCOMPLETE: u32 = 0;
/// Events that one save takes in at most, so that it stays small.
const EVENTS_MAX: usize = 20_000;
/// Bytes of streams that are packed together: rows of many more are dear to sled, and to the allocator.
const PACK_BYTES: usize = 32 << 10;
/// So many packs there may be, and two for each [`PACK_BYTES`] of what is left in all of them.
const PACKS: usize = 16;
/// What the keys of packs begin with: they come first, and what else there is shares the names in them.
const PACK: u8 = b'a';
/// What the keys of references begin with.
const REFERENCES: u8 = b'r';

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Unique among the rows.
    pub key: Vec<u8>,
    /// Anything.
    pub value: Bytes,
}

/// The rows could not be loaded or saved; they were put aside.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the checkpoint store failed: {0}")]
pub struct RowsError(pub String);

/// Where rows are kept. Nobody relies on them: the log is what counts.
pub trait Rows: Send {
    /// What the rows hold, as it was saved last; nothing if nothing was.
    ///
    /// # Errors
    ///
    /// What is stored is damaged, or cannot be read; it was put aside.
    fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, RowsError>;

    /// Gives every row to `take`, in key order.
    ///
    /// # Errors
    ///
    /// What is stored is damaged, or cannot be read; it was put aside, and what was given before is not to be used.
    fn load(&mut self, take: &mut dyn FnMut(Row)) -> Result<(), RowsError>;

    /// Saves these rows over those with the same keys, without those with the keys in `gone`, together with the checkpoint:
    /// all or nothing.
    ///
    /// # Errors
    ///
    /// They cannot be saved; what was there was put aside.
    fn save(&mut self, rows: Vec<Row>, gone: Vec<Vec<u8>>, checkpoint: Vec<u8>) -> Result<(), RowsError>;

    /// Puts everything aside.
    fn discard(&mut self, why: &str);
}

/// What the rows hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Checkpoint {
    form: u32,
    log: LogId,
    position: Position,
    hash: FrameHash,
    alliance: Option<(Position, Name)>,
}

/// One row that is no pack, of one of these kinds. Names are texts: most are kept with their streams already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Entry<N> {
    /// Commands whose events stand one behind the other, from this position on: a row for each would be most of all rows.
    Commands(Position, Vec<CommandId>),
    /// Who was named by whom, from one save to the next.
    References(Vec<(N, Vec<N>)>),
    EqualAccess(N),
    /// Streams that had an event whose source was unconfirmed, from one save to the next.
    Unconfirmed(Vec<N>),
    /// What was said of when meetings are, from one save to the next, and by which event.
    Meetings(Vec<(N, Valid, Position)>),
}

/// The packs that are saved, by their numbers.
#[derive(Debug, Default)]
pub struct Packs(BTreeMap<u64, Arc<Pack>>);

/// What was saved.
#[derive(Debug, Default)]
pub struct Restored {
    /// What is known by it.
    pub snapshot: Snapshot,
    /// Where it is saved.
    pub packs: Packs,
}

/// The snapshot that was saved last, if it is of this log; else an empty one. Blocking.
pub fn restore(rows: &mut dyn Rows, log: &dyn EventLog) -> Restored {
    let restored = rows.checkpoint().and_then(|saved| {
        let Some(saved) = saved else { return Ok(Ok(Restored::default())) };
        match usable(&saved, log) {
            Ok(checkpoint) => filled(&checkpoint, rows),
            Err(why) => Ok(Err(why)),
        }
    });
    match restored {
        Ok(Ok(restored)) => restored,
        Ok(Err(why)) => {
            rows.discard(why);
            Restored::default()
        }
        Err(error) => {
            tracing::warn!(%error, "the log is folded from its beginning");
            Restored::default()
        }
    }
}

/// The checkpoint. Rows of a save that was interrupted may be of another log, or of a longer one: they are not written over
/// but put aside, or the next checkpoint would hold what the log does not.
fn usable(saved: &[u8], log: &dyn EventLog) -> Result<Checkpoint, &'static str> {
    let form = postcard::take_from_bytes::<u32>(saved).map_err(|_| "it does not decode")?.0;
    if form == INCOMPLETE {
        return Err("its last save was interrupted");
    }
    if form != FORM {
        return Err("it is of another form");
    }
    let checkpoint: Checkpoint = postcard::from_bytes(saved).map_err(|_| "it does not decode")?;
    if checkpoint.log != log.id() {
        return Err("it is of another log");
    }
    if checkpoint.position > log.tail() {
        return Err("it is ahead of the log");
    }
    if log.hash_at(checkpoint.position).ok().flatten() != Some(checkpoint.hash) {
        return Err("the log has another history");
    }
    Ok(checkpoint)
}

/// What the rows of this checkpoint say. They are read on one thread, and taken over on others.
fn filled(checkpoint: &Checkpoint, rows: &mut dyn Rows) -> Result<Result<Restored, &'static str>, RowsError> {
    let snapshot = Snapshot::at(checkpoint.position, checkpoint.alliance.clone());
    let (mut packs, mut names, mut taken) = (Packs::default(), Vec::new(), Ok(()));
    let others = std::thread::scope(|scope| {
        let begin = || {
            let (to, rows) = mpsc::channel::<Row>();
            let snapshot = &snapshot;
            (to, scope.spawn(move || take(snapshot, &rows)))
        };
        let ((to_references, references), (to_others, others)) = (begin(), begin());
        rows.load(&mut |row| match row.key.first() {
            Some(&PACK) if taken.is_ok() => taken = packs.take(row, &snapshot, &mut names),
            Some(&PACK) => {}
            // A thread that takes no more has found what does not decode, and says so.
            Some(&REFERENCES) => drop(to_references.send(row)),
            _ => drop(to_others.send(row)),
        })?;
        // There are no more: the threads come to their ends.
        drop((to_references, to_others));
        snapshot.put_names(names);
        Ok([references, others].map(|thread| thread.join().expect("a row makes nobody panic")))
    })?;
    let all = others.into_iter().chain([taken]).collect::<Result<(), Undecodable>>();
    Ok(all.map(|()| Restored { snapshot, packs }).map_err(|Undecodable| "a row does not decode"))
}

/// A row that is none that this release writes.
struct Undecodable;

impl From<postcard::Error> for Undecodable {
    fn from(_: postcard::Error) -> Undecodable {
        Undecodable
    }
}

impl From<BadName> for Undecodable {
    fn from(_: BadName) -> Undecodable {
        Undecodable
    }
}

/// Takes over rows that are no packs.
fn take(snapshot: &Snapshot, rows: &mpsc::Receiver<Row>) -> Result<(), Undecodable> {
    let (mut meetings, mut references) = (Vec::new(), HashMap::<Name, Vec<Name>>::new());
    while let Ok(row) = rows.recv() {
        match postcard::from_bytes::<Entry<&str>>(&row.value)? {
            Entry::Commands(first, ids) => snapshot.put_commands(first, ids),
            Entry::EqualAccess(name) => snapshot.put_equal_access(&snapshot.name(name)?, Position::ZERO),
            Entry::Unconfirmed(names) => {
                for name in names {
                    snapshot.put_unconfirmed(&snapshot.name(name)?, Position::ZERO);
                }
            }
            Entry::References(said) => {
                for (named, by) in said {
                    let known = references.entry(snapshot.name(named)?).or_default();
                    known.reserve(by.len());
                    for by in by {
                        known.push(snapshot.name(by)?);
                    }
                }
            }
            Entry::Meetings(said) => {
                for (name, valid, at) in said {
                    meetings.push((snapshot.name(name)?, valid, at));
                }
            }
        }
    }
    if !references.is_empty() {
        snapshot.put_references(references);
    }
    if !meetings.is_empty() {
        snapshot.put_meetings(&meetings);
    }
    Ok(())
}

impl Packs {
    /// Takes over a row that is a pack; names that were not known before come to `names`.
    fn take(
        &mut self,
        row: Row,
        snapshot: &Snapshot,
        names: &mut Vec<(Name, Position)>,
    ) -> Result<(), Undecodable> {
        let number = row.key.get(1..).unwrap_or_default().try_into().map_err(|_| Undecodable)?;
        let pack = Arc::new(Pack::read(row.value)?);
        snapshot.put_pack(&pack, names)?;
        self.0.insert(u64::from_be_bytes(number), pack);
        Ok(())
    }

    /// One more; its number.
    fn put(&mut self, pack: Arc<Pack>) -> u64 {
        let number = self.0.last_key_value().map_or(1, |(last, _)| last + 1);
        self.0.insert(number, pack);
        number
    }

    /// How many of its streams are still what is known, in bytes: about.
    fn left(pack: &Arc<Pack>) -> usize {
        // Who else has it is a stream; few are readers.
        let streams = Arc::strong_count(pack).saturating_sub(1).min(pack.count());
        pack.bytes().len() * streams / pack.count().max(1)
    }

    /// Pairs of packs that stand side by side, those of which least is left, where there are too many packs.
    fn too_many(&self) -> Vec<(u64, u64)> {
        let left: Vec<(u64, usize)> =
            self.0.iter().map(|(&number, pack)| (number, Packs::left(pack))).collect();
        let all: usize = left.iter().map(|(_, bytes)| bytes).sum();
        let too_many = left.len().saturating_sub(PACKS + 2 * (all / PACK_BYTES));
        let mut pairs: Vec<_> =
            left.windows(2).map(|pair| (pair[0].1 + pair[1].1, (pair[0].0, pair[1].0))).collect();
        pairs.sort_unstable();
        let mut taken = BTreeSet::new();
        let mut free = |(first, second): &(u64, u64)| {
            let free = !taken.contains(first) && !taken.contains(second);
            if free {
                taken.extend([*first, *second]);
            }
            free
        };
        pairs.into_iter().map(|(_, pair)| pair).filter(|pair| free(pair)).take(too_many).collect()
    }

    /// Puts packs together where there are too many, without what is no more as in `snapshot`: each time the first of two, which
    /// is gone then, and the second, in whose place they both are.
    fn put_together(&mut self, snapshot: &Snapshot) -> Result<Vec<(u64, u64)>, postcard::Error> {
        let mut done = Vec::new();
        loop {
            let pairs = self.too_many();
            if pairs.is_empty() {
                return Ok(done);
            }
            for (first, second) in pairs {
                let packs = [self.0.remove(&first), self.0.remove(&second)];
                let [earlier, later] = packs.map(|pack| pack.expect("it is one of them"));
                let pack = together(&earlier, &later, snapshot)?;
                snapshot.keep_packed(&pack);
                self.0.insert(second, pack);
                done.push((first, second));
            }
        }
    }
}

/// What is left in both.
fn together(earlier: &Pack, later: &Pack, snapshot: &Snapshot) -> Result<Arc<Pack>, postcard::Error> {
    let mut packing = Packing::default();
    let in_later: BTreeSet<&str> = later.entries().iter().map(|entry| entry.name).collect();
    packing.put_all(earlier, |name, last| snapshot.last(name) == Some(last) && !in_later.contains(name))?;
    packing.put_all(later, |name, last| snapshot.last(name) == Some(last))?;
    packing.finish()
}

/// Saves what has become durable since the last save.
pub struct Keeper {
    rows: Box<dyn Rows>,
    log: Arc<dyn EventLog>,
    saved: Position,
    packs: Packs,
}

/// Why a checkpoint was not saved.
#[derive(Debug, Error)]
pub enum KeepError {
    /// The log could not be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The rows could not be saved; all of them will be, anew.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// A row could not be encoded.
    #[error("a row cannot be encoded")]
    Encode(#[from] postcard::Error),
}

impl Keeper {
    /// Of rows that hold what is known at `saved`, in these packs.
    pub fn new(rows: Box<dyn Rows>, log: Arc<dyn EventLog>, saved: Position, packs: Packs) -> Keeper {
        Keeper { rows, log, saved, packs }
    }

    /// The last position that is saved.
    pub fn saved(&self) -> Position {
        self.saved
    }

    /// Saves what `snapshot` has that is not saved yet. Blocking.
    ///
    /// # Errors
    ///
    /// Any [`KeepError`]. The next call saves everything from the beginning where rows were lost.
    pub fn save(&mut self, snapshot: &Snapshot) -> Result<(), KeepError> {
        while self.saved < snapshot.tail() {
            let part = self.part_after(self.saved, snapshot.tail())?;
            let Some(last) = part.last() else {
                return Err(LoadError::Missing { position: self.saved.next() }.into());
            };
            // Streams are saved as they are at the snapshot: until all events up to it are, the rows are no checkpoint.
            let at_end = last == snapshot.tail();
            let checkpoint = self.checkpoint(if at_end { last } else { Position::ZERO }, snapshot)?;
            if let Err(error) = self.save_part(part, snapshot, at_end, checkpoint) {
                // Which packs are saved is no longer known.
                (self.saved, self.packs) = (Position::ZERO, Packs::default());
                return Err(error);
            }
            self.saved = last;
        }
        Ok(())
    }

    fn save_part(
        &mut self,
        part: Part,
        snapshot: &Snapshot,
        at_end: bool,
        checkpoint: Vec<u8>,
    ) -> Result<(), KeepError> {
        let (mut written, mut gone) = (BTreeSet::new(), BTreeSet::new());
        for pack in packs_of(part.changed(), snapshot)? {
            snapshot.keep_packed(&pack);
            written.insert(self.packs.put(pack));
        }
        if at_end {
            for (first, second) in self.packs.put_together(snapshot)? {
                written.remove(&first);
                written.insert(second);
                gone.insert(first);
            }
        }
        let mut rows = part.into_rows(snapshot)?;
        let written = written.into_iter().filter_map(|number| Some((number, self.packs.0.get(&number)?)));
        rows.extend(
            written.map(|(number, pack)| Row { key: key(PACK, number), value: pack.bytes().clone() }),
        );
        let gone = gone.into_iter().map(|number| key(PACK, number)).collect();
        self.rows.save(rows, gone, checkpoint)?;
        Ok(())
    }

    fn checkpoint(&self, position: Position, snapshot: &Snapshot) -> Result<Vec<u8>, KeepError> {
        let hash = self.log.hash_at(position).map_err(|source| LoadError::Log { position, source })?;
        let form = if position == Position::ZERO { INCOMPLETE } else { FORM };
        let checkpoint = Checkpoint {
            form,
            log: self.log.id(),
            position,
            hash: hash.ok_or(LoadError::Missing { position })?,
            alliance: snapshot.alliance_since().cloned(),
        };
        Ok(postcard::to_stdvec(&checkpoint)?)
    }

    fn part_after(&self, after: Position, until: Position) -> Result<Part, KeepError> {
        let position = after.next();
        let on_log = |source| LoadError::Log { position, source };
        let mut frames = self.log.read(position).map_err(on_log)?;
        let mut part = Part::new(position);
        while part.len() < EVENTS_MAX {
            let Some(frame) = frames.next().map_err(on_log)?.filter(|frame| frame.first <= until) else {
                break;
            };
            let decoded = wire::decode_frame(&frame.payload);
            let decoded =
                decoded.map_err(|source| LoadError::Undecodable { position: frame.first, source })?;
            for event in decoded.into_iter().filter(|event| event.position >= position) {
                part.put(event)?;
            }
        }
        Ok(part)
    }
}

/// The streams of these names, as they are in `snapshot`.
fn packs_of(changed: &BTreeSet<Name>, snapshot: &Snapshot) -> Result<Vec<Arc<Pack>>, postcard::Error> {
    let (mut packs, mut packing) = (Vec::new(), Packing::default());
    for stream in changed.iter().filter_map(|name| snapshot.stream(name)) {
        packing.put(&stream)?;
        if packing.len() >= PACK_BYTES {
            packs.push(std::mem::take(&mut packing).finish()?);
        }
    }
    if packing.len() > 0 {
        packs.push(packing.finish()?);
    }
    Ok(packs)
}

/// Of a row by its number, or about the events from a position on.
fn key(kind: u8, number: u64) -> Vec<u8> {
    [&[kind], number.to_be_bytes().as_slice()].concat()
}
