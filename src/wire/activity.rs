//! Facts of activities.

use super::list::{listed, same_list};
use super::name::ACTORS;
use super::reader::{At, Read, Reader, is_blank, tagged};
use crate::domain::activity::{Access, ActivityFact, ActivityKind, Exception};
use crate::domain::{Collection, Name, Reason};
use crate::proto::v1;
use crate::proto::v1::fact::Kind;

listed!(Access);
same_list!(ActivityKind as ActivityKind {
    Unspecified, Operation, Exercise, StrategicTraining, Information, Intelligence, Technology, CapacityBuilding
});

impl From<&Access> for v1::Access {
    fn from(access: &Access) -> Self {
        match access {
            Access::AllPartners => v1::Access::AllPartners,
            Access::Framework(_) => v1::Access::Framework,
            Access::Listed => v1::Access::Listed,
        }
    }
}

/// The framework that an access names; empty where it names none.
pub fn encode_access_framework(access: &Access) -> String {
    match access {
        Access::Framework(framework) => framework.to_string(),
        Access::AllPartners | Access::Listed => String::new(),
    }
}

/// Why an activity is open to fewer than all partners, as it was written; empty where nothing says so.
pub fn encode_exception(exception: Option<&Exception>) -> String {
    match exception {
        None => String::new(),
        Some(Exception::Text(text)) => text.clone(),
        Some(Exception::Named(name)) => name.to_string(),
    }
}

pub(super) fn read_offered(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::ActivityOffered,
) -> Read<ActivityFact> {
    let v1::ActivityOffered { kind, titles, access, framework, exception } = fact;
    let kind = reader.listed::<v1::ActivityKind, _>(at.field("kind"), kind);
    let titles = reader.needed_localized(at, "titles", titles);
    let access = reader.known::<v1::Access>(at.field("access"), access);
    let access = access.and_then(|access| read_access(reader, at, access, &framework));
    let exception = reader.text(at.field("exception"), exception).map(read_exception);
    Ok(ActivityFact::Offered { kind: kind?, titles: titles?, access: access?, exception: exception? })
}

fn read_access(reader: &mut Reader<'_>, at: At<'_>, access: v1::Access, framework: &str) -> Read<Access> {
    let at_framework = at.field("framework");
    let without = match access {
        v1::Access::Unspecified => {
            let says = "say to whom it is open: ACCESS_ALL_PARTNERS, ACCESS_FRAMEWORK or ACCESS_LISTED";
            return reader.refuse(at.field("access"), Reason::FieldRequired, says);
        }
        v1::Access::Framework => {
            let framework = reader.name(at_framework, framework, &[Collection::Frameworks])?;
            return Ok(Access::Framework(framework));
        }
        v1::Access::AllPartners => Access::AllPartners,
        v1::Access::Listed => Access::Listed,
    };
    let says = "only ACCESS_FRAMEWORK goes with a framework: leave it empty";
    reader.check(is_blank(framework), at_framework, Reason::UnknownValue, says)?;
    Ok(without)
}

/// A text that is the name of an agreement or a decision names it.
fn read_exception(text: String) -> Option<Exception> {
    if text.is_empty() {
        return None;
    }
    let by = |name: &Name| matches!(name.collection(), Collection::Agreements | Collection::Decisions);
    let name = text.parse::<Name>().ok().filter(by);
    Some(name.map_or(Exception::Text(text), Exception::Named))
}

pub(super) fn read_withdrawn(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::ActivityWithdrawn,
) -> Read<ActivityFact> {
    let v1::ActivityWithdrawn { reason } = fact;
    Ok(ActivityFact::Withdrawn { reason: reader.text(at.field("reason"), reason)? })
}

pub(super) fn read_participation(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::ParticipationRecorded,
) -> Read<ActivityFact> {
    let v1::ParticipationRecorded { participant } = fact;
    Ok(ActivityFact::Participated {
        participant: reader.name(at.field("participant"), &participant, ACTORS)?,
    })
}

pub(super) fn write(fact: &ActivityFact) -> Kind {
    match fact {
        ActivityFact::Offered { kind, titles, access, exception } => {
            Kind::ActivityOffered(v1::ActivityOffered {
                kind: v1::ActivityKind::from(*kind).into(),
                titles: tagged(titles),
                access: v1::Access::from(access).into(),
                framework: encode_access_framework(access),
                exception: encode_exception(exception.as_ref()),
            })
        }
        ActivityFact::Withdrawn { reason } => {
            Kind::ActivityWithdrawn(v1::ActivityWithdrawn { reason: reason.clone() })
        }
        ActivityFact::Participated { participant } => {
            Kind::ParticipationRecorded(v1::ParticipationRecorded { participant: participant.to_string() })
        }
    }
}
