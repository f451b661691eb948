//! The yardstick of durable recording: how long the disk takes to make 4 KiB durable that overwrite what was there.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use super::load::{Measured, now};

/// What is measured.
pub(super) const WHAT: &str = "4 KiB overwritten, fdatasync";
const BLOCK: usize = 4096;
/// The file that is overwritten, block by block.
const BLOCKS: u64 = 256;

/// Overwrites blocks of a file in `dir` for so long, each made durable before the next; the file is removed again.
pub(super) fn measure(dir: &Path, seconds: f64) -> std::io::Result<Measured> {
    let path = dir.join("bench.tmp");
    let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&path)?;
    let block = [0xa5; BLOCK];
    for n in 0..BLOCKS {
        file.write_all_at(&block, n * BLOCK as u64)?;
    }
    file.sync_all()?;
    let (begun, mut times) = (now(), Vec::new());
    while begun.elapsed() < Duration::from_secs_f64(seconds) {
        let at = times.len() as u64 % BLOCKS * BLOCK as u64;
        let one = now();
        file.write_all_at(&block, at)?;
        file.sync_data()?;
        times.push(one.elapsed());
    }
    let took = begun.elapsed();
    std::fs::remove_file(path)?;
    Ok(Measured::of(WHAT, 1, 1, took, &times))
}
