//! What rests on no confirmed source (DOMAIN.md §9, read model 9; the source text's sentence S19).
//!
//! 1. An event counts while it stands, by its source as known: a correction may confirm it.
//! 2. A correction and a retraction are events with a source of their own.

use std::collections::BTreeSet;

use crate::domain::correction::History;
use crate::domain::{Event, Fact, Name, World};
use crate::position::Position;

use super::dossier::KnownEvent;

/// How many events are read at once.
const EVENTS_READ: u64 = 1_000;

/// The events that stand and whose source is unconfirmed, in the order of the log. `load` gives the events at positions.
///
/// # Errors
///
/// What `load` answers.
pub fn unconfirmed<E>(
    world: &dyn World,
    load: impl Fn(&[Position]) -> Result<Vec<Event>, E>,
) -> Result<Vec<KnownEvent>, E> {
    let tail = world.tail().0;
    let (mut found, mut amended) = (Vec::new(), BTreeSet::<Name>::new());
    for first in (1..=tail).step_by(usize::try_from(EVENTS_READ).unwrap_or(usize::MAX)) {
        let last = tail.min(first + EVENTS_READ - 1);
        for event in load(&(first..=last).map(Position).collect::<Vec<_>>())? {
            if matches!(event.content.fact, Fact::Amendment(_)) {
                amended.insert(event.name.clone());
            } else if event.content.source.unconfirmed {
                found.push(KnownEvent::of(&event, &History::new(&[])));
            }
        }
    }
    found.retain(|known| !amended.contains(&known.event.name));
    for name in amended {
        let Some(stream) = world.stream(&name) else { continue };
        let events = load(&stream.positions)?;
        let history = History::new(&events);
        let known = events.iter().map(|event| KnownEvent::of(event, &history));
        found.extend(known.filter(|known| known.stands && known.known.source.unconfirmed));
    }
    found.sort_by_key(|known| known.event.position);
    Ok(found)
}
