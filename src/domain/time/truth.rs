//! Three-valued truth: what can be said when dates are not exact (DOMAIN.md §4; Kleene's strong logic).

use serde::{Deserialize, Serialize};

/// An answer that is right for every day that the dates may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Truth {
    /// Whatever the days that the dates mean, it is not so.
    No,
    /// It depends on which days the dates mean.
    Possibly,
    /// Whatever the days that the dates mean, it is so.
    Yes,
}

impl Truth {
    /// Both hold: the lesser of the two.
    #[must_use]
    #[inline]
    pub fn and(self, other: Truth) -> Truth {
        self.min(other)
    }

    /// Either holds: the greater of the two.
    #[must_use]
    #[inline]
    pub fn or(self, other: Truth) -> Truth {
        self.max(other)
    }

    /// It does not hold.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "`!truth` would read as a two-valued negation")]
    #[inline]
    pub fn not(self) -> Truth {
        match self {
            Truth::No => Truth::Yes,
            Truth::Possibly => Truth::Possibly,
            Truth::Yes => Truth::No,
        }
    }

    /// It is certain.
    #[inline]
    pub fn is_yes(self) -> bool {
        self == Truth::Yes
    }

    /// It is certain that it is not so.
    #[inline]
    pub fn is_no(self) -> bool {
        self == Truth::No
    }

    /// It is certain or possible.
    #[inline]
    pub fn may_be(self) -> bool {
        self != Truth::No
    }

    /// All hold; of none, YES. It looks no further than a NO.
    pub fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
        let mut all = Truth::Yes;
        for truth in truths {
            all = all.and(truth);
            if all.is_no() {
                break;
            }
        }
        all
    }

    /// One at least holds; of none, NO. It looks no further than a YES.
    pub fn any(truths: impl IntoIterator<Item = Truth>) -> Truth {
        let mut any = Truth::No;
        for truth in truths {
            any = any.or(truth);
            if any.is_yes() {
                break;
            }
        }
        any
    }
}

impl From<bool> for Truth {
    fn from(so: bool) -> Self {
        if so { Truth::Yes } else { Truth::No }
    }
}

/// Those that are not NO; the certain one alone where there is one.
pub fn certain_or_possible<S: Copy>(all: &[(S, Truth)]) -> Vec<S> {
    match all.iter().find(|(_, truth)| truth.is_yes()) {
        Some((status, _)) => vec![*status],
        None => all.iter().filter(|(_, truth)| truth.may_be()).map(|(status, _)| *status).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{No, Possibly, Yes};
    use super::*;

    const EVERY: [Truth; 3] = [No, Possibly, Yes];

    #[test]
    fn de_morgan_and_double_negation_hold() {
        for a in EVERY {
            assert_eq!(a.not().not(), a);
            for b in EVERY {
                assert_eq!(a.and(b).not(), a.not().or(b.not()));
                assert_eq!(a.or(b).not(), a.not().and(b.not()));
            }
        }
    }

    #[test]
    fn of_none_all_is_yes_and_any_is_no() {
        assert_eq!(Truth::all([]), Yes);
        assert_eq!(Truth::any([]), No);
    }
}
