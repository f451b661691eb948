//! The schema's closed lists as words: in tables, and as the values that a flag takes.
//!
//! Nothing is listed here: a value that the schema gains is shown and accepted at once.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use prost_reflect::EnumDescriptor;

use super::json::{SCHEMA, kinds};
use crate::proto::v1::Truth;

fn descriptor(name: &str) -> EnumDescriptor {
    SCHEMA.get_enum_by_name(&format!("minuted.v1.{name}")).expect("it is generated from the same schema")
}

/// A value without the prefix that protobuf gives it: `IN_FORCE` of `AGREEMENT_STATUS_IN_FORCE`.
fn bare<'v>(name: &str, value: &'v str) -> &'v str {
    let words = name.chars().filter(char::is_ascii_uppercase).count();
    let cut = value.match_indices('_').nth(words - 1).map_or(0, |(at, _)| at + 1);
    &value[cut..]
}

/// A value in words, such as `in force`; empty where it is unspecified.
pub(crate) fn word(name: &str, number: i32) -> String {
    match descriptor(name).get_value(number) {
        Some(_) if number == 0 => String::new(),
        Some(value) => spoken(bare(name, value.name())),
        None => format!("value {number}, unknown to this version"),
    }
}

/// Short codes stay in capitals; the rest becomes words.
fn spoken(bare: &str) -> String {
    match bare {
        "IPCP" | "ITPP" | "ICP" | "SOFA" => bare.to_owned(),
        _ => bare.replace('_', " ").to_lowercase(),
    }
}

/// Several values in words; more than one means that each is possible.
pub(crate) fn any_of(name: &str, numbers: &[i32]) -> String {
    let words = numbers.iter().map(|&number| match word(name, number) {
        empty if empty.is_empty() => "not known".to_owned(),
        word => word,
    });
    let words: Vec<String> = words.collect();
    if words.len() > 1 { format!("POSSIBLY {}", words.join(" or ")) } else { words.concat() }
}

/// A truth in words; what is only possible stands out.
pub(crate) fn truth(number: i32) -> &'static str {
    match Truth::try_from(number) {
        Ok(Truth::Yes) => "yes",
        Ok(Truth::Possibly) => "POSSIBLY",
        Ok(Truth::No) => "no",
        Ok(Truth::Unspecified) | Err(_) => "",
    }
}

/// Whether something is only possible.
pub(crate) fn possible(number: i32) -> bool {
    number == Truth::Possibly as i32
}

/// The values of a closed list for a flag: `joint-declaration`, or as the schema writes it, in any case.
pub(crate) fn choice(name: &'static str) -> impl TypedValueParser<Value = i32> {
    choice_where(name, |_| true)
}

/// As `choice`, where only these values are answers.
pub(crate) fn choice_among(name: &'static str, among: &'static [&str]) -> impl TypedValueParser<Value = i32> {
    choice_where(name, |bare| among.contains(&bare))
}

fn choice_where(name: &'static str, is_one: impl Fn(&str) -> bool) -> impl TypedValueParser<Value = i32> {
    let descriptor = descriptor(name);
    let values = descriptor.values().filter(|value| value.number() != 0);
    let values = values.filter(|value| is_one(bare(name, value.name()))).map(|value| {
        let bare = bare(name, value.name());
        PossibleValue::new(bare.to_lowercase().replace('_', "-")).alias(bare.to_owned())
    });
    PossibleValuesParser::new(values).map(move |text| {
        let wanted = text.replace('-', "_");
        let found = descriptor.values().find(|v| bare(name, v.name()).eq_ignore_ascii_case(&wanted));
        found.expect("the parser lets only these pass").number()
    })
}

/// The kinds of facts for a flag, such as `area_chosen`.
pub(crate) fn fact_kind() -> PossibleValuesParser {
    PossibleValuesParser::new(kinds().into_iter().map(PossibleValue::new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{AgreementKind, AgreementStatus, MeetingClass};

    #[test]
    fn values_are_words() {
        assert_eq!(word("AgreementStatus", AgreementStatus::InForce as i32), "in force");
        assert_eq!(word("MeetingClass", MeetingClass::BeyondFrameworks as i32), "beyond frameworks");
        assert_eq!(word("AgreementKind", AgreementKind::Ipcp as i32), "IPCP");
        assert_eq!(word("GivenBy", 3), "both");
        assert_eq!(word("Level", 0), "");
        assert_eq!(word("Level", 99), "value 99, unknown to this version");
    }

    #[test]
    fn several_values_are_possible_ones() {
        assert_eq!(any_of("Extent", &[1]), "full");
        assert_eq!(any_of("Extent", &[0]), "not known");
        assert_eq!(any_of("Extent", &[1, 0]), "POSSIBLY full or not known");
        assert_eq!(any_of("Extent", &[]), "");
    }
}
