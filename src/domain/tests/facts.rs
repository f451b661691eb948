//! Short builders: a fact with its stream and date, as a test tells it.

use crate::domain::activity::{Access, ActivityFact, ActivityKind, Exception};
use crate::domain::actor::{ActorFact, ActorKind, Choice, Extent, GivenBy};
use crate::domain::agreement::{AgreementFact, AgreementKind, EndReason, Step, Terms};
use crate::domain::area::AreaFact;
use crate::domain::contribution::{ContributionFact, Form};
use crate::domain::correction::{Amendment, EventRef};
use crate::domain::decision::{DecisionFact, Link, LinkType, Rule};
use crate::domain::framework::FrameworkFact;
use crate::domain::meeting::{
    Answer, Attendance, Core, Delegation, Level, MeetingFact, Mode, Particulars, SummaryState,
};
use crate::domain::operation::OperationFact;
use crate::domain::text::Localized;
use crate::domain::time::{Until, Valid, When};
use crate::domain::{Command, CommandId, Content, Fact, Name, Source, Version};

/// What a test tells: a command, but for its id.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) name: Name,
    pub(super) content: Content,
    pub(super) expected: Option<Version>,
    pub(super) id: Option<u128>,
}

impl Told {
    /// Its last day; or `unknown`.
    pub(super) fn until(mut self, text: &str) -> Told {
        let last = if text == "unknown" { Until::Unknown } else { Until::Last(text.parse().unwrap()) };
        self.content.valid.to = Some(last);
        self
    }

    /// The version that the stream must be at.
    pub(super) fn expecting(self, version: u64) -> Told {
        Told { expected: Some(Version(version)), ..self }
    }

    /// With this `command_id`; else each has a new one.
    pub(super) fn with_id(self, id: u128) -> Told {
        Told { id: Some(id), ..self }
    }

    pub(super) fn command(self, next: u128) -> Command {
        let id = CommandId(uuid::Uuid::from_u128(self.id.unwrap_or(next)));
        Command { id, name: self.name, expected_version: self.expected, content: self.content }
    }
}

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A date as inexact as it is written.
pub(super) fn on(text: &str) -> When {
    text.parse::<crate::domain::time::Moment>().unwrap().when()
}

pub(super) fn texts(text: &str) -> Localized {
    Localized::from_iter([("en".parse().unwrap(), text.into())])
}

/// A fact with its date; `""` for none.
pub(super) fn told(stream: &str, date: &str, fact: Fact) -> Told {
    let from = (!date.is_empty()).then(|| date.parse().unwrap());
    let source = Source { text: "a test".into(), unconfirmed: false };
    let content = Content { valid: Valid { from, to: None }, source, fact };
    Told { name: name(stream), content, expected: None, id: None }
}

fn actor(stream: &str, date: &str, fact: ActorFact) -> Told {
    told(stream, date, Fact::Actor(fact))
}

pub(super) fn registered(stream: &str) -> Told {
    let id = name(stream).id().to_uppercase();
    let kind = if stream.starts_with("countries/") {
        ActorKind::Country { alpha2: id.clone(), alpha3: format!("{id}X") }
    } else {
        ActorKind::Organisation
    };
    actor(stream, "", ActorFact::Registered { kind, names: texts(stream) })
}

pub(super) fn renamed(stream: &str, date: &str, language: &str, new: &str) -> Told {
    let names = Localized::from_iter([(language.parse().unwrap(), new.into())]);
    actor(stream, date, ActorFact::Renamed { names })
}

pub(super) fn joined(stream: &str, framework: &str, date: &str) -> Told {
    actor(stream, date, ActorFact::FrameworkJoined { framework: name(framework), reason: String::new() })
}

pub(super) fn left(stream: &str, framework: &str, date: &str) -> Told {
    actor(stream, date, ActorFact::FrameworkLeft { framework: name(framework), reason: String::new() })
}

pub(super) fn admitted(stream: &str, date: &str) -> Told {
    admitted_to(stream, "organisations/nato", date)
}

pub(super) fn admitted_to(stream: &str, alliance: &str, date: &str) -> Told {
    actor(stream, date, ActorFact::MemberAdmitted { alliance: name(alliance), founding: false })
}

pub(super) fn membership_ended(stream: &str, date: &str) -> Told {
    let (alliance, reason) = (name("organisations/nato"), String::new());
    actor(stream, date, ActorFact::MembershipEnded { alliance, reason })
}

pub(super) fn suspended(stream: &str, date: &str) -> Told {
    let scope = "practical cooperation".into();
    actor(stream, date, ActorFact::CooperationSuspended { scope, dialogue_kept: true })
}

pub(super) fn resumed(stream: &str, date: &str) -> Told {
    actor(stream, date, ActorFact::CooperationResumed)
}

pub(super) fn chose(stream: &str, area: &str, extent: Extent, date: &str) -> Told {
    let (chosen_by, agreement) = (name(stream), None);
    let choice = Choice { extent, given_by: GivenBy::Both, chosen_by, agreement };
    actor(stream, date, ActorFact::AreaChosen { area: name(area), choice })
}

pub(super) fn chose_for(stream: &str, area: &str, chosen_by: &str, date: &str) -> Told {
    let (extent, given_by, agreement) = (Extent::Full, GivenBy::Both, None);
    let choice = Choice { extent, given_by, chosen_by: name(chosen_by), agreement };
    actor(stream, date, ActorFact::AreaChosen { area: name(area), choice })
}

pub(super) fn withdrew(stream: &str, area: &str, date: &str) -> Told {
    actor(stream, date, ActorFact::AreaWithdrawn { area: name(area) })
}

pub(super) fn established(stream: &str, date: &str) -> Told {
    framework(stream, date, false)
}

pub(super) fn framework(stream: &str, date: &str, overlay: bool) -> Told {
    told(stream, date, Fact::Framework(FrameworkFact::Established { names: texts(stream), overlay }))
}

pub(super) fn closed(stream: &str, date: &str) -> Told {
    told(stream, date, Fact::Framework(FrameworkFact::Closed { reason: String::new() }))
}

pub(super) fn defined(stream: &str, parent: Option<&str>) -> Told {
    told(stream, "", Fact::Area(AreaFact::Defined { names: texts(stream), parent: parent.map(name) }))
}

pub(super) fn terms(partner: &str, kind: AgreementKind) -> Terms {
    let (term, supersedes) = (None, None);
    Terms { partner: name(partner), kind, titles: texts("a text"), term, supersedes, legally_binding: false }
}

pub(super) fn agreement(stream: &str, date: &str, fact: AgreementFact) -> Told {
    told(stream, date, Fact::Agreement(fact))
}

pub(super) fn opened(stream: &str, terms: Terms, step: Step, date: &str) -> Told {
    agreement(stream, date, AgreementFact::Opened { terms: Box::new(terms), step })
}

/// A periodic one of Japan's, signed.
pub(super) fn signed(stream: &str, date: &str) -> Told {
    opened(stream, terms("countries/jp", AgreementKind::Ipcp), Step::Signed, date)
}

pub(super) fn advanced(stream: &str, step: Step, date: &str) -> Told {
    agreement(stream, date, AgreementFact::Advanced { step })
}

pub(super) fn ended(stream: &str, date: &str) -> Told {
    agreement(stream, date, AgreementFact::Ended { reason: EndReason::Terminated })
}

pub(super) fn offered(stream: &str, access: Access, exception: Option<&str>, date: &str) -> Told {
    let (kind, titles) = (ActivityKind::Exercise, texts(stream));
    let exception = exception.map(|text| Exception::Text(text.into()));
    told(stream, date, Fact::Activity(ActivityFact::Offered { kind, titles, access, exception }))
}

pub(super) fn withdrawn(stream: &str, date: &str) -> Told {
    told(stream, date, Fact::Activity(ActivityFact::Withdrawn { reason: String::new() }))
}

pub(super) fn took_part(stream: &str, participant: &str, date: &str) -> Told {
    told(stream, date, Fact::Activity(ActivityFact::Participated { participant: name(participant) }))
}

pub(super) fn launched(stream: &str, date: &str) -> Told {
    told(stream, date, Fact::Operation(OperationFact::Launched { names: texts(stream), lead: None }))
}

pub(super) fn operation_ended(stream: &str, date: &str) -> Told {
    told(stream, date, Fact::Operation(OperationFact::Ended { reason: String::new() }))
}

pub(super) fn contributed(stream: &str, contributor: &str, operation: &str, date: &str) -> Told {
    contribution(stream, contributor, operation, date, false)
}

pub(super) fn observed(stream: &str, contributor: &str, operation: &str, date: &str) -> Told {
    contribution(stream, contributor, operation, date, true)
}

fn contribution(stream: &str, contributor: &str, operation: &str, date: &str, observed: bool) -> Told {
    let (contributor, operation, form) = (name(contributor), name(operation), Form::Troops);
    let (personnel, note) = (None, String::new());
    let fact = ContributionFact::Recorded { contributor, operation, form, personnel, observed, note };
    told(stream, date, Fact::Contribution(fact))
}

pub(super) fn accepted(stream: &str, date: &str) -> Told {
    told(stream, date, Fact::Contribution(ContributionFact::Accepted))
}

pub(super) fn contribution_ended(stream: &str, date: &str) -> Told {
    told(stream, date, Fact::Contribution(ContributionFact::Ended { reason: String::new() }))
}

pub(super) fn decision(stream: &str, date: &str, fact: DecisionFact) -> Told {
    told(stream, date, Fact::Decision(fact))
}

pub(super) fn decided(
    stream: &str,
    in_effect: bool,
    links: &[(LinkType, &str)],
    rules: &[Rule],
    date: &str,
) -> Told {
    let (links, rules) = (links_of(links), rules.to_vec());
    let (body, titles, meeting) = ("Council".into(), texts(stream), None);
    decision(stream, date, DecisionFact::Recorded { body, in_effect, titles, meeting, links, rules })
}

pub(super) fn intended(stream: &str, date: &str) -> Told {
    decided(stream, false, &[], &[], date)
}

fn links_of(links: &[(LinkType, &str)]) -> Vec<Link> {
    links.iter().map(|&(kind, to)| Link { kind, to: name(to) }).collect()
}

pub(super) fn linked(stream: &str, links: &[(LinkType, &str)]) -> Told {
    decision(stream, "", DecisionFact::Linked { links: links_of(links) })
}

pub(super) fn put_in_effect(stream: &str, date: &str) -> Told {
    decision(stream, date, DecisionFact::PutInEffect)
}

pub(super) fn superseded(stream: &str, by: &str, date: &str) -> Told {
    decision(stream, date, DecisionFact::Superseded { by: name(by) })
}

pub(super) fn lapsed(stream: &str, date: &str) -> Told {
    decision(stream, date, DecisionFact::Lapsed { reason: String::new() })
}

pub(super) fn meeting(stream: &str, date: &str, fact: MeetingFact) -> Told {
    told(stream, date, Fact::Meeting(fact))
}

pub(super) fn delegation(actor: &str, attendance: Attendance) -> Delegation {
    let (on_behalf_of, represented_level) = (String::new(), Level::Unspecified);
    Delegation { actor: name(actor), attendance, on_behalf_of, represented_level }
}

/// A meeting of the members with these, who attended.
pub(super) fn particulars(core: Core, attended: &[&str]) -> Particulars {
    Particulars {
        titles: texts("a meeting"),
        level: Level::Officials,
        topics: Vec::new(),
        venue: None,
        mode: Mode::InPerson,
        core,
        delegations: attended.iter().map(|actor| delegation(actor, Attendance::Attended)).collect(),
        declared_total: None,
        named_is_complete: None,
        qualifier: String::new(),
    }
}

pub(super) fn planned(stream: &str, invited: &[&str], date: &str) -> Told {
    let delegations = invited.iter().map(|actor| delegation(actor, Attendance::Unspecified)).collect();
    let particulars = Particulars { delegations, ..particulars(Core::Members, &[]) };
    meeting(stream, date, MeetingFact::Planned(Box::new(particulars)))
}

pub(super) fn held(stream: &str, attended: &[&str], date: &str) -> Told {
    meeting(stream, date, MeetingFact::Held(Box::new(particulars(Core::Members, attended))))
}

pub(super) fn invited(stream: &str, actor: &str) -> Told {
    meeting(stream, "", MeetingFact::Invited(delegation(actor, Attendance::Unspecified)))
}

pub(super) fn answered(stream: &str, actor: &str) -> Told {
    meeting(stream, "", MeetingFact::Answered { actor: name(actor), answer: Answer::Accepted })
}

pub(super) fn rescheduled(stream: &str, date: &str) -> Told {
    meeting(stream, date, MeetingFact::Rescheduled { reason: String::new() })
}

pub(super) fn cancelled(stream: &str) -> Told {
    meeting(stream, "", MeetingFact::Cancelled { reason: String::new() })
}

pub(super) fn summarised(stream: &str, state: SummaryState) -> Told {
    meeting(stream, "", MeetingFact::Summarised { state, text: texts("it went well") })
}

pub(super) fn amendment(stream: &Name, amendment: Amendment) -> Told {
    told(stream.as_str(), "", Fact::Amendment(amendment))
}

/// The event at `target` as it should have been.
pub(super) fn corrected(target: EventRef, as_it_should_be: &Told) -> Told {
    let content = Box::new(as_it_should_be.content.clone());
    amendment(&as_it_should_be.name, Amendment::Corrected { target, content, reason: "a slip".into() })
}

pub(super) fn retracted(stream: &str, target: EventRef) -> Told {
    amendment(&name(stream), Amendment::Retracted { target, reason: "a slip".into() })
}
