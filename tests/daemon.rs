//! The daemon from outside: the real binary, a real socket, the whole sample.

mod support;

use minuted::proto::v1;
use minuted::proto::v1::record_stream_response::Outcome;
use prost::Message;
use serde_json::json;
use support::{Daemon, SAMPLE_EVENTS, as_of, events, record_all, record_sample, sample};
use tonic::Code;
use tonic::transport::Channel;

fn reason(status: &tonic::Status) -> String {
    use minuted::proto::google::rpc::{ErrorInfo, Status};
    let details = Status::decode(status.details()).expect("every error has details").details;
    let info = details.iter().find(|any| any.type_url.ends_with("google.rpc.ErrorInfo"));
    ErrorInfo::decode(info.expect("every error has an ErrorInfo").value.as_slice()).unwrap().reason
}

fn bad_request(status: &tonic::Status) -> Vec<(String, String)> {
    use minuted::proto::google::rpc::{BadRequest, Status};
    let details = Status::decode(status.details()).unwrap().details;
    let bad = details.iter().find(|any| any.type_url.ends_with("google.rpc.BadRequest")).unwrap();
    let violations = BadRequest::decode(bad.value.as_slice()).unwrap().field_violations;
    violations.into_iter().map(|violation| (violation.field, violation.reason)).collect()
}

async fn record(channel: &Channel, commands: Vec<v1::Command>) -> Result<v1::Receipt, tonic::Status> {
    let mut client = v1::record_service_client::RecordServiceClient::new(channel.clone());
    let answer = client.record(v1::RecordRequest { commands, validate_only: false }).await?;
    Ok(answer.into_inner().receipt.unwrap())
}

async fn standing(channel: &Channel, as_of: v1::AsOf) -> v1::GetStandingResponse {
    let mut client = v1::actor_service_client::ActorServiceClient::new(channel.clone());
    let request = v1::GetStandingRequest { as_of: Some(as_of), ..Default::default() };
    client.get_standing(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn the_sample_is_recorded_once_however_often_it_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    assert_eq!(record_sample(&channel).await as u64, SAMPLE_EVENTS);
    assert_eq!(record_sample(&channel).await, 0);
    let events = events(&channel).await;
    assert!(events.iter().map(|event| event.position).eq(1..=SAMPLE_EVENTS));
    assert_eq!(daemon.stop().await, Some(0));
}

#[tokio::test]
async fn a_restart_answers_everything_as_before() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    record_sample(&channel).await;
    let before = (standing(&channel, as_of("2011-09-30", None)).await, events(&channel).await);
    let past = standing(&channel, as_of("2011-09-30", Some(200))).await;
    assert_eq!(daemon.stop().await, Some(0));
    // Twice: from the checkpoint that the stop left, and from the log alone.
    for checkpoints in [true, false] {
        if !checkpoints {
            std::fs::remove_dir_all(dir.path().join("checkpoints")).unwrap();
        }
        let daemon = Daemon::start(dir.path());
        let channel = daemon.channel().await;
        assert_eq!((standing(&channel, as_of("2011-09-30", None)).await, events(&channel).await), before);
        assert_eq!(standing(&channel, as_of("2011-09-30", Some(200))).await, past);
        assert_eq!(daemon.stop().await, Some(0));
    }
}

#[tokio::test]
async fn kill_9_at_any_moment_of_an_import_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    // Each time the daemon is killed after some more answers have come.
    for answers in [1, 7, 40, 99, 3] {
        let daemon = Daemon::start(dir.path());
        let channel = daemon.channel().await;
        let recorded = events(&channel).await;
        assert!(acknowledged.iter().all(|position| recorded.iter().any(|event| event.position == *position)));
        let mut client = v1::record_service_client::RecordServiceClient::new(channel.clone());
        // Some more are on their way when it is killed, but not all: the next round has something left to do.
        let on_their_way = recorded.len() + answers + 12;
        let requests: Vec<_> = sample()
            .into_iter()
            .take(on_their_way)
            .map(|command| v1::RecordStreamRequest { commands: vec![command], validate_only: false })
            .collect();
        let mut stream = client.record_stream(tokio_stream::iter(requests)).await.unwrap().into_inner();
        let mut new = 0;
        while new < answers {
            match stream.message().await.unwrap().unwrap().outcome.unwrap() {
                Outcome::Receipt(receipt) => {
                    new += usize::from(!receipt.events[0].already_recorded);
                    acknowledged.push(receipt.position);
                }
                Outcome::Refusal(refusal) => panic!("{refusal:?}"),
            }
        }
        daemon.kill();
    }
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    record_sample(&channel).await;
    let events = events(&channel).await;
    assert!(events.iter().map(|event| event.position).eq(1..=SAMPLE_EVENTS));
    let ids = events.iter().map(|event| event.command_id.clone());
    assert!(ids.eq(sample().into_iter().map(|command| command.command_id)));
}

#[tokio::test]
async fn a_request_malformed_in_five_ways_gets_five_violations() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    let command = v1::Command {
        command_id: "not a uuid".into(),
        name: "countries/JP".into(),
        valid: Some(v1::Valid { from: "2011-13".into(), to: String::new() }),
        source: None,
        fact: Some(v1::Fact {
            kind: Some(v1::fact::Kind::FrameworkJoined(v1::FrameworkJoined {
                framework: String::new(),
                reason: String::new(),
            })),
        }),
        ..Default::default()
    };
    let refused = record(&channel, vec![command]).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "FIELD_REQUIRED"));
    let mut reasons: Vec<_> = bad_request(&refused).into_iter().map(|(_, reason)| reason).collect();
    reasons.sort();
    assert_eq!(reasons, ["BAD_COMMAND_ID", "BAD_DATE", "BAD_NAME", "FIELD_REQUIRED", "SOURCE_REQUIRED"]);
    assert!(events(&channel).await.is_empty());
}

#[tokio::test]
async fn a_refusal_in_a_stream_stands_in_its_place_and_the_stream_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    let mut commands: Vec<_> = sample().into_iter().take(3).collect();
    let mut reused = commands[2].clone();
    reused.name = "areas/elsewhere".into();
    commands.insert(2, commands[0].clone());
    commands.push(reused);
    commands.push(sample().into_iter().nth(3).unwrap());
    let outcomes = record_all(&channel, commands).await;
    let kinds: Vec<_> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Receipt(receipt) => (receipt.position, receipt.events[0].already_recorded),
            Outcome::Refusal(refusal) => (u64::try_from(refusal.code).unwrap() * 1000, false),
        })
        .collect();
    assert_eq!(kinds, [(1, false), (2, false), (1, true), (3, false), (6000, false), (4, false)]);
}

#[tokio::test]
async fn a_follower_sees_what_is_recorded_later_without_a_gap_or_a_duplicate() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    let commands = sample();
    record_all(&channel, commands[..100].to_vec()).await;
    let mut client = v1::event_service_client::EventServiceClient::new(channel.clone());
    let request = v1::ReadEventsRequest { follow: true, ..Default::default() };
    let mut stream = client.read_events(request).await.unwrap().into_inner();
    let writer = tokio::spawn({
        let channel = channel.clone();
        async move { record_all(&channel, commands[100..].to_vec()).await }
    });
    let mut positions = Vec::new();
    let mut caught_up = false;
    while positions.len() < usize::try_from(SAMPLE_EVENTS).unwrap() {
        let batch = stream.message().await.unwrap().unwrap();
        caught_up |= batch.caught_up;
        positions.extend(batch.events.iter().map(|event| event.position));
    }
    assert!(positions.iter().copied().eq(1..=SAMPLE_EVENTS) && caught_up);
    writer.await.unwrap();
    // A stop ends the stream, and is not held up by it.
    let stopped = tokio::spawn(daemon.stop());
    let end = stream.message().await.unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    assert_eq!(stopped.await.unwrap(), Some(0));
}

/// The events of an answer, with what its last message says: how far it has looked, and whether that is the end.
async fn read_to_the_end(
    channel: &Channel,
    request: v1::ReadEventsRequest,
) -> Result<(Vec<v1::Event>, u64, bool), tonic::Status> {
    let mut client = v1::event_service_client::EventServiceClient::new(channel.clone());
    let mut stream = client.read_events(request).await?.into_inner();
    let (mut found, mut checkpoint, mut caught_up) = (Vec::new(), 0, false);
    while let Some(batch) = stream.message().await? {
        found.extend(batch.events);
        (checkpoint, caught_up) = (batch.checkpoint, batch.caught_up);
    }
    Ok((found, checkpoint, caught_up))
}

#[tokio::test]
async fn events_are_read_from_any_position_backwards_and_filtered() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    record_sample(&channel).await;
    let read = async |request| read_to_the_end(&channel, request).await.map(|read| read.0);
    let from = |position| Some(v1::read_events_request::Start::FromPosition(position));
    let some = read(v1::ReadEventsRequest { start: from(10), limit: 3, ..Default::default() }).await.unwrap();
    assert!(some.iter().map(|event| event.position).eq([10, 11, 12]));
    let back = v1::ReadEventsRequest { start: from(12), limit: 3, backwards: true, ..Default::default() };
    assert!(read(back).await.unwrap().iter().map(|event| event.position).eq([12, 11, 10]));
    let all_back = read(v1::ReadEventsRequest { backwards: true, ..Default::default() }).await.unwrap();
    assert!(all_back.iter().map(|event| event.position).eq((1..=SAMPLE_EVENTS).rev()));
    let kinds = v1::ReadEventsRequest { kinds: vec!["event_corrected".into()], ..Default::default() };
    assert_eq!(read(kinds).await.unwrap().len(), 3);
    let streams = v1::ReadEventsRequest { streams: vec!["countries/mt".into()], ..Default::default() };
    assert!(read(streams).await.unwrap().iter().all(|event| event.name == "countries/mt"));
    let unknown = v1::ReadEventsRequest { kinds: vec!["nonsense".into()], ..Default::default() };
    assert_eq!(reason(&read(unknown).await.unwrap_err()), "UNKNOWN_VALUE");
    let beyond = v1::ReadEventsRequest { start: from(SAMPLE_EVENTS + 2), ..Default::default() };
    let beyond = read(beyond).await.unwrap_err();
    assert_eq!((beyond.code(), reason(&beyond).as_str()), (Code::OutOfRange, "BEYOND_TAIL"));
}

#[tokio::test]
async fn validate_only_decides_and_records_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    let mut client = v1::record_service_client::RecordServiceClient::new(channel.clone());
    let request = v1::RecordRequest { commands: sample()[..2].to_vec(), validate_only: true };
    let receipt = client.record(request).await.unwrap().into_inner().receipt.unwrap();
    assert_eq!(receipt.events.iter().map(|event| event.position).collect::<Vec<_>>(), [1, 2]);
    assert!(events(&channel).await.is_empty());
}

#[tokio::test]
async fn a_read_waits_for_one_s_own_write_and_answers_for_the_two_times_again() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    record_sample(&channel).await;
    let mut client = v1::agreement_service_client::AgreementServiceClient::new(channel.clone());
    let ask = |as_of: v1::AsOf| v1::GetAgreementRequest {
        name: "agreements/jp-jpd-2013".into(),
        as_of: Some(as_of),
        at_least_position: SAMPLE_EVENTS,
        ..Default::default()
    };
    let statuses =
        |answer: v1::GetAgreementResponse| answer.agreement.unwrap().statuses().collect::<Vec<_>>();
    let before =
        client.get_agreement(ask(as_of("2013-04-13", Some(SAMPLE_EVENTS - 3)))).await.unwrap().into_inner();
    assert_eq!(before.answered_as_of.as_ref().unwrap().known_position, SAMPLE_EVENTS - 3);
    assert_eq!(statuses(before), [v1::AgreementStatus::Signed]);
    let after = client.get_agreement(ask(as_of("2013-04-13", None))).await.unwrap().into_inner();
    assert_eq!(statuses(after), [v1::AgreementStatus::NotYet]);
    let beyond = client.get_agreement(ask(as_of("", Some(SAMPLE_EVENTS + 1)))).await.unwrap_err();
    assert_eq!((beyond.code(), reason(&beyond).as_str()), (Code::OutOfRange, "BEYOND_TAIL"));
}

#[tokio::test]
async fn one_event_is_shown_with_its_corrections() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    record_sample(&channel).await;
    let mut client = v1::event_service_client::EventServiceClient::new(channel.clone());
    let request = v1::GetEventRequest {
        command_id: "93df4ae7-5713-5dc9-8bef-1b37b03a1224".into(),
        ..Default::default()
    };
    let answer = client.get_event(request).await.unwrap().into_inner();
    assert!(answer.stands);
    assert_eq!(answer.event.unwrap().valid.unwrap().from, "2004-12");
    assert_eq!(answer.known_valid.unwrap().from, "2005");
    assert_eq!(answer.amendments.len(), 1);
    let unknown = v1::GetEventRequest { name: "events/9999".into(), ..Default::default() };
    let unknown = client.get_event(unknown).await.unwrap_err();
    assert_eq!((unknown.code(), reason(&unknown).as_str()), (Code::NotFound, "UNKNOWN_EVENT"));
}

#[test]
fn a_second_daemon_on_one_directory_is_told_who_holds_it() {
    let dir = tempfile::tempdir().unwrap();
    let _first = Daemon::start(dir.path());
    let second = std::process::Command::new(Daemon::binary())
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(dir.path())
        .env_clear()
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && said.contains("in use by process"), "{said}");
}

#[test]
fn an_address_beyond_loopback_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refused = std::process::Command::new(Daemon::binary())
        .args(["serve", "--listen", "0.0.0.0:0", "--data-dir"])
        .arg(dir.path())
        .env_clear()
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("loopback"), "{said}");
}

/// A command of a meeting, about a day if it has one.
fn of_meeting(number: u32, meeting: &str, valid: &str, fact: &serde_json::Value) -> v1::Command {
    let command = json!({
        "commandId": format!("00000000-0000-4000-8000-{number:012}"),
        "name": format!("meetings/{meeting}"),
        "valid": { "from": valid },
        "source": { "text": "a test" },
        "fact": fact,
    });
    minuted::wire::json::command_from_json(&command.to_string()).unwrap()
}

#[tokio::test]
async fn events_of_a_topic_are_the_same_in_history_and_as_they_come() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    record_sample(&channel).await;
    let ask = |topic: &str, more: v1::ReadEventsRequest| {
        let mut client = v1::event_service_client::EventServiceClient::new(channel.clone());
        let request = v1::ReadEventsRequest { topics: vec![topic.into()], ..more };
        async move { client.read_events(request).await.unwrap().into_inner() }
    };
    let all = v1::ReadEventsRequest::default;
    let mut live = ask("a new topic", v1::ReadEventsRequest { follow: true, ..all() }).await;
    let nothing = live.message().await.unwrap().unwrap();
    assert_eq!((nothing.events.len(), nothing.checkpoint), (0, SAMPLE_EVENTS), "what was skipped is said");
    let plan = |topics: &[&str]| json!({ "titles": { "en": "a plan" }, "topics": topics });
    let corrected = json!({ "eventCorrected": {
        "target": { "position": "427" }, "reason": "a slip", "valid": { "from": "2027-05" },
        "source": { "text": "a test" }, "fact": { "meetingPlanned": plan(&["a new topic"]) },
    }});
    let commands = vec![
        of_meeting(1, "one", "2027-05", &json!({ "meetingPlanned": plan(&["another", "a new topic"]) })),
        of_meeting(2, "one", "", &json!({ "meetingConfirmed": {} })),
        of_meeting(3, "two", "2027-05", &json!({ "meetingPlanned": plan(&["another"]) })),
        of_meeting(4, "two", "", &json!({ "meetingConfirmed": {} })),
        of_meeting(5, "two", "", &corrected),
        of_meeting(6, "two", "", &json!({ "meetingCancelled": {} })),
    ];
    record_all(&channel, commands).await;
    let (before, after) = (vec![425, 426], vec![429, 430]);
    let expected = [before.clone(), after.clone()].concat();
    let mut seen = Vec::new();
    while seen.len() < expected.len() {
        let batch = tokio::time::timeout(std::time::Duration::from_secs(20), live.message()).await;
        let batch = batch.unwrap_or_else(|_| panic!("only {seen:?} came")).unwrap().unwrap();
        seen.extend(batch.events.iter().map(|event| event.position));
    }
    assert_eq!(seen, expected, "as they come");
    let read = async |more| {
        let request = v1::ReadEventsRequest { topics: vec!["a new topic".into()], ..more };
        let (found, _, caught_up) = read_to_the_end(&channel, request).await.unwrap();
        assert!(caught_up);
        found.iter().map(|event| event.position).collect::<Vec<_>>()
    };
    assert_eq!(read(all()).await, expected, "in history");
    let back = read(v1::ReadEventsRequest { backwards: true, ..all() }).await;
    assert!(back.into_iter().rev().eq(expected), "backwards");
    let start = |position| Some(v1::read_events_request::Start::FromPosition(position));
    assert_eq!(read(v1::ReadEventsRequest { start: start(430), ..all() }).await, [430], "from the middle");
    let kinds = vec!["meeting_confirmed".to_owned(), "meeting_cancelled".to_owned()];
    assert_eq!(read(v1::ReadEventsRequest { kinds, ..all() }).await, [426, 430], "of some kinds");
}

/// What the log holds, asked for stream by stream, must be what one finds by going through all of it.
#[tokio::test]
async fn events_of_streams_and_actors_are_those_that_a_look_at_all_of_them_finds() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    record_sample(&channel).await;
    let read = async |request| read_to_the_end(&channel, request).await.unwrap();
    let start = |position| Some(v1::read_events_request::Start::FromPosition(position));
    let all = read(v1::ReadEventsRequest::default()).await.0;
    assert_eq!(all.len() as u64, SAMPLE_EVENTS);
    let names: std::collections::BTreeSet<String> = all.iter().map(|event| event.name.clone()).collect();
    for name in &names {
        let of_it: Vec<_> = all.iter().filter(|event| event.name == *name).cloned().collect();
        let ask = || v1::ReadEventsRequest { streams: vec![name.clone()], ..Default::default() };
        assert_eq!(read(ask()).await, (of_it.clone(), SAMPLE_EVENTS, true), "{name}");
        let (mut back, checkpoint, caught_up) =
            read(v1::ReadEventsRequest { backwards: true, ..ask() }).await;
        back.reverse();
        assert_eq!((back, checkpoint, caught_up), (of_it.clone(), 1, true), "{name} backwards");
        let last = of_it.last().unwrap().position;
        let from_last = read(v1::ReadEventsRequest { start: start(last), ..ask() }).await.0;
        assert_eq!(from_last, of_it[of_it.len() - 1..], "{name} from its last event");
        let (first, checkpoint, caught_up) = read(v1::ReadEventsRequest { limit: 1, ..ask() }).await;
        let expected = (of_it[..1].to_vec(), of_it[0].position, false);
        if of_it.len() > 1 {
            assert_eq!((first, checkpoint, caught_up), expected, "{name}, one event");
        }
    }
    let two = vec!["countries/jp".to_owned(), "countries/se".to_owned()];
    let kinds = vec!["framework_joined".to_owned(), "area_chosen".to_owned()];
    let expected: Vec<_> = all.iter().filter(|event| two.contains(&event.name)).cloned().collect();
    let both = v1::ReadEventsRequest { streams: two.clone(), ..Default::default() };
    assert_eq!(read(both.clone()).await.0, expected, "of two streams");
    let is_wanted = |event: &v1::Event| {
        use v1::fact::Kind::{AreaChosen, FrameworkJoined};
        matches!(event.fact.as_ref().unwrap().kind, Some(AreaChosen(_) | FrameworkJoined(_)))
    };
    let some: Vec<_> = expected.iter().filter(|event| is_wanted(event)).cloned().collect();
    assert!(!some.is_empty());
    assert_eq!(read(v1::ReadEventsRequest { kinds, ..both }).await.0, some, "of some kinds");
    let japan = v1::ReadEventsRequest { actors: vec!["countries/jp".into()], ..Default::default() };
    let of_japan: Vec<u64> = read(japan).await.0.iter().map(|event| event.position).collect();
    let text = |event: &v1::Event| minuted::wire::json::to_json("minuted.v1.Event", event, false);
    let mention: Vec<u64> =
        all.iter().filter(|e| text(e).contains("\"countries/jp\"")).map(|e| e.position).collect();
    assert!(mention.len() > 5);
    assert_eq!(of_japan, mention, "of an actor");
}
