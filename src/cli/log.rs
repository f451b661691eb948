//! `minuted log`: a log's files, without a daemon: whether they are whole, and what is in them.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use prost::Message;

use super::failure::Failure;
use super::look::print;
use super::progress::Progress;
use crate::log::storage::{DiskStorage, Storage};
use crate::log::{Damage, Finding, Frame, Inspection, OpenError, Position, Verdict};
use crate::proto::v1::ReadEventsResponse;
use crate::state::verify::{Fault, Verified, verify};
use crate::wire::json;

/// What works on a log's files while no daemon runs on them.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Log {
    /// Check every byte and every event
    Verify(Verify),
    /// Print what is in the files: segments, frames, and events as JSON lines
    Dump(Dump),
}

/// Checks every byte and every event.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  minuted log verify data

Checked are every checksum, the chain of hashes, the positions, that every event can be read, and that they can be folded.
Nothing is changed. The daemon must not be running.

Exit codes:
  0  everything acknowledged is there (a torn tail, left by a crash, is reported: the next start sets it aside)
  1  it is damaged; what, where, and what to do is said")]
pub(crate) struct Verify {
    /// The data directory, or the directory of the log in it
    dir: PathBuf,
}

/// Prints what is in the files.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  minuted log dump data
  minuted log dump data --from 400 --limit 10

Lines that begin with # tell of segments, frames and damage; the others are events, as protobuf JSON. Behind damage it goes
on with the next frame that is whole.

Exit codes:
  0  what was asked for was printed
  1  some of it is damaged; what and where is said, here and on standard error")]
pub(crate) struct Dump {
    /// The data directory, or the directory of the log in it
    dir: PathBuf,
    /// Begin with the event at this position
    #[arg(long, value_name = "POSITION", default_value_t = 1)]
    from: u64,
    /// Print at most so many events
    #[arg(long, value_name = "EVENTS")]
    limit: Option<u64>,
}

impl Log {
    /// Does what was asked for.
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self {
            Log::Verify(Verify { dir }) => run_verify(&log_dir(dir)),
            Log::Dump(Dump { dir, from, limit }) => {
                run_dump(&log_dir(dir), Position(from), limit.unwrap_or(u64::MAX))
            }
        }
    }
}

/// People name the directory that they gave the daemon.
fn log_dir(dir: PathBuf) -> PathBuf {
    let inside = dir.join("log");
    if inside.is_dir() { inside } else { dir }
}

fn cannot(error: OpenError) -> Failure {
    let what_to_do = match &error {
        OpenError::Locked { .. } => "stop the daemon first, or look at a copy of the directory",
        OpenError::NotALog { .. } => {
            "name the daemon's data directory: --data-dir, or server.data_dir of its configuration"
        }
        OpenError::NewerFormat { .. } => "run the release that wrote it",
        OpenError::Rotten { .. } | OpenError::Io { .. } => "look at the disk",
    };
    Failure::Other(anyhow!(error).context(format!("nothing was checked: {what_to_do}")))
}

fn disk() -> Arc<dyn Storage> {
    Arc::new(DiskStorage)
}

fn run_verify(dir: &Path) -> Result<(), Failure> {
    let bytes = Inspection::new(dir, disk()).map_err(cannot)?.bytes();
    let mut progress = Progress::of_bytes(bytes);
    let found = verify(dir, &disk(), |bytes| progress.advance(bytes)).map_err(cannot)?;
    progress.finish();
    print(&report(dir, &found))?;
    let damaged = found.faults.iter().filter(|fault| !fault.is_torn()).count();
    match damaged {
        0 => Ok(()),
        1 => Err(Failure::Partly("the log is damaged in one place".into())),
        places => Err(Failure::Partly(format!("the log is damaged in {places} places"))),
    }
}

fn report(dir: &Path, found: &Verified) -> String {
    let Verified { segments, frames, events, tail, closed, names, faults } = found;
    let mut text = format!(
        "{}: {segments} segments, {frames} whole frames, {events} events, the last at {tail}\n",
        dir.display()
    );
    for fault in faults {
        text += &fault_words(fault);
    }
    let rot = faults.iter().any(|fault| !fault.is_torn());
    text += match (names, closed) {
        (Some(_), true) => "every byte is as it was written, and the log was closed cleanly\n",
        (Some(_), false) => "everything acknowledged is as it was written; the log was not closed cleanly\n",
        (None, _) => "the events were not folded, because of the damage\n",
    };
    if let Some(names) = names {
        let _ = writeln!(text, "every event can be read, and together they tell of {names} names");
    }
    if rot {
        text += "what to do: keep a copy of this directory as it is; restore the log from a backup, and record again \
                 what came after it;\n  `minuted log dump` prints every event that is still whole\n";
    }
    text
}

fn fault_words(fault: &Fault) -> String {
    match fault {
        Fault::Damage(damage) => damage_words(damage),
        Fault::Content { file, offset, position, why } => format!(
            "DAMAGED {} at byte {offset}: the frame is whole, but the event at position {position} is not one: {why}\n",
            file.display()
        ),
        Fault::Fold { why } => format!("DAMAGED the events cannot be folded: {why}\n"),
    }
}

fn damage_words(damage: &Damage) -> String {
    let Damage { file, offset, why, verdict, goes_on } = damage;
    let place = format!("{} at byte {offset}: {why}", file.display());
    match verdict {
        Verdict::Torn { bytes } => format!(
            "TORN    {place}\n  {bytes} bytes of a write that a crash interrupted, never acknowledged; the next start \
             of the daemon keeps them in a .torn file beside it and goes on\n"
        ),
        Verdict::Rotten => {
            let next = match goes_on {
                Some(at) => format!("the next whole frame is at byte {at}"),
                None => "there is no whole frame behind it in this file".to_owned(),
            };
            format!("DAMAGED {place}\n  acknowledged events are lost here; {next}\n")
        }
        Verdict::Newer { .. } => format!("NEWER   {place}\n  run the release that wrote it\n"),
        Verdict::Unreadable => format!("UNREADABLE {place}\n  look at the disk\n"),
    }
}

fn run_dump(dir: &Path, from: Position, limit: u64) -> Result<(), Failure> {
    let inspection = Inspection::new(dir, disk()).map_err(cannot)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let (mut left, mut damages, mut written) = (limit, Vec::new(), Ok(()));
    inspection.run(from, |finding| {
        if left == 0 {
            return ControlFlow::Break(());
        }
        if let Finding::Damage(damage) = &finding {
            damages.push(damage_words(damage));
        }
        written = out.write_all(lines(&finding, from, &mut left).as_bytes());
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    written?;
    out.flush()?;
    let rot = damages.iter().filter(|words| !words.starts_with("TORN")).count();
    if rot == 0 { Ok(()) } else { Err(Failure::Partly(damages.concat().trim_end().to_owned())) }
}

/// What stands for it in a dump; no more than `left` events.
fn lines(finding: &Finding, from: Position, left: &mut u64) -> String {
    match finding {
        Finding::Segment { file, id, first, bytes } => {
            format!("# segment {} of log {id}, from position {first}, {bytes} bytes\n", file.display())
        }
        Finding::Frame { frame, .. } if frame.last() < from => String::new(),
        Finding::Frame { frame, offset, bytes, durable } => {
            let (first, last, hash) = (frame.first, frame.last(), frame.hash());
            let frame_line = format!(
                "# frame at byte {offset}, {bytes} bytes: positions {first} to {last}, written when {durable} was \
                 durable, hash {hash}\n"
            );
            frame_line + &events(frame, from, left)
        }
        Finding::Sealed { offset, last } => {
            format!("# sealed at byte {offset}, behind position {last}\n")
        }
        Finding::Open { offset } => format!("# the log ends at byte {offset}; it was not closed\n"),
        Finding::Damage(damage) => damage_words(damage).lines().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "# {line}");
            text
        }),
    }
}

fn events(frame: &Frame, from: Position, left: &mut u64) -> String {
    let events = match ReadEventsResponse::decode(frame.payload.clone()) {
        Ok(batch) => batch.events,
        Err(error) => return format!("# DAMAGED the frame holds no events: {error}\n"),
    };
    let mut text = String::new();
    for event in events.into_iter().filter(|event| event.position >= from.0) {
        if *left == 0 {
            break;
        }
        *left -= 1;
        text += &json::to_json("minuted.v1.Event", &event, false);
        text.push('\n');
    }
    text
}
