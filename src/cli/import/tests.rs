//! An import against a daemon that refuses what is named `refuse`.

use std::sync::{Arc, Mutex};

use futures::StreamExt;
use futures::stream::BoxStream;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

use super::*;
use crate::proto::google::rpc;
use crate::proto::v1::record_service_server::{RecordService, RecordServiceServer};
use crate::proto::v1::{Receipt, RecordRequest, RecordResponse, RecordedEvent};

/// Records names, and each name once.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Vec<String>>>);

impl Fake {
    fn answer(&self, request: RecordStreamRequest) -> RecordStreamResponse {
        let mut recorded = self.0.lock().unwrap();
        let refuse = request.commands.iter().position(|command| command.name.contains("refuse"));
        if let Some(at) = refuse {
            let message = format!("commands[{at}] breaks a rule");
            let refusal = rpc::Status { code: 9, message, details: Vec::new() };
            return RecordStreamResponse { outcome: Some(Outcome::Refusal(refusal)) };
        }
        let events = request.commands.into_iter().map(|command| {
            let already_recorded = recorded.contains(&command.name);
            if !already_recorded {
                recorded.push(command.name);
            }
            RecordedEvent { already_recorded, ..Default::default() }
        });
        let events = events.collect();
        let outcome = Outcome::Receipt(Receipt { events, position: recorded.len() as u64 });
        RecordStreamResponse { outcome: Some(outcome) }
    }
}

#[tonic::async_trait]
impl RecordService for Fake {
    async fn record(&self, _: Request<RecordRequest>) -> Result<Response<RecordResponse>, Status> {
        Err(Status::unimplemented("only the stream"))
    }

    type RecordStreamStream = BoxStream<'static, Result<RecordStreamResponse, Status>>;

    /// Waits for the first request before it answers at all.
    async fn record_stream(
        &self,
        request: Request<Streaming<RecordStreamRequest>>,
    ) -> Result<Response<Self::RecordStreamStream>, Status> {
        let (fake, mut requests) = (self.clone(), request.into_inner());
        let first = requests.message().await?.map(Ok);
        let all = futures::stream::iter(first).chain(requests);
        Ok(Response::new(all.map(move |request| Ok(fake.answer(request?))).boxed()))
    }
}

async fn import(fake: &Fake, on_error: OnError, batch: usize, names: &[&str]) -> Summary {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let service = RecordServiceServer::new(fake.clone());
    let server = Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener));
    let server = tokio::spawn(server);
    let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
    let line = |name: &&str| match *name {
        "nonsense" => "{nonsense}\n".to_owned(),
        name => format!("{{\"name\":\"{name}\"}}\n"),
    };
    let input: String = names.iter().map(line).collect();
    let window = if on_error == OnError::Stop { 1 } else { 3 };
    let plan = Plan { on_error, batch, window };
    let mut summary = Summary::default();
    run(channel, plan, input.as_bytes(), &mut summary, &mut Progress::new(None)).await.unwrap();
    server.abort();
    summary
}

fn summary(recorded: u64, already_recorded: u64, refused: u64, position: u64) -> Summary {
    Summary { recorded, already_recorded, refused, position }
}

#[tokio::test]
async fn all_good_lines_are_recorded_once() {
    let fake = Fake::default();
    let names: Vec<String> = (0..40).map(|n| format!("countries/{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(import(&fake, OnError::Skip, 1, &names).await, summary(40, 0, 0, 40));
    assert_eq!(import(&fake, OnError::Stop, 7, &names).await, summary(0, 40, 0, 40));
    assert_eq!(*fake.0.lock().unwrap(), names, "in the order of the lines");
}

#[tokio::test]
async fn promise_1_nothing_behind_a_bad_line_is_recorded() {
    for bad in ["a/refuse", "nonsense"] {
        let fake = Fake::default();
        let names = ["a/1", "a/2", bad, "a/3", "a/4"];
        assert_eq!(import(&fake, OnError::Stop, 1, &names).await, summary(2, 0, 1, 2), "{bad}");
        assert_eq!(*fake.0.lock().unwrap(), ["a/1", "a/2"]);
    }
}

#[tokio::test]
async fn promise_2_the_rest_is_recorded() {
    for bad in ["a/refuse", "nonsense"] {
        let fake = Fake::default();
        let names = ["a/1", "a/2", bad, "a/3", "a/4", bad];
        assert_eq!(import(&fake, OnError::Skip, 1, &names).await, summary(4, 0, 2, 4), "{bad}");
    }
}

#[tokio::test]
async fn a_batch_is_recorded_whole_or_not_at_all() {
    for bad in ["a/refuse", "nonsense"] {
        let fake = Fake::default();
        let names = ["a/1", "a/2", "a/3", bad, "a/4"];
        assert_eq!(import(&fake, OnError::Skip, 2, &names).await, summary(3, 0, 2, 3), "{bad}");
        assert_eq!(*fake.0.lock().unwrap(), ["a/1", "a/2", "a/4"]);
    }
}

#[test]
fn a_violation_names_the_line() {
    assert_eq!(by_line("commands[1].name: x, commands[0]", &[7, 9]), "line 9.name: x, line 7");
    assert_eq!(span(&[7]), "line 7");
    assert_eq!(span(&[7, 8, 9]), "lines 7 to 9");
}
