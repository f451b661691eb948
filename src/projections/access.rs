//! Who may take part in an activity and why, and which offers deviate from equal access (DOMAIN.md §9, read model 7).
//!
//! 1. An actor may take part while the activity is on offer, one of the grounds of its rule holds, and cooperation with
//!    the actor is not suspended.
//! 2. `ALL_PARTNERS` comes from the decisions that carry `EQUAL_ACCESS` and are in force that day; the other rules come
//!    from the offer.
//! 3. A deviation is judged on the first day of the offer, whatever day is asked about.

use crate::domain::activity::{Access, ActivityTimeline, Offer};
use crate::domain::actor::ActorTimeline;
use crate::domain::decision::equal_access_in_force;
use crate::domain::text::Shown;
use crate::domain::time::{Spells, Truth, When};
use crate::domain::{Collection, Name, World};

use super::activities::{ActivityOnDay, activity};
use super::decisions::in_effect_since;
use super::{Languages, known, names, open_dates, open_standing};

/// Whether an actor may take part in an activity, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it may.
    pub answer: Truth,
    /// What is offered; its access is the rule.
    pub offer: Offer,
    /// The activity's title.
    pub activity_shown: Option<Shown>,
    /// The actor's name that day.
    pub actor_shown: Option<Shown>,
    /// The decisions that the rule comes from, the certain ones first.
    pub decisions: Vec<InForce>,
    /// What the answer follows from.
    pub findings: Vec<Finding>,
}

/// A decision that carries `EQUAL_ACCESS` and was or may have been in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The decision.
    pub decision: Name,
    /// Its title.
    pub shown: Option<Shown>,
    /// Since when it is in effect, as recorded.
    pub since: String,
    /// Whether it was in force.
    pub truth: Truth,
    /// The dates that leave it open, where it is only possible.
    pub open_because: Vec<String>,
}

/// What a rule of access asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The activity is on offer.
    Offered,
    /// The actor is a member.
    Member,
    /// The actor is a partner.
    Partner,
    /// The actor holds the framework.
    Holder,
    /// The actor is registered.
    Registered,
    /// Cooperation with the actor is suspended.
    Suspended,
}

/// What was found of one ground.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which one.
    pub ground: Ground,
    /// Whether it was so.
    pub truth: Truth,
    /// The dates that decide it, or that leave it open.
    pub dates: Vec<String>,
}

/// An offer to fewer than all partners that was made while `EQUAL_ACCESS` was or may have been in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The activity.
    pub activity: ActivityOnDay,
    /// Whether it deviates.
    pub truth: Truth,
    /// What it deviates from, the certain ones first.
    pub decisions: Vec<InForce>,
}

/// Whether `actor` may take part in `activity` on `t`, and why; none if one of them is not known.
pub fn explain(
    world: &dyn World,
    activity: &Name,
    actor: &Name,
    t: When,
    languages: &Languages,
) -> Option<Explanation> {
    let (activity_stream, actor_stream) = (known(world, activity)?, known(world, actor)?);
    let timeline = activity_stream.timeline.activity()?;
    let who = actor_stream.timeline.actor()?;
    let offer = timeline.offer.clone()?;
    let decisions = match offer.access {
        Access::AllPartners => in_force(world, t, languages),
        Access::Framework(_) | Access::Listed => Vec::new(),
    };
    Some(Explanation {
        answer: timeline.life.hold(t).and(timeline.allowed(world, actor, t)),
        activity_shown: languages.text(&offer.titles),
        actor_shown: languages.name(&who.names, t),
        findings: findings(world, timeline, &offer.access, who, t),
        decisions,
        offer,
    })
}

fn findings(
    world: &dyn World,
    timeline: &ActivityTimeline,
    access: &Access,
    who: &ActorTimeline,
    t: When,
) -> Vec<Finding> {
    let of = |ground: Ground, spells: &Spells, what: &str| Finding {
        ground,
        truth: spells.hold(t),
        dates: open_dates::deciding(spells, what, t),
    };
    let member = || of(Ground::Member, &who.memberships, "a member");
    let mut found = vec![of(Ground::Offered, &timeline.life, "on offer")];
    match access {
        Access::AllPartners => {
            let truth = who.partner(world, t);
            let dates = match truth {
                Truth::Possibly => open_standing::partnership(world, who, t),
                Truth::Yes | Truth::No => holding_dates(world, who, who.main_frameworks(world), t),
            };
            found.extend([member(), Finding { ground: Ground::Partner, truth, dates }]);
        }
        Access::Framework(framework) => {
            let truth = who.holds(world, framework, t);
            let dates = match truth {
                Truth::Possibly => open_standing::tenure(world, who, framework, t),
                Truth::Yes | Truth::No => holding_dates(world, who, vec![framework], t),
            };
            found.extend([member(), Finding { ground: Ground::Holder, truth, dates }]);
        }
        Access::Listed => {
            found.push(Finding { ground: Ground::Registered, truth: Truth::Yes, dates: Vec::new() });
        }
    }
    found.push(of(Ground::Suspended, &who.suspensions, "suspended"));
    found
}

/// The dates that decide whether the actor held one of these: those of the tenures that it held; where it held none, of its
/// membership if that alone stands against it, else of its tenures.
fn holding_dates(world: &dyn World, who: &ActorTimeline, mut frameworks: Vec<&Name>, t: When) -> Vec<String> {
    if frameworks.iter().any(|framework| who.holds(world, framework, t).is_yes()) {
        frameworks.retain(|framework| who.holds(world, framework, t).is_yes());
    } else if frameworks.iter().any(|framework| who.in_framework(world, framework, t).may_be()) {
        return open_dates::deciding(&who.memberships, "a member", t);
    }
    frameworks.into_iter().flat_map(|framework| tenure_dates(world, who, framework, t)).collect()
}

/// When the actor was in a framework, and when that was open where this decides it.
fn tenure_dates(world: &dyn World, who: &ActorTimeline, framework: &Name, t: When) -> Vec<String> {
    let Some(tenures) = who.tenures.get(framework) else { return Vec::new() };
    let mut dates = open_dates::deciding(tenures, &format!("in {framework}"), t);
    let stream = world.stream(framework);
    let life = stream.as_ref().and_then(|stream| stream.timeline.framework()).map(|timeline| &timeline.life);
    if let Some(life) = life.filter(|life| tenures.hold(t).may_be() && !life.hold(t).is_yes()) {
        dates.extend(open_dates::deciding(life, &format!("{framework} open"), t));
    }
    dates
}

/// The decisions that carry `EQUAL_ACCESS` and are or may be in force on `t`, the certain ones first.
fn in_force(world: &dyn World, t: When, languages: &Languages) -> Vec<InForce> {
    let found = equal_access_in_force(world, t).into_iter().filter_map(|(decision, truth)| {
        let stream = known(world, &decision)?;
        let timeline = stream.timeline.decision()?;
        let marks = timeline.effect.iter().map(|(mark, _)| *mark);
        let mark = marks.min_by_key(|mark| (mark.at, mark.event))?;
        let what = format!("{decision} in effect");
        let open_because = open_dates::of_spell(mark, &timeline.effect_spell()?, &what, t);
        let shown = languages.text(&timeline.taken.as_ref()?.titles);
        Some(InForce { shown, since: in_effect_since(timeline), truth, open_because, decision })
    });
    let mut found: Vec<InForce> = found.collect();
    found.sort_by(|a, b| b.truth.cmp(&a.truth).then_with(|| a.decision.cmp(&b.decision)));
    found
}

/// The deviations beyond `after`, in the order of their names; `t` plays a part only in what is shown of the activity.
pub fn deviations<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    without_exception: bool,
    after: Option<&Name>,
) -> impl Iterator<Item = Deviation> + use<'a> {
    let found = names(world, Collection::Activities, after);
    let found = found.filter_map(move |name| deviation(world, &name, t, languages));
    found.filter(move |deviation| !without_exception || deviation.activity.offer.exception.is_none())
}

fn deviation(world: &dyn World, name: &Name, t: When, languages: &Languages) -> Option<Deviation> {
    let activity = activity(world, name, t, languages)?;
    match activity.offer.access {
        Access::AllPartners => return None,
        Access::Framework(_) | Access::Listed => {}
    }
    let offered = activity.offer.valid.begin();
    let mut decisions = in_force(world, offered, languages);
    if !offered.is_exact() {
        // The rule may have come into force on an exact day: then it is the offer's own date that leaves it open.
        let offered =
            format!("{name} offered from {} (events/{})", open_dates::text(offered), activity.offer.event);
        for open in decisions.iter_mut().filter(|decision| decision.truth == Truth::Possibly) {
            open.open_because.insert(0, offered.clone());
        }
    }
    let truth = Truth::any(decisions.iter().map(|decision| decision.truth));
    truth.may_be().then_some(Deviation { activity, truth, decisions })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, name, short};
    use super::*;

    /// Equal access from some day of May 2011 to the end of 2013; three offers.
    fn example() -> Example {
        let mut example = Example::alliance();
        let offer = |access: &str, framework: &str, exception: &str| {
            json!({
                "kind": "ACTIVITY_KIND_EXERCISE",
                "titles": { "en": "x", "fr": "y" },
                "access": format!("ACCESS_{access}"),
                "framework": framework,
                "exception": exception,
            })
        };
        let patg = "frameworks/patg";
        example.say("activities/all", "2011-01-01..2012", "activityOffered", offer("ALL_PARTNERS", "", ""));
        example.say("activities/few", "2011-05-20", "activityOffered", offer("FRAMEWORK", patg, ""));
        example.say("activities/listed", "2012-01-01", "activityOffered", offer("LISTED", "", "a trial"));
        example.say("activities/old", "2010", "activityOffered", offer("LISTED", "", ""));
        let policy = json!({
            "body": "Council",
            "status": "DECISION_STATUS_IN_EFFECT",
            "titles": { "en": "policy" },
            "rules": ["RULE_EQUAL_ACCESS"],
        });
        example.say("decisions/policy", "2011-05", "decisionRecorded", policy);
        example.say("decisions/policy", "2014-01-01", "decisionLapsed", json!({}));
        example.say("countries/jp", "2011-02", "frameworkJoined", json!({ "framework": patg }));
        example.say("countries/jp", "2012-03-01..2012-03-31", "cooperationSuspended", json!({}));
        example
    }

    fn explained(activity: &str, actor: &str, t: &str) -> Explanation {
        let (activity, actor) = (name(&format!("activities/{activity}")), name(actor));
        explain(&example().world, &activity, &actor, day(t), &Languages::default()).unwrap()
    }

    #[test]
    fn promise_1_the_answer_follows_from_what_is_found() {
        let of = |activity: &str, actor: &str, t: &str| explained(activity, actor, t).answer;
        assert_eq!(of("all", "countries/jp", "2011-06-01"), Truth::Yes);
        assert_eq!(of("all", "countries/jp", "2011-02-10"), Truth::Possibly);
        assert_eq!(of("all", "countries/jp", "2012-03-15"), Truth::No, "suspended");
        assert_eq!(of("all", "countries/jp", "2012-12-31"), Truth::Possibly, "the offer ends in 2012");
        assert_eq!(of("all", "countries/jp", "2013"), Truth::No, "outside the offer's life");
        assert_eq!(of("all", "countries/be", "2011-06-01"), Truth::Yes, "a member");
        assert_eq!(of("all", "countries/kr", "2011-06-01"), Truth::No, "no partner");
        assert_eq!(of("few", "countries/kr", "2012"), Truth::No);
        assert_eq!(of("listed", "countries/kr", "2012"), Truth::Yes);
    }

    #[test]
    fn promise_1_the_dates_that_decide_or_leave_it_open_are_named() {
        let dates = |t: &str| {
            let found = explained("all", "countries/jp", t).findings;
            found.into_iter().map(|f| (f.ground, f.truth, f.dates.join("; "))).collect::<Vec<_>>()
        };
        let offered = "on offer from 2011-01-01 (events/10); on offer until 2012 (events/10)".to_owned();
        assert_eq!(
            dates("2011-02-10"),
            [
                (Ground::Offered, Truth::Yes, offered.clone()),
                (Ground::Member, Truth::No, String::new()),
                (Ground::Partner, Truth::Possibly, "in frameworks/patg from 2011-02 (events/16)".into()),
                (Ground::Suspended, Truth::No, "suspended from 2012-03-01 (events/17)".into()),
            ]
        );
        let suspended = &dates("2012-03-15")[3];
        let said = "suspended from 2012-03-01 (events/17); suspended no longer from 2012-04-01";
        assert_eq!(*suspended, (Ground::Suspended, Truth::Yes, said.to_owned()));
    }

    #[test]
    fn promise_1_a_membership_that_ends_a_partnership_is_what_decides() {
        let mut example = example();
        let joined = |framework: &str| json!({ "framework": format!("frameworks/{framework}") });
        example.say("countries/kr", "2000-01-01..2005-12-31", "frameworkJoined", joined("pfp"));
        example.say("countries/kr", "2010-01-01", "frameworkJoined", joined("patg"));
        example.say("countries/kr", "2015", "memberAdmitted", json!({ "alliance": "organisations/nato" }));
        let found = |activity: &str, t: &str| {
            let (activity, korea) = (name(&format!("activities/{activity}")), name("countries/kr"));
            let found = explain(&example.world, &activity, &korea, day(t), &Languages::default()).unwrap();
            let Finding { ground, truth, dates } = found.findings.into_iter().nth(2).unwrap();
            (ground, truth, dates.join("; "))
        };
        let (joined, admitted) =
            ("in frameworks/patg from 2010-01-01 (events/19)", "a member from 2015 (events/20)");
        for (activity, ground) in [("all", Ground::Partner), ("few", Ground::Holder)] {
            assert_eq!(found(activity, "2014-05-01"), (ground, Truth::Yes, joined.to_owned()));
            assert_eq!(found(activity, "2015-05-01"), (ground, Truth::Possibly, admitted.to_owned()));
            assert_eq!(found(activity, "2016-05-01"), (ground, Truth::No, admitted.to_owned()));
        }
        assert_eq!(found("few", "2009-01-01"), (Ground::Holder, Truth::No, joined.to_owned()), "not yet");
    }

    #[test]
    fn promise_2_the_rule_comes_from_the_decision_while_it_is_in_force() {
        let from = |activity: &str, t: &str| {
            let found = explained(activity, "countries/jp", t).decisions;
            found
                .into_iter()
                .map(|d| (d.decision.id().to_owned(), d.truth, d.open_because.join("; ")))
                .collect::<Vec<_>>()
        };
        assert_eq!(from("all", "2011-04-30"), []);
        assert_eq!(
            from("all", "2011-05-10"),
            [(
                "policy".to_owned(),
                Truth::Possibly,
                "decisions/policy in effect from 2011-05 (events/14)".to_owned()
            )]
        );
        assert_eq!(from("all", "2012"), [("policy".to_owned(), Truth::Yes, String::new())]);
        assert_eq!(from("all", "2014-01-01"), []);
        assert_eq!(from("listed", "2012"), []);
    }

    #[test]
    fn promise_3_an_offer_deviates_by_its_first_day() {
        let example = example();
        let en = Languages::default();
        let found = |without| {
            let found = deviations(&example.world, day("2020"), &en, without, None);
            short(found.map(|deviation| (deviation.activity.name, deviation.truth)))
        };
        assert_eq!(found(false), ["few POSSIBLY", "listed YES"]);
        assert_eq!(found(true), ["few POSSIBLY"]);
    }

    #[test]
    fn the_date_of_an_offer_that_leaves_it_open_is_named() {
        let mut example = example();
        let offer = json!({
            "kind": "ACTIVITY_KIND_EXERCISE",
            "titles": { "en": "x" },
            "access": "ACCESS_LISTED",
        });
        example.say("activities/some", "2011", "activityOffered", offer);
        let found = deviation(&example.world, &name("activities/some"), day("2020"), &Languages::default());
        let open = found.unwrap().decisions.remove(0).open_because;
        assert_eq!(
            open,
            [
                "activities/some offered from 2011 (events/18)",
                "decisions/policy in effect from 2011-05 (events/14)"
            ]
        );
    }
}
