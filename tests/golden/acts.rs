//! Of activities, meetings, operations, contributions and decisions, and what puts events right.

use minuted::domain::activity::{Access, ActivityFact, ActivityKind, Exception};
use minuted::domain::actor::ActorFact;
use minuted::domain::contribution::{ContributionFact, Form};
use minuted::domain::correction::{Amendment, EventRef};
use minuted::domain::decision::{DecisionFact, Link, LinkType, Rule};
use minuted::domain::meeting::{
    Answer, Attendance, Core, Delegation, Level, MeetingFact, Mode, Particulars, SummaryState, Venue,
};
use minuted::domain::operation::OperationFact;
use minuted::domain::{CommandId, Event, Fact};
use minuted::position::Position;

use super::{content, event, name, texts};

pub(super) fn events() -> Vec<Event> {
    [activities(), meetings(), operations(), contributions(), decisions(), amendments()].concat()
}

fn activities() -> Vec<Event> {
    let activity = |dates, fact| event("activities/sps", dates, Fact::Activity(fact));
    let offered = ActivityFact::Offered {
        kind: ActivityKind::Technology,
        titles: texts("Science", "La science"),
        access: Access::Framework(name("frameworks/patg")),
        exception: Some(Exception::Named(name("decisions/science-2010"))),
    };
    vec![
        activity("2012..2014-12-31", offered),
        activity("2013", ActivityFact::Withdrawn { reason: "no money".into() }),
        activity("2012-06-01", ActivityFact::Participated { participant: name("countries/kr") }),
    ]
}

fn delegation() -> Delegation {
    Delegation {
        actor: name("countries/jp"),
        attendance: Attendance::Excused,
        on_behalf_of: "the Minister for Foreign Affairs".into(),
        represented_level: Level::Ambassadors,
    }
}

fn particulars() -> Particulars {
    Particulars {
        titles: texts("Counter-piracy", "Lutte contre la piraterie"),
        level: Level::Officials,
        topics: vec!["counter-piracy".into(), "partnership".into()],
        venue: Some(Venue {
            name: "Headquarters".into(),
            city: "Brussels".into(),
            country: Some(name("countries/be")),
            time_zone: "Europe/Brussels".into(),
        }),
        mode: Mode::Hybrid,
        core: Core::Nobody,
        delegations: vec![delegation(), Delegation { actor: name("organisations/eu"), ..delegation() }],
        declared_total: Some(47),
        named_is_complete: Some(false),
        qualifier: "and others".into(),
    }
}

fn meetings() -> Vec<Event> {
    let meeting = |dates, fact| event("meetings/counter-piracy-2011", dates, Fact::Meeting(fact));
    let from = "2011-09-15T09:00:00+02:00[Europe/Brussels]";
    let instants = format!("{from}..2011-09-15T17:30:00+02:00[Europe/Brussels]");
    vec![
        meeting("2011-09", MeetingFact::Planned(Box::new(particulars()))),
        meeting("", MeetingFact::Confirmed),
        meeting(from, MeetingFact::Rescheduled { reason: "a strike".into() }),
        meeting("", MeetingFact::Invited(delegation())),
        meeting("", MeetingFact::Answered { actor: name("countries/jp"), answer: Answer::Tentative }),
        meeting("", MeetingFact::Cancelled { reason: "the strike goes on".into() }),
        meeting(&instants, MeetingFact::Held(Box::new(particulars()))),
        meeting("", MeetingFact::Summarised { state: SummaryState::Final, text: texts("All", "Tout") }),
    ]
}

fn operations() -> Vec<Event> {
    let operation = |dates, fact| event("operations/isaf", dates, Fact::Operation(fact));
    let launched =
        OperationFact::Launched { names: texts("ISAF", "FIAS"), lead: Some(name("organisations/nato")) };
    vec![
        operation("2003-08..unknown", launched),
        operation("2014-12-31", OperationFact::Ended { reason: "mission accomplished".into() }),
    ]
}

fn contributions() -> Vec<Event> {
    let contribution = |dates, fact| event("contributions/isaf-au-2010", dates, Fact::Contribution(fact));
    let recorded = ContributionFact::Recorded {
        contributor: name("countries/au"),
        operation: name("operations/isaf"),
        form: Form::Training,
        personnel: Some(1_550),
        observed: true,
        note: "on the eve of the summit".into(),
    };
    vec![
        contribution("2010-11", recorded),
        contribution("2010-12", ContributionFact::Accepted),
        contribution("2013", ContributionFact::Ended { reason: "came home".into() }),
    ]
}

fn decisions() -> Vec<Event> {
    let decision = |dates, fact| event("decisions/partnership-policy-2011", dates, Fact::Decision(fact));
    let link = |kind, to| Link { kind, to: name(to) };
    let recorded = DecisionFact::Recorded {
        body: "Foreign Ministers".into(),
        in_effect: true,
        titles: texts("Partnership policy", "Politique de partenariat"),
        meeting: Some(name("meetings/berlin-2011")),
        links: vec![
            link(LinkType::Implements, "decisions/lisbon-intent-2010"),
            link(LinkType::DerivesFrom, "decisions/strategic-concept-2010"),
        ],
        rules: vec![Rule::EqualAccess, Rule::FlexibleFormats],
    };
    let linked =
        DecisionFact::Linked { links: vec![link(LinkType::PartOf, "decisions/strategic-concept-2010")] };
    vec![
        decision("2011-04-15", recorded),
        decision("2011-05", DecisionFact::PutInEffect),
        decision("", linked),
        decision("2030", DecisionFact::Superseded { by: name("decisions/policy-2030") }),
        decision("2031", DecisionFact::Lapsed { reason: "forgotten".into() }),
    ]
}

fn amendments() -> Vec<Event> {
    let id = CommandId("93df4ae7-5713-5dc9-8bef-1b37b03a1224".parse().unwrap());
    let joined = ActorFact::FrameworkJoined { framework: name("frameworks/ici"), reason: "by letter".into() };
    let corrected = Amendment::Corrected {
        target: EventRef::Command(id),
        content: Box::new(content("2005", Fact::Actor(joined))),
        reason: "two sources disagree".into(),
    };
    let retracted = Amendment::Retracted {
        target: EventRef::Position(Position(12)),
        reason: "it was another one".into(),
    };
    vec![
        event("countries/kw", "", Fact::Amendment(corrected)),
        event("countries/kw", "", Fact::Amendment(retracted)),
    ]
}
