//! An oracle: every answer that the product gives, beside one read naively off the exported events.
//!
//! It shares no code with the product but the schema: `oracle/known.rs` reads which events stand, `oracle/dates.rs` what
//! their dates mean, the other files what follows, each as DOMAIN.md says it and however slowly. Random histories, with
//! late facts, inexact dates, corrections and retractions, are recorded through the services, exported, and asked about at
//! random pairs of times.
//!
//! 1. The answer to a question, as of any day and any time of recording, is the oracle's.
//! 2. The same question with the two times of its answer gives the same bytes, whatever was recorded since.
//! 3. A list page by page is the list at once, whatever is recorded between two pages.
//! 4. Every rpc that reads is compared, or is named here with the reason why not.
//!
//! ```text
//! cargo test --test oracle                                      what every change is checked with
//! MINUTED_SEED=42 cargo test --test oracle                      one history again, as a failure names it
//! MINUTED_SEEDS=100000 cargo test --release --test oracle       a campaign; MINUTED_SEED_FROM=… goes on elsewhere
//! ```

#[path = "oracle/actors.rs"]
mod actors;
#[path = "oracle/asked.rs"]
mod asked;
#[path = "oracle/because.rs"]
mod because;
#[path = "oracle/calendar.rs"]
mod calendar;
#[path = "oracle/dates.rs"]
mod dates;
#[path = "oracle/dossier.rs"]
mod dossier;
#[path = "oracle/history.rs"]
mod history;
#[path = "oracle/intentions.rs"]
mod intentions;
#[path = "oracle/known.rs"]
mod known;
#[path = "oracle/meetings.rs"]
mod meetings;
#[path = "oracle/pages.rs"]
mod pages;
#[path = "oracle/policy.rs"]
mod policy;
#[path = "oracle/questions.rs"]
mod questions;
#[path = "oracle/registers.rs"]
mod registers;
#[path = "oracle/search.rs"]
mod search;
#[path = "oracle/seen.rs"]
mod seen;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use asked::Question;
use dates::{Span, Truth};
use history::History;
use jiff::{Timestamp, ToSpan};
use known::Known;
use minuted::grpc::caching::AnswerCache;
use minuted::grpc::events::Events;
use minuted::grpc::reading::Readers;
use minuted::grpc::records::Records;
use minuted::log::{EventLog, MemoryLog};
use minuted::projections::search::{Following, Search};
use minuted::proto::stored::server::event_service_server::EventServiceServer;
use minuted::proto::v1::event_service_client::EventServiceClient;
use minuted::proto::v1::record_service_client::RecordServiceClient;
use minuted::proto::v1::record_service_server::RecordServiceServer;
use minuted::proto::v1::search_service_client::SearchServiceClient;
use minuted::proto::{FILE_DESCRIPTOR_SET, v1};
use minuted::recorder::{self, Clock, Recorder};
use minuted::state::{Snapshot, State};
use minuted::wire::{Limits, json};
use pages::Reading;
use prost_reflect::DescriptorPool;
use serde_json::{Value, json};
use tokio::sync::watch;

/// How many histories, where nobody asks for more.
const HISTORIES: u64 = 2_000;
/// How many requests a history has at most, and how often it is asked about.
const REQUESTS: usize = 36;
const ROUNDS: usize = 2;
/// As of how many times of recording each time.
const TIMES: usize = 8;
/// Of so many questions that are asked again one is asked once more, before anything is recorded.
const FROM_CACHE: usize = 8;
/// How often words are looked for in each round.
const SEARCHES: usize = 8;

/// The rpcs that are not compared.
const NOT_COMPARED: &[(&str, &str, &str)] = &[
    ("RecordService", "Record", "it writes"),
    ("RecordService", "RecordStream", "it writes"),
    ("EventService", "ReadEvents", "it is what the oracle reads"),
    ("DossierService", "ReadActorEvents", "tests/services.rs: it is all pages of ListActorEvents"),
    ("AdminService", "GetStatus", "it says how the daemon is, not what was so"),
];

fn truth(truth: Truth) -> i32 {
    match truth {
        Truth::No => v1::Truth::No as i32,
        Truth::Possibly => v1::Truth::Possibly as i32,
        Truth::Yes => v1::Truth::Yes as i32,
    }
}

/// How many certainly, and how many possibly.
fn counted(truths: impl Iterator<Item = Truth> + Clone) -> Value {
    json!([
        truths.clone().filter(|t| *t == Truth::Yes).count(),
        truths.filter(|t| *t == Truth::Possibly).count()
    ])
}

/// A clock that goes on by a second whenever it is looked at.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let start: Timestamp = "2026-10-01T12:00:00Z".parse().unwrap();
        start + self.0.fetch_add(1, Ordering::Relaxed).seconds()
    }
}

/// The product's services over a log in memory, called by the generated clients.
struct Product {
    readers: Readers,
    cache: AnswerCache,
    records: RecordServiceClient<RecordServiceServer<Records>>,
    events: EventServiceClient<EventServiceServer<Events>>,
    recorder: Recorder,
    /// The index, from the first question to it on.
    index: Option<(Search, Following)>,
    _stop: watch::Sender<bool>,
}

impl Product {
    fn start() -> Product {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
        let state = State::open(log.clone(), Snapshot::default()).unwrap();
        let clock = Arc::new(Ticking(AtomicI64::new(0)));
        let limits = recorder::Limits::default();
        let (recorder, run) = Recorder::new(log.clone(), state.clone(), clock.clone(), limits).unwrap();
        tokio::spawn(run);
        let (stop, stopping) = watch::channel(false);
        let readers = Readers::new(state, clock);
        let records = Records::new(recorder.clone(), Limits::default(), stopping.clone());
        let events = Events::new(readers.clone(), log, stopping);
        Product {
            cache: AnswerCache::new(&readers),
            readers,
            records: RecordServiceClient::new(RecordServiceServer::new(records)),
            events: EventServiceClient::new(EventServiceServer::new(events)),
            recorder,
            index: None,
            _stop: stop,
        }
    }

    /// The position of the event, if it is recorded.
    async fn record(&mut self, command: v1::Command) -> Option<u64> {
        let request = v1::RecordRequest { commands: vec![command], validate_only: false };
        let answer = self.records.record(request).await.ok()?.into_inner();
        Some(answer.receipt.expect("an answer has it").position)
    }

    async fn search(&mut self, ask: v1::SearchRequest) -> v1::SearchResponse {
        let (index, _) = self.index.get_or_insert_with(|| Search::start(self.readers.state().clone()));
        let mut client =
            SearchServiceClient::new(minuted::grpc::search::service(self.readers.clone(), index.clone()));
        client.search(ask).await.unwrap().into_inner()
    }

    /// What is exported beyond a position.
    async fn export(&mut self, after: u64) -> Vec<v1::Event> {
        let start = Some(v1::read_events_request::Start::FromPosition(after + 1));
        let ask = v1::ReadEventsRequest { start, ..v1::ReadEventsRequest::default() };
        let mut stream = self.events.read_events(ask).await.unwrap().into_inner();
        let mut events = Vec::new();
        while let Some(batch) = stream.message().await.unwrap() {
            events.extend(batch.events);
        }
        events
    }
}

/// Names the history in which something fails, whatever it is.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("MINUTED_SEED={}", self.0);
        }
    }
}

/// A history, what it was asked, and what it answered.
struct Run {
    seed: u64,
    history: History,
    product: Product,
    events: Vec<v1::Event>,
    /// How many of them are as they were exported.
    exported: usize,
    /// How many answers there were, and those that are not yet asked for again.
    answers: usize,
    asked: Vec<(Question, Vec<u8>)>,
    /// Lists of which some pages are read.
    reading: Vec<Reading>,
}

impl Run {
    async fn all(seed: u64) -> (usize, usize) {
        let _named = Named(seed);
        let (history, product) = (History::new(seed), Product::start());
        let mut run = Run {
            seed,
            history,
            product,
            events: Vec::new(),
            exported: 0,
            answers: 0,
            asked: Vec::new(),
            reading: Vec::new(),
        };
        for command in run.history.beginnings() {
            run.record(command).await;
        }
        let requests = 10 + run.history.dice.below(REQUESTS - 10);
        for round in 1..=ROUNDS {
            for _ in 0..requests / ROUNDS {
                let command = run.history.next(&run.events);
                run.record(command).await;
                run.go_on_reading().await;
            }
            run.export().await;
            run.ask_again().await;
            run.ask().await;
            run.search().await;
            run.finish_lists().await;
            if round < ROUNDS {
                run.begin_lists().await;
            }
        }
        run.product.recorder.stop();
        (run.events.len(), run.answers)
    }

    async fn record(&mut self, command: v1::Command) {
        let v1::Command { name, command_id, valid, source, fact, .. } = command.clone();
        if let Some(position) = self.product.record(command).await {
            // As it was sent: enough to go on from. What is exported takes its place before anything is asked.
            let sent = v1::Event { position, name, command_id, valid, source, fact, ..v1::Event::default() };
            self.events.push(sent);
        }
    }

    async fn export(&mut self) {
        let recorded = self.events.len();
        self.events.truncate(self.exported);
        self.events.extend(self.product.export(self.exported as u64).await);
        assert_eq!(self.events.len(), recorded, "MINUTED_SEED={}: one event a command", self.seed);
        self.exported = recorded;
    }

    /// Questions of each kind, each as of its own day and one of a few times of recording: what was known then is put
    /// together once for all that ask for it.
    async fn ask(&mut self) {
        let times: Vec<_> = (0..TIMES).map(|_| self.time()).collect();
        for mut question in questions::questions(&mut self.history.dice, &self.events) {
            let (position, known_at) = self.history.dice.of(&times);
            let valid_at = self.day();
            let t = Span::parse(&valid_at);
            *question.as_of() = Some(v1::AsOf { valid_at: valid_at.clone(), known_at: Some(known_at) });
            let expected = question.oracle(&Known::at(&self.events, position as u64), t);
            // Of the many that ask about what is not known, a few are enough.
            if expected.is_none() && !self.history.dice.one_in(4) {
                continue;
            }
            let answer = question.ask(&self.product).await;
            let got = question.product(&answer);
            assert!(expected == got, "{}", self.mismatch(&question, expected.as_ref(), got.as_ref()));
            if let Ok(bytes) = answer {
                let answered = question.answered(&bytes);
                assert_eq!((answered.known_position, &answered.valid_at), (position as u64, &valid_at));
                self.answers += 1;
                self.asked.push((question, bytes));
            }
        }
    }

    /// A day to ask about: half of them in or about what is recorded, for there much is open.
    fn day(&mut self) -> String {
        let dice = &mut self.history.dice;
        let any = dice.date();
        let event = self.events.get(dice.below(self.events.len() + 1));
        let recorded = event.and_then(|event| event.valid.as_ref()).filter(|_| dice.one_in(2));
        let Some(valid) = recorded else { return any };
        let date = valid.from.split('T').next().expect("there is a first part");
        let within = match date.len() {
            4 => "-05-11",
            7 => "-11",
            _ => "",
        };
        format!("{date}{}", if dice.one_in(2) { within } else { "" })
    }

    /// A time of recording, and the last position that was known then.
    fn time(&mut self) -> (usize, v1::as_of::KnownAt) {
        let all = self.events.len();
        let position = if self.history.dice.one_in(3) { all } else { self.history.dice.below(all + 1) };
        if position == 0 || !self.history.dice.one_in(3) {
            return (position, v1::as_of::KnownAt::KnownPosition(position as u64));
        }
        // Half a second after an event, only it and those before it are known.
        let mut time = self.events[position - 1].recorded_at.unwrap();
        time.nanos += 500_000_000;
        (position, v1::as_of::KnownAt::KnownTime(time))
    }

    /// What is known now, by its words: an index that follows the log has no other time.
    async fn search(&mut self) {
        let known = Known::at(&self.events, self.events.len() as u64);
        for _ in 0..SEARCHES {
            let mut ask = search::question(&mut self.history.dice);
            ask.at_least_position = self.events.len() as u64;
            let answer = self.product.search(ask.clone()).await;
            let answered = answer.answered_as_of.clone().expect("every answer says it");
            assert_eq!(answered.known_position, ask.at_least_position);
            let expected = Some(known.search(&ask, Span::parse(&answered.valid_at)));
            let got = Some(search::read(answer));
            assert!(expected == got, "{}", self.mismatch(&ask, expected.as_ref(), got.as_ref()));
        }
    }

    async fn finish_lists(&mut self) {
        for reading in self.reading.drain(..) {
            reading.finish(&self.product).await;
        }
    }

    /// Begins to read some lists, as of now.
    async fn begin_lists(&mut self) {
        let questions = questions::questions(&mut self.history.dice, &self.events);
        for mut question in questions {
            if self.history.dice.one_in(2) {
                let valid_at = self.history.dice.date();
                *question.as_of() = Some(v1::AsOf { valid_at, known_at: None });
                let size = self.history.dice.number(1, 3);
                self.reading.extend(Reading::start(question, size, &self.product).await);
            }
        }
    }

    async fn go_on_reading(&mut self) {
        for reading in &mut self.reading {
            if self.history.dice.one_in(3) {
                reading.go_on(&self.product).await;
            }
        }
    }

    /// The questions of the round before, with the two times of their answers: much is recorded since.
    async fn ask_again(&mut self) {
        for (i, (question, bytes)) in self.asked.drain(..).enumerate() {
            let v1::AnsweredAsOf { valid_at, known_position } = question.answered(&bytes);
            let mut again = question.clone();
            let known_at = Some(v1::as_of::KnownAt::KnownPosition(known_position));
            *again.as_of() = Some(v1::AsOf { valid_at, known_at });
            let answer = again.ask(&self.product).await.unwrap();
            assert!(answer == bytes, "MINUTED_SEED={}: another answer to {again:?}", self.seed);
            if i % FROM_CACHE == 0 {
                let answer = again.ask(&self.product).await.unwrap();
                assert!(answer == bytes, "MINUTED_SEED={}: another answer kept to {again:?}", self.seed);
            }
        }
    }

    fn mismatch(&self, question: &dyn Debug, expected: Option<&Value>, got: Option<&Value>) -> String {
        let commands = self.events.iter().map(|event| {
            let v1::Event { position, name, command_id, valid, source, fact, .. } = event.clone();
            let command = v1::Command { command_id, name, expected_version: None, valid, source, fact };
            format!("{position:>4} {}\n", json::to_json("minuted.v1.Command", &command, false))
        });
        let none = Value::from("NOT_FOUND");
        format!(
            "MINUTED_SEED={}\n{}{question:?}\n  the oracle  {}\n  the product {}",
            self.seed,
            commands.collect::<String>(),
            expected.unwrap_or(&none),
            got.unwrap_or(&none),
        )
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

#[test]
fn every_answer_is_the_oracle_s() {
    let (from, count) = match number("MINUTED_SEED") {
        Some(seed) => (seed, 1),
        None => (number("MINUTED_SEED_FROM").unwrap_or(1), number("MINUTED_SEEDS").unwrap_or(HISTORIES)),
    };
    let (next, events, asked) = (AtomicU64::new(from), AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= from + count {
                return;
            }
            let (recorded, answered) = runtime.block_on(Run::all(seed));
            events.fetch_add(recorded as u64, Ordering::Relaxed);
            asked.fetch_add(answered as u64, Ordering::Relaxed);
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in all {
            thread.join().expect("no answer differs");
        }
    });
    let (events, asked) = (events.into_inner(), asked.into_inner());
    println!("{count} histories from {from}: {events} events, {asked} answers");
    assert!(count < 10 || events > 15 * count && asked > 20 * count, "the histories are of little use");
}

#[test]
fn every_rpc_is_compared_or_named() {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let ours = pool.services().filter(|service| service.parent_file().package_name() == "minuted.v1");
    let all: BTreeSet<(String, String)> = ours
        .flat_map(|service| {
            let rpcs: Vec<_> = service.methods().map(|rpc| rpc.name().to_owned()).collect();
            rpcs.into_iter().map(move |rpc| (service.name().to_owned(), rpc))
        })
        .collect();
    let not_compared = NOT_COMPARED.iter().map(|(service, rpc, _)| (*service, *rpc));
    let named: Vec<_> =
        asked::COMPARED.iter().copied().chain([search::COMPARED]).chain(not_compared).collect();
    let here: BTreeSet<_> = named.iter().map(|(s, rpc)| ((*s).to_owned(), (*rpc).to_owned())).collect();
    assert_eq!((&here, here.len()), (&all, named.len()));
}
