//! A succession: dated values of which each one holds until the next (DOMAIN.md §4).
//!
//! 1. A value is the one on T if it began by T and no other began after it and by T.
//! 2. Two values on one exact day are a misfit; both fail.

use serde::{Deserialize, Serialize};

use super::period::Mark;
use super::{Truth, When};
use crate::position::Position;

/// A value and since when it is the one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<V> {
    /// Since when, and the event that says so.
    pub since: Mark,
    /// The value.
    pub value: V,
}

/// Dated values of which each one holds until the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession<V>(Vec<Dated<V>>);

impl<V> Default for Succession<V> {
    fn default() -> Self {
        Succession(Vec::new())
    }
}

impl<V> Succession<V> {
    /// From `at` on it is this value.
    pub fn begin(&mut self, event: Position, at: When, value: V) {
        self.0.push(Dated { since: Mark { event, at }, value });
    }

    /// Every value, in the order of recording.
    pub fn values(&self) -> &[Dated<V>] {
        &self.0
    }

    /// The values that are or may be the one on `t`.
    pub fn on(&self, t: When) -> Vec<(Truth, &Dated<V>)> {
        let begun: Vec<_> = self.0.iter().filter(|v| v.since.at.by(t).may_be()).collect();
        begun
            .iter()
            .map(|v| {
                let later = begun.iter().filter(|o| o.since.event != v.since.event);
                let replaced = later.map(|o| v.since.at.before(o.since.at).and(o.since.at.by(t)));
                (v.since.at.by(t).and(Truth::any(replaced).not()), *v)
            })
            .filter(|(truth, _)| truth.may_be())
            .collect()
    }

    /// The values that begin on one exact day with another: each with the other.
    pub fn misfits(&self) -> Vec<(Mark, Mark)> {
        let exact: Vec<Mark> = self.0.iter().map(|v| v.since).filter(|mark| mark.at.is_exact()).collect();
        let clash = |mark: &Mark| {
            exact
                .iter()
                .find(|other| other.at == mark.at && other.event != mark.event)
                .map(|other| (*mark, *other))
        };
        exact.iter().filter_map(clash).collect()
    }
}
