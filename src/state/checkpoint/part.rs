//! What one part of a save writes down of its events, but for the streams themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::super::snapshot::{Snapshot, is_unconfirmed, meeting_dates};
use super::{Entry, REFERENCES, Row, key};
use crate::domain::{CommandId, Event, Name, World};
use crate::position::Position;

/// Events of which one row says whom they name, and when meetings are.
const EVENTS_OF_A_ROW: usize = 2_000;

/// What the events of one part of a save say. Few of them are kept at a time: they take many times as much as what they say.
pub(super) struct Part {
    first: Position,
    commands: Vec<CommandId>,
    changed: BTreeSet<Name>,
    rows: Vec<Row>,
    /// Those of the next row.
    events: Vec<Event>,
}

impl Part {
    /// Of the events from this position on.
    pub(super) fn new(first: Position) -> Part {
        let events = Vec::with_capacity(EVENTS_OF_A_ROW);
        Part { first, commands: Vec::new(), changed: BTreeSet::new(), rows: Vec::new(), events }
    }

    /// One more event.
    pub(super) fn put(&mut self, event: Event) -> Result<(), postcard::Error> {
        self.commands.push(event.command_id);
        if !self.changed.contains(&event.name) {
            self.changed.insert(event.name.clone());
        }
        self.events.push(event);
        if self.events.len() == EVENTS_OF_A_ROW { self.end_row() } else { Ok(()) }
    }

    /// How many events there are.
    pub(super) fn len(&self) -> usize {
        self.commands.len()
    }

    /// The streams that they changed.
    pub(super) fn changed(&self) -> &BTreeSet<Name> {
        &self.changed
    }

    /// The last event.
    pub(super) fn last(&self) -> Option<Position> {
        let events = self.commands.len() as u64;
        (events > 0).then(|| Position(self.first.0 + events - 1))
    }

    /// What these events say of meetings, whom they name, and which of them are unconfirmed.
    fn end_row(&mut self) -> Result<(), postcard::Error> {
        let Some(first) = self.events.first().map(|event| event.position.0) else { return Ok(()) };
        let said = self
            .events
            .iter()
            .filter_map(|event| Some((event.name.as_str(), meeting_dates(event)?.clone(), event.position)));
        self.rows.push(row(key(b'm', first), &Entry::Meetings(said.collect()))?);
        let mut references = BTreeMap::<&str, BTreeSet<&str>>::new();
        for event in &self.events {
            for named in event.content.fact.mentions() {
                references.entry(named.as_str()).or_default().insert(event.name.as_str());
            }
        }
        let said = references.into_iter().map(|(named, by)| (named, by.into_iter().collect()));
        self.rows.push(row(key(REFERENCES, first), &Entry::References(said.collect()))?);
        let unconfirmed: BTreeSet<&str> = self
            .events
            .iter()
            .filter(|event| is_unconfirmed(event))
            .map(|event| event.name.as_str())
            .collect();
        if !unconfirmed.is_empty() {
            self.rows.push(row(key(b'u', first), &Entry::Unconfirmed(unconfirmed.into_iter().collect()))?);
        }
        self.events.clear();
        Ok(())
    }

    /// All that they say.
    pub(super) fn into_rows(mut self, snapshot: &Snapshot) -> Result<Vec<Row>, postcard::Error> {
        self.end_row()?;
        let Part { first, commands, mut rows, .. } = self;
        rows.push(row(key(b'c', first.0), &Entry::Commands(first, commands))?);
        for name in snapshot.equal_access() {
            let key = [b"e", name.as_str().as_bytes()].concat();
            rows.push(row(key, &Entry::EqualAccess(name.as_str()))?);
        }
        Ok(rows)
    }
}

fn row(key: Vec<u8>, entry: &Entry<&str>) -> Result<Row, postcard::Error> {
    Ok(Row { key, value: postcard::to_stdvec(entry)?.into() })
}
