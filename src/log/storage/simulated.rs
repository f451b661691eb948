//! A disk in memory that keeps no more than it has promised: what is not synced may be lost, torn at any byte or
//! reordered when the power is cut, and every kind of fault can be asked for. One seed gives one history.

mod contents;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use self::contents::{Change, Contents, EntryChange, Random};
use super::{Lock, LockError, Mode, Storage, StorageFile};

/// A simulated disk. Clones are the same disk; [`SimulatedStorage::copy`] makes another.
#[derive(Clone, Debug)]
pub struct SimulatedStorage {
    disk: Arc<Mutex<Disk>>,
}

/// The process that simulated locks say they are held by.
pub const HOLDER: u32 = 4711;

#[derive(Clone, Debug, Default)]
struct Disk {
    files: BTreeMap<u64, Contents>,
    files_made: u64,
    dirs: Vec<PathBuf>,
    entries: BTreeMap<PathBuf, u64>,
    durable_entries: BTreeMap<PathBuf, u64>,
    unsynced_entries: Vec<EntryChange>,
    locked: Vec<PathBuf>,
    /// Handles and locks of an earlier life of the machine are of no use.
    life: u64,
    random: Random,
    faults: Faults,
}

#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "faults are independent of each other")]
struct Faults {
    syncs_until_failure: Option<u64>,
    writes_until_failure: Option<u64>,
    changes_until_power_cut: Option<u64>,
    power_is_cut: bool,
    room_bytes: Option<u64>,
    overwriting_needs_room: bool,
    short_writes: bool,
    read_only: bool,
}

impl SimulatedStorage {
    /// An empty disk whose accidents follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> SimulatedStorage {
        let disk = Disk { random: Random(seed), ..Disk::default() };
        SimulatedStorage { disk: Arc::new(Mutex::new(disk)) }
    }

    /// Another disk with the same content, of which all is durable and nothing is locked.
    #[must_use]
    pub fn copy(&self) -> SimulatedStorage {
        let mut disk = self.disk.lock().clone();
        disk.files.values_mut().for_each(|contents| contents.settle(&contents.now.clone()));
        disk.durable_entries = disk.entries.clone();
        disk.unsynced_entries.clear();
        disk.begin_another_life();
        SimulatedStorage { disk: Arc::new(Mutex::new(disk)) }
    }

    /// The `nth` sync from now on fails (the next is the 1st). What was to be made durable by it may be or not, goes
    /// on to be read as if it were, and no later sync makes it so: what Linux does.
    pub fn fail_sync(&self, nth: u64) {
        self.disk.lock().faults.syncs_until_failure = Some(nth);
    }

    /// The `nth` write from now on fails (the next is the 1st), and any part of it may have been written.
    pub fn fail_write(&self, nth: u64) {
        self.disk.lock().faults.writes_until_failure = Some(nth);
    }

    /// After `changes` more writes, syncs and changes of entries, everything fails until [`Self::restart`].
    pub fn cut_power_after(&self, changes: u64) {
        self.disk.lock().faults.changes_until_power_cut = Some(changes);
    }

    /// Whether the power has been cut.
    #[must_use]
    pub fn power_is_cut(&self) -> bool {
        self.disk.lock().faults.power_is_cut
    }

    /// There is room for so many bytes more, or without end.
    pub fn set_room(&self, bytes: Option<u64>) {
        self.disk.lock().faults.room_bytes = bytes;
    }

    /// Whether overwriting takes room too, as on a file system that never writes in place.
    pub fn overwriting_needs_room(&self, needs: bool) {
        self.disk.lock().faults.overwriting_needs_room = needs;
    }

    /// Whether a write may take fewer bytes than it was given.
    pub fn write_short(&self, short: bool) {
        self.disk.lock().faults.short_writes = short;
    }

    /// Whether nothing can be written.
    pub fn set_read_only(&self, read_only: bool) {
        self.disk.lock().faults.read_only = read_only;
    }

    /// The process is killed and started again: what it has written is there, durable or not.
    pub fn kill(&self) {
        self.disk.lock().begin_another_life();
    }

    /// The power fails and comes back: of what was not synced, any part is there.
    pub fn restart(&self) {
        let mut disk = self.disk.lock();
        let Disk { files, random, .. } = &mut *disk;
        for contents in files.values_mut() {
            let survived = contents.survive(random);
            contents.settle(&survived);
        }
        let changes = std::mem::take(&mut disk.unsynced_entries);
        for change in changes {
            if disk.random.below(2) == 0 {
                change.apply(&mut disk.durable_entries);
            }
        }
        disk.entries = disk.durable_entries.clone();
        disk.begin_another_life();
    }

    /// The files there are, with what they hold now.
    #[must_use]
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let disk = self.disk.lock();
        disk.entries.iter().map(|(path, file)| (path.clone(), disk.files[file].now.clone())).collect()
    }

    /// Changes what a file holds, durably, behind everybody's back.
    ///
    /// # Panics
    /// If there is no such file.
    pub fn tamper(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut disk = self.disk.lock();
        let file = disk.entries[path];
        let contents = disk.files.get_mut(&file).expect("an entry's file is there");
        change(&mut contents.now);
        contents.settle(&contents.now.clone());
    }

    /// Takes a file away, durably, behind everybody's back.
    pub fn lose(&self, path: &Path) {
        let mut disk = self.disk.lock();
        disk.entries.remove(path);
        disk.durable_entries.remove(path);
    }
}

impl Disk {
    fn begin_another_life(&mut self) {
        self.life += 1;
        self.locked.clear();
        self.faults = Faults::default();
    }

    /// Before anything that changes the disk: counts it, and fails if the power is gone or nothing may be changed.
    fn change(&mut self) -> io::Result<()> {
        if let Some(left) = &mut self.faults.changes_until_power_cut {
            *left = left.saturating_sub(1);
            self.faults.power_is_cut |= *left == 0;
        }
        self.powered()?;
        if self.faults.read_only { Err(ErrorKind::ReadOnlyFilesystem.into()) } else { Ok(()) }
    }

    fn powered(&self) -> io::Result<()> {
        if self.faults.power_is_cut { Err(io::Error::other("the power is cut")) } else { Ok(()) }
    }

    fn write_fails(&mut self) -> bool {
        let Some(left) = &mut self.faults.writes_until_failure else { return false };
        *left = left.saturating_sub(1);
        *left == 0
    }

    fn sync(&mut self) -> io::Result<bool> {
        self.change()?;
        let Some(left) = &mut self.faults.syncs_until_failure else { return Ok(true) };
        *left = left.saturating_sub(1);
        Ok(*left != 0)
    }

    fn change_entry(&mut self, change: EntryChange) {
        change.apply(&mut self.entries);
        self.unsynced_entries.push(change);
    }

    fn entry(&self, path: &Path) -> io::Result<u64> {
        self.entries.get(path).copied().ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// How many of `len` bytes at `offset` may be written, which uses the room up.
    fn take_room(&mut self, file: u64, offset: usize, len: usize) -> io::Result<usize> {
        let growth_from =
            if self.faults.overwriting_needs_room { offset } else { self.files[&file].now.len() };
        let growth = (offset + len).saturating_sub(growth_from.max(offset));
        let Some(room) = &mut self.faults.room_bytes else { return Ok(len) };
        let taken = growth.min(usize::try_from(*room).unwrap_or(usize::MAX));
        *room -= taken as u64;
        match len - growth + taken {
            0 => Err(ErrorKind::StorageFull.into()),
            fits => Ok(fits),
        }
    }
}

impl Storage for SimulatedStorage {
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        let mut disk = self.disk.lock();
        if !disk.dirs.iter().any(|known| known == dir) {
            disk.change()?;
            disk.dirs.push(dir.to_owned());
        }
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let disk = self.disk.lock();
        disk.powered()?;
        if !disk.dirs.iter().any(|known| known == dir) {
            return Err(ErrorKind::NotFound.into());
        }
        let inside = disk.entries.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside
            .filter_map(|path| path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect())
    }

    fn open(&self, path: &Path, mode: Mode) -> io::Result<Arc<dyn StorageFile>> {
        let mut disk = self.disk.lock();
        disk.powered()?;
        if mode != Mode::Read && disk.faults.read_only {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        if mode == Mode::Create {
            disk.change()?;
            disk.files_made += 1;
            let file = disk.files_made;
            disk.files.insert(file, Contents::default());
            disk.change_entry(EntryChange::Set(path.to_owned(), file));
        }
        let (file, life) = (disk.entry(path)?, disk.life);
        Ok(Arc::new(SimulatedFile { disk: Arc::clone(&self.disk), file, life }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.change()?;
        let file = disk.entry(from)?;
        disk.change_entry(EntryChange::Rename(from.to_owned(), to.to_owned(), file));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.disk.lock();
        disk.change()?;
        disk.entry(path)?;
        disk.change_entry(EntryChange::Remove(path.to_owned()));
        Ok(())
    }

    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        let mut disk = self.disk.lock();
        if !disk.sync()? {
            return Err(io::Error::other("the sync was told to fail"));
        }
        disk.unsynced_entries.clear();
        disk.durable_entries = disk.entries.clone();
        Ok(())
    }

    fn lock(&self, path: &Path, shared: bool) -> Result<Box<dyn Lock>, LockError> {
        let mut disk = self.disk.lock();
        if disk.locked.iter().any(|locked| locked == path) {
            return Err(LockError::Held(Some(HOLDER)));
        }
        if !shared {
            if disk.faults.read_only {
                return Err(LockError::Io(ErrorKind::ReadOnlyFilesystem.into()));
            }
            disk.locked.push(path.to_owned());
        }
        Ok(Box::new(SimulatedLock {
            disk: Arc::clone(&self.disk),
            path: path.to_owned(),
            life: disk.life,
            shared,
        }))
    }
}

struct SimulatedLock {
    disk: Arc<Mutex<Disk>>,
    path: PathBuf,
    life: u64,
    shared: bool,
}

impl Lock for SimulatedLock {}

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        let mut disk = self.disk.lock();
        if !self.shared && disk.life == self.life {
            disk.locked.retain(|locked| *locked != self.path);
        }
    }
}

struct SimulatedFile {
    disk: Arc<Mutex<Disk>>,
    file: u64,
    life: u64,
}

impl SimulatedFile {
    fn with<T>(&self, does: impl FnOnce(&mut Disk) -> io::Result<T>) -> io::Result<T> {
        let mut disk = self.disk.lock();
        if disk.life != self.life {
            return Err(io::Error::other("this handle was opened before the restart"));
        }
        disk.powered()?;
        does(&mut disk)
    }

    fn change(&self, change: Change) -> io::Result<()> {
        self.with(|disk| {
            disk.change()?;
            let contents = disk.files.get_mut(&self.file).expect("an open file is there");
            change.apply(&mut contents.now, None);
            contents.unsynced.push(change);
            Ok(())
        })
    }
}

impl StorageFile for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.with(|disk| {
            let now = &disk.files[&self.file].now;
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(now.len());
            let len = buffer.len().min(now.len() - from);
            buffer[..len].copy_from_slice(&now[from..from + len]);
            Ok(len)
        })
    }

    fn read_cached(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let offset = usize::try_from(offset).map_err(|_| ErrorKind::FileTooLarge)?;
        let fits = self.with(|disk| {
            let short = disk.faults.short_writes && bytes.len() > 1;
            let len = if short { 1 + disk.random.below(bytes.len()) } else { bytes.len() };
            disk.take_room(self.file, offset, len.min(bytes.len()))
        })?;
        let fails = self.with(|disk| Ok(disk.write_fails()))?;
        if fails {
            let part = self.with(|disk| Ok(disk.random.below(fits + 1)))?;
            self.change(Change::Write { offset, bytes: bytes[..part].to_vec() })?;
            return Err(io::Error::other("the write was told to fail"));
        }
        self.change(Change::Write { offset, bytes: bytes[..fits].to_vec() }).map(|()| fits)
    }

    fn len(&self) -> io::Result<u64> {
        self.with(|disk| Ok(disk.files[&self.file].now.len() as u64))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(|_| ErrorKind::FileTooLarge)?;
        let had = self.with(|disk| Ok(disk.files[&self.file].now.len()))?;
        self.change(Change::SetLen(len))?;
        self.with(|disk| {
            if let Some(room) = &mut disk.faults.room_bytes {
                *room += had.saturating_sub(len) as u64;
            }
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.with(|disk| {
            let good = disk.sync()?;
            let Disk { files, random, .. } = disk;
            let contents = files.get_mut(&self.file).expect("an open file is there");
            // Only what changed since the last sync is written: after one that failed, `durable` and `now` differ for
            // good, until the same bytes are written again.
            contents.durable = if good { contents.synced() } else { contents.survive(random) };
            contents.unsynced.clear();
            if good { Ok(()) } else { Err(io::Error::other("the sync was told to fail")) }
        })
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }
}
