//! Agreements: from the first talks to the end of the term.
//!
//! 1. Steps come in order, may be skipped, and each is reached once.
//! 2. It stands, suspended or not, from its first step of APPROVED or later until the first of: its end, the end of its
//!    term, the day on which one that supersedes it begins to stand.
//! 3. Of one partner and one periodic kind no two stand at once.
//! 4. A step or a suspension may follow the end of the term, not the end, but may fall on its day.

use serde::{Deserialize, Serialize};

use super::breach::{Against, Breaches, Reason, on};
use super::fact::{Dating, Recorded};
use super::name::{Collection, Name};
use super::stream::Timeline;
use super::text::Localized;
use super::time::{End, Mark, Spell, Spells, Truth, Valid, When};
use super::world::World;
use crate::position::Position;

mod status;
mod term;

pub use status::AgreementStatus;
pub use term::{BadTerm, Term};

/// What kind of text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum AgreementKind {
    Unspecified,
    Ipcp,
    Itpp,
    Icp,
    JointDeclaration,
    Sofa,
    Transit,
    SecurityOfInformation,
    Agreement,
    ActivityPackage,
}

impl AgreementKind {
    /// No two of one partner stand at once.
    pub fn is_periodic(self) -> bool {
        match self {
            AgreementKind::Ipcp | AgreementKind::Itpp | AgreementKind::Icp => true,
            AgreementKind::Unspecified
            | AgreementKind::JointDeclaration
            | AgreementKind::Sofa
            | AgreementKind::Transit
            | AgreementKind::SecurityOfInformation
            | AgreementKind::Agreement
            | AgreementKind::ActivityPackage => false,
        }
    }
}

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum Step {
    Negotiating,
    Initialled,
    Approved,
    Signed,
    Ratified,
    InForce,
}

/// How an agreement was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum EndReason {
    Unspecified,
    Terminated,
    Withdrawn,
    Completed,
}

/// What is recorded of an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementFact {
    /// It was opened, at some step.
    Opened {
        /// What it consists of.
        terms: Box<Terms>,
        /// The step on opening.
        step: Step,
    },
    /// It reached a step.
    Advanced {
        /// Which one.
        step: Step,
    },
    /// It was suspended.
    Suspended,
    /// It was resumed.
    Resumed,
    /// It was ended.
    Ended {
        /// How.
        reason: EndReason,
    },
}

/// What an agreement consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The other party.
    pub partner: Name,
    /// What kind of text it is.
    pub kind: AgreementKind,
    /// Its titles.
    pub titles: Localized,
    /// How long it stands.
    pub term: Option<Term>,
    /// The one that ends when this one begins to stand.
    pub supersedes: Option<Name>,
    /// It binds in law.
    pub legally_binding: bool,
}

impl AgreementFact {
    /// The kind's name in the schema.
    pub fn kind(&self) -> &'static str {
        match self {
            AgreementFact::Opened { .. } => "agreement_opened",
            AgreementFact::Advanced { .. } => "agreement_advanced",
            AgreementFact::Suspended => "agreement_suspended",
            AgreementFact::Resumed => "agreement_resumed",
            AgreementFact::Ended { .. } => "agreement_ended",
        }
    }

    pub(super) fn dating(&self) -> Dating {
        match self {
            AgreementFact::Suspended => Dating::Spell,
            AgreementFact::Opened { .. }
            | AgreementFact::Advanced { .. }
            | AgreementFact::Resumed
            | AgreementFact::Ended { .. } => Dating::Day,
        }
    }

    pub(super) fn may_be_ahead(&self) -> bool {
        match self {
            AgreementFact::Advanced { step } => *step == Step::InForce,
            AgreementFact::Opened { .. }
            | AgreementFact::Suspended
            | AgreementFact::Resumed
            | AgreementFact::Ended { .. } => true,
        }
    }

    pub(super) fn mentions(&self) -> Vec<&Name> {
        match self {
            AgreementFact::Opened { terms, step: _ } => {
                std::iter::once(&terms.partner).chain(terms.supersedes.as_ref()).collect()
            }
            AgreementFact::Advanced { .. }
            | AgreementFact::Suspended
            | AgreementFact::Resumed
            | AgreementFact::Ended { .. } => Vec::new(),
        }
    }
}

/// A step with its date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDate {
    /// The step.
    pub step: Step,
    /// When, and the event that says so.
    pub mark: Mark,
    /// When, as recorded.
    pub valid: Valid,
}

/// How it was ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How.
    pub reason: EndReason,
    /// When, and the event that says so.
    pub mark: Mark,
    /// When, as recorded.
    pub valid: Valid,
}

/// An agreement's dates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementTimeline {
    /// What it consists of; none while no opening stands.
    pub terms: Option<Terms>,
    /// Its steps, in the order of recording.
    pub steps: Vec<StepDate>,
    /// When it was suspended.
    pub suspensions: Spells,
    /// How it was ended, in the order of recording.
    pub ends: Vec<Ended>,
    opened: Option<Position>,
}

impl AgreementTimeline {
    /// The step with which it begins to stand, if it ever does.
    fn stands_by(&self) -> Option<Mark> {
        self.terms.as_ref()?;
        let standing = self.steps.iter().filter(|step| step.step >= Step::Approved).map(|step| step.mark);
        standing.min_by_key(|mark| (mark.at, mark.event))
    }

    /// When it begins to stand, if it ever does.
    pub fn stands_from(&self) -> Option<When> {
        self.terms.as_ref()?;
        let standing = self.steps.iter().filter(|step| step.step >= Step::Approved).map(|step| step.mark.at);
        standing.reduce(When::first)
    }

    fn first_step(&self) -> Option<When> {
        self.steps.iter().map(|step| step.mark.at).reduce(When::first)
    }

    /// The first day on which its term is over, if it has one and ever stands.
    pub fn term_over(&self) -> Option<When> {
        Some(self.terms.as_ref()?.term.as_ref()?.over(self.stands_from()?))
    }

    /// Those that supersede it and begin to stand on some day, each with that day.
    pub fn superseded_by(&self, me: &Name, world: &dyn World) -> Vec<(Name, When)> {
        let begins = |other: Name| {
            let stream = world.stream(&other)?;
            let timeline = stream.timeline.agreement()?;
            let supersedes = other != *me && timeline.terms.as_ref()?.supersedes.as_ref() == Some(me);
            supersedes.then(|| timeline.stands_from())?.map(|from| (other, from))
        };
        world.referrers(me, Collection::Agreements).into_iter().filter_map(begins).collect()
    }

    /// With those that supersede it, which are looked up once for all that is asked of it.
    pub fn among(&self, me: &Name, world: &dyn World) -> AmongOthers<'_> {
        AmongOthers { agreement: self, superseded_by: self.superseded_by(me, world) }
    }

    /// From when to when it stands; none if it never does.
    pub fn standing(&self, me: &Name, world: &dyn World) -> Option<Spell> {
        self.among(me, world).standing()
    }

    /// Whether it stands, suspended or not.
    pub fn stands(&self, me: &Name, world: &dyn World, t: When) -> Truth {
        self.among(me, world).stands(t)
    }

    fn ask_steps(&self, me: &Name, out: &mut Breaches) {
        for step in &self.steps {
            let misplaced = self.steps.iter().find(|other| {
                let (sooner, later) = if other.step < step.step { (*other, step) } else { (step, *other) };
                other.mark.event != step.mark.event
                    && (other.step == step.step || sooner.mark.at.by(later.mark.at).is_no())
            });
            if let Some(other) = misplaced {
                out.clash(me, Reason::BadTransition, step.mark.event, other.mark, "another step from");
            }
            self.ask_not_after_end(me, step.mark, out);
        }
        for suspension in self.suspensions.beginnings() {
            self.ask_not_after_end(me, suspension, out);
            if let Some(first) = self.first_step().filter(|first| first.by(suspension.at).is_no()) {
                let against =
                    Against { name: me.clone(), event: None, says: format!("opened only {}", on(first)) };
                out.add(me, Reason::BadTransition, suspension.event, vec![against]);
            }
        }
        out.ask_spells(me, &self.suspensions, Reason::BadTransition, Reason::BadTransition);
        if let (Some(first), Some(opened)) = (self.first_step(), self.opened) {
            let mut life = Spells::default();
            life.begin(opened, first, None);
            self.ends.iter().for_each(|end| life.end(end.mark.event, end.mark.at));
            out.ask_spells(me, &life, Reason::BadTransition, Reason::BadTransition);
        }
    }

    fn ask_not_after_end(&self, me: &Name, mark: Mark, out: &mut Breaches) {
        if let Some(end) = self.ends.iter().find(|end| mark.at.by(end.mark.at).is_no()) {
            out.clash(me, Reason::BadTransition, mark.event, end.mark, "ended");
        }
    }

    fn ask_overlap(&self, me: &Name, world: &dyn World, terms: &Terms, out: &mut Breaches) {
        let (Some(own), Some(by)) = (self.standing(me, world), self.stands_by()) else { return };
        for other in world.referrers(&terms.partner, Collection::Agreements).into_iter().filter(|o| o != me) {
            let Some(stream) = world.stream(&other) else { continue };
            let Some(timeline) = stream.timeline.agreement() else { continue };
            let same =
                timeline.terms.as_ref().is_some_and(|t| t.partner == terms.partner && t.kind == terms.kind);
            let Some(spell) = timeline.standing(&other, world).filter(|_| same) else { continue };
            if own.overlaps(&spell).is_yes() {
                let event = timeline.stands_by().map(|mark| mark.event);
                let says = format!("stands from {}", spell.begin);
                out.add(me, Reason::AgreementOverlaps, by.event, vec![Against { name: other, event, says }]);
            }
        }
    }

    fn ask_supersession(me: &Name, world: &dyn World, terms: &Terms, opened: Position, out: &mut Breaches) {
        let Some(older) = &terms.supersedes else { return };
        let stream = world.stream(older);
        let other = stream.as_ref().and_then(|s| s.timeline.agreement()?.terms.as_ref());
        let fits = other.is_none_or(|other| other.partner == terms.partner) && older != me;
        if !fits {
            let says = other.map(|other| format!("is with {}", other.partner)).unwrap_or_default();
            out.add(
                me,
                Reason::BadSupersession,
                opened,
                vec![Against { name: older.clone(), event: None, says }],
            );
        }
    }
}

/// An agreement, and what supersedes it.
#[derive(Clone, Debug)]
pub struct AmongOthers<'a> {
    agreement: &'a AgreementTimeline,
    /// Those that supersede it and begin to stand on some day, each with that day.
    pub superseded_by: Vec<(Name, When)>,
}

impl AmongOthers<'_> {
    /// From when to when it stands; none if it never does.
    pub fn standing(&self) -> Option<Spell> {
        let begin = self.agreement.stands_from()?;
        let ends = self.agreement.ends.iter().map(|end| end.mark.at).chain(self.agreement.term_over());
        let end = ends.chain(self.superseded_by.iter().map(|(_, from)| *from)).reduce(When::first);
        Some(Spell { begin, end: end.map_or(End::None, End::On) })
    }

    /// Whether it stands, suspended or not.
    pub fn stands(&self, t: When) -> Truth {
        self.standing().map_or(Truth::No, |spell| spell.holds(t))
    }
}

impl Timeline for AgreementTimeline {
    type Fact = AgreementFact;

    fn evolve(&mut self, event: Recorded<'_, AgreementFact>) {
        let (position, valid) = (event.position, event.valid.clone());
        let mark = Mark { event: position, at: valid.begin() };
        match event.fact {
            AgreementFact::Opened { terms, step } => {
                self.terms = Some(terms.as_ref().clone());
                self.opened = Some(position);
                self.steps.push(StepDate { step: *step, mark, valid });
            }
            AgreementFact::Advanced { step } => self.steps.push(StepDate { step: *step, mark, valid }),
            AgreementFact::Suspended => self.suspensions.begin(position, mark.at, valid.end()),
            AgreementFact::Resumed => self.suspensions.end(position, mark.at),
            AgreementFact::Ended { reason } => self.ends.push(Ended { reason: *reason, mark, valid }),
        }
    }

    fn rules(&self, me: &Name, world: &dyn World, out: &mut Breaches) {
        let (Some(terms), Some(opened)) = (&self.terms, self.opened) else { return };
        self.ask_steps(me, out);
        if terms.kind.is_periodic() {
            self.ask_overlap(me, world, terms, out);
        }
        Self::ask_supersession(me, world, terms, opened, out);
    }

    fn dependents(&self, me: &Name, before: &Self, world: &dyn World) -> Vec<Name> {
        if self == before {
            return Vec::new();
        }
        let terms = [self.terms.as_ref(), before.terms.as_ref()];
        let superseded: Vec<Name> =
            terms.iter().flatten().filter_map(|terms| terms.supersedes.clone()).collect();
        let periodic = |name: &Name| {
            let stream = world.stream(name);
            let terms = stream.as_ref().and_then(|stream| stream.timeline.agreement()?.terms.as_ref());
            terms.is_some_and(|terms| terms.kind.is_periodic())
        };
        // The one that is superseded may stand longer or shorter: its partner's others are this one's, too. Only periodic
        // ones may not overlap: a partner may have many of the other kinds.
        let overlaps =
            terms.iter().flatten().any(|terms| terms.kind.is_periodic()) || superseded.iter().any(periodic);
        let of_partner = terms.iter().flatten().filter(|_| overlaps);
        let of_partner = of_partner.flat_map(|t| world.referrers(&t.partner, Collection::Agreements));
        world.referrers(me, Collection::Agreements).into_iter().chain(superseded).chain(of_partner).collect()
    }
}
