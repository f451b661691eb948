//! The index: which words stand in which fields of which resources.
//!
//! 1. What it answers follows from the texts that were put in last, and not from what was put in before or in which
//!    order: an index that followed a history answers as one that is built from its end.
//! 2. A score follows from the query and from one resource alone, so that a place in the order stays one, whatever
//!    else is recorded.
//! 3. Of what was replaced or taken out nothing is found, and what is left of it is bounded: it is dropped before it is
//!    half of the index.
//! 4. A query takes time in the number of places at which its words stand, and memory of some bytes a resource.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{Hash, Hasher};

use super::texts::{Field, Kinds, Text};
use super::words::{self, stems};
use crate::domain::Name;

/// So many outdated entries are never worth a compaction.
const OUTDATED_MIN: usize = 1_024;
/// The bits of a posting that say the fields.
const FIELD_BITS: u32 = 4;

/// How a word of a query fits a word of a text; the greater one counts more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It is the beginning of it.
    Prefix,
    /// Both are forms of one word.
    Stem,
    /// It is the same.
    Same,
}

/// How well a resource fits a query, with its name: results are in this order, the best first.
pub type Place = (u32, Name);

/// The words of one resource, each once with all its fields, ready to be put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    words: Vec<(String, u32)>,
    digest: u64,
}

/// What follows each document around: what a query asks of each one that it meets.
#[derive(Clone, Copy, Debug)]
struct Meta {
    kinds: Kinds,
    title_words: u8,
}

/// Words and where they stand. A document is a resource as it once was; the last one of a resource is alive.
#[derive(Debug, Default)]
pub struct Index {
    /// Where each word is in `postings`.
    vocabulary: BTreeMap<Box<str>, u32>,
    /// By language: the words that a stem stands for.
    stems: [HashMap<Box<str>, Vec<u32>>; 2],
    /// Of each word: the documents, each with its fields in the lowest bits.
    postings: Vec<Vec<u32>>,
    names: Vec<Name>,
    metas: Vec<Meta>,
    digests: Vec<u64>,
    /// The documents below are in the order of their names.
    sorted: usize,
    /// The documents beyond, by name.
    late: HashMap<Name, u32>,
    dead: usize,
}

impl Entry {
    /// Of these texts; none where they have no word.
    pub fn of(texts: &[Text<'_>]) -> Option<Entry> {
        let mut all: Vec<(String, u32)> = texts
            .iter()
            .flat_map(|text| words::words(text.text).map(|(_, word)| (word, 1 << text.field as u32)))
            .collect();
        all.sort_unstable();
        all.dedup_by(|(word, fields), (before, into)| {
            let same = word == before;
            if same {
                *into |= *fields;
            }
            same
        });
        let mut hasher = DefaultHasher::new();
        all.hash(&mut hasher);
        (!all.is_empty()).then(|| Entry { words: all, digest: hasher.finish() })
    }

    fn title_words(&self) -> u8 {
        let in_title = self.words.iter().filter(|(_, fields)| fields & (1 << Field::Title as u32) != 0);
        u8::try_from(in_title.count()).unwrap_or(u8::MAX)
    }
}

impl Index {
    /// Of these resources, best in the order of their names.
    pub fn build(entries: impl IntoIterator<Item = (Name, Entry)>) -> Index {
        let mut index = Index::default();
        for (name, entry) in entries {
            index.put(name, Some(entry));
        }
        index.postings.iter_mut().for_each(Vec::shrink_to_fit);
        index
    }

    /// How many resources it holds.
    pub fn len(&self) -> usize {
        self.names.len() - self.dead
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Replaces the words of a resource; none: it is not found any more.
    ///
    /// # Panics
    ///
    /// Beyond 268 million documents.
    pub fn put(&mut self, name: Name, entry: Option<Entry>) {
        if let Some(before) = self.find(&name) {
            let before = before as usize;
            if entry.as_ref().is_some_and(|entry| entry.digest == self.digests[before]) {
                return;
            }
            self.metas[before].kinds = Kinds::NONE;
            self.dead += 1;
            self.late.remove(&name);
        }
        let Some(entry) = entry else { return };
        let document =
            u32::try_from(self.names.len()).expect("there are fewer documents than a log has events");
        assert!(document < 1 << (u32::BITS - FIELD_BITS), "the index is full");
        let meta = Meta { kinds: Kinds::of(name.collection()), title_words: entry.title_words() };
        self.metas.push(meta);
        self.digests.push(entry.digest);
        for (word, fields) in entry.words {
            let word = self.word(word);
            self.postings[word].push(document << FIELD_BITS | fields);
        }
        if self.sorted == self.names.len() && self.names.last().is_none_or(|last| *last < name) {
            self.sorted += 1;
        } else {
            self.late.insert(name.clone(), document);
        }
        self.names.push(name);
    }

    /// The document of a resource that is alive.
    fn find(&self, name: &Name) -> Option<u32> {
        if let Some(&late) = self.late.get(name) {
            return Some(late);
        }
        let found = self.names[..self.sorted].binary_search(name).ok();
        let alive = found.filter(|&document| self.metas[document].kinds != Kinds::NONE);
        alive.map(|document| u32::try_from(document).expect("it was one when it was put in"))
    }

    fn word(&mut self, word: String) -> usize {
        if let Some(&known) = self.vocabulary.get(word.as_str()) {
            return known as usize;
        }
        let new = u32::try_from(self.postings.len()).expect("there are fewer words than places for them");
        for (of_language, stem) in self.stems.iter_mut().zip(stems(&word)) {
            of_language.entry(stem.into()).or_default().push(new);
        }
        self.vocabulary.insert(word.into(), new);
        self.postings.push(Vec::new());
        new as usize
    }

    /// Whether so much of it is outdated or out of order that it should be compacted.
    pub fn is_loose(&self) -> bool {
        let outdated = self.dead.max(self.names.len() - self.sorted);
        outdated > OUTDATED_MIN && outdated > self.names.len() / 3
    }

    /// The same without what is outdated, its documents in the order of their names.
    #[must_use]
    pub fn compact(&self) -> Index {
        let alive = |document: &usize| self.metas[*document].kinds != Kinds::NONE;
        let mut order: Vec<usize> = (0..self.names.len()).filter(alive).collect();
        order.sort_unstable_by(|&a, &b| self.names[a].cmp(&self.names[b]));
        let mut moved = vec![None; self.names.len()];
        for (to, &from) in (0_u32..).zip(&order) {
            moved[from] = Some(to);
        }
        let mut compact = Index {
            names: order.iter().map(|&document| self.names[document].clone()).collect(),
            metas: order.iter().map(|&document| self.metas[document]).collect(),
            digests: order.iter().map(|&document| self.digests[document]).collect(),
            sorted: order.len(),
            ..Index::default()
        };
        for (word, &at) in &self.vocabulary {
            let postings = self.postings[at as usize].iter().filter_map(|&posting| {
                let to = moved[(posting >> FIELD_BITS) as usize]?;
                Some(to << FIELD_BITS | fields(posting))
            });
            let mut postings: Vec<u32> = postings.collect();
            if !postings.is_empty() {
                postings.sort_unstable();
                postings.shrink_to_fit();
                let word = compact.word(word.as_ref().into());
                compact.postings[word] = postings;
            }
        }
        compact
    }

    /// The best `max` of what has every word and is one of `kinds`, beyond `after`.
    pub fn search(
        &self,
        asked: &BTreeSet<String>,
        kinds: Kinds,
        after: Option<&Place>,
        max: usize,
    ) -> Vec<Place> {
        let mut asked: Vec<Vec<(u32, Fit)>> = asked.iter().map(|word| self.fitting(word)).collect();
        let places = |fitting: &Vec<(u32, Fit)>| -> usize {
            fitting.iter().map(|&(word, _)| self.postings[word as usize].len()).sum()
        };
        // The rarest word decides how many are looked at for the others.
        asked.sort_by_cached_key(places);
        let Some((rarest, others)) = asked.split_first() else { return Vec::new() };
        let mut best = vec![0; self.names.len()];
        let mut found = Vec::new();
        self.weigh(rarest, &mut best, |document| found.push(document));
        found.retain(|&document| self.metas[document as usize].kinds.meets(kinds));
        let mut found: Vec<Found> = found
            .into_iter()
            .map(|document| Found {
                document,
                weight: u32::from(best[document as usize]),
                top: best[document as usize],
            })
            .collect();
        for word in others {
            if found.is_empty() {
                break;
            }
            best.fill(0);
            self.weigh(word, &mut best, |_| {});
            found.retain_mut(|found| {
                let weight = best[found.document as usize];
                found.weight += u32::from(weight);
                found.top = found.top.max(weight);
                weight > 0
            });
        }
        self.first(found, after, max)
    }

    /// The words that a word of a query fits, each once.
    fn fitting(&self, asked: &str) -> Vec<(u32, Fit)> {
        let longer =
            self.vocabulary.range::<str, _>((std::ops::Bound::Included(asked), std::ops::Bound::Unbounded));
        let longer = longer.take_while(|(word, _)| word.starts_with(asked));
        let fit = |word: &str| if word == asked { Fit::Same } else { Fit::Prefix };
        let mut fitting: Vec<(u32, Fit)> = longer.map(|(word, &at)| (at, fit(word))).collect();
        for (of_language, stem) in self.stems.iter().zip(stems(asked)) {
            let forms = of_language.get(stem.as_str()).into_iter().flatten();
            fitting.extend(forms.map(|&at| (at, Fit::Stem)));
        }
        fitting.sort_unstable_by(|a, b| b.cmp(a));
        fitting.dedup_by_key(|(word, _)| *word);
        fitting
    }

    /// What a word weighs in each document: by the field that counts most, then by how it fits.
    fn weigh(&self, fitting: &[(u32, Fit)], best: &mut [u8], mut met: impl FnMut(u32)) {
        for &(word, fit) in fitting {
            let weights = weights(fit);
            for &posting in &self.postings[word as usize] {
                let document = posting >> FIELD_BITS;
                let weight = weights[fields(posting) as usize];
                let best = &mut best[document as usize];
                if *best == 0 {
                    met(document);
                }
                *best = weight.max(*best);
            }
        }
    }

    fn first(&self, found: Vec<Found>, after: Option<&Place>, max: usize) -> Vec<Place> {
        let scored = found.into_iter().map(|found| (self.score(&found), found.document));
        let boundary = after
            .map(|(score, name)| (*score, name, self.names[..self.sorted].partition_point(|n| n <= name)));
        let beyond = |&(score, document): &(u32, u32)| match boundary {
            None => true,
            Some((last, _, _)) if score != last => score < last,
            Some((_, _, first)) if (document as usize) < self.sorted => document as usize >= first,
            Some((_, name, _)) => self.names[document as usize] > *name,
        };
        let mut scored: Vec<(u32, u32)> = scored.filter(beyond).collect();
        let order = |a: &(u32, u32), b: &(u32, u32)| b.0.cmp(&a.0).then_with(|| self.by_name(a.1, b.1));
        if scored.len() > max && max > 0 {
            scored.select_nth_unstable_by(max, order);
        }
        scored.truncate(max);
        scored.sort_unstable_by(order);
        scored.into_iter().map(|(score, document)| (score, self.names[document as usize].clone())).collect()
    }

    /// Where the order of documents is that of their names, no name is looked at.
    fn by_name(&self, a: u32, b: u32) -> std::cmp::Ordering {
        if a.max(b) < u32::try_from(self.sorted).unwrap_or(u32::MAX) {
            a.cmp(&b)
        } else {
            self.names[a as usize].cmp(&self.names[b as usize])
        }
    }

    /// What the words weigh; then, where one is in a title, how much of the title it is.
    fn score(&self, found: &Found) -> u32 {
        let title_words = u32::from(self.metas[found.document as usize].title_words);
        let in_title = found.top >= weight(Field::Title, Fit::Prefix);
        let close = if in_title { u32::from(u8::MAX) / title_words.max(1) } else { 0 };
        (found.weight << 8) + close
    }
}

/// A document with every word so far.
struct Found {
    document: u32,
    weight: u32,
    /// What its weightiest word weighs.
    top: u8,
}

fn fields(posting: u32) -> u32 {
    posting & ((1 << FIELD_BITS) - 1)
}

/// How much a word counts that fits so and is found there; a field more counts more than any fit.
pub(super) fn weight(field: Field, fit: Fit) -> u8 {
    (field as u8 + 1) * 4 + fit as u8
}

/// The weight of a word that fits so, by the fields in which it stands.
fn weights(fit: Fit) -> [u8; 1 << FIELD_BITS] {
    std::array::from_fn(|fields| {
        let highest = Field::ALL.into_iter().find(|&field| fields & (1 << field as usize) != 0);
        highest.map_or(0, |field| weight(field, fit))
    })
}
