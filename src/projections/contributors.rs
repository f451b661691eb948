//! Who contributed to an operation, on a day or at any time, militarily and otherwise (the source text's sentence S2).

use std::collections::BTreeMap;

use crate::domain::text::Shown;
use crate::domain::time::{Truth, When};
use crate::domain::{Collection, Name, World};

use super::operations::{ContributionOnDay, contribution};
use super::{Languages, known, referrers};

/// An actor and how it contributed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contributor {
    /// The actor.
    pub actor: Name,
    /// Its name that day.
    pub shown: Option<Shown>,
    /// Whether it contributed militarily.
    pub military: Truth,
    /// Whether it contributed otherwise.
    pub other: Truth,
    /// The contributions that count, certain and possible, in the order of their names.
    pub contributions: Vec<ContributionOnDay>,
}

impl Contributor {
    /// Whether it contributed, and only otherwise.
    pub fn only_otherwise(&self) -> Truth {
        self.other.and(self.military.not())
    }
}

/// Who contributed to the operation on `t` (`at_any_time`: on whatever day), in the order of their names.
pub fn contributors(
    world: &dyn World,
    operation: &Name,
    t: When,
    at_any_time: bool,
    languages: &Languages,
) -> Vec<Contributor> {
    let mut by_actor: BTreeMap<Name, Vec<ContributionOnDay>> = BTreeMap::new();
    for name in referrers(world, operation, Collection::Contributions, None) {
        let found = contribution(world, &name, (!at_any_time).then_some(t));
        if let Some(found) = found.filter(|c| c.terms.operation == *operation && c.active.may_be()) {
            by_actor.entry(found.terms.contributor.clone()).or_default().push(found);
        }
    }
    let contributors = by_actor.into_iter().map(|(actor, contributions)| {
        let stream = known(world, &actor);
        let timeline = stream.as_ref().and_then(|stream| stream.timeline.actor());
        let in_form = |military: bool| {
            let of_form = contributions.iter().filter(|c| c.terms.form.is_military() == military);
            Truth::any(of_form.map(|contribution| contribution.active))
        };
        let shown = timeline.and_then(|timeline| languages.name(&timeline.names, t));
        Contributor { actor, shown, military: in_form(true), other: in_form(false), contributions }
    });
    contributors.collect()
}
