//! Who was a member and who was in which framework, and when: what meetings are judged by.

use hashbrown::HashMap;

use super::class::tally;
use crate::domain::name::{Collection, Name};
use crate::domain::time::{Day, End, Spell, Spells, When, one_holds};
use crate::domain::world::World;

/// Of every country when it was a member and in which frameworks: it follows from the streams of countries and frameworks, from
/// which organisation the alliance is, and from nothing else.
#[derive(Debug, PartialEq, Eq)]
pub struct Roll {
    pub(super) alliance: Option<Name>,
    /// The lives of the frameworks that are held beside no other.
    pub(super) frameworks: Vec<Vec<Spell>>,
    /// When each country that ever was a member was one.
    memberships: Vec<Vec<Spell>>,
    /// From each of these days on, how many were members: at least, at most.
    members: Vec<(Day, (usize, usize))>,
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
        let memberships: Vec<Vec<Spell>> = members.filter(|spells| !spells.is_empty()).collect();
        Roll {
            alliance: world.alliance(),
            frameworks,
            members: steps(&memberships),
            memberships,
            countries: countries.into_iter().collect(),
        }
    }

    /// How many were members: at least, at most.
    pub(super) fn members(&self, on: When) -> (usize, usize) {
        let from = self.members.partition_point(|(from, _)| *from <= on.earliest);
        match self.members.get(from.wrapping_sub(1)) {
            Some((_, members)) if on.is_exact() => *members,
            Some(_) | None => count(&self.memberships, on),
        }
    }

    pub(super) fn country(&self, name: &Name) -> &Country {
        self.countries.get(name).unwrap_or(&UNKNOWN)
    }
}

fn count(memberships: &[Vec<Spell>], on: When) -> (usize, usize) {
    tally(memberships.iter().map(|member| one_holds(member, on)))
}

/// The days on which it changes how many are members. Between two bounds of dates, exact days are all alike.
fn steps(memberships: &[Vec<Spell>]) -> Vec<(Day, (usize, usize))> {
    let bounds = |date: When| [date.earliest, date.latest];
    let of_spell = |spell: &Spell| {
        let end = if let End::On(end) = spell.end { bounds(end).to_vec() } else { Vec::new() };
        bounds(spell.begin).into_iter().chain(end)
    };
    let mut days: Vec<Day> = memberships.iter().flatten().flat_map(of_spell).chain([Day::EVER]).collect();
    days.sort_unstable();
    days.dedup();
    days.into_iter().map(|day| (day, count(memberships, When::exactly(day)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::PartialDate;

    #[test]
    fn members_are_counted_by_steps_as_they_are_one_by_one() {
        let date = |text: &str| text.parse::<PartialDate>().unwrap().when();
        let spell = |begin: &str, end: End| Spell { begin: date(begin), end };
        let memberships = vec![
            vec![spell("1949-08-24", End::None)],
            vec![spell("2004", End::None)],
            vec![spell("1990-10", End::On(date("1999"))), spell("2009-04-01", End::Unknown)],
            vec![Spell { begin: When::EVER, end: End::On(date("1966-03")) }],
        ];
        let roll = Roll {
            alliance: None,
            frameworks: Vec::new(),
            members: steps(&memberships),
            memberships: memberships.clone(),
            countries: HashMap::new(),
        };
        let mut day = date("1949-08-20").earliest;
        while day <= date("2010").latest {
            let on = When::exactly(day);
            assert_eq!(roll.members(on), count(&memberships, on), "{day}");
            day = day.next();
        }
        for on in ["1949", "1966-03", "1999", "2004-06", "2009-04"].map(date).into_iter().chain([When::EVER])
        {
            assert_eq!(roll.members(on), count(&memberships, on));
        }
        assert_eq!(roll.members(date("2004-06-01")), (1, 2));
    }
}
