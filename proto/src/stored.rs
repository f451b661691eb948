//! `EventService` whose `ReadEvents` answers with events as they are stored, which nobody has to decode first.

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{self, DecodeContext, WireType, skip_field};
use prost::{DecodeError, Message};

pub mod server {
    //! The generated server.
    #![allow(missing_docs, clippy::all, clippy::pedantic)]
    include!("generated/minuted.v1.stored.rs");
}

/// A `ReadEventsResponse` that is made of what is stored: the server's side of the message, which is only ever encoded.
#[derive(Debug, Default)]
pub struct StoredBatch {
    /// Events in order, one or many a piece, each with its field's key and length.
    pub events: Vec<Bytes>,
    /// As in the schema.
    pub checkpoint: u64,
    /// As in the schema.
    pub caught_up: bool,
}

/// The fields of `ReadEventsResponse`.
const CHECKPOINT: u32 = 2;
const CAUGHT_UP: u32 = 3;

impl Message for StoredBatch {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        for events in &self.events {
            buf.put_slice(events);
        }
        if self.checkpoint != 0 {
            encoding::uint64::encode(CHECKPOINT, &self.checkpoint, buf);
        }
        if self.caught_up {
            encoding::bool::encode(CAUGHT_UP, &self.caught_up, buf);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        skip_field(wire_type, tag, buf, ctx)
    }

    fn encoded_len(&self) -> usize {
        let events: usize = self.events.iter().map(Bytes::len).sum();
        let checkpoint = match self.checkpoint {
            0 => 0,
            checkpoint => encoding::uint64::encoded_len(CHECKPOINT, &checkpoint),
        };
        events + checkpoint + if self.caught_up { encoding::bool::encoded_len(CAUGHT_UP, &true) } else { 0 }
    }

    fn clear(&mut self) {
        *self = StoredBatch::default();
    }
}
