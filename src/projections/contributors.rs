//! Who contributed to an operation, on a day or at any time, militarily and otherwise, and which partners did not at all
//! (the source text's sentence S2).

use std::collections::BTreeMap;

use crate::domain::text::Shown;
use crate::domain::time::{Truth, When};
use crate::domain::{Collection, Name, World};

use super::open_dates::distinct;
use super::operations::{ContributionOnDay, contribution};
use super::standing::{Stood, standing};
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

/// A partner that contributed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonContributor {
    /// The partner.
    pub actor: Name,
    /// Its name that day.
    pub shown: Option<Shown>,
    /// Whether it was a partner that day and contributed nothing.
    pub truth: Truth,
    /// The dates that leave it open, where it is only possible.
    pub open_because: Vec<String>,
}

/// The partners on `t` that contributed nothing on `t` (`at_any_time`: on no day) to the operation, or where there is none
/// to any, in the order of their names.
pub fn non_contributors(
    world: &dyn World,
    operation: Option<&Name>,
    t: When,
    at_any_time: bool,
    languages: &Languages,
) -> Vec<NonContributor> {
    let day = (!at_any_time).then_some(t);
    let partners = standing(world, t, languages).partners.into_iter();
    let found = partners.map(|Stood { actor, shown, truth, mut open_because, suspended: _ }| {
        let names = referrers(world, &actor, Collection::Contributions, None);
        let contributions = names.filter_map(|name| contribution(world, &name, day)).filter(|contribution| {
            let terms = &contribution.terms;
            terms.contributor == actor && operation.is_none_or(|operation| terms.operation == *operation)
        });
        let contributions =
            contributions.inspect(|found| open_because.extend_from_slice(&found.open_because));
        let contributed = Truth::any(contributions.map(|contribution| contribution.active));
        NonContributor {
            actor,
            shown,
            truth: truth.and(contributed.not()),
            open_because: distinct(open_because),
        }
    });
    found.filter(|found| found.truth.may_be()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, name, short};
    use super::*;

    fn example() -> Example {
        let mut example = Example::alliance();
        example.say("operations/a", "2003-05", "operationLaunched", json!({ "names": { "en": "x" } }));
        example.say("operations/a", "2014-12-28", "operationEnded", json!({}));
        for (id, actor, form, date, observed) in [
            ("w", "be", "TROOPS", "2003", false),
            ("x", "jp", "FINANCIAL", "2005", true),
            ("y", "jp", "NAVAL", "2010-01-01..2010-01-31", false),
        ] {
            let recorded = json!({
                "contributor": format!("countries/{actor}"),
                "operation": "operations/a",
                "form": format!("CONTRIBUTION_FORM_{form}"),
                "observed": observed,
            });
            example.say(&format!("contributions/{id}"), date, "contributionRecorded", recorded);
        }
        example
    }

    fn asked(example: &Example, t: &str, at_any_time: bool) -> Vec<Contributor> {
        contributors(&example.world, &name("operations/a"), day(t), at_any_time, &Languages::default())
    }

    #[test]
    fn what_was_seen_once_is_possible_on_another_day() {
        let example = example();
        let on = |t: &str| {
            let found = asked(&example, t, false).into_iter();
            found.map(|c| (c.actor.id().to_owned(), c.military, c.other)).collect::<Vec<_>>()
        };
        let (no, possibly, yes) = (Truth::No, Truth::Possibly, Truth::Yes);
        assert_eq!(on("2005-06-01"), [("be".into(), yes, no), ("jp".into(), no, possibly)]);
        assert_eq!(on("2010-01-15"), [("be".into(), yes, no), ("jp".into(), yes, possibly)]);
        assert_eq!(on("2014-12-28"), []);
        let only =
            asked(&example, "2005-06-01", false).into_iter().map(|c| (c.actor.clone(), c.only_otherwise()));
        assert_eq!(short(only), ["be NO", "jp POSSIBLY"]);
    }

    #[test]
    fn who_contributed_nothing_are_the_partners_that_are_not_certain_to_have_contributed() {
        let mut example = example();
        let joined = json!({ "framework": "frameworks/patg" });
        example.say("countries/jp", "2001-01-01", "frameworkJoined", joined.clone());
        example.say("countries/kr", "2010", "frameworkJoined", joined);
        let no = |operation: Option<&str>, t: &str, at_any_time| {
            let (operation, en) = (operation.map(name), Languages::default());
            let found = non_contributors(&example.world, operation.as_ref(), day(t), at_any_time, &en);
            short(found.into_iter().map(|found| (found.actor, found.truth)))
        };
        let a = Some("operations/a");
        assert_eq!(no(a, "2002-01-01", false), ["jp YES"], "before the operation; a member is no partner");
        assert_eq!(no(a, "2010-01-15", false), ["kr POSSIBLY"], "what was seen once, and a certain one");
        assert_eq!(no(a, "2011-06-01", false), ["jp POSSIBLY", "kr YES"]);
        for operation in [a, None] {
            assert_eq!(no(operation, "2020-01-01", true), ["kr YES"], "ever");
            assert_eq!(no(operation, "2020-01-01", false), ["jp YES", "kr YES"], "that day");
        }
    }

    #[test]
    fn the_dates_that_leave_it_open_who_contributed_nothing_are_named() {
        let mut example = example();
        let joined = json!({ "framework": "frameworks/patg" });
        example.say("countries/jp", "2011", "frameworkJoined", joined.clone());
        example.say("countries/kr", "2010-01-01", "frameworkJoined", joined);
        let open = |t: &str| {
            let found = non_contributors(&example.world, None, day(t), false, &Languages::default());
            found.into_iter().map(|it| (it.actor.id().to_owned(), it.open_because)).collect::<Vec<_>>()
        };
        let (joined, seen) =
            ("in frameworks/patg from 2011 (events/15)", "contributions/x seen 2005 (events/13)");
        let expected = |dates: &[&str]| {
            let dates = dates.iter().map(ToString::to_string).collect();
            vec![("jp".to_owned(), dates), ("kr".to_owned(), Vec::new())]
        };
        assert_eq!(open("2011-06-01"), expected(&[joined, seen]));
        assert_eq!(open("2012-06-01"), expected(&[seen]));
        assert_eq!(open("2015-01-01"), expected(&[]), "the operation was over");
    }

    #[test]
    fn at_some_time_it_is_certain_though_its_date_is_not_exact() {
        let found = asked(&example(), "2000", true).into_iter();
        let truths: Vec<_> = found.map(|c| (c.actor.id().to_owned(), c.military, c.other)).collect();
        assert_eq!(truths, [("be".into(), Truth::Yes, Truth::No), ("jp".into(), Truth::Yes, Truth::Yes)]);
    }
}
