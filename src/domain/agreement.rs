//! Agreements: from the first talks to the end of the term.
//!
//! 1. Steps come in order, may be skipped, and each is reached once.
//! 2. It stands, suspended or not, from its first step of APPROVED or later until the first of: its end, the end of its
//!    term, the day on which one that supersedes it begins to stand.
//! 3. Of one partner and one periodic kind no two stand at once.
//! 4. A step or a suspension may follow the end of the term, not the end, but may fall on its day.

use std::str::FromStr;

use jiff::Span;
use serde::{Deserialize, Serialize};

use super::breach::{Against, Breaches, Reason, on};
use super::decision::certain_or_possible;
use super::fact::{Dating, Recorded};
use super::name::{Collection, Name};
use super::stream::Timeline;
use super::text::Localized;
use super::time::{End, Mark, PartialDate, Spell, Spells, Truth, Valid, When};
use super::world::World;
use crate::position::Position;

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

/// How long an agreement stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Term {
    /// Years, months, weeks or days from when it begins to stand: `P2Y`.
    Lasts {
        /// As it was written.
        text: String,
        /// How long.
        years: i16,
        /// And months.
        months: i32,
        /// And days.
        days: i32,
    },
    /// From a date to a date: `2023/2026`.
    Between(PartialDate, PartialDate),
}

/// It is no term.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTerm {
    /// It is neither a duration nor two dates.
    #[error("`{0}` is no term: write a duration such as P2Y, or two dates such as 2023/2026")]
    Malformed(String),
    /// Its end is before its beginning, whatever the days they mean.
    #[error("the term `{0}` ends before it begins")]
    Inverted(String),
}

impl FromStr for Term {
    type Err = BadTerm;

    fn from_str(text: &str) -> Result<Self, BadTerm> {
        let bad = || BadTerm::Malformed(text.chars().take(40).collect());
        if let Some((from, to)) = text.split_once('/') {
            let from: PartialDate = from.parse().map_err(|_| bad())?;
            let to: PartialDate = to.parse().map_err(|_| bad())?;
            let inverted = from.when().by(to.when()).is_no();
            return if inverted { Err(BadTerm::Inverted(text.into())) } else { Ok(Term::Between(from, to)) };
        }
        let span = Some(text).filter(|t| t.starts_with('P') && !t.contains('T')).ok_or_else(bad)?;
        let span: Span = span.parse().map_err(|_| bad())?;
        let days = i64::from(span.get_days()) + 7 * i64::from(span.get_weeks());
        let days = i32::try_from(days).map_err(|_| bad())?;
        let (years, months) = (span.get_years(), span.get_months());
        // Lengths beyond what people agree on are slips of the pen, and some would leave the calendar.
        let fits = span.is_positive() && years <= 999 && months <= 9_999 && days <= 99_999;
        if fits { Ok(Term::Lasts { text: text.into(), years, months, days }) } else { Err(bad()) }
    }
}

impl TryFrom<String> for Term {
    type Error = BadTerm;

    fn try_from(text: String) -> Result<Self, BadTerm> {
        text.parse()
    }
}

impl From<Term> for String {
    fn from(term: Term) -> String {
        term.text()
    }
}

impl Term {
    /// As it was written.
    pub fn text(&self) -> String {
        match self {
            Term::Lasts { text, .. } => text.clone(),
            Term::Between(from, to) => format!("{from}/{to}"),
        }
    }

    /// The first day on which it is over, for an agreement that stands from `begin` on.
    pub fn over(&self, begin: When) -> When {
        match self {
            Term::Lasts { years, months, days, text: _ } => {
                begin.plus(Span::new().years(*years).months(*months).days(*days))
            }
            Term::Between(_, to) => When::exactly(to.when().latest.next()),
        }
    }
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

/// How an agreement stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum AgreementStatus {
    NotYet,
    At(Step),
    Suspended,
    Ended,
    Expired,
    Superseded,
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

    /// From when to when it stands; none if it never does.
    pub fn standing(&self, me: &Name, world: &dyn World) -> Option<Spell> {
        let begin = self.stands_from()?;
        let ends = self.ends.iter().map(|end| end.mark.at).chain(self.term_over());
        let end =
            ends.chain(self.superseded_by(me, world).into_iter().map(|(_, from)| from)).reduce(When::first);
        Some(Spell { begin, end: end.map_or(End::None, End::On) })
    }

    /// Whether it stands, suspended or not.
    pub fn stands(&self, me: &Name, world: &dyn World, t: When) -> Truth {
        self.standing(me, world).map_or(Truth::No, |spell| spell.holds(t))
    }

    /// Every status that is possible on `t`, in their order; the certain one alone where there is one.
    pub fn statuses(&self, me: &Name, world: &dyn World, t: When) -> Vec<AgreementStatus> {
        let Some(first) = self.first_step().filter(|_| self.terms.is_some()) else { return Vec::new() };
        let ends = self.ways_to_end(me, world);
        let over = Truth::any(ends.iter().map(|(_, at)| at.by(t)));
        let going_on = first.by(t).and(over.not());
        let suspended = self.suspensions.hold(t);
        let mut all = vec![(AgreementStatus::NotYet, first.by(t).not())];
        for step in &self.steps {
            let higher = self.steps.iter().filter(|other| other.step > step.step);
            let passed = Truth::any(higher.map(|other| other.mark.at.by(t)));
            let at = going_on.and(suspended.not()).and(step.mark.at.by(t)).and(passed.not());
            all.push((AgreementStatus::At(step.step), at));
        }
        all.push((AgreementStatus::Suspended, going_on.and(suspended)));
        for (i, &(status, at)) in ends.iter().enumerate() {
            let others = ends.iter().enumerate().filter(|&(j, _)| j != i);
            let sooner = Truth::any(others.map(|(j, &(_, other))| {
                let listed_before = Truth::from(j < i && at.is_exact() && at == other);
                other.before(at).or(listed_before)
            }));
            all.push((status, at.by(t).and(sooner.not())));
        }
        let mut statuses = certain_or_possible(&merged(all));
        statuses.sort_unstable();
        statuses
    }

    /// What ends it, as listed: its end, the end of its term, and one that supersedes it; the latter two only once it
    /// stood.
    fn ways_to_end(&self, me: &Name, world: &dyn World) -> Vec<(AgreementStatus, When)> {
        let ended = self.ends.iter().map(|end| (AgreementStatus::Ended, end.mark.at));
        // Over before it stood, it is so from the day on which it would have begun to.
        let stood = self.stands_from();
        let once_stood = |at| stood.map(|stood| later(stood, at));
        let expired = self.term_over().and_then(once_stood).map(|at| (AgreementStatus::Expired, at));
        let superseded = self
            .superseded_by(me, world)
            .into_iter()
            .filter_map(|(_, at)| Some((AgreementStatus::Superseded, once_stood(at)?)));
        ended.chain(expired).chain(superseded).collect()
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

fn later(a: When, b: When) -> When {
    When { earliest: a.earliest.max(b.earliest), latest: a.latest.max(b.latest) }
}

/// One entry a status, with the greatest of its truths.
fn merged(all: Vec<(AgreementStatus, Truth)>) -> Vec<(AgreementStatus, Truth)> {
    let mut merged: Vec<(AgreementStatus, Truth)> = Vec::new();
    for (status, truth) in all {
        match merged.iter_mut().find(|(known, _)| *known == status) {
            Some((_, known)) => *known = known.or(truth),
            None => merged.push((status, truth)),
        }
    }
    merged
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
        let superseded = terms.iter().flatten().filter_map(|terms| terms.supersedes.clone());
        // The one that is superseded may stand longer or shorter: its partner's others are this one's, too.
        let of_partner =
            terms.iter().flatten().flat_map(|t| world.referrers(&t.partner, Collection::Agreements));
        world.referrers(me, Collection::Agreements).into_iter().chain(superseded).chain(of_partner).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_a_duration_or_two_dates() {
        let begin = "2012-02-29".parse::<PartialDate>().unwrap().when();
        for (text, over) in [
            ("P2Y", "2014-02-28"),
            ("P1Y6M", "2013-08-29"),
            ("P2W", "2012-03-14"),
            ("2023/2026", "2027-01-01"),
            ("2020-03/2023-02-28", "2023-03-01"),
        ] {
            let term: Term = text.parse().unwrap();
            assert_eq!((term.text().as_str(), term.over(begin).to_string().as_str()), (text, over));
        }
    }

    #[test]
    fn what_is_no_term_is_refused() {
        for text in
            ["", "P", "2Y", "PT5H", "P1DT5H", "-P2Y", "P0D", "2020/2021-13", "2020", "P99999Y", "P2Y/2026"]
        {
            assert!(matches!(text.parse::<Term>(), Err(BadTerm::Malformed(_))), "{text}");
        }
        assert!(matches!("2026/2023".parse::<Term>(), Err(BadTerm::Inverted(_))));
    }
}
