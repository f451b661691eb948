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
    /// Of these the first `filled` are the file's.
    buffer: Vec<u8>,
    filled: usize,
    read_bytes: usize,
}

impl Window {
    pub(super) const fn new() -> Window {
        Window { start: 0, buffer: Vec::new(), filled: 0, read_bytes: READ_BYTES_FIRST }
    }

    /// Forgets what was read and reads little at first; the memory is kept, unless it is much.
    pub(super) fn empty(&mut self) {
        self.buffer.truncate(READ_BYTES_FIRST);
        self.buffer.shrink_to_fit();
        (self.start, self.filled, self.read_bytes) = (0, 0, READ_BYTES_FIRST);
    }

    /// The `len` bytes at `offset`, or those of them that are before `limit` and the end of the file.
    pub(super) fn get(
        &mut self,
        file: &dyn StorageFile,
        offset: u64,
        len: usize,
        limit: u64,
    ) -> io::Result<&[u8]> {
        let len = len.min(bytes_between(offset, limit));
        if self.passed(offset).is_none_or(|passed| self.filled - passed < len) {
            self.read(file, offset, len, limit)?;
        }
        let from = self.passed(offset).expect("the window was moved to offset");
        Ok(&self.buffer[from..self.filled.min(from + len)])
    }

    /// Where in the buffer `offset` is, if what is there follows on it.
    fn passed(&self, offset: u64) -> Option<usize> {
        let passed = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        (passed <= self.filled).then_some(passed)
    }

    fn read(&mut self, file: &dyn StorageFile, offset: u64, len: usize, limit: u64) -> io::Result<()> {
        let passed = self.passed(offset).unwrap_or(self.filled);
        let kept = self.filled - passed;
        let want = len.max(kept + self.read_bytes).min(bytes_between(offset, limit)).max(kept);
        self.read_bytes = (self.read_bytes * 2).min(READ_BYTES_MAX);
        if want > self.buffer.len() {
            let mut larger = vec![0; want];
            larger[..kept].copy_from_slice(&self.buffer[passed..self.filled]);
            self.buffer = larger;
        } else {
            self.buffer.copy_within(passed..self.filled, 0);
        }
        (self.start, self.filled) = (offset, kept);
        self.filled += read_full(file, &mut self.buffer[kept..want], offset + kept as u64)?;
        Ok(())
    }
}

fn bytes_between(offset: u64, limit: u64) -> usize {
    usize::try_from(limit.saturating_sub(offset)).unwrap_or(usize::MAX)
}

/// What stands where a walk has come to.
pub(super) enum Found<'a> {
    /// A frame in good order, now behind the walk.
    Frame { header: FrameHeader, payload: &'a [u8] },
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
    /// Whether each frame is checked to follow on the one before it, which takes the hash of each.
    chained: bool,
    salt: Salt,
    pub(super) window: Window,
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
        let (salt, window) = (header.salt(), Window::new());
        Walk { file, offset, next, previous: None, chained: true, salt, window }
    }

    /// Checks each frame by its checksums alone, as a reader does: that the frames were chained was seen to when they were
    /// written.
    pub(super) fn unchained(mut self) -> Walk {
        (self.previous, self.chained) = (None, false);
        self
    }

    /// Makes use of what was read of the same file before.
    pub(super) fn with(mut self, mut window: Window) -> Walk {
        if window.passed(self.offset).is_none() {
            window.empty();
        }
        self.window = window;
        self
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
        self.previous = self.chained.then(|| header.previous.chain(header.first, header.events, payload));
        self.offset += header.stride();
        self.next = header.last().next();
        Ok(Found::Frame { header, payload })
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
