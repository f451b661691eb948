//! Spells that begin and end on inexact dates, and the pairing of beginnings and ends that are recorded apart
//! (DOMAIN.md §4).
//!
//! 1. On the day of an end the new state holds; begun and ended on one day, it held on no day.
//! 2. The k-th end ends the k-th beginning, whatever the order of recording.
//! 3. What has an end of its own is not paired.

use serde::{Deserialize, Serialize};

use super::{Truth, When};
use crate::position::Position;

/// How a spell ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// It goes on.
    None,
    /// On this date it no longer holds.
    On(When),
    /// On some day after it began; nobody knows which.
    Unknown,
}

impl End {
    /// Whether it has come by `t`.
    #[inline]
    fn by(self, t: When) -> Truth {
        match self {
            End::None => Truth::No,
            End::On(end) => end.by(t),
            End::Unknown => Truth::Possibly,
        }
    }

    /// Whether it comes after `t` has.
    #[inline]
    pub fn after(self, t: When) -> Truth {
        self.by(t).not()
    }
}

/// From a beginning to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spell {
    /// On this date it begins to hold.
    pub begin: When,
    /// And on this one it no longer does.
    pub end: End,
}

impl Spell {
    /// Whether it holds on `t`.
    #[inline]
    pub fn holds(&self, t: When) -> Truth {
        self.begin.by(t).and(self.end.after(t))
    }

    /// Whether there is a day on which both hold.
    pub fn overlaps(&self, other: &Spell) -> Truth {
        let lasts = |spell: &Spell, end: End| end.after(spell.begin);
        Truth::all([
            lasts(self, self.end),
            lasts(other, other.end),
            lasts(self, other.end),
            lasts(other, self.end),
        ])
    }

    /// Whether it holds on some day of the time from the first day of `from` to the last day of `to`; on the day of its
    /// beginning it does, even where its end is unknown.
    pub fn touches(&self, from: When, to: When) -> Truth {
        self.begin.by(to).and(self.end.after(from).or(from.by(self.begin)))
    }
}

/// Whether one of them holds on `t`.
pub fn one_holds(spells: &[Spell], t: When) -> Truth {
    Truth::any(spells.iter().map(|spell| spell.holds(t)))
}

/// A date with the event that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The event.
    pub event: Position,
    /// Its date.
    pub at: When,
}

impl Mark {
    fn order(&self) -> (When, Position) {
        (self.at, self.event)
    }
}

/// Beginnings and ends of one thing, recorded apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spells {
    begins: Vec<Mark>,
    ends: Vec<Mark>,
    whole: Vec<(Mark, End)>,
}

/// What does not hold of beginnings and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// This end has nothing to end.
    EndsNothing {
        /// The end.
        end: Mark,
        /// The beginning that is too late for it, if there is one.
        begin: Option<Mark>,
    },
    /// This beginning's spell overlaps with another's.
    Overlaps {
        /// The beginning.
        begin: Mark,
        /// The other one.
        other: Mark,
    },
}

impl Spells {
    /// Something begins; with an end of its own, if it has one.
    pub fn begin(&mut self, event: Position, at: When, end: Option<End>) {
        match end {
            None => self.begins.push(Mark { event, at }),
            Some(end) => self.whole.push((Mark { event, at }, end)),
        }
    }

    /// Something ends.
    pub fn end(&mut self, event: Position, at: When) {
        self.ends.push(Mark { event, at });
    }

    /// Nothing ever began or ended.
    pub fn is_empty(&self) -> bool {
        self.begins.is_empty() && self.ends.is_empty() && self.whole.is_empty()
    }

    /// Every beginning, as it was recorded.
    pub fn beginnings(&self) -> impl Iterator<Item = Mark> {
        self.begins.iter().copied().chain(self.whole.iter().map(|&(begin, _)| begin))
    }

    /// Every end that was recorded apart.
    pub fn endings(&self) -> &[Mark] {
        &self.ends
    }

    /// The spells, each with the event that began it.
    pub fn spells(&self) -> impl Iterator<Item = (Mark, Spell)> {
        let (begins, ends) = (InOrder::of(&self.begins), InOrder::of(&self.ends));
        let paired = (0..self.begins.len()).filter_map(move |k| {
            let (mark, begin) = begins.get(k)?;
            Some((mark, Spell { begin, end: ends.get(k).map_or(End::None, |(_, end)| End::On(end)) }))
        });
        let whole = self.whole.iter().map(|&(mark, end)| (mark, Spell { begin: mark.at, end }));
        paired.chain(whole)
    }

    /// The spells alone.
    pub fn periods(&self) -> impl Iterator<Item = Spell> {
        self.spells().map(|(_, spell)| spell)
    }

    /// Whether one of them holds on `t`.
    pub fn hold(&self, t: When) -> Truth {
        Truth::any(self.periods().map(|spell| spell.holds(t)))
    }

    /// What does not hold of them: ends with nothing to end, and spells that overlap (all of them fail).
    pub fn misfits(&self) -> Vec<Misfit> {
        let mut misfits = Vec::new();
        let (begins, ends) = (InOrder::of(&self.begins), InOrder::of(&self.ends));
        for (k, (end, at)) in (0..self.ends.len()).filter_map(|k| Some((k, ends.get(k)?))) {
            match begins.get(k) {
                None => misfits.push(Misfit::EndsNothing { end, begin: None }),
                Some((begin, from)) if from.by(at).is_no() => {
                    misfits.push(Misfit::EndsNothing { end, begin: Some(begin) });
                }
                Some(_) => {}
            }
        }
        let spells: Vec<_> = self.spells().collect();
        for (i, (begin, spell)) in spells.iter().enumerate() {
            let clash = spells.iter().enumerate().find(|&(j, (_, o))| j != i && spell.overlaps(o).is_yes());
            if let Some((_, (other, _))) = clash {
                misfits.push(Misfit::Overlaps { begin: *begin, other: *other });
            }
        }
        misfits
    }
}

/// Marks in order, each with its place's date: earliest and latest days are sorted apart.
enum InOrder<'a> {
    /// One, or none: nothing to sort.
    One(&'a [Mark]),
    Sorted(Vec<(Mark, When)>),
}

impl InOrder<'_> {
    fn of(marks: &[Mark]) -> InOrder<'_> {
        if marks.len() < 2 {
            return InOrder::One(marks);
        }
        let mut sorted = marks.to_vec();
        sorted.sort_by_key(Mark::order);
        let mut latest: Vec<_> = marks.iter().map(|mark| mark.at.latest).collect();
        latest.sort_unstable();
        let placed = sorted.into_iter().zip(latest);
        InOrder::Sorted(
            placed.map(|(mark, latest)| (mark, When { earliest: mark.at.earliest, latest })).collect(),
        )
    }

    fn get(&self, k: usize) -> Option<(Mark, When)> {
        match self {
            InOrder::One(marks) => marks.get(k).map(|&mark| (mark, mark.at)),
            InOrder::Sorted(placed) => placed.get(k).copied(),
        }
    }
}
