//! The segments of an open log, as its writer and its readers share them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use parking_lot::{Mutex, RwLock};

use super::super::segment::{FOOTER_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader};
use super::super::storage::{Mode, Storage, StorageFile};
use super::super::{Position, ReadError};
use super::recent::Recent;
use super::walk::{Skip, Walk, Window};

/// The distance between the entries of an index: 16 bytes of memory for so many on disk.
const INDEX_STEP_BYTES: u64 = 4 << 10;

/// Where some of a segment's frames begin: about one every 4 KiB.
#[derive(Default)]
pub(super) struct SparseIndex(Vec<(Position, u64)>);

impl SparseIndex {
    /// Takes note of the frame at `offset` if it is far enough from the last one noted.
    pub(super) fn note(&mut self, first: Position, offset: u64) {
        let last = self.0.last().map_or(SEGMENT_HEADER_BYTES, |(_, offset)| *offset);
        if offset >= last + INDEX_STEP_BYTES {
            self.0.push((first, offset));
        }
    }

    /// The last noted frame that begins at or before `position`.
    fn before(&self, position: Position) -> Option<(Position, u64)> {
        self.0[..self.0.partition_point(|(first, _)| *first <= position)].last().copied()
    }
}

/// How far a segment's durable frames reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) last: Position,
    /// Behind the last frame.
    pub(super) end: u64,
    pub(super) sealed: bool,
}

impl Extent {
    fn bytes(self) -> u64 {
        self.end + if self.sealed { FOOTER_BYTES } else { 0 }
    }
}

/// A segment file.
pub(super) struct Segment {
    pub(super) path: PathBuf,
    pub(super) header: SegmentHeader,
    extent: Mutex<Extent>,
    /// `None` until somebody needs it: a sealed segment is not read through just because the log is opened.
    index: Mutex<Option<SparseIndex>>,
    /// Shared by whoever reads the segment now, and closed with the last of them.
    handle: Mutex<Option<Weak<dyn StorageFile>>>,
}

impl Segment {
    pub(super) fn new(
        path: PathBuf,
        header: SegmentHeader,
        extent: Extent,
        index: Option<SparseIndex>,
    ) -> Segment {
        let (extent, index) = (Mutex::new(extent), Mutex::new(index));
        Segment { path, header, extent, index, handle: Mutex::new(None) }
    }

    pub(super) fn extent(&self) -> Extent {
        *self.extent.lock()
    }

    /// Lets readers see what is durable now. `frames` are those that were added: where each begins.
    pub(super) fn extend(&self, extent: Extent, frames: &[(Position, u64)]) {
        if let Some(index) = self.index.lock().as_mut() {
            for (first, offset) in frames {
                index.note(*first, *offset);
            }
        }
        *self.extent.lock() = extent;
    }

    pub(super) fn share(&self, file: &Arc<dyn StorageFile>) {
        *self.handle.lock() = Some(Arc::downgrade(file));
    }

    pub(super) fn open(&self, storage: &dyn Storage) -> Result<Arc<dyn StorageFile>, ReadError> {
        let mut handle = self.handle.lock();
        if let Some(file) = handle.as_ref().and_then(Weak::upgrade) {
            return Ok(file);
        }
        let file = storage.open(&self.path, Mode::Read).map_err(|error| self.io(error))?;
        *handle = Some(Arc::downgrade(&file));
        Ok(file)
    }

    /// Whether it is known where its frames begin, without going through it first.
    pub(super) fn is_indexed(&self) -> bool {
        self.index.lock().is_some()
    }

    /// A walk that has come to the frame that contains `from`, which is in this segment.
    pub(super) fn walk_to(
        &self,
        from: Position,
        file: Arc<dyn StorageFile>,
        window: Window,
    ) -> Result<Walk, ReadError> {
        let near = if from <= self.header.first { None } else { self.near(from, &file)? };
        let (first, offset) = near.unwrap_or((self.header.first, SEGMENT_HEADER_BYTES));
        let mut walk = Walk::middle(file, &self.header, first, offset).with(window);
        if from <= first {
            return Ok(walk);
        }
        let limit = self.extent().end;
        loop {
            match walk.skip(from, limit).map_err(|error| self.io(error))? {
                Skip::Passed => {}
                Skip::Arrived => return Ok(walk),
                Skip::Damage(why) => return Err(self.rotten(walk.offset, why)),
            }
        }
    }

    fn near(
        &self,
        from: Position,
        file: &Arc<dyn StorageFile>,
    ) -> Result<Option<(Position, u64)>, ReadError> {
        let mut index = self.index.lock();
        if index.is_none() {
            *index = Some(self.build_index(file)?);
        }
        Ok(index.as_ref().and_then(|index| index.before(from)))
    }

    fn build_index(&self, file: &Arc<dyn StorageFile>) -> Result<SparseIndex, ReadError> {
        let extent = self.extent();
        let mut index = SparseIndex::default();
        let mut walk = Walk::start(Arc::clone(file), &self.header);
        while walk.next <= extent.last {
            index.note(walk.next, walk.offset);
            match walk.skip(extent.last.next(), extent.end).map_err(|error| self.io(error))? {
                Skip::Passed => {}
                Skip::Arrived => return Err(self.rotten(walk.offset, "the frame reaches beyond the segment")),
                Skip::Damage(why) => return Err(self.rotten(walk.offset, why)),
            }
        }
        Ok(index)
    }

    pub(super) fn rotten(&self, offset: u64, why: &str) -> ReadError {
        ReadError::Rotten { file: self.path.clone(), offset, why: why.to_owned() }
    }

    pub(super) fn io(&self, source: io::Error) -> ReadError {
        ReadError::Io { path: self.path.clone(), source }
    }
}

/// All segments, in order, and what was written last.
pub(super) struct Catalog {
    pub(super) dir: PathBuf,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) recent: Recent,
    segments: RwLock<Vec<Arc<Segment>>>,
}

impl Catalog {
    pub(super) fn new(
        dir: &Path,
        storage: Arc<dyn Storage>,
        segments: Vec<Arc<Segment>>,
        recent_bytes: usize,
    ) -> Catalog {
        let (recent, segments) = (Recent::new(recent_bytes), RwLock::new(segments));
        Catalog { dir: dir.to_owned(), storage, recent, segments }
    }

    /// The last durable position.
    pub(super) fn tail(&self) -> Position {
        self.segments.read().last().map_or(Position::ZERO, |segment| segment.extent().last)
    }

    pub(super) fn push(&self, segment: Arc<Segment>) {
        self.segments.write().push(segment);
    }

    /// The segment that contains `position`, or would if the log went on to it. `None` only if there is none at all.
    pub(super) fn containing(&self, position: Position) -> Option<Arc<Segment>> {
        let segments = self.segments.read();
        let behind = segments.partition_point(|segment| segment.header.first <= position);
        segments.get(behind.saturating_sub(1)).map(Arc::clone)
    }

    pub(super) fn after(&self, segment: &Segment) -> Option<Arc<Segment>> {
        let segments = self.segments.read();
        segments
            .get(segments.partition_point(|other| other.header.first <= segment.header.first))
            .map(Arc::clone)
    }

    /// How many segments there are, and their bytes in use.
    pub(super) fn size(&self) -> (u64, u64) {
        let segments = self.segments.read();
        (segments.len() as u64, segments.iter().map(|segment| segment.extent().bytes()).sum())
    }
}
