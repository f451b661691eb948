//! Reading a whole segment to find where its good frames end, and what the bytes behind them tell.

use std::io;
use std::sync::Arc;

use super::super::frame::{ALIGNMENT, FrameHash, FrameHeader, HEADER_BYTES};
use super::super::segment::{FOOTER_BYTES, Footer, SEGMENT_HEADER_BYTES, SegmentHeader};
use super::super::storage::StorageFile;
use super::catalog::SparseIndex;
use super::walk::{Found, Walk, Window};
use crate::position::Position;

/// What a segment holds.
pub(super) struct Scan {
    /// Behind the last good frame.
    pub(super) end: u64,
    pub(super) last: Position,
    pub(super) hash: FrameHash,
    /// The highest position that a good frame, or the segment's being there, says was durable.
    pub(super) durable: Position,
    /// Behind the frame that ends at `durable`.
    pub(super) durable_end: u64,
    pub(super) frames: u64,
    pub(super) index: SparseIndex,
    pub(super) ending: Ending,
}

/// What stands behind the last good frame.
pub(super) enum Ending {
    /// Nothing but zeros, if anything.
    Open,
    /// A footer.
    Sealed,
    /// Something else.
    Damaged(Damage),
}

/// Bytes that are neither a frame, nor a footer, nor zeros.
pub(super) struct Damage {
    pub(super) why: &'static str,
    /// Behind the last byte that is not zero.
    pub(super) end: u64,
    /// The highest position that a frame header behind the damage says was durable.
    pub(super) durable: Position,
    /// Whether a footer stands behind the damage.
    pub(super) sealed: bool,
}

pub(super) fn scan(file: &Arc<dyn StorageFile>, header: &SegmentHeader) -> io::Result<Scan> {
    let before = Position(header.first.0 - 1);
    let mut walk = Walk::start(Arc::clone(file), header);
    let mut scan = Scan {
        end: SEGMENT_HEADER_BYTES,
        last: before,
        hash: header.previous,
        durable: before,
        durable_end: SEGMENT_HEADER_BYTES,
        frames: 0,
        index: SparseIndex::default(),
        ending: Ending::Open,
    };
    let why = loop {
        match walk.step(u64::MAX)? {
            Found::Frame { header, .. } => {
                let hash = walk.previous.expect("a scan checks the chain");
                scan.pass(&header, hash);
            }
            Found::Footer(footer) => break scan.footer_fault(&footer),
            Found::Nothing => break None,
            Found::Damage(why) => break Some(why),
        }
    };
    let sealed = matches!(scan.ending, Ending::Sealed);
    let behind = scan.end + if sealed { FOOTER_BYTES } else { 0 };
    let why = match why {
        Some(why) => why,
        None if end_of_data(&**file, behind)? <= behind => return Ok(scan),
        None => "there are bytes where the log has ended",
    };
    let mut damage = look_behind(&**file, header, &scan)?;
    damage.sealed |= sealed;
    damage.why = why;
    scan.ending = Ending::Damaged(damage);
    Ok(scan)
}

impl Scan {
    /// Whether something acknowledged is damaged: a frame or footer says that it was durable.
    pub(super) fn is_rot(&self) -> bool {
        match &self.ending {
            Ending::Damaged(damage) => damage.sealed || damage.durable.max(self.durable) > self.last,
            Ending::Open | Ending::Sealed => false,
        }
    }

    fn pass(&mut self, header: &FrameHeader, hash: FrameHash) {
        if header.durable > self.durable && header.durable == self.last {
            self.durable = header.durable;
            self.durable_end = self.end;
        }
        self.index.note(header.first, self.end);
        self.end += header.stride();
        self.last = header.last();
        self.hash = hash;
        self.frames += 1;
    }

    fn footer_fault(&mut self, footer: &Footer) -> Option<&'static str> {
        self.ending = Ending::Sealed;
        let expected = Footer { last: self.last, hash: self.hash, offset: self.end };
        (*footer != expected).then_some("the footer does not fit the frames before it")
    }
}

/// Behind the last byte from `offset` on that is not zero; `offset` if there is none.
pub(super) fn end_of_data(file: &dyn StorageFile, offset: u64) -> io::Result<u64> {
    let mut window = Window::new();
    let (mut at, mut end) = (offset, offset);
    loop {
        let bytes = window.get(file, at, CHUNK_BYTES, u64::MAX)?;
        if bytes.is_empty() {
            return Ok(end);
        }
        if let Some(last) = bytes.iter().rposition(|byte| *byte != 0) {
            end = at + last as u64 + 1;
        }
        at += bytes.len() as u64;
    }
}

const CHUNK_BYTES: usize = 64 << 10;

/// Searches the bytes from the end of the good frames on for frames and footers that survived: what they say was
/// durable decides whether the damage is a tear or rot.
fn look_behind(file: &dyn StorageFile, segment: &SegmentHeader, scan: &Scan) -> io::Result<Damage> {
    let salt = segment.salt();
    let mut window = Window::new();
    let mut found =
        Damage { why: "", end: end_of_data(file, scan.end)?, durable: Position::ZERO, sealed: false };
    let mut at = scan.end;
    while at < found.end {
        let bytes = window.get(file, at, HEADER_BYTES, u64::MAX)?;
        let Ok(head) = <&[u8; HEADER_BYTES]>::try_from(bytes) else { break };
        at += match FrameHeader::decode(head, salt) {
            Ok(header) if header.first > scan.last && header.durable < header.first => {
                found.durable = found.durable.max(header.durable);
                header.stride()
            }
            _ => {
                found.sealed |= Footer::decode(head, salt).is_some_and(|footer| footer.offset == at);
                ALIGNMENT
            }
        };
    }
    Ok(found)
}
