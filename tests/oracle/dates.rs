//! Dates that are not exact, and the three answers (DOMAIN.md §4), read as naively as they are written there.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

/// Kleene's strong logic: `and` is the least, `or` the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    No,
    Possibly,
    Yes,
}
pub(crate) use Truth::{No, Possibly, Yes};

impl Truth {
    pub(crate) fn and(self, other: Truth) -> Truth {
        self.min(other)
    }

    pub(crate) fn or(self, other: Truth) -> Truth {
        self.max(other)
    }

    pub(crate) fn not(self) -> Truth {
        match self {
            No => Yes,
            Possibly => Possibly,
            Yes => No,
        }
    }

    pub(crate) fn any(all: impl IntoIterator<Item = Truth>) -> Truth {
        all.into_iter().max().unwrap_or(No)
    }

    pub(crate) fn of(so: bool) -> Truth {
        if so { Yes } else { No }
    }

    pub(crate) fn may_be(self) -> bool {
        self != No
    }
}

/// One day between two, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) earliest: Date,
    pub(crate) latest: Date,
}

impl Span {
    pub(crate) const EVER: Span = Span { earliest: Date::MIN, latest: Date::MIN };

    pub(crate) fn on(day: Date) -> Span {
        Span { earliest: day, latest: day }
    }

    /// `2011`, `2011-09`, `2011-09-15`, or an instant with its zone.
    pub(crate) fn parse(text: &str) -> Span {
        let day = text.split('T').next().unwrap();
        let numbers: Vec<i16> = day.split('-').map(|part| part.parse().unwrap()).collect();
        let small = |number: i16| i8::try_from(number).unwrap();
        match numbers[..] {
            [year] => Span { earliest: Date::constant(year, 1, 1), latest: Date::constant(year, 12, 31) },
            [year, month] => {
                let first = Date::constant(year, small(month), 1);
                Span { earliest: first, latest: first.last_of_month() }
            }
            [year, month, day] => Span::on(Date::constant(year, small(month), small(day))),
            _ => panic!("{text} is no date"),
        }
    }

    /// `self ≤ other`.
    pub(crate) fn by(self, other: Span) -> Truth {
        if self.latest <= other.earliest {
            Yes
        } else if self.earliest > other.latest {
            No
        } else {
            Possibly
        }
    }

    /// `self > other`.
    pub(crate) fn after(self, other: Span) -> Truth {
        self.by(other).not()
    }

    /// `self < other`.
    pub(crate) fn before(self, other: Span) -> Truth {
        other.by(self).not()
    }

    /// The later one of two, whichever that is.
    pub(crate) fn later(self, other: Span) -> Span {
        Span { earliest: self.earliest.max(other.earliest), latest: self.latest.max(other.latest) }
    }

    pub(crate) fn is_exact(self) -> bool {
        self.earliest == self.latest
    }

    pub(crate) fn plus_days(self, days: i64) -> Span {
        let plus = |day: Date| day.saturating_add(days.days());
        Span { earliest: plus(self.earliest), latest: plus(self.latest) }
    }

    pub(crate) fn plus_years(self, years: i64) -> Span {
        let plus = |day: Date| day.saturating_add(years.years());
        Span { earliest: plus(self.earliest), latest: plus(self.latest) }
    }
}

/// How something that has begun ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Never,
    /// On that day it is no longer so.
    On(Span),
    Unknown,
}

impl End {
    pub(crate) fn by(self, t: Span) -> Truth {
        match self {
            End::Never => No,
            End::On(end) => end.by(t),
            End::Unknown => Possibly,
        }
    }
}

/// From a beginning to an end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spell {
    pub(crate) begin: Span,
    pub(crate) end: End,
}

impl Spell {
    pub(crate) fn holds(self, t: Span) -> Truth {
        self.begin.by(t).and(self.end.by(t).not())
    }

    /// Whether it overlaps what begins on `from` and ends on `to`: on its first day, at least, it was so.
    pub(crate) fn within(self, from: &str, to: &str) -> Truth {
        let begins = if to.is_empty() { Yes } else { self.begin.by(Span::on(Span::parse(to).latest)) };
        let ends = if from.is_empty() {
            Yes
        } else {
            let first = Span::on(Span::parse(from).earliest);
            self.end.by(first).not().or(first.by(self.begin))
        };
        begins.and(ends)
    }
}

/// Beginnings and ends that were recorded apart: the k-th of the one with the k-th of the other.
pub(crate) fn paired(begins: &[Span], ends: &[Span]) -> Vec<Spell> {
    let (begins, ends) = (in_order(begins), in_order(ends));
    let mut ends = ends.into_iter();
    begins.into_iter().map(|begin| Spell { begin, end: ends.next().map_or(End::Never, End::On) }).collect()
}

/// Earliest days and latest days sorted apart.
fn in_order(spans: &[Span]) -> Vec<Span> {
    let mut earliest: Vec<Date> = spans.iter().map(|span| span.earliest).collect();
    let mut latest: Vec<Date> = spans.iter().map(|span| span.latest).collect();
    earliest.sort_unstable();
    latest.sort_unstable();
    earliest.into_iter().zip(latest).map(|(earliest, latest)| Span { earliest, latest }).collect()
}

/// What is possible; the certain one alone where there is one.
pub(crate) fn possible<T: Copy + Ord>(all: &[(T, Truth)]) -> BTreeSet<T> {
    match all.iter().find(|(_, so)| *so == Yes) {
        Some((certain, _)) => BTreeSet::from([*certain]),
        None => all.iter().filter(|(_, so)| so.may_be()).map(|(it, _)| *it).collect(),
    }
}

/// Of dated values, whether each is the one on `t`: begun by `t`, and no other began after it and by `t`.
pub(crate) fn current(dates: &[Span], t: Span) -> Vec<Truth> {
    let is_current = |index: usize| {
        let date = dates[index];
        let others = dates.iter().enumerate().filter(|(other, _)| *other != index);
        let replaced = Truth::any(others.map(|(_, other)| other.after(date).and(other.by(t))));
        date.by(t).and(replaced.not())
    };
    (0..dates.len()).map(is_current).collect()
}
