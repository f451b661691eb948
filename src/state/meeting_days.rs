//! The days on which meetings were ever said to begin: where to look for those of a time.
//!
//! It is insert-only, and names candidates: what a meeting's timeline says counts.

use std::collections::BTreeMap;
use std::ops::Bound;

use parking_lot::RwLock;

use crate::domain::Name;
use crate::domain::time::{Day, Valid};
use crate::domain::world::{DaysAsked, Lasting, latest};
use crate::position::Position;

/// Each day, with the meetings, by how long they were said to last: as in [`Lasting::ALL`].
#[derive(Default)]
pub(super) struct MeetingDays([RwLock<BTreeMap<Day, BTreeMap<Name, Said>>>; Lasting::ALL.len()]);

/// What was said of when a meeting is.
#[derive(Clone, Copy)]
struct Said {
    /// By this event first.
    since: Position,
    /// The latest day that it may go on to.
    until: Day,
}

impl MeetingDays {
    /// What the event at `at` says.
    pub(super) fn put(&self, name: &Name, valid: &Valid, at: Position) {
        let until = latest(valid);
        for (lasting, days) in Lasting::ALL.into_iter().zip(&self.0) {
            if lasting.has(valid) {
                let mut days = days.write();
                let of_day = days.entry(valid.begin().earliest).or_default();
                let said = of_day.entry(name.clone()).or_insert(Said { since: at, until });
                said.until = said.until.max(until);
            }
        }
    }

    /// All that events said, each with its position, at once.
    pub(super) fn fill(&self, said: &[(Name, Valid, Position)]) {
        for (lasting, days) in Lasting::ALL.into_iter().zip(&self.0) {
            let mut said: Vec<_> = said.iter().filter(|(_, valid, _)| lasting.has(valid)).collect();
            let day = |valid: &Valid| valid.begin().earliest;
            said.sort_unstable_by(|(one, at, _), (other, then, _)| (day(at), one).cmp(&(day(then), other)));
            let of_meeting = |said: &[&(Name, Valid, Position)]| {
                let since = said.iter().map(|(_, _, at)| *at).min().unwrap_or_default();
                let until = said.iter().map(|(_, valid, _)| latest(valid)).max().unwrap_or(Day::NEVER);
                (said[0].0.clone(), Said { since, until })
            };
            let of_day = |said: &[&(Name, Valid, Position)]| {
                (day(&said[0].1), said.chunk_by(|one, next| one.0 == next.0).map(of_meeting).collect())
            };
            *days.write() = said.chunk_by(|one, next| day(&one.1) == day(&next.1)).map(of_day).collect();
        }
    }

    /// Takes back what was first said after `tail`.
    pub(super) fn take_back(&self, name: &Name, valid: &Valid, tail: Position) {
        for days in &self.0 {
            if let Some(said) = days.write().get_mut(&valid.begin().earliest)
                && said.get(name).is_some_and(|said| said.since > tail)
            {
                said.remove(name);
            }
        }
    }

    /// As [`World::meetings_by_day`](crate::domain::World::meetings_by_day), of what was said up to `tail`.
    pub(super) fn candidates(&self, tail: Position, asked: DaysAsked<'_>) -> Vec<(Day, Name)> {
        let DaysAsked { lasting, from, reaching, after, limit } = asked;
        let days = self.0[lasting as usize].read();
        let after = after.filter(|(day, _)| *day >= from);
        let rest = after.and_then(|(day, name)| Some((*day, name, days.get(day)?)));
        let rest = rest.into_iter().flat_map(|(day, name, names)| {
            let range: (Bound<&Name>, Bound<&Name>) = (Bound::Excluded(name), Bound::Unbounded);
            names.range::<Name, _>(range).map(move |it| (day, it))
        });
        let begin = after.map_or(Bound::Included(from), |(day, _)| Bound::Excluded(*day));
        let later = days.range((begin, Bound::Unbounded));
        let later = later.flat_map(|(day, names)| names.iter().map(move |it| (*day, it)));
        let known = rest.chain(later).filter(|(_, (_, said))| said.since <= tail && said.until >= reaching);
        known.take(limit).map(|(day, (name, _))| (day, name.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(from: &str, to: Option<&str>) -> Valid {
        use crate::domain::time::Until;
        let to = to.map(|to| match to {
            "unknown" => Until::Unknown,
            last => Until::Last(last.parse().unwrap()),
        });
        Valid { from: Some(from.parse().unwrap()), to }
    }

    #[test]
    fn meetings_come_day_by_day_in_pages_of_any_size() {
        let days = MeetingDays::default();
        let said = [
            ("meetings/b", "2011-09"),
            ("meetings/a", "2011-09-01"),
            ("meetings/c", "2011"),
            ("meetings/a", "2012-02-03"),
            ("meetings/d", "2012-02-03"),
            ("meetings/e", "2012-02-03"),
        ];
        for (name, from) in said {
            days.put(&name.parse().unwrap(), &valid(from, None), Position::ZERO);
        }
        let from = |from: &str, size: usize| {
            let first = valid(from, None).begin().earliest;
            let (mut found, mut last) = (Vec::new(), None);
            loop {
                let (after, lasting) = (last.as_ref(), Lasting::Any);
                let asked = DaysAsked { lasting, from: first, reaching: first, after, limit: size };
                let page = days.candidates(Position::ZERO, asked);
                let Some(behind) = page.last().cloned() else { return found.concat() };
                assert!(last.as_ref() < Some(&behind), "{behind:?} is not beyond {last:?}");
                last = Some(behind);
                found.extend(page.iter().map(|(_, name)| name.id().to_owned()));
            }
        };
        for page in 1..8 {
            assert_eq!(from("2000", page), "cabade", "{page}");
            assert_eq!(from("2011-09-01", page), "abade", "{page}");
            assert_eq!(from("2011-09-02", page), "ade", "{page}");
            assert_eq!(from("2013", page), "", "{page}");
        }
    }

    #[test]
    fn what_lasts_long_or_may_is_known_as_such() {
        let days = MeetingDays::default();
        let said = [
            ("meetings/a", "2011", None),
            ("meetings/b", "2011-01-01", Some("2012-02-04")),
            ("meetings/c", "2011-01-01", Some("2012-02-05")),
            ("meetings/d", "2011-01-01", Some("unknown")),
            ("meetings/e", "2010-01", None),
            ("meetings/f", "2010-01-01", Some("2010-02-11")),
            ("meetings/g", "2010-01-01", Some("2010-01-04")),
        ];
        for (name, from, to) in said {
            days.put(&name.parse().unwrap(), &valid(from, to), Position::ZERO);
        }
        let found = |lasting| {
            let found = days.candidates(Position::ZERO, DaysAsked::all(lasting));
            found.iter().map(|(_, name)| name.id()).collect::<String>()
        };
        assert_eq!(Lasting::ALL.map(found), ["efgabcd", "efabcd", "fabcd", "cd"]);
    }
}
