//! The taxonomy of areas, and what partners had chosen on a day (DOMAIN.md §9, read model 3).

use std::collections::BTreeSet;

use crate::domain::actor::{ActorTimeline, Choice, Extent, GivenBy};
use crate::domain::area::{ancestors, descendants};
use crate::domain::text::Shown;
use crate::domain::time::{Dated, Mark, Succession, Truth, When};
use crate::domain::{Collection, Name, Version, World};
use crate::position::Position;

use super::{Languages, known, names, open_dates};

/// An area of cooperation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaShown {
    /// Its resource name.
    pub name: Name,
    /// Of its stream.
    pub version: Version,
    /// Its name.
    pub shown: Option<Shown>,
    /// The area that it is part of.
    pub parent: Option<Name>,
    /// Its parent, the parent's parent and so on.
    pub ancestors: Vec<Name>,
    /// All that is part of it, at any depth.
    pub descendants: Vec<Name>,
}

/// One area; none if it is not known.
pub fn area(world: &dyn World, name: &Name, languages: &Languages) -> Option<AreaShown> {
    let stream = known(world, name)?;
    let timeline = stream.timeline.area()?;
    Some(AreaShown {
        name: name.clone(),
        version: stream.version(),
        shown: languages.text(&timeline.names),
        parent: timeline.parent.clone(),
        ancestors: ancestors(world, name),
        descendants: descendants(world, name).into_iter().collect(),
    })
}

/// The areas beyond `after`, in the order of their names; `within`: only those that are part of this one.
pub fn areas<'a>(
    world: &'a dyn World,
    languages: &'a Languages,
    within: Option<&Name>,
    after: Option<&Name>,
) -> impl Iterator<Item = AreaShown> + use<'a> {
    let all = match within {
        Some(whole) => {
            let parts = descendants(world, whole).into_iter();
            let parts: Vec<Name> = parts.filter(|name| after.is_none_or(|after| name > after)).collect();
            Box::new(parts.into_iter())
        }
        None => names(world, Collection::Areas, after),
    };
    all.into_iter().filter_map(move |name| area(world, &name, languages))
}

/// What a partner had chosen in one area, certainly or possibly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceOnDay {
    /// The partner.
    pub actor: Name,
    /// Its name that day.
    pub actor_shown: Option<Shown>,
    /// The area.
    pub area: Name,
    /// Its name.
    pub area_shown: Option<Shown>,
    /// Whether it was chosen.
    pub chosen: Truth,
    /// Every extent that is possible; the certain one alone where there is one.
    pub extents: Vec<Extent>,
    /// Every giver that is possible; the certain one alone where there is one.
    pub given_by: Vec<GivenBy>,
    /// The agreements that say so.
    pub agreements: Vec<Name>,
    /// The dates of the choices that hold or may hold.
    pub since: Vec<String>,
    /// The dates that leave open whether it was chosen or which choice was the last, where one of these is only possible.
    pub open_because: Vec<String>,
}

/// Which choices; what is not set asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct ChoiceFilter {
    /// Only what this partner chose.
    pub actor: Option<Name>,
    /// Only choices of this area.
    pub area: Option<Name>,
    /// With `area`: also of those that are part of it.
    pub with_descendants: bool,
}

/// What had been chosen on `t` beyond `after` (partner, area), by partner, then area.
pub fn choices<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    filter: &'a ChoiceFilter,
    after: Option<(Name, Name)>,
) -> impl Iterator<Item = ChoiceOnDay> + use<'a> {
    let asked = asked_areas(world, filter);
    let partners = choosers(world, filter.actor.as_ref(), asked.as_ref()).into_iter();
    let (last_actor, last_area) = after.unzip();
    let first = last_actor.clone();
    let rest = partners.filter(move |actor| first.as_ref().is_none_or(|first| actor >= first));
    rest.flat_map(move |actor| {
        let done = last_area.as_ref().filter(|_| last_actor.as_ref() == Some(&actor)).cloned();
        choices_of(world, t, languages, &actor, asked.as_ref(), done.as_ref())
    })
}

fn asked_areas(world: &dyn World, filter: &ChoiceFilter) -> Option<BTreeSet<Name>> {
    let area = filter.area.as_ref()?;
    let mut asked = if filter.with_descendants { descendants(world, area) } else { BTreeSet::new() };
    asked.insert(area.clone());
    Some(asked)
}

fn choosers(world: &dyn World, actor: Option<&Name>, asked: Option<&BTreeSet<Name>>) -> BTreeSet<Name> {
    let collections = [Collection::Countries, Collection::Organisations];
    match (actor, asked) {
        (Some(actor), _) => BTreeSet::from([actor.clone()]),
        (None, Some(asked)) => asked
            .iter()
            .flat_map(|area| collections.map(|collection| world.referrers(area, collection)).concat())
            .collect(),
        (None, None) => collections.into_iter().flat_map(|collection| world.names(collection)).collect(),
    }
}

fn choices_of(
    world: &dyn World,
    t: When,
    languages: &Languages,
    actor: &Name,
    asked: Option<&BTreeSet<Name>>,
    done: Option<&Name>,
) -> Vec<ChoiceOnDay> {
    let Some(stream) = known(world, actor) else { return Vec::new() };
    let Some(timeline) = stream.timeline.actor() else { return Vec::new() };
    let areas = timeline.choices.keys();
    let areas = areas.filter(|area| asked.is_none_or(|asked| asked.contains(*area)));
    let areas = areas.filter(|area| done.is_none_or(|done| *area > done));
    areas.filter_map(|area| choice(world, t, languages, (actor, timeline), area)).collect()
}

fn choice(
    world: &dyn World,
    t: When,
    languages: &Languages,
    (actor, timeline): (&Name, &ActorTimeline),
    area: &Name,
) -> Option<ChoiceOnDay> {
    let chosen = timeline.chosen(area, t);
    if chosen.is_no() {
        return None;
    }
    let mut on = timeline.choices_on(area, t);
    on.sort_by_key(|(_, since, _)| (since.at, since.event));
    if let Some(certain) = on.iter().position(|(truth, _, _)| truth.is_yes()) {
        on = vec![on.swap_remove(certain)];
    }
    let stream = known(world, area);
    let names = stream.as_ref().and_then(|stream| stream.timeline.area()).map(|area| &area.names);
    let distinct = |names: BTreeSet<&Name>| names.into_iter().cloned().collect();
    Some(ChoiceOnDay {
        actor: actor.clone(),
        actor_shown: languages.name(&timeline.names, t),
        area: area.clone(),
        area_shown: names.and_then(|names| languages.text(names)),
        chosen,
        extents: on.iter().map(|(_, _, c)| c.extent).collect::<BTreeSet<_>>().into_iter().collect(),
        given_by: on.iter().map(|(_, _, c)| c.given_by).collect::<BTreeSet<_>>().into_iter().collect(),
        agreements: distinct(on.iter().filter_map(|(_, _, c)| c.agreement.as_ref()).collect()),
        open_because: open_because(timeline.choices.get(area)?, &on, area, t),
        since: on.iter().map(|(_, since, _)| open_dates::text(since.at)).collect(),
    })
}

/// The dates of the choices that may be the one on `t`, and of what may have come after them, as far as they leave it open.
fn open_because(
    choices: &Succession<Option<Choice>>,
    on: &[(Truth, Mark, &Choice)],
    area: &Name,
    t: When,
) -> Vec<String> {
    let mut open: BTreeSet<Position> = BTreeSet::new();
    for (_, choice, _) in on.iter().filter(|(truth, _, _)| *truth == Truth::Possibly) {
        if choice.at.by(t) == Truth::Possibly {
            open.insert(choice.event);
        }
        let others = choices.values().iter().map(|dated| dated.since);
        for other in others.filter(|other| other.event != choice.event) {
            let (later, begun) = (choice.at.before(other.at), other.at.by(t));
            if later.and(begun) != Truth::Possibly {
                continue;
            }
            let in_order =
                [*choice, other].into_iter().filter(|mark| later == Truth::Possibly && !mark.at.is_exact());
            open.extend(in_order.map(|mark| mark.event));
            open.extend((begun == Truth::Possibly).then_some(other.event));
        }
    }
    let mut named: Vec<_> =
        choices.values().iter().filter(|dated| open.contains(&dated.since.event)).collect();
    named.sort_by_key(|dated| (dated.since.at, dated.since.event));
    let said = named.into_iter().map(|Dated { since, value }| {
        let what = if value.is_some() { "chosen" } else { "withdrawn" };
        format!("{area} {what} from {} (events/{})", open_dates::text(since.at), since.event)
    });
    said.collect()
}

/// Whether an area was chosen and one side alone gave: `by`, or whichever.
pub fn one_way(choice: &ChoiceOnDay, by: Option<GivenBy>) -> Truth {
    let is_one_way = |giver: &GivenBy| match giver {
        GivenBy::Alliance | GivenBy::Partner => by.is_none_or(|by| by == *giver),
        GivenBy::Unspecified | GivenBy::Both => false,
    };
    let so = choice.given_by.iter().filter(|giver| is_one_way(giver)).count();
    let gives = match so {
        0 => Truth::No,
        all if all == choice.given_by.len() => Truth::Yes,
        _ => Truth::Possibly,
    };
    choice.chosen.and(gives)
}

/// What had been chosen on `t` where certainly or possibly one side alone gave: as [`choices`], each with its truth.
pub fn one_way_choices<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    filter: &'a ChoiceFilter,
    by: Option<GivenBy>,
    after: Option<(Name, Name)>,
) -> impl Iterator<Item = (ChoiceOnDay, Truth)> + use<'a> {
    let all = choices(world, t, languages, filter, after);
    let all = all.map(move |choice| {
        let truth = one_way(&choice, by);
        (choice, truth)
    });
    all.filter(|(_, truth)| truth.may_be())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, name, short};
    use super::*;

    fn example() -> Example {
        let mut example = Example::alliance();
        for (area, parent) in [("security", ""), ("cyber", "security"), ("ransom", "cyber"), ("science", "")]
        {
            let parent = if parent.is_empty() { String::new() } else { format!("areas/{parent}") };
            let defined = json!({ "names": { "en": area }, "parent": parent });
            example.say(&format!("areas/{area}"), "", "areaDefined", defined);
        }
        for (actor, area, date, extent) in [
            ("countries/jp", "areas/ransom", "2012", "EXTENT_PARTIAL"),
            ("countries/jp", "areas/science", "2010-01-01", "EXTENT_FULL"),
            ("countries/jp", "areas/science", "2012-06", "EXTENT_OBSERVER"),
            ("countries/jp", "areas/science", "2012-06-30", "EXTENT_PARTIAL"),
            ("countries/kr", "areas/cyber", "2011-01-01", "EXTENT_FULL"),
        ] {
            let chosen =
                json!({ "area": area, "extent": extent, "givenBy": "GIVEN_BY_BOTH", "chosenBy": actor });
            example.say(actor, date, "areaChosen", chosen);
        }
        example.say("countries/kr", "2013", "areaWithdrawn", json!({ "area": "areas/cyber" }));
        example
    }

    #[test]
    fn the_taxonomy_is_shown_both_ways() {
        let example = example();
        let ransom = area(&example.world, &name("areas/ransom"), &Languages::default()).unwrap();
        assert_eq!(ransom.ancestors, [name("areas/cyber"), name("areas/security")]);
        let (en, security) = (Languages::default(), name("areas/security"));
        let within = areas(&example.world, &en, Some(&security), Some(&name("areas/cyber")));
        assert_eq!(within.map(|area| area.name).collect::<Vec<_>>(), [name("areas/ransom")]);
    }

    #[test]
    fn choices_hold_until_the_next_or_a_withdrawal() {
        let (example, en) = (example(), Languages::default());
        let on = |t: &str, filter: &ChoiceFilter| {
            let found = choices(&example.world, day(t), &en, filter, None);
            short(found.map(|choice| (choice.area, choice.chosen)))
        };
        let all = ChoiceFilter::default();
        assert_eq!(on("2011-05-01", &all), ["science YES", "cyber YES"]);
        assert_eq!(on("2012-05-01", &all), ["ransom POSSIBLY", "science YES", "cyber YES"]);
        assert_eq!(on("2013-05-01", &all), ["ransom YES", "science YES", "cyber POSSIBLY"]);
        assert_eq!(on("2014-05-01", &all), ["ransom YES", "science YES"]);
        let security = ChoiceFilter { area: Some(name("areas/security")), ..ChoiceFilter::default() };
        assert_eq!(on("2013-05-01", &security), [""; 0]);
        let with_all = ChoiceFilter { with_descendants: true, ..security };
        assert_eq!(on("2013-05-01", &with_all), ["ransom YES", "cyber POSSIBLY"]);
    }

    #[test]
    fn extents_that_are_possible_are_all_shown_and_the_certain_one_alone() {
        let (example, en) = (example(), Languages::default());
        let filter = ChoiceFilter { area: Some(name("areas/science")), ..ChoiceFilter::default() };
        let on = |t: &str| choices(&example.world, day(t), &en, &filter, None).next().unwrap();
        assert_eq!(on("2012-06-10").extents, [Extent::Full, Extent::Observer]);
        assert_eq!(on("2012-06-10").since, ["2010-01-01", "2012-06"]);
        // It may have been an observer's still, and that day's choice is the last one in any case.
        assert_eq!(on("2012-07-01").extents, [Extent::Partial]);
        assert_eq!(on("2012-07-01").since, ["2012-06-30"]);
    }

    #[test]
    fn the_dates_that_leave_a_choice_open_are_named() {
        let mut example = Example::alliance();
        example.say("areas/q", "", "areaDefined", json!({ "names": { "en": "q" } }));
        let chosen = |by: &str| json!({ "area": "areas/q", "givenBy": format!("GIVEN_BY_{by}"), "chosenBy": "countries/jp" });
        example.say("countries/jp", "2011", "areaChosen", chosen("BOTH"));
        example.say("countries/jp", "2012-01-01", "areaChosen", chosen("ALLIANCE"));
        example.say("countries/jp", "2015", "areaWithdrawn", json!({ "area": "areas/q" }));
        example.say("countries/jp", "2015-12-31", "areaChosen", chosen("PARTNER"));
        example.say("countries/jp", "2017-02", "areaChosen", chosen("BOTH"));
        let on = |t: &str| {
            let (en, all) = (Languages::default(), ChoiceFilter::default());
            let found = choices(&example.world, day(t), &en, &all, None).next().unwrap();
            (found.chosen, found.open_because.join("; "))
        };
        let (first, withdrawn) =
            ("areas/q chosen from 2011 (events/11)", "areas/q withdrawn from 2015 (events/13)");
        assert_eq!(on("2011-05-01"), (Truth::Possibly, first.to_owned()));
        assert_eq!(on("2012-05-01"), (Truth::Yes, String::new()));
        assert_eq!(on("2015-05-01"), (Truth::Possibly, withdrawn.to_owned()));
        assert_eq!(
            on("2016"),
            (Truth::Yes, String::new()),
            "it may have withdrawn that day: the choice is last"
        );
        let last = "areas/q chosen from 2017-02 (events/15)";
        assert_eq!(on("2017-02-10"), (Truth::Yes, last.to_owned()), "who gives is open");
        let late = json!({ "area": "areas/q", "chosenBy": "countries/kr" });
        example.say("countries/kr", "2011", "areaChosen", late);
        example.say("countries/kr", "2011-06-30", "areaWithdrawn", json!({ "area": "areas/q" }));
        let of = ChoiceFilter { actor: Some(name("countries/kr")), ..ChoiceFilter::default() };
        let korea = choices(&example.world, day("2013"), &Languages::default(), &of, None).next().unwrap();
        assert_eq!(
            korea.open_because,
            ["areas/q chosen from 2011 (events/16)"],
            "before or after it withdrew"
        );
        example.say("countries/jp", "2019-03", "areaWithdrawn", json!({ "area": "areas/q" }));
        let of = ChoiceFilter { actor: Some(name("countries/jp")), ..ChoiceFilter::default() };
        let (t, en) = (day("2019-03-10"), Languages::default());
        let japan = choices(&example.world, t, &en, &of, None);
        let open: Vec<_> = japan.flat_map(|choice| choice.open_because).collect();
        assert_eq!(
            open,
            ["areas/q withdrawn from 2019-03 (events/18)"],
            "when it chose in 2017 changes nothing"
        );
    }

    #[test]
    fn a_list_goes_on_after_an_actor_and_an_area() {
        let (example, en, all) = (example(), Languages::default(), ChoiceFilter::default());
        let after = |actor: &str, area: &str| {
            let after = Some((name(actor), name(area)));
            let found = choices(&example.world, day("2012-07-01"), &en, &all, after);
            found.map(|choice| choice.area.id().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(after("countries/jp", "areas/ransom"), ["science", "cyber"]);
        assert_eq!(after("countries/jp", "areas/science"), ["cyber"]);
        assert_eq!(after("countries/kr", "areas/cyber"), [""; 0]);
    }

    #[test]
    fn what_runs_one_way_is_told_from_what_may() {
        let mut example = Example::alliance();
        example.say("areas/cyber", "", "areaDefined", json!({ "names": { "en": "cyber" } }));
        for (actor, date, by) in [
            ("jp", "2010", "ALLIANCE"),
            ("jp", "2012", "BOTH"),
            ("kr", "2010", "PARTNER"),
            ("kr", "2012", "ALLIANCE"),
        ] {
            let actor = format!("countries/{actor}");
            let chosen =
                json!({ "area": "areas/cyber", "givenBy": format!("GIVEN_BY_{by}"), "chosenBy": actor });
            example.say(&actor, date, "areaChosen", chosen);
        }
        let on = |t: &str, by| {
            let (en, all) = (Languages::default(), ChoiceFilter::default());
            let found = one_way_choices(&example.world, day(t), &en, &all, by, None);
            short(found.map(|(choice, truth)| (choice.actor, truth)))
        };
        assert_eq!(on("2010-06", None), ["jp POSSIBLY", "kr POSSIBLY"]);
        assert_eq!(on("2011", None), ["jp YES", "kr YES"]);
        assert_eq!(on("2012-06", None), ["jp POSSIBLY", "kr YES"]);
        assert_eq!(on("2013", None), ["kr YES"]);
        assert_eq!(on("2012-06", Some(GivenBy::Partner)), ["kr POSSIBLY"]);
    }
}
