//! Everything that the timelines answer on a day, as text: to compare two records of the same facts.

use std::collections::BTreeSet;

use crate::domain::actor::ActorTimeline;
use crate::domain::area;
use crate::domain::decision::{Direction, neighbours};
use crate::domain::meeting::class;
use crate::domain::stream::AnyTimeline;
use crate::domain::tests::ledger::Ledger;
use crate::domain::time::When;
use crate::domain::{Name, World};

/// Every answer about every stream on `t`, one a line.
pub(super) fn answers(ledger: &Ledger, t: When) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, stream) in ledger.streams.iter().filter(|(_, stream)| stream.is_open()) {
        let mut say = |what: &str, answer: String| lines.push(format!("{name} {what} {answer}"));
        match &stream.timeline {
            AnyTimeline::Actor(actor) => of_actor(ledger, actor, t, &mut say),
            AnyTimeline::Framework(framework) => say("life", format!("{:?}", framework.life.hold(t))),
            AnyTimeline::Area(_) => {
                say("ancestors", format!("{:?}", area::ancestors(ledger, name)));
                say("descendants", format!("{:?}", area::descendants(ledger, name)));
            }
            AnyTimeline::Agreement(agreement) => {
                say("statuses", format!("{:?}", agreement.statuses(name, ledger, t)));
                say("standing", format!("{:?}", agreement.standing(name, ledger)));
                say("stands", format!("{:?}", agreement.stands(name, ledger, t)));
            }
            AnyTimeline::Activity(activity) => {
                say("life", format!("{:?}", activity.life.hold(t)));
                for other in ledger.streams.keys().filter(|other| other.is_actor()) {
                    say("allows", format!("{other} {:?}", activity.allowed(ledger, other, t)));
                }
                let parts: BTreeSet<_> =
                    activity.participations.iter().map(|p| (&p.participant, p.valid.text())).collect();
                say("participations", format!("{parts:?}"));
            }
            AnyTimeline::Operation(operation) => say("life", format!("{:?}", operation.life.hold(t))),
            AnyTimeline::Contribution(contribution) => {
                say("holds", format!("{:?}", contribution.holds(ledger, t)));
            }
            AnyTimeline::Decision(decision) => {
                say("statuses", format!("{:?}", decision.statuses(t)));
                say("in effect", format!("{:?}", decision.in_effect(t)));
                for direction in [Direction::Back, Direction::Forward] {
                    say("neighbours", format!("{:?}", neighbours(ledger, name, direction)));
                }
            }
            AnyTimeline::Meeting(meeting) => {
                say("state", format!("{:?}", meeting.state));
                say("format", format!("{:?}", class::format(ledger, meeting)));
            }
        }
    }
    lines
}

fn of_actor(ledger: &Ledger, actor: &ActorTimeline, t: When, say: &mut impl FnMut(&str, String)) {
    say("member", format!("{:?}", actor.member(t)));
    say("suspended", format!("{:?}", actor.suspended(t)));
    say("partner", format!("{:?}", actor.partner(ledger, t)));
    for framework in ledger.names(crate::domain::Collection::Frameworks) {
        say("holds", format!("{framework} {:?}", actor.holds(ledger, &framework, t)));
    }
    for area in actor.choices.keys() {
        let on: BTreeSet<_> =
            actor.choices_on(area, t).iter().map(|(truth, _, choice)| (*truth, choice.extent)).collect();
        say("chose", format!("{area} {:?} {on:?}", actor.chosen(area, t)));
    }
    say("name", format!("{:?}", actor.names.shown(&"en".parse().unwrap(), t)));
}

/// The streams whose answers do not depend on the order of recording: all but meetings, which are acts of the office.
pub(super) fn keeps_order(name: &Name) -> bool {
    name.as_str().starts_with("meetings/")
}
