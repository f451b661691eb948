//! Checking a whole log offline: the bytes, what they say, and that it can be folded.
//!
//! 1. Every checksum, the chain of hashes and every position is checked, in every segment.
//! 2. Every event decodes, stands at its position, and was recorded no earlier than the one before it.
//! 3. A log without damage is folded as a start would fold it.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Snapshot, State};
use crate::domain::{Collection, World};
use crate::log::storage::Storage;
use crate::log::{
    Access, Damage, EmbeddedLog, EmbeddedOptions, EventLog, Finding, Frame, Inspection, OpenError, Position,
    Verdict,
};
use crate::wire;

/// What is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Bytes that are not what was written.
    Damage(Damage),
    /// A frame in good order that does not hold what it should.
    Content {
        /// The segment's file.
        file: PathBuf,
        /// Where in it the frame begins.
        offset: u64,
        /// Of the frame's first event.
        position: Position,
        /// What is wrong with it.
        why: String,
    },
    /// What is stored cannot be folded.
    Fold {
        /// Why not.
        why: String,
    },
}

impl Fault {
    /// Whether it is only a write that a crash interrupted: nothing acknowledged is touched.
    pub fn is_torn(&self) -> bool {
        matches!(self, Fault::Damage(Damage { verdict: Verdict::Torn { .. }, .. }))
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many segments were gone through.
    pub segments: u64,
    /// How many frames are whole.
    pub frames: u64,
    /// How many events are in them.
    pub events: u64,
    /// The last position that was read.
    pub tail: Position,
    /// Whether the log was closed cleanly.
    pub closed: bool,
    /// Whether it was folded, and how many names there are then.
    pub names: Option<usize>,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
}

/// Goes through the log in `dir`; `progress` is told how many more bytes are done.
///
/// # Errors
///
/// There is no log, or it is in use.
pub fn verify(
    dir: &Path,
    storage: &Arc<dyn Storage>,
    mut progress: impl FnMut(u64),
) -> Result<Verified, OpenError> {
    let inspection = Inspection::new(dir, storage.clone())?;
    let mut going = Going { found: Verified::default(), file: PathBuf::new(), last: Timestamp::MIN };
    inspection.run(Position::ZERO, |finding| {
        if let Finding::Frame { bytes, .. } = &finding {
            progress(*bytes);
        }
        going.see(finding);
        ControlFlow::Continue(())
    });
    let mut found = going.found;
    if found.faults.iter().all(Fault::is_torn) {
        match fold(dir, storage) {
            Ok(names) => found.names = Some(names),
            Err(why) => found.faults.push(Fault::Fold { why }),
        }
    }
    Ok(found)
}

struct Going {
    found: Verified,
    file: PathBuf,
    last: Timestamp,
}

impl Going {
    fn see(&mut self, finding: Finding) {
        self.found.closed = matches!(finding, Finding::Sealed { .. });
        match finding {
            Finding::Segment { file, .. } => {
                self.found.segments += 1;
                self.file = file;
            }
            Finding::Frame { frame, offset, .. } => {
                self.found.frames += 1;
                self.found.events += u64::from(frame.events);
                self.found.tail = frame.last();
                if let Err(why) = self.content(&frame) {
                    let (file, position) = (self.file.clone(), frame.first);
                    self.found.faults.push(Fault::Content { file, offset, position, why });
                }
            }
            Finding::Sealed { .. } | Finding::Open { .. } => {}
            Finding::Damage(damage) => self.found.faults.push(Fault::Damage(damage)),
        }
    }

    fn content(&mut self, frame: &Frame) -> Result<(), String> {
        let events = wire::decode_frame(&frame.payload).map_err(|error| error.to_string())?;
        if events.len() != frame.events as usize {
            return Err(format!("it holds {} events, and its header says {}", events.len(), frame.events));
        }
        for (event, position) in events.iter().zip(frame.first.0..) {
            if event.position.0 != position {
                return Err(format!("the event at {position} says that it is at {}", event.position));
            }
            let last = std::mem::replace(&mut self.last, event.recorded_at);
            if event.recorded_at < last {
                let at = event.recorded_at;
                return Err(format!(
                    "the event at {position} was recorded at {at}, the one before it at {last}"
                ));
            }
        }
        Ok(())
    }
}

fn fold(dir: &Path, storage: &Arc<dyn Storage>) -> Result<usize, String> {
    let options = EmbeddedOptions { access: Access::ReadOnly, ..EmbeddedOptions::default() };
    let log = EmbeddedLog::open(dir, storage.clone(), options).map_err(|error| error.to_string())?;
    let log: Arc<dyn EventLog> = Arc::new(log);
    let state = State::open(log, Snapshot::default()).map_err(|error| words(&error))?;
    let latest = state.latest();
    Ok(Collection::ALL.into_iter().map(|collection| latest.names(collection).len()).sum())
}

/// An error with its causes.
fn words(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
