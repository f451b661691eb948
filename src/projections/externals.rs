//! Who met the alliance with no agreement standing on the day of the meeting (the source text's sentence S14).

use std::collections::BTreeMap;

use crate::domain::meeting::MeetingTimeline;
use crate::domain::meeting::class::external;
use crate::domain::text::Shown;
use crate::domain::time::{Day, Spell, Truth, Valid, When};
use crate::domain::{Collection, Name, World};

use super::expiring::standing_open_because;
use super::meetings::{Filter, Range, visit};
use super::{Languages, known, names, open_dates, open_standing};

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
    /// The dates that leave it open, where it is only possible.
    pub open_because: Vec<String>,
}

/// Where an external stands in the list: by actor, then by the meeting's earliest day and name.
pub type Place = (Name, Day, Name);

/// The externals beyond `after` at the meetings that were held and certainly or possibly overlap `range`, by actor, then in
/// order of time; at one meeting alone where one is given.
pub fn externals_without_agreement<'a>(
    world: &'a dyn World,
    languages: &'a Languages,
    range: Range,
    meeting: Option<&Name>,
    after: Option<&Place>,
) -> impl Iterator<Item = (Place, External)> + use<'a> {
    let after = after.cloned();
    let first = after.as_ref().map(|after| after.0.clone());
    let of_actor = move |(actor, meetings): (Name, Vec<Meeting>)| {
        let agreements = agreements_with(world, &actor);
        let beyond = after.as_ref().filter(|after| after.0 == actor).map(|after| (after.1, after.2.clone()));
        let mut meetings = meetings;
        meetings.retain(|meeting| beyond.as_ref().is_none_or(|beyond| meeting > beyond));
        meetings.sort();
        meetings.into_iter().filter_map(move |(day, meeting)| {
            let external = at_meeting(world, languages, &actor, &agreements, &meeting)?;
            Some(((actor.clone(), day, meeting), external))
        })
    };
    by_actor(world, range, meeting, first).flat_map(of_actor)
}

/// A meeting with its earliest day.
type Meeting = (Day, Name);

/// Each country from `first` on, in order, with the meetings that it attended.
fn by_actor<'a>(
    world: &'a dyn World,
    range: Range,
    meeting: Option<&Name>,
    first: Option<Name>,
) -> Box<dyn Iterator<Item = (Name, Vec<Meeting>)> + 'a> {
    let mut all: BTreeMap<Name, Vec<Meeting>> = BTreeMap::new();
    let mut look = |name: &Name, meeting: &MeetingTimeline| {
        let countries = meeting.attendees().map(|delegation| &delegation.actor).filter(|it| it.is_country());
        for actor in countries.filter(|actor| first.as_ref().is_none_or(|first| *actor >= first)) {
            all.entry(actor.clone()).or_default().push((meeting.day().earliest, name.clone()));
        }
    };
    if let Some(name) = meeting {
        let stream = known(world, name);
        let timeline = stream.as_ref().and_then(|stream| stream.timeline.meeting());
        timeline.filter(|it| range.has(it).may_be()).into_iter().for_each(|it| look(name, it));
        return Box::new(all.into_iter());
    }
    if range.is_short() {
        visit(world, &Filter { range, ..Filter::default() }, look);
        return Box::new(all.into_iter());
    }
    let from = move |actor: &Name| first.as_ref().is_none_or(|first| actor >= first);
    let countries = names(world, Collection::Countries, None).filter(from);
    Box::new(countries.map(move |actor| {
        let mut meetings = Vec::new();
        let of_actor = Filter { range, attendees: vec![actor.clone()], ..Filter::default() };
        visit(world, &of_actor, |name, meeting| meetings.push((meeting.day().earliest, name.clone())));
        (actor, meetings)
    }))
}

fn at_meeting(
    world: &dyn World,
    languages: &Languages,
    actor: &Name,
    agreements: &[(Spell, Name)],
    meeting: &Name,
) -> Option<External> {
    let stream = known(world, meeting)?;
    let timeline = stream.timeline.meeting()?;
    let day = timeline.day();
    let stood = Truth::any(agreements.iter().map(|(spell, _)| spell.holds(day)));
    let truth = external(world, actor, day).and(stood.not());
    let who = truth.may_be().then(|| world.stream(actor)).flatten()?;
    let who = who.timeline.actor();
    let titles = timeline.particulars.as_ref().map(|particulars| &particulars.titles);
    let open = || {
        let mut dates = meeting_open_because(meeting, day);
        dates.extend(who.into_iter().flat_map(|who| open_standing::membership(who, day)));
        dates.extend(agreements_open_because(world, agreements, day));
        dates
    };
    Some(External {
        actor: actor.clone(),
        shown: who.and_then(|actor| languages.name(&actor.names, day)),
        meeting: meeting.clone(),
        meeting_shown: titles.and_then(|titles| languages.text(titles)),
        valid: timeline.valid.clone(),
        open_because: if truth.is_yes() { Vec::new() } else { open() },
        truth,
    })
}

/// A meeting's own date, where it is not exact.
fn meeting_open_because(meeting: &Name, day: When) -> Vec<String> {
    let own = (!day.is_exact()).then(|| format!("{meeting} on {}", open_dates::text(day)));
    own.into_iter().collect()
}

/// The dates that leave it open whether one of these stood.
fn agreements_open_because(world: &dyn World, agreements: &[(Spell, Name)], day: When) -> Vec<String> {
    let mut names: Vec<&Name> = agreements.iter().map(|(_, name)| name).collect();
    names.sort();
    let open = names.into_iter().flat_map(|name| {
        let stream = known(world, name);
        let timeline = stream.as_ref().and_then(|stream| stream.timeline.agreement());
        let dates = timeline.map(|it| standing_open_because(it, &it.among(name, world), day));
        dates.into_iter().flatten().map(|date| format!("{name} {date}")).collect::<Vec<_>>()
    });
    open.collect()
}

/// From when to when each agreement with the actor stands, those that begin last before the others.
fn agreements_with(world: &dyn World, actor: &Name) -> Vec<(Spell, Name)> {
    let agreements = world.referrers(actor, Collection::Agreements).into_iter();
    let standing = agreements.filter_map(|name| {
        let stream = known(world, &name)?;
        let timeline = stream.timeline.agreement()?;
        let with_it = timeline.terms.as_ref().is_some_and(|terms| terms.partner == *actor);
        let spell = timeline.standing(&name, world).filter(|_| with_it)?;
        Some((spell, name))
    });
    let mut spells: Vec<(Spell, Name)> = standing.collect();
    spells.sort_by_key(|(spell, _)| std::cmp::Reverse(spell.begin));
    spells
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, name, short};
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
            let all = externals_without_agreement(&example.world, &en, Range::ALWAYS, Some(&meeting), None);
            short(all.map(|(_, external)| (external.actor, external.truth)))
        };
        assert_eq!(found("meetings/a"), ["jp POSSIBLY", "kr YES"]);
        assert_eq!(found("meetings/b"), ["jp YES", "kr YES"]);
        assert_eq!(found("meetings/c"), ["kr YES"]);
        assert_eq!(found("meetings/d"), [""; 0]);
    }

    #[test]
    fn the_dates_that_leave_it_open_are_named() {
        let mut example = example();
        let ended = json!({ "reason": "AGREEMENT_END_COMPLETED" });
        example.say("agreements/jp", "2014-05", "agreementEnded", ended);
        let member = json!({ "alliance": "organisations/nato" });
        example.say("countries/kr", "2014-02", "memberAdmitted", member);
        let found = |id: &str| {
            let (meeting, en) = (name(id), Languages::default());
            let all = externals_without_agreement(&example.world, &en, Range::ALWAYS, Some(&meeting), None);
            let all = all.map(|(_, external)| {
                format!("{}: {}", external.actor.id(), external.open_because.join("; "))
            });
            all.collect::<Vec<_>>()
        };
        assert_eq!(found("meetings/a"), ["jp: agreements/jp stands from 2012", "kr: "]);
        let ended = "jp: meetings/c on 2014; agreements/jp ended 2014-05 (events/16)";
        assert_eq!(found("meetings/c"), [ended, "kr: meetings/c on 2014; a member from 2014-02 (events/17)"]);
    }

    #[test]
    fn they_come_by_actor_then_in_order_of_time_from_any_place_on() {
        let (example, en) = (example(), Languages::default());
        let found = |range: Range, after: Option<&Place>| {
            let all = externals_without_agreement(&example.world, &en, range, None, after);
            let all = all.map(|(place, external)| {
                assert_eq!((&place.0, &place.2), (&external.actor, &external.meeting));
                (format!("{} {}", external.actor.id(), external.meeting.id()), place)
            });
            all.unzip::<_, _, Vec<String>, Vec<Place>>()
        };
        let (all, places) = found(Range::ALWAYS, None);
        assert_eq!(all, ["jp b", "jp a", "kr b", "kr a", "kr c"]);
        let short = Range::new(Some(day("2011")), Some(day("2014")));
        assert!(short.is_short() && !Range::ALWAYS.is_short());
        assert_eq!(found(short, None), (all.clone(), places.clone()), "however they are looked for");
        for (i, place) in places.iter().enumerate() {
            assert_eq!(found(Range::ALWAYS, Some(place)).0, all[i + 1..]);
            assert_eq!(found(short, Some(place)).0, all[i + 1..]);
        }
    }
}
