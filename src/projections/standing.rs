//! Who was a member or a partner on a day, and who held which framework (DOMAIN.md §9, read model 1).

use crate::domain::actor::ActorTimeline;
use crate::domain::text::Shown;
use crate::domain::time::{Truth, When};
use crate::domain::{Collection, Name, World};

use super::collation::Order;
use super::{Count, Languages, known, names, open_standing};

/// How all stood on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The members, certain and possible, in the order of their names.
    pub members: Vec<Stood>,
    /// The partners, alike.
    pub partners: Vec<Stood>,
    /// Every framework with its holders, in the order of their names.
    pub frameworks: Vec<FrameworkStanding>,
}

impl Standing {
    /// Puts all its lists in an order.
    pub fn sort(&mut self, order: Order, languages: &Languages) {
        order.sort(languages, &mut self.members);
        order.sort(languages, &mut self.partners);
        order.sort(languages, &mut self.frameworks);
        for framework in &mut self.frameworks {
            order.sort(languages, &mut framework.holders);
        }
    }
}

/// An actor that had a standing, or may have had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stood {
    /// The actor.
    pub actor: Name,
    /// Its name that day.
    pub shown: Option<Shown>,
    /// Whether it had the standing.
    pub truth: Truth,
    /// Whether cooperation with it was suspended.
    pub suspended: Truth,
    /// The dates that leave it open, where it is only possible.
    pub open_because: Vec<String>,
}

/// A framework and who held it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameworkStanding {
    /// The framework.
    pub framework: Name,
    /// Its name.
    pub shown: Option<Shown>,
    /// It is held beside another.
    pub overlay: bool,
    /// Whether it was open.
    pub open: Truth,
    /// Who held it.
    pub holders: Vec<Stood>,
}

/// How many of them, certain and possible.
pub fn count(stood: &[Stood]) -> Count {
    Count::of(stood.iter().map(|stood| stood.truth))
}

/// How all stood on `t`.
pub fn standing(world: &dyn World, t: When, languages: &Languages) -> Standing {
    let frameworks = names(world, Collection::Frameworks, None).filter_map(|name| {
        let stream = known(world, &name)?;
        let timeline = stream.timeline.framework()?;
        let shown = languages.text(&timeline.names);
        let (overlay, open) = (timeline.overlay, timeline.life.hold(t));
        Some(FrameworkStanding { framework: name, shown, overlay, open, holders: Vec::new() })
    });
    let mut standing =
        Standing { members: Vec::new(), partners: Vec::new(), frameworks: frameworks.collect() };
    let countries = names(world, Collection::Countries, None);
    for actor in countries.into_iter().chain(names(world, Collection::Organisations, None)) {
        let Some(stream) = known(world, &actor) else { continue };
        let Some(timeline) = stream.timeline.actor() else { continue };
        let one = One { t, languages, actor: &actor, timeline };
        standing.members.extend(one.stood(timeline.member(t), || open_standing::membership(timeline, t)));
        let open = || open_standing::partnership(world, timeline, t);
        standing.partners.extend(one.stood(timeline.partner(world, t), open));
        for framework in &mut standing.frameworks {
            let held = timeline.holds(world, &framework.framework, t);
            let open = || open_standing::tenure(world, timeline, &framework.framework, t);
            framework.holders.extend(one.stood(held, open));
        }
    }
    standing
}

struct One<'a> {
    t: When,
    languages: &'a Languages,
    actor: &'a Name,
    timeline: &'a ActorTimeline,
}

impl One<'_> {
    fn stood(&self, truth: Truth, open: impl Fn() -> Vec<String>) -> Option<Stood> {
        truth.may_be().then(|| Stood {
            actor: self.actor.clone(),
            shown: self.languages.name(&self.timeline.names, self.t),
            truth,
            suspended: self.timeline.suspended(self.t),
            open_because: if truth.is_yes() { Vec::new() } else { open() },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, short};
    use super::*;

    fn example() -> Example {
        let mut example = Example::alliance();
        example.say("countries/jp", "2011", "frameworkJoined", json!({ "framework": "frameworks/patg" }));
        example.say(
            "countries/kr",
            "2010-01-01",
            "frameworkJoined",
            json!({ "framework": "frameworks/eop" }),
        );
        example
    }

    #[test]
    fn an_overlay_makes_no_partner_and_a_year_only_a_possible_one() {
        let example = example();
        let standing = standing(&example.world, day("2011-06-01"), &Languages::default());
        let pairs = |stood: &[Stood]| short(stood.iter().map(|s| (s.actor.clone(), s.truth)));
        assert_eq!(pairs(&standing.members), ["be YES"]);
        assert_eq!(pairs(&standing.partners), ["jp POSSIBLY"]);
        let holders: Vec<_> =
            standing.frameworks.iter().map(|f| (f.framework.id(), pairs(&f.holders))).collect();
        let expected = [("eop", vec!["kr YES"]), ("patg", vec!["jp POSSIBLY"]), ("pfp", vec![])];
        assert_eq!(holders, expected.map(|(id, held)| (id, held.iter().map(ToString::to_string).collect())));
        assert_eq!(standing.partners[0].open_because, ["in frameworks/patg from 2011 (events/10)"]);
        assert_eq!(count(&standing.partners), Count { certain: 0, possible: 1 });
    }

    #[test]
    fn every_date_that_leaves_it_open_is_named() {
        let mut example = example();
        example.say("frameworks/patg", "2020-05", "frameworkClosed", json!({}));
        example.say("countries/jp", "2020", "memberAdmitted", json!({ "alliance": "organisations/nato" }));
        let standing = standing(&example.world, day("2020-05-20"), &Languages::default());
        let japan = standing.partners.iter().find(|stood| stood.actor.id() == "jp").unwrap();
        assert_eq!(japan.truth, Truth::Possibly);
        assert_eq!(
            japan.open_because,
            ["frameworks/patg open no longer from 2020-05", "a member from 2020 (events/13)"]
        );
    }
}
