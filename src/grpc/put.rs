//! Putting together what several answers have in common.

use crate::domain::text::{Localized, Shown};
use crate::domain::{Name, Version};
use crate::projections::Count;
use crate::proto::v1;

/// The name to show; the id of the resource where none is recorded for that day.
pub(super) fn display(shown: Option<Shown>, name: &Name) -> v1::DisplayName {
    let shown = shown.map(|Shown { language, names, truth, fallback }| v1::DisplayName {
        text: names.first().cloned().unwrap_or_default(),
        language: language.to_string(),
        fallback,
        truth: v1::Truth::from(truth).into(),
        possible: names,
    });
    shown.unwrap_or_else(|| v1::DisplayName {
        text: name.id().into(),
        language: String::new(),
        fallback: true,
        truth: v1::Truth::Possibly.into(),
        possible: Vec::new(),
    })
}

pub(super) fn count(Count { certain, possible }: Count) -> v1::Count {
    v1::Count { certain: number(certain), possible: number(possible) }
}

/// A count as the schema has it.
pub(super) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The version of a stream, which changes with every event of it (AIP-154).
pub(super) fn etag(version: Version) -> String {
    version.to_string()
}

pub(super) fn optional(name: Option<&Name>) -> String {
    name.map(ToString::to_string).unwrap_or_default()
}

pub(super) fn names(names: &[Name]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

pub(super) fn texts(texts: &Localized) -> std::collections::BTreeMap<String, String> {
    texts.iter().map(|(language, text)| (language.to_string(), text.clone())).collect()
}

/// Values of a closed list, as numbers.
pub(super) fn numbers<D: Copy, P: From<D> + Into<i32>>(values: &[D]) -> Vec<i32> {
    values.iter().map(|&value| P::from(value).into()).collect()
}
