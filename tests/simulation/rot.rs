//! Damage behind the log's back, and what must come of it, by a reading of `docs/log-format.md` that shares no code with
//! the log.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use minuted::log::storage::simulated::SimulatedStorage;
use minuted::log::{Access, Check, EmbeddedLog, EmbeddedOptions, EventLog, Frame, OpenError, ReadError};
use minuted::position::Position;
use rand::RngExt;
use rand::rngs::StdRng;

use crate::{DIR, options};

const HEADER: usize = 64;
const FRAME_HEADER: usize = 48;

/// What a segment holds, by the format's description.
pub(crate) struct Parsed {
    /// Where each good frame is, and its last position.
    pub frames: Vec<(Range<usize>, u64)>,
    /// Behind the last good frame.
    pub end: usize,
    /// The highest durable position that any whole frame header names, wherever it is.
    durable: u64,
    /// Whether there is a whole footer, wherever it is.
    footer: bool,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn checksum(salt: u32, header: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(salt, &header[..4]), &header[8..FRAME_HEADER])
}

/// Reads a segment whose own header is whole; `salted_by` is that header.
pub(crate) fn parse(bytes: &[u8], salted_by: &[u8]) -> Parsed {
    let salt = crc32c::crc32c_append(crc32c::crc32c(&salted_by[16..32]), &salted_by[32..40]);
    let first = u64_at(salted_by, 32);
    let mut it = Parsed { frames: vec![], end: HEADER, durable: first - 1, footer: false };
    for at in (HEADER..bytes.len().saturating_sub(FRAME_HEADER - 1)).step_by(8) {
        let header = &bytes[at..at + FRAME_HEADER];
        if u32_at(header, 0) == 0 || u32_at(header, 4) != checksum(salt, header) {
            continue;
        }
        if u32_at(header, 0) == u32::MAX {
            it.footer |= u64_at(header, 16) == at as u64;
            continue;
        }
        it.durable = it.durable.max(u64_at(header, 24));
        let length = u32_at(header, 0) as usize;
        let end = at + length.next_multiple_of(8);
        let whole = end <= bytes.len()
            && crc32c::crc32c(&bytes[at + FRAME_HEADER..at + length]) == u32_at(header, 8)
            && bytes[at + length..end].iter().all(|byte| *byte == 0);
        if whole && at == it.end {
            it.frames.push((at..end, u64_at(header, 16) + u64::from(u32_at(header, 12)) - 1));
            it.end = end;
        }
    }
    it
}

fn segments(disk: &SimulatedStorage) -> Vec<(PathBuf, Vec<u8>)> {
    disk.files().into_iter().filter(|(path, _)| path.extension().is_some_and(|it| it == "seg")).collect()
}

/// What came of opening and reading a damaged log.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// It serves these many frames; whether it says that a tail was cut off.
    Serves(usize, bool),
    /// It names file and offset, at the start or when it is read.
    Says(PathBuf, u64),
}

fn outcome(disk: &SimulatedStorage, check: Check, base: &[Frame]) -> Outcome {
    let options = EmbeddedOptions { check, access: Access::ReadWrite, ..options() };
    let before = segments(disk);
    let log = match EmbeddedLog::open(DIR, Arc::new(disk.clone()), options) {
        Ok(log) => log,
        Err(OpenError::Rotten { file, offset, .. }) => {
            assert!(segments(disk) == before, "a log that is refused is not changed");
            return Outcome::Says(file, offset);
        }
        Err(other) => panic!("{other}"),
    };
    let mut reader = match log.read(Position(1)) {
        Ok(reader) => reader,
        Err(ReadError::Rotten { file, offset, .. }) => return Outcome::Says(file, offset),
        Err(other) => panic!("{other}"),
    };
    let mut frames = 0;
    loop {
        match reader.next() {
            Ok(Some(frame)) => assert!(base.get(frames) == Some(&frame), "another frame than was written"),
            Ok(None) => return Outcome::Serves(frames, log.report().opened.torn.is_some()),
            Err(ReadError::Rotten { file, offset, .. }) => return Outcome::Says(file, offset),
            Err(other) => panic!("{other}"),
        }
        frames += 1;
    }
}

/// Damages `bytes` somewhere.
fn damage(bytes: &mut Vec<u8>, random: &mut StdRng) {
    let at = random.random_range(0..bytes.len());
    let end = (at + random.random_range(1..80)).min(bytes.len());
    match random.random_range(0..5) {
        0 | 1 => bytes[at] ^= 1 << random.random_range(0..8),
        2 => bytes[at..end].fill(0),
        3 => bytes[at..end].fill_with(|| random.random()),
        // Where frames may begin, half the time: what is cut off there leaves nothing to see.
        _ => bytes.truncate(if random.random_bool(0.5) { at & !7 } else { at }),
    }
}

/// How often damage was what.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found {
    pub damages: u64,
    pub rot: u64,
    pub torn: u64,
    /// It hit nothing that means anything: zeros, or a tear that was there before.
    pub harmless: u64,
    /// The end of the last group was cut off exactly between two frames: the format says that this cannot be seen.
    pub unseen: u64,
}

/// Damages one segment of a copy of the disk, and checks what the log makes of it.
pub(crate) fn strike(disk: &SimulatedStorage, random: &mut StdRng, found: &mut Found) {
    let whole = segments(disk);
    if whole.is_empty() {
        return;
    }
    let (base, torn) = base(disk);
    let index = random.random_range(0..whole.len());
    let (path, before) = &whole[index];
    let copy = disk.copy();
    copy.tamper(path, |bytes| damage(bytes, random));
    let after = segments(&copy).swap_remove(index).1;
    let Some(first_changed) = first_difference(before, &after) else { return };
    let check = if random.random_bool(0.5) { Check::Everything } else { Check::Unsealed };
    let is_last = index + 1 == whole.len();
    let struck = Struck { path, before, after: &after, first_changed, is_last };
    let expected = expected(&struck, base.len(), torn);
    let outcome = outcome(&copy, check, &base);
    assert_eq!(outcome, expected, "damage from byte {first_changed} of {} on, {check:?}", path.display());
    found.damages += 1;
    match outcome {
        Outcome::Says(..) => found.rot += 1,
        Outcome::Serves(_, true) => found.torn += 1,
        Outcome::Serves(frames, false) if frames == base.len() => found.harmless += 1,
        Outcome::Serves(..) => found.unseen += 1,
    }
}

/// What an undamaged copy serves.
fn base(disk: &SimulatedStorage) -> (Vec<Frame>, bool) {
    let log = EmbeddedLog::open(DIR, Arc::new(disk.copy()), options()).expect("nothing is rotten");
    (crate::model::read_all(&log), log.report().opened.torn.is_some())
}

fn first_difference(before: &[u8], after: &[u8]) -> Option<usize> {
    let same = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    (same < before.len() || before.len() != after.len()).then_some(same)
}

struct Struck<'a> {
    path: &'a Path,
    before: &'a [u8],
    after: &'a [u8],
    first_changed: usize,
    is_last: bool,
}

/// The rule of the durable mark: what was known to be durable when something behind it was written is rot, in any other
/// place the end of the last segment is a tear.
fn expected(it: &Struck<'_>, served_before: usize, torn_before: bool) -> Outcome {
    if it.first_changed < HEADER {
        return Outcome::Says(it.path.to_owned(), 0);
    }
    let before = parse(it.before, it.before);
    let after = parse(it.after, it.before);
    let lost = before.frames.len() - after.frames.len();
    let at = after.end;
    let behind_footer = at + FRAME_HEADER;
    let closed = after.footer && lost == 0 && parse_footer_at(it.after, it.before, at);
    let ends_there = closed && it.after[behind_footer..].iter().all(|byte| *byte == 0);
    if !it.is_last {
        // A crash in sealing may leave zeros behind the footer: how many of them is nobody's concern.
        return if ends_there {
            Outcome::Serves(served_before, torn_before)
        } else {
            Outcome::Says(it.path.to_owned(), at as u64)
        };
    }
    let named = after.durable > after.frames.last().map_or(u64_at(it.before, 32) - 1, |(_, last)| *last);
    let rest = &it.after[at.min(it.after.len())..];
    if !closed && (named || after.footer) {
        return Outcome::Says(it.path.to_owned(), at as u64);
    }
    if closed && !ends_there {
        return Outcome::Says(it.path.to_owned(), at as u64);
    }
    Outcome::Serves(served_before - lost, !closed && rest.iter().any(|byte| *byte != 0))
}

fn parse_footer_at(bytes: &[u8], salted_by: &[u8], at: usize) -> bool {
    let salt = crc32c::crc32c_append(crc32c::crc32c(&salted_by[16..32]), &salted_by[32..40]);
    bytes
        .get(at..at + FRAME_HEADER)
        .is_some_and(|header| u32_at(header, 0) == u32::MAX && u32_at(header, 4) == checksum(salt, header))
}
