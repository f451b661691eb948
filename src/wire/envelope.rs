//! Commands, events and frames: what stands around the facts.

use bytes::Bytes;
use prost::Message;

use super::Limits;
use super::fact::{Parts, read_content, write_content};
use super::kind::Shape;
use super::reader::{At, Read, Reader};
use super::time::{decode_timestamp, encode_timestamp};
use super::violation::{FieldViolation, Invalid, Undecodable};
use crate::domain::fact::CommandId;
use crate::domain::{Collection, Command, Content, Event, Name, Reason, Version};
use crate::position::Position;
use crate::proto::v1;

/// Reads the commands of one request.
///
/// # Errors
/// All that is wrong with all of them, at once; of a request without commands or beyond the limits, that alone.
pub fn parse_commands(commands: Vec<v1::Command>, limits: &Limits) -> Result<Vec<Command>, Invalid> {
    let mut reader = Reader::of_commands(limits);
    let read = read_commands(&mut reader, At::ROOT, commands, limits);
    let violations = reader.into_violations();
    match read {
        Ok(commands) if violations.is_empty() => Ok(commands),
        Ok(_) | Err(_) => Err(Invalid { violations }),
    }
}

fn read_commands(
    reader: &mut Reader<'_>,
    at: At<'_>,
    commands: Vec<v1::Command>,
    limits: &Limits,
) -> Read<Vec<Command>> {
    let Limits { commands_max, text_bytes_max: _, request_bytes_max } = *limits;
    let all = at.field("commands");
    let bytes: usize = commands.iter().map(Message::encoded_len).sum();
    reader.check(!commands.is_empty(), all, Reason::NoCommand, "a request has one command at least")?;
    let says =
        format_args!("a request has at most {commands_max} commands, and this one has {}", commands.len());
    reader.check(commands.len() <= commands_max, all, Reason::TooLarge, says)?;
    let says = format_args!("a request has at most {request_bytes_max} bytes, and this one has {bytes}");
    reader.check(bytes <= request_bytes_max, all, Reason::TooLarge, says)?;
    reader.items(at, "commands", commands, read_command)
}

fn read_command(reader: &mut Reader<'_>, at: At<'_>, command: v1::Command) -> Read<Command> {
    let v1::Command { command_id, name, expected_version, valid, source, fact } = command;
    let kind = fact.and_then(|fact| fact.kind);
    let collections = kind.as_ref().map_or(Collection::ALL.as_slice(), |kind| Shape::of(kind).collections);
    let id = reader.command_id(at.field("command_id"), &command_id);
    let name = reader.name(at.field("name"), &name, collections);
    let content = read_content(reader, at, Parts { valid, source, kind }, name.as_ref().ok());
    let expected_version = expected_version.map(Version);
    Ok(Command { id: id?, name: name?, expected_version, content: content? })
}

/// A command as it is sent.
pub fn encode_command(command: &Command) -> v1::Command {
    let Command { id, name, expected_version, content } = command;
    let (valid, source, fact) = encode_content(content);
    v1::Command {
        command_id: id.to_string(),
        name: name.to_string(),
        expected_version: expected_version.map(|version| version.0),
        valid: if_dated(valid),
        source: Some(source),
        fact: Some(fact),
    }
}

/// What an event says: when it was so, where it is from, what was so.
pub fn encode_content(content: &Content) -> (v1::Valid, v1::Source, v1::Fact) {
    write_content(content)
}

/// An event as it is stored and sent.
pub fn encode_event(event: &Event) -> v1::Event {
    let Event { position, name, version, recorded_at, recorded_by, command_id, content } = event;
    let (valid, source, fact) = encode_content(content);
    v1::Event {
        position: position.0,
        name: name.to_string(),
        version: version.0,
        recorded_at: Some(encode_timestamp(*recorded_at)),
        recorded_by: recorded_by.to_string(),
        command_id: command_id.to_string(),
        valid: if_dated(valid),
        source: Some(source),
        fact: Some(fact),
    }
}

/// What has no date says nothing of when it was so.
pub(super) fn if_dated(valid: v1::Valid) -> Option<v1::Valid> {
    if valid == v1::Valid::default() { None } else { Some(valid) }
}

/// Reads an event that was stored.
///
/// # Errors
/// If it is none that this schema knows.
pub fn decode_event(event: v1::Event) -> Result<Event, Undecodable> {
    let mut reader = Reader::of_stored();
    let read = read_event(&mut reader, At::ROOT, event);
    read.map_err(|_| first(reader))
}

/// Events as one frame: the encoding of a `ReadEventsResponse` that has them.
pub fn encode_frame(events: &[Event]) -> Bytes {
    let events = events.iter().map(encode_event).collect();
    let frame = v1::ReadEventsResponse { events, checkpoint: 0, caught_up: false };
    frame.encode_to_vec().into()
}

/// Reads the events of a frame.
///
/// # Errors
/// If one of them is none that this schema knows.
pub fn decode_frame(payload: &[u8]) -> Result<Vec<Event>, Undecodable> {
    let v1::ReadEventsResponse { events, checkpoint: _, caught_up: _ } =
        v1::ReadEventsResponse::decode(payload)?;
    events.into_iter().map(decode_event).collect()
}

fn first(reader: Reader<'_>) -> Undecodable {
    let none = FieldViolation { field: String::new(), reason: Reason::UnknownValue, says: String::new() };
    reader.into_violations().into_iter().next().unwrap_or(none).into()
}

fn read_event(reader: &mut Reader<'_>, at: At<'_>, event: v1::Event) -> Read<Event> {
    let v1::Event { position, name, version, recorded_at, recorded_by, command_id, valid, source, fact } =
        event;
    let kind = fact.and_then(|fact| fact.kind);
    let position = read_count(reader, at.field("position"), position)?;
    let name: Name = reader.name(at.field("name"), &name, &Collection::ALL)?;
    let version = read_count(reader, at.field("version"), version)?;
    let Some(recorded_at) = recorded_at.and_then(decode_timestamp) else {
        return reader.refuse(at.field("recorded_at"), Reason::FieldRequired, "an event has an instant here");
    };
    let command_id: CommandId = reader.command_id(at.field("command_id"), &command_id)?;
    let content = read_content(reader, at, Parts { valid, source, kind }, Some(&name))?;
    Ok(Event {
        position: Position(position),
        name,
        version: Version(version),
        recorded_at,
        recorded_by: recorded_by.into(),
        command_id,
        content,
    })
}

fn read_count(reader: &mut Reader<'_>, at: At<'_>, count: u64) -> Read<u64> {
    if count == 0 { reader.refuse(at, Reason::FieldRequired, "it is counted from 1") } else { Ok(count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The field that makes it undecodable, after this change.
    fn fault(change: impl FnOnce(&mut v1::Event)) -> String {
        let name = "countries/jp".to_owned();
        let resumed = v1::fact::Kind::CooperationResumed(v1::CooperationResumed {});
        let mut event = v1::Event {
            position: 1,
            name,
            version: 1,
            recorded_at: Some(prost_types::Timestamp::default()),
            command_id: "3507dd0e-aa14-524e-85a5-c03d5b12ca30".into(),
            fact: Some(v1::Fact { kind: Some(resumed) }),
            ..v1::Event::default()
        };
        change(&mut event);
        match decode_event(event) {
            Ok(_) => String::new(),
            Err(Undecodable::Bytes(error)) => error.to_string(),
            Err(Undecodable::Field { field, says: _ }) => field,
        }
    }

    #[test]
    fn what_is_no_event_is_named_by_its_field() {
        assert_eq!(fault(|event| event.position = 0), "position");
        assert_eq!(fault(|event| event.version = 0), "version");
        assert_eq!(fault(|event| event.name = "jp".into()), "name");
        assert_eq!(fault(|event| event.command_id = "7".into()), "command_id");
        assert_eq!(fault(|event| event.recorded_at = None), "recorded_at");
        assert_eq!(fault(|event| event.fact = Some(v1::Fact { kind: None })), "fact");
        let joined = v1::fact::Kind::FrameworkJoined(v1::FrameworkJoined::default());
        let framework = "fact.framework_joined.framework";
        assert_eq!(fault(|event| event.fact = Some(v1::Fact { kind: Some(joined) })), framework);
    }

    #[test]
    fn what_only_commands_are_asked_is_not_asked_of_what_is_stored() {
        assert_eq!(fault(|event| event.valid = None), "", "this kind has a date, and every event a source");
        let old =
            v1::ActorRegistered { kind: 1, alpha2: "SU".into(), alpha3: "SUN".into(), ..Default::default() };
        let old = v1::fact::Kind::ActorRegistered(old);
        assert_eq!(fault(|event| event.fact = Some(v1::Fact { kind: Some(old) })), "");
    }
}
