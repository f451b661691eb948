//! Every question that is compared: how the product is asked, and the oracle.

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
use serde_json::Value;
use tonic::{Code, Status, Streaming};

use crate::Product;
use crate::dates::Span;
use crate::known::Known;
use crate::seen::Seen;

/// A client of the service that answers, over what is recorded, behind the cache as in the daemon.
macro_rules! client {
    ($product:ident, $client:ident, events) => {
        $product.events.clone()
    };
    ($product:ident, $client:ident, $module:ident) => {
        $client::new($product.cache.of($module::service($product.readers.clone())))
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

            pub(crate) fn seen(&self, bytes: &[u8]) -> Value {
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
            Question::GetAgreement(ask) => of(&ask.name, &|name| known.get_agreement(name, &ask.language, t)),
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
