//! What was offered to whom, and who took part (DOMAIN.md §9, read model 7).

use crate::domain::activity::{Access, ActivityKind, ActivityTimeline, Offer, Participation};
use crate::domain::text::Shown;
use crate::domain::time::{Spell, Truth, Valid, When};
use crate::domain::{Collection, Name, Version, World};

use super::meetings::Range;
use super::{Languages, known, names, referrers};

/// An activity on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityOnDay {
    /// Its resource name.
    pub name: Name,
    /// Of its stream.
    pub version: Version,
    /// Its title.
    pub shown: Option<Shown>,
    /// What is offered.
    pub offer: Offer,
    /// When it was withdrawn, as recorded; empty: it was not.
    pub withdrawn: String,
    /// Whether it was on offer.
    pub offered: Truth,
    /// Who took part, at any time, in order of time.
    pub participations: Vec<Participation>,
}

/// Which kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessAsked {
    /// To all partners.
    AllPartners,
    /// To those that hold one framework.
    Framework,
    /// To the actors that are listed.
    Listed,
}

/// Which activities; what is not set asks for nothing.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Only those of this kind.
    pub kind: Option<ActivityKind>,
    /// Only those in which this actor took part.
    pub participant: Option<Name>,
    /// Only those with this access.
    pub access: Option<AccessAsked>,
    /// Only those that certainly or possibly were on offer.
    pub offered: bool,
    /// Only those in which somebody, or the participant that is asked for, certainly or possibly took part in that time;
    /// without a participant also those that were on offer then.
    pub range: Range,
}

impl Default for Filter {
    fn default() -> Self {
        Filter { kind: None, participant: None, access: None, offered: false, range: Range::ALWAYS }
    }
}

/// One activity on `t`; none if it is not known.
pub fn activity(world: &dyn World, name: &Name, t: When, languages: &Languages) -> Option<ActivityOnDay> {
    let stream = known(world, name)?;
    let timeline = stream.timeline.activity()?;
    let offer = timeline.offer.clone()?;
    Some(ActivityOnDay {
        name: name.clone(),
        version: stream.version(),
        shown: languages.text(&offer.titles),
        withdrawn: timeline.withdrawn.as_ref().map(Valid::text).unwrap_or_default(),
        offered: timeline.life.hold(t),
        participations: in_order_of_time(timeline),
        offer,
    })
}

/// The activities beyond `after`, in the order of their names.
pub fn activities<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    filter: &'a Filter,
    after: Option<&Name>,
) -> impl Iterator<Item = ActivityOnDay> + use<'a> {
    let candidates = match &filter.participant {
        Some(participant) => referrers(world, participant, Collection::Activities, after),
        None => names(world, Collection::Activities, after),
    };
    let found =
        candidates.into_iter().filter(|name| filter.range == Range::ALWAYS || in_time(world, name, filter));
    let found = found.filter_map(move |name| activity(world, &name, t, languages));
    found.filter(|activity| passes(activity, filter))
}

fn passes(activity: &ActivityOnDay, filter: &Filter) -> bool {
    let access = match &activity.offer.access {
        Access::AllPartners => AccessAsked::AllPartners,
        Access::Framework(_) => AccessAsked::Framework,
        Access::Listed => AccessAsked::Listed,
    };
    let took_part = |actor: &Name| activity.participations.iter().any(|part| part.participant == *actor);
    filter.kind.is_none_or(|kind| activity.offer.kind == kind)
        && filter.participant.as_ref().is_none_or(took_part)
        && filter.access.is_none_or(|asked| access == asked)
        && (!filter.offered || activity.offered.may_be())
}

fn in_time(world: &dyn World, name: &Name, filter: &Filter) -> bool {
    let Some(stream) = known(world, name) else { return false };
    let Some(timeline) = stream.timeline.activity() else { return false };
    let touches = |spell: Spell| filter.range.touched_by(&spell).may_be();
    let is_asked = |actor: &Name| filter.participant.as_ref().is_none_or(|asked| asked == actor);
    let mut parts = timeline.participations.iter().filter(|part| is_asked(&part.participant));
    parts.any(|part| touches(part.valid.days()))
        || filter.participant.is_none() && timeline.life.periods().any(touches)
}

fn in_order_of_time(timeline: &ActivityTimeline) -> Vec<Participation> {
    let mut participations = timeline.participations.clone();
    participations.sort_by_key(|part| (part.valid.begin(), part.participant.clone(), part.event));
    participations
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, name};
    use super::*;

    #[test]
    fn offers_are_filtered_and_participations_in_order_of_time() {
        let mut example = Example::alliance();
        let offer = |kind: &str, access: &str, framework: &str| json!({ "kind": kind, "titles": { "en": "x" }, "access": access, "framework": framework });
        let (exercise, technology) = ("ACTIVITY_KIND_EXERCISE", "ACTIVITY_KIND_TECHNOLOGY");
        let offered = offer(exercise, "ACCESS_LISTED", "");
        example.say("activities/a", "2011-01-01..2012", "activityOffered", offered);
        let offered = offer(technology, "ACCESS_FRAMEWORK", "frameworks/pfp");
        example.say("activities/b", "2013", "activityOffered", offered);
        for (actor, date) in [("kr", "2011-05"), ("jp", "2012-01-01"), ("jp", "2011-02")] {
            let participant = json!({ "participant": format!("countries/{actor}") });
            example.say("activities/a", date, "participationRecorded", participant);
        }
        let ids = |t: &str, filter: &Filter| {
            let en = Languages::default();
            let found = activities(&example.world, day(t), &en, filter, None);
            found.map(|activity| activity.name.id().to_owned()).collect::<Vec<_>>()
        };
        let offered = Filter { offered: true, ..Filter::default() };
        assert_eq!(ids("2010", &offered), [""; 0]);
        assert_eq!(ids("2012-06", &offered), ["a"]);
        assert_eq!(ids("2013", &offered), ["b"]);
        let access = Some(AccessAsked::Framework);
        assert_eq!(ids("2010", &Filter { access, ..Filter::default() }), ["b"]);
        let participant = Some(name("countries/kr"));
        assert_eq!(ids("2010", &Filter { participant, ..Filter::default() }), ["a"]);
        let kind = Some(ActivityKind::Technology);
        assert_eq!(ids("2010", &Filter { kind, ..Filter::default() }), ["b"]);
        let in_time = |from: &str, to: &str, participant: Option<&str>| {
            let range = Range::new(Some(day(from)), Some(day(to)));
            ids("2010", &Filter { range, participant: participant.map(name), ..Filter::default() })
        };
        assert_eq!(in_time("2011-05-31", "2011-05-31", Some("countries/kr")), ["a"], "on some day of May");
        assert_eq!(in_time("2011-06", "2012", Some("countries/kr")), [""; 0]);
        assert_eq!(in_time("2012", "2012", None), ["a"], "it was on offer");
        assert_eq!(in_time("2010", "2010", None), [""; 0]);
        assert_eq!(in_time("2013", "2020", None), ["b"]);
        let one =
            activity(&example.world, &name("activities/a"), day("2011"), &Languages::default()).unwrap();
        let parts: Vec<_> = one.participations.iter().map(|p| (p.participant.id(), p.valid.text())).collect();
        let dates = [("jp", "2011-02"), ("kr", "2011-05"), ("jp", "2012-01-01")];
        assert_eq!(parts, dates.map(|(actor, date)| (actor, date.to_owned())));
    }
}
