//! Deciding: put the facts of a request on the timelines, ask the rules of what results, refuse or return the changes.
//!
//! 1. A change is accepted if the history that results breaks no rule that it did not break before; a batch is judged
//!    as a whole, at its end.
//! 2. One reason is given: the first in the order of [`Reason`], of names in field order; everything that stands in the
//!    way is listed.
//! 3. What is asked: the streams written, and what elsewhere rests on them before or after the change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::breach::Reason;
use super::fact::{Command, CommandId, Content, Event, Version};
use super::name::Name;
use super::stream::Stream;
use super::time::Day;
use super::world::Record;
use crate::position::Position;

mod batch;

use batch::Batch;

/// When and by whom a request is decided.
#[derive(Clone, Debug)]
pub struct Now {
    /// By the server's clock.
    pub at: Timestamp,
    /// The authenticated caller.
    pub by: Arc<str>,
}

impl Now {
    /// The latest date that it is anywhere (UTC+14): what begins after it lies in the future for all.
    fn latest_today(&self) -> Day {
        self.at.to_zoned_datetime(TimeZone::fixed(Offset::constant(14))).date().into()
    }
}

/// Where the event of a command stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The command.
    pub command_id: CommandId,
    /// The stream.
    pub name: Name,
    /// The event's place in the log.
    pub position: Position,
    /// The event's place in its stream.
    pub version: Version,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// It was recorded before this request.
    pub already_recorded: bool,
}

/// What a request that is accepted changes.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The new events, in order.
    pub events: Vec<Event>,
    /// One a command, in the order of the request.
    pub outcomes: Vec<Outcome>,
    /// Every stream that is written, as it becomes.
    pub streams: BTreeMap<Name, Arc<Stream>>,
    /// Who refers to whom from now on: (named, by).
    pub references: BTreeSet<(Name, Name)>,
    /// The alliance, where this request is the first to name it.
    pub alliance: Option<Name>,
    /// Decisions that carry `EQUAL_ACCESS`.
    pub equal_access: BTreeSet<Name>,
}

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub reason: Reason,
    /// The command of the request, where it is one.
    pub command: Option<usize>,
    /// The event that is recorded and would no longer hold, where it is one.
    pub event: Option<Position>,
    /// The resource.
    pub subject: String,
    /// What is wrong with it.
    pub says: String,
}

/// Why nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", .reason.text(), .violations.first().map_or("", |v| v.says.as_str()))]
pub struct Refusal {
    /// The first in the order of [`Reason`].
    pub reason: Reason,
    /// All that stands in the way.
    pub violations: Vec<Violation>,
}

impl Refusal {
    fn new(reason: Reason, violations: Vec<Violation>) -> Refusal {
        Refusal { reason, violations }
    }
}

/// Decides on a request: what it changes, or why it is refused.
pub fn decide(record: &dyn Record, commands: &[Command], now: &Now) -> Result<Changes, Refusal> {
    let (seen, reused) = recognise(record, commands);
    let mut batch = Batch::new(record);
    for (index, command) in commands.iter().enumerate() {
        if matches!(seen[index], Seen::New) {
            batch.put(index, command, now);
        }
    }
    let before_rules = refused_if_any(Reason::CommandIdReused, reused)
        .and_then(|()| check_versions(record, commands, &seen))
        .and_then(|()| batch.check_names())
        .and_then(|()| batch.check_first_problem());
    match before_rules {
        Ok(()) => batch.check_rules()?,
        Err(refusal) => return Err(batch.malformed().unwrap_or(refusal)),
    }
    let outcomes = commands.iter().zip(&seen).map(|(command, seen)| batch.outcome(command, seen)).collect();
    Ok(Changes { outcomes, ..batch.changes })
}

/// Whether a command was seen before.
enum Seen {
    New,
    Recorded(Box<Event>),
    /// Earlier in this request.
    Twice,
    /// With other content.
    Reused,
}

/// Which commands were seen before, and what is wrong with those whose content was another.
fn recognise(record: &dyn Record, commands: &[Command]) -> (Vec<Seen>, Vec<Violation>) {
    let mut seen = Vec::with_capacity(commands.len());
    let mut violations = Vec::new();
    let mut earlier: BTreeMap<CommandId, &Command> = BTreeMap::new();
    for (index, command) in commands.iter().enumerate() {
        let same = |name: &Name, content: &Content| *name == command.name && *content == command.content;
        let mut reused = |says: String| {
            let subject = command.name.to_string();
            let reason = Reason::CommandIdReused;
            violations.push(Violation { reason, command: Some(index), event: None, subject, says });
            Seen::Reused
        };
        seen.push(match (record.event_of(command.id), earlier.get(&command.id)) {
            (Some(event), _) if same(&event.name, &event.content) => Seen::Recorded(Box::new(event)),
            (Some(event), _) => reused(format!(
                "command_id {} made events/{} of {} with other content; use a new UUID for a new command",
                command.id, event.position, event.name
            )),
            (None, Some(first)) if same(&first.name, &first.content) => Seen::Twice,
            (None, Some(_)) => {
                reused(format!("command_id {} is twice in this request, with other content", command.id))
            }
            (None, None) => {
                earlier.insert(command.id, command);
                Seen::New
            }
        });
    }
    (seen, violations)
}

fn refused_if_any(reason: Reason, violations: Vec<Violation>) -> Result<(), Refusal> {
    if violations.is_empty() { Ok(()) } else { Err(Refusal::new(reason, violations)) }
}

fn check_versions(record: &dyn Record, commands: &[Command], seen: &[Seen]) -> Result<(), Refusal> {
    let mut versions: BTreeMap<&Name, Version> = BTreeMap::new();
    let mut violations = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        if !matches!(seen[index], Seen::New) {
            continue;
        }
        let stored = || record.stream(&command.name).map_or(Version::default(), |stream| stream.version());
        let version = versions.entry(&command.name).or_insert_with(stored);
        if command.expected_version.is_some_and(|expected| expected != *version) {
            violations.push(Violation {
                reason: Reason::VersionConflict,
                command: Some(index),
                event: None,
                subject: command.name.to_string(),
                says: format!("the stream is at version {version}; read it again and decide anew"),
            });
        }
        *version = Version(version.0 + 1);
    }
    refused_if_any(Reason::VersionConflict, violations)
}
