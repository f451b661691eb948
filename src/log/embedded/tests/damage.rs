//! After any single damage, is every acknowledged frame there, or the damage named? Never less, and never a panic.

use std::ops::ControlFlow;

use super::super::super::segment::{Footer, SegmentHeader};
use super::super::inspect::{Damage, Finding, Inspection, Verdict};
use super::*;

/// What the log makes of a damaged disk.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// Serves so many frames, after cutting off a tail that began there if one is named.
    Serves { frames: usize, torn_at: Option<u64> },
    /// Refuses to open, naming file and offset.
    Refused { file: PathBuf, offset: u64 },
    /// Opens, and a reader is told the file and offset behind so many frames.
    Told { frames: usize, file: PathBuf, offset: u64 },
}

async fn outcome(disk: &SimulatedStorage, check: Check) -> Outcome {
    let inspected = inspect(disk);
    let outcome = outcome_of_start(disk, check).await;
    // What looks at a log offline says what a start says.
    let (torn, rotten) = match &outcome {
        Outcome::Serves { torn_at, .. } => (*torn_at, None),
        Outcome::Refused { file, offset } | Outcome::Told { file, offset, .. } => {
            (None, Some((file.clone(), *offset)))
        }
    };
    assert_eq!(inspected, (torn, rotten));
    outcome
}

/// Where an inspection sees a torn tail, and where rot first.
fn inspect(disk: &SimulatedStorage) -> (Option<u64>, Option<(PathBuf, u64)>) {
    let (mut torn, mut rotten) = (None, None);
    Inspection::new(DIR, Arc::new(disk.clone())).unwrap().run(Position::ZERO, |finding| {
        if let Finding::Damage(Damage { file, offset, verdict, .. }) = finding {
            match verdict {
                Verdict::Torn { .. } => torn = Some(offset),
                Verdict::Rotten => drop(rotten.get_or_insert((file, offset))),
                Verdict::Newer { .. } | Verdict::Unreadable => panic!("{verdict:?} at {offset}"),
            }
        }
        ControlFlow::Continue(())
    });
    (torn, rotten)
}

async fn outcome_of_start(disk: &SimulatedStorage, check: Check) -> Outcome {
    let all: Vec<NewFrame> = groups().concat();
    let before = segments(disk);
    let log = match open_with(disk, EmbeddedOptions { check, ..options() }) {
        Ok(log) => log,
        Err(OpenError::Rotten { file, offset, .. }) => {
            assert_eq!(segments(disk), before, "a log that is refused is not changed");
            return Outcome::Refused { file, offset };
        }
        Err(other) => panic!("{other}"),
    };
    let (frames, error) = read(&log);
    assert_eq!(frames, all[..frames.len()], "what is served is what was recorded");
    if let Some(ReadError::Rotten { file, offset, .. }) = error {
        return Outcome::Told { frames: frames.len(), file, offset };
    }
    let torn = log.report().opened.torn;
    if let Some(torn) = &torn {
        let kept = disk.files().into_iter().find(|(path, _)| Some(path) == torn.kept_in.as_ref()).unwrap().1;
        let (start, end) = (torn.offset, torn.offset + torn.bytes);
        let [start, end] = [start, end].map(|at| usize::try_from(at).unwrap());
        assert_eq!(kept, before[&torn.file][start..end], "the torn bytes are kept aside");
    }
    goes_on(log, disk, &frames).await;
    Outcome::Serves { frames: frames.len(), torn_at: torn.map(|torn| torn.offset) }
}

/// Whatever was cut off, the log takes appends, and opening it once more finds nothing torn.
async fn goes_on(log: EmbeddedLog, disk: &SimulatedStorage, frames: &[NewFrame]) {
    let more = frame(2, b"more".to_vec());
    append(&log, std::slice::from_ref(&more)).await.unwrap();
    drop(log);
    let log = open(disk).unwrap();
    assert_eq!(log.report().opened.torn, None);
    assert_eq!(read_good(&log), [frames, &[more]].concat());
}

/// What one flipped bit must lead to, by the rule of the durable mark: with a frame behind that was written when the
/// damaged one was durable, or with a seal, it is rot; else a tear.
fn expected_of_flip(path: &Path, offset: usize, sealed: bool, check: Check) -> Outcome {
    let places = places();
    let last = places.last().unwrap();
    let refused = |offset: usize| Outcome::Refused { file: path.to_owned(), offset: offset as u64 };
    if offset < 64 {
        return refused(0);
    }
    let hit = places.iter().find(|it| it.path == path && (it.start..it.end).contains(&offset));
    let Some(hit) = hit else {
        let end = places.iter().filter(|it| it.path == path).map(|it| it.end).max().unwrap();
        // Nothing tells a damaged footer of the last segment from one that was never finished.
        return if path == last.path {
            Outcome::Serves { frames: places.len(), torn_at: Some(end as u64) }
        } else {
            refused(end)
        };
    };
    if (sealed || hit.path != last.path) && check == Check::Unsealed {
        let (file, offset) = (path.to_owned(), hit.start as u64);
        return Outcome::Told { frames: hit.before, file, offset };
    }
    if sealed || hit.path != last.path || last.durable > hit.before {
        return refused(hit.start);
    }
    Outcome::Serves { frames: hit.before, torn_at: Some(hit.start as u64) }
}

async fn flip_every_bit(sealed: bool, check: Check) {
    let disk = written(sealed).await;
    let mut kinds = [0; 3];
    for (path, bytes) in segments(&disk) {
        for offset in 0..bytes.len() {
            for bit in 0..8 {
                let copy = disk.copy();
                copy.tamper(&path, |bytes| bytes[offset] ^= 1 << bit);
                let outcome = outcome(&copy, check).await;
                let expected = expected_of_flip(&path, offset, sealed, check);
                assert_eq!(outcome, expected, "bit {bit} of byte {offset} of {}", path.display());
                kinds[match outcome {
                    Outcome::Serves { .. } => 0,
                    Outcome::Refused { .. } => 1,
                    Outcome::Told { .. } => 2,
                }] += 1;
            }
        }
    }
    assert!(kinds[0] > 0 && kinds[1] > 0, "{kinds:?}");
    assert_eq!(kinds[2] > 0, check == Check::Unsealed);
}

#[tokio::test]
async fn any_flipped_bit_of_a_log_that_was_not_closed() {
    flip_every_bit(false, Check::Everything).await;
}

#[tokio::test]
async fn any_flipped_bit_of_a_log_that_was_closed() {
    flip_every_bit(true, Check::Everything).await;
}

#[tokio::test]
async fn any_flipped_bit_when_only_what_is_not_sealed_is_checked() {
    flip_every_bit(false, Check::Unsealed).await;
}

#[tokio::test]
async fn any_flipped_bit_of_a_log_that_was_closed_when_its_footer_is_trusted() {
    flip_every_bit(true, Check::Unsealed).await;
}

#[tokio::test]
async fn any_file_cut_off_at_any_byte() {
    let places = places();
    let last = &places.last().unwrap().path;
    for (sealed, check) in [(false, Check::Unsealed), (true, Check::Unsealed), (true, Check::Everything)] {
        let disk = written(sealed).await;
        for (path, bytes) in segments(&disk) {
            for len in 0..bytes.len() {
                let copy = disk.copy();
                copy.tamper(&path, |bytes| bytes.truncate(len));
                let outcome = outcome(&copy, check).await;
                let whole = places.iter().filter(|it| it.path < path || (it.path == path && it.end <= len));
                let end = whole.clone().filter(|it| it.path == path).map(|it| it.end).max().unwrap_or(64);
                let expected = if &path != last || len < 64 {
                    Outcome::Refused { file: path.clone(), offset: if len < 64 { 0 } else { end as u64 } }
                } else {
                    let tail = bytes[end..len].iter().any(|byte| *byte != 0);
                    Outcome::Serves { frames: whole.count(), torn_at: tail.then_some(end as u64) }
                };
                assert_eq!(outcome, expected, "{} cut to {len} bytes", path.display());
            }
        }
    }
}

#[tokio::test]
async fn any_block_that_was_never_written() {
    let disk = written(false).await;
    let places = places();
    let durable = places.last().unwrap().durable;
    for hit in &places {
        let copy = disk.copy();
        copy.tamper(&hit.path, |bytes| bytes[hit.start..hit.end].fill(0));
        let (file, offset) = (hit.path.clone(), hit.start as u64);
        let outcome = outcome(&copy, Check::Everything).await;
        if hit.before < durable {
            assert_eq!(outcome, Outcome::Refused { file, offset });
        } else {
            // The very last frame is gone without a trace; one before it in the group leaves the others behind.
            let torn_at = (hit.before + 1 < places.len()).then_some(offset);
            assert_eq!(outcome, Outcome::Serves { frames: hit.before, torn_at });
        }
    }
}

#[tokio::test]
async fn a_missing_segment_is_named_by_the_one_behind() {
    let disk = written(false).await;
    let paths: Vec<_> = segments(&disk).into_keys().collect();
    for lost in 0..2 {
        let copy = disk.copy();
        copy.lose(&paths[lost]);
        match open(&copy).err().unwrap() {
            OpenError::Rotten { file, offset: 0, why } => {
                assert_eq!(file, paths[lost + 1]);
                assert!(why.contains("missing"), "{why}");
            }
            other => panic!("{other}"),
        }
    }
}

/// Puts the segments of `other` into `disk`, one at a time; what is said of each.
fn said_of_foreign_segments(disk: &SimulatedStorage, other: &SimulatedStorage) -> Vec<String> {
    let put_in = |(path, bytes): (PathBuf, Vec<u8>)| {
        let copy = disk.copy();
        copy.tamper(&path, |it| *it = bytes);
        match open(&copy).err().unwrap() {
            OpenError::Rotten { why, .. } => why,
            other => panic!("{other}"),
        }
    };
    segments(other).into_iter().map(put_in).collect()
}

#[tokio::test]
async fn a_segment_of_another_log_is_refused() {
    let (disk, other) = (written(false).await, SimulatedStorage::new(0));
    let log = open_with(&other, EmbeddedOptions { new_log_id: LogId::random(), ..options() }).unwrap();
    for group in groups() {
        append(&log, &group).await.unwrap();
    }
    for why in said_of_foreign_segments(&disk, &other) {
        assert_eq!(why, "the segment belongs to another log");
    }
}

/// A backup of another day, or of a replica that went its own way.
#[tokio::test]
async fn a_segment_of_another_history_of_this_log_is_refused() {
    let (disk, other) = (written(false).await, SimulatedStorage::new(0));
    let log = open(&other).unwrap();
    for mut group in groups() {
        group[0].payload = vec![99; group[0].payload.len()].into();
        append(&log, &group).await.unwrap();
    }
    for why in said_of_foreign_segments(&disk, &other) {
        assert_eq!(why, "the segment is not chained to the one before it");
    }
}

#[tokio::test]
async fn a_footer_that_promises_more_than_there_is_is_found_out() {
    let disk = written(true).await;
    let (path, end) = (segments(&disk).into_keys().last().unwrap(), places().last().unwrap().end);
    disk.tamper(&path, |bytes| {
        let header = SegmentHeader::decode(bytes.first_chunk().unwrap()).unwrap();
        let footer = Footer::decode(bytes.last_chunk().unwrap(), header.salt()).unwrap();
        let more = Footer { last: footer.last.next(), ..footer };
        bytes[end..].copy_from_slice(&more.encode(header.salt()));
    });
    let refused = Outcome::Refused { file: path.clone(), offset: end as u64 };
    assert_eq!(outcome(&disk, Check::Everything).await, refused);
    let told = Outcome::Told { frames: places().len(), file: path, offset: end as u64 };
    assert_eq!(outcome(&disk, Check::Unsealed).await, told);
}

/// A frame whose checksums are all right, but of another history: only the chain tells.
#[tokio::test]
async fn a_frame_of_another_history_of_this_log_is_refused() {
    let write = async |n: u8| {
        let disk = SimulatedStorage::new(0);
        let log = open(&disk).unwrap();
        for n in [n, 7, 7] {
            append(&log, &[frame(1, vec![n; 8])]).await.unwrap();
        }
        disk
    };
    let (disk, other) = (write(1).await, write(2).await);
    let (path, bytes) = segments(&other).into_iter().next().unwrap();
    let second = 64 + 56..64 + 2 * 56;
    disk.tamper(&path, |it| it[second.clone()].copy_from_slice(&bytes[second.clone()]));
    match open(&disk).err().unwrap() {
        OpenError::Rotten { offset: 120, why, .. } => assert!(why.contains("chained"), "{why}"),
        other => panic!("{other}"),
    }
}

/// A client may record what looks like a frame: it must not decide whether a tear is taken for rot.
#[tokio::test]
async fn a_frame_inside_a_payload_is_no_frame() {
    let foreign = SimulatedStorage::new(0);
    let log = open_with(&foreign, EmbeddedOptions { new_log_id: LogId::random(), ..options() }).unwrap();
    append(&log, &[frame(1_000_000, vec![1]), frame(1, vec![2])]).await.unwrap();
    append(&log, &[frame(1, vec![3])]).await.unwrap();
    let image = segments(&foreign).into_values().next().unwrap()[64..].to_vec();

    let disk = SimulatedStorage::new(0);
    let log = open(&disk).unwrap();
    append(&log, &[frame(1, b"good".to_vec())]).await.unwrap();
    append(&log, &[frame(1, image)]).await.unwrap();
    drop(log);
    let path = Path::new(DIR).join(file_name(Position(1)));
    disk.tamper(&path, |bytes| bytes[64 + 56] ^= 1);
    let log = open(&disk).unwrap();
    assert_eq!(log.report().opened.torn.map(|torn| torn.offset), Some(64 + 56));
    assert_eq!(log.tail(), Position(1));
}
