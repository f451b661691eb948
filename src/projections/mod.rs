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
mod open_class;
mod open_contribution;
pub mod open_dates;
mod open_standing;
pub mod operations;
pub mod search;
pub mod standing;
pub mod store;
pub mod tallies;
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
        self.with_all(truth, 1)
    }

    /// So many more, of each of which it is as true.
    #[must_use]
    pub fn with_all(self, truth: Truth, more: usize) -> Count {
        match truth {
            Truth::Yes => Count { certain: self.certain + more, ..self },
            Truth::Possibly => Count { possible: self.possible + more, ..self },
            Truth::No => self,
        }
    }
}

/// The stream, if a standing fact makes its name known.
pub fn known(world: &dyn World, name: &Name) -> Option<Arc<Stream>> {
    world.stream(name).filter(|stream| stream.is_open())
}

/// The names of a collection beyond `after`, in order.
fn names<'a>(world: &'a dyn World, collection: Collection, after: Option<&Name>) -> Names<'a> {
    let mut last = after.cloned();
    Box::new(pages(move || {
        let names = world.names_after(collection, last.as_ref(), AT_ONCE);
        last = names.last().cloned().or(last.take());
        names
    }))
}

/// Names in order, found as they are asked for.
type Names<'a> = Box<dyn Iterator<Item = Name> + 'a>;

/// How many names are looked for at once.
const AT_ONCE: usize = 128;

/// One after the other of what comes in pages; an empty one is the last.
fn pages<T>(mut next: impl FnMut() -> Vec<T>) -> impl Iterator<Item = T> {
    std::iter::from_fn(move || Some(next()).filter(|page| !page.is_empty())).flatten()
}

/// Those that ever named `name`, beyond `after`, in order.
fn referrers<'a>(world: &dyn World, name: &Name, collection: Collection, after: Option<&Name>) -> Names<'a> {
    let mut found = world.referrers(name, collection);
    found.sort();
    Box::new(beyond(found, after).into_iter())
}

fn beyond(mut names: Vec<Name>, after: Option<&Name>) -> Vec<Name> {
    if let Some(after) = after {
        names.drain(..names.partition_point(|name| name <= after));
    }
    names
}
