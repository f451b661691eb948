//! The sample data in memory, as of any position: read, decided and replayed without a server.
#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::sync::Arc;

use minuted::domain::world::{Record, World};
use minuted::domain::{Collection, CommandId, Event, Name, Now, Refusal, Stream, decide};
use minuted::position::Position;
use minuted::proto::v1;
use minuted::state::Snapshot;
use minuted::wire::{Invalid, Limits, json, parse_commands};
use serde_json::Value;

/// The areas of cooperation, which come before record 1.
pub(crate) const AREAS: u64 = 18;

/// All that is recorded, with the events that made it so.
#[derive(Default)]
pub(crate) struct Memory {
    /// As known at the tail.
    pub(crate) snapshot: Snapshot,
    /// In order.
    pub(crate) events: Vec<Event>,
}

impl Clone for Memory {
    /// Another history, with the same events so far.
    fn clone(&self) -> Memory {
        let snapshot = self.known_at(self.snapshot.tail().0);
        Memory { snapshot, events: self.events.clone() }
    }
}

impl World for Memory {
    fn tail(&self) -> Position {
        self.snapshot.tail()
    }

    fn stream(&self, name: &Name) -> Option<Arc<Stream>> {
        self.snapshot.stream(name)
    }

    fn referrers(&self, name: &Name, collection: Collection) -> Vec<Name> {
        self.snapshot.referrers(name, collection)
    }

    fn names(&self, collection: Collection) -> Vec<Name> {
        self.snapshot.names(collection)
    }

    fn alliance(&self) -> Option<Name> {
        self.snapshot.alliance()
    }

    fn equal_access(&self) -> Vec<Name> {
        self.snapshot.equal_access()
    }
}

impl Record for Memory {
    fn event_of(&self, id: CommandId) -> Option<Event> {
        self.events.iter().find(|event| event.command_id == id).cloned()
    }

    fn events(&self, name: &Name) -> Vec<Event> {
        self.events.iter().filter(|event| event.name == *name).cloned().collect()
    }
}

/// Why a request is not recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// It is not well-formed.
    #[error(transparent)]
    Read(#[from] Invalid),
    /// A rule does not hold.
    #[error(transparent)]
    Decided(#[from] Refusal),
}

impl Refused {
    /// As it is written in answers.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Refused::Read(invalid) => invalid.reason().text(),
            Refused::Decided(refusal) => refusal.reason.text(),
        }
    }
}

impl Memory {
    /// All records of the sample.
    pub(crate) fn sample() -> Memory {
        let mut memory = Memory::default();
        for command in sample() {
            memory.must_record(vec![command]);
        }
        memory
    }

    /// Records these commands as one request, all or none.
    pub(crate) fn record(&mut self, commands: Vec<v1::Command>) -> Result<(), Refused> {
        let commands = parse_commands(commands, &Limits::default())?;
        let now = Now { at: "2026-10-01T12:00:00Z".parse().unwrap(), by: "local".into() };
        let changes = decide(self, &commands, &now)?;
        self.snapshot.apply(&changes);
        self.events.extend(changes.events);
        Ok(())
    }

    /// Records what must be accepted, as one request.
    pub(crate) fn must_record(&mut self, commands: Vec<v1::Command>) {
        let first = commands[0].command_id.clone();
        self.record(commands).unwrap_or_else(|refused| panic!("{first}: {} {refused}", refused.reason()));
    }

    /// Records what a case has recorded before it asks: as one request where it says so.
    pub(crate) fn set_up(&mut self, case: &Value) {
        let setup = commands(case, "setup");
        if case["setupAsBatch"] == true {
            self.must_record(setup);
        } else {
            for command in setup {
                self.must_record(vec![command]);
            }
        }
    }

    /// As known at a position: a replay of the events up to it.
    pub(crate) fn known_at(&self, position: u64) -> Snapshot {
        let mut snapshot = Snapshot::default();
        let known: Vec<&Event> =
            self.events.iter().take_while(|event| event.position.0 <= position).collect();
        for (index, event) in known.iter().enumerate() {
            let earlier = known[..index].iter().filter(|earlier| earlier.name == event.name);
            let earlier = || earlier.map(|event| (*event).clone()).collect();
            snapshot.replay(event, |_| Ok::<Vec<Event>, ()>(earlier())).unwrap();
        }
        snapshot
    }
}

/// A line of the import format.
pub(crate) fn command(json: &Value) -> v1::Command {
    json::command_from_json(&json.to_string()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// The commands in a field of a case.
pub(crate) fn commands(case: &Value, field: &str) -> Vec<v1::Command> {
    case[field].as_array().unwrap().iter().map(command).collect()
}

/// The commands of the sample, in its order.
pub(crate) fn sample() -> Vec<v1::Command> {
    lines(include_str!("../data/partnerships.jsonl")).map(|json| command(&json)).collect()
}

/// Every line as JSON.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}
