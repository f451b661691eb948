//! What is generated is what the schema says.
//!
//! With `MINUTED_SCHEMA=write` set, it is generated anew instead: do that when you have changed a `.proto` file, before
//! you change what uses it. No protoc is needed: protox parses the schema.

use std::fs;
use std::path::{Path, PathBuf};

use tonic_prost_build::FileDescriptorSet;

/// Generated once more for its server, which answers `ReadEvents` with what is stored.
const EVENTS: &str = "minuted/v1/event.proto";

const CODEC: &str = "crate::codec::Codec";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn schema() -> Vec<PathBuf> {
    let ours = fs::read_dir(root().join("minuted/v1")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        ours.filter(|path| path.extension().is_some_and(|e| e == "proto")).collect();
    files.sort();
    // What refusals carry as `Any`: without it neither reflection nor the JSON mapping could say what is in them.
    files.push(root().join("google/rpc/error_details.proto"));
    files
}

fn generate(into: &Path) {
    let mut compiler = protox::Compiler::new([root()]).unwrap();
    compiler.include_imports(true).include_source_info(true).open_files(schema()).unwrap();
    let set: FileDescriptorSet = compiler.file_descriptor_set();
    fs::write(into.join("minuted.bin"), compiler.encode_file_descriptor_set()).unwrap();
    tonic_prost_build::configure()
        .codec_path(CODEC)
        .btree_map(".")
        .out_dir(into)
        .compile_fds(set.clone())
        .unwrap();

    let events =
        FileDescriptorSet { file: set.file.into_iter().filter(|file| file.name() == EVENTS).collect() };
    let stored = tempfile::tempdir().unwrap();
    tonic_prost_build::configure()
        .codec_path(CODEC)
        .out_dir(stored.path())
        .build_client(false)
        .extern_path(".minuted.v1", "crate::v1")
        .extern_path(".minuted.v1.ReadEventsResponse", "crate::stored::StoredBatch")
        .compile_fds(events)
        .unwrap();
    fs::rename(stored.path().join("minuted.v1.rs"), into.join("minuted.v1.stored.rs")).unwrap();
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_is_kept_is_what_the_schema_generates() {
    let kept = root().join("src/generated");
    if std::env::var("MINUTED_SCHEMA").is_ok_and(|what| what == "write") {
        return generate(&kept);
    }
    let made = tempfile::tempdir().unwrap();
    generate(made.path());
    assert_eq!(names(&kept), names(made.path()));
    for name in names(&kept) {
        let same = fs::read(kept.join(&name)).unwrap() == fs::read(made.path().join(&name)).unwrap();
        assert!(
            same,
            "proto/src/generated/{name} is not what the schema generates: MINUTED_SCHEMA=write cargo test -p minuted-proto"
        );
    }
}
