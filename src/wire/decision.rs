//! Facts of decisions.

use super::list::{listed, said_list, written};
use super::reader::{At, Read, Reader, tagged};
use crate::domain::decision::{DecisionFact, DecisionStatus, Link, LinkType, Rule};
use crate::domain::{Collection, Name, Reason};
use crate::proto::v1;
use crate::proto::v1::fact::Kind;

listed!(DecisionStatus);
written!(DecisionStatus as DecisionStatus { NotYet, Intended, InEffect, Superseded, Lapsed });
said_list!(LinkType as LinkType { DerivesFrom, Implements, PartOf, Follows, Supersedes });
said_list!(Rule as Rule { EqualAccess, EqualFooting, FlexibleFormats });

/// A link from a decision to one that it rests on.
pub fn encode_link(link: &Link) -> v1::Link {
    let Link { kind, to } = link;
    v1::Link { r#type: v1::LinkType::from(*kind).into(), to: to.to_string() }
}

const DECISIONS: &[Collection] = &[Collection::Decisions];

pub(super) fn read_recorded(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::DecisionRecorded,
) -> Read<DecisionFact> {
    let v1::DecisionRecorded { body, status, titles, meeting, links, rules } = fact;
    let body = reader.needed_text(at.field("body"), body);
    let in_effect = read_status(reader, at.field("status"), status);
    let titles = reader.needed_localized(at, "titles", titles);
    let meeting = reader.name_if_any(at.field("meeting"), &meeting, &[Collection::Meetings]);
    let links = reader.items(at, "links", links, read_link);
    let rules = reader.items(at, "rules", rules, Reader::listed::<v1::Rule, _>);
    Ok(DecisionFact::Recorded {
        body: body?,
        in_effect: in_effect?,
        titles: titles?,
        meeting: meeting?,
        links: links?,
        rules: rules?,
    })
}

/// When it is taken, a decision is an intention or in effect; what becomes of it is recorded apart.
fn read_status(reader: &mut Reader<'_>, at: At<'_>, status: i32) -> Read<bool> {
    let says = "say which it was when it was taken: DECISION_STATUS_INTENDED or DECISION_STATUS_IN_EFFECT";
    match reader.known(at, status)? {
        v1::DecisionStatus::Intended => Ok(false),
        v1::DecisionStatus::InEffect => Ok(true),
        v1::DecisionStatus::Unspecified => reader.refuse(at, Reason::FieldRequired, says),
        v1::DecisionStatus::Superseded | v1::DecisionStatus::Lapsed | v1::DecisionStatus::NotYet => {
            reader.refuse(at, Reason::UnknownValue, says)
        }
    }
}

fn read_link(reader: &mut Reader<'_>, at: At<'_>, link: v1::Link) -> Read<Link> {
    let v1::Link { r#type, to } = link;
    let kind = reader.listed::<v1::LinkType, _>(at.field("type"), r#type);
    let to = reader.name(at.field("to"), &to, DECISIONS);
    Ok(Link { kind: kind?, to: to? })
}

pub(super) fn read_put_in_effect(fact: v1::DecisionPutInEffect) -> DecisionFact {
    let v1::DecisionPutInEffect {} = fact;
    DecisionFact::PutInEffect
}

pub(super) fn read_linked(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::DecisionsLinked,
) -> Read<DecisionFact> {
    let v1::DecisionsLinked { links } = fact;
    let says = "say on which decisions it rests: one link at least";
    reader.check(!links.is_empty(), at.field("links"), Reason::FieldRequired, says)?;
    Ok(DecisionFact::Linked { links: reader.items(at, "links", links, read_link)? })
}

pub(super) fn read_superseded(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::DecisionSuperseded,
) -> Read<DecisionFact> {
    let v1::DecisionSuperseded { by } = fact;
    Ok(DecisionFact::Superseded { by: reader.name(at.field("by"), &by, DECISIONS)? })
}

pub(super) fn read_lapsed(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::DecisionLapsed,
) -> Read<DecisionFact> {
    let v1::DecisionLapsed { reason } = fact;
    Ok(DecisionFact::Lapsed { reason: reader.text(at.field("reason"), reason)? })
}

pub(super) fn write(fact: &DecisionFact) -> Kind {
    match fact {
        DecisionFact::Recorded { body, in_effect, titles, meeting, links, rules } => {
            let status = if *in_effect { DecisionStatus::InEffect } else { DecisionStatus::Intended };
            Kind::DecisionRecorded(v1::DecisionRecorded {
                body: body.clone(),
                status: v1::DecisionStatus::from(status).into(),
                titles: tagged(titles),
                meeting: meeting.as_ref().map(Name::to_string).unwrap_or_default(),
                links: links.iter().map(encode_link).collect(),
                rules: rules.iter().map(|rule| v1::Rule::from(*rule).into()).collect(),
            })
        }
        DecisionFact::PutInEffect => Kind::DecisionPutInEffect(v1::DecisionPutInEffect {}),
        DecisionFact::Linked { links } => {
            Kind::DecisionsLinked(v1::DecisionsLinked { links: links.iter().map(encode_link).collect() })
        }
        DecisionFact::Superseded { by } => {
            Kind::DecisionSuperseded(v1::DecisionSuperseded { by: by.to_string() })
        }
        DecisionFact::Lapsed { reason } => {
            Kind::DecisionLapsed(v1::DecisionLapsed { reason: reason.clone() })
        }
    }
}
