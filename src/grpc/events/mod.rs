//! `EventService`: the log itself, from any position, in either direction, and on as it grows.

mod cursor;
mod filter;
mod following;
mod topics;

use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use self::cursor::{Cursor, Direction};
use self::filter::Filter;
use self::following::Following;
use self::topics::Topics;
use super::reading::Readers;
use super::status;
use crate::domain::correction::History;
use crate::domain::{CommandId, Event, World};
use crate::log::EventLog;
use crate::position::Position;
use crate::proto::stored::StoredBatch;
use crate::proto::stored::server::event_service_server::EventService;
use crate::proto::v1::{
    self, Amendment, GetEventRequest, GetEventResponse, ReadEventsRequest, read_events_request,
};
use crate::wire::name::parse_command_id;
use crate::wire::{self, Invalid};

/// Reads the log.
pub struct Events {
    readers: Readers,
    log: Arc<dyn EventLog>,
    following: Following,
}

impl Events {
    /// From this log; streams that follow it end when `stopping` turns true.
    pub fn new(readers: Readers, log: Arc<dyn EventLog>, stopping: watch::Receiver<bool>) -> Events {
        Events { readers, log, following: Following::new(stopping) }
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
        let answer = self.readers.answer_aside(as_of, at_least_position, move |reading| {
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

    type ReadEventsStream = Pin<Box<dyn Stream<Item = Result<StoredBatch, Status>> + Send>>;

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
            filter.only(Topics::new(wanted, self.readers.state().clone()));
        }
        let from = self.start(&request, tail).await?;
        let direction = if request.backwards { Direction::Backwards } else { Direction::Forwards };
        let left = if request.limit == 0 { u64::MAX } else { request.limit };
        let cursor =
            Cursor::new(self.log.clone(), self.readers.state().clone(), filter, direction, from, left);
        if !request.follow
            && let Some(batch) = cursor.clone().all_at_once()
        {
            return Ok(Response::new(Box::pin(futures::stream::iter([Ok(batch)]))));
        }
        let follow = request.follow.then(|| self.following.clone());
        Ok(Response::new(Box::pin(cursor.stream(follow))))
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
