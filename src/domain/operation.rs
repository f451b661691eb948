//! Operations, to which actors contribute.

use serde::{Deserialize, Serialize};

use super::breach::{Breaches, Reason};
use super::fact::{Dating, Recorded};
use super::name::{Collection, Name};
use super::stream::Timeline;
use super::text::Localized;
use super::time::{Spells, Valid};
use super::world::World;

/// What is recorded of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperationFact {
    /// It was launched.
    Launched {
        /// Its names.
        names: Localized,
        /// The actor that leads it.
        lead: Option<Name>,
    },
    /// It ended.
    Ended {
        /// Why, if it is known.
        reason: String,
    },
}

impl OperationFact {
    /// The kind's name in the schema.
    pub fn kind(&self) -> &'static str {
        match self {
            OperationFact::Launched { .. } => "operation_launched",
            OperationFact::Ended { .. } => "operation_ended",
        }
    }

    pub(super) fn dating(&self) -> Dating {
        match self {
            OperationFact::Launched { .. } => Dating::Spell,
            OperationFact::Ended { .. } => Dating::Day,
        }
    }

    pub(super) fn mentions(&self) -> Vec<&Name> {
        match self {
            OperationFact::Launched { lead, names: _ } => lead.iter().collect(),
            OperationFact::Ended { reason: _ } => Vec::new(),
        }
    }
}

/// An operation's life.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationTimeline {
    /// Its names.
    pub names: Localized,
    /// The actor that leads it.
    pub lead: Option<Name>,
    /// From its launch to its end.
    pub life: Spells,
    /// Its launch, as recorded.
    pub launched: Valid,
    /// Its end, where it is recorded apart.
    pub ended: Option<Valid>,
}

impl Timeline for OperationTimeline {
    type Fact = OperationFact;

    fn evolve(&mut self, event: Recorded<'_, OperationFact>) {
        match event.fact {
            OperationFact::Launched { names, lead } => {
                self.names.clone_from(names);
                self.lead.clone_from(lead);
                self.launched = event.valid.clone();
                self.life.begin(event.position, event.valid.begin(), event.valid.end());
            }
            OperationFact::Ended { reason: _ } => {
                self.ended = Some(event.valid.clone());
                self.life.end(event.position, event.valid.begin());
            }
        }
    }

    fn rules(&self, me: &Name, _world: &dyn World, out: &mut Breaches) {
        out.ask_spells(me, &self.life, Reason::BadTransition, Reason::BadTransition);
    }

    fn dependents(&self, me: &Name, before: &Self, world: &dyn World) -> Vec<Name> {
        if self.life == before.life { Vec::new() } else { world.referrers(me, Collection::Contributions) }
    }
}
