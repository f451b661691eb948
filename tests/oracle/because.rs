//! The dates that an answer names: those that leave it open where it is only possible (DOMAIN.md §4), or that decide it.

use serde_json::Value;

use crate::dates::{End, Possibly, Span, Spell, Truth};
use crate::known::hold;

/// What is dated, such as `in frameworks/a from`, and when; no date: on an unknown day.
pub(crate) type Because = (String, Option<Span>);

/// In whatever order, each once.
pub(crate) fn because(mut all: Vec<Because>) -> Value {
    all.sort();
    all.dedup();
    all.into_iter().map(|(what, date)| format!("{what} {date:?}")).collect()
}

fn begin(what: &str, spell: &Spell) -> Because {
    (format!("{what} from"), Some(spell.begin))
}

fn end(what: &str, spell: &Spell) -> Option<Because> {
    let what = format!("{what} no longer from");
    match spell.end {
        End::Never => None,
        End::On(end) => Some((what, Some(end))),
        End::Unknown => Some((what, None)),
    }
}

/// A truth with the dates that leave it open: of what is put together, those of the parts that are open where the whole is.
#[derive(Clone, Debug)]
pub(crate) struct Explained {
    pub(crate) so: Truth,
    pub(crate) dates: Vec<Because>,
}

impl Explained {
    pub(crate) fn new(so: Truth, dates: impl FnOnce() -> Vec<Because>) -> Explained {
        Explained { so, dates: if so == Possibly { dates() } else { Vec::new() } }
    }

    pub(crate) fn not(self) -> Explained {
        Explained { so: self.so.not(), dates: self.dates }
    }

    pub(crate) fn and(self, other: Explained) -> Explained {
        Explained::all([self, other])
    }

    pub(crate) fn any(all: impl IntoIterator<Item = Explained>) -> Explained {
        Explained::put(all, Truth::No, Truth::or)
    }

    pub(crate) fn all(all: impl IntoIterator<Item = Explained>) -> Explained {
        Explained::put(all, Truth::Yes, Truth::and)
    }

    fn put(
        all: impl IntoIterator<Item = Explained>,
        none: Truth,
        join: fn(Truth, Truth) -> Truth,
    ) -> Explained {
        let (mut so, mut dates) = (none, Vec::new());
        for part in all {
            so = join(so, part.so);
            dates.extend(part.dates);
        }
        Explained::new(so, || dates)
    }
}

/// Each date of which it is open whether it has come, of spells of which one possibly holds and none certainly.
pub(crate) fn open(spells: &[Spell], what: &str, t: Span) -> Vec<Because> {
    if hold(spells, t) != Possibly {
        return Vec::new();
    }
    let possible = spells.iter().filter(|spell| spell.holds(t) == Possibly);
    let dates = possible.flat_map(|spell| {
        let begin = Some(begin(what, spell)).filter(|_| spell.begin.by(t) == Possibly);
        let end = end(what, spell).filter(|_| spell.end.by(t) == Possibly);
        [begin, end]
    });
    dates.flatten().collect()
}

/// Those dates of things that follow each other which leave it open whether the one is the last by `t`.
pub(crate) fn last(all: &[Because], one: usize, t: Span) -> Vec<Because> {
    let at = |index: usize| all[index].1.expect("each has a date");
    let mut found = Vec::new();
    if at(one).by(t) == Possibly {
        found.push(all[one].clone());
    }
    for other in (0..all.len()).filter(|other| *other != one) {
        let (later, come) = (at(other).after(at(one)), at(other).by(t));
        if later.and(come) == Possibly && later == Possibly {
            // Of two dates of which it is open which is the later one, what is known to the day is not.
            let both = [one, other].into_iter().filter(|index| !at(*index).is_exact());
            found.extend(both.map(|index| all[index].clone()));
        }
        if later.and(come) == Possibly && come == Possibly {
            found.push(all[other].clone());
        }
    }
    found
}

/// The dates of two things, each of which has one spell, that leave it open whether there was a day on which both held:
/// each has to begin before either ends. Of two that are compared, what is known to the day is not open.
pub(crate) fn meet(one: &[Spell], what: &str, other: &[Spell], what_other: &str) -> Vec<Because> {
    let both = || one.iter().map(|it| (what, it)).chain(other.iter().map(|it| (what_other, it)));
    let mut found = Vec::new();
    for (begins, begun) in both() {
        for (ends, ended) in both().filter(|(_, ended)| ended.end.by(begun.begin) == Possibly) {
            found.push(begin(begins, begun));
            found.extend(end(ends, ended));
        }
    }
    found.retain(|(_, date)| date.is_none_or(|date| !date.is_exact()));
    found
}

/// The dates that decide it: of what certainly holds, its beginning and its end; where nothing does, of each, and its end
/// if it may have begun. Where it is open, the dates that leave it so.
pub(crate) fn deciding(spells: &[Spell], what: &str, t: Span) -> Vec<Because> {
    let so = hold(spells, t);
    if so == Possibly {
        return open(spells, what, t);
    }
    let decide = spells.iter().filter(|spell| so == Truth::No || spell.holds(t) == Truth::Yes);
    let dates = decide.flat_map(|spell| {
        [Some(begin(what, spell)), end(what, spell).filter(|_| spell.begin.by(t).may_be())]
    });
    dates.flatten().collect()
}

/// The dates that an answer names, as they are written.
pub(crate) fn read(texts: &[String]) -> Value {
    because(texts.iter().map(|text| dated(text)).collect())
}

fn dated(text: &str) -> Because {
    // Which event says so is not compared: of beginnings and ends that were recorded apart it is open which are of one spell.
    let text = text.split(" (events/").next().unwrap();
    if let Some(what) = text.strip_suffix(" until an unknown day") {
        return (format!("{what} no longer from"), None);
    }
    let (what, day) = text.rsplit_once(' ').expect("it says of what it is the date");
    let date = written(day);
    match what.strip_suffix(" until") {
        // The last day, and not the one after it.
        Some(what) => (format!("{what} no longer from"), Some(date.plus_days(1))),
        None => (what.to_owned(), Some(date)),
    }
}

/// A date, the days between which it lies, or since ever.
pub(crate) fn written(text: &str) -> Span {
    match text.split_once("..") {
        Some((first, last)) => {
            Span { earliest: Span::parse(first).earliest, latest: Span::parse(last).latest }
        }
        None if text == "ever" => Span::EVER,
        None => Span::parse(text),
    }
}
