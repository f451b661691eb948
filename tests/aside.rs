//! What reads the log waits for the disk, and is not answered on a thread that all calls share.

mod sample;

use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use minuted::grpc::events::Events;
use minuted::grpc::reading::Readers;
use minuted::grpc::{dossier, meetings};
use minuted::log::{
    AppendError, EventLog, FrameHash, FrameReader, LogId, LogStatus, MemoryLog, NewFrame, ReadError,
};
use minuted::position::Position;
use minuted::proto::stored::server::event_service_server::EventServiceServer;
use minuted::proto::v1;
use minuted::proto::v1::dossier_service_client::DossierServiceClient;
use minuted::proto::v1::event_service_client::EventServiceClient;
use minuted::proto::v1::meeting_service_client::MeetingServiceClient;
use minuted::recorder::Clock;
use minuted::state::{Snapshot, State};
use minuted::wire;
use sample::Memory;
use tokio::sync::watch;

/// A log that knows on which threads it was read.
#[derive(Default)]
struct Watched {
    log: MemoryLog,
    read_on: Mutex<Vec<ThreadId>>,
}

impl Watched {
    fn reading(&self) {
        self.read_on.lock().unwrap().push(std::thread::current().id());
    }

    /// It was read, and not on this thread; forgets by which.
    fn assert_read_aside(&self, what: &str) {
        let read_on = std::mem::take(&mut *self.read_on.lock().unwrap());
        assert!(!read_on.is_empty(), "{what} does not read the log");
        assert!(
            !read_on.contains(&std::thread::current().id()),
            "{what} reads the log where calls are answered"
        );
    }
}

impl EventLog for Watched {
    fn id(&self) -> LogId {
        self.log.id()
    }

    fn tail(&self) -> Position {
        self.log.tail()
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.log.watch()
    }

    fn append(
        &self,
        expected: Position,
        frames: Vec<NewFrame>,
    ) -> BoxFuture<'_, Result<Position, AppendError>> {
        self.log.append(expected, frames)
    }

    fn read(&self, from: Position) -> Result<Box<dyn FrameReader>, ReadError> {
        self.reading();
        self.log.read(from)
    }

    fn read_cached(&self, from: Position) -> Result<Box<dyn FrameReader>, ReadError> {
        self.log.read_cached(from)
    }

    fn hash_at(&self, last: Position) -> Result<Option<FrameHash>, ReadError> {
        self.log.hash_at(last)
    }

    fn report(&self) -> LogStatus {
        self.log.report()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), AppendError>> {
        self.log.close()
    }
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }
}

#[tokio::test]
async fn what_reads_the_log_is_answered_on_a_thread_of_its_own() {
    let log = Arc::new(Watched::default());
    let frames = Memory::sample().events;
    let frames =
        frames.chunks(1).map(|events| NewFrame { events: 1, payload: wire::encode_frame(events) }).collect();
    let appended = log.append(Position::ZERO, frames).now_or_never();
    appended.expect("a log in memory waits for nothing").unwrap();
    let state = State::open(log.clone(), Snapshot::default()).unwrap();
    let readers = Readers::new(state, Arc::new(Noon));
    log.read_on.lock().unwrap().clear();

    let mut dossiers = DossierServiceClient::new(dossier::service(readers.clone()));
    let found = dossiers.list_unconfirmed_events(v1::ListUnconfirmedEventsRequest::default()).await.unwrap();
    assert!(!found.into_inner().events.is_empty());
    log.assert_read_aside("ListUnconfirmedEvents");
    let actor = "countries/jp".to_owned();
    let ask = v1::ListActorEventsRequest { actor, ..v1::ListActorEventsRequest::default() };
    assert!(!dossiers.list_actor_events(ask).await.unwrap().into_inner().events.is_empty());
    log.assert_read_aside("ListActorEvents");
    let (_stop, stopping) = watch::channel(false);
    let events = Events::new(readers.clone(), log.clone(), stopping);
    let mut events = EventServiceClient::new(EventServiceServer::new(events));
    let ask = v1::GetEventRequest { name: "events/424".into(), ..v1::GetEventRequest::default() };
    events.get_event(ask).await.unwrap();
    log.assert_read_aside("GetEvent");
    let mut register = MeetingServiceClient::new(meetings::service(readers));
    register.export_calendar(v1::ExportCalendarRequest::default()).await.unwrap();
    log.assert_read_aside("ExportCalendar");
}
