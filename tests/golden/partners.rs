//! Of actors, frameworks, areas and agreements.

use minuted::domain::actor::{ActorFact, ActorKind, Choice, Extent, GivenBy};
use minuted::domain::agreement::{AgreementFact, AgreementKind, EndReason, Step, Terms};
use minuted::domain::area::AreaFact;
use minuted::domain::framework::FrameworkFact;
use minuted::domain::{Event, Fact};

use super::{event, name, texts};

pub(super) fn events() -> Vec<Event> {
    [actors(), standing(), choices(), formats(), agreements()].concat()
}

fn actor(dates: &str, fact: ActorFact) -> Event {
    event("countries/jp", dates, Fact::Actor(fact))
}

fn actors() -> Vec<Event> {
    let kind = ActorKind::Country { alpha2: "JP".into(), alpha3: "JPN".into() };
    vec![
        actor("", ActorFact::Registered { kind, names: texts("Japan", "Japon") }),
        actor("2019-02-12", ActorFact::Renamed { names: texts("State of Japan", "État du Japon") }),
        actor(
            "2011..2013-04",
            ActorFact::FrameworkJoined { framework: name("frameworks/patg"), reason: "by invitation".into() },
        ),
        actor(
            "2014-05",
            ActorFact::FrameworkLeft { framework: name("frameworks/patg"), reason: "withdrew".into() },
        ),
    ]
}

fn standing() -> Vec<Event> {
    let alliance = || name("organisations/nato");
    vec![
        actor("1949-04-04..unknown", ActorFact::MemberAdmitted { alliance: alliance(), founding: true }),
        actor("1966", ActorFact::MembershipEnded { alliance: alliance(), reason: "left".into() }),
        actor(
            "2014-04..2016",
            ActorFact::CooperationSuspended {
                scope: "all practical cooperation".into(),
                dialogue_kept: true,
            },
        ),
        actor("2016", ActorFact::CooperationResumed),
    ]
}

fn choices() -> Vec<Event> {
    let choice = Choice {
        extent: Extent::Partial,
        given_by: GivenBy::Both,
        chosen_by: name("countries/jp"),
        agreement: Some(name("agreements/jp-ipcp-2014")),
    };
    vec![
        actor("2014-05-06", ActorFact::AreaChosen { area: name("areas/demining"), choice }),
        actor("2020", ActorFact::AreaWithdrawn { area: name("areas/demining") }),
    ]
}

fn formats() -> Vec<Event> {
    let framework = |dates, fact| event("frameworks/patg", dates, Fact::Framework(fact));
    let area =
        AreaFact::Defined { names: texts("Demining", "Déminage"), parent: Some(name("areas/disarmament")) };
    vec![
        framework(
            "2011-04",
            FrameworkFact::Established { names: texts("Partners", "Partenaires"), overlay: true },
        ),
        framework("2024", FrameworkFact::Closed { reason: "merged".into() }),
        event("areas/demining", "", Fact::Area(area)),
    ]
}

fn agreements() -> Vec<Event> {
    let agreement = |dates, fact| event("agreements/jp-ipcp-2014", dates, Fact::Agreement(fact));
    let terms = Terms {
        partner: name("countries/jp"),
        kind: AgreementKind::Ipcp,
        titles: texts("Programme", "Programme individuel"),
        term: Some("P2Y6M".parse().unwrap()),
        supersedes: Some(name("agreements/jp-jpd-2013")),
        legally_binding: true,
    };
    vec![
        agreement("2014-05-06", AgreementFact::Opened { terms: Box::new(terms), step: Step::Signed }),
        agreement("2014-06", AgreementFact::Advanced { step: Step::InForce }),
        agreement("2015..unknown", AgreementFact::Suspended),
        agreement("2016-01-31", AgreementFact::Resumed),
        agreement("2018", AgreementFact::Ended { reason: EndReason::Completed }),
    ]
}
