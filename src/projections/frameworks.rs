//! Which frameworks there were on a day.

use crate::domain::text::Shown;
use crate::domain::time::{Truth, When};
use crate::domain::{Collection, Name, Version, World};

use super::{Languages, known, names};

/// A framework on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameworkOnDay {
    /// Its resource name.
    pub name: Name,
    /// Of its stream.
    pub version: Version,
    /// Its name.
    pub shown: Option<Shown>,
    /// It is held beside another.
    pub overlay: bool,
    /// When it was established, as recorded.
    pub established: String,
    /// When it was closed, as recorded; empty: it was not.
    pub closed: String,
    /// Whether it was open.
    pub open: Truth,
}

/// One framework on `t`; none if it is not known.
pub fn framework(world: &dyn World, name: &Name, t: When, languages: &Languages) -> Option<FrameworkOnDay> {
    let stream = known(world, name)?;
    let timeline = stream.timeline.framework()?;
    Some(FrameworkOnDay {
        name: name.clone(),
        version: stream.version(),
        shown: languages.text(&timeline.names),
        overlay: timeline.overlay,
        established: timeline.established.text(),
        closed: timeline.closed.as_ref().map(crate::domain::time::Valid::text).unwrap_or_default(),
        open: timeline.life.hold(t),
    })
}

/// The frameworks beyond `after`, in the order of their names; `open`: only those that certainly or possibly were.
pub fn frameworks<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    open: bool,
    after: Option<&Name>,
) -> impl Iterator<Item = FrameworkOnDay> + use<'a> {
    let all = names(world, Collection::Frameworks, after).into_iter();
    all.filter_map(move |name| framework(world, &name, t, languages))
        .filter(move |framework| !open || framework.open.may_be())
}
