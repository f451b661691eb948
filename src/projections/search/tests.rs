//! What is found and in which order: on an example, against a plain reading of every text, and while it changes.

use std::collections::BTreeMap;

use futures::FutureExt;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::index::{Fit, weight};
use super::*;
use crate::log::{EventLog, MemoryLog, NewFrame};
use crate::projections::example::{Example, name};
use crate::wire;

fn query(text: &str) -> Query {
    text.parse().unwrap()
}

fn found_in(index: &Index, text: &str) -> Vec<String> {
    let places = index.search(query(text).words(), Kinds::ALL, None, 100);
    places.into_iter().map(|(_, name)| name.to_string()).collect()
}

fn found(example: &Example, text: &str) -> Vec<String> {
    found_in(&Index::build(entries(&example.world)), text)
}

fn held(titles: &Value, more: &Value) -> Value {
    let mut held = json!({ "core": "CORE_MEMBERS", "titles": titles });
    held.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    held
}

fn meetings() -> Example {
    let mut example = Example::alliance();
    let mut hold = |id: &str, titles: Value, more: Value| {
        example.say(&format!("meetings/{id}"), "2011-09", "meetingHeld", held(&titles, &more))
    };
    hold("a", json!({ "fr": "Réunions des ministres à Berlin" }), json!({ "topics": ["piracy"] }));
    hold("b", json!({ "en": "Meeting on piracy" }), json!({ "qualifier": "at ministers' level" }));
    hold("c", json!({ "en": "Conference" }), json!({ "venue": { "city": "Abou Dhabi" } }));
    let text = json!({ "en": "The ministers agreed on piracy." });
    let summary = |text: &Value| json!({ "state": "SUMMARY_STATE_DRAFT", "text": text });
    example.say("meetings/c", "", "summaryRecorded", summary(&text));
    example
}

#[test]
fn promise_1_the_three_spellings_find_the_same() {
    let example = meetings();
    for text in ["réunion", "reunion", "REUNIONS", "re\u{301}union", "réu"] {
        assert_eq!(found(&example, text), ["meetings/a"], "{text}");
    }
    for text in ["meetings", "Meet", "pirac meeting"] {
        assert_eq!(found(&example, text)[0], "meetings/b", "{text}");
    }
    assert_eq!(found(&example, "abou-dhabi"), ["meetings/c"]);
}

#[test]
fn promise_1_every_word_must_be_found_in_whatever_field() {
    let example = meetings();
    assert_eq!(found(&example, "ministre piracy berlin"), ["meetings/a"]);
    assert_eq!(found(&example, "ministre piracy lisbon"), [""; 0]);
    assert_eq!(found(&example, "conference berlin"), [""; 0], "one has the one word, another the other");
    assert_eq!(found(&example, "conference dhabi agreed"), ["meetings/c"]);
}

#[test]
fn a_title_counts_more_than_a_topic_a_summary_and_a_note() {
    let example = meetings();
    assert_eq!(found(&example, "piracy"), ["meetings/b", "meetings/a", "meetings/c"]);
    assert_eq!(found(&example, "minist"), ["meetings/a", "meetings/c", "meetings/b"]);
    assert!(weight(Field::Title, Fit::Prefix) > weight(Field::Topic, Fit::Same));
}

#[test]
fn of_two_titles_the_one_that_says_less_else_comes_first_then_the_name() {
    let mut example = Example::default();
    for (id, title) in [("x", "Mine action"), ("z", "Demining"), ("y", "Demining"), ("w", "Demining at sea")]
    {
        example.say(&format!("areas/{id}"), "", "areaDefined", json!({ "names": { "en": title } }));
    }
    assert_eq!(found(&example, "demining"), ["areas/y", "areas/z", "areas/w"]);
}

#[test]
fn only_the_kinds_that_are_asked_for_are_found() {
    let index = Index::build(entries(&Example::alliance().world));
    let of = |kinds| index.search(query("n e").words(), kinds, None, 10).len();
    let nato = |kinds| index.search(query("nato").words(), kinds, None, 10).len();
    assert_eq!((nato(Kinds::ALL), of(Kinds::ALL)), (1, 0));
    assert_eq!(nato(Kinds::of(Collection::Organisations)), 1);
    assert_eq!(nato(Kinds::of(Collection::Countries).or(Kinds::of(Collection::Meetings))), 0);
}

#[test]
fn corrected_text_is_found_by_its_new_words_alone_and_retracted_text_by_none() {
    let mut example = Example::alliance();
    let mut index = Index::build(entries(&example.world));
    let held_at = |title: &str| held(&json!({ "en": title }), &json!({}));
    let position = example.say("meetings/a", "2011", "meetingHeld", held_at("Summit in Riga"));
    let mut take_in = |example: &Example| {
        index.put(name("meetings/a"), entry(&example.world, &name("meetings/a")));
        (found_in(&index, "riga"), found_in(&index, "lisbon"))
    };
    let nothing = Vec::<String>::new;
    let this = || vec!["meetings/a".to_owned()];
    assert_eq!(take_in(&example), (this(), nothing()));
    let corrected = json!({
        "target": { "position": position.0.to_string() },
        "valid": { "from": "2011" },
        "source": { "text": "an example" },
        "fact": { "meetingHeld": held_at("Summit in Lisbon") },
        "reason": "a slip",
    });
    example.say("meetings/a", "", "eventCorrected", corrected);
    assert_eq!(take_in(&example), (nothing(), this()));
    example.retract("meetings/a", position);
    assert_eq!(take_in(&example), (nothing(), nothing()));
}

#[test]
fn a_summary_is_found_by_its_latest_revision() {
    let mut example = meetings();
    let text = json!({ "fr": "Les ministres se sont entendus." });
    let last = json!({ "state": "SUMMARY_STATE_FINAL", "text": text });
    example.say("meetings/c", "", "summaryRecorded", last);
    assert_eq!(found(&example, "entendu"), ["meetings/c"]);
    assert_eq!(found(&example, "agreed"), [""; 0]);
}

#[test]
fn what_is_no_question_is_said() {
    let long = format!("piracy {}", "x".repeat(LETTERS_MAX + 1));
    let many = (0..=WORDS_MAX).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
    for (text, error) in [
        ("", BadQuery::Empty),
        ("  — ’ !", BadQuery::Empty),
        (long.as_str(), BadQuery::WordTooLong { letters: LETTERS_MAX + 1 }),
        (many.as_str(), BadQuery::TooManyWords { words: WORDS_MAX + 1 }),
        (&"a ".repeat(600), BadQuery::TooLong { bytes: 1_200 }),
    ] {
        assert_eq!(text.parse::<Query>(), Err(error), "{text}");
    }
    assert!("x".repeat(LETTERS_MAX).parse::<Query>().is_ok());
}

#[test]
fn each_word_is_shown_where_it_counts_most() {
    let example = meetings();
    let shown = |id: &str, text: &str| {
        let stream = example.world.stream(&name(id)).unwrap();
        let all = matches(&texts(&stream), query(text).words());
        all.into_iter().map(|m| (m.field, m.language.map(|l| l.to_string()), m.snippet)).collect::<Vec<_>>()
    };
    let en = || Some("en".to_owned());
    assert_eq!(
        shown("meetings/b", "minister piracy meetings"),
        [
            (Field::Title, en(), "Meeting on piracy".to_owned()),
            (Field::Note, None, "at ministers' level".to_owned())
        ]
    );
    let agreed = (Field::Summary, en(), "The ministers agreed on piracy.".to_owned());
    assert_eq!(shown("meetings/c", "agree piracy"), [agreed]);
}

#[test]
fn a_long_text_is_shown_around_what_was_found() {
    let text = format!("{}les opérations en mer {}", "avant ".repeat(50), "après ".repeat(50));
    let texts = [Text { field: Field::Note, language: None, text: &text }];
    let shown = &matches(&texts, query("operation").words())[0].snippet;
    assert!(shown.starts_with("… avant") && shown.ends_with("après …"), "{shown}");
    assert!(shown.contains("opérations en mer") && shown.chars().count() <= 164, "{shown}");
    let one = "é".repeat(500);
    let texts = [Text { field: Field::Note, language: None, text: &one }];
    assert!(matches(&texts, query("ee").words())[0].snippet.ends_with('…'));
}

/// Some texts of some words, so that words meet; among them forms of one.
fn a_text() -> impl Strategy<Value = (usize, String)> {
    let word = prop::sample::select(vec![
        "réunion", "REUNIONS", "meeting", "Meetings", "accord", "l'accord", "œuvre", "oeuvres", "a", "ab",
        "abc", "mer",
    ]);
    (0..4_usize, prop::collection::vec(word, 1..4)).prop_map(|(field, words)| (field, words.join(" ")))
}

/// What is put in under a name, or taken out.
type Change = (u8, Option<Vec<(usize, String)>>);

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let texts = prop::collection::vec(a_text(), 0..4);
    prop::collection::vec((0..12_u8, prop::option::weighted(0.8, texts)), 1..40)
}

fn texts_of(texts: &[(usize, String)]) -> Vec<Text<'_>> {
    texts.iter().map(|(field, text)| Text { field: Field::ALL[*field], language: None, text }).collect()
}

fn named(id: u8) -> Name {
    let collection = ["meetings", "areas", "decisions"][usize::from(id % 3)];
    name(&format!("{collection}/n{id}"))
}

/// The score of these texts by their definition; none where a word is missing.
fn plainly(texts: &[Text<'_>], query: &Query) -> Option<u32> {
    let all: Vec<(Field, String)> =
        texts.iter().flat_map(|t| words::words(t.text).map(|(_, word)| (t.field, word))).collect();
    let stems = words::stems;
    let fit = |asked: &str, word: &str| match () {
        () if asked == word => Some(Fit::Same),
        () if stems(asked)[0] == stems(word)[0] || stems(asked)[1] == stems(word)[1] => Some(Fit::Stem),
        () => word.starts_with(asked).then_some(Fit::Prefix),
    };
    let best = |asked: &String| {
        let fits = |(field, word): &(Field, String)| fit(asked, word).map(|fit| (*field, fit));
        // A word counts in the highest field of those in which it stands.
        all.iter().filter_map(fits).map(|(field, fit)| weight(field, fit)).max()
    };
    let weights = query.words().iter().map(best).collect::<Option<Vec<u8>>>()?;
    let titles: BTreeSet<&String> =
        all.iter().filter(|(f, _)| *f == Field::Title).map(|(_, word)| word).collect();
    let in_title = weights.iter().any(|w| *w >= weight(Field::Title, Fit::Prefix));
    let close = if in_title { 255 / u32::try_from(titles.len()).unwrap() } else { 0 };
    Some((weights.into_iter().map(u32::from).sum::<u32>() << 8) + close)
}

proptest! {
    #[test]
    fn an_index_that_followed_answers_as_one_built_from_the_end_and_as_a_reading_of_every_text(
        changes in changes(),
        compactions in prop::collection::btree_set(0..40_usize, 0..4),
        asked in prop::collection::vec(prop::sample::select(vec!["reunion", "meet", "accords", "oeuvre", "a", "ab", "m"]), 1..4),
        page in 1..5_usize,
    ) {
        let mut index = Index::default();
        let mut last = BTreeMap::new();
        for (step, (id, texts)) in changes.iter().enumerate() {
            index.put(named(*id), texts.as_ref().and_then(|texts| Entry::of(&texts_of(texts))));
            last.insert(named(*id), texts.clone().unwrap_or_default());
            if compactions.contains(&step) {
                index = index.compact();
            }
        }
        let entry = |(name, texts): (&Name, &Vec<_>)| Some((name.clone(), Entry::of(&texts_of(texts))?));
        let rebuilt = Index::build(last.iter().filter_map(entry));
        let query = query(&asked.join(" "));
        let kinds = Kinds::of(Collection::Meetings).or(Kinds::of(Collection::Areas));
        let scored = |(name, texts): (&Name, &Vec<_>)| Some((plainly(&texts_of(texts), &query)?, name.clone()));
        let mut plain: Vec<Place> =
            last.iter().filter(|(name, _)| name.collection() != Collection::Decisions).filter_map(scored).collect();
        plain.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        prop_assert_eq!(rebuilt.len(), index.len());
        prop_assert_eq!(&index.search(query.words(), kinds, None, 100), &plain);
        prop_assert_eq!(&rebuilt.search(query.words(), kinds, None, 100), &plain);
        let mut paged: Vec<Place> = Vec::new();
        loop {
            let next = index.search(query.words(), kinds, paged.last(), page);
            if next.is_empty() {
                break;
            }
            paged.extend(next);
        }
        prop_assert_eq!(paged, plain);
    }

    #[test]
    fn pages_neither_repeat_nor_miss_what_stays_while_all_else_moves(
        stay in prop::collection::btree_set(0..60_u8, 1..30),
        moves in prop::collection::vec((60..90_u8, any::<bool>()), 0..40),
    ) {
        let entry = |long: bool| Entry::of(&texts_of(&[(0, if long { "mer à voir" } else { "mer" }.to_owned())]));
        let mut index = Index::build(stay.iter().map(|&id| (named(id), entry(id % 2 == 0).unwrap())));
        let mut moves = moves.into_iter();
        let mut seen: Vec<Place> = Vec::new();
        loop {
            let next = index.search(query("mer").words(), Kinds::ALL, seen.last(), 3);
            if next.is_empty() {
                break;
            }
            seen.extend(next);
            for (id, there) in moves.by_ref().take(5) {
                index.put(named(id), entry(id % 2 == 0).filter(|_| there));
                index = if id % 7 == 0 { index.compact() } else { index };
            }
        }
        let stayed = |(_, name): &&Place| stay.iter().any(|&id| named(id) == *name);
        prop_assert_eq!(seen.iter().filter(stayed).count(), stay.len());
        let names: BTreeSet<&Name> = seen.iter().map(|(_, name)| name).collect();
        prop_assert!(names.len() >= stay.len());
    }

    #[test]
    fn an_index_that_follows_random_histories_is_that_of_their_end(
        steps in prop::collection::vec((0..4_u8, 0..5_u8, 0..6_usize), 1..30),
    ) {
        let titles = ["Réunion", "Meetings at sea", "L'accord", "Œuvre commune", "Mer", "Sommet"];
        let mut example = Example::alliance();
        let mut index = Index::build(entries(&example.world));
        let mut first: BTreeMap<Name, (Position, bool)> = BTreeMap::new();
        for (what, id, title) in steps {
            let name = name(&format!("meetings/m{id}"));
            let fact = held(&json!({ "fr": titles[title] }), &json!({ "topics": [titles[(title + 1) % 6]] }));
            match (first.get(&name).copied(), what) {
                (None, _) => {
                    let position = example.say(name.as_str(), "2011", "meetingHeld", fact);
                    first.insert(name.clone(), (position, true));
                }
                (Some((position, true)), 0 | 1) => {
                    example.say(name.as_str(), "", "eventCorrected", json!({
                        "target": { "position": position.0.to_string() },
                        "valid": { "from": "2012" },
                        "source": { "text": "an example" },
                        "fact": { "meetingHeld": fact },
                        "reason": "a slip",
                    }));
                }
                (Some((position, true)), 2) => {
                    example.retract(name.as_str(), position);
                    first.insert(name.clone(), (example.world.tail(), false));
                }
                (Some((retraction, false)), 2) => {
                    // The retraction is retracted: the meeting is back, and is left alone.
                    example.retract(name.as_str(), retraction);
                    first.insert(name.clone(), (Position::ZERO, true));
                    index.put(name.clone(), entry(&example.world, &name));
                    break;
                }
                (Some(_), _) => {}
            }
            index.put(name.clone(), entry(&example.world, &name));
        }
        let rebuilt = Index::build(entries(&example.world));
        prop_assert_eq!(rebuilt.len(), index.len());
        for text in ["reunion", "meeting", "accord", "oeuvre", "mer", "sommet mer", "m"] {
            let of = |index: &Index| index.search(query(text).words(), Kinds::ALL, None, 100);
            prop_assert_eq!(of(&index), of(&rebuilt), "{}", text);
        }
    }
}

#[test]
fn what_is_outdated_is_dropped_before_it_is_half() {
    let entry = |n: usize| Entry::of(&texts_of(&[(0, format!("mer {n}"))]));
    let mut index = Index::build((0..2_000).map(|n| (name(&format!("areas/{n:04}")), entry(n).unwrap())));
    let mut put = 0;
    while !index.is_loose() {
        index.put(name(&format!("areas/{:04}", put % 2_000)), entry(9_000 + put));
        put += 1;
    }
    assert!((1_000..=1_100).contains(&put), "{put}");
    assert_eq!(index.len(), 2_000);
    let compact = index.compact();
    assert!(!compact.is_loose());
    let all = |index: &Index| index.search(query("mer").words(), Kinds::ALL, None, 5_000);
    assert_eq!(all(&compact), all(&index));
    assert_eq!(found_in(&compact, "9000"), ["areas/0000"]);
    assert_eq!(found_in(&compact, "0"), [""; 0], "its old word is gone");
}

/// A state with one area, and what records another.
fn recording() -> (State, impl FnMut(&str)) {
    let mut example = Example::default();
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
    let state = State::open(log.clone(), Snapshot::default()).unwrap();
    let published = state.clone();
    let mut say = move |title: &str| {
        let names = json!({ "names": { "en": title } });
        example.say(&format!("areas/{}", title.to_lowercase()), "", "areaDefined", names);
        let events = &example.recorded()[example.recorded().len() - 1..];
        let frame = NewFrame { events: 1, payload: wire::encode_frame(events) };
        let tail = Position(events[0].position.0 - 1);
        log.append(tail, vec![frame]).now_or_never().expect("a log in memory waits for nothing").unwrap();
        published.publish(example.world.view());
    };
    say("Demining");
    (state, say)
}

async fn reached(search: &Search, position: u64) -> Progress {
    let mut watch = search.watch();
    let there = |progress: &Progress| {
        progress.failure.is_some() || progress.position.is_some_and(|held| held.0 >= position)
    };
    watch.wait_for(there).await.unwrap().clone()
}

#[tokio::test]
async fn promise_2_and_3_the_index_follows_what_is_durable() {
    let (state, mut say) = recording();
    let (search, following) = Search::start(state);
    reached(&search, 1).await;
    let find = |text| {
        let (places, world) = search.find(&query(text), Kinds::ALL, None, 10);
        (places.len(), world.tail().0)
    };
    assert_eq!((find("demining"), find("cyber")), ((1, 1), (0, 1)));
    for (n, title) in ["Cyber", "Piracy", "Energy"].into_iter().enumerate() {
        say(title);
        reached(&search, n as u64 + 2).await;
        assert_eq!(find(title), (1, n as u64 + 2));
    }
    following.stop().await;
    say("Climate");
    assert_eq!(find("climate"), (0, 4));
}

#[tokio::test]
async fn promise_4_an_index_that_fails_stops_alone_and_says_why() {
    let (state, mut say) = recording();
    let (search, _following) =
        Search::following(state.clone(), |after, _| Err(LoadError::Missing { position: after.next() }));
    let progress = reached(&search, 1).await;
    assert_eq!(progress, Progress { position: Some(Position(1)), failure: None });
    say("Cyber");
    let Progress { position, failure } = reached(&search, 2).await;
    assert_eq!((position, failure.as_deref()), (Some(Position(1)), Some("the log has no event 2")));
    say("Piracy");
    assert_eq!(state.latest().tail(), Position(3), "nobody else is stopped");
}

#[tokio::test]
async fn promise_4_a_panic_in_it_is_one_failure_more() {
    let (state, mut say) = recording();
    let (search, _following) = Search::following(state, |_, _| panic!("a defect"));
    reached(&search, 1).await;
    say("Cyber");
    let failure = reached(&search, 2).await.failure.unwrap();
    assert!(failure.contains("a defect"), "{failure}");
}
