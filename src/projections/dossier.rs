//! The dossier of an actor: every event whose stream or content names it (DOMAIN.md §9, read model 2).
//!
//! 1. The later steps of its agreements, contributions and meetings belong to it, and all corrections of what does.
//! 2. The country of a venue does not count.
//! 3. What is known at a position follows from the events up to it alone; a retracted event is shown as such.

use std::collections::BTreeMap;

use crate::domain::correction::History;
use crate::domain::fact::Content;
use crate::domain::meeting::MeetingFact;
use crate::domain::time::Day;
use crate::domain::{Collection, Event, Fact, Name, World};
use crate::position::Position;

/// An event, and what was known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownEvent {
    /// As recorded.
    pub event: Event,
    /// No standing retraction of it was known.
    pub stands: bool,
    /// What it says, as then known.
    pub known: Content,
    /// The time of what it is about, as then known: a correction stands where its target does.
    pub day: (Day, Day),
}

impl KnownEvent {
    /// The event with what its stream's history says of it.
    pub fn of<'a>(event: &'a Event, history: &History<'a>) -> KnownEvent {
        let known = history.content(event).clone();
        let at = known.valid.begin();
        KnownEvent {
            event: event.clone(),
            stands: history.stands(event.position),
            known,
            day: (at.earliest, at.latest),
        }
    }
}

/// Every event of the actor's dossier, in the order of the log. `load` gives the events at positions.
///
/// # Errors
///
/// What `load` answers.
pub fn dossier<E>(
    world: &dyn World,
    actor: &Name,
    load: impl Fn(&[Position]) -> Result<Vec<Event>, E>,
) -> Result<Vec<KnownEvent>, E> {
    let referrers = Collection::ALL.into_iter().flat_map(|collection| world.referrers(actor, collection));
    let mut streams: Vec<Name> = referrers.chain([actor.clone()]).collect();
    streams.sort();
    streams.dedup();
    let mut found = Vec::new();
    for name in streams {
        let Some(stream) = world.stream(&name) else { continue };
        found.extend(of_stream(&load(&stream.positions)?, &name, actor));
    }
    found.sort_by_key(|known| known.event.position);
    Ok(found)
}

/// What of one stream belongs to the actor's dossier.
fn of_stream(events: &[Event], stream: &Name, actor: &Name) -> Vec<KnownEvent> {
    let history = History::new(events);
    let first = first_step(events, &history, stream, actor);
    let belongs = |event: &Event| {
        stream == actor
            || first.is_some_and(|first| event.position > first)
            || names(&event.content.fact, actor)
            || names(&history.content(event).fact, actor)
    };
    let mut found: BTreeMap<Position, KnownEvent> = BTreeMap::new();
    for event in events {
        if let Fact::Amendment(_) = event.content.fact {
            continue;
        }
        let amendments = history.amendments(event.position);
        if belongs(event) || amendments.iter().any(|amendment| belongs(amendment)) {
            let known = KnownEvent::of(event, &history);
            for amendment in amendments {
                let of = KnownEvent { day: known.day, ..KnownEvent::of(amendment, &history) };
                found.insert(amendment.position, of);
            }
            found.insert(event.position, known);
        }
    }
    found.into_values().collect()
}

/// With which standing event an agreement, a contribution or a meeting becomes the actor's: what comes later is a step of
/// it.
fn first_step(events: &[Event], history: &History<'_>, stream: &Name, actor: &Name) -> Option<Position> {
    match stream.collection() {
        Collection::Agreements | Collection::Contributions | Collection::Meetings => {
            let standing = history.standing();
            let first = standing.iter().find(|standing| names(&standing.content.fact, actor))?;
            events.iter().find(|event| event.position == first.position).map(|event| event.position)
        }
        Collection::Countries
        | Collection::Organisations
        | Collection::Frameworks
        | Collection::Areas
        | Collection::Activities
        | Collection::Operations
        | Collection::Decisions => None,
    }
}

/// Whether a fact names the actor; the country of a venue does not count.
fn names(fact: &Fact, actor: &Name) -> bool {
    match fact {
        Fact::Meeting(MeetingFact::Planned(particulars) | MeetingFact::Held(particulars)) => {
            particulars.delegations.iter().any(|delegation| delegation.actor == *actor)
        }
        Fact::Amendment(crate::domain::correction::Amendment::Corrected { content, .. }) => {
            names(&content.fact, actor)
        }
        other => other.mentions().contains(&actor),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, name};
    use super::*;
    use crate::domain::world::Record;

    fn of(example: &Example, actor: &str) -> Vec<String> {
        let load = |positions: &[Position]| {
            let streams = Collection::ALL.into_iter().flat_map(|collection| example.world.names(collection));
            let all = streams.flat_map(|stream| example.events(&stream));
            Ok::<Vec<Event>, ()>({
                let mut found: Vec<Event> = all.filter(|event| positions.contains(&event.position)).collect();
                found.sort_by_key(|event| event.position);
                found
            })
        };
        let found = dossier(&example.world, &name(actor), load).unwrap();
        found
            .into_iter()
            .map(|known| {
                let stands = if known.stands { "" } else { " retracted" };
                format!("{} {}{stands}", known.event.name.id(), known.event.content.fact.kind())
            })
            .collect()
    }

    #[test]
    fn promise_1_later_steps_and_corrections_belong_to_it() {
        let mut example = Example::alliance();
        let opened = json!({ "partner": "countries/jp", "kind": "AGREEMENT_KIND_SOFA", "titles": { "en": "x" }, "step": "AGREEMENT_STEP_SIGNED" });
        let position = example.say("agreements/a", "2012", "agreementOpened", opened.clone());
        example.say("agreements/a", "2013", "agreementSuspended", json!({}));
        let mut other = opened;
        other["partner"] = json!("countries/kr");
        other["supersedes"] = json!("");
        let corrected = json!({
            "target": { "position": position.0.to_string() },
            "valid": { "from": "2012" },
            "source": { "text": "an example" },
            "fact": { "agreementOpened": other },
            "reason": "a slip",
        });
        let before = of(&example, "countries/jp");
        assert_eq!(before, ["jp actor_registered", "a agreement_opened", "a agreement_suspended"]);
        assert_eq!(of(&example, "countries/kr"), ["kr actor_registered"]);
        example.say("agreements/a", "", "eventCorrected", corrected);
        let steps = ["a agreement_opened", "a agreement_suspended", "a event_corrected"];
        assert_eq!(of(&example, "countries/kr"), [&["kr actor_registered"], &steps[..]].concat());
        let named = ["jp actor_registered", "a agreement_opened", "a event_corrected"];
        assert_eq!(of(&example, "countries/jp"), named, "it is no longer its agreement");
    }

    #[test]
    fn promise_2_a_venue_does_not_count_and_promise_3_what_is_retracted_is_shown_so() {
        let mut example = Example::alliance();
        let planned =
            json!({ "titles": { "en": "x" }, "venue": { "city": "Seoul", "country": "countries/kr" } });
        example.say("meetings/m", "2027", "meetingPlanned", planned);
        let invited = json!({ "delegation": { "actor": "countries/jp" } });
        let position = example.say("meetings/m", "", "delegationInvited", invited);
        example.say("meetings/m", "", "meetingConfirmed", json!({}));
        assert_eq!(of(&example, "countries/kr"), ["kr actor_registered"]);
        let all = ["jp actor_registered", "m delegation_invited", "m meeting_confirmed"];
        assert_eq!(of(&example, "countries/jp"), all);
        example.retract("meetings/m", position);
        let all = ["jp actor_registered", "m delegation_invited retracted", "m event_retracted"];
        assert_eq!(of(&example, "countries/jp"), all);
    }
}
