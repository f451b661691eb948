//! Which events a reader wants.

use std::collections::HashSet;
use std::sync::Arc;

use tonic::Status;

use super::super::status;
use super::cursor::CursorError;
use super::topics::{Topics, is_of_meeting};
use crate::domain::{Collection, Event, Name, World};
use crate::proto::v1::ReadEventsRequest;
use crate::state::Snapshot;
use crate::wire::{self, StoredEvent};

/// Which events are wanted; what is empty lets all pass.
#[derive(Clone)]
pub(super) struct Filter {
    streams: HashSet<String>,
    kinds: HashSet<u32>,
    actors: HashSet<Name>,
    topics: Option<Arc<Topics>>,
}

impl Filter {
    pub(super) fn parse(request: &ReadEventsRequest) -> Result<Filter, Status> {
        let name = |field: &str, text: &String| {
            text.parse::<Name>().map_err(|error| status::bad_name(field, &error.to_string()))
        };
        for (i, stream) in request.streams.iter().enumerate() {
            name(&format!("streams[{i}]"), stream)?;
        }
        let number = |(i, kind): (usize, &String)| {
            wire::kind_number(kind).ok_or_else(|| {
                let allowed = wire::fact_kinds().join(", ");
                let says = format!("`{kind}` is no kind of fact; allowed are {allowed}");
                status::unknown_value(&format!("kinds[{i}]"), &says)
            })
        };
        let kinds = request.kinds.iter().enumerate().map(number).collect::<Result<_, _>>()?;
        let actors = request.actors.iter().enumerate();
        let actors =
            actors.map(|(i, actor)| name(&format!("actors[{i}]"), actor)).collect::<Result<_, _>>()?;
        Ok(Filter { streams: request.streams.iter().cloned().collect(), kinds, actors, topics: None })
    }

    /// Only what is of these topics, too.
    pub(super) fn only(&mut self, topics: Topics) {
        self.topics = Some(Arc::new(topics));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.streams.is_empty() && self.kinds.is_empty() && self.actors.is_empty() && self.topics.is_none()
    }

    /// Whether the streams are few in which all events are that pass.
    pub(super) fn names_streams(&self) -> bool {
        !self.streams.is_empty() || !self.actors.is_empty()
    }

    /// Whether an event alone, and what of it is in memory, tells whether it passes.
    pub(super) fn needs_no_loading(&self) -> bool {
        self.topics.is_none()
    }

    /// The streams in which all events are that pass and that the snapshot knows; empty unless it names some.
    pub(super) fn streams(&self, known: &Snapshot) -> Vec<Name> {
        if !self.streams.is_empty() {
            return self.streams.iter().filter_map(|name| name.parse().ok()).collect();
        }
        let mut found: Vec<Name> = self.actors.iter().cloned().collect();
        for actor in &self.actors {
            found.extend(Collection::ALL.iter().flat_map(|&collection| known.referrers(actor, collection)));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    pub(super) fn passes(&self, event: &StoredEvent<'_>) -> Result<bool, CursorError> {
        if self.is_empty() {
            return Ok(true);
        }
        let envelope = event.envelope()?;
        if let Some(topics) = &self.topics {
            // They are shown every event of a meeting, whatever the rest of the filter says.
            if !is_of_meeting(envelope.name) || !topics.passes(&event.decode()?)? {
                return Ok(false);
            }
        }
        let of_stream = self.streams.is_empty() || self.streams.contains(envelope.name);
        let of_kind = self.kinds.is_empty() || self.kinds.contains(&envelope.kind);
        Ok(of_stream && of_kind && (self.actors.is_empty() || self.names_actor(&event.decode()?)))
    }

    fn names_actor(&self, event: &Event) -> bool {
        let mut mentioned = event.content.fact.mentions().into_iter();
        self.actors.contains(&event.name) || mentioned.any(|name| self.actors.contains(name))
    }
}
