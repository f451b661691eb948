//! The lineage of decisions: what rests on what, by every link and by every supersession (DOMAIN.md §9, read model 8).
//!
//! 1. It has no cycle.
//! 2. What derives, implements, follows or supersedes points to a decision not later.

use std::collections::BTreeSet;

use super::{DecisionTimeline, LinkType};
use crate::domain::breach::{Against, Breaches, Reason};
use crate::domain::name::{Collection, Name};
use crate::domain::time::When;
use crate::domain::world::World;
use crate::position::Position;

impl DecisionTimeline {
    pub(super) fn ask_lineage(&self, me: &Name, world: &dyn World, out: &mut Breaches) {
        let edges = self.edges(me);
        if edges.is_empty() {
            return;
        }
        for (event, from, kind, to) in edges {
            if from == to || reach(world, &to, Direction::Back).contains(&from) {
                let against =
                    vec![Against { name: to.clone(), event: None, says: format!("rests on {from}") }];
                out.add(me, Reason::LineageCycle, event, against);
            }
            let (Some(newer), Some(older)) = (taken_on(world, &from), taken_on(world, &to)) else { continue };
            if kind.looks_back() && older.by(newer).is_no() {
                let against =
                    vec![Against { name: to.clone(), event: None, says: format!("taken only on {older}") }];
                out.add(me, Reason::LineageBackwards, event, against);
            }
        }
    }

    /// The links that its stream records: event, from, how, to.
    pub(super) fn edges(&self, me: &Name) -> Vec<(Position, Name, LinkType, Name)> {
        let links = self.links.iter().map(|(event, link)| (*event, me.clone(), link.kind, link.to.clone()));
        let by = self.outs.iter().filter_map(|out| {
            out.by.as_ref().map(|by| (out.mark.event, by.clone(), LinkType::Supersedes, me.clone()))
        });
        links.chain(by).collect()
    }
}

fn taken_on(world: &dyn World, decision: &Name) -> Option<When> {
    world.stream(decision)?.timeline.decision()?.taken_on()
}

/// Which way to go along the lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To what a decision rests on.
    Back,
    /// To what rests on a decision.
    Forward,
}

/// The decisions one link away, and how they are linked.
pub fn neighbours(world: &dyn World, decision: &Name, direction: Direction) -> Vec<(LinkType, Name)> {
    let own = world.stream(decision);
    let own = own.as_ref().and_then(|stream| stream.timeline.decision());
    let mut found: Vec<(LinkType, Name)> = match (direction, own) {
        (_, None) => Vec::new(),
        (Direction::Back, Some(own)) => {
            own.links.iter().map(|(_, link)| (link.kind, link.to.clone())).collect()
        }
        (Direction::Forward, Some(own)) => {
            own.outs.iter().filter_map(|out| Some((LinkType::Supersedes, out.by.clone()?))).collect()
        }
    };
    for other in world.referrers(decision, Collection::Decisions) {
        let Some(stream) = world.stream(&other) else { continue };
        let Some(timeline) = stream.timeline.decision() else { continue };
        match direction {
            Direction::Back if timeline.outs.iter().any(|out| out.by.as_ref() == Some(decision)) => {
                found.push((LinkType::Supersedes, other));
            }
            Direction::Back => {}
            Direction::Forward => {
                let links = timeline.links.iter().filter(|(_, link)| link.to == *decision);
                found.extend(links.map(|(_, link)| (link.kind, other.clone())));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Every decision that can be reached, itself only through a cycle.
pub fn reach(world: &dyn World, decision: &Name, direction: Direction) -> BTreeSet<Name> {
    let mut found = BTreeSet::new();
    let mut to_visit = vec![decision.clone()];
    while let Some(name) = to_visit.pop() {
        for (_, next) in neighbours(world, &name, direction) {
            if found.insert(next.clone()) {
                to_visit.push(next);
            }
        }
    }
    found
}
