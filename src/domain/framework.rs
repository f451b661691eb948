//! Frameworks: the formats in which partnership is organised.

use serde::{Deserialize, Serialize};

use super::breach::{Breaches, Reason};
use super::fact::Recorded;
use super::name::{Collection, Name};
use super::stream::Timeline;
use super::text::Localized;
use super::time::{Spells, Valid};
use super::world::World;

/// What is recorded of a framework.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameworkFact {
    /// It was established.
    Established {
        /// Its names.
        names: Localized,
        /// It is held beside another: it counts neither for being a partner nor in a meeting's class.
        overlay: bool,
    },
    /// It was closed.
    Closed {
        /// Why, if it is known.
        reason: String,
    },
}

impl FrameworkFact {
    /// The kind's name in the schema.
    pub fn kind(&self) -> &'static str {
        match self {
            FrameworkFact::Established { .. } => "framework_established",
            FrameworkFact::Closed { .. } => "framework_closed",
        }
    }
}

/// A framework's life.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameworkTimeline {
    /// Its names.
    pub names: Localized,
    /// It is held beside another.
    pub overlay: bool,
    /// From its establishment to its closing.
    pub life: Spells,
    /// When it was established, as recorded.
    pub established: Valid,
    /// When it was closed, as recorded.
    pub closed: Option<Valid>,
}

impl Timeline for FrameworkTimeline {
    type Fact = FrameworkFact;

    fn evolve(&mut self, event: Recorded<'_, FrameworkFact>) {
        match event.fact {
            FrameworkFact::Established { names, overlay } => {
                self.names.clone_from(names);
                self.overlay = *overlay;
                self.established = event.valid.clone();
                self.life.begin(event.position, event.valid.begin(), None);
            }
            FrameworkFact::Closed { reason: _ } => {
                self.closed = Some(event.valid.clone());
                self.life.end(event.position, event.valid.begin());
            }
        }
    }

    fn rules(&self, me: &Name, _world: &dyn World, out: &mut Breaches) {
        out.ask_spells(me, &self.life, Reason::BadTransition, Reason::BadTransition);
    }

    fn dependents(&self, me: &Name, before: &Self, world: &dyn World) -> Vec<Name> {
        if self.life == before.life && self.overlay == before.overlay {
            return Vec::new();
        }
        // Tenures rest on it, and participations on the standing that the tenures give.
        let holders =
            [Collection::Countries, Collection::Organisations].map(|c| world.referrers(me, c)).concat();
        let activities = holders.iter().flat_map(|actor| world.referrers(actor, Collection::Activities));
        let offers = world.referrers(me, Collection::Activities);
        activities.chain(offers).chain(holders.iter().cloned()).collect()
    }
}
