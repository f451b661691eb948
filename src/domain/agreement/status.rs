//! How an agreement stands on a day: at a step, suspended, or over, by whichever end came first.

use super::{AgreementTimeline, AmongOthers, Step};
use crate::domain::name::Name;
use crate::domain::time::{Truth, When, certain_or_possible};
use crate::domain::world::World;

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

impl AgreementTimeline {
    /// Every status that is possible on `t`, in their order; the certain one alone where there is one.
    pub fn statuses(&self, me: &Name, world: &dyn World, t: When) -> Vec<AgreementStatus> {
        self.among(me, world).statuses(t)
    }
}

impl AmongOthers<'_> {
    /// Every status that is possible on `t`, in their order; the certain one alone where there is one.
    pub fn statuses(&self, t: When) -> Vec<AgreementStatus> {
        let agreement = self.agreement;
        let first = agreement.first_step().filter(|_| agreement.terms.is_some());
        let Some(first) = first else { return Vec::new() };
        let ends = self.ways_to_end();
        let over = Truth::any(ends.iter().map(|(_, at)| at.by(t)));
        let going_on = first.by(t).and(over.not());
        let suspended = agreement.suspensions.hold(t);
        let mut all = vec![(AgreementStatus::NotYet, first.by(t).not())];
        for step in &agreement.steps {
            let higher = agreement.steps.iter().filter(|other| other.step > step.step);
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
    fn ways_to_end(&self) -> Vec<(AgreementStatus, When)> {
        let ended = self.agreement.ends.iter().map(|end| (AgreementStatus::Ended, end.mark.at));
        // Over before it stood, it is so from the day on which it would have begun to.
        let stood = self.agreement.stands_from();
        let once_stood = |at| stood.map(|stood| later(stood, at));
        let expired =
            self.agreement.term_over().and_then(once_stood).map(|at| (AgreementStatus::Expired, at));
        let superseded = self.superseded_by.iter();
        let superseded =
            superseded.filter_map(|(_, at)| Some((AgreementStatus::Superseded, once_stood(*at)?)));
        ended.chain(expired).chain(superseded).collect()
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
