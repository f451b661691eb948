//! A frame: the events of one request, as bytes on disk and as the value handed around.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{LogId, Position};

/// The longest payload of a frame: 1 MiB.
pub const FRAME_BYTES_MAX: usize = 1 << 20;

/// What stands before a frame's payload.
pub(super) const HEADER_BYTES: usize = 48;

/// Frames begin at multiples of this, so that a search for frames behind damage has few places to look at.
pub(super) const ALIGNMENT: u64 = 8;

/// A frame that is to be appended: n events, encoded, that are recorded together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFrame {
    /// How many events the payload holds; at least 1.
    pub events: u32,
    /// The events, opaque to the log; at most [`FRAME_BYTES_MAX`] bytes.
    pub payload: Bytes,
}

/// A frame as it is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The position of its first event.
    pub first: Position,
    /// How many events it holds; at least 1.
    pub events: u32,
    /// The events, byte for byte as they were handed over.
    pub payload: Bytes,
    /// The hash of the frame before it.
    pub previous: FrameHash,
}

impl Frame {
    /// The position of its last event.
    #[must_use]
    pub const fn last(&self) -> Position {
        Position(self.first.0 + self.events as u64 - 1)
    }

    /// Whether the event at `position` is one of its.
    #[must_use]
    pub fn holds(&self, position: Position) -> bool {
        self.first <= position && position <= self.last()
    }

    /// Tells this frame and everything before it from any other history. Computed at each call.
    #[must_use]
    pub fn hash(&self) -> FrameHash {
        self.previous.chain(self.first, self.events, &self.payload)
    }
}

/// A hash over a frame and, through the frame before it, over all of history: the first 16 bytes of BLAKE3 over the
/// previous frame's hash, the first position, the event count and the payload. How frames were grouped and when they
/// became durable is left out, so that every copy of a log has the same hashes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FrameHash(pub [u8; FrameHash::BYTES]);

impl FrameHash {
    /// How long a hash is.
    pub const BYTES: usize = 16;

    /// What the first frame of a log is chained to: the log's id.
    #[must_use]
    pub const fn of_nothing(id: LogId) -> FrameHash {
        FrameHash(id.as_uuid().into_bytes())
    }

    /// The hash of the frame that comes after the one with this hash.
    #[must_use]
    pub fn chain(self, first: Position, events: u32, payload: &[u8]) -> FrameHash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0).update(&first.0.to_le_bytes()).update(&events.to_le_bytes()).update(payload);
        let mut hash = [0; FrameHash::BYTES];
        hash.copy_from_slice(&hasher.finalize().as_bytes()[..FrameHash::BYTES]);
        FrameHash(hash)
    }
}

impl fmt::Display for FrameHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for FrameHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where header checksums start from: the log and the segment. A frame of another log or segment, copied into a
/// payload or left on the disk, is then not taken for one that was written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Salt(u32);

impl Salt {
    pub(super) fn of(id: LogId, segment: Position) -> Salt {
        let id = crc32c::crc32c(id.as_uuid().as_bytes());
        Salt(crc32c::crc32c_append(id, &segment.0.to_le_bytes()))
    }

    /// The checksum of a header whose bytes 4..8 hold that checksum.
    pub(super) fn checksum(self, header: &[u8; HEADER_BYTES]) -> u32 {
        crc32c::crc32c_append(crc32c::crc32c_append(self.0, &header[..4]), &header[8..])
    }
}

/// The 48 bytes before a payload, drawn in `docs/log-format.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) payload_bytes: u32,
    pub(super) payload_crc: u32,
    pub(super) events: u32,
    pub(super) first: Position,
    /// The last position that was durable when this frame was written.
    pub(super) durable: Position,
    pub(super) previous: FrameHash,
}

impl FrameHeader {
    pub(super) fn encode(&self, salt: Salt) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..4].copy_from_slice(&(HEADER_WORD + self.payload_bytes).to_le_bytes());
        bytes[8..12].copy_from_slice(&self.payload_crc.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.events.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.0.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.durable.0.to_le_bytes());
        bytes[32..48].copy_from_slice(&self.previous.0);
        let checksum = salt.checksum(&bytes);
        bytes[4..8].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The header in `bytes`, or what is wrong with them.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES], salt: Salt) -> Result<FrameHeader, &'static str> {
        let length = u32_at(bytes, 0);
        let payload_bytes = length.checked_sub(HEADER_WORD).filter(|payload| *payload <= PAYLOAD_WORD_MAX);
        let payload_bytes = payload_bytes.ok_or("the length is no frame's")?;
        if u32_at(bytes, 4) != salt.checksum(bytes) {
            return Err("the header does not match its checksum");
        }
        Ok(FrameHeader {
            payload_bytes,
            payload_crc: u32_at(bytes, 8),
            events: u32_at(bytes, 12),
            first: Position(u64_at(bytes, 16)),
            durable: Position(u64_at(bytes, 24)),
            previous: FrameHash(hash_at(bytes, 32)),
        })
    }

    pub(super) const fn last(&self) -> Position {
        Position(self.first.0 + self.events as u64 - 1)
    }

    /// How far the next frame is from this one.
    pub(super) const fn stride(&self) -> u64 {
        stride(self.payload_bytes as usize)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "both are far below 4 GiB")]
const HEADER_WORD: u32 = HEADER_BYTES as u32;
#[expect(clippy::cast_possible_truncation, reason = "both are far below 4 GiB")]
const PAYLOAD_WORD_MAX: u32 = FRAME_BYTES_MAX as u32;

/// What a frame with such a payload takes on disk: header, payload and the zeros up to the alignment.
pub(super) const fn stride(payload_bytes: usize) -> u64 {
    ((HEADER_BYTES + payload_bytes) as u64).next_multiple_of(ALIGNMENT)
}

/// Writes a frame behind what is in `out` and answers its hash.
pub(super) fn encode_into(
    out: &mut Vec<u8>,
    frame: &NewFrame,
    first: Position,
    durable: Position,
    previous: FrameHash,
    salt: Salt,
) -> FrameHash {
    let header = FrameHeader {
        payload_bytes: u32::try_from(frame.payload.len()).expect("appends above FRAME_BYTES_MAX are refused"),
        payload_crc: crc32c::crc32c(&frame.payload),
        events: frame.events,
        first,
        durable,
        previous,
    };
    out.extend_from_slice(&header.encode(salt));
    out.extend_from_slice(&frame.payload);
    out.resize(out.len().next_multiple_of(8), 0);
    previous.chain(first, frame.events, &frame.payload)
}

/// Whether `body`, a frame's bytes behind its header, is what the header says: the payload, then zeros.
pub(super) fn check_body(header: &FrameHeader, body: &[u8]) -> Result<(), &'static str> {
    let (payload, padding) = body.split_at(header.payload_bytes as usize);
    if crc32c::crc32c(payload) != header.payload_crc {
        return Err("the payload does not match its checksum");
    }
    if padding.iter().any(|byte| *byte != 0) {
        return Err("the bytes behind the payload are not zero");
    }
    Ok(())
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("a slice of four"))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("a slice of eight"))
}

pub(super) fn hash_at(bytes: &[u8], at: usize) -> [u8; FrameHash::BYTES] {
    bytes[at..at + FrameHash::BYTES].try_into().expect("a slice of a hash's length")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    /// Computed by hand from `docs/log-format.md`, with another program's CRC32C.
    const GOLDEN: [u8; 56] = [
        0x35, 0, 0, 0, 0xad, 0xcf, 0xa4, 0x6f, 0x4c, 0xbb, 0x71, 0x9a, 2, 0, 0, 0, //
        3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, //
        0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae,
        0xaf, //
        b'h', b'e', b'l', b'l', b'o', 0, 0, 0,
    ];
    const GOLDEN_HASH: &str = "017d704059861b8f0671a793ae350f88";

    fn salt() -> Salt {
        Salt::of(
            LogId::from_uuid(Uuid::from_bytes(std::array::from_fn(|n| 0x10 + n.to_le_bytes()[0]))),
            Position(1),
        )
    }

    fn previous() -> FrameHash {
        FrameHash(std::array::from_fn(|n| 0xa0 + n.to_le_bytes()[0]))
    }

    fn hello() -> NewFrame {
        NewFrame { events: 2, payload: Bytes::from_static(b"hello") }
    }

    #[test]
    fn the_bytes_on_disk_are_a_promise() {
        let mut bytes = vec![];
        let hash = encode_into(&mut bytes, &hello(), Position(3), Position(2), previous(), salt());
        assert_eq!(bytes, GOLDEN);
        assert_eq!(hash.to_string(), GOLDEN_HASH);
    }

    #[test]
    fn the_stored_bytes_are_read_for_ever() {
        let (head, body) = GOLDEN.split_first_chunk().unwrap();
        let header = FrameHeader::decode(head, salt()).unwrap();
        let expected = FrameHeader {
            payload_bytes: 5,
            payload_crc: 0x9a71_bb4c,
            events: 2,
            first: Position(3),
            durable: Position(2),
            previous: previous(),
        };
        assert_eq!(header, expected);
        assert_eq!((header.last(), header.stride()), (Position(4), 56));
        assert_eq!(check_body(&header, body), Ok(()));
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        for bit in 0..GOLDEN.len() * 8 {
            let mut bytes = GOLDEN;
            bytes[bit / 8] ^= 1 << (bit % 8);
            let (head, body) = bytes.split_first_chunk().unwrap();
            let noticed = FrameHeader::decode(head, salt()).and_then(|header| check_body(&header, body));
            assert!(noticed.is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_frame_of_another_log_or_segment_is_no_frame_here() {
        let head = GOLDEN.first_chunk().unwrap();
        for (id, segment) in
            [(Uuid::nil(), 1), (Uuid::from_bytes(std::array::from_fn(|n| 0x10 + n.to_le_bytes()[0])), 2)]
        {
            let other = Salt::of(LogId::from_uuid(id), Position(segment));
            assert!(FrameHeader::decode(head, other).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(
            payload in proptest::collection::vec(any::<u8>(), 0..2000),
            events in 1u32..,
            first in 1..u64::MAX / 2,
            before in any::<[u8; 16]>(),
        ) {
            let frame = NewFrame { events, payload: payload.into() };
            let (first, durable, before) = (Position(first), Position(first / 2), FrameHash(before));
            let mut bytes = vec![];
            let hash = encode_into(&mut bytes, &frame, first, durable, before, salt());
            prop_assert_eq!(bytes.len() as u64, stride(frame.payload.len()));
            let (head, body) = bytes.split_first_chunk().unwrap();
            let header = FrameHeader::decode(head, salt()).unwrap();
            prop_assert_eq!(check_body(&header, body), Ok(()));
            prop_assert_eq!(&body[..header.payload_bytes as usize], &frame.payload[..]);
            let told = (header.first, header.events, header.durable, header.previous);
            prop_assert_eq!(told, (first, events, durable, before));
            prop_assert_eq!(hash, before.chain(first, events, &frame.payload));
        }
    }
}
