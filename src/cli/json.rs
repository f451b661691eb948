//! Protobuf JSON of the API's messages, from the descriptors that the daemon also serves by reflection.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, SerializeOptions, Value,
};
use serde::Serialize;

use crate::proto::{FILE_DESCRIPTOR_SET, v1};

/// The descriptors of the whole schema.
pub(crate) static SCHEMA: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the build made it from a schema that compiles")
});

/// A message that knows its name in the schema, without the package.
pub(crate) trait Named: Message + Default {
    const NAME: &'static str;
}

macro_rules! named {
    ($($message:ident),+ $(,)?) => { $(impl $crate::cli::json::Named for $crate::proto::v1::$message {
        const NAME: &'static str = stringify!($message);
    })+ };
}
pub(crate) use named;

named!(Command, Fact, Receipt, RecordResponse);

fn descriptor(name: &str) -> MessageDescriptor {
    SCHEMA.get_message_by_name(&format!("minuted.v1.{name}")).expect("it is generated from the same schema")
}

fn dynamic<M: Named>(message: &M) -> DynamicMessage {
    let mut dynamic = DynamicMessage::new(descriptor(M::NAME));
    dynamic.transcode_from(message).expect("it is generated from the same schema");
    dynamic
}

/// On one line.
pub(crate) fn compact<M: Named>(message: &M) -> String {
    let mut out = serde_json::Serializer::new(Vec::new());
    write(message, false, &mut out);
    text(out.into_inner())
}

/// Over several lines, indented; `every_field` also shows those that have their default.
pub(crate) fn pretty<M: Named>(message: &M, every_field: bool) -> String {
    let mut out = serde_json::Serializer::pretty(Vec::new());
    write(message, every_field, &mut out);
    text(out.into_inner())
}

fn write<M: Named, S: serde::Serializer>(message: &M, every_field: bool, out: S) -> S::Ok
where
    S::Error: std::fmt::Debug,
{
    let options = SerializeOptions::new().skip_default_fields(!every_field);
    dynamic(message).serialize_with_options(out, &options).expect("protobuf JSON goes into memory")
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

/// A command from its JSON.
///
/// # Errors
/// Says which field is not as the schema has it.
pub(crate) fn command(json: &str) -> Result<v1::Command, String> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let parsed = command_from(&mut reader).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(parsed)
}

/// Every command of a text: JSON objects one after the other, on one line each or not.
///
/// # Errors
/// The same as [`command`], with which command it is.
pub(crate) fn commands(text: &str) -> Result<Vec<v1::Command>, String> {
    let mut all = Vec::new();
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    let mut begin = 0;
    while let Some(object) = objects.next() {
        object.map_err(|error| error.to_string())?;
        let end = objects.byte_offset();
        let parsed =
            command(&text[begin..end]).map_err(|error| format!("command {}: {error}", all.len() + 1))?;
        all.push(parsed);
        begin = end;
    }
    Ok(all)
}

fn command_from<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<v1::Command, D::Error> {
    let options = DeserializeOptions::new();
    let dynamic = DynamicMessage::deserialize_with_options(descriptor("Command"), reader, &options)?;
    Ok(dynamic.transcode_to().expect("it is generated from the same schema"))
}

/// The kind of a fact as a filter names it, such as `area_chosen`, and its content as JSON on one line.
pub(crate) fn kind_and_content(fact: &v1::Fact) -> (String, String) {
    let fact = dynamic(fact);
    let Some((field, Value::Message(content))) = fact.fields().next() else { return Default::default() };
    let mut out = serde_json::Serializer::new(Vec::new());
    content.serialize(&mut out).expect("protobuf JSON goes into memory");
    (field.name().to_owned(), text(out.into_inner()))
}

/// Every kind of fact, by the name that a filter uses.
pub(crate) fn kinds() -> Vec<String> {
    descriptor("Fact").fields().map(|field| field.name().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"commandId":"3507dd0e-aa14-524e-85a5-c03d5b12ca30","name":"countries/jp","expectedVersion":"0","valid":{"from":"2008-04"},"source":{"text":"a"},"fact":{"frameworkJoined":{"framework":"frameworks/patg"}}}"#;

    #[test]
    fn what_is_written_is_read_again() {
        let parsed = command(LINE).unwrap();
        assert_eq!(parsed.expected_version, Some(0));
        assert_eq!(compact(&parsed), LINE);
        assert_eq!(command(&pretty(&parsed, true)).unwrap(), parsed);
    }

    #[test]
    fn several_objects_make_several_commands() {
        assert_eq!(commands(&format!("{LINE}\n\n{LINE} {LINE}")).unwrap().len(), 3);
        let error = commands(&format!("{LINE}\n{{\"nam\": 1}}")).unwrap_err();
        assert!(error.contains("command 2") && error.contains("nam"), "{error}");
    }

    #[test]
    fn an_unknown_field_and_trailing_text_are_refused() {
        assert!(command(r#"{"nome":"countries/jp"}"#).unwrap_err().contains("nome"));
        assert!(command(&format!("{LINE} x")).is_err());
        assert!(command(r#"{"fact":{"areaChosen":{"extent":"SOME"}}}"#).is_err());
    }

    #[test]
    fn a_fact_says_its_kind() {
        let fact = command(LINE).unwrap().fact.unwrap();
        let (kind, content) = kind_and_content(&fact);
        assert_eq!(
            (kind.as_str(), content.as_str()),
            ("framework_joined", r#"{"framework":"frameworks/patg"}"#)
        );
        assert!(kinds().contains(&kind));
    }
}
