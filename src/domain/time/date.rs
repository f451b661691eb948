//! Dates as people write them: exact to a day, a month or a year, never padded (ISO 8601 of reduced precision).

use std::fmt;
use std::str::FromStr;

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Truth;
use crate::domain::as_text;

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day(i32);

impl Day {
    /// Before every day that can be written.
    pub const EVER: Day = Day(i32::MIN);
    /// After every day that can be written.
    pub const NEVER: Day = Day(i32::MAX);

    /// The day after; the ends of time stay where they are.
    #[must_use]
    pub fn next(self) -> Day {
        match self {
            Day::EVER | Day::NEVER => self,
            Day(n) => Day(n + 1),
        }
    }

    /// The day a number of days on; the ends of time stay where they are.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Day {
        match self {
            Day::EVER | Day::NEVER => self,
            Day(n) => Day(n.saturating_add_unsigned(days)),
        }
    }

    /// The day a number of days before; the ends of time stay where they are.
    #[must_use]
    pub fn minus_days(self, days: u32) -> Day {
        match self {
            Day::EVER | Day::NEVER => self,
            Day(n) => Day(n.saturating_sub_unsigned(days)),
        }
    }

    /// The anniversary: the same day of a later month or year, or the last of that month where it has no such day.
    #[must_use]
    pub fn plus(self, span: Span) -> Day {
        match self.civil().map(|date| date.checked_add(span)) {
            Some(Ok(date)) => date.into(),
            Some(Err(_)) | None => Day::NEVER,
        }
    }

    /// Its year; none at the ends of time.
    pub fn year(self) -> Option<i16> {
        self.civil().map(Date::year)
    }

    fn civil(self) -> Option<Date> {
        Date::constant(1970, 1, 1).checked_add(Span::new().try_days(self.0).ok()?).ok()
    }
}

impl From<Date> for Day {
    fn from(date: Date) -> Self {
        let days = date.duration_since(Date::constant(1970, 1, 1)).as_secs() / 86_400;
        Day(i32::try_from(days).expect("a civil date is within ten thousand years of 1970"))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (*self, self.civil()) {
            (Day::EVER, _) => f.write_str("ever"),
            (_, Some(date)) => date.fmt(f),
            (_, None) => f.write_str("never"),
        }
    }
}

/// A date known to a day, a month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PartialDate {
    /// Such as `2011`.
    Year(i16),
    /// Such as `2011-09`.
    Month(i16, i8),
    /// Such as `2011-09-15`.
    Day(i16, i8, i8),
}

/// It is no date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no date: write 2011, 2011-09 or 2011-09-15")]
pub struct BadDate(pub String);

impl PartialDate {
    /// The days between which the one day lies that it means.
    ///
    /// # Panics
    ///
    /// Never: a partial date is only made of parts that a calendar has.
    pub fn when(self) -> When {
        let (first, last) = match self {
            PartialDate::Year(year) => (Date::new(year, 1, 1), Date::new(year, 12, 31)),
            PartialDate::Month(year, month) => {
                let first = Date::new(year, month, 1);
                let last = Date::new(year, month, 1).map(Date::last_of_month);
                (first, last)
            }
            PartialDate::Day(year, month, day) => (Date::new(year, month, day), Date::new(year, month, day)),
        };
        let known = "a partial date is only made of parts that a calendar has";
        When { earliest: first.expect(known).into(), latest: last.expect(known).into() }
    }
}

impl From<Date> for PartialDate {
    fn from(date: Date) -> Self {
        PartialDate::Day(date.year(), date.month(), date.day())
    }
}

impl FromStr for PartialDate {
    type Err = BadDate;

    fn from_str(text: &str) -> Result<Self, BadDate> {
        let bad = || BadDate(text.chars().take(40).collect());
        let digits = |part: &str, width: usize| {
            let plain = part.len() == width && part.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| part.parse::<i16>().ok()).flatten().filter(|&n| n > 0).ok_or_else(bad)
        };
        let small = |part: &str| digits(part, 2).and_then(|n| i8::try_from(n).map_err(|_| bad()));
        let mut parts = text.split('-');
        let year = digits(parts.next().unwrap_or_default(), 4)?;
        let date = match (parts.next(), parts.next(), parts.next()) {
            (None, _, _) => PartialDate::Year(year),
            (Some(month), None, _) => PartialDate::Month(year, small(month)?),
            (Some(month), Some(day), None) => PartialDate::Day(year, small(month)?, small(day)?),
            (Some(_), Some(_), Some(_)) => return Err(bad()),
        };
        let exists = match date {
            PartialDate::Year(_) => true,
            PartialDate::Month(year, month) => Date::new(year, month, 1).is_ok(),
            PartialDate::Day(year, month, day) => Date::new(year, month, day).is_ok(),
        };
        exists.then_some(date).ok_or_else(bad)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PartialDate, D::Error> {
        as_text::read(deserializer)
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PartialDate::Year(year) => write!(f, "{year:04}"),
            PartialDate::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            PartialDate::Day(year, month, day) => write!(f, "{year:04}-{month:02}-{day:02}"),
        }
    }
}

/// One day, known to lie between two: what every date means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct When {
    /// It is not before this day.
    pub earliest: Day,
    /// It is not after this day.
    pub latest: Day,
}

impl When {
    /// Before all that can be written: since ever.
    pub const EVER: When = When { earliest: Day::EVER, latest: Day::EVER };
    /// On some day, nobody knows which.
    pub const SOME_DAY: When = When { earliest: Day::EVER, latest: Day::NEVER };

    /// Exactly this day.
    pub fn exactly(day: Day) -> When {
        When { earliest: day, latest: day }
    }

    /// It is known to a day.
    pub fn is_exact(self) -> bool {
        self.earliest == self.latest
    }

    /// The day after, as inexact as this one.
    #[must_use]
    pub fn next_day(self) -> When {
        When { earliest: self.earliest.next(), latest: self.latest.next() }
    }

    /// The anniversary of this one, as inexact as it is.
    #[must_use]
    pub fn plus(self, span: Span) -> When {
        When { earliest: self.earliest.plus(span), latest: self.latest.plus(span) }
    }

    /// The first of the two to come: `first ≤ T` is then `self ≤ T or other ≤ T`.
    #[must_use]
    pub fn first(self, other: When) -> When {
        When { earliest: self.earliest.min(other.earliest), latest: self.latest.min(other.latest) }
    }

    /// Whether it is on `other` or before it: the one comparison from which everything follows.
    #[inline]
    pub fn by(self, other: When) -> Truth {
        if self.latest <= other.earliest {
            Truth::Yes
        } else if self.earliest > other.latest {
            Truth::No
        } else {
            Truth::Possibly
        }
    }

    /// Whether it is before `other`.
    pub fn before(self, other: When) -> Truth {
        other.by(self).not()
    }

    /// Whether both are one day.
    pub fn same_day(self, other: When) -> Truth {
        self.by(other).and(other.by(self))
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_exact() { self.earliest.fmt(f) } else { write!(f, "{}..{}", self.earliest, self.latest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_calendar_has_is_read_and_written_alike() {
        for text in ["2011", "2011-09", "2011-09-15", "2012-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(text.parse::<PartialDate>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_no_calendar_has_is_refused() {
        for text in [
            "",
            "11-09",
            "2011/09",
            "2011-13",
            "2011-02-30",
            "2011-9-1",
            "2011-09-15-1",
            "+2011",
            "0000",
            "2011-00",
        ] {
            assert!(text.parse::<PartialDate>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_month_is_one_of_its_days() {
        let month = "2012-02".parse::<PartialDate>().unwrap().when();
        assert_eq!(month.to_string(), "2012-02-01..2012-02-29");
    }

    #[test]
    fn an_anniversary_that_the_calendar_lacks_is_the_last_of_the_month() {
        let leap = "2012-02-29".parse::<PartialDate>().unwrap().when();
        assert_eq!(leap.plus(Span::new().years(1)).to_string(), "2013-02-28");
    }
}
