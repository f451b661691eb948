//! Facts of meetings.

use std::collections::BTreeSet;

use super::list::{listed, said_list, same_list, written};
use super::name::{ACTORS, checked_time_zone};
use super::reader::{At, Read, Reader, tagged};
use crate::domain::meeting::class::Class;
use crate::domain::meeting::{
    Answer, Attendance, Core, Delegation, Level, MeetingFact, MeetingState, Mode, Particulars, SummaryState,
    Venue,
};
use crate::domain::text::Localized;
use crate::domain::{Collection, Name, Reason};
use crate::proto::v1;
use crate::proto::v1::fact::Kind;

same_list!(Level as Level {
    Unspecified, HeadsOfStateOrGovernment, ForeignMinisters, DefenceMinisters, Ambassadors, MilitaryStaff,
    Officials, Experts
});
same_list!(Mode as Mode { Unspecified, InPerson, Remote, Hybrid });
same_list!(Attendance as Attendance { Unspecified, Attended, Absent, Excused });
same_list!(Answer as Answer { Unspecified, Accepted, Declined, Tentative });
said_list!(SummaryState as SummaryState { Draft, Final });
said_list!(MeetingState as MeetingState { Planned, Confirmed, Held, Summarised, Cancelled });
written!(Class as MeetingClass {
    Bilateral, BeyondFrameworks, OrganisationsOnly, MembersOnly, WithinFramework, AcrossFrameworks
});
listed!(Core);

impl From<Core> for v1::Core {
    fn from(core: Core) -> Self {
        match core {
            Core::Unspecified => v1::Core::Unspecified,
            Core::Members => v1::Core::Members,
            Core::Secretariat => v1::Core::Secretariat,
            Core::Nobody => v1::Core::None,
        }
    }
}

impl From<v1::Core> for Core {
    fn from(core: v1::Core) -> Self {
        match core {
            v1::Core::Unspecified => Core::Unspecified,
            v1::Core::Members => Core::Members,
            v1::Core::Secretariat => Core::Secretariat,
            v1::Core::None => Core::Nobody,
        }
    }
}

/// Where one meets.
pub fn encode_venue(venue: &Venue) -> v1::Venue {
    let Venue { name, city, country, time_zone } = venue;
    v1::Venue {
        name: name.clone(),
        city: city.clone(),
        country: country.as_ref().map(Name::to_string).unwrap_or_default(),
        time_zone: time_zone.clone(),
    }
}

/// One actor at a meeting.
pub fn encode_delegation(delegation: &Delegation) -> v1::Delegation {
    let Delegation { actor, attendance, on_behalf_of, represented_level } = delegation;
    v1::Delegation {
        actor: actor.to_string(),
        attendance: v1::Attendance::from(*attendance).into(),
        on_behalf_of: on_behalf_of.clone(),
        represented_level: v1::Level::from(*represented_level).into(),
    }
}

pub(super) fn read_planned(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::MeetingPlanned,
) -> Read<MeetingFact> {
    let v1::MeetingPlanned {
        titles,
        level,
        topics,
        venue,
        mode,
        core,
        delegations,
        declared_total,
        named_is_complete,
        qualifier,
    } = fact;
    let titles = reader.needed_localized(at, "titles", titles);
    let rest =
        Rest { level, topics, venue, mode, core, delegations, declared_total, named_is_complete, qualifier };
    read_particulars(reader, at, titles, rest).map(MeetingFact::Planned)
}

pub(super) fn read_held(reader: &mut Reader<'_>, at: At<'_>, fact: v1::MeetingHeld) -> Read<MeetingFact> {
    let v1::MeetingHeld {
        titles,
        level,
        topics,
        venue,
        mode,
        core,
        delegations,
        declared_total,
        named_is_complete,
        qualifier,
    } = fact;
    let titles = reader.localized(at, "titles", titles);
    let rest =
        Rest { level, topics, venue, mode, core, delegations, declared_total, named_is_complete, qualifier };
    read_particulars(reader, at, titles, rest).map(MeetingFact::Held)
}

/// What plans and records of a meeting have in common, beside the titles.
struct Rest {
    level: i32,
    topics: Vec<String>,
    venue: Option<v1::Venue>,
    mode: i32,
    core: i32,
    delegations: Vec<v1::Delegation>,
    declared_total: Option<u32>,
    named_is_complete: Option<bool>,
    qualifier: String,
}

fn read_particulars(
    reader: &mut Reader<'_>,
    at: At<'_>,
    titles: Read<Localized>,
    rest: Rest,
) -> Read<Box<Particulars>> {
    let Rest { level, topics, venue, mode, core, delegations, declared_total, named_is_complete, qualifier } =
        rest;
    let level = reader.listed::<v1::Level, _>(at.field("level"), level);
    let topics = reader.items(at, "topics", topics, Reader::needed_text);
    let venue = venue.map(|venue| read_venue(reader, at.field("venue"), venue)).transpose();
    let mode = reader.listed::<v1::Mode, _>(at.field("mode"), mode);
    let core = reader.listed::<v1::Core, _>(at.field("core"), core);
    let delegations = read_delegations(reader, at, delegations, declared_total);
    let qualifier = reader.text(at.field("qualifier"), qualifier);
    Ok(Box::new(Particulars {
        titles: titles?,
        level: level?,
        topics: topics?,
        venue: venue?,
        mode: mode?,
        core: core?,
        delegations: delegations?,
        declared_total,
        named_is_complete,
        qualifier: qualifier?,
    }))
}

fn read_venue(reader: &mut Reader<'_>, at: At<'_>, venue: v1::Venue) -> Read<Venue> {
    let v1::Venue { name, city, country, time_zone } = venue;
    let name = reader.text(at.field("name"), name);
    let city = reader.text(at.field("city"), city);
    let country = reader.name_if_any(at.field("country"), &country, &[Collection::Countries]);
    let time_zone = reader.text(at.field("time_zone"), time_zone).and_then(|zone| {
        let may_stand = zone.is_empty() || reader.is_stored();
        let checked = if may_stand { Ok(()) } else { checked_time_zone(&zone) };
        reader.took(at.field("time_zone"), checked).map(|()| zone)
    });
    Ok(Venue { name: name?, city: city?, country: country?, time_zone: time_zone? })
}

/// An actor has one delegation, and no more are named than are declared.
fn read_delegations(
    reader: &mut Reader<'_>,
    at: At<'_>,
    delegations: Vec<v1::Delegation>,
    declared_total: Option<u32>,
) -> Read<Vec<Delegation>> {
    let named = delegations.len();
    let mut actors = BTreeSet::new();
    let read = reader.items(at, "delegations", delegations, |reader, at, delegation| {
        let delegation = read_delegation(reader, at, delegation)?;
        let first = actors.insert(delegation.actor.clone());
        let says = format_args!("{} has a delegation already", delegation.actor);
        reader.check(first, at.field("actor"), Reason::DuplicateDelegation, says)?;
        Ok(delegation)
    });
    let fits = declared_total.is_none_or(|total| usize::try_from(total).is_ok_and(|total| total >= named));
    let says = format_args!("{named} are named, so that at least as many are declared");
    reader.check(fits, at.field("declared_total"), Reason::DeclaredTotalTooSmall, says)?;
    read
}

fn read_delegation(reader: &mut Reader<'_>, at: At<'_>, delegation: v1::Delegation) -> Read<Delegation> {
    let v1::Delegation { actor, attendance, on_behalf_of, represented_level } = delegation;
    let actor = reader.name(at.field("actor"), &actor, ACTORS);
    let attendance = reader.listed::<v1::Attendance, _>(at.field("attendance"), attendance);
    let on_behalf_of = reader.text(at.field("on_behalf_of"), on_behalf_of);
    let level = reader.listed::<v1::Level, _>(at.field("represented_level"), represented_level);
    Ok(Delegation {
        actor: actor?,
        attendance: attendance?,
        on_behalf_of: on_behalf_of?,
        represented_level: level?,
    })
}

pub(super) fn read_confirmed(fact: v1::MeetingConfirmed) -> MeetingFact {
    let v1::MeetingConfirmed {} = fact;
    MeetingFact::Confirmed
}

pub(super) fn read_rescheduled(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::MeetingRescheduled,
) -> Read<MeetingFact> {
    let v1::MeetingRescheduled { reason } = fact;
    Ok(MeetingFact::Rescheduled { reason: reader.text(at.field("reason"), reason)? })
}

pub(super) fn read_invited(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::DelegationInvited,
) -> Read<MeetingFact> {
    let v1::DelegationInvited { delegation } = fact;
    let delegation = read_delegation(reader, at.field("delegation"), delegation.unwrap_or_default())?;
    Ok(MeetingFact::Invited(delegation))
}

pub(super) fn read_answered(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::InvitationAnswered,
) -> Read<MeetingFact> {
    let v1::InvitationAnswered { actor, answer } = fact;
    let actor = reader.name(at.field("actor"), &actor, ACTORS);
    let answer = reader.listed::<v1::Answer, _>(at.field("answer"), answer);
    Ok(MeetingFact::Answered { actor: actor?, answer: answer? })
}

pub(super) fn read_cancelled(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::MeetingCancelled,
) -> Read<MeetingFact> {
    let v1::MeetingCancelled { reason } = fact;
    Ok(MeetingFact::Cancelled { reason: reader.text(at.field("reason"), reason)? })
}

pub(super) fn read_summary(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::SummaryRecorded,
) -> Read<MeetingFact> {
    let v1::SummaryRecorded { state, text } = fact;
    let state = reader.listed::<v1::SummaryState, _>(at.field("state"), state);
    let text = reader.needed_localized(at, "text", text);
    Ok(MeetingFact::Summarised { state: state?, text: text? })
}

pub(super) fn write(fact: &MeetingFact) -> Kind {
    match fact {
        MeetingFact::Planned(particulars) => Kind::MeetingPlanned(write_planned(particulars)),
        MeetingFact::Confirmed => Kind::MeetingConfirmed(v1::MeetingConfirmed {}),
        MeetingFact::Rescheduled { reason } => {
            Kind::MeetingRescheduled(v1::MeetingRescheduled { reason: reason.clone() })
        }
        MeetingFact::Invited(delegation) => {
            let delegation = Some(encode_delegation(delegation));
            Kind::DelegationInvited(v1::DelegationInvited { delegation })
        }
        MeetingFact::Answered { actor, answer } => Kind::InvitationAnswered(v1::InvitationAnswered {
            actor: actor.to_string(),
            answer: v1::Answer::from(*answer).into(),
        }),
        MeetingFact::Cancelled { reason } => {
            Kind::MeetingCancelled(v1::MeetingCancelled { reason: reason.clone() })
        }
        MeetingFact::Held(particulars) => Kind::MeetingHeld(write_held(particulars)),
        MeetingFact::Summarised { state, text } => Kind::SummaryRecorded(v1::SummaryRecorded {
            state: v1::SummaryState::from(*state).into(),
            text: tagged(text),
        }),
    }
}

fn write_held(particulars: &Particulars) -> v1::MeetingHeld {
    let Particulars {
        titles,
        level,
        topics,
        venue,
        mode,
        core,
        delegations,
        declared_total,
        named_is_complete,
        qualifier,
    } = particulars;
    v1::MeetingHeld {
        titles: tagged(titles),
        level: v1::Level::from(*level).into(),
        topics: topics.clone(),
        venue: venue.as_ref().map(encode_venue),
        mode: v1::Mode::from(*mode).into(),
        core: v1::Core::from(*core).into(),
        delegations: delegations.iter().map(encode_delegation).collect(),
        declared_total: *declared_total,
        named_is_complete: *named_is_complete,
        qualifier: qualifier.clone(),
    }
}

fn write_planned(particulars: &Particulars) -> v1::MeetingPlanned {
    let v1::MeetingHeld {
        titles,
        level,
        topics,
        venue,
        mode,
        core,
        delegations,
        declared_total,
        named_is_complete,
        qualifier,
    } = write_held(particulars);
    v1::MeetingPlanned {
        titles,
        level,
        topics,
        venue,
        mode,
        core,
        delegations,
        declared_total,
        named_is_complete,
        qualifier,
    }
}
