//! The cache in front of the services that read: what was answered is answered again, and nothing that is so no more.
//!
//! 1. The same question is answered once while nothing is recorded and the day lasts.
//! 2. Another method, language or message, another day, or anything recorded: the service is asked.
//! 3. Beside a recorder no answer is older than what was known when it was asked for.
//! 4. What is asked again stays, what is asked once makes way. Refusals, answers that break off and large ones are not kept, and what is kept stays within a bound.

mod sample;

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, stream};
use http::{HeaderMap, Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Full, StreamBody};
use jiff::Timestamp;
use minuted::domain::World;
use minuted::grpc::caching::{ANSWER_BYTES_MAX, AnswerCache, CACHE_BYTES, QUESTION_BYTES_MAX};
use minuted::grpc::reading::Readers;
use minuted::grpc::records::Records;
use minuted::grpc::{actors, areas, meetings};
use minuted::log::{EventLog, MemoryLog};
use minuted::proto::v1;
use minuted::proto::v1::actor_service_client::ActorServiceClient;
use minuted::proto::v1::area_service_client::AreaServiceClient;
use minuted::proto::v1::meeting_service_client::MeetingServiceClient;
use minuted::proto::v1::record_service_client::RecordServiceClient;
use minuted::proto::v1::record_service_server::RecordServiceServer;
use minuted::recorder::{self, Clock, Recorder};
use minuted::state::{Snapshot, State};
use minuted::wire::Limits;
use serde_json::json;
use tokio::sync::watch;
use tonic::Status;
use tonic::body::Body;
use tower::Service;

const DAY: i64 = 86_400;

/// A clock that is set by hand.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A recorder and what reads beside it.
struct Product {
    cache: AnswerCache,
    readers: Readers,
    records: RecordServiceClient<RecordServiceServer<Records>>,
    clock: Arc<Hand>,
    _stop: watch::Sender<bool>,
}

impl Product {
    fn start() -> Product {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
        let state = State::open(log.clone(), Snapshot::default()).unwrap();
        let clock = Arc::new(Hand(AtomicI64::new(1_790_000_000)));
        let limits = recorder::Limits::default();
        let (recorder, run) = Recorder::new(log, state.clone(), clock.clone(), limits).unwrap();
        tokio::spawn(run);
        let (stop, stopping) = watch::channel(false);
        let readers = Readers::new(state, clock.clone());
        let records = Records::new(recorder, Limits::default(), stopping);
        Product {
            cache: AnswerCache::new(&readers),
            readers,
            records: RecordServiceClient::new(RecordServiceServer::new(records)),
            clock,
            _stop: stop,
        }
    }

    async fn record(&mut self, command: v1::Command) -> u64 {
        let request = v1::RecordRequest { commands: vec![command], validate_only: false };
        self.records.record(request).await.unwrap().into_inner().receipt.unwrap().position
    }

    async fn record_an_area(&mut self, number: u64) {
        self.record(an_area(number)).await;
    }
}

fn an_area(number: u64) -> v1::Command {
    sample::command(&json!({
        "commandId": format!("00000000-0000-4000-8000-{number:012}"),
        "name": format!("areas/a{number}"),
        "source": { "text": "a test" },
        "fact": { "areaDefined": { "names": { "en": "An area" } } },
    }))
}

/// How a [`Counting`] service answers.
#[derive(Clone, Copy)]
enum Manner {
    /// With its count, and so many bytes.
    Answers(usize),
    /// With its count and a status behind it.
    Refuses,
    /// With a status alone.
    RefusesAtOnce,
    /// With its count, then its stream breaks off.
    Breaks,
    /// With its count, in three frames, and with metadata at both ends.
    Pieces,
}

/// A service that answers with how often it was asked.
#[derive(Clone)]
struct Counting(Manner, Arc<AtomicU64>);

impl Service<Request<Body>> for Counting {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        let count = self.1.fetch_add(1, Ordering::SeqCst) + 1;
        let mut message = count.to_le_bytes().to_vec();
        let refused = Status::not_found("it is not known");
        let (mut headers, mut trailers) = (HeaderMap::new(), HeaderMap::new());
        let mut end = match self.0 {
            Manner::RefusesAtOnce => return ready(Ok(refused.into_http())),
            Manner::Answers(bytes) => {
                message.resize(bytes.max(message.len()), 0);
                Status::ok("").add_header(&mut trailers).unwrap();
                vec![Ok(Frame::trailers(trailers))]
            }
            Manner::Refuses => {
                refused.add_header(&mut trailers).unwrap();
                vec![Ok(Frame::trailers(trailers))]
            }
            Manner::Breaks => vec![Err(Status::internal("it broke"))],
            Manner::Pieces => {
                headers.insert("content-type", "application/grpc".parse().unwrap());
                trailers.insert("its-count", count.into());
                Status::ok("").add_header(&mut trailers).unwrap();
                let pieces = ["a second", "a third"].map(|piece| Ok(Frame::data(Bytes::from(piece))));
                pieces.into_iter().chain([Ok(Frame::trailers(trailers))]).collect()
            }
        };
        end.insert(0, Ok(Frame::data(Bytes::from(message))));
        let mut response = Response::new(Body::new(StreamBody::new(stream::iter(end))));
        *response.headers_mut() = headers;
        ready(Ok(response))
    }
}

/// A counting service behind a cache.
struct Asked<'a> {
    product: &'a Product,
    service: Counting,
}

impl Product {
    fn counting(&self, manner: Manner) -> Asked<'_> {
        Asked { product: self, service: Counting(manner, Arc::default()) }
    }
}

/// What came back.
#[derive(Debug, PartialEq)]
struct Came {
    headers: HeaderMap,
    /// What the transport would say of it before it is sent.
    length: Option<u64>,
    messages: Vec<u8>,
    trailers: Option<HeaderMap>,
}

impl Asked<'_> {
    fn send(&self, method: &str, headers: &[(&'static str, &str)], message: &[u8]) -> Came {
        let message = Bytes::copy_from_slice(message);
        let frames = [Ok::<_, Status>(Frame::data(message)), Ok(Frame::data(Bytes::new()))];
        let mut request = Request::new(Body::new(StreamBody::new(stream::iter(frames))));
        *request.uri_mut() = format!("/minuted.v1.ActorService/{method}").parse().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let mut cached = self.product.cache.of(self.service.clone());
        let response = cached.call(request).now_or_never().expect("nothing is waited for").unwrap();
        let (parts, mut body) = response.into_parts();
        let length = body.size_hint().exact();
        let mut came = Came { headers: parts.headers, length, messages: Vec::new(), trailers: None };
        while let Some(Ok(frame)) = body.frame().now_or_never().expect("nothing is waited for") {
            match frame.into_data() {
                Ok(data) => came.messages.extend(data),
                Err(frame) => came.trailers = frame.into_trailers().ok(),
            }
        }
        came
    }

    /// The count that is answered, if there is one.
    fn ask(&self, method: &str, language: &str, message: &[u8]) -> Option<u64> {
        let came = self.send(method, &[("accept-language", language)], message);
        came.messages.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    fn ask_the_same(&self) -> Option<u64> {
        self.ask("GetActor", "fr", b"countries/jp")
    }
}

#[tokio::test]
async fn the_same_question_is_answered_once() {
    let product = Product::start();
    let service = product.counting(Manner::Answers(0));
    assert_eq!([(); 3].map(|()| service.ask_the_same()), [Some(1); 3]);
}

#[tokio::test]
async fn an_answer_is_given_again_to_the_last_byte() {
    let product = Product::start();
    let service = product.counting(Manner::Pieces);
    let [first, second] = [(); 2].map(|()| service.send("GetActor", &[], b"countries/jp"));
    assert_eq!(first.messages[8..], *b"a seconda third");
    assert_eq!(second, first, "its count, too");
}

#[tokio::test]
async fn what_is_compressed_goes_to_the_service() {
    let product = Product::start();
    let service = product.counting(Manner::Answers(0));
    let send = |headers: &[(&'static str, &str)]| service.send("GetActor", headers, b"countries/jp").messages;
    let [plain, compressed] = [&[][..], &[("grpc-encoding", "gzip")]].map(send);
    assert_ne!(plain, compressed);
    assert_ne!(compressed, send(&[("grpc-encoding", "gzip")]));
    assert_eq!(plain, send(&[]));
}

#[tokio::test]
async fn another_question_is_another_question() {
    let product = Product::start();
    let service = product.counting(Manner::Answers(0));
    let ask = |method, language, message: &str| service.ask(method, language, message.as_bytes()).unwrap();
    assert_eq!(ask("GetActor", "fr", "countries/jp"), 1);
    assert_eq!(ask("GetActor", "en", "countries/jp"), 2);
    assert_eq!(ask("GetActor", "fr", "countries/kr"), 3);
    assert_eq!(ask("GetStanding", "fr", "countries/jp"), 4);
    assert_eq!(ask("GetActor", "", "frcountries/jp"), 5, "a message is not taken for a language");
    assert_eq!(ask("GetActor", "fr", "countries/jp"), 1);
}

#[tokio::test]
async fn what_is_recorded_and_another_day_are_other_questions() {
    let mut product = Product::start();
    let asked = Arc::new(AtomicU64::new(0));
    let count = |product: &Product| {
        let service = Counting(Manner::Answers(0), asked.clone());
        Asked { product, service }.ask_the_same().unwrap()
    };
    assert_eq!((count(&product), count(&product)), (1, 1));
    product.record_an_area(1).await;
    assert_eq!((count(&product), count(&product)), (2, 2));
    product.clock.0.fetch_add(DAY, Ordering::SeqCst);
    assert_eq!((count(&product), count(&product)), (3, 3));
}

#[tokio::test]
async fn refusals_and_what_breaks_off_are_not_kept() {
    let product = Product::start();
    for (manner, counts) in [
        (Manner::Refuses, [Some(1), Some(2)]),
        (Manner::RefusesAtOnce, [None, None]),
        (Manner::Breaks, [Some(1), Some(2)]),
    ] {
        let service = product.counting(manner);
        assert_eq!([service.ask_the_same(), service.ask_the_same()], counts);
        assert_eq!(service.service.1.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn what_is_large_is_not_kept() {
    let product = Product::start();
    let service = product.counting(Manner::Answers(ANSWER_BYTES_MAX));
    assert_eq!([service.ask_the_same(), service.ask_the_same()], [Some(1), Some(1)]);
    let service = product.counting(Manner::Answers(ANSWER_BYTES_MAX + 1));
    let long = vec![b'a'; QUESTION_BYTES_MAX];
    assert_eq!([(); 2].map(|()| service.ask("GetActor", "", b"large")), [Some(1), Some(2)]);
    let service = product.counting(Manner::Answers(0));
    assert_eq!([(); 2].map(|()| service.ask("GetActor", "", &long)), [Some(1), Some(1)]);
    let longer = [long.as_slice(), b"a"].concat();
    assert_eq!([(); 2].map(|()| service.ask("GetActor", "", &longer)), [Some(2), Some(3)]);
}

#[tokio::test]
async fn what_is_kept_stays_within_its_bound() {
    let product = Product::start();
    let service = product.counting(Manner::Answers(ANSWER_BYTES_MAX));
    for message in 0..1_000_u32 {
        service.ask("GetActor", "", &message.to_le_bytes());
        assert!(product.cache.bytes() <= CACHE_BYTES);
    }
    assert!(product.cache.bytes() > CACHE_BYTES / 2, "something is kept");
}

#[tokio::test]
async fn what_is_asked_again_stays_and_what_is_asked_once_makes_way() {
    let mut product = Product::start();
    let asked = Arc::new(AtomicU64::new(0));
    let ask = |product: &Product, message: u32| {
        let service = Counting(Manner::Answers(20_000), asked.clone());
        Asked { product, service }.ask("GetActor", "", &message.to_le_bytes()).unwrap()
    };
    assert_eq!((ask(&product, 0), ask(&product, 0)), (1, 1));
    for once in 1..=1_000 {
        ask(&product, once);
        assert!(once % 50 != 0 || ask(&product, 0) == 1, "it was asked fifty others ago, and is gone");
    }
    // What is kept of a time that is over does not stand in the way.
    product.record_an_area(1).await;
    for message in 0..50 {
        ask(&product, message);
    }
    let before = asked.load(Ordering::SeqCst);
    for message in 0..50 {
        ask(&product, message);
    }
    assert_eq!(asked.load(Ordering::SeqCst), before);
}

/// A service that answers with its count once it has recorded something.
#[derive(Clone)]
struct Recording(RecordServiceClient<RecordServiceServer<Records>>, Arc<AtomicU64>);

impl Service<Request<Body>> for Recording {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut records = self.0.clone();
        let mut service = Counting(Manner::Answers(0), self.1.clone());
        Box::pin(async move {
            let answer = service.call(request).await;
            let number = service.1.load(Ordering::SeqCst);
            let request = v1::RecordRequest { commands: vec![an_area(number)], validate_only: false };
            records.record(request).await.unwrap();
            answer
        })
    }
}

#[tokio::test]
async fn an_answer_that_is_overtaken_is_not_kept() {
    let product = Product::start();
    let mut cached = product.cache.of(Recording(product.records.clone(), Arc::default()));
    for count in 1..=2_u64 {
        let request = Request::new(Body::new(Full::new(Bytes::from("countries/jp"))));
        let body = cached.call(request).await.unwrap().into_body();
        assert_eq!(body.collect().await.unwrap().to_bytes()[..], count.to_le_bytes());
        assert_eq!(product.cache.bytes(), 0);
    }
}

/// Whatever is recorded, in whichever stream it is: behind the cache the answers are those of the services.
#[tokio::test]
async fn after_every_record_the_answers_are_those_of_the_services() {
    let mut product = Product::start();
    let readers = product.readers.clone();
    let mut standing = ActorServiceClient::new(actors::service(readers.clone()));
    let mut cached_standing = ActorServiceClient::new(product.cache.of(actors::service(readers.clone())));
    let mut meetings = MeetingServiceClient::new(meetings::service(readers.clone()));
    let mut cached_meetings = MeetingServiceClient::new(product.cache.of(meetings::service(readers)));
    let of_standing = v1::GetStandingRequest::default();
    let of_meetings = v1::ListMeetingsRequest { page_size: 10, ..v1::ListMeetingsRequest::default() };
    let mut different = HashSet::new();
    for command in sample::sample() {
        product.record(command).await;
        let stands = standing.get_standing(of_standing.clone()).await.unwrap().into_inner();
        let listed = meetings.list_meetings(of_meetings.clone()).await.unwrap().into_inner();
        for _ in 0..2 {
            let again = cached_standing.get_standing(of_standing.clone()).await.unwrap().into_inner();
            assert_eq!(again, stands);
            let again = cached_meetings.list_meetings(of_meetings.clone()).await.unwrap().into_inner();
            assert_eq!(again, listed);
        }
        let known = (stands.frameworks, listed.meetings);
        different.insert(format!("{known:?}"));
    }
    assert!(different.len() > 20, "what is answered changes: {}", different.len());
}

/// An answer is never older than what was known when it was asked for, and never mixes what was known with when.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn beside_a_recorder_every_answer_is_of_its_position() {
    const AREAS: u64 = 300;
    let mut product = Product::start();
    let (readers, cache) = (product.readers.clone(), product.cache.clone());
    let asking = (0..3).map(|_| {
        let (readers, cache) = (readers.clone(), cache.clone());
        tokio::spawn(async move {
            let mut cached = AreaServiceClient::new(cache.of(areas::service(readers.clone())));
            let mut seen = 0;
            while seen < AREAS {
                let known = readers.state().latest().tail().0;
                let ask = v1::ListAreasRequest { page_size: 1000, ..v1::ListAreasRequest::default() };
                let answer = cached.list_areas(ask).await.unwrap().into_inner();
                seen = answer.answered_as_of.unwrap().known_position;
                assert!(seen >= known, "what was known at {known} is left out of an answer of {seen}");
                assert_eq!(answer.areas.len() as u64, seen, "one area for each position");
                tokio::task::yield_now().await;
            }
        })
    });
    let asking: Vec<_> = asking.collect();
    for number in 1..=AREAS {
        product.record_an_area(number).await;
    }
    for asked in asking {
        asked.await.unwrap();
    }
}
