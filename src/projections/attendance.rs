//! Who attended several meetings, and who has not answered an invitation (DOMAIN.md §9, read model 5).

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::meeting::{MeetingState, MeetingTimeline};
use crate::domain::text::Shown;
use crate::domain::time::{Day, Truth, Valid, When};
use crate::domain::{Collection, Name, World};

use super::meetings::{Filter, Range, candidates, visit, visit_only};
use super::{Count, Languages, known};

/// An actor and the meetings that it attended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoAttendance {
    /// The actor.
    pub actor: Name,
    /// Its name on the day that is asked about.
    pub shown: Option<Shown>,
    /// How many; possible are those that may not overlap the time that was asked for.
    pub count: Count,
    /// Which ones, in order of time.
    pub meetings: Vec<Name>,
}

/// The actors that attended at least `min` of the meetings that pass the filter, in the order of their names;
/// `only`: of these meetings, where there are some.
pub fn co_attendance(
    world: &dyn World,
    t: When,
    languages: &Languages,
    filter: &Filter,
    only: &[Name],
    min: usize,
) -> Vec<CoAttendance> {
    let mut by_actor: BTreeMap<Name, BTreeMap<(Day, Name), Truth>> = BTreeMap::new();
    let attended = |name: &Name, meeting: &MeetingTimeline| {
        if !meeting.took_place() {
            return;
        }
        let place = (meeting.day().earliest, name.clone());
        for delegation in meeting.attendees() {
            let meetings = by_actor.entry(delegation.actor.clone()).or_default();
            meetings.insert(place.clone(), filter.range.has(meeting));
        }
    };
    if only.is_empty() {
        visit(world, filter, attended);
    } else {
        visit_only(world, filter, &only.iter().collect(), attended);
    }
    by_actor.retain(|_, meetings| meetings.len() >= min);
    let found = by_actor.into_iter().filter_map(|(actor, meetings)| {
        let stream = known(world, &actor)?;
        let shown = stream.timeline.actor().and_then(|timeline| languages.name(&timeline.names, t));
        let count = Count::of(meetings.values().copied());
        let meetings = meetings.into_keys().map(|(_, name)| name).collect();
        Some(CoAttendance { actor, shown, count, meetings })
    });
    found.collect()
}

/// An invitation that nobody has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Who is invited.
    pub actor: Name,
    /// Its name on the day of the meeting.
    pub shown: Option<Shown>,
    /// To which meeting.
    pub meeting: Name,
    /// The meeting's title.
    pub meeting_shown: Option<Shown>,
    /// When it takes or took place.
    pub valid: Valid,
    /// How far it has come.
    pub state: MeetingState,
    /// Whether it overlaps the time that was asked for.
    pub within: Truth,
}

/// Where an invitation stands in the list: by the meeting's earliest day, then by meeting and actor.
pub type Place = (Day, Name, Name);

/// The invitations beyond `after` that nobody has answered, to meetings that certainly or possibly overlap `range` and are
/// not cancelled; of one actor or to one meeting alone, where they are given.
pub fn unanswered<'a>(
    world: &'a dyn World,
    languages: &'a Languages,
    range: Range,
    actor: Option<&Name>,
    meeting: Option<&Name>,
    after: Option<&Place>,
) -> impl Iterator<Item = (Place, Unanswered)> + use<'a> {
    let meetings: Box<dyn Iterator<Item = (Day, Name)>> = match (meeting, actor) {
        (Some(meeting), _) => Box::new(by_day(world, vec![meeting.clone()])),
        (None, Some(actor)) => Box::new(by_day(world, world.referrers(actor, Collection::Meetings))),
        (None, None) => {
            let last = after.map(|(day, meeting, _)| (*day, meeting.clone()));
            let beyond = candidates(world, range, last.as_ref());
            Box::new(last.into_iter().chain(beyond))
        }
    };
    let (actor, first) = (actor.cloned(), after.cloned());
    let open = move |(day, name): (Day, Name)| {
        let stream = known(world, &name);
        let timeline = stream.as_ref().and_then(|stream| stream.timeline.meeting());
        let invited = timeline.filter(|it| it.day().earliest == day).into_iter();
        let invited = invited.flat_map(|timeline| open_invitations(timeline, range));
        let invited = invited.filter(|invited| actor.as_ref().is_none_or(|actor| actor == *invited));
        let mut places: Vec<Place> = invited.map(|invited| (day, name.clone(), invited.clone())).collect();
        places.retain(|place| first.as_ref().is_none_or(|first| place > first));
        places.sort();
        places
    };
    meetings.flat_map(open).filter_map(move |place| {
        let unanswered = show(world, languages, range, &place.1, &place.2)?;
        Some((place, unanswered))
    })
}

/// These meetings in order of time.
fn by_day(world: &dyn World, meetings: Vec<Name>) -> impl Iterator<Item = (Day, Name)> + use<> {
    let day = |name: &Name| Some(known(world, name)?.timeline.meeting()?.day().earliest);
    let days = meetings.into_iter().filter_map(|name| Some((day(&name)?, name)));
    days.collect::<BTreeSet<_>>().into_iter()
}

fn open_invitations(timeline: &MeetingTimeline, range: Range) -> impl Iterator<Item = &Name> {
    let counts =
        timeline.state.is_some_and(|state| state != MeetingState::Cancelled) && range.has(timeline).may_be();
    let open = timeline.invitations.iter().filter(move |invitation| counts && invitation.answer.is_none());
    open.map(|invitation| &invitation.delegation.actor)
}

fn show(
    world: &dyn World,
    languages: &Languages,
    range: Range,
    meeting: &Name,
    actor: &Name,
) -> Option<Unanswered> {
    let stream = known(world, meeting)?;
    let timeline = stream.timeline.meeting()?;
    let titles = timeline.particulars.as_ref().map(|particulars| &particulars.titles);
    let who = world.stream(actor)?;
    let names = who.timeline.actor().map(|timeline| &timeline.names);
    Some(Unanswered {
        actor: actor.clone(),
        shown: names.and_then(|names| languages.name(names, timeline.day())),
        meeting: meeting.clone(),
        meeting_shown: titles.and_then(|titles| languages.text(titles)),
        valid: timeline.valid.clone(),
        state: timeline.state?,
        within: range.has(timeline),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::example::{Example, day, name};
    use super::*;

    fn delegations(actors: &[(&str, &str)]) -> Vec<Value> {
        let one = |(actor, attendance): &(&str, &str)| json!({ "actor": actor, "attendance": format!("ATTENDANCE_{attendance}") });
        actors.iter().map(one).collect()
    }

    fn example() -> Example {
        let mut example = Example::alliance();
        let (jp, kr, eu) = ("countries/jp", "countries/kr", "organisations/eu");
        let held = [
            ("a", "2012-03-01", "cyber", vec![(jp, "ATTENDED"), (kr, "UNSPECIFIED"), (eu, "ATTENDED")]),
            ("b", "2012-04", "cyber", vec![(jp, "ATTENDED"), (kr, "ABSENT"), (eu, "EXCUSED")]),
            ("c", "2011-01-01", "piracy", vec![(jp, "ATTENDED"), (kr, "ATTENDED")]),
        ];
        for (id, date, topic, actors) in held {
            let held =
                json!({ "topics": [topic], "core": "CORE_MEMBERS", "delegations": delegations(&actors) });
            example.say(&format!("meetings/{id}"), date, "meetingHeld", held);
        }
        for (id, date) in [("plan", "2027-05"), ("off", "2027-06")] {
            let planned =
                json!({ "titles": { "en": id }, "delegations": [{ "actor": jp }, { "actor": kr }] });
            example.say(&format!("meetings/{id}"), date, "meetingPlanned", planned);
        }
        example.say("meetings/off", "", "meetingCancelled", json!({}));
        let answered = json!({ "actor": jp, "answer": "ANSWER_DECLINED" });
        example.say("meetings/plan", "", "invitationAnswered", answered);
        example
    }

    fn together(filter: &Filter, only: &[&str]) -> Vec<(String, Count)> {
        let only: Vec<Name> = only.iter().map(|id| name(&format!("meetings/{id}"))).collect();
        let found = co_attendance(&example().world, day("2026"), &Languages::default(), filter, &only, 2);
        found.into_iter().map(|found| (found.actor.id().to_owned(), found.count)).collect()
    }

    #[test]
    fn who_was_absent_or_only_invited_did_not_attend() {
        let certain = |certain| Count { certain, possible: 0 };
        let all = together(&Filter::default(), &[]);
        assert_eq!(all, [("jp".to_owned(), certain(3)), ("kr".to_owned(), certain(2))]);
        let topic = Filter { topic: Some("cyber".into()), ..Filter::default() };
        assert_eq!(together(&topic, &[]), [("jp".to_owned(), certain(2))]);
        assert_eq!(together(&Filter::default(), &["b", "c", "b"]), [("jp".to_owned(), certain(2))]);
        let range = Range::new(Some(day("2012-02")), Some(day("2012-04-15")));
        let some = together(&Filter { range, ..Filter::default() }, &[]);
        assert_eq!(some, [("jp".to_owned(), Count { certain: 1, possible: 1 })]);
    }

    #[test]
    fn what_is_answered_or_cancelled_is_left_out() {
        let (example, en) = (example(), Languages::default());
        let found = |actor: Option<&str>, range| {
            let actor = actor.map(name);
            let found = unanswered(&example.world, &en, range, actor.as_ref(), None, None);
            found
                .map(|((_, meeting, actor), _)| format!("{} {}", meeting.id(), actor.id()))
                .collect::<Vec<_>>()
        };
        assert_eq!(found(None, Range::ALWAYS), ["plan kr"]);
        assert_eq!(found(Some("countries/jp"), Range::ALWAYS), [""; 0]);
        assert_eq!(found(None, Range::new(Some(day("2027-05-20")), None)), ["plan kr"]);
        assert_eq!(found(None, Range::new(Some(day("2027-06")), None)), [""; 0]);
    }
}
