//! When the disk fails or is full, is the caller told the truth, and does the log go on from there?

use super::super::super::ReadOnlyBecause;
use super::*;

/// Appends the groups until one fails; how many frames were acknowledged, and the answer to the next.
async fn append_until_refused(log: &EmbeddedLog) -> (Vec<NewFrame>, Option<AppendError>) {
    let mut acknowledged = vec![];
    for group in groups() {
        match append(log, &group).await {
            Ok(_) => acknowledged.extend(group),
            Err(error) => return (acknowledged, Some(error)),
        }
    }
    (acknowledged, None)
}

#[tokio::test]
async fn any_sync_that_fails_is_the_last() {
    for nth in 1..14 {
        let disk = SimulatedStorage::new(nth);
        let log = open(&disk).unwrap();
        disk.fail_sync(nth);
        let (acknowledged, error) = append_until_refused(&log).await;
        assert!(matches!(error, Some(AppendError::Failed { .. })), "sync {nth}: {error:?}");
        let again = append(&log, &[frame(1, vec![1])]).await;
        assert!(matches!(again, Err(AppendError::Failed { .. })));
        assert_eq!(read_good(&log), acknowledged);
        drop(log);
        disk.restart();
        let found = read_good(&open(&disk).unwrap());
        assert!(found.starts_with(&acknowledged) && groups().concat().starts_with(&found), "sync {nth}");
    }
}

/// After a failed sync the operating system shows bytes that it will never write. A start that believed them, or only
/// synced them again, would serve frames that the next power cut takes away.
#[tokio::test]
async fn what_a_start_finds_after_a_failed_sync_is_made_durable() {
    let mut found_more = 0;
    for seed in 0..50 {
        let disk = SimulatedStorage::new(seed);
        let log = open(&disk).unwrap();
        disk.fail_sync(seed % 12 + 1);
        let (acknowledged, _) = append_until_refused(&log).await;
        drop(log);
        disk.kill();
        let log = open(&disk).unwrap();
        let served = read_good(&log);
        found_more += usize::from(served.len() > acknowledged.len());
        drop(log);
        disk.restart();
        assert_eq!(read_good(&open(&disk).unwrap()), served, "seed {seed}");
    }
    assert!(found_more > 0);
}

#[tokio::test]
async fn a_disk_full_at_any_byte_refuses_and_recovers() {
    let mut refusals = 0;
    for overwriting_needs_room in [false, true] {
        for room in (0..3000).step_by(7) {
            let disk = SimulatedStorage::new(room);
            let log = open(&disk).unwrap();
            disk.overwriting_needs_room(overwriting_needs_room);
            disk.set_room(Some(room));
            let (mut acknowledged, error) = append_until_refused(&log).await;
            if let Some(error) = &error {
                assert!(matches!(error, AppendError::DiskFull { .. }), "room {room}: {error:?}");
                refusals += 1;
            }
            assert_eq!(read_good(&log), acknowledged);
            if room % 2 == 0 {
                disk.set_room(None);
                let more = frame(3, vec![3; 300]);
                append(&log, std::slice::from_ref(&more)).await.unwrap();
                acknowledged.push(more);
            }
            drop(log);
            disk.restart();
            let log = open(&disk).unwrap();
            assert_eq!(read_good(&log), acknowledged, "room {room}");
            assert_eq!(log.report().opened.torn, None, "room {room}");
        }
    }
    assert!(refusals > 100);
}

#[tokio::test]
async fn the_last_bytes_of_room_are_used() {
    let disk = SimulatedStorage::new(0);
    let log = open(&disk).unwrap();
    let group = [frame(1, vec![1; 80])];
    // One frame and the footer that may follow it: far less than is zeroed ahead where there is room.
    disk.set_room(Some(stride(80) + FOOTER_BYTES));
    append(&log, &group).await.unwrap();
    assert!(
        matches!(append(&log, &group).await, Err(AppendError::DiskFull { bytes, .. }) if bytes == stride(80))
    );
    log.close().await.unwrap();
    assert_eq!(read_good(&open(&disk).unwrap()), group);
}

#[tokio::test]
async fn a_close_without_room_loses_nothing() {
    let disk = SimulatedStorage::new(0);
    let log = open(&disk).unwrap();
    let group = [frame(1, vec![1; 80])];
    append(&log, &group).await.unwrap();
    disk.overwriting_needs_room(true);
    disk.set_room(Some(10));
    assert!(matches!(log.close().await, Err(AppendError::DiskFull { .. })));
    assert!(matches!(append(&log, &group).await, Err(AppendError::Closed)));
    disk.restart();
    let log = open(&disk).unwrap();
    assert_eq!(read_good(&log), group);
    assert!(!log.report().opened.clean);
}

#[tokio::test]
async fn a_start_on_a_full_disk_serves_reads() {
    for (torn, overwriting_needs_room) in [(true, false), (false, true)] {
        let disk = written(false).await;
        let (last, end) = (segments(&disk).into_keys().last().unwrap(), places().last().unwrap().end);
        if torn {
            disk.tamper(&last, |bytes| bytes[end + 9] = 1);
        }
        disk.overwriting_needs_room(overwriting_needs_room);
        disk.set_room(Some(5));
        let log = open(&disk).unwrap();
        assert_eq!(log.report().read_only, Some(ReadOnlyBecause::NoRoom));
        assert_eq!(read_good(&log), groups().concat());
        assert!(matches!(append(&log, &groups()[0]).await, Err(AppendError::ReadOnly)));
        assert!(matches!(open(&disk), Err(OpenError::Locked { .. })));
        drop(log);
        disk.set_room(None);
        let log = open(&disk).unwrap();
        assert_eq!(log.report().opened.torn.is_some(), torn);
        assert_eq!(
            disk.files().iter().filter(|(path, _)| path.extension() == Some("torn".as_ref())).count(),
            usize::from(torn)
        );
        append(&log, &groups()[0]).await.unwrap();
    }
}

#[test]
fn a_log_that_there_is_no_room_to_make_is_made_later() {
    let disk = SimulatedStorage::new(0);
    disk.set_room(Some(5));
    match open(&disk).err().unwrap() {
        OpenError::Io { source, .. } => assert_eq!(source.kind(), std::io::ErrorKind::StorageFull),
        other => panic!("{other}"),
    }
    disk.set_room(None);
    assert_eq!(open(&disk).unwrap().tail(), Position::ZERO);
}

#[tokio::test]
async fn short_writes_are_finished() {
    let disk = SimulatedStorage::new(3);
    let log = open(&disk).unwrap();
    disk.write_short(true);
    assert!(append_until_refused(&log).await.1.is_none());
    log.close().await.unwrap();
    disk.restart();
    assert_eq!(read_good(&open(&disk).unwrap()), groups().concat());
}

#[tokio::test]
async fn a_group_larger_than_a_segment_gets_its_own() {
    let disk = SimulatedStorage::new(0);
    let log = open(&disk).unwrap();
    let group: Vec<_> = (0..20).map(|n| frame(1, vec![n; 100])).collect();
    for _ in 0..3 {
        append(&log, &group).await.unwrap();
    }
    assert_eq!(log.report().segments, 3);
    drop(log);
    disk.restart();
    assert_eq!(read_good(&open(&disk).unwrap()), [group.clone(), group.clone(), group].concat());
}

#[tokio::test]
async fn an_empty_log_is_closed_and_goes_on() {
    let disk = SimulatedStorage::new(0);
    for _ in 0..2 {
        let log = open(&disk).unwrap();
        assert!(log.report().opened.clean);
        log.close().await.unwrap();
    }
    let log = open(&disk).unwrap();
    append(&log, &groups()[0]).await.unwrap();
    assert_eq!(log.report().segments, 1, "a segment is not made twice");
    drop(log);
    assert_eq!(read_good(&open(&disk).unwrap()), groups()[0]);
}

#[tokio::test]
async fn a_sealed_segment_is_final() {
    let disk = written(true).await;
    for _ in 0..3 {
        let log = open(&disk).unwrap();
        assert!(log.report().opened.clean);
        log.close().await.unwrap();
    }
    assert_eq!(segments(&disk).len(), 3, "a start without appends makes no segment");
    let log = open(&disk).unwrap();
    append(&log, &groups()[0]).await.unwrap();
    assert_eq!(log.report().segments, 4, "a sealed segment is never written to again");
    assert_eq!(read_good(&log).len(), groups().concat().len() + 1);
}
