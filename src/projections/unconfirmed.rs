//! What rests on no confirmed source (DOMAIN.md §9, read model 9; the source text's sentence S19).
//!
//! 1. An event counts while it stands, by its source as known: a correction may confirm it.
//! 2. A correction and a retraction are events with a source of their own.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::domain::correction::History;
use crate::domain::{Event, Name, Stream, World};
use crate::position::Position;

use super::dossier::KnownEvent;

/// An event that stands and whose source is unconfirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The event.
    pub event: Position,
    /// The kind of its fact.
    pub kind: SmolStr,
    stream: Name,
}

/// The events that stand and whose source is unconfirmed, in the order of the log.
pub fn unconfirmed(world: &dyn World) -> Vec<Unconfirmed> {
    let streams = world.unconfirmed().into_iter().filter_map(|name| world.stream(&name));
    let of = |stream: Arc<Stream>| {
        let found = stream.unconfirmed().map(|(event, kind)| Unconfirmed {
            event,
            kind: kind.into(),
            stream: stream.name.clone(),
        });
        found.collect::<Vec<_>>()
    };
    let mut found: Vec<_> = streams.flat_map(of).collect();
    found.sort_by_key(|unconfirmed| unconfirmed.event);
    found
}

impl Unconfirmed {
    /// The event, and what is known of it in the world in which it was found. `load` gives the events at positions.
    ///
    /// # Errors
    ///
    /// What `load` answers.
    pub fn known<E>(
        &self,
        world: &dyn World,
        load: impl Fn(&[Position]) -> Result<Vec<Event>, E>,
    ) -> Result<Option<KnownEvent>, E> {
        let Some(stream) = world.stream(&self.stream) else { return Ok(None) };
        let all_stand = stream.standing() == stream.positions;
        let about = if all_stand { std::slice::from_ref(&self.event) } else { &stream.positions };
        let events = load(about)?;
        let history = History::new(&events);
        let event = events.iter().find(|event| event.position == self.event);
        Ok(event.map(|event| KnownEvent::of(event, &history)))
    }
}
