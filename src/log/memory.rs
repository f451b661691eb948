//! A log in memory, for tests of what stands on the log.

use std::fmt;
use std::io;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt, ready};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::embedded::check_frames;
use super::frame::stride;
use super::{
    AppendError, EventLog, Frame, FrameHash, FrameReader, LogId, LogStatus, NewFrame, OpenReport, Position,
    ReadError,
};

/// A log that keeps its promises for as long as the process lives. It can be told to run out of room and to fail.
#[derive(Clone)]
pub struct MemoryLog {
    id: LogId,
    shared: Arc<Shared>,
}

struct Shared {
    inner: Mutex<Inner>,
    tail: watch::Sender<Position>,
}

struct Inner {
    frames: Vec<Frame>,
    bytes: u64,
    room_bytes: u64,
    ended: Option<AppendError>,
}

impl MemoryLog {
    /// An empty log.
    #[must_use]
    pub fn new(id: LogId) -> MemoryLog {
        let inner = Inner { frames: Vec::new(), bytes: 0, room_bytes: u64::MAX, ended: None };
        MemoryLog {
            id,
            shared: Arc::new(Shared { inner: Mutex::new(inner), tail: watch::Sender::new(Position::ZERO) }),
        }
    }

    /// From now on the log takes no more than `bytes` in all: appends beyond answer `DiskFull`.
    pub fn set_room(&self, bytes: u64) {
        self.shared.inner.lock().room_bytes = bytes;
    }

    /// From now on the log is as after a failed sync: every append answers `Failed`.
    pub fn fail(&self) {
        let source = Arc::new(io::Error::other("told to fail"));
        self.shared.inner.lock().ended = Some(AppendError::Failed { source });
    }

    fn append_now(&self, expected: Position, frames: Vec<NewFrame>) -> Result<Position, AppendError> {
        check_frames(&frames)?;
        let mut inner = self.shared.inner.lock();
        if let Some(ended) = &inner.ended {
            return Err(ended.clone());
        }
        let (tail, mut previous) = inner.end(self.id);
        if expected != tail {
            return Err(AppendError::Conflict { expected, actual: tail });
        }
        let bytes = frames.iter().map(|frame| stride(frame.payload.len())).sum::<u64>();
        if inner.bytes + bytes > inner.room_bytes {
            return Err(AppendError::DiskFull { bytes, source: Arc::new(io::ErrorKind::StorageFull.into()) });
        }
        inner.bytes += bytes;
        let mut last = tail;
        for NewFrame { events, payload } in frames {
            let first = last.next();
            let frame = Frame { first, events, payload, previous };
            (last, previous) = (frame.last(), frame.hash());
            inner.frames.push(frame);
        }
        self.shared.tail.send_replace(last);
        Ok(last)
    }

    fn close_now(&self) -> Result<(), AppendError> {
        match self.shared.inner.lock().ended.get_or_insert(AppendError::Closed) {
            AppendError::Closed => Ok(()),
            failed => Err(failed.clone()),
        }
    }
}

impl fmt::Debug for MemoryLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLog").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Default for MemoryLog {
    fn default() -> MemoryLog {
        MemoryLog::new(LogId::random())
    }
}

impl Inner {
    fn end(&self, id: LogId) -> (Position, FrameHash) {
        let last = self.frames.last();
        last.map_or((Position::ZERO, FrameHash::of_nothing(id)), |frame| (frame.last(), frame.hash()))
    }

    /// The frame that contains `position`, or the one after the last.
    fn index_of(&self, position: Position) -> usize {
        self.frames.partition_point(|frame| frame.last() < position)
    }
}

impl EventLog for MemoryLog {
    fn id(&self) -> LogId {
        self.id
    }

    fn tail(&self) -> Position {
        *self.shared.tail.borrow()
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.shared.tail.subscribe()
    }

    fn append(
        &self,
        expected: Position,
        frames: Vec<NewFrame>,
    ) -> BoxFuture<'_, Result<Position, AppendError>> {
        async move { self.append_now(expected, frames) }.boxed()
    }

    fn read(&self, from: Position) -> Result<Box<dyn FrameReader>, ReadError> {
        let tail = self.tail();
        if from > tail.next() {
            return Err(ReadError::BeyondTail { from, tail });
        }
        Ok(Box::new(MemoryReader { log: self.clone(), next: self.shared.inner.lock().index_of(from) }))
    }

    fn read_cached(&self, from: Position) -> Result<Box<dyn FrameReader>, ReadError> {
        self.read(from)
    }

    fn hash_at(&self, last: Position) -> Result<Option<FrameHash>, ReadError> {
        if last == Position::ZERO {
            return Ok(Some(FrameHash::of_nothing(self.id)));
        }
        let inner = self.shared.inner.lock();
        let frame = inner.frames.get(inner.index_of(last));
        Ok(frame.filter(|frame| frame.last() == last).map(Frame::hash))
    }

    fn report(&self) -> LogStatus {
        let bytes = self.shared.inner.lock().bytes;
        let opened = OpenReport { clean: true, ..OpenReport::default() };
        let (tail, bytes_written) = (self.tail(), bytes);
        LogStatus { id: self.id, tail, segments: 0, bytes, bytes_written, read_only: None, opened }
    }

    fn close(&self) -> BoxFuture<'_, Result<(), AppendError>> {
        ready(self.close_now()).boxed()
    }
}

struct MemoryReader {
    log: MemoryLog,
    next: usize,
}

impl FrameReader for MemoryReader {
    fn seek(&mut self, to: Position) -> Result<(), ReadError> {
        let tail = self.log.tail();
        if to > tail.next() {
            return Err(ReadError::BeyondTail { from: to, tail });
        }
        self.next = self.log.shared.inner.lock().index_of(to);
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Frame>, ReadError> {
        let frame = self.log.shared.inner.lock().frames.get(self.next).cloned();
        self.next += usize::from(frame.is_some());
        Ok(frame)
    }
}
