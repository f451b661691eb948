//! Protobuf JSON on the command line: commands read, answers written, facts named.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage, SerializeOptions, Value};

use crate::proto::{FILE_DESCRIPTOR_SET, v1};
use crate::wire::json;

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

fn full_name<M: Named>() -> String {
    format!("minuted.v1.{}", M::NAME)
}

/// On one line.
pub(crate) fn compact<M: Named>(message: &M) -> String {
    json::to_json(&full_name::<M>(), message, false)
}

/// Over several lines, indented.
pub(crate) fn pretty<M: Named>(message: &M) -> String {
    json::to_json(&full_name::<M>(), message, true)
}

/// Like [`pretty`], with the fields that have their default too: a script then finds a 0 as a 0.
pub(crate) fn every_field<M: Named>(message: &M) -> String {
    let mut out = serde_json::Serializer::pretty(Vec::new());
    let options = SerializeOptions::new().skip_default_fields(false);
    dynamic(message)
        .serialize_with_options(&mut out, &options)
        .expect("a message has nothing that JSON cannot say");
    String::from_utf8(out.into_inner()).expect("JSON is UTF-8")
}

fn dynamic<M: Named>(message: &M) -> DynamicMessage {
    let descriptor =
        SCHEMA.get_message_by_name(&full_name::<M>()).expect("it is generated from the same schema");
    let mut dynamic = DynamicMessage::new(descriptor);
    dynamic.transcode_from(message).expect("it is generated from the same schema");
    dynamic
}

/// A command from its JSON.
///
/// # Errors
/// Says which field is not as the schema has it.
pub(crate) fn command(text: &str) -> Result<v1::Command, String> {
    json::command_from_json(text).map_err(|error| error.to_string())
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

/// The kind of a fact as a filter names it, such as `area_chosen`, and its content as JSON on one line.
pub(crate) fn kind_and_content(fact: &v1::Fact) -> (String, String) {
    let dynamic = dynamic(fact);
    let Some((field, Value::Message(content))) = dynamic.fields().next() else { return Default::default() };
    let name = content.descriptor().full_name().to_owned();
    (field.name().to_owned(), json::to_json(&name, content, false))
}

/// Every kind of fact, by the name that a filter uses.
pub(crate) fn kinds() -> Vec<String> {
    let fact = SCHEMA.get_message_by_name(&full_name::<v1::Fact>()).expect("the schema has facts");
    fact.fields().map(|field| field.name().to_owned()).collect()
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
        assert_eq!(command(&pretty(&parsed)).unwrap(), parsed);
    }

    #[test]
    fn every_field_shows_a_0_as_a_0() {
        assert!(every_field(&v1::Receipt::default()).contains("\"position\": \"0\""));
        assert_eq!(pretty(&v1::Receipt::default()), "{}");
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
