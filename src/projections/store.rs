//! Checkpoint rows on disk, in sled: never trusted, always rebuildable. sled is named here alone.
//!
//! 1. Rows and the checkpoint that says what they hold go in one batch of one tree.
//! 2. What is loaded is what was saved, or nothing: a digest over all rows is part of the checkpoint.
//! 3. sled runs on a thread of its own under a time limit; an error, a panic or a time-out puts its directory aside, and
//!    a new generation is begun.
//! 4. A pointer file, which is replaced as a whole, names the generation.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::state::checkpoint::{Row, Rows, RowsError, Saved};

/// How long sled may take to open, load or save before it is given up.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// The pages that sled may keep in memory.
const CACHE_BYTES: u64 = 16 << 20;
/// Before every key of a row, so that the checkpoint's own key is none of them.
const ROW: u8 = b'r';
const CHECKPOINT: &[u8] = b"c";
const POINTER: &str = "current";

/// Why the store could not do it. Its directory was put aside.
#[derive(Debug, Error)]
enum StoreError {
    #[error("sled")]
    Sled(#[from] sled::Error),
    #[error("a row or the checkpoint does not decode")]
    Decode(#[from] postcard::Error),
    #[error("the rows are not those that were saved")]
    Digest,
}

/// The rows of the current generation.
pub struct Store {
    dir: PathBuf,
    jobs: Option<Sender<Job>>,
}

enum Job {
    Load(SyncSender<Result<Option<Saved>, StoreError>>),
    Save { rows: Vec<Row>, checkpoint: Vec<u8>, done: SyncSender<Result<(), StoreError>> },
}

/// The checkpoint as it is stored, with what tells the rows from any others.
#[derive(Default, Serialize, Deserialize)]
struct Sealed {
    checkpoint: Vec<u8>,
    rows: u64,
    digest: u64,
}

impl Store {
    /// The store in `dir`, which is made if need be. Nothing is opened until rows are loaded or saved.
    pub fn new(dir: PathBuf) -> Store {
        Store { dir, jobs: None }
    }

    fn generation(&self) -> std::io::Result<PathBuf> {
        std::fs::create_dir_all(&self.dir)?;
        let name = std::fs::read_to_string(self.dir.join(POINTER)).unwrap_or_default();
        let is_plain = name.starts_with("generation-") && !name.contains(['/', '\\']);
        if is_plain {
            return Ok(self.dir.join(name));
        }
        self.begin_generation()
    }

    /// Makes the next generation the current one: written aside, then renamed over the pointer.
    fn begin_generation(&self) -> std::io::Result<PathBuf> {
        let taken = |n: u64| {
            ["generation", "quarantine"].iter().any(|kind| self.dir.join(format!("{kind}-{n}")).exists())
        };
        let n = (1..u64::MAX).find(|&n| !taken(n)).expect("there are more numbers than directories");
        let name = format!("generation-{n}");
        let aside = self.dir.join("current.new");
        std::fs::write(&aside, &name)?;
        std::fs::rename(&aside, self.dir.join(POINTER))?;
        Ok(self.dir.join(name))
    }

    fn jobs(&mut self) -> Result<Sender<Job>, RowsError> {
        if let Some(jobs) = &self.jobs {
            return Ok(jobs.clone());
        }
        let path = self.generation().map_err(|error| RowsError(error.to_string()))?;
        let (jobs, queue) = mpsc::channel();
        std::thread::Builder::new()
            .name("checkpoints".into())
            .spawn(move || work(&path, &queue))
            .map_err(|error| RowsError(error.to_string()))?;
        self.jobs = Some(jobs.clone());
        Ok(jobs)
    }

    fn ask<T>(&mut self, job: impl FnOnce(SyncSender<Result<T, StoreError>>) -> Job) -> Result<T, RowsError> {
        let (send, answer) = mpsc::sync_channel(1);
        let jobs = self.jobs()?;
        let answered = match jobs.send(job(send)) {
            Ok(()) => answer.recv_timeout(TIME_LIMIT),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        let why = match answered {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(error)) => error_chain(&error),
            Err(RecvTimeoutError::Timeout) => "it took longer than its time limit".into(),
            Err(RecvTimeoutError::Disconnected) => "its thread ended".into(),
        };
        self.quarantine();
        Err(RowsError(why))
    }

    /// The last one that was put aside is kept, to be looked into; all of them would fill a disk on which every save fails.
    fn remove_what_was_put_aside(&self) {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("quarantine-")) {
            // What cannot be removed is in nobody's way.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }

    /// Puts the current generation aside and begins the next. The thread that may still hold it is left to itself.
    fn quarantine(&mut self) {
        self.jobs = None;
        let Ok(path) = self.generation() else { return };
        self.remove_what_was_put_aside();
        let aside =
            path.file_name().map(|name| name.to_string_lossy().replacen("generation", "quarantine", 1));
        if let Some(aside) = aside {
            // What cannot be moved is left; the pointer names the next generation all the same.
            let _ = std::fs::rename(&path, self.dir.join(aside));
        }
        if let Err(error) = self.begin_generation() {
            tracing::warn!(%error, "no new generation of checkpoints could be begun");
        }
    }
}

fn error_chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl Rows for Store {
    fn load(&mut self) -> Result<Option<Saved>, RowsError> {
        self.ask(Job::Load)
    }

    fn save(&mut self, rows: Vec<Row>, checkpoint: Vec<u8>) -> Result<(), RowsError> {
        self.ask(|done| Job::Save { rows, checkpoint, done })
    }

    fn discard(&mut self, why: &str) {
        tracing::warn!(why, "the checkpoint is put aside and built anew from the log");
        self.quarantine();
    }
}

fn work(path: &Path, jobs: &mpsc::Receiver<Job>) {
    let opened = sled::Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(None).open();
    let mut tree = match opened {
        Ok(tree) => tree,
        Err(error) => {
            if let Ok(job) = jobs.recv() {
                refuse(job, error.into());
            }
            return;
        }
    };
    // A closed answer means that nobody waits any more.
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Load(answer) => drop(answer.send(load(&tree))),
            Job::Save { rows, checkpoint, done } => drop(done.send(save(&mut tree, rows, checkpoint))),
        }
    }
}

fn refuse(job: Job, error: StoreError) {
    match job {
        Job::Load(answer) => drop(answer.send(Err(error))),
        Job::Save { done, .. } => drop(done.send(Err(error))),
    }
}

fn sealed(tree: &sled::Db) -> Result<Option<Sealed>, StoreError> {
    tree.get(CHECKPOINT)?.map(|bytes| postcard::from_bytes(&bytes)).transpose().map_err(StoreError::from)
}

fn load(tree: &sled::Db) -> Result<Option<Saved>, StoreError> {
    let Some(Sealed { checkpoint, rows: count, digest }) = sealed(tree)? else { return Ok(None) };
    let mut rows = Vec::new();
    let mut found = 0u64;
    for row in tree.scan_prefix([ROW]) {
        let (key, value) = row?;
        found = found.wrapping_add(digest_of(&key, &value));
        rows.push(Row { key: key[1..].to_vec(), value: value.to_vec() });
    }
    if rows.len() as u64 == count && found == digest {
        Ok(Some(Saved { rows, checkpoint }))
    } else {
        Err(StoreError::Digest)
    }
}

fn save(tree: &mut sled::Db, mut rows: Vec<Row>, checkpoint: Vec<u8>) -> Result<(), StoreError> {
    let mut seal = sealed(tree)?.unwrap_or_default();
    seal.checkpoint = checkpoint;
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    let mut batch = sled::Batch::default();
    for Row { key, value } in rows {
        let key = [&[ROW], key.as_slice()].concat();
        match tree.get(&key)? {
            Some(old) => seal.digest = seal.digest.wrapping_sub(digest_of(&key, &old)),
            None => seal.rows += 1,
        }
        seal.digest = seal.digest.wrapping_add(digest_of(&key, &value));
        batch.insert(key, value);
    }
    batch.insert(CHECKPOINT, postcard::to_stdvec(&seal)?);
    tree.apply_batch(batch)?;
    tree.flush()?;
    Ok(())
}

/// Tells a row from any other. The sum of all does not depend on their order, so that a save need not read them all.
fn digest_of(key: &[u8], value: &[u8]) -> u64 {
    let key = crc32c::crc32c(key);
    let forwards = crc32c::crc32c_append(key, value);
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    let salted = crc32c::crc32c_append(!key ^ length, value);
    u64::from(forwards) << 32 | u64::from(salted)
}
