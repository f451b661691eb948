//! The loads of `minuted bench`, on UmaDB: one request in flight per client, one connection each, events of some 200 bytes.
//! Prints the measurements as `minuted bench --format json` does. Usage: umadb-bench ADDR SECONDS CLIENTS,… [TEXT]
//! With a text, only loads whose description has it. It also says how many events were recorded in all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use minuted_proto::codec::Codec;
use prost::Message;
use serde_json::{Value, json};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// As minuted's own client has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(string, tag = "1")]
    event_type: String,
    #[prost(string, repeated, tag = "2")]
    tags: Vec<String>,
    #[prost(bytes = "vec", tag = "3")]
    data: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct SequencedEvent {
    #[prost(uint64, tag = "1")]
    position: u64,
    #[prost(message, optional, tag = "2")]
    event: Option<Event>,
}

#[derive(Clone, PartialEq, Message)]
struct QueryItem {
    #[prost(string, repeated, tag = "2")]
    tags: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Query {
    #[prost(message, repeated, tag = "1")]
    items: Vec<QueryItem>,
}

#[derive(Clone, PartialEq, Message)]
struct AppendRequest {
    #[prost(message, repeated, tag = "1")]
    events: Vec<Event>,
}

#[derive(Clone, PartialEq, Message)]
struct Position {
    #[prost(uint64, tag = "1")]
    position: u64,
}

#[derive(Clone, PartialEq, Message)]
struct ReadRequest {
    #[prost(message, optional, tag = "1")]
    query: Option<Query>,
    #[prost(uint32, optional, tag = "6")]
    batch_size: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct ReadResponse {
    #[prost(message, repeated, tag = "1")]
    events: Vec<SequencedEvent>,
}

#[derive(Clone, PartialEq, Message)]
struct Nothing {}

/// Events of one entity stand side by side, as those of `minuted bench` do.
const ENTITY_EVENTS: u64 = 10;
const BATCH: u64 = 100;
const WRITERS: usize = 8;
const WARM_UP: Duration = Duration::from_millis(500);

#[derive(Clone)]
struct Client(Grpc<Channel>);

impl Client {
    async fn connect(addr: &str) -> Client {
        let endpoint = Endpoint::from_shared(format!("http://{addr}")).expect("an address").tcp_nodelay(true);
        let endpoint = endpoint.initial_stream_window_size(4 << 20).initial_connection_window_size(8 << 20);
        loop {
            match endpoint.connect().await {
                Ok(channel) => return Client(Grpc::new(channel).max_decoding_message_size(64 << 20)),
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }

    async fn ready(&mut self) -> Result<(), Status> {
        self.0.ready().await.map_err(|error| Status::unavailable(error.to_string()))
    }

    async fn append(&mut self, first: u64, count: u64) -> Result<(), Status> {
        self.ready().await?;
        let events = (first..first + count).map(event).collect();
        let codec: Codec<AppendRequest, Position> = Codec::default();
        let path = PathAndQuery::from_static("/umadb.v1.DCB/Append");
        self.0.unary(Request::new(AppendRequest { events }), path, codec).await.map(drop)
    }

    async fn head(&mut self) -> Result<(), Status> {
        self.ready().await?;
        let codec: Codec<Nothing, Position> = Codec::default();
        let path = PathAndQuery::from_static("/umadb.v1.DCB/Head");
        self.0.unary(Request::new(Nothing {}), path, codec).await.map(drop)
    }

    async fn read(&mut self, query: Option<Query>) -> Result<usize, Status> {
        self.ready().await?;
        let codec: Codec<ReadRequest, ReadResponse> = Codec::default();
        let path = PathAndQuery::from_static("/umadb.v1.DCB/Read");
        let request = Request::new(ReadRequest { query, batch_size: Some(1000) });
        let mut messages = self.0.server_streaming(request, path, codec).await?.into_inner();
        let mut found = 0;
        while let Some(message) = messages.message().await? {
            found += message.events.len();
        }
        Ok(found)
    }
}

fn event(number: u64) -> Event {
    let mut data = format!("{{\"n\":{number:012},\"pad\":\"").into_bytes();
    data.resize(148, b'x');
    data.extend_from_slice(b"\"}");
    let tags = vec![format!("entity-{}", number / ENTITY_EVENTS), format!("shard-{}", number % 100)];
    Event { event_type: format!("type-{}", number % 10), tags, data }
}

fn measured(what: &str, clients: usize, each: usize, took: Duration, times: &[Duration]) -> Value {
    let mut micros: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e6).collect();
    micros.sort_by(f64::total_cmp);
    let at = |hundredths: usize| micros.get(micros.len().saturating_sub(1) * hundredths / 100);
    json!({
        "what": what,
        "clients": clients,
        "per_second": (times.len() * each) as f64 / took.as_secs_f64(),
        "p50_micros": at(50),
        "p99_micros": at(99),
        "requests": times.len(),
    })
}

const READ_ALL: &str = "all events read, decoded";

enum Load {
    Empty,
    Append(u64),
    /// Once, not over and over.
    ReadAll,
    Entity,
}

async fn run(
    what: &str,
    load: Load,
    clients: usize,
    addr: &str,
    seconds: f64,
    next: &Arc<AtomicU64>,
) -> Value {
    let (counting, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (load, mut tasks) = (Arc::new(load), Vec::new());
    for _ in 0..clients {
        let mut client = Client::connect(addr).await;
        let (counting, done, next, load) = (counting.clone(), done.clone(), next.clone(), load.clone());
        tasks.push(tokio::spawn(async move {
            let (mut times, mut turn) = (Vec::new(), 0);
            while !done.load(Ordering::Relaxed) {
                let (begun, counts) = (Instant::now(), counting.load(Ordering::Relaxed));
                let answered = match *load {
                    Load::Empty => client.head().await,
                    Load::ReadAll => client.read(None).await.map(drop),
                    Load::Append(count) => {
                        client.append(next.fetch_add(count, Ordering::Relaxed), count).await
                    }
                    Load::Entity => {
                        turn += 1;
                        let entity = turn * 7919 % (next.load(Ordering::Relaxed) / ENTITY_EVENTS);
                        let items = vec![QueryItem { tags: vec![format!("entity-{entity}")] }];
                        client.read(Some(Query { items })).await.map(drop)
                    }
                };
                answered.expect("the peer answers");
                if counts && !done.load(Ordering::Relaxed) {
                    times.push(begun.elapsed());
                }
            }
            times
        }));
    }
    tokio::time::sleep(WARM_UP).await;
    counting.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    done.store(true, Ordering::Relaxed);
    let (took, mut times) = (begun.elapsed(), Vec::new());
    for task in tasks {
        times.extend(task.await.expect("no load panics"));
    }
    let each = if let Load::Append(count) = *load { count } else { 1 };
    measured(what, clients, each as usize, took, &times)
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (addr, seconds) = (args[1].as_str(), args[2].parse().expect("seconds"));
    let clients: Vec<usize> = args[3].split(',').map(|n| n.parse().expect("a number of clients")).collect();
    let next = Arc::new(AtomicU64::new(0));
    let only = args.get(4).map_or("", String::as_str);
    let mut loads = Vec::new();
    for clients in clients {
        loads.push(("an empty call", Load::Empty, clients));
        loads.push(("durable records", Load::Append(1), clients));
    }
    loads.push(("events in batches of 100", Load::Append(BATCH), WRITERS));
    loads.push((READ_ALL, Load::ReadAll, 1));
    loads.push(("one entity's events read", Load::Entity, 1));
    let mut found = Vec::new();
    for (what, load, clients) in loads.into_iter().filter(|(what, ..)| what.contains(only)) {
        found.push(match load {
            Load::ReadAll => read_all(addr).await,
            load => run(what, load, clients, addr, seconds, &next).await,
        });
    }
    println!("{}", json!({ "measured": found, "events": next.load(Ordering::Relaxed) }));
}

async fn read_all(addr: &str) -> Value {
    let mut client = Client::connect(addr).await;
    let begun = Instant::now();
    let events = client.read(None).await.expect("the peer answers");
    let took = begun.elapsed();
    measured(READ_ALL, 1, events, took, &[took])
}
