//! Compiles the protobuf schema without a protoc: protox parses it, tonic generates the code, and the descriptor set
//! also serves reflection and the protobuf JSON mapping.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut files: Vec<PathBuf> = std::fs::read_dir("proto/minuted/v1")?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|e| e == "proto"));
    files.sort();
    // What refusals carry as `Any`: without it neither reflection nor the JSON mapping could say what is in them.
    files.push("proto/google/rpc/error_details.proto".into());
    let descriptors = protox::Compiler::new(["proto"])?
        .include_imports(true)
        .include_source_info(true)
        .open_files(&files)?
        .encode_file_descriptor_set();
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("minuted.bin"), &descriptors)?;
    let set: tonic_prost_build::FileDescriptorSet = prost::Message::decode(descriptors.as_slice())?;
    tonic_prost_build::configure().btree_map(".").compile_fds(set.clone())?;
    compile_event_server(set, &out.join("events"))
}

/// The server of `EventService` once more, answering `ReadEvents` with what is stored, which nobody has to decode first.
fn compile_event_server(
    mut set: tonic_prost_build::FileDescriptorSet,
    out: &std::path::Path,
) -> Result<(), Box<dyn std::error::Error>> {
    set.file.retain(|file| file.name() == "minuted/v1/event.proto");
    std::fs::create_dir_all(out)?;
    tonic_prost_build::configure()
        .out_dir(out)
        .build_client(false)
        .extern_path(".minuted.v1", "crate::proto::v1")
        .extern_path(".minuted.v1.ReadEventsResponse", "crate::wire::StoredBatch")
        .compile_fds(set)?;
    Ok(())
}
