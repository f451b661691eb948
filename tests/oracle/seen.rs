//! What of the product's answers is compared, and the orders in which their lists can be asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use minuted::proto::v1;
use prost::Message;
use serde_json::{Value, json};

use crate::asked::Question;
use crate::because;
use crate::dates::Span;
use crate::dossier::known_event;
use crate::meetings::delegation;

/// The order of the names that are shown.
pub(crate) const BY_NAME_SHOWN: &str = "display_name";

/// Lists of which each stands in an order that can be asked for.
macro_rules! ordered {
    ($($name:ident -> $response:ident { $($list:ident $(.each.$inner:ident)?: $item:ident),* };)*) => {
        impl Question {
            /// What of an answer is compared, once the order of its lists is checked; the oracle has but one order.
            pub(crate) fn seen_in_order(&self, bytes: &[u8]) -> Value {
                match self {
                    $(Question::$name(ask) if ask.order_by == BY_NAME_SHOWN => {
                        let mut answer = v1::$response::decode(bytes).unwrap();
                        $(in_order(&mut answer.$list, |it| (it.display_name.as_ref(), &it.$item));
                        $(answer.$list.iter_mut().for_each(|it| {
                            in_order(&mut it.$inner, |it| (it.display_name.as_ref(), &it.actor));
                        });)?)*
                        answer.seen()
                    })*
                    _ => self.seen(bytes),
                }
            }
        }
    };
}

ordered! {
    ListActors -> ListActorsResponse { actors: name };
    ListAreas -> ListAreasResponse { areas: name };
    ListFrameworks -> ListFrameworksResponse { frameworks: name };
    ListOperations -> ListOperationsResponse { operations: name };
    ListCoAttendance -> ListCoAttendanceResponse { actors: actor };
    GetStanding -> GetStandingResponse { members: actor, partners: actor, frameworks.each.holders: framework };
    ListContributors -> ListContributorsResponse { contributors: actor };
    ListNonContributors -> ListNonContributorsResponse { partners: actor };
}

/// What stands in the order of the names that are shown is put in the order of resource names.
fn in_order<T: Debug>(list: &mut [T], of: fn(&T) -> (Option<&v1::DisplayName>, &String)) {
    let place = |it: &T| {
        let (shown, name) = of(it);
        let text = shown.map(|shown| shown.text.clone()).unwrap_or_default();
        // As a reader looks for it: by letters first, whatever their accents.
        (text.to_lowercase().replace('é', "e"), text, name.clone())
    };
    assert!(list.is_sorted_by_key(place), "{list:?}");
    list.sort_by_key(|it| of(it).1.clone());
}

/// What of a message is compared.
pub(crate) trait Seen {
    fn seen(self) -> Value;
}

fn each<S: Seen>(all: Vec<S>) -> Value {
    all.into_iter().map(Seen::seen).collect()
}

/// A name or a title, as far as it is compared.
pub(crate) fn shown(it: Option<v1::DisplayName>) -> Value {
    one(it)
}

fn one<S: Seen>(it: Option<S>) -> Value {
    it.expect("an answer has it").seen()
}

/// Where the order says nothing.
fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

/// The nearest first; in what order those that are as near as each other, the schema does not say.
fn steps(mut steps: Vec<v1::LineageStep>) -> Value {
    assert!(steps.is_sorted_by_key(|step| step.depth), "{steps:?}");
    steps.sort_by_key(|step| (step.depth, step.decision.as_ref().map(|decision| decision.name.clone())));
    each(steps)
}

/// From the first to the one that is asked about; what superseded that comes behind what it supersedes, and is put in the
/// order of names: of two that supersede the same, the schema does not say which is the first.
fn chain(name: &str, mut chain: Vec<v1::Agreement>) -> Value {
    let asked = chain.iter().position(|it| it.name == name).unwrap_or(chain.len());
    for index in (0..chain.len()).filter(|index| *index > asked) {
        let supersedes = &chain[index].supersedes;
        assert!(chain[asked..index].iter().any(|older| older.name == *supersedes), "{chain:?}");
    }
    if let Some(behind) = chain.get_mut(asked + 1..) {
        behind.sort_by(|a, b| a.name.cmp(&b.name));
    }
    each(chain)
}

/// Counts, of all and by class.
fn tally(meetings: Option<v1::Count>, classes: Vec<v1::ClassCount>) -> Value {
    let classes = classes.into_iter().map(|of| (of.class, one(of.count)));
    json!({ "meetings": one(meetings), "classes": classes.collect::<BTreeMap<_, _>>() })
}

macro_rules! seen {
    ($($message:ident($it:ident) $value:expr;)*) => {
        $(impl Seen for v1::$message {
            fn seen(self) -> Value {
                let $it = self;
                $value
            }
        })*
    };
}

seen! {
    DisplayName(it) {
        if it.possible.is_empty() {
            return Value::Null;
        }
        assert!(it.possible.contains(&it.text), "{it:?}");
        let certain = it.truth() == v1::Truth::Yes;
        let possible = sorted(it.possible);
        json!({ "language": it.language, "fallback": it.fallback, "possible": possible, "certain": certain })
    };
    Count(it) json!([it.certain, it.possible]);
    HeldFramework(it) json!([it.framework, it.held, it.overlay, because::read(&it.open_because)]);
    Actor(it) json!({
        "name": it.name,
        "registered": [json!(it.kind), json!(it.alpha2), json!(it.alpha3)],
        "names": sorted(it.names.into_iter().map(|name| (name.language, name.text, name.since)).collect()),
        "scopes": sorted(it.suspension_scopes),
        "etag": it.etag,
        "shown": one(it.display_name),
        "member": it.member,
        "partner": it.partner,
        "suspended": it.suspended,
        "frameworks": each(it.frameworks),
        "because": because::read(&it.open_because),
    });
    StandingActor(it) {
        let why = because::read(&it.open_because);
        json!([it.actor, it.truth, it.suspended, one(it.display_name), why])
    };
    FrameworkStanding(it) json!({
        "framework": [it.framework, it.overlay, it.open, one(it.display_name)],
        "holders": { "actors": each(it.holders), "count": one(it.holder_count) },
    });
    GetStandingResponse(it) json!({
        "members": { "actors": each(it.members), "count": one(it.member_count) },
        "partners": { "actors": each(it.partners), "count": one(it.partner_count) },
        "frameworks": each(it.frameworks),
    });
    GetActorResponse(it) one(it.actor);
    ListActorsResponse(it) each(it.actors);
    Framework(it) json!([
        it.name, it.overlay, it.open, one(it.display_name), it.established, it.closed, it.etag
    ]);
    GetFrameworkResponse(it) one(it.framework);
    ListFrameworksResponse(it) each(it.frameworks);
    Area(it) {
        let (mut ancestors, mut descendants) = (it.ancestors, it.descendants);
        ancestors.sort();
        descendants.sort();
        json!({
            "name": it.name,
            "shown": one(it.display_name),
            "etag": it.etag,
            "parent": it.parent,
            "ancestors": ancestors,
            "descendants": descendants,
        })
    };
    GetAreaResponse(it) one(it.area);
    ListAreasResponse(it) each(it.areas);
    AreaChoice(it) json!({
        "actor": [it.actor, one(it.actor_display_name)],
        "area": [it.area, one(it.area_display_name)],
        "chosen": it.chosen,
        "extents": it.extents,
        "given_by": it.given_by,
        "agreements": sorted(it.agreements),
        "since": it.since.into_iter().collect::<BTreeSet<_>>(),
        "because": because::read(&it.open_because),
    });
    ListAreaChoicesResponse(it) each(it.choices);
    OneWayArea(it) json!([one(it.choice), it.one_way]);
    ListOneWayAreasResponse(it) each(it.areas);
    AgreementStepDate(it) json!([it.step, it.date]);
    Agreement(it) json!({
        "name": it.name,
        "partner": it.partner,
        "kind": it.kind,
        "term": it.term,
        "supersedes": it.supersedes,
        "shown": one(it.title),
        "steps": each(it.steps),
        "stands": it.stands,
        "etag": it.etag,
        "legally_binding": it.legally_binding,
        "term_over": (!it.term_over.is_empty()).then(|| format!("{:?}", because::written(&it.term_over))),
        "ended": (!it.ended.is_empty()).then_some((it.ended, it.end_reason)),
        "superseded_by": it.superseded_by,
        "statuses": sorted(it.statuses),
    });
    GetAgreementResponse(it) json!([one(it.agreement.clone()), chain(&it.agreement.unwrap().name, it.chain)]);
    ListAgreementsResponse(it) each(it.agreements);
    ExpiringAgreement(it) json!([
        one(it.agreement), it.expires, because::read(&it.open_because)
    ]);
    ListExpiringAgreementsResponse(it) each(it.agreements);
    Operation(it) json!([it.name, one(it.display_name), it.lead, it.launched, it.active, it.ended, it.etag]);
    GetOperationResponse(it) one(it.operation);
    ListOperationsResponse(it) each(it.operations);
    Contribution(it) json!({
        "name": it.name,
        "contributor": it.contributor,
        "operation": it.operation,
        "form": it.form,
        "military": it.military,
        "personnel": it.personnel,
        "observed": it.observed,
        "etag": it.etag,
        "note": it.note,
        "valid": one(it.valid),
        "accepted": it.accepted,
        "ended": it.ended,
        "active": it.active,
        "because": because::read(&it.open_because),
    });
    GetContributionResponse(it) one(it.contribution);
    ListContributionsResponse(it) each(it.contributions);
    Contributor(it) json!([it.actor, one(it.display_name), it.military, it.other, each(it.contributions)]);
    Activity(it) {
        let valid = it.valid.unwrap();
        // In order of time; in what order those of one day, the schema does not say.
        let mut parts = it.participations;
        let date = |part: &v1::Participation| Span::parse(&part.valid.as_ref().unwrap().from);
        assert!(parts.is_sorted_by_key(date), "{parts:?}");
        parts.sort_by_key(|part| (date(part), part.participant.clone()));
        let participants = parts.into_iter().map(|part| json!([part.participant, one(part.valid)]));
        json!({
            "name": it.name,
            "kind": it.kind,
            "shown": one(it.title),
            "access": [it.access, it.framework, it.exception],
            "valid": [valid.from, valid.to],
            "offered": it.offered,
            "etag": it.etag,
            "withdrawn": it.withdrawn,
            "participants": participants.collect::<Vec<_>>(),
        })
    };
    GetActivityResponse(it) one(it.activity);
    ListActivitiesResponse(it) each(it.activities);
    RuleInForce(it) {
        let why = because::read(&it.open_because);
        json!([it.decision, it.in_force, it.in_effect_since, one(it.title), why])
    };
    AccessFinding(it) {
        use v1::AccessGround::{Holder, Partner, Registered};
        // Of what is of several spells, only the dates that leave it open are compared.
        let of_several = [Holder, Partner, Registered].contains(&it.ground());
        let open = !of_several || it.truth() == v1::Truth::Possibly;
        json!([it.ground, it.truth, if open { because::read(&it.dates) } else { Value::Null }])
    };
    ExplainAccessResponse(it) json!({
        "answer": it.answer,
        "rule": [it.rule, it.framework],
        "decisions": each(it.decisions),
        "offer": it.offer_position,
        "offered": one(it.offered),
        "findings": each(it.findings),
        "shown": [one(it.activity_title), one(it.actor_display_name)],
    });
    Deviation(it) json!([one(it.activity), it.truth, it.has_exception, each(it.decisions)]);
    ListDeviationsResponse(it) each(it.deviations);
    Decision(it) {
        let mut rules = it.rules;
        rules.sort_unstable();
        json!({
            "name": it.name,
            "body": it.body,
            "shown": one(it.title),
            "taken": it.taken,
            "rules": rules,
            "superseded_by": it.superseded_by,
            "etag": it.etag,
            "meeting": it.meeting,
            "links": sorted(it.links.into_iter().map(|link| (link.r#type, link.to)).collect()),
            "dates": [it.in_effect_since, it.superseded, it.lapsed],
            "in_effect": it.in_effect,
            "statuses": sorted(it.statuses),
        })
    };
    GetDecisionResponse(it) one(it.decision);
    ListDecisionsResponse(it) each(it.decisions);
    LineageStep(it) {
        let links = it.links.into_iter().map(|link| (link.from, link.r#type, link.to));
        json!([it.depth, one(it.decision), sorted(links.collect())])
    };
    TraceDecisionResponse(it) json!({
        "decision": one(it.decision),
        "ancestors": steps(it.ancestors),
        "descendants": steps(it.descendants),
    });
    IntentionOutcome(it) {
        let of_either = it.outcome() == v1::Outcome::PartOf;
        let dates = if of_either { Value::Null } else { because::read(&it.dates) };
        json!([it.outcome, it.truth, it.decisions.into_iter().collect::<BTreeSet<_>>(), dates])
    };
    Intention(it) json!([one(it.decision), each(it.outcomes)]);
    ListIntentionsResponse(it) each(it.intentions);
    KnownEvent(it) known_event(
        it.event.as_ref(),
        it.stands,
        it.known_valid.as_ref(),
        it.known_source.as_ref(),
        it.known_fact.as_ref(),
    );
    Amendment(it) json!([it.event.unwrap().position, it.stands]);
    GetEventResponse(it) {
        let known = known_event(
            it.event.as_ref(),
            it.stands,
            it.known_valid.as_ref(),
            it.known_source.as_ref(),
            it.known_fact.as_ref(),
        );
        json!([known, each(it.amendments)])
    };
    ListActorEventsResponse(it) each(it.events);
    ListUnconfirmedEventsResponse(it) {
        let counts = it.counts.into_iter().map(|of| (of.kind, of.count));
        json!([each(it.events), counts.collect::<Vec<_>>()])
    };
    Meeting(it) {
        let (valid, mut topics) = (it.valid.unwrap(), it.topics);
        topics.sort();
        let invitations = it.invitations.into_iter();
        let invitations = invitations.map(|i| (i.delegation.unwrap().actor, i.answer, i.answered));
        json!({
            "name": it.name,
            "state": it.state,
            "shown": one(it.title),
            "valid": [valid.from, valid.to],
            "topics": topics,
            "core": it.core,
            "etag": it.etag,
            "how": [it.level, it.mode],
            "venue": format!("{:?}", it.venue),
            "qualifier": it.qualifier,
            "delegations": it.delegations.iter().map(delegation).collect::<Vec<_>>(),
            "declared": it.declared_total,
            "complete": it.named_is_complete,
            "named": [it.named_count, it.named_countries, it.named_organisations],
            "not_named": it.not_named_count,
            "invitations": invitations.collect::<BTreeSet<_>>(),
            "summaries": it.summaries.into_iter().map(|s| (s.state, s.text, s.position)).collect::<Vec<_>>(),
            "class": it.class,
            "possible": it.possible_classes,
            "label": it.label,
            "because": because::read(&it.open_because),
            "within": it.within,
        })
    };
    GetMeetingResponse(it) one(it.meeting);
    ListMeetingsResponse(it) each(it.meetings);
    GetMeetingStatisticsResponse(it) {
        let years = it.years.into_iter().map(|of| json!([of.year, tally(of.meetings, of.classes)]));
        json!({ "years": years.collect::<Vec<_>>(), "all": tally(it.meetings, it.classes) })
    };
    ExternalWithoutAgreement(it) {
        let of_meeting = json!([one(it.meeting_title), one(it.valid)]);
        let why = because::read(&it.open_because);
        json!([it.actor, it.meeting, it.truth, one(it.display_name), of_meeting, why])
    };
    ListExternalsWithoutAgreementResponse(it) each(it.externals);
    CoAttendance(it) json!([it.actor, one(it.display_name), one(it.count), it.meetings]);
    ListCoAttendanceResponse(it) each(it.actors);
    UnansweredInvitation(it) {
        let of_meeting = json!([one(it.meeting_title), one(it.valid)]);
        json!([it.actor, one(it.display_name), it.meeting, it.state, it.within, of_meeting])
    };
    Valid(it) json!([it.from, it.to]);
    ListUnansweredInvitationsResponse(it) each(it.invitations);
    ExportCalendarResponse(it) crate::calendar::read(it);
    NonContributor(it) {
        json!([it.actor, one(it.display_name), it.truth, because::read(&it.open_because)])
    };
    ListNonContributorsResponse(it) json!({ "partners": each(it.partners), "count": one(it.count) });
    ListContributorsResponse(it) json!({
        "contributors": each(it.contributors),
        "counts": [one(it.military_count), one(it.other_count)],
    });
}
