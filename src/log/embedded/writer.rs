//! The one that writes: a group of frames, one sync, one answer.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use super::super::error::AppendError;
use super::super::frame::{FrameHash, encode_into, stride};
use super::super::segment::{FOOTER_BYTES, Footer, SEGMENT_HEADER_BYTES, SegmentHeader, file_name};
use super::super::storage::{Lock, Mode, Storage, StorageFile, is_no_room, write_all};
use super::super::{Frame, LogId, NewFrame, Position};
use super::EmbeddedOptions;
use super::catalog::{Catalog, Extent, Segment, SparseIndex};

/// What is kept of the buffer that groups are encoded into.
const BUFFER_BYTES_KEPT: usize = 4 << 20;

static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Why something was not written.
pub(super) enum Fault {
    /// No room, and nothing left behind: it may be tried again.
    NoRoom(io::Error),
    /// What is on the disk is no longer known.
    Broken(io::Error),
}

impl Fault {
    fn of_write(error: io::Error) -> Fault {
        if is_no_room(&error) { Fault::NoRoom(error) } else { Fault::Broken(error) }
    }
}

pub(super) struct Writer {
    id: LogId,
    catalog: Arc<Catalog>,
    options: EmbeddedOptions,
    lock: Option<Box<dyn Lock>>,
    durable: watch::Sender<Position>,
    tail: Position,
    hash: FrameHash,
    /// `None` behind a sealed segment: the next append makes a new one.
    active: Option<Active>,
    /// What every further append is answered.
    ended: Option<AppendError>,
    buffer: Vec<u8>,
}

impl Writer {
    pub(super) fn new(
        id: LogId,
        catalog: Arc<Catalog>,
        options: EmbeddedOptions,
        lock: Option<Box<dyn Lock>>,
        durable: watch::Sender<Position>,
    ) -> Writer {
        let (tail, hash) = (Position::ZERO, FrameHash::of_nothing(id));
        Writer {
            id,
            catalog,
            options,
            lock,
            durable,
            tail,
            hash,
            active: None,
            ended: None,
            buffer: Vec::new(),
        }
    }

    pub(super) fn go_on_from(mut self, tail: Position, hash: FrameHash, active: Option<Active>) -> Writer {
        (self.tail, self.hash, self.active) = (tail, hash, active);
        self
    }

    pub(super) fn append(
        &mut self,
        expected: Position,
        frames: Vec<NewFrame>,
    ) -> Result<Position, AppendError> {
        if let Some(ended) = &self.ended {
            return Err(ended.clone());
        }
        if expected != self.tail {
            return Err(AppendError::Conflict { expected, actual: self.tail });
        }
        if frames.is_empty() {
            return Ok(self.tail);
        }
        let bytes = frames.iter().map(|frame| stride(frame.payload.len())).sum();
        self.write_group(frames, bytes).map_err(|fault| self.answer_fault(fault, bytes))
    }

    fn answer_fault(&mut self, fault: Fault, bytes: u64) -> AppendError {
        match fault {
            Fault::NoRoom(source) => AppendError::DiskFull { bytes, source: Arc::new(source) },
            Fault::Broken(source) => {
                let failed = AppendError::Failed { source: Arc::new(source) };
                self.ended = Some(failed.clone());
                failed
            }
        }
    }

    fn write_group(&mut self, frames: Vec<NewFrame>, bytes: u64) -> Result<Position, Fault> {
        if self.active.as_ref().is_some_and(|active| active.is_full_for(bytes, self.options.segment_bytes)) {
            self.seal()?;
        }
        let active = match &mut self.active {
            Some(active) => active,
            none => none.insert(Active::follow(&self.catalog, self.id, self.tail, self.hash)?),
        };
        let end = active.end + bytes;
        active.make_room(end + FOOTER_BYTES, &self.options)?;

        self.buffer.clear();
        let salt = active.segment.header.salt();
        let (mut next, mut hash) = (self.tail.next(), self.hash);
        let mut places = Vec::with_capacity(frames.len());
        let mut written = Vec::with_capacity(frames.len());
        for frame in frames {
            places.push((next, active.end + self.buffer.len() as u64));
            let previous = hash;
            hash = encode_into(&mut self.buffer, &frame, next, self.tail, previous, salt);
            let NewFrame { events, payload } = frame;
            written.push(Frame { first: next, events, payload, previous });
            next = next.plus(u64::from(events));
        }
        active.write(&self.buffer)?;
        active.file.sync_data().map_err(Fault::Broken)?;
        self.buffer.shrink_to(BUFFER_BYTES_KEPT);

        active.end = end;
        (self.tail, self.hash) = (Position(next.0 - 1), hash);
        active.segment.extend(Extent { last: self.tail, end, sealed: false }, &places);
        self.catalog.recent.push(written);
        self.durable.send_replace(self.tail);
        Ok(self.tail)
    }

    pub(super) fn close(&mut self) -> Result<(), AppendError> {
        match &self.ended {
            Some(AppendError::Closed) => return Ok(()),
            Some(failed) => return Err(failed.clone()),
            None => {}
        }
        // An empty segment has nothing to protect, and the next one would have its name.
        let is_empty = self.active.as_ref().is_none_or(Active::is_empty);
        let sealed = if is_empty { Ok(()) } else { self.seal() };
        let sealed = sealed.map_err(|fault| self.answer_fault(fault, FOOTER_BYTES));
        self.ended.get_or_insert(AppendError::Closed);
        self.lock = None;
        sealed
    }

    /// Seals the active segment. If there is no room for the footer, the segment stays the active one.
    fn seal(&mut self) -> Result<(), Fault> {
        if let Some(active) = &mut self.active {
            active.seal(self.tail, self.hash, &self.options)?;
            self.active = None;
        }
        Ok(())
    }
}

/// The segment being written.
pub(super) struct Active {
    pub(super) segment: Arc<Segment>,
    pub(super) file: Arc<dyn StorageFile>,
    /// Behind the last frame.
    pub(super) end: u64,
    /// Up to here the file is there, and zero from `end` on.
    pub(super) zeroed: u64,
}

impl Active {
    /// Makes the segment that follows on `tail`, and lets readers see it.
    pub(super) fn follow(
        catalog: &Catalog,
        id: LogId,
        tail: Position,
        hash: FrameHash,
    ) -> Result<Active, Fault> {
        let header = SegmentHeader { id, first: tail.next(), previous: hash };
        let active = Active::create(&*catalog.storage, &catalog.dir, header)?;
        catalog.push(Arc::clone(&active.segment));
        Ok(active)
    }

    /// Makes a segment, durable with its directory entry. It gets its name only when its header is durable, so that
    /// a segment whose header is damaged is never a crash's doing.
    pub(super) fn create(storage: &dyn Storage, dir: &Path, header: SegmentHeader) -> Result<Active, Fault> {
        let path = dir.join(file_name(header.first));
        let unnamed = path.with_extension("tmp");
        let file = Active::create_as(storage, &unnamed, &path, &header).inspect_err(|_| {
            // What is left is removed or overwritten later; it has no segment's name.
            let _ = storage.remove(&unnamed);
        })?;
        storage.sync_dir(dir).map_err(Fault::Broken)?;
        let extent = Extent { last: Position(header.first.0 - 1), end: SEGMENT_HEADER_BYTES, sealed: false };
        let segment = Arc::new(Segment::new(path, header, extent, Some(SparseIndex::default())));
        segment.share(&file);
        Ok(Active { segment, file, end: SEGMENT_HEADER_BYTES, zeroed: SEGMENT_HEADER_BYTES })
    }

    fn create_as(
        storage: &dyn Storage,
        unnamed: &Path,
        path: &Path,
        header: &SegmentHeader,
    ) -> Result<Arc<dyn StorageFile>, Fault> {
        let file = storage.open(unnamed, Mode::Create).map_err(Fault::of_write)?;
        write_all(&*file, &header.encode(), 0).map_err(Fault::of_write)?;
        file.sync_all().map_err(Fault::Broken)?;
        storage.rename(unnamed, path).map_err(Fault::of_write)?;
        Ok(file)
    }

    fn is_empty(&self) -> bool {
        self.end == SEGMENT_HEADER_BYTES
    }

    fn is_full_for(&self, bytes: u64, segment_bytes: u64) -> bool {
        !self.is_empty() && self.end + bytes + FOOTER_BYTES > segment_bytes
    }

    /// Zeroes the file up to `end` and, if there is room, a step further. Having the room before a frame is written
    /// means that a full disk is met by zeros, not by half a frame.
    fn make_room(&mut self, end: u64, options: &EmbeddedOptions) -> Result<(), Fault> {
        if end <= self.zeroed {
            return Ok(());
        }
        let ahead = (end + options.zeroed_ahead_bytes).min(options.segment_bytes).max(end);
        match self.zero_up_to(ahead) {
            Err(Fault::NoRoom(_)) if ahead > end => self.zero_up_to(end),
            zeroed => zeroed,
        }
    }

    fn zero_up_to(&mut self, end: u64) -> Result<(), Fault> {
        let mut at = self.zeroed;
        while at < end {
            let step = usize::try_from(end - at).unwrap_or(ZEROS.len()).min(ZEROS.len());
            if let Err(error) = write_all(&*self.file, &ZEROS[..step], at) {
                // Zeros behind the end do no harm, but whoever else needs the room may have it.
                let _ = self.file.set_len(self.zeroed);
                return Err(Fault::of_write(error));
            }
            at += step as u64;
        }
        self.zeroed = end;
        Ok(())
    }

    /// Writes behind the last frame, all or nothing.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let Err(error) = write_all(&*self.file, bytes, self.end) else { return Ok(()) };
        if !is_no_room(&error) {
            return Err(Fault::Broken(error));
        }
        // Some file systems need room even to overwrite. What was written must be gone for good before the group is
        // refused, or it could come back with the next start.
        self.file.set_len(self.end).and_then(|()| self.file.sync_all()).map_err(Fault::Broken)?;
        self.zeroed = self.end;
        Err(Fault::NoRoom(error))
    }

    fn seal(&mut self, last: Position, hash: FrameHash, options: &EmbeddedOptions) -> Result<(), Fault> {
        let end = self.end + FOOTER_BYTES;
        self.make_room(end, options)?;
        let footer = Footer { last, hash, offset: self.end };
        self.write(&footer.encode(self.segment.header.salt()))?;
        self.file.set_len(end).and_then(|()| self.file.sync_all()).map_err(Fault::Broken)?;
        self.segment.extend(Extent { last, end: self.end, sealed: true }, &[]);
        Ok(())
    }
}
