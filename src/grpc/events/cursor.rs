//! A reader's way through the log: what is stored is sent as it is, and only what a filter asks about is looked into.
//!
//! 1. Where a filter names streams, the state knows where their events stand, and only those are read; what is newer than
//!    that, and everything else, is read as it comes.
//! 2. A slow reader costs a few messages; then the log waits, which is on disk.
//! 3. Whoever follows is sent what was recorded since its last message, once its share of the daemon's time is past: where
//!    many follow, a message has many events, and recording goes on beside them.

use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::super::status;
use super::filter::Filter;
use super::following::Following;
use crate::domain::World;
use crate::log::{EventLog, Frame, FrameReader, ReadError};
use crate::position::Position;
use crate::proto::stored::StoredBatch;
use crate::state::{LoadError, State};
use crate::wire::{self, StoredEvent, Undecodable};

/// Messages that wait for a slow reader.
const READ_AHEAD: usize = 4;
/// A message ends with the event that brings it to this many bytes, be it in the middle of a frame.
const MESSAGE_BYTES: usize = 64 << 10;
/// With a filter that lets little pass, a checkpoint is sent at least every so many events.
const CHECKPOINT_EVENTS: u64 = 10_000;
/// So many events are sooner looked at than looked up.
const SCANNED_EVENTS: u64 = 256;
/// So many events are read where they are asked for, if they are in memory; more are handed to a thread that may wait.
const AT_ONCE_EVENTS: usize = 64;
/// A reader that is so near the tail is sent what it lacks without another thread, if it is in memory.
const NEAR_EVENTS: u64 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Forwards,
    Backwards,
}

/// Why what is stored could not be read.
#[derive(Debug, Error)]
pub(super) enum CursorError {
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    #[error("what is stored cannot be decoded")]
    Undecodable(#[from] Undecodable),
    #[error("an event before it cannot be read")]
    Load(#[from] LoadError),
    #[error("the log has no event {0}")]
    Missing(Position),
}

/// Where a reader has come to.
pub(super) struct Cursor {
    log: Arc<dyn EventLog>,
    state: State,
    filter: Filter,
    direction: Direction,
    /// What was looked at last; at first, what stands before the first event that is wanted.
    seen: Position,
    left: u64,
    /// Whether it reads what is in memory only.
    cached_only: bool,
    frames: Option<Box<dyn FrameReader>>,
    plan: Option<Plan>,
}

/// Positions to look at, in order, and how far they reach.
struct Plan {
    positions: Vec<Position>,
    next: usize,
    through: Position,
}

/// What one message is made of.
#[derive(Default)]
struct Batch {
    pieces: Vec<Bytes>,
    bytes: usize,
    events: u64,
    looked_at: u64,
    /// There is no more for now.
    at_end: bool,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.bytes >= MESSAGE_BYTES || self.looked_at >= CHECKPOINT_EVENTS
    }

    fn push(&mut self, piece: Bytes, events: u64) {
        self.bytes += piece.len();
        self.events += events;
        self.pieces.push(piece);
    }
}

/// How filling the messages that wait has ended.
enum Filled {
    /// The reader has to read first.
    Full,
    /// There is no more for now.
    AtEnd,
    /// All is sent that was asked for, or nobody reads.
    Over,
}

impl Clone for Cursor {
    fn clone(&self) -> Cursor {
        let Cursor { log, state, filter, direction, seen, left, cached_only, frames: _, plan: _ } = self;
        Cursor {
            log: log.clone(),
            state: state.clone(),
            filter: filter.clone(),
            direction: *direction,
            seen: *seen,
            left: *left,
            cached_only: *cached_only,
            frames: None,
            plan: None,
        }
    }
}

impl Cursor {
    pub(super) fn new(
        log: Arc<dyn EventLog>,
        state: State,
        filter: Filter,
        direction: Direction,
        from: Position,
        left: u64,
    ) -> Cursor {
        let seen = match direction {
            Direction::Forwards => Position(from.0.saturating_sub(1)),
            Direction::Backwards => from.next(),
        };
        Cursor { log, state, filter, direction, seen, left, cached_only: false, frames: None, plan: None }
    }

    /// The whole answer, if it is small and in memory; a thread that may wait gives any other.
    pub(super) fn all_at_once(mut self) -> Option<StoredBatch> {
        if !self.filter.names_streams() || !self.filter.needs_no_loading() {
            return None;
        }
        self.cached_only = true;
        let plan = self.plan(0)?;
        if plan.positions.len() > AT_ONCE_EVENTS {
            return None;
        }
        // What goes wrong here is met again, and answered, on the other way.
        let batch = self.planned(plan).ok()?;
        let whole = self.plan.is_none() && self.seen >= self.log.tail();
        let ends = self.left == batch.events;
        (whole || ends).then(|| StoredBatch {
            events: batch.pieces,
            checkpoint: self.seen.0,
            caught_up: !ends,
        })
    }

    /// All that is wanted, and with `follow`, until the daemon stops, what is recorded later.
    pub(super) fn stream(self, follow: Option<Following>) -> ReceiverStream<Result<StoredBatch, Status>> {
        let (send, receive) = mpsc::channel(READ_AHEAD);
        tokio::spawn(async move {
            if let Err(error) = self.send(&send, follow).await {
                // The caller may be gone already.
                let _ = send.send(Err(error)).await;
            }
        });
        ReceiverStream::new(receive)
    }

    async fn send(
        self,
        send: &mpsc::Sender<Result<StoredBatch, Status>>,
        follow: Option<Following>,
    ) -> Result<(), Status> {
        let mut tail = self.log.watch();
        let mut sending = Sending { sent: self.seen, was_caught_up: false, cursor: self };
        loop {
            tail.borrow_and_update();
            let filled;
            (sending, filled) = sending.filled(send).await?;
            match (filled, &follow) {
                (Filled::Over, _) | (Filled::AtEnd, None) => return Ok(()),
                (Filled::Full, _) => match send.reserve().await {
                    Ok(_room) => {}
                    Err(_) => return Ok(()),
                },
                (Filled::AtEnd, Some(follow)) => {
                    let more = async {
                        follow.pause().await;
                        tail.changed().await
                    };
                    tokio::select! {
                        moved = more => moved.map_err(|_| status::stopping_reads())?,
                        () = follow.stopped() => return Err(status::stopping_reads()),
                        () = send.closed() => return Ok(()),
                    }
                }
            }
        }
    }

    /// The next message. After an error the cursor stands where it stood.
    fn next(&mut self) -> Result<Batch, CursorError> {
        let seen = self.seen;
        let read = match self.plan.take().or_else(|| self.plan(SCANNED_EVENTS)) {
            Some(plan) => self.planned(plan),
            None => match self.direction {
                Direction::Forwards => self.scanned_forwards(),
                Direction::Backwards => self.scanned_backwards(),
            },
        };
        let batch = read.inspect_err(|_| (self.seen, self.frames) = (seen, None))?;
        self.left -= batch.events;
        Ok(batch)
    }

    /// Whether what it has not seen yet is little enough to be read at once.
    fn is_near_the_tail(&self) -> bool {
        let unseen = self.log.tail().0.saturating_sub(self.seen.0);
        self.direction == Direction::Forwards && self.filter.needs_no_loading() && unseen <= NEAR_EVENTS
    }

    /// From now on it reads what is in memory only, or whatever there is.
    fn read_cached_only(&mut self, cached_only: bool) {
        if self.cached_only != cached_only {
            (self.cached_only, self.frames) = (cached_only, None);
        }
    }

    fn read(&self, from: Position) -> Result<Box<dyn FrameReader>, ReadError> {
        if self.cached_only { self.log.read_cached(from) } else { self.log.read(from) }
    }

    /// Where the events stand that the filter may let pass, if the state knows and they are among more than `scanned`.
    fn plan(&self, scanned: u64) -> Option<Plan> {
        if !self.filter.names_streams() {
            return None;
        }
        let known = self.state.latest();
        let (first, last) = match self.direction {
            Direction::Forwards => (self.seen.next(), known.tail()),
            Direction::Backwards if self.seen > known.tail().next() => return None,
            Direction::Backwards => (Position(1), Position(self.seen.0.saturating_sub(1))),
        };
        if last < first || last.0 - first.0 < scanned {
            return None;
        }
        let mut positions = Vec::new();
        for stream in self.filter.streams(&known).iter().filter_map(|name| known.stream(name)) {
            let all = &stream.positions;
            let from = all.partition_point(|&position| position < first);
            let to = all.partition_point(|&position| position <= last);
            positions.extend_from_slice(&all[from..to]);
        }
        positions.sort_unstable();
        let through = match self.direction {
            Direction::Forwards => last,
            Direction::Backwards => {
                positions.reverse();
                first
            }
        };
        Some(Plan { positions, next: 0, through })
    }

    fn planned(&mut self, mut plan: Plan) -> Result<Batch, CursorError> {
        let mut batch = Batch::default();
        while let Some(&position) = plan.positions.get(plan.next) {
            let frame = self.frame_at(position)?;
            let events = wire::stored_events(&frame.payload)?;
            while let Some(&position) =
                plan.positions.get(plan.next).filter(|&&position| frame.holds(position))
            {
                if batch.is_full() || batch.events == self.left {
                    self.plan = Some(plan);
                    return Ok(batch);
                }
                self.look_at(&frame, &events, position, &mut batch)?;
                plan.next += 1;
            }
        }
        self.seen = plan.through;
        // What comes next is read from there on, not from the last frame that was looked up.
        self.frames = None;
        batch.at_end = self.direction == Direction::Backwards;
        Ok(batch)
    }

    fn scanned_forwards(&mut self) -> Result<Batch, CursorError> {
        let mut batch = Batch::default();
        let mut frames = match self.frames.take() {
            Some(frames) => frames,
            None => self.read(self.seen.next())?,
        };
        while !batch.is_full() && batch.events < self.left {
            let Some(frame) = frames.next()? else {
                batch.at_end = true;
                break;
            };
            let count = u64::from(frame.events);
            let fits = frame.first > self.seen
                && batch.events + count <= self.left
                && batch.bytes + frame.payload.len() <= 2 * MESSAGE_BYTES;
            if self.filter.is_empty() && fits {
                batch.looked_at += count;
                self.seen = frame.last();
                batch.push(frame.payload, count);
                continue;
            }
            let events = wire::stored_events(&frame.payload)?;
            while self.seen < frame.last() {
                if batch.is_full() || batch.events == self.left {
                    // The rest of the frame is read again when it is wanted: until then it takes no memory.
                    return Ok(batch);
                }
                self.look_at(&frame, &events, frame.first.max(self.seen.next()), &mut batch)?;
            }
        }
        self.frames = Some(frames);
        Ok(batch)
    }

    fn scanned_backwards(&mut self) -> Result<Batch, CursorError> {
        let mut batch = Batch::default();
        while self.seen > Position(1) {
            let frame = self.frame_at(Position(self.seen.0 - 1))?;
            let events = wire::stored_events(&frame.payload)?;
            while self.seen > frame.first {
                if batch.is_full() || batch.events == self.left {
                    return Ok(batch);
                }
                self.look_at(&frame, &events, Position(self.seen.0 - 1), &mut batch)?;
            }
        }
        batch.at_end = true;
        Ok(batch)
    }

    /// The frame that holds `position`, which is recorded.
    fn frame_at(&mut self, position: Position) -> Result<Frame, CursorError> {
        let mut frames = match self.frames.take() {
            Some(mut frames) => {
                frames.seek(position)?;
                frames
            }
            None => self.read(position)?,
        };
        let frame = frames.next()?.ok_or(CursorError::Missing(position))?;
        self.frames = Some(frames);
        Ok(frame)
    }

    /// Takes the event at `position` of a frame if the filter lets it pass.
    fn look_at(
        &mut self,
        frame: &Frame,
        events: &[StoredEvent<'_>],
        position: Position,
        batch: &mut Batch,
    ) -> Result<(), CursorError> {
        let index = usize::try_from(position.0 - frame.first.0).unwrap_or(usize::MAX);
        let event = events.get(index).ok_or(CursorError::Missing(position))?;
        if self.filter.passes(event)? {
            let piece = &frame.payload[event.piece.clone()];
            // A piece that waits for a slow reader does not keep a whole frame in memory.
            let piece = if piece.len() == frame.payload.len() {
                frame.payload.clone()
            } else {
                Bytes::copy_from_slice(piece)
            };
            batch.push(piece, 1);
        }
        batch.looked_at += 1;
        self.seen = position;
        Ok(())
    }
}

/// A cursor on its way through the log.
struct Sending {
    cursor: Cursor,
    /// The last checkpoint that was sent.
    sent: Position,
    was_caught_up: bool,
}

impl Sending {
    /// Reads messages until none fits in any more, on a thread that may wait unless they are few and in memory.
    async fn filled(
        mut self,
        send: &mpsc::Sender<Result<StoredBatch, Status>>,
    ) -> Result<(Sending, Filled), Status> {
        if self.cursor.is_near_the_tail() {
            self.cursor.read_cached_only(true);
            // What goes wrong here is met again, and answered, on the other way.
            if let Ok(filled) = self.fill(send) {
                return Ok((self, filled));
            }
        }
        let send = send.clone();
        let filling = tokio::task::spawn_blocking(move || {
            self.cursor.read_cached_only(false);
            let filled = self.fill(&send);
            (self, filled)
        });
        let (sending, filled) = filling.await.map_err(|error| status::internal(&error))?;
        Ok((sending, filled.map_err(|error| status::internal(&error))?))
    }

    /// Reads messages until none fits in any more.
    fn fill(&mut self, send: &mpsc::Sender<Result<StoredBatch, Status>>) -> Result<Filled, CursorError> {
        loop {
            let room = match send.try_reserve() {
                Ok(room) => room,
                Err(mpsc::error::TrySendError::Full(())) => return Ok(Filled::Full),
                Err(mpsc::error::TrySendError::Closed(())) => return Ok(Filled::Over),
            };
            let batch = self.cursor.next()?;
            let is_over = self.cursor.left == 0;
            let caught_up = batch.at_end && !is_over;
            let skipped = self.cursor.seen.0.abs_diff(self.sent.0);
            let is_news = !batch.pieces.is_empty()
                || skipped >= CHECKPOINT_EVENTS
                || (caught_up && !self.was_caught_up);
            if is_news {
                self.sent = self.cursor.seen;
                let checkpoint = self.cursor.seen.0;
                room.send(Ok(StoredBatch { events: batch.pieces, checkpoint, caught_up }));
            }
            self.was_caught_up = caught_up;
            match (is_over, batch.at_end) {
                (true, _) => return Ok(Filled::Over),
                (false, true) => return Ok(Filled::AtEnd),
                (false, false) => {}
            }
        }
    }
}
