//! Who may open a directory, and what is said to those who may not.

use super::super::super::segment::FORMAT;
use super::super::super::storage::{DiskStorage, simulated};
use super::super::super::{FrameHash, ReadOnlyBecause};
use super::*;

fn on_disk(dir: &Path, access: Access) -> Result<EmbeddedLog, OpenError> {
    EmbeddedLog::open(dir, Arc::new(DiskStorage), EmbeddedOptions { access, ..options() })
}

#[tokio::test]
async fn a_directory_has_one_daemon_at_a_time() {
    let tmp = tempfile::tempdir().unwrap();
    let log = on_disk(tmp.path(), Access::ReadWrite).unwrap();
    append(&log, &groups()[0]).await.unwrap();
    for access in [Access::ReadWrite, Access::ReadOnly] {
        let error = on_disk(tmp.path(), access).err().unwrap();
        assert!(matches!(error, OpenError::Locked { holder: Some(pid), .. } if pid == std::process::id()));
        assert!(error.to_string().contains(&format!("in use by process {}", std::process::id())), "{error}");
    }
    log.close().await.unwrap();
    let next = on_disk(tmp.path(), Access::ReadWrite).unwrap();
    assert_eq!(read_good(&next), groups()[0]);
    assert_eq!(read_good(&log), groups()[0], "a closed log still reads");
}

#[tokio::test]
async fn readers_share_a_directory_and_keep_the_daemon_out() {
    let tmp = tempfile::tempdir().unwrap();
    append(&on_disk(tmp.path(), Access::ReadWrite).unwrap(), &groups()[0]).await.unwrap();
    let readers = [(); 2].map(|()| on_disk(tmp.path(), Access::ReadOnly).unwrap());
    for reader in &readers {
        assert_eq!(read_good(reader), groups()[0]);
        assert_eq!(reader.report().read_only, Some(ReadOnlyBecause::Asked));
        assert!(matches!(append(reader, &groups()[1]).await, Err(AppendError::ReadOnly)));
        reader.close().await.unwrap();
    }
    assert!(matches!(on_disk(tmp.path(), Access::ReadWrite), Err(OpenError::Locked { .. })));
    drop(readers);
    on_disk(tmp.path(), Access::ReadWrite).unwrap();
}

#[tokio::test]
async fn the_simulated_lock_names_its_holder_too() {
    let disk = SimulatedStorage::new(0);
    let _log = open(&disk).unwrap();
    let error = open(&disk).err().unwrap();
    assert!(matches!(error, OpenError::Locked { holder: Some(simulated::HOLDER), .. }));
}

#[tokio::test]
async fn a_newer_format_is_refused_by_name_and_left_alone() {
    let disk = written(false).await;
    for (path, _) in segments(&disk) {
        let copy = disk.copy();
        copy.tamper(&path, |bytes| {
            bytes[8..12].copy_from_slice(&(FORMAT + 1).to_le_bytes());
            let checksum = crc32c::crc32c_append(crc32c::crc32c(&bytes[..12]), &bytes[16..64]);
            bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
        });
        let before = copy.files();
        let error = open(&copy).err().unwrap();
        assert!(
            matches!(&error, OpenError::NewerFormat { file, found, known: FORMAT }
                if *file == path && *found == FORMAT + 1),
            "{error}"
        );
        assert_eq!(copy.files(), before);
    }
}

#[tokio::test]
async fn a_read_only_disk_serves_reads() {
    for torn in [false, true] {
        let disk = written(false).await;
        let last = segments(&disk).into_keys().last().unwrap();
        if torn {
            let end = places().last().unwrap().end;
            disk.tamper(&last, |bytes| bytes[end + 9] = 1);
        }
        let before = disk.files();
        disk.set_read_only(true);
        let log = open(&disk).unwrap();
        assert_eq!(log.report().read_only, Some(ReadOnlyBecause::Storage));
        assert_eq!(read_good(&log), groups().concat());
        assert!(matches!(append(&log, &groups()[0]).await, Err(AppendError::ReadOnly)));
        assert_eq!(log.report().opened.torn.is_some(), torn);
        assert_eq!(log.report().opened.torn.and_then(|torn| torn.kept_in), None);
        assert_eq!(disk.files(), before);
    }
}

#[test]
fn what_is_no_log_is_not_made_one() {
    let tmp = tempfile::tempdir().unwrap();
    let refused = |dir: &Path, access| match on_disk(dir, access).err().unwrap() {
        OpenError::NotALog { why, .. } => why,
        other => panic!("{other}"),
    };
    let missing = tmp.path().join("missing");
    assert_eq!(refused(&missing, Access::ReadOnly), "it is not there");
    assert!(!missing.exists());
    std::fs::write(tmp.path().join("letter.txt"), "dear").unwrap();
    assert!(refused(tmp.path(), Access::ReadWrite).contains("letter.txt"));
    assert_eq!(refused(&tmp.path().join("letter.txt"), Access::ReadWrite), "it is not a directory");
}

#[test]
fn a_new_log_is_small_and_keeps_its_id() {
    let tmp = tempfile::tempdir().unwrap();
    let dir = tmp.path().join("a/b/c");
    let log = on_disk(&dir, Access::ReadWrite).unwrap();
    let id = log.id();
    assert_eq!(id, options().new_log_id);
    assert_eq!((log.report().segments, log.report().bytes, log.report().opened.clean), (1, 64, true));
    drop(log);
    let other = EmbeddedOptions { new_log_id: LogId::random(), ..options() };
    let log = EmbeddedLog::open(&dir, Arc::new(DiskStorage), other).unwrap();
    assert_eq!(log.id(), id);
    assert_eq!(log.hash_at(Position::ZERO).unwrap(), Some(FrameHash::of_nothing(id)));
}
