//! `minuted bench slow`: the daemon's memory beside readers that ask for the whole log and then read nothing.

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tonic::transport::Endpoint;

use super::load::{connect, connect_by, endpoint};
use super::print_json;
use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::look::print;
use crate::proto::v1::admin_service_client::AdminServiceClient;
use crate::proto::v1::event_service_client::EventServiceClient;
use crate::proto::v1::{GetStatusRequest, GetStatusResponse, ReadEventsRequest};

/// How often the daemon is asked how much memory it has.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The window that HTTP/2 begins with: so much of an answer fits into a reader that does not read.
const WINDOW_BYTES: u32 = 65_535;

/// Who reads slowly.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example, of a daemon on which `minuted bench generate` has recorded:
  minuted bench slow --readers 100 --seconds 10

Each reader has a connection of its own, asks for the whole log, takes the first message and reads no further. The memory is
what the daemon itself says to have resident (`minuted status` shows it, too), so it may run on another machine. The log
should have some MB, or it fits into what the readers' systems take without their reading. It records nothing.")]
pub(crate) struct Slow {
    /// How many read nothing
    #[arg(long, value_name = "N", default_value_t = 100)]
    readers: u32,
    /// How long they do
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    seconds: f64,
}

#[derive(Serialize)]
struct Report {
    readers: u32,
    log_bytes: u64,
    /// Before they came.
    resident_bytes_before: u64,
    /// The most while they were there.
    resident_bytes_most: u64,
    /// What came on top, for each of them.
    bytes_a_reader: u64,
}

impl Slow {
    /// Lets readers wait, and prints what that took.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut admin = AdminServiceClient::new(connect(client.addr()).await?);
        let before = admin.get_status(GetStatusRequest {}).await?.into_inner();
        let resident_bytes_before = resident(&before)?;
        let endpoint = endpoint(client.addr())?.initial_stream_window_size(WINDOW_BYTES);
        let mut waiting = Vec::new();
        for _ in 0..self.readers {
            waiting.push(Waiting::open(client.addr(), &endpoint).await?);
        }
        let mut most = resident_bytes_before;
        let end = tokio::time::Instant::now() + Duration::from_secs_f64(self.seconds);
        while tokio::time::Instant::now() < end {
            let status = admin.get_status(GetStatusRequest {}).await?.into_inner();
            most = most.max(resident(&status)?);
            tokio::time::sleep(LOOK_EVERY).await;
        }
        drop(waiting);
        let report = Report {
            readers: self.readers,
            log_bytes: before.log.map_or(0, |log| log.bytes),
            resident_bytes_before,
            resident_bytes_most: most,
            bytes_a_reader: (most - resident_bytes_before) / u64::from(self.readers.max(1)),
        };
        if client.wants_json() {
            return print_json(&report);
        }
        let rows = [
            ("the log".to_owned(), report.log_bytes),
            ("resident before".to_owned(), report.resident_bytes_before),
            (format!("resident at most, {} read nothing", report.readers), report.resident_bytes_most),
            ("more for each of them".to_owned(), report.bytes_a_reader),
        ];
        let rows = rows.map(|(what, bytes)| [what, bytes.to_string()]);
        Ok(print(&client.look.rows(["what", "bytes"], rows))?)
    }
}

fn resident(status: &GetStatusResponse) -> Result<u64, Failure> {
    match status.resident_bytes {
        0 => Err(Failure::Other(anyhow::anyhow!("the daemon's platform does not say what memory it has"))),
        bytes => Ok(bytes),
    }
}

/// A reader that reads no further.
struct Waiting {
    _messages: tonic::Streaming<crate::proto::v1::ReadEventsResponse>,
}

impl Waiting {
    async fn open(addr: &str, endpoint: &Endpoint) -> Result<Waiting, Failure> {
        let mut client = EventServiceClient::new(connect_by(endpoint, addr).await?);
        let mut messages = client.read_events(ReadEventsRequest::default()).await?.into_inner();
        messages.message().await?;
        Ok(Waiting { _messages: messages })
    }
}
