//! A small world for tests: facts in the words of the import format, read, decided and folded.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::domain::time::{PartialDate, Truth, When};
use crate::domain::world::{Record, World};
use crate::domain::{Collection, CommandId, Event, Name, Now, Stream, decide};
use crate::position::Position;
use crate::state::Snapshot;
use crate::wire::{Limits, json::command_from_json, parse_commands};

/// What is recorded, with its events.
#[derive(Default)]
pub(super) struct Example {
    pub(super) world: Snapshot,
    events: Vec<Event>,
}

impl Example {
    /// An alliance with one member, Belgium, since 1949; Japan, Korea and the EU; the frameworks `pfp` and `patg` and the
    /// overlay `eop`.
    pub(super) fn alliance() -> Example {
        let mut example = Example::default();
        for (id, alpha3) in [("be", "BEL"), ("jp", "JPN"), ("kr", "KOR")] {
            let codes = json!({ "alpha2": id.to_uppercase(), "alpha3": alpha3 });
            let country = json!({ "kind": "ACTOR_KIND_COUNTRY", "names": { "en": id } });
            example.say(&format!("countries/{id}"), "", "actorRegistered", merged(country, &codes));
        }
        for id in ["nato", "eu"] {
            let organisation = json!({ "kind": "ACTOR_KIND_ORGANISATION", "names": { "en": id } });
            example.say(&format!("organisations/{id}"), "", "actorRegistered", organisation);
        }
        let member = json!({ "alliance": "organisations/nato", "founding": true });
        example.say("countries/be", "1949", "memberAdmitted", member);
        for (id, overlay) in [("pfp", false), ("patg", false), ("eop", true)] {
            let framework = json!({ "names": { "en": id }, "overlay": overlay });
            example.say(&format!("frameworks/{id}"), "1994-01-10", "frameworkEstablished", framework);
        }
        example
    }

    /// Records a fact of one kind about `name`; `valid` as in `2011`, or `2011..2013`, or nothing.
    #[expect(clippy::needless_pass_by_value, reason = "a test writes its fact in place")]
    pub(super) fn say(&mut self, name: &str, valid: &str, kind: &str, fact: Value) -> Position {
        let (from, to) = valid.split_once("..").unwrap_or((valid, ""));
        let id = format!("00000000-0000-4000-8000-{:012}", self.events.len() + 1);
        let json = json!({
            "commandId": id,
            "name": name,
            "valid": { "from": from, "to": to },
            "source": { "text": "an example" },
            "fact": { kind: fact },
        });
        let commands = vec![command_from_json(&json.to_string()).unwrap()];
        let commands = parse_commands(commands, &Limits::default()).unwrap();
        let now = Now { at: "2026-11-24T12:00:00Z".parse().unwrap(), by: "local".into() };
        let changes = decide(self, &commands, &now).unwrap();
        self.world.apply(&changes);
        self.events.extend(changes.events);
        self.world.tail()
    }

    /// All that was recorded, in order.
    pub(super) fn recorded(&self) -> &[Event] {
        &self.events
    }

    /// Takes a fact back.
    pub(super) fn retract(&mut self, name: &str, position: Position) {
        let retracted = json!({ "target": { "position": position.0.to_string() }, "reason": "a slip" });
        self.say(name, "", "eventRetracted", retracted);
    }
}

fn merged(mut into: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        into[key] = value.clone();
    }
    into
}

impl World for Example {
    fn tail(&self) -> Position {
        self.world.tail()
    }

    fn stream(&self, name: &Name) -> Option<Arc<Stream>> {
        self.world.stream(name)
    }

    fn referrers(&self, name: &Name, collection: Collection) -> Vec<Name> {
        self.world.referrers(name, collection)
    }

    fn names(&self, collection: Collection) -> Vec<Name> {
        self.world.names(collection)
    }

    fn alliance(&self) -> Option<Name> {
        self.world.alliance()
    }

    fn equal_access(&self) -> Vec<Name> {
        self.world.equal_access()
    }
}

impl Record for Example {
    fn event_of(&self, id: CommandId) -> Option<Event> {
        self.events.iter().find(|event| event.command_id == id).cloned()
    }

    fn events(&self, name: &Name) -> Vec<Event> {
        self.events.iter().filter(|event| event.name == *name).cloned().collect()
    }
}

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(super) fn day(text: &str) -> When {
    text.parse::<PartialDate>().unwrap().when()
}

/// Names with their truth, short: `countries/jp YES`.
pub(super) fn short(found: impl Iterator<Item = (Name, Truth)>) -> Vec<String> {
    let short =
        |(name, truth): (Name, Truth)| format!("{} {}", name.id(), format!("{truth:?}").to_uppercase());
    found.map(short).collect()
}
