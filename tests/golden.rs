//! One stored event of each kind, byte for byte as it was first written.
//!
//! 1. Every kind of fact of the schema has its bytes in `tests/golden/<kind>.v1.bin`.
//! 2. They are read as the event that they were written from, and written again they are the same bytes.
//!
//! The bytes are a promise: they are never edited, and this test never changes them. A new kind needs a new file; with
//! `MINUTED_GOLDEN=write` set, a file that is missing is written, and one that is there is left as it is.

#[path = "golden/acts.rs"]
mod acts;
#[path = "golden/partners.rs"]
mod partners;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use minuted::domain::time::Valid;
use minuted::domain::{CommandId, Content, Event, Fact, Name, Source, Version};
use minuted::position::Position;
use minuted::proto::{FILE_DESCRIPTOR_SET, v1};
use minuted::wire::{decode_event, encode_event};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn texts(en: &str, fr: &str) -> minuted::domain::text::Localized {
    [("en", en), ("fr", fr)].map(|(tag, text)| (tag.parse().unwrap(), text.to_owned())).into_iter().collect()
}

/// `2011-09`, `2011..2013` or `2011..unknown`; empty: no date.
fn valid(text: &str) -> Valid {
    use minuted::domain::time::Until;
    let (from, to) = text.split_once("..").unwrap_or((text, ""));
    let from = Some(from).filter(|from| !from.is_empty()).map(|from| from.parse().unwrap());
    let to = match to {
        "" => None,
        "unknown" => Some(Until::Unknown),
        last => Some(Until::Last(last.parse().unwrap())),
    };
    Valid { from, to }
}

fn content(dates: &str, fact: Fact) -> Content {
    let source = Source { text: "https://example.org/communiqué".into(), unconfirmed: true };
    Content { valid: valid(dates), source, fact }
}

fn event(stream: &str, dates: &str, fact: Fact) -> Event {
    Event {
        position: Position(195),
        name: name(stream),
        version: Version(3),
        recorded_at: "2026-10-01T12:00:00.25Z".parse().unwrap(),
        recorded_by: Arc::from("registry@example.org"),
        command_id: CommandId("3507dd0e-aa14-524e-85a5-c03d5b12ca30".parse().unwrap()),
        content: content(dates, fact),
    }
}

fn events() -> Vec<Event> {
    let mut events = partners::events();
    events.extend(acts::events());
    events
}

fn path(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{kind}.v1.bin"))
}

fn stored(event: &Event) -> Vec<u8> {
    LazyLock::force(&MISSING_ARE_WRITTEN);
    let path = path(event.content.fact.kind());
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

static MISSING_ARE_WRITTEN: LazyLock<()> = LazyLock::new(|| {
    if std::env::var("MINUTED_GOLDEN").is_ok_and(|what| what == "write") {
        for event in events() {
            if let Ok(mut new) = File::create_new(path(event.content.fact.kind())) {
                new.write_all(&encode_event(&event).encode_to_vec()).unwrap();
            }
        }
    }
});

#[test]
fn every_kind_of_the_schema_is_here_once() {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let fact = pool.get_message_by_name("minuted.v1.Fact").unwrap();
    let kinds: BTreeSet<String> = fact.fields().map(|field| field.name().to_owned()).collect();
    let events = events();
    let here: BTreeSet<String> = events.iter().map(|event| event.content.fact.kind().to_owned()).collect();
    assert_eq!((here, events.len()), (kinds, 41));
}

#[test]
fn each_is_read_as_what_it_was_written_from() {
    for event in events() {
        let stored = v1::Event::decode(stored(&event).as_slice()).unwrap();
        let read = decode_event(stored).unwrap();
        assert_eq!(format!("{read:#?}"), format!("{event:#?}"), "{}", event.content.fact.kind());
    }
}

#[test]
fn each_is_written_again_in_the_same_bytes() {
    for event in events() {
        assert_eq!(encode_event(&event).encode_to_vec(), stored(&event), "{}", event.content.fact.kind());
    }
}

/// A field at its default would leave no trace in the bytes, so that nothing would guard its number.
#[test]
fn no_field_is_left_at_its_default() {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let fact = pool.get_message_by_name("minuted.v1.Fact").unwrap();
    for event in events() {
        let kind = event.content.fact.kind();
        let encoded = encode_event(&event).fact.unwrap().encode_to_vec();
        let read = DynamicMessage::decode(fact.clone(), encoded.as_slice()).unwrap();
        let said = read.get_field_by_name(kind).unwrap();
        let said = said.as_message().unwrap();
        for field in said.descriptor().fields() {
            assert!(said.has_field(&field), "{kind}.{}", field.name());
        }
    }
}
