//! Every stream's timeline up to the durable tail, who refers to whom, and the past ones on request: what the recorder
//! decides on and what queries show.

pub mod checkpoint;
mod commands;
mod load;
mod meeting_days;
mod pack;
mod past;
mod snapshot;
mod streams;
pub mod verify;

use std::sync::Arc;

use tokio::sync::watch;

pub use load::{Changes, LoadError, Loader};
pub use past::Past;
pub use snapshot::Snapshot;

use crate::log::EventLog;
use crate::position::Position;
use crate::wire;

/// The latest snapshot that is durable, as the recorder publishes it.
#[derive(Clone)]
pub struct State {
    latest: Arc<watch::Sender<Arc<Snapshot>>>,
    loader: Loader,
}

impl State {
    /// The fold of the whole log, or of what comes after `from`. Blocking.
    ///
    /// # Errors
    ///
    /// The log cannot be read, or holds what cannot be decoded.
    #[expect(clippy::needless_pass_by_value, reason = "it keeps the log, which a reference would hide")]
    pub fn open(log: Arc<dyn EventLog>, from: Snapshot) -> Result<State, LoadError> {
        let loader = Loader::new(log.clone());
        let mut snapshot = from;
        replay(log.as_ref(), &loader, &mut snapshot)?;
        Ok(State { latest: Arc::new(watch::Sender::new(Arc::new(snapshot))), loader })
    }

    /// What is known now.
    pub fn latest(&self) -> Arc<Snapshot> {
        self.latest.borrow().clone()
    }

    /// Follows what is known.
    pub fn watch(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.latest.subscribe()
    }

    /// Makes known what is durable now.
    pub fn publish(&self, snapshot: Snapshot) {
        self.latest.send_replace(Arc::new(snapshot));
    }

    /// Reads events back.
    pub fn loader(&self) -> &Loader {
        &self.loader
    }
}

fn replay(log: &dyn EventLog, loader: &Loader, snapshot: &mut Snapshot) -> Result<(), LoadError> {
    use crate::domain::World;
    let from = snapshot.tail().next();
    let on_log = |position| move |source| LoadError::Log { position, source };
    let mut reader = log.read(from).map_err(on_log(from))?;
    while let Some(frame) = reader.next().map_err(on_log(snapshot.tail().next()))? {
        let position = frame.first;
        let events = wire::decode_frame(&frame.payload);
        for event in events.map_err(|source| LoadError::Undecodable { position, source })? {
            // The first frame that is read may begin before what is asked for.
            if event.position > snapshot.tail() {
                snapshot.replay(&event, |stream| loader.events(&stream.positions))?;
            }
        }
    }
    let tail = log.tail();
    if snapshot.tail() == tail { Ok(()) } else { Err(missing(snapshot.tail())) }
}

fn missing(after: Position) -> LoadError {
    LoadError::Missing { position: after.next() }
}
