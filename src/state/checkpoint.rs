//! Checkpoints of the snapshot, so that a start need not fold the whole log.
//!
//! 1. Only what is durable in the log is ever part of one.
//! 2. One that names another log, a position beyond the log's end, or a frame with another hash is not used.
//! 3. One row a changed stream, not one an event; whatever goes wrong, the log is folded again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::load::LoadError;
use super::snapshot::{Snapshot, meeting_dates};
use crate::domain::time::Valid;
use crate::domain::{CommandId, Event, Name, Stream, World};
use crate::log::{EventLog, FrameHash, LogId};
use crate::position::Position;
use crate::wire;

/// The form of rows; one of another form is not used.
const FORM: u32 = 4;
/// The form of rows that are not all there yet.
const INCOMPLETE: u32 = 0;
/// Events that one save takes in at most, so that it stays small.
const EVENTS_MAX: usize = 20_000;
/// Events of which one row says whom they name, and when meetings are.
const EVENTS_OF_A_ROW: usize = 2_000;
/// What the keys of streams begin with.
const STREAM: u8 = b's';

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Unique among the rows.
    pub key: Vec<u8>,
    /// Anything.
    pub value: Vec<u8>,
}

/// All that was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// Every row, in key order.
    pub rows: Vec<Row>,
    /// What they hold.
    pub checkpoint: Vec<u8>,
}

/// The rows could not be loaded or saved; they were put aside.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the checkpoint store failed: {0}")]
pub struct RowsError(pub String);

/// Where rows are kept. Nobody relies on them: the log is what counts.
pub trait Rows: Send {
    /// All that was saved last; nothing if nothing was.
    ///
    /// # Errors
    ///
    /// What is stored is damaged, or cannot be read; it was put aside.
    fn load(&mut self) -> Result<Option<Saved>, RowsError>;

    /// Saves these rows over those with the same keys, together with the checkpoint: all or nothing.
    ///
    /// # Errors
    ///
    /// They cannot be saved; what was there was put aside.
    fn save(&mut self, rows: Vec<Row>, checkpoint: Vec<u8>) -> Result<(), RowsError>;

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

/// One row, of one of these kinds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Entry {
    Stream(Box<Stream>),
    /// Commands whose events stand one behind the other, from this position on: a row for each would be most of all rows.
    Commands(Position, Vec<CommandId>),
    /// Who was named by whom, from one save to the next.
    References(Vec<(Name, Vec<Name>)>),
    EqualAccess(Name),
    /// What was said of when meetings are, from one save to the next.
    Meetings(Vec<(Name, Valid)>),
}

/// The snapshot that was saved last, if it is of this log; else an empty one. Blocking.
pub fn restore(rows: &mut dyn Rows, log: &dyn EventLog) -> Snapshot {
    let saved = match rows.load() {
        Ok(Some(saved)) => saved,
        Ok(None) => return Snapshot::default(),
        Err(error) => {
            tracing::warn!(%error, "the log is folded from its beginning");
            return Snapshot::default();
        }
    };
    match usable(&saved, log) {
        Ok(snapshot) => snapshot,
        Err(why) => {
            rows.discard(why);
            Snapshot::default()
        }
    }
}

/// The snapshot. Rows of a save that was interrupted may be of another log, or of a longer one: they are not written over
/// but put aside, or the next checkpoint would hold what the log does not.
fn usable(saved: &Saved, log: &dyn EventLog) -> Result<Snapshot, &'static str> {
    let form = postcard::take_from_bytes::<u32>(&saved.checkpoint).map_err(|_| "it does not decode")?.0;
    if form == INCOMPLETE {
        return Err("its last save was interrupted");
    }
    if form != FORM {
        return Err("it is of another form");
    }
    let checkpoint: Checkpoint = postcard::from_bytes(&saved.checkpoint).map_err(|_| "it does not decode")?;
    if checkpoint.log != log.id() {
        return Err("it is of another log");
    }
    if checkpoint.position > log.tail() {
        return Err("it is ahead of the log");
    }
    if log.hash_at(checkpoint.position).ok().flatten() != Some(checkpoint.hash) {
        return Err("the log has another history");
    }
    let mut snapshot = Snapshot::at(checkpoint.position, checkpoint.alliance);
    // Streams first: what else there is shares their names.
    let (streams, others): (Vec<_>, Vec<_>) =
        saved.rows.iter().partition(|row| row.key.first() == Some(&STREAM));
    for row in streams.into_iter().chain(others) {
        let entry: Entry = postcard::from_bytes(&row.value).map_err(|_| "a row does not decode")?;
        match entry {
            Entry::Stream(stream) => snapshot.put_stream(*stream),
            Entry::Commands(first, ids) => {
                for (id, position) in ids.into_iter().zip(first.0..) {
                    snapshot.put_command(id, Position(position));
                }
            }
            Entry::References(said) => {
                for (named, by) in said {
                    for by in by {
                        snapshot.refer(&named, &snapshot.shared(&by));
                    }
                }
            }
            Entry::EqualAccess(name) => snapshot.put_equal_access(name),
            Entry::Meetings(said) => {
                for (name, valid) in said {
                    snapshot.put_meeting(&snapshot.shared(&name), &valid);
                }
            }
        }
    }
    Ok(snapshot)
}

/// Saves what has become durable since the last save.
pub struct Keeper {
    rows: Box<dyn Rows>,
    log: Arc<dyn EventLog>,
    saved: Position,
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
    /// Of rows that hold what is known at `saved`.
    pub fn new(rows: Box<dyn Rows>, log: Arc<dyn EventLog>, saved: Position) -> Keeper {
        Keeper { rows, log, saved }
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
            let events = self.events_after(self.saved, snapshot.tail())?;
            let Some(last) = events.last().map(|event| event.position) else { return Ok(()) };
            let at_end = last == snapshot.tail();
            let rows = rows_of(&events, snapshot)?;
            // Streams are saved as they are at the snapshot: until all events up to it are, the rows are no checkpoint.
            let position = if at_end { last } else { Position::ZERO };
            let checkpoint = self.checkpoint(position, snapshot)?;
            if let Err(error) = self.rows.save(rows, checkpoint) {
                self.saved = Position::ZERO;
                return Err(error.into());
            }
            self.saved = last;
        }
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

    fn events_after(&self, after: Position, until: Position) -> Result<Vec<Event>, LoadError> {
        let position = after.next();
        let on_log = |source| LoadError::Log { position, source };
        let mut frames = self.log.read(position).map_err(on_log)?;
        let mut events = Vec::new();
        while events.len() < EVENTS_MAX {
            let Some(frame) = frames.next().map_err(on_log)?.filter(|frame| frame.first <= until) else {
                break;
            };
            let decoded = wire::decode_frame(&frame.payload);
            events
                .extend(decoded.map_err(|source| LoadError::Undecodable { position: frame.first, source })?);
        }
        Ok(events)
    }
}

fn rows_of(events: &[Event], snapshot: &Snapshot) -> Result<Vec<Row>, postcard::Error> {
    let mut rows = Vec::new();
    let mut put =
        |key: Vec<u8>, entry: &Entry| postcard::to_stdvec(entry).map(|value| rows.push(Row { key, value }));
    let changed: BTreeSet<&Name> = events.iter().map(|event| &event.name).collect();
    for stream in changed.into_iter().filter_map(|name| snapshot.stream(name)) {
        put(key(STREAM, &[stream.name.as_str()]), &Entry::Stream(Box::new(stream.as_ref().clone())))?;
    }
    if let Some(first) = events.first().map(|event| event.position) {
        let ids = events.iter().map(|event| event.command_id).collect();
        put(key_from(b'c', first), &Entry::Commands(first, ids))?;
    }
    for events in events.chunks(EVENTS_OF_A_ROW) {
        let first = events.first().map_or(Position::ZERO, |event| event.position);
        let said =
            events.iter().filter_map(|event| Some((event.name.clone(), meeting_dates(event)?.clone())));
        put(key_from(b'm', first), &Entry::Meetings(said.collect()))?;
        let mut references = BTreeMap::<&Name, BTreeSet<&Name>>::new();
        for event in events {
            for named in event.content.fact.mentions() {
                references.entry(named).or_default().insert(&event.name);
            }
        }
        let said =
            references.into_iter().map(|(named, by)| (named.clone(), by.into_iter().cloned().collect()));
        put(key_from(b'r', first), &Entry::References(said.collect()))?;
    }
    for name in snapshot.equal_access() {
        put(key(b'e', &[name.as_str()]), &Entry::EqualAccess(name.clone()))?;
    }
    Ok(rows)
}

/// Of a row about the events from this position on.
fn key_from(kind: u8, first: Position) -> Vec<u8> {
    [&[kind], first.0.to_be_bytes().as_slice()].concat()
}

fn key(kind: u8, parts: &[&str]) -> Vec<u8> {
    let mut key = vec![kind];
    for part in parts {
        key.extend_from_slice(part.as_bytes());
        key.push(0);
    }
    key
}
