//! Corrections and retractions.

use super::envelope::if_dated;
use super::fact::{Parts, read_content, write_content};
use super::reader::{At, Read, Reader};
use crate::domain::correction::{Amendment, EventRef};
use crate::domain::{Name, Reason};
use crate::position::Position;
use crate::proto::v1;
use crate::proto::v1::event_reference::Event;
use crate::proto::v1::fact::Kind;

const WHY: &str = "say why: a correction or a retraction has a reason";

pub(super) fn read_corrected(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::EventCorrected,
    about: Option<&Name>,
) -> Read<Amendment> {
    let v1::EventCorrected { target, valid, source, fact, reason } = fact;
    let target = read_target(reader, at.field("target"), target);
    let kind = fact.and_then(|fact| fact.kind);
    let content = read_content(reader, at, Parts { valid, source, kind }, about);
    let reason = reader.text_or(at.field("reason"), reason, Reason::ReasonRequired, WHY);
    Ok(Amendment::Corrected { target: target?, content: Box::new(content?), reason: reason? })
}

pub(super) fn read_retracted(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::EventRetracted,
) -> Read<Amendment> {
    let v1::EventRetracted { target, reason } = fact;
    let target = read_target(reader, at.field("target"), target);
    let reason = reader.text_or(at.field("reason"), reason, Reason::ReasonRequired, WHY);
    Ok(Amendment::Retracted { target: target?, reason: reason? })
}

fn read_target(reader: &mut Reader<'_>, at: At<'_>, target: Option<v1::EventReference>) -> Read<EventRef> {
    match target.and_then(|target| target.event) {
        Some(Event::Position(position)) if position > 0 => Ok(EventRef::Position(Position(position))),
        Some(Event::CommandId(id)) => reader.command_id(at.field("command_id"), &id).map(EventRef::Command),
        Some(Event::Position(_)) | None => {
            let says = "say which event: by its position, from 1, or by its command_id";
            reader.refuse(at, Reason::FieldRequired, says)
        }
    }
}

pub(super) fn write(fact: &Amendment) -> Kind {
    match fact {
        Amendment::Corrected { target, content, reason } => {
            let (valid, source, fact) = write_content(content);
            Kind::EventCorrected(Box::new(v1::EventCorrected {
                target: Some(write_target(*target)),
                valid: if_dated(valid),
                source: Some(source),
                fact: Some(Box::new(fact)),
                reason: reason.clone(),
            }))
        }
        Amendment::Retracted { target, reason } => Kind::EventRetracted(v1::EventRetracted {
            target: Some(write_target(*target)),
            reason: reason.clone(),
        }),
    }
}

fn write_target(target: EventRef) -> v1::EventReference {
    let event = match target {
        EventRef::Position(position) => Event::Position(position.0),
        EventRef::Command(id) => Event::CommandId(id.to_string()),
    };
    v1::EventReference { event: Some(event) }
}
