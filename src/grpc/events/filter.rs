//! Which events a reader wants.

use std::collections::HashSet;

use tonic::Status;

use super::super::status;
use crate::domain::{Collection, Event, Name, World};
use crate::proto::v1::ReadEventsRequest;
use crate::state::Snapshot;
use crate::wire::{self, StoredEvent, Undecodable};

/// Which events are wanted; what is empty lets all pass.
#[derive(Clone)]
pub(super) struct Filter {
    streams: HashSet<String>,
    kinds: HashSet<u32>,
    actors: HashSet<Name>,
}

impl Filter {
    pub(super) fn parse(request: &ReadEventsRequest) -> Result<Filter, Status> {
        let name = |field: &str, text: &String| {
            text.parse::<Name>().map_err(|error| status::bad_name(field, &error.to_string()))
        };
        for stream in &request.streams {
            name("streams", stream)?;
        }
        let number = |kind: &String| {
            wire::kind_number(kind).ok_or_else(|| {
                let allowed = wire::fact_kinds().join(", ");
                let says = format!("`{kind}` is no kind of fact; allowed are {allowed}");
                status::unknown_value("kinds", &says)
            })
        };
        let kinds = request.kinds.iter().map(number).collect::<Result<_, _>>()?;
        let actors = request.actors.iter().map(|actor| name("actors", actor)).collect::<Result<_, _>>()?;
        Ok(Filter { streams: request.streams.iter().cloned().collect(), kinds, actors })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.streams.is_empty() && self.kinds.is_empty() && self.actors.is_empty()
    }

    /// Whether the streams are few in which all events are that pass.
    pub(super) fn names_streams(&self) -> bool {
        !self.streams.is_empty() || !self.actors.is_empty()
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

    pub(super) fn passes(&self, event: &StoredEvent<'_>) -> Result<bool, Undecodable> {
        if self.is_empty() {
            return Ok(true);
        }
        let envelope = event.envelope()?;
        let of_stream = self.streams.is_empty() || self.streams.contains(envelope.name);
        let of_kind = self.kinds.is_empty() || self.kinds.contains(&envelope.kind);
        Ok(of_stream && of_kind && (self.actors.is_empty() || self.names_actor(&event.decode()?)))
    }

    fn names_actor(&self, event: &Event) -> bool {
        let mut mentioned = event.content.fact.mentions().into_iter();
        self.actors.contains(&event.name) || mentioned.any(|name| self.actors.contains(name))
    }
}
