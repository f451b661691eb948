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
    let all = names(world, Collection::Frameworks, after);
    all.filter_map(move |name| framework(world, &name, t, languages))
        .filter(move |framework| !open || framework.open.may_be())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day};
    use super::*;

    #[test]
    fn a_closed_framework_is_listed_but_not_as_open() {
        let mut example = Example::alliance();
        example.say("frameworks/pfp", "2020-05", "frameworkClosed", json!({}));
        let (world, en) = (&example.world, Languages::default());
        let ids = |t: &str, open: bool, after: Option<&Name>| {
            let found = frameworks(world, day(t), &en, open, after);
            found.map(|framework| framework.name.id().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids("2020-05-02", true, None), ["eop", "patg", "pfp"]);
        assert_eq!(ids("2021", true, None), ["eop", "patg"]);
        assert_eq!(ids("1990", true, None), [""; 0]);
        assert_eq!(ids("2021", false, Some(&"frameworks/eop".parse().unwrap())), ["patg", "pfp"]);
        let closed = framework(world, &"frameworks/pfp".parse().unwrap(), day("2020-05-02"), &en).unwrap();
        assert_eq!((closed.established.as_str(), closed.closed.as_str()), ("1994-01-10", "2020-05"));
        assert_eq!((closed.open, closed.version), (Truth::Possibly, Version(2)));
    }
}
