//! `minuted bench`: measures a running daemon as its users would, beside what the disk and an empty call take.

mod ask;
mod disk;
mod follow;
mod generate;
mod load;
mod slow;
mod work;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use tonic_health::pb::health_client::HealthClient;

use super::client::Client;
use super::failure::Failure;
use super::look::{Look, print};
use crate::proto::v1::ReadEventsRequest;
use crate::proto::v1::event_service_client::EventServiceClient;
use crate::proto::v1::record_service_client::RecordServiceClient;
use load::{Measured, Worker, connect, run};
use work::{Commands, ENTITY_EVENTS, Empty, Entities, Recording, Streamed};

/// Commands of one batch.
const BATCH: usize = 100;
/// Requests of one stream that are on their way at once.
const WINDOW: usize = 256;
const EMPTY: &str = "an empty call";
const RECORDS: &str = "durable records";
const STREAMS: &str = "events over streams";
const READ_ALL: &str = "all events read, decoded";
const ENTITY: &str = "one entity's events read";
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
    /// Only loads whose description has this in it
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
}

/// What else there is to do.
#[derive(Clone, Debug, Subcommand)]
enum Other {
    /// Record decades of an office, in the shape of the sample
    Generate(generate::Generate),
    /// Measure questions, each over and over by one client, beside an empty call
    Ask(ask::Ask),
    /// Record while nobody follows and while many do, and check that they miss nothing
    Follow(follow::Follow),
    /// Measure the daemon's memory beside readers that do not read
    Slow(slow::Slow),
}

#[derive(Serialize)]
struct Report {
    measured: Vec<Measured>,
}

impl Report {
    fn print(&self, client: &Client) -> Result<(), Failure> {
        if client.wants_json() {
            return print_json(self);
        }
        Ok(print(&table(client.look, &self.measured))?)
    }
}

fn print_json(report: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(report).map_err(anyhow::Error::from).map_err(Failure::Other)?;
    Ok(print(&(text + "\n"))?)
}

fn table(look: Look, measured: &[Measured]) -> String {
    let rows = measured.iter().map(|one| {
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
    look.rows(["what", "clients", "a second", "p50 µs", "p99 µs", "requests"], rows)
}

impl Bench {
    /// Measures one load after the other, and prints what came of it.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self.other {
            Some(Other::Generate(generate)) => return generate.run(client).await,
            Some(Other::Ask(ask)) => return ask.run(client).await,
            Some(Other::Follow(follow)) => return follow.run(client).await,
            Some(Other::Slow(slow)) => return slow.run(client).await,
            None => {}
        }
        let plan = Plan { addr: client.addr().to_owned(), run: work::new_run(), seconds: self.seconds };
        let wanted = |what: &str| what.contains(&self.only);
        let mut measured = Vec::new();
        if let Some(dir) = self.data_dir.clone().filter(|_| wanted(disk::WHAT)) {
            let seconds = self.seconds;
            let disk = tokio::task::spawn_blocking(move || disk::measure(&dir, seconds));
            measured.push(disk.await.map_err(anyhow::Error::from).map_err(Failure::Other)??);
        }
        for &clients in &self.clients {
            if wanted(EMPTY) {
                measured.push(plan.empty(clients).await?);
            }
            if wanted(RECORDS) {
                measured.push(plan.records(clients, 1).await?);
            }
        }
        if wanted(&in_batches()) {
            measured.push(plan.records(WRITERS, BATCH).await?);
        }
        if wanted(STREAMS) {
            measured.push(plan.streams().await?);
        }
        if wanted(READ_ALL) {
            measured.push(plan.read_all().await?);
        }
        if wanted(ENTITY) {
            measured.push(plan.entities().await?);
        }
        Report { measured }.print(client)
    }
}

fn in_batches() -> String {
    format!("events in batches of {BATCH}")
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
        run(EMPTY, workers, 1, self.seconds).await
    }

    async fn records(&self, clients: usize, batch: usize) -> Result<Measured, Failure> {
        let mut workers = Vec::new();
        for number in 0..clients {
            let client = RecordServiceClient::new(connect(&self.addr).await?);
            let commands = Commands::new(&format!("{}-{clients}x{batch}", self.run), number);
            workers.push(Recording { client, commands, batch });
        }
        let what = if batch == 1 { RECORDS.to_owned() } else { in_batches() };
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
        run(STREAMS, workers, 1, self.seconds).await
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
        Ok(Measured::of(READ_ALL, 1, found, took, &[took]))
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
        run(ENTITY, vec![Entities { client, names, next: 0 }], 1, self.seconds).await
    }
}
