//! What holds of every event and of every command.

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

use super::kind::Shape;
use super::{Limits, decode_event, decode_frame, encode_command, encode_event, encode_frame, json};
use super::{parse_commands, sample};
use crate::domain::{Collection, Fact};
use crate::proto::v1;

/// All that a value says: two instants in different zones are equal, but not the same.
fn whole(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_the_same(event in sample::event()) {
        let stored = encode_event(&event);
        let read = decode_event(stored.clone()).unwrap();
        prop_assert_eq!(whole(&read), whole(&event));
        prop_assert_eq!(encode_event(&read), stored);
    }

    #[test]
    fn a_frame_is_the_events_as_readers_are_sent_them(events in vec(sample::event(), 0..4)) {
        let frame = encode_frame(&events);
        let sent = v1::ReadEventsResponse::decode(frame.clone()).unwrap();
        prop_assert_eq!(sent.events, events.iter().map(encode_event).collect::<Vec<_>>());
        prop_assert_eq!(whole(&decode_frame(&frame).unwrap()), whole(&events));
    }

    #[test]
    fn a_command_is_read_as_it_was_sent(commands in vec(sample::command(), 1..4)) {
        let sent = commands.iter().map(encode_command).collect();
        let read = parse_commands(sent, &Limits::default()).unwrap();
        prop_assert_eq!(whole(&read), whole(&commands));
    }

    #[test]
    fn json_says_all_of_a_command(command in sample::command(), pretty in any::<bool>()) {
        let sent = encode_command(&command);
        let text = json::to_json("minuted.v1.Command", &sent, pretty);
        prop_assert_eq!(json::command_from_json(&text).unwrap(), sent);
    }

    #[test]
    fn the_shape_of_a_kind_is_that_of_its_facts(command in sample::command()) {
        let fact: &Fact = &command.content.fact;
        let shape = Shape::of(&encode_command(&command).fact.unwrap().kind.unwrap());
        prop_assert_eq!(shape.field, fact.kind());
        prop_assert_eq!(shape.dating, fact.dating());
        let belongs = Collection::ALL.into_iter().filter(|collection| fact.belongs_to(*collection));
        prop_assert_eq!(shape.collections.to_vec(), belongs.collect::<Vec<_>>());
    }

    #[test]
    fn stored_bytes_that_are_torn_or_changed_never_panic(
        event in sample::event(), cut in any::<prop::sample::Index>(), flip in any::<u8>(),
    ) {
        let mut bytes = encode_frame(&[event]).to_vec();
        let at = cut.index(bytes.len());
        let _: Result<_, _> = decode_frame(&bytes[..at]);
        bytes[at] ^= flip;
        let _: Result<_, _> = decode_frame(&bytes);
    }
}
