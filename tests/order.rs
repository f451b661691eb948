//! The sample recorded in other orders: facts arrive late, and every answer is the same all the same.
//!
//! 1. Whatever the order, all records get in: one that is refused is sent again, unchanged, once others are recorded.
//! 2. Every answer about every sampled day is then that of the sample's own order, the events' positions apart.

mod sample;

use std::collections::BTreeMap;
use std::fmt::Debug;

use minuted::domain::decision::Direction;
use minuted::domain::time::{PartialDate, When};
use minuted::domain::{Collection, World};
use minuted::projections::{
    Languages, activities, actors, agreements, areas, contributors, decisions, externals, frameworks,
    lineage, meetings, operations, standing,
};
use minuted::proto::v1;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use sample::Memory;

const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// Days between those on which something changes, days on which something does, and inexact ones.
const DAYS: [&str; 9] = [
    "1996-06-15",
    "2000",
    "2008-04-03",
    "2011",
    "2011-04-15",
    "2011-09",
    "2014-12-28",
    "2022-03-16",
    "2026-10-01",
];

/// Records them in this order, each alone, and those that are refused again after the others; what gets in only
/// together (a tenure of the past beside a later one: its beginning with its end) at last as one request.
fn record_all(commands: Vec<v1::Command>) -> Memory {
    let mut memory = Memory::default();
    let mut waiting = commands;
    loop {
        let before = waiting.len();
        waiting.retain(|command| memory.record(vec![command.clone()]).is_err());
        if waiting.is_empty() {
            return memory;
        }
        if waiting.len() == before {
            memory.must_record(waiting);
            return memory;
        }
    }
}

/// Every answer, one a line.
struct Answers<'a> {
    of: &'a Memory,
    lines: Vec<String>,
}

impl Answers<'_> {
    /// All answers that depend on no day, and those on each sampled day.
    fn all(of: &Memory) -> Vec<String> {
        let mut answers = Answers { of, lines: Vec::new() };
        answers.timeless();
        for day in DAYS {
            answers.on(day);
        }
        answers.lines
    }

    fn say(&mut self, question: &str, answers: impl IntoIterator<Item = impl Debug>) {
        self.lines.extend(answers.into_iter().map(|answer| format!("{question} {answer:?}")));
    }

    fn timeless(&mut self) {
        let (world, en) = (&self.of.snapshot, &Languages::default());
        self.say("area", areas::areas(world, en, None, None));
        let filter = meetings::Filter::default();
        self.say("meeting", meetings::meetings(world, en, &filter, None));
        let always = meetings::Range::ALWAYS;
        self.say("without agreement", externals::externals_without_agreement(world, en, always, None, None));
        for name in world.names(Collection::Contributions) {
            self.say("contribution", operations::contribution(world, &name, None));
        }
    }

    fn on(&mut self, day: &str) {
        let (world, en) = (&self.of.snapshot, &Languages::default());
        let t: When = day.parse::<PartialDate>().unwrap().when();
        let about = |what: &str| format!("{day} {what}");
        self.say(&about("standing"), [standing::standing(world, t, en)]);
        let (actor, agreement) = (actors::Filter::default(), agreements::Filter::default());
        self.say(&about("actor"), actors::actors(world, t, en, &actor, None));
        self.say(&about("framework"), frameworks::frameworks(world, t, en, false, None));
        self.say(&about("agreement"), agreements::agreements(world, t, en, &agreement, None));
        let (decision, activity) = (decisions::Filter::default(), activities::Filter::default());
        self.say(&about("decision"), decisions::decisions(world, t, en, &decision, None));
        self.say(&about("activity"), activities::activities(world, t, en, &activity, None));
        self.say(&about("operation"), operations::operations(world, t, en, false, None));
        let (contribution, choice) =
            (operations::ContributionFilter::default(), areas::ChoiceFilter::default());
        self.say(&about("contribution"), operations::contributions(world, t, &contribution, None));
        self.say(&about("choice"), areas::choices(world, t, en, &choice, None));
        for operation in world.names(Collection::Operations) {
            let found = contributors::contributors(world, &operation, t, false, en);
            self.say(&about("contributors"), [(operation, found)]);
        }
        for decision in world.names(Collection::Decisions) {
            for direction in [Direction::Back, Direction::Forward] {
                self.say(&about("lineage"), [lineage::lineage(world, &decision, direction, t, en)]);
            }
        }
    }
}

/// With every event called by the command that made it: its position is the one thing that depends on the order.
fn without_positions(memory: &Memory) -> Vec<String> {
    let commands: BTreeMap<String, String> = memory
        .events
        .iter()
        .map(|event| (event.position.to_string(), event.command_id.to_string()))
        .collect();
    let named = |line: String| {
        let mut parts = line.split_inclusive(['(', '/']);
        let mut named = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let is_event = named.ends_with("Position(") || named.ends_with("events/");
            match commands.get(&part[..digits]).filter(|_| is_event) {
                Some(command) => named.extend([command, &part[digits..]]),
                None => named.push_str(part),
            }
        }
        named
    };
    Answers::all(memory).into_iter().map(named).collect()
}

#[test]
fn any_order_that_the_rules_accept_ends_in_the_same_answers() {
    let straight = Memory::sample();
    let expected = without_positions(&straight);
    assert!(expected.len() > 2_000, "{} answers are hardly all", expected.len());
    for seed in SEEDS {
        let mut commands = sample::sample();
        commands.shuffle(&mut SmallRng::seed_from_u64(seed));
        let shuffled = record_all(commands);
        assert_eq!(shuffled.events.len(), straight.events.len());
        let late = shuffled.events.iter().zip(&straight.events).filter(|(a, b)| a.command_id != b.command_id);
        assert!(late.count() > 300, "seed {seed} is hardly another order");
        let found = without_positions(&shuffled);
        let wrong: Vec<String> = expected
            .iter()
            .zip(&found)
            .filter(|(expected, found)| expected != found)
            .map(|(expected, found)| format!("  expected {expected}\n  found    {found}"))
            .collect();
        assert_eq!(expected.len(), found.len());
        assert!(
            wrong.is_empty(),
            "seed {seed}: {} of {} differ:\n{}",
            wrong.len(),
            expected.len(),
            wrong.join("\n")
        );
    }
}
