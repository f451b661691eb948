//! What is fuzzed: everything that reads bytes which somebody else may have written. Used by the targets here and, over the
//! corpus and mutations of it, by `tests/fuzz.rs`.
//!
//! 1. No input makes any of them panic, hang, or take memory beyond what the input is worth.
//! 2. What is read from a segment is one whole history, or the damage is named.
//! 3. What is accepted and written again is accepted again, as the same.
#![allow(dead_code, reason = "each target uses its part of it")]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use futures::FutureExt;
use minuted::log::storage::simulated::SimulatedStorage;
use minuted::log::storage::{Mode, Storage};
use minuted::log::{Check, EmbeddedLog, EmbeddedOptions, EventLog, Inspection, LogId, NewFrame, OpenError};
use minuted::position::Position;
use minuted::proto::v1;
use minuted::wire;
use prost::Message;

const DIR: &str = "/log";
const SEGMENT: &str = "/log/00000000000000000001.seg";
const HEADER: usize = 64;
const FRAME_HEADER: usize = 48;

fn put(at: usize, bytes: &[u8], into: &mut [u8]) {
    into[at..at + bytes.len()].copy_from_slice(bytes);
}

/// The segment opener and the frame decoder: the first byte says which checksums are made to fit, so that what lies behind
/// them is reached; the rest is the segment file.
pub(crate) fn segment(bytes: &[u8]) {
    let Some((&how, rest)) = bytes.split_first() else { return };
    let mut file = rest.to_vec();
    if how & 1 != 0 {
        fit_segment_header(&mut file);
    }
    if how & 2 != 0 {
        fit_frames(&mut file, how & 4 != 0);
    }
    let disk = SimulatedStorage::new(0);
    disk.create_dir(Path::new(DIR)).expect("nothing is in the way");
    disk.open(Path::new(SEGMENT), Mode::Create).expect("nothing is in the way");
    disk.tamper(Path::new(SEGMENT), |contents| contents.clone_from(&file));
    let whole = inspect(&disk);
    let options = EmbeddedOptions {
        new_log_id: LogId::from_uuid(uuid::Uuid::nil()),
        // A footer would be trusted otherwise, and what is wrong before it found by the reader.
        check: Check::Everything,
        ..EmbeddedOptions::default()
    };
    match EmbeddedLog::open(DIR, Arc::new(disk.clone()), options) {
        Ok(log) => {
            let mut reader = log.read(Position(1)).expect("every frame was checked when it was opened");
            let mut next = Position(1);
            let mut frames = 0;
            while let Some(frame) = reader.next().expect("every frame was checked when it was opened") {
                assert_eq!(frame.first, next);
                next = frame.last().next();
                frames += 1;
                let _ = wire::decode_frame(&frame.payload);
            }
            assert_eq!(log.tail().next(), next);
            assert_eq!(whole, frames, "a start and an inspection do not see the same");
        }
        Err(OpenError::Rotten { .. } | OpenError::NewerFormat { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

/// The bytes of a segment that the log wrote with these frames, closed or not.
pub(crate) fn written(frames: Vec<NewFrame>, close: bool) -> Vec<u8> {
    let disk = SimulatedStorage::new(0);
    let new_log_id = LogId::from_uuid(uuid::Uuid::from_u128(7));
    let options = EmbeddedOptions { new_log_id, zeroed_ahead_bytes: 64, ..EmbeddedOptions::default() };
    let log = EmbeddedLog::open(DIR, Arc::new(disk.clone()), options).expect("an empty disk");
    for frame in frames {
        // Without a thread an append is done when it was polled once.
        let appended = log.append(log.tail(), vec![frame]).now_or_never();
        appended.expect("done at once").expect("nothing is in the way");
    }
    if close {
        log.close().now_or_never().expect("done at once").expect("nothing is in the way");
    }
    let files = disk.files().into_iter();
    files.filter(|(path, _)| path == Path::new(SEGMENT)).map(|(_, bytes)| bytes).next().expect("it was made")
}

/// How many frames there are before the first damage.
fn inspect(disk: &SimulatedStorage) -> u64 {
    let Ok(log) = Inspection::new(DIR, Arc::new(disk.clone())) else { return 0 };
    let (mut frames, mut damaged) = (0, false);
    log.run(Position::ZERO, |finding| {
        match finding {
            minuted::log::Finding::Damage(_) => damaged = true,
            minuted::log::Finding::Frame { .. } => frames += u64::from(!damaged),
            minuted::log::Finding::Segment { .. }
            | minuted::log::Finding::Sealed { .. }
            | minuted::log::Finding::Open { .. } => {}
        }
        ControlFlow::Continue(())
    });
    frames
}

fn fit_segment_header(file: &mut Vec<u8>) {
    file.resize(file.len().max(HEADER), 0);
    put(0, b"minuted\0\x01\0\0\0", file);
    put(32, &1_u64.to_le_bytes(), file);
    let id: [u8; 16] = file[16..32].try_into().expect("sixteen bytes");
    put(40, &id, file);
    let sum = crc32c::crc32c_append(crc32c::crc32c(&file[..12]), &file[16..HEADER]);
    put(12, &sum.to_le_bytes(), file);
}

/// Makes checksums fit from frame to frame, and positions and hashes too if `chained`.
fn fit_frames(file: &mut [u8], chained: bool) {
    if file.len() < HEADER {
        return;
    }
    let salt = crc32c::crc32c_append(crc32c::crc32c(&file[16..32]), &file[32..40]);
    let (mut at, mut next) = (HEADER, 1_u64);
    let mut previous = minuted::log::FrameHash(file[40..56].try_into().expect("sixteen bytes"));
    while at + FRAME_HEADER <= file.len() {
        let length = u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes")) as usize;
        let end = at.saturating_add(length);
        if length >= FRAME_HEADER && end <= file.len() {
            let sum = crc32c::crc32c(&file[at + FRAME_HEADER..end]);
            put(at + 8, &sum.to_le_bytes(), file);
            if chained {
                put(at + 16, &next.to_le_bytes(), file);
                put(at + 24, &(next - 1).to_le_bytes(), file);
                put(at + 32, &previous.0, file);
                let events = u32::from_le_bytes(file[at + 12..at + 16].try_into().expect("four bytes"));
                previous = previous.chain(Position(next), events, &file[at + FRAME_HEADER..end]);
                next = next.saturating_add(u64::from(events));
            }
        }
        let header = &file[at..at + FRAME_HEADER];
        let sum = crc32c::crc32c_append(crc32c::crc32c_append(salt, &header[..4]), &header[8..]);
        put(at + 4, &sum.to_le_bytes(), file);
        at = end.max(at + 8).next_multiple_of(8);
    }
}

/// The reader of stored events.
pub(crate) fn event(bytes: &[u8]) {
    let _ = wire::decode_frame(bytes);
    let Ok(stored) = v1::Event::decode(bytes) else { return };
    let Ok(event) = wire::decode_event(stored) else { return };
    let again =
        wire::decode_event(wire::encode_event(&event)).expect("what was read can be written and read");
    assert_eq!(again, event);
}

/// The parser of every fact: a `RecordRequest` as anybody may send it.
pub(crate) fn commands(bytes: &[u8]) {
    let Ok(request) = v1::RecordRequest::decode(bytes) else { return };
    parse(request.commands);
}

/// A line of an import.
pub(crate) fn json(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(command) = wire::json::command_from_json(text) else { return };
    let line = wire::json::to_json("minuted.v1.Command", &command, false);
    let again = wire::json::command_from_json(&line).expect("what was written can be read");
    assert_eq!(again, command);
    parse(vec![command]);
}

fn parse(commands: Vec<v1::Command>) {
    let limits = wire::Limits::default();
    let Ok(parsed) = wire::parse_commands(commands, &limits) else { return };
    let sent = parsed.iter().map(wire::encode_command).collect();
    let again = wire::parse_commands(sent, &limits).expect("what was accepted is accepted again");
    assert_eq!(again, parsed);
}
