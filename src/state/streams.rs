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
/// Streams that were read from packs are kept in so many places, by where they stand,
const PLACES: usize = 1024;
/// so many in each at most: where there was one alone, two that fall on it would be read again and again in turns.
const OF_A_PLACE: usize = 4;

/// Every stream, in every version that a snapshot may ask for.
#[derive(Debug)]
pub(super) struct Streams {
    parts: Box<[RwLock<HashMap<Name, Version>>]>,
    /// The tails of the snapshots that there are, with how many have each.
    tails: Mutex<BTreeMap<Position, usize>>,
    /// Streams that have an earlier version, each with the position from which on nobody needs that.
    replaced: Mutex<VecDeque<(Position, Name)>>,
    read: Box<[Mutex<VecDeque<Read>>]>,
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
        let read = std::iter::repeat_with(Mutex::default).take(PLACES).collect();
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
    pub(super) fn last(&self, name: &str, tail: Position) -> Option<Position> {
        Some(self.part(name).read().get(name)?.at(tail)?.last)
    }

    /// The name of this text, as it is kept: not many copies of it.
    pub(super) fn name(&self, text: &str) -> Option<Name> {
        self.part(text).read().get_key_value(text).map(|(name, _)| name.clone())
    }

    /// The stream that was saved as of `last`, unless there is a later one. Whether it is a new one.
    pub(super) fn put_saved(&self, name: &Name, last: Position, stream: Kept) -> bool {
        let mut part = self.part(name.as_str()).write();
        let is_new = match part.get_mut(name) {
            Some(version) if version.last >= last => return false,
            known => known.is_none(),
        };
        part.insert(name.clone(), Version { last, stream, before: None });
        is_new
    }

    /// The stream since the event at `last`, which is behind all that it had. Whether it is a new one.
    pub(super) fn put(&self, name: &Name, last: Position, stream: Kept) -> bool {
        let mut part = self.part(name.as_str()).write();
        let Some(version) = part.get_mut(name) else {
            part.insert(name.clone(), Version { last, stream, before: None });
            return true;
        };
        assert!(version.last < last, "{name} has an event at {}, and is put as of {last}", version.last);
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
            let mut part = self.part(entry.name).write();
            if let Some(version) = part.get_mut(entry.name).and_then(|version| version.at_mut(entry.last)) {
                version.stream = Kept::Packed(pack.clone(), entry.at);
            }
        }
    }

    /// Takes back what the stream became after `tail`. Whether there is nothing left of it.
    pub(super) fn take_back(&self, name: &Name, tail: Position) -> bool {
        let mut replaced = self.replaced.lock();
        while replaced.back().is_some_and(|(since, _)| *since > tail) {
            let _ = replaced.pop_back();
        }
        drop(replaced);
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

    /// Drops versions that nobody sees any more, of `max` streams at most: there may be very many when a snapshot goes that was
    /// there for long, and nobody is kept waiting for all of them.
    pub(super) fn settle(&self, max: usize) {
        let first = self.tails.lock().first_key_value().map(|(first, _)| *first);
        for _ in 0..max {
            let Some(name) = self.replaced_by(first) else { return };
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
        // The golden ratio spreads what stands side by side; the upper bits are those that all others have come into.
        let mixed = (Arc::as_ptr(&pack).addr() as u64 ^ u64::from(at)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = &self.read[(mixed >> 32) as usize % PLACES];
        let known = |it: &&Read| it.at == at && Arc::ptr_eq(&it.pack, &pack);
        if let Some(read) = place.lock().iter().find(known) {
            return read.stream.clone();
        }
        let stream = Arc::new(pack.stream(at));
        let read = Read { pack, at, stream: stream.clone() };
        let mut place = place.lock();
        let earliest = if place.len() < OF_A_PLACE { None } else { place.pop_front() };
        place.push_back(read);
        // Nobody waits while it is dropped.
        drop(place);
        drop(earliest);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::correction::History;
    use crate::state::pack::Packing;

    const NAMES: [&str; 3] = ["meetings/a", "meetings/b", "countries/jp"];

    /// A stream that was written to at these positions.
    fn stream(name: &Name, positions: &[Position]) -> Arc<Stream> {
        Arc::new(Stream::fold(name.clone(), positions.to_vec(), &History::new(&[])))
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        /// A new version of one of the names.
        Put(usize),
        /// What was put is durable, and known.
        Publish,
        /// What was put since does not become durable.
        TakeBack,
        /// Somebody keeps what is known now.
        Hold,
        /// Somebody who kept it no more does, if there is one.
        Release(usize),
        /// What is known now is packed.
        Pack,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (0..NAMES.len()).prop_map(Step::Put),
            4 => Just(Step::Publish),
            1 => Just(Step::TakeBack),
            2 => Just(Step::Hold),
            2 => (0..4usize).prop_map(Step::Release),
            2 => Just(Step::Pack),
        ]
    }

    /// The streams beside copies of all that was ever put.
    struct Both {
        streams: Streams,
        /// Where each name was written to, at each position.
        put: Vec<[Vec<Position>; NAMES.len()]>,
        known: Position,
        held: Vec<Position>,
    }

    impl Both {
        fn tail(&self) -> Position {
            Position(self.put.len() as u64 - 1)
        }

        fn at(&self, tail: Position) -> &[Vec<Position>; NAMES.len()] {
            &self.put[usize::try_from(tail.0).unwrap()]
        }

        fn moves(&self, from: Position, to: Position) {
            self.streams.hold(to);
            self.streams.release(from);
            self.streams.settle(64);
        }

        fn take(&mut self, step: Step) {
            let tail = self.tail();
            let names = NAMES.map(|name| name.parse::<Name>().unwrap());
            match step {
                Step::Put(which) => {
                    let mut now = self.at(tail).clone();
                    now[which].push(tail.next());
                    let stream = stream(&names[which], &now[which]);
                    let is_new = self.streams.put(&names[which], tail.next(), Kept::Whole(stream));
                    assert_eq!(is_new, now[which].len() == 1);
                    self.put.push(now);
                    self.moves(tail, tail.next());
                }
                Step::Publish => {
                    let known = std::mem::replace(&mut self.known, tail);
                    self.moves(known, tail);
                }
                Step::TakeBack => {
                    for (name, before) in names.iter().zip(self.at(self.known)) {
                        if self.streams.last(name.as_str(), tail) > before.last().copied() {
                            assert_eq!(self.streams.take_back(name, self.known), before.is_empty());
                        }
                    }
                    self.moves(tail, self.known);
                    self.put.truncate(usize::try_from(self.known.0).unwrap() + 1);
                }
                Step::Hold => {
                    self.streams.hold(self.known);
                    self.held.push(self.known);
                }
                Step::Release(which) if which < self.held.len() => {
                    self.streams.release(self.held.remove(which));
                    self.streams.settle(64);
                }
                Step::Release(_) => {}
                Step::Pack => {
                    let mut packing = Packing::default();
                    for stream in names.iter().filter_map(|name| self.streams.get(name, self.known)) {
                        packing.put(&stream).unwrap();
                    }
                    self.streams.put_packed(&packing.finish().unwrap());
                }
            }
        }

        /// Whoever holds what was known at a position still knows it.
        fn check(&self) {
            for &tail in self.held.iter().chain([&self.known, &self.tail()]) {
                for (name, positions) in NAMES.iter().zip(self.at(tail)) {
                    let name: Name = name.parse().unwrap();
                    let expected = (!positions.is_empty()).then(|| stream(&name, positions));
                    assert_eq!(self.streams.get(&name, tail), expected, "{name} at {tail}");
                    assert_eq!(self.streams.last(name.as_str(), tail), positions.last().copied());
                }
            }
        }

        fn versions(&self) -> usize {
            let all = self.streams.parts.iter().flat_map(|part| {
                let of = |version: &Version| {
                    std::iter::successors(Some(version), |version| version.before.as_deref()).count()
                };
                part.read().values().map(of).collect::<Vec<_>>()
            });
            all.sum()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn each_sees_what_was_known_when_it_came_and_no_more_is_kept(
            steps in proptest::collection::vec(step(), 0..60),
        ) {
            let nothing = [const { Vec::new() }; NAMES.len()];
            let (known, held) = (Position::ZERO, Vec::new());
            let mut both = Both { streams: Streams::default(), put: vec![nothing], known, held };
            both.streams.hold(Position::ZERO);
            both.streams.hold(Position::ZERO);
            for step in steps {
                both.take(step);
                both.check();
            }
            while !both.held.is_empty() {
                both.take(Step::Release(0));
            }
            both.take(Step::Publish);
            let names = both.at(both.known).iter().filter(|positions| !positions.is_empty()).count();
            prop_assert_eq!(both.versions(), names);
        }
    }
}
