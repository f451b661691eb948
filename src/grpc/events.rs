//! `EventService`: the log itself, from any position, in either direction, and on as it grows.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::reading::Readers;
use super::status;
use super::topics::Topics;
use crate::domain::correction::History;
use crate::domain::{CommandId, Event, Fact, Name, World};
use crate::log::{EventLog, Frame};
use crate::position::Position;
use crate::proto::v1::event_service_server::EventService;
use crate::proto::v1::{
    self, Amendment, GetEventRequest, GetEventResponse, ReadEventsRequest, ReadEventsResponse,
    read_events_request,
};
use crate::wire::name::parse_command_id;
use crate::wire::{self, Invalid};

/// Messages that wait for a slow reader; then the log waits, which is on disk.
const READ_AHEAD: usize = 2;
/// A message ends with the event that brings it to this many bytes, be it in the middle of a frame: what a reader that does
/// not read costs is a few messages.
const MESSAGE_BYTES: usize = 64 << 10;
/// With a filter that lets little pass, a checkpoint is sent at least every so many events.
const CHECKPOINT_EVENTS: usize = 10_000;

/// Reads the log.
pub struct Events {
    readers: Readers,
    log: Arc<dyn EventLog>,
    stopping: watch::Receiver<bool>,
}

impl Events {
    /// From this log; streams that follow it end when `stopping` turns true.
    pub fn new(readers: Readers, log: Arc<dyn EventLog>, stopping: watch::Receiver<bool>) -> Events {
        Events { readers, log, stopping }
    }
}

#[tonic::async_trait]
impl EventService for Events {
    async fn get_event(
        &self,
        request: Request<GetEventRequest>,
    ) -> Result<Response<GetEventResponse>, Status> {
        let GetEventRequest { name, command_id, as_of, at_least_position } = request.into_inner();
        let wanted = Wanted::parse(&name, &command_id)?;
        let asked = if command_id.is_empty() { name } else { format!("the event of command {command_id}") };
        let state = self.readers.state().clone();
        let answer = self.readers.answer(as_of, at_least_position, move |reading| {
            let latest = state.latest();
            let position = match wanted {
                Wanted::Position(position) => Some(position),
                Wanted::Command(id) => latest.position_of(id),
            };
            let known = position.filter(|&p| p > Position::ZERO && p <= reading.position);
            let position = known.ok_or_else(|| status::unknown_event(&asked))?;
            let loader = state.loader();
            let event = loader.event(position).map_err(|error| status::internal(&error))?;
            let stream = latest.stream(&event.name);
            let positions = stream.as_ref().map_or(&[][..], |stream| &stream.positions);
            let known = positions.partition_point(|&p| p <= reading.position);
            let events = loader.events(&positions[..known]).map_err(|error| status::internal(&error))?;
            Ok(with_amendments(&event, &events, reading.answered()))
        });
        answer.await.map(Response::new)
    }

    type ReadEventsStream = Pin<Box<dyn Stream<Item = Result<ReadEventsResponse, Status>> + Send>>;

    async fn read_events(
        &self,
        request: Request<ReadEventsRequest>,
    ) -> Result<Response<Self::ReadEventsStream>, Status> {
        let request = request.into_inner();
        let mut filter = Filter::parse(&request)?;
        if request.backwards && request.follow {
            return Err(status::unknown_value(
                "follow",
                "a stream that goes backwards cannot follow; leave one out",
            ));
        }
        let tail = self.log.tail();
        if !request.topics.is_empty() {
            self.readers.at_least(tail).await?;
            let wanted = request.topics.iter().cloned().collect();
            filter.topics = Some(Arc::new(Topics::new(wanted, self.readers.state().clone())));
        }
        let from = self.start(&request, tail).await?;
        let (send, receive) = mpsc::channel(READ_AHEAD);
        let reader = Reader {
            log: self.log.clone(),
            filter,
            left: if request.limit == 0 { u64::MAX } else { request.limit },
            send,
        };
        let stopping = self.stopping.clone();
        tokio::spawn(async move {
            let send = reader.send.clone();
            let result = match (request.backwards, request.follow) {
                (true, _) => reader.backwards(from).await,
                (false, follow) => reader.forwards(from, follow.then_some(stopping)).await,
            };
            if let Err(error) = result {
                // The caller may be gone already.
                let _ = send.send(Err(error)).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receive))))
    }
}

impl Events {
    /// The position to begin with.
    async fn start(&self, request: &ReadEventsRequest, tail: Position) -> Result<Position, Status> {
        match request.start {
            None | Some(read_events_request::Start::FromPosition(0)) if request.backwards => Ok(tail),
            None | Some(read_events_request::Start::FromPosition(0)) => Ok(Position(1)),
            Some(read_events_request::Start::FromPosition(from)) if request.backwards => {
                if from > tail.0 {
                    Err(status::beyond_tail(Position(from), tail))
                } else {
                    Ok(Position(from))
                }
            }
            // One beyond the tail is where a follower goes on that has seen everything.
            Some(read_events_request::Start::FromPosition(from)) if from > tail.0 + 1 => {
                Err(status::beyond_tail(Position(from), tail))
            }
            Some(read_events_request::Start::FromPosition(from)) => Ok(Position(from)),
            Some(read_events_request::Start::FromTime(time)) => {
                let time = wire::decode_timestamp(time).ok_or_else(|| status::bad_time("from_time"))?;
                let (loader, backwards) = (self.readers.state().loader().clone(), request.backwards);
                let found = tokio::task::spawn_blocking(move || {
                    if backwards {
                        return loader.last_recorded_by(time, tail);
                    }
                    let before =
                        time.checked_sub(jiff::Span::new().nanoseconds(1)).unwrap_or(jiff::Timestamp::MIN);
                    loader.last_recorded_by(before, tail).map(Position::next)
                });
                let found = found.await.map_err(|error| status::internal(&error))?;
                found.map_err(|error| status::internal(&error))
            }
        }
    }
}

enum Wanted {
    Position(Position),
    Command(CommandId),
}

impl Wanted {
    fn parse(name: &str, command_id: &str) -> Result<Wanted, Status> {
        if !command_id.is_empty() {
            if !name.is_empty() {
                return Err(status::unknown_value(
                    "command_id",
                    "the name says already which event; leave one out",
                ));
            }
            let id = parse_command_id("command_id", command_id);
            return id
                .map(Wanted::Command)
                .map_err(|bad| status::invalid(&Invalid { violations: vec![bad] }));
        }
        // An event has one name: a sign or a zero in front makes it none.
        let digits = name.strip_prefix("events/").filter(|digits| !digits.starts_with(['+', '0']));
        let position = digits.and_then(|digits| digits.parse().ok());
        let says = "write events/ and a position, such as events/195, or give a command_id";
        position.map(|p| Wanted::Position(Position(p))).ok_or_else(|| status::bad_name("name", says))
    }
}

fn with_amendments(event: &Event, events: &[Event], answered: v1::AnsweredAsOf) -> GetEventResponse {
    let history = History::new(events);
    let known =
        events.iter().find(|e| e.position == event.position).map_or(&event.content, |e| history.content(e));
    let amendments = history.amendments(event.position).into_iter().map(|amendment| Amendment {
        event: Some(wire::encode_event(amendment)),
        stands: history.stands(amendment.position),
    });
    let (known_valid, known_source, known_fact) = wire::encode_content(known);
    GetEventResponse {
        event: Some(wire::encode_event(event)),
        stands: history.stands(event.position),
        known_valid: Some(known_valid),
        known_source: Some(known_source),
        known_fact: Some(known_fact),
        amendments: amendments.collect(),
        answered_as_of: Some(answered),
    }
}

/// Which events are wanted; what is empty lets all pass.
#[derive(Clone)]
struct Filter {
    streams: HashSet<String>,
    kinds: HashSet<String>,
    actors: HashSet<Name>,
    topics: Option<Arc<Topics>>,
}

impl Filter {
    fn parse(request: &ReadEventsRequest) -> Result<Filter, Status> {
        let name = |field: &str, text: &String| {
            text.parse::<Name>().map_err(|error| status::bad_name(field, &error.to_string()))
        };
        for stream in &request.streams {
            name("streams", stream)?;
        }
        for kind in &request.kinds {
            let known = wire::fact_kinds();
            if !known.contains(kind) {
                let says = format!("`{kind}` is no kind of fact; allowed are {}", known.join(", "));
                return Err(status::unknown_value("kinds", &says));
            }
        }
        let actors = request.actors.iter().map(|actor| name("actors", actor)).collect::<Result<_, _>>()?;
        let (streams, kinds) =
            (request.streams.iter().cloned().collect(), request.kinds.iter().cloned().collect());
        Ok(Filter { streams, kinds, actors, topics: None })
    }

    fn is_empty(&self) -> bool {
        self.streams.is_empty() && self.kinds.is_empty() && self.actors.is_empty() && self.topics.is_none()
    }

    fn passes(&self, event: &Event) -> Result<bool, Status> {
        // It is shown every event, whatever the rest lets pass.
        let on_topic = self.topics.as_ref().map_or(Ok(true), |topics| topics.passes(event));
        let on_topic = on_topic.map_err(|error| status::internal(&error))?;
        let of_stream = self.streams.is_empty() || self.streams.contains(event.name.as_str());
        let of_kind = self.kinds.is_empty() || self.kinds.contains(event.content.fact.kind());
        Ok(on_topic && of_stream && of_kind && (self.actors.is_empty() || self.names_actor(event)))
    }

    fn names_actor(&self, event: &Event) -> bool {
        self.actors.contains(&event.name) || names_one(&event.content.fact, &self.actors)
    }
}

fn names_one(fact: &Fact, actors: &HashSet<Name>) -> bool {
    fact.mentions().into_iter().any(|name| actors.contains(name))
}

struct Reader {
    log: Arc<dyn EventLog>,
    filter: Filter,
    left: u64,
    send: mpsc::Sender<Result<ReadEventsResponse, Status>>,
}

/// What one visit to the log found.
struct Batch {
    events: Vec<v1::Event>,
    /// The last position that was looked at.
    seen: Position,
    /// There is no more for now.
    at_end: bool,
    /// It ends within a frame.
    in_frame: bool,
}

impl Batch {
    fn after(seen: Position) -> Batch {
        Batch { events: Vec::new(), seen, at_end: false, in_frame: false }
    }
}

impl Reader {
    async fn forwards(mut self, from: Position, follow: Option<watch::Receiver<bool>>) -> Result<(), Status> {
        let mut tail = self.log.watch();
        let mut frames = None;
        let mut seen = Position(from.0.saturating_sub(1));
        let mut was_caught_up = false;
        loop {
            tail.borrow_and_update();
            let (log, filter, left) = (self.log.clone(), self.filter.clone(), self.left);
            let visit = tokio::task::spawn_blocking(move || {
                let opened = frames.map_or_else(|| log.read(seen.next()), Ok);
                let mut frames = opened.map_err(|error| status::internal(&error))?;
                let batch = next_batch(frames.as_mut(), &filter, seen, left)?;
                // The rest of a frame is read again when it is wanted: until then it takes no memory.
                Ok::<_, Status>((Some(frames).filter(|_| !batch.in_frame), batch))
            });
            let (reader, batch) = visit.await.map_err(|error| status::internal(&error))??;
            frames = reader;
            self.left -= batch.events.len() as u64;
            let ends = self.left == 0;
            let caught_up = batch.at_end && !ends;
            let news = !batch.events.is_empty() || batch.seen > seen || (caught_up && !was_caught_up);
            seen = batch.seen;
            if news {
                let response = ReadEventsResponse { events: batch.events, checkpoint: seen.0, caught_up };
                if self.send.send(Ok(response)).await.is_err() {
                    return Ok(());
                }
            }
            was_caught_up = caught_up;
            match (&follow, batch.at_end) {
                _ if ends => return Ok(()),
                (None, true) => return Ok(()),
                (_, false) => {}
                (Some(stopping), true) => {
                    let mut stopping = stopping.clone();
                    tokio::select! {
                        moved = tail.changed() => moved.map_err(|_| status::stopping_reads())?,
                        _ = stopping.wait_for(|stopping| *stopping) => return Err(status::stopping_reads()),
                        () = self.send.closed() => return Ok(()),
                    }
                }
            }
        }
    }

    async fn backwards(mut self, from: Position) -> Result<(), Status> {
        let mut next = from;
        while next > Position::ZERO && self.left > 0 {
            let (log, filter, left) = (self.log.clone(), self.filter.clone(), self.left);
            let visit =
                tokio::task::spawn_blocking(move || previous_batch(log.as_ref(), &filter, next, left));
            let batch = visit.await.map_err(|error| status::internal(&error))??;
            self.left -= batch.events.len() as u64;
            next = Position(batch.seen.0 - 1);
            let response = ReadEventsResponse {
                events: batch.events,
                checkpoint: batch.seen.0,
                caught_up: next == Position::ZERO,
            };
            if self.send.send(Ok(response)).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn next_batch(
    frames: &mut dyn crate::log::FrameReader,
    filter: &Filter,
    seen: Position,
    left: u64,
) -> Result<Batch, Status> {
    let mut batch = Batch::after(seen);
    let (mut bytes, mut looked_at) = (0, 0);
    while bytes < MESSAGE_BYTES && looked_at < CHECKPOINT_EVENTS && (batch.events.len() as u64) < left {
        let Some(frame) = frames.next().map_err(|error| status::internal(&error))? else {
            batch.at_end = true;
            break;
        };
        looked_at += frame.events as usize;
        let each = bytes_each(&frame);
        for event in passing(&frame.payload, filter)?.into_iter().filter(|event| event.position > seen.0) {
            if bytes >= MESSAGE_BYTES {
                batch.in_frame = true;
                return Ok(batch);
            }
            batch.seen = Position(event.position);
            batch.events.push(event);
            bytes += each;
            if batch.events.len() as u64 == left {
                return Ok(batch);
            }
        }
        batch.seen = frame.last();
    }
    Ok(batch)
}

fn previous_batch(log: &dyn EventLog, filter: &Filter, from: Position, left: u64) -> Result<Batch, Status> {
    let mut batch = Batch::after(from.next());
    let (mut bytes, mut looked_at) = (0, 0);
    let mut next = from;
    while next > Position::ZERO && bytes < MESSAGE_BYTES && looked_at < CHECKPOINT_EVENTS {
        let frame =
            log.read(next).and_then(|mut reader| reader.next()).map_err(|error| status::internal(&error))?;
        let frame = frame.ok_or_else(|| status::beyond_tail(next, log.tail()))?;
        looked_at += frame.events as usize;
        let each = bytes_each(&frame);
        for event in
            passing(&frame.payload, filter)?.into_iter().rev().filter(|event| event.position <= next.0)
        {
            batch.seen = Position(event.position);
            batch.events.push(event);
            bytes += each;
            if batch.events.len() as u64 == left || bytes >= MESSAGE_BYTES {
                return Ok(batch);
            }
        }
        batch.seen = frame.first;
        next = Position(frame.first.0 - 1);
    }
    Ok(batch)
}

/// What an event of a frame takes, on average.
fn bytes_each(frame: &Frame) -> usize {
    frame.payload.len() / (frame.events as usize).max(1)
}

/// The events of a frame that pass the filter, as they are stored.
fn passing(payload: &[u8], filter: &Filter) -> Result<Vec<v1::Event>, Status> {
    let stored = wire::stored_events(payload).map_err(|error| status::internal(&error))?;
    if filter.is_empty() {
        return Ok(stored);
    }
    let decoded = wire::decode_frame(payload).map_err(|error| status::internal(&error))?;
    let mut passing = Vec::new();
    for (stored, event) in stored.into_iter().zip(decoded) {
        if filter.passes(&event)? {
            passing.push(stored);
        }
    }
    Ok(passing)
}
