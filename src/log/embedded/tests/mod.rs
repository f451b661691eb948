//! What the embedded log does when the disk, the power or the operator lets it down.

mod counting;
mod crash;
mod damage;
mod faults;
mod opening;
mod reading;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::frame::stride;
use super::super::segment::{FOOTER_BYTES, SEGMENT_HEADER_BYTES, file_name};
use super::super::storage::simulated::SimulatedStorage;
use super::super::{AppendError, EventLog, Frame, LogId, NewFrame, OpenError, Position, ReadError};
use super::{Access, Check, EmbeddedLog, EmbeddedOptions};

const DIR: &str = "/log";

/// Small enough that a few frames fill a segment.
fn options() -> EmbeddedOptions {
    EmbeddedOptions {
        recent_bytes: 400,
        segment_bytes: 600,
        zeroed_ahead_bytes: 200,
        new_log_id: LogId::from_uuid(uuid::Uuid::from_u128(7)),
        access: Access::ReadWrite,
        check: Check::Unsealed,
    }
}

fn open(disk: &SimulatedStorage) -> Result<EmbeddedLog, OpenError> {
    open_with(disk, options())
}

fn open_with(disk: &SimulatedStorage, options: EmbeddedOptions) -> Result<EmbeddedLog, OpenError> {
    EmbeddedLog::open(DIR, Arc::new(disk.clone()), options)
}

fn frame(events: u32, payload: Vec<u8>) -> NewFrame {
    NewFrame { events, payload: payload.into() }
}

async fn append(log: &EmbeddedLog, frames: &[NewFrame]) -> Result<Position, AppendError> {
    log.append(log.tail(), frames.to_vec()).await
}

/// All frames up to the first that cannot be read, and why it cannot.
fn read(log: &dyn EventLog) -> (Vec<NewFrame>, Option<ReadError>) {
    let mut frames = vec![];
    let mut reader = log.read(Position(1)).unwrap();
    loop {
        match reader.next() {
            Ok(Some(Frame { events, payload, .. })) => frames.push(NewFrame { events, payload }),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

fn read_good(log: &dyn EventLog) -> Vec<NewFrame> {
    let (frames, error) = read(log);
    assert!(error.is_none(), "{error:?}");
    frames
}

/// Groups of frames that fill two segments and part of a third; the last group has two frames.
fn groups() -> Vec<Vec<NewFrame>> {
    let one = |n: u8, len: usize| frame(1 + u32::from(n) % 3, vec![n + 1; len]);
    (0..9)
        .map(|n| if n % 3 == 2 { vec![one(n, 50), one(n, 33)] } else { vec![one(n, 70 + usize::from(n))] })
        .collect()
}

/// A disk with those groups on it, left without closing the log or closed.
async fn written(close: bool) -> SimulatedStorage {
    let disk = SimulatedStorage::new(0);
    let log = open(&disk).unwrap();
    for group in groups() {
        append(&log, &group).await.unwrap();
    }
    if close {
        log.close().await.unwrap();
    }
    drop(log);
    assert_eq!(segments(&disk).len(), 3);
    disk
}

fn segments(disk: &SimulatedStorage) -> BTreeMap<PathBuf, Vec<u8>> {
    disk.files().into_iter().filter(|(path, _)| path.extension().is_some_and(|it| it == "seg")).collect()
}

/// Where a frame of [`groups`] is.
#[derive(Clone, Debug)]
struct Place {
    path: PathBuf,
    start: usize,
    end: usize,
    /// How many frames come before it.
    before: usize,
    /// How many frames had been acknowledged when it was written.
    durable: usize,
}

/// Where the frames are, by the rule for rotation and nothing else.
fn places() -> Vec<Place> {
    let mut places: Vec<Place> = vec![];
    let (mut first, mut path, mut at) =
        (1, Path::new(DIR).join(file_name(Position(1))), SEGMENT_HEADER_BYTES);
    for group in groups() {
        let bytes: u64 = group.iter().map(|it| stride(it.payload.len())).sum();
        if at > SEGMENT_HEADER_BYTES && at + bytes + FOOTER_BYTES > options().segment_bytes {
            (path, at) = (Path::new(DIR).join(file_name(Position(first))), SEGMENT_HEADER_BYTES);
        }
        let durable = places.len();
        for it in group {
            let (start, end) = (at, at + stride(it.payload.len()));
            let [start, end] = [start, end].map(|at| usize::try_from(at).unwrap());
            places.push(Place { path: path.clone(), start, end, before: places.len(), durable });
            (at, first) = (end as u64, first + u64::from(it.events));
        }
    }
    places
}
