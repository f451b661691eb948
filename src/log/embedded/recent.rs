//! The frames written last, kept in memory: many follow the log, and what they are sent was written a moment ago.

use std::collections::VecDeque;

use parking_lot::RwLock;

use super::super::Frame;
use crate::position::Position;

/// A reader that goes on takes frames until they are this long. It keeps them from being forgotten, so it takes no more than
/// it will soon have gone through.
pub(super) const RUN_BYTES: usize = 64 << 10;
/// One that looks for a position takes its frame alone: it may look for another one next.
pub(super) const ONE_FRAME: usize = 0;

/// The last durable frames, as they were handed over.
pub(super) struct Recent {
    bytes_max: usize,
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    /// In order and without a gap.
    frames: VecDeque<Frame>,
    bytes: usize,
}

/// What is kept of a position's frame and those after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// Some frames were taken, the first of which contains the position.
    Taken,
    /// The position is the next one to be recorded.
    AtTail,
    /// It is too old, or not recorded; the files know.
    NotKept,
}

impl Recent {
    /// Keeps frames until they, and what it takes to keep them, are longer than `bytes_max`.
    pub(super) fn new(bytes_max: usize) -> Recent {
        Recent { bytes_max, kept: RwLock::default() }
    }

    /// Takes frames that are durable now. They follow on those that were taken before.
    pub(super) fn push(&self, frames: impl IntoIterator<Item = Frame>) {
        let mut kept = self.kept.write();
        for frame in frames {
            kept.bytes += cost(&frame);
            kept.frames.push_back(frame);
        }
        while kept.bytes > self.bytes_max
            && let Some(frame) = kept.frames.pop_front()
        {
            kept.bytes -= cost(&frame);
        }
    }

    /// Puts the frame that contains `from` into `run`, and those that follow on it until they are `run_bytes` long.
    pub(super) fn read(&self, from: Position, run_bytes: usize, run: &mut VecDeque<Frame>) -> Run {
        let kept = self.kept.read();
        let (Some(first), Some(last)) = (kept.frames.front(), kept.frames.back()) else {
            return Run::NotKept;
        };
        if from == last.last().next() {
            return Run::AtTail;
        }
        if from < first.first || from > last.last() {
            return Run::NotKept;
        }
        let mut bytes = 0;
        for frame in kept.frames.range(kept.frames.partition_point(|frame| frame.last() < from)..) {
            bytes += cost(frame);
            run.push_back(frame.clone());
            if bytes >= run_bytes {
                break;
            }
        }
        Run::Taken
    }
}

fn cost(frame: &Frame) -> usize {
    frame.payload.len() + size_of::<Frame>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::FrameHash;

    fn frame(first: u64, events: u32, bytes: usize) -> Frame {
        let payload = vec![7; bytes].into();
        Frame { first: Position(first), events, payload, previous: FrameHash([0; FrameHash::BYTES]) }
    }

    fn read(recent: &Recent, from: u64) -> (Run, Vec<u64>) {
        let mut run = VecDeque::new();
        let found = recent.read(Position(from), RUN_BYTES, &mut run);
        (found, run.iter().map(|frame| frame.first.0).collect())
    }

    #[test]
    fn what_is_kept_is_found_by_any_of_its_positions() {
        let recent = Recent::new(1 << 20);
        assert_eq!(read(&recent, 1), (Run::NotKept, vec![]));
        recent.push([frame(5, 3, 10), frame(8, 1, 10)]);
        recent.push([frame(9, 2, 10)]);
        assert_eq!(read(&recent, 4), (Run::NotKept, vec![]));
        assert_eq!(read(&recent, 5), (Run::Taken, vec![5, 8, 9]));
        assert_eq!(read(&recent, 7), (Run::Taken, vec![5, 8, 9]));
        assert_eq!(read(&recent, 8), (Run::Taken, vec![8, 9]));
        assert_eq!(read(&recent, 10), (Run::Taken, vec![9]));
        assert_eq!(read(&recent, 11), (Run::AtTail, vec![]));
        assert_eq!(read(&recent, 12), (Run::NotKept, vec![]));
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let recent = Recent::new(3_500);
        recent.push((1..=9).map(|first| frame(first, 1, 1_000)));
        assert_eq!(read(&recent, 6), (Run::NotKept, vec![]));
        assert_eq!(read(&recent, 7), (Run::Taken, vec![7, 8, 9]));
        recent.push([frame(10, 1, 4_000)]);
        assert_eq!(read(&recent, 9), (Run::NotKept, vec![]));
        assert_eq!(read(&recent, 10), (Run::NotKept, vec![]), "one that is too long by itself is not kept");
        assert_eq!(read(&recent, 11), (Run::NotKept, vec![]));
        recent.push([frame(11, 1, 1_000)]);
        assert_eq!(read(&recent, 11), (Run::Taken, vec![11]));
    }

    #[test]
    fn a_reader_takes_only_so_many_at_once() {
        let recent = Recent::new(1 << 20);
        recent.push((1..=9).map(|first| frame(first, 1, 30 << 10)));
        assert_eq!(read(&recent, 2), (Run::Taken, vec![2, 3, 4]));
        recent.push([frame(10, 1, 100 << 10), frame(11, 1, 1)]);
        assert_eq!(read(&recent, 10), (Run::Taken, vec![10]));
        let mut run = VecDeque::new();
        assert_eq!(recent.read(Position(4), ONE_FRAME, &mut run), Run::Taken);
        assert_eq!(run.iter().map(|frame| frame.first.0).collect::<Vec<_>>(), [4]);
    }
}
