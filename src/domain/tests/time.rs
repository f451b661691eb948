//! Inexact dates against every day that they may mean (DOMAIN.md §4): an answer is YES only where it is so on all of
//! them, and NO only where it is so on none.

use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;

use crate::domain::agreement::Term;
use crate::domain::time::{Day, End, Misfit, PartialDate, Spell, Spells, Succession, Truth, When};
use crate::position::Position;

/// The n-th day of a small calendar.
fn day(n: u8) -> Day {
    date(2011, 3, 1).checked_add(i64::from(n).days()).unwrap().into()
}

/// Between two of its days.
#[derive(Clone, Copy, Debug)]
struct Range(u8, u8);

impl Range {
    fn when(self) -> When {
        When { earliest: day(self.0), latest: day(self.1) }
    }

    fn days(self) -> std::ops::RangeInclusive<u8> {
        self.0..=self.1
    }
}

fn range() -> impl Strategy<Value = Range> {
    (0_u8..7, 0_u8..3).prop_map(|(first, more)| Range(first, first + more))
}

fn ranges(most: usize) -> impl Strategy<Value = Vec<Range>> {
    prop::collection::vec(range(), 0..=most)
}

/// Every choice of one day for each range.
fn choices(ranges: &[Range]) -> Vec<Vec<u8>> {
    ranges.iter().fold(vec![Vec::new()], |all, range| {
        let extend = |chosen: &Vec<u8>| {
            let chosen = chosen.clone();
            range.days().map(move |day| [chosen.as_slice(), &[day]].concat()).collect::<Vec<_>>()
        };
        all.iter().flat_map(extend).collect()
    })
}

/// That the answer is right for every choice of days.
fn check(truth: Truth, so: impl IntoIterator<Item = bool>) -> Result<(), TestCaseError> {
    for so in so {
        prop_assert!(truth != if so { Truth::No } else { Truth::Yes }, "{truth:?}, and it is {so}");
    }
    Ok(())
}

/// Whether a spell from `begin` to `end` holds on exact days.
fn lasts(begin: u8, end: Option<u8>, t: u8) -> bool {
    begin <= t && end.is_none_or(|end| end > t)
}

/// Beginnings and ends on exact days, the k-th end with the k-th beginning.
fn paired(mut begins: Vec<u8>, mut ends: Vec<u8>) -> Vec<(u8, Option<u8>)> {
    begins.sort_unstable();
    ends.sort_unstable();
    begins.into_iter().enumerate().map(|(k, begin)| (begin, ends.get(k).copied())).collect()
}

/// Two spells share a day.
fn clash(a: (u8, Option<u8>), b: (u8, Option<u8>)) -> bool {
    (0..20).any(|t| lasts(a.0, a.1, t) && lasts(b.0, b.1, t))
}

fn recorded(begins: &[Range], ends: &[Range]) -> Spells {
    let mut spells = Spells::default();
    let mut position = Position::ZERO;
    for range in begins {
        position = position.next();
        spells.begin(position, range.when(), None);
    }
    for range in ends {
        position = position.next();
        spells.end(position, range.when());
    }
    spells
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn one_comparison_is_exact(a in range(), b in range()) {
        let truth = a.when().by(b.when());
        let so: Vec<bool> = choices(&[a, b]).iter().map(|days| days[0] <= days[1]).collect();
        check(truth, so.clone())?;
        if truth == Truth::Possibly {
            prop_assert!(so.contains(&true) && so.contains(&false));
        }
        prop_assert_eq!(a.when().before(b.when()), b.when().by(a.when()).not());
        check(a.when().same_day(b.when()), choices(&[a, b]).iter().map(|days| days[0] == days[1]))?;
    }

    #[test]
    fn the_first_of_two_is_as_exact_as_they_are(a in range(), b in range(), t in range()) {
        let either = a.when().by(t.when()).or(b.when().by(t.when()));
        prop_assert_eq!(a.when().first(b.when()).by(t.when()), either);
    }

    #[test]
    fn a_spell_holds(begin in range(), end in range(), t in range()) {
        let spell = Spell { begin: begin.when(), end: End::On(end.when()) };
        let all = choices(&[begin, end, t]);
        check(spell.holds(t.when()), all.iter().map(|days| lasts(days[0], Some(days[1]), days[2])))?;
        let goes_on = Spell { begin: begin.when(), end: End::None };
        check(goes_on.holds(t.when()), all.iter().map(|days| lasts(days[0], None, days[2])))?;
        // Of an end that is unknown any day is meant, or none.
        let unknown = Spell { begin: begin.when(), end: End::Unknown };
        let any = all.iter().flat_map(|days| (0..12).map(|end| lasts(days[0], Some(end), days[2])));
        check(unknown.holds(t.when()), any)?;
        prop_assert!(!unknown.holds(t.when()).is_yes());
    }

    #[test]
    fn spells_overlap(a in (range(), range()), b in (range(), prop::option::of(range()))) {
        let end = |range: Option<Range>| range.map_or(End::None, |range| End::On(range.when()));
        let one = Spell { begin: a.0.when(), end: end(Some(a.1)) };
        let other = Spell { begin: b.0.when(), end: end(b.1) };
        let all = choices(&[a.0, a.1, b.0, b.1.unwrap_or(Range(0, 0))]);
        let so = all.iter().map(|d| clash((d[0], Some(d[1])), (d[2], b.1.map(|_| d[3]))));
        check(one.overlaps(&other), so)?;
        prop_assert_eq!(one.overlaps(&other), other.overlaps(&one));
    }

    #[test]
    fn pairs_hold_whatever_the_order_of_recording(begins in ranges(3), ends in ranges(2), t in range()) {
        let spells = recorded(&begins, &ends);
        let every = choices(&[begins.as_slice(), &ends, &[t]].concat());
        let so = every.iter().map(|days| {
            let (begins, rest) = days.split_at(begins.len());
            let (ends, t) = rest.split_at(ends.len());
            paired(begins.to_vec(), ends.to_vec()).into_iter().any(|(begin, end)| lasts(begin, end, t[0]))
        });
        check(spells.hold(t.when()), so)?;
        let (mut backwards, mut late) = (begins.clone(), ends.clone());
        backwards.reverse();
        late.reverse();
        prop_assert_eq!(recorded(&backwards, &late).hold(t.when()), spells.hold(t.when()));
    }

    #[test]
    fn a_misfit_is_one_on_whatever_days(begins in ranges(3), ends in ranges(3)) {
        let misfits = recorded(&begins, &ends).misfits();
        let ends_nothing = misfits.iter().any(|misfit| matches!(misfit, Misfit::EndsNothing { .. }));
        let overlaps = misfits.iter().any(|misfit| matches!(misfit, Misfit::Overlaps { .. }));
        for days in choices(&[begins.as_slice(), &ends].concat()) {
            let (begins, ends) = days.split_at(begins.len());
            let pairs = paired(begins.to_vec(), ends.to_vec());
            let nothing = ends.len() > begins.len()
                || pairs.iter().any(|(begin, end)| end.is_some_and(|end| end < *begin));
            prop_assert!(!ends_nothing || nothing, "{:?} {:?}", begins, ends);
            let clashes = (0..pairs.len()).any(|i| (0..i).any(|j| clash(pairs[i], pairs[j])));
            prop_assert!(!overlaps || clashes, "{:?} {:?}", begins, ends);
            let exact = |days: &[u8]| days.iter().map(|&day| Range(day, day)).collect::<Vec<_>>();
            let on_days = recorded(&exact(begins), &exact(ends)).misfits();
            prop_assert_eq!(on_days.is_empty(), !nothing && !clashes, "{:?} {:?}", begins, ends);
        }
    }

    #[test]
    fn a_succession_is_the_last_that_began(values in ranges(4), t in range()) {
        let mut succession = Succession::default();
        for (n, range) in (1..).zip(&values) {
            succession.begin(Position(n), range.when(), n);
        }
        let on = succession.on(t.when());
        for (n, _) in (1_u64..).zip(&values) {
            let truth = on.iter().find(|(_, dated)| dated.value == n).map_or(Truth::No, |(truth, _)| *truth);
            let me = usize::try_from(n).unwrap() - 1;
            let so = choices(&[values.as_slice(), &[t]].concat());
            check(truth, so.iter().map(|days| {
                let (begun, t) = days.split_at(values.len());
                begun[me] <= t[0] && !begun.iter().any(|&other| other > begun[me] && other <= t[0])
            }))?;
        }
        // Some value is possible once one began, and two of one exact day are a misfit.
        prop_assert_eq!(on.is_empty(), !values.iter().any(|value| value.when().by(t.when()).may_be()));
        let exact: Vec<u8> = values.iter().filter(|range| range.0 == range.1).map(|range| range.0).collect();
        let twice = exact.iter().enumerate().any(|(i, day)| exact[..i].contains(day));
        prop_assert_eq!(!succession.misfits().is_empty(), twice);
    }

    #[test]
    fn what_a_calendar_has_is_read_as_it_is_written(year in 1_i16..=9999, month in 1_i8..=12, day in 1_i8..=31) {
        for written in [PartialDate::Year(year), PartialDate::Month(year, month), PartialDate::Day(year, month, day)] {
            let text = written.to_string();
            match text.parse::<PartialDate>() {
                Ok(read) => {
                    prop_assert_eq!(read, written);
                    let when = read.when();
                    prop_assert!(when.earliest <= when.latest);
                    prop_assert_eq!(when.is_exact(), matches!(read, PartialDate::Day(..)));
                }
                Err(_) => prop_assert!(matches!(written, PartialDate::Day(_, _, 29..=31)), "{text}"),
            }
        }
    }

    #[test]
    fn any_text_is_a_date_or_refused(text in "[0-9T:+-]{0,12}") {
        if let Ok(date) = text.parse::<PartialDate>() {
            prop_assert_eq!(date.to_string(), text);
        }
    }

    #[test]
    fn a_term_is_over_after_it_began(years in 0_i16..20, months in 0_i32..20, days in 0_i32..40, begin in range()) {
        let text = format!("P{years}Y{months}M{days}D");
        match text.parse::<Term>() {
            Ok(term) => {
                prop_assert_eq!(term.text(), text);
                let over = term.over(begin.when());
                prop_assert!(begin.when().before(over).may_be() && begin.when().earliest < over.earliest);
            }
            Err(_) => prop_assert!(years == 0 && months == 0 && days == 0),
        }
    }
}
