//! `RecordService`: the only way in.

use std::pin::Pin;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use prost::Message;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::status;
use crate::domain::decide::Outcome;
use crate::proto::v1::record_service_server::RecordService;
use crate::proto::v1::record_stream_response;
use crate::proto::v1::{
    self, Receipt, RecordRequest, RecordResponse, RecordStreamRequest, RecordStreamResponse, RecordedEvent,
};
use crate::recorder::{Batch, RecordError, Recorder};
use crate::wire::{self, Limits};

/// Commands of one stream that may be on their way at once, or KiB of them, whichever is more: a client that does not read
/// its answers is not read either.
const STREAM_WINDOW: usize = 4096;

/// Who is recorded as the caller where loopback asks for nobody's name.
pub const LOCAL_CALLER: &str = "local";

/// Hands requests to the recorder.
pub struct Records {
    recorder: Recorder,
    limits: Limits,
    caller: Arc<str>,
    stopping: watch::Receiver<bool>,
}

impl Records {
    /// To this recorder, within these limits; a stream takes no more requests when `stopping` turns true, gives the
    /// answers to those it has, and ends.
    pub fn new(recorder: Recorder, limits: Limits, stopping: watch::Receiver<bool>) -> Records {
        Records { recorder, limits, caller: LOCAL_CALLER.into(), stopping }
    }
}

type Waiting = Result<oneshot::Receiver<Result<Vec<Outcome>, RecordError>>, Status>;

#[tonic::async_trait]
impl RecordService for Records {
    async fn record(&self, request: Request<RecordRequest>) -> Result<Response<RecordResponse>, Status> {
        let RecordRequest { commands, validate_only } = request.into_inner();
        let batch = parse(commands, &self.limits)?;
        let recorded = self.recorder.record(batch, self.caller.clone(), validate_only).await;
        let outcomes = recorded.map_err(|error| status::record_error(&error))?;
        Ok(Response::new(RecordResponse { receipt: Some(receipt(outcomes)) }))
    }

    type RecordStreamStream = Pin<Box<dyn Stream<Item = Result<RecordStreamResponse, Status>> + Send>>;

    async fn record_stream(
        &self,
        request: Request<Streaming<RecordStreamRequest>>,
    ) -> Result<Response<Self::RecordStreamStream>, Status> {
        let (send, waiting) = mpsc::channel::<Result<(Waiting, OwnedSemaphorePermit), Status>>(STREAM_WINDOW);
        let (recorder, limits, caller) = (self.recorder.clone(), self.limits, self.caller.clone());
        let (room, mut stopping) = (Arc::new(Semaphore::new(STREAM_WINDOW)), self.stopping.clone());
        let mut requests = request.into_inner();
        tokio::spawn(async move {
            loop {
                let next = tokio::select! {
                    next = requests.next() => next,
                    _ = stopping.wait_for(|stopping| *stopping) => Some(Err(status::stopping())),
                    () = send.closed() => return,
                };
                let waiting = match next {
                    None => return,
                    Some(Ok(request)) => {
                        let Ok(taken) = room.clone().acquire_many_owned(weight(&request)).await else {
                            return;
                        };
                        Ok((submit(&recorder, &limits, &caller, request).await, taken))
                    }
                    Some(Err(broken)) if broken.details().is_empty() => Err(status::explained(&broken)),
                    Some(Err(stopping)) => Err(stopping),
                };
                let ends = waiting.is_err();
                if send.send(waiting).await.is_err() || ends {
                    return;
                }
            }
        });
        let answers = ReceiverStream::new(waiting).then(|waiting| async {
            let (waiting, _taken) = waiting?;
            let outcome = match waiting {
                Ok(answer) => {
                    answer.await.unwrap_or(Err(RecordError::Stopping)).map_err(|e| status::record_error(&e))
                }
                Err(refused) => Err(refused),
            };
            let outcome = match outcome {
                Ok(outcomes) => record_stream_response::Outcome::Receipt(receipt(outcomes)),
                Err(refused) => record_stream_response::Outcome::Refusal(status::in_place(&refused)),
            };
            Ok(RecordStreamResponse { outcome: Some(outcome) })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

/// How much of a stream's window a request takes.
fn weight(request: &RecordStreamRequest) -> u32 {
    let weight = request.commands.len().max(request.encoded_len() / 1024).clamp(1, STREAM_WINDOW);
    u32::try_from(weight).unwrap_or(u32::MAX)
}

async fn submit(
    recorder: &Recorder,
    limits: &Limits,
    caller: &Arc<str>,
    request: RecordStreamRequest,
) -> Waiting {
    let RecordStreamRequest { commands, validate_only } = request;
    let batch = parse(commands, limits)?;
    let queued = recorder.submit_in_turn(batch, caller.clone(), validate_only).await;
    queued.map_err(|error| status::record_error(&error))
}

fn parse(commands: Vec<v1::Command>, limits: &Limits) -> Result<Batch, Status> {
    let bytes = commands.iter().map(Message::encoded_len).sum();
    let commands = wire::parse_commands(commands, limits).map_err(|invalid| status::invalid(&invalid))?;
    Ok(Batch { commands, bytes })
}

fn receipt(outcomes: Vec<Outcome>) -> Receipt {
    let position = outcomes.iter().map(|outcome| outcome.position.0).max().unwrap_or(0);
    let event = |outcome: Outcome| {
        let Outcome { command_id, name, position, version, recorded_at, already_recorded } = outcome;
        RecordedEvent {
            command_id: command_id.to_string(),
            name: name.to_string(),
            position: position.0,
            version: version.0,
            recorded_at: Some(wire::encode_timestamp(recorded_at)),
            already_recorded,
        }
    };
    Receipt { events: outcomes.into_iter().map(event).collect(), position }
}
