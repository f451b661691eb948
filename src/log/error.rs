//! What can go wrong with a log, split by what the caller does next.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use super::Position;

/// Why frames were not appended. Whatever the variant, nothing of the group is visible.
#[derive(Clone, Debug, Error)]
pub enum AppendError {
    /// Another append came first: follow the log to `actual` and decide again.
    #[error("the log moved on: expected to end at {expected}, ends at {actual}")]
    Conflict {
        /// Where the caller thought the log ended.
        expected: Position,
        /// Where it ends.
        actual: Position,
    },
    /// No room: tell the client, go on reading, try again when there is room.
    #[error("no room on the disk for {bytes} bytes")]
    DiskFull {
        /// What the group would have taken.
        bytes: u64,
        /// What the storage answered.
        #[source]
        source: Arc<io::Error>,
    },
    /// The caller's mistake: split the request.
    #[error("a frame of {bytes} bytes is above the limit of {max}")]
    FrameTooLarge {
        /// The payload's length.
        bytes: u64,
        /// The longest payload there may be.
        max: u64,
    },
    /// The caller's mistake: a frame holds at least one event.
    #[error("a frame without events")]
    EmptyFrame,
    /// This log only serves reads until it is opened otherwise.
    #[error("the log is open for reading only")]
    ReadOnly,
    /// The log was closed: the daemon is stopping.
    #[error("the log is closed")]
    Closed,
    /// A write or sync failed, so what is on the disk is no longer known: end the process. Opening the log again
    /// finds out.
    #[error("the log failed and takes no more appends")]
    Failed {
        /// What the storage answered.
        #[source]
        source: Arc<io::Error>,
    },
}

/// Why a log could not be opened. Nothing was changed on disk, except that a torn tail may have been kept aside.
#[derive(Debug, Error)]
pub enum OpenError {
    /// One daemon per directory: stop the other, or serve another directory.
    #[error("{} is in use by {}", dir.display(), holder_words(*holder))]
    Locked {
        /// The log's directory.
        dir: PathBuf,
        /// The process that holds the lock, if it left its id.
        holder: Option<u32>,
    },
    /// Written by a later release: run that one.
    #[error("{} is in log format {found}; this release reads formats up to {known}", file.display())]
    NewerFormat {
        /// The file that says so.
        file: PathBuf,
        /// Its format.
        found: u32,
        /// The latest format known here.
        known: u32,
    },
    /// Acknowledged events are damaged or missing: restore a backup. Nothing is skipped or repaired silently.
    #[error("{} is damaged at byte {offset}: {why}", file.display())]
    Rotten {
        /// The damaged file.
        file: PathBuf,
        /// Where in it the damage begins.
        offset: u64,
        /// What is wrong there.
        why: String,
    },
    /// Probably the wrong directory: check the configuration.
    #[error("{} is not a log: {why}", dir.display())]
    NotALog {
        /// The directory.
        dir: PathBuf,
        /// What was found instead.
        why: String,
    },
    /// The storage answered with an error.
    #[error("cannot open the log at {}", path.display())]
    Io {
        /// What was being opened.
        path: PathBuf,
        /// What the storage answered.
        #[source]
        source: io::Error,
    },
}

fn holder_words(holder: Option<u32>) -> String {
    holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

/// Why frames could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// There is no such position yet.
    #[error("position {from} is beyond the log's tail {tail}")]
    BeyondTail {
        /// The position asked for.
        from: Position,
        /// The durable tail.
        tail: Position,
    },
    /// Acknowledged events are damaged: stop serving and restore a backup.
    #[error("{} is damaged at byte {offset}: {why}", file.display())]
    Rotten {
        /// The damaged file.
        file: PathBuf,
        /// Where in it the damage begins.
        offset: u64,
        /// What is wrong there.
        why: String,
    },
    /// The storage answered with an error; the data may be fine.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file being read.
        path: PathBuf,
        /// What the storage answered.
        #[source]
        source: io::Error,
    },
}
