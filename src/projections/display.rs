//! Which name or title to show to someone who asked for several languages (RFC 4647 lookup over a priority list).

use std::fmt;

use crate::domain::text::{self, Language, Localized, Names, Shown};
use crate::domain::time::When;

/// The languages asked for, the most wanted first; never none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Languages(Vec<Language>);

impl Default for Languages {
    fn default() -> Self {
        Languages(vec![Language::english()])
    }
}

impl From<Language> for Languages {
    fn from(language: Language) -> Self {
        Languages(vec![language])
    }
}

impl FromIterator<Language> for Languages {
    /// In this order; English where there are none.
    fn from_iter<I: IntoIterator<Item = Language>>(languages: I) -> Self {
        let wanted: Vec<Language> = languages.into_iter().collect();
        if wanted.is_empty() { Languages::default() } else { Languages(wanted) }
    }
}

impl fmt::Display for Languages {
    /// Their tags, as a header has them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, language) in self.0.iter().enumerate() {
            write!(f, "{}{language}", if n == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Languages {
    /// The most wanted one.
    pub fn first(&self) -> &Language {
        self.0.first().expect("there is never none")
    }

    /// The name on `t` in the first language in which there is one, else as [`Names::shown`] falls back.
    pub fn name(&self, names: &Names, t: When) -> Option<Shown> {
        self.best(|language| names.shown(language, t))
    }

    /// The text in the first language in which there is one, else as [`text::shown`] falls back.
    pub fn text(&self, texts: &Localized) -> Option<Shown> {
        self.best(|language| text::shown(texts, language))
    }

    fn best(&self, show: impl Fn(&Language) -> Option<Shown>) -> Option<Shown> {
        let mut all = self.0.iter().filter_map(&show);
        let found = all.clone().find(|shown| !shown.fallback);
        found.or_else(|| all.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_there_is_wins_over_the_fallback() {
        let tag = |tag: &str| tag.parse::<Language>().unwrap();
        let texts = Localized::from_iter([(tag("en"), "Japan".into()), (tag("fr"), "Japon".into())]);
        let shown = |tags: &[&str]| {
            let wanted: Languages = tags.iter().map(|text| tag(text)).collect();
            let shown = wanted.text(&texts).unwrap();
            (shown.names[0].clone(), shown.fallback)
        };
        assert_eq!(shown(&["de", "fr-CH"]), ("Japon".into(), false));
        assert_eq!(shown(&["de", "es"]), ("Japan".into(), true));
        assert_eq!(shown(&[]), ("Japan".into(), false));
    }
}
