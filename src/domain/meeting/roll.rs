//! Who was a member and who was in which framework, and when: what meetings are judged by.

use hashbrown::HashMap;

use crate::domain::name::{Collection, Name};
use crate::domain::time::{Spell, Spells};
use crate::domain::world::World;

/// Of every country when it was a member and in which frameworks: it follows from the streams of countries and frameworks, from
/// which organisation the alliance is, and from nothing else.
#[derive(Debug, PartialEq, Eq)]
pub struct Roll {
    pub(super) alliance: Option<Name>,
    /// The lives of the frameworks that are held beside no other.
    pub(super) frameworks: Vec<Vec<Spell>>,
    /// When each country that ever was a member was one.
    pub(super) memberships: Vec<Vec<Spell>>,
    countries: HashMap<Name, Country>,
}

/// When a country was a member and, by framework, when it had joined it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Country {
    pub(super) member: Vec<Spell>,
    joined: Vec<Vec<Spell>>,
}

impl Country {
    /// When it was in the framework of this number.
    pub(super) fn joined(&self, framework: usize) -> &[Spell] {
        self.joined.get(framework).map_or(&[], Vec::as_slice)
    }
}

/// Nothing is known of it.
static UNKNOWN: Country = Country { member: Vec::new(), joined: Vec::new() };

impl Roll {
    /// As it is in this world.
    pub fn of(world: &(impl World + ?Sized)) -> Roll {
        let main = |name: Name| {
            let stream = world.stream(&name).filter(|stream| stream.is_open())?;
            let framework = stream.timeline.framework().filter(|framework| !framework.overlay)?;
            Some((name, framework.life.periods().collect()))
        };
        let frameworks = world.names(Collection::Frameworks).into_iter().filter_map(main);
        let (names, frameworks): (Vec<Name>, Vec<Vec<Spell>>) = frameworks.unzip();
        let country = |name: Name| {
            let stream = world.stream(&name)?;
            let actor = stream.timeline.actor()?;
            let joined = |framework: &Name| actor.tenures.get(framework).map(Spells::periods);
            let joined = |framework| joined(framework).into_iter().flatten().collect();
            let member = actor.memberships.periods().collect();
            Some((name, Country { member, joined: names.iter().map(joined).collect() }))
        };
        let countries: Vec<_> = world.names(Collection::Countries).into_iter().filter_map(country).collect();
        let members = countries.iter().map(|(_, country)| country.member.clone());
        let memberships = members.filter(|spells| !spells.is_empty()).collect();
        Roll {
            alliance: world.alliance(),
            frameworks,
            memberships,
            countries: countries.into_iter().collect(),
        }
    }

    pub(super) fn country(&self, name: &Name) -> &Country {
        self.countries.get(name).unwrap_or(&UNKNOWN)
    }
}
