//! The sample data, and what is refused after it: read, decided and folded without a server.
//!
//! 1. Every record of the sample is accepted, in its order.
//! 2. Each case of `tests/data/refusals.jsonl` is refused for its reason, or accepted, whatever the others did.
//! 3. What `tests/data/answers.jsonl` records before its questions is accepted.

use std::collections::BTreeSet;
use std::sync::Arc;

use minuted::domain::world::{Record, World};
use minuted::domain::{Collection, CommandId, Event, Name, Now, Refusal, Stream, decide};
use minuted::position::Position;
use minuted::proto::v1;
use minuted::state::Snapshot;
use minuted::wire::{Invalid, Limits, json, parse_commands};
use serde_json::Value;

const RECORDS: usize = 424;

/// All that is recorded, in memory.
#[derive(Clone, Default)]
struct Memory {
    snapshot: Snapshot,
    events: Vec<Event>,
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

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Read(#[from] Invalid),
    #[error(transparent)]
    Decided(#[from] Refusal),
}

impl Refused {
    fn reason(&self) -> &'static str {
        match self {
            Refused::Read(invalid) => invalid.reason().text(),
            Refused::Decided(refusal) => refusal.reason.text(),
        }
    }
}

impl Memory {
    fn record(&mut self, commands: Vec<v1::Command>) -> Result<(), Refused> {
        let commands = parse_commands(commands, &Limits::default())?;
        let now = Now { at: "2026-10-01T12:00:00Z".parse().unwrap(), by: "local".into() };
        let changes = decide(self, &commands, &now)?;
        self.snapshot.apply(&changes);
        self.events.extend(changes.events);
        Ok(())
    }

    fn commands_of(&self, refusal: &Refusal) -> BTreeSet<String> {
        let events = refusal.violations.iter().filter_map(|violation| violation.event);
        let of = |position: Position| self.events.iter().find(|event| event.position == position);
        events.filter_map(of).map(|event| event.command_id.to_string()).collect()
    }
}

fn command(json: &Value) -> v1::Command {
    json::command_from_json(&json.to_string()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn commands(case: &Value, field: &str) -> Vec<v1::Command> {
    case[field].as_array().unwrap().iter().map(command).collect()
}

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

fn sample() -> Memory {
    let mut memory = Memory::default();
    for (index, json) in lines(include_str!("data/partnerships.jsonl")).enumerate() {
        let recorded = memory.record(vec![command(&json)]);
        recorded.unwrap_or_else(|error| panic!("line {}: {error}", index + 1));
    }
    memory
}

#[test]
fn every_record_of_the_sample_is_accepted() {
    assert_eq!(sample().events.len(), RECORDS);
}

#[test]
fn each_case_is_decided_as_it_says() {
    let sample = sample();
    let cases: Vec<Value> = lines(include_str!("data/refusals.jsonl")).collect();
    let wrong: Vec<String> = cases.iter().filter_map(|case| disagreement(sample.clone(), case)).collect();
    assert!(
        cases.len() > 200 && wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// What a case says and what happens, where they differ.
fn disagreement(mut memory: Memory, case: &Value) -> Option<String> {
    let say = |what: String| Some(format!("{} ({}; {}): {what}", case["id"], case["rule"], case["why"]));
    for setup in commands(case, "setup") {
        if let Err(refused) = memory.record(vec![setup]) {
            return say(format!("its setup is refused: {} {refused}", refused.reason()));
        }
    }
    let expected = case["expect"]["reason"].as_str().unwrap_or("OK");
    let (found, breaks) = match memory.record(commands(case, "commands")) {
        Ok(()) => ("OK", BTreeSet::new()),
        Err(Refused::Decided(refusal)) if expected == "BREAKS_HISTORY" => {
            (refusal.reason.text(), memory.commands_of(&refusal))
        }
        Err(refused) => (refused.reason(), BTreeSet::new()),
    };
    let listed = case["expect"]["breaks"].as_array().cloned().unwrap_or_default();
    let listed: BTreeSet<String> = listed.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    if found == expected && breaks == listed {
        None
    } else {
        say(format!("expected {expected} {listed:?}, found {found} {breaks:?}"))
    }
}

#[test]
fn what_is_recorded_before_a_question_is_accepted() {
    let sample = sample();
    for case in lines(include_str!("data/answers.jsonl")) {
        let (mut memory, setup) = (sample.clone(), commands(&case, "setup"));
        let requests = if case["setupAsBatch"] == true {
            vec![setup]
        } else {
            setup.into_iter().map(|c| vec![c]).collect()
        };
        for request in requests.into_iter().filter(|request| !request.is_empty()) {
            memory.record(request).unwrap_or_else(|refused| panic!("{}: {refused}", case["id"]));
        }
    }
}

#[test]
fn the_sample_is_in_canonical_json() {
    for line in include_str!("data/partnerships.jsonl").lines() {
        let command = json::command_from_json(line).unwrap();
        assert_eq!(json::to_json("minuted.v1.Command", &command, false), line);
    }
}
