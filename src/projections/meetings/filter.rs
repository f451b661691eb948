//! Which meetings are asked for, and where they are found.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::meeting::{MeetingState, MeetingTimeline};
use crate::domain::time::{Day, Spell, Truth, When};
use crate::domain::world::{DaysAsked, Lasting};
use crate::domain::{Collection, Name, Stream, World};

use super::super::search::folded;
use super::super::{AT_ONCE, known, pages};
use super::ClassAsked;

/// To sort so many meetings of an actor takes longer than to go by the days until a page of them is found.
const FEW: usize = 2000;

/// In days: to go through all meetings is faster than to look up those of a longer time.
const SHORT: u32 = 4000;

/// Where a meeting stands in the register: by the earliest day it may mean, then by name.
pub type Place = (Day, Name);

/// From the first day to the last of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its first day.
    pub first: Day,
    /// Its last day.
    pub last: Day,
}

impl Range {
    /// All time.
    pub const ALWAYS: Range = Range { first: Day::EVER, last: Day::NEVER };

    /// From the first day that `from` may mean to the last that `to` may mean.
    pub fn new(from: Option<When>, to: Option<When>) -> Range {
        Range {
            first: from.map_or(Day::EVER, |from| from.earliest),
            last: to.map_or(Day::NEVER, |to| to.latest),
        }
    }

    /// So short that its meetings are looked up one by one.
    pub(in crate::projections) fn is_short(self) -> bool {
        self.last < self.first.plus_days(SHORT)
    }

    /// Whether the meeting overlaps it.
    pub fn has(self, meeting: &MeetingTimeline) -> Truth {
        meeting.within(When::exactly(self.first), When::exactly(self.last))
    }

    /// Whether the spell holds on one of its days.
    pub fn touched_by(self, spell: &Spell) -> Truth {
        spell.touches(When::exactly(self.first), When::exactly(self.last))
    }
}

/// Which meetings; what is not set asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Only those that certainly or possibly overlap it.
    pub range: Range,
    /// Only those on this topic.
    pub topic: Option<String>,
    /// Only those that all of these attended.
    pub attendees: Vec<Name>,
    /// Only those in which this actor has a part: it attended, or until the meeting is held is invited.
    pub actor: Option<Name>,
    /// Only those that were, or as far as is known may have been, of this class.
    pub class: Option<ClassAsked>,
    /// Only those in this state.
    pub state: Option<MeetingState>,
    /// Only those in the town or house of this name, in whatever case and with whatever accents.
    pub venue: Option<String>,
    /// Only those in this country.
    pub venue_country: Option<Name>,
}

impl Default for Filter {
    fn default() -> Self {
        Filter {
            range: Range::ALWAYS,
            topic: None,
            attendees: Vec::new(),
            actor: None,
            class: None,
            state: None,
            venue: None,
            venue_country: None,
        }
    }
}

/// Shows every meeting that passes, but for its class, with its name, in no order.
pub(in crate::projections) fn visit(
    world: &dyn World,
    filter: &Filter,
    mut show: impl FnMut(&Name, &MeetingTimeline),
) {
    let mut visit = |stream: &Stream, on: Option<Day>| {
        let meeting = stream.timeline.meeting().filter(|it| stream.is_open() && passes(it, filter));
        if let Some(meeting) = meeting.filter(|it| on.is_none_or(|day| it.day().earliest == day)) {
            show(&stream.name, meeting);
        }
    };
    if let Some(actor) = filter.attendees.first().or(filter.actor.as_ref()) {
        let meetings = world.referrers(actor, Collection::Meetings).into_iter();
        meetings.filter_map(|name| world.stream(&name)).for_each(|stream| visit(&stream, None));
    } else if filter.range.is_short() {
        // One that was moved is found on each of its days, and counts on the last alone.
        let meetings = candidates(world, filter.range, None);
        let meetings = meetings.filter_map(|(day, name)| Some((world.stream(&name)?, day)));
        meetings.for_each(|(stream, day)| visit(&stream, Some(day)));
    } else {
        world.visit(Collection::Meetings, &mut |stream| visit(stream, None));
    }
}

/// The same of these meetings alone, each once.
pub(in crate::projections) fn visit_only(
    world: &dyn World,
    filter: &Filter,
    names: &BTreeSet<&Name>,
    mut show: impl FnMut(&Name, &MeetingTimeline),
) {
    for stream in names.iter().filter_map(|name| known(world, name)) {
        if let Some(meeting) = stream.timeline.meeting().filter(|meeting| passes(meeting, filter)) {
            show(&stream.name, meeting);
        }
    }
}

/// Where those that pass stand, with their streams, beyond `after` and in order. They are looked for day by day; but among
/// those of an actor where these are few, or where so much else is asked that a page of them may be far to find.
pub(super) fn places<'a>(
    world: &'a dyn World,
    filter: &'a Filter,
    after: Option<&Place>,
) -> Box<dyn Iterator<Item = (Place, Arc<Stream>)> + 'a> {
    if let Some(actor) = filter.attendees.first().or(filter.actor.as_ref()) {
        let asks_more = filter.attendees.len() > 1
            || filter.topic.is_some()
            || filter.class.is_some()
            || filter.state.is_some()
            || filter.venue.is_some()
            || filter.venue_country.is_some();
        let few = if asks_more { usize::MAX } else { FEW };
        if let Some(of_actor) = world.few_referrers(actor, Collection::Meetings, few) {
            let places = sorted(world, filter, of_actor, |place| after.is_none_or(|after| place > after));
            return Box::new(places.filter_map(|place| {
                let stream = known(world, &place.1)?;
                Some((place, stream))
            }));
        }
    }
    let days = candidates(world, filter.range, after);
    Box::new(days.filter_map(|(day, name)| {
        let stream = known(world, &name).filter(|stream| place(stream, filter) == Some(day))?;
        Some(((day, name), stream))
    }))
}

/// The days on which meetings that may overlap the range were said to begin, beyond `after` and in order; those that began
/// so long before it that only the longer ones may still go on are looked for among these.
pub(in crate::projections) fn candidates<'a>(
    world: &'a dyn World,
    range: Range,
    after: Option<&Place>,
) -> impl Iterator<Item = Place> + use<'a> {
    let [long, weeks, days] =
        [Lasting::LONG, Lasting::WEEKS, Lasting::DAYS].map(|days| range.first.minus_days(days));
    let begins = [
        (Lasting::Long, Day::EVER, long),
        (Lasting::Weeks, long, weeks),
        (Lasting::Days, weeks, days),
        (Lasting::Any, days, range.last.next()),
    ];
    let after = after.cloned();
    begins.into_iter().filter(|(_, from, until)| from < until).flat_map(move |(lasting, from, until)| {
        let mut last = after.clone();
        let days = pages(move || {
            let (after, limit) = (last.as_ref(), AT_ONCE);
            let asked = DaysAsked { lasting, from, reaching: range.first, after, limit };
            let days = world.meetings_by_day(asked);
            last = days.last().cloned().or(last.take());
            days
        });
        days.take_while(move |(day, _)| *day < until)
    })
}

fn sorted(
    world: &dyn World,
    filter: &Filter,
    names: Vec<Name>,
    wanted: impl Fn(&Place) -> bool,
) -> std::vec::IntoIter<Place> {
    let places =
        names.into_iter().filter_map(|name| Some((place(known(world, &name)?.as_ref(), filter)?, name)));
    let mut places: Vec<Place> = places.filter(wanted).collect();
    places.sort();
    places.into_iter()
}

/// The day by which a meeting stands in the register, if it passes.
fn place(stream: &Stream, filter: &Filter) -> Option<Day> {
    let timeline = stream.timeline.meeting().filter(|timeline| passes(timeline, filter))?;
    Some(timeline.day().earliest)
}

fn passes(timeline: &MeetingTimeline, filter: &Filter) -> bool {
    let topics = timeline.particulars.iter().flat_map(|particulars| &particulars.topics);
    filter.range.has(timeline).may_be()
        && filter.state.is_none_or(|state| timeline.state == Some(state))
        && filter.topic.as_ref().is_none_or(|topic| topics.into_iter().any(|other| other == topic))
        && filter.attendees.iter().all(|actor| attended(timeline, actor))
        && filter.actor.as_ref().is_none_or(|actor| has_part(timeline, actor))
        && is_there(timeline, filter)
}

/// It is where it is asked for.
fn is_there(
    timeline: &MeetingTimeline,
    Filter { venue: asked, venue_country: country, .. }: &Filter,
) -> bool {
    if asked.is_none() && country.is_none() {
        return true;
    }
    let Some(venue) = timeline.particulars.as_ref().and_then(|particulars| particulars.venue.as_ref()) else {
        return false;
    };
    let is_called =
        |asked: &String| [&venue.name, &venue.city].map(|name| folded(name)).contains(&folded(asked));
    country.as_ref().is_none_or(|country| venue.country.as_ref() == Some(country))
        && asked.as_ref().is_none_or(is_called)
}

fn has_part(timeline: &MeetingTimeline, actor: &Name) -> bool {
    if timeline.took_place() {
        return attended(timeline, actor);
    }
    timeline.invitations.iter().any(|invitation| invitation.delegation.actor == *actor)
}

/// The actor was there, as far as is known.
pub fn attended(timeline: &MeetingTimeline, actor: &Name) -> bool {
    timeline.attendees().any(|delegation| delegation.actor == *actor)
}
