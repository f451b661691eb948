//! What became of intentions (DOMAIN.md §9, read model 8): each with how it ended, the first that is true.
//!
//! 1. Put in effect itself; carried out by decisions in effect on any day that derive from it or implement it; part, at
//!    any depth, of an intention that was either; lapsed; superseded; or open.
//! 2. How an intention ended does not depend on the day that is asked about.
//! 3. Where dates leave it open, every outcome up to the first that is certain is possible.

use crate::domain::decision::{DecisionTimeline, Direction, LinkType, neighbours};
use crate::domain::time::{Truth, When};
use crate::domain::{Collection, Name, World};

use super::decisions::{DecisionOnDay, decision, in_effect_since, out_of_effect};
use super::{Languages, known, names};

/// An intention and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intention {
    /// The decision, on the day that was asked about.
    pub decision: DecisionOnDay,
    /// How it ended: the certain outcome alone, else every one that is possible.
    pub outcomes: Vec<Ended>,
}

/// How an intention can end, in the order in which it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Put in effect itself.
    PutInEffect,
    /// Carried out by other decisions.
    CarriedOut,
    /// Part of an intention that was put in effect or carried out.
    PartOf,
    /// Lapsed.
    Lapsed,
    /// Superseded.
    Superseded,
    /// None of these.
    Open,
}

/// How an intention ended, or may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// YES: it is the only one.
    pub truth: Truth,
    /// By or of which decisions, in the order of their names.
    pub decisions: Vec<Name>,
    /// The dates that say so, or that leave it open.
    pub dates: Vec<String>,
}

/// The intentions beyond `after`, in the order of their names; `outcome`: only those that may have ended so.
pub fn intentions<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    outcome: Option<Outcome>,
    after: Option<&Name>,
) -> impl Iterator<Item = Intention> + use<'a> {
    let found = names(world, Collection::Decisions, after);
    let found = found.filter_map(move |name| intention(world, &name, t, languages));
    found.filter(move |found| outcome.is_none_or(|asked| found.outcomes.iter().any(|e| e.outcome == asked)))
}

fn intention(world: &dyn World, name: &Name, t: When, languages: &Languages) -> Option<Intention> {
    let decision = decision(world, name, t, languages).filter(|decision| !decision.taken.in_effect)?;
    Some(Intention { decision, outcomes: outcomes(world, name) })
}

fn outcomes(world: &dyn World, name: &Name) -> Vec<Ended> {
    with_timeline(world, name, |timeline| {
        let out = |outcome, superseded| {
            let by = timeline.outs.iter().filter(|out| out.by.is_some() == superseded);
            let decisions = sorted(by.filter_map(|out| out.by.clone()).collect());
            let date = out_of_effect(timeline, superseded);
            let truth = Truth::from(!date.is_empty());
            Ended { outcome, truth, decisions, dates: dated(name, outcome, &date) }
        };
        let all = [
            put_in_effect(name, timeline),
            carried_out(world, name),
            part_of(world, name),
            out(Outcome::Lapsed, false),
            out(Outcome::Superseded, true),
            Ended { outcome: Outcome::Open, truth: Truth::Yes, decisions: Vec::new(), dates: Vec::new() },
        ];
        first_that_is_true(all)
    })
    .unwrap_or_default()
}

/// Up to the first that is certain; this one is only possible where one before it is.
fn first_that_is_true(all: impl IntoIterator<Item = Ended>) -> Vec<Ended> {
    let mut found: Vec<Ended> = Vec::new();
    for ended in all.into_iter().filter(|ended| ended.truth.may_be()) {
        let is_certain = ended.truth.is_yes();
        let truth = if found.is_empty() { ended.truth } else { Truth::Possibly };
        found.push(Ended { truth, ..ended });
        if is_certain {
            break;
        }
    }
    found
}

fn put_in_effect(name: &Name, timeline: &DecisionTimeline) -> Ended {
    let (outcome, since) = (Outcome::PutInEffect, in_effect_since(timeline));
    let truth = Truth::from(!since.is_empty());
    Ended { outcome, truth, decisions: Vec::new(), dates: dated(name, outcome, &since) }
}

/// By the decisions that derive from it or implement it and were in effect on some day.
fn carried_out(world: &dyn World, name: &Name) -> Ended {
    let mut ended =
        Ended { outcome: Outcome::CarriedOut, truth: Truth::No, decisions: Vec::new(), dates: Vec::new() };
    let linked = neighbours(world, name, Direction::Forward).into_iter();
    let linked = linked.filter(|(kind, _)| matches!(kind, LinkType::DerivesFrom | LinkType::Implements));
    let mut carriers: Vec<(Name, Truth, Vec<String>)> = sorted(linked.map(|(_, other)| other).collect())
        .into_iter()
        .filter_map(|other| {
            let (truth, dates) = with_timeline(world, &other, |timeline| in_effect(&other, timeline))?;
            truth.may_be().then_some((other, truth, dates))
        })
        .collect();
    ended.truth = Truth::any(carriers.iter().map(|(_, truth, _)| *truth));
    carriers.retain(|(_, truth, _)| *truth == ended.truth);
    for (other, _, dates) in carriers {
        ended.decisions.push(other);
        ended.dates.extend(dates);
    }
    ended
}

/// Whether a decision was in effect on some day, with the dates that say so or leave it open.
fn in_effect(name: &Name, timeline: &DecisionTimeline) -> (Truth, Vec<String>) {
    let truth = timeline.ever_in_effect();
    let mut dates = vec![format!("{name} in effect from {}", in_effect_since(timeline))];
    if truth == Truth::Possibly {
        for superseded in [true, false] {
            let date = out_of_effect(timeline, superseded);
            if !date.is_empty() {
                dates.push(format!("{name} no longer from {date}"));
            }
        }
    }
    (truth, dates)
}

/// Of the intentions, at any depth, that were put in effect or carried out.
fn part_of(world: &dyn World, name: &Name) -> Ended {
    let mut wholes: Vec<(Name, Ended)> = wholes(world, name)
        .into_iter()
        .filter_map(|whole| {
            let ended = with_timeline(world, &whole, |timeline| {
                let is_intention = timeline.taken.as_ref().is_some_and(|taken| !taken.in_effect);
                let ways = [put_in_effect(&whole, timeline), carried_out(world, &whole)];
                ways.into_iter().filter(|_| is_intention).max_by_key(|ended| (ended.truth, ended.outcome))
            })??;
            ended.truth.may_be().then_some((whole, ended))
        })
        .collect();
    let truth = Truth::any(wholes.iter().map(|(_, ended)| ended.truth));
    wholes.retain(|(_, ended)| ended.truth == truth);
    let mut found = Ended { outcome: Outcome::PartOf, truth, decisions: Vec::new(), dates: Vec::new() };
    for (whole, ended) in wholes {
        found.decisions.push(whole);
        found
            .dates
            .extend(ended.dates.into_iter().filter(|date| !found.dates.contains(date)).collect::<Vec<_>>());
    }
    found
}

/// All that a decision is part of, at any depth, in the order of their names.
fn wholes(world: &dyn World, name: &Name) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    let mut to_visit = vec![name.clone()];
    while let Some(part) = to_visit.pop() {
        for (kind, whole) in neighbours(world, &part, Direction::Back) {
            if kind == LinkType::PartOf && whole != *name && !found.contains(&whole) {
                found.push(whole.clone());
                to_visit.push(whole);
            }
        }
    }
    sorted(found)
}

fn dated(name: &Name, outcome: Outcome, date: &str) -> Vec<String> {
    let what = match outcome {
        Outcome::PutInEffect => "in effect from",
        Outcome::Lapsed => "lapsed",
        Outcome::Superseded => "superseded",
        Outcome::CarriedOut | Outcome::PartOf | Outcome::Open => return Vec::new(),
    };
    if date.is_empty() { Vec::new() } else { vec![format!("{name} {what} {date}")] }
}

fn with_timeline<T>(world: &dyn World, name: &Name, ask: impl FnOnce(&DecisionTimeline) -> T) -> Option<T> {
    let stream = known(world, name)?;
    stream.timeline.decision().map(ask)
}

fn sorted(mut names: Vec<Name>) -> Vec<Name> {
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day};
    use super::*;

    /// What `deed` implements the intention `hope`, of which `part` is a part, and of that `small`.
    fn example(deed_in_effect: bool) -> Example {
        let mut example = Example::alliance();
        let mut take = |id: &str, date: &str, in_effect: bool, link: Option<(&str, &str)>| {
            let links = link.map(
                |(kind, to)| json!({ "type": format!("LINK_TYPE_{kind}"), "to": format!("decisions/{to}") }),
            );
            let status = if in_effect { "IN_EFFECT" } else { "INTENDED" };
            let recorded = json!({
                "body": "Council",
                "status": format!("DECISION_STATUS_{status}"),
                "titles": { "en": id },
                "links": links.into_iter().collect::<Vec<_>>(),
            });
            example.say(&format!("decisions/{id}"), date, "decisionRecorded", recorded);
        };
        take("hope", "2010", false, None);
        take("part", "2010", false, Some(("PART_OF", "hope")));
        take("small", "2010", false, Some(("PART_OF", "part")));
        take("deed", "2011-04", deed_in_effect, Some(("IMPLEMENTS", "hope")));
        example
    }

    fn ended(example: &Example) -> Vec<String> {
        let en = Languages::default();
        let found = intentions(&example.world, day("2020"), &en, None, None);
        found
            .map(|Intention { decision, outcomes }| {
                let outcomes = outcomes.iter().map(|ended| {
                    let by: Vec<_> = ended.decisions.iter().map(Name::id).collect();
                    format!("{:?} {:?} {}", ended.outcome, ended.truth, by.join(" "))
                });
                format!("{}: {}", decision.name.id(), outcomes.collect::<Vec<_>>().join(", "))
            })
            .collect()
    }

    #[test]
    fn promise_1_what_implements_it_carries_it_out_with_its_parts() {
        let done = ["hope: CarriedOut Yes deed", "part: PartOf Yes hope", "small: PartOf Yes hope"];
        assert_eq!(ended(&example(true)), done);
        let open = ["deed: Open Yes ", "hope: Open Yes ", "part: Open Yes ", "small: Open Yes "];
        assert_eq!(ended(&example(false)), open);
    }

    #[test]
    fn promise_1_the_first_that_is_true_counts() {
        let mut example = example(false);
        example.say("decisions/part", "2012", "decisionLapsed", json!({}));
        example.say("decisions/hope", "2013", "decisionSuperseded", json!({ "by": "decisions/deed" }));
        let expected =
            ["deed: Open Yes ", "hope: Superseded Yes deed", "part: Lapsed Yes ", "small: Open Yes "];
        assert_eq!(ended(&example), expected);
        example.say("decisions/deed", "2012", "decisionPutInEffect", json!({}));
        let expected = [
            "deed: PutInEffect Yes ",
            "hope: CarriedOut Yes deed",
            "part: PartOf Yes hope",
            "small: PartOf Yes hope",
        ];
        assert_eq!(ended(&example), expected);
    }

    #[test]
    fn promise_3_a_deed_that_may_never_have_been_in_effect_leaves_it_open() {
        let mut example = example(true);
        example.say("decisions/deed", "2011-04", "decisionLapsed", json!({}));
        let expected = [
            "hope: CarriedOut Possibly deed, Open Possibly ",
            "part: PartOf Possibly hope, Open Possibly ",
            "small: PartOf Possibly hope, Open Possibly ",
        ];
        assert_eq!(ended(&example), expected);
        let en = Languages::default();
        let found = intentions(&example.world, day("2020"), &en, Some(Outcome::CarriedOut), None);
        let dates: Vec<_> = found.flat_map(|found| found.outcomes[0].dates.clone()).collect();
        assert_eq!(dates, ["decisions/deed in effect from 2011-04", "decisions/deed no longer from 2011-04"]);
    }
}
