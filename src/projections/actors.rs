//! Who an actor is and how it stood to the alliance on a day.

use crate::domain::actor::{ActorKind, ActorTimeline};
use crate::domain::text::{Language, Shown};
use crate::domain::time::{Truth, When};
use crate::domain::world::is_overlay;
use crate::domain::{Collection, Name, Version, World};

use super::{Languages, known, names, open_dates, open_standing, referrers};

/// An actor on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorOnDay {
    /// Its resource name.
    pub name: Name,
    /// Of its stream.
    pub version: Version,
    /// What it is.
    pub kind: Option<ActorKind>,
    /// Its name that day.
    pub shown: Option<Shown>,
    /// Every name it ever had: language, name, since when as it is written.
    pub names: Vec<(Language, String, String)>,
    /// Whether it was a member.
    pub member: Truth,
    /// Whether it was a partner.
    pub partner: Truth,
    /// Whether cooperation with it was suspended.
    pub suspended: Truth,
    /// What was suspended, where it was or may have been.
    pub suspension_scopes: Vec<String>,
    /// Each framework that it held or may have held, in the order of their names.
    pub frameworks: Vec<Held>,
    /// The dates that leave open whether it was a member, a partner or suspended, where one of these is only possible.
    pub open_because: Vec<String>,
}

/// A framework that an actor held or may have held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The framework.
    pub framework: Name,
    /// Whether it held it.
    pub truth: Truth,
    /// It is held beside another.
    pub overlay: bool,
    /// The dates that leave it open, where it is only possible.
    pub open_because: Vec<String>,
}

/// Which actors; what is not set asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only countries, or only organisations.
    pub collection: Option<Collection>,
    /// Only those that certainly or possibly were members.
    pub members: bool,
    /// Only those that certainly or possibly were partners.
    pub partners: bool,
    /// Only those that certainly or possibly held this framework.
    pub framework: Option<Name>,
    /// Only those with which cooperation was certainly or possibly suspended.
    pub suspended: bool,
}

/// One actor on `t`; none if it is not known.
pub fn actor(world: &dyn World, name: &Name, t: When, languages: &Languages) -> Option<ActorOnDay> {
    actor_if(world, name, t, languages, &Filter::default())
}

fn actor_if(
    world: &dyn World,
    name: &Name,
    t: When,
    languages: &Languages,
    filter: &Filter,
) -> Option<ActorOnDay> {
    let stream = known(world, name)?;
    let timeline = stream.timeline.actor().filter(|timeline| passes(world, timeline, t, filter))?;
    let mut frameworks = joined(world, timeline, t);
    let partner = Truth::any(frameworks.iter().filter(|held| !held.overlay).map(|held| held.truth));
    frameworks.retain(|held| held.truth.may_be());
    let (member, suspended) = (timeline.member(t), timeline.suspended(t));
    let is_open = [member, partner, suspended].contains(&Truth::Possibly);
    Some(ActorOnDay {
        name: name.clone(),
        version: stream.version(),
        kind: timeline.kind.clone(),
        shown: languages.name(&timeline.names, t),
        names: all_names(timeline),
        member,
        partner,
        suspended,
        suspension_scopes: suspension_scopes(timeline, t),
        frameworks,
        open_because: if is_open { open_because(world, timeline, t) } else { Vec::new() },
    })
}

/// The actors beyond `after`, in the order of their names.
pub fn actors<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    filter: &'a Filter,
    after: Option<&Name>,
) -> impl Iterator<Item = ActorOnDay> + use<'a> {
    candidates(world, filter, after).filter_map(move |name| actor_if(world, &name, t, languages, filter))
}

fn candidates<'a>(
    world: &'a dyn World,
    filter: &'a Filter,
    after: Option<&Name>,
) -> impl Iterator<Item = Name> + use<'a> {
    let after = after.cloned();
    let collections = [Collection::Countries, Collection::Organisations].into_iter();
    let wanted = collections.filter(|collection| filter.collection.is_none_or(|only| only == *collection));
    wanted.flat_map(move |collection| match &filter.framework {
        Some(framework) => referrers(world, framework, collection, after.as_ref()),
        None => names(world, collection, after.as_ref()),
    })
}

fn passes(world: &dyn World, timeline: &ActorTimeline, t: When, filter: &Filter) -> bool {
    (!filter.members || timeline.member(t).may_be())
        && (!filter.partners || timeline.partner(world, t).may_be())
        && (!filter.suspended || timeline.suspended(t).may_be())
        && filter.framework.as_ref().is_none_or(|f| timeline.holds(world, f, t).may_be())
}

fn all_names(timeline: &ActorTimeline) -> Vec<(Language, String, String)> {
    let all = timeline.names.all();
    let mut all: Vec<_> = all.map(|(language, dated)| (language, dated.since, &dated.value)).collect();
    all.sort_by_key(|(language, since, _)| ((*language).clone(), since.at, since.event));
    all.into_iter()
        .map(|(language, since, name)| (language.clone(), name.clone(), open_dates::text(since.at)))
        .collect()
}

fn suspension_scopes(timeline: &ActorTimeline, t: When) -> Vec<String> {
    let held = timeline.suspensions.spells().filter(|(_, spell)| spell.holds(t).may_be());
    let scopes = held.filter_map(|(mark, _)| timeline.scopes.iter().find(|scope| scope.event == mark.event));
    scopes.map(|scope| scope.text.clone()).filter(|text| !text.is_empty()).collect()
}

fn open_because(world: &dyn World, timeline: &ActorTimeline, t: When) -> Vec<String> {
    let mut dates = open_standing::membership(timeline, t);
    dates.extend(open_standing::partnership(world, timeline, t));
    dates.extend(open_standing::suspension(timeline, t));
    open_dates::distinct(dates)
}

/// Each framework that it ever joined, held that day or not.
fn joined(world: &dyn World, timeline: &ActorTimeline, t: When) -> Vec<Held> {
    let joined = timeline.tenures.keys().map(|framework| {
        let truth = timeline.holds(world, framework, t);
        let is_open = truth == Truth::Possibly;
        Held {
            framework: framework.clone(),
            truth,
            overlay: is_overlay(world, framework),
            open_because: if is_open {
                open_standing::tenure(world, timeline, framework, t)
            } else {
                Vec::new()
            },
        }
    });
    joined.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, name};
    use super::*;

    fn ids(example: &Example, t: &str, filter: &Filter, after: Option<&Name>) -> Vec<String> {
        let languages = Languages::default();
        let found = actors(&example.world, day(t), &languages, filter, after);
        found.map(|actor| actor.name.id().to_owned()).collect()
    }

    #[test]
    fn filters_keep_what_is_possible_and_lists_go_on_after_a_name() {
        let mut example = Example::alliance();
        example.say("countries/jp", "2011", "frameworkJoined", json!({ "framework": "frameworks/patg" }));
        example.say(
            "organisations/eu",
            "2012-01-01",
            "frameworkJoined",
            json!({ "framework": "frameworks/pfp" }),
        );
        let all = Filter::default();
        assert_eq!(ids(&example, "2011", &all, None), ["be", "jp", "kr", "eu", "nato"]);
        assert_eq!(ids(&example, "2011", &all, Some(&name("countries/jp"))), ["kr", "eu", "nato"]);
        let partners = Filter { partners: true, ..Filter::default() };
        assert_eq!(ids(&example, "2011-03", &partners, None), ["jp"]);
        assert_eq!(ids(&example, "2012-01-01", &partners, None), ["jp", "eu"]);
        assert_eq!(ids(&example, "2010", &partners, None), [""; 0]);
        let held = Filter { framework: Some(name("frameworks/pfp")), ..Filter::default() };
        assert_eq!(ids(&example, "2012-06", &held, None), ["eu"]);
        let organisations = Filter { collection: Some(Collection::Organisations), ..Filter::default() };
        assert_eq!(ids(&example, "2011", &organisations, None), ["eu", "nato"]);
    }

    #[test]
    fn the_dates_that_leave_it_open_are_named() {
        let mut example = Example::alliance();
        let joined = |framework: &str| json!({ "framework": format!("frameworks/{framework}") });
        example.say("countries/jp", "2010-05", "frameworkJoined", joined("eop"));
        example.say("countries/jp", "2010-01-01", "frameworkJoined", joined("patg"));
        example.say("countries/jp", "2014", "frameworkLeft", joined("patg"));
        example.say("countries/jp", "2014-06", "memberAdmitted", json!({ "alliance": "organisations/nato" }));
        example.say("countries/jp", "2014-06-10", "cooperationSuspended", json!({}));
        example.say("countries/jp", "2014-07", "cooperationResumed", json!({}));
        let on = |t: &str| {
            let japan = actor(&example.world, &name("countries/jp"), day(t), &Languages::default()).unwrap();
            let held = japan.frameworks.into_iter().map(|held| held.open_because.join("; "));
            (japan.open_because, held.collect::<Vec<_>>())
        };
        let (joined, left) =
            ("in frameworks/eop from 2010-05 (events/10)", "in frameworks/patg no longer from 2014");
        let admitted = "a member from 2014-06 (events/13)";
        assert_eq!(
            on("2010-05-10"),
            (vec![], vec![joined.into(), String::new()]),
            "an overlay makes no partner"
        );
        assert_eq!(on("2013"), (vec![], vec![String::new(); 2]));
        assert_eq!(on("2014-01-10"), (vec![left.into()], vec![String::new(), left.into()]));
        let both = (vec![admitted.into(), left.into()], vec![admitted.into(), format!("{left}; {admitted}")]);
        assert_eq!(on("2014-06-20"), both, "suspended for certain");
        let resumed = "suspended no longer from 2014-07".to_owned();
        assert_eq!(on("2014-07-10"), (vec![resumed], vec![]), "a member for certain");
    }

    #[test]
    fn names_and_suspensions_come_with_their_dates() {
        let mut example = Example::alliance();
        example.say("countries/jp", "2003-02", "actorRenamed", json!({ "names": { "en": "Nippon" } }));
        let suspended = json!({ "scope": "all but talks", "dialogueKept": true });
        example.say("countries/jp", "2014-04", "cooperationSuspended", suspended);
        let (jp, en) = (name("countries/jp"), Languages::default());
        let japan = actor(&example.world, &jp, day("2014-04-15"), &en).unwrap();
        let names: Vec<_> =
            japan.names.iter().map(|(_, name, since)| (name.as_str(), since.as_str())).collect();
        assert_eq!(names, [("jp", ""), ("Nippon", "2003-02")]);
        assert_eq!(
            (japan.suspended, japan.suspension_scopes),
            (Truth::Possibly, vec!["all but talks".to_owned()])
        );
        let before = actor(&example.world, &jp, day("2014-03-31"), &en).unwrap();
        assert_eq!((before.suspended, before.suspension_scopes.len()), (Truth::No, 0));
        let unsure = actor(&example.world, &jp, day("2003-02-10"), &en).unwrap().shown.unwrap();
        assert_eq!(
            (unsure.truth, unsure.names),
            (Truth::Possibly, vec!["Nippon".to_owned(), "jp".to_owned()])
        );
    }
}
