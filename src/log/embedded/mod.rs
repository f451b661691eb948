//! The log in segment files of one directory, with one writer.
//!
//! A group of frames is one write and one sync, made where the append is polled first: a hand-over to another thread and
//! back would take as long as the sync itself, and the recorder has a thread of its own. The segment being written is
//! zeroed ahead in steps and overwritten in place, so that a sync seldom has a new file size to make durable.
//! Readers look at no byte that is not durable. What they share with the writer is where that ends, and the frames written
//! last, which are read from memory: of many who follow, none reads them from the file again.

mod catalog;
pub mod inspect;
mod reader;
mod recent;
mod recovery;
mod scan;
mod walk;
mod writer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::watch;

use self::catalog::Catalog;
use self::reader::{Patience, Reader};
use self::writer::Writer;
use super::error::{AppendError, OpenError, ReadError};
use super::storage::{Counted, Lock, Storage, Written, is_no_room};
use super::{
    EventLog, FRAME_BYTES_MAX, FrameHash, FrameReader, LogId, LogStatus, NewFrame, OpenReport, Position,
    ReadOnlyBecause,
};

/// How a log is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// A segment that would grow beyond this is sealed and the next one begun. A larger group gets a segment of its
    /// own.
    pub segment_bytes: u64,
    /// How far ahead of the log's end the segment is zeroed at least, each time it has to be.
    pub zeroed_ahead_bytes: u64,
    /// How much of the log's end is kept in memory, once it was written.
    pub recent_bytes: usize,
    /// The id of the log, if there is none in the directory and one is made.
    pub new_log_id: LogId,
    /// Whether it is opened for appending.
    pub access: Access,
    /// What is checked before it is served.
    pub check: Check,
}

impl Default for EmbeddedOptions {
    fn default() -> EmbeddedOptions {
        EmbeddedOptions {
            segment_bytes: 64 << 20,
            zeroed_ahead_bytes: 1 << 20,
            recent_bytes: 4 << 20,
            new_log_id: LogId::random(),
            access: Access::ReadWrite,
            check: Check::Unsealed,
        }
    }
}

/// What a log is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Appending and reading. A directory that cannot be written to is opened for reading all the same, and says so.
    ReadWrite,
    /// Reading: nothing on disk is changed, and no other process may be appending. After a crash, the last frames of
    /// a log opened so have not been made durable: the next opening for appending does that.
    ReadOnly,
}

/// What opening a log checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Every segment's header and footer, and every frame of a segment that was not sealed. The frames of sealed segments
    /// are checked when they are read, so a start takes no longer as the log grows, and next to nothing after a clean stop.
    Unsealed,
    /// Every byte.
    Everything,
}

/// The log in a directory.
///
/// Dropping it leaves the last segment unsealed, as a crash would; to stop cleanly, `close` it first.
pub struct EmbeddedLog {
    id: LogId,
    catalog: Arc<Catalog>,
    durable: watch::Receiver<Position>,
    written: Written,
    opened: OpenReport,
    read_only: Option<ReadOnlyBecause>,
    /// None where the log is read-only.
    writer: Option<Mutex<Writer>>,
    /// Shared with other readers; the writer holds its own.
    read_lock: Option<Box<dyn Lock>>,
}

impl EmbeddedLog {
    /// Opens the log in `dir`, or makes one there. Blocking. A full disk does not keep a log from being read: if
    /// opening it needs room that is not there, it is read-only.
    ///
    /// # Errors
    /// Any [`OpenError`]; each variant says what to do next.
    pub fn open(
        dir: impl AsRef<Path>,
        storage: Arc<dyn Storage>,
        options: EmbeddedOptions,
    ) -> Result<EmbeddedLog, OpenError> {
        let (mut log, writer) = EmbeddedLog::recover(dir.as_ref(), storage, options)?;
        log.writer = writer.map(Mutex::new);
        Ok(log)
    }

    /// A log that nobody writes yet, and its writer, unless it is read-only.
    fn recover(
        dir: &Path,
        storage: Arc<dyn Storage>,
        options: EmbeddedOptions,
    ) -> Result<(EmbeddedLog, Option<Writer>), OpenError> {
        let written = Written::default();
        let storage: Arc<dyn Storage> = Arc::new(Counted::new(storage, written.clone()));
        let mut entry = recovery::enter(dir, &*storage, options.access)?;
        let recovered = match recovery::recover(dir, &storage, &options, entry.read_only.is_none()) {
            Err(OpenError::Io { path, source }) if is_no_room(&source) => {
                entry.read_only = Some(ReadOnlyBecause::NoRoom);
                let recovered = recovery::recover(dir, &storage, &options, false);
                recovered.map_err(|_| OpenError::Io { path, source })?
            }
            recovered => recovered?,
        };
        let (durable_tx, durable) = watch::channel(recovered.tail);
        let catalog = Arc::new(Catalog::new(dir, storage, recovered.segments, options.recent_bytes));
        let (id, opened, read_only) = (recovered.id, recovered.report, entry.read_only);
        let mut log =
            EmbeddedLog { id, catalog, durable, written, opened, read_only, writer: None, read_lock: None };
        if read_only.is_some() {
            log.read_lock = entry.lock;
            return Ok((log, None));
        }
        let writer = Writer::new(log.id, Arc::clone(&log.catalog), options, entry.lock, durable_tx)
            .go_on_from(recovered.tail, recovered.hash, recovered.active);
        Ok((log, Some(writer)))
    }
}

impl fmt::Debug for EmbeddedLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EmbeddedLog { id, catalog, .. } = self;
        f.debug_struct("EmbeddedLog").field("id", id).field("dir", &catalog.dir).finish_non_exhaustive()
    }
}

impl EventLog for EmbeddedLog {
    fn id(&self) -> LogId {
        self.id
    }

    fn tail(&self) -> Position {
        *self.durable.borrow()
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.durable.clone()
    }

    fn append(
        &self,
        expected: Position,
        frames: Vec<NewFrame>,
    ) -> BoxFuture<'_, Result<Position, AppendError>> {
        Box::pin(async move {
            check_frames(&frames)?;
            match &self.writer {
                Some(writer) => writer.lock().append(expected, frames),
                None => Err(AppendError::ReadOnly),
            }
        })
    }

    fn read(&self, from: Position) -> Result<Box<dyn FrameReader>, ReadError> {
        let tail = self.tail();
        if from > tail.next() {
            return Err(ReadError::BeyondTail { from, tail });
        }
        Ok(Box::new(Reader::start(&self.catalog, from.max(Position(1)), Patience::Waits)?))
    }

    fn read_cached(&self, from: Position) -> Result<Box<dyn FrameReader>, ReadError> {
        let tail = self.tail();
        if from > tail.next() {
            return Err(ReadError::BeyondTail { from, tail });
        }
        Ok(Box::new(Reader::start(&self.catalog, from.max(Position(1)), Patience::CachedOnly)?))
    }

    fn hash_at(&self, last: Position) -> Result<Option<FrameHash>, ReadError> {
        if last == Position::ZERO {
            return Ok(Some(FrameHash::of_nothing(self.id)));
        }
        if last > self.tail() {
            return Ok(None);
        }
        let frame = Reader::start(&self.catalog, last, Patience::Waits)?.next()?;
        Ok(frame.filter(|frame| frame.last() == last).map(|frame| frame.hash()))
    }

    fn report(&self) -> LogStatus {
        let (segments, bytes) = self.catalog.size();
        LogStatus {
            id: self.id,
            tail: self.tail(),
            segments,
            bytes,
            bytes_written: self.written.bytes(),
            read_only: self.read_only,
            opened: self.opened.clone(),
        }
    }

    fn close(&self) -> BoxFuture<'_, Result<(), AppendError>> {
        Box::pin(async move {
            match &self.writer {
                Some(writer) => writer.lock().close(),
                None => Ok(()),
            }
        })
    }
}

/// What a log refuses before anything is written, whichever log it is.
pub(super) fn check_frames(frames: &[NewFrame]) -> Result<(), AppendError> {
    for frame in frames {
        if frame.events == 0 {
            return Err(AppendError::EmptyFrame);
        }
        if frame.payload.len() > FRAME_BYTES_MAX {
            let (bytes, max) = (frame.payload.len() as u64, FRAME_BYTES_MAX as u64);
            return Err(AppendError::FrameTooLarge { bytes, max });
        }
    }
    Ok(())
}
