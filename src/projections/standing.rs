//! Who was a member or a partner on a day, and who held which framework (DOMAIN.md §9, read model 1).

use crate::domain::actor::ActorTimeline;
use crate::domain::text::Shown;
use crate::domain::time::{Truth, When};
use crate::domain::{Collection, Name, World};

use super::{Count, Languages, known, names, open_dates};

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
    let frameworks = names(world, Collection::Frameworks, None).into_iter().filter_map(|name| {
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
        let one = One { world, t, languages, actor: &actor, timeline };
        standing.members.extend(one.stood(timeline.member(t), || one.open_membership()));
        standing.partners.extend(one.stood(timeline.partner(world, t), || one.open_partnership()));
        for framework in &mut standing.frameworks {
            let held = timeline.holds(world, &framework.framework, t);
            framework.holders.extend(one.stood(held, || one.open_tenure(&framework.framework)));
        }
    }
    standing
}

struct One<'a> {
    world: &'a dyn World,
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

    fn open_membership(&self) -> Vec<String> {
        open_dates::of(&self.timeline.memberships, "a member", self.t)
    }

    fn open_tenure(&self, framework: &Name) -> Vec<String> {
        let tenures = self.timeline.tenures.get(framework);
        let mut found =
            tenures.map(|t| open_dates::of(t, &format!("in {framework}"), self.t)).unwrap_or_default();
        if let Some(stream) = self.world.stream(framework) {
            let life = stream.timeline.framework().map(|timeline| &timeline.life);
            found.extend(
                life.into_iter().flat_map(|l| open_dates::of(l, &format!("{framework} open"), self.t)),
            );
        }
        found.extend(self.open_membership());
        found
    }

    fn open_partnership(&self) -> Vec<String> {
        let mut found = Vec::new();
        for framework in self.timeline.main_frameworks(self.world) {
            if self.timeline.holds(self.world, framework, self.t).may_be() {
                let dates = self.open_tenure(framework);
                found.extend(dates.into_iter().filter(|date| !found.contains(date)).collect::<Vec<_>>());
            }
        }
        found
    }
}
