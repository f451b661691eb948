//! What was decided, and whether it was in effect on a day (DOMAIN.md §9, read model 8).

use crate::domain::decision::{DecisionStatus, DecisionTimeline, Link, Rule, Taken};
use crate::domain::text::Shown;
use crate::domain::time::{Truth, Valid, When};
use crate::domain::{Collection, Name, Version, World};

use super::{Languages, known, names, referrers};

/// A decision on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionOnDay {
    /// Its resource name.
    pub name: Name,
    /// Of its stream.
    pub version: Version,
    /// What it says.
    pub taken: Taken,
    /// Its title.
    pub shown: Option<Shown>,
    /// What it rests on, by kind, then name.
    pub links: Vec<Link>,
    /// Since when it is in effect, as recorded; empty: it never was.
    pub in_effect_since: String,
    /// When it was superseded, as recorded; empty: it was not.
    pub superseded: String,
    /// By which ones, in the order of their names.
    pub superseded_by: Vec<Name>,
    /// When it lapsed, as recorded; empty: it did not.
    pub lapsed: String,
    /// Every status that is possible; the certain one alone where there is one.
    pub statuses: Vec<DecisionStatus>,
    /// Whether it was in effect.
    pub in_effect: Truth,
}

/// Which decisions; what is not set asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those taken at this meeting.
    pub meeting: Option<Name>,
    /// Only those that carry this rule.
    pub rule: Option<Rule>,
    /// Only those that certainly or possibly were in effect.
    pub in_effect: bool,
    /// Only those that were intentions when they were taken.
    pub intentions: bool,
}

/// One decision on `t`; none if it is not known.
pub fn decision(world: &dyn World, name: &Name, t: When, languages: &Languages) -> Option<DecisionOnDay> {
    let stream = known(world, name)?;
    let timeline = stream.timeline.decision()?;
    let taken = timeline.taken.clone()?;
    let mut links: Vec<Link> = timeline.links.iter().map(|(_, link)| link.clone()).collect();
    links.sort();
    links.dedup();
    let mut by: Vec<Name> = timeline.outs.iter().filter_map(|out| out.by.clone()).collect();
    by.sort();
    by.dedup();
    Some(DecisionOnDay {
        name: name.clone(),
        version: stream.version(),
        shown: languages.text(&taken.titles),
        links,
        in_effect_since: in_effect_since(timeline),
        superseded: out_of_effect(timeline, true),
        superseded_by: by,
        lapsed: out_of_effect(timeline, false),
        statuses: timeline.statuses(t),
        in_effect: timeline.in_effect(t),
        taken,
    })
}

/// The decisions beyond `after`, in the order of their names.
pub fn decisions<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    filter: &'a Filter,
    after: Option<&Name>,
) -> impl Iterator<Item = DecisionOnDay> + use<'a> {
    let candidates = match &filter.meeting {
        Some(meeting) => referrers(world, meeting, Collection::Decisions, after),
        None => names(world, Collection::Decisions, after),
    };
    let found = candidates.into_iter().filter_map(move |name| decision(world, &name, t, languages));
    found.filter(|decision| passes(decision, filter))
}

fn passes(decision: &DecisionOnDay, filter: &Filter) -> bool {
    let taken = &decision.taken;
    filter.meeting.as_ref().is_none_or(|meeting| taken.meeting.as_ref() == Some(meeting))
        && filter.rule.is_none_or(|rule| taken.rules.contains(&rule))
        && (!filter.in_effect || decision.in_effect.may_be())
        && (!filter.intentions || !taken.in_effect)
}

/// Since when it is in effect, as recorded; empty: it never was.
pub(super) fn in_effect_since(timeline: &DecisionTimeline) -> String {
    let first = timeline.effect.iter().min_by_key(|(mark, _)| (mark.at, mark.event));
    first.map(|(_, valid)| valid.text()).unwrap_or_default()
}

pub(super) fn out_of_effect(timeline: &DecisionTimeline, superseded: bool) -> String {
    let outs = timeline.outs.iter().filter(|out| out.by.is_some() == superseded);
    let first = outs.min_by_key(|out| (out.mark.at, out.mark.event));
    first.map(|out| Valid::text(&out.valid)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, name, short};
    use super::*;

    #[test]
    fn an_intention_is_not_in_effect_until_it_is_put_so() {
        let mut example = Example::alliance();
        for (id, status, date) in
            [("a", "INTENDED", "2010-11"), ("b", "IN_EFFECT", "2011-04-15"), ("c", "IN_EFFECT", "2013-01-01")]
        {
            let recorded = json!({
                "body": "Council",
                "status": format!("DECISION_STATUS_{status}"),
                "titles": { "en": id },
                "rules": ["RULE_EQUAL_FOOTING"],
            });
            example.say(&format!("decisions/{id}"), date, "decisionRecorded", recorded);
        }
        example.say("decisions/a", "2012", "decisionPutInEffect", json!({}));
        example.say("decisions/b", "2013-01-01", "decisionSuperseded", json!({ "by": "decisions/c" }));
        let (world, en) = (&example.world, Languages::default());
        let in_effect = Filter { in_effect: true, ..Filter::default() };
        let on = |t: &str, filter: &Filter| {
            short(decisions(world, day(t), &en, filter, None).map(|d| (d.name, d.in_effect)))
        };
        assert_eq!(on("2011-04-15", &in_effect), ["b YES"]);
        assert_eq!(on("2012-06-01", &in_effect), ["a POSSIBLY", "b YES"]);
        assert_eq!(on("2013-01-01", &in_effect), ["a YES", "c YES"]);
        let intentions = Filter { intentions: true, ..Filter::default() };
        assert_eq!(on("2013-01-01", &intentions), ["a YES"]);
        let rule = Some(Rule::EqualAccess);
        assert_eq!(on("2013-01-01", &Filter { rule, ..Filter::default() }), [""; 0]);
        let b = decision(world, &name("decisions/b"), day("2012"), &en).unwrap();
        assert_eq!((b.in_effect_since.as_str(), b.superseded.as_str()), ("2011-04-15", "2013-01-01"));
        assert_eq!((b.superseded_by, b.lapsed), (vec![name("decisions/c")], String::new()));
        let a = decision(world, &name("decisions/a"), day("2012-06-01"), &en).unwrap();
        assert_eq!(a.statuses, [DecisionStatus::Intended, DecisionStatus::InEffect]);
    }

    #[test]
    fn what_was_in_effect_at_once_was_never_an_intention() {
        let mut example = Example::alliance();
        let recorded = json!({
            "body": "Council",
            "status": "DECISION_STATUS_IN_EFFECT",
            "titles": { "en": "a" },
        });
        example.say("decisions/a", "2012", "decisionRecorded", recorded);
        let statuses = |t: &str| {
            let (world, en) = (&example.world, Languages::default());
            decision(world, &name("decisions/a"), day(t), &en).unwrap().statuses
        };
        assert_eq!(statuses("2012-06-01"), [DecisionStatus::NotYet, DecisionStatus::InEffect]);
        assert_eq!(statuses("2013-01-01"), [DecisionStatus::InEffect]);
    }

    #[test]
    fn what_is_in_effect_was_taken_however_little_is_known_of_when() {
        let mut example = Example::alliance();
        let recorded = json!({
            "body": "Council",
            "status": "DECISION_STATUS_INTENDED",
            "titles": { "en": "a" },
        });
        example.say("decisions/a", "2008", "decisionRecorded", recorded);
        example.say("decisions/a", "2008-05", "decisionPutInEffect", json!({}));
        let en = Languages::default();
        let on_a_day = decision(&example.world, &name("decisions/a"), day("2008-06-11"), &en).unwrap();
        assert_eq!(
            (on_a_day.in_effect, &on_a_day.statuses[..]),
            (Truth::Yes, &[DecisionStatus::InEffect][..])
        );
    }
}
