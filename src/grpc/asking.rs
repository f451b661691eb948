//! Reading the fields of a question: what is wrong is noted with its field, and reading goes on.

use tonic::{Request, Status};

use super::reading::Reading;
use super::status;
use crate::domain::text::Language;
use crate::domain::time::PartialDate;
use crate::domain::{Collection, Name, Reason};
use crate::projections::collation::Order;
use crate::projections::meetings::Range;
use crate::projections::search::{BadQuery, Kinds, Query};
use crate::projections::{Languages, known};
use crate::proto::v1;
use crate::wire::name::{parse_date_if_any, parse_language, parse_name, parse_name_if_any};
use crate::wire::{FieldViolation, Invalid, fact_kinds};

/// How many a page has where the caller does not say.
const PAGE_SIZE_DEFAULT: usize = 100;
/// How many a page has at most.
const PAGE_SIZE_MAX: usize = 1000;
/// How far a question looks ahead at most: a hundred years.
const DAYS_MAX: u32 = 36_500;

/// What is wrong with a question so far, and the languages that its caller prefers.
#[derive(Default)]
pub(super) struct Asking {
    violations: Vec<FieldViolation>,
    accept_language: String,
}

impl Asking {
    pub(super) fn of<T>(request: &Request<T>) -> Asking {
        let header = request.metadata().get("accept-language").and_then(|value| value.to_str().ok());
        Asking { violations: Vec::new(), accept_language: header.unwrap_or_default().into() }
    }

    fn say(&mut self, field: &str, says: String) {
        let (field, reason) = (field.into(), Reason::UnknownValue);
        self.violations.push(FieldViolation { field, reason, says });
    }

    fn note<T>(&mut self, read: Result<T, FieldViolation>) -> Option<T> {
        read.map_err(|violation| self.violations.push(violation)).ok()
    }

    /// The name of a resource of one of these collections; none where the field is empty or wrong.
    pub(super) fn name(&mut self, field: &str, text: &str, wanted: &[Collection]) -> Option<Name> {
        self.note(parse_name_if_any(field, text, wanted)).flatten()
    }

    /// As `name`, where the field must be given.
    pub(super) fn needed_name(&mut self, field: &str, text: &str, wanted: &[Collection]) -> Option<Name> {
        self.note(parse_name(field, text, wanted))
    }

    /// The names of a list; those that are wrong are left out.
    pub(super) fn names(&mut self, field: &str, texts: &[String], wanted: &[Collection]) -> Vec<Name> {
        let all = texts.iter().enumerate();
        all.filter_map(|(i, text)| self.needed_name(&format!("{field}[{i}]"), text, wanted)).collect()
    }

    /// The words to search for.
    pub(super) fn query(&mut self, field: &str, text: &str) -> Option<Query> {
        let says = match text.parse() {
            Ok(query) => return Some(query),
            Err(error) => error,
        };
        let reason = match says {
            BadQuery::Empty => Reason::FieldRequired,
            BadQuery::TooLong { .. } | BadQuery::TooManyWords { .. } | BadQuery::WordTooLong { .. } => {
                Reason::TooLarge
            }
        };
        self.violations.push(FieldViolation { field: field.into(), reason, says: says.to_string() });
        None
    }

    /// Collections by their names, `actors` for both of actors; all where there are none.
    pub(super) fn collections(&mut self, field: &str, texts: &[String]) -> Kinds {
        let mut kinds = None::<Kinds>;
        for (i, text) in texts.iter().enumerate() {
            let named =
                Collection::ALL.into_iter().filter(|c| c.text() == text || c.is_actor() && text == "actors");
            let named = named.map(Kinds::of).reduce(Kinds::or);
            if named.is_none() {
                let allowed = Collection::ALL.map(Collection::text).join(", ");
                self.say(&format!("{field}[{i}]"), format!("`{text}` is none of actors, {allowed}"));
            }
            kinds = kinds.into_iter().chain(named).reduce(Kinds::or);
        }
        kinds.unwrap_or(Kinds::ALL)
    }

    /// Kinds of facts, by their names in the schema.
    pub(super) fn kinds(&mut self, field: &str, kinds: &[String]) {
        let known = fact_kinds();
        for (i, kind) in kinds.iter().enumerate().filter(|(_, kind)| !known.contains(kind)) {
            let says = format!("`{kind}` is no kind of fact; allowed are {}", known.join(", "));
            self.say(&format!("{field}[{i}]"), says);
        }
    }

    /// A date; none where the field is empty or wrong.
    pub(super) fn date(&mut self, field: &str, text: &str) -> Option<PartialDate> {
        self.note(parse_date_if_any(field, text)).flatten()
    }

    /// From the first day of one date to the last of another; all time where they are empty.
    pub(super) fn range(&mut self, from: &str, to: &str) -> Range {
        let from = self.date("from", from).map(PartialDate::when);
        let to = self.date("to", to).map(PartialDate::when);
        let range = Range::new(from, to);
        if range.first > range.last {
            let says = format!("it ends before it begins on {}", range.first);
            let reason = Reason::ValidIntervalInverted;
            self.violations.push(FieldViolation { field: "to".into(), reason, says });
        }
        range
    }

    /// The day of the two times.
    pub(super) fn as_of(&mut self, as_of: Option<&v1::AsOf>) {
        if let Some(as_of) = as_of {
            self.date("as_of.valid_at", &as_of.valid_at);
        }
    }

    /// A value of a closed list; none where it is UNSPECIFIED or wrong.
    pub(super) fn choice<P: TryFrom<i32>>(
        &mut self,
        field: &str,
        number: i32,
        text: impl Fn(&P) -> &'static str,
    ) -> Option<P> {
        if let Ok(value) = P::try_from(number) {
            return Some(value).filter(|_| number != 0);
        }
        let allowed = (1..64).map_while(|number| P::try_from(number).ok());
        let allowed = allowed.map(|value| text(&value)).collect::<Vec<_>>().join(", ");
        self.say(field, format!("{number} is none of {allowed}"));
        None
    }

    /// As `choice`, where only these values are answers.
    pub(super) fn choice_among<P: TryFrom<i32> + Copy + PartialEq>(
        &mut self,
        field: &str,
        number: i32,
        text: impl Fn(&P) -> &'static str,
        among: &[P],
    ) -> Option<P> {
        let asked = P::try_from(number).ok();
        if number == 0 || asked.is_some_and(|asked| among.contains(&asked)) {
            return asked.filter(|_| number != 0);
        }
        let allowed = among.iter().map(&text).collect::<Vec<_>>().join(", ");
        let value = asked.map_or(number.to_string(), |asked| text(&asked).to_owned());
        self.say(field, format!("{value} is none of {allowed}"));
        None
    }

    /// The languages of names: the field, else the `accept-language` of the call, else English.
    pub(super) fn languages(&mut self, text: &str) -> Languages {
        if text.is_empty() {
            return accepted(&self.accept_language);
        }
        let language = parse_language("language", text);
        self.note(language).map(Languages::from).unwrap_or_default()
    }

    /// How many days on; none where they are out of bounds.
    pub(super) fn days(&mut self, field: &str, days: u32) -> Option<u32> {
        let found = Some(days).filter(|days| (1..=DAYS_MAX).contains(days));
        if found.is_none() {
            self.say(field, format!("{days} is no number of days to look ahead: send 1 to {DAYS_MAX}"));
        }
        found
    }

    /// In which order a list is (AIP-132).
    pub(super) fn order_by(&mut self, text: &str) -> Order {
        match text.trim() {
            "" | "name" => Order::Name,
            "display_name" => Order::DisplayName,
            other => {
                let other: String = other.chars().take(60).collect();
                self.say(
                    "order_by",
                    format!("`{other}` is no order of this list: send name or display_name"),
                );
                Order::Name
            }
        }
    }

    /// How many a page has.
    pub(super) fn page_size(&mut self, size: i32) -> usize {
        match usize::try_from(size) {
            Ok(0) => PAGE_SIZE_DEFAULT,
            Ok(size) => size.min(PAGE_SIZE_MAX),
            Err(_) => {
                let says = format!(
                    "{size} is no page size: send 1 to {PAGE_SIZE_MAX}, or 0 for {PAGE_SIZE_DEFAULT}"
                );
                self.say("page_size", says);
                PAGE_SIZE_DEFAULT
            }
        }
    }

    /// What was read, if nothing is wrong; a value is missing only where its field was said to be wrong.
    pub(super) fn done<T>(self, read: Option<T>) -> Result<T, Status> {
        match read {
            Some(read) if self.violations.is_empty() => Ok(read),
            Some(_) | None => Err(status::invalid(&Invalid { violations: self.violations })),
        }
    }
}

/// The names of a filter are known: a slip is no empty answer.
pub(super) fn all_known<'a>(
    reading: &Reading<'_>,
    names: impl IntoIterator<Item = &'a Name>,
) -> Result<(), Status> {
    let unknown = names.into_iter().find(|name| known(reading.world, name).is_none());
    unknown.map_or(Ok(()), |name| Err(status::unknown(name)))
}

/// The languages of an `accept-language` header, the most wanted first (RFC 9110 §12.5.4); what is no tag is passed over.
fn accepted(header: &str) -> Languages {
    let mut ranges: Vec<(f32, Language)> = header.split(',').filter_map(weighed).collect();
    ranges.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    ranges.into_iter().map(|(_, language)| language).collect()
}

fn weighed(range: &str) -> Option<(f32, Language)> {
    let mut parts = range.split(';').map(str::trim);
    let language = parts.next()?.parse().ok()?;
    let weight = match parts.find_map(|part| part.strip_prefix("q=")) {
        Some(weight) => weight.parse::<f32>().ok()?,
        None => 1.0,
    };
    (weight > 0.0).then_some((weight, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_wanted_language_comes_first() {
        let tags = |tags: &[&str]| tags.iter().map(|tag| tag.parse().unwrap()).collect::<Languages>();
        assert_eq!(
            accepted("de;q=0.3, fr-CH, fr;q=0.9, *;q=0.1, no_tag, es;q=0"),
            tags(&["fr-CH", "fr", "de"])
        );
        assert_eq!(accepted(""), tags(&["en"]));
    }
}
