//! Corrections and retractions: which events stand, and what they say, as known at some time (DOMAIN.md §7).
//!
//! 1. What an event says is the content of the last standing correction of it, else its own.
//! 2. An event stands if no standing retraction of it is recorded: so a correction may be retracted, and a retraction
//!    too, which brings its target back.
//! 3. One backward pass settles it: what amends an event comes after it.

use std::collections::{HashMap, HashSet};

use super::breach::Reason;
use super::fact::{CommandId, Content, Event, Fact};
use crate::position::Position;

/// An event by either of its names, as the caller gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventRef {
    /// Its place in the log.
    Position(Position),
    /// The command that made it.
    Command(CommandId),
}

impl EventRef {
    fn names(self, event: &Event) -> bool {
        match self {
            EventRef::Position(position) => event.position == position,
            EventRef::Command(id) => event.command_id == id,
        }
    }
}

/// A slip in the record put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amendment {
    /// The event as it should have been, whole.
    Corrected {
        /// Which event.
        target: EventRef,
        /// As it should have been.
        content: Box<Content>,
        /// Why.
        reason: String,
    },
    /// The event should not have been recorded.
    Retracted {
        /// Which event.
        target: EventRef,
        /// Why.
        reason: String,
    },
}

impl Amendment {
    /// The event that it is about.
    pub fn target(&self) -> EventRef {
        match self {
            Amendment::Corrected { target, .. } | Amendment::Retracted { target, .. } => *target,
        }
    }
}

/// An event that stands, with what it says as then known.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The event.
    pub position: Position,
    /// What it says.
    pub content: &'a Content,
}

/// A stream's events as known at some time.
pub struct History<'a> {
    events: &'a [Event],
    targets: HashMap<Position, Position>,
    retracted: HashSet<Position>,
    corrections: HashMap<Position, (Position, &'a Content)>,
}

impl<'a> History<'a> {
    /// Of one stream's events, in order, up to what is known.
    pub fn new(events: &'a [Event]) -> History<'a> {
        let mut history = History {
            events,
            targets: HashMap::new(),
            retracted: HashSet::new(),
            corrections: HashMap::new(),
        };
        for event in events.iter().rev() {
            let Fact::Amendment(amendment) = &event.content.fact else { continue };
            let Some(target) = history.find(amendment.target()) else { continue };
            let target = target.position;
            history.targets.insert(event.position, target);
            if history.retracted.contains(&event.position) {
                continue;
            }
            match amendment {
                Amendment::Corrected { content, .. } => {
                    history.corrections.entry(target).or_insert((event.position, content));
                }
                Amendment::Retracted { .. } => {
                    history.retracted.insert(target);
                }
            }
        }
        history
    }

    /// The event of this stream that is meant.
    pub fn find(&self, target: EventRef) -> Option<&'a Event> {
        self.events.iter().find(|event| target.names(event))
    }

    /// It is not retracted.
    pub fn stands(&self, position: Position) -> bool {
        !self.retracted.contains(&position)
    }

    /// What the event says, as then known.
    pub fn content(&self, event: &'a Event) -> &'a Content {
        self.corrections.get(&event.position).map_or(&event.content, |(_, content)| content)
    }

    /// The facts that stand, corrected, in the order of recording; corrections and retractions themselves left out.
    pub fn standing(&self) -> Vec<Standing<'a>> {
        let facts = self.events.iter().filter(|event| !matches!(event.content.fact, Fact::Amendment(_)));
        let stands = facts.filter(|event| self.stands(event.position));
        stands.map(|event| Standing { position: event.position, content: self.content(event) }).collect()
    }

    /// What stands and rests on an unconfirmed source, corrections and retractions too, in the order of recording.
    pub fn unconfirmed(&self) -> impl Iterator<Item = Standing<'a>> {
        let known = self.events.iter().filter(|event| self.stands(event.position));
        let known = known.map(|event| Standing { position: event.position, content: self.content(event) });
        known.filter(|known| known.content.source.unconfirmed)
    }

    /// What amends the event, and what amends that, in the order of recording.
    pub fn amendments(&self, position: Position) -> Vec<&'a Event> {
        let mut about = HashSet::from([position]);
        let mut found = Vec::new();
        for event in self.events {
            if self.targets.get(&event.position).is_some_and(|target| about.contains(target)) {
                about.insert(event.position);
                found.push(event);
            }
        }
        found
    }

    /// Whether the amendment may be made; the event that it is about.
    pub fn check(&self, amendment: &Amendment, recorded_before: Position) -> Result<&'a Event, Reason> {
        let found = self.find(amendment.target()).filter(|event| event.position <= recorded_before);
        let target = found.ok_or(Reason::UnknownEvent)?;
        if !self.stands(target.position) {
            return Err(Reason::AlreadyRetracted);
        }
        match (amendment, &target.content.fact) {
            (Amendment::Corrected { .. }, Fact::Amendment(_)) => Err(Reason::NotCorrectable),
            (Amendment::Corrected { content, .. }, fact) if !content.fact.same_kind(fact) => {
                Err(Reason::NotCorrectable)
            }
            (Amendment::Retracted { .. }, Fact::Amendment(Amendment::Corrected { .. })) => {
                let corrected = self.targets.get(&target.position);
                let last = corrected.and_then(|corrected| self.corrections.get(corrected));
                let is_last = last.is_some_and(|(position, _)| *position == target.position);
                if is_last { Ok(target) } else { Err(Reason::NotLastCorrection) }
            }
            (Amendment::Corrected { .. } | Amendment::Retracted { .. }, _) => Ok(target),
        }
    }
}
