//! Areas of cooperation: an open taxonomy without a cycle.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::breach::{Breaches, Reason};
use super::fact::Recorded;
use super::name::{Collection, Name};
use super::stream::Timeline;
use super::text::Localized;
use super::world::World;
use crate::position::Position;

/// What is recorded of an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AreaFact {
    /// It is defined.
    Defined {
        /// Its names.
        names: Localized,
        /// The area that it is part of.
        parent: Option<Name>,
    },
}

/// An area's place in the taxonomy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaTimeline {
    /// Its names.
    pub names: Localized,
    /// The area that it is part of.
    pub parent: Option<Name>,
    defined: Option<Position>,
}

impl Timeline for AreaTimeline {
    type Fact = AreaFact;

    fn evolve(&mut self, event: Recorded<'_, AreaFact>) {
        let AreaFact::Defined { names, parent } = event.fact;
        self.names.clone_from(names);
        self.parent.clone_from(parent);
        self.defined = Some(event.position);
    }

    fn rules(&self, me: &Name, world: &dyn World, out: &mut Breaches) {
        let in_cycle =
            self.parent.as_ref().is_some_and(|parent| parent == me || ancestors(world, parent).contains(me));
        if let (true, Some(event)) = (in_cycle, self.defined) {
            out.add(me, Reason::LineageCycle, event, Vec::new());
        }
    }

    fn dependents(&self, me: &Name, before: &Self, world: &dyn World) -> Vec<Name> {
        if self.parent == before.parent { Vec::new() } else { descendants(world, me).into_iter().collect() }
    }
}

/// The parent of an area.
fn parent(world: &dyn World, area: &Name) -> Option<Name> {
    world.stream(area)?.timeline.area()?.parent.clone()
}

/// Its parent, the parent's parent and so on, the nearest first; each once, should they be a cycle.
pub fn ancestors(world: &dyn World, area: &Name) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    let mut next = parent(world, area);
    while let Some(name) = next.filter(|name| !found.contains(name)) {
        next = parent(world, &name);
        found.push(name);
    }
    found
}

/// Every area that is part of it, at any depth.
pub fn descendants(world: &dyn World, area: &Name) -> BTreeSet<Name> {
    let mut found = BTreeSet::new();
    let mut to_visit = vec![area.clone()];
    while let Some(name) = to_visit.pop() {
        for child in world.referrers(&name, Collection::Areas) {
            if parent(world, &child).as_ref() == Some(&name) && found.insert(child.clone()) {
                to_visit.push(child);
            }
        }
    }
    found
}
