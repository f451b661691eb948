//! Words as they are compared: without case, accents and ligatures, and by their stems in French and in English.
//!
//! 1. A text and a query are taken apart in the same way, so that every word finds itself.
//! 2. A folded word has letters and digits alone, as `char::is_alphanumeric` says; of those in a text, what is beyond
//!    [`LETTERS_MAX`] is cut off.
//! 3. Stems are those of folded words: `réunions` and `REUNION` have one.

use std::collections::BTreeSet;

use frostem::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;
use unicode_segmentation::UnicodeSegmentation;

/// So many letters of a word are compared.
pub const LETTERS_MAX: usize = 64;
/// What French leaves out the end of before a vowel.
const ELIDED: [&str; 13] =
    ["c", "d", "j", "l", "m", "n", "s", "t", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"];
/// A French stem of unaccented letters is stemmed again, so often at most: `signées` loses one ending after the other.
const FRENCH_ROUNDS: usize = 3;

/// The text in small letters without accents and ligatures (NFKD, its marks dropped).
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let letters = text.nfkd().filter(|&letter| canonical_combining_class(letter) == 0);
    let mut out = String::with_capacity(text.len());
    for letter in letters.flat_map(char::to_lowercase) {
        match apart(letter) {
            Some(letters) => out.push_str(letters),
            None => out.push(letter),
        }
    }
    out
}

/// Letters that Unicode does not take apart and that people write in others.
fn apart(letter: char) -> Option<&'static str> {
    Some(match letter {
        'œ' => "oe",
        'æ' => "ae",
        'ß' => "ss",
        'þ' => "th",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

/// Every word of a text, folded, with where the run of letters that it is part of begins and ends in the text.
pub(super) fn words(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, String)> {
    text.unicode_word_indices().flat_map(|(begin, run)| {
        let parts = parts(run).into_iter();
        parts.map(move |word| (begin..begin + run.len(), cut(word)))
    })
}

/// The words of a query, each once: as those of a text, without articles and other words that an apostrophe cuts short.
pub(super) fn asked(query: &str) -> BTreeSet<String> {
    query.unicode_words().flat_map(|run| without_elided(run, parts(run))).collect()
}

fn parts(run: &str) -> Vec<String> {
    let folded = folded(run);
    if !folded.is_empty() && folded.chars().all(char::is_alphanumeric) {
        return vec![folded];
    }
    let parts = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

fn cut(word: String) -> String {
    if word.len() <= LETTERS_MAX { word } else { word.chars().take(LETTERS_MAX).collect() }
}

fn without_elided(run: &str, mut parts: Vec<String>) -> Vec<String> {
    if parts.len() > 1 && run.contains(['\'', '\u{2019}']) {
        if ELIDED.contains(&parts[0].as_str()) {
            parts.remove(0);
        } else if parts[parts.len() - 1] == "s" {
            parts.pop();
        }
    }
    parts
}

/// What a folded word is a form of, in French and in English.
pub(super) fn stems(word: &str) -> [String; 2] {
    let (french, english) = (Stemmer::new(Algorithm::French), Stemmer::new(Algorithm::English));
    let mut stem = word.to_owned();
    for _ in 0..FRENCH_ROUNDS {
        let shorter = folded(&french.stem(&stem));
        if shorter == stem || shorter.is_empty() {
            break;
        }
        stem = shorter;
    }
    [stem, english.stem(word).into_owned()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Vec<String> {
        words(text).map(|(_, word)| word).collect()
    }

    #[test]
    fn case_accents_and_ligatures_are_folded() {
        for (text, plain) in [
            ("RÉUNION", "reunion"),
            ("re\u{301}union", "reunion"),
            ("Cœur ŒUVRE", "coeur oeuvre"),
            ("Ægis", "aegis"),
            ("Straße STRASSE ẞ", "strasse strasse ss"),
            ("Łódź Øresund", "lodz oresund"),
            ("ﬁn", "fin"),
            ("İstanbul ISPARTA ısparta", "istanbul isparta isparta"),
            ("Σοφίας", "σοφιασ"),
            ("Ǆ Ｔｏｋｙｏ", "dz tokyo"),
        ] {
            assert_eq!(folded(text), plain, "{text}");
        }
    }

    #[test]
    fn words_end_at_apostrophes_and_hyphens() {
        assert_eq!(of("L’accord d'Abou-Dhabi, n° 47"), ["l", "accord", "d", "abou", "dhabi", "n", "47"]);
        assert_eq!(of("会議 2011"), ["会", "議", "2011"]);
        assert_eq!(of(" .,-— ’ \u{2de0}"), [""; 0]);
        assert_eq!(of(&"x".repeat(100)), ["x".repeat(LETTERS_MAX)]);
    }

    #[test]
    fn a_query_needs_no_article() {
        let query = |text: &str| asked(text).into_iter().collect::<Vec<_>>();
        assert_eq!(query("l'accord de l’alliance"), ["accord", "alliance", "de"]);
        assert_eq!(query("the partner's O'Brien"), ["brien", "o", "partner", "the"]);
        assert_eq!(query("l' l"), ["l"]);
    }

    #[test]
    fn forms_of_a_word_have_one_stem_in_its_language() {
        let (french, english) = (0, 1);
        for (language, forms) in [
            (french, &["réunion", "réunions", "REUNIONS"][..]),
            (french, &["opération", "opérations", "OPERATION"]),
            (french, &["signé", "signée", "signées", "signés"]),
            (french, &["national", "nationaux", "nationale"]),
            (english, &["meeting", "meetings"]),
            (english, &["agreed", "agreeing", "agrees"]),
            (english, &["policy", "policies"]),
        ] {
            let stems: BTreeSet<String> =
                forms.iter().map(|form| stems(&folded(form))[language].clone()).collect();
            assert_eq!(stems.len(), 1, "{forms:?}: {stems:?}");
        }
        assert_ne!(stems("partenariat"), stems("partition"));
    }

    proptest! {
        #[test]
        fn promise_1_and_2_any_text_comes_apart_into_letters_and_finds_itself(text in "\\PC{0,40}") {
            for (range, word) in words(&text) {
                prop_assert!(!word.is_empty() && word.chars().all(char::is_alphanumeric), "{word:?}");
                prop_assert!(word.chars().count() <= LETTERS_MAX);
                prop_assert!(text.get(range).is_some());
                stems(&word);
                prop_assert_eq!(of(&word).concat(), word);
            }
            let all: BTreeSet<String> = words(&text).map(|(_, word)| word).collect();
            prop_assert!(asked(&text).is_subset(&all));
        }

        #[test]
        fn promise_3_case_does_not_change_a_word(text in "[a-zA-Zà-ÿÀ-ßœŒıİſ]{1,12}") {
            prop_assert_eq!(folded(&text.to_uppercase()), folded(&text.to_lowercase()));
        }
    }
}
