//! The append-only store: the contract that every log keeps, and the words it is written in.
//!
//! The log knows bytes and positions. What an event means is none of its business: a frame's payload goes out exactly
//! as it came in. `docs/log-format.md` draws what the embedded log writes to disk.

pub mod embedded;
pub mod error;
pub mod frame;
pub mod memory;
mod segment;
pub mod storage;

#[cfg(test)]
mod contract;

use std::fmt;
use std::path::PathBuf;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

pub use self::embedded::inspect::{self, Damage, Finding, Inspection, Verdict};
pub use self::embedded::{Access, Check, EmbeddedLog, EmbeddedOptions};
pub use self::error::{AppendError, OpenError, ReadError};
pub use self::frame::{FRAME_BYTES_MAX, Frame, FrameHash, NewFrame};
pub use self::memory::MemoryLog;
pub use crate::position::Position;

/// Which log this is: made once, with the log, and never changed. Checkpoints name it so that they are not applied to
/// another log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogId(Uuid);

impl LogId {
    /// The id of a log made elsewhere: of the primary for a replica, of the original for a restored backup.
    #[must_use]
    pub const fn from_uuid(id: Uuid) -> LogId {
        LogId(id)
    }

    /// An id for a log that is being made now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the edge: a log is named once, when it is made")]
    pub fn random() -> LogId {
        LogId(Uuid::new_v4())
    }

    /// The id as a UUID.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An append-only log of events, kept in frames. Every implementation keeps these promises; `log/contract.rs` has one
/// test for each, under its number.
///
/// 1. Positions are global, from 1 and gap-free: a frame of n events takes the n positions after the tail, and the
///    frames of a group stand in the order given.
/// 2. A frame is atomic and opaque: it is read back byte for byte as it was handed over, or not at all.
/// 3. `append` succeeds if and only if the log ended at `expected` at that instant; otherwise it answers `Conflict`
///    with the real tail.
/// 4. Acknowledged is durable: what `append` has answered for is there after any stop, with the same positions and
///    hashes, in a log of the same id.
/// 5. Only durable frames are visible: when `append` resolves, `tail`, `watch` and readers show its frames, and they
///    never show a frame that could still be lost.
/// 6. An append is under way once the future has been polled; dropping the future then does not undo it.
/// 7. `read(from)` and `seek(from)` start at the frame that contains `from`; a reader answers `None` at the durable tail
///    of that moment, and goes on when it is called again after the tail has moved.
/// 8. Hashes are chained: a frame's hash tells it and everything before it from any other history, and rests on the
///    log's id, positions, event counts and payloads alone, not on how frames were grouped or stored.
/// 9. A frame without events or above [`FRAME_BYTES_MAX`] is refused, and the whole group with it.
/// 10. A refused append leaves nothing behind, now or after a stop. Reads go on, and so do appends once the reason is
///     gone: disk full recovers when there is room.
/// 11. After `close`, appends answer `Closed`; reads go on.
/// 12. A failed write or sync is final: that append and every later one answer `Failed`, nothing is tried again, and
///     nothing after the last acknowledged frame becomes visible.
pub trait EventLog: Send + Sync + 'static {
    /// Which log this is.
    fn id(&self) -> LogId;

    /// The last durable position; [`Position::ZERO`] while the log is empty.
    fn tail(&self) -> Position;

    /// The durable tail as it moves, for followers. It never goes backwards.
    fn watch(&self) -> watch::Receiver<Position>;

    /// Appends a group of frames and answers the new tail once all of them are durable. The groups of one log are
    /// written one after the other. An empty group writes nothing and checks `expected` all the same.
    ///
    /// # Cancellation
    /// Dropping the future after it was first polled leaves the outcome to the log: the group may well be recorded.
    ///
    /// # Errors
    /// Any [`AppendError`]; each variant says what to do next.
    fn append(
        &self,
        expected: Position,
        frames: Vec<NewFrame>,
    ) -> BoxFuture<'_, Result<Position, AppendError>>;

    /// A reader that starts at the frame that contains `from`. `from` may be the position after the tail, to follow
    /// from here; [`Position::ZERO`] reads from the first event. Blocking: not for an async task's own thread.
    ///
    /// # Errors
    /// `BeyondTail` if `from` is further out than that; `Rotten` and `Io` as met on the way to `from`.
    fn read(&self, from: Position) -> Result<Box<dyn FrameReader>, ReadError>;

    /// As `read`, for a caller that must not wait for the disk: what is not in memory already is answered with `Io` of
    /// [`std::io::ErrorKind::WouldBlock`], here or by the reader, and has to be read another way.
    ///
    /// # Errors
    /// As `read`, and `Io` of that kind.
    fn read_cached(&self, from: Position) -> Result<Box<dyn FrameReader>, ReadError>;

    /// The hash of the frame whose last event is `last`; `None` if no frame ends there. At [`Position::ZERO`] it is
    /// the hash that the first frame is chained to. Blocking.
    ///
    /// # Errors
    /// `Rotten` and `Io` as met on the way to `last`.
    fn hash_at(&self, last: Position) -> Result<Option<FrameHash>, ReadError>;

    /// What is stored, and what opening it found and did.
    fn report(&self) -> LogStatus;

    /// Ends the log cleanly, after the appends already under way: its last segment is sealed, so that any damage
    /// found later is known to be rot. Closing again is harmless.
    ///
    /// # Errors
    /// `DiskFull` or `Failed` if the seal could not be written; the log is closed all the same and nothing
    /// acknowledged is lost.
    fn close(&self) -> BoxFuture<'_, Result<(), AppendError>>;
}

/// Frames in order, from a position on. Blocking.
pub trait FrameReader: Send {
    /// The next frame, or `None` at the durable tail as of this call. After `None` it may be asked again.
    ///
    /// # Errors
    /// `Rotten` names the file and offset of stored bytes that are not what was written; asking again gives the same
    /// answer, never the frame behind.
    fn next(&mut self) -> Result<Option<Frame>, ReadError>;

    /// Goes to the frame that contains `to`, as a new reader would, and keeps what it has at hand.
    ///
    /// # Errors
    /// As [`EventLog::read`]; the reader then stands where it stood, or nowhere: seek again.
    fn seek(&mut self, to: Position) -> Result<(), ReadError>;
}

/// What a log holds, for status pages and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStatus {
    /// Which log this is.
    pub id: LogId,
    /// The last durable position.
    pub tail: Position,
    /// How many segment files there are.
    pub segments: u64,
    /// How many bytes of segment files are in use: headers, frames and footers, without the room zeroed ahead.
    pub bytes: u64,
    /// How many bytes were written to its files since it was opened: frames, headers, footers, the zeros written ahead of
    /// them, and what the opening itself wrote. What a file system makes of them, in blocks and a journal, is not known here.
    pub bytes_written: u64,
    /// Why no append is possible, if none is.
    pub read_only: Option<ReadOnlyBecause>,
    /// What opening the log found and did.
    pub opened: OpenReport,
}

/// Why a log takes no appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOnlyBecause {
    /// It was opened with [`Access::ReadOnly`].
    Asked,
    /// The file system or the directory cannot be written to.
    Storage,
    /// The disk was too full to make what was found durable. Opening it again when there is room ends this.
    NoRoom,
}

/// What opening a log found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Whether the log had been closed cleanly. A log that was just made counts as clean.
    pub clean: bool,
    /// The torn tail that was cut off, if there was one. At most one write is under way at a time, so there is at
    /// most one.
    pub torn: Option<TornTail>,
    /// How many frames were checked byte for byte while opening.
    pub frames_checked: u64,
}

/// Bytes behind the last good frame, left by a write that a crash interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The segment file they stood in.
    pub file: PathBuf,
    /// Where in it they began.
    pub offset: u64,
    /// How many they are.
    pub bytes: u64,
    /// What is wrong with the first of them.
    pub why: String,
    /// Where they were kept aside. `None` if the log is read-only: then they are where they were.
    pub kept_in: Option<PathBuf>,
}
