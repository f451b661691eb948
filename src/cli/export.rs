//! `minuted export`: every event as the command that would record it again, one a line.
//!
//! 1. Importing an export into an empty daemon gives the same events: streams, versions, times, sources, facts and
//!    command ids. When they were recorded and by whom is the importing daemon's own.
//! 2. What an event names by its position is named by its command instead: positions need not match.

use clap::Args;

use super::client::{Bounded, Client};
use super::failure::Failure;
use super::json;
use super::look::print;
use crate::proto::v1::event_reference::Event as Target;
use crate::proto::v1::event_service_client::EventServiceClient;
use crate::proto::v1::fact::Kind;
use crate::proto::v1::{Command, Event, EventReference, Fact, GetEventRequest, ReadEventsRequest};

/// What to export: everything, in the order of the log.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  minuted export > all.jsonl && minuted --addr 127.0.0.1:7434 import all.jsonl

The lines are commands (protobuf JSON of minuted.v1.Command) in the order of the log, up to its end when the export \
began. A request of several commands becomes several lines: if one of them rests on a later one, import with --batch.")]
pub(crate) struct Export {}

impl Export {
    /// Reads and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut reader = EventServiceClient::new(client.unbounded().await?);
        let mut names = EventServiceClient::new(client.bounded().await?);
        let mut answers = reader.read_events(ReadEventsRequest::default()).await?.into_inner();
        while let Some(answer) = answers.message().await? {
            let mut lines = String::new();
            for event in answer.events {
                lines += &json::compact(&command(event, &mut names).await?);
                lines.push('\n');
            }
            print(&lines)?;
        }
        Ok(())
    }
}

/// The command that made an event, without the position of anything.
async fn command(event: Event, names: &mut EventServiceClient<Bounded>) -> Result<Command, Failure> {
    let Event { command_id, name, valid, source, mut fact, .. } = event;
    if let Some(Target::Position(position)) =
        fact.as_mut().and_then(target).and_then(|target| target.event.clone())
    {
        let by = command_at(position, names).await?;
        fact.as_mut().and_then(target).into_iter().for_each(|target| {
            target.event = Some(Target::CommandId(by.clone()));
        });
    }
    Ok(Command { command_id, name, expected_version: None, valid, source, fact })
}

async fn command_at(position: u64, names: &mut EventServiceClient<Bounded>) -> Result<String, Failure> {
    let request = GetEventRequest { name: format!("events/{position}"), ..Default::default() };
    let answer = names.get_event(request).await?.into_inner();
    Ok(answer.event.map(|event| event.command_id).unwrap_or_default())
}

/// The event that a correction or a retraction is about.
fn target(fact: &mut Fact) -> Option<&mut EventReference> {
    match &mut fact.kind {
        Some(Kind::EventCorrected(correction)) => correction.target.as_mut(),
        Some(Kind::EventRetracted(retraction)) => retraction.target.as_mut(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use futures::stream::{self, BoxStream};
    use tokio_stream::wrappers::TcpListenerStream;
    use tonic::transport::{Channel, Server};
    use tonic::{Request, Response, Status};

    use super::*;
    use crate::cli::client::Deadline;
    use crate::proto::v1::event_service_server::{EventService, EventServiceServer};
    use crate::proto::v1::{EventCorrected, EventRetracted, GetEventResponse, ReadEventsResponse};

    /// Knows that each event was made by `command-<position>`.
    struct Fake;

    #[tonic::async_trait]
    impl EventService for Fake {
        async fn get_event(
            &self,
            request: Request<GetEventRequest>,
        ) -> Result<Response<GetEventResponse>, Status> {
            let name = request.into_inner().name;
            let command_id = name.replace("events/", "command-");
            let event = Some(Event { command_id, ..Default::default() });
            Ok(Response::new(GetEventResponse { event, ..Default::default() }))
        }

        type ReadEventsStream = BoxStream<'static, Result<ReadEventsResponse, Status>>;

        async fn read_events(
            &self,
            _: Request<ReadEventsRequest>,
        ) -> Result<Response<Self::ReadEventsStream>, Status> {
            Ok(Response::new(Box::pin(stream::empty())))
        }
    }

    async fn names() -> EventServiceClient<Bounded> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Server::builder().add_service(EventServiceServer::new(Fake));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
        EventServiceClient::with_interceptor(channel, Deadline::after(std::time::Duration::from_secs(5)))
    }

    fn at(position: u64) -> EventReference {
        EventReference { event: Some(Target::Position(position)) }
    }

    #[tokio::test]
    async fn promise_2_a_target_is_named_by_its_command() {
        let mut names = names().await;
        let corrected =
            Kind::EventCorrected(Box::new(EventCorrected { target: Some(at(3)), ..Default::default() }));
        let retracted = Kind::EventRetracted(EventRetracted { target: Some(at(4)), ..Default::default() });
        for (kind, expected) in [(corrected, "command-3"), (retracted, "command-4")] {
            let event = Event { position: 9, fact: Some(Fact { kind: Some(kind) }), ..Default::default() };
            let mut command = command(event, &mut names).await.unwrap();
            let target = command.fact.as_mut().and_then(target).unwrap();
            assert_eq!(target.event, Some(Target::CommandId(expected.into())));
        }
    }

    #[tokio::test]
    async fn promise_1_an_event_keeps_all_that_its_command_said() {
        let event = Event {
            position: 9,
            name: "countries/jp".into(),
            version: 2,
            recorded_by: "local".into(),
            command_id: "c".into(),
            valid: Some(crate::proto::v1::Valid { from: "2011".into(), to: String::new() }),
            source: Some(crate::proto::v1::Source { text: "a".into(), unconfirmed: true }),
            ..Default::default()
        };
        let expected = Command {
            command_id: "c".into(),
            name: "countries/jp".into(),
            expected_version: None,
            valid: event.valid.clone(),
            source: event.source.clone(),
            fact: None,
        };
        assert_eq!(command(event, &mut names().await).await.unwrap(), expected);
    }
}
