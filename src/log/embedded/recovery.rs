//! Opening a directory: who may, what is there, and where the log ends after whatever happened.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::error::OpenError;
use super::super::frame::{FrameHash, HEADER_BYTES};
use super::super::segment::{
    FOOTER_BYTES, FORMAT, Footer, HeaderFault, SEGMENT_HEADER_BYTES, SegmentHeader, file_name,
    parse_file_name,
};
use super::super::storage::{
    Lock, LockError, Mode, Storage, StorageFile, is_read_only, read_full, write_all,
};
use super::super::{LogId, OpenReport, Position, ReadOnlyBecause, TornTail};
use super::catalog::{Extent, Segment};
use super::scan::{Damage, Ending, Scan, scan};
use super::writer::{Active, Fault};
use super::{Access, Check, EmbeddedOptions};

const LOCK_FILE: &str = "LOCK";

/// How much is copied at once, where bytes are kept aside or written again.
const COPY_BYTES: usize = 1 << 20;

/// Leave to use a directory.
pub(super) struct Entry {
    pub(super) lock: Option<Box<dyn Lock>>,
    pub(super) read_only: Option<ReadOnlyBecause>,
}

/// Takes the directory's lock: alone to append, together with other readers where nothing can be or is to be written.
pub(super) fn enter(dir: &Path, storage: &dyn Storage, access: Access) -> Result<Entry, OpenError> {
    let path = dir.join(LOCK_FILE);
    let mut because = ReadOnlyBecause::Asked;
    if access == Access::ReadWrite {
        let made = storage.create_dir(dir).map_err(LockError::Io);
        match made.and_then(|()| storage.lock(&path, false)) {
            Ok(lock) => return Ok(Entry { lock: Some(lock), read_only: None }),
            Err(LockError::Io(error)) if is_read_only(&error) => because = ReadOnlyBecause::Storage,
            Err(error) => return Err(lock_error(dir, error)),
        }
    }
    let lock = match storage.lock(&path, true) {
        Ok(lock) => Some(lock),
        // Without a lock file no daemon has been here, and one that cannot be opened keeps nobody out.
        Err(LockError::Io(error)) if error.kind() == io::ErrorKind::NotFound || is_read_only(&error) => None,
        Err(error) => return Err(lock_error(dir, error)),
    };
    Ok(Entry { lock, read_only: Some(because) })
}

fn lock_error(dir: &Path, error: LockError) -> OpenError {
    match error {
        LockError::Held(holder) => OpenError::Locked { dir: dir.to_owned(), holder },
        LockError::Io(source) => not_a_dir_or_io(dir, source),
    }
}

fn not_a_dir_or_io(dir: &Path, source: io::Error) -> OpenError {
    match source.kind() {
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            OpenError::NotALog { dir: dir.to_owned(), why: "it is not a directory".to_owned() }
        }
        io::ErrorKind::NotFound => {
            OpenError::NotALog { dir: dir.to_owned(), why: "it is not there".to_owned() }
        }
        _ => OpenError::Io { path: dir.to_owned(), source },
    }
}

pub(super) fn list(dir: &Path, storage: &dyn Storage) -> Result<Vec<String>, OpenError> {
    storage.list(dir).map_err(|error| not_a_dir_or_io(dir, error))
}

/// A log as it was found, in order to go on.
pub(super) struct Recovered {
    pub(super) id: LogId,
    pub(super) segments: Vec<Arc<Segment>>,
    pub(super) tail: Position,
    pub(super) hash: FrameHash,
    pub(super) active: Option<Active>,
    pub(super) report: OpenReport,
}

/// Finds out where the log in `dir` ends, cuts off and keeps aside what was torn, and makes the rest durable.
pub(super) fn recover(
    dir: &Path,
    storage: &Arc<dyn Storage>,
    options: &EmbeddedOptions,
    writable: bool,
) -> Result<Recovered, OpenError> {
    let names = list(dir, &**storage)?;
    let mut firsts: Vec<Position> = names.iter().filter_map(|name| parse_file_name(name)).collect();
    firsts.sort_unstable();
    let opening = Opening { dir, storage, options, writable };
    if firsts.is_empty() {
        return opening.make(&names);
    }
    if writable {
        opening.tidy(&names);
    }
    opening.go_through(&firsts)
}

struct Opening<'a> {
    dir: &'a Path,
    storage: &'a Arc<dyn Storage>,
    options: &'a EmbeddedOptions,
    writable: bool,
}

/// A segment file as it was found, before it is known whether it can be served.
struct Candidate {
    path: PathBuf,
    file: Arc<dyn StorageFile>,
    header: SegmentHeader,
}

impl Candidate {
    fn rotten(&self, offset: u64, why: &str) -> OpenError {
        rotten(&self.path, offset, why)
    }

    fn io(&self, source: io::Error) -> OpenError {
        OpenError::Io { path: self.path.clone(), source }
    }
}

fn rotten(path: &Path, offset: u64, why: &str) -> OpenError {
    OpenError::Rotten { file: path.to_owned(), offset, why: why.to_owned() }
}

impl Opening<'_> {
    fn make(&self, names: &[String]) -> Result<Recovered, OpenError> {
        let foreign = names.iter().find(|name| !is_ours(name));
        let why = match foreign {
            Some(name) => format!("it has no segments, but {name}"),
            None if !self.writable => "it has no segments".to_owned(),
            None => String::new(),
        };
        if !why.is_empty() {
            return Err(OpenError::NotALog { dir: self.dir.to_owned(), why });
        }
        let id = self.options.new_log_id;
        let hash = FrameHash::of_nothing(id);
        let header = SegmentHeader { id, first: Position(1), previous: hash };
        let active = Active::create(&**self.storage, self.dir, header).map_err(|fault| match fault {
            Fault::NoRoom(source) | Fault::Broken(source) => {
                OpenError::Io { path: self.dir.to_owned(), source }
            }
        })?;
        Ok(Recovered {
            id,
            segments: vec![Arc::clone(&active.segment)],
            tail: Position::ZERO,
            hash,
            active: Some(active),
            report: OpenReport { clean: true, ..OpenReport::default() },
        })
    }

    /// Removes segments that never got their name. One that cannot be removed is in nobody's way.
    fn tidy(&self, names: &[String]) {
        for name in names.iter().filter(|name| is_unnamed_segment(name)) {
            let _ = self.storage.remove(&self.dir.join(name));
        }
    }

    fn go_through(&self, firsts: &[Position]) -> Result<Recovered, OpenError> {
        let (last, sealed) = firsts.split_last().expect("there is a segment");
        let mut report = OpenReport::default();
        let mut segments = Vec::with_capacity(firsts.len());
        let (mut tail, mut hash, mut log) = (Position::ZERO, None, None);
        for first in sealed {
            let it = self.candidate(*first, Mode::Read)?;
            check_link(&it, *log.get_or_insert(it.header.id), tail, hash)?;
            let (segment, last_hash) = self.sealed(&it, &mut report)?;
            (tail, hash) = (segment.extent().last, Some(last_hash));
            segments.push(Arc::new(segment));
        }
        let last = &self.candidate(*last, if self.writable { Mode::Write } else { Mode::Read })?;
        let id = *log.get_or_insert(last.header.id);
        check_link(last, id, tail, hash)?;
        if let Some(footer) = self.trusted_footer(last)? {
            segments.push(Arc::new(sealed_by(&footer, last)));
            report.clean = true;
            let (tail, hash) = (footer.last, footer.hash);
            return Ok(Recovered { id, segments, tail, hash, active: None, report });
        }
        let scan = scan(&last.file, &last.header).map_err(|error| last.io(error))?;
        report.frames_checked += scan.frames;
        let (tail, hash) = (scan.last, scan.hash);
        let active = self.last(last, scan, &mut report)?;
        segments.push(Arc::clone(&active.segment));
        let active = (self.writable && !active.segment.extent().sealed).then_some(active);
        Ok(Recovered { id, segments, tail, hash, active, report })
    }

    fn candidate(&self, first: Position, mode: Mode) -> Result<Candidate, OpenError> {
        let path = self.dir.join(file_name(first));
        let io = |source| OpenError::Io { path: path.clone(), source };
        let file = self.storage.open(&path, mode).map_err(io)?;
        let mut bytes = [0; 64];
        let read = read_full(&*file, &mut bytes, 0).map_err(io)?;
        if read < bytes.len() {
            return Err(rotten(&path, 0, "the file ends inside the segment's header"));
        }
        match SegmentHeader::decode(&bytes) {
            Ok(header) if header.first == first => Ok(Candidate { path, file, header }),
            Ok(_) => Err(rotten(&path, 0, "the segment's header does not fit the file's name")),
            Err(HeaderFault::Damaged(why)) => Err(rotten(&path, 0, why)),
            Err(HeaderFault::Newer(found)) => {
                Err(OpenError::NewerFormat { file: path, found, known: FORMAT })
            }
        }
    }

    /// The footer of the last segment, where its frames need not be gone through: a segment is sealed when all of them are
    /// durable. The footer itself may not be.
    fn trusted_footer(&self, it: &Candidate) -> Result<Option<Footer>, OpenError> {
        if self.options.check == Check::Everything {
            return Ok(None);
        }
        let footer = read_footer(it).map_err(|error| it.io(error))?;
        if let Some(footer) = footer.as_ref().filter(|_| self.writable) {
            self.settle(it, footer.offset, footer.offset + FOOTER_BYTES).map_err(|error| it.io(error))?;
        }
        Ok(footer)
    }

    /// A segment that another one follows: it was durable to its footer before that one was made.
    fn sealed(&self, it: &Candidate, report: &mut OpenReport) -> Result<(Segment, FrameHash), OpenError> {
        if self.options.check == Check::Unsealed
            && let Some(footer) = read_footer(it).map_err(|error| it.io(error))?
        {
            return Ok((sealed_by(&footer, it), footer.hash));
        }
        let scan = scan(&it.file, &it.header).map_err(|error| it.io(error))?;
        report.frames_checked += scan.frames;
        match scan.ending {
            Ending::Sealed => {}
            Ending::Open => return Err(it.rotten(scan.end, "the segment ends here, but another one follows")),
            Ending::Damaged(damage) => return Err(it.rotten(scan.end, damage.why)),
        }
        let extent = Extent { last: scan.last, end: scan.end, sealed: true };
        Ok((Segment::new(it.path.clone(), it.header, extent, Some(scan.index)), scan.hash))
    }

    fn last(&self, it: &Candidate, scan: Scan, report: &mut OpenReport) -> Result<Active, OpenError> {
        let sealed = matches!(scan.ending, Ending::Sealed);
        report.clean = sealed || (scan.frames == 0 && matches!(scan.ending, Ending::Open));
        if let Ending::Damaged(damage) = &scan.ending {
            if scan.is_rot() {
                return Err(it.rotten(scan.end, damage.why));
            }
            report.torn = Some(self.cut(it, &scan, damage)?);
        }
        if self.writable {
            let end = scan.end + if sealed { FOOTER_BYTES } else { 0 };
            self.settle(it, scan.durable_end, end).map_err(|error| it.io(error))?;
        }
        let zeroed = it.file.len().map_err(|error| it.io(error))?.max(scan.end);
        let extent = Extent { last: scan.last, end: scan.end, sealed };
        let segment = Arc::new(Segment::new(it.path.clone(), it.header, extent, Some(scan.index)));
        segment.share(&it.file);
        Ok(Active { segment, file: Arc::clone(&it.file), end: scan.end, zeroed })
    }

    /// Cuts a torn tail off, once it is safe in a file of its own.
    fn cut(&self, it: &Candidate, scan: &Scan, damage: &Damage) -> Result<TornTail, OpenError> {
        let mut torn = TornTail {
            file: it.path.clone(),
            offset: scan.end,
            bytes: damage.end - scan.end,
            why: damage.why.to_owned(),
            kept_in: None,
        };
        if self.writable {
            let aside = self.free_name(it, scan.end)?;
            let copy = || -> io::Result<()> {
                let copy = self.storage.open(&aside, Mode::Create)?;
                copy_range(&*it.file, scan.end..damage.end, |bytes, at| {
                    write_all(&*copy, bytes, at - scan.end)
                })?;
                copy.sync_all()?;
                self.storage.sync_dir(self.dir)?;
                it.file.set_len(scan.end)
            };
            copy().map_err(|source| {
                // Half a copy is of no use, and the room it takes may be what is missing.
                let _ = self.storage.remove(&aside);
                OpenError::Io { path: aside.clone(), source }
            })?;
            torn.kept_in = Some(aside);
        }
        Ok(torn)
    }

    fn free_name(&self, it: &Candidate, offset: u64) -> Result<PathBuf, OpenError> {
        let names = self.storage.list(self.dir).map_err(|error| not_a_dir_or_io(self.dir, error))?;
        let name = |n: usize| format!("{:020}.at-{offset}.{n}.torn", it.header.first.0);
        let free = (0..=names.len()).map(name).find(|name| !names.contains(name));
        let free = free.expect("more names were tried than there are");
        Ok(self.dir.join(free))
    }

    /// Writes what may not be durable yet once more and syncs it. To read it back is no proof: after a failed sync
    /// the operating system may show bytes that it will never write, and a sync alone would not make it.
    fn settle(&self, it: &Candidate, from: u64, end: u64) -> io::Result<()> {
        copy_range(&*it.file, from..end, |bytes, at| write_all(&*it.file, bytes, at))?;
        it.file.sync_all()?;
        self.storage.sync_dir(self.dir)
    }
}

fn is_ours(name: &str) -> bool {
    // `lost+found` is in every new file system's root.
    name == LOCK_FILE || name == "lost+found" || is_unnamed_segment(name)
}

fn is_unnamed_segment(name: &str) -> bool {
    name.strip_suffix("tmp").is_some_and(|stem| parse_file_name(&format!("{stem}seg")).is_some())
}

/// Whether a segment of this log follows on what was found before it.
fn check_link(it: &Candidate, id: LogId, tail: Position, hash: Option<FrameHash>) -> Result<(), OpenError> {
    link_fault(&it.header, id, tail, hash).map_or(Ok(()), |why| Err(it.rotten(0, &why)))
}

/// Why a segment with this header does not follow on what was found before it.
pub(super) fn link_fault(
    header: &SegmentHeader,
    id: LogId,
    tail: Position,
    hash: Option<FrameHash>,
) -> Option<String> {
    if header.id != id {
        return Some("the segment belongs to another log".to_owned());
    }
    if header.first != tail.next() {
        return Some(format!("the segment with position {} is missing before it", tail.next()));
    }
    let chained = header.previous == hash.unwrap_or(FrameHash::of_nothing(id));
    (!chained).then(|| "the segment is not chained to the one before it".to_owned())
}

/// A segment with what its footer says of it.
fn sealed_by(footer: &Footer, it: &Candidate) -> Segment {
    let extent = Extent { last: footer.last, end: footer.offset, sealed: true };
    Segment::new(it.path.clone(), it.header, extent, None)
}

/// The footer at the very end of a file, where sealing puts it.
fn read_footer(it: &Candidate) -> io::Result<Option<Footer>> {
    let len = it.file.len()?;
    let Some(offset) = len.checked_sub(FOOTER_BYTES).filter(|offset| *offset >= SEGMENT_HEADER_BYTES) else {
        return Ok(None);
    };
    let mut bytes = [0; HEADER_BYTES];
    read_full(&*it.file, &mut bytes, offset)?;
    let footer = Footer::decode(&bytes, it.header.salt());
    Ok(footer.filter(|footer| footer.offset == offset && footer.last >= it.header.first))
}

fn copy_range(
    file: &dyn StorageFile,
    range: std::ops::Range<u64>,
    mut put: impl FnMut(&[u8], u64) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; COPY_BYTES];
    let mut at = range.start;
    while at < range.end {
        let len = usize::try_from(range.end - at).unwrap_or(COPY_BYTES).min(COPY_BYTES);
        let read = read_full(file, &mut buffer[..len], at)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        put(&buffer[..read], at)?;
        at += read as u64;
    }
    Ok(())
}
