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

#[cfg(test)]
mod tests {
    use super::*;

    fn sixteen_from(first: u8) -> [u8; 16] {
        std::array::from_fn(|n| first + n.to_le_bytes()[0])
    }

    fn header() -> SegmentHeader {
        SegmentHeader {
            id: LogId::from_uuid(uuid::Uuid::from_bytes(sixteen_from(0x10))),
            first: Position(1),
            previous: FrameHash(sixteen_from(0xa0)),
        }
    }

    /// Computed by hand from `docs/log-format.md`, with another program's CRC32C.
    fn golden_header() -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..16].copy_from_slice(b"minuted\0\x01\0\0\0\x13\x72\x12\x97");
        bytes[16..32].copy_from_slice(&sixteen_from(0x10));
        bytes[32] = 1;
        bytes[40..56].copy_from_slice(&sixteen_from(0xa0));
        bytes
    }

    fn golden_footer() -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[..8].copy_from_slice(b"\xff\xff\xff\xff\xcf\x9e\x18\xd0");
        (bytes[8], bytes[16]) = (4, 120);
        bytes[32..].copy_from_slice(&sixteen_from(0xa0));
        bytes
    }

    #[test]
    fn the_bytes_on_disk_are_a_promise() {
        assert_eq!(header().encode(), golden_header());
        assert_eq!(SegmentHeader::decode(&golden_header()), Ok(header()));
        let footer = Footer { last: Position(4), hash: FrameHash(sixteen_from(0xa0)), offset: 120 };
        assert_eq!(footer.encode(header().salt()), golden_footer());
        assert_eq!(Footer::decode(&golden_footer(), header().salt()), Some(footer));
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        for bit in 0..64 * 8 {
            let mut bytes = golden_header();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // Not even a flip in the format's own bytes is taken for a newer release.
            assert!(matches!(SegmentHeader::decode(&bytes), Err(HeaderFault::Damaged(_))), "bit {bit}");
        }
        for bit in 0..48 * 8 {
            let mut bytes = golden_footer();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Footer::decode(&bytes, header().salt()), None, "bit {bit}");
        }
    }

    #[test]
    fn only_names_given_here_are_segments() {
        assert_eq!(file_name(Position(42)), "00000000000000000042.seg");
        assert_eq!(parse_file_name("00000000000000000042.seg"), Some(Position(42)));
        for other in
            ["42.seg", "00000000000000000042.tmp", "00000000000000000000.seg", "LOCK", "x.seg", ".seg"]
        {
            assert_eq!(parse_file_name(other), None, "{other}");
        }
    }
}
