//! What the clients of a benchmark do: an empty call, one record, many at once, a stream of them, one entity's events.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Status, Streaming};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use uuid::Uuid;

use super::load::Worker;
use crate::proto::v1::event_service_client::EventServiceClient;
use crate::proto::v1::fact::Kind;
use crate::proto::v1::record_service_client::RecordServiceClient;
use crate::proto::v1::{
    ActorKind, ActorRegistered, ActorRenamed, Command, Fact, ReadEventsRequest, RecordRequest,
    RecordStreamRequest, RecordStreamResponse, Source, Valid, record_stream_response,
};

/// Events of one entity: a registration, and renamings.
pub(super) const ENTITY_EVENTS: u64 = 10;

/// A name for one run of the benchmark: what it records does not meet what another one did.
#[expect(clippy::disallowed_methods, reason = "every run is a new one")]
pub(super) fn new_run() -> String {
    Uuid::new_v4().simple().to_string().split_off(24)
}

/// A call that does nothing, by the same client over the same connection.
pub(super) struct Empty(pub(super) HealthClient<Channel>);

impl Worker for Empty {
    async fn request(&mut self) -> Result<(), Status> {
        self.0.check(HealthCheckRequest::default()).await.map(drop)
    }
}

/// Commands of one client: ten about each of its entities, which are events of some 200 bytes.
pub(super) struct Commands {
    stem: String,
    next: u64,
}

impl Commands {
    /// Of the client `number` in the run `run`: no two share an entity.
    pub(super) fn new(run: &str, number: usize) -> Commands {
        Commands { stem: format!("organisations/bench-{run}-{number}"), next: 0 }
    }

    /// The name of its entity of this number.
    pub(super) fn entity(&self, number: u64) -> String {
        format!("{}-{number}", self.stem)
    }

    #[expect(clippy::disallowed_methods, reason = "every command is a new one")]
    pub(super) fn next(&mut self) -> Command {
        let (entity, step) = (self.next / ENTITY_EVENTS, self.next % ENTITY_EVENTS);
        self.next += 1;
        let names = [("en".to_owned(), format!("An organisation of many names, the name {step}"))].into();
        let (kind, from) = match step {
            0 => (
                Kind::ActorRegistered(ActorRegistered {
                    kind: ActorKind::Organisation.into(),
                    names,
                    ..Default::default()
                }),
                None,
            ),
            _ => (Kind::ActorRenamed(ActorRenamed { names }), Some(format!("{}", 2000 + step))),
        };
        Command {
            command_id: Uuid::new_v4().to_string(),
            name: self.entity(entity),
            expected_version: None,
            valid: from.map(|from| Valid { from, to: String::new() }),
            source: Some(Source {
                text: "a benchmark, which nobody needs to confirm".into(),
                unconfirmed: false,
            }),
            fact: Some(Fact { kind: Some(kind) }),
        }
    }

    fn many(&mut self, count: usize) -> Vec<Command> {
        std::iter::repeat_with(|| self.next()).take(count).collect()
    }
}

/// Records so many commands a request.
pub(super) struct Recording {
    pub(super) client: RecordServiceClient<Channel>,
    pub(super) commands: Commands,
    pub(super) batch: usize,
}

impl Worker for Recording {
    async fn request(&mut self) -> Result<(), Status> {
        let commands = self.commands.many(self.batch);
        self.client.record(RecordRequest { commands, validate_only: false }).await.map(drop)
    }
}

/// Records over a stream, one command a request, so many requests on their way at once.
pub(super) struct Streamed {
    commands: Commands,
    send: mpsc::Sender<RecordStreamRequest>,
    answers: Streaming<RecordStreamResponse>,
}

impl Streamed {
    /// Opens the stream and fills its window.
    pub(super) async fn open(
        mut client: RecordServiceClient<Channel>,
        mut commands: Commands,
        window: usize,
    ) -> Result<Streamed, Status> {
        let (send, requests) = mpsc::channel(window);
        for _ in 0..window {
            let request = RecordStreamRequest { commands: commands.many(1), validate_only: false };
            send.try_send(request).map_err(|_| Status::internal("the window is as large as the queue"))?;
        }
        let answers = client.record_stream(ReceiverStream::new(requests)).await?.into_inner();
        Ok(Streamed { commands, send, answers })
    }
}

impl Worker for Streamed {
    async fn request(&mut self) -> Result<(), Status> {
        let answer = self.answers.message().await?.and_then(|answer| answer.outcome);
        match answer {
            Some(record_stream_response::Outcome::Receipt(_)) => {}
            other => return Err(Status::internal(format!("no receipt but {other:?}"))),
        }
        let request = RecordStreamRequest { commands: self.commands.many(1), validate_only: false };
        self.send.send(request).await.map_err(|_| Status::internal("the stream is closed"))
    }
}

/// Reads the events of one entity after the other.
pub(super) struct Entities {
    pub(super) client: EventServiceClient<Channel>,
    pub(super) names: Vec<String>,
    pub(super) next: usize,
}

impl Worker for Entities {
    async fn request(&mut self) -> Result<(), Status> {
        let stream = self.names[self.next % self.names.len()].clone();
        self.next += 7919;
        let request = ReadEventsRequest { streams: vec![stream], ..ReadEventsRequest::default() };
        let mut events = self.client.read_events(request).await?.into_inner();
        let mut found = 0;
        while let Some(batch) = events.message().await? {
            found += batch.events.len();
        }
        if found > 0 { Ok(()) } else { Err(Status::internal("an entity has events")) }
    }
}
