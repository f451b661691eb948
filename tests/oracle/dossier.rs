//! Events as evidence: the dossier of an actor, and one event with what amends it.

use std::collections::BTreeMap;

use minuted::proto::v1::fact::Kind;
use minuted::proto::v1::{self, DossierOrder};
use serde_json::{Value, json};

use crate::dates::Span;
use crate::known::{Known, kind};

/// Whose later events belong to whom an earlier one names.
const LATER_STEPS: [&str; 3] = ["agreements/", "contributions/", "meetings/"];

impl<'a> Known<'a> {
    /// With which event a stream became the actor's own, as known: what is recorded later in it is a step of it.
    fn first_step(&self, stream: &str, actor: &str) -> Option<u64> {
        let steps = LATER_STEPS.iter().any(|collection| stream.starts_with(collection));
        let found = self.of(stream).find(|said| steps && names(said.kind, actor));
        found.map(|said| said.position)
    }

    /// Whether its stream names the actor, or what it says, or what amends it, or it is a later step.
    fn concerns(&self, event: &v1::Event, actor: &str) -> bool {
        event.name == actor
            || names(kind(event.fact.as_ref()), actor)
            || self.first_step(&event.name, actor).is_some_and(|first| event.position > first)
            || self.amendments(event).into_iter().any(|by| self.concerns(by, actor))
    }

    /// Of what concerns the actor, all amendments belong to its dossier, too.
    fn belongs(&self, event: &v1::Event, actor: &str) -> bool {
        match self.amended(event) {
            Some(target) => self.belongs(target, actor),
            None => self.concerns(event, actor),
        }
    }

    /// When it was so, as known; an amendment has the time of what it is about, and so comes behind it.
    fn time(&self, event: &'a v1::Event) -> Span {
        match (self.amended(event), self.content(event).0) {
            (Some(target), _) => self.time(target),
            (None, Some(valid)) => Span::parse(&valid.from),
            (None, None) => Span::EVER,
        }
    }

    pub(crate) fn list_actor_events(&self, ask: &v1::ListActorEventsRequest) -> Value {
        let belongs = |event: &&v1::Event| self.belongs(event, &ask.actor);
        let mut events: Vec<_> = self.events.iter().filter(belongs).collect();
        if ask.order() == DossierOrder::Valid {
            events.sort_by_key(|event| (self.time(event), event.position));
        }
        events.into_iter().map(|event| self.known_event(event)).collect()
    }

    /// What rests on no confirmed source, of what stands, corrections and retractions too; and how much of each kind.
    pub(crate) fn unconfirmed(&self, ask: &v1::ListUnconfirmedEventsRequest) -> Value {
        let unconfirmed = |event: &&v1::Event| {
            self.stands(event)
                && self.content(event).1.is_some_and(|source| source.unconfirmed)
                && (ask.kinds.is_empty() || ask.kinds.contains(&kind_name(event)))
        };
        let found: Vec<_> = self.events.iter().filter(unconfirmed).collect();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for event in &found {
            *counts.entry(kind_name(event)).or_default() += 1;
        }
        let events: Vec<_> = found.into_iter().map(|event| self.known_event(event)).collect();
        json!([events, counts.into_iter().collect::<Vec<_>>()])
    }

    fn known_event(&self, event: &'a v1::Event) -> Value {
        let (valid, source, fact) = self.content(event);
        known_event(Some(event), self.stands(event), valid, source, fact)
    }

    pub(crate) fn get_event(&self, ask: &v1::GetEventRequest) -> Option<Value> {
        let asked = |event: &&v1::Event| event.command_id == ask.command_id || named(event) == ask.name;
        let event = self.events.iter().find(asked)?;
        let mut behind = self.events.iter().filter(|other| self.is_about(other, event)).collect::<Vec<_>>();
        behind.sort_by_key(|other| other.position);
        let amendments = behind.into_iter().map(|by| json!([by.position, self.stands(by)]));
        Some(json!([self.known_event(event), amendments.collect::<Vec<_>>()]))
    }

    /// Whether it amends the event, or what amends it.
    fn is_about(&self, amendment: &v1::Event, event: &v1::Event) -> bool {
        self.amended(amendment)
            .is_some_and(|target| target.position == event.position || self.is_about(target, event))
    }
}

/// The kind of what it says, as the schema's field is called: `area_chosen`.
fn kind_name(event: &v1::Event) -> String {
    let said = format!("{:?}", kind(event.fact.as_ref()));
    let name = said.split('(').next().unwrap();
    let snake = name.chars().map(|letter| match letter {
        capital if capital.is_uppercase() => format!("_{}", capital.to_lowercase()),
        small => small.to_string(),
    });
    snake.collect::<String>().trim_start_matches('_').to_owned()
}

fn named(event: &v1::Event) -> String {
    format!("events/{}", event.position)
}

/// What of an event and of what is known of it is compared.
pub(crate) fn known_event(
    event: Option<&v1::Event>,
    stands: bool,
    valid: Option<&v1::Valid>,
    source: Option<&v1::Source>,
    fact: Option<&v1::Fact>,
) -> Value {
    // No dates, and dates of which none is set, say the same.
    let valid = valid.cloned().unwrap_or_default();
    json!([format!("{event:?}"), stands, [valid.from, valid.to], format!("{source:?}"), format!("{fact:?}")])
}

/// Whether a text of the fact is the actor's name; the country of a venue does not count.
fn names(kind: &Kind, actor: &str) -> bool {
    let without_venue = match kind.clone() {
        Kind::EventCorrected(it) => return names(it.fact.unwrap().kind.as_ref().unwrap(), actor),
        Kind::MeetingPlanned(it) => Kind::MeetingPlanned(v1::MeetingPlanned { venue: None, ..it }),
        Kind::MeetingHeld(it) => Kind::MeetingHeld(v1::MeetingHeld { venue: None, ..it }),
        other => other,
    };
    format!("{without_venue:?}").contains(&format!("{actor:?}"))
}
