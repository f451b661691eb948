//! The sample data, and what is refused after it: read, decided and folded without a server.
//!
//! 1. Every record of the sample is accepted, in its order.
//! 2. Each case of `tests/data/refusals.jsonl` is refused for its reason, or accepted, whatever the others did.
//! 3. What `tests/data/answers.jsonl` records before its questions is accepted.

mod sample;

use std::collections::BTreeSet;

use minuted::domain::Refusal;
use minuted::position::Position;
use minuted::wire::json;
use sample::{Memory, Refused, commands, lines};
use serde_json::Value;

const RECORDS: usize = 424;

/// The commands that made the events that would no longer hold.
fn broken(memory: &Memory, refusal: &Refusal) -> BTreeSet<String> {
    let events = refusal.violations.iter().filter_map(|violation| violation.event);
    let of = |position: Position| memory.events.iter().find(|event| event.position == position);
    events.filter_map(of).map(|event| event.command_id.to_string()).collect()
}

#[test]
fn every_record_of_the_sample_is_accepted() {
    assert_eq!(Memory::sample().events.len(), RECORDS);
}

#[test]
fn each_case_is_decided_as_it_says() {
    let sample = Memory::sample();
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
            (refusal.reason.text(), broken(&memory, &refusal))
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
    let sample = Memory::sample();
    for case in lines(include_str!("data/answers.jsonl")) {
        sample.clone().set_up(&case);
    }
}

#[test]
fn the_sample_is_in_canonical_json() {
    for line in include_str!("data/partnerships.jsonl").lines() {
        let command = json::command_from_json(line).unwrap();
        assert_eq!(json::to_json("minuted.v1.Command", &command, false), line);
    }
}
