//! Names and titles in several languages, by BCP 47 tag, and which of them to show (RFC 4647 lookup).

use std::fmt;
use std::str::FromStr;

use icu_locale_core::LanguageIdentifier;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, ToSmolStr};

use crate::domain::time::{Dated, Succession, Truth, When};
use crate::position::Position;

/// A language tag in its canonical form, such as `en`, `fr-CH` or `es-419`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Language(SmolStr);

/// It is no language tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no BCP 47 language tag: write en, fr, fr-CH, es-419 or the like")]
pub struct BadLanguage(pub String);

impl Language {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// English, the first fallback.
    pub fn english() -> Language {
        Language("en".into())
    }
}

impl FromStr for Language {
    type Err = BadLanguage;

    fn from_str(text: &str) -> Result<Self, BadLanguage> {
        let bad = || BadLanguage(text.chars().take(40).collect());
        if text.contains('_') {
            return Err(bad());
        }
        match text.parse::<LanguageIdentifier>() {
            Ok(id) if !id.language.is_unknown() => Ok(Language(id.to_smolstr())),
            Ok(_) | Err(_) => Err(bad()),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One text in one or more languages: they are few, and there are many texts.
pub type Localized = LiteMap<Language, String>;

/// Names by language, each language a succession: a renaming leaves the languages that it does not name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names(LiteMap<Language, Succession<String>>);

/// The name to show on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// In this language.
    pub language: Language,
    /// Every name that is possible, the likeliest first; the certain one alone where there is one.
    pub names: Vec<String>,
    /// Whether the first is certain.
    pub truth: Truth,
    /// It is not in the language that was asked for.
    pub fallback: bool,
}

impl Names {
    /// These are the names from `at` on.
    pub fn begin(&mut self, event: Position, at: When, names: &Localized) {
        for (language, name) in names {
            self.0.entry(language.clone()).or_default().begin(event, at, name.clone());
        }
    }

    /// Every name ever, by language.
    pub fn all(&self) -> impl Iterator<Item = (&Language, &Dated<String>)> {
        self.0.iter().flat_map(|(language, names)| names.values().iter().map(move |name| (language, name)))
    }

    /// The successions, to ask them for misfits.
    pub fn successions(&self) -> impl Iterator<Item = &Succession<String>> {
        self.0.values()
    }

    /// The name on `t` in the language of `range` (RFC 4647 lookup), else in English, else in French, else in the first
    /// language by tag.
    pub fn shown(&self, range: &Language, t: When) -> Option<Shown> {
        let on =
            |language: &Language| self.0.get(language).map(|names| names.on(t)).filter(|on| !on.is_empty());
        let (language, fallback, on) = choice(range, self.0.keys(), on)?;
        let (truth, names) = if let Some((_, certain)) = on.iter().find(|(truth, _)| truth.is_yes()) {
            (Truth::Yes, vec![certain.value.clone()])
        } else {
            let mut latest_first: Vec<_> = on.iter().map(|(_, dated)| *dated).collect();
            latest_first.sort_by(|a, b| b.since.at.cmp(&a.since.at).then_with(|| a.value.cmp(&b.value)));
            let mut names: Vec<String> = Vec::new();
            for dated in latest_first {
                if !names.contains(&dated.value) {
                    names.push(dated.value.clone());
                }
            }
            (Truth::Possibly, names)
        };
        Some(Shown { language, names, truth, fallback })
    }
}

/// One text in the language of `range` (RFC 4647 lookup), else in English, else in French, else in the first by tag.
pub fn shown(texts: &Localized, range: &Language) -> Option<Shown> {
    let (language, fallback, text) = choice(range, texts.keys(), |language| texts.get(language).cloned())?;
    Some(Shown { language, names: vec![text], truth: Truth::Yes, fallback })
}

fn choice<'a, T>(
    range: &Language,
    every: impl Iterator<Item = &'a Language>,
    get: impl Fn(&Language) -> Option<T>,
) -> Option<(Language, bool, T)> {
    if let Some(found) = get(range) {
        return Some((range.clone(), false, found));
    }
    let asked = lookup(range).into_iter().map(|language| (language, false));
    let usual = ["en", "fr"].map(|tag| (Language(tag.into()), true));
    let rest = every.map(|language| (language.clone(), true));
    let mut choices = asked.chain(usual).chain(rest);
    choices.find_map(|(language, fallback)| get(&language).map(|found| (language, fallback, found)))
}

/// The tags that a lookup of `range` tries: it, then ever shorter ones.
fn lookup(range: &Language) -> Vec<Language> {
    let mut tags = Vec::new();
    let mut tag = range.as_str();
    loop {
        tags.push(Language(tag.into()));
        match tag.rsplit_once('-') {
            // A single character introduces what follows it and is dropped with it (RFC 4647 §3.4).
            Some((shorter, _)) => {
                tag = shorter.rsplit_once('-').filter(|(_, s)| s.len() == 1).map_or(shorter, |s| s.0);
            }
            None => return tags,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_in_their_canonical_form() {
        for (text, canonical) in
            [("EN", "en"), ("fr-ch", "fr-CH"), ("es-419", "es-419"), ("zh-hant-tw", "zh-Hant-TW")]
        {
            assert_eq!(text.parse::<Language>().unwrap().as_str(), canonical);
        }
        for text in ["", "en_US", "en--GB", "e", "french language", "und"] {
            assert!(text.parse::<Language>().is_err(), "{text}");
        }
    }

    #[test]
    fn lookup_goes_from_the_narrow_to_the_wide() {
        let tags = lookup(&"zh-Hant-TW".parse().unwrap());
        assert_eq!(tags.iter().map(Language::as_str).collect::<Vec<_>>(), ["zh-Hant-TW", "zh-Hant", "zh"]);
    }
}
