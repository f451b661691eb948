//! Where an event stands in the log: the one noun that the log and the domain share.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The global position of an event: gap-free, from 1. [`Position::ZERO`] stands before the first event, so it is the
/// tail of an empty log and never names an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event.
    pub const ZERO: Position = Position(0);

    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Position {
        Position(self.0 + 1)
    }

    /// The position `count` events further on.
    #[must_use]
    pub const fn plus(self, count: u64) -> Position {
        Position(self.0 + count)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
