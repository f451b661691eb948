//! The reading services over the sample data, asked by the generated clients without a network between.
//!
//! 1. The anchored answers come out as a client sees them.
//! 2. Pages follow each other without a gap or a duplicate, and show one known position and one day.
//! 3. All that is wrong with a question is said at once; what is not known is `NOT_FOUND`.

mod sample;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use calcard::icalendar::{ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty};
use futures::FutureExt;
use jiff::Timestamp;
use minuted::grpc::reading::Readers;
use minuted::grpc::{
    activities, actors, agreements, areas, decisions, dossier, frameworks, meetings, operations, search,
};
use minuted::log::{EventLog, MemoryLog, NewFrame};
use minuted::position::Position;
use minuted::projections::search::{Following, Search};
use minuted::proto::google::rpc;
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
use minuted::proto::v1::search_service_client::SearchServiceClient;
use minuted::recorder::Clock;
use minuted::state::{Snapshot, State};
use minuted::wire;
use prost::Message;
use sample::{Memory, command};
use serde_json::json;
use tonic::{Code, Request, Status};

const YES: i32 = v1::Truth::Yes as i32;
const NO: i32 = v1::Truth::No as i32;
const POSSIBLY: i32 = v1::Truth::Possibly as i32;

/// A clock that stands still.
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Readers of what is recorded in memory, on a day.
fn readers_of(memory: &Memory, today: &str) -> Readers {
    readers_and_log(memory, today).0
}

/// The same, with the log that they read.
fn readers_and_log(memory: &Memory, today: &str) -> (Readers, Arc<dyn EventLog>) {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
    let frames =
        memory.events.chunks(1).map(|events| NewFrame { events: 1, payload: wire::encode_frame(events) });
    let appended = log.append(Position::ZERO, frames.collect()).now_or_never();
    appended.expect("a log in memory waits for nothing").unwrap();
    let noon = format!("{today}T12:00:00Z").parse().unwrap();
    let state = State::open(log.clone(), Snapshot::default()).unwrap();
    (Readers::new(state, Arc::new(Still(noon))), log)
}

fn readers_on(today: &str) -> Readers {
    static SAMPLE: OnceLock<Memory> = OnceLock::new();
    readers_of(SAMPLE.get_or_init(Memory::sample), today)
}

fn readers() -> Readers {
    readers_on("2026-11-24")
}

#[expect(clippy::unnecessary_wraps, reason = "a request has its two times as an option")]
fn on(valid_at: &str) -> Option<v1::AsOf> {
    Some(v1::AsOf { valid_at: valid_at.into(), known_at: None })
}

fn counts(count: Option<v1::Count>) -> (u32, u32) {
    let v1::Count { certain, possible } = count.unwrap();
    (certain, possible)
}

fn detail<M: Message + Default>(status: &Status, name: &str) -> M {
    let all = rpc::Status::decode(status.details()).unwrap();
    let found = all.details.iter().find(|any| any.type_url.ends_with(name)).unwrap();
    M::decode(found.value.as_slice()).unwrap()
}

fn reason(status: &Status) -> (Code, String) {
    (status.code(), detail::<rpc::ErrorInfo>(status, "ErrorInfo").reason)
}

fn fields(status: &Status) -> Vec<(String, String)> {
    let bad: rpc::BadRequest = detail(status, "BadRequest");
    bad.field_violations.into_iter().map(|violation| (violation.field, violation.reason)).collect()
}

#[tokio::test]
async fn standing_in_september_2011() {
    let mut client = ActorServiceClient::new(actors::service(readers()));
    let ask = v1::GetStandingRequest { as_of: on("2011-09-30"), ..v1::GetStandingRequest::default() };
    let standing = client.get_standing(ask).await.unwrap().into_inner();
    assert_eq!((counts(standing.member_count), counts(standing.partner_count)), ((28, 0), (40, 1)));
    let iraq = standing.partners.iter().find(|stood| stood.truth == POSSIBLY).unwrap();
    assert_eq!(iraq.actor, "countries/iq");
    assert!(iraq.open_because[0].contains("from 2011"), "{iraq:?}");
    let answered = standing.answered_as_of.unwrap();
    assert_eq!((answered.valid_at.as_str(), answered.known_position), ("2011-09-30", 424));
    let because = iraq.open_because.clone();
    let ask = v1::GetActorRequest { name: iraq.actor.clone(), as_of: on("2011"), ..Default::default() };
    let iraq = client.get_actor(ask).await.unwrap().into_inner().actor.unwrap();
    assert_eq!((iraq.partner, &iraq.open_because), (POSSIBLY, &because));
    assert_eq!((iraq.frameworks[0].held, &iraq.frameworks[0].open_because), (POSSIBLY, &because));
    let today = client.get_standing(v1::GetStandingRequest::default()).await.unwrap().into_inner();
    assert_eq!(counts(today.member_count), (32, 0));
    assert_eq!(today.answered_as_of.unwrap().valid_at, "2026-11-24");
}

#[tokio::test]
async fn the_counter_piracy_meeting() {
    let mut client = MeetingServiceClient::new(meetings::service(readers()));
    let name = "meetings/counter-piracy-2011".to_owned();
    let ask = v1::GetMeetingRequest { name: name.clone(), ..v1::GetMeetingRequest::default() };
    let meeting = client.get_meeting(ask).await.unwrap().into_inner().meeting.unwrap();
    assert_eq!(
        (meeting.declared_total, meeting.named_count, meeting.not_named_count),
        (Some(47), 18, Some(29))
    );
    assert_eq!((meeting.named_countries, meeting.named_organisations), (15, 3));
    assert_eq!(meeting.class(), v1::MeetingClass::BeyondFrameworks);
    assert_eq!(meeting.label, "28+15 or more");
    assert_eq!(meeting.valid.unwrap().from, "2011-09");
    let ask = v1::ListExternalsWithoutAgreementRequest {
        from: "2011".into(),
        to: "2011".into(),
        meeting: name,
        ..v1::ListExternalsWithoutAgreementRequest::default()
    };
    let externals = client.list_externals_without_agreement(ask).await.unwrap().into_inner().externals;
    assert_eq!((externals.len(), externals[0].actor.as_str()), (14, "countries/ae"));
}

#[tokio::test]
async fn a_declaration_before_and_after_its_correction() {
    let mut client = AgreementServiceClient::new(agreements::service(readers()));
    // Then and now, of the world and of what was known: signed on the 13th as was believed, on the 15th as was found.
    let four = [
        ("2013-04-14", 421, "2013-04-13", YES),
        ("2013-04-14", 424, "2013-04-15", NO),
        ("2013-04-16", 421, "2013-04-13", YES),
        ("2013-04-16", 424, "2013-04-15", YES),
    ];
    for (valid_at, known_position, signed, stands) in four {
        let known_at = Some(v1::as_of::KnownAt::KnownPosition(known_position));
        let as_of = Some(v1::AsOf { valid_at: valid_at.into(), known_at });
        let name = "agreements/jp-jpd-2013".into();
        let ask = v1::GetAgreementRequest { name, as_of, ..v1::GetAgreementRequest::default() };
        let answer = client.get_agreement(ask).await.unwrap().into_inner();
        let agreement = answer.agreement.unwrap();
        assert_eq!((agreement.steps[0].date.as_str(), agreement.stands), (signed, stands), "{valid_at}");
        assert_eq!(answer.answered_as_of.unwrap().known_position, known_position);
    }
}

#[tokio::test]
async fn a_range_that_ends_before_it_begins_is_refused() {
    let mut client = MeetingServiceClient::new(meetings::service(readers()));
    let range = |from: &str, to: &str| v1::ListMeetingsRequest {
        from: from.into(),
        to: to.into(),
        ..v1::ListMeetingsRequest::default()
    };
    let refused = client.list_meetings(range("2012", "2011")).await.unwrap_err();
    assert_eq!(fields(&refused), [("to".to_owned(), "VALID_INTERVAL_INVERTED".to_owned())]);
    assert!(
        client.list_meetings(range("2011-09-15", "2011-09")).await.is_ok(),
        "it may end that day or later"
    );
}

#[tokio::test]
async fn the_lineage_of_the_policy() {
    let mut client = DecisionServiceClient::new(decisions::service(readers()));
    let name = "decisions/lisbon-intent-2010".to_owned();
    let ask = v1::TraceDecisionRequest { name: name.clone(), ..v1::TraceDecisionRequest::default() };
    let trace = client.trace_decision(ask).await.unwrap().into_inner();
    let policy = trace
        .descendants
        .iter()
        .find(|step| step.decision.as_ref().unwrap().name == "decisions/partnership-policy-2011");
    let policy = policy.unwrap();
    assert_eq!((policy.depth, policy.decision.as_ref().unwrap().in_effect), (1, YES));
    assert!(
        policy.links.iter().all(|link| link.from == "decisions/partnership-policy-2011" && link.to == name)
    );
    let depths: Vec<u32> = trace.descendants.iter().map(|step| step.depth).collect();
    assert!(depths.is_sorted() && depths.iter().any(|depth| *depth > 1), "{depths:?}");
    let ancestor = &trace.ancestors[0];
    assert_eq!(ancestor.decision.as_ref().unwrap().name, "decisions/strategic-concept-2010");
    assert_eq!(ancestor.links[0].from, name);
    let ask = v1::ListDecisionsRequest {
        rule: v1::Rule::EqualAccess.into(),
        ..v1::ListDecisionsRequest::default()
    };
    let carrying = client.list_decisions(ask).await.unwrap().into_inner().decisions;
    assert!(carrying.iter().any(|decision| decision.name == "decisions/partnership-policy-2011"));
}

#[tokio::test]
async fn contributors_militarily_and_otherwise() {
    let mut client = OperationServiceClient::new(operations::service(readers()));
    let operation = "operations/isaf".to_owned();
    let ask = v1::ListContributorsRequest {
        operation: operation.clone(),
        as_of: on("2010-11-15"),
        ..v1::ListContributorsRequest::default()
    };
    let on_a_day = client.list_contributors(ask.clone()).await.unwrap().into_inner();
    assert_eq!(counts(on_a_day.military_count), (2, 16));
    let ask = v1::ListContributorsRequest { at_any_time: true, ..ask };
    let ever = client.list_contributors(ask).await.unwrap().into_inner();
    let austria = ever.contributors.iter().find(|contributor| contributor.actor == "countries/at").unwrap();
    assert_eq!(austria.military, YES, "seen on one day is certainly made at some time");
    let ask_who_not = |operation: &str| v1::ListNonContributorsRequest {
        operation: operation.into(),
        as_of: on("2010-11-15"),
        ..v1::ListNonContributorsRequest::default()
    };
    let not = client.list_non_contributors(ask_who_not(&operation)).await.unwrap().into_inner();
    let truth = |actor: &str| not.partners.iter().find(|one| one.actor == actor).map(|one| one.truth);
    assert_eq!((truth("countries/at"), truth("countries/ru")), (Some(POSSIBLY), Some(YES)));
    assert_eq!(counts(not.count), (22, 15));
    for partner in &not.partners {
        assert_eq!(partner.truth == POSSIBLY, !partner.open_because.is_empty(), "{partner:?}");
    }
    let unknown = client.list_non_contributors(ask_who_not("operations/none")).await.unwrap_err();
    assert_eq!(reason(&unknown), (Code::NotFound, "UNKNOWN_OPERATION".into()));
    let ask = v1::ListContributionsRequest {
        operation,
        form: v1::ContributionForm::Financial.into(),
        ..v1::ListContributionsRequest::default()
    };
    let contributions = client.list_contributions(ask).await.unwrap().into_inner().contributions;
    assert!(!contributions.is_empty() && contributions.iter().all(|contribution| !contribution.military));
}

#[tokio::test]
async fn pages_follow_each_other_and_keep_their_day() {
    let (mut token, mut seen) = (String::new(), Vec::new());
    for page in 0.. {
        // The clock goes on, and the pages stay.
        let mut client =
            ActorServiceClient::new(actors::service(readers_on(&format!("2024-03-{:02}", 6 + page))));
        let ask = v1::ListActorsRequest {
            page_size: 10,
            page_token: token,
            members: true,
            ..v1::ListActorsRequest::default()
        };
        let answer = client.list_actors(ask).await.unwrap().into_inner();
        let answered = answer.answered_as_of.unwrap();
        assert_eq!((answered.valid_at.as_str(), answered.known_position), ("2024-03-06", 424));
        seen.extend(answer.actors.into_iter().map(|actor| actor.name));
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 31, "Sweden joined the day after");
    assert!(seen.is_sorted());
}

#[tokio::test]
async fn french_names_come_in_pages_as_french_sorts_them() {
    let mut client = ActorServiceClient::new(actors::service(readers()));
    let mut ask = v1::ListActorsRequest {
        page_size: 7,
        kind: v1::ActorKind::Country.into(),
        language: "fr".into(),
        order_by: "display_name".into(),
        ..v1::ListActorsRequest::default()
    };
    let mut names = Vec::new();
    loop {
        let answer = client.list_actors(ask.clone()).await.unwrap().into_inner();
        names.extend(answer.actors.into_iter().map(|actor| actor.display_name.unwrap().text));
        ask.page_token = answer.next_page_token;
        if ask.page_token.is_empty() {
            break;
        }
    }
    let at = |name: &str| names.iter().position(|other| other == name).unwrap_or_else(|| panic!("{names:?}"));
    for [a, b, c] in [["Danemark", "Égypte", "Finlande"], ["Émirats arabes unis", "Espagne", "États-Unis"]]
    {
        assert!(at(a) < at(b) && at(b) < at(c), "{names:?}");
    }
    let whole = v1::ListActorsRequest { page_size: 1_000, page_token: String::new(), ..ask.clone() };
    let whole = client.list_actors(whole).await.unwrap().into_inner().actors;
    assert_eq!(whole.into_iter().map(|actor| actor.display_name.unwrap().text).collect::<Vec<_>>(), names);
    let standing = v1::GetStandingRequest {
        language: "fr".into(),
        order_by: "display_name".into(),
        ..v1::GetStandingRequest::default()
    };
    let partners = client.get_standing(standing).await.unwrap().into_inner().partners;
    let partners: Vec<_> = partners.into_iter().map(|partner| partner.display_name.unwrap().text).collect();
    let mut expected = names.clone();
    expected.retain(|name| partners.contains(name));
    assert_eq!(partners, expected);
    let wrong = v1::ListActorsRequest { order_by: "colour desc".into(), ..v1::ListActorsRequest::default() };
    let refused = client.list_actors(wrong).await.unwrap_err();
    assert_eq!(fields(&refused), [("order_by".into(), "UNKNOWN_VALUE".into())]);
}

#[tokio::test]
async fn whoever_attended_and_what_has_a_name_come_as_french_sorts_them() {
    let (order_by, language) = ("display_name".to_owned(), "fr".to_owned());
    let mut client = MeetingServiceClient::new(meetings::service(readers()));
    let mut ask = v1::ListCoAttendanceRequest {
        page_size: 5,
        order_by: order_by.clone(),
        language: language.clone(),
        ..v1::ListCoAttendanceRequest::default()
    };
    let mut names = Vec::new();
    loop {
        let answer = client.list_co_attendance(ask.clone()).await.unwrap().into_inner();
        names.extend(answer.actors.into_iter().map(|actor| actor.display_name.unwrap().text));
        ask.page_token = answer.next_page_token;
        if ask.page_token.is_empty() {
            break;
        }
    }
    let by_name =
        v1::ListCoAttendanceRequest { page_size: 100, language: language.clone(), ..Default::default() };
    let by_name = client.list_co_attendance(by_name).await.unwrap().into_inner().actors;
    assert_eq!(names.len(), by_name.len(), "each once");
    let at = |name: &str| names.iter().position(|other| other == name).unwrap_or_else(|| panic!("{names:?}"));
    assert!(
        at("Australie") < at("Émirats arabes unis") && at("Émirats arabes unis") < at("Suisse"),
        "{names:?}"
    );

    let mut client = FrameworkServiceClient::new(frameworks::service(readers()));
    let (order, french) = (order_by.clone(), language.clone());
    let ask = v1::ListFrameworksRequest { order_by: order, language: french, ..Default::default() };
    let shown = client.list_frameworks(ask).await.unwrap().into_inner().frameworks;
    let shown: Vec<_> = shown.into_iter().map(|framework| framework.display_name.unwrap().text).collect();
    let expected = [
        "Dialogue méditerranéen",
        "Initiative de coopération d'Istanbul",
        "Partenaires à opportunités renforcées",
        "Partenaires mondiaux",
        "Partenariat pour la paix / CPEA",
    ];
    assert_eq!(shown, expected, "à stands where a does");
    let mut client = OperationServiceClient::new(operations::service(readers()));
    let ask = v1::ListOperationsRequest { order_by, language, ..Default::default() };
    let shown = client.list_operations(ask).await.unwrap().into_inner().operations;
    let shown: Vec<_> = shown.into_iter().map(|operation| operation.display_name.unwrap().text).collect();
    let expected = [
        "Force internationale d'assistance à la sécurité",
        "Force pour le Kosovo",
        "Mission de formation de l'OTAN en Iraq",
        "Mission OTAN en Iraq",
        "Mission Resolute Support",
        "Opération Active Endeavour",
        "Opération Ocean Shield",
        "Opération Unified Protector",
    ];
    assert_eq!(shown, expected, "capitals are no letters of their own");
}

#[tokio::test]
async fn meetings_and_choices_are_paged_in_their_order() {
    let mut client = MeetingServiceClient::new(meetings::service(readers()));
    let all = client.list_meetings(v1::ListMeetingsRequest::default()).await.unwrap().into_inner().meetings;
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let ask =
            v1::ListMeetingsRequest { page_size: 7, page_token: token, ..v1::ListMeetingsRequest::default() };
        let answer = client.list_meetings(ask).await.unwrap().into_inner();
        seen.extend(answer.meetings);
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((seen.len(), &seen), (33, &all));
    let days: Vec<String> =
        seen.into_iter().map(|meeting| meeting.valid.unwrap().from[..4].to_owned()).collect();
    assert!(days.is_sorted(), "{days:?}");

    let mut client = AreaServiceClient::new(areas::service(readers()));
    let ask = v1::ListAreaChoicesRequest { as_of: on("2024-01-01"), ..v1::ListAreaChoicesRequest::default() };
    let all = client.list_area_choices(ask.clone()).await.unwrap().into_inner().choices;
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let ask = v1::ListAreaChoicesRequest { page_size: 4, page_token: token, ..ask.clone() };
        let answer = client.list_area_choices(ask).await.unwrap().into_inner();
        seen.extend(answer.choices);
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert!(seen.len() > 20);
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_token_of_another_query_is_refused() {
    let mut client = ActorServiceClient::new(actors::service(readers()));
    let ask = v1::ListActorsRequest { page_size: 3, ..v1::ListActorsRequest::default() };
    let token = client.list_actors(ask.clone()).await.unwrap().into_inner().next_page_token;
    let altered = token.chars().rev().collect::<String>();
    let of_other_query = v1::ListActorsRequest { page_token: token.clone(), partners: true, ..ask.clone() };
    let of_other_day = v1::ListActorsRequest { page_token: token.clone(), as_of: on("2011"), ..ask.clone() };
    let garbled = v1::ListActorsRequest { page_token: "not a token".into(), ..ask.clone() };
    let altered = v1::ListActorsRequest { page_token: altered, ..ask.clone() };
    for wrong in [of_other_query, of_other_day, garbled, altered] {
        let refused = client.list_actors(wrong.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::InvalidArgument, "BAD_PAGE_TOKEN".into()), "{wrong:?}");
    }
    let mut in_french = Request::new(v1::ListActorsRequest { page_token: token.clone(), ..ask.clone() });
    in_french.metadata_mut().insert("accept-language", "fr".parse().unwrap());
    let refused = client.list_actors(in_french).await.unwrap_err();
    assert_eq!(reason(&refused).1, "BAD_PAGE_TOKEN", "a page goes on in the languages of the first");
    let of_other_size = v1::ListActorsRequest { page_token: token.clone(), page_size: 1, ..ask };
    assert_eq!(client.list_actors(of_other_size).await.unwrap().into_inner().actors.len(), 1);
    let mut other = FrameworkServiceClient::new(frameworks::service(readers()));
    let ask = v1::ListFrameworksRequest { page_token: token, ..v1::ListFrameworksRequest::default() };
    let refused = other.list_frameworks(ask).await.unwrap_err();
    assert_eq!(reason(&refused).1, "BAD_PAGE_TOKEN");
}

#[tokio::test]
async fn all_that_is_wrong_is_said_at_once() {
    let mut client = AgreementServiceClient::new(agreements::service(readers()));
    let ask = v1::ListAgreementsRequest {
        page_size: -1,
        partner: "frameworks/pfp".into(),
        kind: 99,
        as_of: on("2011-13"),
        language: "no_tag".into(),
        ..v1::ListAgreementsRequest::default()
    };
    let refused = client.list_agreements(ask).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "UNKNOWN_VALUE".into()));
    let mut wrong = fields(&refused);
    wrong.sort();
    let expected = [
        ("as_of.valid_at", "BAD_DATE"),
        ("kind", "UNKNOWN_VALUE"),
        ("language", "BAD_LANGUAGE_TAG"),
        ("page_size", "UNKNOWN_VALUE"),
        ("partner", "BAD_NAME"),
    ];
    assert_eq!(wrong, expected.map(|(field, reason)| (field.to_owned(), reason.to_owned())));
    let bad: rpc::BadRequest = detail(&refused, "BadRequest");
    assert!(
        bad.field_violations.iter().any(|violation| violation.description.contains("AGREEMENT_KIND_SOFA"))
    );
}

#[tokio::test]
async fn a_value_that_is_no_answer_is_refused_with_those_that_are() {
    let mut client = AreaServiceClient::new(areas::service(readers()));
    for (given_by, says) in [(v1::GivenBy::Both as i32, "GIVEN_BY_BOTH is none of"), (9, "9 is none of")] {
        let ask = v1::ListOneWayAreasRequest { given_by, ..v1::ListOneWayAreasRequest::default() };
        let refused = client.list_one_way_areas(ask).await.unwrap_err();
        assert_eq!(fields(&refused), [("given_by".to_owned(), "UNKNOWN_VALUE".to_owned())]);
        let bad: rpc::BadRequest = detail(&refused, "BadRequest");
        let allowed = format!("{says} GIVEN_BY_ALLIANCE, GIVEN_BY_PARTNER");
        assert_eq!(bad.field_violations[0].description, allowed);
    }
}

#[tokio::test]
async fn what_is_not_known_is_not_found() {
    let mut client = ActorServiceClient::new(actors::service(readers()));
    let ask = v1::GetActorRequest { name: "countries/xk".into(), ..v1::GetActorRequest::default() };
    let refused = client.get_actor(ask).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::NotFound, "UNKNOWN_ACTOR".into()));
    let ask =
        v1::ListActorsRequest { framework: "frameworks/pfpp".into(), ..v1::ListActorsRequest::default() };
    let refused = client.list_actors(ask).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::NotFound, "UNKNOWN_FRAMEWORK".into()));
    let refused = client.get_actor(v1::GetActorRequest::default()).await.unwrap_err();
    assert_eq!(fields(&refused), [("name".to_owned(), "FIELD_REQUIRED".to_owned())]);
    let known_at = Some(v1::as_of::KnownAt::KnownPosition(425));
    let as_of = Some(v1::AsOf { valid_at: String::new(), known_at });
    let ask = v1::GetActorRequest { name: "countries/jp".into(), as_of, ..v1::GetActorRequest::default() };
    let refused = client.get_actor(ask).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::OutOfRange, "BEYOND_TAIL".into()));
}

#[tokio::test]
async fn what_is_retracted_is_neither_listed_nor_found() {
    let mut memory = Memory::sample();
    let source = json!({ "text": "an example" });
    let (first, second) = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002");
    let defined = json!({ "areaDefined": { "names": { "en": "A slip" } } });
    let name = "areas/a-slip";
    memory.must_record(vec![command(
        &json!({ "commandId": first, "name": name, "source": source, "fact": defined }),
    )]);
    let retracted = json!({ "eventRetracted": { "target": { "commandId": first }, "reason": "a slip" } });
    memory.must_record(vec![command(
        &json!({ "commandId": second, "name": name, "source": source, "fact": retracted }),
    )]);
    let readers = readers_of(&memory, "2026-11-24");
    let mut client = AreaServiceClient::new(areas::service(readers));
    let listed = client.list_areas(v1::ListAreasRequest::default()).await.unwrap().into_inner();
    assert_eq!((listed.areas.len(), listed.answered_as_of.unwrap().known_position), (18, 426));
    let ask = v1::GetAreaRequest { name: name.into(), ..v1::GetAreaRequest::default() };
    assert_eq!(reason(&client.get_area(ask).await.unwrap_err()), (Code::NotFound, "UNKNOWN_AREA".into()));
}

#[tokio::test]
async fn names_come_in_the_language_asked_for() {
    let mut client = ActorServiceClient::new(actors::service(readers()));
    let ask = v1::GetActorRequest { name: "countries/jp".into(), ..v1::GetActorRequest::default() };
    let name = |answer: v1::GetActorResponse| answer.actor.unwrap().display_name.unwrap();
    let german = v1::GetActorRequest { language: "de".into(), ..ask.clone() };
    let shown = name(client.get_actor(german).await.unwrap().into_inner());
    assert_eq!((shown.text.as_str(), shown.language.as_str(), shown.fallback), ("Japan", "en", true));
    let mut preferring = Request::new(ask);
    preferring.metadata_mut().insert("accept-language", "de, en;q=0.4, fr-CH;q=0.8".parse().unwrap());
    let shown = name(client.get_actor(preferring).await.unwrap().into_inner());
    assert_eq!((shown.text.as_str(), shown.language.as_str(), shown.fallback), ("Japon", "fr", false));
}

#[tokio::test]
async fn activities_by_participant_and_frameworks() {
    let mut client = ActivityServiceClient::new(activities::service(readers()));
    let ask = v1::ListActivitiesRequest {
        participant: "countries/ua".into(),
        ..v1::ListActivitiesRequest::default()
    };
    let activities = client.list_activities(ask).await.unwrap().into_inner().activities;
    assert_eq!(activities.len(), 1);
    assert_eq!(activities[0].access(), v1::Access::AllPartners);
    let mut client = FrameworkServiceClient::new(frameworks::service(readers()));
    let ask = v1::GetFrameworkRequest { name: "frameworks/eop".into(), ..v1::GetFrameworkRequest::default() };
    assert!(client.get_framework(ask).await.unwrap().into_inner().framework.unwrap().overlay);
}

#[tokio::test]
async fn access_is_explained_with_the_rule_its_decision_and_the_dates() {
    let mut client = ActivityServiceClient::new(activities::service(readers()));
    let ask = |activity: &str, actor: &str, t: &str| v1::ExplainAccessRequest {
        activity: format!("activities/{activity}"),
        actor: actor.into(),
        as_of: on(t),
        language: "fr".into(),
        ..v1::ExplainAccessRequest::default()
    };
    let found = client.explain_access(ask("sps", "countries/ru", "2014-05-01")).await.unwrap().into_inner();
    assert_eq!((found.answer(), found.rule()), (v1::Truth::No, v1::Access::AllPartners));
    assert_eq!(found.actor_display_name.as_ref().unwrap().text, "Fédération de Russie");
    let from = &found.decisions[..];
    let [policy] = from else { panic!("one decision: {from:?}") };
    assert_eq!(policy.decision, "decisions/partnership-policy-2011");
    assert_eq!((policy.in_effect_since.as_str(), policy.in_force), ("2011-04-15", YES));
    let suspended = found.findings.iter().find(|f| f.ground() == v1::AccessGround::Suspended).unwrap();
    assert_eq!(suspended.truth(), v1::Truth::Yes);
    assert!(suspended.dates[0].starts_with("suspended from 2014-04 (events/"), "{suspended:?}");
    assert_eq!(found.answered_as_of.unwrap().valid_at, "2014-05-01");

    let found = client.explain_access(ask("ici-menu-2011", "countries/kw", "2012-01-01")).await.unwrap();
    let found = found.into_inner();
    assert_eq!((found.rule(), found.framework.as_str()), (v1::Access::Framework, "frameworks/ici"));
    assert_eq!((found.decisions.len(), found.offer_position > 0), (0, true));

    let refused = client.explain_access(v1::ExplainAccessRequest::default()).await.unwrap_err();
    let needed = ["activity", "actor"].map(|field| (field.to_owned(), "FIELD_REQUIRED".to_owned()));
    assert_eq!(fields(&refused), needed);
    let refused = client.explain_access(ask("sps", "countries/xk", "2012")).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::NotFound, "UNKNOWN_ACTOR".into()));
}

#[tokio::test]
async fn deviations_come_in_pages_with_what_they_deviate_from() {
    let mut client = ActivityServiceClient::new(activities::service(readers()));
    let all = client.list_deviations(v1::ListDeviationsRequest::default()).await.unwrap().into_inner();
    let names: Vec<String> =
        all.deviations.iter().map(|found| found.activity.as_ref().unwrap().name.clone()).collect();
    assert!(names.len() > 1 && names.is_sorted(), "{names:?}");
    for found in &all.deviations {
        assert_eq!(found.decisions[0].decision, "decisions/partnership-policy-2011");
        assert_eq!(found.has_exception, !found.activity.as_ref().unwrap().exception.is_empty());
    }
    let mut paged = Vec::new();
    let mut ask = v1::ListDeviationsRequest { page_size: 1, ..v1::ListDeviationsRequest::default() };
    loop {
        let page = client.list_deviations(ask.clone()).await.unwrap().into_inner();
        paged.extend(page.deviations.into_iter().map(|found| found.activity.unwrap().name));
        ask.page_token = page.next_page_token;
        if ask.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, names);
    ask.without_exception = true;
    let without = client.list_deviations(ask).await.unwrap().into_inner().deviations;
    assert!(without.iter().all(|found| !found.has_exception));
}

#[tokio::test]
async fn intentions_with_how_they_ended_then_and_now() {
    let mut client = DecisionServiceClient::new(decisions::service(readers()));
    let ask = |known_position, outcome: v1::Outcome| v1::ListIntentionsRequest {
        outcome: outcome.into(),
        as_of: Some(v1::AsOf {
            valid_at: String::new(),
            known_at: Some(v1::as_of::KnownAt::KnownPosition(known_position)),
        }),
        ..v1::ListIntentionsRequest::default()
    };
    let now = client.list_intentions(ask(424, v1::Outcome::CarriedOut)).await.unwrap().into_inner();
    let [lisbon] = &now.intentions[..] else { panic!("one was carried out: {:?}", now.intentions) };
    assert_eq!(lisbon.decision.as_ref().unwrap().name, "decisions/lisbon-intent-2010");
    assert_eq!((lisbon.outcomes.len(), lisbon.outcomes[0].truth), (1, YES));
    assert_eq!(lisbon.outcomes[0].decisions, ["decisions/partnership-policy-2011"]);
    assert_eq!(lisbon.outcomes[0].dates, ["decisions/partnership-policy-2011 in effect from 2011-04-15"]);
    let then = client.list_intentions(ask(249, v1::Outcome::Open)).await.unwrap().into_inner();
    assert_eq!((then.intentions.len(), then.answered_as_of.unwrap().known_position), (5, 249));
}

#[tokio::test]
async fn agreements_that_will_soon_be_over() {
    let mut client = AgreementServiceClient::new(agreements::service(readers()));
    let ask = |t: &str, days| v1::ListExpiringAgreementsRequest {
        days,
        as_of: on(t),
        ..v1::ListExpiringAgreementsRequest::default()
    };
    let found = client.list_expiring_agreements(ask("2014-03-01", 30)).await.unwrap().into_inner().agreements;
    assert_eq!((found.len(), found[0].expires), (1, YES));
    assert_eq!(found[0].agreement.as_ref().unwrap().name, "agreements/mn-ipcp-2012");
    let found = client.list_expiring_agreements(ask("2009-12-15", 60)).await.unwrap().into_inner().agreements;
    assert_eq!((found.len(), found[0].expires), (1, POSSIBLY));
    assert!(!found[0].open_because.is_empty());
    for days in [0, 36_501] {
        let refused = client.list_expiring_agreements(ask("2014", days)).await.unwrap_err();
        assert_eq!(fields(&refused), [("days".to_owned(), "UNKNOWN_VALUE".to_owned())]);
    }
}

#[tokio::test]
async fn areas_in_which_one_side_alone_gives() {
    let mut client = AreaServiceClient::new(areas::service(readers()));
    let ask = |given_by: v1::GivenBy| v1::ListOneWayAreasRequest {
        given_by: given_by.into(),
        as_of: on("2021-12-08"),
        ..v1::ListOneWayAreasRequest::default()
    };
    let found = client.list_one_way_areas(ask(v1::GivenBy::Unspecified)).await.unwrap().into_inner().areas;
    let [one] = &found[..] else { panic!("one: {found:?}") };
    let choice = one.choice.as_ref().unwrap();
    assert_eq!((choice.actor.as_str(), choice.area.as_str()), ("countries/co", "areas/demining"));
    assert_eq!((one.one_way, &choice.given_by[..]), (YES, &[v1::GivenBy::Partner as i32][..]));
    let found = client.list_one_way_areas(ask(v1::GivenBy::Alliance)).await.unwrap().into_inner().areas;
    assert_eq!(found, []);
}

#[tokio::test]
async fn meetings_are_counted_per_year_and_class() {
    let mut client = MeetingServiceClient::new(meetings::service(readers()));
    let ask = v1::GetMeetingStatisticsRequest::default();
    let all = client.get_meeting_statistics(ask).await.unwrap().into_inner();
    assert_eq!(counts(all.meetings), (33, 0));
    assert!(all.years.is_sorted_by_key(|year| year.year));
    let of_years: u32 = all.years.iter().map(|year| year.meetings.unwrap().certain).sum();
    assert_eq!(of_years, 33);
    let year = all.years.iter().find(|year| year.year == 2010).unwrap();
    let class = |asked: v1::MeetingClass| {
        year.classes.iter().find(|found| found.class() == asked).map(|found| counts(found.count))
    };
    assert_eq!(class(v1::MeetingClass::Undetermined), Some((2, 0)));
    assert_eq!(class(v1::MeetingClass::WithinFramework).unwrap().0, 1);
    let possible: u32 = year.classes.iter().map(|found| found.count.unwrap().possible).sum();
    assert!(possible >= 4, "each that is undetermined may be of several classes: {year:?}");
}

#[tokio::test]
async fn who_met_again_and_again() {
    let mut client = MeetingServiceClient::new(meetings::service(readers()));
    let topic = "counter-narcotics".to_owned();
    let mut ask =
        v1::ListCoAttendanceRequest { topic, page_size: 3, ..v1::ListCoAttendanceRequest::default() };
    let mut found = Vec::new();
    loop {
        let page = client.list_co_attendance(ask.clone()).await.unwrap().into_inner();
        found.extend(page.actors);
        ask.page_token = page.next_page_token;
        if ask.page_token.is_empty() {
            break;
        }
    }
    let of = |actor: &str| found.iter().find(|found| found.actor == actor).unwrap();
    assert_eq!((found.len(), counts(of("organisations/unodc").count)), (8, (2, 0)));
    assert_eq!(of("countries/kz").meetings.len(), 3);
    (ask.min_meetings, ask.page_size) = (3, 0);
    assert_eq!(client.list_co_attendance(ask).await.unwrap().into_inner().actors.len(), 7);

    let attendees = ["countries/ru", "countries/af"].map(str::to_owned).to_vec();
    let ask = v1::ListMeetingsRequest { attendees, ..v1::ListMeetingsRequest::default() };
    let both = client.list_meetings(ask).await.unwrap().into_inner().meetings;
    assert_eq!(
        both.iter().map(|meeting| meeting.name.as_str()).collect::<Vec<_>>(),
        ["meetings/cn-tashkent-2012"]
    );
    let attendees = vec!["countries/ru".to_owned(), "areas/cyber".to_owned()];
    let ask = v1::ListMeetingsRequest { attendees, ..v1::ListMeetingsRequest::default() };
    let refused = client.list_meetings(ask).await.unwrap_err();
    assert_eq!(fields(&refused), [("attendees[1]".to_owned(), "BAD_NAME".to_owned())]);
}

#[tokio::test]
async fn invitations_that_nobody_has_answered() {
    let mut memory = Memory::sample();
    let record = |memory: &mut Memory, n: u8, kind: &str, fact: serde_json::Value| {
        let id = format!("00000000-0000-4000-8000-0000000000{n:02}");
        let from = if kind == "meetingPlanned" { "2027-03-01" } else { "" };
        memory
            .record(vec![command(&json!({
                "commandId": id,
                "name": "meetings/talks",
                "valid": { "from": from },
                "source": { "text": "an example" },
                "fact": { kind: fact },
            }))])
            .unwrap();
    };
    let invited = json!([{ "actor": "countries/jp" }, { "actor": "countries/kr" }]);
    let planned = json!({ "titles": { "en": "Talks", "fr": "Entretiens" }, "delegations": invited });
    record(&mut memory, 1, "meetingPlanned", planned);
    let answer = json!({ "actor": "countries/jp", "answer": "ANSWER_ACCEPTED" });
    record(&mut memory, 2, "invitationAnswered", answer);
    let mut client = MeetingServiceClient::new(meetings::service(readers_of(&memory, "2026-11-24")));
    let ask = v1::ListUnansweredInvitationsRequest {
        language: "fr".into(),
        ..v1::ListUnansweredInvitationsRequest::default()
    };
    let found = client.list_unanswered_invitations(ask.clone()).await.unwrap().into_inner().invitations;
    let [one] = &found[..] else { panic!("one: {found:?}") };
    assert_eq!((one.actor.as_str(), one.state()), ("countries/kr", v1::MeetingState::Planned));
    assert_eq!(one.meeting_title.as_ref().unwrap().text, "Entretiens");
    let before =
        Some(v1::AsOf { valid_at: String::new(), known_at: Some(v1::as_of::KnownAt::KnownPosition(425)) });
    let then = v1::ListUnansweredInvitationsRequest { as_of: before, ..ask };
    let found = client.list_unanswered_invitations(then).await.unwrap().into_inner().invitations;
    assert_eq!(found.len(), 2, "neither had answered then");
}

#[tokio::test]
async fn a_dossier_in_either_order_then_and_now() {
    let mut client = DossierServiceClient::new(dossier::service(readers()));
    let ask = |order: v1::DossierOrder, known_position| v1::ListActorEventsRequest {
        actor: "countries/jp".into(),
        order: order.into(),
        as_of: Some(v1::AsOf {
            valid_at: String::new(),
            known_at: Some(v1::as_of::KnownAt::KnownPosition(known_position)),
        }),
        ..v1::ListActorEventsRequest::default()
    };
    let positions = |events: &[v1::KnownEvent]| {
        events.iter().map(|known| known.event.as_ref().unwrap().position).collect::<Vec<_>>()
    };
    let recorded = ask(v1::DossierOrder::Recorded, 424);
    let recorded = client.list_actor_events(recorded).await.unwrap().into_inner().events;
    assert_eq!(recorded.len(), 20);
    assert!(positions(&recorded).is_sorted());
    let opened = |events: &[v1::KnownEvent]| {
        let of = |known: &&v1::KnownEvent| known.event.as_ref().unwrap().name == "agreements/jp-jpd-2013";
        let valid = events.iter().find(of).unwrap().known_valid.clone();
        valid.unwrap().from
    };
    assert_eq!(opened(&recorded), "2013-04-15");
    let then = client.list_actor_events(ask(v1::DossierOrder::Recorded, 421)).await.unwrap().into_inner();
    assert_eq!(opened(&then.events), "2013-04-13");
    assert!(then.events.len() < 20);

    let mut paged = Vec::new();
    let mut valid = v1::ListActorEventsRequest { page_size: 6, ..ask(v1::DossierOrder::Valid, 424) };
    loop {
        let page = client.list_actor_events(valid.clone()).await.unwrap().into_inner();
        paged.extend(page.events);
        valid.page_token = page.next_page_token;
        if valid.page_token.is_empty() {
            break;
        }
    }
    let v1::ListActorEventsRequest { actor, order, as_of, at_least_position, .. } = valid;
    let ask = v1::ReadActorEventsRequest { actor, order, as_of, at_least_position };
    let mut parts = client.read_actor_events(ask.clone()).await.unwrap().into_inner();
    let part = parts.message().await.unwrap().unwrap();
    assert_eq!((part.event_count, part.answered_as_of.unwrap().known_position), (20, 424));
    assert_eq!(part.events, paged, "all of it at once is all of its pages");
    assert_eq!(parts.message().await.unwrap(), None);
    let of_nobody = v1::ReadActorEventsRequest { actor: "countries/xk".into(), ..ask };
    let refused = client.read_actor_events(of_nobody).await.err().unwrap();
    assert_eq!(reason(&refused), (Code::NotFound, "UNKNOWN_ACTOR".into()));
    assert_eq!(paged.len(), 20);
    assert_ne!(positions(&paged), positions(&recorded));
    let corrects = |known: &v1::KnownEvent| known.known_valid.clone().unwrap().from.is_empty();
    let facts = paged.iter().filter(|known| !corrects(known));
    let dates: Vec<_> = facts.map(|known| known.known_valid.clone().unwrap().from[..4].to_owned()).collect();
    assert!(dates.is_sorted(), "{dates:?}");
}

#[tokio::test]
async fn what_rests_on_no_confirmed_source_is_counted_by_kind() {
    let mut client = DossierServiceClient::new(dossier::service(readers()));
    let ask =
        v1::ListUnconfirmedEventsRequest { page_size: 50, ..v1::ListUnconfirmedEventsRequest::default() };
    let first = client.list_unconfirmed_events(ask.clone()).await.unwrap().into_inner();
    assert_eq!((first.events.len(), first.next_page_token.is_empty()), (50, false));
    assert_eq!(first.counts.iter().map(|count| count.count).sum::<u32>(), 125);
    assert!(
        first.events.iter().all(|known| known.stands && known.known_source.as_ref().unwrap().unconfirmed)
    );
    let earlier = |position| v1::ListUnconfirmedEventsRequest {
        as_of: Some(v1::AsOf {
            valid_at: String::new(),
            known_at: Some(v1::as_of::KnownAt::KnownPosition(position)),
        }),
        ..ask.clone()
    };
    for (position, expected) in [(100, 91), (424, 125), (50, 45), (100, 91)] {
        let then = client.list_unconfirmed_events(earlier(position)).await.unwrap().into_inner();
        let counted: u32 = then.counts.iter().map(|count| count.count).sum();
        assert_eq!((position, counted), (position, expected), "what was found before is of another time");
    }
    let kinds = vec!["member_admitted".to_owned()];
    let some = v1::ListUnconfirmedEventsRequest { kinds, ..ask.clone() };
    assert_eq!(client.list_unconfirmed_events(some).await.unwrap().into_inner().events.len(), 15);
    let kinds = vec!["member_expelled".to_owned()];
    let refused = client.list_unconfirmed_events(v1::ListUnconfirmedEventsRequest { kinds, ..ask }).await;
    assert_eq!(fields(&refused.unwrap_err()), [("kinds[0]".to_owned(), "UNKNOWN_VALUE".to_owned())]);
}

async fn export(memory: &Memory, request: v1::ExportCalendarRequest) -> Vec<v1::ExportCalendarResponse> {
    let mut client = MeetingServiceClient::new(meetings::service(readers_of(memory, "2026-11-24")));
    let mut stream = client.export_calendar(request).await.unwrap().into_inner();
    let mut pieces = Vec::new();
    while let Some(piece) = stream.message().await.unwrap() {
        pieces.push(piece);
    }
    pieces
}

fn whole(pieces: &[v1::ExportCalendarResponse]) -> String {
    pieces.iter().map(|piece| piece.ics.as_str()).collect()
}

fn calendar_of(ics: &str) -> Vec<ICalendarComponent> {
    let calendar = ICalendar::parse(ics).unwrap_or_else(|other| panic!("{other:?}\n{ics}"));
    calendar
        .components
        .into_iter()
        .filter(|part| part.component_type == ICalendarComponentType::VEvent)
        .collect()
}

fn property(event: &ICalendarComponent, property: &ICalendarProperty) -> String {
    let values = &event.property(property).unwrap_or_else(|| panic!("{property:?} {event:?}")).values;
    values.iter().map(|value| value.as_text().unwrap()).collect()
}

#[tokio::test]
async fn meetings_as_a_calendar_with_what_is_left_out() {
    let sample = Memory::sample();
    let pieces = export(&sample, v1::ExportCalendarRequest::default()).await;
    let [answer] = &pieces[..] else { panic!("{} pieces", pieces.len()) };
    let events = calendar_of(&answer.ics);
    assert_eq!((events.len(), answer.meetings.len(), answer.meeting_count), (25, 25, 25));
    assert_eq!((answer.left_out.len(), answer.left_out_count), (8, 8));
    let out = answer.left_out.iter().find(|out| out.meeting == "meetings/counter-piracy-2011").unwrap();
    assert_eq!(out.reason(), v1::LeftOutReason::BeginNotExact);
    assert_eq!(out.valid.as_ref().unwrap().from, "2011-09");
    let names: Vec<String> = events
        .iter()
        .map(|event| property(event, &ICalendarProperty::Other("X-MINUTED-NAME".into())))
        .collect();
    assert_eq!(names, answer.meetings, "in order of time");
    let ids: BTreeSet<&str> = events.iter().filter_map(|event| event.uid()).collect();
    assert_eq!(ids.len(), 25);
    assert!(events.iter().all(|event| !event.is_recurrent()));
}

#[tokio::test]
async fn a_calendar_is_the_same_to_the_byte_when_asked_again() {
    let mut memory = Memory::sample();
    let french = v1::ExportCalendarRequest {
        actor: "countries/nz".into(),
        from: "2012".into(),
        to: "2012".into(),
        language: "fr".into(),
        ..v1::ExportCalendarRequest::default()
    };
    let before = export(&memory, french.clone()).await;
    assert_eq!(before[0].meetings, ["meetings/chicago-2012-partners", "meetings/nz-2012"]);
    let events = calendar_of(&whole(&before));
    let title = property(&events[1], &ICalendarProperty::Summary);
    assert_eq!(title, "Visite du premier ministre de Nouvelle-Zélande");
    let known = before[0].answered_as_of.clone().unwrap();
    assert_eq!(known.known_position, 424);
    let corrected = json!({
        "commandId": "00000000-0000-4000-8000-0000000000c1",
        "name": "meetings/nz-2012",
        "source": { "text": "a test" },
        "fact": { "eventRetracted": { "target": { "position": "223" }, "reason": "a slip" } },
    });
    memory.must_record(vec![command(&corrected)]);
    let after = export(&memory, french.clone()).await;
    assert_eq!(after[0].meetings, ["meetings/chicago-2012-partners"]);
    let as_of = v1::AsOf {
        valid_at: known.valid_at,
        known_at: Some(v1::as_of::KnownAt::KnownPosition(known.known_position)),
    };
    let again = export(&memory, v1::ExportCalendarRequest { as_of: Some(as_of), ..french }).await;
    assert_eq!(again, before);
}

#[tokio::test]
async fn a_calendar_beyond_one_message_comes_in_pieces() {
    let mut memory = Memory::sample();
    let title = "réunion ".repeat(500);
    for number in 0..600 {
        let planned = json!({
            "commandId": format!("00000000-0000-4000-8000-{number:012}"),
            "name": format!("meetings/long-{number}"),
            "valid": { "from": "2027-05-21" },
            "source": { "text": "a test" },
            "fact": { "meetingPlanned": { "titles": { "en": title } } },
        });
        memory.must_record(vec![command(&planned)]);
    }
    let pieces = export(&memory, v1::ExportCalendarRequest::default()).await;
    assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.encoded_len() < 4 << 20));
    assert_eq!(calendar_of(&whole(&pieces)).len(), 625);
    assert!(pieces.iter().all(|piece| (piece.meeting_count, piece.left_out_count) == (625, 8)));
    assert_eq!(pieces.iter().map(|piece| piece.meetings.len()).sum::<usize>(), 625);
}

#[tokio::test]
async fn a_calendar_of_an_actor_that_is_not_known_is_not_found() {
    let mut client = MeetingServiceClient::new(meetings::service(readers()));
    let request = |actor: &str, from: &str, to: &str| v1::ExportCalendarRequest {
        actor: actor.into(),
        from: from.into(),
        to: to.into(),
        ..v1::ExportCalendarRequest::default()
    };
    let unknown = client.export_calendar(request("countries/zz", "", "")).await.unwrap_err();
    assert_eq!(reason(&unknown), (Code::NotFound, "UNKNOWN_ACTOR".into()));
    let wrong = client.export_calendar(request("areas/demining", "2012", "2011")).await.unwrap_err();
    assert_eq!(fields(&wrong).len(), 2, "{wrong:?}");
}

/// The index of what the readers read, with what keeps it.
fn index(readers: &Readers) -> (Search, Following) {
    Search::start(readers.state().clone())
}

fn search_for(query: &str) -> v1::SearchRequest {
    v1::SearchRequest { query: query.into(), ..v1::SearchRequest::default() }
}

fn names(answer: &v1::SearchResponse) -> Vec<&str> {
    answer.results.iter().map(|result| result.name.as_str()).collect()
}

#[tokio::test]
async fn a_search_finds_every_spelling_in_both_languages() {
    let readers = readers();
    let (index, _following) = index(&readers);
    let mut client = SearchServiceClient::new(search::service(readers, index));
    let mut all = Vec::new();
    for query in ["réunion", "reunion", "REUNIONS"] {
        let ask =
            v1::SearchRequest { kinds: vec!["meetings".into()], language: "fr".into(), ..search_for(query) };
        all.push(client.search(ask).await.unwrap().into_inner());
    }
    assert!(all[0].results.len() > 5 && names(&all[0]) == names(&all[1]) && names(&all[0]) == names(&all[2]));
    let first = &all[0].results[0];
    assert_eq!((first.kind.as_str(), first.matches[0].field()), ("meetings", v1::SearchField::Title));
    assert_eq!(
        (first.matches[0].language.as_str(), first.title.as_ref().unwrap().language.as_str()),
        ("fr", "fr")
    );
    assert!(all[0].results.is_sorted_by_key(|result| (u32::MAX - result.score, result.name.clone())));
    let answered = all[0].answered_as_of.as_ref().unwrap();
    assert_eq!((answered.valid_at.as_str(), answered.known_position), ("2026-11-24", 424));
    let answer = client.search(search_for("intentions partenaires mondiaux")).await.unwrap().into_inner();
    assert_eq!(names(&answer), ["decisions/lisbon-intent-2010"]);
    let german = v1::SearchRequest { language: "de".into(), ..search_for("Japon") };
    let japan = client.search(german).await.unwrap().into_inner().results.remove(0);
    let title = japan.title.unwrap();
    assert_eq!((japan.name.as_str(), japan.kind.as_str()), ("countries/jp", "countries"));
    assert_eq!((title.text.as_str(), title.language.as_str(), title.fallback), ("Japan", "en", true));
    assert_eq!(japan.matches[0].snippet, "Japon");
    assert!(client.search(search_for("no such thing")).await.unwrap().into_inner().results.is_empty());
}

#[tokio::test]
async fn pages_of_a_search_follow_each_other() {
    let readers = readers();
    let (index, _following) = index(&readers);
    let mut client = SearchServiceClient::new(search::service(readers, index));
    let ask = v1::SearchRequest { kinds: vec!["actors".into(), "meetings".into()], ..search_for("a") };
    let all = client.search(ask.clone()).await.unwrap().into_inner();
    assert!(
        all.results.iter().all(|r| ["countries", "organisations", "meetings"].contains(&r.kind.as_str()))
    );
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let ask = v1::SearchRequest { page_size: 7, page_token: token, ..ask.clone() };
        let answer = client.search(ask).await.unwrap().into_inner();
        seen.extend(answer.results);
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert!(seen.len() > 14);
    assert_eq!(seen, all.results);
    let token =
        client.search(v1::SearchRequest { page_size: 1, ..ask }).await.unwrap().into_inner().next_page_token;
    let other = v1::SearchRequest { page_token: token, ..search_for("b") };
    assert_eq!(reason(&client.search(other).await.unwrap_err()).1, "BAD_PAGE_TOKEN");
}

#[tokio::test]
async fn all_that_is_wrong_with_a_search_is_said_at_once() {
    let readers = readers();
    let (index, _following) = index(&readers);
    let mut client = SearchServiceClient::new(search::service(readers, index));
    let ask = v1::SearchRequest {
        kinds: vec!["meetings".into(), "treaties".into()],
        language: "no_tag".into(),
        page_size: -1,
        ..search_for(" , ")
    };
    let refused = client.search(ask).await.unwrap_err();
    let mut wrong = fields(&refused);
    wrong.sort();
    let expected = [
        ("kinds[1]", "UNKNOWN_VALUE"),
        ("language", "BAD_LANGUAGE_TAG"),
        ("page_size", "UNKNOWN_VALUE"),
        ("query", "FIELD_REQUIRED"),
    ];
    assert_eq!(wrong, expected.map(|(field, reason)| (field.to_owned(), reason.to_owned())));
    let bad: rpc::BadRequest = detail(&refused, "BadRequest");
    assert!(
        bad.field_violations.iter().any(|violation| violation.description.contains("actors, activities"))
    );
    let many = (0..17).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
    let refused = client.search(search_for(&many)).await.unwrap_err();
    assert_eq!(fields(&refused), [("query".to_owned(), "TOO_LARGE".to_owned())]);
    assert!(refused.message().contains("at most 16"), "{}", refused.message());
}

#[tokio::test]
async fn a_search_reads_what_was_just_recorded_and_says_if_its_index_has_stopped() {
    let mut memory = Memory::sample();
    let (readers, log) = readers_and_log(&memory, "2026-11-24");
    let (search, _following) = index(&readers);
    let state = readers.state().clone();
    let mut client = SearchServiceClient::new(search::service(readers, search));
    let defined = json!({ "areaDefined": { "names": { "fr": "Œuvres communes" } } });
    let id = "00000000-0000-4000-8000-000000000001";
    memory.must_record(vec![command(
        &json!({ "commandId": id, "name": "areas/x", "source": { "text": "x" }, "fact": defined }),
    )]);
    let ask = v1::SearchRequest { at_least_position: 425, ..search_for("oeuvre commune") };
    let published = async {
        tokio::task::yield_now().await;
        let frame = NewFrame { events: 1, payload: wire::encode_frame(&memory.events[424..]) };
        log.append(Position(424), vec![frame]).await.unwrap();
        state.publish(memory.snapshot.view());
    };
    let (answer, ()) = futures::join!(client.search(ask), published);
    let answer = answer.unwrap().into_inner();
    assert_eq!(
        (names(&answer), answer.answered_as_of.as_ref().unwrap().known_position),
        (vec!["areas/x"], 425)
    );
    // What is known is ahead of the log: a defect, and the end of the index.
    let retracted = json!({ "eventRetracted": { "target": { "commandId": id }, "reason": "a slip" } });
    let second = "00000000-0000-4000-8000-000000000002";
    memory.must_record(vec![command(
        &json!({ "commandId": second, "name": "areas/x", "source": { "text": "x" }, "fact": retracted }),
    )]);
    state.publish(memory.snapshot.view());
    let ask = v1::SearchRequest { at_least_position: 426, ..search_for("japan") };
    for ask in [ask, search_for("japan")] {
        let refused = client.search(ask).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::Unavailable, "SEARCH_STOPPED".into()));
    }
}

#[test]
fn a_search_before_its_index_is_built_is_told_to_come_back() {
    // The one thread that would build it is taken.
    let runtime =
        tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
    let (release, taken) = std::sync::mpsc::channel::<()>();
    runtime.block_on(async {
        tokio::task::spawn_blocking(move || taken.recv());
        let readers = readers();
        let (index, _following) = index(&readers);
        let mut client = SearchServiceClient::new(search::service(readers, index));
        let refused = client.search(search_for("japan")).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::Unavailable, "SEARCH_NOT_READY".into()));
        let retry: rpc::RetryInfo = detail(&refused, "RetryInfo");
        assert_eq!(retry.retry_delay.unwrap().seconds, 1);
        drop(release);
        assert!(!client.search(search_for("japan")).await.unwrap().into_inner().results.is_empty());
    });
}
