//! What is found by its words (DOMAIN.md §9, read model 10): as it is known now, and never as of an earlier time.

use std::collections::{BTreeMap, BTreeSet};

use minuted::proto::v1::SearchField as Field;
use minuted::proto::v1::fact::Kind;
use minuted::proto::v1::{self, SearchRequest};
use serde_json::{Value, json};

use crate::dates::Span;
use crate::history::Dice;
use crate::known::{Known, titled};

/// The rpc that is compared here: it alone has no two times.
pub(crate) const COMPARED: (&str, &str) = ("SearchService", "Search");

/// Words of the histories and beginnings of some. Each has one form only that begins with it, in English and in French,
/// so that no grammar is needed to know what they find.
const WORDS: [&str; 24] = [
    "one",
    "on",
    "two",
    "TWO",
    "deux",
    "trois",
    "tro",
    "new",
    "ne",
    "neuf",
    "neu",
    "piracy",
    "pira",
    "narcotics",
    "narco",
    "went",
    "well",
    "council",
    "coun",
    "decision",
    "all",
    "boats",
    "brussels",
    "nothing",
];

pub(crate) fn question(dice: &mut Dice) -> SearchRequest {
    let words: Vec<_> = (0..dice.of(&[1, 1, 1, 2, 2, 3])).map(|_| dice.of(&WORDS)).collect();
    let kinds: &[&str] = dice.of(&[&[][..], &[], &["actors"], &["meetings"], &["decisions", "activities"]]);
    SearchRequest {
        query: words.join(" "),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        language: dice.of(&["", "en", "fr", "de", "fr-CA"]).to_owned(),
        ..SearchRequest::default()
    }
}

/// What of an answer is compared: not which of two fits better.
pub(crate) fn read(answer: v1::SearchResponse) -> Value {
    let found = answer.results.into_iter().map(|result| {
        let fields: BTreeSet<i32> = result.matches.iter().map(|of| of.field).collect();
        let title = result.title.map_or(Value::Null, |title| crate::seen::shown(Some(title)));
        (result.name, json!([result.kind, title, fields]))
    });
    json!(found.collect::<BTreeMap<_, _>>())
}

impl Known<'_> {
    pub(crate) fn search(&self, ask: &SearchRequest, today: Span) -> Value {
        let asked = ask.kinds.iter().map(String::as_str);
        let collections: Vec<&str> = asked
            .flat_map(|kind| if kind == "actors" { vec!["countries", "organisations"] } else { vec![kind] })
            .collect();
        let streams: BTreeSet<&str> = self.facts.iter().map(|said| said.stream).collect();
        let mut found = BTreeMap::new();
        for stream in streams.into_iter().filter(|stream| self.knows(stream)) {
            let collection = stream.split_once('/').unwrap().0;
            if collections.is_empty() || collections.contains(&collection) {
                let (titles, texts) = self.texts(stream);
                let fields: Option<BTreeSet<i32>> =
                    ask.query.split(' ').map(|word| highest(&texts, &word.to_lowercase())).collect();
                let title = match collection {
                    "countries" | "organisations" => self.name(stream, &ask.language, today),
                    _ => titled(&titles, &ask.language),
                };
                found.extend(fields.map(|fields| (stream, json!([collection, title, fields]))));
            }
        }
        json!(found)
    }

    /// The titles of a stream that is no actor, and all that is searched in it.
    fn texts(&self, stream: &str) -> (BTreeMap<String, String>, Vec<(Field, String)>) {
        let (mut titles, mut texts) = (BTreeMap::new(), Vec::new());
        let mut summary = None;
        for said in self.of(stream) {
            match said.kind {
                Kind::ActorRegistered(v1::ActorRegistered { names, .. })
                | Kind::ActorRenamed(v1::ActorRenamed { names }) => {
                    texts.extend(names.values().map(|name| (Field::Title, name.clone())));
                }
                Kind::CooperationSuspended(it) => texts.push((Field::Note, it.scope.clone())),
                Kind::FrameworkEstablished(it) => titles.clone_from(&it.names),
                Kind::AreaDefined(it) => titles.clone_from(&it.names),
                Kind::AgreementOpened(it) => titles.clone_from(&it.titles),
                Kind::OperationLaunched(it) => titles.clone_from(&it.names),
                Kind::ContributionRecorded(it) => texts.push((Field::Note, it.note.clone())),
                Kind::ActivityOffered(it) => {
                    titles.clone_from(&it.titles);
                    texts.push((Field::Note, it.exception.clone()));
                }
                Kind::DecisionRecorded(it) => {
                    titles.clone_from(&it.titles);
                    texts.push((Field::Note, it.body.clone()));
                }
                Kind::SummaryRecorded(it) => summary = Some(&it.text),
                _ => {}
            }
        }
        if stream.starts_with("meetings/") {
            let meeting = self.meeting(stream);
            texts.extend(meeting.topics.into_iter().map(|topic| (Field::Topic, topic)));
            texts.extend(meeting.venue.into_iter().map(|venue| (Field::Note, venue.city)));
            texts.push((Field::Note, meeting.qualifier));
            titles = meeting.titles;
        }
        texts.extend(
            summary.into_iter().flat_map(|text| text.values().cloned()).map(|text| (Field::Summary, text)),
        );
        texts.extend(titles.values().map(|title| (Field::Title, title.clone())));
        (titles, texts)
    }
}

/// The highest field that has a word which begins so.
fn highest(texts: &[(Field, String)], word: &str) -> Option<i32> {
    let has = |text: &str| text.to_lowercase().split(' ').any(|other| other.starts_with(word));
    texts.iter().filter(|(_, text)| has(text)).map(|(field, _)| *field as i32).min()
}
