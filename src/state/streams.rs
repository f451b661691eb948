//! The streams that all snapshots of one history share: each snapshot sees a stream as it was at its own tail.
//!
//! 1. A version is kept as long as there is a snapshot that sees it, and no longer.
//! 2. A stream that was packed is read where it is asked for; the last ones that were read are kept.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::{Mutex, RwLock};

use super::pack::Pack;
use crate::domain::{Name, Stream};
use crate::position::Position;

/// A part that grows is copied, and the others are not kept waiting.
const PARTS: usize = 256;
/// How many of the streams that were read from packs are kept at most.
const READ: usize = 4096;

/// Every stream, in every version that a snapshot may ask for.
#[derive(Debug)]
pub(super) struct Streams {
    parts: Box<[RwLock<HashMap<Name, Version>>]>,
    /// The tails of the snapshots that there are, with how many have each.
    tails: Mutex<BTreeMap<Position, usize>>,
    /// Streams that have an earlier version, each with the position from which on nobody needs that.
    replaced: Mutex<VecDeque<(Position, Name)>>,
    read: Box<[Mutex<Option<Read>>]>,
}

/// A stream as it is since one of its events.
#[derive(Debug)]
struct Version {
    /// That event.
    last: Position,
    stream: Kept,
    before: Option<Box<Version>>,
}

/// A stream as it is kept.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    Whole(Arc<Stream>),
    Packed(Arc<Pack>, u32),
}

/// What was read from a pack, and where.
#[derive(Debug)]
struct Read {
    pack: Arc<Pack>,
    at: u32,
    stream: Arc<Stream>,
}

impl Default for Streams {
    fn default() -> Streams {
        let parts = std::iter::repeat_with(RwLock::default).take(PARTS).collect();
        let read = std::iter::repeat_with(Mutex::default).take(READ).collect();
        Streams { parts, tails: Mutex::default(), replaced: Mutex::default(), read }
    }
}

impl Streams {
    /// The stream as it is at `tail`.
    pub(super) fn get(&self, name: &Name, tail: Position) -> Option<Arc<Stream>> {
        let kept = self.part(name.as_str()).read().get(name)?.at(tail)?.stream.clone();
        Some(match kept {
            Kept::Whole(stream) => stream,
            Kept::Packed(pack, at) => self.read(pack, at),
        })
    }

    /// Its last event, at `tail`.
    pub(super) fn last(&self, name: &Name, tail: Position) -> Option<Position> {
        Some(self.part(name.as_str()).read().get(name)?.at(tail)?.last)
    }

    /// The name of this text, as it is kept: not many copies of it.
    pub(super) fn name(&self, text: &str) -> Option<Name> {
        self.part(text).read().get_key_value(text).map(|(name, _)| name.clone())
    }

    /// The stream since the event at `last`. Whether it is a new one.
    pub(super) fn put(&self, name: &Name, last: Position, stream: Kept) -> bool {
        let mut part = self.part(name.as_str()).write();
        let Some(version) = part.get_mut(name) else {
            part.insert(name.clone(), Version { last, stream, before: None });
            return true;
        };
        if version.last == last {
            version.stream = stream;
            return false;
        }
        let before = std::mem::replace(version, Version { last, stream, before: None });
        version.before = Some(Box::new(before));
        version.prune(&self.tails.lock());
        if version.before.is_some() {
            self.replaced.lock().push_back((last, name.clone()));
        }
        false
    }

    /// Keeps what is in the pack there, where it is kept whole so far.
    pub(super) fn put_packed(&self, pack: &Arc<Pack>) {
        for entry in pack.entries() {
            let Ok(name) = entry.name.parse::<Name>() else { continue };
            let mut part = self.part(name.as_str()).write();
            if let Some(version) = part.get_mut(&name).and_then(|version| version.at_mut(entry.last)) {
                version.stream = Kept::Packed(pack.clone(), entry.at);
            }
        }
    }

    /// Takes back what the stream became after `tail`. Whether there is nothing left of it.
    pub(super) fn take_back(&self, name: &Name, tail: Position) -> bool {
        let mut part = self.part(name.as_str()).write();
        while let Some(version) = part.get_mut(name).filter(|version| version.last > tail) {
            match version.before.take() {
                Some(before) => *version = *before,
                None => drop(part.remove(name)),
            }
        }
        !part.contains_key(name)
    }

    /// Shows all streams as they are at `tail`, in no order, part by part: nobody who puts is kept waiting for long.
    pub(super) fn visit(
        &self,
        tail: Position,
        wanted: impl Fn(&Name) -> bool,
        mut show: impl FnMut(&Stream),
    ) {
        for part in &self.parts {
            let kept: Vec<Kept> = part
                .read()
                .iter()
                .filter(|(name, _)| wanted(name))
                .filter_map(|(_, version)| Some(version.at(tail)?.stream.clone()))
                .collect();
            for kept in kept {
                match kept {
                    Kept::Whole(stream) => show(&stream),
                    Kept::Packed(pack, at) => show(&pack.stream(at)),
                }
            }
        }
    }

    /// There is a snapshot with this tail.
    pub(super) fn hold(&self, tail: Position) {
        *self.tails.lock().entry(tail).or_default() += 1;
    }

    /// There is one less.
    pub(super) fn release(&self, tail: Position) {
        let mut tails = self.tails.lock();
        match tails.get_mut(&tail) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => drop(tails.remove(&tail)),
        }
    }

    /// Drops versions that nobody sees any more.
    pub(super) fn settle(&self) {
        let first = self.tails.lock().first_key_value().map(|(first, _)| *first);
        while let Some(name) = self.replaced_by(first) {
            if let Some(version) = self.part(name.as_str()).write().get_mut(&name) {
                version.prune(&self.tails.lock());
            }
        }
    }

    /// The next stream whose earlier version nobody needs, where no snapshot has a tail before `first`.
    fn replaced_by(&self, first: Option<Position>) -> Option<Name> {
        let mut replaced = self.replaced.lock();
        let (since, _) = replaced.front()?;
        if first.is_some_and(|first| *since > first) { None } else { Some(replaced.pop_front()?.1) }
    }

    fn read(&self, pack: Arc<Pack>, at: u32) -> Arc<Stream> {
        let place = (Arc::as_ptr(&pack).addr() >> 4 ^ at as usize).wrapping_mul(0x9e37_79b9) >> 7;
        let place = &self.read[place % READ];
        if let Some(read) = place.lock().as_ref().filter(|it| it.at == at && Arc::ptr_eq(&it.pack, &pack)) {
            return read.stream.clone();
        }
        let stream = Arc::new(pack.stream(at));
        let earlier = place.lock().replace(Read { pack, at, stream: stream.clone() });
        // Nobody waits while it is dropped.
        drop(earlier);
        stream
    }

    fn part(&self, name: &str) -> &RwLock<HashMap<Name, Version>> {
        &self.parts[crc32c::crc32c(name.as_bytes()) as usize % PARTS]
    }
}

impl Version {
    /// What a snapshot with this tail sees.
    fn at(&self, tail: Position) -> Option<&Version> {
        let mut version = self;
        while version.last > tail {
            version = version.before.as_deref()?;
        }
        Some(version)
    }

    /// The version of this event.
    fn at_mut(&mut self, last: Position) -> Option<&mut Version> {
        let mut version = self;
        while version.last != last {
            version = version.before.as_deref_mut()?;
        }
        Some(version)
    }

    /// Drops the versions before this one that no snapshot sees.
    fn prune(&mut self, tails: &BTreeMap<Position, usize>) {
        let mut newer = self;
        while let Some(mut older) = newer.before.take() {
            if tails.range(older.last..newer.last).next().is_some() {
                newer = newer.before.insert(older);
            } else {
                newer.before = older.before.take();
            }
        }
    }
}
