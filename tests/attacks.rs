//! What nobody should do to a daemon, done to a daemon: many at once, too much, too long, and at the wrong moment.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use minuted::proto::v1;
use minuted::proto::v1::record_service_client::RecordServiceClient;
use minuted::proto::v1::record_stream_response::Outcome;
use prost::Message;
use support::{Daemon, events, record_sample};
use tonic::transport::Channel;
use tonic::{Code, Status};

fn reason(status: &Status) -> String {
    use minuted::proto::google::rpc::{ErrorInfo, Status};
    let details = Status::decode(status.details()).expect("every error has details").details;
    let info = details.iter().find(|any| any.type_url.ends_with("google.rpc.ErrorInfo"));
    ErrorInfo::decode(info.expect("every error has an ErrorInfo").value.as_slice()).unwrap().reason
}

/// Defines an area; all that is said of it follows from `n`.
fn area(n: usize) -> v1::Command {
    let names = BTreeMap::from([("en".to_owned(), "An area".to_owned())]);
    let defined = v1::AreaDefined { names, ..Default::default() };
    v1::Command {
        command_id: format!("00000000-0000-4000-8000-{n:012}"),
        name: format!("areas/a{n}"),
        source: Some(v1::Source { text: "a test".into(), unconfirmed: false }),
        fact: Some(v1::Fact { kind: Some(v1::fact::Kind::AreaDefined(defined)) }),
        ..Default::default()
    }
}

fn large_area(n: usize, bytes: usize) -> v1::Command {
    let mut command = area(n);
    command.source.as_mut().unwrap().text = "s".repeat(bytes);
    command
}

async fn record(channel: &Channel, commands: Vec<v1::Command>) -> Result<v1::Receipt, Status> {
    let request = v1::RecordRequest { commands, validate_only: false };
    let answer = RecordServiceClient::new(channel.clone()).record(request).await?;
    Ok(answer.into_inner().receipt.unwrap())
}

/// Positions are gap-free from 1, and no command made two events.
fn check_whole(events: &[v1::Event]) {
    assert!(events.iter().map(|event| event.position).eq(1..=events.len() as u64));
    let ids: BTreeSet<&str> = events.iter().map(|event| event.command_id.as_str()).collect();
    assert_eq!(ids.len(), events.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_clients_that_send_one_command_get_one_event() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let mut answers = FuturesUnordered::new();
    for _ in 0..50 {
        let channel = daemon.channel().await;
        answers.push(async move { record(&channel, vec![area(1), area(2), area(1)]).await });
    }
    let mut first = 0;
    while let Some(answer) = answers.next().await {
        let receipt = answer.unwrap();
        assert_eq!(receipt.events.iter().map(|event| event.position).collect::<Vec<_>>(), [1, 2, 1]);
        first += usize::from(receipt.events.iter().any(|event| !event.already_recorded));
    }
    assert_eq!(first, 1);
    check_whole(&events(&daemon.channel().await).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_calls_at_once_are_all_answered_and_followers_see_each_event_once() {
    const CALLS: usize = 500;
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    let mut followers = Vec::new();
    for _ in 0..20 {
        let request = v1::ReadEventsRequest { follow: true, ..Default::default() };
        let mut client = v1::event_service_client::EventServiceClient::new(daemon.channel().await);
        let mut stream = client.read_events(request).await.unwrap().into_inner();
        followers.push(tokio::spawn(async move {
            let mut seen = Vec::new();
            while seen.len() < CALLS {
                seen.extend(stream.message().await.unwrap().unwrap().events.into_iter().map(|e| e.position));
            }
            seen
        }));
    }
    let answers = (0..CALLS).map(|n| record(&channel, vec![area(n)]));
    let answers: Vec<_> = answers.collect::<FuturesUnordered<_>>().collect().await;
    let positions: BTreeSet<u64> = answers.into_iter().map(|answer| answer.unwrap().position).collect();
    assert!(positions.into_iter().eq(1..=CALLS as u64));
    for follower in followers {
        assert!(follower.await.unwrap().into_iter().eq(1..=CALLS as u64));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_too_large_is_refused_for_that_whatever_its_size() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    let request = |count: usize, bytes: usize| (0..count).map(|n| large_area(n, bytes)).collect::<Vec<_>>();
    // Beyond the largest request, beyond the largest message, and within both but too large as a frame of the log.
    let frame = request(1_000, 955);
    let sent: usize = frame.iter().map(Message::encoded_len).sum();
    assert!(sent <= 1 << 20, "{sent} bytes are no more than the limit");
    for commands in [request(20, 60_000), request(100, 60_000), frame, request(1_001, 1)] {
        let refused = record(&channel, commands).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::InvalidArgument, "TOO_LARGE"),
            "{refused}"
        );
        assert!(refused.message().contains("limit"), "{refused}");
    }
    assert!(events(&channel).await.is_empty());
    record(&channel, request(16, 60_000)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_fit_into_messages_however_long_names_are() {
    const AREAS: usize = 90;
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    for first in (0..AREAS).step_by(15) {
        let mut commands: Vec<_> = (first..first + 15).map(area).collect();
        for command in &mut commands {
            let Some(v1::fact::Kind::AreaDefined(defined)) = &mut command.fact.as_mut().unwrap().kind else {
                unreachable!()
            };
            defined.names.insert("en".into(), "é".repeat(32_000));
        }
        record(&channel, commands).await.unwrap();
    }
    let mut client = v1::area_service_client::AreaServiceClient::new(channel);
    let mut names = BTreeSet::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListAreasRequest { page_size: 1_000, page_token, ..Default::default() };
        let page = client.list_areas(request).await.unwrap().into_inner();
        names.extend(page.areas.into_iter().map(|area| area.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(names.len(), AREAS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_tells_whoever_waits_and_waits_for_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let idle = daemon.channel().await;
    // One stream that is kept open, having its answer; one follower; one read that waits for what is not there yet.
    let mut stream = {
        let one = v1::RecordStreamRequest { commands: vec![area(1)], validate_only: false };
        let requests = futures::stream::iter([one]).chain(futures::stream::pending());
        let mut client = RecordServiceClient::new(daemon.channel().await);
        client.record_stream(requests).await.unwrap().into_inner()
    };
    assert!(matches!(stream.message().await.unwrap().unwrap().outcome, Some(Outcome::Receipt(_))));
    let mut follower = {
        let request = v1::ReadEventsRequest { follow: true, ..Default::default() };
        let mut client = v1::event_service_client::EventServiceClient::new(daemon.channel().await);
        client.read_events(request).await.unwrap().into_inner()
    };
    assert!(follower.message().await.unwrap().is_some());
    let reader = {
        let request = v1::ListAreasRequest { at_least_position: 1_000, ..Default::default() };
        let mut client = v1::area_service_client::AreaServiceClient::new(daemon.channel().await);
        tokio::spawn(async move { client.list_areas(request).await.unwrap_err() })
    };
    // A call that comes after it on another connection tells that it has arrived, as a rule.
    record(&idle, vec![area(2)]).await.unwrap();
    assert!(follower.message().await.unwrap().is_some());
    let (stopped, stream, follower, reader) =
        tokio::join!(daemon.stop(), stream.message(), follower.message(), reader);
    assert_eq!(stopped, Some(0));
    for refused in [stream.unwrap_err(), follower.unwrap_err(), reader.unwrap()] {
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unavailable, "STOPPING"), "{refused}");
    }
}

/// Records areas from `first` on with `clients` at once until the daemon is gone; what was acknowledged: positions and commands.
async fn load(
    daemon: &Daemon,
    first: usize,
    clients: usize,
) -> Vec<tokio::task::JoinHandle<Vec<(u64, String)>>> {
    let mut running = Vec::new();
    for client in 0..clients {
        let channel = daemon.channel().await;
        running.push(tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0.. {
                match record(&channel, vec![area(first + client * 100_000 + n)]).await {
                    Ok(receipt) => {
                        acknowledged.push((receipt.position, receipt.events[0].command_id.clone()));
                    }
                    Err(_gone) => break,
                }
            }
            acknowledged
        }));
    }
    running
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_or_killed_under_load_it_keeps_what_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    for (round, kill) in [true, false, true, true, false].into_iter().enumerate() {
        let daemon = Daemon::start(dir.path());
        let running = load(&daemon, (round + 1) * 10_000_000, 8).await;
        // It is ended in the midst of it: after it has taken so many more.
        let enough = acknowledged.len() as u64 + 40 * (round as u64 + 1);
        let mut client = v1::admin_service_client::AdminServiceClient::new(daemon.channel().await);
        while client.get_status(v1::GetStatusRequest {}).await.unwrap().into_inner().tail_position < enough {}
        drop(client);
        if kill {
            daemon.kill();
        } else {
            assert_eq!(daemon.stop().await, Some(0));
        }
        for client in running {
            acknowledged.extend(client.await.unwrap());
        }
    }
    let daemon = Daemon::start(dir.path());
    let events = events(&daemon.channel().await).await;
    check_whole(&events);
    let recorded: BTreeSet<_> = events.into_iter().map(|event| (event.position, event.command_id)).collect();
    assert!(acknowledged.is_subset(&recorded), "what was acknowledged is there, in its place");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_begins_wherever_there_is_something() {
    use v1::read_events_request::Start::{FromPosition, FromTime};
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    let tail = record_sample(&channel).await as u64;
    let read = async |start, backwards| {
        let request = v1::ReadEventsRequest { start: Some(start), backwards, ..Default::default() };
        let mut client = v1::event_service_client::EventServiceClient::new(channel.clone());
        let mut stream = client
            .read_events(request)
            .await
            .map_err(|refused| (refused.code(), reason(&refused)))?
            .into_inner();
        let mut positions = Vec::new();
        while let Some(batch) = stream.message().await.unwrap() {
            positions.extend(batch.events.into_iter().map(|event| event.position));
        }
        Ok::<_, (Code, String)>((positions.len() as u64, positions.first().copied().unwrap_or(0)))
    };
    let beyond = Err((Code::OutOfRange, "BEYOND_TAIL".to_owned()));
    assert_eq!(read(FromPosition(0), false).await, Ok((tail, 1)));
    assert_eq!(read(FromPosition(0), true).await, Ok((tail, tail)));
    assert_eq!(read(FromPosition(tail), false).await, Ok((1, tail)));
    assert_eq!(read(FromPosition(1), true).await, Ok((1, 1)));
    assert_eq!(read(FromPosition(tail + 1), false).await, Ok((0, 0)));
    for (position, backwards) in [(tail + 1, true), (tail + 2, false), (u64::MAX, false), (u64::MAX, true)] {
        assert_eq!(read(FromPosition(position), backwards).await, beyond, "{position}");
    }
    let at = |seconds, nanos| FromTime(prost_types::Timestamp { seconds, nanos });
    let (first, last) = (-62_135_596_800, 253_402_207_200);
    assert_eq!(read(at(first, 0), false).await, Ok((tail, 1)));
    assert_eq!(read(at(first, 0), true).await, Ok((0, 0)));
    assert_eq!(read(at(last, 0), false).await, Ok((0, 0)));
    assert_eq!(read(at(last, 0), true).await, Ok((tail, tail)));
    for malformed in [at(i64::MAX, 0), at(i64::MIN, 0), at(0, -1), at(0, 1_000_000_000)] {
        assert_eq!(read(malformed, false).await, Err((Code::InvalidArgument, "BAD_DATE".to_owned())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_events_is_small_however_large_the_requests_were() {
    const FRAMES: u64 = 3;
    const EVENTS: u64 = 16;
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    for frame in 0..FRAMES {
        let areas = (0..EVENTS).map(|n| large_area(usize::try_from(frame * EVENTS + n).unwrap(), 60_000));
        record(&channel, areas.collect()).await.unwrap();
    }
    let tail = FRAMES * EVENTS;
    for (from, backwards, limit) in
        [(1, false, 0), (20, false, 0), (20, false, 9), (tail, true, 0), (20, true, 0), (20, true, 9)]
    {
        let start = Some(v1::read_events_request::Start::FromPosition(from));
        let request = v1::ReadEventsRequest { start, backwards, limit, ..Default::default() };
        let mut client = v1::event_service_client::EventServiceClient::new(channel.clone());
        let mut stream = client.read_events(request).await.unwrap().into_inner();
        let mut positions = Vec::new();
        while let Some(batch) = stream.message().await.unwrap() {
            assert!(batch.encoded_len() < 200_000, "{} bytes", batch.encoded_len());
            positions.extend(batch.events.iter().map(|event| event.position));
            assert!(positions.last().is_none_or(|last| *last == batch.checkpoint));
        }
        let all: Vec<u64> = if backwards { (1..=from).rev().collect() } else { (from..=tail).collect() };
        let wanted = if limit == 0 { all.len() } else { usize::try_from(limit).unwrap() };
        assert_eq!(positions, all[..wanted], "from {from}, backwards {backwards}, limit {limit}");
    }
}
