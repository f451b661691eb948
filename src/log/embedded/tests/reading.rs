//! Do readers see every frame once, from anywhere, while the log grows and its segments change?

use std::thread;

use rstest::rstest;

use super::super::super::FrameReader;
use super::super::super::storage::DiskStorage;
use super::super::reader::{Patience, Reader};
use super::*;

fn on_disk(dir: &Path, segment_bytes: u64) -> EmbeddedLog {
    let options = EmbeddedOptions { segment_bytes, zeroed_ahead_bytes: 64 << 10, ..options() };
    EmbeddedLog::open(dir, Arc::new(DiskStorage), options).unwrap()
}

/// Frames of very different lengths, more than an index keeps entries for.
fn mixed(n: u32) -> NewFrame {
    let len = [3, 300, 9_000, 30_000, 0, 70_000][n as usize % 6];
    frame(1 + n % 4, vec![n.to_le_bytes()[0]; len])
}

#[tokio::test]
async fn every_position_is_found_with_and_without_an_index() {
    let tmp = tempfile::tempdir().unwrap();
    let mut log = on_disk(tmp.path(), 1 << 20);
    let mut first = 1;
    let mut expected = vec![];
    for n in 0..200 {
        let it = mixed(n);
        append(&log, std::slice::from_ref(&it)).await.unwrap();
        (first..first + u64::from(it.events)).for_each(|_| expected.push(first));
        first += u64::from(it.events);
    }
    assert!(log.report().segments > 3);
    for _ in 0..2 {
        for (position, first) in expected.iter().enumerate().rev() {
            let frame = log.read(Position(position as u64 + 1)).unwrap().next().unwrap().unwrap();
            assert_eq!(frame.first, Position(*first));
        }
        drop(log);
        log = on_disk(tmp.path(), 1 << 20);
    }
}

/// Whether all that they read is in memory, or nothing, or some of it: then one who was left behind goes on in the files, and
/// comes back from there.
#[rstest]
#[case::in_memory(100 << 20)]
#[case::partly_in_memory(150 << 10)]
#[case::in_files(0)]
#[tokio::test]
async fn readers_follow_a_growing_log_over_its_segments(#[case] recent_bytes: usize) {
    let tmp = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions { segment_bytes: 100 << 10, recent_bytes, ..options() };
    let log = Arc::new(EmbeddedLog::open(tmp.path(), Arc::new(DiskStorage), options).unwrap());
    let frames: Vec<_> = (0..300).map(mixed).collect();
    let events: u64 = frames.iter().map(|it| u64::from(it.events)).sum();
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let log = Arc::clone(&log);
            thread::spawn(move || {
                let mut reader = log.read(Position(1)).unwrap();
                let mut read = vec![];
                let mut next = Position(1);
                while next.0 <= events {
                    let Some(Frame { first, events, payload, .. }) = reader.next().unwrap() else {
                        thread::yield_now();
                        continue;
                    };
                    assert_eq!(first, next);
                    next = first.plus(u64::from(events));
                    read.push(NewFrame { events, payload });
                }
                read
            })
        })
        .collect();
    for group in frames.chunks(3) {
        append(&log, group).await.unwrap();
    }
    for reader in readers {
        assert!(reader.join().unwrap() == frames, "a reader saw something else");
    }
}

#[tokio::test]
async fn who_was_left_behind_reads_on_in_the_files_and_comes_back() {
    let disk = SimulatedStorage::new(1);
    let log = open(&disk).unwrap();
    let mut reader = log.read(Position(1)).unwrap();
    let mut expected = vec![];
    let mut read = vec![];
    // Of so many bytes two or three frames are kept: it is left behind after each round, and has read to the tail before.
    for round in 0..40_u8 {
        for n in 0..round % 7 {
            let it = frame(1 + u32::from(n % 3), vec![round; 60 + usize::from(n)]);
            append(&log, std::slice::from_ref(&it)).await.unwrap();
            expected.push(it);
        }
        while let Some(Frame { events, payload, .. }) = reader.next().unwrap() {
            read.push(NewFrame { events, payload });
        }
        assert_eq!(read, expected, "in round {round}");
    }
}

/// The writer may add to a segment and finish it between a reader's two looks: the frames added are not passed over.
#[tokio::test]
async fn a_segment_is_not_left_before_its_end() {
    let disk = written(false).await;
    let log = open(&disk).unwrap();
    let mut reader = Reader::start(&log.catalog, Position(1), Patience::Waits).unwrap();
    assert_eq!(reader.next().unwrap().map(|it| it.last()), Some(Position(1)));
    assert!(reader.place.as_mut().unwrap().follow(&log.catalog, Patience::Waits).unwrap());
    assert_eq!(reader.next().unwrap().map(|it| it.first), Some(Position(2)));
}

#[tokio::test]
async fn a_reader_that_met_rot_meets_it_again() {
    let disk = written(false).await;
    let first = segments(&disk).into_keys().next().unwrap();
    disk.tamper(&first, |bytes| bytes[places()[1].start + 50] ^= 4);
    let log = open(&disk).unwrap();
    let mut reader = log.read(Position(1)).unwrap();
    assert!(reader.next().unwrap().is_some());
    for _ in 0..3 {
        match reader.next().unwrap_err() {
            ReadError::Rotten { file, offset, .. } => {
                assert_eq!((file, offset), (first.clone(), places()[1].start as u64));
            }
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn rot_in_a_sealed_segment_is_met_on_the_way_to_a_position() {
    let disk = written(true).await;
    let first = segments(&disk).into_keys().next().unwrap();
    let rotten = places()[1].clone();
    disk.tamper(&first, |bytes| bytes[rotten.start + 20] ^= 4);
    let log = open(&disk).unwrap();
    let behind = Position(log.read(Position(1)).unwrap().next().unwrap().unwrap().last().0 + 4);
    assert!(
        matches!(log.read(behind).err(), Some(ReadError::Rotten { offset, .. }) if offset == rotten.start as u64)
    );
    assert!(matches!(log.hash_at(behind), Err(ReadError::Rotten { .. })));
}
