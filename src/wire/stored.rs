//! Events as they are stored: found, picked and sent without being decoded.

use std::ops::Range;

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost::{DecodeError, Message};

use super::envelope::decode_event;
use super::violation::Undecodable;
use crate::domain::Event;
use crate::proto::v1;

/// The field of `ReadEventsResponse`, and of `Event` those that tell which event it is.
const EVENTS: u32 = 1;
const EVENT_NAME: u32 = 2;
const EVENT_FACT: u32 = 9;

/// One event of a frame.
#[derive(Clone, Debug)]
pub struct StoredEvent<'a> {
    /// Where it stands in the frame's payload, with its field's key and length: a piece of a `StoredBatch`.
    pub piece: Range<usize>,
    event: &'a [u8],
}

/// What tells whether an event is wanted, in most cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The stream it is of.
    pub name: &'a str,
    /// The field of `Fact` that it has: its kind.
    pub kind: u32,
}

/// The events of a frame, in order.
///
/// # Errors
/// If it is no frame.
pub fn stored_events(payload: &[u8]) -> Result<Vec<StoredEvent<'_>>, Undecodable> {
    let (mut rest, mut found) = (payload, Vec::new());
    while !rest.is_empty() {
        let begin = payload.len() - rest.len();
        let (tag, value) = field(&mut rest)?;
        let end = payload.len() - rest.len();
        if let (EVENTS, Value::Bytes(event)) = (tag, value) {
            found.push(StoredEvent { piece: begin..end, event });
        }
    }
    Ok(found)
}

impl StoredEvent<'_> {
    /// Which event it is.
    ///
    /// # Errors
    /// If it is none.
    pub fn envelope(&self) -> Result<Envelope<'_>, Undecodable> {
        let (mut rest, mut envelope) = (self.event, Envelope { name: "", kind: 0 });
        while !rest.is_empty() {
            match field(&mut rest)? {
                (EVENT_NAME, Value::Bytes(name)) => envelope.name = std::str::from_utf8(name).unwrap_or(""),
                (EVENT_FACT, Value::Bytes(mut fact)) => envelope.kind = decode_key(&mut fact)?.0,
                _ => {}
            }
        }
        Ok(envelope)
    }

    /// The event itself.
    ///
    /// # Errors
    /// If it is none that this schema knows.
    pub fn decode(&self) -> Result<Event, Undecodable> {
        decode_event(v1::Event::decode(self.event)?)
    }
}

enum Value<'a> {
    Bytes(&'a [u8]),
    Other,
}

/// Takes the next field.
fn field<'a>(rest: &mut &'a [u8]) -> Result<(u32, Value<'a>), DecodeError> {
    let (tag, wire_type) = decode_key(rest)?;
    if wire_type != WireType::LengthDelimited {
        skip_field(wire_type, tag, rest, DecodeContext::default())?;
        return Ok((tag, Value::Other));
    }
    let mut ahead = *rest;
    let length = decode_varint(&mut ahead)?;
    // It says what is wrong where the length is more than there is.
    skip_field(wire_type, tag, rest, DecodeContext::default())?;
    Ok((tag, Value::Bytes(&ahead[..usize::try_from(length).unwrap_or(0)])))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::proto::stored::StoredBatch;

    fn event(position: u64, name: &str) -> v1::Event {
        let fact = v1::Fact { kind: Some(v1::fact::Kind::AreaChosen(v1::AreaChosen::default())) };
        v1::Event { position, name: name.into(), fact: Some(fact), ..v1::Event::default() }
    }

    #[test]
    fn what_is_sent_as_it_is_stored_reads_as_the_message_of_the_schema() {
        let events = vec![event(7, "countries/jp"), event(8, "countries/se"), event(9, "countries/fi")];
        let payload: Bytes =
            v1::ReadEventsResponse { events: events.clone(), ..Default::default() }.encode_to_vec().into();
        let stored = stored_events(&payload).unwrap();
        let envelopes: Vec<_> = stored.iter().map(|one| one.envelope().unwrap()).collect();
        let kind = 9;
        let names = ["countries/jp", "countries/se", "countries/fi"];
        assert_eq!(envelopes, names.map(|name| Envelope { name, kind }));
        let picked = [0, 2].map(|n: usize| payload.slice(stored[n].piece.clone())).to_vec();
        for (checkpoint, caught_up) in [(0, false), (9, false), (9, true)] {
            let batch = StoredBatch { events: picked.clone(), checkpoint, caught_up };
            let encoded = batch.encode_to_vec();
            assert_eq!(encoded.len(), batch.encoded_len());
            let read = v1::ReadEventsResponse::decode(encoded.as_slice()).unwrap();
            let events = vec![events[0].clone(), events[2].clone()];
            assert_eq!(read, v1::ReadEventsResponse { events, checkpoint, caught_up });
        }
    }

    #[test]
    fn what_is_no_frame_is_said_to_be_none() {
        let payload = v1::ReadEventsResponse { events: vec![event(7, "countries/jp")], ..Default::default() }
            .encode_to_vec();
        for cut in 1..payload.len() {
            assert!(stored_events(&payload[..cut]).is_err(), "{cut}");
        }
    }
}
