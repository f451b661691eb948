//! A segment file's ends: its name, its header and the footer that seals it.

use super::frame::{FrameHash, HEADER_BYTES, Salt, hash_at, u32_at, u64_at};
use super::{LogId, Position};

/// The format written here. Bytes 0..16 of a segment keep their meaning in every format.
pub(super) const FORMAT: u32 = 1;

/// How long a segment's header is: the first frame begins here.
pub(super) const SEGMENT_HEADER_BYTES: u64 = 64;

/// How long a footer is: as long as a frame's header, so that one read tells which of the two it is.
pub(super) const FOOTER_BYTES: u64 = HEADER_BYTES as u64;

/// What stands in a footer where a frame has its length; no frame is that long.
const FOOTER_MARK: u32 = u32::MAX;

const MAGIC: [u8; 8] = *b"minuted\0";
const HEADER_LEN: usize = 64;

/// The name of the segment whose first event has this position.
pub(super) fn file_name(first: Position) -> String {
    format!("{:020}.seg", first.0)
}

/// The first position of the segment of that name, if it is a segment's name.
pub(super) fn parse_file_name(name: &str) -> Option<Position> {
    let first = name.strip_suffix(".seg").and_then(|digits| digits.parse().ok()).map(Position)?;
    (file_name(first) == name && first > Position::ZERO).then_some(first)
}

/// The first 64 bytes of a segment, drawn in `docs/log-format.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) id: LogId,
    pub(super) first: Position,
    /// The hash of the frame before the first one here.
    pub(super) previous: FrameHash,
}

/// Why bytes are not the header of a segment that can be read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderFault {
    /// A header of a later format, in good order.
    Newer(u32),
    /// Not what was written.
    Damaged(&'static str),
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        bytes[16..32].copy_from_slice(self.id.as_uuid().as_bytes());
        bytes[32..40].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[40..56].copy_from_slice(&self.previous.0);
        let checksum = checksum(&bytes);
        bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; HEADER_LEN]) -> Result<SegmentHeader, HeaderFault> {
        if bytes[0..8] != MAGIC {
            return Err(HeaderFault::Damaged("the segment does not begin with the log's magic bytes"));
        }
        if u32_at(bytes, 12) != checksum(bytes) {
            return Err(HeaderFault::Damaged("the segment's header does not match its checksum"));
        }
        match u32_at(bytes, 8) {
            FORMAT => {}
            newer if newer > FORMAT => return Err(HeaderFault::Newer(newer)),
            _ => return Err(HeaderFault::Damaged("the segment's format was never in use")),
        }
        Ok(SegmentHeader {
            id: LogId::from_uuid(uuid::Uuid::from_bytes(hash_at(bytes, 16))),
            first: Position(u64_at(bytes, 32)),
            previous: FrameHash(hash_at(bytes, 40)),
        })
    }

    pub(super) fn salt(&self) -> Salt {
        Salt::of(self.id, self.first)
    }
}

fn checksum(header: &[u8; HEADER_LEN]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&header[..12]), &header[16..])
}

/// What ends a sealed segment: everything before it was durable when it was written, so damage there is rot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Footer {
    pub(super) last: Position,
    /// The hash of the last frame.
    pub(super) hash: FrameHash,
    /// Where the footer itself stands.
    pub(super) offset: u64,
}

impl Footer {
    pub(super) fn encode(&self, salt: Salt) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..4].copy_from_slice(&FOOTER_MARK.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.last.0.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.offset.to_le_bytes());
        bytes[32..48].copy_from_slice(&self.hash.0);
        let checksum = salt.checksum(&bytes);
        bytes[4..8].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The footer in `bytes`; `None` if they are not one, whole.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES], salt: Salt) -> Option<Footer> {
        (u32_at(bytes, 0) == FOOTER_MARK && u32_at(bytes, 4) == salt.checksum(bytes)).then(|| Footer {
            last: Position(u64_at(bytes, 8)),
            hash: FrameHash(hash_at(bytes, 32)),
            offset: u64_at(bytes, 16),
        })
    }
}
