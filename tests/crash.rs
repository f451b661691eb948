//! The real binary on a real file system: after any crash, damage or failing system call, is every acknowledged event
//! there, and is damage named?
//!
//! What needs privileges or a tool that is not there says `SKIPPED` on standard error, and into the file that
//! `MINUTED_SKIPS` names.

#[path = "crash/process.rs"]
mod process;
mod support;

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use minuted::log::storage::DiskStorage;
use minuted::log::{Finding, Inspection};
use minuted::position::Position;
use parking_lot::Mutex;
use process::{Mount, Process, area, record, skip, start, started, status, tool, verify};
use support::events;
use tonic::Code;
use tonic::transport::Channel;

/// Every acknowledged position holds its command, and there is no gap.
async fn check(channel: &Channel, acknowledged: &BTreeMap<u64, String>) -> u64 {
    let events = events(channel).await;
    assert!(events.iter().map(|event| event.position).eq(1..=events.len() as u64), "a gap");
    for (position, id) in acknowledged {
        let index = usize::try_from(*position - 1).unwrap();
        let event =
            events.get(index).unwrap_or_else(|| panic!("{position} was acknowledged and is not there"));
        assert_eq!(&event.command_id, id, "another event than was acknowledged at {position}");
    }
    events.len() as u64
}

#[tokio::test]
async fn kill_9_under_load_loses_nothing_acknowledged() {
    const CLIENTS: u64 = 8;
    let dir = tempfile::tempdir().unwrap();
    let acknowledged = Arc::new(Mutex::new(BTreeMap::new()));
    let next = Arc::new(AtomicU64::new(1));
    for answers in [3, 40, 150, 1, 80] {
        let daemon = started(dir.path());
        let channel = daemon.channel().await;
        let known = acknowledged.lock().clone();
        check(&channel, &known).await;
        let enough = acknowledged.lock().len() + answers;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (channel, next, acknowledged) = (channel.clone(), next.clone(), acknowledged.clone());
                tokio::spawn(async move {
                    loop {
                        let command = area(next.fetch_add(1, Ordering::Relaxed), 200);
                        let id = command.command_id.clone();
                        let Ok((position, _)) = record(&channel, command).await else { return };
                        acknowledged.lock().insert(position, id);
                    }
                })
            })
            .collect();
        while acknowledged.lock().len() < enough {
            tokio::task::yield_now().await;
        }
        daemon.kill();
        for client in clients {
            client.await.unwrap();
        }
    }
    let daemon = started(dir.path());
    let known = acknowledged.lock().clone();
    let found = check(&daemon.channel().await, &known).await;
    assert!(known.len() >= 274 && found >= known.len() as u64);
    println!("kill -9: 5 rounds, {} acknowledged, {found} found, 0 lost", known.len());
    assert!(daemon.stop().await);
    assert_eq!(verify(dir.path()).0, 0);
}

/// A data directory with a log of some events that was never closed, and where its frames are.
struct Written {
    _dir: tempfile::TempDir,
    segment: PathBuf,
    frames: Vec<Range<usize>>,
}

async fn written() -> Written {
    let dir = tempfile::tempdir().unwrap();
    let daemon = started(dir.path());
    let channel = daemon.channel().await;
    for n in 1..=12 {
        record(&channel, area(n, 50)).await.unwrap();
    }
    daemon.kill();
    let mut frames = Vec::new();
    let mut segment = PathBuf::new();
    let log = Inspection::new(dir.path().join("log"), Arc::new(DiskStorage)).unwrap();
    log.run(Position::ZERO, |finding| {
        match finding {
            Finding::Segment { file, .. } => segment = file,
            Finding::Frame { offset, bytes, .. } => {
                frames.push(usize::try_from(offset).unwrap()..usize::try_from(offset + bytes).unwrap());
            }
            Finding::Sealed { .. } | Finding::Open { .. } => {}
            Finding::Damage(damage) => panic!("{damage:?}"),
        }
        ControlFlow::Continue(())
    });
    assert_eq!(frames.len(), 12);
    Written { _dir: dir, segment, frames }
}

impl Written {
    /// A copy with this done to the segment.
    fn damaged(&self, damage: impl FnOnce(&mut Vec<u8>)) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        std::fs::create_dir(copy.path().join("log")).unwrap();
        let mut bytes = std::fs::read(&self.segment).unwrap();
        damage(&mut bytes);
        std::fs::write(self.in_copy(copy.path()), bytes).unwrap();
        copy
    }

    fn in_copy(&self, copy: &Path) -> PathBuf {
        copy.join("log").join(self.segment.file_name().unwrap())
    }

    fn frame_at(&self, byte: usize) -> usize {
        self.frames.iter().position(|frame| frame.contains(&byte)).expect("in a frame")
    }
}

/// The start names file and offset, changes nothing, and `verify` says the same.
fn is_refused(copy: &Path, file: &Path, offset: usize) {
    let before = std::fs::read(file).unwrap();
    let Err(said) = start(copy, &[]) else { panic!("damage at {offset} is served") };
    let place = format!("{} is damaged at byte {offset}", file.display());
    assert!(said.contains(&place), "{said:?} does not say {place:?}");
    assert!(std::fs::read(file).unwrap() == before, "a log that is refused is not changed");
    let (code, said) = verify(copy);
    let place = format!("DAMAGED {} at byte {offset}", file.display());
    assert!(code == 1 && said.contains(&place), "{code}: {said}");
}

/// The daemon serves so many events, says what it set aside, and goes on.
async fn is_set_aside(copy: &Path, events_left: usize, offset: usize) {
    let (code, said) = verify(copy);
    assert!(code == 0 && said.contains("TORN"), "{code}: {said}");
    let daemon = started(copy);
    let channel = daemon.channel().await;
    let aside = status(&channel).await.log.unwrap().set_aside;
    assert_eq!(aside.iter().map(|it| it.offset).collect::<Vec<_>>(), [offset as u64]);
    let kept = std::fs::metadata(&aside[0].file).unwrap().len();
    assert!(kept == aside[0].bytes && kept > 0);
    assert_eq!(events(&channel).await.len(), events_left);
    assert_eq!(record(&channel, area(99, 9)).await.unwrap(), (events_left as u64 + 1, false));
    daemon.kill();
    assert_eq!(verify(copy).0, 0);
}

#[tokio::test]
async fn a_log_cut_off_in_its_last_frame_is_torn_and_goes_on() {
    let it = written().await;
    let last = it.frames.last().unwrap().clone();
    for byte in [last.start + 5, last.start + 47, last.start + 60, last.end - 9] {
        let copy = it.damaged(|bytes| bytes.truncate(byte));
        is_set_aside(copy.path(), 11, last.start).await;
    }
    // Exactly between two frames, and in the middle of the zeros behind the last, there is nothing to set aside.
    for (byte, left) in [(last.start, 11), (last.end, 12), (last.end + 100, 12)] {
        let copy = it.damaged(|bytes| bytes.truncate(byte));
        let daemon = started(copy.path());
        let channel = daemon.channel().await;
        assert_eq!(events(&channel).await.len(), left);
        assert!(status(&channel).await.log.unwrap().set_aside.is_empty());
    }
}

#[tokio::test]
async fn a_log_without_its_header_is_refused() {
    let it = written().await;
    for byte in [0, 1, 63] {
        let copy = it.damaged(|bytes| bytes.truncate(byte));
        is_refused(copy.path(), &it.in_copy(copy.path()), 0);
    }
}

#[tokio::test]
async fn flipped_bits_are_named_or_set_aside() {
    let it = written().await;
    let last = it.frames.len() - 1;
    let end = it.frames[last].end;
    // Spread over the whole log: a step that is no multiple of anything in it.
    let mut flips = 0;
    for byte in (64..end).step_by((end / 14) | 1).chain([it.frames[last].start + 20, end - 12]) {
        let copy = it.damaged(|bytes| bytes[byte] ^= 1 << (byte % 8));
        let frame = it.frame_at(byte);
        if frame == last {
            is_set_aside(copy.path(), last, it.frames[last].start).await;
        } else {
            is_refused(copy.path(), &it.in_copy(copy.path()), it.frames[frame].start);
        }
        flips += 1;
    }
    println!("bit flips: {flips}, none silent");
}

#[tokio::test]
async fn a_hole_before_the_durable_mark_is_refused() {
    let it = written().await;
    for frame in [0, 4, it.frames.len() - 2] {
        let hole = it.frames[frame].clone();
        let copy = it.damaged(|bytes| bytes[hole.clone()].fill(0));
        is_refused(copy.path(), &it.in_copy(copy.path()), hole.start);
    }
}

#[tokio::test]
async fn a_newer_format_is_refused_by_its_number() {
    let it = written().await;
    let copy = it.damaged(|bytes| {
        bytes[8..12].copy_from_slice(&7_u32.to_le_bytes());
        let checksum = crc32c::crc32c_append(crc32c::crc32c(&bytes[..12]), &bytes[16..64]);
        bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    });
    let Err(said) = start(copy.path(), &[]) else { panic!("a newer format is served") };
    assert!(said.contains("log format 7") && said.contains("up to 1"), "{said}");
    let (code, said) = verify(copy.path());
    assert!(code == 1 && said.contains("format 7"), "{said}");
}

/// A log of which two frames are damaged is dumped but for those.
#[tokio::test]
async fn a_damaged_log_is_dumped_as_far_as_it_is_whole() {
    let it = written().await;
    let copy = it.damaged(|bytes| {
        bytes[it.frames[2].start + 50] ^= 1;
        bytes[it.frames[7].start + 5] ^= 1;
    });
    let dump = |args: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_minuted"))
            .args(["log", "dump"])
            .arg(copy.path())
            .args(args)
            .env_clear()
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let positions: Vec<u64> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["position"]
                    .as_str()
                    .unwrap()
                    .parse()
                    .unwrap()
            })
            .collect();
        (output.status.code().unwrap(), positions, text)
    };
    let (code, positions, text) = dump(&[]);
    assert_eq!((code, positions), (1, vec![1, 2, 4, 5, 6, 7, 9, 10, 11, 12]));
    assert_eq!(text.lines().filter(|line| line.starts_with("# DAMAGED")).count(), 2, "{text}");
    let (code, positions, _) = dump(&["--from", "4", "--limit", "3"]);
    assert_eq!((code, positions), (1, vec![4, 5, 6]));
    let (code, said) = verify(copy.path());
    assert!(code == 1 && said.contains("in 2 places"), "{said}");
}

/// Fills a file system with requests until one is refused; what was acknowledged.
async fn fill(
    channel: &Channel,
    first: u64,
    acknowledged: &mut BTreeMap<u64, String>,
) -> (u64, tonic::Status) {
    for n in first..first + 2_000 {
        let command = area(n, 60_000);
        let id = command.command_id.clone();
        match record(channel, command).await {
            Ok((position, _)) => drop(acknowledged.insert(position, id)),
            Err(status) => return (n, status),
        }
    }
    panic!("the disk was never full");
}

#[tokio::test]
async fn a_full_disk_refuses_serves_and_recovers() {
    let mount = match Mount::new(&["-t", "tmpfs", "-o", "size=16m"], "none") {
        Ok(mount) => mount,
        Err(why) => return skip("a_full_disk_refuses_serves_and_recovers", &why),
    };
    let dir = mount.dir.path();
    let ballast = dir.join("ballast");
    std::fs::write(&ballast, vec![1; 6 << 20]).unwrap();
    let daemon = started(&dir.join("data"));
    let channel = daemon.channel().await;
    let mut acknowledged = BTreeMap::new();
    let (refused, said) = fill(&channel, 1, &mut acknowledged).await;
    assert_eq!(said.code(), Code::ResourceExhausted, "{said}");
    assert!(acknowledged.len() > 50);
    assert_eq!(check(&channel, &acknowledged).await, acknowledged.len() as u64);
    // Room again: it goes on, and what was refused is not there.
    std::fs::remove_file(&ballast).unwrap();
    let (_, again) = record(&channel, area(refused, 60_000)).await.unwrap();
    assert!(!again);
    acknowledged.insert(acknowledged.len() as u64 + 1, area(refused, 0).command_id);
    let (_, said) = fill(&channel, refused + 1, &mut acknowledged).await;
    assert_eq!(said.code(), Code::ResourceExhausted, "{said}");
    // A start on the full disk serves reads, whatever it has no room for.
    daemon.kill();
    let daemon = started(&dir.join("data"));
    assert_eq!(check(&daemon.channel().await, &acknowledged).await, acknowledged.len() as u64);
    daemon.kill();
    assert_eq!(verify(&dir.join("data")).0, 0);
    println!("full disk: {} acknowledged, 0 lost", acknowledged.len());
}

/// A file system in a file, which turns read-only when it meets an error.
struct Ext4 {
    mount: Mount,
    _image: tempfile::NamedTempFile,
    device: String,
}

fn ext4() -> Result<Ext4, String> {
    let image = tempfile::NamedTempFile::new().unwrap();
    image.as_file().set_len(64 << 20).unwrap();
    let path = image.path().to_str().unwrap();
    tool(&["mkfs.ext4", "-q", "-F", path])?;
    let device = tool(&["losetup", "--find", "--show", path])?.trim().to_owned();
    match Mount::new(&["-t", "ext4", "-o", "errors=remount-ro"], &device) {
        Ok(mount) => Ok(Ext4 { mount, _image: image, device }),
        Err(why) => {
            let _ = tool(&["losetup", "--detach", &device]);
            Err(why)
        }
    }
}

impl Drop for Ext4 {
    fn drop(&mut self) {
        let _ = tool(&["umount", "-l", self.mount.dir.path().to_str().unwrap()]);
        let _ = tool(&["losetup", "--detach", &self.device]);
    }
}

#[tokio::test]
async fn a_disk_that_turns_read_only_in_mid_write_loses_nothing_acknowledged() {
    const NAME: &str = "a_disk_that_turns_read_only_in_mid_write_loses_nothing_acknowledged";
    let disk = match ext4() {
        Ok(disk) => disk,
        Err(why) => return skip(NAME, &why),
    };
    let trigger = format!("/sys/fs/ext4/{}/trigger_fs_error", disk.device.trim_start_matches("/dev/"));
    let data = disk.mount.dir.path().join("data");
    let daemon = started(&data);
    let channel = daemon.channel().await;
    let mut acknowledged = BTreeMap::new();
    let mut failed = None;
    for n in 1..=500 {
        if n == 60
            && let Err(error) = std::fs::write(&trigger, "a test")
        {
            return skip(NAME, &format!("{trigger}: {error}"));
        }
        let command = area(n, 2_000);
        let id = command.command_id.clone();
        match record(&channel, command).await {
            Ok((position, _)) => drop(acknowledged.insert(position, id)),
            Err(status) => {
                failed = Some(status);
                break;
            }
        }
    }
    let failed = failed.expect("a read-only disk takes no more events");
    assert_eq!(failed.code(), Code::Unavailable, "{failed}");
    assert!(acknowledged.len() >= 59);
    assert!(!daemon.ended().await, "a daemon whose log failed ends with an error");
    // What is there is served, read-only: what was acknowledged, and nothing after it but the write under way.
    let daemon = started(&data);
    let channel = daemon.channel().await;
    let found = check(&channel, &acknowledged).await;
    assert!(found <= acknowledged.len() as u64 + 1);
    assert!(status(&channel).await.read_only);
    let refused = record(&channel, area(900, 9)).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    println!("read-only in mid-write: {} acknowledged, 0 lost", acknowledged.len());
}

/// A daemon of which one system call on the log's file fails, the `nth` of a thread.
struct Injected {
    dir: tempfile::TempDir,
    started: Result<Process, String>,
}

async fn inject(call: &str, fault: &str, nth: u32) -> Injected {
    let dir = tempfile::tempdir().unwrap();
    // Made before, so that the file has its name when the calls are counted.
    let daemon = started(dir.path());
    record(&daemon.channel().await, area(1, 100)).await.unwrap();
    daemon.kill();
    let file = dir.path().join("log/00000000000000000001.seg");
    let words = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-P", file.to_str().unwrap(), "-e"];
    let mut words: Vec<_> = words.map(str::to_owned).to_vec();
    words.extend([format!("trace={call}"), "-e".into(), format!("inject={call}:{fault}:when={nth}")]);
    Injected { started: start(dir.path(), &words), dir }
}

/// Records one after the other until one is not taken: so many that one of the threads that may record comes to its `nth` call.
async fn until_refused(channel: &Channel) -> (BTreeMap<u64, String>, tonic::Status) {
    let mut acknowledged = BTreeMap::from([(1, area(1, 0).command_id)]);
    for n in 2..=200 {
        let command = area(n, 100);
        let id = command.command_id.clone();
        match record(channel, command).await {
            Ok((position, _)) => drop(acknowledged.insert(position, id)),
            Err(status) => return (acknowledged, status),
        }
    }
    panic!("nothing ever failed")
}

fn strace_works(test: &str) -> bool {
    match tool(&["strace", "-f", "-o", "/dev/null", "true"]) {
        Ok(_) => true,
        Err(why) => {
            skip(test, &why);
            false
        }
    }
}

#[tokio::test]
async fn a_system_call_that_fails_ends_the_daemon_and_loses_nothing() {
    if !strace_works("a_system_call_that_fails_ends_the_daemon_and_loses_nothing") {
        return;
    }
    let mut lost_none = 0;
    // A start writes once, on a thread of its own, so a writer's calls are told from its.
    for (call, nth) in
        [("fdatasync", 1), ("fdatasync", 4), ("fdatasync", 17), ("pwrite64", 2), ("pwrite64", 9)]
    {
        let Injected { dir, started: daemon } = inject(call, "error=EIO", nth).await;
        let daemon = daemon.unwrap_or_else(|said| panic!("{call} {nth}: {said}"));
        let (acknowledged, failed) = until_refused(&daemon.channel().await).await;
        assert_eq!(failed.code(), Code::Unavailable, "{call} {nth}: {failed}");
        assert!(!daemon.ended().await, "{call} {nth}: it called that a success");
        let daemon = started(dir.path());
        let found = check(&daemon.channel().await, &acknowledged).await;
        assert!(found <= acknowledged.len() as u64 + 1, "{call} {nth}");
        lost_none += acknowledged.len();
    }
    println!("EIO: 5 calls, {lost_none} acknowledged, 0 lost");
}

#[tokio::test]
async fn a_write_without_room_is_refused_and_the_next_one_goes_on() {
    if !strace_works("a_write_without_room_is_refused_and_the_next_one_goes_on") {
        return;
    }
    for nth in [2, 6, 20] {
        let Injected { dir, started: daemon } = inject("pwrite64", "error=ENOSPC", nth).await;
        let daemon = daemon.unwrap_or_else(|said| panic!("{nth}: {said}"));
        let channel = daemon.channel().await;
        let (mut acknowledged, failed) = until_refused(&channel).await;
        assert_eq!(failed.code(), Code::ResourceExhausted, "{nth}: {failed}");
        let (position, again) = record(&channel, area(500, 100)).await.unwrap();
        assert!(!again && position == acknowledged.len() as u64 + 1);
        acknowledged.insert(position, area(500, 0).command_id);
        daemon.kill();
        let daemon = started(dir.path());
        assert_eq!(check(&daemon.channel().await, &acknowledged).await, acknowledged.len() as u64);
    }
}

#[tokio::test]
async fn a_start_whose_write_fails_says_so_or_serves_reads() {
    if !strace_works("a_start_whose_write_fails_says_so_or_serves_reads") {
        return;
    }
    let Injected { dir, started: daemon } = inject("pwrite64", "error=EIO", 1).await;
    let said = daemon.err().expect("what was found could not be made durable");
    assert!(said.contains("00000000000000000001.seg") && said.contains("os error 5"), "{said}");
    let acknowledged = BTreeMap::from([(1, area(1, 0).command_id)]);
    assert_eq!(check(&started(dir.path()).channel().await, &acknowledged).await, 1);
    let Injected { dir: _dir, started: daemon } = inject("pwrite64", "error=ENOSPC", 1).await;
    let daemon = daemon.unwrap_or_else(|said| panic!("{said}"));
    let channel = daemon.channel().await;
    assert!(status(&channel).await.read_only);
    assert_eq!(check(&channel, &acknowledged).await, 1);
}

/// A limit on the length of files makes the write that crosses it a short one, and the rest of it fail.
#[tokio::test]
async fn a_write_that_is_cut_short_loses_nothing_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let words = ["sh", "-c", "trap '' XFSZ; ulimit -f 6000; exec \"$@\"", "sh"].map(str::to_owned);
    let daemon = match start(dir.path(), &words) {
        Ok(daemon) => daemon,
        Err(why) => return skip("a_write_that_is_cut_short_loses_nothing_acknowledged", &why),
    };
    let channel = daemon.channel().await;
    let mut acknowledged = BTreeMap::new();
    let (_, said) = fill(&channel, 1, &mut acknowledged).await;
    assert_eq!(said.code(), Code::Unavailable, "{said}");
    assert!(!daemon.ended().await);
    let daemon = started(dir.path());
    let found = check(&daemon.channel().await, &acknowledged).await;
    assert!(found <= acknowledged.len() as u64 + 1 && acknowledged.len() > 20);
    println!("short write: {} acknowledged, 0 lost", acknowledged.len());
}
