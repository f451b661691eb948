//! Back to all that a decision rests on, and forward to all that rests on it (the source text's sentence S11).

use std::collections::BTreeMap;

use crate::domain::decision::{Direction, LinkType, neighbours};
use crate::domain::time::When;
use crate::domain::{Name, World};

use super::Languages;
use super::decisions::{DecisionOnDay, decision};

/// A decision in the lineage of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The decision.
    pub decision: DecisionOnDay,
    /// How many links away, by the shortest way; from 1.
    pub depth: u32,
    /// The links between it and others of the lineage that are nearer, in order.
    pub links: Vec<Edge>,
}

/// A link between two decisions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The one that rests on the other.
    pub from: Name,
    /// How.
    pub kind: LinkType,
    /// The other one.
    pub to: Name,
}

/// All that can be reached from a decision, the nearest first, then in the order of their names.
pub fn lineage(
    world: &dyn World,
    name: &Name,
    direction: Direction,
    t: When,
    languages: &Languages,
) -> Vec<Step> {
    let (depths, edges) = walk(world, name, direction);
    let mut found: Vec<(u32, Name)> = depths.iter().map(|(name, depth)| (*depth, name.clone())).collect();
    found.sort();
    let steps = found.into_iter().filter(|(depth, _)| *depth > 0).filter_map(|(depth, name)| {
        let nearer = edges.get(&name).into_iter().flatten();
        let nearer = nearer.filter(|(_, near)| depths.get(near).is_some_and(|other| *other < depth));
        let mut links: Vec<Edge> = nearer.map(|(kind, near)| edge(direction, near, *kind, &name)).collect();
        links.sort();
        Some(Step { decision: decision(world, &name, t, languages)?, depth, links })
    });
    steps.collect()
}

fn edge(direction: Direction, near: &Name, kind: LinkType, far: &Name) -> Edge {
    let (from, to) = match direction {
        Direction::Back => (near, far),
        Direction::Forward => (far, near),
    };
    Edge { from: from.clone(), kind, to: to.clone() }
}

/// How far each is by the shortest way (the decision itself: 0), and the links that lead to each: how, from where.
type Walk = (BTreeMap<Name, u32>, BTreeMap<Name, Vec<(LinkType, Name)>>);

fn walk(world: &dyn World, start: &Name, direction: Direction) -> Walk {
    let mut depths = BTreeMap::from([(start.clone(), 0)]);
    let mut edges: BTreeMap<Name, Vec<(LinkType, Name)>> = BTreeMap::new();
    let mut front = vec![start.clone()];
    let mut depth = 0;
    while !front.is_empty() {
        depth += 1;
        let mut next = Vec::new();
        for near in &front {
            for (kind, far) in neighbours(world, near, direction) {
                edges.entry(far.clone()).or_default().push((kind, near.clone()));
                if !depths.contains_key(&far) {
                    depths.insert(far.clone(), depth);
                    next.push(far);
                }
            }
        }
        front = next;
    }
    (depths, edges)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::example::{Example, day, name};
    use super::*;

    /// `d` derives from `c`, follows `b` and implements `a`; `c` is part of `b`, which follows `a`; `e` superseded `d`.
    fn example() -> Example {
        let mut example = Example::alliance();
        let link = |kind: &str, to: &str| json!({ "type": format!("LINK_TYPE_{kind}"), "to": format!("decisions/{to}") });
        let links: [(&str, Vec<Value>); 5] = [
            ("a", vec![]),
            ("b", vec![link("FOLLOWS", "a")]),
            ("c", vec![link("PART_OF", "b")]),
            ("d", vec![link("DERIVES_FROM", "c"), link("FOLLOWS", "b"), link("IMPLEMENTS", "a")]),
            ("e", vec![]),
        ];
        for (year, (id, links)) in (2010..).zip(links) {
            let recorded = json!({
                "body": "Council",
                "status": "DECISION_STATUS_IN_EFFECT",
                "titles": { "en": id },
                "links": links,
            });
            example.say(&format!("decisions/{id}"), &year.to_string(), "decisionRecorded", recorded);
        }
        example.say("decisions/d", "2015", "decisionSuperseded", json!({ "by": "decisions/e" }));
        example
    }

    fn traced(id: &str, direction: Direction) -> Vec<String> {
        let (example, en) = (example(), Languages::default());
        let steps = lineage(&example.world, &name(id), direction, day("2020"), &en);
        let steps = steps.into_iter().map(|Step { decision, depth, links }| {
            let links =
                links.iter().map(|link| format!("{} {:?} {}", link.from.id(), link.kind, link.to.id()));
            format!("{} {depth}: {}", decision.name.id(), links.collect::<Vec<_>>().join(", "))
        });
        steps.collect()
    }

    #[test]
    fn the_nearest_come_first_by_the_shortest_way() {
        assert_eq!(
            traced("decisions/e", Direction::Back),
            ["d 1: e Supersedes d", "a 2: d Implements a", "b 2: d Follows b", "c 2: d DerivesFrom c"]
        );
        assert_eq!(
            traced("decisions/a", Direction::Forward),
            ["b 1: b Follows a", "d 1: d Implements a", "c 2: c PartOf b", "e 2: e Supersedes d"]
        );
    }
}
