//! What is known at one position: every stream's timeline and who refers to whom, as one value.
//!
//! 1. A snapshot never changes while the recorder goes on, and making one costs nothing: all snapshots of one history share
//!    what there is, and each looks no further than its tail.
//! 2. Everything in it follows from the log up to its tail, and from nothing else.
//! 3. The indexes are insert-only: they name candidates, and a timeline says whether one still counts.
//! 4. One snapshot goes on, the recorder's; what it took in and did not become durable is taken back.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::{Mutex, RwLock};

use super::commands::CommandIndex;
use super::meeting_days::MeetingDays;
use super::pack::Pack;
use super::streams::{Kept, Streams};
use crate::domain::actor::ActorFact;
use crate::domain::correction::{Amendment, History};
use crate::domain::decision::{DecisionFact, Rule};
use crate::domain::meeting::{MeetingFact, Roll};
use crate::domain::name::BadName;
use crate::domain::time::{Day, Valid};
use crate::domain::world::{DaysAsked, Lasting};
use crate::domain::{Changes, Collection, CommandId, Content, Event, Fact, Name, Stream, World};
use crate::position::Position;

/// What is known at one position.
pub struct Snapshot {
    tail: Position,
    /// Since when countries, frameworks and the alliance are as they are, or later.
    roll_since: Position,
    alliance: Option<(Position, Name)>,
    shared: Arc<Shared>,
}

/// Names, each with the position that brought it.
type Names = BTreeMap<Name, Position>;

/// What all snapshots of one history share.
#[derive(Default)]
struct Shared {
    streams: Streams,
    commands: CommandIndex,
    names: RwLock<Names>,
    referrers: RwLock<HashMap<Name, Names>>,
    equal_access: RwLock<Names>,
    unconfirmed: RwLock<Names>,
    meeting_days: MeetingDays,
    /// As it is since that position: many questions ask for it, and it seldom changes.
    roll: Mutex<Option<(Position, Arc<Roll>)>>,
}

/// How many names are taken out of an index at a time: nobody who puts one in is kept waiting for long.
const AT_A_TIME: usize = 512;

impl Default for Snapshot {
    fn default() -> Snapshot {
        Snapshot::at(Position::ZERO, None)
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.shared.streams.release(self.tail);
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("tail", &self.tail).finish_non_exhaustive()
    }
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Snapshot) -> bool {
        let of = |snapshot: &Snapshot, names: &Names| -> Vec<Name> {
            visible(names, snapshot.tail).cloned().collect()
        };
        let named = |snapshot: &Snapshot| of(snapshot, &snapshot.shared.names.read());
        let referrers = |snapshot: &Snapshot| -> BTreeMap<Name, Vec<Name>> {
            let referrers = snapshot.shared.referrers.read();
            let of = |(named, by): (&Name, &Names)| (named.clone(), of(snapshot, by));
            referrers.iter().map(of).filter(|(_, by)| !by.is_empty()).collect()
        };
        let days = |snapshot: &Snapshot| {
            Lasting::ALL.map(|lasting| snapshot.meetings_by_day(DaysAsked::all(lasting)))
        };
        self.tail == other.tail
            && self.alliance == other.alliance
            && named(self) == named(other)
            && named(self).iter().all(|name| self.stream(name) == other.stream(name))
            && referrers(self) == referrers(other)
            && days(self) == days(other)
            && self.equal_access() == other.equal_access()
            && self.unconfirmed() == other.unconfirmed()
            && self.roll() == other.roll()
            && self.shared.commands.agrees(&other.shared.commands, self.tail)
    }
}

impl Eq for Snapshot {}

impl Snapshot {
    /// The same once more: to be kept while the other goes on.
    #[must_use]
    pub fn view(&self) -> Snapshot {
        self.shared.streams.hold(self.tail);
        let Snapshot { tail, roll_since, ref alliance, ref shared } = *self;
        Snapshot { tail, roll_since, alliance: alliance.clone(), shared: shared.clone() }
    }

    /// Takes over what a request changes.
    pub fn apply(&mut self, changes: &Changes) {
        for (name, stream) in &changes.streams {
            self.put(name, stream.clone());
        }
        let Some(last) = changes.events.last().map(|event| event.position) else { return };
        for (named, by) in &changes.references {
            self.refer(named, by, last);
        }
        for event in &changes.events {
            self.shared.commands.insert(event.command_id, event.position);
            self.put_said(event);
        }
        if let (None, Some(alliance)) = (&self.alliance, &changes.alliance) {
            let first = changes.events.iter().find(|event| admits(&event.content.fact).is_some());
            self.alliance = first.map(|event| (event.position, alliance.clone()));
            self.roll_since = last;
        }
        for name in &changes.equal_access {
            self.put_equal_access(name, last);
        }
        self.go_on_to(last, changes.streams.len());
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
        let mut stream = self.stream(name).unwrap_or_else(|| Arc::new(Stream::new(name.clone())));
        match &event.content.fact {
            Fact::Amendment(_) => {
                let mut events = earlier(&stream)?;
                events.push(event.clone());
                let mut positions = stream.positions.clone();
                positions.push(event.position);
                stream = Arc::new(Stream::fold(name.clone(), positions, &History::new(&events)));
            }
            _ => Arc::make_mut(&mut stream).evolve(event.position, &event.content),
        }
        self.put(name, stream);
        let said = &said(&event.content).fact;
        for named in said.mentions() {
            self.refer(named, name, event.position);
        }
        if let (None, Some(alliance)) = (&self.alliance, admits(&event.content.fact)) {
            self.alliance = Some((event.position, alliance.clone()));
            self.roll_since = event.position;
        }
        if is_equal_access(said) {
            self.put_equal_access(name, event.position);
        }
        self.put_said(event);
        self.shared.commands.insert(event.command_id, event.position);
        self.go_on_to(event.position, 1);
        Ok(())
    }

    /// Takes over what the event says of when a meeting is, and that its source is unconfirmed.
    fn put_said(&self, event: &Event) {
        if let Some(valid) = meeting_dates(event) {
            self.shared.meeting_days.put(&event.name, valid, event.position);
        }
        if is_unconfirmed(event) {
            self.put_unconfirmed(&event.name, event.position);
        }
    }

    fn put(&mut self, name: &Name, stream: Arc<Stream>) {
        if matches!(name.collection(), Collection::Countries | Collection::Frameworks) {
            // The streams of a request come in the order of their names.
            self.roll_since = self.roll_since.max(stream.last());
        }
        let first = stream.positions.first().copied().unwrap_or_default();
        if self.shared.streams.put(name, stream.last(), Kept::Whole(stream)) {
            self.shared.names.write().insert(name.clone(), first);
        }
    }

    fn go_on_to(&mut self, tail: Position, changed: usize) {
        let streams = &self.shared.streams;
        streams.hold(tail);
        streams.release(std::mem::replace(&mut self.tail, tail));
        // More than came: what is left of a longer time comes to an end.
        streams.settle(2 * changed + 64);
    }

    /// What is known at `tail`, to be filled with what was saved.
    pub(super) fn at(tail: Position, alliance: Option<(Position, Name)>) -> Snapshot {
        let shared = Arc::<Shared>::default();
        shared.streams.hold(tail);
        shared.commands.reserve(usize::try_from(tail.0).unwrap_or(0));
        Snapshot { tail, roll_since: tail, alliance, shared }
    }

    /// Takes over the streams of a pack; their names, each with its first event, where they are new.
    pub(super) fn put_pack(&self, pack: &Arc<Pack>, new: &mut Vec<(Name, Position)>) -> Result<(), BadName> {
        for entry in pack.entries() {
            let name = entry.name.parse::<Name>()?;
            if self.shared.streams.put_saved(&name, entry.last, Kept::Packed(pack.clone(), entry.at)) {
                new.push((name, entry.first));
            }
        }
        Ok(())
    }

    /// The streams are those with these names.
    pub(super) fn put_names(&self, names: Vec<(Name, Position)>) {
        *self.shared.names.write() = names.into_iter().collect();
    }

    /// Who was named by whom.
    pub(super) fn put_references(&self, referrers: HashMap<Name, Vec<Name>>) {
        let of = |by: Vec<Name>| by.into_iter().map(|by| (by, Position::ZERO)).collect();
        let referrers = referrers.into_iter().map(|(named, by)| (named, of(by)));
        *self.shared.referrers.write() = referrers.collect();
    }

    /// When meetings are, as it was said by the events at these positions.
    pub(super) fn put_meetings(&self, said: &[(Name, Valid, Position)]) {
        self.shared.meeting_days.fill(said);
    }

    /// Keeps the streams of this pack there, as far as they are kept whole.
    pub(super) fn keep_packed(&self, pack: &Arc<Pack>) {
        self.shared.streams.put_packed(pack);
    }

    /// The last event of a stream.
    pub(super) fn last(&self, name: &str) -> Option<Position> {
        self.shared.streams.last(name, self.tail)
    }

    pub(super) fn put_commands(&self, first: Position, ids: Vec<CommandId>) {
        for (id, position) in ids.into_iter().zip(first.0..) {
            self.shared.commands.insert(id, Position(position));
        }
    }

    pub(super) fn put_equal_access(&self, name: &Name, at: Position) {
        self.shared.equal_access.write().entry(name.clone()).or_insert(at);
    }

    pub(super) fn put_unconfirmed(&self, name: &Name, at: Position) {
        self.shared.unconfirmed.write().entry(name.clone()).or_insert(at);
    }

    /// The name of this text, as it is kept with its stream, where there is one: not many copies of it.
    pub(super) fn name(&self, text: &str) -> Result<Name, BadName> {
        self.shared.streams.name(text).map_or_else(|| text.parse(), Ok)
    }

    fn refer(&self, named: &Name, by: &Name, at: Position) {
        let known = self.shared.referrers.read().get(named).is_some_and(|known| known.contains_key(by));
        if !known {
            let mut referrers = self.shared.referrers.write();
            referrers.entry(named.clone()).or_default().insert(by.clone(), at);
        }
    }

    /// Where the event of a command stands.
    pub fn position_of(&self, id: CommandId) -> Option<Position> {
        self.shared.commands.get(id).filter(|&position| position <= self.tail)
    }

    /// Takes back events beyond the tail, all there are: they were taken over and did not become durable.
    pub fn take_back<'a>(&self, events: impl IntoIterator<Item = &'a Event>) {
        let Shared { streams, commands, names, referrers, equal_access, unconfirmed, meeting_days, roll } =
            self.shared.as_ref();
        // What comes next has the same positions.
        *roll.lock() = None;
        let remove = |from: &mut Names, name: &Name| {
            if from.get(name).is_some_and(|&since| since > self.tail) {
                from.remove(name);
            }
        };
        for event in events {
            commands.remove(event.command_id);
            if streams.take_back(&event.name, self.tail) {
                names.write().remove(&event.name);
            }
            for named in said(&event.content).fact.mentions() {
                if let Some(by) = referrers.write().get_mut(named) {
                    remove(by, &event.name);
                }
            }
            remove(&mut equal_access.write(), &event.name);
            remove(&mut unconfirmed.write(), &event.name);
            if let Some(valid) = meeting_dates(event) {
                meeting_days.take_back(&event.name, valid, self.tail);
            }
        }
    }

    /// Since when countries, frameworks and the alliance are as they are, or later.
    pub fn roll_since(&self) -> Position {
        self.roll_since
    }

    /// The alliance, with the position that made it known.
    pub fn alliance_since(&self) -> Option<&(Position, Name)> {
        self.alliance.as_ref()
    }

    /// How many names of a collection were ever recorded.
    pub fn count(&self, collection: Collection) -> usize {
        self.names(collection).len()
    }

    /// As [`World::names_after`], of what was known at `tail`, which is not beyond this one's.
    pub(super) fn names_by(
        &self,
        tail: Position,
        collection: Collection,
        after: Option<&Name>,
        limit: usize,
    ) -> Vec<Name> {
        let names = &self.shared.names;
        in_parts(after, limit, |after, limit, found| {
            take(&names.read(), collection, after, limit, tail, found)
        })
    }

    fn referrers_up_to(&self, name: &Name, collection: Collection, limit: usize) -> Vec<Name> {
        in_parts(None, limit, |after, limit, found| {
            take(self.shared.referrers.read().get(name)?, collection, after, limit, self.tail, found)
        })
    }

    /// As [`World::meetings_by_day`], of what was known at `tail`, which is not beyond this one's.
    pub(super) fn meetings_by(&self, tail: Position, asked: DaysAsked<'_>) -> Vec<(Day, Name)> {
        self.shared.meeting_days.candidates(tail, asked)
    }
}

/// Collects names beyond `after`, in parts; `next` puts some into the list and says after which one it goes on.
fn in_parts(
    after: Option<&Name>,
    limit: usize,
    mut next: impl FnMut(Option<&Name>, usize, &mut Vec<Name>) -> Option<Name>,
) -> Vec<Name> {
    let (mut found, mut after) = (Vec::new(), after.cloned());
    while found.len() < limit {
        after = next(after.as_ref(), limit - found.len(), &mut found);
        if after.is_none() {
            break;
        }
    }
    found
}

/// Takes out names of a collection beyond `after`, as far as they are known at `tail`: at most `limit`, and of so many
/// candidates that it does not take long. The last candidate, if there may be more.
fn take(
    names: &Names,
    collection: Collection,
    after: Option<&Name>,
    limit: usize,
    tail: Position,
    found: &mut Vec<Name>,
) -> Option<Name> {
    let candidates = beyond(names, collection, after).take(limit.min(AT_A_TIME));
    let (mut count, mut last) = (0, None);
    for (name, &since) in candidates {
        (count, last) = (count + 1, Some(name));
        if since <= tail {
            found.push(name.clone());
        }
    }
    last.filter(|_| count == limit.min(AT_A_TIME)).cloned()
}

fn visible(names: &Names, tail: Position) -> impl Iterator<Item = &Name> {
    names.iter().filter(move |(_, since)| **since <= tail).map(|(name, _)| name)
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

/// Whether the source of an event, or of what it says, is unconfirmed.
pub(super) fn is_unconfirmed(event: &Event) -> bool {
    event.content.source.unconfirmed || said(&event.content).source.unconfirmed
}

fn admits(fact: &Fact) -> Option<&Name> {
    if let Fact::Actor(ActorFact::MemberAdmitted { alliance, .. }) = fact { Some(alliance) } else { None }
}

fn is_equal_access(fact: &Fact) -> bool {
    matches!(fact, Fact::Decision(DecisionFact::Recorded { rules, .. }) if rules.contains(&Rule::EqualAccess))
}

/// The names of one collection beyond `after`: all that begin with it and a slash.
fn beyond<'a>(
    names: &'a Names,
    collection: Collection,
    after: Option<&Name>,
) -> impl Iterator<Item = (&'a Name, &'a Position)> + use<'a> {
    let (first, behind) = (format!("{}/", collection.text()), format!("{}0", collection.text()));
    let begin = match after {
        // There is nothing behind it, and no range begins behind its end.
        Some(after) if after.as_str() >= behind.as_str() => Bound::Included(behind.as_str()),
        Some(after) if after.as_str() >= first.as_str() => Bound::Excluded(after.as_str()),
        _ => Bound::Included(first.as_str()),
    };
    let range: (Bound<&str>, Bound<&str>) = (begin, Bound::Excluded(&behind));
    names.range::<str, _>(range)
}

impl World for Snapshot {
    fn tail(&self) -> Position {
        self.tail
    }

    fn stream(&self, name: &Name) -> Option<Arc<Stream>> {
        self.shared.streams.get(name, self.tail)
    }

    fn referrers(&self, name: &Name, collection: Collection) -> Vec<Name> {
        self.referrers_up_to(name, collection, usize::MAX)
    }

    fn few_referrers(&self, name: &Name, collection: Collection, max: usize) -> Option<Vec<Name>> {
        let referrers = self.referrers_up_to(name, collection, max.saturating_add(1));
        (referrers.len() <= max).then_some(referrers)
    }

    fn names(&self, collection: Collection) -> Vec<Name> {
        self.names_by(self.tail, collection, None, usize::MAX)
    }

    fn names_after(&self, collection: Collection, after: Option<&Name>, limit: usize) -> Vec<Name> {
        self.names_by(self.tail, collection, after, limit)
    }

    fn visit(&self, collection: Collection, show: &mut dyn FnMut(&Stream)) {
        self.shared.streams.visit(self.tail, |name| name.collection() == collection, show);
    }

    fn meetings_by_day(&self, asked: DaysAsked<'_>) -> Vec<(Day, Name)> {
        self.meetings_by(self.tail, asked)
    }

    fn alliance(&self) -> Option<Name> {
        self.alliance.as_ref().map(|(_, name)| name.clone())
    }

    fn roll(&self) -> Arc<Roll> {
        if let Some((since, roll)) = self.shared.roll.lock().as_ref()
            && *since == self.roll_since
        {
            return roll.clone();
        }
        let roll = Arc::new(Roll::of(self));
        *self.shared.roll.lock() = Some((self.roll_since, roll.clone()));
        roll
    }

    fn unconfirmed(&self) -> Vec<Name> {
        visible(&self.shared.unconfirmed.read(), self.tail).cloned().collect()
    }

    fn equal_access(&self) -> Vec<Name> {
        visible(&self.shared.equal_access.read(), self.tail).cloned().collect()
    }
}
