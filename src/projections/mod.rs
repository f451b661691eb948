//! The questions: pure reads of a world on a day. Candidates come from the world's indexes, the timeline decides, and an
//! answer holds what was so as domain types.
//!
//! 1. An answer follows from the world, the day and the question alone, and is in a documented order.
//! 2. What is retracted (no standing fact makes it known) is in no answer.

pub mod access;
pub mod activities;
pub mod actors;
pub mod agreements;
pub mod areas;
pub mod attendance;
pub mod calendar;
pub mod collation;
pub mod contributors;
pub mod decisions;
pub mod display;
pub mod dossier;
pub mod expiring;
pub mod externals;
pub mod frameworks;
pub mod intentions;
pub mod lineage;
pub mod meetings;
pub mod open_dates;
pub mod operations;
pub mod search;
pub mod standing;
pub mod store;
pub mod unconfirmed;

#[cfg(test)]
mod example;

use std::sync::Arc;

use crate::domain::time::Truth;
use crate::domain::{Collection, Name, Stream, World};

pub use display::Languages;

/// How many: those of which it is certain, and those of which it is possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Certain ones.
    pub certain: usize,
    /// Possible ones.
    pub possible: usize,
}

impl Count {
    /// Counts truths; NO counts for nothing.
    pub fn of(truths: impl IntoIterator<Item = Truth>) -> Count {
        truths.into_iter().fold(Count::default(), Count::with)
    }

    /// One more.
    #[must_use]
    pub fn with(self, truth: Truth) -> Count {
        Count {
            certain: self.certain + usize::from(truth.is_yes()),
            possible: self.possible + usize::from(truth == Truth::Possibly),
        }
    }
}

/// The stream, if a standing fact makes its name known.
pub fn known(world: &dyn World, name: &Name) -> Option<Arc<Stream>> {
    world.stream(name).filter(|stream| stream.is_open())
}

/// The names of a collection beyond `after`, in order.
fn names(world: &dyn World, collection: Collection, after: Option<&Name>) -> Vec<Name> {
    beyond(world.names(collection), after)
}

/// Those that ever named `name`, beyond `after`, in order.
fn referrers(world: &dyn World, name: &Name, collection: Collection, after: Option<&Name>) -> Vec<Name> {
    let mut found = world.referrers(name, collection);
    found.sort();
    beyond(found, after)
}

fn beyond(mut names: Vec<Name>, after: Option<&Name>) -> Vec<Name> {
    if let Some(after) = after {
        names.drain(..names.partition_point(|name| name <= after));
    }
    names
}
