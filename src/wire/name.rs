//! Names, languages, days and ids that stand in a message: each read by itself, for commands and for questions.

use jiff::tz::TimeZone;
use uuid::Uuid;

use super::reader::{is_blank, start_of};
use super::violation::FieldViolation;
use crate::domain::fact::CommandId;
use crate::domain::text::Language;
use crate::domain::time::PartialDate;
use crate::domain::{Collection, Name, Reason};

/// The collections of actors.
pub const ACTORS: &[Collection] = &[Collection::Countries, Collection::Organisations];

/// The resource name in `field`, of one of these collections.
///
/// # Errors
/// `FIELD_REQUIRED` if it is blank, `BAD_NAME` if it is malformed or of another collection.
pub fn parse_name(field: &str, text: &str, expected: &[Collection]) -> Result<Name, FieldViolation> {
    checked(text, expected).map_err(of(field))
}

/// The resource name in `field`, of one of these collections; none if it is blank.
///
/// # Errors
/// `BAD_NAME` if it is malformed or of another collection.
pub fn parse_name_if_any(
    field: &str,
    text: &str,
    expected: &[Collection],
) -> Result<Option<Name>, FieldViolation> {
    if is_blank(text) { Ok(None) } else { parse_name(field, text, expected).map(Some) }
}

/// The day, month or year in `field`; none if it is blank.
///
/// # Errors
/// `BAD_DATE` if it is malformed.
pub fn parse_date_if_any(field: &str, text: &str) -> Result<Option<PartialDate>, FieldViolation> {
    if is_blank(text) {
        return Ok(None);
    }
    let date = text.parse::<PartialDate>();
    date.map(Some).map_err(|bad| of(field)((Reason::BadDate, bad.to_string())))
}

/// The language in `field`; English if it is blank or `*`.
///
/// # Errors
/// `BAD_LANGUAGE_TAG` if it is malformed.
pub fn parse_language(field: &str, text: &str) -> Result<Language, FieldViolation> {
    if is_blank(text) || text == "*" {
        return Ok(Language::english());
    }
    checked_language(text).map_err(of(field))
}

/// The `command_id` in `field`.
///
/// # Errors
/// `BAD_COMMAND_ID` if it is no UUID.
pub fn parse_command_id(field: &str, text: &str) -> Result<CommandId, FieldViolation> {
    checked_command_id(text).map_err(of(field))
}

fn of(field: &str) -> impl Fn((Reason, String)) -> FieldViolation {
    move |(reason, says)| FieldViolation { field: field.into(), reason, says }
}

pub(super) fn checked(text: &str, expected: &[Collection]) -> Result<Name, (Reason, String)> {
    let wanted = || {
        let collections = expected.iter().map(|collection| format!("{}/…", collection.text()));
        collections.collect::<Vec<_>>().join(" or ")
    };
    if is_blank(text) {
        return Err((Reason::FieldRequired, format!("a name is needed here: {}", wanted())));
    }
    let name: Name = text.parse().map_err(|bad| (Reason::BadName, format!("{bad}")))?;
    if expected.contains(&name.collection()) {
        Ok(name)
    } else {
        Err((Reason::BadName, format!("`{name}` does not belong here: {} does", wanted())))
    }
}

pub(super) fn checked_command_id(text: &str) -> Result<CommandId, (Reason, String)> {
    let hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
    match Uuid::try_parse(text) {
        Ok(id) if hyphenated && !id.is_nil() => Ok(CommandId(id)),
        Ok(_) | Err(_) => {
            let text = start_of(text);
            let says =
                format!("`{text}` is no UUID: write one like 3507dd0e-aa14-524e-85a5-c03d5b12ca30, not nil");
            Err((Reason::BadCommandId, says))
        }
    }
}

pub(super) fn checked_language(text: &str) -> Result<Language, (Reason, String)> {
    text.parse::<Language>().map_err(|bad| (Reason::BadLanguageTag, bad.to_string()))
}

/// A name of the IANA database as it is written there. What the database has beside places and UTC is no zone in which
/// one meets.
pub(super) fn checked_time_zone(text: &str) -> Result<(), (Reason, String)> {
    let is_place = !matches!(text, "localtime" | "posixrules" | "Factory" | "Etc/Unknown");
    let known = TimeZone::get(text).is_ok_and(|zone| zone.iana_name() == Some(text));
    if is_place && known {
        return Ok(());
    }
    let text = start_of(text);
    Err((Reason::BadTimeZone, format!("`{text}` is no IANA time zone: write one like Europe/Brussels")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_another_collection_is_refused_with_the_right_ones() {
        let refused = parse_name("actor", "areas/science", ACTORS).unwrap_err();
        assert_eq!((refused.field.as_str(), refused.reason), ("actor", Reason::BadName));
        assert!(refused.says.contains("countries/… or organisations/…"), "{}", refused.says);
        assert_eq!(parse_name("actor", " ", ACTORS).unwrap_err().reason, Reason::FieldRequired);
    }

    #[test]
    fn command_ids_are_written_as_uuids_are() {
        assert!(checked_command_id("3507DD0E-aa14-524e-85a5-c03d5b12ca30").is_ok());
        for text in ["", "x", "00000000-0000-0000-0000-000000000000", "3507dd0eaa14524e85a5c03d5b12ca30"] {
            assert_eq!(checked_command_id(text).unwrap_err().0, Reason::BadCommandId, "{text}");
        }
    }

    #[test]
    fn time_zones_have_their_proper_names() {
        for text in ["Europe/Brussels", "America/Argentina/Buenos_Aires", "UTC"] {
            assert!(checked_time_zone(text).is_ok(), "{text}");
        }
        for text in ["Brussels", "europe/brussels", "Europe/Atlantis", "+02:00", "localtime", "Etc/Unknown"] {
            assert_eq!(checked_time_zone(text).unwrap_err().0, Reason::BadTimeZone, "{text}");
        }
    }

    #[test]
    fn a_question_without_a_language_is_asked_in_english() {
        assert_eq!(parse_language("language", "").unwrap(), Language::english());
        assert_eq!(parse_language("language", "fr-be").unwrap().as_str(), "fr-BE");
        assert_eq!(parse_language("language", "en_US").unwrap_err().reason, Reason::BadLanguageTag);
    }
}
