//! Why it is open how an actor stood on a day: the dates of its memberships, of its tenures and of their frameworks.
//!
//! 1. What is certain, or certainly not so, has no dates that leave it open.
//! 2. A tenure is left open by its own dates, its framework's and its holder's membership's, whichever are.

use crate::domain::actor::ActorTimeline;
use crate::domain::time::{Truth, When};
use crate::domain::{Name, World};

use super::open_dates::{self, distinct};

/// The dates that leave it open whether it was a member.
pub(super) fn membership(who: &ActorTimeline, t: When) -> Vec<String> {
    open_dates::of(&who.memberships, "a member", t)
}

/// The dates that leave it open whether cooperation with it was suspended.
pub(super) fn suspension(who: &ActorTimeline, t: When) -> Vec<String> {
    open_dates::of(&who.suspensions, "suspended", t)
}

/// The dates that leave it open whether it held the framework.
pub(super) fn tenure(world: &dyn World, who: &ActorTimeline, framework: &Name, t: When) -> Vec<String> {
    if who.holds(world, framework, t) != Truth::Possibly {
        return Vec::new();
    }
    let mut found = joined(who, framework, t);
    found.extend(framework_life(world, framework, t));
    found.extend(membership(who, t));
    found
}

/// The dates that leave it open whether it had joined the framework and not left it.
pub(super) fn joined(who: &ActorTimeline, framework: &Name, t: When) -> Vec<String> {
    let tenures = who.tenures.get(framework);
    tenures.map(|tenures| open_dates::of(tenures, &format!("in {framework}"), t)).unwrap_or_default()
}

/// The dates that leave it open whether the framework was open.
pub(super) fn framework_life(world: &dyn World, framework: &Name, t: When) -> Vec<String> {
    let stream = world.stream(framework);
    let life = stream.as_ref().and_then(|stream| stream.timeline.framework()).map(|timeline| &timeline.life);
    life.map(|life| open_dates::of(life, &format!("{framework} open"), t)).unwrap_or_default()
}

/// The dates that leave it open whether it was a partner.
pub(super) fn partnership(world: &dyn World, who: &ActorTimeline, t: When) -> Vec<String> {
    if who.partner(world, t) != Truth::Possibly {
        return Vec::new();
    }
    let frameworks = who.main_frameworks(world).into_iter();
    distinct(frameworks.flat_map(|framework| tenure(world, who, framework, t)))
}
