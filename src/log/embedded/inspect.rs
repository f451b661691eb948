//! Going through a log offline, whole or damaged: everything that is there, and everything that is wrong.
//!
//! 1. Nothing on disk is changed, and no daemon may be writing meanwhile.
//! 2. What is said of damage is what a start would make of it.
//! 3. Behind damage it goes on with the next frame that is whole; only a torn tail ends it.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::super::error::OpenError;
use super::super::frame::{ALIGNMENT, FrameHash, FrameHeader, HEADER_BYTES};
use super::super::segment::{
    FOOTER_BYTES, FORMAT, Footer, HeaderFault, SEGMENT_HEADER_BYTES, SegmentHeader, file_name,
    parse_file_name,
};
use super::super::storage::{Lock, Mode, Storage, StorageFile, read_full};
use super::super::{Frame, LogId, Position};
use super::Access;
use super::recovery::{Entry, enter, link_fault, list};
use super::scan::{Ending, end_of_data, scan};
use super::walk::{Found, Walk, Window};

/// Something that stands in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A segment begins.
    Segment {
        /// Its file.
        file: PathBuf,
        /// The log that it says it belongs to.
        id: LogId,
        /// The position of its first event.
        first: Position,
        /// How long the file is.
        bytes: u64,
    },
    /// A frame in good order.
    Frame {
        /// What it holds.
        frame: Frame,
        /// Where in its segment it begins.
        offset: u64,
        /// How much of the file it takes.
        bytes: u64,
        /// The last position that was durable when it was written.
        durable: Position,
    },
    /// The footer of a sealed segment.
    Sealed {
        /// Where it is.
        offset: u64,
        /// The last position before it.
        last: Position,
    },
    /// The log ends here without a footer: it was not closed.
    Open {
        /// Behind the last frame.
        offset: u64,
    },
    /// Something that is not as it was written.
    Damage(Damage),
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// Where in it the damage begins.
    pub offset: u64,
    /// What is wrong there.
    pub why: String,
    /// What a start makes of it.
    pub verdict: Verdict,
    /// Where in the file the next whole frame is, if there is one.
    pub goes_on: Option<u64>,
}

/// What a start makes of damage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A write that a crash interrupted, and so many bytes of it: nothing of it was acknowledged. A start keeps them in
    /// a file of their own, cuts them off and goes on.
    Torn {
        /// How many.
        bytes: u64,
    },
    /// Acknowledged events are damaged or missing: a daemon does not serve them.
    Rotten,
    /// Written by a later release, in this format.
    Newer {
        /// The format.
        found: u32,
    },
    /// The file cannot be read.
    Unreadable,
}

/// A log, to be gone through.
pub struct Inspection {
    dir: PathBuf,
    storage: Arc<dyn Storage>,
    firsts: Vec<Position>,
    _lock: Option<Box<dyn Lock>>,
}

impl Inspection {
    /// Of the log in `dir`.
    ///
    /// # Errors
    /// `Locked` while a daemon runs on it; `NotALog` where there is no segment; `Io`.
    pub fn new(dir: impl AsRef<Path>, storage: Arc<dyn Storage>) -> Result<Inspection, OpenError> {
        let dir = dir.as_ref().to_owned();
        let Entry { lock, read_only: _ } = enter(&dir, &*storage, Access::ReadOnly)?;
        let names = list(&dir, &*storage)?;
        let mut firsts: Vec<_> = names.iter().filter_map(|name| parse_file_name(name)).collect();
        firsts.sort_unstable();
        if firsts.is_empty() {
            return Err(OpenError::NotALog { dir, why: "it has no segments".to_owned() });
        }
        Ok(Inspection { dir, storage, firsts, _lock: lock })
    }

    /// How many bytes the segments have, as far as they can be asked.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let len = |first: &Position| self.storage.open(&self.path(*first), Mode::Read)?.len();
        self.firsts.iter().filter_map(|first| len(first).ok()).sum()
    }

    fn path(&self, first: Position) -> PathBuf {
        self.dir.join(file_name(first))
    }

    /// Shows everything from the segment that holds `from` on, until `visit` breaks off. Of one segment alone the link
    /// to the one before it is not checked.
    pub fn run(&self, from: Position, mut visit: impl FnMut(Finding) -> ControlFlow<()>) {
        let start = self.firsts.partition_point(|first| *first <= from).saturating_sub(1);
        let mut link = Link { id: None, tail: Position::ZERO, hash: None, known: start == 0 };
        for (index, first) in self.firsts.iter().enumerate().skip(start) {
            let is_last = index + 1 == self.firsts.len();
            if self.segment(*first, is_last, &mut link, &mut visit).is_break() {
                return;
            }
        }
    }

    fn segment(
        &self,
        first: Position,
        is_last: bool,
        link: &mut Link,
        visit: &mut dyn FnMut(Finding) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let path = self.path(first);
        let unreadable = |error: &io::Error| damage(&path, 0, error.to_string(), Verdict::Unreadable);
        let file = match self.storage.open(&path, Mode::Read) {
            Ok(file) => file,
            Err(error) => {
                link.lose();
                return visit(unreadable(&error));
            }
        };
        let head = match read_header(&*file, first) {
            Ok(head) => head,
            Err(error) => {
                link.lose();
                return visit(unreadable(&error));
            }
        };
        let mut going = Going { path: &path, file: &file, is_last, link, visit };
        match head {
            Head::Whole(header) => {
                let bytes = file.len().unwrap_or(0);
                (going.visit)(Finding::Segment { file: path.clone(), id: header.id, first, bytes })?;
                if let Some(why) = going.link.fault(&header) {
                    (going.visit)(damage(&path, 0, why, Verdict::Rotten))?;
                }
                going.link.id.get_or_insert(header.id);
                going.frames(&header, Walk::start(Arc::clone(&file), &header))
            }
            Head::Newer(found) => {
                going.link.lose();
                let why = format!("it is in log format {found}; this release reads formats up to {FORMAT}");
                (going.visit)(damage(&path, 0, why, Verdict::Newer { found }))
            }
            Head::Damaged(why) => {
                // The other segments and the file's name tell what the header must have said.
                let id = going.link.id.or_else(|| self.id_of_any());
                let rotten = damage(&path, 0, why.to_owned(), Verdict::Rotten);
                going.link.lose();
                let Some(id) = id else { return (going.visit)(rotten) };
                let header = SegmentHeader { id, first, previous: FrameHash([0; FrameHash::BYTES]) };
                (going.visit)(rotten)?;
                going.frames(&header, Walk::middle(Arc::clone(&file), &header, first, SEGMENT_HEADER_BYTES))
            }
        }
    }

    fn id_of_any(&self) -> Option<LogId> {
        self.firsts.iter().find_map(|first| {
            let file = self.storage.open(&self.path(*first), Mode::Read).ok()?;
            match read_header(&*file, *first).ok()? {
                Head::Whole(header) => Some(header.id),
                Head::Newer(_) | Head::Damaged(_) => None,
            }
        })
    }
}

fn damage(file: &Path, offset: u64, why: String, verdict: Verdict) -> Finding {
    Finding::Damage(Damage { file: file.to_owned(), offset, why, verdict, goes_on: None })
}

enum Head {
    Whole(SegmentHeader),
    Newer(u32),
    Damaged(&'static str),
}

fn read_header(file: &dyn StorageFile, first: Position) -> io::Result<Head> {
    let mut bytes = [0; 64];
    if read_full(file, &mut bytes, 0)? < bytes.len() {
        return Ok(Head::Damaged("the file ends inside the segment's header"));
    }
    Ok(match SegmentHeader::decode(&bytes) {
        Ok(header) if header.first == first => Head::Whole(header),
        Ok(_) => Head::Damaged("the segment's header does not fit the file's name"),
        Err(HeaderFault::Newer(found)) => Head::Newer(found),
        Err(HeaderFault::Damaged(why)) => Head::Damaged(why),
    })
}

/// What the next segment must follow on.
struct Link {
    id: Option<LogId>,
    tail: Position,
    /// Not known behind damage.
    hash: Option<FrameHash>,
    /// Whether anything before is known at all.
    known: bool,
}

impl Link {
    /// What stood before is not known any more.
    fn lose(&mut self) {
        (self.known, self.hash) = (false, None);
    }

    fn fault(&mut self, header: &SegmentHeader) -> Option<String> {
        let known = std::mem::replace(&mut self.known, true);
        let (tail, hash) = if known { (self.tail, self.hash) } else { (Position(header.first.0 - 1), None) };
        // What stands before the first segment of all is known without reading it.
        let hash = hash.or((tail > Position::ZERO).then_some(header.previous));
        link_fault(header, self.id.unwrap_or(header.id), tail, hash)
    }
}

/// One segment being gone through.
struct Going<'a> {
    path: &'a Path,
    file: &'a Arc<dyn StorageFile>,
    is_last: bool,
    link: &'a mut Link,
    visit: &'a mut dyn FnMut(Finding) -> ControlFlow<()>,
}

impl Going<'_> {
    fn frames(&mut self, header: &SegmentHeader, mut walk: Walk) -> ControlFlow<()> {
        loop {
            let offset = walk.offset;
            let why = match walk.step(u64::MAX) {
                Err(error) => {
                    return (self.visit)(damage(self.path, offset, error.to_string(), Verdict::Unreadable));
                }
                Ok(Found::Frame { header, payload }) => {
                    let (payload, previous) = (Bytes::copy_from_slice(payload), header.previous);
                    let frame = Frame { first: header.first, events: header.events, payload, previous };
                    (self.link.tail, self.link.hash) = (frame.last(), walk.previous);
                    let (bytes, durable) = (header.stride(), header.durable);
                    (self.visit)(Finding::Frame { frame, offset, bytes, durable })?;
                    continue;
                }
                Ok(Found::Footer(footer)) => match self.footer_fault(&footer, offset) {
                    None => return (self.visit)(Finding::Sealed { offset, last: footer.last }),
                    Some(why) => why,
                },
                Ok(Found::Nothing) => match self.end_fault(offset) {
                    None => return (self.visit)(Finding::Open { offset }),
                    Some(why) => why,
                },
                Ok(Found::Damage(why)) => why,
            };
            let verdict = self.verdict(header, offset);
            let next = match verdict {
                Verdict::Rotten => self.next_whole(header, walk.next, offset),
                Verdict::Torn { .. } | Verdict::Newer { .. } | Verdict::Unreadable => None,
            };
            let goes_on = next.map(|(_, at)| at);
            let (file, why) = (self.path.to_owned(), why.to_owned());
            (self.visit)(Finding::Damage(Damage { file, offset, why, verdict, goes_on }))?;
            self.link.hash = None;
            let Some((first, at)) = next else {
                self.link.lose();
                return ControlFlow::Continue(());
            };
            walk = Walk::middle(Arc::clone(self.file), header, first, at);
        }
    }

    fn footer_fault(&self, footer: &Footer, offset: u64) -> Option<&'static str> {
        let fits = footer.last == self.link.tail
            && footer.offset == offset
            && self.link.hash.is_none_or(|hash| hash == footer.hash);
        let behind = offset + FOOTER_BYTES;
        match end_of_data(&**self.file, behind) {
            _ if !fits => Some("the footer does not fit the frames before it"),
            Ok(end) if end <= behind => None,
            Ok(_) | Err(_) => Some("there are bytes where the log has ended"),
        }
    }

    fn end_fault(&self, offset: u64) -> Option<&'static str> {
        match end_of_data(&**self.file, offset) {
            Ok(end) if end <= offset && self.is_last => None,
            Ok(end) if end <= offset => Some("the segment ends here, but another one follows"),
            Ok(_) | Err(_) => Some("there are bytes where the log has ended"),
        }
    }

    /// What a start would make of the damage here.
    fn verdict(&self, header: &SegmentHeader, offset: u64) -> Verdict {
        if !self.is_last {
            return Verdict::Rotten;
        }
        match scan(self.file, header) {
            Ok(scan) if scan.end == offset && !scan.is_rot() => match &scan.ending {
                Ending::Damaged(damage) => Verdict::Torn { bytes: damage.end - scan.end },
                Ending::Open | Ending::Sealed => Verdict::Rotten,
            },
            Ok(_) => Verdict::Rotten,
            Err(_) => Verdict::Unreadable,
        }
    }

    /// The first whole frame behind `offset` that is for `next` or a later position.
    fn next_whole(&self, segment: &SegmentHeader, next: Position, offset: u64) -> Option<(Position, u64)> {
        let salt = segment.salt();
        let mut window = Window::new();
        let end = self.file.len().ok()?;
        let mut at = offset + ALIGNMENT;
        while at < end {
            let bytes = window.get(&**self.file, at, HEADER_BYTES, u64::MAX).ok()?;
            let head = <&[u8; HEADER_BYTES]>::try_from(bytes).ok()?;
            if let Ok(header) = FrameHeader::decode(head, salt)
                && header.first >= next
                && matches!(
                    Walk::middle(Arc::clone(self.file), segment, header.first, at).step(u64::MAX),
                    Ok(Found::Frame { .. })
                )
            {
                return Some((header.first, at));
            }
            at += ALIGNMENT;
        }
        None
    }
}
