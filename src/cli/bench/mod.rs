//! `minuted bench`: measures a running daemon as its users would, beside what the disk and an empty call take.

mod ask;
mod disk;
mod generate;
mod load;
mod work;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use tonic_health::pb::health_client::HealthClient;

use super::client::Client;
use super::failure::Failure;
use super::look::print;
use crate::proto::v1::ReadEventsRequest;
use crate::proto::v1::event_service_client::EventServiceClient;
use crate::proto::v1::record_service_client::RecordServiceClient;
use load::{Measured, Worker, connect, run};
use work::{Commands, ENTITY_EVENTS, Empty, Entities, Recording, Streamed};

/// Commands of one batch.
const BATCH: usize = 100;
/// Requests of one stream that are on their way at once.
const WINDOW: usize = 256;
/// Clients that record batches, or streams.
const WRITERS: usize = 8;

/// What is measured.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  minuted serve --data-dir /tmp/bench --listen 127.0.0.1:7433
  minuted bench --data-dir /tmp/bench
  minuted bench --clients 1,64 --seconds 5 --format json

It RECORDS: hundreds of thousands of events about organisations/bench-…, which stay in the log for ever. Give it a daemon
of its own. Client and daemon share the machine; compare figures of one run only.")]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    #[command(subcommand)]
    other: Option<Other>,
    /// How many clients record at once, one connection each
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_values_t = [1, 8, 64, 256])]
    clients: Vec<usize>,
    /// How long each load lasts
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0)]
    seconds: f64,
    /// A directory on the disk of the log: the time of a fdatasync there is measured, too
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// What else there is to do.
#[derive(Clone, Debug, Subcommand)]
enum Other {
    /// Record decades of an office, in the shape of the sample
    Generate(generate::Generate),
    /// Measure questions, each over and over by one client, beside an empty call
    Ask(ask::Ask),
}

#[derive(Serialize)]
struct Report {
    measured: Vec<Measured>,
}

impl Report {
    fn print(&self, client: &Client) -> Result<(), Failure> {
        if client.wants_json() {
            let text =
                serde_json::to_string_pretty(self).map_err(anyhow::Error::from).map_err(Failure::Other)?;
            return Ok(print(&(text + "\n"))?);
        }
        let rows = self.measured.iter().map(|one| {
            let Measured { what, clients, per_second, p50_micros, p99_micros, requests } = one;
            let rate = format!("{per_second:.0}");
            [
                what.clone(),
                clients.to_string(),
                rate,
                format!("{p50_micros:.0}"),
                format!("{p99_micros:.0}"),
                requests.to_string(),
            ]
        });
        let header = ["what", "clients", "a second", "p50 µs", "p99 µs", "requests"];
        Ok(print(&client.look.rows(header, rows))?)
    }
}

impl Bench {
    /// Measures one load after the other, and prints what came of it.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self.other {
            Some(Other::Generate(generate)) => return generate.run(client).await,
            Some(Other::Ask(ask)) => return ask.run(client).await,
            None => {}
        }
        let plan = Plan { addr: client.addr().to_owned(), run: work::new_run(), seconds: self.seconds };
        let mut measured = Vec::new();
        if let Some(dir) = self.data_dir.clone() {
            let seconds = self.seconds;
            let disk = tokio::task::spawn_blocking(move || disk::measure(&dir, seconds));
            measured.push(disk.await.map_err(anyhow::Error::from).map_err(Failure::Other)??);
        }
        for &clients in &self.clients {
            measured.push(plan.empty(clients).await?);
            measured.push(plan.records(clients, 1).await?);
        }
        measured.push(plan.records(WRITERS, BATCH).await?);
        measured.push(plan.streams().await?);
        measured.push(plan.read_all().await?);
        measured.push(plan.entities().await?);
        Report { measured }.print(client)
    }
}

struct Plan {
    addr: String,
    run: String,
    seconds: f64,
}

impl Plan {
    async fn empty(&self, clients: usize) -> Result<Measured, Failure> {
        let mut workers = Vec::new();
        for _ in 0..clients {
            workers.push(Empty(HealthClient::new(connect(&self.addr).await?)));
        }
        run("an empty call", workers, 1, self.seconds).await
    }

    async fn records(&self, clients: usize, batch: usize) -> Result<Measured, Failure> {
        let mut workers = Vec::new();
        for number in 0..clients {
            let client = RecordServiceClient::new(connect(&self.addr).await?);
            let commands = Commands::new(&format!("{}-{clients}x{batch}", self.run), number);
            workers.push(Recording { client, commands, batch });
        }
        let what =
            if batch == 1 { "durable records".to_owned() } else { format!("events in batches of {batch}") };
        run(&what, workers, batch, self.seconds).await
    }

    async fn streams(&self) -> Result<Measured, Failure> {
        let mut workers = Vec::new();
        for number in 0..WRITERS {
            let client = RecordServiceClient::new(connect(&self.addr).await?);
            workers.push(
                Streamed::open(client, Commands::new(&format!("{}-s", self.run), number), WINDOW).await?,
            );
        }
        run("events over streams", workers, 1, self.seconds).await
    }

    async fn read_all(&self) -> Result<Measured, Failure> {
        let mut client = EventServiceClient::new(connect(&self.addr).await?);
        let begun = load::now();
        let mut events = client.read_events(ReadEventsRequest::default()).await?.into_inner();
        let mut found = 0;
        while let Some(batch) = events.message().await? {
            found += batch.events.len();
        }
        let took = begun.elapsed();
        Ok(Measured::of("all events read, decoded", 1, found, took, &[took]))
    }

    async fn entities(&self) -> Result<Measured, Failure> {
        let channel = connect(&self.addr).await?;
        let commands = Commands::new(&format!("{}-e", self.run), 0);
        let names = (0..BATCH as u64).map(|number| commands.entity(number)).collect();
        let mut recording =
            Recording { client: RecordServiceClient::new(channel.clone()), commands, batch: BATCH };
        for _ in 0..ENTITY_EVENTS {
            recording.request().await?;
        }
        let client = EventServiceClient::new(channel);
        run("one entity's events read", vec![Entities { client, names, next: 0 }], 1, self.seconds).await
    }
}
