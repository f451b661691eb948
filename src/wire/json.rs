//! The protobuf JSON of messages: the import format, and what the command line shows.
//!
//! 1. It is the canonical mapping: camelCase names, enum values by name, 64-bit numbers as strings.
//! 2. A field that the schema does not know is an error, not silence.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde::{Serialize, Serializer};
use serde_json::{Deserializer, Value};

use crate::proto::{FILE_DESCRIPTOR_SET, v1};

/// The text is no protobuf JSON of the message.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub struct JsonError {
    says: String,
}

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the schema was compiled when this was built")
});

fn descriptor(full_name: &str) -> MessageDescriptor {
    POOL.get_message_by_name(full_name).expect("the caller names a message of the schema")
}

/// Every kind of fact, as the schema names it: `area_chosen`.
pub fn fact_kinds() -> Vec<String> {
    descriptor("minuted.v1.Fact").fields().map(|field| field.name().to_owned()).collect()
}

/// The field of a kind of fact in `Fact`; `None` if there is no such kind.
pub fn kind_number(kind: &str) -> Option<u32> {
    descriptor("minuted.v1.Fact").get_field_by_name(kind).map(|field| field.number())
}

/// The command that a line of an import says.
///
/// # Errors
/// Says what is wrong with the text, and at which line and column.
pub fn command_from_json(text: &str) -> Result<v1::Command, JsonError> {
    let bad = |says: String| JsonError { says };
    let mut json = Deserializer::from_str(text);
    let message = DynamicMessage::deserialize(descriptor("minuted.v1.Command"), &mut json)
        .map_err(|error| bad(error.to_string()))?;
    json.end().map_err(|error| bad(error.to_string()))?;
    message.transcode_to().map_err(|error| bad(error.to_string()))
}

/// A message of the schema in its protobuf JSON; fields that have their default are left out. One message has one text:
/// fields stand in the order of the schema, maps in the order of their keys.
///
/// # Panics
/// If the schema has no message of this name, such as `minuted.v1.Event`, if `message` is not of it, or if an `Any` in it
/// is of a type that the schema does not have.
pub fn to_json(full_name: &str, message: &impl Message, pretty: bool) -> String {
    let descriptor = descriptor(full_name);
    let message = DynamicMessage::decode(descriptor.clone(), message.encode_to_vec().as_slice())
        .expect("the caller names the type of the message");
    let unordered = serde_json::to_value(&message).expect(SAYABLE);
    let json = InOrder { json: &unordered, kind: Some(Kind::Message(descriptor)) };
    if pretty { serde_json::to_string_pretty(&json) } else { serde_json::to_string(&json) }.expect(SAYABLE)
}

const SAYABLE: &str = "a message has nothing that JSON cannot say";

/// The JSON of a value of this kind, its fields in the order of the schema.
struct InOrder<'a> {
    json: &'a Value,
    kind: Option<Kind>,
}

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.json, &self.kind) {
            (Value::Object(fields), Some(Kind::Message(message))) if message.is_map_entry() => {
                let kind = message.map_entry_value_field().kind();
                serializer.collect_map(
                    fields.iter().map(|(key, json)| (key, InOrder { json, kind: Some(kind.clone()) })),
                )
            }
            (Value::Object(fields), Some(Kind::Message(message))) if is_ours(message) => {
                let entry = |field: FieldDescriptor| {
                    let json = fields.get(field.json_name())?;
                    Some((field.json_name().to_owned(), InOrder { json, kind: Some(field.kind()) }))
                };
                serializer.collect_map(message.fields().filter_map(entry))
            }
            (Value::Array(items), Some(kind)) => {
                serializer.collect_seq(items.iter().map(|json| InOrder { json, kind: Some(kind.clone()) }))
            }
            (json, _) => json.serialize(serializer),
        }
    }
}

/// Its JSON has its fields; what Google defines may have a form of its own.
fn is_ours(message: &MessageDescriptor) -> bool {
    message.package_name() != "google.protobuf"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_one_text_in_the_order_of_the_schema() {
        let names = ["fr", "en", "es", "de", "it"].map(|tag| (tag.to_owned(), "x".to_owned()));
        let fact = v1::ActorRegistered {
            names: names.into(),
            alpha2: "JP".into(),
            ..v1::ActorRegistered::default()
        };
        let at = prost_types::Timestamp { seconds: 1, nanos: 0 };
        let kind = Some(v1::fact::Kind::ActorRegistered(fact));
        let event = v1::Event {
            position: 7,
            recorded_at: Some(at),
            fact: Some(v1::Fact { kind }),
            ..v1::Event::default()
        };
        let expected = r#"{"events":[{"position":"7","recordedAt":"1970-01-01T00:00:01Z","fact":{"actorRegistered":{"alpha2":"JP","names":{"de":"x","en":"x","es":"x","fr":"x","it":"x"}}}}]}"#;
        let batch = v1::ReadEventsResponse { events: vec![event], ..v1::ReadEventsResponse::default() };
        assert_eq!(to_json("minuted.v1.ReadEventsResponse", &batch, false), expected);
    }

    #[test]
    fn every_message_has_a_text_of_which_nothing_is_lost() {
        let any = prost_types::Any {
            type_url: "type.googleapis.com/google.rpc.ErrorInfo".into(),
            value: crate::proto::google::rpc::ErrorInfo { reason: "R".into(), ..Default::default() }
                .encode_to_vec(),
        };
        let refusal = crate::proto::google::rpc::Status { code: 3, message: "m".into(), details: vec![any] };
        let text = to_json("google.rpc.Status", &refusal, false);
        assert!(
            text.contains(r#""@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"R""#),
            "{text}"
        );
    }
}
