//! Reading frames in order, never beyond what is durable.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::super::storage::StorageFile;
use super::super::{Frame, FrameReader, ReadError};
use super::catalog::{Catalog, Segment};
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

pub(super) struct Reader {
    catalog: Arc<Catalog>,
    segment: Arc<Segment>,
    walk: Walk,
    patience: Patience,
}

impl Reader {
    /// Begins at the frame that contains `from`, which is at most one beyond the tail.
    pub(super) fn start(
        catalog: &Arc<Catalog>,
        from: Position,
        patience: Patience,
    ) -> Result<Reader, ReadError> {
        let segment = catalog.containing(from).expect("an open log has a segment");
        let file = open(catalog, &segment, patience)?;
        let walk = place(&segment, from, file, Window::new())?;
        Ok(Reader { catalog: Arc::clone(catalog), segment, walk, patience })
    }

    /// Goes on to the next segment, if this one has been read to its end; `false` if there is none yet.
    pub(super) fn follow(&mut self) -> Result<bool, ReadError> {
        let Some(segment) = self.catalog.after(&self.segment) else { return Ok(false) };
        // Since we looked at the extent, the segment may have grown before it was finished.
        if segment.header.first == self.walk.next {
            let file = open(&self.catalog, &segment, self.patience)?;
            self.walk = Walk::start(file, &segment.header).unchained();
            self.segment = segment;
        }
        Ok(true)
    }
}

/// The place of the frame that contains `from`, or behind the last frame.
fn place(
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

impl FrameReader for Reader {
    fn next(&mut self) -> Result<Option<Frame>, ReadError> {
        loop {
            let extent = self.segment.extent();
            if self.walk.next > extent.last {
                if self.follow()? {
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

    fn seek(&mut self, to: Position) -> Result<(), ReadError> {
        let (to, tail) = (to.max(Position(1)), self.catalog.tail());
        if to > tail.next() {
            return Err(ReadError::BeyondTail { from: to, tail });
        }
        let segment = self.catalog.containing(to).expect("an open log has a segment");
        let mut window = std::mem::replace(&mut self.walk.window, Window::new());
        let file = if Arc::ptr_eq(&segment, &self.segment) {
            Arc::clone(&self.walk.file)
        } else {
            window.empty();
            open(&self.catalog, &segment, self.patience)?
        };
        self.walk = place(&segment, to, file, window)?;
        self.segment = segment;
        Ok(())
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
