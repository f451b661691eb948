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
    tonic_prost_build::configure().btree_map(".").compile_fds(set)?;
    Ok(())
}
