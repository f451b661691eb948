//! What is known at one position: every stream's timeline and who refers to whom, as one value.
//!
//! 1. A copy costs nothing and never changes: a reader keeps one while the recorder goes on. The index of commands is shared
//!    by all copies, which are of one history; each looks no further than its tail.
//! 2. Everything in it follows from the log up to its tail, and from nothing else.
//! 3. The indexes are insert-only: they name candidates, and a timeline says whether one still counts.

use std::ops::Bound;
use std::sync::Arc;

use imbl::{HashMap, OrdMap, OrdSet};

use super::commands::CommandIndex;
use crate::domain::actor::ActorFact;
use crate::domain::correction::{Amendment, History};
use crate::domain::decision::{DecisionFact, Rule};
use crate::domain::meeting::MeetingFact;
use crate::domain::time::{Day, Valid};
use crate::domain::world::Lasting;
use crate::domain::{Changes, Collection, CommandId, Content, Event, Fact, Name, Stream, World};
use crate::position::Position;

/// What is known at one position.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    tail: Position,
    streams: HashMap<Name, Arc<Stream>>,
    names: OrdSet<Name>,
    referrers: HashMap<Name, OrdSet<Name>>,
    commands: CommandIndex,
    alliance: Option<(Position, Name)>,
    equal_access: OrdSet<Name>,
    /// Each day on which a meeting was ever said to begin, by how long it was said to last: as in [`Lasting::ALL`].
    meeting_days: [OrdMap<Day, OrdSet<Name>>; Lasting::ALL.len()],
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Snapshot) -> bool {
        let Snapshot { tail, streams, names, referrers, commands, alliance, equal_access, meeting_days } =
            self;
        *tail == other.tail
            && *streams == other.streams
            && *names == other.names
            && *referrers == other.referrers
            && commands.agrees(&other.commands, *tail)
            && *alliance == other.alliance
            && *equal_access == other.equal_access
            && *meeting_days == other.meeting_days
    }
}

impl Eq for Snapshot {}

impl Snapshot {
    /// Takes over what a request changes.
    pub fn apply(&mut self, changes: &Changes) {
        for (name, stream) in &changes.streams {
            if self.streams.insert(name.clone(), stream.clone()).is_none() {
                self.names.insert(name.clone());
            }
        }
        for (named, by) in &changes.references {
            self.refer(named, by);
        }
        for event in &changes.events {
            self.tail = event.position;
            self.commands.insert(event.command_id, event.position);
            if let Some(valid) = meeting_dates(event) {
                self.put_meeting(&event.name, valid);
            }
        }
        if let (None, Some(alliance)) = (&self.alliance, &changes.alliance) {
            let first = changes.events.iter().find(|event| admits(&event.content.fact).is_some());
            self.alliance = first.map(|event| (event.position, alliance.clone()));
        }
        self.equal_access.extend(changes.equal_access.iter().cloned());
    }

    /// Takes over the next event of the log. `earlier` gives the stream's events before it; it is asked only for a
    /// correction or a retraction.
    ///
    /// # Errors
    ///
    /// What `earlier` answers.
    pub fn replay<E>(
        &mut self,
        event: &Event,
        earlier: impl FnOnce(&Stream) -> Result<Vec<Event>, E>,
    ) -> Result<(), E> {
        let name = &event.name;
        if !self.streams.contains_key(name) {
            self.names.insert(name.clone());
        }
        let stream = self.streams.entry(name.clone()).or_insert_with(|| Arc::new(Stream::new(name.clone())));
        match &event.content.fact {
            Fact::Amendment(_) => {
                let mut events = earlier(stream)?;
                events.push(event.clone());
                let mut positions = stream.positions.clone();
                positions.push(event.position);
                let standing = History::new(&events).standing();
                *stream = Arc::new(Stream::fold(name.clone(), positions, &standing));
            }
            _ => Arc::make_mut(stream).evolve(event.position, &event.content),
        }
        let said = &said(&event.content).fact;
        for named in said.mentions() {
            self.refer(named, name);
        }
        if let (None, Some(alliance)) = (&self.alliance, admits(&event.content.fact)) {
            self.alliance = Some((event.position, alliance.clone()));
        }
        if matches!(said, Fact::Decision(DecisionFact::Recorded { rules, .. }) if rules.contains(&Rule::EqualAccess))
        {
            self.equal_access.insert(name.clone());
        }
        if let Some(valid) = meeting_dates(event) {
            self.put_meeting(name, valid);
        }
        self.commands.insert(event.command_id, event.position);
        self.tail = event.position;
        Ok(())
    }

    /// What is known at `tail`, to be filled with what was saved.
    pub(super) fn at(tail: Position, alliance: Option<(Position, Name)>) -> Snapshot {
        Snapshot { tail, alliance, ..Snapshot::default() }
    }

    pub(super) fn put_stream(&mut self, stream: Stream) {
        self.names.insert(stream.name.clone());
        self.streams.insert(stream.name.clone(), Arc::new(stream));
    }

    pub(super) fn put_command(&mut self, id: CommandId, position: Position) {
        self.commands.insert(id, position);
    }

    pub(super) fn put_equal_access(&mut self, name: Name) {
        self.equal_access.insert(name);
    }

    /// The same name, as its stream has it: not many copies of it.
    pub(super) fn shared(&self, name: &Name) -> Name {
        self.streams.get_key_value(name).map_or_else(|| name.clone(), |(shared, _)| shared.clone())
    }

    pub(super) fn put_meeting(&mut self, name: &Name, valid: &Valid) {
        for (lasting, days) in Lasting::ALL.into_iter().zip(&mut self.meeting_days) {
            if lasting.has(valid) {
                days.entry(valid.begin().earliest).or_default().insert(name.clone());
            }
        }
    }

    pub(super) fn refer(&mut self, named: &Name, by: &Name) {
        let known = self.referrers.get(named).is_some_and(|referrers| referrers.contains(by));
        if !known {
            self.referrers.entry(named.clone()).or_default().insert(by.clone());
        }
    }

    /// Where the event of a command stands.
    pub fn position_of(&self, id: CommandId) -> Option<Position> {
        self.commands.get(id).filter(|&position| position <= self.tail)
    }

    /// Takes back the commands of events that were applied and did not become durable.
    pub fn forget<'a>(&self, events: impl IntoIterator<Item = &'a Event>) {
        events.into_iter().for_each(|event| self.commands.remove(event.command_id));
    }

    /// The alliance, with the position that made it known.
    pub fn alliance_since(&self) -> Option<&(Position, Name)> {
        self.alliance.as_ref()
    }

    /// How many names of a collection were ever recorded.
    pub fn count(&self, collection: Collection) -> usize {
        of(&self.names, collection).count()
    }
}

/// What an event says: for a correction, what it should have been.
fn said(content: &Content) -> &Content {
    if let Fact::Amendment(Amendment::Corrected { content, .. }) = &content.fact { content } else { content }
}

/// When a meeting is, by this event; none if it says nothing of that.
pub(super) fn meeting_dates(event: &Event) -> Option<&Valid> {
    let said = said(&event.content);
    let Fact::Meeting(fact) = &said.fact else { return None };
    match fact {
        MeetingFact::Planned(_) | MeetingFact::Rescheduled { .. } | MeetingFact::Held(_) => Some(&said.valid),
        MeetingFact::Confirmed
        | MeetingFact::Invited(_)
        | MeetingFact::Answered { .. }
        | MeetingFact::Cancelled { .. }
        | MeetingFact::Summarised { .. } => None,
    }
}

fn admits(fact: &Fact) -> Option<&Name> {
    if let Fact::Actor(ActorFact::MemberAdmitted { alliance, .. }) = fact { Some(alliance) } else { None }
}

/// The names of one collection: all that begin with it and a slash.
fn of(names: &OrdSet<Name>, collection: Collection) -> impl Iterator<Item = &Name> {
    beyond(names, collection, None)
}

/// The same, but only those beyond `after`.
fn beyond<'a>(
    names: &'a OrdSet<Name>,
    collection: Collection,
    after: Option<&Name>,
) -> impl Iterator<Item = &'a Name> + use<'a> {
    let (first, behind) = (format!("{}/", collection.text()), format!("{}0", collection.text()));
    let begin = match after {
        Some(after) if after.as_str() >= first.as_str() => Bound::Excluded(after.as_str()),
        _ => Bound::Included(first.as_str()),
    };
    let range: (Bound<&str>, Bound<&str>) = (begin, Bound::Excluded(&behind));
    names.range::<_, str>(range)
}

impl World for Snapshot {
    fn tail(&self) -> Position {
        self.tail
    }

    fn stream(&self, name: &Name) -> Option<Arc<Stream>> {
        self.streams.get(name).cloned()
    }

    fn referrers(&self, name: &Name, collection: Collection) -> Vec<Name> {
        self.referrers.get(name).map(|by| of(by, collection).cloned().collect()).unwrap_or_default()
    }

    fn names(&self, collection: Collection) -> Vec<Name> {
        of(&self.names, collection).cloned().collect()
    }

    fn names_after(&self, collection: Collection, after: Option<&Name>, limit: usize) -> Vec<Name> {
        beyond(&self.names, collection, after).take(limit).cloned().collect()
    }

    fn visit(&self, collection: Collection, show: &mut dyn FnMut(&Stream)) {
        // The name is further to look for than the timeline.
        let of = |stream: &&Arc<Stream>| {
            stream.timeline.is_of(collection) && stream.name.collection() == collection
        };
        self.streams.values().filter(of).for_each(|stream| show(stream));
    }

    fn meetings_by_day(
        &self,
        lasting: Lasting,
        from: Day,
        after: Option<&(Day, Name)>,
        limit: usize,
    ) -> Vec<(Day, Name)> {
        let days = &self.meeting_days[lasting as usize];
        let after = after.filter(|(day, _)| *day >= from);
        let rest = after.and_then(|(day, name)| Some((*day, name, days.get(day)?)));
        let rest = rest.into_iter().flat_map(|(day, name, names)| {
            let range: (Bound<&Name>, Bound<&Name>) = (Bound::Excluded(name), Bound::Unbounded);
            names.range::<_, Name>(range).map(move |name| (day, name))
        });
        let begin = after.map_or(Bound::Included(from), |(day, _)| Bound::Excluded(*day));
        let later = days.range((begin, Bound::Unbounded));
        let later = later.flat_map(|(day, names)| names.iter().map(move |name| (*day, name)));
        rest.chain(later).take(limit).map(|(day, name)| (day, name.clone())).collect()
    }

    fn alliance(&self) -> Option<Name> {
        self.alliance.as_ref().map(|(_, name)| name.clone())
    }

    fn equal_access(&self) -> Vec<Name> {
        self.equal_access.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(from: &str, to: Option<&str>) -> Valid {
        use crate::domain::time::Until;
        let to = to.map(|to| match to {
            "unknown" => Until::Unknown,
            last => Until::Last(last.parse().unwrap()),
        });
        Valid { from: Some(from.parse().unwrap()), to }
    }

    #[test]
    fn meetings_come_day_by_day_in_pages_of_any_size() {
        let mut snapshot = Snapshot::default();
        let said = [
            ("meetings/b", "2011-09"),
            ("meetings/a", "2011-09-01"),
            ("meetings/c", "2011"),
            ("meetings/a", "2012-02-03"),
            ("meetings/d", "2012-02-03"),
            ("meetings/e", "2012-02-03"),
        ];
        for (name, from) in said {
            snapshot.put_meeting(&name.parse().unwrap(), &valid(from, None));
        }
        let from = |from: &str, page: usize| {
            let first = valid(from, None).begin().earliest;
            let (mut found, mut last) = (Vec::new(), None);
            loop {
                let days = snapshot.meetings_by_day(Lasting::Any, first, last.as_ref(), page);
                let Some(behind) = days.last().cloned() else { return found.concat() };
                assert!(last.as_ref() < Some(&behind), "{behind:?} is not beyond {last:?}");
                last = Some(behind);
                found.extend(days.iter().map(|(_, name)| name.id().to_owned()));
            }
        };
        for page in 1..8 {
            assert_eq!(from("2000", page), "cabade", "{page}");
            assert_eq!(from("2011-09-01", page), "abade", "{page}");
            assert_eq!(from("2011-09-02", page), "ade", "{page}");
            assert_eq!(from("2013", page), "", "{page}");
        }
    }

    #[test]
    fn what_lasts_long_or_may_is_known_as_such() {
        let mut snapshot = Snapshot::default();
        let said = [
            ("meetings/a", "2011", None),
            ("meetings/b", "2011-01-01", Some("2012-02-04")),
            ("meetings/c", "2011-01-01", Some("2012-02-05")),
            ("meetings/d", "2011-01-01", Some("unknown")),
            ("meetings/e", "2010-01", None),
            ("meetings/f", "2010-01-01", Some("2010-02-11")),
        ];
        for (name, from, to) in said {
            snapshot.put_meeting(&name.parse().unwrap(), &valid(from, to));
        }
        let found = |lasting| {
            let days = snapshot.meetings_by_day(lasting, Day::EVER, None, 10);
            days.iter().map(|(_, name)| name.id()).collect::<String>()
        };
        assert_eq!(Lasting::ALL.map(found), ["efabcd", "fabcd", "cd"]);
    }
}
