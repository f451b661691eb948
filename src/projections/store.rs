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

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::state::checkpoint::{Row, Rows, RowsError};

/// Rows that were read and wait to be taken.
const READ_AHEAD: usize = 16;
/// How long sled may take to open, to load a row or to save before it is given up.
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
    Checkpoint(SyncSender<Result<Option<Vec<u8>>, StoreError>>),
    /// Every row, and then that these were all.
    Load(SyncSender<Result<Option<Row>, StoreError>>),
    Save {
        save: Save,
        done: SyncSender<Result<(), StoreError>>,
    },
}

struct Save {
    rows: Vec<Row>,
    gone: Vec<Vec<u8>>,
    checkpoint: Vec<u8>,
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

    /// Does a job of which there is one answer.
    fn ask<T>(&mut self, job: impl FnOnce(SyncSender<Result<T, StoreError>>) -> Job) -> Result<T, RowsError> {
        let (send, answers) = mpsc::sync_channel(1);
        let answer = self.jobs()?.send(job(send)).map_err(|_| RecvTimeoutError::Disconnected);
        self.checked(answer.and_then(|()| answers.recv_timeout(TIME_LIMIT)))
    }

    /// The answer, or what went wrong; then the rows are put aside.
    fn checked<T>(
        &mut self,
        answer: Result<Result<T, StoreError>, RecvTimeoutError>,
    ) -> Result<T, RowsError> {
        let why = match answer {
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
    fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, RowsError> {
        self.ask(Job::Checkpoint)
    }

    fn load(&mut self, take: &mut dyn FnMut(Row)) -> Result<(), RowsError> {
        let (to, rows) = mpsc::sync_channel(READ_AHEAD);
        let asked = self.jobs()?.send(Job::Load(to)).map_err(|_| RecvTimeoutError::Disconnected);
        let mut row = self.checked(asked.and_then(|()| rows.recv_timeout(TIME_LIMIT)))?;
        while let Some(taken) = row {
            take(taken);
            row = self.checked(rows.recv_timeout(TIME_LIMIT))?;
        }
        Ok(())
    }

    fn save(&mut self, rows: Vec<Row>, gone: Vec<Vec<u8>>, checkpoint: Vec<u8>) -> Result<(), RowsError> {
        self.ask(|done| Job::Save { save: Save { rows, gone, checkpoint }, done })
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
            Job::Checkpoint(answer) => {
                let sealed = sealed(&tree).map(|sealed| sealed.map(|sealed| sealed.checkpoint));
                drop(answer.send(sealed));
            }
            Job::Load(rows) => {
                let loaded = load(&tree, |row| rows.send(Ok(Some(row))).is_ok());
                drop(rows.send(loaded.map(|()| None)));
            }
            Job::Save { save, done } => drop(done.send(save.to(&mut tree))),
        }
    }
}

fn refuse(job: Job, error: StoreError) {
    match job {
        Job::Checkpoint(answer) => drop(answer.send(Err(error))),
        Job::Load(rows) => drop(rows.send(Err(error))),
        Job::Save { done, .. } => drop(done.send(Err(error))),
    }
}

fn sealed(tree: &sled::Db) -> Result<Option<Sealed>, StoreError> {
    tree.get(CHECKPOINT)?.map(|bytes| postcard::from_bytes(&bytes)).transpose().map_err(StoreError::from)
}

/// Gives every row to `take`, as long as it takes them.
fn load(tree: &sled::Db, mut take: impl FnMut(Row) -> bool) -> Result<(), StoreError> {
    let Sealed { checkpoint: _, rows, digest } = sealed(tree)?.unwrap_or_default();
    let (mut count, mut found) = (0, 0u64);
    for row in tree.scan_prefix([ROW]) {
        let (key, value) = row?;
        count += 1;
        found = found.wrapping_add(digest_of(&key, &value));
        if !take(Row { key: key[1..].to_vec(), value: Bytes::from_owner(value) }) {
            break;
        }
    }
    if count == rows && found == digest { Ok(()) } else { Err(StoreError::Digest) }
}

impl Save {
    fn to(self, tree: &mut sled::Db) -> Result<(), StoreError> {
        let Save { mut rows, gone, checkpoint } = self;
        let mut seal = sealed(tree)?.unwrap_or_default();
        seal.checkpoint = checkpoint;
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        let mut batch = sled::Batch::default();
        let key_of = |key: &[u8]| [&[ROW], key].concat();
        for key in gone.iter().map(|key| key_of(key)) {
            if let Some(old) = tree.get(&key)? {
                seal.digest = seal.digest.wrapping_sub(digest_of(&key, &old));
                seal.rows -= 1;
                batch.remove(key);
            }
        }
        for Row { key, value } in rows {
            let key = key_of(&key);
            match tree.get(&key)? {
                Some(old) => seal.digest = seal.digest.wrapping_sub(digest_of(&key, &old)),
                None => seal.rows += 1,
            }
            seal.digest = seal.digest.wrapping_add(digest_of(&key, &value));
            batch.insert(key, value.as_ref());
        }
        batch.insert(CHECKPOINT, postcard::to_stdvec(&seal)?);
        tree.apply_batch(batch)?;
        tree.flush()?;
        Ok(())
    }
}

/// Tells a row from any other. The sum of all does not depend on their order, so that a save need not read them all.
fn digest_of(key: &[u8], value: &[u8]) -> u64 {
    let key = crc32c::crc32c(key);
    let forwards = crc32c::crc32c_append(key, value);
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    let salted = crc32c::crc32c_append(!key ^ length, value);
    u64::from(forwards) << 32 | u64::from(salted)
}
