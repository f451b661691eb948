//! Every question that is compared: how the product is asked, and what of its answer is compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use minuted::grpc::{
    activities, actors, agreements, areas, decisions, dossier, frameworks, meetings, operations,
};
use minuted::proto::v1;
use minuted::proto::v1::activity_service_client::ActivityServiceClient;
use minuted::proto::v1::actor_service_client::ActorServiceClient;
use minuted::proto::v1::agreement_service_client::AgreementServiceClient;
use minuted::proto::v1::area_service_client::AreaServiceClient;
use minuted::proto::v1::decision_service_client::DecisionServiceClient;
use minuted::proto::v1::dossier_service_client::DossierServiceClient;
use minuted::proto::v1::framework_service_client::FrameworkServiceClient;
use minuted::proto::v1::meeting_service_client::MeetingServiceClient;
use minuted::proto::v1::operation_service_client::OperationServiceClient;
use prost::Message;
use serde_json::{Value, json};
use tonic::{Code, Status, Streaming};

use crate::Product;
use crate::dates::Span;
use crate::dossier::known_event;
use crate::known::Known;
use crate::meetings::delegation;

/// The order of the names that are shown.
pub(crate) const BY_NAME_SHOWN: &str = "display_name";

/// A client of the service that answers, over what is recorded.
macro_rules! client {
    ($product:ident, $client:ident, events) => {
        $product.events.clone()
    };
    ($product:ident, $client:ident, $module:ident) => {
        $client::new($module::service($product.readers.clone()))
    };
}

macro_rules! questions {
    ($($name:ident: $service:literal $client:ident($module:ident).$rpc:ident($request:ident) -> $response:ident;)*) => {
        /// A question, as it is sent.
        #[derive(Clone, Debug)]
        pub(crate) enum Question {
            $($name(v1::$request),)*
        }

        /// The rpcs that are compared.
        pub(crate) const COMPARED: &[(&str, &str)] = &[$(($service, stringify!($name)),)*];

        impl Question {
            /// Asks the product; the answer as its bytes.
            pub(crate) async fn ask(&self, product: &Product) -> Result<Vec<u8>, Status> {
                match self {
                    $(Question::$name(request) => {
                        let mut client = client!(product, $client, $module);
                        let answer = client.$rpc(request.clone()).await?;
                        Ok(answer.into_inner().whole().await?.encode_to_vec())
                    })*
                }
            }

            pub(crate) fn as_of(&mut self) -> &mut Option<v1::AsOf> {
                match self {
                    $(Question::$name(request) => &mut request.as_of,)*
                }
            }

            /// The two times of an answer.
            pub(crate) fn answered(&self, bytes: &[u8]) -> v1::AnsweredAsOf {
                match self {
                    $(Question::$name(_) => {
                        v1::$response::decode(bytes).unwrap().answered_as_of.expect("every answer says it")
                    })*
                }
            }

            fn seen(&self, bytes: &[u8]) -> Value {
                match self {
                    $(Question::$name(_) => Seen::seen(v1::$response::decode(bytes).unwrap()),)*
                }
            }
        }

        $(impl Whole for v1::$response {
            type Answer = Self;

            async fn whole(self) -> Result<Self, Status> {
                Ok(self)
            }
        })*
    };
}

/// An answer, put together where it comes in pieces.
trait Whole {
    type Answer: Message;

    async fn whole(self) -> Result<Self::Answer, Status>;
}

impl Whole for Streaming<v1::ExportCalendarResponse> {
    type Answer = v1::ExportCalendarResponse;

    async fn whole(mut self) -> Result<v1::ExportCalendarResponse, Status> {
        let mut whole = self.message().await?.expect("there is a first piece");
        while let Some(piece) = self.message().await? {
            whole.ics.push_str(&piece.ics);
            whole.meetings.extend(piece.meetings);
            whole.left_out.extend(piece.left_out);
        }
        Ok(whole)
    }
}

questions! {
    GetStanding: "ActorService" ActorServiceClient(actors).get_standing(GetStandingRequest) -> GetStandingResponse;
    GetActor: "ActorService" ActorServiceClient(actors).get_actor(GetActorRequest) -> GetActorResponse;
    ListActors: "ActorService" ActorServiceClient(actors).list_actors(ListActorsRequest) -> ListActorsResponse;
    GetFramework: "FrameworkService" FrameworkServiceClient(frameworks).get_framework(GetFrameworkRequest) -> GetFrameworkResponse;
    ListFrameworks: "FrameworkService" FrameworkServiceClient(frameworks).list_frameworks(ListFrameworksRequest) -> ListFrameworksResponse;
    GetArea: "AreaService" AreaServiceClient(areas).get_area(GetAreaRequest) -> GetAreaResponse;
    ListAreas: "AreaService" AreaServiceClient(areas).list_areas(ListAreasRequest) -> ListAreasResponse;
    ListAreaChoices: "AreaService" AreaServiceClient(areas).list_area_choices(ListAreaChoicesRequest) -> ListAreaChoicesResponse;
    ListOneWayAreas: "AreaService" AreaServiceClient(areas).list_one_way_areas(ListOneWayAreasRequest) -> ListOneWayAreasResponse;
    GetAgreement: "AgreementService" AgreementServiceClient(agreements).get_agreement(GetAgreementRequest) -> GetAgreementResponse;
    ListAgreements: "AgreementService" AgreementServiceClient(agreements).list_agreements(ListAgreementsRequest) -> ListAgreementsResponse;
    ListExpiringAgreements: "AgreementService" AgreementServiceClient(agreements).list_expiring_agreements(ListExpiringAgreementsRequest) -> ListExpiringAgreementsResponse;
    GetOperation: "OperationService" OperationServiceClient(operations).get_operation(GetOperationRequest) -> GetOperationResponse;
    ListOperations: "OperationService" OperationServiceClient(operations).list_operations(ListOperationsRequest) -> ListOperationsResponse;
    GetContribution: "OperationService" OperationServiceClient(operations).get_contribution(GetContributionRequest) -> GetContributionResponse;
    ListContributions: "OperationService" OperationServiceClient(operations).list_contributions(ListContributionsRequest) -> ListContributionsResponse;
    GetActivity: "ActivityService" ActivityServiceClient(activities).get_activity(GetActivityRequest) -> GetActivityResponse;
    ListActivities: "ActivityService" ActivityServiceClient(activities).list_activities(ListActivitiesRequest) -> ListActivitiesResponse;
    ExplainAccess: "ActivityService" ActivityServiceClient(activities).explain_access(ExplainAccessRequest) -> ExplainAccessResponse;
    ListDeviations: "ActivityService" ActivityServiceClient(activities).list_deviations(ListDeviationsRequest) -> ListDeviationsResponse;
    GetDecision: "DecisionService" DecisionServiceClient(decisions).get_decision(GetDecisionRequest) -> GetDecisionResponse;
    ListDecisions: "DecisionService" DecisionServiceClient(decisions).list_decisions(ListDecisionsRequest) -> ListDecisionsResponse;
    TraceDecision: "DecisionService" DecisionServiceClient(decisions).trace_decision(TraceDecisionRequest) -> TraceDecisionResponse;
    GetEvent: "EventService" EventServiceClient(events).get_event(GetEventRequest) -> GetEventResponse;
    ListIntentions: "DecisionService" DecisionServiceClient(decisions).list_intentions(ListIntentionsRequest) -> ListIntentionsResponse;
    ListActorEvents: "DossierService" DossierServiceClient(dossier).list_actor_events(ListActorEventsRequest) -> ListActorEventsResponse;
    ListUnconfirmedEvents: "DossierService" DossierServiceClient(dossier).list_unconfirmed_events(ListUnconfirmedEventsRequest) -> ListUnconfirmedEventsResponse;
    GetMeeting: "MeetingService" MeetingServiceClient(meetings).get_meeting(GetMeetingRequest) -> GetMeetingResponse;
    ListMeetings: "MeetingService" MeetingServiceClient(meetings).list_meetings(ListMeetingsRequest) -> ListMeetingsResponse;
    GetMeetingStatistics: "MeetingService" MeetingServiceClient(meetings).get_meeting_statistics(GetMeetingStatisticsRequest) -> GetMeetingStatisticsResponse;
    ListExternalsWithoutAgreement: "MeetingService" MeetingServiceClient(meetings).list_externals_without_agreement(ListExternalsWithoutAgreementRequest) -> ListExternalsWithoutAgreementResponse;
    ListCoAttendance: "MeetingService" MeetingServiceClient(meetings).list_co_attendance(ListCoAttendanceRequest) -> ListCoAttendanceResponse;
    ListUnansweredInvitations: "MeetingService" MeetingServiceClient(meetings).list_unanswered_invitations(ListUnansweredInvitationsRequest) -> ListUnansweredInvitationsResponse;
    ExportCalendar: "MeetingService" MeetingServiceClient(meetings).export_calendar(ExportCalendarRequest) -> ExportCalendarResponse;
    ListContributors: "OperationService" OperationServiceClient(operations).list_contributors(ListContributorsRequest) -> ListContributorsResponse;
    ListNonContributors: "OperationService" OperationServiceClient(operations).list_non_contributors(ListNonContributorsRequest) -> ListNonContributorsResponse;
}

macro_rules! lists {
    ($($name:ident -> $response:ident.$items:ident;)*) => {
        impl Question {
            /// Asks for one page of so many, the first or the one that a token goes on with; no, where it is no list.
            pub(crate) fn turn(&mut self, size: i32, token: String) -> bool {
                match self {
                    $(Question::$name(ask) => (ask.page_size, ask.page_token) = (size, token),)*
                    _ => return false,
                }
                true
            }

            /// How many a page holds, and the token of the next one.
            pub(crate) fn page(&self, bytes: &[u8]) -> (usize, String) {
                match self {
                    $(Question::$name(_) => {
                        let page = v1::$response::decode(bytes).unwrap();
                        (page.$items.len(), page.next_page_token)
                    })*
                    other => panic!("{other:?} has no pages"),
                }
            }

            /// All pages as one; what else they say is the same on each.
            pub(crate) fn joined(&self, pages: &[Vec<u8>]) -> Vec<u8> {
                match self {
                    $(Question::$name(_) => {
                        let (mut items, mut rests) = (Vec::new(), Vec::new());
                        for page in pages {
                            let mut page = v1::$response::decode(&page[..]).unwrap();
                            page.next_page_token.clear();
                            items.append(&mut page.$items);
                            rests.push(page);
                        }
                        let mut whole = rests.swap_remove(0);
                        assert!(rests.iter().all(|rest| *rest == whole), "{self:?}: {whole:?} and {rests:?}");
                        whole.$items = items;
                        whole.encode_to_vec()
                    })*
                    other => panic!("{other:?} has no pages"),
                }
            }
        }
    };
}

lists! {
    ListActors -> ListActorsResponse.actors;
    ListFrameworks -> ListFrameworksResponse.frameworks;
    ListAreas -> ListAreasResponse.areas;
    ListAreaChoices -> ListAreaChoicesResponse.choices;
    ListOneWayAreas -> ListOneWayAreasResponse.areas;
    ListAgreements -> ListAgreementsResponse.agreements;
    ListExpiringAgreements -> ListExpiringAgreementsResponse.agreements;
    ListOperations -> ListOperationsResponse.operations;
    ListContributions -> ListContributionsResponse.contributions;
    ListActivities -> ListActivitiesResponse.activities;
    ListDeviations -> ListDeviationsResponse.deviations;
    ListDecisions -> ListDecisionsResponse.decisions;
    ListIntentions -> ListIntentionsResponse.intentions;
    ListActorEvents -> ListActorEventsResponse.events;
    ListUnconfirmedEvents -> ListUnconfirmedEventsResponse.events;
    ListMeetings -> ListMeetingsResponse.meetings;
    ListExternalsWithoutAgreement -> ListExternalsWithoutAgreementResponse.externals;
    ListCoAttendance -> ListCoAttendanceResponse.actors;
    ListUnansweredInvitations -> ListUnansweredInvitationsResponse.invitations;
}

impl Question {
    /// What the product answered, as far as it is compared; none where it does not know what is asked about.
    pub(crate) fn product(&self, answer: &Result<Vec<u8>, Status>) -> Option<Value> {
        match answer {
            Ok(bytes) => Some(self.seen_in_order(bytes)),
            Err(status) if status.code() == Code::NotFound => None,
            Err(status) => panic!("{self:?}: {status:?}"),
        }
    }

    /// What the oracle answers from what was known.
    pub(crate) fn oracle(&self, known: &Known<'_>, t: Span) -> Option<Value> {
        let of = |name: &str, answer: &dyn Fn(&str) -> Value| known.knows(name).then(|| answer(name));
        match self {
            Question::GetStanding(ask) => Some(known.standing(&ask.language, t)),
            Question::GetActor(ask) => of(&ask.name, &|name| known.actor(name, &ask.language, t)),
            Question::ListActors(ask) => known.list_actors(ask, t),
            Question::GetFramework(ask) => of(&ask.name, &|name| known.framework(name, &ask.language, t)),
            Question::ListFrameworks(ask) => Some(known.list_frameworks(ask, t)),
            Question::GetArea(ask) => of(&ask.name, &|name| known.area(name, &ask.language)),
            Question::ListAreas(ask) => known.list_areas(ask),
            Question::ListAreaChoices(ask) => known.list_choices(ask, t),
            Question::ListOneWayAreas(ask) => known.one_way(ask, t),
            Question::GetAgreement(ask) => of(&ask.name, &|name| known.agreement(name, &ask.language, t)),
            Question::ListAgreements(ask) => known.list_agreements(ask, t),
            Question::ListExpiringAgreements(ask) => known.expiring(ask, t),
            Question::GetActivity(ask) => of(&ask.name, &|name| known.activity(name, &ask.language, t)),
            Question::ListActivities(ask) => known.list_activities(ask, t),
            Question::ExplainAccess(ask) => known.explain(ask, t),
            Question::ListDeviations(ask) => Some(known.deviations(ask, t)),
            Question::GetDecision(ask) => of(&ask.name, &|name| known.decision(name, &ask.language, t)),
            Question::ListDecisions(ask) => known.list_decisions(ask, t),
            Question::TraceDecision(ask) => of(&ask.name, &|_| known.trace(ask, t)),
            Question::GetEvent(ask) => known.get_event(ask),
            Question::ListIntentions(ask) => Some(known.list_intentions(ask, t)),
            Question::ListActorEvents(ask) => of(&ask.actor, &|_| known.list_actor_events(ask)),
            Question::ListUnconfirmedEvents(ask) => Some(known.unconfirmed(ask)),
            Question::GetMeeting(ask) => of(&ask.name, &|_| known.get_meeting(ask)),
            Question::ListMeetings(ask) => known.list_meetings(ask),
            Question::GetMeetingStatistics(ask) => known.statistics(ask),
            Question::ListExternalsWithoutAgreement(ask) => known.externals(ask),
            Question::ListCoAttendance(ask) => known.co_attendance(ask, t),
            Question::ListUnansweredInvitations(ask) => known.unanswered(ask),
            Question::ExportCalendar(ask) => known.export_calendar(ask),
            Question::GetOperation(ask) => of(&ask.name, &|name| known.operation(name, &ask.language, t)),
            Question::ListOperations(ask) => Some(known.list_operations(ask, t)),
            Question::GetContribution(ask) => of(&ask.name, &|name| known.contribution(name, Some(t))),
            Question::ListContributions(ask) => known.list_contributions(ask, t),
            Question::ListContributors(ask) => of(&ask.operation, &|_| known.contributors(ask, t)),
            Question::ListNonContributors(ask) => known.non_contributors(ask, t),
        }
    }
}

/// Lists of which each stands in an order that can be asked for.
macro_rules! ordered {
    ($($name:ident -> $response:ident { $($list:ident $(.each.$inner:ident)?: $item:ident),* };)*) => {
        impl Question {
            /// What of an answer is compared, once the order of its lists is checked; the oracle has but one order.
            fn seen_in_order(&self, bytes: &[u8]) -> Value {
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
trait Seen {
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

/// How many links away each decision is.
fn depths(steps: Vec<v1::LineageStep>) -> Value {
    let depths = steps.into_iter().map(|step| (step.decision.unwrap().name, Value::from(step.depth)));
    Value::Object(depths.collect())
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
        let mut possible = it.possible;
        possible.sort();
        if possible.is_empty() {
            Value::Null
        } else {
            json!({ "language": it.language, "fallback": it.fallback, "possible": possible })
        }
    };
    Count(it) json!([it.certain, it.possible]);
    HeldFramework(it) json!([it.framework, it.held, it.overlay]);
    Actor(it) json!({
        "name": it.name,
        "etag": it.etag,
        "shown": one(it.display_name),
        "member": it.member,
        "partner": it.partner,
        "suspended": it.suspended,
        "frameworks": each(it.frameworks),
    });
    StandingActor(it) json!([it.actor, it.truth, it.suspended, one(it.display_name)]);
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
    Framework(it) json!([it.name, it.overlay, it.open, one(it.display_name)]);
    GetFrameworkResponse(it) one(it.framework);
    ListFrameworksResponse(it) each(it.frameworks);
    Area(it) {
        let (mut ancestors, mut descendants) = (it.ancestors, it.descendants);
        ancestors.sort();
        descendants.sort();
        json!({
            "name": it.name,
            "shown": one(it.display_name),
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
        "ended": it.ended,
        "superseded_by": it.superseded_by,
        "statuses": sorted(it.statuses),
    });
    GetAgreementResponse(it) one(it.agreement);
    ListAgreementsResponse(it) each(it.agreements);
    ExpiringAgreement(it) json!([it.agreement.unwrap().name, it.expires]);
    ListExpiringAgreementsResponse(it) each(it.agreements);
    Operation(it) json!([it.name, one(it.display_name), it.lead, it.launched, it.active]);
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
        "accepted": it.accepted,
        "ended": it.ended,
        "active": it.active,
    });
    GetContributionResponse(it) one(it.contribution);
    ListContributionsResponse(it) each(it.contributions);
    Contributor(it) json!([it.actor, one(it.display_name), it.military, it.other, each(it.contributions)]);
    Activity(it) {
        let valid = it.valid.unwrap();
        let participants: Vec<_> = it.participations.into_iter().map(|part| part.participant).collect();
        json!({
            "name": it.name,
            "kind": it.kind,
            "shown": one(it.title),
            "access": [it.access, it.framework, it.exception],
            "valid": [valid.from, valid.to],
            "offered": it.offered,
            "participants": participants,
        })
    };
    GetActivityResponse(it) one(it.activity);
    ListActivitiesResponse(it) each(it.activities);
    RuleInForce(it) json!([it.decision, it.in_force]);
    ExplainAccessResponse(it) json!({
        "answer": it.answer,
        "rule": [it.rule, it.framework],
        "decisions": each(it.decisions),
        "offer": it.offer_position,
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
            "in_effect": it.in_effect,
            "statuses": sorted(it.statuses),
        })
    };
    GetDecisionResponse(it) one(it.decision);
    ListDecisionsResponse(it) each(it.decisions);
    TraceDecisionResponse(it) json!({
        "decision": one(it.decision),
        "ancestors": depths(it.ancestors),
        "descendants": depths(it.descendants),
    });
    IntentionOutcome(it) json!([it.outcome, it.truth, it.decisions.into_iter().collect::<BTreeSet<_>>()]);
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
        json!([it.actor, it.meeting, it.truth, one(it.display_name), of_meeting])
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
    NonContributor(it) json!([it.actor, one(it.display_name), it.truth]);
    ListNonContributorsResponse(it) json!({ "partners": each(it.partners), "count": one(it.count) });
    ListContributorsResponse(it) json!({
        "contributors": each(it.contributors),
        "counts": [one(it.military_count), one(it.other_count)],
    });
}
