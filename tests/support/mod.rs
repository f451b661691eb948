//! A daemon of the real binary on a real socket, and the sample to record in it.
#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use minuted::proto::v1;
use minuted::wire::json;
use tonic::transport::Channel;

/// The sample: 424 commands, one a line, as `import` takes them.
pub(crate) const SAMPLE: &str = include_str!("../data/partnerships.jsonl");
/// How many events the sample makes.
pub(crate) const SAMPLE_EVENTS: u64 = 424;

/// A running daemon; it is killed when it is dropped.
pub(crate) struct Daemon {
    child: Child,
    pub addr: String,
}

impl Daemon {
    /// Starts the daemon on a port of its own.
    pub(crate) fn start(data_dir: &Path) -> Daemon {
        let mut child = Command::new(env!("CARGO_BIN_EXE_minuted"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the daemon starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        let addr = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
            .expect("the daemon says where it listens");
        // What else it prints is read, so that it never waits for room in the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Daemon { child, addr }
    }

    /// A connection to it.
    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", self.addr)).unwrap();
        endpoint.connect_timeout(Duration::from_secs(10)).connect().await.expect("the daemon answers")
    }

    /// Ends it as a power cut would: it gets no chance to do anything.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop; its exit code. Connections to it go on being served here meanwhile.
    pub(crate) async fn stop(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        tokio::task::spawn_blocking(move || self.child.wait().unwrap().code()).await.unwrap()
    }

    /// The path of the binary.
    pub(crate) fn binary() -> PathBuf {
        env!("CARGO_BIN_EXE_minuted").into()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The sample's commands.
pub(crate) fn sample() -> Vec<v1::Command> {
    SAMPLE.lines().map(|line| json::command_from_json(line).expect("the sample is well-formed")).collect()
}

/// Records these commands, one a request, over one stream; the answers, in order.
pub(crate) async fn record_all(
    channel: &Channel,
    commands: Vec<v1::Command>,
) -> Vec<v1::record_stream_response::Outcome> {
    let mut client = v1::record_service_client::RecordServiceClient::new(channel.clone());
    let requests: Vec<_> = commands
        .into_iter()
        .map(|command| v1::RecordStreamRequest { commands: vec![command], validate_only: false })
        .collect();
    let mut answers = client.record_stream(tokio_stream::iter(requests)).await.unwrap().into_inner();
    let mut outcomes = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        outcomes.push(answer.outcome.unwrap());
    }
    outcomes
}

/// Records the sample; how many events it made.
pub(crate) async fn record_sample(channel: &Channel) -> usize {
    let outcomes = record_all(channel, sample()).await;
    outcomes
        .into_iter()
        .map(|outcome| match outcome {
            v1::record_stream_response::Outcome::Receipt(receipt) => {
                receipt.events.iter().filter(|event| !event.already_recorded).count()
            }
            v1::record_stream_response::Outcome::Refusal(refusal) => {
                panic!("the sample is accepted: {refusal:?}")
            }
        })
        .sum()
}

/// Every event of the daemon's log.
pub(crate) async fn events(channel: &Channel) -> Vec<v1::Event> {
    let mut client = v1::event_service_client::EventServiceClient::new(channel.clone());
    let mut stream = client.read_events(v1::ReadEventsRequest::default()).await.unwrap().into_inner();
    let mut events = Vec::new();
    while let Some(batch) = stream.message().await.unwrap() {
        events.extend(batch.events);
    }
    events
}

/// As known at a position, about a day.
pub(crate) fn as_of(valid_at: &str, known_position: Option<u64>) -> v1::AsOf {
    v1::AsOf { valid_at: valid_at.into(), known_at: known_position.map(v1::as_of::KnownAt::KnownPosition) }
}
