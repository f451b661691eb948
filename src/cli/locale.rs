//! The language to show names in, from what the user's environment says.

use icu_locale_core::LanguageIdentifier;

/// What is shown where nothing else is asked for.
const DEFAULT: &str = "en";

/// The language of the environment as a BCP 47 tag. POSIX order: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is
/// set and not empty counts, and `C` and `POSIX` mean English.
pub(crate) fn of_environment(variable: impl Fn(&str) -> Option<String>) -> String {
    let set =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    set.and_then(|locale| tag(&locale)).unwrap_or_else(|| DEFAULT.to_owned())
}

/// `fr_CA.UTF-8` is `fr-CA`, `sr_RS@latin` is `sr-Latn-RS`.
fn tag(locale: &str) -> Option<String> {
    let (rest, modifier) = locale.split_once('@').unwrap_or((locale, ""));
    let name = rest.split('.').next().unwrap_or_default();
    if matches!(name, "C" | "POSIX") {
        return None;
    }
    let mut parsed: LanguageIdentifier = name.replace('_', "-").parse().ok()?;
    let script = match modifier {
        "latin" => Some("Latn"),
        "cyrillic" => Some("Cyrl"),
        _ => None,
    };
    if let Some(script) = script {
        parsed.script = script.parse().ok();
    }
    Some(parsed.to_string())
}

/// A tag that the user wrote.
///
/// # Errors
/// Where it is not well-formed.
pub(crate) fn asked(text: &str) -> Result<String, String> {
    match text.parse::<LanguageIdentifier>() {
        Ok(parsed) => Ok(parsed.to_string()),
        Err(_) => Err("expected a language tag (BCP 47), such as fr or pt-BR".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("fr_FR.UTF-8", "fr-FR")]
    #[case("fr", "fr")]
    #[case("de_AT@euro", "de-AT")]
    #[case("sr_RS.UTF-8@latin", "sr-Latn-RS")]
    #[case("C", "en")]
    #[case("C.UTF-8", "en")]
    #[case("POSIX", "en")]
    #[case("", "en")]
    #[case("!", "en")]
    fn a_locale_is_a_tag(#[case] locale: &str, #[case] expected: &str) {
        assert_eq!(of_environment(|name| (name == "LANG").then(|| locale.to_owned())), expected);
    }

    #[test]
    fn the_first_that_is_set_counts() {
        let of = |all: &str, messages: &str, lang: &str| {
            of_environment(|name| {
                let value = if name == "LC_ALL" {
                    all
                } else if name == "LANG" {
                    lang
                } else {
                    messages
                };
                Some(value.to_owned())
            })
        };
        assert_eq!(of("", "fr_FR", "de_DE"), "fr-FR");
        assert_eq!(of("C", "fr_FR", "de_DE"), "en");
        assert_eq!(of("", "", "de_DE"), "de-DE");
        assert_eq!(of_environment(|_| None), "en");
    }

    #[test]
    fn a_tag_is_brought_into_form_or_refused() {
        assert_eq!(asked("FR-ca").unwrap(), "fr-CA");
        assert!(asked("français").unwrap_err().contains("BCP 47"));
    }
}
