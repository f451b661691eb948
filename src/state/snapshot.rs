//! What is known at one position: every stream's timeline and who refers to whom, as one value.
//!
//! 1. A copy costs nothing and never changes: a reader keeps one while the recorder goes on. The index of commands is shared
//!    by all copies, which are of one history; each looks no further than its tail.
//! 2. Everything in it follows from the log up to its tail, and from nothing else.
//! 3. The indexes are insert-only: they name candidates, and a timeline says whether one still counts.

use std::ops::Bound;
use std::sync::Arc;

use imbl::{HashMap, OrdSet};

use super::commands::CommandIndex;
use crate::domain::actor::ActorFact;
use crate::domain::correction::{Amendment, History};
use crate::domain::decision::{DecisionFact, Rule};
use crate::domain::{Changes, Collection, CommandId, Event, Fact, Name, Stream, World};
use crate::position::Position;

/// What is known at one position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    tail: Position,
    streams: HashMap<Name, Arc<Stream>>,
    names: OrdSet<Name>,
    referrers: HashMap<Name, OrdSet<Name>>,
    commands: CommandIndex,
    alliance: Option<(Position, Name)>,
    equal_access: OrdSet<Name>,
}

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
        let said = said(&event.content.fact);
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

/// What an event says of others: for a correction, what it should have been.
fn said(fact: &Fact) -> &Fact {
    if let Fact::Amendment(Amendment::Corrected { content, .. }) = fact { &content.fact } else { fact }
}

fn admits(fact: &Fact) -> Option<&Name> {
    if let Fact::Actor(ActorFact::MemberAdmitted { alliance, .. }) = fact { Some(alliance) } else { None }
}

/// The names of one collection: all that begin with it and a slash.
fn of(names: &OrdSet<Name>, collection: Collection) -> impl Iterator<Item = &Name> {
    let (first, beyond) = (format!("{}/", collection.text()), format!("{}0", collection.text()));
    let range: (Bound<&str>, Bound<&str>) = (Bound::Included(&first), Bound::Excluded(&beyond));
    let found: Vec<&Name> = names.range::<_, str>(range).collect();
    found.into_iter()
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

    fn alliance(&self) -> Option<Name> {
        self.alliance.as_ref().map(|(_, name)| name.clone())
    }

    fn equal_access(&self) -> Vec<Name> {
        self.equal_access.iter().cloned().collect()
    }
}
