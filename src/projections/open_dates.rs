//! Why an answer is only possible: the dates that leave it open, in words.

use crate::domain::time::{End, Mark, PartialDate, Spell, Spells, Truth, When};

/// A date as people write it: `2011`, `2011-09`, `2011-09-15`, else the days between which it lies; empty: since ever.
pub fn text(at: When) -> String {
    if at == When::EVER {
        return String::new();
    }
    period(at).map_or_else(|| at.to_string(), |date| date.to_string())
}

/// The day, month or year of which `at` is one day, if it is one as a calendar has it.
fn period(at: When) -> Option<PartialDate> {
    let first: PartialDate = at.earliest.to_string().parse().ok()?;
    let PartialDate::Day(year, month, _) = first else { return None };
    let all = [first, PartialDate::Month(year, month), PartialDate::Year(year)];
    all.into_iter().find(|date| date.when() == at)
}

/// The last day of what ends on `end`: the day before, where it is a day of a month or a year.
fn last_day(end: When) -> Option<PartialDate> {
    let first: PartialDate = end.earliest.to_string().parse().ok()?;
    let PartialDate::Day(year, month, _) = first else { return None };
    let all = [PartialDate::Month(year, month), PartialDate::Year(year)];
    all.into_iter().find(|date| date.when().next_day() == end)
}

/// These dates, each once.
pub fn distinct(dates: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut found = Vec::new();
    for date in dates {
        if !found.contains(&date) {
            found.push(date);
        }
    }
    found
}

/// The dates of these spells that leave it open whether one holds on `t`, none where one certainly does; `what` says of what
/// they are.
pub fn of(spells: &Spells, what: &str, t: When) -> Vec<String> {
    if spells.hold(t) != Truth::Possibly {
        return Vec::new();
    }
    spells.spells().flat_map(|(mark, spell)| of_spell(mark, &spell, what, t)).collect()
}

/// The dates of one spell that leave it open whether it holds on `t`.
pub fn of_spell(mark: Mark, spell: &Spell, what: &str, t: When) -> Vec<String> {
    if spell.holds(t) != Truth::Possibly {
        return Vec::new();
    }
    let open_begin = spell.begin.by(t) == Truth::Possibly;
    let begin = open_begin.then(|| format!("{what} from {} (events/{})", text(spell.begin), mark.event));
    let end = match spell.end {
        End::On(end) if end.by(t) != Truth::Possibly => None,
        end => ended(mark, end, what),
    };
    begin.into_iter().chain(end).collect()
}

/// How a spell begins, in words, if that is on an inexact date.
pub(super) fn inexact_begin(mark: Mark, at: When, what: &str) -> Option<String> {
    (!at.is_exact()).then(|| format!("{what} from {} (events/{})", text(at), mark.event))
}

/// How a spell ends, in words, if that is on an inexact date or nobody knows when.
pub(super) fn inexact_end(mark: Mark, end: End, what: &str) -> Option<String> {
    match end {
        End::On(at) if at.is_exact() => None,
        end => ended(mark, end, what),
    }
}

/// How a spell ends, in words; none where it goes on.
fn ended(mark: Mark, end: End, what: &str) -> Option<String> {
    match end {
        End::None => None,
        End::On(end) => Some(match last_day(end) {
            Some(last) => format!("{what} until {last} (events/{})", mark.event),
            None => format!("{what} no longer from {}", text(end)),
        }),
        End::Unknown => Some(format!("{what} until an unknown day (events/{})", mark.event)),
    }
}

/// The dates that decide whether one of these spells holds on `t`, or that leave it open: where one certainly holds, its
/// beginning and its end; where none does, those of each.
pub fn deciding(spells: &Spells, what: &str, t: When) -> Vec<String> {
    let truth = spells.hold(t);
    if truth == Truth::Possibly {
        return of(spells, what, t);
    }
    let decide = spells.spells().filter(|(_, spell)| !truth.is_yes() || spell.holds(t).is_yes());
    let dates = decide.flat_map(|(mark, spell)| {
        let begin = if spell.begin == When::EVER { "ever".into() } else { text(spell.begin) };
        let begin = format!("{what} from {begin} (events/{})", mark.event);
        // What has not begun is decided by its beginning alone.
        let end = ended(mark, spell.end, what).filter(|_| spell.begin.by(t).may_be());
        std::iter::once(begin).chain(end)
    });
    dates.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::Position;

    fn when(text: &str) -> When {
        text.parse::<PartialDate>().unwrap().when()
    }

    #[test]
    fn a_date_is_written_as_it_was() {
        for date in ["2011", "2012-02", "2011-09-15"] {
            assert_eq!(text(when(date)), date);
        }
        assert_eq!(text(when("2011-12").first(when("2012"))), "2011-12");
        assert_eq!(text(when("2011").next_day()), "2011-01-02..2012-01-01");
        assert_eq!(text(When::EVER), "");
    }

    #[test]
    fn what_leaves_it_open_is_named() {
        let mut spells = Spells::default();
        spells.begin(Position(3), when("2011"), None);
        spells.end(Position(9), when("2014-05"));
        assert_eq!(
            of(&spells, "in frameworks/patg", when("2011-06-01")),
            ["in frameworks/patg from 2011 (events/3)"]
        );
        assert_eq!(
            of(&spells, "in frameworks/patg", when("2014-05-02")),
            ["in frameworks/patg no longer from 2014-05"]
        );
        assert!(of(&spells, "in frameworks/patg", when("2012")).is_empty());
    }

    #[test]
    fn beside_one_that_certainly_holds_nothing_is_open() {
        let mut spells = Spells::default();
        spells.begin(Position(3), when("2001-02-03"), Some(End::Unknown));
        spells.begin(Position(4), when("2003"), None);
        let on = |t: &str| of(&spells, "in frameworks/patg", when(t));
        let unknown = "in frameworks/patg until an unknown day (events/3)";
        assert_eq!(on("2002"), [unknown]);
        assert_eq!(on("2003-06-01"), ["in frameworks/patg from 2003 (events/4)", unknown]);
        assert_eq!(on("2004"), [""; 0]);
    }

    #[test]
    fn a_last_day_and_an_unknown_end_are_told_apart() {
        let mut spells = Spells::default();
        spells.begin(Position(3), when("2001-02-03"), Some(End::On(when("2003").next_day())));
        assert_eq!(of(&spells, "a member", when("2003-06-01")), ["a member until 2003 (events/3)"]);
        let mut spells = Spells::default();
        spells.begin(Position(3), when("2001-02-03"), Some(End::Unknown));
        assert_eq!(of(&spells, "a member", when("2003")), ["a member until an unknown day (events/3)"]);
    }

    #[test]
    fn what_decides_is_named_too() {
        let mut spells = Spells::default();
        spells.begin(Position(3), when("2011"), None);
        spells.end(Position(9), when("2014-05"));
        let on = |t: &str| deciding(&spells, "in frameworks/patg", when(t));
        assert_eq!(on("2010"), ["in frameworks/patg from 2011 (events/3)"]);
        assert_eq!(on("2011-06"), ["in frameworks/patg from 2011 (events/3)"]);
        let both = ["in frameworks/patg from 2011 (events/3)", "in frameworks/patg no longer from 2014-05"];
        assert_eq!(
            (on("2012").as_slice(), on("2015").as_slice()),
            (&both.map(str::to_owned)[..], &both.map(str::to_owned)[..])
        );
        assert_eq!(deciding(&Spells::default(), "a member", when("2015")), [""; 0]);
    }
}
