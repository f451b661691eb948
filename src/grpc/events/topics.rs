//! Which events of the log are of meetings on a topic.
//!
//! 1. An event is, if it or an event of its meeting before it says the topic; a correction counts like what it corrects. So
//!    what passes follows from the log alone: history, read on any day and in either direction, and what comes live agree.
//! 2. What stands before the position at which a stream of events begins is asked of the state; what comes after has to be
//!    shown to `passes`, all of it, in the order in which it is read.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;

use crate::domain::correction::Amendment;
use crate::domain::{Collection, Event, Fact, Name, World};
use crate::position::Position;
use crate::state::{LoadError, State};

/// The topics that are asked for, and since which event each meeting that came by is on one of them.
pub(super) struct Topics {
    wanted: HashSet<String>,
    state: State,
    since: Mutex<HashMap<Name, Option<Position>>>,
}

/// Whether a stream of this name is a meeting's.
pub(super) fn is_of_meeting(stream: &str) -> bool {
    stream.split_once('/').is_some_and(|(collection, _)| collection == Collection::Meetings.text())
}

impl Topics {
    /// These, where `state` knows all events before the first that is shown.
    pub(super) fn new(wanted: HashSet<String>, state: State) -> Topics {
        Topics { wanted, state, since: Mutex::default() }
    }

    /// Whether the event is of a meeting on one of them. Blocking.
    ///
    /// # Errors
    ///
    /// Any [`LoadError`].
    pub(super) fn passes(&self, event: &Event) -> Result<bool, LoadError> {
        let mut all = self.since.lock();
        let since = match all.get(&event.name) {
            Some(since) => *since,
            None => self.since(&event.name)?,
        };
        let since = since.or_else(|| self.says(&event.content.fact).then_some(event.position));
        all.insert(event.name.clone(), since);
        Ok(since.is_some_and(|since| since <= event.position))
    }

    /// The first event of a meeting that says one of them, as far as the state knows.
    fn since(&self, meeting: &Name) -> Result<Option<Position>, LoadError> {
        let Some(stream) = self.state.latest().stream(meeting) else { return Ok(None) };
        let events = self.state.loader().events(&stream.positions)?;
        let first = events.iter().find(|event| self.says(&event.content.fact));
        Ok(first.map(|event| event.position))
    }

    fn says(&self, fact: &Fact) -> bool {
        match fact {
            Fact::Meeting(meeting) => meeting.topics().iter().any(|topic| self.wanted.contains(topic)),
            Fact::Amendment(Amendment::Corrected { content, .. }) => self.says(&content.fact),
            _ => false,
        }
    }
}
