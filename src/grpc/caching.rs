//! A cache of answers, in front of the services that read.
//!
//! 1. An answer is a matter of its question, of what is known, and of the day. While none of them changes it is the same
//!    bytes, and those are kept: nothing has to be told to forget.
//! 2. Whole answers are kept, no refusals and nothing that is large; all of them together stay within a bound.
//! 3. What is asked again and again stays, what is asked once makes way.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt, BodyStream, StreamBody};
use parking_lot::Mutex;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Code, Status};
use tower::Service;

use super::reading::Readers;
use crate::domain::World;
use crate::domain::time::PartialDate;
use crate::position::Position;

/// All that is kept takes so much at most.
pub const CACHE_BYTES: u64 = 4 << 20;
/// A larger answer is not kept.
pub const ANSWER_BYTES_MAX: usize = 128 << 10;
/// The answer to a longer question is not kept.
pub const QUESTION_BYTES_MAX: usize = 2 << 10;
/// A guess at what an answer takes. Caches are made of parts with room for 32 of them, so that a large one fits into a part.
const ANSWER_BYTES: usize = 16 << 10;
/// What an entry takes beyond its question and its messages: headers, trailers, and its place.
const ENTRY_BYTES: usize = 1 << 10;

/// The answers that were given last, for all services that are put behind it.
#[derive(Clone)]
pub struct AnswerCache {
    readers: Readers,
    kept: Arc<Kept>,
}

struct Kept {
    answers: Cache<Key, Arc<Answer>, Bounded>,
    /// Of what all of them are; at first, of nothing.
    of: Mutex<Option<Now>>,
}

/// What is known, and the day where a question names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Now {
    known: Position,
    today: PartialDate,
}

/// A question, and what its answer follows from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    now: Now,
    /// The method, the languages of the call, and the message.
    question: Box<[u8]>,
}

/// An answer as it goes over the wire.
#[derive(Debug)]
struct Answer {
    headers: HeaderMap,
    messages: Bytes,
    trailers: HeaderMap,
}

#[derive(Clone, Debug)]
struct Bounded;

impl Weighter<Key, Arc<Answer>> for Bounded {
    fn weight(&self, key: &Key, answer: &Arc<Answer>) -> u64 {
        (ENTRY_BYTES + key.question.len() + answer.messages.len()) as u64
    }
}

impl AnswerCache {
    /// Of services that answer from these readers, and from nothing else.
    pub fn new(readers: &Readers) -> AnswerCache {
        let answers = usize::try_from(CACHE_BYTES).unwrap_or(usize::MAX) / ANSWER_BYTES;
        let answers = Cache::with_weighter(answers, CACHE_BYTES, Bounded);
        AnswerCache { readers: readers.clone(), kept: Arc::new(Kept { answers, of: Mutex::new(None) }) }
    }

    /// The service, asked only for what is not kept.
    pub fn of<S>(&self, service: S) -> Cached<S> {
        Cached { cache: self.clone(), service }
    }

    /// What all that is kept takes.
    pub fn bytes(&self) -> u64 {
        self.kept.answers.weight()
    }

    fn now(&self) -> Now {
        Now { known: self.readers.state().latest().tail(), today: self.readers.today() }
    }

    /// Taken before the question is answered: what is kept under it is never older.
    fn key(&self, request: &http::request::Parts, message: &[u8]) -> Key {
        let languages = request.headers.get("accept-language").map_or(&[][..], |value| value.as_bytes());
        // A path has no zero, and neither has a header: no two questions are written the same.
        let question = [request.uri.path().as_bytes(), languages, message].join(&0);
        Key { now: self.now(), question: question.into() }
    }

    /// Keeps an answer, unless nobody will ask under its key any more; what was kept of another time goes.
    fn keep(&self, key: Key, answer: Answer) {
        if key.now != self.now() {
            return;
        }
        let mut of = self.kept.of.lock();
        if *of != Some(key.now) {
            self.kept.answers.clear();
            *of = Some(key.now);
        }
        self.kept.answers.insert(key, Arc::new(answer));
    }
}

/// A service behind a cache of its answers.
#[derive(Clone)]
pub struct Cached<S> {
    cache: AnswerCache,
    service: S,
}

impl<S: NamedService> NamedService for Cached<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Cached<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let cache = self.cache.clone();
        // The one that is ready is the one that is called.
        let service = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, service);
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let (message, body) = read(body).await;
            // What is compressed is the service's to refuse.
            let message = message.filter(|_| !parts.headers.contains_key("grpc-encoding"));
            let Some(key) = message.map(|message| cache.key(&parts, &message)) else {
                return service.call(Request::from_parts(parts, body)).await;
            };
            if let Some(answer) = cache.kept.answers.get(&key) {
                return Ok(again(&answer));
            }
            let response = service.call(Request::from_parts(parts, body)).await?;
            let headers = response.headers().clone();
            let notes = Notes { cache, key, headers, messages: Vec::new(), bytes: 0 };
            Ok(response.map(|body| Body::new(Noted { body, notes: Some(notes) })))
        })
    }
}

/// The answer as it was given.
fn again(answer: &Answer) -> Response<Body> {
    let Answer { headers, messages, trailers } = answer;
    let frames = [Frame::data(messages.clone()), Frame::trailers(trailers.clone())];
    let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Status>)));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().clone_from(headers);
    response
}

/// The message of a request, if it is whole and short, and the body from its beginning.
async fn read(mut body: Body) -> (Option<Bytes>, Body) {
    let (mut frames, mut bytes, mut fails) = (Vec::new(), 0, false);
    // A short message comes in one frame.
    while frames.len() < 2 && bytes <= QUESTION_BYTES_MAX && !fails && !body.is_end_stream() {
        let Some(frame) = body.frame().await else { break };
        let length = frame.as_ref().ok().and_then(Frame::data_ref).map(Bytes::len);
        // Many a client ends its request with an empty frame.
        if length == Some(0) {
            continue;
        }
        bytes += length.unwrap_or(0);
        fails = frame.is_err();
        frames.push(frame);
    }
    let message = match frames.as_slice() {
        [Ok(frame)] if bytes <= QUESTION_BYTES_MAX => frame.data_ref().cloned(),
        _ => None,
    };
    (message, Body::new(StreamBody::new(stream::iter(frames).chain(BodyStream::new(body)))))
}

/// The body of an answer that is written down while it is sent.
struct Noted {
    body: Body,
    notes: Option<Notes>,
}

struct Notes {
    cache: AnswerCache,
    key: Key,
    headers: HeaderMap,
    messages: Vec<Bytes>,
    bytes: usize,
}

impl Notes {
    /// What is left of them after this frame: none once the answer is kept, or is not to be.
    fn take(mut self, frame: &Frame<Bytes>) -> Option<Notes> {
        if let Some(data) = frame.data_ref() {
            self.bytes += data.len();
            self.messages.push(data.clone());
            return (self.bytes <= ANSWER_BYTES_MAX).then_some(self);
        }
        let trailers = frame.trailers_ref()?;
        if Status::from_header_map(trailers).is_some_and(|status| status.code() == Code::Ok) {
            let Notes { cache, key, headers, messages, bytes: _ } = self;
            // In a piece of memory of its own: what it came in may be larger.
            let messages = messages.concat().into();
            cache.keep(key, Answer { headers, messages, trailers: trailers.clone() });
        }
        None
    }
}

impl http_body::Body for Noted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.notes = match &frame {
            Some(Ok(frame)) => self.notes.take().and_then(|notes| notes.take(frame)),
            Some(Err(_)) | None => None,
        };
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
