//! Files and directories as the log sees them, so that a test can put a faulty disk under it.
//!
//! The words mean what POSIX and Linux make of them: a write is not durable before a sync of the file, a created,
//! renamed or removed entry not before a sync of its directory, and after a failed sync nothing is known about what
//! was written since the last good one.

mod counted;
mod disk;
pub mod simulated;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub(super) use self::counted::{Counted, Written};
pub use self::disk::DiskStorage;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It exists and is read.
    Read,
    /// It exists and is written to as well.
    Write,
    /// It is made, empty; what was there under that name is gone.
    Create,
}

/// A file system, or what stands in for one.
pub trait Storage: Send + Sync + 'static {
    /// Makes a directory and its parents, durably; nothing happens if it is there.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;

    /// The names in a directory, in no order. `NotFound` or `NotADirectory` if that is what is the matter.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Opens a file.
    fn open(&self, path: &Path, mode: Mode) -> io::Result<Arc<dyn StorageFile>>;

    /// Gives a file another name, replacing what had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the entries of a directory durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Takes the advisory lock that the file at `path` stands for: for one writer, or shared by readers. Writers make
    /// the file and leave their process id in it. The lock is released when the answer is dropped, and by the
    /// operating system when the process ends.
    fn lock(&self, path: &Path, shared: bool) -> Result<Box<dyn Lock>, LockError>;
}

/// An open file. Reads and writes name their offset, so one handle serves any number of threads.
pub trait StorageFile: Send + Sync {
    /// Reads some bytes at `offset`; 0 at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// As `read_at`, but only what is in memory already; otherwise the answer is an error of the kind `WouldBlock`.
    fn read_cached(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes some of `bytes` at `offset` and says how many.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// How long the file is.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }

    /// Cuts the file off, or extends it with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes the bytes durable, with what is needed to read them back (`fdatasync`).
    fn sync_data(&self) -> io::Result<()>;

    /// Makes the bytes and everything known about the file durable (`fsync`).
    fn sync_all(&self) -> io::Result<()>;
}

/// A lock that is held until this is dropped.
pub trait Lock: Send + Sync {}

/// Why a lock was not given.
#[derive(Debug)]
pub enum LockError {
    /// Somebody has it: the process with this id, if it left one.
    Held(Option<u32>),
    /// The storage answered with an error.
    Io(io::Error),
}

/// Reads until `buffer` is full or the file ends, and says how many bytes that were.
pub(super) fn read_full(file: &dyn StorageFile, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Writes all of `bytes`. After an error any part of them may have been written.
pub(super) fn write_all(file: &dyn StorageFile, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match file.write_at(&bytes[done..], offset + done as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => done += written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether an error means that there is no room, so that the same write may succeed later.
pub(super) fn is_no_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Whether an error means that the place cannot be written to at all.
pub(super) fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}
