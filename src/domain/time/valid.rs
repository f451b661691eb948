//! When something was so in the world, as it was written: the `valid` of a command and of an event.

use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, ZonedDateTime};
use serde::{Deserialize, Serialize};

use super::date::{BadDate, Day, PartialDate, When};
use super::period::{End, Spell};

/// A date, or for a meeting an instant with its zone. Two are equal where they are written alike: one instant in two zones
/// may be on two local days.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Moment {
    /// Known to a day, a month or a year.
    Date(PartialDate),
    /// Known to the instant; its day is the local day there.
    Instant(Box<ZonedDateTime>),
}

impl Moment {
    /// The days between which its one day lies.
    pub fn when(&self) -> When {
        match self {
            Moment::Date(date) => date.when(),
            Moment::Instant(zoned) => When::exactly(Day::from(zoned.date())),
        }
    }

    /// The instant, if it is known to one.
    pub fn instant(&self) -> Option<Timestamp> {
        match self {
            Moment::Date(_) => None,
            Moment::Instant(zoned) => Some(zoned.timestamp()),
        }
    }
}

impl PartialEq for Moment {
    fn eq(&self, other: &Moment) -> bool {
        match (self, other) {
            (Moment::Date(a), Moment::Date(b)) => a == b,
            (Moment::Instant(a), Moment::Instant(b)) => a == b && a.time_zone() == b.time_zone(),
            (Moment::Date(_), Moment::Instant(_)) | (Moment::Instant(_), Moment::Date(_)) => false,
        }
    }
}

impl Eq for Moment {}

impl FromStr for Moment {
    type Err = BadDate;

    /// `2011-09` and the like, or RFC 9557 with a named zone: `2011-09-15T09:00+02:00[Europe/Brussels]`.
    fn from_str(text: &str) -> Result<Self, BadDate> {
        if !text.contains('T') {
            return text.parse().map(Moment::Date);
        }
        match text.parse::<ZonedDateTime>() {
            Ok(zoned) if zoned.time_zone().iana_name().is_some() && zoned.year() > 0 => {
                Ok(Moment::Instant(Box::new(zoned)))
            }
            Ok(_) | Err(_) => Err(BadDate(text.chars().take(60).collect())),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::Date(date) => date.fmt(f),
            Moment::Instant(zoned) => zoned.fmt(f),
        }
    }
}

/// The last day of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Until {
    /// Its last day, or its last instant.
    Last(Moment),
    /// It ended or will end; nobody knows when.
    Unknown,
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Until::Last(moment) => moment.fmt(f),
            Until::Unknown => f.write_str("unknown"),
        }
    }
}

/// When something was so in the world; both ends inclusive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Valid {
    /// When it happened or began; absent for what has no date.
    pub from: Option<Moment>,
    /// The last day of what it began; absent: it goes on.
    pub to: Option<Until>,
}

impl Valid {
    /// On this date.
    pub fn from(date: PartialDate) -> Valid {
        Valid { from: Some(Moment::Date(date)), to: None }
    }

    /// When it happened or began; what has no date is so since ever.
    pub fn begin(&self) -> When {
        self.from.as_ref().map_or(When::EVER, Moment::when)
    }

    /// The end of what it began: the day after its last day, as inexact as that is.
    pub fn end(&self) -> Option<End> {
        self.to.as_ref().map(|until| match until {
            Until::Last(moment) => End::On(moment.when().next_day()),
            Until::Unknown => End::Unknown,
        })
    }

    /// From its first day to its last; without a last one it is of one day.
    pub fn days(&self) -> Spell {
        let begin = self.begin();
        Spell { begin, end: self.end().unwrap_or(End::On(begin.next_day())) }
    }

    /// As people write it: `2011-09`, `2011..2013`, `2011..unknown`; empty without a date.
    pub fn text(&self) -> String {
        match (&self.from, &self.to) {
            (None, _) => String::new(),
            (Some(from), None) => from.to_string(),
            (Some(from), Some(to)) => format!("{from}..{to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_in_two_zones_is_not_the_same_moment() {
        let moment = |text: &str| text.parse::<Moment>().unwrap();
        let brussels = moment("2011-09-15T23:30+02:00[Europe/Brussels]");
        let tallinn = moment("2011-09-16T00:30+03:00[Europe/Tallinn]");
        assert_eq!(brussels.instant(), tallinn.instant());
        assert_ne!(brussels, tallinn);
        assert_ne!(brussels.when(), tallinn.when());
        assert_eq!(brussels, moment("2011-09-15T23:30:00+02:00[Europe/Brussels]"));
    }
}
