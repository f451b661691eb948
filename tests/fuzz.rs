//! The fuzz targets, over their corpus and some thousands of mutations of it, on any toolchain.
//!
//! The corpus is `fuzz/corpus/`, the stored events of `tests/golden/`, and the commands of the sample. What a fuzzer finds
//! is added to `fuzz/corpus/<target>/` and is replayed here for ever. `MINUTED_MUTATIONS` asks for more of them.
//!
//! A fuzzer begins with some of what is made here, too: with `MINUTED_CORPUS=write` set, it is written to
//! `fuzz/corpus/<target>/`, each input under its checksum, and nothing that is there is changed.

#[path = "../fuzz/fuzz_targets/targets.rs"]
mod targets;

use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use minuted::log::NewFrame;
use minuted::proto::v1;
use minuted::wire::json;
use prost::Message;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The files of a directory, in order, of this extension if it is not empty.
fn files(dir: &str, extension: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let Ok(entries) = std::fs::read_dir(&dir) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_file() && path.to_str().unwrap().ends_with(extension));
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn sample() -> Vec<String> {
    let all = include_str!("data/partnerships.jsonl").lines();
    all.step_by(9).map(str::to_owned).collect()
}

fn stored() -> Vec<Vec<u8>> {
    let golden = files("tests/golden", "bin");
    assert_eq!(golden.len(), 41, "one of each kind");
    golden
}

/// A segment with the golden events in frames of one and of several, and every way to make checksums fit before it.
fn segments() -> Vec<Vec<u8>> {
    let events: Vec<v1::Event> =
        stored().iter().map(|bytes| v1::Event::decode(bytes.as_slice()).unwrap()).collect();
    let mut all = Vec::new();
    for (how, chunk) in events.chunks(5).enumerate() {
        let frames: Vec<NewFrame> = chunk
            .chunks(2)
            .map(|events| {
                let batch =
                    v1::ReadEventsResponse { events: events.to_vec(), ..v1::ReadEventsResponse::default() };
                NewFrame {
                    events: u32::try_from(events.len()).unwrap(),
                    payload: batch.encode_to_vec().into(),
                }
            })
            .collect();
        let mut bytes = vec![u8::try_from(how % 8).unwrap()];
        bytes.extend(targets::written(frames, how % 2 == 0));
        all.push(bytes);
    }
    all
}

/// Some bytes changed, put in, taken out, doubled, or of another input.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut StdRng) {
    for _ in 0..random.random_range(1..5) {
        let len = bytes.len();
        let at = random.random_range(0..=len);
        let some = random.random_range(0..=16.min(len - at));
        match random.random_range(0..7) {
            0 if at < len => bytes[at] ^= 1 << random.random_range(0..8),
            1 if at < len => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.random_range(0..5)],
            2 => drop(bytes.drain(at..at + some)),
            3 => {
                let part = bytes[at..at + some].to_vec();
                bytes.splice(at..at, part);
            }
            4 => bytes.insert(at, random.random()),
            5 => bytes.truncate(at),
            _ => {
                let from = random.random_range(0..=other.len());
                let to = (from + random.random_range(0..40)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
        }
    }
}

fn replay(name: &str, target: fn(&[u8]), corpus: &[Vec<u8>], mutations: u64) {
    let mutations = std::env::var("MINUTED_MUTATIONS").map_or(mutations, |text| text.parse().unwrap());
    let run = |bytes: &[u8]| {
        if catch_unwind(AssertUnwindSafe(|| target(bytes))).is_err() {
            let file = std::env::temp_dir().join(format!("minuted-{name}-{:08x}", crc32c::crc32c(bytes)));
            std::fs::write(&file, bytes).unwrap();
            panic!("{name} panics on {}; mend it, and keep the file in fuzz/corpus/{name}/", file.display());
        }
    };
    for bytes in corpus {
        run(bytes);
    }
    run(&[]);
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..mutations {
        let mut bytes = corpus[random.random_range(0..corpus.len())].clone();
        mutate(&mut bytes, &corpus[random.random_range(0..corpus.len())], &mut random);
        run(&bytes);
    }
    println!("{name}: {} inputs of the corpus, {mutations} mutations, 0 panics", corpus.len());
}

/// Requests: the sample's commands, and one with each stored fact.
fn requests() -> Vec<Vec<u8>> {
    let golden = stored().into_iter().map(|bytes| {
        let v1::Event { name, command_id, valid, source, fact, .. } =
            v1::Event::decode(bytes.as_slice()).unwrap();
        v1::Command { command_id, name, expected_version: Some(1), valid, source, fact }
    });
    let sample = sample().into_iter().map(|line| json::command_from_json(&line).unwrap());
    golden
        .chain(sample)
        .map(|command| v1::RecordRequest { commands: vec![command], validate_only: false }.encode_to_vec())
        .collect()
}

fn lines() -> Vec<Vec<u8>> {
    sample().into_iter().map(String::into_bytes).collect()
}

/// What is kept for the target, and what is made for it here.
fn corpus(name: &str, made: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    if std::env::var("MINUTED_CORPUS").is_ok_and(|what| what == "write") {
        write_seeds(name, &made);
    }
    [files(&format!("fuzz/corpus/{name}"), ""), made].concat()
}

/// Some dozen of these inputs, from all over, as seeds of a fuzzer; those that are there are left as they are.
fn write_seeds(name: &str, made: &[Vec<u8>]) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    std::fs::create_dir_all(&dir).unwrap();
    for bytes in made.iter().step_by(made.len().div_ceil(12)) {
        if let Ok(mut new) = File::create_new(dir.join(format!("{:08x}", crc32c::crc32c(bytes)))) {
            new.write_all(bytes).unwrap();
        }
    }
}

#[test]
fn segments_and_frames() {
    replay("segment", targets::segment, &corpus("segment", segments()), 3_000);
}

#[test]
fn stored_events() {
    replay("event", targets::event, &corpus("event", stored()), 10_000);
}

#[test]
fn commands() {
    replay("commands", targets::commands, &corpus("commands", requests()), 10_000);
}

#[test]
fn json_lines() {
    replay("json", targets::json, &corpus("json", lines()), 3_000);
}
