//! The world as known at an earlier position: the present one where a stream has not changed since, otherwise the same
//! fold over the stream's events up to then.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::load::{LoadError, Loader};
use super::snapshot::Snapshot;
use crate::domain::correction::History;
use crate::domain::meeting::Roll;
use crate::domain::time::Day;
use crate::domain::world::DaysAsked;
use crate::domain::{Collection, Name, Stream, World};
use crate::position::Position;

/// The world as known at an earlier position. Blocking, since it may read the log.
pub struct Past {
    present: Arc<Snapshot>,
    at: Position,
    loader: Loader,
    folded: Mutex<HashMap<Name, Option<Arc<Stream>>>>,
    failure: Mutex<Option<LoadError>>,
}

impl Past {
    /// As known at `at`, which is not beyond the present.
    pub fn new(present: Arc<Snapshot>, at: Position, loader: Loader) -> Past {
        Past { present, at, loader, folded: Mutex::default(), failure: Mutex::default() }
    }

    /// What went wrong while it was asked: answers given since are not to be trusted.
    pub fn failure(&self) -> Option<LoadError> {
        self.failure.lock().take()
    }

    fn fold(&self, present: &Arc<Stream>) -> Option<Arc<Stream>> {
        let known = present.positions.partition_point(|&position| position <= self.at);
        if known == present.positions.len() {
            return Some(present.clone());
        }
        let positions = &present.positions[..known];
        if positions.is_empty() {
            return None;
        }
        match self.loader.events(positions) {
            Ok(events) => {
                let history = History::new(&events);
                Some(Arc::new(Stream::fold(present.name.clone(), positions.to_vec(), &history)))
            }
            Err(error) => {
                *self.failure.lock() = Some(error);
                None
            }
        }
    }
}

impl World for Past {
    fn tail(&self) -> Position {
        self.at
    }

    fn stream(&self, name: &Name) -> Option<Arc<Stream>> {
        let present = self.present.stream(name)?;
        if present.last() <= self.at {
            return Some(present);
        }
        if let Some(folded) = self.folded.lock().get(name) {
            return folded.clone();
        }
        let folded = self.fold(&present);
        self.folded.lock().insert(name.clone(), folded.clone());
        folded
    }

    fn referrers(&self, name: &Name, collection: Collection) -> Vec<Name> {
        self.present.referrers(name, collection)
    }

    fn few_referrers(&self, name: &Name, collection: Collection, max: usize) -> Option<Vec<Name>> {
        self.present.few_referrers(name, collection, max)
    }

    fn names(&self, collection: Collection) -> Vec<Name> {
        self.present.names_by(self.at, collection, None, usize::MAX)
    }

    fn names_after(&self, collection: Collection, after: Option<&Name>, limit: usize) -> Vec<Name> {
        self.present.names_by(self.at, collection, after, limit)
    }

    fn visit(&self, collection: Collection, show: &mut dyn FnMut(&Stream)) {
        self.present.visit(collection, &mut |stream| {
            if stream.last() <= self.at {
                show(stream);
            } else if let Some(known) = self.stream(&stream.name) {
                show(&known);
            }
        });
    }

    fn meetings_by_day(&self, asked: DaysAsked<'_>) -> Vec<(Day, Name)> {
        self.present.meetings_by(self.at, asked)
    }

    fn alliance(&self) -> Option<Name> {
        self.present.alliance_since().filter(|(since, _)| *since <= self.at).map(|(_, name)| name.clone())
    }

    fn roll(&self) -> Arc<Roll> {
        if self.present.roll_since() <= self.at { self.present.roll() } else { Arc::new(Roll::of(self)) }
    }

    fn unconfirmed(&self) -> Vec<Name> {
        self.present.unconfirmed()
    }

    fn equal_access(&self) -> Vec<Name> {
        self.present.equal_access()
    }
}
