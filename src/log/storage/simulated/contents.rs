//! What a simulated file or directory holds now, what of it is durable, and what is left of the rest after a crash.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    pub(super) now: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    SetLen(usize),
}

#[derive(Clone, Debug)]
pub(super) enum EntryChange {
    Set(PathBuf, u64),
    Rename(PathBuf, PathBuf, u64),
    Remove(PathBuf),
}

impl Contents {
    pub(super) fn settle(&mut self, bytes: &[u8]) {
        self.now = bytes.to_vec();
        self.durable = bytes.to_vec();
        self.unsynced.clear();
    }

    /// What the disk holds after a good sync.
    pub(super) fn synced(&self) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for change in &self.unsynced {
            change.apply(&mut bytes, None);
        }
        bytes
    }

    /// What the disk holds after a power cut: each change since the last sync may be there, in part if it is a write.
    pub(super) fn survive(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for change in &self.unsynced {
            match (random.below(4), change) {
                (0, _) => {}
                (1, _) | (_, Change::SetLen(_)) => change.apply(&mut bytes, None),
                (_, Change::Write { bytes: written, .. }) => {
                    for _ in 0..=random.below(2) {
                        change.apply(&mut bytes, Some(random.range(written.len())));
                    }
                }
            }
        }
        bytes
    }
}

impl Change {
    /// Applies the change, or only `part` of the bytes of a write.
    pub(super) fn apply(&self, contents: &mut Vec<u8>, part: Option<Range<usize>>) {
        match self {
            Change::SetLen(len) => contents.resize(*len, 0),
            Change::Write { offset, bytes } => {
                let part = part.unwrap_or(0..bytes.len());
                let (start, end) = (offset + part.start, offset + part.end);
                contents.resize(contents.len().max(end), 0);
                contents[start..end].copy_from_slice(&bytes[part]);
            }
        }
    }
}

impl EntryChange {
    pub(super) fn apply(&self, entries: &mut BTreeMap<PathBuf, u64>) {
        match self {
            EntryChange::Set(path, file) => drop(entries.insert(path.clone(), *file)),
            EntryChange::Rename(from, to, file) => {
                entries.remove(from);
                entries.insert(to.clone(), *file);
            }
            EntryChange::Remove(path) => drop(entries.remove(path)),
        }
    }
}

/// `SplitMix64`: all the randomness that a seeded disk needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("less than a usize")
    }

    pub(super) fn range(&mut self, len: usize) -> Range<usize> {
        let (a, b) = (self.below(len + 1), self.below(len + 1));
        a.min(b)..a.max(b)
    }
}
