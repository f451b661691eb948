//! Reading frames in order, never beyond what is durable, from memory where they were written a moment ago.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::super::storage::StorageFile;
use super::super::{Frame, FrameReader, ReadError};
use super::catalog::{Catalog, Segment};
use super::recent::{ONE_FRAME, RUN_BYTES, Run};
use super::walk::{Found, Walk, Window};
use crate::position::Position;

/// Whether a reader may wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// It waits.
    Waits,
    /// It reads what is in memory, and nothing else.
    CachedOnly,
}

/// Reads what was written last from memory, and what is older from the files.
pub(super) struct Reader {
    catalog: Arc<Catalog>,
    patience: Patience,
    /// A position of the frame that is read next.
    next: Position,
    /// The next frames, if they were in memory.
    run: VecDeque<Frame>,
    /// Where it has read last in a file. It has not gone past what it found in memory since.
    pub(super) place: Option<Place>,
}

impl Reader {
    /// Begins at the frame that contains `from`, which is at most one beyond the tail.
    pub(super) fn start(
        catalog: &Arc<Catalog>,
        from: Position,
        patience: Patience,
    ) -> Result<Reader, ReadError> {
        let catalog = Arc::clone(catalog);
        let mut reader = Reader { catalog, patience, next: from, run: VecDeque::new(), place: None };
        reader.go_to(from)?;
        Ok(reader)
    }

    fn go_to(&mut self, to: Position) -> Result<(), ReadError> {
        self.run.clear();
        self.next = to;
        match self.catalog.recent.read(to, ONE_FRAME, &mut self.run) {
            Run::Taken | Run::AtTail => {}
            Run::NotKept => {
                let place = self.placed()?;
                self.next = place.walk.next;
                self.place = Some(place);
            }
        }
        Ok(())
    }

    /// The place of the next frame in its file, with what was read there before.
    fn placed(&mut self) -> Result<Place, ReadError> {
        let segment = self.catalog.containing(self.next).expect("an open log has a segment");
        let (file, window) = match self.place.take() {
            Some(Place { segment: same, walk }) if Arc::ptr_eq(&same, &segment) => (walk.file, walk.window),
            other => {
                let mut window = other.map_or_else(Window::new, |place| place.walk.window);
                window.empty();
                (open(&self.catalog, &segment, self.patience)?, window)
            }
        };
        let walk = walk_to(&segment, self.next, file, window)?;
        Ok(Place { segment, walk })
    }

    fn next_in_file(&mut self) -> Result<Option<Frame>, ReadError> {
        let mut place = match self.place.take() {
            Some(place) if place.walk.next == self.next => place,
            other => {
                self.place = other;
                self.placed()?
            }
        };
        let frame = place.next(&self.catalog, self.patience);
        self.next = place.walk.next;
        self.place = Some(place);
        frame
    }
}

impl FrameReader for Reader {
    fn next(&mut self) -> Result<Option<Frame>, ReadError> {
        loop {
            if let Some(frame) = self.run.pop_front() {
                self.next = frame.last().next();
                return Ok(Some(frame));
            }
            match self.catalog.recent.read(self.next, RUN_BYTES, &mut self.run) {
                Run::Taken => {}
                Run::AtTail => return Ok(None),
                Run::NotKept => return self.next_in_file(),
            }
        }
    }

    fn seek(&mut self, to: Position) -> Result<(), ReadError> {
        let (to, tail) = (to.max(Position(1)), self.catalog.tail());
        if to > tail.next() {
            return Err(ReadError::BeyondTail { from: to, tail });
        }
        self.go_to(to)
    }
}

/// A place in a segment's file.
pub(super) struct Place {
    segment: Arc<Segment>,
    walk: Walk,
}

impl Place {
    fn next(&mut self, catalog: &Catalog, patience: Patience) -> Result<Option<Frame>, ReadError> {
        loop {
            let extent = self.segment.extent();
            if self.walk.next > extent.last {
                if self.follow(catalog, patience)? {
                    continue;
                }
                return Ok(None);
            }
            let offset = self.walk.offset;
            let why = match self.walk.step(extent.end).map_err(|error| self.segment.io(error))? {
                Found::Frame { header, payload } => {
                    let (payload, previous) = (Bytes::copy_from_slice(payload), header.previous);
                    return Ok(Some(Frame { first: header.first, events: header.events, payload, previous }));
                }
                Found::Damage(why) => why,
                Found::Nothing | Found::Footer(_) => "a frame is missing",
            };
            return Err(self.segment.rotten(offset, why));
        }
    }

    /// Goes on to the next segment, if this one has been read to its end; `false` if there is none yet.
    pub(super) fn follow(&mut self, catalog: &Catalog, patience: Patience) -> Result<bool, ReadError> {
        let Some(segment) = catalog.after(&self.segment) else { return Ok(false) };
        // Since we looked at the extent, the segment may have grown before it was finished.
        if segment.header.first == self.walk.next {
            let file = open(catalog, &segment, patience)?;
            self.walk = Walk::start(file, &segment.header).unchained();
            self.segment = segment;
        }
        Ok(true)
    }
}

/// A walk that has come to the frame that contains `from`, or behind the last frame.
fn walk_to(
    segment: &Segment,
    from: Position,
    file: Arc<dyn StorageFile>,
    window: Window,
) -> Result<Walk, ReadError> {
    // Frames may have been added since the caller looked at the tail, so the extent decides.
    let extent = segment.extent();
    let walk = if from <= extent.last || from <= segment.header.first {
        segment.walk_to(from, file, window)?
    } else {
        Walk::middle(file, &segment.header, extent.last.next(), extent.end).with(window)
    };
    Ok(walk.unchained())
}

fn open(catalog: &Catalog, segment: &Segment, patience: Patience) -> Result<Arc<dyn StorageFile>, ReadError> {
    match patience {
        Patience::Waits => segment.open(&*catalog.storage),
        // To make an index, the whole segment would be gone through.
        Patience::CachedOnly if !segment.is_indexed() => Err(segment.io(io::ErrorKind::WouldBlock.into())),
        Patience::CachedOnly => Ok(Arc::new(Cached(segment.open(&*catalog.storage)?))),
    }
}

/// What of a file is in memory.
struct Cached(Arc<dyn StorageFile>);

impl StorageFile for Cached {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_cached(buffer, offset)
    }

    fn read_cached(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_cached(buffer, offset)
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync_all(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
