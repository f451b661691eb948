//! Where in the texts of a resource the words of a query stand, and what is around them.
//!
//! 1. Each word is shown in the field that counts most of those in which it stands, and once.
//! 2. Of several texts of a field, that with the most of the words is shown; of these the first.

use std::collections::BTreeSet;
use std::ops::Range;

use super::index::Fit;
use super::texts::{Field, Text};
use super::words::{stems, words};
use crate::domain::text::Language;

/// How long a snippet is at most,
const SNIPPET_CHARS: usize = 160;
/// and how much of it stands before the first word that was found.
const BEFORE_CHARS: usize = 40;

/// A text in which words of the query were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Which text.
    pub field: Field,
    /// Its language, if it has one.
    pub language: Option<Language>,
    /// The text, or what of it is around the first word that was found.
    pub snippet: String,
}

/// A word of a query with its stems.
struct Asked<'q> {
    word: &'q str,
    stems: [String; 2],
}

impl Asked<'_> {
    fn fit(&self, word: &str) -> Option<Fit> {
        if word == self.word {
            Some(Fit::Same)
        } else if word.starts_with(self.word) {
            Some(Fit::Prefix)
        } else {
            // A stem begins as its word does; most words need not be stemmed to see that they differ.
            let alike = word.chars().next() == self.word.chars().next();
            let same_stem = || stems(word).iter().zip(&self.stems).any(|(a, b)| a == b);
            (alike && same_stem()).then_some(Fit::Stem)
        }
    }
}

/// The texts that show where each word was found.
pub fn matches(texts: &[Text<'_>], asked: &BTreeSet<String>) -> Vec<Match> {
    let mut open: Vec<Asked<'_>> = asked.iter().map(|word| Asked { word, stems: stems(word) }).collect();
    let mut matches = Vec::new();
    for field in Field::ALL {
        while !open.is_empty() {
            let of_field = texts.iter().filter(|text| text.field == field);
            let hits = of_field.map(|text| (text, Hits::of(text.text, &open)));
            // The first of the best; `max_by_key` would give the last.
            let best =
                hits.reduce(|best, next| if next.1.found.len() > best.1.found.len() { next } else { best });
            let Some((text, Hits { found, first: Some(first) })) = best else { break };
            let snippet = snippet(text.text, &first);
            matches.push(Match { field, language: text.language.cloned(), snippet });
            open.retain(|asked| !found.contains(asked.word));
        }
    }
    matches
}

/// Which of the words stand in a text, and where the first of them does.
struct Hits {
    found: BTreeSet<String>,
    first: Option<Range<usize>>,
}

impl Hits {
    fn of(text: &str, open: &[Asked<'_>]) -> Hits {
        let mut hits = Hits { found: BTreeSet::new(), first: None };
        for (range, word) in words(text) {
            for asked in open.iter().filter(|asked| asked.fit(&word).is_some()) {
                hits.first.get_or_insert_with(|| range.clone());
                if !hits.found.contains(asked.word) {
                    hits.found.insert(asked.word.to_owned());
                }
            }
            if hits.found.len() == open.len() {
                break;
            }
        }
        hits
    }
}

fn snippet(text: &str, around: &Range<usize>) -> String {
    if text.chars().nth(SNIPPET_CHARS).is_none() {
        return text.to_owned();
    }
    let begin = text[..around.start]
        .char_indices()
        .rev()
        .take(BEFORE_CHARS)
        .last()
        .map_or(around.start, |(at, _)| at);
    let begin = if begin == 0 {
        0
    } else {
        let space = text[begin..around.start].find(char::is_whitespace);
        space.map_or(around.start, |space| begin + space)
    };
    let rest = text[begin..].trim_start();
    let end = rest.char_indices().nth(SNIPPET_CHARS).map_or(rest.len(), |(at, _)| at);
    let end = if end == rest.len() { end } else { rest[..end].rfind(char::is_whitespace).unwrap_or(end) };
    let (before, after) = (if begin == 0 { "" } else { "… " }, if end == rest.len() { "" } else { " …" });
    format!("{before}{}{after}", rest[..end].trim_end())
}
