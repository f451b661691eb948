//! The protobuf JSON of messages: the import format, and what the command line shows.
//!
//! 1. It is the canonical mapping: camelCase names, enum values by name, 64-bit numbers as strings.
//! 2. A field that the schema does not know is an error, not silence.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use serde_json::Deserializer;

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

/// A message of the schema in its protobuf JSON; fields that have their default are left out.
///
/// # Panics
/// If the schema has no message of this name, such as `minuted.v1.Event`, or `message` is not of it.
pub fn to_json(full_name: &str, message: &impl Message, pretty: bool) -> String {
    let message = DynamicMessage::decode(descriptor(full_name), message.encode_to_vec().as_slice())
        .expect("the caller names the type of the message");
    let json = if pretty { serde_json::to_string_pretty(&message) } else { serde_json::to_string(&message) };
    json.expect("a message has nothing that JSON cannot say")
}
