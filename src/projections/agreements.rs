//! The register of agreements: how each stood on a day (DOMAIN.md §9, read model 4).

use crate::domain::agreement::{AgreementKind, AgreementStatus, AgreementTimeline, EndReason, Step, Terms};
use crate::domain::text::Shown;
use crate::domain::time::{Truth, When};
use crate::domain::{Collection, Name, Version, World};

use super::{Languages, known, names, open_dates, referrers};

/// An agreement on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementOnDay {
    /// Its resource name.
    pub name: Name,
    /// Of its stream.
    pub version: Version,
    /// What it consists of.
    pub terms: Terms,
    /// Its title.
    pub shown: Option<Shown>,
    /// Each step with its date, in order.
    pub steps: Vec<(Step, String)>,
    /// Every status that is possible; the certain one alone where there is one.
    pub statuses: Vec<AgreementStatus>,
    /// Whether it stood, suspended or not.
    pub stands: Truth,
    /// How and when it was ended.
    pub ended: Option<(EndReason, String)>,
    /// Those that supersede it, in the order of their names.
    pub superseded_by: Vec<Name>,
    /// The first day on which it no longer stands by its term; empty: it has none.
    pub term_over: String,
}

/// Which agreements; what is not set asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those with this partner.
    pub partner: Option<Name>,
    /// Only those of this kind.
    pub kind: Option<AgreementKind>,
    /// Only those whose status this certainly or possibly was.
    pub status: Option<AgreementStatus>,
    /// Only those that certainly or possibly stood.
    pub standing: bool,
}

/// One agreement on `t`; none if it is not known.
pub fn agreement(world: &dyn World, name: &Name, t: When, languages: &Languages) -> Option<AgreementOnDay> {
    let stream = known(world, name)?;
    let timeline = stream.timeline.agreement()?;
    let terms = timeline.terms.clone()?;
    let mut by: Vec<Name> = timeline.superseded_by(name, world).into_iter().map(|(other, _)| other).collect();
    by.sort();
    Some(AgreementOnDay {
        name: name.clone(),
        version: stream.version(),
        shown: languages.text(&terms.titles),
        steps: steps(timeline),
        statuses: timeline.statuses(name, world, t),
        stands: timeline.stands(name, world, t),
        ended: ended(timeline),
        superseded_by: by,
        term_over: timeline.term_over().map(open_dates::text).unwrap_or_default(),
        terms,
    })
}

/// The agreements beyond `after`, in the order of their names.
pub fn agreements<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    filter: &'a Filter,
    after: Option<&Name>,
) -> impl Iterator<Item = AgreementOnDay> + use<'a> {
    let candidates = match &filter.partner {
        Some(partner) => referrers(world, partner, Collection::Agreements, after),
        None => names(world, Collection::Agreements, after),
    };
    let found = candidates.into_iter().filter_map(move |name| agreement(world, &name, t, languages));
    found.filter(|agreement| passes(agreement, filter))
}

fn passes(agreement: &AgreementOnDay, filter: &Filter) -> bool {
    filter.partner.as_ref().is_none_or(|partner| agreement.terms.partner == *partner)
        && filter.kind.is_none_or(|kind| agreement.terms.kind == kind)
        && filter.status.is_none_or(|status| agreement.statuses.contains(&status))
        && (!filter.standing || agreement.stands.may_be())
}

fn steps(timeline: &AgreementTimeline) -> Vec<(Step, String)> {
    let mut steps: Vec<_> = timeline.steps.iter().collect();
    steps.sort_by_key(|step| (step.step, step.mark.at, step.mark.event));
    steps.into_iter().map(|step| (step.step, step.valid.text())).collect()
}

fn ended(timeline: &AgreementTimeline) -> Option<(EndReason, String)> {
    let first = timeline.ends.iter().min_by_key(|end| (end.mark.at, end.mark.event))?;
    Some((first.reason, first.valid.text()))
}
