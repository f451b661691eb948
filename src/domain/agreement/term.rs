//! How long an agreement stands: for a duration from when it begins to stand, or from a date to a date.

use std::str::FromStr;

use jiff::Span;
use serde::{Deserialize, Serialize};

use crate::domain::time::{PartialDate, When};

/// How long an agreement stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Term {
    /// Years, months, weeks or days from when it begins to stand: `P2Y`.
    Lasts {
        /// As it was written.
        text: String,
        /// How long.
        years: i16,
        /// And months.
        months: i32,
        /// And days.
        days: i32,
    },
    /// From a date to a date: `2023/2026`.
    Between(PartialDate, PartialDate),
}

/// It is no term.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTerm {
    /// It is neither a duration nor two dates.
    #[error("`{0}` is no term: write a duration such as P2Y, or two dates such as 2023/2026")]
    Malformed(String),
    /// Its end is before its beginning, whatever the days they mean.
    #[error("the term `{0}` ends before it begins")]
    Inverted(String),
}

impl FromStr for Term {
    type Err = BadTerm;

    fn from_str(text: &str) -> Result<Self, BadTerm> {
        let bad = || BadTerm::Malformed(text.chars().take(40).collect());
        if let Some((from, to)) = text.split_once('/') {
            let from: PartialDate = from.parse().map_err(|_| bad())?;
            let to: PartialDate = to.parse().map_err(|_| bad())?;
            let inverted = from.when().by(to.when()).is_no();
            return if inverted { Err(BadTerm::Inverted(text.into())) } else { Ok(Term::Between(from, to)) };
        }
        let span = Some(text).filter(|t| t.starts_with('P') && !t.contains('T')).ok_or_else(bad)?;
        let span: Span = span.parse().map_err(|_| bad())?;
        let days = i64::from(span.get_days()) + 7 * i64::from(span.get_weeks());
        let days = i32::try_from(days).map_err(|_| bad())?;
        let (years, months) = (span.get_years(), span.get_months());
        // Lengths beyond what people agree on are slips of the pen, and some would leave the calendar.
        let fits = span.is_positive() && years <= 999 && months <= 9_999 && days <= 99_999;
        if fits { Ok(Term::Lasts { text: text.into(), years, months, days }) } else { Err(bad()) }
    }
}

impl TryFrom<String> for Term {
    type Error = BadTerm;

    fn try_from(text: String) -> Result<Self, BadTerm> {
        text.parse()
    }
}

impl From<Term> for String {
    fn from(term: Term) -> String {
        term.text()
    }
}

impl Term {
    /// As it was written.
    pub fn text(&self) -> String {
        match self {
            Term::Lasts { text, .. } => text.clone(),
            Term::Between(from, to) => format!("{from}/{to}"),
        }
    }

    /// The first day on which it is over, for an agreement that stands from `begin` on.
    pub fn over(&self, begin: When) -> When {
        match self {
            Term::Lasts { years, months, days, text: _ } => {
                begin.plus(Span::new().years(*years).months(*months).days(*days))
            }
            Term::Between(_, to) => When::exactly(to.when().latest.next()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_a_duration_or_two_dates() {
        let begin = "2012-02-29".parse::<PartialDate>().unwrap().when();
        for (text, over) in [
            ("P2Y", "2014-02-28"),
            ("P1Y6M", "2013-08-29"),
            ("P2W", "2012-03-14"),
            ("2023/2026", "2027-01-01"),
            ("2020-03/2023-02-28", "2023-03-01"),
        ] {
            let term: Term = text.parse().unwrap();
            assert_eq!((term.text().as_str(), term.over(begin).to_string().as_str()), (text, over));
        }
    }

    #[test]
    fn what_is_no_term_is_refused() {
        for text in
            ["", "P", "2Y", "PT5H", "P1DT5H", "-P2Y", "P0D", "2020/2021-13", "2020", "P99999Y", "P2Y/2026"]
        {
            assert!(matches!(text.parse::<Term>(), Err(BadTerm::Malformed(_))), "{text}");
        }
        assert!(matches!("2026/2023".parse::<Term>(), Err(BadTerm::Inverted(_))));
    }
}
