//! Events read back from the log, one by one where a fold or a question needs them.
//!
//! The log is read sequentially from the frame of the first position that is wanted; the frame read last is kept, since
//! the events of one request stand in one frame.

use std::collections::BTreeSet;
use std::sync::Arc;

use thiserror::Error;

use crate::domain::{Event, Name};
use crate::log::{EventLog, FrameReader, ReadError};
use crate::position::Position;
use crate::wire::{self, Undecodable};

/// Why an event could not be read back: our own fault, or the disk's.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The log could not be read.
    #[error("the log cannot be read at position {position}")]
    Log {
        /// Where.
        position: Position,
        /// What the log answered.
        #[source]
        source: ReadError,
    },
    /// What is stored is no event: the log was written by something else, or by a later release.
    #[error("the frame at position {position} cannot be decoded")]
    Undecodable {
        /// Where.
        position: Position,
        /// What is wrong with it.
        #[source]
        source: Undecodable,
    },
    /// The log ends before it.
    #[error("the log has no event {position}")]
    Missing {
        /// Where.
        position: Position,
    },
}

/// Reads events by their positions. Blocking.
#[derive(Clone)]
pub struct Loader {
    log: Arc<dyn EventLog>,
}

impl Loader {
    /// From this log.
    pub fn new(log: Arc<dyn EventLog>) -> Loader {
        Loader { log }
    }

    /// The event at `position`.
    ///
    /// # Errors
    ///
    /// Any [`LoadError`].
    pub fn event(&self, position: Position) -> Result<Event, LoadError> {
        self.events(&[position]).map(|mut events| events.remove(0))
    }

    /// The events at `positions`, which are in order.
    ///
    /// # Errors
    ///
    /// Any [`LoadError`].
    pub fn events(&self, positions: &[Position]) -> Result<Vec<Event>, LoadError> {
        let mut found = Vec::with_capacity(positions.len());
        let mut frame: Vec<Event> = Vec::new();
        for &position in positions {
            if frame.last().is_none_or(|last| last.position < position) {
                frame = self.frame(position)?;
            }
            let event = frame.iter().find(|event| event.position == position);
            found.push(event.cloned().ok_or(LoadError::Missing { position })?);
        }
        Ok(found)
    }

    /// What changed, to be followed.
    pub fn changes(&self) -> Changes {
        Changes { log: self.log.clone(), reader: None }
    }

    /// The events of the frame that holds `position`.
    fn frame(&self, position: Position) -> Result<Vec<Event>, LoadError> {
        let on_log = |source| LoadError::Log { position, source };
        let frame = self.log.read(position).map_err(on_log)?.next().map_err(on_log)?;
        let frame = frame.ok_or(LoadError::Missing { position })?;
        wire::decode_frame(&frame.payload).map_err(|source| LoadError::Undecodable { position, source })
    }

    /// The last position recorded at `time` or before it, where `tail` is the last there is.
    ///
    /// # Errors
    ///
    /// Any [`LoadError`].
    pub fn last_recorded_by(&self, time: jiff::Timestamp, tail: Position) -> Result<Position, LoadError> {
        // `recorded_at` never goes backwards, so that the log is sorted by it.
        let (mut known, mut unknown) = (Position::ZERO, tail.next());
        while known.next() < unknown {
            let middle = Position(known.0 + (unknown.0 - known.0) / 2);
            if self.event(middle)?.recorded_at <= time {
                known = middle;
            } else {
                unknown = middle;
            }
        }
        Ok(known)
    }
}

/// Which streams changed, for one who follows the log: the reader is kept, and with it the memory that it reads into. Blocking.
pub struct Changes {
    log: Arc<dyn EventLog>,
    reader: Option<Box<dyn FrameReader>>,
}

impl Changes {
    /// The streams with an event after one position and up to another.
    ///
    /// # Errors
    ///
    /// Any [`LoadError`].
    pub fn between(&mut self, after: Position, until: Position) -> Result<BTreeSet<Name>, LoadError> {
        let mut names = BTreeSet::new();
        let mut next = after.next();
        let on_log = |position| move |source| LoadError::Log { position, source };
        // Where it fails it is gone, and the next call begins with a new one.
        let mut frames = match self.reader.take() {
            Some(mut reader) => reader.seek(next).map(|()| reader),
            None => self.log.read(next),
        }
        .map_err(on_log(next))?;
        while next <= until {
            let frame = frames.next().map_err(on_log(next))?.ok_or(LoadError::Missing { position: next })?;
            let undecodable = |source| LoadError::Undecodable { position: frame.first, source };
            let events = wire::stored_events(&frame.payload).map_err(undecodable)?;
            for (event, position) in events.iter().zip(frame.first.0..) {
                if (next.0..=until.0).contains(&position) {
                    let name = event.envelope().map_err(undecodable)?.name.parse();
                    // What is wrong with the name is said where the event is decoded.
                    let name = name.or_else(|_| event.decode().map(|event| event.name));
                    names.insert(name.map_err(undecodable)?);
                }
            }
            next = frame.last().next();
        }
        self.reader = Some(frames);
        Ok(names)
    }
}
