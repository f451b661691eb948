//! Reading frames in order, never beyond what is durable.

use std::sync::Arc;

use bytes::Bytes;

use super::super::{Frame, FrameReader, ReadError};
use super::catalog::{Catalog, Segment};
use super::walk::{Found, Walk};
use crate::position::Position;

pub(super) struct Reader {
    catalog: Arc<Catalog>,
    segment: Arc<Segment>,
    walk: Walk,
}

impl Reader {
    /// Begins at the frame that contains `from`, which is at most one beyond the tail.
    pub(super) fn start(catalog: &Arc<Catalog>, from: Position) -> Result<Reader, ReadError> {
        let segment = catalog.containing(from).expect("an open log has a segment");
        // Frames may have been added since the caller looked at the tail, so the extent decides.
        let extent = segment.extent();
        let walk = if from <= extent.last || from <= segment.header.first {
            segment.walk_to(from, &*catalog.storage)?
        } else {
            Walk::middle(segment.open(&*catalog.storage)?, &segment.header, extent.last.next(), extent.end)
        };
        Ok(Reader { catalog: Arc::clone(catalog), segment, walk })
    }

    /// Goes on to the next segment, if this one has been read to its end; `false` if there is none yet.
    pub(super) fn follow(&mut self) -> Result<bool, ReadError> {
        let Some(segment) = self.catalog.after(&self.segment) else { return Ok(false) };
        // Since we looked at the extent, the segment may have grown before it was finished.
        if segment.header.first == self.walk.next {
            if self.walk.previous.is_some_and(|previous| previous != segment.header.previous) {
                return Err(segment.rotten(0, "the segment is not chained to the one before it"));
            }
            self.walk = Walk::start(segment.open(&*self.catalog.storage)?, &segment.header);
            self.segment = segment;
        }
        Ok(true)
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
                Found::Frame { header, payload, hash } => {
                    let payload = Bytes::copy_from_slice(payload);
                    return Ok(Some(Frame { first: header.first, events: header.events, payload, hash }));
                }
                Found::Damage(why) => why,
                Found::Nothing | Found::Footer(_) => "a frame is missing",
            };
            return Err(self.segment.rotten(offset, why));
        }
    }
}
