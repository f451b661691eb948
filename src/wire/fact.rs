//! Facts of every kind, each by its aggregate's file, and the content around them.

use super::kind::Shape;
use super::reader::{At, Read, Reader};
use super::time::{encode_valid, read_valid};
use super::{
    activity, actor, agreement, area, contribution, correction, decision, framework, meeting, operation,
};
use crate::domain::{Content, Fact, Name, Reason, Source};
use crate::proto::v1;
use crate::proto::v1::fact::Kind;

/// The parts of a message that say what an event says.
pub(super) struct Parts {
    pub(super) valid: Option<v1::Valid>,
    pub(super) source: Option<v1::Source>,
    pub(super) kind: Option<Kind>,
}

/// Reads what an event says. `about` is the stream, if its name could be read.
pub(super) fn read_content(
    reader: &mut Reader<'_>,
    at: At<'_>,
    parts: Parts,
    about: Option<&Name>,
) -> Read<Content> {
    let Parts { valid, source, kind } = parts;
    let dating = kind.as_ref().map(|kind| Shape::of(kind).dating);
    let valid = read_valid(reader, at.field("valid"), valid, dating);
    let source = read_source(reader, at.field("source"), source);
    let fact = match kind {
        Some(kind) => read_fact(reader, at.field("fact"), kind, about),
        None => reader.refuse(at.field("fact"), Reason::FieldRequired, "say what was so: a fact of one kind"),
    };
    Ok(Content { valid: valid?, source: source?, fact: fact? })
}

fn read_source(reader: &mut Reader<'_>, at: At<'_>, source: Option<v1::Source>) -> Read<Source> {
    let v1::Source { text, unconfirmed } = source.unwrap_or_default();
    let says = "say where the fact is from: a reference that a reader can follow";
    let text = reader.text_or(at.field("text"), text, Reason::SourceRequired, says)?;
    Ok(Source { text, unconfirmed })
}

fn read_fact(reader: &mut Reader<'_>, at: At<'_>, kind: Kind, about: Option<&Name>) -> Read<Fact> {
    let at = at.field(Shape::of(&kind).field);
    match kind {
        Kind::ActorRegistered(fact) => actor::read_registered(reader, at, fact, about).map(Fact::Actor),
        Kind::ActorRenamed(fact) => actor::read_renamed(reader, at, fact).map(Fact::Actor),
        Kind::FrameworkJoined(fact) => actor::read_joined(reader, at, fact).map(Fact::Actor),
        Kind::FrameworkLeft(fact) => actor::read_left(reader, at, fact).map(Fact::Actor),
        Kind::MemberAdmitted(fact) => actor::read_admitted(reader, at, fact).map(Fact::Actor),
        Kind::MembershipEnded(fact) => actor::read_membership_ended(reader, at, fact).map(Fact::Actor),
        Kind::CooperationSuspended(fact) => actor::read_suspended(reader, at, fact).map(Fact::Actor),
        Kind::CooperationResumed(fact) => Ok(Fact::Actor(actor::read_resumed(fact))),
        Kind::AreaChosen(fact) => actor::read_area_chosen(reader, at, fact).map(Fact::Actor),
        Kind::AreaWithdrawn(fact) => actor::read_area_withdrawn(reader, at, fact).map(Fact::Actor),
        Kind::FrameworkEstablished(fact) => {
            framework::read_established(reader, at, fact).map(Fact::Framework)
        }
        Kind::FrameworkClosed(fact) => framework::read_closed(reader, at, fact).map(Fact::Framework),
        Kind::AreaDefined(fact) => area::read_defined(reader, at, fact).map(Fact::Area),
        Kind::AgreementOpened(fact) => agreement::read_opened(reader, at, fact).map(Fact::Agreement),
        Kind::AgreementAdvanced(fact) => agreement::read_advanced(reader, at, fact).map(Fact::Agreement),
        Kind::AgreementSuspended(fact) => Ok(Fact::Agreement(agreement::read_suspended(fact))),
        Kind::AgreementResumed(fact) => Ok(Fact::Agreement(agreement::read_resumed(fact))),
        Kind::AgreementEnded(fact) => agreement::read_ended(reader, at, fact).map(Fact::Agreement),
        Kind::ActivityOffered(fact) => activity::read_offered(reader, at, fact).map(Fact::Activity),
        Kind::ActivityWithdrawn(fact) => activity::read_withdrawn(reader, at, fact).map(Fact::Activity),
        Kind::ParticipationRecorded(fact) => {
            activity::read_participation(reader, at, fact).map(Fact::Activity)
        }
        Kind::MeetingPlanned(fact) => meeting::read_planned(reader, at, fact).map(Fact::Meeting),
        Kind::MeetingConfirmed(fact) => Ok(Fact::Meeting(meeting::read_confirmed(fact))),
        Kind::MeetingRescheduled(fact) => meeting::read_rescheduled(reader, at, fact).map(Fact::Meeting),
        Kind::DelegationInvited(fact) => meeting::read_invited(reader, at, fact).map(Fact::Meeting),
        Kind::InvitationAnswered(fact) => meeting::read_answered(reader, at, fact).map(Fact::Meeting),
        Kind::MeetingCancelled(fact) => meeting::read_cancelled(reader, at, fact).map(Fact::Meeting),
        Kind::MeetingHeld(fact) => meeting::read_held(reader, at, fact).map(Fact::Meeting),
        Kind::SummaryRecorded(fact) => meeting::read_summary(reader, at, fact).map(Fact::Meeting),
        Kind::OperationLaunched(fact) => operation::read_launched(reader, at, fact).map(Fact::Operation),
        Kind::OperationEnded(fact) => operation::read_ended(reader, at, fact).map(Fact::Operation),
        Kind::ContributionRecorded(fact) => {
            contribution::read_recorded(reader, at, fact).map(Fact::Contribution)
        }
        Kind::ContributionAccepted(fact) => Ok(Fact::Contribution(contribution::read_accepted(fact))),
        Kind::ContributionEnded(fact) => contribution::read_ended(reader, at, fact).map(Fact::Contribution),
        Kind::DecisionRecorded(fact) => decision::read_recorded(reader, at, fact).map(Fact::Decision),
        Kind::DecisionPutInEffect(fact) => Ok(Fact::Decision(decision::read_put_in_effect(fact))),
        Kind::DecisionsLinked(fact) => decision::read_linked(reader, at, fact).map(Fact::Decision),
        Kind::DecisionSuperseded(fact) => decision::read_superseded(reader, at, fact).map(Fact::Decision),
        Kind::DecisionLapsed(fact) => decision::read_lapsed(reader, at, fact).map(Fact::Decision),
        Kind::EventCorrected(fact) => {
            correction::read_corrected(reader, at, *fact, about).map(Fact::Amendment)
        }
        Kind::EventRetracted(fact) => correction::read_retracted(reader, at, fact).map(Fact::Amendment),
    }
}

/// What an event says: when it was so, where it is from, what was so.
pub(super) fn write_content(content: &Content) -> (v1::Valid, v1::Source, v1::Fact) {
    let Content { valid, source: Source { text, unconfirmed }, fact } = content;
    let source = v1::Source { text: text.clone(), unconfirmed: *unconfirmed };
    (encode_valid(valid), source, v1::Fact { kind: Some(write_fact(fact)) })
}

fn write_fact(fact: &Fact) -> Kind {
    match fact {
        Fact::Actor(fact) => actor::write(fact),
        Fact::Framework(fact) => framework::write(fact),
        Fact::Area(fact) => area::write(fact),
        Fact::Agreement(fact) => agreement::write(fact),
        Fact::Activity(fact) => activity::write(fact),
        Fact::Meeting(fact) => meeting::write(fact),
        Fact::Operation(fact) => operation::write(fact),
        Fact::Contribution(fact) => contribution::write(fact),
        Fact::Decision(fact) => decision::write(fact),
        Fact::Amendment(fact) => correction::write(fact),
    }
}
