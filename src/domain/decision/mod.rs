//! Decisions: intentions, what puts them in effect or out of it, what rests on what, and the rules they carry.
//!
//! 1. An intention is not yet in effect.
//! 2. Only a supersession that is recorded as such, or a lapse, puts out of effect; a link never does.
//! 3. The lineage has no cycle; what derives, implements, follows or supersedes points to a decision not later.
//! 4. A rule is in force while the decision that carries it is in effect.

use serde::{Deserialize, Serialize};

use super::breach::{Breaches, Reason};
use super::fact::{Dating, Recorded};
use super::name::Name;
use super::stream::Timeline;
use super::text::Localized;
use super::time::{End, Mark, Spell, Spells, Truth, Valid, When, certain_or_possible};
use super::world::World;
use crate::position::Position;

mod lineage;

pub use lineage::{Direction, neighbours, reach};

/// How a decision rests on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum LinkType {
    DerivesFrom,
    Implements,
    PartOf,
    Follows,
    Supersedes,
}

impl LinkType {
    fn looks_back(self) -> bool {
        match self {
            LinkType::DerivesFrom | LinkType::Implements | LinkType::Follows | LinkType::Supersedes => true,
            LinkType::PartOf => false,
        }
    }
}

/// A rule that a decision carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum Rule {
    EqualAccess,
    EqualFooting,
    FlexibleFormats,
}

/// From a decision to one that it rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Link {
    /// How it rests on it.
    pub kind: LinkType,
    /// The other decision.
    pub to: Name,
}

/// What is recorded of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionFact {
    /// It was taken.
    Recorded {
        /// Who took it.
        body: String,
        /// It is in effect at once; else it is an intention.
        in_effect: bool,
        /// Its titles.
        titles: Localized,
        /// The meeting at which it was taken.
        meeting: Option<Name>,
        /// What it rests on.
        links: Vec<Link>,
        /// The rules that it carries.
        rules: Vec<Rule>,
    },
    /// It took effect.
    PutInEffect,
    /// It rests on others.
    Linked {
        /// On these.
        links: Vec<Link>,
    },
    /// It was superseded.
    Superseded {
        /// By this one.
        by: Name,
    },
    /// It lapsed.
    Lapsed {
        /// Why, if it is known.
        reason: String,
    },
}

impl DecisionFact {
    /// The kind's name in the schema.
    pub fn kind(&self) -> &'static str {
        match self {
            DecisionFact::Recorded { .. } => "decision_recorded",
            DecisionFact::PutInEffect => "decision_put_in_effect",
            DecisionFact::Linked { .. } => "decisions_linked",
            DecisionFact::Superseded { .. } => "decision_superseded",
            DecisionFact::Lapsed { .. } => "decision_lapsed",
        }
    }

    pub(super) fn dating(&self) -> Dating {
        match self {
            DecisionFact::Linked { .. } => Dating::Dateless,
            DecisionFact::Recorded { .. }
            | DecisionFact::PutInEffect
            | DecisionFact::Superseded { .. }
            | DecisionFact::Lapsed { .. } => Dating::Day,
        }
    }

    pub(super) fn mentions(&self) -> Vec<&Name> {
        match self {
            DecisionFact::Recorded { meeting, links, .. } => {
                meeting.iter().chain(links.iter().map(|l| &l.to)).collect()
            }
            DecisionFact::Linked { links } => links.iter().map(|link| &link.to).collect(),
            DecisionFact::Superseded { by } => vec![by],
            DecisionFact::PutInEffect | DecisionFact::Lapsed { .. } => Vec::new(),
        }
    }
}

/// What a decision says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Who took it.
    pub body: String,
    /// It was in effect at once; else it was an intention.
    pub in_effect: bool,
    /// Its titles.
    pub titles: Localized,
    /// The meeting at which it was taken.
    pub meeting: Option<Name>,
    /// The rules that it carries.
    pub rules: Vec<Rule>,
    /// When, as recorded.
    pub valid: Valid,
    /// The event that says so.
    pub event: Position,
}

/// How a decision went out of effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Out {
    /// Superseded by this one; else it lapsed.
    pub by: Option<Name>,
    /// When.
    pub mark: Mark,
    /// When, as recorded.
    pub valid: Valid,
}

/// A decision's dates and links.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionTimeline {
    /// What it says; none while nothing that records it stands.
    pub taken: Option<Taken>,
    /// What it rests on, each with the event that says so.
    pub links: Vec<(Position, Link)>,
    /// When it took effect, as recorded: by itself or when it was taken.
    pub effect: Vec<(Mark, Valid)>,
    /// How it went out of effect.
    pub outs: Vec<Out>,
}

/// A status that a decision has on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum DecisionStatus {
    NotYet,
    Intended,
    InEffect,
    Superseded,
    Lapsed,
}

impl DecisionTimeline {
    /// When it was taken.
    pub fn taken_on(&self) -> Option<When> {
        self.taken.as_ref().map(|taken| taken.valid.begin())
    }

    fn out_by(&self, t: When) -> Truth {
        Truth::any(self.outs.iter().map(|out| out.mark.at.by(t)))
    }

    /// Whether it was in effect.
    pub fn in_effect(&self, t: When) -> Truth {
        if self.taken.is_none() {
            return Truth::No;
        }
        Truth::any(self.effect.iter().map(|(mark, _)| mark.at.by(t))).and(self.out_by(t).not())
    }

    /// When it was in effect; none if it never was.
    pub fn effect_spell(&self) -> Option<Spell> {
        self.taken.as_ref()?;
        let begin = self.effect.iter().map(|(mark, _)| mark.at).reduce(When::first)?;
        let end = self.outs.iter().map(|out| out.mark.at).reduce(When::first);
        Some(Spell { begin, end: end.map_or(End::None, End::On) })
    }

    /// Whether there is a day on which it was in effect.
    pub fn ever_in_effect(&self) -> Truth {
        self.effect_spell().map_or(Truth::No, |spell| spell.overlaps(&spell))
    }

    /// Every status that is possible on `t`; the certain one alone where there is one.
    pub fn statuses(&self, t: When) -> Vec<DecisionStatus> {
        let Some(taken) = self.taken_on() else { return Vec::new() };
        let effect = Truth::any(self.effect.iter().map(|(mark, _)| mark.at.by(t)));
        // What is in effect was taken, however little is known of when.
        let begun = taken.by(t).or(effect);
        let out = |superseded: bool| {
            let (own, other): (Vec<_>, Vec<_>) =
                self.outs.iter().partition(|out| out.by.is_some() == superseded);
            let first = |out: &Out| Truth::any(other.iter().map(|o| o.mark.at.before(out.mark.at))).not();
            Truth::any(own.iter().map(|out| out.mark.at.by(t).and(first(out))))
        };
        let on = begun.and(self.out_by(t).not());
        // The event that says both, that it was taken and that it took effect, has one date: there was no day between.
        let taken_by = self.taken.as_ref().map(|taken| taken.event);
        let at_once = self.effect.iter().any(|(mark, _)| Some(mark.event) == taken_by);
        let intended = if at_once { Truth::No } else { on.and(effect.not()) };
        let all = [
            (DecisionStatus::NotYet, begun.not()),
            (DecisionStatus::Intended, intended),
            (DecisionStatus::InEffect, on.and(effect)),
            (DecisionStatus::Superseded, out(true)),
            (DecisionStatus::Lapsed, out(false)),
        ];
        certain_or_possible(&all)
    }

    fn ask_steps(&self, me: &Name, out: &mut Breaches) {
        let Some(taken) = &self.taken else { return };
        let recorded = Mark { event: taken.event, at: taken.valid.begin() };
        for (mark, _) in &self.effect {
            if let Some((other, _)) = self.effect.iter().find(|(other, _)| other.event != mark.event) {
                out.clash(me, Reason::BadTransition, mark.event, *other, "in effect already from");
            }
            if recorded.at.by(mark.at).is_no() {
                out.clash(me, Reason::BadTransition, mark.event, recorded, "taken only on");
                out.clash(me, Reason::BadTransition, recorded.event, *mark, "in effect from");
            }
            for end in self.outs.iter().filter(|end| mark.at.by(end.mark.at).is_no()) {
                out.clash(me, Reason::BadTransition, mark.event, end.mark, "out of effect from");
                out.clash(me, Reason::BadTransition, end.mark.event, *mark, "in effect only from");
            }
        }
        let mut life = Spells::default();
        life.begin(recorded.event, recorded.at, None);
        self.outs.iter().for_each(|end| life.end(end.mark.event, end.mark.at));
        out.ask_spells(me, &life, Reason::BadTransition, Reason::BadTransition);
    }
}

/// The decisions that carry `EQUAL_ACCESS` and are or may be in effect on `t`.
pub fn equal_access_in_force(world: &dyn World, t: When) -> Vec<(Name, Truth)> {
    let in_force = |name: Name| {
        let stream = world.stream(&name)?;
        let timeline = stream.timeline.decision()?;
        let carries = timeline.taken.as_ref()?.rules.contains(&Rule::EqualAccess);
        let truth = timeline.in_effect(t);
        (carries && truth.may_be()).then_some((name, truth))
    };
    world.equal_access().into_iter().filter_map(in_force).collect()
}

impl Timeline for DecisionTimeline {
    type Fact = DecisionFact;

    fn evolve(&mut self, event: Recorded<'_, DecisionFact>) {
        let (position, valid) = (event.position, event.valid);
        let mark = Mark { event: position, at: valid.begin() };
        match event.fact {
            DecisionFact::Recorded { body, in_effect, titles, meeting, links, rules } => {
                self.links.extend(links.iter().map(|link| (position, link.clone())));
                if *in_effect {
                    self.effect.push((mark, valid.clone()));
                }
                self.taken = Some(Taken {
                    body: body.clone(),
                    in_effect: *in_effect,
                    titles: titles.clone(),
                    meeting: meeting.clone(),
                    rules: rules.clone(),
                    valid: valid.clone(),
                    event: position,
                });
            }
            DecisionFact::PutInEffect => self.effect.push((mark, valid.clone())),
            DecisionFact::Linked { links } => {
                self.links.extend(links.iter().map(|link| (position, link.clone())));
            }
            DecisionFact::Superseded { by } => {
                self.outs.push(Out { by: Some(by.clone()), mark, valid: valid.clone() });
            }
            DecisionFact::Lapsed { reason: _ } => {
                self.outs.push(Out { by: None, mark, valid: valid.clone() });
            }
        }
    }

    fn rules(&self, me: &Name, world: &dyn World, out: &mut Breaches) {
        self.ask_steps(me, out);
        self.ask_lineage(me, world, out);
    }

    fn dependents(&self, me: &Name, before: &Self, world: &dyn World) -> Vec<Name> {
        if self.edges(me) == before.edges(me) && self.taken_on() == before.taken_on() {
            return Vec::new();
        }
        let both = [Direction::Back, Direction::Forward].map(|direction| reach(world, me, direction));
        both.into_iter().flatten().collect()
    }
}
