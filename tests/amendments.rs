//! Every kind of fact corrected, retracted and brought back (DOMAIN.md §7).
//!
//! 1. Corrected, all is as if it had been recorded so: its stream's timeline, and what is known of the event itself.
//! 2. Retracted, all is as if it had never been recorded; the retraction retracted, all is as before it.
//! 3. A correction and a retraction are retracted, and refused as the target of a correction.
//! 4. What was known before is still what was known before.
//!
//! The kinds are those of the schema: one that is new has to have its case here.

#[path = "amendments/cases.rs"]
mod cases;
mod sample;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use cases::{Case, Line};
use minuted::domain::correction::History;
use minuted::domain::stream::AnyTimeline;
use minuted::domain::{Content, Event, Name, World};
use minuted::proto::{FILE_DESCRIPTOR_SET, v1};
use minuted::state::Snapshot;
use prost_reflect::DescriptorPool;
use sample::{Memory, command};
use serde_json::{Map, Value, json};

/// What is known of the event at a position, and what its stream's timeline is.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    timeline: AnyTimeline,
    /// None: it does not stand, or was never recorded.
    said: Option<Content>,
}

/// A command with an id of its own; `said` is all else that it says.
fn numbered(stream: &str, mut said: Value) -> v1::Command {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    said["commandId"] = json!(format!("00000000-0000-4000-8000-{id:012}"));
    said["name"] = json!(stream);
    command(&said)
}

fn content(line: &Line) -> Value {
    let (from, to) = line.dates.split_once("..").unwrap_or((line.dates, ""));
    let dates = [("from", from), ("to", to)].into_iter().filter(|(_, date)| !date.is_empty());
    let valid: Map<String, Value> = dates.map(|(field, date)| (field.into(), json!(date))).collect();
    let mut said = json!({ "source": { "text": line.source }, "fact": line.fact() });
    if !valid.is_empty() {
        said["valid"] = Value::Object(valid);
    }
    said
}

fn told(line: &Line) -> v1::Command {
    numbered(line.stream, content(line))
}

/// The event at a position should have been so.
fn correction(line: &Line, position: u64) -> v1::Command {
    let mut corrected = content(line);
    corrected["target"] = json!({ "position": position });
    corrected["reason"] = json!("a slip");
    let fact = json!({ "eventCorrected": corrected });
    numbered(line.stream, json!({ "source": { "text": "a correction" }, "fact": fact }))
}

fn retraction(stream: &str, position: u64) -> v1::Command {
    let fact = json!({ "eventRetracted": { "target": { "position": position }, "reason": "a slip" } });
    numbered(stream, json!({ "source": { "text": "a retraction" }, "fact": fact }))
}

fn recorded(lines: impl IntoIterator<Item = Line>) -> Memory {
    let mut memory = Memory::default();
    for line in lines {
        memory.must_record(vec![told(&line)]);
    }
    memory
}

fn known(snapshot: &Snapshot, events: &[Event], stream: &str, position: u64) -> Known {
    let name: Name = stream.parse().unwrap();
    let timeline = snapshot.stream(&name).map(|stream| stream.timeline.clone());
    let own: Vec<Event> = events.iter().filter(|event| event.name == name).cloned().collect();
    let history = History::new(&own);
    let event = own.iter().find(|event| event.position.0 == position && history.stands(event.position));
    Known {
        timeline: timeline.unwrap_or_else(|| AnyTimeline::empty(name.collection())),
        said: event.map(|event| history.content(event).clone()),
    }
}

/// What is known now; a replay of the log has to make the same of it.
fn known_now(memory: &Memory, stream: &str, position: u64) -> Known {
    let now = known(&memory.snapshot, &memory.events, stream, position);
    let replayed = memory.known_at(u64::try_from(memory.events.len()).unwrap());
    assert_eq!(known(&replayed, &memory.events, stream, position), now);
    now
}

fn refused(memory: &Memory, command: v1::Command) -> &'static str {
    memory.clone().record(vec![command]).expect_err("it is refused").reason()
}

/// What may be known of the event that a case is about.
struct Versions {
    never: Known,
    as_recorded: Known,
    as_corrected: Known,
}

impl Versions {
    fn of(case: &Case) -> Versions {
        let before = || cases::cast().into_iter().chain(case.given.iter().copied());
        let at = u64::try_from(before().count()).unwrap() + 1;
        let stream = case.recorded.stream;
        let known = |line: Option<Line>| known_now(&recorded(before().chain(line)), stream, at);
        let versions = Versions {
            never: known(None),
            as_recorded: known(Some(case.recorded)),
            as_corrected: known(Some(case.corrected)),
        };
        assert_ne!(versions.as_recorded, versions.as_corrected, "{}: nothing is corrected", case.kind);
        let says_nothing = versions.never.timeline == versions.as_recorded.timeline;
        assert_eq!(says_nothing, case.only_the_event_shows_it, "{}", case.kind);
        versions
    }
}

fn amended(case: &Case) {
    let Case { kind, recorded: line, corrected, .. } = case;
    let versions = Versions::of(case);
    let mut memory = recorded(cases::cast().into_iter().chain(case.given.iter().copied()).chain([*line]));
    let at = u64::try_from(memory.events.len()).unwrap();
    let mut then = |command: v1::Command, expected: &Known, what: &str| {
        memory.must_record(vec![command]);
        assert_eq!(known_now(&memory, line.stream, at), *expected, "{kind}: {what}");
        memory.clone()
    };
    let Versions { never, as_recorded, as_corrected } = &versions;
    then(correction(corrected, at), as_corrected, "corrected");
    let gone = then(retraction(line.stream, at), never, "retracted");
    assert_eq!(refused(&gone, correction(line, at)), "ALREADY_RETRACTED", "{kind}");
    assert_eq!(refused(&gone, correction(line, at + 1)), "NOT_CORRECTABLE", "{kind}: a correction");
    assert_eq!(refused(&gone, correction(line, at + 2)), "NOT_CORRECTABLE", "{kind}: a retraction");
    then(retraction(line.stream, at + 2), as_corrected, "the retraction is retracted");
    then(retraction(line.stream, at + 1), as_recorded, "the correction is retracted");
    then(retraction(line.stream, at + 4), as_corrected, "the retraction of the correction is retracted");
    then(correction(line, at), as_recorded, "corrected again, to what was recorded first");
    let all = then(retraction(line.stream, at), never, "corrected twice and retracted");
    for (position, expected) in [(at, as_recorded), (at + 1, as_corrected), (at + 2, never)] {
        let events = &all.events[..usize::try_from(position).unwrap()];
        assert_eq!(
            known(&all.known_at(position), events, line.stream, at),
            *expected,
            "{kind} at {position}"
        );
    }
}

/// A correction is an event of the kind `event_corrected`, a retraction one of `event_retracted`: they are what
/// [`amended`] amends the others with, and their own corrections and retractions are met there with every kind.
const AMENDMENTS: [&str; 2] = ["event_corrected", "event_retracted"];

#[test]
fn every_kind_of_the_schema_is_corrected_retracted_and_brought_back() {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let fact = pool.get_message_by_name("minuted.v1.Fact").unwrap();
    let cases = cases::all();
    let mut met = BTreeSet::new();
    for field in fact.fields().filter(|field| !AMENDMENTS.contains(&field.name())) {
        let of_it: Vec<&Case> = cases.iter().filter(|case| case.kind == field.name()).collect();
        assert!(!of_it.is_empty(), "{} has no case", field.name());
        for case in of_it {
            for line in [&case.recorded, &case.corrected] {
                assert!(line.fact().get(field.json_name()).is_some(), "{} is of another kind", field.name());
            }
            amended(case);
            met.insert(case.kind);
        }
    }
    assert_eq!((met.len() + AMENDMENTS.len(), fact.fields().len()), (41, 41));
}

/// Corrections upon corrections: each that stands last is what is known, and only it can be taken back.
#[test]
fn of_two_corrections_the_last_is_taken_back_first() {
    let join = |dates| Line { dates, ..Line::new("countries/kr", "2010", cases::JOINED) };
    let [first, second, third] = ["2010", "2011", "2012"].map(join);
    let as_if = |line: Line| {
        let memory = recorded(cases::cast().into_iter().chain([line]));
        known_now(&memory, line.stream, u64::try_from(memory.events.len()).unwrap())
    };
    let [first_known, second_known, third_known] = [first, second, third].map(as_if);
    let mut memory = recorded(cases::cast().into_iter().chain([first]));
    let at = u64::try_from(memory.events.len()).unwrap();
    memory.must_record(vec![correction(&second, at)]);
    memory.must_record(vec![correction(&third, at)]);
    assert_eq!(known_now(&memory, first.stream, at), third_known);
    assert_eq!(refused(&memory, retraction(first.stream, at + 1)), "NOT_LAST_CORRECTION");
    for (target, expected) in [(at + 2, &second_known), (at + 3, &third_known), (at + 4, &second_known)] {
        memory.must_record(vec![retraction(first.stream, target)]);
        assert_eq!(known_now(&memory, first.stream, at), *expected, "events/{target} retracted");
        assert_eq!(refused(&memory, retraction(first.stream, target)), "ALREADY_RETRACTED");
    }
    memory.must_record(vec![retraction(first.stream, at + 1)]);
    assert_eq!(known_now(&memory, first.stream, at), first_known);
}
