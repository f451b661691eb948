//! A storage that counts the bytes written to its files.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Lock, LockError, Mode, Storage, StorageFile};

/// What was written, by all who have a clone of it.
#[derive(Clone, Debug, Default)]
pub(in crate::log) struct Written(Arc<AtomicU64>);

impl Written {
    pub(in crate::log) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Another storage, of which the bytes are counted that its files have taken. What it writes for a lock is not.
pub(in crate::log) struct Counted {
    storage: Arc<dyn Storage>,
    written: Written,
}

impl Counted {
    pub(in crate::log) fn new(storage: Arc<dyn Storage>, written: Written) -> Counted {
        Counted { storage, written }
    }
}

impl Storage for Counted {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.storage.create_dir(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.storage.list(dir)
    }

    fn open(&self, path: &Path, mode: Mode) -> io::Result<Arc<dyn StorageFile>> {
        let file = self.storage.open(path, mode)?;
        Ok(match mode {
            Mode::Read => file,
            Mode::Write | Mode::Create => Arc::new(CountedFile { file, written: self.written.clone() }),
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.storage.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.storage.remove(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.storage.sync_dir(dir)
    }

    fn lock(&self, path: &Path, shared: bool) -> Result<Box<dyn Lock>, LockError> {
        self.storage.lock(path, shared)
    }
}

struct CountedFile {
    file: Arc<dyn StorageFile>,
    written: Written,
}

impl StorageFile for CountedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn read_cached(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_cached(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let taken = self.file.write_at(bytes, offset)?;
        self.written.0.fetch_add(taken as u64, Ordering::Relaxed);
        Ok(taken)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}
