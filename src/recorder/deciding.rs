//! The world that a request is decided on.

use std::cell::Cell;
use std::sync::Arc;

use super::writer::Writer;
use crate::domain::world::Record;
use crate::domain::{Collection, CommandId, Event, Name, Stream, World};
use crate::position::Position;
use crate::state::LoadError;

/// What is recorded, and what is decided but not yet durable.
pub(super) struct Deciding<'a> {
    pub(super) writer: &'a Writer,
    pub(super) failure: Cell<Option<LoadError>>,
}

impl Deciding<'_> {
    fn loaded<T: Default>(&self, result: Result<T, LoadError>) -> T {
        result.unwrap_or_else(|error| {
            self.failure.set(Some(error));
            T::default()
        })
    }

    fn undurable(&self, position: Position) -> Option<&Event> {
        let first = self.writer.undurable.front()?.position;
        let index = usize::try_from(position.0.checked_sub(first.0)?).ok()?;
        self.writer.undurable.get(index)
    }
}

impl World for Deciding<'_> {
    fn tail(&self) -> Position {
        self.writer.speculative.tail()
    }

    fn stream(&self, name: &Name) -> Option<Arc<Stream>> {
        self.writer.speculative.stream(name)
    }

    fn referrers(&self, name: &Name, collection: Collection) -> Vec<Name> {
        self.writer.speculative.referrers(name, collection)
    }

    fn names(&self, collection: Collection) -> Vec<Name> {
        self.writer.speculative.names(collection)
    }

    fn alliance(&self) -> Option<Name> {
        self.writer.speculative.alliance()
    }

    fn equal_access(&self) -> Vec<Name> {
        self.writer.speculative.equal_access()
    }
}

impl Record for Deciding<'_> {
    fn event_of(&self, id: CommandId) -> Option<Event> {
        let position = self.writer.speculative.position_of(id)?;
        match self.undurable(position) {
            Some(event) => Some(event.clone()),
            None => self.loaded(self.writer.loader.event(position).map(Some)),
        }
    }

    fn events(&self, name: &Name) -> Vec<Event> {
        let Some(stream) = self.stream(name) else { return Vec::new() };
        let durable = stream.positions.partition_point(|&position| self.undurable(position).is_none());
        let mut events = self.loaded(self.writer.loader.events(&stream.positions[..durable]));
        events.extend(
            stream.positions[durable..].iter().filter_map(|&position| self.undurable(position)).cloned(),
        );
        events
    }
}
