//! What a calendar of meetings holds (RFC 5545; DOMAIN.md §9, read model 5): one entry a meeting, and what it cannot hold.
//!
//! 1. A meeting is an entry only where its first and its last day, or its instants, are known: nothing is padded. One
//!    that is not is named as left out, with the reason.
//! 2. An entry is known by the command that first recorded its meeting: that is unique in the world, the same in every
//!    copy of the log, and stays whatever is corrected.
//! 3. It counts the events of its stream after the first, corrections and retractions too, and bears the time of the last.
//! 4. Once a meeting is held, those in it are its delegations; until then, those who are invited.

use jiff::Timestamp;

use crate::domain::meeting::{Answer, Attendance, Delegation, Invitation, MeetingState, Venue};
use crate::domain::text::Shown;
use crate::domain::time::{Day, Moment, Until, Valid, When};
use crate::domain::{CommandId, Event, Name, World};
use crate::position::Position;

use super::meetings::{Filter, MeetingShown, meetings};
use super::{Languages, known};

/// Meetings in order of time, then of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Those that it holds.
    pub entries: Vec<Entry>,
    /// Those that it cannot hold.
    pub left_out: Vec<LeftOut>,
}

/// A meeting as a calendar has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The meeting.
    pub meeting: Name,
    /// What knows it apart from every other entry anywhere.
    pub id: CommandId,
    /// How many changes and corrections there were since it was first recorded.
    pub sequence: u64,
    /// When the last of them was recorded.
    pub stamp: Timestamp,
    /// Whether it is sure to take place, or did.
    pub status: Status,
    /// Its title.
    pub title: Option<Shown>,
    /// The last revision of its summary.
    pub summary: Option<Shown>,
    /// What it is about.
    pub topics: Vec<String>,
    /// The house, the town and the country, as far as they are known.
    pub place: Vec<String>,
    /// When it takes or took place.
    pub span: Span,
    /// Who asks for it: the alliance, once there is one.
    pub organiser: Option<Party>,
    /// Who was there or is invited.
    pub attendees: Vec<Attendee>,
}

/// When an entry takes place, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// On whole days.
    Days {
        /// The first.
        first: Day,
        /// The day after the last.
        after: Day,
    },
    /// From an instant on.
    Instants {
        /// Its first.
        start: Timestamp,
        /// Its last, if that is known.
        end: Option<Timestamp>,
    },
}

/// Whether it takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is planned.
    Tentative,
    /// The plan is confirmed, or it took place.
    Confirmed,
    /// It was cancelled.
    Cancelled,
}

/// An actor, by the name that it had on the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The actor.
    pub actor: Name,
    /// Its name.
    pub shown: Option<Shown>,
}

/// A delegation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendee {
    /// Of whom.
    pub party: Party,
    /// Whether it comes, or came.
    pub participation: Participation,
}

/// Whether a delegation comes, or came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Participation {
    /// It has not said.
    NeedsAction,
    /// It comes, or came.
    Accepted,
    /// It does not come, or did not.
    Declined,
    /// It may come.
    Tentative,
}

/// A meeting that a calendar cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The meeting.
    pub meeting: Name,
    /// Its title.
    pub title: Option<Shown>,
    /// When it takes or took place, as far as that is known.
    pub valid: Valid,
    /// Why.
    pub why: Why,
}

/// Why a meeting is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its first day is known only to a month or a year.
    BeginNotExact,
    /// Its last day is known only to a month or a year, or not at all.
    EndNotExact,
    /// Its last day is the last that can be written, so that no day after it ends the entry.
    BeyondDates,
}

/// The calendar of the meetings that pass the filter. `load` gives the events at positions.
///
/// # Errors
///
/// What `load` answers.
pub fn calendar<E>(
    world: &dyn World,
    languages: &Languages,
    filter: &Filter,
    load: impl Fn(&[Position]) -> Result<Vec<Event>, E>,
) -> Result<Calendar, E> {
    let mut calendar = Calendar::default();
    for (_, meeting) in meetings(world, languages, filter, None) {
        match span(&meeting.timeline().valid) {
            Ok(span) => {
                let Some((first, last)) = ends(world, meeting.name(), &load)? else { continue };
                calendar.entries.push(entry(world, languages, meeting, span, (&first, &last)));
            }
            Err(why) => {
                let (name, valid) = (meeting.name().clone(), meeting.timeline().valid.clone());
                calendar.left_out.push(LeftOut { meeting: name, title: meeting.shown, valid, why });
            }
        }
    }
    Ok(calendar)
}

/// The first and the last event of a stream.
fn ends<E>(
    world: &dyn World,
    name: &Name,
    load: impl Fn(&[Position]) -> Result<Vec<Event>, E>,
) -> Result<Option<(Event, Event)>, E> {
    let Some(stream) = known(world, name) else { return Ok(None) };
    let Some(&first) = stream.positions.first() else { return Ok(None) };
    let mut wanted = vec![first, stream.last()];
    wanted.dedup();
    let events = load(&wanted)?;
    Ok(events.first().cloned().zip(events.last().cloned()))
}

fn entry(
    world: &dyn World,
    languages: &Languages,
    meeting: MeetingShown,
    span: Span,
    (first, last): (&Event, &Event),
) -> Entry {
    let (state, timeline, particulars) = (meeting.state(), meeting.timeline(), meeting.particulars());
    let party = |actor: &Name| party(world, languages, actor, timeline.day());
    let attendee =
        |(actor, participation): (&Name, Participation)| Attendee { party: party(actor), participation };
    let attendees = if state.took_place() {
        particulars.delegations.iter().map(there).map(attendee).collect()
    } else {
        timeline.invitations.iter().map(invited).map(attendee).collect()
    };
    Entry {
        id: first.command_id,
        sequence: meeting.version().0 - 1,
        stamp: last.recorded_at,
        status: status(state),
        summary: timeline.summaries.last().and_then(|summary| languages.text(&summary.text)),
        topics: particulars.topics.clone(),
        place: particulars.venue.as_ref().map(|venue| place(venue, party)).unwrap_or_default(),
        span,
        organiser: world.alliance().as_ref().map(party),
        attendees,
        meeting: meeting.name().clone(),
        title: meeting.shown,
    }
}

fn party(world: &dyn World, languages: &Languages, actor: &Name, day: When) -> Party {
    let stream = known(world, actor);
    let timeline = stream.as_ref().and_then(|stream| stream.timeline.actor());
    Party { actor: actor.clone(), shown: timeline.and_then(|timeline| languages.name(&timeline.names, day)) }
}

fn place(Venue { name, city, country, time_zone: _ }: &Venue, party: impl Fn(&Name) -> Party) -> Vec<String> {
    let country = country.as_ref().map(|country| {
        let shown = party(country).shown.and_then(|shown| shown.names.into_iter().next());
        shown.unwrap_or_else(|| country.id().to_owned())
    });
    [name.clone(), city.clone()].into_iter().chain(country).filter(|part| !part.is_empty()).collect()
}

fn there(delegation: &Delegation) -> (&Name, Participation) {
    let participation = match delegation.attendance {
        Attendance::Attended | Attendance::Unspecified => Participation::Accepted,
        Attendance::Absent | Attendance::Excused => Participation::Declined,
    };
    (&delegation.actor, participation)
}

fn invited(Invitation { delegation, answer }: &Invitation) -> (&Name, Participation) {
    let participation = match answer {
        None | Some(Answer::Unspecified) => Participation::NeedsAction,
        Some(Answer::Accepted) => Participation::Accepted,
        Some(Answer::Declined) => Participation::Declined,
        Some(Answer::Tentative) => Participation::Tentative,
    };
    (&delegation.actor, participation)
}

fn status(state: MeetingState) -> Status {
    match state {
        MeetingState::Planned => Status::Tentative,
        MeetingState::Confirmed | MeetingState::Held | MeetingState::Summarised => Status::Confirmed,
        MeetingState::Cancelled => Status::Cancelled,
    }
}

/// Instants where both ends are, else days: of a meeting with an instant and a date no more than its days are known.
fn span(valid: &Valid) -> Result<Span, Why> {
    let begin = valid.from.as_ref().ok_or(Why::BeginNotExact)?;
    match (begin.instant(), &valid.to) {
        // Of two reasons the one of the beginning is said, whatever the end.
        (_, Some(Until::Unknown)) if begin.when().is_exact() => Err(Why::EndNotExact),
        (_, Some(Until::Unknown)) => Err(Why::BeginNotExact),
        (Some(start), None) => Ok(Span::Instants { start, end: None }),
        (Some(start), Some(Until::Last(last))) if last.instant().is_some() => {
            Ok(Span::Instants { start, end: last.instant() })
        }
        (_, Some(Until::Last(last))) => days(begin, last),
        (None, None) => days(begin, begin),
    }
}

fn days(first: &Moment, last: &Moment) -> Result<Span, Why> {
    let exactly =
        |moment: &Moment| Some(moment.when()).filter(|when| when.is_exact()).map(|when| when.earliest);
    let first = exactly(first).ok_or(Why::BeginNotExact)?;
    let after = exactly(last).ok_or(Why::EndNotExact)?.next();
    if after.year().is_none() { Err(Why::BeyondDates) } else { Ok(Span::Days { first, after }) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use serde_json::{Value, json};

    use super::super::example::{Example, day, name};
    use super::super::meetings::Range;
    use super::*;
    use crate::domain::Collection;
    use crate::domain::world::Record;

    fn meeting(title: &str, delegations: &Value) -> Value {
        json!({ "titles": { "en": title }, "delegations": delegations })
    }

    fn planned(example: &mut Example, id: &str, valid: &str) -> Position {
        let invited = json!([{ "actor": "countries/jp" }, { "actor": "countries/kr" }]);
        example.say(&format!("meetings/{id}"), valid, "meetingPlanned", meeting(id, &invited))
    }

    fn of(example: &Example, filter: &Filter) -> Calendar {
        let meetings = example.world.names(Collection::Meetings);
        let events: Vec<Event> = meetings.iter().flat_map(|name| example.events(name)).collect();
        let load = |positions: &[Position]| {
            let wanted = events.iter().filter(|event| positions.contains(&event.position));
            Ok::<_, Infallible>(wanted.cloned().collect())
        };
        let Ok(calendar) = calendar(&example.world, &Languages::default(), filter, load);
        calendar
    }

    fn all(example: &Example) -> Calendar {
        of(example, &Filter::default())
    }

    fn spans(valid: &str) -> Result<Span, Why> {
        let mut example = Example::alliance();
        planned(&mut example, "m", valid);
        let calendar = all(&example);
        assert_eq!(calendar.entries.len() + calendar.left_out.len(), 1);
        calendar.entries.first().map_or_else(|| Err(calendar.left_out[0].why), |entry| Ok(entry.span))
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is compared with what may be left out")]
    fn between(first: &str, after: &str) -> Result<Span, Why> {
        Ok(Span::Days { first: day(first).earliest, after: day(after).earliest })
    }

    #[test]
    fn promise_1_days_and_instants_are_held_and_no_month_is_padded() {
        assert_eq!(spans("2012-05-21"), between("2012-05-21", "2012-05-22"));
        assert_eq!(spans("2012-05-30..2012-05-31"), between("2012-05-30", "2012-06-01"));
        for month in ["2011", "2011-09", "2011-09..2011-09-30", "2011..unknown", "2011-09..2011-10"] {
            assert_eq!(spans(month), Err(Why::BeginNotExact), "{month}");
        }
        for end in
            ["2011-09-15..unknown", "2011-09-15..2011-10", "2011-09-15T09:00+02:00[Europe/Brussels]..unknown"]
        {
            assert_eq!(spans(end), Err(Why::EndNotExact), "{end}");
        }
        assert_eq!(spans("9999-12-31"), Err(Why::BeyondDates));
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let brussels = "2011-09-15T09:00+02:00[Europe/Brussels]";
        let start = at("2011-09-15T07:00:00Z");
        assert_eq!(spans(brussels), Ok(Span::Instants { start, end: None }));
        let until = format!("{brussels}..2011-09-15T17:30+02:00[Europe/Brussels]");
        assert_eq!(spans(&until), Ok(Span::Instants { start, end: Some(at("2011-09-15T15:30:00Z")) }));
        let mixed = format!("{brussels}..2011-09-16");
        assert_eq!(spans(&mixed), between("2011-09-15", "2011-09-17"), "no more than days is known");
    }

    #[test]
    fn promises_2_and_3_identity_stays_while_changes_and_corrections_count() {
        let mut example = Example::alliance();
        let plan = planned(&mut example, "m", "2027-05-21");
        let before = all(&example).entries.remove(0);
        assert_eq!((before.sequence, before.status), (0, Status::Tentative));
        example.say("meetings/m", "", "meetingConfirmed", json!({}));
        let confirmed = all(&example).entries.remove(0);
        assert_eq!((confirmed.sequence, confirmed.status), (1, Status::Confirmed));
        let corrected = json!({
            "target": { "position": plan.0.to_string() },
            "reason": "a slip",
            "valid": { "from": "2027-05-22" },
            "source": { "text": "the programme" },
            "fact": { "meetingPlanned": meeting("another title", &json!([{ "actor": "countries/jp" }])) },
        });
        let correction = example.say("meetings/m", "", "eventCorrected", corrected);
        let after = all(&example).entries.remove(0);
        assert_eq!((after.sequence, after.id), (2, before.id));
        assert_eq!(Ok(after.span), between("2027-05-22", "2027-05-23"));
        let last = example.events(&name("meetings/m")).pop().unwrap();
        assert_eq!((last.position, last.recorded_at), (correction, after.stamp));
    }

    #[test]
    fn promise_4_the_invited_with_their_answers_until_it_is_held_then_the_delegations() {
        let mut example = Example::alliance();
        planned(&mut example, "m", "2026-05-21");
        let answered = json!({ "actor": "countries/jp", "answer": "ANSWER_TENTATIVE" });
        example.say("meetings/m", "", "invitationAnswered", answered);
        let who = |example: &Example| {
            let entry = all(example).entries.remove(0);
            let attendees = entry.attendees.into_iter();
            attendees.map(|a| (a.party.actor.id().to_owned(), a.participation)).collect::<Vec<_>>()
        };
        let (accepted, declined) = (Participation::Accepted, Participation::Declined);
        let expected = [("jp".into(), Participation::Tentative), ("kr".into(), Participation::NeedsAction)];
        assert_eq!(who(&example), expected);
        let there = json!([
            { "actor": "countries/kr", "attendance": "ATTENDANCE_EXCUSED" },
            { "actor": "organisations/eu" },
        ]);
        example.say("meetings/m", "2026-05-21", "meetingHeld", meeting("held", &there));
        assert_eq!(who(&example), [("kr".into(), declined), ("eu".into(), accepted)]);
    }

    #[test]
    fn a_calendar_of_an_actor_has_what_it_attended_or_is_invited_to() {
        let mut example = Example::alliance();
        planned(&mut example, "plan", "2027-05-21");
        planned(&mut example, "off", "2027-04-21");
        example.say("meetings/off", "", "meetingCancelled", json!({}));
        let eu = meeting("held", &json!([{ "actor": "organisations/eu" }]));
        example.say("meetings/held", "2025", "meetingHeld", eu);
        let of = |actor: &str, range: Range| {
            let filter = Filter { actor: Some(name(actor)), range, ..Filter::default() };
            let Calendar { entries, left_out } = of(&example, &filter);
            let entries =
                entries.into_iter().map(|entry| (entry.meeting.id().to_owned(), Some(entry.status)));
            let left_out = left_out.into_iter().map(|left_out| (left_out.meeting.id().to_owned(), None));
            entries.chain(left_out).collect::<Vec<_>>()
        };
        let japan = [("off".into(), Some(Status::Cancelled)), ("plan".into(), Some(Status::Tentative))];
        assert_eq!(of("countries/jp", Range::ALWAYS), japan);
        assert_eq!(of("organisations/eu", Range::ALWAYS), [("held".into(), None)]);
        assert_eq!(of("organisations/eu", Range::new(Some(day("2026")), None)), []);
    }
}
