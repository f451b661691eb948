//! Random requests about a small world: few names and few dates, so that they meet.

use super::dice::Dice;
use crate::domain::activity::Access;
use crate::domain::actor::Extent;
use crate::domain::agreement::{AgreementKind, Step, Terms};
use crate::domain::correction::EventRef;
use crate::domain::decision::{LinkType, Rule};
use crate::domain::meeting::{Attendance, Core, MeetingFact, Particulars, SummaryState};
use crate::domain::tests::facts::{self, Told, name};
use crate::domain::tests::ledger::Ledger;
use crate::domain::time::PartialDate;
use crate::domain::{CommandId, Event, Fact, Name};

const COUNTRIES: [&str; 3] = ["countries/jp", "countries/kr", "countries/ua"];
const ACTORS: [&str; 4] = ["countries/jp", "countries/kr", "countries/ua", "organisations/eu"];
const FRAMEWORKS: [&str; 3] = ["frameworks/patg", "frameworks/pfp", "frameworks/eop"];
const AREAS: [&str; 3] = ["areas/one", "areas/two", "areas/three"];
const AGREEMENTS: [&str; 5] =
    ["agreements/a", "agreements/b", "agreements/c", "agreements/d", "agreements/e"];
const ACTIVITIES: [&str; 3] = ["activities/a", "activities/b", "activities/c"];
const OPERATIONS: [&str; 2] = ["operations/a", "operations/b"];
const CONTRIBUTIONS: [&str; 3] = ["contributions/a", "contributions/b", "contributions/c"];
const DECISIONS: [&str; 4] = ["decisions/a", "decisions/b", "decisions/c", "decisions/d"];
const MEETINGS: [&str; 2] = ["meetings/a", "meetings/b"];
const STEPS: [Step; 7] = [
    Step::Negotiating,
    Step::Initialled,
    Step::Approved,
    Step::Signed,
    Step::Signed,
    Step::Ratified,
    Step::InForce,
];
const KINDS: [AgreementKind; 3] = [AgreementKind::Ipcp, AgreementKind::Ipcp, AgreementKind::Sofa];
const LINKS: [LinkType; 5] =
    [LinkType::DerivesFrom, LinkType::Implements, LinkType::PartOf, LinkType::Follows, LinkType::Supersedes];

/// A date of few: of a year, a month or a day, in the years that meet.
pub(super) fn date(dice: &mut Dice) -> String {
    let year = 2008 + dice.below(5);
    match dice.below(6) {
        0 => format!("{year}"),
        1 => format!("{year}-0{}", 5 + dice.below(2)),
        _ => format!("{year}-0{}-1{}", 5 + dice.below(2), dice.below(3)),
    }
}

/// The first things that a world has; some of them only later.
pub(super) fn beginnings(dice: &mut Dice) -> Vec<Told> {
    let mut all: Vec<Told> = ACTORS.into_iter().map(facts::registered).collect();
    all.push(facts::registered("organisations/nato"));
    all.extend(FRAMEWORKS.map(|f| facts::framework(f, "2008", f == "frameworks/eop")));
    all.push(facts::defined("areas/one", None));
    all.push(facts::defined("areas/two", Some("areas/one")));
    all.push(facts::launched("operations/a", "2009-05"));
    all.push(facts::offered("activities/a", Access::AllPartners, None, "2009"));
    all.push(facts::decided("decisions/a", false, &[], &[], "2009"));
    all.retain(|_| !dice.one_in(8));
    all
}

/// A request: mostly one command, sometimes several.
pub(super) fn request(dice: &mut Dice, ledger: &Ledger) -> Vec<Told> {
    let size = if dice.one_in(4) { 2 + dice.below(2) } else { 1 };
    (0..size).map(|_| command(dice, ledger)).collect()
}

fn command(dice: &mut Dice, ledger: &Ledger) -> Told {
    if !ledger.events.is_empty() && dice.one_in(4) {
        return amendment(dice, ledger);
    }
    let mut told = likely(dice, ledger);
    let spell = matches!(
        told.content.fact.kind(),
        "framework_joined"
            | "member_admitted"
            | "cooperation_suspended"
            | "activity_offered"
            | "operation_launched"
            | "contribution_recorded"
            | "agreement_suspended"
            | "meeting_held"
    );
    if spell && dice.one_in(4) {
        told = told.until(if dice.one_in(4) { "unknown" } else { "2012-06-10" });
    }
    if dice.one_in(12) {
        let version = ledger.streams.get(&told.name).map_or(0, |stream| stream.version().0);
        told = told.expecting(version + u64::from(dice.one_in(3)));
    }
    told
}

/// An event is corrected, most often in its date, or retracted; a retraction and a correction may be, too.
fn amendment(dice: &mut Dice, ledger: &Ledger) -> Told {
    let event: &Event = &ledger.events[dice.below(ledger.events.len())];
    let by_command = dice.one_in(2);
    let target =
        if by_command { EventRef::Command(event.command_id) } else { EventRef::Position(event.position) };
    let retraction = facts::retracted(event.name.as_str(), target);
    if dice.one_in(3) || matches!(event.content.fact, Fact::Amendment(_)) && !dice.one_in(10) {
        return retraction;
    }
    let dated = event.content.valid.from.is_some();
    if dated && !dice.one_in(4) {
        let mut content = event.content.clone();
        content.valid.from = Some(date(dice).parse().unwrap());
        let moved = Told { name: event.name.clone(), content, expected: None, id: None };
        return facts::corrected(target, &moved);
    }
    let other_kind = dice.one_in(8);
    for _ in 0..20 {
        let other = fact(dice);
        if other_kind || other.content.fact.same_kind(&event.content.fact) {
            return facts::corrected(target, &Told { name: event.name.clone(), ..other });
        }
    }
    retraction
}

/// A fact that names what is known, and opens what is not; now and then any other.
fn likely(dice: &mut Dice, ledger: &Ledger) -> Told {
    let known = |name: &Name| ledger.streams.contains_key(name);
    let mut told = fact(dice);
    for _ in 0..12 {
        let fact = &told.content.fact;
        let opens = fact.opens() && !(fact.may_follow() && known(&told.name));
        let fits = opens != known(&told.name) && fact.mentions().into_iter().all(known);
        if fits || dice.one_in(20) {
            break;
        }
        told = self::fact(dice);
    }
    told
}

fn fact(dice: &mut Dice) -> Told {
    let at = date(dice);
    let at = at.as_str();
    match dice.below(20) {
        0..=5 => of_actor(dice, at),
        6..=7 => of_framework_or_area(dice, at),
        8..=10 => of_agreement(dice, at),
        11..=12 => of_activity(dice, at),
        13..=14 => of_operation(dice, at),
        15..=17 => of_decision(dice, at),
        _ => of_meeting(dice, at),
    }
}

fn of_actor(dice: &mut Dice, at: &str) -> Told {
    let actor = dice.of(&ACTORS);
    let framework = dice.of(&FRAMEWORKS);
    match dice.below(14) {
        0 => facts::registered(actor),
        1 => facts::renamed(actor, at, "en", if dice.one_in(2) { "new" } else { "newer" }),
        2..=4 => facts::joined(actor, framework, at),
        5..=6 => facts::left(actor, framework, at),
        7 if dice.one_in(5) => facts::admitted_to(actor, "organisations/eu", at),
        7 => facts::admitted(actor, at),
        8 => facts::membership_ended(actor, at),
        9 => facts::suspended(actor, at),
        10 => facts::resumed(actor, at),
        11..=12 if dice.one_in(8) => facts::chose_for(actor, dice.of(&AREAS), dice.of(&ACTORS), at),
        11..=12 => {
            let extent = dice.of(&[Extent::Full, Extent::Partial]);
            facts::chose(actor, dice.of(&AREAS), extent, at)
        }
        _ => facts::withdrew(actor, dice.of(&AREAS), at),
    }
}

fn of_framework_or_area(dice: &mut Dice, at: &str) -> Told {
    let framework = dice.of(&FRAMEWORKS);
    match dice.below(5) {
        0 => facts::framework(framework, at, dice.one_in(3)),
        1..=2 => facts::closed(framework, at),
        _ => {
            let parent = (!dice.one_in(3)).then(|| dice.of(&AREAS));
            facts::defined(dice.of(&AREAS), parent)
        }
    }
}

fn of_agreement(dice: &mut Dice, at: &str) -> Told {
    let agreement = dice.of(&AGREEMENTS);
    match dice.below(8) {
        0..=2 => {
            let terms = Terms {
                supersedes: dice.one_in(3).then(|| name(dice.of(&AGREEMENTS))),
                term: dice.one_in(3).then(|| dice.of(&["P1Y", "2009/2010"]).parse().unwrap()),
                ..facts::terms(dice.of(&COUNTRIES[..2]), dice.of(&KINDS))
            };
            facts::opened(agreement, terms, dice.of(&STEPS), at)
        }
        3..=4 => facts::advanced(agreement, dice.of(&STEPS), at),
        5 => facts::agreement(agreement, at, crate::domain::agreement::AgreementFact::Suspended),
        6 => facts::agreement(agreement, at, crate::domain::agreement::AgreementFact::Resumed),
        _ => facts::ended(agreement, at),
    }
}

fn of_activity(dice: &mut Dice, at: &str) -> Told {
    let activity = dice.of(&ACTIVITIES);
    match dice.below(6) {
        0..=1 => {
            let framework = Access::Framework(name(dice.of(&FRAMEWORKS)));
            let access = dice.of(&[Access::AllPartners, framework, Access::Listed]);
            facts::offered(activity, access, dice.one_in(2).then_some("by decision"), at)
        }
        2 => facts::withdrawn(activity, at),
        _ => facts::took_part(activity, dice.of(&ACTORS), at),
    }
}

fn of_operation(dice: &mut Dice, at: &str) -> Told {
    let (operation, contribution) = (dice.of(&OPERATIONS), dice.of(&CONTRIBUTIONS));
    match dice.below(8) {
        0 => facts::launched(operation, at),
        1..=2 => facts::operation_ended(operation, at),
        3..=4 => facts::contributed(contribution, dice.of(&ACTORS), operation, at),
        5 => facts::observed(contribution, dice.of(&ACTORS), operation, at),
        6 => facts::accepted(contribution, at),
        _ => facts::contribution_ended(contribution, at),
    }
}

fn of_decision(dice: &mut Dice, at: &str) -> Told {
    let decision = dice.of(&DECISIONS);
    let links: Vec<(LinkType, &str)> =
        (0..dice.below(3)).map(|_| (dice.of(&LINKS), dice.of(&DECISIONS))).collect();
    match dice.below(8) {
        0..=2 => {
            let rules = if dice.one_in(3) { vec![Rule::EqualAccess] } else { Vec::new() };
            facts::decided(decision, dice.one_in(2), &links, &rules, at)
        }
        3..=4 => facts::linked(decision, &links),
        5 => facts::put_in_effect(decision, at),
        6 => facts::superseded(decision, dice.of(&DECISIONS), at),
        _ => facts::lapsed(decision, at),
    }
}

fn of_meeting(dice: &mut Dice, at: &str) -> Told {
    let (meeting, actor) = (dice.of(&MEETINGS), dice.of(&ACTORS));
    match dice.below(10) {
        0 => facts::planned(meeting, &[actor], at),
        1 => facts::meeting(meeting, "", MeetingFact::Confirmed),
        2 => facts::rescheduled(meeting, at),
        3 => facts::invited(meeting, actor),
        4 => facts::answered(meeting, actor),
        5 if dice.one_in(2) => facts::cancelled(meeting),
        6 => facts::summarised(meeting, dice.of(&[SummaryState::Draft, SummaryState::Final])),
        7 => {
            let attended = facts::delegation(actor, Attendance::Attended);
            facts::meeting(meeting, "", MeetingFact::Invited(attended))
        }
        _ => {
            let core = dice.of(&[Core::Members, Core::Secretariat, Core::Nobody]);
            let declared_total = dice.one_in(3).then_some(2);
            let held = Particulars { declared_total, ..facts::particulars(core, &[actor]) };
            facts::meeting(meeting, at, MeetingFact::Held(Box::new(held)))
        }
    }
}

/// Days to ask about: inexact ones, too.
pub(super) fn days() -> Vec<crate::domain::time::When> {
    ["2008-05-10", "2009-05-12", "2010", "2010-06", "2010-06-11", "2011-05-12", "2012-06-11", "2026-01-01"]
        .into_iter()
        .map(|text| text.parse::<PartialDate>().unwrap().when())
        .collect()
}

pub(super) fn id(n: u128) -> CommandId {
    CommandId(uuid::Uuid::from_u128(n))
}
