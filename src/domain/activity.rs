//! Activities: what is offered to whom, and who took part.
//!
//! 1. A participation falls within the offer, and access allowed it; never during a suspension.
//! 2. While `EQUAL_ACCESS` is in force, an offer to fewer than all partners names its exception. It is asked of an offer
//!    when it is made or altered; a decision recorded later turns older offers into deviations.

use serde::{Deserialize, Serialize};

use super::breach::{Against, Breach, Breaches, Reason, on};
use super::decision::equal_access_in_force;
use super::fact::{Dating, Recorded};
use super::name::Name;
use super::stream::Timeline;
use super::text::Localized;
use super::time::{Spells, Truth, Valid, When};
use super::world::World;
use crate::position::Position;

/// What kind of activity it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum ActivityKind {
    Unspecified,
    Operation,
    Exercise,
    StrategicTraining,
    Information,
    Intelligence,
    Technology,
    CapacityBuilding,
}

/// To whom an activity is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// To all partners, and to members.
    AllPartners,
    /// To those that hold this framework, and to members.
    Framework(Name),
    /// To the actors that are listed: to any registered one.
    Listed,
}

/// Why an activity is open to fewer than all partners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exception {
    /// In words.
    Text(String),
    /// By an agreement or a decision.
    Named(Name),
}

/// What is recorded of an activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivityFact {
    /// It was offered.
    Offered {
        /// What kind it is.
        kind: ActivityKind,
        /// Its titles.
        titles: Localized,
        /// To whom it is open.
        access: Access,
        /// Why it is open to fewer than all partners.
        exception: Option<Exception>,
    },
    /// The offer was withdrawn.
    Withdrawn {
        /// Why, if it is known.
        reason: String,
    },
    /// An actor took part.
    Participated {
        /// Which one.
        participant: Name,
    },
}

impl ActivityFact {
    /// The kind's name in the schema.
    pub fn kind(&self) -> &'static str {
        match self {
            ActivityFact::Offered { .. } => "activity_offered",
            ActivityFact::Withdrawn { .. } => "activity_withdrawn",
            ActivityFact::Participated { .. } => "participation_recorded",
        }
    }

    pub(super) fn dating(&self) -> Dating {
        match self {
            ActivityFact::Offered { .. } => Dating::Spell,
            ActivityFact::Withdrawn { .. } | ActivityFact::Participated { .. } => Dating::Day,
        }
    }

    pub(super) fn mentions(&self) -> Vec<&Name> {
        match self {
            ActivityFact::Offered { access, exception, kind: _, titles: _ } => {
                let framework = if let Access::Framework(name) = access { Some(name) } else { None };
                let by = if let Some(Exception::Named(name)) = exception { Some(name) } else { None };
                framework.into_iter().chain(by).collect()
            }
            ActivityFact::Withdrawn { reason: _ } => Vec::new(),
            ActivityFact::Participated { participant } => vec![participant],
        }
    }
}

/// What is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What kind it is.
    pub kind: ActivityKind,
    /// Its titles.
    pub titles: Localized,
    /// To whom it is open.
    pub access: Access,
    /// Why it is open to fewer than all partners.
    pub exception: Option<Exception>,
    /// The life of the offer, as recorded.
    pub valid: Valid,
    /// The event that offers it.
    pub event: Position,
}

/// One actor that took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participation {
    /// The actor.
    pub participant: Name,
    /// When, as recorded.
    pub valid: Valid,
    /// The event that says so.
    pub event: Position,
}

/// An offer's life and who took part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityTimeline {
    /// What is offered; none while no offer stands.
    pub offer: Option<Offer>,
    /// From the offer to its last day or its withdrawal.
    pub life: Spells,
    /// Its withdrawal, as recorded.
    pub withdrawn: Option<Valid>,
    /// Who took part, in the order of recording.
    pub participations: Vec<Participation>,
}

impl ActivityTimeline {
    /// Whether the rules of access allow the actor on `t`, the offer's life left apart.
    pub fn allowed(&self, world: &dyn World, actor: &Name, t: When) -> Truth {
        let Some(offer) = &self.offer else { return Truth::No };
        let Some(stream) = world.stream(actor) else { return Truth::No };
        let Some(timeline) = stream.timeline.actor() else { return Truth::No };
        let open = match &offer.access {
            Access::AllPartners => timeline.member(t).or(timeline.partner(world, t)),
            Access::Framework(framework) => timeline.member(t).or(timeline.holds(world, framework, t)),
            Access::Listed => Truth::from(stream.is_open()),
        };
        open.and(timeline.suspended(t).not())
    }

    /// What stands against the offer where `EQUAL_ACCESS` is in force on its first day (rule 2).
    pub fn unequal_access(&self, me: &Name, world: &dyn World) -> Option<Breach> {
        let offer = self.offer.as_ref()?;
        let open_to_all = matches!(offer.access, Access::AllPartners) || offer.exception.is_some();
        let first = offer.valid.begin();
        let (decision, _) =
            equal_access_in_force(world, first).into_iter().find(|(_, truth)| truth.is_yes())?;
        if open_to_all {
            return None;
        }
        let says = format!("EQUAL_ACCESS is in force {}", on(first));
        let against = vec![Against { name: decision, event: None, says }];
        Some(Breach { reason: Reason::UnequalAccess, name: me.clone(), event: offer.event, against })
    }

    fn ask_participation(&self, me: &Name, world: &dyn World, part: &Participation, out: &mut Breaches) {
        let day = part.valid.begin();
        if self.life.hold(day).is_no() {
            out.outside(me, Reason::NotOffered, part.event, me, &self.life);
        }
        let known = world.stream(&part.participant).is_some_and(|stream| stream.is_open());
        if known && self.offer.is_some() && self.allowed(world, &part.participant, day).is_no() {
            let says = format!("had no access {}", on(day));
            let against = vec![Against { name: part.participant.clone(), event: None, says }];
            out.add(me, Reason::AccessDenied, part.event, against);
        }
    }
}

impl Timeline for ActivityTimeline {
    type Fact = ActivityFact;

    fn evolve(&mut self, event: Recorded<'_, ActivityFact>) {
        let (position, valid) = (event.position, event.valid);
        match event.fact {
            ActivityFact::Offered { kind, titles, access, exception } => {
                self.life.begin(position, valid.begin(), valid.end());
                self.offer = Some(Offer {
                    kind: *kind,
                    titles: titles.clone(),
                    access: access.clone(),
                    exception: exception.clone(),
                    valid: valid.clone(),
                    event: position,
                });
            }
            ActivityFact::Withdrawn { reason: _ } => {
                self.withdrawn = Some(valid.clone());
                self.life.end(position, valid.begin());
            }
            ActivityFact::Participated { participant } => {
                let (participant, valid) = (participant.clone(), valid.clone());
                self.participations.push(Participation { participant, valid, event: position });
            }
        }
    }

    fn rules(&self, me: &Name, world: &dyn World, out: &mut Breaches) {
        out.ask_spells(me, &self.life, Reason::BadTransition, Reason::BadTransition);
        if self.offer.is_none() {
            return;
        }
        for part in &self.participations {
            self.ask_participation(me, world, part, out);
        }
    }

    fn dependents(&self, _me: &Name, _before: &Self, _world: &dyn World) -> Vec<Name> {
        Vec::new()
    }
}
