//! Who was a member and in which frameworks is kept until something of it changes (DOMAIN.md §8 judges meetings by it).

mod sample;

use minuted::domain::{Collection, World};
use sample::{Memory, command, sample};
use serde_json::json;

/// What is kept is what would be looked up anew.
fn assert_fresh(memory: &Memory) {
    assert!(*memory.snapshot.roll() == *memory.roll(), "position {}", memory.snapshot.tail());
}

#[test]
fn it_is_as_it_would_be_looked_up_anew_after_each_record() {
    let mut memory = Memory::default();
    for command in sample() {
        memory.must_record(vec![command]);
        assert_fresh(&memory);
    }
    let before = memory.snapshot.roll();
    let earlier = memory.known_at(200);
    assert!(*earlier.roll() != *before, "all that it rests on was recorded early");
    assert!(*memory.snapshot.roll() == *before);
}

/// The alliance is known by whoever is admitted to it first.
#[test]
fn an_organisation_that_is_admitted_first_makes_the_alliance_known() {
    let mut memory = Memory::default();
    let steps = [
        ("actorRegistered", json!({ "kind": "ACTOR_KIND_ORGANISATION", "names": { "en": "NATO" } }), ""),
        ("memberAdmitted", json!({ "alliance": "organisations/nato" }), "2010"),
    ];
    for (n, (kind, fact, from)) in steps.into_iter().enumerate() {
        assert_fresh(&memory);
        memory.must_record(vec![command(&json!({
            "commandId": format!("00000000-0000-4000-8000-00000000000{n}"),
            "name": "organisations/nato",
            "valid": { "from": from },
            "source": { "text": "an example" },
            "fact": { kind: fact },
        }))]);
    }
    assert_fresh(&memory);
}

/// A request changes streams in any order of their names; the last event of all is what counts.
#[test]
fn a_request_about_several_streams_is_kept_by_its_last_event() {
    let mut memory = Memory::sample();
    let one = |n: u8, name: &str, kind: &str, from: &str, fact: serde_json::Value| {
        command(&json!({
            "commandId": format!("00000000-0000-4000-8000-00000000000{n}"),
            "name": name,
            "valid": { "from": from },
            "source": { "text": "an example" },
            "fact": { kind: fact },
        }))
    };
    let framework = "frameworks/zz";
    memory.must_record(vec![
        one(1, framework, "frameworkEstablished", "2001", json!({ "names": { "en": "The last by name" } })),
        one(2, "countries/jp", "frameworkJoined", "2002", json!({ "framework": framework })),
    ]);
    let (tail, joined) = (memory.snapshot.tail(), memory.snapshot.roll_since());
    assert_eq!(joined, tail, "a question about what was known before it is not answered from it");
    assert_fresh(&memory);
}

/// A list of countries and organisations goes on behind an organisation, where there are no more countries.
#[test]
fn there_are_no_countries_behind_an_organisation() {
    let memory = Memory::sample();
    let last = "organisations/nato".parse().unwrap();
    assert!(memory.snapshot.names_after(Collection::Countries, Some(&last), 10).is_empty());
}
