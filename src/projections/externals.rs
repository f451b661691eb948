//! Who met the alliance with no agreement standing on the day of the meeting (the source text's sentence S14).

use crate::domain::meeting::class::external;
use crate::domain::text::Shown;
use crate::domain::time::{Truth, Valid, When};
use crate::domain::{Collection, Name, World};

use super::meetings::Range;
use super::{Languages, known};

/// An external at a meeting on whose day no agreement with it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// The actor.
    pub actor: Name,
    /// Its name that day.
    pub shown: Option<Shown>,
    /// The meeting.
    pub meeting: Name,
    /// Its title.
    pub meeting_shown: Option<Shown>,
    /// When it took place.
    pub valid: Valid,
    /// Whether it was an external and had no agreement.
    pub truth: Truth,
}

/// The externals at the meetings that were held and certainly or possibly overlap `range`, by actor, then in order of
/// time; at one meeting alone where one is given.
pub fn externals_without_agreement(
    world: &dyn World,
    languages: &Languages,
    range: Range,
    meeting: Option<&Name>,
) -> Vec<External> {
    let meetings = meeting.map_or_else(|| world.names(Collection::Meetings), |name| vec![name.clone()]);
    let mut found: Vec<_> =
        meetings.iter().flat_map(|name| at_meeting(world, languages, range, name)).collect();
    found.sort_by(|a, b| {
        let place = |e: &External| (e.actor.clone(), e.valid.begin().earliest, e.meeting.clone());
        place(a).cmp(&place(b))
    });
    found
}

fn at_meeting(world: &dyn World, languages: &Languages, range: Range, meeting: &Name) -> Vec<External> {
    let Some(stream) = known(world, meeting) else { return Vec::new() };
    let Some(timeline) = stream.timeline.meeting() else { return Vec::new() };
    // Until a meeting is held it has those that are invited, and nobody who attended.
    if range.has(timeline).is_no() {
        return Vec::new();
    }
    let day = timeline.day();
    let titles = timeline.particulars.as_ref().map(|particulars| &particulars.titles);
    let meeting_shown = titles.and_then(|titles| languages.text(titles));
    let attendees = timeline.attendees().map(|delegation| &delegation.actor);
    let without = attendees.filter_map(|actor| {
        let truth = external(world, actor, day).and(agreement_stands(world, actor, day).not());
        let stream = truth.may_be().then(|| world.stream(actor)).flatten()?;
        Some(External {
            actor: actor.clone(),
            shown: stream.timeline.actor().and_then(|actor| languages.name(&actor.names, day)),
            meeting: meeting.clone(),
            meeting_shown: meeting_shown.clone(),
            valid: timeline.valid.clone(),
            truth,
        })
    });
    without.collect()
}

/// Whether some agreement with the actor stood on `t`.
pub fn agreement_stands(world: &dyn World, actor: &Name, t: When) -> Truth {
    Truth::any(world.referrers(actor, Collection::Agreements).into_iter().filter_map(|name| {
        let stream = known(world, &name)?;
        let timeline = stream.timeline.agreement()?;
        let with_it = timeline.terms.as_ref().is_some_and(|terms| terms.partner == *actor);
        with_it.then(|| timeline.stands(&name, world, t))
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, name, short};
    use super::*;

    fn example() -> Example {
        let mut example = Example::alliance();
        let all = ["countries/be", "countries/jp", "countries/kr", "organisations/eu"];
        let delegations = all.map(|actor| json!({ "actor": actor, "attendance": "ATTENDANCE_ATTENDED" }));
        for (meeting, date) in
            [("meetings/a", "2012-03-01"), ("meetings/b", "2011-03-01"), ("meetings/c", "2014")]
        {
            let held = json!({ "core": "CORE_MEMBERS", "delegations": delegations, "namedIsComplete": true });
            example.say(meeting, date, "meetingHeld", held);
        }
        let invited = all.map(|actor| json!({ "actor": actor }));
        let planned = json!({ "titles": { "en": "a plan" }, "delegations": invited });
        example.say("meetings/d", "2027", "meetingPlanned", planned);
        let opened = |partner: &str, step: &str| {
            json!({
                "partner": partner,
                "kind": "AGREEMENT_KIND_SOFA",
                "titles": { "en": "text" },
                "step": format!("AGREEMENT_STEP_{step}"),
            })
        };
        example.say("agreements/jp", "2012", "agreementOpened", opened("countries/jp", "SIGNED"));
        example.say("agreements/kr", "2010", "agreementOpened", opened("countries/kr", "NEGOTIATING"));
        example
    }

    #[test]
    fn they_are_countries_that_were_no_members_and_had_nothing_that_stood() {
        let example = example();
        let found = |meeting: &str| {
            let meeting = name(meeting);
            let en = Languages::default();
            let all = externals_without_agreement(&example.world, &en, Range::ALWAYS, Some(&meeting));
            short(all.into_iter().map(|external| (external.actor, external.truth)))
        };
        assert_eq!(found("meetings/a"), ["jp POSSIBLY", "kr YES"]);
        assert_eq!(found("meetings/b"), ["jp YES", "kr YES"]);
        assert_eq!(found("meetings/c"), ["kr YES"]);
        assert_eq!(found("meetings/d"), [""; 0]);
    }

    #[test]
    fn they_come_by_actor_then_in_order_of_time() {
        let example = example();
        let all = externals_without_agreement(&example.world, &Languages::default(), Range::ALWAYS, None);
        let order: Vec<_> = all.iter().map(|external| (external.actor.id(), external.meeting.id())).collect();
        assert_eq!(order, [("jp", "b"), ("jp", "a"), ("kr", "b"), ("kr", "a"), ("kr", "c")]);
    }
}
