//! Contributions of an actor to an operation, militarily or otherwise.
//!
//! 1. Every recorded one counts, accepted or not.
//! 2. It holds only while its operation does.
//! 3. An observed one was seen on its date: on every other day of the operation's life, until its end, it is possible.

use serde::{Deserialize, Serialize};

use super::breach::{Breaches, Reason};
use super::fact::{Dating, Recorded};
use super::name::Name;
use super::stream::Timeline;
use super::time::{End, Mark, Spell, Spells, Truth, Valid, When};
use super::world::World;
use crate::position::Position;

/// In what form an actor contributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum Form {
    Troops,
    Naval,
    Air,
    Financial,
    Transit,
    Reconstruction,
    Training,
    HostNation,
}

impl Form {
    /// It is military.
    pub fn is_military(self) -> bool {
        match self {
            Form::Troops | Form::Naval | Form::Air => true,
            Form::Financial | Form::Transit | Form::Reconstruction | Form::Training | Form::HostNation => {
                false
            }
        }
    }

    /// People can be counted in it.
    pub fn has_personnel(self) -> bool {
        self.is_military() || matches!(self, Form::Reconstruction | Form::Training)
    }
}

/// What is recorded of a contribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContributionFact {
    /// It was pledged, or seen.
    Recorded {
        /// The actor.
        contributor: Name,
        /// The operation.
        operation: Name,
        /// In what form.
        form: Form,
        /// How many people.
        personnel: Option<u32>,
        /// Seen on that date, which is not its start.
        observed: bool,
        /// More about it.
        note: String,
    },
    /// It was accepted.
    Accepted,
    /// It ended.
    Ended {
        /// Why, if it is known.
        reason: String,
    },
}

impl ContributionFact {
    /// The kind's name in the schema.
    pub fn kind(&self) -> &'static str {
        match self {
            ContributionFact::Recorded { .. } => "contribution_recorded",
            ContributionFact::Accepted => "contribution_accepted",
            ContributionFact::Ended { .. } => "contribution_ended",
        }
    }

    pub(super) fn dating(&self) -> Dating {
        match self {
            ContributionFact::Recorded { .. } => Dating::Spell,
            ContributionFact::Accepted | ContributionFact::Ended { .. } => Dating::Day,
        }
    }

    pub(super) fn may_be_ahead(&self) -> bool {
        match self {
            ContributionFact::Recorded { observed, .. } => !observed,
            ContributionFact::Accepted => false,
            ContributionFact::Ended { .. } => true,
        }
    }

    pub(super) fn mentions(&self) -> Vec<&Name> {
        match self {
            ContributionFact::Recorded { contributor, operation, .. } => vec![contributor, operation],
            ContributionFact::Accepted | ContributionFact::Ended { .. } => Vec::new(),
        }
    }
}

/// What a contribution consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The actor.
    pub contributor: Name,
    /// The operation.
    pub operation: Name,
    /// In what form.
    pub form: Form,
    /// How many people.
    pub personnel: Option<u32>,
    /// Seen on that date, which is not its start.
    pub observed: bool,
    /// More about it.
    pub note: String,
    /// Its time, as recorded.
    pub valid: Valid,
    event: Position,
}

/// A contribution from pledge to end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContributionTimeline {
    /// What it consists of; none while nothing that records it stands.
    pub terms: Option<Terms>,
    /// When it was accepted, as recorded.
    pub accepted: Option<Valid>,
    /// When it ended, as recorded apart.
    pub ended: Option<Valid>,
    acceptances: Spells,
    /// From its date, which is a beginning though it was only seen then, to its end.
    pub life: Spells,
}

impl ContributionTimeline {
    /// Whether it was made on `t`.
    pub fn holds(&self, world: &dyn World, t: When) -> Truth {
        let Some(terms) = &self.terms else { return Truth::No };
        let made = |spell: &Spell| if terms.observed { observed(spell, t) } else { spell.holds(t) };
        let own = Truth::any(self.life.periods().map(|spell| made(&spell)));
        own.and(operation_active(world, &terms.operation, t))
    }

    /// Whether it was made on some day.
    pub fn ever_held(&self, world: &dyn World) -> Truth {
        let Some(terms) = &self.terms else { return Truth::No };
        let Some(operation) = world.stream(&terms.operation) else { return Truth::No };
        let Some(timeline) = operation.timeline.operation() else { return Truth::No };
        let lives: Vec<_> = timeline.life.periods().collect();
        Truth::any(self.life.periods().map(|spell| {
            if terms.observed {
                // It was seen on its date, whichever day that is.
                spell.overlaps(&spell).and(timeline.life.hold(spell.begin))
            } else {
                Truth::any(lives.iter().map(|life| spell.overlaps(life)))
            }
        }))
    }
}

/// Seen on the day of its date; possible on every other one until its end, recorded with it or apart.
fn observed(spell: &Spell, t: When) -> Truth {
    spell.end.after(t).and(spell.begin.same_day(t).or(Truth::Possibly))
}

/// Whether the operation was active on `t`.
pub fn operation_active(world: &dyn World, operation: &Name, t: When) -> Truth {
    let stream = world.stream(operation);
    stream.and_then(|s| s.timeline.operation().map(|timeline| timeline.life.hold(t))).unwrap_or(Truth::No)
}

impl Timeline for ContributionTimeline {
    type Fact = ContributionFact;

    fn evolve(&mut self, event: Recorded<'_, ContributionFact>) {
        let (position, valid) = (event.position, event.valid);
        match event.fact {
            ContributionFact::Recorded { contributor, operation, form, personnel, observed, note } => {
                self.terms = Some(Terms {
                    contributor: contributor.clone(),
                    operation: operation.clone(),
                    form: *form,
                    personnel: *personnel,
                    observed: *observed,
                    note: note.clone(),
                    valid: valid.clone(),
                    event: position,
                });
                self.life.begin(position, valid.begin(), valid.end());
            }
            ContributionFact::Accepted => {
                self.accepted = Some(valid.clone());
                self.acceptances.begin(position, valid.begin(), None);
            }
            ContributionFact::Ended { reason: _ } => {
                self.ended = Some(valid.clone());
                self.life.end(position, valid.begin());
            }
        }
    }

    fn rules(&self, me: &Name, world: &dyn World, out: &mut Breaches) {
        out.ask_spells(me, &self.life, Reason::BadTransition, Reason::BadTransition);
        // Accepted once, and not before it was pledged; a second acceptance never ends the first.
        out.ask_spells(me, &self.acceptances, Reason::BadTransition, Reason::BadTransition);
        let Some(terms) = &self.terms else { return };
        for accepted in self.acceptances.beginnings() {
            if !terms.observed && terms.valid.begin().by(accepted.at).is_no() {
                let pledged = Mark { event: terms.event, at: terms.valid.begin() };
                out.clash(me, Reason::BadTransition, accepted.event, pledged, "pledged only on");
                out.clash(me, Reason::BadTransition, pledged.event, accepted, "accepted on");
            }
            let own_end = match terms.valid.end() {
                Some(End::On(at)) => Some(Mark { event: terms.event, at }),
                Some(End::None | End::Unknown) | None => None,
            };
            let ends = self.life.endings().iter().copied().chain(own_end);
            for end in ends.filter(|end| accepted.at.by(end.at).is_no()) {
                out.clash(me, Reason::BadTransition, accepted.event, end, "ended on");
                out.clash(me, Reason::BadTransition, end.event, accepted, "accepted only on");
            }
        }
        let Some(operation) = world.stream(&terms.operation) else { return };
        let Some(timeline) = operation.timeline.operation().filter(|_| operation.is_open()) else { return };
        if timeline.life.hold(terms.valid.begin()).is_no() {
            out.outside(me, Reason::OperationNotActive, terms.event, &terms.operation, &timeline.life);
        }
    }

    fn dependents(&self, _me: &Name, _before: &Self, _world: &dyn World) -> Vec<Name> {
        Vec::new()
    }
}
