//! Going through a segment frame by frame, checking every byte: what readers and recovery share.

use std::io;
use std::sync::Arc;

use super::super::frame::{FrameHash, FrameHeader, HEADER_BYTES, Salt, check_body};
use super::super::segment::{Footer, SEGMENT_HEADER_BYTES, SegmentHeader};
use super::super::storage::{StorageFile, read_full};
use crate::position::Position;

/// The first read of a walk, made for one event; each further one is twice as long, up to the longest.
const READ_BYTES_FIRST: usize = 16 << 10;
const READ_BYTES_MAX: usize = 512 << 10;

/// Some bytes of a file, read ahead.
pub(super) struct Window {
    start: u64,
    bytes: Vec<u8>,
    read_bytes: usize,
}

impl Window {
    pub(super) const fn new() -> Window {
        Window { start: 0, bytes: Vec::new(), read_bytes: READ_BYTES_FIRST }
    }

    /// The `len` bytes at `offset`, or those of them that are before `limit` and the end of the file.
    pub(super) fn get(
        &mut self,
        file: &dyn StorageFile,
        offset: u64,
        len: usize,
        limit: u64,
    ) -> io::Result<&[u8]> {
        let len = len.min(usize::try_from(limit.saturating_sub(offset)).unwrap_or(usize::MAX));
        let have =
            (self.start + self.bytes.len() as u64).checked_sub(offset).filter(|_| offset >= self.start);
        if have.is_none_or(|have| have < len as u64) {
            self.read(file, offset, len, limit)?;
        }
        let from = usize::try_from(offset - self.start).expect("the window reaches up to offset");
        Ok(&self.bytes[from..self.bytes.len().min(from + len)])
    }

    fn read(&mut self, file: &dyn StorageFile, offset: u64, len: usize, limit: u64) -> io::Result<()> {
        let kept = offset.checked_sub(self.start).and_then(|passed| usize::try_from(passed).ok());
        match kept.filter(|passed| *passed <= self.bytes.len()) {
            Some(passed) => drop(self.bytes.drain(..passed)),
            None => self.bytes.clear(),
        }
        self.start = offset;
        let have = self.bytes.len();
        let room = usize::try_from(limit - offset).unwrap_or(usize::MAX);
        self.bytes.resize(len.max(have + self.read_bytes).min(room).max(have), 0);
        self.read_bytes = (self.read_bytes * 2).min(READ_BYTES_MAX);
        let read = read_full(file, &mut self.bytes[have..], offset + have as u64);
        self.bytes.truncate(have + *read.as_ref().unwrap_or(&0));
        self.bytes.shrink_to(READ_BYTES_MAX * 4);
        read.map(|_| ())
    }
}

/// What stands where a walk has come to.
pub(super) enum Found<'a> {
    /// A frame in good order, now behind the walk.
    Frame { header: FrameHeader, payload: &'a [u8], hash: FrameHash },
    /// The footer of a sealed segment.
    Footer(Footer),
    /// No frame: zeros, or the end of the file.
    Nothing,
    /// Something else, and what is wrong with it.
    Damage(&'static str),
}

/// A place in a segment, and what the next frame must follow on.
pub(super) struct Walk {
    pub(super) file: Arc<dyn StorageFile>,
    pub(super) offset: u64,
    pub(super) next: Position,
    /// Not known in the middle of a segment until one frame was read.
    pub(super) previous: Option<FrameHash>,
    salt: Salt,
    window: Window,
}

impl Walk {
    /// Begins at a segment's first frame.
    pub(super) fn start(file: Arc<dyn StorageFile>, header: &SegmentHeader) -> Walk {
        let mut walk = Walk::middle(file, header, header.first, SEGMENT_HEADER_BYTES);
        walk.previous = Some(header.previous);
        walk
    }

    /// Begins at the frame at `offset`, whose first event is `next`.
    pub(super) fn middle(
        file: Arc<dyn StorageFile>,
        header: &SegmentHeader,
        next: Position,
        offset: u64,
    ) -> Walk {
        Walk { file, offset, next, previous: None, salt: header.salt(), window: Window::new() }
    }

    /// Reads what stands here, up to `limit`, and goes on behind it if it is a frame.
    pub(super) fn step(&mut self, limit: u64) -> io::Result<Found<'_>> {
        let header = match self.peek(limit)? {
            Peek::Frame(header) => header,
            Peek::Footer(footer) => return Ok(Found::Footer(footer)),
            Peek::Nothing => return Ok(Found::Nothing),
            Peek::Damage(why) => return Ok(Found::Damage(why)),
        };
        if self.previous.is_some_and(|previous| previous != header.previous) {
            return Ok(Found::Damage("the frame is not chained to the one before it"));
        }
        let stride = usize::try_from(header.stride()).expect("a frame is little more than a mebibyte");
        let bytes = self.window.get(&*self.file, self.offset, stride, limit)?;
        if bytes.len() < stride {
            return Ok(Found::Damage("the file ends inside a frame"));
        }
        let body = &bytes[HEADER_BYTES..];
        if let Err(why) = check_body(&header, body) {
            return Ok(Found::Damage(why));
        }
        let payload = &body[..header.payload_bytes as usize];
        let hash = header.previous.chain(header.first, header.events, payload);
        self.offset += header.stride();
        self.next = header.last().next();
        self.previous = Some(hash);
        Ok(Found::Frame { header, payload, hash })
    }

    /// Goes past the frame here by its header alone, unless it contains `until`; the header if it was passed.
    pub(super) fn skip(&mut self, until: Position, limit: u64) -> io::Result<Skip> {
        let header = match self.peek(limit)? {
            Peek::Frame(header) => header,
            Peek::Damage(why) => return Ok(Skip::Damage(why)),
            Peek::Footer(_) | Peek::Nothing => return Ok(Skip::Damage("a frame is missing")),
        };
        if until <= header.last() {
            return Ok(Skip::Arrived);
        }
        self.offset += header.stride();
        self.next = header.last().next();
        self.previous = None;
        Ok(Skip::Passed)
    }

    fn peek(&mut self, limit: u64) -> io::Result<Peek> {
        let mut head = [0; HEADER_BYTES];
        let bytes = self.window.get(&*self.file, self.offset, HEADER_BYTES, limit)?;
        head[..bytes.len()].copy_from_slice(bytes);
        if head[..4] == [0; 4] {
            return Ok(Peek::Nothing);
        }
        if let Some(footer) = Footer::decode(&head, self.salt) {
            return Ok(Peek::Footer(footer));
        }
        Ok(match FrameHeader::decode(&head, self.salt) {
            Err(why) => Peek::Damage(why),
            Ok(header) if header.first != self.next => Peek::Damage("the frame is for another position"),
            Ok(header) if header.events == 0 => Peek::Damage("the frame has no events"),
            Ok(header) => Peek::Frame(header),
        })
    }
}

/// What became of skipping a frame.
pub(super) enum Skip {
    Passed,
    Arrived,
    Damage(&'static str),
}

enum Peek {
    Frame(FrameHeader),
    Footer(Footer),
    Nothing,
    Damage(&'static str),
}
